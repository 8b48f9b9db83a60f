//! The *OpenAPI* 3.1 description of the API, with the same schemas that validate requests.

mod beside;

use super::object::READ_ONLY;
use crate::{
    model::{Kind, Removal},
    profile::{Profile, Saves},
    schema::wire,
};
use serde_json::{Map, Value, json};
use std::sync::OnceLock;

/// The description of a sandbox with a profile, built once.
pub(super) fn document(profile: &'static Profile) -> &'static Value {
    static DOCUMENTS: [OnceLock<Value>; Profile::COUNT] = [const { OnceLock::new() }; _];
    DOCUMENTS[profile.index].get_or_init(|| build(profile))
}

fn build(profile: &'static Profile) -> Value {
    let mut schemas = Map::new();
    let mut paths = Map::new();
    for kind in profile.kinds.keys().copied() {
        let mut schema = wire(profile, kind);
        let name = name_of(&schema);
        add_read_only(kind, &mut schema["$defs"][&name]);
        if let Value::Object(definitions) = schema["$defs"].take() {
            schemas.extend(definitions);
        }
        paths.insert(format!("/v1/{kind}"), collection(profile, kind, &name));
        paths.insert(format!("/v1/{kind}/{{id}}"), member(profile, kind, &name));
    }
    schemas.insert("Problem".into(), problem());
    paths.insert(
        "/healthz".into(),
        json!({ "get": { "operationId": "health", "summary": "Check that the portal is available.", "security": [],
            "responses": { "200": { "description": "The portal is available." } } } }),
    );
    paths.insert(
        "/openapi.json".into(),
        json!({ "get": { "operationId": "description", "summary": "This description.", "security": [],
            "responses": { "200": { "description": "OpenAPI 3.1." } } } }),
    );
    let workspace = json!({ "name": "workspace", "in": "path", "required": true, "description": "The name of the workspace.",
        "schema": { "type": "string", "maxLength": 4096 } });
    let record = json!({ "application/json": { "schema": { "type": "object", "description": "The record, which the sandbox doesn't interpret." } } });
    paths.insert(
        "/v1/records/{workspace}".into(),
        json!({
            "parameters": [workspace],
            "get": { "operationId": "readRecord", "summary": "The record of the last apply of a workspace.",
                "responses": { "200": { "description": "The record.", "content": record }, "default": { "$ref": "#/components/responses/Problem" } } },
            "put": { "operationId": "writeRecord", "summary": "Replace the record of a workspace.",
                "requestBody": { "required": true, "content": record },
                "responses": { "204": { "description": "Written." }, "default": { "$ref": "#/components/responses/Problem" } } },
        }),
    );
    paths.extend(beside::paths(profile));
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Callsheet sandbox",
            "description": "The built-in portal: the people of a phone system, over HTTP.",
            "version": env!("CARGO_PKG_VERSION"),
        },
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "security": [{ "token": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
            "parameters": parameters(),
            "responses": { "Problem": {
                "description": "A problem (RFC 9457).",
                "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
            } },
            "schemas": schemas,
        },
    });
    move_references(&mut document);
    document
}

/// The name of a kind's schema.
fn name_of(schema: &Value) -> String {
    let reference = schema["$ref"].as_str().unwrap_or_default();
    reference.rsplit('/').next().unwrap_or_default().to_owned()
}

