//! *Limits* that several portals have.

use crate::model::{Declaration, Limit, Value};

/// The text of a value; empty if it isn't text.
fn text(value: &Value) -> &str {
    value.as_text().unwrap_or_default()
}

/// Forwarding needs a destination.
pub(super) const FORWARDING: Limit = Limit::new(
    "forwarding.enabled",
    "forwarding to a destination; add `destinations`",
    &|value, declared| {
        let destinations = declared.fields.at(["forwarding", "destinations"]);
        let has_one = destinations.is_some_and(|all| !all.elements().is_empty());
        *value != Value::Bool(true) || has_one
    },
);

/// The phones have no names.
pub(super) const NAMELESS_PHONES: Limit =
    Limit::new("phones[].name", "phones without a name", &|value, _| {
        *value == Value::Null
    });

/// Whether a list is empty or one number, which may contain some other characters.
pub(super) fn is_one_number(value: &Value, others: &[char]) -> bool {
    let is_digit = |c: char| c.is_ascii_digit() || others.contains(&c);
    let all = value.elements();
    all.len() <= 1 && all.iter().all(|one| text(one).chars().all(is_digit))
}

/// Whether a value is the key of a user, or the number of an extension that doesn't belong to a user.
pub(super) fn is_user_or_extension(value: &Value, declared: Declaration<'_>) -> bool {
    let destination = text(value);
    match destination.chars().all(|c| c.is_ascii_digit()) {
        true => !declared.is_users_extension(destination),
        false => declared.is_user(destination),
    }
}
