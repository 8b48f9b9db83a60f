//! The plan engine by itself: a workspace and a portal that hold the same, then one of them changes.

use callsheet::{
    config::Config,
    model::{
        Address, Fields, FindingRule, Kind, Listing, Live, LiveObject, Resource, State, Value,
    },
    plan::{Action, Finding, Inputs, Plan, plan},
};
use insta::assert_snapshot;
use serde_json::{Value as Json, json};
use std::fmt::Write as _;

/// A workspace, its configuration, and a portal.
struct World {
    state: State,
    config: Json,
    live: Live,
}

/// Three people, a queue, and what they refer to.
fn office() -> World {
    let mut world = World {
        state: State::default(),
        config: json!({"portal": {"kind": "sandbox"}}),
        live: Live::default(),
    };
    world
        .declare("scopes/lead", json!({"extends": "call_center_agent"}))
        .declare("groups/sales", json!({"title": "Sales"}))
        .declare(
            "users/alice",
            json!({"first_name": "Alice", "last_name": "Ng", "email": "alice@acme.example",
                "extension": "1001", "scope": "lead", "groups": ["sales"],
                "phones": [{"mac": "001565aabb01", "model": "t54"}],
                "password": {"version": 1}}),
        )
        .declare(
            "users/bob",
            json!({"first_name": "Bob", "last_name": "Orr", "email": "bob@acme.example",
                "extension": "1002", "phones": [{"mac": "001565aabb02", "model": "t54"}]}),
        )
        .declare(
            "users/carol",
            json!({"first_name": "Carol", "last_name": "Poe", "email": "carol@acme.example",
                "extension": "1003"}),
        )
        .declare(
            "extensions/2000",
            json!({"kind": "call_queue", "name": "Sales", "agents": ["alice"]}),
        );
    world.live = live_of(&world.state);
    world
}

/// The portal that holds what a workspace declares.
fn live_of(state: &State) -> Live {
    let mut live = Live::default();
    for kind in Kind::ALL {
        live.listings.insert(kind, Listing::default());
    }
    for (address, resource) in &state.resources {
        let key = resource.fields.text("username").unwrap_or(&address.key);
        put(&mut live, address.kind, key, resource.fields.clone());
    }
    live
}

fn put(live: &mut Live, kind: Kind, key: &str, fields: Fields) {
    let object = LiveObject {
        id: format!("id-{key}").into(),
        etag: Some("\"1\"".into()),
        fields: kind.shape().without_defaults(fields),
        ..LiveObject::default()
    };
    let listing = live.listings.get_mut(&kind).unwrap();
    listing.objects.insert(key.into(), object);
}

fn address(text: &str) -> Address {
    text.parse().unwrap()
}

impl World {
    /// Declares a resource; a null at its top stays one.
    fn declare(&mut self, at: &str, fields: Json) -> &mut Self {
        let address = address(at);
        let mut read = address.kind.shape().read(&fields).unwrap();
        for (name, value) in fields.as_object().unwrap() {
            if value.is_null() {
                read.set(name.as_str().into(), Value::Null);
            }
        }
        if address.kind == Kind::Users && read.get("username").is_none() {
            read.set("username".into(), Value::text(&address.key));
        }
        let resource = Resource {
            fields: read,
            ..Resource::default()
        };
        self.state.resources.insert(address, resource);
        self
    }

    /// Changes what is declared of a resource.
    fn amend(&mut self, at: &str, fields: Json) -> &mut Self {
        let address = address(at);
        let shape = address.kind.shape();
        let read = shape.read(&fields).unwrap();
        let known = self.state.resources.get_mut(&address).unwrap();
        for (name, value) in fields.as_object().unwrap() {
            let value = if value.is_null() {
                Value::Null
            } else {
                read.get(name).unwrap().clone()
            };
            known.fields.set(name.as_str().into(), value);
        }
        self
    }

    /// Declares a field no more.
    fn release(&mut self, at: &str, field: &str) -> &mut Self {
        let known = self.state.resources.get_mut(&address(at)).unwrap();
        known.fields.take(field).unwrap();
        self
    }

    /// Somebody edits the portal.
    fn edit(&mut self, at: &str, fields: Json) -> &mut Self {
        let Address { kind, key } = address(at);
        let read = kind.shape().read(&fields).unwrap();
        let listing = self.live.listings.get_mut(&kind).unwrap();
        let object = listing.objects.get_mut(&key).unwrap();
        let mut held = object.fields.clone();
        for (name, _) in fields.as_object().unwrap() {
            held.take(name);
        }
        held.extend_with(read);
        object.fields = kind.shape().without_defaults(held);
        self
    }

    /// The portal holds what nobody declares.
    fn foreign(&mut self, at: &str, fields: Json) -> &mut Self {
        let Address { kind, key } = address(at);
        let mut read = kind.shape().read(&fields).unwrap();
        if kind == Kind::Users {
            read.set("username".into(), Value::text(&key));
        }
        put(&mut self.live, kind, &key, read);
        self
    }

    /// A resource that is the portal's no more.
    fn lose(&mut self, at: &str) -> &mut Self {
        let Address { kind, key } = address(at);
        let listing = self.live.listings.get_mut(&kind).unwrap();
        listing.objects.remove(&key).unwrap();
        self
    }

    fn configure(&mut self, name: &str, value: Json) -> &mut Self {
        self.config[name] = value;
        self
    }

