//! Guard over references: what is referred to does not go (S3.13, S3.14).

use super::Finding;
use crate::{
    model::{Address, Fields, FindingRule, Kind, Mention},
    plan::{Action, Inputs, Operation, Plan, cause},
    rules,
};
use std::collections::{BTreeMap, BTreeSet};

/// What goes, and how.
struct Going<'a> {
    operation: &'a Operation,
    how: String,
}

/// Nothing that is deleted, deactivated or renumbered is still referred to once the plan is applied.
pub(super) fn in_use(inputs: &Inputs<'_>, plan: &Plan) -> Vec<Finding> {
    let going = going(plan);
    if going.is_empty() {
        return Vec::new();
    }
    let mut findings = Vec::new();
    let targets: BTreeMap<(Kind, &str), &Operation> = plan
        .operations
        .iter()
        .filter(|operation| !operation.is_release)
        .filter_map(|operation| {
            Some((
                (operation.address.kind, &*operation.object.as_ref()?.key),
                operation,
            ))
        })
        .collect();
    let created = plan
        .operations
        .iter()
        .filter(|operation| operation.object.is_none());
    let created = created.map(|operation| (operation.address.clone(), &operation.target));
    let live = Kind::ALL.into_iter().flat_map(|kind| {
        let targets = &targets;
        inputs
            .live
            .of_kind(kind)
            .filter_map(move |(key, object)| match targets.get(&(kind, key)) {
                Some(operation) if operation.action == Action::Delete => None,
                Some(operation) => Some((operation.address.clone(), &operation.target)),
                None => Some((Address::new(kind, key), &object.fields)),
            })
    });
    for (address, fields) in live.chain(created) {
        address
            .kind
            .shape()
            .references(fields, &mut |path, kinds, text| {
                for kind in kinds {
                    let Some(going) = going.get(&(*kind, text)) else {
                        continue;
                    };
                    if going.operation.address != address {
                        findings.push(finding(inputs, going, &address, fields, path, text));
                    }
                }
            });
    }
    mentions(inputs, &targets, &going, &mut findings);
    findings.sort_by(|a, b| (&a.address, &a.message).cmp(&(&b.address, &b.message)));
    findings
}

/// What refers to others in a way that no field can say. What a field has said isn't said again, and what
/// the going itself was declared to belong to is left by it.
fn mentions(
    inputs: &Inputs<'_>,
    targets: &BTreeMap<(Kind, &str), &Operation>,
    going: &BTreeMap<(Kind, &str), Going<'_>>,
    findings: &mut Vec<Finding>,
) {
    let mut mention = |own: Option<&Address>, what: &str, mention: &Mention| {
        let Some(going) = going.get(&(mention.address.kind, &*mention.address.key)) else {
            return;
        };
        let address = &going.operation.address;
        let declared = own.and_then(|own| inputs.desired.get(own)?.origin.as_ref());
        let place = declared.map_or_else(
            || ", which isn't declared".to_owned(),
            |origin| format!(": {}", origin.place()),
        );
        let message = format!(
            "{address} {}, and {what} refers to it in {}{place}",
            going.how, mention.place,
        );
        let is_said = |one: &Finding| {
            let so_far = format!("and {what} refers to it in ");
            one.address.as_ref() == Some(address) && one.message.contains(&so_far)
        };
        let belongs = || own.is_some_and(|own| belonged(inputs, &mention.address, own));
        if own != Some(address) && !findings.iter().any(is_said) && !belongs() {
            let finding = Finding::block(FindingRule::InUse, Some(address.clone()), message);
            findings.push(finding);
        }
    };
    for kind in Kind::ALL {
        for (key, object) in inputs.live.of_kind(kind) {
            let operation = targets.get(&(kind, key)).copied();
            if object.mentions.is_empty()
                || operation.is_some_and(|one| one.action == Action::Delete)
            {
                continue;
            }
            let address = operation.map_or_else(
                || Address::new(kind, key),
                |operation| operation.address.clone(),
            );
            let name = object.fields.text("name");
            let name = name.map_or_else(String::new, |name| format!(" ({name})"));
            let what = format!("{address}{name}");
            for one in &object.mentions {
                mention(Some(&address), &what, one);
            }
        }
    }
    for referrer in &inputs.live.referrers {
        for one in &referrer.mentions {
            mention(None, &referrer.what, one);
        }
    }
}

