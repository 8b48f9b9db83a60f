//! Whether a plan that was reviewed earlier *still holds*: every object that it touches is as it was
//! when the plan was made, or already as the plan wants it. What it doesn't touch doesn't matter.

use super::{Action, Operation};
use crate::model::{Address, Change, Live, LiveObject, Value};
use std::collections::{BTreeMap, BTreeSet};

/// One thing that is no longer as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Staleness {
    /// The resource.
    pub address: Address,
    /// What differs, in one sentence without a full stop.
    pub message: String,
}

/// The operations that are still to be done, against the objects as they are now; fewer than were
/// reviewed is fine. Otherwise all that differs.
///
/// # Errors
/// Everything that is no longer as it was.
pub fn revalidate(reviewed: Vec<Operation>, live: &Live) -> Result<Vec<Operation>, Vec<Staleness>> {
    let by_id: BTreeMap<&str, (&str, &LiveObject)> = live
        .listings
        .keys()
        .flat_map(|kind| live.of_kind(*kind))
        .map(|(key, object)| (&*object.id, (key, object)))
        .collect();
    // The second half of an operation that made way is planned against what the first leaves.
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
            check(&mut operation, live, &by_id)
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
) -> Result<bool, String> {
    let shape = operation.address.kind.shape();
    let Some(object) = &mut operation.object else {
        let username = operation.target.text("username");
        let key = username.filter(|_| operation.address.kind == crate::model::Kind::Users);
        return match live.get(
            operation.address.kind,
            key.unwrap_or(&operation.address.key),
        ) {
            None => Ok(true),
            Some(there) if super::changes(shape, &there.fields, &operation.target).is_empty() => {
                Ok(false)
            }
            Some(_) => Err("somebody else created it, with other fields".to_owned()),
        };
    };
    let Some((_, now)) = by_id.get(&*object.id) else {
        return if operation.action == Action::Delete {
            Ok(false)
        } else {
            Err("it is gone".to_owned())
        };
    };
    if operation.action == Action::Delete {
        if now.fields != object.fields {
            return Err("it was changed, and would be deleted unseen".to_owned());
        }
        object.etag.clone_from(&now.etag);
        return Ok(true);
    }
    let mut target = now.fields.clone();
    let mut open = Vec::new();
    for change in &operation.changes {
        let path = || change.path.iter().map(|name| &**name);
        let was = object.fields.at(path());
        let is = now.fields.at(path());
        let wanted = operation.target.at(path());
        if !Value::same(is, was) && !Value::same(is, wanted) {
            return Err(format!(
                "{} was changed on the portal since",
                change.path.join(".")
            ));
        }
        target.put(&change.path, wanted.cloned());
        open.push(!Value::same(is, wanted));
    }
    let rename_open = operation.action == Action::Rename && *object.key != *operation.address.key;
    let mut open = open.into_iter();
    let is_open = |_: &Change| open.next() == Some(true);
    operation.changes.retain(is_open);
    operation.causes = vec![operation.cause; operation.changes.len()];
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
