//! A *target* is an address that a plan is limited to: the operations on it remain, with those that they need.
//!
//! An operation needs what must be done before it (what it refers to exists, what it takes was given up), the
//! removal of references to what it gives up (a queue that names a person who goes), and whoever takes over a
//! number that is still referred to.

use super::{Action, Inputs, Operation, matching, order};
use crate::model::{Address, Fields, Kind};
use std::collections::{BTreeMap, BTreeSet};

/// The operations on the targets with those that they need, and the number of the others.
pub(super) fn limited(inputs: &Inputs<'_>, operations: Vec<Operation>) -> (Vec<Operation>, usize) {
    if inputs.filter.targets.is_empty() {
        return (operations, 0);
    }
    let targets = known_as(inputs);
    let is_target = |operation: &Operation| {
        let kind = operation.address.kind;
        let object = operation.object.as_ref();
        let live = object.map(|object| Address::new(kind, object.key.clone()));
        targets.contains(&operation.address) || live.is_some_and(|live| targets.contains(&live))
    };
    let mut kept: BTreeSet<usize> = BTreeSet::new();
    let numbered = operations.iter().enumerate();
    let mut next: Vec<usize> = numbered
        .filter(|(_, operation)| is_target(operation))
        .map(|(at, _)| at)
        .collect();
    let needed = order::needed(&operations, inputs.capabilities);
    let referrers = referrers(&operations);
    let successors = successors(inputs, &operations);
    let still = still_mentioned(inputs, &operations);
    while let Some(at) = next.pop() {
        if !kept.insert(at) {
            continue;
        }
        next.extend(&needed[at]);
        let given_up = given_up(inputs, &operations[at]);
        for name in &given_up {
            next.extend(referrers.get(name).into_iter().flatten());
            next.extend(successors.get(name).filter(|_| still.contains(name)));
        }
    }
    let count = operations.len();
    let mut at = 0..count;
    let mut operations = operations;
    operations.retain(|_| at.next().is_some_and(|at| kept.contains(&at)));
    let left_out = count - operations.len();
    (operations, left_out)
}

/// The targets that nothing is known by: no declaration, earlier or present, and no live object.
pub(super) fn unknown(inputs: &Inputs<'_>) -> Vec<Address> {
    let past = inputs.past;
    let is_declared = |address: &Address| {
        let states = [Some(inputs.desired), past.applied, past.base];
        let mut states = states.into_iter().flatten();
        let mut desired = inputs.desired.of_kind(address.kind);
        states.any(|state| state.get(address).is_some())
            || desired.any(|(_, one)| one.previously.as_deref() == Some(&*address.key))
            || inputs.config.absent.contains(address)
    };
    let is_live = |address: &Address| inputs.live.get(address.kind, &address.key).is_some();
    let is_removed = |address: &Address| {
        let ancestry = past.ancestry;
        ancestry.is_some_and(|ancestry| ancestry.removed.contains_key(address))
    };
    let targets = inputs.filter.targets.iter();
    targets
        .filter(|one| !is_declared(one) && !is_live(one) && !is_removed(one))
        .cloned()
        .collect()
}

/// Whether a plan may say something of an address: all of them, or one that it is limited to.
pub(super) fn is_within(inputs: &Inputs<'_>, address: &Address) -> bool {
    inputs.filter.targets.is_empty() || known_as(inputs).contains(address)
}

/// The targets, and what the portal knows those by that were declared earlier.
fn known_as(inputs: &Inputs<'_>) -> BTreeSet<Address> {
    let mut known: BTreeSet<Address> = inputs.filter.targets.iter().cloned().collect();
    for state in [inputs.past.applied, inputs.past.base]
        .into_iter()
        .flatten()
    {
        for target in inputs.filter.targets {
            if let Some(resource) = state.get(target) {
                let key = inputs.portal_key(target, &resource.fields);
                known.insert(Address::new(target.kind, key));
            }
        }
    }
    known
}