    fn plan(&self) -> Plan {
        let config: Config = serde_json::from_value(self.config.clone()).unwrap();
        plan(Inputs {
            desired: &self.state,
            config: &config,
            live: &self.live,
            today: jiff::civil::date(2026, 8, 22),
            past: callsheet::plan::Past::default(),
            only: &[],
        })
    }

    /// The plan, a line an operation, a field or a finding.
    fn shown(&self) -> String {
        show(&self.plan())
    }
}

trait Extend {
    fn extend_with(&mut self, other: Fields);
}

impl Extend for Fields {
    fn extend_with(&mut self, other: Fields) {
        for (name, value) in other {
            self.set(name, value);
        }
    }
}

fn show(plan: &Plan) -> String {
    let mut text = String::new();
    let json = |value: &Option<Value>| {
        let value = value.as_ref();
        value.map_or_else(|| "-".to_owned(), |v| serde_json::to_string(v).unwrap())
    };
    for (at, operation) in plan.operations.iter().enumerate() {
        let action = serde_json::to_value(operation.action).unwrap();
        let action = action.as_str().unwrap();
        write!(text, "{at} {action} {}", operation.address).unwrap();
        if operation.makes_way {
            text.push_str(" to make way");
        }
        if let Some(object) = &operation.object
            && *object.key != *operation.address.key
        {
            write!(text, " (now {})", object.key).unwrap();
        }
        if !operation.after.is_empty() {
            let after: Vec<String> = operation.after.iter().map(ToString::to_string).collect();
            write!(text, " after [{}]", after.join(", ")).unwrap();
        }
        text.push('\n');
        for change in &operation.changes {
            let path = change.path.join(".");
            let (before, after) = (json(&change.before), json(&change.after));
            writeln!(text, "    {path}: {before} → {after}").unwrap();
        }
    }
    for finding in &plan.findings {
        let level = serde_json::to_value(finding.level).unwrap();
        let (level, rule) = (level.as_str().unwrap(), finding.rule);
        writeln!(text, "{level} {rule}: {}", finding.message).unwrap();
        if let Some(because) = &finding.waived {
            writeln!(text, "    waived: {because}").unwrap();
        }
    }
    for (kind, count) in &plan.unmanaged {
        writeln!(text, "{count} {kind} not managed").unwrap();
    }
    text
}

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
        assert_eq!(
            world.shown(),
            "1 groups not managed\n1 users not managed\n",
            "{prune}"
        );
    }
}

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
    world.live = live_of(&world.state);
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
    listing.objects.get_mut("sales").unwrap().system = true;
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
    listing.objects.get_mut("administrator").unwrap().system = true;
    world.configure("absent", json!(["scopes/administrator"]));
    assert_eq!(world.shown(), "");
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
    listing.incomplete = Some("5 of 6 objects came back".to_owned());
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
    block in-use: users/alice is to be deactivated, and extensions/2000 (Sales) refers to it in agents[0], which nobody declares
    block in-use: users/alice is to be deactivated, and extensions/3000 (All) refers to it in members[0], which nobody declares
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
    block in-use: users/zed is to be deleted, and users/bob refers to it in forwarding.destinations[0], which nobody declares
    block in-use: users/zed is to be deleted, and users/bob refers to it in forwarding.destinations[1], which nobody declares
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
    block in-use: users/bob is to change its extension from 1002 to 1042, and extensions/3000 (Desk) refers to it in destination, which nobody declares
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
    block in-use: extensions/2001 is to have the number 2000 no more, and extensions/3000 (Desk) refers to it in destination, which nobody declares
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
    world.live = live_of(&world.state);
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
    block in-use: users/bob is to be deleted, and numbers/+14155550101 (Bob) refers to it in destination, which nobody declares
    block in-use: extensions/2000 is to be deleted, and numbers/+14155550100 (Main line) refers to it in destination, which nobody declares
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
fn in_use_by_the_key_of_who_has_another_username() {
    let mut world = office();
    world.amend("users/alice", json!({"username": "ang"}));
    world.live = live_of(&world.state);
    world.amend("users/alice", json!({"active": false}));
    assert_snapshot!(world.shown(), @r#"
    0 deactivate users/alice (now ang)
        active: true → false
    1 update extensions/2000
        agents: ["alice"] → ["ang"]
    block in-use: users/alice is to be deactivated, and extensions/2000 (Sales) refers to it in agents[0], which nobody declares
    "#);
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
    world.live = live_of(&world.state);
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
    world.live = live_of(&State::default());
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
        scope: "simple_user" → "lead"
        groups: - → ["sales"]
        extension: - → "1001"
        phones: - → [{"mac":"00:15:65:aa:bb:01","model":"t54"}]
        password: - → {"version":1}
    3 create users/bob
        username: - → "bob"
        first_name: - → "Bob"
        last_name: - → "Orr"
        email: - → "bob@acme.example"
        extension: - → "1002"
        phones: - → [{"mac":"00:15:65:aa:bb:02","model":"t54"}]
    4 create users/carol
        username: - → "carol"
        first_name: - → "Carol"
        last_name: - → "Poe"
        email: - → "carol@acme.example"
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
    let parked = plan.operations.iter().filter(|one| one.makes_way);
    assert_eq!(parked.count(), 1);
    assert!(
        plan.operations
            .iter()
            .all(|one| one.action == Action::Update)
    );
}
