//! Guards over what the portal can't do to an object that exists.

use super::Finding;
use crate::{
    model::{Change, Declaration, FindingRule, Identity, KindCapability, SecretPlace, Value},
    plan::{Inputs, Operation, Plan},
    rules,
};

/// Each change of a field of an object that exists, with what the portal supports of its kind.
fn changed<'p>(
    inputs: &Inputs<'p>,
    plan: &'p Plan,
) -> impl Iterator<Item = (&'p Operation, &'p Change, &'p KindCapability)> {
    let kinds = &inputs.capabilities.kinds;
    let operations = plan.operations.iter();
    let changing = operations.filter(|one| one.object.is_some() && !one.is_release);
    changing.flat_map(move |operation| {
        let capability = kinds.get(&operation.address.kind);
        let changes = operation.changes.iter();
        changes.filter_map(move |change| Some((operation, change, capability?)))
    })
}

/// A field that is set at creation stays as it is.
pub(super) fn fixed_field(inputs: &Inputs<'_>, plan: &Plan) -> Vec<Finding> {
    let renamed = plan.operations.iter().filter_map(|operation| {
        let Operation {
            address, object, ..
        } = operation;
        let capability = inputs.capabilities.kinds.get(&address.kind)?;
        let key = address.kind.key_field();
        let is_fixed = capability.identity == Identity::Key && capability.fixed.contains(key);
        let is_renamed = object.as_ref()?.key != address.key;
        (is_fixed && is_renamed).then(|| (operation, String::new(), key.to_owned()))
    });
    let changed = changed(inputs, plan).filter_map(|(operation, change, capability)| {
        let path = change.path.join(".");
        let kind = operation.address.kind;
        let is_fixed = |name: &str| capability.fixed.contains(name);
        let name = KindCapability::name_of(kind, &operation.target, &path, is_fixed)?;
        Some((operation, path, name))
    });
    let portal = inputs.capabilities.portal;
    let fixed = renamed.chain(changed).map(|(operation, path, name)| {
        let what = format!("the portal {portal} can't change `{name}` of an object that exists");
        finding(inputs, FindingRule::FixedField, operation, &path, &what)
    });
    fixed.collect()
}

/// A field that can't be cleared isn't.
pub(super) fn not_cleared(inputs: &Inputs<'_>, plan: &Plan) -> Vec<Finding> {
    let cleared = changed(inputs, plan).filter_map(|(operation, change, capability)| {
        let Operation {
            address, target, ..
        } = operation;
        let declared = inputs.desired.get(address);
        let fields = declared.map_or(target, |declared| &declared.fields);
        // What is declared was looked at with the files.
        let names = || change.path.iter().map(|name| &**name);
        if fields.at(names()).is_some() {
            return None;
        }
        let path = change.path.join(".");
        let value = change.after.as_ref().unwrap_or(&Value::Null);
        let declaration = Declaration {
            fields,
            state: inputs.desired,
        };
        let name = KindCapability::name_of(address.kind, target, &path, |name| {
            let mut limits = capability.limits.iter().filter(|limit| limit.field == name);
            limits.any(|limit| !(limit.accepts)(value, declaration))
        })?;
        let portal = inputs.capabilities.portal;
        let what =
            format!("the portal {portal} can't clear `{name}`, which isn't declared any more");
        Some(finding(
            inputs,
            FindingRule::NotCleared,
            operation,
            &path,
            &what,
        ))
    });
    cleared.collect()
}

fn finding(
    inputs: &Inputs<'_>,
    rule: FindingRule,
    operation: &Operation,
    path: &str,
    what: &str,
) -> Finding {
    let address = &operation.address;
    let declared = inputs.desired.get(address);
    let place = declared
        .and_then(|declared| declared.origin.as_ref())
        .map_or_else(String::new, |origin| {
            format!(" ({})", rules::of_field(origin, path))
        });
    let message = format!("{address}{place}: {what}");
    Finding::block(rule, Some(address.clone()), message)
}

/// A secret of which nobody knows the version is sent once more.
pub(super) fn secret_unknown(inputs: &Inputs<'_>, plan: &Plan) -> Vec<Finding> {
    let unknown = changed(inputs, plan).filter_map(|(operation, change, capability)| {
        let is_sent = matches!(change.after, Some(Value::Secret(_))) && change.before.is_none();
        let address = &operation.address;
        let path = change.path.join(".");
        let portal = inputs.capabilities.portal;
        let message = format!(
            "{address}: it isn't known which version of {path} the portal {portal} holds, so it is sent"
        );
        (is_sent && capability.secrets == SecretPlace::Record)
            .then(|| Finding::info(FindingRule::SecretUnknown, address, message))
    });
    unknown.collect()
}