/// What live objects are referred to by, with the operations that end such a reference.
fn referrers(operations: &[Operation]) -> BTreeMap<(Kind, String), BTreeSet<usize>> {
    let mut referrers: BTreeMap<(Kind, String), BTreeSet<usize>> = BTreeMap::new();
    for (at, operation) in operations.iter().enumerate() {
        let Some(object) = &operation.object else {
            continue;
        };
        let shape = operation.address.kind.shape();
        let mut still: BTreeSet<(Kind, &str)> = BTreeSet::new();
        shape.references(&operation.target, &mut |_, kinds, text| {
            still.extend(kinds.iter().map(|kind| (*kind, text)));
        });
        shape.references(&object.fields, &mut |_, kinds, text| {
            for kind in kinds.iter().filter(|kind| !still.contains(&(**kind, text))) {
                let of = referrers.entry((*kind, text.to_owned())).or_default();
                of.insert(at);
            }
        });
    }
    referrers
}

/// The operations that give a resource a name that others may refer to it by, by the name.
fn successors(inputs: &Inputs<'_>, operations: &[Operation]) -> BTreeMap<(Kind, String), usize> {
    let mut successors = BTreeMap::new();
    for (at, operation) in operations.iter().enumerate() {
        if operation.action == Action::Delete {
            continue;
        }
        let kind = operation.address.kind;
        let object = operation.object.as_ref();
        let key = inputs.portal_key(&operation.address, &operation.target);
        if object.is_none_or(|object| *object.key != *key) {
            successors.insert((kind, key.to_owned()), at);
        }
        let held = object.and_then(|object| object.fields.text("extension"));
        let number = operation.target.text("extension");
        if let Some(number) = number.filter(|number| held != Some(*number)) {
            successors.insert((Kind::Extensions, number.to_owned()), at);
        }
    }
    successors
}

/// What is referred to once everything is done.
fn still_mentioned(inputs: &Inputs<'_>, operations: &[Operation]) -> BTreeSet<(Kind, String)> {
    let mut still = BTreeSet::new();
    let mut see = |kind: Kind, fields: &Fields| {
        kind.shape().references(fields, &mut |_, kinds, text| {
            still.extend(kinds.iter().map(|kind| (*kind, text.to_owned())));
        });
    };
    let mut changed: BTreeSet<(Kind, &str)> = BTreeSet::new();
    for operation in operations {
        see(operation.address.kind, &operation.target);
        let object = operation.object.as_ref();
        changed.extend(object.map(|object| (operation.address.kind, &*object.key)));
    }
    for kind in Kind::ALL {
        for (key, live) in inputs.live.of_kind(kind) {
            if !changed.contains(&(kind, key)) {
                see(kind, &live.fields);
            }
        }
    }
    still
}

/// What others may refer to an object by, and can't any more afterwards.
fn given_up(inputs: &Inputs<'_>, operation: &Operation) -> Vec<(Kind, String)> {
    let Some(object) = &operation.object else {
        return Vec::new();
    };
    let kind = operation.address.kind;
    let goes = matches!(operation.action, Action::Delete | Action::Deactivate);
    let mut names = Vec::new();
    if goes {
        names.push((kind, operation.address.key.to_string()));
    }
    let key = inputs.portal_key(&operation.address, &operation.target);
    if goes || *object.key != *key {
        names.push((kind, object.key.to_string()));
    }
    let number = object.fields.text("extension");
    if let Some(number) = number
        && (goes || operation.target.text("extension") != Some(number))
    {
        names.push((Kind::Extensions, number.to_owned()));
    }
    names
}

/// Whether a plan limited to targets may speak of a live object that no resource matches.
pub(super) fn unmanaged(inputs: &Inputs<'_>, matching: &matching::Matching<'_>) -> Vec<Address> {
    let unmanaged = matching.unmanaged.iter();
    unmanaged
        .filter(|address| is_within(inputs, address))
        .cloned()
        .collect()
}
