//! The page about `callsheet.yaml`, written from the configuration's types.

use super::{FIELDS, GENERATED, flat, format_name};
use crate::{config::Config, model::text::Format, profile::Profile};
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// The sections of the page: a field of the configuration, and an example of it.
const EXAMPLES: &[(&str, &str)] = &[
    ("workspace", "workspace: phones\n"),
    (
        "portal",
        "portal:
  kind: kazoo
  url: https://kazoo.example:8443
  tenant: acme
  credentials:
    token: { env: CALLSHEET_TOKEN }
    user: ann
",
    ),
    (
        "files",
        "files:\n  exclude: [docker-compose.yml, \"tools/**\"]\n",
    ),
    ("include", "include: [../all-tenants/templates.yaml]\n"),
    (
        "policy",
        "policy:
  prune: declared
  removal: deactivate
  deletes: { max: 10, percent: 25 }
  administrators: { min: 2 }
  extensions:
    digits: 4
    ranges: { sales: 10xx, support: 1200-1249 }
    kinds: { call_queue: 20xx }
  email: { domains: [acme.example] }
  secrets:
    pin: { digits: 6, not: [extension, sequence, repeat] }
    password: { length: 12, not: [person] }
  charges: { today: 0, monthly: 500 }
",
    ),
    (
        "fields",
        "fields:
  users.dnd: initial                # people switch it on their phones
  users.voicemail.greeting: ignore  # people record their own
",
    ),
    (
        "allow",
        "allow:
  - finding: delete-limit
    max: 40
    until: 2026-12-01
    because: closing the Leeds office
",
    ),
    (
        "absent",
        "absent:
  - users/intruder
  - extensions/2999
",
    ),
];

/// The page.
pub(super) fn page() -> String {
    let schema = schema();
    let mut page = format!(
        "{GENERATED}# Configuration\n\nA folder with a `callsheet.yaml` is a workspace. The file holds the configuration; \
         it may also declare resources, as any other file of the workspace. The text formats in the column *type* are those of \
         [fields.md](fields.md#formats).\n"
    );
    for (name, example) in EXAMPLES {
        let field = &schema["properties"][*name];
        let is_required = requires(&schema, name);
        let required = if is_required { " It is required." } else { "" };
        let description = described(field);
        _ = write!(
            page,
            "\n## `{name}`\n\n{description}{required}\n\n```yaml\n{example}```\n"
        );
        let record = Some(field).filter(|field| field["properties"].is_object());
        let item = Some(&field["items"]).filter(|item| item["properties"].is_object());
        if let Some(record) = record.or(item) {
            page.push_str(FIELDS);
            rows(&mut page, "", record);
        }
        choices(&mut page, "", field);
        if let Some(map) = values(field) {
            page.push('\n');
            choices_of(&mut page, map);
        }
    }
    scopes(&mut page);
    page
}

/// The schema of the configuration, without references.
fn schema() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|to| to.inline_subschemas = true);
    let generator = settings.into_generator();
    generator.into_root_schema_for::<Config>().to_value()
}

/// What a schema is of, where null is the other possibility.
fn strict(schema: &Value) -> &Value {
    schema["anyOf"].get(0).unwrap_or(schema)
}

/// The schema of a map's values.
fn values(schema: &Value) -> Option<&Value> {
    let patterns = schema["patternProperties"].as_object()?;
    patterns.values().next()
}

fn described(schema: &Value) -> String {
    flat(schema["description"].as_str().unwrap_or_default())
}

fn requires(record: &Value, name: &str) -> bool {
    let required = record["required"].as_array();
    required.is_some_and(|names| names.iter().any(|one| one == name))
}

/// The table of the properties of a record.
pub(super) fn table(page: &mut String, properties: &Map<String, Value>) {
    page.push_str(FIELDS);
    rows(page, "", &json!({ "properties": properties }));
}

