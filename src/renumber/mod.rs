//! *Renumbering* rewrites the files of a workspace so that extensions that fit a pattern have other numbers, with
//! whatever refers to them. Comments, layout and quotes stay as they are.
//!
//! It takes files and gives texts, and writes nothing. The new files must declare the same as the old ones, with the
//! numbers mapped; otherwise there are none.

mod edit;
mod pattern;
mod same;

pub use pattern::{Error as PatternError, Pattern};

use crate::{
    desired::{self, Desired},
    diagnostic::{Report, Rule},
    model::{Address, Kind, State},
    repo::Files,
    source::Source,
};
use jiff::civil::Date;
use std::sync::Arc;

/// The files of a workspace after a renumbering.
#[derive(Debug, Default)]
pub struct Renumbered {
    /// The files that change.
    pub files: Vec<Changed>,
    /// How many users have another extension.
    pub people: usize,
    /// How many extensions have another number.
    pub extensions: usize,
    /// How many numbers were replaced in the files.
    pub places: usize,
    /// What the policy says against the new numbers, for which it must be changed too.
    pub against_policy: Report,
}

/// A file that changes.
#[derive(Debug)]
pub struct Changed {
    /// The file as it is.
    pub before: Arc<Source>,
    /// The text that it gets.
    pub after: String,
}

/// Why nothing is renumbered.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The files have errors.
    #[error("the files have errors; fix them first")]
    Before(Report),
    /// No extension fits the pattern.
    #[error("no extension fits {0}")]
    Nothing(String),
    /// New numbers belong to others.
    #[error("the new numbers are taken:\n  {}", .0.join("\n  "))]
    Taken(Vec<String>),
    /// A number is in a file that other workspaces include too.
    #[error(
        "{0} belongs to several workspaces, which this would renumber too; move what is this workspace's into its folder"
    )]
    Shared(String),
    /// The new files would have errors.
    #[error("the files would have errors then")]
    After(Report),
    /// The new files would declare something else.
    #[error(
        "{0} would not be the same with the new numbers, since the old one is written in a way that can't be replaced; change it by hand"
    )]
    Different(String),
}

/// Rules of the policy about numbers, which the same commit may change.
const POLICY: [Rule; 2] = [Rule::ExtensionDigits, Rule::ExtensionRange];

/// Renumbers the files of a workspace.
///
/// # Errors
/// The files have errors, or would have; nothing fits the pattern; or a new number is taken.
pub fn renumber(files: Files, pattern: &Pattern, today: Date) -> Result<Renumbered, Error> {
    let sources = files.sources.clone();
    let before = desired::load(files, today);
    if errors(&before.report).next().is_some() {
        return Err(Error::Before(before.report));
    }
    let mapped = mapped(&before.state, pattern);
    if mapped.is_empty() {
        return Err(Error::Nothing(pattern.to_string()));
    }
    let taken = taken(&before.state, pattern, &mapped);
    if !taken.is_empty() {
        return Err(Error::Taken(taken));
    }
    let mut renumbered = Renumbered {
        people: mapped
            .iter()
            .filter(|one| one.0.kind == Kind::Users)
            .count(),
        ..Renumbered::default()
    };
    renumbered.extensions = mapped.len() - renumbered.people;
    let mut after = Files::default();
    for source in sources {
        let edits = edit::edits(&source, &before.state, pattern);
        if edits.is_empty() {
            after.take(source.name().to_owned(), source.text().as_bytes().to_vec());
            continue;
        }
        if source.name().starts_with("../") {
            return Err(Error::Shared(source.name().to_owned()));
        }
        renumbered.places += edits.iter().filter(|edit| edit.is_number).count();
        let text = edit::applied(&source, &edits);
        after.take(source.name().to_owned(), text.clone().into_bytes());
        renumbered.files.push(Changed {
            before: source,
            after: text,
        });
    }
    let Desired { state, report, .. } = desired::load(after, today);
    if errors(&report).next().is_some() {
        return Err(Error::After(report));
    }
    if let Some(address) = same::difference(&before.state, &state, pattern) {
        return Err(Error::Different(address.to_string()));
    }
    for one in report.sorted() {
        if POLICY.contains(&one.rule) {
            renumbered.against_policy.add(one.clone());
        }
    }
    Ok(renumbered)
}

/// The errors of a report, besides those against the policy about numbers.
fn errors(report: &Report) -> impl Iterator<Item = Rule> {
    let rules: Vec<Rule> = report.sorted().iter().map(|one| one.rule).collect();
    rules
        .into_iter()
        .filter(|rule| rule.level() == crate::diagnostic::Level::Error && !POLICY.contains(rule))
}

/// Every number of a user or an extension: the resource, and its number.
fn numbers(state: &State) -> impl Iterator<Item = (&Address, &str)> {
    state.resources.iter().filter_map(|(address, resource)| {
        Some(match address.kind {
            Kind::Users => (address, resource.fields.text("extension")?),
            Kind::Extensions => (address, &*address.key),
            _ => return None,
        })
    })
}

/// The resources whose number changes, with the new number.
fn mapped(state: &State, pattern: &Pattern) -> Vec<(Address, String)> {
    let mapped = numbers(state);
    mapped
        .filter_map(|(address, number)| Some((address.clone(), pattern.map(number)?)))
        .collect()
}

/// The new numbers that others have and keep.
fn taken(state: &State, pattern: &Pattern, mapped: &[(Address, String)]) -> Vec<String> {
    let mut taken = Vec::new();
    for (owner, number) in numbers(state).filter(|(_, number)| pattern.map(number).is_none()) {
        for (address, _) in mapped.iter().filter(|(_, new)| *new == *number) {
            let origin = state.get(owner).and_then(|owner| owner.origin.as_ref());
            let place = origin.map_or_else(String::new, |origin| format!(" ({})", origin.place()));
            taken.push(format!(
                "{address} would get {number}, which {owner} has{place}"
            ));
        }
    }
    taken
}
