//! *Mails*: welcomes, and links for a new password.

use super::{PASSWORD, people};
use crate::running::{Client, Sandbox, runtime};
use serde_json::{Value, json};

#[test]
fn a_welcome_leads_to_a_login() {
    // S2.25, S2.26
    let place = people();
    let told = place.succeeds(&["run", "welcome", "users/bob"]);
    assert_eq!(told, "users/bob: sent to bob@acme.example\n");
    assert!(place.user("bob")["login"]["invited_at"].is_string());
    assert_eq!(place.user("ann")["login"], Value::Null);

    let token = place.linked();
    assert_eq!(place.follow("another", PASSWORD).status, 404);
    assert_eq!(place.follow(&token, "").status, 422);
    assert_eq!(place.follow(&token, PASSWORD).status, 204);
    assert_eq!(place.log_in("bob", PASSWORD).status, 201);
    assert_eq!(place.user("bob")["login"], Value::Null);
    // The link is valid once.
    assert_eq!(place.follow(&token, "battery staple 2").status, 404);
    assert_eq!(place.log_in("bob", PASSWORD).status, 201);

    let lines = place.journals();
    let lines: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let events: Vec<&str> = lines
        .iter()
        .map(|line| line["event"].as_str().unwrap())
        .collect();
    assert_eq!(events, ["begin", "started", "ended"]);
    assert_eq!(lines[0]["action"], "welcome");
    assert_eq!(lines[0]["addresses"], json!(["users/bob"]));
    assert_eq!(lines[2]["outcome"], "done");
    let validator: Value =
        serde_json::from_str(include_str!("../../../schema/run-journal.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&validator).unwrap();
    for line in &lines {
        assert!(validator.is_valid(line), "{line}");
    }
    // The plan knows nothing of it.
    assert!(place.succeeds(&["plan"]).contains("Nothing to do"));
}

#[test]
fn who_was_invited_and_what_messages_there_are_is_shown() {
    let place = people();
    place.succeeds(&["run", "welcome", "users/bob"]);
    let id = place.user("bob")["id"].as_str().unwrap().to_owned();
    let left = json!({ "from": "+14155550123", "seconds": 7 });
    let path = format!("/v1/users/{id}/messages");
    assert_eq!(runtime().block_on(place.own.post(&path, &left)).status, 201);
    let listed = place.succeeds(&["list", "users"]);
    let bob = listed
        .lines()
        .find(|line| line.starts_with("bob "))
        .unwrap();
    assert!(bob.ends_with("invited"), "{listed}");
    let shown = place.succeeds(&["show", "users/bob", "--messages"]);
    assert!(
        shown.contains("1 voicemail message · invited at "),
        "{shown}"
    );
    let (_, messages) = shown.split_once("VOICEMAIL FROM  AT").unwrap();
    assert!(
        messages.contains("+14155550123") && messages.trim_end().ends_with('7'),
        "{shown}"
    );
    let json = place.json(0, &["show", "users/bob", "--messages"]);
    assert_eq!(json["voicemail"][0]["seconds"], 7);
}

#[test]
fn a_second_welcome_within_a_day_needs_a_confirmation() {
    let place = people();
    place.succeeds(&["run", "welcome", "users/bob"]);
    let told = place.ends(64, &["run", "welcome", "users/eve", "users/bob"]);
    assert!(
        told.contains("users/bob got a welcome within the last day; pass --yes"),
        "{told}"
    );
    assert_eq!(place.mails().len(), 1);
    let first = place.linked();
    place.succeeds(&["run", "welcome", "users/bob", "--yes"]);
    assert_eq!(place.mails().len(), 2);
    // The newer link replaces the older one.
    assert_eq!(place.follow(&first, PASSWORD).status, 404);
    assert_eq!(place.follow(&place.linked(), PASSWORD).status, 204);
}

#[test]
fn an_apply_that_created_nobody_is_no_error() {
    let place = people();
    place.succeeds(&["apply", "--yes", "--journal", "again.jsonl"]);
    let told = place.succeeds(&["run", "welcome", "--of", "again.jsonl"]);
    assert!(told.contains("the apply created no users"), "{told}");
    // The journal of another portal is refused.
    let sandbox = Sandbox::empty();
    place.configure("sandbox", &sandbox.url);
    let told = place.ends(64, &["run", "welcome", "--of", "again.jsonl"]);
    assert!(told.contains("the journal of another portal"), "{told}");
}

#[test]
fn an_inactive_user_gets_no_welcome() {
    let place = people();
    let path = format!("/v1/users/{}", place.user("eve")["id"].as_str().unwrap());
    runtime().block_on(place.own.patch(&path, &json!({ "active": false })));
    let told = place.ends(3, &["run", "welcome", "users/eve"]);
    assert!(told.contains("The user is inactive"), "{told}");
    let code = place.ends(1, &["run", "qr", "users/eve", "--out", "eve.png"]);
    assert!(code.contains("The user is inactive"), "{code}");
    assert!(!place.path().join("eve.png").exists());
}

#[test]
fn a_forced_reset_ends_sessions_and_sends_a_link() {
    // S2.28
    let place = people();
    place.succeeds(&["run", "welcome", "users/bob"]);
    place.follow(&place.linked(), PASSWORD);
    let session = place.log_in("bob", PASSWORD);
    let bob = Client::new(&place.sandbox.url, session.body["token"].as_str().unwrap());
    assert_eq!(runtime().block_on(bob.get("/v1/account")).status, 200);

    let told = place.ends(64, &["run", "force-password-reset", "users/bob"]);
    assert!(told.contains("not a terminal"), "{told}");
    assert_eq!(place.log_in("bob", PASSWORD).status, 201);
    place.succeeds(&["run", "force-password-reset", "users/bob", "--yes"]);
    assert_eq!(runtime().block_on(bob.get("/v1/account")).status, 401);
    assert_eq!(place.log_in("bob", PASSWORD).status, 401);
    assert_eq!(place.user("bob")["login"]["must_set_password"], true);
    assert_eq!(
        place.follow(&place.linked(), "battery staple 2").status,
        204
    );
    assert_eq!(place.log_in("bob", "battery staple 2").status, 201);
    assert_eq!(place.user("bob")["login"], Value::Null);
}