/// A row for each field of a record, and for those of the records in it.
fn rows(page: &mut String, prefix: &str, record: &Value) {
    for (name, field) in record["properties"].as_object().into_iter().flatten() {
        let required = if requires(record, name) {
            " (required)"
        } else {
            ""
        };
        let inner = strict(field);
        let is_record = inner["properties"].is_object() && inner["x-secret"] != true;
        let default = match &field["default"] {
            Value::Null => String::new(),
            _ if is_record => String::new(),
            default => format!("`{}`", default.to_string().trim_matches('"')),
        };
        let description = described(field);
        _ = writeln!(
            page,
            "| `{prefix}{name}`{required} | {description} | {} | {default} |",
            kind(inner)
        );
        if is_record {
            rows(page, &format!("{prefix}{name}."), inner);
        }
    }
}

/// The type of a value in words.
fn kind(schema: &Value) -> String {
    if schema["x-secret"] == true {
        return "secret reference".to_owned();
    }
    if let Some(words) = schema["oneOf"].as_array() {
        let words: Vec<String> = words
            .iter()
            .map(|word| format!("`{}`", text(&word["const"])))
            .collect();
        return words.join(", ");
    }
    if schema["properties"].is_object() {
        return "mapping".to_owned();
    }
    if let Some(values) = values(schema) {
        return format!("mapping to {}", kind(values));
    }
    if schema["items"].is_object() {
        return format!("list of {}", kind(&schema["items"]));
    }
    let format = schema["x-format"].as_str().and_then(Format::named);
    let example = &schema["examples"][0];
    match (format, &schema["type"]) {
        (Some(format), _) => format!("`{}`", format_name(format)),
        (None, kind) if kind == "boolean" => "`true` or `false`".to_owned(),
        (None, kind) if kind == "integer" || kind[0] == "integer" => "integer".to_owned(),
        _ if example.is_string() => format!("`text`, such as `{}`", text(example)),
        _ => "`text`".to_owned(),
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// What each word means, for every field of a record that takes one of a few.
fn choices(page: &mut String, prefix: &str, record: &Value) {
    for (name, field) in record["properties"].as_object().into_iter().flatten() {
        let inner = strict(field);
        if inner["x-secret"] == true {
            continue;
        }
        let inner = Some(&inner["items"])
            .filter(|item| item["oneOf"].is_array())
            .unwrap_or(inner);
        if inner["oneOf"].is_array() {
            _ = write!(page, "\n`{prefix}{name}`:\n\n");
            choices_of(page, inner);
        } else {
            choices(page, &format!("{prefix}{name}."), inner);
        }
    }
}

fn choices_of(page: &mut String, schema: &Value) {
    for word in schema["oneOf"].as_array().into_iter().flatten() {
        _ = writeln!(page, "- `{}`: {}", text(&word["const"]), described(word));
    }
}

/// The scopes that need no declaration.
fn scopes(page: &mut String) {
    page.push_str(
        "\n## Built-in scopes\n\nA user's `scope` names one of these, by the portal and the sandbox's profile. The files can \
         declare further scopes where the portal has that kind, and extend a built-in one.\n\n\
         | profile | scope | title | extends | permissions | administrator | serves queues |\n|---|---|---|---|---|---|---|\n",
    );
    for profile in Profile::all() {
        for (name, scope) in profile.scopes.iter() {
            let permissions = scope.permissions.iter().map(|one| format!("`{one}`"));
            let permissions: Vec<String> = permissions.collect();
            let extends = scope.extends.as_ref();
            let extends = extends.map_or_else(String::new, |base| format!("`{base}`"));
            let yes = |is_so: bool| if is_so { "yes" } else { "" };
            _ = writeln!(
                page,
                "| {} | `{name}` | {} | {extends} | {} | {} | {} |",
                profile.name,
                scope.title,
                permissions.join(", "),
                yes(profile.scopes.is_administrator(name)),
                yes(profile.scopes.can_serve_queues(name))
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_has_a_section() {
        let schema = schema();
        let fields = schema["properties"].as_object().unwrap().keys();
        assert!(
            fields.eq(EXAMPLES.iter().map(|(name, _)| *name)),
            "{schema}"
        );
    }
}
