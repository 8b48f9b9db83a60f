//! A *summary* is the row of an object in a list: the fields that 4.x includes in its views.

use super::{
    document::{Doc, at},
    modules,
};
use serde_json::{Map, Value, json};

/// The optional fields of a row by collection.
fn plain(collection: &str) -> &'static str {
    match collection {
        "users" => {
            "username email first_name last_name priv_level feature_level presence_id timezone \
            call_recording service"
        }
        "devices" => "name owner_id mobile call_recording",
        "vmboxes" => "name mailbox owner_id",
        "callflows" => "name type numbers patterns owner_id group_id",
        "lists" => "name description list_type",
        "media" => "name media_source language",
        "conferences" => "name owner_id member moderator conference_numbers ui_flags",
        _ => "name",
    }
}

/// The row of an object.
pub(super) fn of(doc: Doc<'_>) -> Value {
    let fields = doc.fields;
    if doc.kind() == "faxboxes" {
        return doc.public();
    }
    let mut row = Map::new();
    row.insert("id".into(), doc.id.into());
    for name in plain(doc.kind()).split_whitespace() {
        if let Some(value) = fields.get(name) {
            row.insert(name.into(), value.clone());
        }
    }
    if !matches!(doc.kind(), "lists" | "media" | "queues") {
        row.insert(
            "flags".into(),
            fields.get("flags").cloned().unwrap_or_else(|| json!([])),
        );
    }
    let mut put = |name: &str, value: Value| row.insert(name.into(), value);
    let field = |path: &str| doc.at(path).cloned();
    match doc.kind() {
        "users" => {
            put("features", features(fields).into());
        }
        "devices" => {
            put(
                "mac_address",
                field("mac_address").unwrap_or_else(|| "".into()),
            );
            put("enabled", field("enabled").unwrap_or_else(|| true.into()));
            put(
                "device_type",
                field("device_type").unwrap_or_else(|| "sip_device".into()),
            );
            if let Some(username) = field("sip.username") {
                put("username", username);
            }
        }
        "vmboxes" => {
            let messages = doc.fields.get("messages").and_then(Value::as_array);
            put("messages", messages.map_or(0, Vec::len).into());
        }
        "callflows" => {
            put(
                "featurecode",
                field("featurecode").unwrap_or_else(|| false.into()),
            );
            put(
                "modules",
                field("flow").map_or_else(|| json!([]), |flow| modules::names(&flow).into()),
            );
        }
        "groups" => {
            put("features", json!([]));
            let endpoints = fields.get("endpoints").and_then(Value::as_object);
            put("endpoints", endpoints.map_or(0, Map::len).into());
        }
        "media" => {
            put("is_prompt", fields.contains_key("prompt_id").into());
        }
        "conferences" => {
            let state = json!({"moderators": 0, "members": 0, "is_locked": false, "duration": 0});
            put("_read_only", state);
        }
        _ => {}
    }
    row.into()
}

/// The enabled features of a user.
fn features(fields: &Map<String, Value>) -> Vec<&'static str> {
    let is = |path: &str| at(fields, path) == Some(&Value::Bool(true));
    let mut features = Vec::new();
    for (path, feature) in [
        ("call_forward.enabled", "call_forward"),
        ("vm_to_email_enabled", "vm_to_email"),
        ("hotdesk.enabled", "hotdesk"),
        ("do_not_disturb.enabled", "do_not_disturb"),
    ] {
        if is(path) {
            features.push(feature);
        }
    }
    if at(fields, "caller_id.external").is_some() {
        features.push("caller_id");
    }
    if at(fields, "music_on_hold.media_id").is_some() {
        features.push("music_on_hold");
    }
    features
}

/// The row of a device in the list of its owner.
pub(super) fn owned(doc: Doc<'_>) -> Value {
    let mut row = of(doc);
    let fields = row.as_object_mut().expect("a row");
    fields.shift_remove("flags");
    fields.insert("hotdesked".into(), false.into());
    row
}
