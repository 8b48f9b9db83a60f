//! Guards over what was read: the portal's answer, and the files as a whole.

use super::Finding;
use crate::{
    model::{FindingRule, Standing, Waiting},
    plan::{Cause, Inputs, Operation, Plan},
};

/// A listing that may lack objects justifies nothing (law 2).
pub(super) fn incomplete_read(inputs: &Inputs<'_>, _: &Plan) -> Vec<Finding> {
    let listings = inputs.live.listings.iter();
    let incomplete = listings.filter_map(|(kind, listing)| Some((kind, listing.doubt()?)));
    incomplete
        .map(|(kind, reason)| {
            let message = format!("the listing of {kind} is not complete: {reason}");
            Finding::block(FindingRule::IncompleteRead, None, message)
        })
        .collect()
}

/// What the portal made for itself is not changed, and neither is what no field can describe.
pub(super) fn unmanageable_object(inputs: &Inputs<'_>, plan: &Plan) -> Vec<Finding> {
    let found = plan.operations.iter().filter_map(|operation| {
        let Operation {
            address, object, ..
        } = operation;
        let live = inputs.live.get(address.kind, &object.as_ref()?.key)?;
        let (rule, message) = match &live.standing {
            Standing::Manageable => return None,
            Standing::BuiltIn => (
                FindingRule::SystemObject,
                format!("{address} is the portal's own"),
            ),
            Standing::Unsupported(reason) => (
                FindingRule::UnsupportedObject,
                format!(
                    "{address} on the portal {reason}, so it can't be declared and is left alone"
                ),
            ),
        };
        Some(Finding::block(rule, Some(address.clone()), message))
    });
    found.collect()
}

/// A field that waits for something outside of the portal isn't written again.
pub(super) fn waiting(_: &Inputs<'_>, plan: &Plan) -> Vec<Finding> {
    let waits = plan.waiting.iter().map(|(address, waiting)| {
        let Waiting { path, waits_for } = waiting;
        let message = format!("{address}: {} waits for {waits_for}", path.join("."));
        Finding::info(FindingRule::Waiting, address, message)
    });
    waits.collect()
}

/// Files that declare nothing are more likely the wrong files.
pub(super) fn empty_workspace(inputs: &Inputs<'_>, plan: &Plan) -> Vec<Finding> {
    let deletes = plan
        .operations
        .iter()
        .filter(|one| one.is_removal())
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
