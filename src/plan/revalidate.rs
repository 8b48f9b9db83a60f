//! *Revalidating* a plan that was reviewed earlier: every object that it touches is as it was when the plan
//! was made, or already as the plan wants it, and a fresh plan asks for the same. Objects that it doesn't
//! touch don't matter.
//!
//! A plan in a file holds stars where a value stands under a name that sounds like a secret's, so such
//! values are compared as they are shown. What is applied is taken from the fresh plan, never the file.

use super::{Action, Operation};
use crate::model::{Address, Capabilities, Live, LiveObject, Value};
use std::collections::{BTreeMap, BTreeSet};

/// One thing that is no longer as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Staleness {
    /// The resource.
    pub address: Address,
    /// What differs, in one sentence without a full stop.
    pub message: String,
}

/// The operations of a fresh plan that were reviewed and are still to be done. Of an operation that does
/// more by now, only the reviewed changes are taken.
///
/// # Errors
/// Everything that is no longer as it was, and everything that the fresh plan doesn't ask for.
pub fn reviewed(
    saved: Vec<Operation>,
    fresh: &[Operation],
    live: &Live,
    capabilities: &Capabilities,
) -> Result<Vec<Operation>, Vec<Staleness>> {
    let needed = revalidate(saved, live, capabilities)?;
    let mut staleness = Vec::new();
    let mut operations = Vec::new();
    for operation in &needed {
        match fresh_of(operation, fresh) {
            Ok(operation) => operations.push(operation),
            Err(message) => staleness.push(Staleness {
                address: operation.address.clone(),
                message,
            }),
        }
    }
    if staleness.is_empty() {
        Ok(super::in_order(operations, capabilities))
    } else {
        Err(staleness)
    }
}

/// The fresh operation that does what a reviewed one does, and no more.
fn fresh_of(reviewed: &Operation, fresh: &[Operation]) -> Result<Operation, String> {
    let id = |operation: &Operation| operation.object.as_ref().map(|object| object.id.clone());
    let is_same = |one: &&Operation| {
        one.address == reviewed.address
            && id(one) == id(reviewed)
            && one.is_release == reviewed.is_release
            && (one.action == Action::Delete) == (reviewed.action == Action::Delete)
            && one.is_in_place_of_delete == reviewed.is_in_place_of_delete
    };
    let Some(found) = fresh.iter().find(is_same) else {
        return Err("the files don't ask for this change any more".to_owned());
    };
    let mut operation = found.clone();
    operation.cause = reviewed.cause;
    let mut kept = Vec::new();
    let known = operation.object.as_ref().map(|object| &object.fields);
    let mut target = operation.target.clone();
    for change in &found.changes {
        let shown = change.starred();
        let wanted = reviewed.changes.iter().find(|one| one.path == change.path);
        match wanted {
            Some(wanted) if wanted.starred().after == shown.after => kept.push(change.clone()),
            Some(_) => {
                let path = change.path.join(".");
                return Err(format!("the files ask for another value of {path} now"));
            }
            None if operation.object.is_none() => {
                let path = change.path.join(".");
                return Err(format!("the files ask for {path} too now"));
            }
            None => {
                let held = known.and_then(|known| known.at(change.path.iter().map(|name| &**name)));
                target.put(&change.path, held.cloned());
            }
        }
    }
    let missing = reviewed
        .changes
        .iter()
        .find(|one| !kept.iter().any(|change| change.path == one.path));
    if let Some(missing) = missing {
        let path = missing.path.join(".");
        return Err(format!("the files don't ask to change {path} any more"));
    }
    operation.causes = kept
        .iter()
        .map(|change| {
            let at = reviewed
                .changes
                .iter()
                .position(|one| one.path == change.path);
            at.and_then(|at| reviewed.causes.get(at))
                .copied()
                .unwrap_or(reviewed.cause)
        })
        .collect();
    operation.changes = kept;
    operation.target = operation.address.kind.shape().without_defaults(target);
    Ok(operation)
}

