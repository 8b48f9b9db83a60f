//! A *document* is a JSON object of a portal, which may contain unknown fields. These must not change, so an
//! edit is made to a copy, and only the difference is sent where the portal allows it.

use serde_json::{Map, Value, json};

/// The public fields of a document.
pub type Doc = Map<String, Value>;

/// The field at a dotted path.
pub fn at<'d>(doc: &'d Doc, path: &str) -> Option<&'d Value> {
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    let value = doc.get(first)?;
    match rest {
        "" => Some(value),
        rest => at(value.as_object()?, rest),
    }
}

/// A document with some fields.
pub fn of(fields: Value) -> Doc {
    match fields {
        Value::Object(doc) => doc,
        _ => Doc::new(),
    }
}

/// The elements of the list at a dotted path; none if there is no list.
pub fn list<'d>(doc: &'d Doc, path: &str) -> &'d [Value] {
    at(doc, path)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// The texts in the list at a dotted path.
pub fn texts<'d>(doc: &'d Doc, path: &str) -> impl Iterator<Item = &'d str> + use<'d> {
    list(doc, path).iter().filter_map(Value::as_str)
}

/// The names of the fields of the object at a dotted path.
pub fn names<'d>(doc: &'d Doc, path: &str) -> impl Iterator<Item = &'d str> + use<'d> {
    let object = at(doc, path).and_then(Value::as_object);
    object.into_iter().flat_map(Map::keys).map(String::as_str)
}

/// The object in a field, which is created if it is missing; `None` if something else is there.
pub fn object<'d>(doc: &'d mut Doc, field: &str) -> Option<&'d mut Doc> {
    let object = doc
        .entry(field)
        .or_insert_with(|| Value::Object(Doc::new()));
    object.as_object_mut()
}

/// Converts the list in a field to an object of its elements, by the text in one of their fields, so that the
/// change of one doesn't affect the others. Other elements are left out.
pub fn index(doc: &mut Doc, field: &str, key: &str) {
    let by_key = |element: &Value| Some((element[key].as_str()?.to_owned(), element.clone()));
    let elements: Doc = list(doc, field).iter().filter_map(by_key).collect();
    set(doc, field, elements);
}

/// Converts an object of elements back to a list.
pub fn unindex(doc: &mut Doc, field: &str) {
    if let Some(Value::Object(elements)) = doc.get_mut(field) {
        let elements = std::mem::take(elements).into_iter();
        let elements: Vec<Value> = elements.map(|(_, element)| element).collect();
        set(doc, field, elements);
    }
}

/// Sets a field.
pub fn set(doc: &mut Doc, field: &str, value: impl Into<Value>) {
    doc.insert(field.to_owned(), value.into());
}

/// A document without some of its fields.
pub fn without(mut doc: Doc, fields: &[&str]) -> Doc {
    doc.retain(|name, _| !fields.contains(&name.as_str()));
    doc
}

/// The text at a dotted path.
pub fn text<'d>(doc: &'d Doc, path: &str) -> Option<&'d str> {
    at(doc, path)?.as_str()
}

/// Sets or removes the field at a dotted path. Missing parent objects are created.
pub fn put(doc: &mut Doc, path: &str, value: Option<Value>) {
    match (path.split_once('.'), value) {
        (None, Some(value)) => drop(doc.insert(path.to_owned(), value)),
        (None, None) => drop(doc.shift_remove(path)),
        (Some((first, _)), None) if !doc.contains_key(first) => {}
        (Some((first, rest)), value) => {
            let inner = doc
                .entry(first)
                .or_insert_with(|| Value::Object(Map::new()));
            if !inner.is_object() {
                *inner = Value::Object(Map::new());
            }
            if let Some(inner) = inner.as_object_mut() {
                put(inner, rest, value);
            }
        }
    }
}

/// The merge patch from one document to another: removed fields are `null`, and lists are replaced.
pub fn difference(before: &Doc, after: &Doc) -> Doc {
    let mut patch = Doc::new();
    for name in before.keys().filter(|name| !after.contains_key(*name)) {
        patch.insert(name.clone(), Value::Null);
    }
    for (name, value) in after {
        match (before.get(name), value) {
            (Some(old), new) if old == new => {}
            (Some(Value::Object(old)), Value::Object(new)) => {
                patch.insert(name.clone(), Value::Object(difference(old, new)));
            }
            (_, new) => drop(patch.insert(name.clone(), new.clone())),
        }
    }
    patch
}

