//! `callsheet import`: live objects to YAML, proven by a plan.

use super::{
    history::inputs,
    outcome::Outcome,
    settings::Terminal,
    workspace::{self, Workspace},
};
use crate::{
    desired::Desired,
    import::{self, File, Import, LeftOut, Validation},
    model::{Address, Live},
    plan::plan,
    portal::{Capabilities, Details},
    render::{Format, counted, escape, json::FORMAT_VERSION},
    repo,
    support::{check_support, strip_local_only},
};
use anyhow::{Context as _, bail};
use schemars::JsonSchema;
use serde::Serialize;
use std::{io::Write as _, path::Path};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Addresses to import, such as users/alice [default: everything not yet declared]
    #[arg(value_name = "ADDRESS")]
    addresses: Vec<Address>,

    /// Output format
    #[arg(long, value_parser = super::formats(&[Format::Text, Format::Json]), env = "CALLSHEET_FORMAT", default_value = "text")]
    pub(super) format: Format,
}

/// What `import --format json` writes.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ImportDocument {
    /// The version of this format: `1.0`.
    format_version: &'static str,
    /// The files that were written.
    files: Vec<FileEntry>,
    /// The objects and fields that can't be declared, so that they were left out.
    left_out: Vec<LeftOutEntry>,
}

/// A file that was written.
#[derive(Debug, Serialize, JsonSchema)]
struct FileEntry {
    /// Its name in the workspace.
    name: String,
    /// The resources that it declares.
    resources: Vec<Address>,
}

/// An object or a field that can't be declared.
#[derive(Debug, Serialize, JsonSchema)]
struct LeftOutEntry {
    /// The object.
    address: Address,
    /// The field, or null for the whole object.
    field: Option<String>,
    /// The reason.
    reason: String,
}

impl ImportDocument {
    fn of(import: &Import) -> Self {
        let Import { files, left_out } = import;
        let files = files.iter().map(|file| FileEntry {
            name: file.name.clone(),
            resources: file.addresses.clone(),
        });
        let left_out = left_out.iter().map(|one| LeftOutEntry {
            address: one.address.clone(),
            field: one.field.clone(),
            reason: one.why.clone(),
        });
        Self {
            format_version: FORMAT_VERSION,
            files: files.collect(),
            left_out: left_out.collect(),
        }
    }
}

pub(super) fn run(
    args: &Args,
    directory: &Path,
    format: Format,
    terminal: &mut Terminal,
) -> anyhow::Result<Outcome> {
    let asked = &args.addresses;
    let folder = workspace::folder(directory, None);
    let workspace = match Workspace::load(folder, format, terminal)? {
        Ok(workspace) => workspace,
        Err(outcome) => return Ok(outcome),
    };
    let (live, portal) = workspace::runtime()?.block_on(async {
        let portal = workspace.open_as_merged(terminal)?;
        let live = workspace::read(&*portal, Details::Everything, terminal).await?;
        Ok::<_, anyhow::Error>((live, portal.capabilities()))
    })?;
    if let Some((kind, reason)) = incomplete(&live) {
        bail!("the listing of {kind} is not complete, so nothing is imported: {reason}");
    }
    let selected = import::select(&live, &workspace.state, &portal, asked)?;
    let exists = |name: &str| workspace.folder.join(name).exists();
    let validate = |files: &[File]| verdict(files, &workspace, &live, &portal);
    let profile = workspace.config.portal.profile();
    let mut import = import::import(
        &live,
        &workspace.state,
        &selected,
        profile,
        &exists,
        &validate,
    )?;
    let mut whole = import.left_out.iter().filter(|one| one.field.is_none());
    if let Some(one) = whole.find(|one| asked.contains(&one.address)) {
        bail!("{} can't be declared: {}", one.address, one.why);
    }
    if asked.is_empty() {
        let unsupported = import::unsupported(&live, &workspace.state);
        import.left_out.extend(unsupported);
    }
    for file in &import.files {
        let path = workspace.folder.join(&file.name);
        std::fs::write(&path, &file.text)
            .with_context(|| format!("{} can't be written", path.display()))?;
    }
    if format == Format::Json {
        escape::json(&ImportDocument::of(&import), &mut terminal.out)?;
    } else {
        report(&import, terminal)?;
    }
    Ok(Outcome::Done)
}

fn report(import: &Import, terminal: &mut Terminal) -> anyhow::Result<()> {
    let Import { files, left_out } = import;
    for one in left_out {
        writeln!(terminal.err, "left out: {}", escape::line(&told(one)))?;
    }
    if files.is_empty() {
        let why = match left_out.is_empty() {
            true => "everything on the portal is declared",
            false => "what isn't declared can't be",
        };
        writeln!(terminal.out, "Nothing to import: {why}")?;
        return Ok(());
    }
    for file in files {
        let count = counted(file.addresses.len(), "resource");
        writeln!(terminal.out, "{}: {count}", file.name)?;
    }
    let count = files.iter().map(|file| file.addresses.len()).sum();
    writeln!(
        terminal.out,
        "{} imported; a plan of them is empty",
        counted(count, "resource")
    )?;
    Ok(())
}

/// What can't be declared, and why.
fn told(left_out: &LeftOut) -> String {
    let LeftOut {
        address,
        field,
        why,
    } = left_out;
    match field {
        None => format!("{address}: {why}"),
        Some(field) => format!("`{field}` of {address}: {why}"),
    }
}

fn incomplete(live: &Live) -> Option<(crate::model::Kind, &str)> {
    live.listings
        .iter()
        .find_map(|(kind, listing)| Some((*kind, listing.doubt()?)))
}

/// Reads drafted files with those of the workspace, as anybody would read them, and plans: nothing may
/// be wrong, and nothing left to do.
fn verdict(
    drafted: &[File],
    workspace: &Workspace,
    live: &Live,
    portal: &Capabilities,
) -> anyhow::Result<Validation> {
    let mut files = repo::read(&workspace.folder)?;
    for File { name, text, .. } in drafted {
        files.take(name.clone(), text.clone().into_bytes());
    }
    let mut desired = workspace::declared(files, workspace.today);
    desired.report.extend(check_support(&desired.state, portal));
    let Desired {
        config,
        mut state,
        report,
        attachments,
    } = desired;
    let Some(mut config) = config.filter(|_| !report.has_errors()) else {
        let operations = Vec::new();
        return Ok(Validation { report, operations });
    };
    strip_local_only(&mut state, &mut config, portal);
    let again = Workspace {
        folder: workspace.folder.clone(),
        config,
        state,
        attachments,
        at: None,
        today: workspace.today,
    };
    let operations = plan(inputs(&again, live, portal)).operations;
    Ok(Validation { report, operations })
}