/// The operations that are still to be done, against the objects as they are now; fewer than were
/// reviewed is fine. Otherwise all that differs.
///
/// # Errors
/// Everything that is no longer as it was.
pub fn revalidate(
    reviewed: Vec<Operation>,
    live: &Live,
    capabilities: &Capabilities,
) -> Result<Vec<Operation>, Vec<Staleness>> {
    let by_id: BTreeMap<&str, (&str, &LiveObject)> = live
        .listings
        .keys()
        .flat_map(|kind| live.of_kind(*kind))
        .map(|(key, object)| (&*object.id, (key, object)))
        .collect();
    // The second half of a released resource is planned against what the first leaves.
    let split: BTreeSet<Box<str>> = reviewed
        .iter()
        .filter(|one| one.is_release)
        .filter_map(|one| Some(one.object.as_ref()?.id.clone()))
        .collect();
    let mut differences = Vec::new();
    let mut kept: Vec<Option<Operation>> = Vec::with_capacity(reviewed.len());
    for mut operation in reviewed {
        let follows = !operation.is_release
            && operation
                .object
                .as_ref()
                .is_some_and(|object| split.contains(&object.id));
        let checked = if follows {
            Ok(true)
        } else {
            check(&mut operation, live, &by_id, capabilities)
        };
        match checked {
            Ok(needed) => kept.push(needed.then_some(operation)),
            Err(message) => {
                differences.push(Staleness {
                    address: operation.address.clone(),
                    message,
                });
                kept.push(None);
            }
        }
    }
    if differences.is_empty() {
        Ok(renumbered(kept))
    } else {
        Err(differences)
    }
}

/// Whether an operation is still needed. Brings what it was planned against up to date.
fn check(
    operation: &mut Operation,
    live: &Live,
    by_id: &BTreeMap<&str, (&str, &LiveObject)>,
    capabilities: &Capabilities,
) -> Result<bool, String> {
    let shape = operation.address.kind.shape();
    let Some(object) = &mut operation.object else {
        let key = capabilities.portal_key(&operation.address, &operation.target);
        return match live.get(operation.address.kind, key) {
            None => Ok(true),
            Some(there)
                if super::changes(shape, &there.fields.starred(), &operation.target.starred())
                    .is_empty() =>
            {
                Ok(false)
            }
            Some(_) => Err("it was created on the portal since, with other fields".to_owned()),
        };
    };
    let Some((_, now)) = by_id.get(&*object.id) else {
        return if operation.action == Action::Delete {
            Ok(false)
        } else {
            Err("it was deleted on the portal since".to_owned())
        };
    };
    if operation.action == Action::Delete {
        if now.fields.starred() != object.fields.starred() {
            return Err(
                "it was changed on the portal since, and would be deleted unseen".to_owned(),
            );
        }
        object.messages = now.messages;
        object.etag.clone_from(&now.etag);
        return Ok(true);
    }
    let mut target = now.fields.clone();
    let mut open = Vec::new();
    for change in &operation.changes {
        let path = || change.path.iter().map(|name| &**name);
        let name = change.path.last().map_or("", |name| &**name);
        let shown = |value: Option<&Value>| value.map(|value| value.starred(name));
        let was = shown(object.fields.at(path()));
        let is = shown(now.fields.at(path()));
        let wanted = operation.target.at(path());
        let is_wanted = Value::same(is.as_ref(), shown(wanted).as_ref());
        if !Value::same(is.as_ref(), was.as_ref()) && !is_wanted {
            return Err(format!(
                "{} was changed on the portal since",
                change.path.join(".")
            ));
        }
        target.put(&change.path, wanted.cloned());
        open.push(!is_wanted);
    }
    let rename_open = operation.action == Action::Rename && *object.key != *operation.address.key;
    let mut still = open.iter().copied();
    operation.changes.retain(|_| still.next() == Some(true));
    let mut still = open.iter().copied();
    operation.causes.retain(|_| still.next() == Some(true));
    operation.target = shape.without_defaults(target);
    object.etag.clone_from(&now.etag);
    object.fields = now.fields.clone();
    Ok(!operation.changes.is_empty() || rename_open)
}

/// Leaves out what is no longer needed; the rest waits for what is left.
fn renumbered(kept: Vec<Option<Operation>>) -> Vec<Operation> {
    let mut place = BTreeMap::new();
    let mut operations: Vec<Operation> = Vec::new();
    for (old, operation) in kept.into_iter().enumerate() {
        let Some(mut operation) = operation else {
            continue;
        };
        operation.after = operation
            .after
            .iter()
            .filter_map(|first| place.get(first).copied())
            .collect();
        place.insert(old, operations.len());
        operations.push(operation);
    }
    operations
}
