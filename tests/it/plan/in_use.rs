//! What is *in use* is not taken away, unless a waiver says so.

use super::{address, live_of, office};
use callsheet::{model::FindingRule, plan::Finding};
use insta::assert_snapshot;
use serde_json::{Value as Json, json};

#[test]
fn in_use_when_deactivated() {
    let mut world = office();
    world.foreign(
        "extensions/3000",
        json!({"kind": "ring_group", "name": "All", "members": ["1001", "bob"]}),
    );
    world.amend("users/alice", json!({"active": false}));
    assert_snapshot!(world.shown(), @r"
    0 deactivate users/alice
        active: true → false
    block in-use: users/alice is to be deactivated, and extensions/2000 (Sales) refers to it in agents[0], which isn't declared
    block in-use: users/alice is to be deactivated, and extensions/3000 (All) refers to it in members[0], which isn't declared
    1 extensions not managed
    ");
}

#[test]
fn in_use_when_deleted() {
    let mut world = office();
    world.foreign(
        "users/zed",
        json!({"first_name": "Z", "last_name": "X", "email": "z@x", "extension": "1009"}),
    );
    world.amend(
        "users/bob",
        json!({"forwarding": {"destinations": ["zed", "1009", "+14155550100"]}}),
    );
    world.edit(
        "users/bob",
        json!({"forwarding": {"destinations": ["zed", "1009", "+14155550100"]}}),
    );
    world.configure("absent", json!(["users/zed"]));
    assert_snapshot!(world.shown(), @r"
    0 delete users/zed
    block in-use: users/zed is to be deleted, and users/bob refers to it in forwarding.destinations[0], which isn't declared
    block in-use: users/zed is to be deleted, and users/bob refers to it in forwarding.destinations[1], which isn't declared
    ");
    // In the same plan, the reference goes first.
    world.amend("users/bob", json!({"forwarding": {"destinations": []}}));
    assert_snapshot!(world.shown(), @r#"
    0 update users/bob
        forwarding.destinations: ["zed","1009","+14155550100"] → -
    1 delete users/zed after [0]
    "#);
}

#[test]
fn in_use_when_renumbered() {
    let mut world = office();
    world.foreign(
        "extensions/3000",
        json!({"kind": "forward", "name": "Desk", "destination": "1002"}),
    );
    world.amend("users/bob", json!({"extension": "1042"}));
    assert_snapshot!(world.shown(), @r#"
    0 update users/bob
        extension: "1002" → "1042"
    block in-use: users/bob is to change its extension from 1002 to 1042, and extensions/3000 (Desk) refers to it in destination, which isn't declared
    info renumber-impact: users/bob: the extension changes from 1002 to 1042
    1 extensions not managed
    "#);
    // Somebody else is reached at the number then.
    world.amend("users/carol", json!({"extension": "1002"}));
    assert!(!world.plan().is_blocked());
}

#[test]
fn in_use_when_a_queue_is_renumbered() {
    let mut world = office();
    world.foreign(
        "extensions/3000",
        json!({"kind": "forward", "name": "Desk", "destination": "2000"}),
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
        .insert(address("extensions/2001"), resource);
    assert_snapshot!(world.shown(), @r"
    0 rename extensions/2001 (now 2000)
    block in-use: extensions/2001 is to have the number 2000 no more, and extensions/3000 (Desk) refers to it in destination, which isn't declared
    1 extensions not managed
    ");
}

#[test]
fn in_use_when_a_number_leads_to_what_goes() {
    let mut world = office();
    world
        .declare(
            "numbers/+14155550100",
            json!({"title": "Main line", "destination": "2000"}),
        )
        .declare(
            "numbers/+14155550101",
            json!({"title": "Bob", "destination": "bob"}),
        )
        .declare("contacts/bob", json!({"name": "Bob at home"}));
    world.live = live_of(&world.state, &world.capabilities);
    for gone in ["extensions/2000", "users/bob", "contacts/bob"] {
        world.state.resources.remove(&address(gone)).unwrap();
    }
    world.configure(
        "absent",
        json!(["extensions/2000", "users/bob", "contacts/bob"]),
    );
    assert_snapshot!(world.shown(), @"
    0 delete users/bob
    1 delete extensions/2000
    2 delete contacts/bob
    block in-use: users/bob is to be deleted, and numbers/+14155550101 (Bob) refers to it in destination, which isn't declared
    block in-use: extensions/2000 is to be deleted, and numbers/+14155550100 (Main line) refers to it in destination, which isn't declared
    ");
    // Who leads elsewhere, or nowhere, is in nobody's way.
    world.amend("numbers/+14155550100", json!({"destination": null}));
    world.amend("numbers/+14155550101", json!({"destination": "carol"}));
    assert_snapshot!(world.shown(), @r#"
    0 update numbers/+14155550100
        destination: "2000" → -
    1 update numbers/+14155550101
        destination: "bob" → "carol"
    2 delete users/bob after [1]
    3 delete extensions/2000 after [0]
    4 delete contacts/bob
    "#);
}

#[test]
fn in_use_by_the_key_of_who_has_another_username() {
    let mut world = office();
    world.amend("users/alice", json!({"username": "ang"}));
    world.live = live_of(&world.state, &world.capabilities);
    world.amend("users/alice", json!({"active": false}));
    assert_snapshot!(world.shown(), @"
    0 deactivate users/alice (now ang)
        active: true → false
    block in-use: users/alice is to be deactivated, and extensions/2000 (Sales) refers to it in agents[0], which isn't declared
    ");
}

#[test]
fn a_waiver_is_scoped_and_expires() {
    let waived = |waiver: Json| {
        let mut world = office();
        world.amend("users/alice", json!({"active": false}));
        world.configure("allow", json!([waiver]));
        let plan = world.plan();
        let in_use = |one: &&Finding| one.rule == FindingRule::InUse;
        let finding = plan.findings.iter().find(in_use).unwrap();
        assert_eq!(finding.waived.is_some(), !plan.is_blocked());
        !plan.is_blocked()
    };
    let waiver =
        |finding: &str, until: &str| json!({"finding": finding, "until": until, "because": "x"});
    assert!(waived(waiver("in-use", "2026-08-22")));
    assert!(!waived(waiver("in-use", "2026-08-21")));
    assert!(!waived(waiver("taken", "2026-12-01")));
    for (address, expected) in [("users/alice", true), ("users/bob", false)] {
        let mut waiver = waiver("in-use", "2026-12-01");
        waiver["address"] = json!(address);
        assert_eq!(waived(waiver), expected);
    }
}
