//! An *import* turns sheets into declarations: it takes files and gives texts, and writes nothing.

use super::{
    convert::Setting,
    country::Country,
    files::{Changed, Stuck, changed},
    join::join,
    origin::Origins,
    proof,
    rows::Sheet,
    target::{SheetSecret, targets},
};
use crate::{
    desired::Desired,
    diagnostic::{Diagnostic, Level, Report, Rule},
    model::{Address, State},
    profile::Profile,
    repo::{Attachments, Files},
    source::{Place, Source, Span},
};
use std::sync::Arc;

/// What an import is asked to do.
#[derive(Clone, Copy)]
pub struct Wish<'w> {
    /// The file for new resources.
    pub to: &'w str,
    /// Whether secrets have a file of their own.
    pub has_secrets_file: bool,
    /// The country of phone numbers without a plus sign.
    pub country: Option<Country>,
}

/// What an import does.
#[derive(Debug, Default)]
pub struct Imported {
    /// The files that change.
    pub files: Vec<Changed>,
    /// The new resources.
    pub added: Vec<Address>,
    /// The declared resources that change.
    pub updated: Vec<Address>,
    /// How many rows say what is declared.
    pub unchanged: usize,
    /// The secrets, with the variables that hold them.
    pub secrets: Vec<SheetSecret>,
    /// What is worth knowing, each with its cell.
    pub notes: Vec<(Place, String)>,
    /// What is wrong. With errors, nothing may be written.
    pub report: Report,
}

/// Imports sheets into the files of a workspace. `validate` reads files as everybody would.
pub fn import(
    files: Files,
    sheets: &[Sheet],
    wish: Wish<'_>,
    validate: &dyn Fn(Files) -> Desired,
) -> Imported {
    let mut imported = Imported::default();
    let before = files.sources.clone();
    let attachments = files.attachments.clone();
    let desired = validate(files);
    let Some(config) = desired.config.filter(|_| !desired.report.has_errors()) else {
        imported.report = desired.report;
        return imported;
    };
    let profile: &'static Profile = config.portal.profile();
    let setting = Setting {
        tenant: config.portal.tenant.as_deref(),
        country: wish.country,
        profile,
        state: &desired.state,
    };
    let report = &mut imported.report;
    let each = sheets.iter().enumerate();
    let entries =
        each.map(|(index, sheet)| sheet.entries(index, setting, report, &mut imported.notes));
    let entries = entries.collect();
    let entries = join(entries, report);
    let mut targets = targets(&entries, sheets, setting, wish.has_secrets_file, report);
    let (files, stuck) = changed(&before, &desired.state, &targets, wish.to);
    for Stuck { address, why, help } in stuck {
        let place = place(&desired.state, &address, wish.to);
        report.add(Diagnostic::new(Rule::InvalidValue, place, why).help(help));
    }
    let after = after(&before, &files, attachments);
    let sources = after.sources.clone();
    let checked = validate(after);
    let mut origins = Origins::new(&entries, sheets, &targets);
    let mut found = Report::default();
    for diagnostic in checked.report.into_diagnostics() {
        origins.add(diagnostic, &mut found);
    }
    origins.finish(&mut found);
    // What is a warning elsewhere in the files has nothing to do with the sheet.
    let is_about = |one: &Diagnostic| one.level() == Level::Error || one.place.cell().is_some();
    found
        .into_diagnostics()
        .into_iter()
        .filter(is_about)
        .for_each(|one| report.add(one));
    if !report.has_errors()
        && let Some(address) = proof::difference(&before, &sources, &targets)
    {
        let place = place(&desired.state, &address, wish.to);
        let message = format!(
            "{address} would not be what the sheet says, since its file is written in a way that can't be edited"
        );
        let wrong = Diagnostic::new(Rule::InvalidValue, place, message);
        report.add(wrong.help("change it there by hand; an alias or an anchor may be the reason"));
    }
    imported.unchanged = targets.unchanged;
    imported.secrets = std::mem::take(&mut targets.secrets);
    for (address, target) in targets.resources {
        let list = if target.is_new {
            &mut imported.added
        } else {
            &mut imported.updated
        };
        list.push(address);
    }
    imported.files = files;
    imported
}

/// The place of a declared resource.
fn place(state: &State, address: &Address, to: &str) -> Place {
    let origin = state.get(address).and_then(|one| one.origin.as_ref());
    origin.map_or_else(
        || Place::new(&Source::new(to, ""), Span::default()),
        crate::model::Origin::place,
    )
}

/// The files of a workspace with those that change.
fn after(before: &[Arc<Source>], changed: &[Changed], attachments: Attachments) -> Files {
    let mut files = Files {
        attachments,
        ..Files::default()
    };
    for source in before {
        match changed.iter().find(|file| file.name == source.name()) {
            Some(file) => files.take(file.name.clone(), file.after.clone().into_bytes()),
            None => files.sources.push(Arc::clone(source)),
        }
    }
    for file in changed {
        if before.iter().all(|source| source.name() != file.name) {
            files.take(file.name.clone(), file.after.clone().into_bytes());
        }
    }
    files.sources.sort_by(|a, b| a.name().cmp(b.name()));
    files
}
