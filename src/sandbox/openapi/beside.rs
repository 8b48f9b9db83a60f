//! The paths *beside* the objects: logging in, the account, mails, messages, the catalogue, and actions.

use crate::{
    profile::{Action, LoginField, Profile},
    sandbox::greeting::has_greetings,
};
use serde_json::{Map, Value, json};

/// The paths of a sandbox with a profile.
pub(super) fn paths(profile: &'static Profile) -> Map<String, Value> {
    let mut paths = Map::new();
    let id = json!({ "$ref": "#/components/parameters/id" });
    let problem = || json!({ "$ref": "#/components/responses/Problem" });
    let answers = |status: &str, description: &str, schema: Option<Value>| {
        let mut answer = json!({ "description": description });
        if let Some(schema) = schema {
            answer["content"] = json!({ "application/json": { "schema": schema } });
        }
        json!({ status: answer, "default": problem() })
    };
    let object = || json!({ "type": "object" });
    let items = || json!({ "type": "object", "required": ["items"], "properties": { "items": { "type": "array", "items": object() } } });
    let body = |schema: Value| json!({ "required": true, "content": { "application/json": { "schema": schema } } });
    let field = |field: &LoginField| match field {
        LoginField::Username => "username",
        LoginField::Email => "email",
        LoginField::Password => "password",
        LoginField::Account => "account",
    };
    let with: Vec<&str> = profile
        .login
        .iter()
        .flat_map(|login| &login.with)
        .map(field)
        .collect();
    let mut fields: Map<String, Value> = with
        .iter()
        .map(|name| ((*name).to_owned(), json!({ "type": "string" })))
        .collect();
    fields.insert("accept_eula".to_owned(), json!({ "type": "boolean" }));
    paths.insert("/v1/sessions".to_owned(), json!({
        "post": { "operationId": "logIn", "summary": "Log in as a person.", "security": [],
            "requestBody": body(json!({ "type": "object", "required": with, "properties": fields })),
            "responses": answers("201", "The token of the session, and what the person may do.", Some(object())) },
        "delete": { "operationId": "logOut", "summary": "Log out.", "responses": answers("204", "Logged out.", None) },
    }));
    paths.insert("/v1/account".to_owned(), json!({
        "get": { "operationId": "account", "summary": "The account: its profile, its licences, and what the token may do.",
            "responses": answers("200", "The account.", Some(object())) },
    }));
    paths.insert("/v1/account/licences".to_owned(), json!({
        "put": { "operationId": "setLicences", "summary": "Set how many licences of a scope there are.",
            "requestBody": body(json!({ "type": "object", "additionalProperties": { "type": "integer", "minimum": 0 } })),
            "responses": answers("204", "Set.", None) },
    }));
    paths.insert("/v1/catalogue".to_owned(), json!({
        "get": { "operationId": "catalogue", "summary": "The phone models and the permissions that the system knows.",
            "responses": answers("200", "The catalogue.", Some(object())) },
    }));
    paths.insert("/v1/outbox".to_owned(), json!({
        "get": { "operationId": "outbox", "summary": "The mails that a real system would have sent.",
            "responses": answers("200", "The mails.", Some(items())) },
    }));
    paths.insert("/v1/users/{id}/messages".to_owned(), json!({
        "parameters": [&id],
        "get": { "operationId": "listMessages", "summary": "The voicemail messages of a user.",
            "responses": answers("200", "The messages.", Some(items())) },
        "post": { "operationId": "leaveMessage", "summary": "Leave a voicemail message.",
            "requestBody": body(json!({ "type": "object", "properties": {
                "from": { "type": "string", "maxLength": 255 }, "seconds": { "type": "integer", "minimum": 0 } } })),
            "responses": answers("201", "Left.", None) },
    }));
    if has_greetings(profile) {
        let sound = json!({ "application/octet-stream": {} });
        paths.insert("/v1/users/{id}/greeting".to_owned(), json!({
            "parameters": [&id],
            "get": { "operationId": "readGreeting", "summary": "The sound of a user's voicemail greeting.",
                "responses": { "200": { "description": "The sound.", "content": &sound }, "default": problem() } },
            "put": { "operationId": "uploadGreeting",
                "summary": "Upload the sound of the greeting that a user names, of up to 10 MiB.",
                "requestBody": { "required": true, "content": &sound },
                "responses": answers("200", "The user, with the digest of the sound.", Some(object())) },
        }));
    }
    if profile.actions.contains(&Action::Welcome) {
        paths.insert("/v1/users/{id}/welcome".to_owned(), json!({
            "parameters": [&id],
            "post": { "operationId": "welcome", "summary": "Send a user the mail for the first login.",
                "responses": answers("204", "Sent.", None) },
        }));
    }
    if profile.actions.contains(&Action::Rebuild) {
        paths.insert(
            "/v1/instances/{id}/rebuild".to_owned(),
            json!({
                "parameters": [&id],
                "post": { "operationId": "rebuild", "summary": "Rebuild an instance.",
                    "responses": answers("200", "How often it was rebuilt.", Some(object())) },
            }),
        );
    }
    paths
}
