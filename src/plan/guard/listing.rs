//! Guards over what was read: the portal's answer, and the files as a whole.

use super::Finding;
use crate::{
    model::FindingRule,
    plan::{Action, Cause, Inputs, Plan},
};

/// A listing that may lack objects justifies nothing (law 2).
pub(super) fn incomplete_read(inputs: &Inputs<'_>, _: &Plan) -> Vec<Finding> {
    let listings = inputs.live.listings.iter();
    let incomplete =
        listings.filter_map(|(kind, listing)| Some((kind, listing.incomplete.as_ref()?)));
    incomplete
        .map(|(kind, reason)| {
            let message = format!("the listing of {kind} is not complete: {reason}");
            Finding::block(FindingRule::IncompleteRead, None, message)
        })
        .collect()
}

/// What the portal made for itself is not changed.
pub(super) fn system_object(inputs: &Inputs<'_>, plan: &Plan) -> Vec<Finding> {
    let touched = plan.operations.iter().filter(|operation| {
        let object = operation.object.as_ref();
        object.is_some_and(|object| {
            inputs
                .live
                .get(operation.address.kind, &object.key)
                .is_some_and(|live| live.system)
        })
    });
    touched
        .map(|operation| {
            let message = format!("{} is the portal's own", operation.address);
            Finding::block(
                FindingRule::SystemObject,
                Some(operation.address.clone()),
                message,
            )
        })
        .collect()
}

/// Files that declare nothing are more likely the wrong files.
pub(super) fn empty_workspace(inputs: &Inputs<'_>, plan: &Plan) -> Vec<Finding> {
    let deletes = plan
        .operations
        .iter()
        .filter(|one| one.action == Action::Delete)
        .count();
    if !inputs.desired.resources.is_empty() || deletes == 0 {
        return Vec::new();
    }
    let message = format!("the files declare nothing, and {deletes} resources would be deleted");
    vec![Finding::block(FindingRule::EmptyWorkspace, None, message)]
}

/// A field that both sides changed needs a decision.
pub(super) fn conflict(_: &Inputs<'_>, plan: &Plan) -> Vec<Finding> {
    let conflicts = plan
        .operations
        .iter()
        .filter(|one| one.cause == Cause::Conflict);
    conflicts
        .map(|operation| {
            let changes = operation.changes.iter().zip(&operation.causes);
            let fields = changes.filter(|(_, cause)| **cause == Cause::Conflict);
            let fields: Vec<String> = fields.map(|(change, _)| change.path.join(".")).collect();
            let message = format!(
                "{}: both the files and the portal changed {}",
                operation.address,
                fields.join(", "),
            );
            Finding::block(
                FindingRule::Conflict,
                Some(operation.address.clone()),
                message,
            )
        })
        .collect()
}
