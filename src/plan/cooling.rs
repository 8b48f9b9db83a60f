//! *Cooling*: a number that loses its destination rests for a while, since people still call its former owner.

use super::{Cause, Inputs};
use crate::model::{Address, Change, Fields, Kind, Value};
use jiff::ToSpan as _;

/// The fields that a plan sets by itself.
const FIELDS: [&str; 2] = ["state", "until"];

/// Sets the state of a number that loses its destination, and takes it away when the number gets one. What is
/// declared counts.
pub(super) fn cool(
    inputs: &Inputs<'_>,
    address: &Address,
    declared: &Fields,
    known: &Fields,
    target: &mut Fields,
) {
    let is_declared = FIELDS.iter().any(|name| declared.get(name).is_some());
    let is_supported = inputs
        .capabilities
        .kinds
        .get(&Kind::Numbers)
        .is_some_and(|numbers| {
            FIELDS
                .iter()
                .all(|name| !numbers.unsupported.contains(*name))
        });
    if address.kind != Kind::Numbers || is_declared || !is_supported {
        return;
    }
    let days = i64::from(inputs.config.policy.numbers.cooling_days);
    let has = |fields: &Fields| fields.text("destination").is_some();
    match (has(known), has(target)) {
        (true, false) if days > 0 => {
            if let Ok(until) = inputs.today.checked_add(days.days()) {
                target.set("state".into(), Value::text("cooling"));
                target.set("until".into(), Value::text(&until.to_string()));
            }
        }
        (false, true) => FIELDS.iter().for_each(|name| drop(target.take(name))),
        _ => {}
    }
}

/// What a plan sets by itself has the cause of the destination's change.
pub(super) fn with_its_cause(
    address: &Address,
    declared: &Fields,
    changes: &[Change],
    causes: &mut [Cause],
) {
    let is = |change: &Change, name: &str| change.path.len() == 1 && *change.path[0] == *name;
    let at = changes.iter().position(|change| is(change, "destination"));
    let Some(cause) = at
        .map(|at| causes[at])
        .filter(|_| address.kind == Kind::Numbers)
    else {
        return;
    };
    for (change, own) in changes.iter().zip(causes) {
        if FIELDS
            .iter()
            .any(|name| is(change, name) && declared.get(name).is_none())
        {
            *own = cause;
        }
    }
}