/// What a partial change sends: the fields that differ as a whole, and required ones with their present values.
pub fn partial(before: &Doc, after: &Doc, required: &[&str]) -> Doc {
    let is_sent = |(name, value): &(&String, &Value)| {
        let is_required = required.contains(&name.as_str()) && !value.is_null();
        is_required || before.get(*name) != Some(*value)
    };
    let sent = after.iter().filter(is_sent);
    sent.map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// Applies a merge patch to a document.
pub fn merged(before: &Doc, patch: &Doc) -> Doc {
    let mut after = before.clone();
    for (name, value) in patch {
        match (after.get(name), value) {
            (_, Value::Null) => drop(after.shift_remove(name)),
            (Some(Value::Object(old)), Value::Object(new)) => {
                let inner = merged(old, new);
                after.insert(name.clone(), Value::Object(inner));
            }
            (_, Value::Object(new)) => {
                let inner = merged(&Doc::new(), new);
                after.insert(name.clone(), Value::Object(inner));
            }
            (_, new) => drop(after.insert(name.clone(), new.clone())),
        }
    }
    after
}

/// Whether a field of the patch has changed in the meantime.
pub fn conflicts(patch: &Doc, before: &Doc, now: &Doc) -> bool {
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

/// Whether a portal shows a value that it was sent. It may add fields to the elements of a list, list them in
/// another order, and compare texts without regard to case; and it may show nothing as an empty list or text.
pub fn shows(sent: &Value, actual: Option<&Value>) -> bool {
    match (sent, actual) {
        (Value::Null, actual) => {
            actual.is_none_or(|actual| actual.is_null() || actual == "" || *actual == json!([]))
        }
        (Value::Object(sent), actual) => sent
            .iter()
            .all(|(name, sent)| shows(sent, actual.and_then(|actual| actual.get(name)))),
        (Value::Array(sent), Some(Value::Array(actual))) => {
            let is_in = |one: &Value| actual.iter().any(|actual| shows(one, Some(actual)));
            sent.len() == actual.len() && sent.iter().all(is_in)
        }
        (Value::String(sent), Some(Value::String(actual))) => sent.eq_ignore_ascii_case(actual),
        (sent, actual) => actual == Some(sent),
    }
}

/// Whether a portal shows every field that it was sent, as [`shows`] says.
pub fn shows_all(sent: &Doc, actual: &Doc) -> bool {
    sent.iter()
        .all(|(name, sent)| shows(sent, actual.get(name)))
}

/// Whether a document contains all fields of `part`.
pub fn contains(doc: &Doc, part: &Doc) -> bool {
    difference(doc, &merged(doc, part)).is_empty()
}

#[cfg(test)]
mod tests {
    use super::{Doc, at, conflicts, difference, index, merged, put, unindex};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn doc(json: Value) -> Doc {
        json.as_object().cloned().unwrap()
    }

    #[test]
    fn dotted_paths_address_nested_fields() {
        let mut ann = doc(json!({"caller_id": {"internal": {"name": "Ann"}}, "x": 1}));
        assert_eq!(at(&ann, "caller_id.internal.name"), Some(&json!("Ann")));
        put(&mut ann, "caller_id.external.number", Some(json!("+1")));
        put(&mut ann, "caller_id.internal.name", None);
        put(&mut ann, "profile.title", None);
        let expected = json!({"caller_id": {"internal": {}, "external": {"number": "+1"}}, "x": 1});
        assert_eq!(ann, doc(expected));
    }

    #[test]
    fn the_elements_of_a_list_can_be_found_by_a_text() {
        let mut group = doc(json!({"members": [{"value": "b"}, {"x": 1}, {"value": "a", "x": 2}]}));
        index(&mut group, "members", "value");
        let expected = json!({"members": {"a": {"value": "a", "x": 2}, "b": {"value": "b"}}});
        assert_eq!(group, doc(expected));
        unindex(&mut group, "members");
        assert_eq!(
            group["members"],
            json!([{"value": "b"}, {"value": "a", "x": 2}])
        );
        index(&mut group, "agents", "value");
        assert_eq!(group["agents"], json!({}), "there is no list");
    }

    #[test]
    fn a_partial_change_has_the_required_fields() {
        let before = doc(json!({"name": "A", "code": null, "limit": 1, "to": {"a": 1, "b": 2}}));
        let after = doc(json!({"name": "A", "code": null, "limit": 2, "to": {"a": 1, "b": 3}}));
        let sent = super::partial(&before, &after, &["name", "code"]);
        let expected = json!({"name": "A", "limit": 2, "to": {"a": 1, "b": 3}});
        assert_eq!(sent, doc(expected));
    }

    #[test]
    fn only_changes_to_the_same_field_conflict() {
        let before = doc(json!({"endpoints": {"a": 1}, "name": "A", "numbers": ["1"]}));
        let now = doc(json!({"endpoints": {"a": 1, "b": 2}, "name": "B", "numbers": ["1"]}));
        for (patch, is_conflict) in [
            (json!({"endpoints": {"c": 3}}), false),
            (json!({"numbers": ["2"]}), false),
            (json!({"name": "C"}), true),
            (json!({"endpoints": {"b": null}}), true),
        ] {
            assert_eq!(conflicts(&doc(patch), &before, &now), is_conflict);
        }
    }

    fn documents() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::from),
            (0..5i64).prop_map(Value::from),
            Just(json!([1, 2])),
        ];
        leaf.prop_recursive(3, 12, 3, |inner| {
            prop::collection::btree_map("[a-c]", inner, 0..3).prop_map(|map| json!(map))
        })
    }

    proptest! {
        #[test]
        fn merging_the_difference_yields_the_target(before in documents(), after in documents()) {
            if let (Value::Object(before), Value::Object(after)) = (before, after) {
                prop_assert_eq!(merged(&before, &difference(&before, &after)), after.clone());
                prop_assert!(difference(&after, &after).is_empty());
            }
        }
    }
}
