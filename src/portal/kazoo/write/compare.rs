//! *Comparing* two states of a document detects concurrent changes, and whether they conflict with a patch.

use crate::portal::kazoo::doc::{Doc, difference, merged};
use serde_json::{Value, json};

/// Whether a document differs from its cached state. A summary is compared in the fields that it has in
/// common with the document, and in the `requested` fields.
pub(super) fn has_changed(requested: &[&str], cached: &Doc, now: &Doc) -> bool {
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
    let differs = |name: &&str| cached.get(*name).filter(is_set) != now.get(*name).filter(is_set);
    let is_cached = |name: &&&str| cached.get(**name).is_some_and(|was| is_set(&was));
    compared.iter().filter(is_cached).any(differs) || requested.iter().any(differs)
}

/// Whether a field of the patch has changed in the meantime.
pub(super) fn conflicts(patch: &Doc, before: &Doc, now: &Doc) -> bool {
    patch.iter().any(
        |(name, value)| match (value, before.get(name), now.get(name)) {
            (_, was, is) if was == is => false,
            (Value::Object(patch), Some(Value::Object(was)), Some(Value::Object(is))) => {
                conflicts(patch, was, is)
            }
            _ => true,
        },
    )
}

/// Whether a document contains all fields of `part`.
pub(super) fn contains(doc: &Doc, part: &Doc) -> bool {
    difference(doc, &merged(doc, part)).is_empty()
}

#[cfg(test)]
mod tests {
    use super::{Doc, conflicts};
    use serde_json::{Value, json};

    #[test]
    fn only_changes_to_the_same_field_conflict() {
        let doc = |json: Value| -> Doc { json.as_object().cloned().unwrap() };
        let before = doc(json!({"endpoints": {"a": 1}, "name": "A", "numbers": ["1"]}));
        let now = doc(json!({"endpoints": {"a": 1, "b": 2}, "name": "B", "numbers": ["1"]}));
        assert!(!conflicts(
            &doc(json!({"endpoints": {"c": 3}})),
            &before,
            &now
        ));
        assert!(!conflicts(&doc(json!({"numbers": ["2"]})), &before, &now));
        assert!(conflicts(&doc(json!({"name": "C"})), &before, &now));
        assert!(conflicts(
            &doc(json!({"endpoints": {"b": null}})),
            &before,
            &now
        ));
    }
}
