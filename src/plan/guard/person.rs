//! Guards over persons: that an account stays the same person's, and that the person knows.

use super::Finding;
use crate::{
    model::{Change, Fields, FindingRule, Kind, Value},
    plan::{Action, Inputs, Operation, Plan},
};
use std::collections::BTreeSet;

/// Changes of users who exist.
fn changed_users(plan: &Plan) -> impl Iterator<Item = &Operation> {
    plan.operations.iter().filter(|operation| {
        operation.address.kind == Kind::Users
            && operation.object.is_some()
            && operation.action != Action::Delete
            && !operation.is_release
    })
}

fn change<'a>(operation: &'a Operation, field: &str) -> Option<&'a Change> {
    operation
        .changes
        .iter()
        .find(|change| change.path.len() == 1 && &*change.path[0] == field)
}

fn said(value: Option<&Value>) -> &str {
    value.and_then(Value::as_text).unwrap_or("none")
}

/// An account isn't handed from one person to the next.
pub(super) fn person_swap(_: &Inputs<'_>, plan: &Plan) -> Vec<Finding> {
    let swapped = changed_users(plan).filter(|operation| {
        ["first_name", "last_name", "email"]
            .iter()
            .all(|field| change(operation, field).is_some())
    });
    swapped
        .map(|operation| {
            let name = |fields: &Fields| {
                let text = |field| fields.text(field).unwrap_or_default().to_owned();
                format!("{} {}", text("first_name"), text("last_name"))
            };
            let before = operation
                .object
                .as_ref()
                .map_or_else(String::new, |object| name(&object.fields));
            let message = format!(
                "{} would turn from {before} into {}, with messages, records and forwards",
                operation.address,
                name(&operation.target),
            );
            Finding::block(
                FindingRule::PersonSwap,
                Some(operation.address.clone()),
                message,
            )
        })
        .collect()
}

/// A user who comes back is made active, not created a second time.
// S4.32
pub(super) fn revive(inputs: &Inputs<'_>, plan: &Plan) -> Vec<Finding> {
    let created: Vec<&Operation> = plan
        .operations
        .iter()
        .filter(|one| one.address.kind == Kind::Users && one.action == Action::Create)
        .collect();
    if created.is_empty() {
        return Vec::new();
    }
    let inactive = inputs.live.of_kind(Kind::Users).filter(|(key, user)| {
        let declared = plan.operations.iter().any(|one| {
            one.object
                .as_ref()
                .is_some_and(|object| *object.key == **key)
        });
        user.fields.get("active").and_then(Value::as_bool) == Some(false) && !declared
    });
    let mut findings = Vec::new();
    for (key, inactive_user) in inactive {
        let same = |operation: &Operation, field: &str| {
            operation.target.text(field) == inactive_user.fields.text(field)
        };
        for operation in &created {
            let same_name = same(operation, "first_name") && same(operation, "last_name");
            let address = &operation.address;
            let message = format!(
                "{address} would be created, and users/{key} may be the same person, inactive"
            );
            if same(operation, "email") {
                findings.push(Finding::block(
                    FindingRule::Revive,
                    Some(address.clone()),
                    message,
                ));
            } else if same_name {
                // Two people may share a name, but never an e-mail address.
                findings.push(Finding::warn(FindingRule::Revive, address, message));
            }
        }
    }
    findings
}

/// A person logs in with something else from now on.
pub(super) fn login_change(_: &Inputs<'_>, plan: &Plan) -> Vec<Finding> {
    let mut findings = Vec::new();
    for operation in changed_users(plan) {
        for field in ["username", "email"] {
            if let Some(change) = change(operation, field) {
                // A released object holds a placeholder meanwhile; the plan keeps what it held before.
                let object = operation.object.as_ref();
                let before = object
                    .and_then(|object| object.fields.text(field))
                    .unwrap_or("none");
                let after = said(change.after.as_ref());
                let message = format!(
                    "{}: the {field} changes from {before} to {after}",
                    operation.address
                );
                findings.push(Finding::warn(
                    FindingRule::LoginChange,
                    &operation.address,
                    message,
                ));
            }
        }
    }
    findings
}

/// A person is reached by another number from now on.
pub(super) fn renumber_impact(_: &Inputs<'_>, plan: &Plan) -> Vec<Finding> {
    let mut findings = Vec::new();
    for operation in changed_users(plan) {
        let before = operation
            .object
            .as_ref()
            .and_then(|object| object.fields.text("extension"));
        let after = operation.target.text("extension");
        if let Some(before) = before.filter(|before| after != Some(*before)) {
            let after = after.unwrap_or("none");
            let message = format!(
                "{}: the extension changes from {before} to {after}",
                operation.address
            );
            findings.push(Finding::info(
                FindingRule::RenumberImpact,
                &operation.address,
                message,
            ));
        }
    }
    findings
}

/// A person sends from another address unless they choose one (S4.17).
pub(super) fn default_sender_change(_: &Inputs<'_>, plan: &Plan) -> Vec<Finding> {
    let mut findings = Vec::new();
    for operation in changed_users(plan) {
        let Some(change) = change(operation, "available_from_emails") else {
            continue;
        };
        let first = |value: &Option<Value>| {
            value
                .as_ref()
                .and_then(|list| list.elements().first().cloned())
        };
        let (before, after) = (first(&change.before), first(&change.after));
        if before.is_some() && before != after {
            let (before, after) = (said(before.as_ref()), said(after.as_ref()));
            let message = format!(
                "{}: the default sender changes from {before} to {after}",
                operation.address
            );
            findings.push(Finding::warn(
                FindingRule::DefaultSenderChange,
                &operation.address,
                message,
            ));
        }
    }
    findings
}

/// A phone that is replaced must be set up again where the portal makes a new device of it.
pub(super) fn new_device(inputs: &Inputs<'_>, plan: &Plan) -> Vec<Finding> {
    let portal = inputs.capabilities.portal;
    let mut findings = Vec::new();
    for operation in changed_users(plan) {
        let kinds = &inputs.capabilities.kinds;
        let capability = kinds.get(&operation.address.kind);
        let replaced_by = capability.map_or(&[][..], |capability| capability.replaced_by);
        for (list, field) in replaced_by.iter().filter_map(|path| path.split_once('.')) {
            let values = |fields: &Fields| -> BTreeSet<String> {
                let elements = fields.get(list).map_or(&[][..], Value::elements).iter();
                let values = elements.filter_map(|one| one.as_map()?.text(field));
                values.map(str::to_owned).collect()
            };
            let object = operation.object.as_ref();
            let before = object.map(|object| values(&object.fields));
            let (before, after) = (before.unwrap_or_default(), values(&operation.target));
            if before.is_subset(&after) {
                continue;
            }
            for value in after.difference(&before) {
                let address = &operation.address;
                let what = list.trim_end_matches('s');
                let message = format!(
                    "{address}: the {what} {value} is a new device to the portal {portal}, with new credentials, so it must be set up again"
                );
                findings.push(Finding::info(FindingRule::NewDevice, address, message));
            }
        }
    }
    findings
}
