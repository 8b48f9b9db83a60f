//! A *review* is what somebody saw of a change before it was merged: saved plans of the pull requests. A
//! fresh plan may do the same or less; whatever else it does was seen by nobody.

use super::{Action, Finding, Operation, Plan, Staleness, guard::Level};
use crate::model::{Address, Change, FindingRule, Value};
use std::collections::BTreeSet;

/// The operations and findings of reviewed plans.
#[derive(Clone, Debug, Default)]
pub struct Review {
    /// The operations of all plans. The values of secrets' names are starred, as a saved plan has them.
    pub operations: Vec<Operation>,
    /// The findings of all plans, by rule and resource.
    pub findings: BTreeSet<(FindingRule, Option<Address>)>,
}

impl Review {
    /// Everything that a fresh plan does, or warns of, and that the review doesn't show.
    #[must_use]
    pub fn unseen(&self, fresh: &Plan) -> Vec<Staleness> {
        let mut unseen = Vec::new();
        for operation in &fresh.operations {
            let messages = self.unseen_of(operation);
            unseen.extend(messages.into_iter().map(|message| Staleness {
                address: operation.address.clone(),
                message,
            }));
        }
        for operation in &fresh.operations {
            let about = |finding: &&Finding| finding.address.as_ref() == Some(&operation.address);
            let warnings = fresh.findings.iter().filter(about);
            for finding in warnings.filter(|finding| finding.level == Level::Warn) {
                let known = (finding.rule, finding.address.clone());
                if !self.findings.contains(&known) {
                    unseen.push(Staleness {
                        address: operation.address.clone(),
                        message: format!(
                            "the reviewed plan didn't warn of {}: {}",
                            finding.rule, finding.message
                        ),
                    });
                }
            }
        }
        unseen
    }

    /// What an operation does that the review doesn't show.
    fn unseen_of(&self, fresh: &Operation) -> Vec<String> {
        let id = |one: &Operation| one.object.as_ref().map(|object| object.id.clone());
        let of_resource: Vec<&Operation> = self
            .operations
            .iter()
            .filter(|one| one.address == fresh.address && id(one) == id(fresh))
            .collect();
        // Only an update may be put together from the reviews of several changes.
        let same: Vec<&Operation> = of_resource
            .iter()
            .copied()
            .filter(|one| {
                one.action == fresh.action
                    && one.is_in_place_of_delete == fresh.is_in_place_of_delete
                    || fresh.action == Action::Update && !one.is_removal() && one.object.is_some()
            })
            .collect();
        if same.is_empty() {
            return vec![format!("{} wasn't reviewed", deed(fresh.action))];
        }
        if fresh.action == Action::Delete {
            return if same.iter().any(|one| holds_what_was_seen(fresh, one)) {
                Vec::new()
            } else {
                vec!["it was changed on the portal since its deletion was reviewed".to_owned()]
            };
        }
        let changes = fresh.changes.iter();
        changes
            .filter_map(|change| unseen_change(change, &same))
            .collect()
    }
}

/// Why a change wasn't reviewed; nothing if it was.
fn unseen_change(fresh: &Change, reviewed: &[&Operation]) -> Option<String> {
    let path = fresh.path.join(".");
    let fresh = fresh.starred();
    let mut seen = reviewed
        .iter()
        .flat_map(|one| &one.changes)
        .filter(|one| one.path == fresh.path)
        .map(Change::starred)
        .peekable();
    if seen.peek().is_none() {
        return Some(format!("the change of {path} wasn't reviewed"));
    }
    let same =
        |one: &Option<Value>, other: &Option<Value>| Value::same(one.as_ref(), other.as_ref());
    let seen: Vec<Change> = seen.filter(|one| same(&one.after, &fresh.after)).collect();
    if seen.is_empty() {
        return Some(format!("{path} was reviewed with another value"));
    }
    let is_seen = seen.iter().any(|one| same(&one.before, &fresh.before));
    (!is_seen).then(|| format!("{path} was changed on the portal since the review"))
}

/// Whether what is deleted holds what it held at its review, and no more voicemail.
fn holds_what_was_seen(fresh: &Operation, reviewed: &Operation) -> bool {
    match (&fresh.object, &reviewed.object) {
        (Some(now), Some(then)) => {
            now.fields.starred() == then.fields.starred() && now.messages <= then.messages
        }
        _ => false,
    }
}

/// What an action does, as the subject of a sentence.
const fn deed(action: Action) -> &'static str {
    match action {
        Action::Create => "creating it",
        Action::Update => "changing it",
        Action::Rename => "renaming it",
        Action::Deactivate => "deactivating it",
        Action::Reactivate => "reactivating it",
        Action::Delete => "deleting it",
    }
}
