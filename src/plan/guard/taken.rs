//! Guards over values that only one resource may have, live objects that nobody declares included.

use super::Finding;
use crate::{
    model::{Address, FindingRule, Kind},
    plan::{Action, Inputs, Plan},
};
use std::collections::{BTreeMap, BTreeSet};

/// Nobody else on the portal has what is to be taken.
pub(super) fn taken(inputs: &Inputs<'_>, plan: &Plan) -> Vec<Finding> {
    let mut wanted: BTreeMap<(&str, &str), &Address> = BTreeMap::new();
    // Objects that an operation changes speak through their target.
    let mut changed: BTreeSet<(Kind, &str)> = BTreeSet::new();
    for operation in &plan.operations {
        if let Some(object) = &operation.object {
            changed.insert((operation.address.kind, &object.key));
        }
        if operation.action == Action::Delete || operation.makes_way {
            continue;
        }
        let address = &operation.address;
        if address.kind == Kind::Extensions && operation.object.is_none() {
            wanted.insert(("extension", &address.key), address);
        }
        address
            .kind
            .shape()
            .claims(&operation.target, &mut |_, space, value| {
                wanted.insert((space, value), address);
            });
    }
    if wanted.is_empty() {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for kind in Kind::ALL {
        for (key, object) in inputs
            .live
            .of_kind(kind)
            .filter(|(key, _)| !changed.contains(&(kind, *key)))
        {
            let mut see = |space: &str, value: &str| {
                if let Some(address) = wanted.get(&(space, value)) {
                    let message = format!(
                        "{address} is to have the {space} {value}, which {kind}/{key} has on the portal"
                    );
                    findings.push(Finding::block(
                        FindingRule::Taken,
                        Some((*address).clone()),
                        message,
                    ));
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
    for operation in plan.operations.iter().filter(|one| !one.makes_way) {
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
        .filter(|one| !one.makes_way && one.action != Action::Delete)
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