/// What can no longer be reached by the name that others know it by.
fn going(plan: &Plan) -> BTreeMap<(Kind, &str), Going<'_>> {
    let mut going = BTreeMap::new();
    let mut comes: BTreeSet<&str> = BTreeSet::new();
    for operation in plan
        .operations
        .iter()
        .filter(|operation| !operation.is_release)
    {
        comes.extend(operation.target.text("extension"));
        if operation.address.kind == Kind::Extensions && operation.action != Action::Delete {
            comes.insert(&operation.address.key);
        }
    }
    for operation in plan
        .operations
        .iter()
        .filter(|operation| !operation.is_release)
    {
        let Some(object) = &operation.object else {
            continue;
        };
        let kind = operation.address.kind;
        let how = match operation.action {
            Action::Delete => Some("is to be deleted".to_owned()),
            Action::Deactivate => Some("is to be deactivated".to_owned()),
            Action::Create | Action::Update | Action::Rename | Action::Reactivate => None,
        };
        if let Some(how) = &how {
            // The portal may know a person by a username, and others refer to the key.
            for key in [&object.key, &operation.address.key] {
                let how = how.clone();
                going.insert((kind, &**key), Going { operation, how });
            }
        } else if kind == Kind::Extensions
            && object.key != operation.address.key
            && !comes.contains(&*object.key)
        {
            let how = format!("is to have the number {} no more", object.key);
            going.insert((kind, &*object.key), Going { operation, how });
        }
        let Some(number) = object.fields.text("extension") else {
            continue;
        };
        let kept = operation.target.text("extension") == Some(number);
        if let Some(how) = how {
            going.insert((Kind::Extensions, number), Going { operation, how });
        } else if !kept && !comes.contains(number) {
            let next = operation.target.text("extension").unwrap_or("none");
            let how = format!("is to change its extension from {number} to {next}");
            going.insert((Kind::Extensions, number), Going { operation, how });
        }
    }
    going
}

/// Whether a resource was itself declared to belong to another, before it was to go.
fn belonged(inputs: &Inputs<'_>, address: &Address, other: &Address) -> bool {
    let states = [inputs.past.base, inputs.past.applied];
    let declared = states.into_iter().flatten().flat_map(|state| {
        let by_key = state.get(address);
        let by_name = cause::declared_as(inputs, state, address);
        by_key.into_iter().chain(by_name)
    });
    let shape = address.kind.shape();
    let mut belonged = false;
    for resource in declared {
        shape.references(&resource.fields, &mut |_, kinds, text| {
            belonged |= kinds.contains(&other.kind) && *text == *other.key;
        });
    }
    belonged
}

fn finding(
    inputs: &Inputs<'_>,
    going: &Going<'_>,
    address: &Address,
    fields: &Fields,
    path: &str,
    text: &str,
) -> Finding {
    // What people call a number is its title; a user's title is something else.
    let title = fields
        .text("title")
        .filter(|_| address.kind == Kind::Numbers);
    let name = fields
        .text("name")
        .or(title)
        .map_or_else(String::new, |name| format!(" ({name})"));
    let origin = inputs
        .desired
        .get(address)
        .and_then(|resource| resource.origin.as_ref());
    let place = origin.map_or_else(
        || ", which isn't declared".to_owned(),
        |origin| format!(": {}", rules::of_text(origin, path, text)),
    );
    let message = format!(
        "{} {}, and {address}{name} refers to it in {path}{place}",
        going.operation.address, going.how,
    );
    Finding::block(
        FindingRule::InUse,
        Some(going.operation.address.clone()),
        message,
    )
}
