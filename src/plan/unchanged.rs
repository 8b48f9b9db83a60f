//! *Unchanged* is a resource whose live object holds what is declared to the letter, as nearly all do: no plan is made
//! for it, and nothing is copied. Whatever isn't seen to be unchanged at a glance is compared field by field.

use super::{Inputs, Keys, matching::Match};
use crate::model::{Fields, Identity, Resource, Shape, State, Value};

/// Whether a resource is unchanged for certain.
pub(super) fn is_unchanged(inputs: &Inputs<'_>, matched: &Match<'_>, keys: &Keys) -> bool {
    let Match {
        address,
        resource,
        live: Some((key, live)),
    } = matched
    else {
        return false;
    };
    let is_renamed =
        inputs.capabilities.identity(address.kind) == Identity::Key && **key != *address.key;
    // What others are known by may stand in its fields.
    let is_named_alike = keys.declared.is_empty() && keys.live.is_empty() && !is_renamed;
    // A greeting without its file is taken away.
    let has_greeting = live.fields.at(["voicemail", "greeting"]).is_some()
        && live.fields.at(["voicemail", "greeting", "file"]).is_none();
    is_named_alike
        && !has_greeting
        && holds(address.kind.shape(), &resource.fields, &live.fields)
        && (holds_no_more(&resource.fields, &live.fields) || is_declared_as_ever(inputs, matched))
}

/// Whether a live record holds each declared field.
fn holds(shape: &Shape, declared: &Fields, live: &Fields) -> bool {
    let fields = shape.fields(declared);
    let mut next = 0;
    declared.iter().all(|(name, value)| {
        let held = live.get(name);
        if held == Some(value) {
            return true;
        }
        let Some(place) = Shape::place(fields, name, next) else {
            return false;
        };
        next = place + 1;
        let field = &fields[place];
        match (&field.shape, value, held) {
            (record @ Shape::Record(_), Value::Map(inner), Some(Value::Map(held))) => {
                holds(record, inner, held)
            }
            // Live objects are without defaults, and without records that hold nothing.
            (record @ Shape::Record(_), Value::Map(inner), None) => {
                holds(record, inner, &Fields::new())
            }
            (_, value, None) => *value == Value::Null || field.default.as_ref() == Some(value),
            (_, _, Some(_)) => false,
        }
    })
}

/// Whether a live record holds only what is declared.
fn holds_no_more(declared: &Fields, live: &Fields) -> bool {
    live.iter()
        .all(|(name, held)| match (declared.get(name), held) {
            (Some(Value::Map(inner)), Value::Map(held)) => holds_no_more(inner, held),
            (value, _) => value.is_some(),
        })
}

/// Whether nothing was declared of a resource before that isn't now: then nothing of what it holds besides is given
/// back.
fn is_declared_as_ever(inputs: &Inputs<'_>, matched: &Match<'_>) -> bool {
    let Match {
        address,
        resource,
        live,
    } = matched;
    let past = inputs.past;
    let is_same = |state: Option<&State>| {
        state.is_none_or(|state| {
            std::ptr::eq(state, inputs.desired)
                || state
                    .get(address)
                    .is_some_and(|one| is_same_declaration(one, resource))
        })
    };
    let is_new_to_history = past.ancestry.is_none_or(|ancestry| {
        !ancestry.versions.contains_key(*address) && !ancestry.predecessors.contains_key(*address)
    });
    // Who returns is made active.
    let is_active = live.is_some_and(|(_, live)| live.fields.get("active").is_none());
    is_same(past.base) && is_same(past.applied) && is_new_to_history && is_active
}

fn is_same_declaration(one: &Resource, other: &Resource) -> bool {
    one.previously.is_none() && other.previously.is_none() && one.fields == other.fields
}
