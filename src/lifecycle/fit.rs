//! What a portal can't do of what follows from a lifecycle is left out, and reported.

use super::place;
use crate::{
    diagnostic::{Diagnostic, Report, Rule},
    model::{Address, Capabilities, Declaration, Kind, KindCapability, State},
};

/// Leaves out of the users what the portal doesn't support and nobody wrote. Where somebody must do it by hand,
/// that is reported.
pub fn fit(state: &mut State, portal: &Capabilities) -> Report {
    let mut report = Report::default();
    let Some(users) = portal.kinds.get(&Kind::Users) else {
        return report;
    };
    let mut left_out: Vec<(Address, Box<str>)> = Vec::new();
    for (address, user) in state.of_kind(Kind::Users) {
        for one in &user.derived {
            if is_held(state, address, &one.field, users) {
                continue;
            }
            left_out.push((address.clone(), (*one.field).into()));
            let (kind, name) = (portal.portal, &one.because);
            let by_hand = match &*one.field {
                "active" => "log the person out there",
                "forwarding" => "forward the calls there",
                // What the portal doesn't have can't have been set there.
                _ => continue,
            };
            let message = format!(
                "{address} {name}, and the portal {kind} doesn't support the `{}` that follows",
                one.field
            );
            let paths = ["leaver", "ends", "starts"];
            let declared = |path: &&&str| {
                user.lifecycle.as_ref().is_some_and(|life| match **path {
                    "leaver" => life.leaver.is_some(),
                    "ends" => life.ends.is_some(),
                    _ => true,
                })
            };
            let path = paths.iter().find(declared).copied().unwrap_or_default();
            let found = place(state, address, path);
            report.add(
                Diagnostic::new(Rule::LeaverIncomplete, found, message).help(format!(
                    "{by_hand}; the portal's administration can do what its API can't"
                )),
            );
        }
    }
    for (address, field) in left_out {
        if let Some(user) = state.resources.get_mut(&address) {
            user.fields.take(&field);
            user.derived.retain(|one| *one.field != *field);
        }
    }
    report
}

/// Whether a portal holds a field of a user as it is.
fn is_held(state: &State, address: &Address, field: &str, users: &KindCapability) -> bool {
    let Some(fields) = state.get(address).map(|user| &user.fields) else {
        return true;
    };
    let is_within = |path: &str| {
        path.strip_prefix(field)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let held = |path: &str| fields.at(path.split('.'));
    let mut unsupported = users.unsupported.iter();
    let mut limits = users.limits.iter();
    !unsupported.any(|path| is_within(path) && held(path).is_some())
        && limits.all(|limit| {
            !is_within(limit.field)
                || held(limit.field)
                    .is_none_or(|value| (limit.accepts)(value, Declaration { fields, state }))
        })
}
