//! *Comparing* two states of one document: whether somebody was there in between, and whether what
//! they changed is what we would change.

use crate::portal::kazoo::doc::{Doc, difference, merged};
use serde_json::{Value, json};

/// Whether somebody was at a document since it was told of: in what a summary repeats, and in what was
/// asked for beyond that.
pub(super) fn has_moved(asked: &[&str], told: &Doc, now: &Doc) -> bool {
    let compared = [
        "username",
        "first_name",
        "last_name",
        "email",
        "priv_level",
        "name",
        "owner_id",
        "mailbox",
        "mac_address",
        "numbers",
        "flow",
        "displayname",
        "firstname",
        "lastname",
        "number",
    ];
    let is_set = |value: &&Value| !value.is_null() && **value != json!("");
    let is_other = |name: &&str| told.get(*name).filter(is_set) != now.get(*name).filter(is_set);
    let is_told = |name: &&&str| told.get(**name).is_some_and(|was| is_set(&was));
    compared.iter().filter(is_told).any(is_other) || asked.iter().any(is_other)
}

/// Whether any field that a patch changes has another value now than before.
pub(super) fn clashes(patch: &Doc, before: &Doc, now: &Doc) -> bool {
    patch.iter().any(
        |(name, value)| match (value, before.get(name), now.get(name)) {
            (_, was, is) if was == is => false,
            (Value::Object(patch), Some(Value::Object(was)), Some(Value::Object(is))) => {
                clashes(patch, was, is)
            }
            _ => true,
        },
    )
}

/// Whether a document holds all that a part of it says.
pub(super) fn holds(doc: &Doc, part: &Doc) -> bool {
    difference(doc, &merged(doc, part)).is_empty()
}

#[cfg(test)]
mod tests {
    use super::{Doc, clashes};
    use serde_json::{Value, json};

    #[test]
    fn only_what_is_changed_must_not_have_moved() {
        let doc = |json: Value| -> Doc { json.as_object().cloned().unwrap() };
        let before = doc(json!({"endpoints": {"a": 1}, "name": "A", "numbers": ["1"]}));
        let now = doc(json!({"endpoints": {"a": 1, "b": 2}, "name": "B", "numbers": ["1"]}));
        assert!(!clashes(
            &doc(json!({"endpoints": {"c": 3}})),
            &before,
            &now
        ));
        assert!(!clashes(&doc(json!({"numbers": ["2"]})), &before, &now));
        assert!(clashes(&doc(json!({"name": "C"})), &before, &now));
        assert!(clashes(
            &doc(json!({"endpoints": {"b": null}})),
            &before,
            &now
        ));
    }
}
