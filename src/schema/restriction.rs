//! A *restriction* narrows the sandbox's schema of a kind to what a profile supports: fields and types that
//! it doesn't support go, and its limits and requirements are added.

use crate::{
    model::{Condition, Kind},
    profile::Profile,
};
use serde_json::{Map, Value, json};

/// Narrows the record, or the records, of a kind in `definitions`.
pub(super) fn restrict(
    profile: &'static Profile,
    kind: Kind,
    root: &Value,
    definitions: &mut Map<String, Value>,
) {
    let (Some(kind_profile), Some(capability)) = (
        profile.kinds.get(&kind),
        profile.capabilities().kinds.remove(&kind),
    ) else {
        return;
    };
    let name = root["$ref"].as_str().and_then(|to| to.rsplit('/').next());
    let name = name.unwrap_or_default().to_owned();
    let Some(mut record) = definitions.get(&name).cloned() else {
        return;
    };
    for path in &capability.unsupported {
        let (parent, last) = path.rsplit_once('.').unwrap_or(("", path));
        each(&mut record, parent, definitions, &mut |schema| {
            remove(schema, last);
        });
    }
    for (path, limit) in &kind_profile.limits {
        let fragment = Value::Object(limit.schema.clone());
        each(&mut record, path, definitions, &mut |schema| {
            add(schema, &fragment);
        });
    }
    for requirement in &capability.requires {
        let condition = match requirement.condition {
            Condition::Always => continue,
            Condition::Declared(field) => json!({ "required": [field] }),
            Condition::Equals(field, value) => {
                json!({ "required": [field], "properties": { field: { "const": value } } })
            }
        };
        let then = json!({ "required": requirement.fields });
        push(&mut record, json!({ "if": condition, "then": then }));
    }
    definitions.insert(name, record);
}

/// Calls `change` with the schema at each place that a path names: `voicemail.pin`, `phones[].model`, and of a
/// kind with types `fax.retries`, or `name` of each type.
fn each(
    schema: &mut Value,
    path: &str,
    definitions: &Map<String, Value>,
    change: &mut dyn FnMut(&mut Value),
) {
    if path.is_empty() {
        return change(schema);
    }
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    let branches = schema.get_mut("allOf").and_then(Value::as_array_mut);
    if let Some(branches) = branches.filter(|all| all.iter().any(|one| one.get("then").is_some())) {
        for branch in branches {
            let of_type = is_type(branch, first);
            if let Some(record) = branch.get_mut("then") {
                match of_type {
                    true => each(record, rest, definitions, change),
                    false => each(record, path, definitions, change),
                }
            }
        }
        return;
    }
    let (field, is_list) = match first.strip_suffix("[]") {
        Some(field) => (field, true),
        None => (first, false),
    };
    let Some(mut inner) = schema["properties"].get_mut(field) else {
        return;
    };
    inner = resolved(inner, definitions);
    if is_list {
        inner = resolved(&mut inner["items"], definitions);
    }
    each(inner, rest, definitions, change);
}

/// Whether a branch is that of a type.
fn is_type(branch: &Value, word: &str) -> bool {
    let properties = branch["if"]["properties"].as_object();
    let mut tags = properties.into_iter().flat_map(Map::values);
    tags.any(|tag| tag["const"] == word)
}

/// The schema that a field refers to, written in its place: others may refer to it too.
fn resolved<'s>(schema: &'s mut Value, definitions: &Map<String, Value>) -> &'s mut Value {
    if schema["anyOf"].is_array() {
        return resolved(&mut schema["anyOf"][0], definitions);
    }
    let name = schema["$ref"].as_str().and_then(|to| to.rsplit('/').next());
    if let Some(definition) = name.and_then(|name| definitions.get(name)) {
        let own = std::mem::replace(schema, definition.clone());
        if let (Value::Object(own), Some(schema)) = (own, schema.as_object_mut()) {
            schema.extend(own.into_iter().filter(|(keyword, _)| keyword != "$ref"));
        }
    }
    schema
}

/// Removes a field of a record, or a type.
fn remove(schema: &mut Value, name: &str) {
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        properties.shift_remove(name);
    }
    if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
        required.retain(|field| field != name);
    }
    let Some(branches) = schema.get_mut("allOf").and_then(Value::as_array_mut) else {
        return;
    };
    branches.retain(|branch| !is_type(branch, name));
    let properties = schema["properties"].as_object_mut();
    for tag in properties.into_iter().flat_map(Map::values_mut) {
        let words = tag.get("enum").and_then(Value::as_array);
        if let Some(at) = words.and_then(|words| words.iter().position(|word| word == name)) {
            for list in ["enum", "enumDescriptions"] {
                if let Some(list) = tag.get_mut(list).and_then(Value::as_array_mut) {
                    list.remove(at);
                }
            }
        }
    }
}

/// Adds a limit to a field. That of a secret is for its value.
fn add(schema: &mut Value, fragment: &Value) {
    match schema["x-secret"] == true {
        true => push(schema, json!({ "properties": { "value": fragment } })),
        false => push(schema, fragment.clone()),
    }
}

fn push(schema: &mut Value, condition: Value) {
    if let Some(schema) = schema.as_object_mut() {
        let all = schema.entry("allOf").or_insert_with(|| json!([]));
        all.as_array_mut()
            .into_iter()
            .for_each(|all| all.push(condition.clone()));
    }
}
