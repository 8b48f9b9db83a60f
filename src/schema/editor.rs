//! The *editor's* part of a schema: what people read while they write, in the keywords of
//! yaml-language-server. Other validators ignore these keywords.
//!
//! It is added to published schemas only. The engine explains mistakes in its own words.

use super::example;
use crate::{
    model::{Kind, PortalScope, text::Format},
    profile::Profile,
};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Formats of free text, whose own example fits no field.
const FREE: [&str; 3] = ["line", "prose", "relative-path"];

/// Where a schema stands: the type or the field that holds it, and the field that it is of.
#[derive(Clone, Copy, Default)]
struct Position<'a> {
    holder: &'a str,
    field: &'a str,
}

/// Adds what editors show to a schema and to all that it holds.
pub(super) fn annotate(schema: &mut Value) {
    if let Some(Value::Object(definitions)) = schema.get_mut("$defs") {
        for (name, definition) in definitions {
            walk(
                definition,
                Position {
                    holder: "",
                    field: name,
                },
            );
        }
    }
    walk(schema, Position::default());
}

fn walk(schema: &mut Value, at: Position<'_>) {
    let Value::Object(keywords) = schema else {
        return;
    };
    for keyword in ["items", "additionalProperties", "then"] {
        if let Some(inner) = keywords.get_mut(keyword) {
            walk(inner, at);
        }
    }
    for keyword in ["anyOf", "allOf", "oneOf"] {
        if let Some(Value::Array(list)) = keywords.get_mut(keyword) {
            list.iter_mut().for_each(|inner| walk(inner, at));
        }
    }
    if let Some(Value::Object(patterns)) = keywords.get_mut("patternProperties") {
        patterns.values_mut().for_each(|inner| walk(inner, at));
    }
    if let Some(Value::Object(properties)) = keywords.get_mut("properties") {
        for (name, property) in properties {
            walk(
                property,
                Position {
                    holder: at.field,
                    field: name,
                },
            );
        }
    }
    describe(keywords);
    choices(keywords);
    flatten_null(keywords);
    text(keywords, at);
    secret(keywords);
}

/// Brings a description to one line: an editor shows line breaks of the source as such.
fn describe(keywords: &mut Map<String, Value>) {
    if let Some(Value::String(description)) = keywords.get_mut("description") {
        let words: Vec<&str> = description.split_whitespace().collect();
        *description = words.join(" ");
    }
}

/// Turns alternatives of one word each into one list of words with a description each.
fn choices(keywords: &mut Map<String, Value>) {
    let Some(Value::Array(types)) = keywords.get("oneOf") else {
        return;
    };
    let of_each = |keyword: &str| -> Option<Vec<Value>> {
        types.iter().map(|one| one.get(keyword).cloned()).collect()
    };
    let (Some(words), Some(descriptions)) = (of_each("const"), of_each("description")) else {
        return;
    };
    keywords.remove("oneOf");
    keywords.insert("type".into(), "string".into());
    keywords.insert("enum".into(), words.into());
    keywords.insert("enumDescriptions".into(), descriptions.into());
}

/// Turns "a list of words, or null" and "a record, or null" into one schema, so that a mistake is
/// reported once. Null comes last.
fn flatten_null(keywords: &mut Map<String, Value>) {
    let Some([first, null]) = keywords
        .get("anyOf")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
    else {
        return;
    };
    if *null != json!({ "type": "null" }) || first.get("enum").is_none() {
        return;
    }
    let Some(Value::Array(mut list)) = keywords.remove("anyOf") else {
        return;
    };
    let Value::Object(mut choice) = list.swap_remove(0) else {
        return;
    };
    for (keyword, last) in [
        ("enum", Value::Null),
        ("enumDescriptions", "Clears the field.".into()),
    ] {
        if let Some(Value::Array(list)) = choice.get_mut(keyword) {
            list.push(last);
        }
    }
    choice.insert("type".into(), json!(["string", "null"]));
    for (keyword, value) in choice {
        keywords.entry(keyword).or_insert(value);
    }
}

