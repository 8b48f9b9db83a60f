//! Guards over values that only one resource may have, undeclared live objects included.

use super::Finding;
use crate::{
    model::{Address, FindingRule, Kind},
    plan::{Action, Inputs, Plan},
};
use std::collections::{BTreeMap, BTreeSet};

/// A value to be taken must not belong to another live object.
pub(super) fn taken(inputs: &Inputs<'_>, plan: &Plan) -> Vec<Finding> {
    let mut wanted: BTreeMap<(&str, &str), &Address> = BTreeMap::new();
    // Objects that an operation changes speak through their target.
    let mut changed: BTreeSet<(Kind, &str)> = BTreeSet::new();
    let mut kept: BTreeSet<(&str, &str, &Address)> = BTreeSet::new();
    let mut findings = Vec::new();
    for operation in &plan.operations {
        if let Some(object) = &operation.object {
            changed.insert((operation.address.kind, &object.key));
        }
        if operation.action == Action::Delete || operation.is_release {
            continue;
        }
        let address = &operation.address;
        let kind = address.kind;
        let mut had: BTreeSet<(&str, &str)> = BTreeSet::new();
        if let Some(object) = &operation.object {
            if kind == Kind::Extensions {
                had.insert(("extension", &object.key));
            }
            kind.shape().claims(&object.fields, &mut |_, space, value| {
                had.insert((space, value));
            });
        }
        let mut want = |space, value| {
            // A value that an object has already isn't taken from another: some portals let two share it.
            if had.contains(&(space, value)) {
                kept.insert((space, value, address));
            }
            // A changed object that keeps an undeclared value is in conflict with the one that declares it.
            if let Some(other) = wanted.insert((space, value), address) {
                let keeps = keeps(inputs, other, space, value);
                let both = [other, address].map(|one| kept.contains(&(space, value, one)));
                if both == [true; 2] {
                    return;
                }
                let (taker, keeper) = if keeps {
                    (address, other)
                } else {
                    (other, address)
                };
                findings.push(finding(taker, space, value, &keeper.to_string()));
            }
        };
        if address.kind == Kind::Extensions {
            want("extension", &*address.key);
        }
        let shape = address.kind.shape();
        shape.claims(&operation.target, &mut |_, space, value| want(space, value));
    }
    if wanted.is_empty() {
        return Vec::new();
    }
    for kind in Kind::ALL {
        for (key, object) in inputs
            .live
            .of_kind(kind)
            .filter(|(key, _)| !changed.contains(&(kind, *key)))
        {
            let mut see = |space: &str, value: &str| {
                if let Some(address) = wanted.get(&(space, value))
                    && !kept.contains(&(space, value, address))
                {
                    findings.push(finding(address, space, value, &format!("{kind}/{key}")));
                }
            };
            if kind == Kind::Extensions {
                see("extension", key);
            }
            kind.shape()
                .claims(&object.fields, &mut |_, space, value| see(space, value));
        }
    }
    findings
}

/// What one resource gives up in this plan, another takes.
pub(super) fn taken_from(_: &Inputs<'_>, plan: &Plan) -> Vec<Finding> {
    let mut held: BTreeMap<(&str, &str), &Address> = BTreeMap::new();
    for operation in plan.operations.iter().filter(|one| !one.is_release) {
        let Some(object) = &operation.object else {
            continue;
        };
        if operation.address.kind == Kind::Extensions {
            held.insert(("extension", &object.key), &operation.address);
        }
        operation
            .address
            .kind
            .shape()
            .claims(&object.fields, &mut |_, space, value| {
                held.insert((space, value), &operation.address);
            });
    }
    let mut findings = Vec::new();
    for operation in plan
        .operations
        .iter()
        .filter(|one| !one.is_release && one.action != Action::Delete)
    {
        let mut see = |space: &str, value: &str| {
            let holder = held
                .get(&(space, value))
                .filter(|holder| ***holder != operation.address);
            if let Some(holder) = holder {
                let message = format!(
                    "{} takes the {space} {value} from {holder}",
                    operation.address
                );
                findings.push(Finding::warn(
                    FindingRule::TakenFrom,
                    &operation.address,
                    message,
                ));
            }
        };
        if operation.address.kind == Kind::Extensions && operation.object.is_none() {
            see("extension", &operation.address.key);
        }
        operation
            .address
            .kind
            .shape()
            .claims(&operation.target, &mut |_, space, value| see(space, value));
    }
    findings
}

/// Whether a resource has a value that its declaration doesn't give it.
fn keeps(inputs: &Inputs<'_>, address: &Address, space: &str, value: &str) -> bool {
    let mut declared = address.kind == Kind::Extensions && space == "extension";
    if let Some(resource) = inputs.desired.get(address) {
        let shape = address.kind.shape();
        shape.claims(&resource.fields, &mut |_, own, held| {
            declared |= (&**own, held) == (space, value);
        });
    }
    !declared
}

fn finding(address: &Address, space: &str, value: &str, holder: &str) -> Finding {
    let message =
        format!("{address} is to have the {space} {value}, which {holder} has on the portal");
    Finding::block(FindingRule::Taken, Some(address.clone()), message)
}