/// Adds the read-only fields to each record of a kind.
fn add_read_only(kind: Kind, schema: &mut Value) {
    // Indexing would add what is missing, as null.
    if let Some(branches) = schema.get_mut("allOf").and_then(Value::as_array_mut) {
        let types = branches.iter_mut();
        let types = types.filter_map(|branch| branch.get_mut("then"));
        types.for_each(|schema| add_read_only(kind, schema));
        return;
    }
    let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else {
        return;
    };
    for name in READ_ONLY {
        let property = match name {
            "id" => json!({ "type": "string", "format": "uuid", "readOnly": true,
                "description": "Permanent id of the object." }),
            "etag" => json!({ "type": "string", "readOnly": true,
                "description": "Version, for `If-Match`." }),
            "system" => json!({ "type": "boolean", "readOnly": true,
                "description": "Whether the object is built in and can't be changed." }),
            _ if kind != Kind::Users => continue,
            "login" => json!({ "type": "object", "readOnly": true,
                "description": "How far the login is; omitted if there is nothing to tell.", "properties": {
                    "invited_at": { "type": "string", "format": "date-time",
                        "description": "When a welcome was sent, until the user sets a password." },
                    "must_set_password": { "type": "boolean",
                        "description": "Whether the user must set a new password before the next login." },
                    "has_accepted_eula": { "type": "boolean",
                        "description": "Whether the user has accepted the licence agreement, where the system asks for it." } } }),
            _ => json!({ "type": "integer", "minimum": 0, "readOnly": true,
                "description": "Number of voicemail messages." }),
        };
        properties.entry(name).or_insert(property);
    }
}

fn parameters() -> Value {
    json!({
        "id": { "name": "id", "in": "path", "required": true, "schema": { "type": "string" } },
        "limit": { "name": "limit", "in": "query", "description": "Maximum number of objects in the page.",
            "schema": { "type": "integer", "minimum": 1, "maximum": 1000, "default": 100 } },
        "cursor": { "name": "cursor", "in": "query", "description": "`next` of the previous page.",
            "schema": { "type": "string" } },
        "offset": { "name": "offset", "in": "query",
            "description": "Number of objects to leave out, so that pages can be requested side by side.",
            "schema": { "type": "integer", "minimum": 0, "maximum": 4294967295u32, "default": 0 } },
        "ifMatch": { "name": "If-Match", "in": "header",
            "description": "Expected version; any version if omitted.",
            "schema": { "type": "string" } },
    })
}

fn parameter(name: &str) -> Value {
    json!({ "$ref": format!("#/components/parameters/{name}") })
}

