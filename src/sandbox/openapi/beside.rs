//! The paths *beside* the objects: logging in, the account, mails, messages, the catalogue, and actions.

use crate::{
    model::PortalAction,
    profile::{LoginField, Profile},
    sandbox::greeting::has_greetings,
};
use serde_json::{Map, Value, json};

fn problem() -> Value {
    json!({ "$ref": "#/components/responses/Problem" })
}

/// The responses of an operation: success, and a problem for anything else.
fn answers(status: &str, description: &str, schema: Option<Value>) -> Value {
    let mut answer = json!({ "description": description });
    if let Some(schema) = schema {
        answer["content"] = json!({ "application/json": { "schema": schema } });
    }
    json!({ status: answer, "default": problem() })
}

fn object() -> Value {
    json!({ "type": "object" })
}

fn body(schema: &Value) -> Value {
    json!({ "required": true, "content": { "application/json": { "schema": schema } } })
}

/// The paths of a sandbox with a profile.
pub(super) fn paths(profile: &'static Profile) -> Map<String, Value> {
    let mut paths = Map::new();
    let id = json!({ "$ref": "#/components/parameters/id" });
    let items = || json!({ "type": "object", "required": ["items"], "properties": { "items": { "type": "array", "items": object() } } });
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
            "requestBody": body(&json!({ "type": "object", "required": with, "properties": fields })),
            "responses": answers("201", "The token of the session, and what the person may do.", Some(object())) },
        "delete": { "operationId": "logOut", "summary": "Log out.", "responses": answers("204", "Logged out.", None) },
    }));
    paths.insert("/v1/account".to_owned(), json!({
        "get": { "operationId": "account", "summary": "The account: its profile, its licences, and what the token may do.",
            "responses": answers("200", "The account.", Some(object())) },
    }));
    paths.insert("/v1/account/licences".to_owned(), json!({
        "put": { "operationId": "setLicences", "summary": "Set how many licences of a scope there are.",
            "requestBody": body(&json!({ "type": "object", "additionalProperties": { "type": "integer", "minimum": 0 } })),
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
            "requestBody": body(&json!({ "type": "object", "properties": {
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
                "parameters": [{ "name": "file", "in": "query", "schema": { "type": "string" },
                    "description": "Name of the file, for a user that names no greeting." }],
                "responses": answers("200", "The user, with the digest of the sound.", Some(object())) },
            "delete": { "operationId": "removeGreeting", "summary": "Play the system's own greeting again.",
                "parameters": [{ "$ref": "#/components/parameters/ifMatch" }],
                "responses": answers("200", "The user, without a greeting.", Some(object())) },
        }));
    }
    paths.extend(actions(profile));
    paths
}

/// The paths of the actions that the system offers.
fn actions(profile: &Profile) -> Map<String, Value> {
    let mut paths = Map::new();
    let id = json!({ "$ref": "#/components/parameters/id" });
    let offers = |action| profile.actions.contains(&action);
    let mut add = |path: &str, operations: Value| {
        paths.insert(path.to_owned(), operations);
    };
    let token = json!({ "type": "string" });
    let mail = |name: &str, summary: &str| {
        json!({
            "parameters": [&id],
            "get": { "operationId": format!("check_{name}"), "summary": "Tell where the mail would go, or why it can't be sent.",
                "responses": answers("200", "The address.", Some(object())) },
            "post": { "operationId": name, "summary": summary,
                "responses": answers("200", "The address that the mail was sent to.", Some(object())) },
        })
    };
    if offers(PortalAction::Welcome) {
        let summary = "Send a user the mail for the first login.";
        add("/v1/users/{id}/welcome", mail("welcome", summary));
    }
    if offers(PortalAction::ForcePasswordReset) {
        let summary = "Make a user's password invalid, and send the mail for a new one.";
        add(
            "/v1/users/{id}/force-password-reset",
            mail("force_password_reset", summary),
        );
    }
    add(
        "/v1/passwords",
        json!({
            "post": { "operationId": "followLink", "summary": "Set a password by the token in the link of a mail, once.", "security": [],
                "requestBody": body(&json!({ "type": "object", "required": ["token", "password"], "properties": {
                    "token": token, "password": { "type": "string" }, "accept_eula": { "type": "boolean" } } })),
                "responses": answers("204", "Set.", None) },
        }),
    );
    if offers(PortalAction::SetPassword) {
        add(
            "/v1/users/{id}/password",
            json!({
                "parameters": [&id],
                "put": { "operationId": "setPassword", "summary": "Set a user's password. Its version stays as it is.",
                    "requestBody": body(&json!({ "type": "object", "required": ["password"], "properties": { "password": { "type": "string" } } })),
                    "responses": answers("204", "Set.", None) },
            }),
        );
    }
    if offers(PortalAction::Reset) {
        let kept = json!({ "enum": ["messages", "greeting", "forwarding", "answering-rules", "password", "pin", "phones"] });
        add(
            "/v1/users/{id}/reset",
            json!({
                "parameters": [&id],
                "post": { "operationId": "reset", "summary": "Clear what a user has set up.",
                    "requestBody": body(&json!({ "type": "object", "properties": { "keep": { "type": "array", "items": kept } } })),
                    "responses": answers("200", "What was cleared.", Some(object())) },
            }),
        );
    }
    if offers(PortalAction::Rebuild) {
        add(
            "/v1/instances/{id}/rebuild",
            json!({
                "parameters": [&id],
                "get": { "operationId": "rebuilt", "summary": "Tell when an instance was rebuilt, and which features its phones know.",
                    "responses": answers("200", "The last rebuild.", Some(object())) },
                "post": { "operationId": "rebuild", "summary": "Rebuild an instance.",
                    "responses": answers("200", "The rebuild.", Some(object())) },
            }),
        );
    }
    if offers(PortalAction::Qr) || offers(PortalAction::DesktopLink) {
        add(
            "/v1/users/{id}/provisioning",
            json!({
                "parameters": [&id],
                "post": { "operationId": "issueTicket", "summary": "Issue a token that provisions an app of a user once, within ten minutes.",
                    "requestBody": body(&json!({ "type": "object", "required": ["app"], "properties": { "app": { "enum": ["mobile", "desktop"] } } })),
                    "responses": answers("201", "The token.", Some(object())) },
            }),
        );
    }
    add(
        "/v1/provisioning",
        json!({
            "post": { "operationId": "provision", "summary": "Tell an app whose token it has. The token is used up.", "security": [],
                "requestBody": body(&json!({ "type": "object", "required": ["token"], "properties": { "token": token } })),
                "responses": answers("200", "The user of the app.", Some(object())) },
        }),
    );
    paths
}
