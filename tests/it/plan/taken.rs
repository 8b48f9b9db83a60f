//! What is *taken* by somebody else is not given to another.

use super::{address, office};
use insta::assert_snapshot;
use serde_json::json;

#[test]
fn taken_by_a_stranger() {
    let mut world = office();
    world.foreign(
        "users/zed",
        json!({"first_name": "Z", "last_name": "X", "email": "z@x", "extension": "1009",
            "phones": [{"mac": "001565aabb09", "model": "t54"}]}),
    );
    world.foreign("extensions/3000", json!({"kind": "fax", "name": "Fax"}));
    world.amend(
        "users/alice",
        json!({"extension": "1009", "email": "Z@x", "phones": [{"mac": "00-15-65-AA-BB-09", "model": "t54"}]}),
    );
    world.amend("users/bob", json!({"extension": "3000"}));
    world.declare("extensions/1009", json!({"kind": "fax", "name": "Another"}));
    assert_snapshot!(world.shown(), @r#"
    0 update users/alice
        email: "alice@acme.example" → "z@x"
        extension: "1001" → "1009"
        phones: [{"mac":"00:15:65:aa:bb:01","model":"t54"}] → [{"mac":"00:15:65:aa:bb:09","model":"t54"}]
    1 update users/bob
        extension: "1002" → "3000"
    2 create extensions/1009
        kind: - → "fax"
        name: - → "Another"
    block taken: users/alice is to have the extension 1009, which extensions/1009 has on the portal
    block taken: users/alice is to have the email z@x, which users/zed has on the portal
    block taken: extensions/1009 is to have the extension 1009, which users/zed has on the portal
    block taken: users/alice is to have the mac 00:15:65:aa:bb:09, which users/zed has on the portal
    block taken: users/bob is to have the extension 3000, which extensions/3000 has on the portal
    warn login-change: users/alice: the email changes from alice@acme.example to z@x
    info renumber-impact: users/alice: the extension changes from 1001 to 1009
    info renumber-impact: users/bob: the extension changes from 1002 to 3000
    1 users not managed
    1 extensions not managed
    "#);
}

#[test]
fn taken_by_who_keeps_what_nobody_declares() {
    let mut world = office();
    world.release("users/bob", "extension");
    world.amend("users/bob", json!({"dnd": true}));
    world.amend("users/alice", json!({"extension": "1002"}));
    assert_snapshot!(world.shown(), @r#"
    0 update users/alice
        extension: "1001" → "1002"
    1 update users/bob
        dnd: false → true
    block taken: users/alice is to have the extension 1002, which users/bob has on the portal
    warn taken-from: users/alice takes the extension 1002 from users/bob
    info renumber-impact: users/alice: the extension changes from 1001 to 1002
    "#);
}

#[test]
fn taken_by_who_has_the_number_that_a_queue_moves_to() {
    let mut world = office();
    world.foreign(
        "users/zed",
        json!({"first_name": "Z", "last_name": "X", "email": "z@x", "extension": "1009"}),
    );
    let mut resource = world
        .state
        .resources
        .remove(&address("extensions/2000"))
        .unwrap();
    resource.previously = Some("2000".into());
    world
        .state
        .resources
        .insert(address("extensions/1009"), resource);
    assert_snapshot!(world.shown(), @r"
    0 rename extensions/1009 (now 2000)
    block taken: extensions/1009 is to have the extension 1009, which users/zed has on the portal
    1 users not managed
    ");
}
