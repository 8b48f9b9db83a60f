//! A *limit* of a profile is a fragment of JSON Schema, or a kind whose resources a field must name.

use super::LimitProfile;
use crate::model::{Address, Declaration, Kind, Limit, Value};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// The limits of one kind.
pub(super) fn limits(limits: &'static BTreeMap<String, LimitProfile>) -> Vec<Limit> {
    let limits = limits.iter();
    limits
        .map(|(field, limit)| Limit {
            field,
            only: &limit.message,
            accepts: accepts(limit),
        })
        .collect()
}

fn accepts(limit: &'static LimitProfile) -> crate::model::Accepts {
    if let Some(kind) = limit.from {
        return Box::leak(Box::new(move |value: &Value, within: Declaration<'_>| {
            is_declared(kind, value, within)
        }));
    }
    let schema = Json::Object(limit.schema.clone());
    let validator = jsonschema::validator_for(&schema).expect("a test compiles each limit");
    Box::leak(Box::new(move |value: &Value, _: Declaration<'_>| {
        serde_json::to_value(value).is_ok_and(|value| validator.is_valid(&value))
    }))
}

/// Whether a value is the key of a declared resource. Where none of the kind is declared, the portal's own
/// aren't known.
fn is_declared(kind: Kind, value: &Value, within: Declaration<'_>) -> bool {
    let key = value.as_text().unwrap_or_default();
    let is_known = within.state.of_kind(kind).next().is_some();
    !is_known || within.state.get(&Address::new(kind, key)).is_some()
}
