//! *Live* objects that aren't like others: those that can't be managed, those that wait, and those of a
//! kind that can't be listed.

use super::{address, office};
use callsheet::model::{Extent, Kind, LiveObject, Standing, Waiting};
use insta::assert_snapshot;
use serde_json::json;

fn object<'w>(world: &'w mut super::World, at: &str) -> &'w mut LiveObject {
    let at = address(at);
    let listing = world.live.listings.get_mut(&at.kind).unwrap();
    listing.objects.get_mut(&at.key).unwrap()
}

#[test]
fn what_no_field_can_describe_is_left_alone_with_its_reason() {
    let mut world = office();
    let reason = "begins with `temporal_route`, which no field describes";
    object(&mut world, "extensions/2000").standing = Standing::Unsupported(reason.into());
    assert_snapshot!(world.shown(), @"");
    world
        .amend("extensions/2000", json!({"name": "Office"}))
        .configure(
            "allow",
            json!([{"finding": "unsupported-object", "until": "2026-12-01", "because": "no"}]),
        );
    assert_snapshot!(world.shown(), @r#"
    0 update extensions/2000
        name: "Sales" → "Office"
    block unsupported-object: extensions/2000 on the portal begins with `temporal_route`, which no field describes, so it can't be declared and is left alone
    info unused-waiver: the waiver for `unsupported-object` lets nothing pass
    "#);
    assert!(world.plan().is_blocked());

    // What isn't declared is neither deleted nor counted.
    world.state.resources.remove(&address("extensions/2000"));
    world.configure("allow", json!([]));
    assert_snapshot!(world.shown(), @"");
}

#[test]
fn a_field_that_waits_is_not_written_again() {
    let mut world = office();
    let waiting = Waiting {
        path: ["active".into()].into(),
        waits_for: "bob@acme.example to be confirmed".into(),
    };
    world
        .amend("users/bob", json!({"active": true}))
        .edit("users/bob", json!({"active": false}));
    object(&mut world, "users/bob").waiting = [waiting].into();
    assert_snapshot!(world.shown(), @"info waiting: users/bob: active waits for bob@acme.example to be confirmed");
    // Everything else is written, and what is as declared doesn't wait.
    world.amend("users/bob", json!({"last_name": "Oak", "active": false}));
    assert_snapshot!(world.shown(), @r#"
    0 update users/bob
        last_name: "Orr" → "Oak"
    "#);
}

#[test]
fn of_a_kind_that_cannot_be_listed_only_what_is_named_goes() {
    let mut world = office();
    world.foreign(
        "users/zed",
        json!({"first_name": "Z", "last_name": "Y", "email": "z@x"}),
    );
    world.live.listings.get_mut(&Kind::Users).unwrap().extent = Extent::Asked;
    assert_snapshot!(world.shown(), @"1 users not managed");
    world.configure("absent", json!(["users/zed"]));
    assert_snapshot!(world.shown(), @"0 delete users/zed");
}
