//! *Identity*: an object keeps its ID when its name, number or type changes, and an incomplete person is
//! completed.

use super::{
    field::clean,
    neighbours::neighbours,
    run::{Workspace, applied, failures, step},
    subject::Subject,
    supported::{can_change, declare, supports},
};
use crate::running;
use callsheet::model::{Address, Fields, Kind, Live, Secret, SecretOrigin, SecretPlace, Value};
use serde_json::json;

fn live(subject: &Subject, workspace: &Workspace) -> Live {
    running::runtime().block_on(async { workspace.read(&*subject.portal()).await.unwrap() })
}

fn id(live: &Live, kind: Kind, key: &str) -> String {
    live.get(kind, key)
        .unwrap_or_else(|| panic!("{kind}/{key} is there"))
        .id
        .to_string()
}

fn tess(extension: &str) -> serde_json::Value {
    json!({"first_name": "Tess", "last_name": "Ter", "email": "tess@acme.example", "extension": extension,
        "username": "conf-tess"})
}

/// Declares a user under another key and user name.
fn rename<'w>(workspace: &'w mut Workspace, old: &str, new: &str) -> &'w mut Fields {
    let address = Address::new(Kind::Users, old);
    let mut resource = workspace.state.resources.remove(&address).unwrap();
    resource.previously = Some(old.into());
    resource.fields.set("username".into(), Value::text(new));
    let address = Address::new(Kind::Users, new);
    let resources = &mut workspace.state.resources;
    &mut resources.entry(address).or_insert(resource).fields
}

fn password(version: u32) -> Value {
    Value::Secret(Box::new(Secret {
        origin: Some(SecretOrigin::Env("PASSWORD".into())),
        version,
    }))
}

#[test]
fn a_user_keeps_its_id_with_another_name_and_number() {
    for subject in Subject::all() {
        let portal = subject.capabilities();
        let mut workspace = neighbours(&subject);
        let place = (Kind::Users, "conf-tess");
        let mut wish = tess("7920");
        if !supports(&portal, Kind::Users, "username") {
            // It stays in the files.
            wish.as_object_mut().unwrap().remove("username");
        }
        declare(&mut workspace, &portal, place, &wish, &json!({}));
        step(&subject, &workspace, true, "a person");
        let id_of = |workspace: &Workspace, key: &str| {
            let address = Address::new(Kind::Users, key);
            let fields = &workspace.state.get(&address).unwrap().fields;
            let known = portal.portal_key(&address, fields);
            id(&live(&subject, workspace), Kind::Users, known)
        };
        let before = id_of(&workspace, "conf-tess");

        if can_change(&portal, Kind::Users, "extension") {
            let fields = workspace.fields(Kind::Users, "conf-tess");
            fields.set("extension".into(), Value::text("7921"));
            step(&subject, &workspace, true, "another number");
        }

        if can_change(&portal, Kind::Users, "username") {
            let fields = rename(&mut workspace, "conf-tess", "conf-tess-ter");
            let place = portal.secrets(Kind::Users);
            if supports(&portal, Kind::Users, "password") && place == SecretPlace::Beside {
                fields.set("password".into(), password(1));
            }
            step(&subject, &workspace, true, "another name");
            let same = id_of(&workspace, "conf-tess-ter");
            assert_eq!(same, before, "{}", subject.name);
            let after = live(&subject, &workspace);
            assert!(after.get(Kind::Users, "conf-tess").is_none());
        }
        clean(&subject, &mut workspace);
    }
}

#[test]
fn an_external_number_stays_with_the_user_when_the_extension_changes() {
    for subject in [Subject::four(), Subject::five()] {
        let mut workspace = neighbours(&subject);
        step(&subject, &workspace, true, "the neighbours");
        let kazoo = &subject.server;
        // One that is declared, and one that was added manually.
        workspace.declare(
            Kind::Numbers,
            "+14155550130",
            &json!({"destination": "conf-ann"}),
        );
        step(&subject, &workspace, true, "an outer number");
        let callflows = kazoo.docs("callflows").into_iter();
        let mut own = callflows.filter(|(_, doc)| doc["numbers"][0] == "7905");
        let (id, _) = own.next().unwrap();
        let numbers = json!(["7905", "+14155550130", "+14155550131"]);
        kazoo.set("callflows", &id, json!({ "numbers": numbers }));
        let fields = workspace.fields(Kind::Users, "conf-ann");
        fields.set("extension".into(), Value::text("7906"));
        step(&subject, &workspace, true, "another inner number");
        let numbers = json!(["7906", "+14155550130", "+14155550131"]);
        assert_eq!(kazoo.doc("callflows", &id).unwrap()["numbers"], numbers);
    }
}

#[test]
fn two_users_swap_their_numbers() {
    for subject in Subject::all() {
        if !can_change(&subject.capabilities(), Kind::Users, "extension") {
            continue;
        }
        let mut workspace = neighbours(&subject);
        let extension = |workspace: &mut Workspace, key: &str, number: &str| {
            let fields = workspace.fields(Kind::Users, key);
            fields.set("extension".into(), Value::text(number));
        };
        extension(&mut workspace, "conf-ann", "7930");
        extension(&mut workspace, "conf-bob", "7931");
        step(&subject, &workspace, true, "two numbers");
        extension(&mut workspace, "conf-ann", "7931");
        extension(&mut workspace, "conf-bob", "7930");
        step(&subject, &workspace, true, "swapped");
        clean(&subject, &mut workspace);
    }
}

