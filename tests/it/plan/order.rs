//! The *order* in which operations can be done.

use super::{live_of, office};
use callsheet::{model::State, plan::Action};
use insta::assert_snapshot;
use serde_json::json;

#[test]
fn a_number_comes_after_what_it_leads_to_and_takes_no_extension() {
    let mut world = office();
    world
        .declare(
            "numbers/+14155550100",
            json!({"destination": "14155550100"}),
        )
        .declare("numbers/+14155550101", json!({"destination": "dan"}))
        .declare("numbers/+14155550102", json!({"destination": "1004"}))
        .declare(
            "extensions/14155550100",
            json!({"kind": "fax", "name": "Fax"}),
        )
        .declare(
            "users/dan",
            json!({"first_name": "Dan", "last_name": "Ray", "email": "dan@acme.example",
                "extension": "1004"}),
        )
        .declare(
            "contacts/dan",
            json!({"name": "Dan", "email": "dan@acme.example"}),
        )
        .declare(
            "contacts/dan-too",
            json!({"name": "Dan", "email": "dan@acme.example"}),
        );
    assert_snapshot!(world.shown(), @r#"
    0 create users/dan
        username: - → "dan"
        first_name: - → "Dan"
        last_name: - → "Ray"
        email: - → "dan@acme.example"
        scope: - → "simple_user"
        extension: - → "1004"
    1 create extensions/14155550100
        kind: - → "fax"
        name: - → "Fax"
    2 create numbers/+14155550100 after [1]
        destination: - → "14155550100"
    3 create numbers/+14155550101 after [0]
        destination: - → "dan"
    4 create numbers/+14155550102 after [0]
        destination: - → "1004"
    5 create contacts/dan
        name: - → "Dan"
        email: - → "dan@acme.example"
    6 create contacts/dan-too
        name: - → "Dan"
        email: - → "dan@acme.example"
    "#);
}

#[test]
fn an_extension_becomes_another_kind_of_extension() {
    let mut world = office();
    world.declare(
        "extensions/2000",
        json!({"kind": "forward", "name": "Sales", "destination": "alice"}),
    );
    assert_snapshot!(world.shown(), @r#"
    0 update extensions/2000
        kind: "call_queue" → "forward"
        destination: - → "alice"
        agents: ["alice"] → -
    "#);
}

#[test]
fn what_is_created_waits_for_what_it_refers_to() {
    let mut world = office();
    world.live = live_of(&State::default(), &world.capabilities);
    assert_snapshot!(world.shown(), @r#"
    0 create scopes/lead
        extends: - → "call_center_agent"
    1 create groups/sales
        title: - → "Sales"
    2 create users/alice after [0, 1]
        username: - → "alice"
        first_name: - → "Alice"
        last_name: - → "Ng"
        email: - → "alice@acme.example"
        scope: - → "lead"
        groups: - → ["sales"]
        extension: - → "1001"
        phones: - → [{"mac":"00:15:65:aa:bb:01","model":"t54"}]
        password: - → {"version":1}
    3 create users/bob
        username: - → "bob"
        first_name: - → "Bob"
        last_name: - → "Orr"
        email: - → "bob@acme.example"
        scope: - → "simple_user"
        extension: - → "1002"
        phones: - → [{"mac":"00:15:65:aa:bb:02","model":"t54"}]
    4 create users/carol
        username: - → "carol"
        first_name: - → "Carol"
        last_name: - → "Poe"
        email: - → "carol@acme.example"
        scope: - → "simple_user"
        extension: - → "1003"
    5 create extensions/2000 after [2]
        kind: - → "call_queue"
        name: - → "Sales"
        agents: - → ["alice"]
    "#);
}

#[test]
fn references_in_a_circle_wait_for_nobody() {
    let mut world = office();
    for (key, next) in [("4000", "4001"), ("4001", "4000")] {
        world.declare(
            &format!("extensions/{key}"),
            json!({"kind": "auto_attendant", "name": "Menu", "options": {"1": next}}),
        );
    }
    assert_snapshot!(world.shown(), @r#"
    0 create extensions/4000
        kind: - → "auto_attendant"
        name: - → "Menu"
        options.1: - → "4001"
    1 create extensions/4001 after [0]
        kind: - → "auto_attendant"
        name: - → "Menu"
        options.1: - → "4000"
    "#);
}

#[test]
fn what_goes_goes_last() {
    let mut world = office();
    world.foreign("scopes/old", json!({}));
    world.foreign("scopes/older", json!({"extends": "old"}));
    world.edit("users/bob", json!({"scope": "older"}));
    world.amend("users/bob", json!({"scope": "lead"}));
    world.configure("absent", json!(["scopes/old", "scopes/older"]));
    assert_snapshot!(world.shown(), @r#"
    0 update users/bob
        scope: "older" → "lead"
    1 delete scopes/older after [0]
    2 delete scopes/old after [1]
    "#);
}

#[test]
fn every_operation_waits_only_for_earlier_ones() {
    let mut world = office();
    world.amend("users/alice", json!({"extension": "1002"}));
    world.amend("users/bob", json!({"extension": "1003"}));
    world.amend("users/carol", json!({"extension": "1001"}));
    let plan = world.plan();
    for (at, operation) in plan.operations.iter().enumerate() {
        assert!(operation.after.iter().all(|first| *first < at));
    }
    assert_eq!(plan.summary().update, plan.operations.len());
    let parked = plan.operations.iter().filter(|one| one.is_release);
    assert_eq!(parked.count(), 1);
    assert!(
        plan.operations
            .iter()
            .all(|one| one.action == Action::Update)
    );
}
