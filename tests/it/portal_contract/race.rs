//! *Races*: another client changes the Kazoo between a read and a write. Its change is never overwritten, and an
//! unrelated change is no failure.

use super::{
    run::{Workspace, applied, failures, step},
    subject::Subject,
};
use crate::{
    faulty::{Fault, Faulty, Match},
    kazoo::{Dialect, Kazoo, Options},
    running,
};
use callsheet::model::{Kind, Value};
use serde_json::{Value as Json, json};

fn by(kazoo: &Kazoo, collection: &str, field: &str, value: &str) -> (String, Json) {
    let mut docs = kazoo.docs(collection).into_iter();
    docs.find(|(_, doc)| doc[field] == value)
        .unwrap_or_else(|| panic!("{value} is there"))
}

fn people() -> Workspace {
    let mut workspace = Workspace::default();
    for (key, number) in [("conf-ann", "7901"), ("conf-bob", "7902")] {
        let user = json!({"first_name": key, "last_name": "Lee", "email": format!("{key}@acme.example"),
            "extension": number, "title": "Clerk", "dnd": false});
        workspace.declare(Kind::Users, key, &user);
    }
    let ring =
        json!({"kind": "ring_group", "name": "Sales", "members": ["conf-ann"], "ring_seconds": 20});
    workspace.declare(Kind::Extensions, "7903", &ring);
    workspace
}

/// Plans, changes something as an administrator, and applies.
fn raced(
    subject: &Subject<Kazoo>,
    workspace: &Workspace,
    meanwhile: impl Fn(&Kazoo),
) -> Vec<String> {
    running::runtime().block_on(async {
        let portal = subject.portal();
        let plan = workspace.plan(&*portal).await.unwrap();
        meanwhile(&subject.server);
        let result = applied(&plan, &*portal).await;
        failures(&plan, &result)
    })
}

#[test]
fn a_concurrent_change_is_not_overwritten() {
    for make in [Subject::four, Subject::five] {
        let subject = make();
        let mut workspace = people();
        step(&subject, &workspace, true, "before");

        workspace
            .fields(Kind::Users, "conf-ann")
            .set("title".into(), Value::text("Chief"));
        let told = raced(&subject, &workspace, |kazoo| {
            let (id, _) = by(kazoo, "users", "username", "conf-ann");
            kazoo.set("users", &id, json!({"profile": {"title": "Baker"}}));
        });
        assert_eq!(told.len(), 1, "{}", subject.name);
        assert!(told[0].contains("has changed on the portal"), "{told:?}");
        let (_, ann) = by(&subject.server, "users", "username", "conf-ann");
        assert_eq!(ann["profile"]["title"], "Baker", "{}", subject.name);
        step(&subject, &workspace, true, "planned again");

        workspace
            .fields(Kind::Extensions, "7903")
            .set("ring_seconds".into(), Value::Integer(30));
        let told = raced(&subject, &workspace, |kazoo| {
            let (id, _) = by(kazoo, "callflows", "name", "Sales");
            kazoo.set("callflows", &id, json!({"flow": {"data": {"timeout": 40}}}));
        });
        assert!(told[0].contains("has changed on the portal"), "{told:?}");
        let (_, sales) = by(&subject.server, "callflows", "name", "Sales");
        assert_eq!(sales["flow"]["data"]["timeout"], 40, "{}", subject.name);
        step(&subject, &workspace, true, "planned again");
    }
}

#[test]
fn a_document_with_a_new_owner_is_not_deleted() {
    let subject = Subject::four();
    let mut workspace = people();
    let phones = json!([{"mac": "00:15:65:00:00:71", "model": "t54w"}]);
    let read = Kind::Users
        .shape()
        .read(&json!({"phones": phones}))
        .unwrap();
    let fields = workspace.fields(Kind::Users, "conf-bob");
    fields.set("phones".into(), read.get("phones").unwrap().clone());
    step(&subject, &workspace, true, "before");
    workspace.remove(Kind::Users, "conf-bob");
    // As a plan of which only lists told the devices.
    let told = raced(&subject, &workspace, |kazoo| {
        let (ann, _) = by(kazoo, "users", "username", "conf-ann");
        let (id, _) = by(kazoo, "devices", "mac_address", "001565000071");
        kazoo.set("devices", &id, json!({"owner_id": ann}));
    });
    assert!(told[0].contains("has changed on the portal"), "{told:?}");
    by(&subject.server, "devices", "mac_address", "001565000071");
}

#[test]
fn concurrent_creations_succeed() {
    for make in [Subject::four, Subject::five] {
        let mut nth = 1;
        loop {
            let subject = make();
            let mut workspace = people();
            step(&subject, &workspace, true, "before");
            let fields = workspace.fields(Kind::Users, "conf-ann");
            fields.set("title".into(), Value::text("Chief"));
            fields.set("extension".into(), Value::text("7909"));
            let more = json!({"first_name": "Co", "last_name": "Ming", "email": "co@acme.example", "extension": "7908"});
            workspace.declare(Kind::Users, "conf-co", &more);
            workspace.remove(Kind::Users, "conf-bob");
            let faulty = Faulty::before(subject.url());
            faulty.fail(Match::write().nth(nth), Fault::Refused(409));
            running::runtime().block_on(async {
                let portal = subject.portal_at(&faulty.url());
                let plan = workspace.plan(&*portal).await.unwrap();
                let result = applied(&plan, &*portal).await;
                assert_eq!(failures(&plan, &result), [""; 0], "{} {nth}", subject.name);
            });
            step(&subject, &workspace, false, "after");
            let requests = faulty.requests();
            let writes = requests
                .iter()
                .filter(|(method, path)| crate::faulty::writes(method, path));
            if nth > writes.count() {
                break;
            }
            nth += 1;
        }
    }
}

#[test]
fn without_bulk_documents_are_read_one_by_one() {
    let subject = Subject::kazoo(
        "kazoo 4 with bulk",
        Options {
            bulk: true,
            ..Options::new(Dialect::Four)
        },
    );
    let mut workspace = Workspace::default();
    for at in 0..70 {
        let user = json!({"first_name": "U", "last_name": "U", "email": format!("u{at}@acme.example"),
            "dnd": false});
        workspace.declare(Kind::Users, &format!("u{at}"), &user);
        let there = json!({"username": format!("u{at}"), "password": "x1y2z3", "first_name": "U",
            "last_name": "U", "email": format!("u{at}@acme.example")});
        subject.server.seed("users", there);
    }
    let faulty = Faulty::before(subject.url());
    faulty.fail(Match::post("/v2"), Fault::Refused(403));
    running::runtime().block_on(async {
        let portal = subject.portal_at(&faulty.url());
        let plan = workspace.plan(&*portal).await.unwrap();
        assert!(plan.operations.is_empty());
    });
}
