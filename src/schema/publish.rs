//! The model's types to JSON Schemas, draft 2020-12.

use super::{editor, restriction};
use crate::{config::Config, model::Kind, profile::Profile};
use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

/// What every schema's own name begins with. It is a name, not an address: nothing is ever fetched.
pub const BASE: &str = "urn:callsheet:schema:";

/// What a resource may say beside its own fields: the engine reads it, no portal sees it.
#[must_use]
pub fn declaration_properties(kind: Kind) -> Map<String, Value> {
    let properties = json!({
        "previously": {
            "description": "The key that this resource had before: it is renamed, not deleted and created.",
            "type": "string",
            "pattern": kind.key_format().pattern,
            "maxLength": kind.key_format().max,
            "x-format": kind.key_format().name,
        },
        "protect": {
            "description": "Whether it must not be deleted or deactivated. Removing it takes two commits: first the protection, then the resource.",
            "type": "boolean",
            "default": false,
        },
    });
    let Value::Object(mut properties) = properties else {
        unreachable!("an object was written")
    };
    if kind == Kind::Users {
        properties.extend(lifecycle_properties());
    }
    properties
}

/// The form of a day.
pub(super) const DAY: &str = "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$";

/// What a user may say of when the person starts and leaves.
fn lifecycle_properties() -> Map<String, Value> {
    let day = |description: &str| {
        json!({
            "description": description,
            "patternErrorMessage": "Write a date such as 2026-12-01.",
            "type": "string",
            "pattern": DAY,
            "examples": ["2026-12-01"],
        })
    };
    let format = Kind::Users.key_format();
    let properties = json!({
        "starts": day("First day on which the person is active; inactive before."),
        "ends": day("Last day on which the person is active; inactive afterwards."),
        "leaver": {
            "description": "The person leaves, at once or after `ends`: the user becomes inactive and calls go to the successor, who also takes the person's place in whatever leads to the person. Voicemail messages are kept.",
            "type": "object",
            "properties": {
                "successor": {
                    "description": "Key of the user who takes over.",
                    "type": "string",
                    "pattern": format.pattern,
                    "maxLength": format.max,
                    "x-format": format.name,
                },
                "until": day("Last day on which the user is kept; then it may be removed from the files."),
            },
            "required": ["successor", "until"],
            "additionalProperties": false,
        },
    });
    let Value::Object(properties) = properties else {
        unreachable!("an object was written")
    };
    properties
}

/// The schema of one kind as its type declares it, with the types that it uses under `$defs`.
fn of_kind(kind: Kind) -> (Value, Map<String, Value>) {
    let mut generator = SchemaGenerator::new(SchemaSettings::draft2020_12());
    let root = kind.schema(&mut generator).to_value();
    let mut definitions = generator.take_definitions(true);
    for definition in definitions.values_mut() {
        tell_types_apart(definition);
    }
    (root, definitions)
}

