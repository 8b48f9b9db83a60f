//! What something is *called*: renames, usernames beside keys, and what the portal named itself.

use super::{address, live_of, office};
use callsheet::model::{Kind, Resource, Standing, Value};
use insta::assert_snapshot;
use serde_json::json;

#[test]
fn rename_of_a_user() {
    let mut world = office();
    let mut fields = world
        .state
        .resources
        .remove(&address("users/carol"))
        .unwrap()
        .fields;
    fields.set("username".into(), Value::text("caroline"));
    let resource = Resource {
        fields,
        previously: Some("carol".into()),
        ..Resource::default()
    };
    world
        .state
        .resources
        .insert(address("users/caroline"), resource);
    world.amend("users/caroline", json!({"last_name": "Poe-Ng"}));
    assert_snapshot!(world.shown(), @r#"
    0 rename users/caroline (now carol)
        username: "carol" → "caroline"
        last_name: "Poe" → "Poe-Ng"
    warn login-change: users/caroline: the username changes from carol to caroline
    "#);
    // The new name is there already: the old one is a stranger.
    world.live = live_of(&world.state, &world.capabilities);
    world.foreign(
        "users/carol",
        json!({"first_name": "C", "last_name": "D", "email": "c@d"}),
    );
    assert_snapshot!(world.shown(), @"1 users not managed");
}

#[test]
fn rename_of_a_queue_and_of_a_scope() {
    let mut world = office();
    for (old, new) in [
        ("extensions/2000", "extensions/2001"),
        ("scopes/lead", "scopes/chief"),
    ] {
        let mut resource = world.state.resources.remove(&address(old)).unwrap();
        resource.previously = Some(address(old).key);
        world.state.resources.insert(address(new), resource);
    }
    world.amend("users/alice", json!({"scope": "chief"}));
    assert_snapshot!(world.shown(), @r#"
    0 rename scopes/chief (now lead)
    1 update users/alice after [0]
        scope: "lead" → "chief"
    2 rename extensions/2001 (now 2000)
    "#);
}

#[test]
fn a_username_is_not_the_key() {
    let mut world = office();
    world.amend("users/carol", json!({"username": "cpoe"}));
    assert_snapshot!(world.shown(), @r#"
    0 create users/carol
        username: - → "cpoe"
        first_name: - → "Carol"
        last_name: - → "Poe"
        email: - → "carol@acme.example"
        scope: - → "simple_user"
        extension: - → "1003"
    block taken: users/carol is to have the email carol@acme.example, which users/carol has on the portal
    block taken: users/carol is to have the extension 1003, which users/carol has on the portal
    1 users not managed
    "#);
}

#[test]
fn what_the_portal_made_for_itself_is_not_changed() {
    let mut world = office();
    world.amend("groups/sales", json!({"title": "All"}));
    let listing = world.live.listings.get_mut(&Kind::Groups).unwrap();
    listing.objects.get_mut("sales").unwrap().standing = Standing::BuiltIn;
    world.configure(
        "allow",
        json!([{"finding": "system-object", "until": "2026-12-01", "because": "no"}]),
    );
    assert_snapshot!(world.shown(), @r#"
    0 update groups/sales
        title: "Sales" → "All"
    block system-object: groups/sales is the portal's own
    info unused-waiver: the waiver for `system-object` lets nothing pass
    "#);
    assert!(world.plan().is_blocked());
}

#[test]
fn a_system_object_is_neither_unmanaged_nor_deleted() {
    let mut world = office();
    world.foreign("scopes/administrator", json!({}));
    let listing = world.live.listings.get_mut(&Kind::Scopes).unwrap();
    listing.objects.get_mut("administrator").unwrap().standing = Standing::BuiltIn;
    world.configure("absent", json!(["scopes/administrator"]));
    assert_eq!(world.shown(), "");
}