/// The number changes, and what is behind it stays.
fn renumbered(subject: &Subject, workspace: &mut Workspace) {
    let before = id(&live(subject, workspace), Kind::Extensions, "7940");
    let old = Address::new(Kind::Extensions, "7940");
    let mut resource = workspace.state.resources.remove(&old).unwrap();
    resource.previously = Some("7940".into());
    let new = Address::new(Kind::Extensions, "7941");
    workspace.state.resources.insert(new, resource);
    step(subject, workspace, true, "another number");
    let after = live(subject, workspace);
    assert_eq!(
        id(&after, Kind::Extensions, "7941"),
        before,
        "{}",
        subject.name
    );
    for left in ["conferences", "menus", "faxboxes", "queues"] {
        let count = subject.server.count(left).unwrap_or(0);
        assert_eq!(count, 0, "{left} of types that it is no more");
    }
}

#[test]
fn an_extension_changes_to_every_other_type() {
    for subject in Subject::all() {
        let portal = subject.capabilities();
        if !portal.kinds.contains_key(&Kind::Extensions) {
            continue;
        }
        let mut workspace = neighbours(&subject);
        step(&subject, &workspace, true, "the neighbours");
        let types = [
            json!({"kind": "ring_group", "name": "A", "members": ["conf-ann", "conf-bob"]}),
            json!({"kind": "conference", "name": "B", "owner": "conf-ann"}),
            json!({"kind": "auto_attendant", "name": "C", "options": {"1": "7901", "2": "conf-bob"}}),
            json!({"kind": "forward", "name": "D", "destination": "+14155550100"}),
            json!({"kind": "fax", "name": "E", "emails": ["fax@acme.example"]}),
            json!({"kind": "call_queue", "name": "F", "agents": ["conf-ann"], "overflow": "7901"}),
            json!({"kind": "ring_group", "name": "G", "members": ["conf-bob"], "no_answer": "conf-ann"}),
        ];
        for declared in types {
            let place = (Kind::Extensions, "7940");
            let word = declared["kind"].as_str().unwrap();
            if supports(&portal, Kind::Extensions, word)
                && declare(&mut workspace, &portal, place, &declared, &json!({}))
            {
                step(&subject, &workspace, true, &format!("becomes a {word}"));
            }
        }
        if can_change(&portal, Kind::Extensions, "number") {
            renumbered(&subject, &mut workspace);
        }
        clean(&subject, &mut workspace);
    }
}

#[test]
fn an_incomplete_person_is_completed() {
    for subject in [Subject::four(), Subject::five()] {
        let kazoo = &subject.server;
        let user = |name: &str| {
            kazoo.seed("users", json!({"username": name, "password": "x1y2z3", "first_name": "Tess",
                "last_name": "Ter", "email": format!("{name}@acme.example"), "ui_metadata": {"origin": "x"}}))
        };
        let bare = user("bare");
        let boxed = user("boxed");
        kazoo.seed(
            "vmboxes",
            json!({"name": "Boxed", "mailbox": "7951", "owner_id": boxed}),
        );
        let called = user("called");
        kazoo.seed("callflows", json!({"name": "Called", "numbers": ["7952"], "owner_id": called,
            "type": "mainUserCallflow", "flow": {"module": "user", "data": {"id": called}, "children": {}}}));
        let mut workspace = Workspace::default();
        for (name, number) in [("bare", "7950"), ("boxed", "7951"), ("called", "7952")] {
            let declared = json!({"username": name, "first_name": "Tess", "last_name": "Ter",
                "email": format!("{name}@acme.example"), "extension": number, "voicemail": {"enabled": true}});
            let fields = workspace.declare(Kind::Users, name, &declared);
            fields.put(
                &["voicemail".into(), "enabled".into()],
                Some(Value::Bool(true)),
            );
        }
        step(&subject, &workspace, true, "completed");
        for (owner, number) in [(&bare, "7950"), (&boxed, "7951"), (&called, "7952")] {
            let own = |collection: &str| {
                let docs = kazoo.docs(collection).into_values();
                docs.filter(|doc| doc["owner_id"] == owner.as_str())
                    .collect::<Vec<_>>()
            };
            let (boxes, callflows) = (own("vmboxes"), own("callflows"));
            assert_eq!((boxes.len(), callflows.len()), (1, 1), "{number}");
            assert_eq!(boxes[0]["mailbox"], number);
            assert_eq!(callflows[0]["numbers"], json!([number]));
            assert_eq!(
                callflows[0]["flow"]["children"]["_"]["data"]["id"],
                boxes[0]["id"]
            );
            assert_eq!(
                kazoo.doc("users", owner).unwrap()["ui_metadata"],
                json!({"origin": "x"})
            );
        }
    }
}

#[test]
fn a_new_name_without_a_password_is_rejected_before_any_request() {
    let subject = Subject::four();
    let mut workspace = Workspace::default();
    workspace.declare(Kind::Users, "conf-tess", &tess("7960"));
    step(&subject, &workspace, true, "a person");
    rename(&mut workspace, "conf-tess", "other");
    running::runtime().block_on(async {
        let portal = subject.portal();
        let plan = workspace.plan(&*portal).await.unwrap();
        let told = failures(&plan, &applied(&plan, &*portal).await);
        assert!(
            told[0].contains("password: Kazoo requires the password"),
            "{told:?}"
        );
    });
}
