//! *Capabilities* that differ from the sandbox's: portals that know people by something else, or can't
//! change or clear a field.

use super::{World, address, live_of, office_on, show};
use callsheet::{
    apply::Outcome,
    config::{PortalConfig, PortalKind},
    journal::Replay,
    model::{
        Capabilities, Identity, Kind, Limit, Removal, Resource, SecretPlace, SentSecrets, Value,
    },
    plan::{Cause, Operation},
    portal,
    render::document::Heading,
    undo::undo,
};
use insta::assert_snapshot;
use serde_json::json;

/// The sandbox, if it knew users by another field.
fn known_by(field: &'static str) -> Capabilities {
    let mut capabilities = portal::capabilities(&PortalConfig::new(PortalKind::Sandbox));
    let users = capabilities.kinds.get_mut(&Kind::Users).unwrap();
    users.identity = Identity::Field(field);
    capabilities
}

/// The office, where the portal knows users by another field.
fn office_by(field: &'static str) -> World {
    let mut world = office_on(known_by(field));
    world.declare(
        "extensions/2001",
        json!({"kind": "ring_group", "name": "Team", "members": ["bob", "carol"]}),
    );
    world.live = live_of(&world.state, &world.capabilities);
    world
}

#[test]
fn a_portal_that_knows_people_by_their_email_address() {
    let mut world = office_by("email");
    let applied = world.state.clone();
    let users = world.live.of_kind(Kind::Users);
    let keys: Vec<&str> = users.map(|(key, _)| key).collect();
    assert_eq!(
        keys,
        [
            "alice@acme.example",
            "bob@acme.example",
            "carol@acme.example"
        ]
    );
    assert_snapshot!(world.shown(), @"");
    // Another address is another name on the portal: others refer to the new one.
    world.amend("users/bob", json!({"email": "bob.orr@acme.example"}));
    assert_snapshot!(show(&world.plan_after(&applied)), @r#"
    0 rename users/bob (now bob@acme.example)
        email: "bob@acme.example" → "bob.orr@acme.example"
    1 update extensions/2001 after [0]
        members: ["bob@acme.example","carol@acme.example"] → ["bob.orr@acme.example","carol@acme.example"]
    warn login-change: users/bob: the email changes from bob@acme.example to bob.orr@acme.example
    "#);

    // The key is the workspace's alone.
    let mut world = office_by("email");
    let bob = world.state.resources.remove(&address("users/bob"));
    let bob = Resource {
        previously: Some("bob".into()),
        ..bob.unwrap()
    };
    world.state.resources.insert(address("users/robert"), bob);
    world.amend("extensions/2001", json!({"members": ["robert", "carol"]}));
    assert_snapshot!(world.shown(), @"");
}

#[test]
fn two_people_swap_what_the_portal_knows_them_by() {
    let mut world = office_by("email");
    let applied = world.state.clone();
    world
        .amend("users/alice", json!({"email": "bob@acme.example"}))
        .amend("users/bob", json!({"email": "alice@acme.example"}));
    assert_snapshot!(show(&world.plan_after(&applied)), @r#"
    0 rename users/alice to make way (now alice@acme.example)
        email: "alice@acme.example" → "parked-60aa4bbe@callsheet.invalid"
    1 rename users/bob (now bob@acme.example) after [0]
        email: "bob@acme.example" → "alice@acme.example"
    2 rename users/alice (now parked-60aa4bbe@callsheet.invalid) after [0, 1]
        email: "parked-60aa4bbe@callsheet.invalid" → "bob@acme.example"
    3 update extensions/2000 after [2]
        agents: ["alice@acme.example"] → ["bob@acme.example"]
    4 update extensions/2001 after [1]
        members: ["bob@acme.example","carol@acme.example"] → ["alice@acme.example","carol@acme.example"]
    warn taken-from: users/bob takes the email alice@acme.example from users/alice
    warn taken-from: users/alice takes the email bob@acme.example from users/bob
    warn login-change: users/bob: the email changes from bob@acme.example to alice@acme.example
    warn login-change: users/alice: the email changes from alice@acme.example to bob@acme.example
    "#);
    let mut world = office_by("extension");
    world
        .amend("users/alice", json!({"extension": "1002"}))
        .amend("users/bob", json!({"extension": "1001"}));
    assert_snapshot!(show(&world.plan_after(&applied)), @r#"
    0 rename users/alice to make way (now 1001)
        extension: "1001" → "9605092117"
    1 rename users/bob (now 1002) after [0]
        extension: "1002" → "1001"
    2 rename users/alice (now 9605092117) after [0, 1]
        extension: "9605092117" → "1002"
    3 update extensions/2000 after [2]
        agents: ["1001"] → ["1002"]
    4 update extensions/2001 after [1]
        members: ["1002","1003"] → ["1001","1003"]
    warn taken-from: users/bob takes the extension 1001 from users/alice
    warn taken-from: users/alice takes the extension 1002 from users/bob
    info renumber-impact: users/bob: the extension changes from 1002 to 1001
    info renumber-impact: users/alice: the extension changes from 1001 to 1002
    "#);
}

#[test]
fn a_portal_that_knows_people_by_their_extension() {
    let mut world = office_by("extension");
    let applied = world.state.clone();
    assert_snapshot!(world.shown(), @"");
    world
        .edit("users/1003", json!({"last_name": "Poet"}))
        .amend("users/bob", json!({"extension": "1009"}))
        .configure("absent", json!(["users/1003"]));
    world.state.resources.remove(&address("users/carol"));
    world.amend("extensions/2001", json!({"members": ["bob"]}));
    assert_snapshot!(show(&world.plan_after(&applied)), @r#"
    0 rename users/bob (now 1002)
        extension: "1002" → "1009"
    1 update extensions/2001 after [0]
        members: ["1002","1003"] → ["1009"]
    2 delete users/1003 after [1]
    info renumber-impact: users/bob: the extension changes from 1002 to 1009
    "#);
}

#[test]
fn a_fixed_field_blocks_with_its_place() {
    let mut world = office_by("extension");
    let applied = world.state.clone();
    let users = world.capabilities.kinds.get_mut(&Kind::Users).unwrap();
    users.fixed.insert("extension");
    users.fixed.insert("voicemail.mailbox");
    world.declare(
        "users/dora",
        json!({"first_name": "Dora", "last_name": "Poe", "email": "dora@acme.example", "extension": "1004"}),
    );
    assert!(!world.plan().is_blocked());
    world
        .amend("users/bob", json!({"extension": "1009"}))
        .amend("users/carol", json!({"voicemail": {"mailbox": "77"}}));
    assert_snapshot!(show(&world.plan_after(&applied)), @r#"
    0 rename users/bob (now 1002)
        extension: "1002" → "1009"
    1 update users/carol (now 1003)
        voicemail.mailbox: - → "77"
    2 create users/dora
        username: - → "dora"
        first_name: - → "Dora"
        last_name: - → "Poe"
        email: - → "dora@acme.example"
        scope: - → "simple_user"
        extension: - → "1004"
    3 update extensions/2001 after [0]
        members: ["1002","1003"] → ["1009","1003"]
    block fixed-field: users/bob: the portal sandbox can't change `extension` of an object that exists
    block fixed-field: users/carol: the portal sandbox can't change `voicemail.mailbox` of an object that exists
    info renumber-impact: users/bob: the extension changes from 1002 to 1009
    "#);
}

/// The office, on a portal that removes users in another way.
fn office_that(removal: Removal) -> World {
    let mut world = office_by("username");
    let users = world.capabilities.kinds.get_mut(&Kind::Users).unwrap();
    users.removal = removal;
    world
}

#[test]
fn who_cannot_be_deleted_is_deactivated() {
    let mut world = office_that(Removal::Deactivate);
    let applied = world.state.clone();
    let carol = world.state.resources.remove(&address("users/carol"));
    // The guards of a removal hold.
    assert_snapshot!(show(&world.plan_after(&applied)), @"
    0 deactivate users/carol
        active: true → false
    block in-use: users/carol is to be deactivated, and extensions/2001 (Team) refers to it in members[1], which isn't declared
    info not-deleted: users/carol is deactivated, since the portal sandbox can't delete users
    ");
    world.amend("extensions/2001", json!({"members": ["bob"]}));
    let plan = world.plan_after(&applied);
    assert_snapshot!(show(&plan), @r#"
    0 update extensions/2001
        members: ["bob","carol"] → ["bob"]
    1 deactivate users/carol after [0]
        active: true → false
    info not-deleted: users/carol is deactivated, since the portal sandbox can't delete users
    "#);

    // It can be taken back.
    let replay = Replay {
        at: jiff::Timestamp::UNIX_EPOCH,
        heading: Heading::default(),
        outcomes: vec![Outcome::Done; plan.operations.len()],
        left: vec![Some(("id-carol".to_owned(), None)); plan.operations.len()],
        operations: plan.operations.clone(),
        is_finished: true,
    };
    let inverse = undo(&replay, &world.capabilities);
    assert!(inverse.lost.is_empty(), "{:?}", inverse.lost);
    assert!(!inverse.plan.operations.iter().any(Operation::is_removal));
    assert_snapshot!(show(&inverse.plan), @r#"
    0 reactivate users/carol
        active: false → true
    1 update extensions/2001
        members: ["bob"] → ["bob","carol"]
    "#);

    // Once it is done, nothing is left to do, whatever names it.
    world.edit("users/carol", json!({"active": false}));
    world.edit("extensions/2001", json!({"members": ["bob"]}));
    assert_snapshot!(show(&world.plan_after(&applied)), @"1 users not managed");
    world.configure("absent", json!(["users/carol"]));
    assert_snapshot!(show(&world.plan_after(&applied)), @"1 users not managed");
    world.configure("absent", json!([]));

    // Who comes back is active again.
    let applied = world.state.clone();
    world
        .state
        .resources
        .insert(address("users/carol"), carol.unwrap());
    assert_snapshot!(show(&world.plan_after(&applied)), @"
    0 reactivate users/carol
        active: false → true
    ");
}

// S4.31, N3
#[test]
fn the_policy_deactivates_where_the_portal_could_delete() {
    let mut world = office_that(Removal::Delete);
    world.configure("policy", json!({"removal": "deactivate"}));
    world.state.resources.remove(&address("extensions/2001"));
    world.live = live_of(&world.state, &world.capabilities);
    let applied = world.state.clone();
    let carol = world.state.resources.remove(&address("users/carol"));
    let shown = show(&world.plan_after(&applied));
    assert_snapshot!(shown, @"
    0 deactivate users/carol
        active: true → false
    info not-deleted: users/carol is deactivated and not deleted, since policy.removal is `deactivate`
    ");

    // Done: nothing is left to do.
    world.edit("users/carol", json!({"active": false}));
    let shown = show(&world.plan_after(&applied));
    assert_snapshot!(shown, @"1 users not managed");

    // Who comes back is active again.
    let without = world.state.clone();
    world
        .state
        .resources
        .insert(address("users/carol"), carol.unwrap());
    let shown = show(&world.plan_after(&without));
    assert_snapshot!(shown, @"
    0 reactivate users/carol
        active: false → true
    ");
    world.state.resources.remove(&address("users/carol"));

    // The second step: what is listed is deleted.
    world.configure("absent", json!(["users/carol"]));
    let shown = show(&world.plan_after(&applied));
    assert_snapshot!(shown, @"0 delete users/carol");
}

#[test]
fn a_portal_without_inactive_users_deletes_nobody_by_that_policy() {
    let mut world = office_that(Removal::Delete);
    world.configure("policy", json!({"removal": "deactivate"}));
    world.state.resources.remove(&address("extensions/2001"));
    let users = world.capabilities.kinds.get_mut(&Kind::Users).unwrap();
    users.unsupported.insert("active");
    world.amend("users/alice", json!({"groups": []}));
    world.live = live_of(&world.state, &world.capabilities);
    let applied = world.state.clone();
    world.state.resources.remove(&address("users/carol"));
    // A group can't be inactive anywhere, so it is deleted as ever.
    world.state.resources.remove(&address("groups/sales"));
    let shown = show(&world.plan_after(&applied));
    assert_snapshot!(shown, @"
    0 delete groups/sales
    info not-deleted: users/carol stays, since policy.removal is `deactivate` and the portal sandbox can't deactivate users
    1 users not managed
    ");
}

#[test]
fn what_cannot_be_removed_stays_with_a_note() {
    let mut world = office_that(Removal::Leave);
    let applied = world.state.clone();
    world.state.resources.remove(&address("users/carol"));
    assert_snapshot!(show(&world.plan_after(&applied)), @"
    info not-deleted: users/carol stays, since the portal sandbox can't remove users
    1 users not managed
    ");
    // A group has no `active`, so it stays where others are deactivated.
    let mut world = office_that(Removal::Deactivate);
    let groups = world.capabilities.kinds.get_mut(&Kind::Groups).unwrap();
    groups.removal = Removal::Deactivate;
    world.amend("users/alice", json!({"groups": []}));
    world.live = live_of(&world.state, &world.capabilities);
    let applied = world.state.clone();
    world.state.resources.remove(&address("groups/sales"));
    assert_snapshot!(show(&world.plan_after(&applied)), @"
    info not-deleted: groups/sales stays, since the portal sandbox can't remove groups
    1 groups not managed
    ");
}

#[test]
fn the_record_knows_the_secrets_that_a_portal_cannot_tell() {
    let mut world = office_by("username");
    let applied = world.state.clone();
    let users = world.capabilities.kinds.get_mut(&Kind::Users).unwrap();
    users.secrets = SecretPlace::Record;
    let listing = world.live.listings.get_mut(&Kind::Users).unwrap();
    let alice = listing.objects.get_mut("alice").unwrap();
    alice.fields.take("password").unwrap();
    let id = alice.id.clone();
    // Without a record it is sent once more, and that isn't the portal's doing.
    let plan = world.plan_after(&applied);
    assert_eq!(plan.operations[0].cause, Cause::Pending);
    assert_snapshot!(show(&plan), @r#"
    0 update users/alice
        password: - → {"version":1}
    info secret-unknown: users/alice: it isn't known which version of password the portal sandbox holds, so it is sent
    "#);

    let mut sent = SentSecrets::default();
    let path = ["password".into()];
    sent.sent(Kind::Users, &id, &path, 1);
    let fill = |world: &mut World, sent: &SentSecrets| {
        let mut live = world.live.clone();
        sent.fill(&mut live, &world.capabilities);
        std::mem::replace(&mut world.live, live)
    };
    let told = fill(&mut world, &sent);
    assert_snapshot!(show(&world.plan_after(&applied)), @"");
    world.amend("users/alice", json!({"password": {"version": 2}}));
    assert_snapshot!(show(&world.plan_after(&applied)), @r#"
    0 update users/alice
        password: {"version":1} → {"version":2}
    "#);

    // What was cleared, or deleted with its object, isn't known any more.
    for forget in [
        SentSecrets::forget,
        |sent: &mut SentSecrets, kind, id: &str| {
            sent.cleared(kind, id, &["password".into()]);
        },
    ] {
        let mut sent = sent.clone();
        forget(&mut sent, Kind::Users, &id);
        assert!(sent.is_empty());
    }
    // A portal that keeps versions is believed.
    world.live = told;
    world.capabilities = known_by("username");
    fill(&mut world, &sent);
    let alice = world.live.get(Kind::Users, "alice").unwrap();
    assert_eq!(alice.fields.get("password"), None);
}

#[test]
fn a_phone_that_is_replaced_is_a_new_device() {
    let mut world = office_by("username");
    let users = world.capabilities.kinds.get_mut(&Kind::Users).unwrap();
    users.replaced_by = &["phones.mac"];
    let phone = |mac: &str| json!({"phones": [{"mac": mac, "model": "t54"}]});
    world
        .amend("users/bob", phone("001565aabb09"))
        .amend("users/carol", phone("001565aabb03"));
    assert_snapshot!(world.shown(), @r#"
    0 update users/bob
        phones: [{"mac":"00:15:65:aa:bb:02","model":"t54"}] → [{"mac":"00:15:65:aa:bb:09","model":"t54"}]
    1 update users/carol
        phones: - → [{"mac":"00:15:65:aa:bb:03","model":"t54"}]
    info new-device: users/bob: the phone 00:15:65:aa:bb:09 is a new device to the portal sandbox, with new credentials, so it must be set up again
    "#);
}

#[test]
fn a_field_that_cannot_be_cleared_blocks_where_it_is_declared_no_more() {
    const LIMITS: &[Limit] = &[
        Limit {
            field: "extension",
            only: "an extension",
            accepts: &|value, _| *value != Value::Null,
        },
        Limit {
            field: "call_queue.overflow",
            only: "a destination",
            accepts: &|value, _| *value != Value::Null,
        },
    ];
    let mut world = office_by("username");
    world.amend("extensions/2000", json!({"overflow": "carol"}));
    world.live = live_of(&world.state, &world.capabilities);
    let applied = world.state.clone();
    for kind in [Kind::Users, Kind::Extensions] {
        world.capabilities.kinds.get_mut(&kind).unwrap().limits = LIMITS.to_vec();
    }
    assert_snapshot!(world.shown(), @"");
    world
        .release("users/bob", "extension")
        .release("extensions/2000", "overflow");
    assert_snapshot!(show(&world.plan_after(&applied)), @r#"
    0 update users/bob
        extension: "1002" → -
    1 update extensions/2000
        overflow: "carol" → -
    block not-cleared: users/bob: the portal sandbox can't clear `extension`, which isn't declared any more
    block not-cleared: extensions/2000: the portal sandbox can't clear `call_queue.overflow`, which isn't declared any more
    info renumber-impact: users/bob: the extension changes from 1002 to none
    "#);
}
