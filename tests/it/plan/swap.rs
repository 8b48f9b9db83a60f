//! A *swap*: what only one may have changes hands, in circles too.

use super::{address, live_of, office};
use insta::assert_snapshot;
use serde_json::json;

#[test]
fn two_swap_extensions() {
    let mut world = office();
    world.amend("users/alice", json!({"extension": "1002"}));
    world.amend("users/bob", json!({"extension": "1001"}));
    assert_snapshot!(world.shown(), @r#"
    0 update users/alice to make way
        extension: "1001" → -
    1 update users/bob after [0]
        extension: "1002" → "1001"
    2 update users/alice after [0, 1]
        extension: - → "1002"
    warn taken-from: users/bob takes the extension 1001 from users/alice
    warn taken-from: users/alice takes the extension 1002 from users/bob
    info renumber-impact: users/bob: the extension changes from 1002 to 1001
    info renumber-impact: users/alice: the extension changes from 1001 to 1002
    "#);
}

#[test]
fn three_in_a_circle_and_one_behind_them() {
    let mut world = office();
    world.declare(
        "users/aaron",
        json!({"first_name": "A", "last_name": "B", "email": "aaron@acme.example", "extension": "1000"}),
    );
    world.live = live_of(&world.state, &world.capabilities);
    world.amend("users/alice", json!({"extension": "1002"}));
    world.amend("users/bob", json!({"extension": "1003"}));
    world.amend("users/carol", json!({"extension": "1001"}));
    world.amend("users/aaron", json!({"extension": "1004"}));
    world.declare("extensions/1000", json!({"kind": "fax", "name": "Fax"}));
    assert_snapshot!(world.shown(), @r#"
    0 update users/aaron
        extension: "1000" → "1004"
    1 update users/alice to make way
        extension: "1001" → -
    2 update users/carol after [1]
        extension: "1003" → "1001"
    3 update users/bob after [2]
        extension: "1002" → "1003"
    4 update users/alice after [1, 3]
        extension: - → "1002"
    5 create extensions/1000 after [0]
        kind: - → "fax"
        name: - → "Fax"
    warn taken-from: users/carol takes the extension 1001 from users/alice
    warn taken-from: users/bob takes the extension 1003 from users/carol
    warn taken-from: users/alice takes the extension 1002 from users/bob
    warn taken-from: extensions/1000 takes the extension 1000 from users/aaron
    info renumber-impact: users/aaron: the extension changes from 1000 to 1004
    info renumber-impact: users/carol: the extension changes from 1003 to 1001
    info renumber-impact: users/bob: the extension changes from 1002 to 1003
    info renumber-impact: users/alice: the extension changes from 1001 to 1002
    "#);
}

#[test]
fn two_swap_e_mail_addresses() {
    let mut world = office();
    world.amend("users/alice", json!({"email": "bob@acme.example"}));
    world.amend("users/bob", json!({"email": "alice@acme.example"}));
    assert_snapshot!(world.shown(), @r#"
    0 update users/alice to make way
        email: "alice@acme.example" → "parked-60aa4bbe@callsheet.invalid"
    1 update users/bob after [0]
        email: "bob@acme.example" → "alice@acme.example"
    2 update users/alice after [0, 1]
        email: "parked-60aa4bbe@callsheet.invalid" → "bob@acme.example"
    warn taken-from: users/bob takes the email alice@acme.example from users/alice
    warn taken-from: users/alice takes the email bob@acme.example from users/bob
    warn login-change: users/bob: the email changes from bob@acme.example to alice@acme.example
    warn login-change: users/alice: the email changes from alice@acme.example to bob@acme.example
    "#);
}

#[test]
fn two_swap_phones() {
    let mut world = office();
    world.amend(
        "users/alice",
        json!({"phones": [{"mac": "001565aabb02", "model": "t54"}]}),
    );
    world.amend(
        "users/bob",
        json!({"phones": [{"mac": "001565aabb01", "model": "t54"}]}),
    );
    assert_snapshot!(world.shown(), @r#"
    0 update users/alice to make way
        phones: [{"mac":"00:15:65:aa:bb:01","model":"t54"}] → -
    1 update users/bob after [0]
        phones: [{"mac":"00:15:65:aa:bb:02","model":"t54"}] → [{"mac":"00:15:65:aa:bb:01","model":"t54"}]
    2 update users/alice after [0, 1]
        phones: - → [{"mac":"00:15:65:aa:bb:02","model":"t54"}]
    warn taken-from: users/bob takes the mac 00:15:65:aa:bb:01 from users/alice
    warn taken-from: users/alice takes the mac 00:15:65:aa:bb:02 from users/bob
    "#);
}

#[test]
fn two_swap_everything() {
    let mut world = office();
    for (user, other, number) in [("alice", "bob", 2), ("bob", "alice", 1)] {
        world.amend(
            &format!("users/{user}"),
            json!({"email": format!("{other}@acme.example"), "extension": format!("100{number}"),
                "phones": [{"mac": format!("001565aabb0{number}"), "model": "t54"}]}),
        );
    }
    assert_snapshot!(world.shown(), @r#"
    0 update users/alice to make way
        email: "alice@acme.example" → "parked-60aa4bbe@callsheet.invalid"
        extension: "1001" → -
        phones: [{"mac":"00:15:65:aa:bb:01","model":"t54"}] → -
    1 update users/bob after [0]
        email: "bob@acme.example" → "alice@acme.example"
        extension: "1002" → "1001"
        phones: [{"mac":"00:15:65:aa:bb:02","model":"t54"}] → [{"mac":"00:15:65:aa:bb:01","model":"t54"}]
    2 update users/alice after [0, 1]
        email: "parked-60aa4bbe@callsheet.invalid" → "bob@acme.example"
        extension: - → "1002"
        phones: - → [{"mac":"00:15:65:aa:bb:02","model":"t54"}]
    warn taken-from: users/bob takes the email alice@acme.example from users/alice
    warn taken-from: users/bob takes the extension 1001 from users/alice
    warn taken-from: users/bob takes the mac 00:15:65:aa:bb:01 from users/alice
    warn taken-from: users/alice takes the email bob@acme.example from users/bob
    warn taken-from: users/alice takes the extension 1002 from users/bob
    warn taken-from: users/alice takes the mac 00:15:65:aa:bb:02 from users/bob
    warn login-change: users/bob: the email changes from bob@acme.example to alice@acme.example
    warn login-change: users/alice: the email changes from alice@acme.example to bob@acme.example
    info renumber-impact: users/bob: the extension changes from 1002 to 1001
    info renumber-impact: users/alice: the extension changes from 1001 to 1002
    "#);
}

#[test]
fn different_circles_through_one_person() {
    // Alice and Bob swap extensions while Alice and Carol swap e-mail addresses.
    let mut world = office();
    world.amend(
        "users/alice",
        json!({"extension": "1002", "email": "carol@acme.example"}),
    );
    world.amend("users/bob", json!({"extension": "1001"}));
    world.amend("users/carol", json!({"email": "alice@acme.example"}));
    assert_snapshot!(world.shown(), @r#"
    0 update users/alice to make way
        extension: "1001" → -
    1 update users/alice to make way after [0]
        email: "alice@acme.example" → "parked-60aa4bbe@callsheet.invalid"
    2 update users/bob after [0]
        extension: "1002" → "1001"
    3 update users/carol after [1]
        email: "carol@acme.example" → "alice@acme.example"
    4 update users/alice after [1, 2, 3]
        email: "parked-60aa4bbe@callsheet.invalid" → "carol@acme.example"
        extension: - → "1002"
    warn taken-from: users/bob takes the extension 1001 from users/alice
    warn taken-from: users/carol takes the email alice@acme.example from users/alice
    warn taken-from: users/alice takes the email carol@acme.example from users/carol
    warn taken-from: users/alice takes the extension 1002 from users/bob
    warn login-change: users/carol: the email changes from carol@acme.example to alice@acme.example
    warn login-change: users/alice: the email changes from alice@acme.example to carol@acme.example
    info renumber-impact: users/bob: the extension changes from 1002 to 1001
    info renumber-impact: users/alice: the extension changes from 1001 to 1002
    "#);
}

#[test]
fn a_queue_takes_the_number_of_a_person() {
    let mut world = office();
    world.amend("users/carol", json!({"extension": "1042"}));
    world.declare(
        "extensions/1003",
        json!({"kind": "call_queue", "name": "Help", "agents": ["carol"]}),
    );
    assert_snapshot!(world.shown(), @r#"
    0 update users/carol
        extension: "1003" → "1042"
    1 create extensions/1003 after [0]
        kind: - → "call_queue"
        name: - → "Help"
        agents: - → ["carol"]
    warn taken-from: extensions/1003 takes the extension 1003 from users/carol
    info renumber-impact: users/carol: the extension changes from 1003 to 1042
    "#);
}

#[test]
fn a_queue_and_a_person_swap_numbers() {
    let mut world = office();
    let mut resource = world
        .state
        .resources
        .remove(&address("extensions/2000"))
        .unwrap();
    resource.previously = Some("2000".into());
    world
        .state
        .resources
        .insert(address("extensions/1003"), resource);
    world.amend("users/carol", json!({"extension": "2000"}));
    assert_snapshot!(world.shown(), @r#"
    0 update users/carol to make way
        extension: "1003" → -
    1 rename extensions/1003 (now 2000) after [0]
    2 update users/carol after [0, 1]
        extension: - → "2000"
    warn taken-from: users/carol takes the extension 2000 from extensions/1003
    info renumber-impact: users/carol: the extension changes from 1003 to 2000
    "#);
}
