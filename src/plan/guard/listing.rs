//! Guards over what the portal answered.

use super::{Finding, Level};
use crate::{
    model::FindingRule,
    plan::{Inputs, Plan},
};

/// A listing that may lack objects justifies nothing (law 2).
pub(super) fn incomplete_read(inputs: &Inputs<'_>, _: &Plan) -> Vec<Finding> {
    let listings = inputs.live.listings.iter();
    let incomplete =
        listings.filter_map(|(kind, listing)| Some((kind, listing.incomplete.as_ref()?)));
    incomplete
        .map(|(kind, reason)| Finding {
            rule: FindingRule::IncompleteRead,
            level: Level::Block,
            address: None,
            message: format!("the listing of {kind} is not complete: {reason}"),
            waived: None,
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
