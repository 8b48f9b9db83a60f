//! Whose a number was *formerly*, where a text still refers to it: the history knows, and a similar word would be
//! somebody else.

use super::{history::target_branch, workspace::files_at};
use crate::{
    desired::{self, Desired},
    diagnostic::{Diagnostic, Report, Rule},
    model::{Address, Kind, State},
};
use jiff::civil::Date;
use std::path::Path;

/// Adds to each reference to an unknown number whose it was, where a recent commit tells.
pub(super) fn explain(folder: &Path, desired: &mut Desired, today: Date) {
    let Desired { state, report, .. } = desired;
    if !report.sorted().iter().any(|one| number(one).is_some()) {
        return;
    }
    let target = target_branch();
    let revisions = target.as_deref().into_iter().chain(["HEAD", "HEAD~1"]);
    let mut earlier: Vec<State> = Vec::new();
    for revision in revisions {
        // What can't be read tells nothing.
        if let Ok((files, _)) = files_at(folder, revision) {
            earlier.push(desired::load(files, today).state);
        }
    }
    *report = with_owners(report, &earlier, state);
}

/// The number that a diagnostic finds unknown.
fn number(diagnostic: &Diagnostic) -> Option<&str> {
    let is_unknown = diagnostic.rule == Rule::UnknownReference;
    let text = diagnostic.message.split('`').nth(1)?;
    let is_number = text.len() > 1 && text.bytes().all(|byte| byte.is_ascii_digit());
    (is_unknown && is_number).then_some(text)
}

/// The report, with the owners that unknown numbers had.
fn with_owners(report: &Report, earlier: &[State], now: &State) -> Report {
    let mut explained = Report::default();
    for one in report.sorted() {
        let told = number(one).and_then(|number| {
            let mut told = earlier.iter().filter_map(|state| owner(state, now, number));
            told.next()
        });
        explained.add(match told {
            Some(told) => one.clone().help(told),
            None => one.clone(),
        });
    }
    explained
}

/// Whose a number was in an earlier state, and what became of it.
fn owner(earlier: &State, now: &State, number: &str) -> Option<String> {
    let mut users = earlier.of_kind(Kind::Users);
    let had = users.find(|(_, user)| user.fields.text("extension") == Some(number));
    if let Some((address, _)) = had {
        return Some(match now.get(address) {
            None => format!("{number} was that of {address}, who isn't declared any more"),
            Some(user) => match user.fields.text("extension") {
                Some(new) => format!("{number} was that of {address}, who has {new} now"),
                None => format!("{number} was that of {address}, who has no extension now"),
            },
        });
    }
    earlier.get(&Address::new(Kind::Extensions, number))?;
    let mut extensions = now.of_kind(Kind::Extensions);
    let renamed = extensions.find(|(_, one)| one.previously.as_deref() == Some(number));
    Some(match renamed {
        Some((new, _)) => format!("extensions/{number} is {new} now"),
        None => format!("extensions/{number} isn't declared any more"),
    })
}
