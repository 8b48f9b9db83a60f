//! What a *field* says: declared, absent, null or empty; whose it is, and when it counts.

use super::{office, show};
use callsheet::model::Value;
use insta::assert_snapshot;
use serde_json::json;

#[test]
fn absent_null_and_empty_differ() {
    for (declared, plan) in [
        (None, ""),
        (
            Some(json!(null)),
            "0 update users/alice\n    groups: [\"sales\"] → -\n",
        ),
        (
            Some(json!([])),
            "0 update users/alice\n    groups: [\"sales\"] → -\n",
        ),
        (Some(json!(["sales"])), ""),
    ] {
        let mut world = office();
        match &declared {
            None => world.release("users/alice", "groups"),
            Some(declared) => world.amend("users/alice", json!({"groups": declared})),
        };
        assert_eq!(world.shown(), plan, "{declared:?}");
    }
}

#[test]
fn an_empty_list_is_ours_and_null_is_the_default() {
    let mut world = office();
    world.edit(
        "users/bob",
        json!({"groups": ["sales"], "rings_before_voicemail": 7}),
    );
    assert_eq!(world.shown(), "", "nobody declares them");
    world.amend(
        "users/bob",
        json!({"groups": [], "rings_before_voicemail": null}),
    );
    assert_snapshot!(world.shown(), @r#"
    0 update users/bob
        groups: ["sales"] → -
        rings_before_voicemail: 7 → 4
    "#);
}

#[test]
fn a_default_is_its_absence() {
    let mut world = office();
    world.amend(
        "users/bob",
        json!({"dnd": false, "active": true, "rings_before_voicemail": 4, "scope": "simple_user",
            "voicemail": {"enabled": true}, "forwarding": {"destinations": []}, "groups": [],
            "directory": {"match": "last"}, "color": null}),
    );
    world.edit(
        "users/carol",
        json!({"dnd": false, "voicemail": {"enabled": true}}),
    );
    assert_eq!(world.shown(), "");
}

#[test]
fn undeclared_fields_are_left_alone() {
    let mut world = office();
    world.edit(
        "users/bob",
        json!({"title": "Boss", "voicemail": {"mailbox": "7", "email": "b@acme.example"},
            "advanced": {"codec": "g722"}, "first_name": "Rob"}),
    );
    world.amend("users/bob", json!({"voicemail": {"mailbox": "8"}}));
    let plan = world.plan();
    assert_snapshot!(show(&plan), @r#"
    0 update users/bob
        first_name: "Rob" → "Bob"
        voicemail.mailbox: "7" → "8"
    "#);
    let target = &plan.operations[0].target;
    assert_eq!(target.text("title"), Some("Boss"));
    assert_eq!(
        target.at(["voicemail", "email"]),
        Some(&Value::text("b@acme.example"))
    );
    assert_eq!(target.at(["advanced", "codec"]), Some(&Value::text("g722")));
}

#[test]
fn a_phone_is_known_by_its_mac() {
    let mut world = office();
    world.edit(
        "users/alice",
        json!({"phones": [{"mac": "001565aabb09", "model": "t57"},
            {"mac": "00:15:65:aa:bb:01", "model": "t54", "name": "Kitchen"}]}),
    );
    world.amend(
        "users/alice",
        json!({"phones": [{"mac": "00-15-65-AA-BB-01", "model": "t58"}]}),
    );
    assert_snapshot!(world.shown(), @r#"
    0 update users/alice
        phones: [{"mac":"00:15:65:aa:bb:01","model":"t54","name":"Kitchen"},{"mac":"00:15:65:aa:bb:09","model":"t57"}] → [{"mac":"00:15:65:aa:bb:01","model":"t58","name":"Kitchen"}]
    "#);
}

#[test]
fn the_order_of_a_set_says_nothing_and_that_of_a_list_does() {
    let mut world = office();
    world.amend(
        "users/bob",
        json!({"available_from_emails": ["a@x", "b@x"], "permissions": ["a.b", "c.d"]}),
    );
    world.edit(
        "users/bob",
        json!({"available_from_emails": ["b@x", "a@x"], "permissions": ["c.d", "a.b"]}),
    );
    assert_snapshot!(world.shown(), @r#"
    0 update users/bob
        available_from_emails: ["b@x","a@x"] → ["a@x","b@x"]
    warn default-sender-change: users/bob: the default sender changes from b@x to a@x
    "#);
}

#[test]
fn a_secret_is_sent_by_its_version() {
    let mut world = office();
    world.edit("users/alice", json!({"password": {"version": 3}}));
    assert_snapshot!(world.shown(), @r#"
    0 update users/alice
        password: {"version":3} → {"version":1}
    "#);
    world.amend("users/alice", json!({"password": {"version": 3}}));
    assert_eq!(world.shown(), "");
    world.amend("users/bob", json!({"password": {"version": 1}}));
    assert_snapshot!(world.shown(), @r#"
    0 update users/bob
        password: - → {"version":1}
    "#);
}

#[test]
fn whose_field_it_is() {
    for (policy, on_update, on_create) in [
        ("enforce", "dnd: false → true", "dnd: - → true"),
        ("initial", "", "dnd: - → true"),
        ("ignore", "", ""),
    ] {
        let mut world = office();
        world.configure(
            "fields",
            json!({"users.dnd": policy, "users.voicemail.mailbox": policy}),
        );
        world.amend(
            "users/bob",
            json!({"dnd": true, "voicemail": {"mailbox": "9"}}),
        );
        assert_eq!(
            world.shown().contains("dnd"),
            !on_update.is_empty(),
            "{policy}"
        );
        assert_eq!(
            world.shown().contains("mailbox"),
            policy == "enforce",
            "{policy}"
        );
        world.lose("users/bob");
        assert_eq!(
            world.shown().contains("dnd"),
            !on_create.is_empty(),
            "{policy}"
        );
        assert_eq!(
            world.shown().contains("mailbox"),
            policy != "ignore",
            "{policy}"
        );
    }
}

#[test]
fn what_counts_only_at_creation_is_never_updated() {
    let mut world = office();
    world.amend("users/bob", json!({"add_phone": true}));
    assert_eq!(world.shown(), "");
    world.lose("users/bob");
    assert!(world.shown().contains("add_phone: false → true"));
}
