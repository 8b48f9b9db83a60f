//! Guards over what is known of the past: whether the history is whole, and whose evidence it is.

use super::Finding;
use crate::{
    config::Prune,
    model::{Address, FindingRule, Kind},
    plan::{Inputs, Plan, Reason, matching, question, replacement, target},
};
use std::{collections::BTreeSet, fmt::Write as _};

/// How many resources a finding names.
const NAMED: usize = 3;

/// Where a part of the history is missing, an object that nothing declares may be one that was removed,
/// and a field that is set may be one that was released.
pub(super) fn history_incomplete(inputs: &Inputs<'_>, plan: &Plan) -> Vec<Finding> {
    let gap = inputs
        .past
        .ancestry
        .and_then(|ancestry| ancestry.incomplete.as_ref());
    let Some(gap) = gap else { return Vec::new() };
    let matching = matching::match_live(inputs);
    let planned: BTreeSet<&Address> = plan.operations.iter().map(|one| &one.address).collect();
    let mut unmanaged = target::unmanaged(inputs, &matching);
    unmanaged
        .retain(|address| inputs.config.policy.prune != Prune::Never && !planned.contains(address));
    let undeclared = matching.matched.iter().filter(|one| {
        let live = one.live.map(|(_, live)| &live.fields);
        let is_shown = target::is_within(inputs, one.address) || planned.contains(one.address);
        inputs.past.applied.is_none()
            && is_shown
            && live.is_some_and(|live| question::has_undeclared(inputs, one.address, live))
    });
    let undeclared: Vec<Address> = undeclared.map(|one| one.address.clone()).collect();
    if unmanaged.is_empty() && undeclared.is_empty() {
        return Vec::new();
    }
    let mut message = format!("{}; earlier commits may have removed", gap.reason);
    if !unmanaged.is_empty() {
        let _infallible = write!(message, " {}", named(&unmanaged));
    }
    if !undeclared.is_empty() {
        let or = if unmanaged.is_empty() { "" } else { " or" };
        let _infallible = write!(message, "{or} fields of {}", named(&undeclared));
    }
    let mut finding = Finding::block(FindingRule::HistoryIncomplete, None, message);
    finding.help = Some(gap.help.clone());
    vec![finding]
}

/// The first of several resources, and how many more there are.
fn named(addresses: &[Address]) -> String {
    let first: Vec<String> = addresses
        .iter()
        .take(NAMED)
        .map(ToString::to_string)
        .collect();
    let first = first.join(", ");
    match addresses.len().saturating_sub(NAMED) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

/// A commit that is older than what was applied would take newer changes back.
pub(super) fn older_than_applied(inputs: &Inputs<'_>, _: &Plan) -> Vec<Finding> {
    let Some(newer) = inputs.past.newer else {
        return Vec::new();
    };
    let message = format!(
        "HEAD is older than {} (\"{}\" by {}), which was applied already",
        newer.short(),
        newer.summary,
        newer.author,
    );
    vec![Finding::block(FindingRule::OlderThanApplied, None, message)]
}

/// An object that only has the key of what was removed is left alone.
pub(super) fn not_the_one(_: &Inputs<'_>, plan: &Plan) -> Vec<Finding> {
    let withheld = plan.withheld.iter().filter_map(|withheld| {
        let Reason::NotTheOne { declared, live } = &withheld.reason else {
            return None;
        };
        let address = &withheld.address;
        let message = format!(
            "{address} was declared as {declared}, and is {live} on the portal: another one, so it is not deleted"
        );
        Some(Finding::block(
            FindingRule::NotTheOne,
            Some(address.clone()),
            message,
        ))
    });
    withheld.collect()
}

/// What was removed from the files goes with the commit that says so.
pub(super) fn uncommitted_removal(_: &Inputs<'_>, plan: &Plan) -> Vec<Finding> {
    let withheld = plan.withheld.iter().filter_map(|withheld| {
        let address = &withheld.address;
        let message = format!(
            "{address} isn't declared any more, but that isn't committed, so nothing happens to it yet"
        );
        (withheld.reason == Reason::Uncommitted)
            .then(|| Finding::info(FindingRule::UncommittedRemoval, address, message))
    });
    withheld.collect()
}

/// What another workspace declares for the same portal is left alone.
pub(super) fn declared_elsewhere(_: &Inputs<'_>, plan: &Plan) -> Vec<Finding> {
    let withheld = plan.withheld.iter().filter_map(|withheld| {
        let Reason::Elsewhere { place } = &withheld.reason else {
            return None;
        };
        let address = &withheld.address;
        let message =
            format!("{address} is declared at {place} for the same portal, so it is not deleted");
        Some(Finding::block(
            FindingRule::DeclaredElsewhere,
            Some(address.clone()),
            message,
        ))
    });
    withheld.collect()
}

/// One person who is deleted and created again loses messages, records and credentials.
pub(super) fn same_person(_: &Inputs<'_>, plan: &Plan) -> Vec<Finding> {
    let replacements = replacement::replacements(&plan.operations);
    let found = replacements.iter().map(|one| {
        let (old, new) = (
            &plan.operations[one.delete].address,
            &plan.operations[one.create].address,
        );
        let message = format!(
            "{new} is created with the {} of {old}, which is deleted: the same person would lose messages and records",
            one.shared
        );
        let mut finding = Finding::block(FindingRule::SamePerson, Some(new.clone()), message);
        finding.help = Some(format!(
            "If it is the same person, add this line to {new}:  previously: {}",
            old.key
        ));
        finding
    });
    found.collect()
}

/// A `previously` that was applied has done its work.
pub(super) fn previously_applied(inputs: &Inputs<'_>, _: &Plan) -> Vec<Finding> {
    let Some(applied) = inputs.past.applied else {
        return Vec::new();
    };
    let renamed = inputs
        .desired
        .resources
        .iter()
        .filter(|(address, _)| target::is_within(inputs, address))
        .filter_map(|(address, now)| {
            let previously = now.previously.as_deref()?;
            let was = applied.get(address)?;
            // A declaration that was changed to say so is still to be looked at.
            let is_done = was.previously.as_deref() == Some(previously);
            is_done.then(|| {
                let message = format!("{address} was renamed from {previously} already");
                Finding::warn(FindingRule::PreviouslyApplied, address, message)
            })
        });
    renamed.collect()
}

/// `prune: all` needs a history: outside of Git nothing shows that the files are all there is.
pub(super) fn prune_outside_git(inputs: &Inputs<'_>, plan: &Plan) -> Vec<Finding> {
    let count: usize = plan.unmanaged.values().sum();
    let asks = inputs.config.policy.prune == Prune::All && inputs.past.ancestry.is_none();
    if !asks || count == 0 {
        return Vec::new();
    }
    let address = Address::new(Kind::Users, "");
    let message = format!(
        "`prune: all` deletes nothing outside of a Git repository with commits: {count} unmanaged {} left alone",
        if count == 1 {
            "object is"
        } else {
            "objects are"
        }
    );
    vec![Finding {
        address: None,
        ..Finding::warn(FindingRule::PruneAll, &address, message)
    }]
}