/// Takes out what is calculated: it can't be declared.
fn without_calculated(schema: &mut Value) {
    match schema {
        Value::Object(keywords) => {
            if let Some(Value::Object(properties)) = keywords.get_mut("properties") {
                properties.retain(|_, property| property["x-calculated"] != true);
            }
            keywords.values_mut().for_each(without_calculated);
        }
        Value::Array(list) => list.iter_mut().for_each(without_calculated),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// `oneOf` with a tag becomes `if`/`then`, so that a mistake in a queue is reported as that, and not as
/// "matches none of six types".
fn tell_types_apart(schema: &mut Value) {
    let Some(types) = schema["oneOf"]
        .as_array()
        .filter(|types| tag_of(&types[0]).is_some())
    else {
        return;
    };
    let tag = tag_of(&types[0]).unwrap_or_default();
    let words: Vec<Value> = types
        .iter()
        .map(|one| one["properties"][&tag]["const"].clone())
        .collect();
    let branches: Vec<Value> = types
        .iter()
        .map(|one| {
            json!({
                "if": { "properties": { &tag: { "const": one["properties"][&tag]["const"] } }, "required": [&tag] },
                "then": one,
            })
        })
        .collect();
    let descriptions: Vec<Value> = types.iter().map(|one| one["description"].clone()).collect();
    let description = schema["description"].clone();
    *schema = json!({
        "description": description,
        "type": "object",
        "properties": { &tag: { "enum": words, "enumDescriptions": descriptions } },
        "required": [tag],
        "allOf": branches,
    });
}

/// The property whose value tells a type from the others.
fn tag_of(one: &Value) -> Option<String> {
    let mut properties = one["properties"].as_object()?.iter();
    properties
        .find(|(_, property)| property["const"].is_string())
        .map(|(name, _)| name.clone())
}

/// Calls `change` on every schema object of a kind's type: the record itself, or each of its types.
fn each_record(schema: &mut Value, change: &mut dyn FnMut(&mut Map<String, Value>)) {
    if let Some(branches) = schema.get_mut("allOf").and_then(Value::as_array_mut) {
        for branch in branches {
            if let Some(record) = branch.get_mut("then").and_then(Value::as_object_mut) {
                change(record);
            }
        }
    } else if let Some(record) = schema.as_object_mut() {
        change(record);
    }
}

/// The record, or the records, of one kind, with `change` made to each.
fn changed(
    kind: Kind,
    change: &mut dyn FnMut(&mut Map<String, Value>),
) -> (Value, Map<String, Value>) {
    let (root, mut definitions) = of_kind(kind);
    let name = root["$ref"]
        .as_str()
        .and_then(|to| to.rsplit('/').next())
        .unwrap_or_default();
    if let Some(record) = definitions.get_mut(name) {
        each_record(record, change);
    }
    (root, definitions)
}

/// What a complete declaration of one kind must be on a portal with a profile. Every field but the required ones may be null.
pub(super) fn declaration(profile: &Profile, kind: Kind) -> Value {
    let (root, definitions) = changed(kind, &mut |record| {
        require(record, profile.always_required(kind));
        if let Some(properties) = record.get_mut("properties").and_then(Value::as_object_mut) {
            properties.extend(declaration_properties(kind));
        }
    });
    let mut schema = root;
    schema["$defs"] = Value::Object(definitions);
    without_calculated(&mut schema);
    schema
}

/// What a sandbox with a profile takes and gives for one kind: secrets have a value when they are
/// written, and none when they are read.
#[must_use]
pub fn wire(profile: &'static Profile, kind: Kind) -> Value {
    let key_field = profile.key_field(kind);
    let (mut schema, mut definitions) = changed(kind, &mut |record| {
        if let Some(properties) = record.get_mut("properties").and_then(Value::as_object_mut) {
            let format = kind.key_format();
            properties.entry(key_field).or_insert_with(|| {
                json!({
                    "description": format!("The {}'s key: {}.", kind.singular(), format.what),
                    "type": "string", "pattern": format.pattern, "maxLength": format.max,
                })
            });
        }
        let always = profile.always_required(kind);
        require(record, always.chain([key_field]));
    });
    definitions.values_mut().for_each(send_secrets);
    send_secrets(&mut schema);
    restriction::restrict(profile, kind, &schema, &mut definitions);
    schema["$defs"] = Value::Object(definitions);
    schema
}

/// Requires further fields of a record.
fn require<'f>(record: &mut Map<String, Value>, fields: impl Iterator<Item = &'f str>) {
    let required = record.entry("required").or_insert_with(|| json!([]));
    if let Some(required) = required.as_array_mut() {
        for field in fields {
            if !required.iter().any(|known| known == field) {
                required.push(field.into());
            }
        }
    }
}

/// Replaces each reference to a secret with the secret, wherever a schema contains one: a template's fields
/// contain them inline.
fn send_secrets(schema: &mut Value) {
    if schema.get("x-secret") == Some(&Value::Bool(true)) {
        *schema = json!({
            "description": "A secret: its value when it is written, never when it is read.",
            "type": "object",
            "x-secret": true,
            "properties": {
                "value": { "type": "string", "minLength": 1, "maxLength": 1024, "writeOnly": true },
                "version": { "type": "integer", "minimum": 0, "maximum": 1_000_000 },
            },
            "additionalProperties": false,
        });
        return;
    }
    match schema {
        Value::Array(list) => list.iter_mut().for_each(send_secrets),
        Value::Object(object) => object.values_mut().for_each(send_secrets),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// What `callsheet.yaml` says beside resources.
pub(super) fn configuration() -> Value {
    let mut generator = SchemaGenerator::new(SchemaSettings::draft2020_12());
    let mut schema = Config::json_schema(&mut generator).to_value();
    schema["$defs"] = Value::Object(generator.take_definitions(true));
    schema
}

/// What `callsheet.yaml` may say: the configuration, and resources beside it.
fn workspace() -> Value {
    let mut schema = configuration();
    editor::annotate(&mut schema);
    for_readers(&mut schema);
    let resources = resources();
    for part in ["properties", "$defs"] {
        if let (Some(all), Some(more)) = (schema[part].as_object_mut(), resources[part].as_object())
        {
            all.extend(more.clone());
        }
    }
    with_header(
        schema,
        "callsheet",
        "A Callsheet workspace",
        "What `callsheet.yaml` may say: the configuration of a workspace, and resources beside it.",
    )
}

/// A published schema: the dialect and its own address come first.
fn with_header(schema: Value, name: &str, title: &str, description: &str) -> Value {
    let mut whole = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": format!("{BASE}{name}:1"),
        "title": title,
        "description": description,
    });
    if let (Some(whole), Value::Object(schema)) = (whole.as_object_mut(), schema) {
        let rest = schema
            .into_iter()
            .filter(|(keyword, _)| !whole.contains_key(keyword));
        let rest: Vec<_> = rest.collect();
        whole.extend(rest);
    }
    whole
}

/// What a file of resources may say: the schema that editors use.
fn resources() -> Value {
    let mut all = Map::new();
    let mut kinds = Map::new();
    for kind in Kind::ALL {
        let (root, definitions) = changed(kind, &mut |record| {
            let Some(properties) = record.get_mut("properties").and_then(Value::as_object_mut)
            else {
                return;
            };
            properties.extend(declaration_properties(kind));
            // A template may give what a user must have, so only a user without one must say it here.
            if kind == Kind::Users
                && let Some(required) = record.remove("required")
            {
                record.insert("if".into(), json!({ "not": { "required": ["template"] } }));
                record.insert("then".into(), json!({ "required": required }));
            }
        });
        all.extend(definitions);
        let mut of_kind = json!({
            "description": format!("The {kind}, by key: {}.", kind.key_format().what),
            "type": ["object", "null"],
            "patternProperties": { key_pattern(kind): root },
            "additionalProperties": false,
        });
        if let Some(snippets) = editor::snippets(kind) {
            of_kind["defaultSnippets"] = snippets;
        }
        kinds.insert(kind.name().into(), of_kind);
    }
    let mut schema = json!({
        "type": ["object", "null"],
        "properties": kinds,
        "additionalProperties": false,
        "$defs": all,
    });
    without_calculated(&mut schema);
    editor::annotate(&mut schema);
    for_readers(&mut schema);
    with_header(
        schema,
        "resources",
        "Callsheet resources",
        "A file of resources: from kind to key to resource. Files of a workspace merge.",
    )
}

/// What a key must look like to others: most readers of YAML take a plain `+14155550100` for a number,
/// and a number that becomes a key has lost its sign.
fn key_pattern(kind: Kind) -> String {
    kind.key_format().pattern.replacen(r"^\+", r"^\+?", 1)
}

/// Takes out what only the engine reads, and lets a number stand where text is expected: YAML has
/// numbers where people write text, and a declaration keeps their spelling.
pub(super) fn for_readers(schema: &mut Value) {
    match schema {
        Value::Object(keywords) => {
            let text = keywords.contains_key("x-format");
            keywords.retain(|name, _| !name.starts_with("x-"));
            match keywords.get_mut("type") {
                Some(Value::Array(types)) if text => types.push("number".into()),
                Some(kind) if text => *kind = json!(["string", "number"]),
                _ => {}
            }
            keywords.values_mut().for_each(for_readers);
        }
        Value::Array(list) => list.iter_mut().for_each(for_readers),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The schema of a document that scripts read.
#[must_use]
pub fn of_document<T: JsonSchema>(name: &str) -> Value {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let mut schema = SchemaGenerator::new(settings)
        .into_root_schema_for::<T>()
        .to_value();
    for_readers(&mut schema);
    let description = schema["description"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    with_header(schema, name, &format!("Callsheet {name}"), &description)
}

/// Every published schema of what people write, by name.
#[must_use]
pub fn published() -> Vec<(&'static str, Value)> {
    vec![("callsheet", workspace()), ("resources", resources())]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::text::{Line, Prose};

    fn each(schema: &Value, look: &mut dyn FnMut(&Map<String, Value>)) {
        match schema {
            Value::Object(keywords) => {
                look(keywords);
                keywords.values().for_each(|inner| each(inner, look));
            }
            Value::Array(list) => list.iter().for_each(|inner| each(inner, look)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    #[test]
    fn examples_match_their_patterns_and_belong_to_the_field() {
        let of_no_field = [Line::FORMAT.example, Prose::FORMAT.example];
        for (name, schema) in published() {
            let mut seen = 0;
            each(&schema, &mut |keywords| {
                let pattern = keywords.get("pattern").and_then(Value::as_str);
                let example = keywords.get("examples").and_then(|all| all[0].as_str());
                if let (Some(pattern), Some(example)) = (pattern, example) {
                    seen += 1;
                    assert!(!of_no_field.contains(&example), "{name}: {keywords:?}");
                    let pattern = regex::Regex::new(pattern).unwrap();
                    assert!(pattern.is_match(example), "{name}: {example}");
                }
            });
            assert!(seen > 50, "{name}: {seen}");
        }
    }

    #[test]
    fn what_an_editor_shows_is_one_line_and_no_pattern_is_without_words() {
        for (name, schema) in published() {
            each(&schema, &mut |keywords| {
                if let Some(Value::String(description)) = keywords.get("description") {
                    assert!(!description.contains('\n'), "{name}: {description}");
                }
                let pattern = keywords.get("pattern").and_then(Value::as_str);
                if pattern.is_some_and(|pattern| pattern != r"\$\{") {
                    assert!(
                        keywords.contains_key("patternErrorMessage"),
                        "{name}: {keywords:?}"
                    );
                }
            });
        }
    }
}