fn of(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// A response with an object and headers.
fn object(description: &str, name: &str, headers: &[&str]) -> Value {
    let header = |name: &&str| {
        (
            (*name).to_owned(),
            json!({ "schema": { "type": "string" } }),
        )
    };
    let headers: Map<String, Value> = headers.iter().map(header).collect();
    json!({ "description": description, "headers": headers,
        "content": { "application/json": { "schema": of(name) } } })
}

/// The responses of an operation: success, and a problem for each of these statuses.
fn responses(given: (&str, Value), problems: &[u16]) -> Value {
    let mut all = Map::new();
    all.insert(given.0.to_owned(), given.1);
    for status in [401, 403].iter().chain(problems).chain(&[500]) {
        all.insert(
            status.to_string(),
            json!({ "$ref": "#/components/responses/Problem" }),
        );
    }
    Value::Object(all)
}

fn collection(profile: &Profile, kind: Kind, name: &str) -> Value {
    let totals = Kind::ALL.map(|kind| (kind.name().to_owned(), json!({ "type": "integer" })));
    let totals: Map<String, Value> = totals.into_iter().collect();
    let page = json!({
        "type": "object",
        "required": ["items", "next", "total", "totals", "profile", "revision"],
        "properties": {
            "items": { "type": "array", "items": of(name) },
            "next": { "type": ["string", "null"], "description": "Cursor of the next page, or null." },
            "total": { "type": "integer", "description": format!("Number of {kind}.") },
            "totals": { "type": "object", "description": "Number of objects of each kind.", "properties": totals },
            "profile": { "type": "string", "description": "System that the sandbox behaves like." },
            "account": { "type": "object", "description": "What the token may change, and the licences; in the first page." },
            "revision": { "type": "integer", "description": "Number of writes so far." },
        },
    });
    let page =
        json!({ "description": "A page.", "content": { "application/json": { "schema": page } } });
    json!({
        "get": {
            "operationId": format!("list_{kind}"), "tags": [kind.name()],
            "summary": format!("List {kind}, sorted by key."),
            "parameters": [parameter("limit"), parameter("offset"), parameter("cursor"), {
                "name": profile.key_field(kind), "in": "query", "schema": { "type": "string" },
                "description": format!("Only the {} with this key.", kind.singular()),
            }],
            "responses": responses(("200", page), &[400]),
        },
        "post": {
            "operationId": format!("create_{}", kind.singular()), "tags": [kind.name()],
            "summary": format!("Create one of the {kind}."),
            "requestBody": { "required": true, "content": { "application/json": { "schema": of(name) } } },
            "responses": responses(
                ("201", object("Created.", name, &["ETag", "Location"])),
                &[400, 403, 409, 413, 415, 422],
            ),
        },
    })
}

fn member(profile: &Profile, kind: Kind, name: &str) -> Value {
    let patch = json!({
        "type": "object",
        "description": format!("A merge patch (RFC 7386) of {name}: `null` resets a field to its default, lists are replaced as a whole."),
    });
    let mut member = json!({
        "parameters": [parameter("id")],
        "get": {
            "operationId": format!("read_{}", kind.singular()), "tags": [kind.name()],
            "summary": format!("Read one of the {kind}."),
            "responses": responses(("200", object("The object.", name, &["ETag"])), &[404]),
        },
        "patch": {
            "operationId": format!("change_{}", kind.singular()), "tags": [kind.name()],
            "summary": format!("Update one of the {kind}, including its key."),
            "parameters": [parameter("ifMatch")],
            "requestBody": { "required": true, "content": { "application/merge-patch+json": { "schema": patch } } },
            "responses": responses(
                ("200", object("The updated object.", name, &["ETag"])),
                &[400, 403, 404, 409, 412, 413, 415, 422],
            ),
        },
        "delete": {
            "operationId": format!("delete_{}", kind.singular()), "tags": [kind.name()],
            "summary": format!("Delete one of the {kind}; references to it are left dangling."),
            "parameters": [parameter("ifMatch")],
            "responses": responses(("204", json!({ "description": "Deleted." })), &[403, 404, 412]),
        },
    });
    if let Some(member) = member.as_object_mut() {
        let patch = member.shift_remove("patch").unwrap_or_default();
        if profile.habits.saves == Saves::Whole {
            let mut put = patch;
            put["operationId"] = json!(format!("replace_{}", kind.singular()));
            put["summary"] = json!(format!(
                "Replace one of the {kind}. What is left out is lost."
            ));
            put["requestBody"]["content"] = json!({ "application/json": { "schema": of(name) } });
            member.insert("put".to_owned(), put);
        } else {
            member.insert("patch".to_owned(), patch);
        }
        if profile.removal(kind) != Removal::Delete {
            member.shift_remove("delete");
        }
    }
    member
}

fn problem() -> Value {
    json!({
        "type": "object",
        "required": ["type", "title", "status"],
        "properties": {
            "type": { "type": "string", "format": "uri" },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "detail": { "type": "string" },
            "errors": { "type": "array", "items": {
                "type": "object",
                "required": ["field", "code", "message"],
                "properties": {
                    "field": { "type": "string", "examples": ["voicemail.email"] },
                    "code": { "enum": ["invalid", "required", "taken", "unknown"] },
                    "message": { "type": "string" },
                },
            } },
        },
    })
}

/// Rewrites references to OpenAPI's place for schemas.
fn move_references(schema: &mut Value) {
    match schema {
        Value::Object(keywords) => {
            if let Some(Value::String(to)) = keywords.get_mut("$ref")
                && let Some(name) = to.strip_prefix("#/$defs/")
            {
                *to = format!("#/components/schemas/{name}");
            }
            keywords.values_mut().for_each(move_references);
        }
        Value::Array(list) => list.iter_mut().for_each(move_references),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