/// Says what a text must be in words, shows an example that belongs to the field, and offers the values that
/// are known.
fn text(keywords: &mut Map<String, Value>, at: Position<'_>) {
    let Some(format) = keywords.get("x-format").and_then(Value::as_str) else {
        return;
    };
    let format = format.to_owned();
    if let Some(format) = Format::named(&format) {
        keywords.insert(
            "patternErrorMessage".into(),
            format!("Write {}.", format.what).into(),
        );
    }
    if FREE.contains(&&*format)
        && let Some(example) = example::of(at.holder, at.field)
    {
        keywords.insert("examples".into(), json!([example]));
    }
    let known = match &*format {
        "scope-key" if at.field == "scope" || at.field == "extends" => scopes(),
        "permission" => permissions(),
        _ => return,
    };
    let mut known = known;
    known["errorMessage"] = keywords["patternErrorMessage"].clone();
    let mut strict = std::mem::take(keywords);
    for shared in ["description", "default"] {
        if let Some(value) = strict.remove(shared) {
            keywords.insert(shared.into(), value);
        }
    }
    strict.remove("examples");
    keywords.insert("anyOf".into(), json!([known, strict]));
}

/// The scopes that need no declaration.
fn scopes() -> Value {
    let mut known: BTreeMap<&str, String> = BTreeMap::new();
    for profile in Profile::all() {
        for (name, scope) in profile.scopes.iter() {
            known.entry(name).or_insert_with(|| summary(scope));
        }
    }
    let (names, summaries): (Vec<&str>, Vec<String>) = known.into_iter().unzip();
    json!({ "enum": names, "enumDescriptions": summaries })
}

/// The permissions of the scopes that need no declaration; a portal may have more.
fn permissions() -> Value {
    let all: BTreeSet<&str> = Profile::all()
        .flat_map(Profile::known_permissions)
        .collect();
    json!({ "enum": all })
}

/// What an editor can insert as a new resource of a kind.
pub(super) fn snippets(kind: Kind) -> Option<Value> {
    let (label, description, body) = match kind {
        Kind::Users => (
            "new person",
            "A user with an extension.",
            json!({ "${1:alice}": {
                "first_name": "${2:Alice}", "last_name": "${3:Ng}", "email": "${4:alice@acme.example}",
                "extension": "${5:1001}",
            } }),
        ),
        Kind::Extensions => (
            "new queue",
            "A queue in which callers wait for an agent.",
            json!({ "${1:2000}": {
                "kind": "call_queue", "name": "${2:Sales}", "agents": ["${3:alice}"],
            } }),
        ),
        Kind::Templates => (
            "new template",
            "Fields that several users share, and an attribute in which they differ.",
            json!({ "${1:desk-user}": {
                "title": "${2:Standard user}",
                "attributes": { "${3:did}": { "prompt": "${4:Direct number}", "format": "e164" } },
                "user": { "scope": "${5:basic_user}" },
            } }),
        ),
        Kind::Scopes
        | Kind::Groups
        | Kind::Instances
        | Kind::Locations
        | Kind::Schedules
        | Kind::Numbers
        | Kind::Contacts => {
            return None;
        }
    };
    Some(json!([{ "label": label, "description": description, "body": body }]))
}

/// Lets a literal secret be reported once, with what to write instead.
fn secret(keywords: &mut Map<String, Value>) {
    const MESSAGE: &str =
        "Write where the secret is kept: { env: NAME }, { file: PATH } or { command: [PROGRAM] }.";
    if keywords.get("x-secret") != Some(&Value::Bool(true)) {
        return;
    }
    keywords.insert("type".into(), json!(["object", "null"]));
    keywords.insert("errorMessage".into(), MESSAGE.into());
    if let Some(one_of) = keywords.remove("oneOf") {
        keywords.insert("if".into(), json!({ "type": "object" }));
        keywords.insert(
            "then".into(),
            json!({ "oneOf": one_of, "errorMessage": MESSAGE }),
        );
    }
    keywords.insert(
        "defaultSnippets".into(),
        json!([{ "label": "environment variable", "description": "Reads the secret from an environment variable.",
                 "body": { "env": "${1:NAME}" } }]),
    );
}

/// What a scope may do, in one sentence.
fn summary(scope: &PortalScope) -> String {
    let mut text = scope.title.clone();
    if let Some(base) = &scope.extends {
        text = format!("{text}: extends {base}");
    }
    if !scope.permissions.is_empty() {
        let word = if scope.extends.is_some() {
            " and adds"
        } else {
            ":"
        };
        text = format!("{text}{word} {}", scope.permissions.join(", "));
    }
    text + "."
}
