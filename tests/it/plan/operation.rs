//! What is *done*: an operation for what differs, and nothing else.

use super::{address, office};
use callsheet::model::{Extent, Kind, Resource, Value};
use insta::assert_snapshot;
use serde_json::json;

#[test]
fn noop() {
    assert_eq!(office().shown(), "");
}

#[test]
fn create() {
    let mut world = office();
    world.lose("users/carol").lose("scopes/lead");
    assert_snapshot!(world.shown(), @r#"
    0 create scopes/lead
        extends: - → "call_center_agent"
    1 create users/carol
        username: - → "carol"
        first_name: - → "Carol"
        last_name: - → "Poe"
        email: - → "carol@acme.example"
        scope: - → "simple_user"
        extension: - → "1003"
    "#);
}

#[test]
fn update() {
    let mut world = office();
    world.amend(
        "users/bob",
        json!({"dnd": true, "voicemail": {"mailbox": "12"}}),
    );
    world.edit(
        "extensions/2000",
        json!({"agents": ["carol"], "record": true}),
    );
    world.amend("extensions/2000", json!({"record": false}));
    assert_snapshot!(world.shown(), @r#"
    0 update users/bob
        voicemail.mailbox: - → "12"
        dnd: false → true
    1 update extensions/2000
        agents: ["carol"] → ["alice"]
        record: true → false
    "#);
}

#[test]
fn deactivate_and_reactivate() {
    let mut world = office();
    world.amend("users/bob", json!({"active": false, "title": "Gone"}));
    world.edit("users/carol", json!({"active": false}));
    world.amend("users/carol", json!({"active": true}));
    world.edit("users/alice", json!({"active": false}));
    world.amend("users/alice", json!({"active": null}));
    assert_snapshot!(world.shown(), @r#"
    0 reactivate users/alice
        active: false → true
    1 deactivate users/bob
        title: - → "Gone"
        active: true → false
    2 reactivate users/carol
        active: false → true
    "#);
}

#[test]
fn delete_what_must_not_exist() {
    let mut world = office();
    world.foreign(
        "users/zed",
        json!({"first_name": "Zed", "last_name": "X", "email": "z@x"}),
    );
    world.foreign(
        "users/amy",
        json!({"first_name": "Amy", "last_name": "X", "email": "a@x"}),
    );
    world.configure("absent", json!(["users/zed", "groups/never"]));
    assert_snapshot!(world.shown(), @r"
    0 delete users/zed
    1 users not managed
    ");
}

#[test]
fn a_declared_resource_is_not_deleted_by_its_old_name() {
    let mut world = office();
    let bob = address("users/bob");
    let mut fields = world.state.resources.remove(&bob).unwrap().fields;
    fields.set("username".into(), Value::text("robert"));
    let resource = Resource {
        fields,
        previously: Some("bob".into()),
        ..Resource::default()
    };
    world
        .state
        .resources
        .insert(address("users/robert"), resource);
    world.configure("absent", json!(["users/bob"]));
    assert_snapshot!(world.shown(), @r#"
    0 rename users/robert (now bob)
        username: "bob" → "robert"
    warn login-change: users/robert: the username changes from bob to robert
    "#);
}

#[test]
fn prune_deletes_nothing_without_evidence() {
    for prune in ["never", "declared", "all"] {
        let mut world = office();
        world.foreign(
            "users/zed",
            json!({"first_name": "Zed", "last_name": "X", "email": "z@x"}),
        );
        world.foreign("groups/old", json!({}));
        world.configure("policy", json!({"prune": prune}));
        let told = if prune == "all" {
            "warn prune-all: `prune: all` deletes nothing outside of a Git repository with commits: 2 unmanaged objects are left alone\n"
        } else {
            ""
        };
        assert_eq!(
            world.shown(),
            format!("{told}1 groups not managed\n1 users not managed\n"),
            "{prune}"
        );
    }
}

#[test]
fn no_delete_from_an_incomplete_listing() {
    let mut world = office();
    for key in ["zed", "amy"] {
        let email = format!("{key}@x");
        world.foreign(
            &format!("users/{key}"),
            json!({"first_name": "A", "last_name": "B", "email": email}),
        );
    }
    world.foreign("groups/old", json!({}));
    world.configure("absent", json!(["users/zed", "groups/old"]));
    let listing = world.live.listings.get_mut(&Kind::Users).unwrap();
    listing.extent = Extent::Doubtful("5 of 6 objects came back".to_owned());
    world.configure(
        "allow",
        json!([{"finding": "incomplete-read", "until": "2026-12-01", "because": "no"}]),
    );
    assert_snapshot!(world.shown(), @"
    0 delete groups/old
    block incomplete-read: the listing of users is not complete: 5 of 6 objects came back
    info unused-waiver: the waiver for `incomplete-read` lets nothing pass
    2 users not managed
    ");
    assert!(world.plan().is_blocked());
}
