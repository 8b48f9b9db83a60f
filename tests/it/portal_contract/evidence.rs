//! *Evidence*: a user with references isn't deleted, wherever the reference is in Kazoo's documents.

use super::{
    run::{Workspace, step},
    subject::Subject,
};
use crate::{kazoo::Kazoo, running};
use callsheet::{
    model::{Address, FindingRule, Kind},
    plan::Action,
};
use serde_json::{Value as Json, json};

/// A workspace in which only Zed is deleted.
fn zed(subject: &Subject<Kazoo>) -> (Workspace, String) {
    let mut workspace = Workspace::default();
    for (key, number) in [("zed", "79300"), ("stays", "79301")] {
        let user = json!({"first_name": key, "last_name": "Orr", "email": format!("{key}@acme.example"),
            "extension": number, "phones": [{"mac": format!("00:15:65:00:93:{}", &number[3..]), "model": "t54w"}]});
        workspace.declare(Kind::Users, key, &user);
    }
    step(subject, &workspace, true, "zed");
    let kazoo = &subject.server;
    let users = kazoo.docs("users").into_iter();
    let id = users
        .filter(|(_, user)| user["username"] == "zed")
        .map(|(id, _)| id)
        .next()
        .unwrap();
    workspace.remove(Kind::Users, "zed");
    (workspace, id)
}

/// The findings that block the delete.
fn held(subject: &Subject, workspace: &Workspace) -> Vec<String> {
    running::runtime().block_on(async {
        let plan = workspace.plan(&*subject.portal()).await.unwrap();
        assert!(
            plan.operations
                .iter()
                .any(|one| one.action == Action::Delete)
        );
        let in_use = plan
            .findings
            .iter()
            .filter(|one| one.rule == FindingRule::InUse);
        in_use.map(|one| one.message.clone()).collect()
    })
}

#[test]
fn any_reference_to_a_user_blocks_the_delete() {
    for make in [Subject::four, Subject::five] {
        let node = |module: &str, data: Json, way: &str, child: Json| json!({"module": module, "data": data, "children": {way: child}});
        let leaf =
            |module: &str, data: Json| json!({"module": module, "data": data, "children": {}});
        for case in [
            "tree",
            "device",
            "mailbox",
            "group",
            "directory",
            "queue",
            "number",
        ] {
            let subject = make();
            let (workspace, zed) = zed(&subject);
            let kazoo = &subject.server;
            let own = |collection: &str| {
                let docs = kazoo.docs(collection).into_iter();
                docs.filter(|(_, doc)| doc["owner_id"] == zed.as_str())
                    .map(|(id, _)| id)
                    .next()
                    .unwrap()
            };
            let callflow = |flow: Json| {
                kazoo.seed(
                    "callflows",
                    json!({"name": "Night", "numbers": ["+14155550177"], "flow": flow}),
                )
            };
            let expected = match case {
                "tree" => {
                    let menu = kazoo.seed("menus", json!({"name": "M"}));
                    let ring = json!({"endpoints": [{"id": zed, "endpoint_type": "user"}]});
                    let inner = node("menu", json!({"id": menu}), "3", leaf("ring_group", ring));
                    callflow(node("temporal_route", json!({}), "_", inner));
                    "the callflow Night refers to it in a ring_group node"
                }
                "device" => {
                    callflow(leaf("device", json!({"id": own("devices")})));
                    "the callflow Night refers to it in a device node"
                }
                "mailbox" => {
                    callflow(leaf("voicemail", json!({"id": own("vmboxes")})));
                    "the callflow Night refers to it in a voicemail node"
                }
                "number" => {
                    callflow(leaf("callflow", json!({"id": own("callflows")})));
                    "the callflow Night refers to it in a callflow node"
                }
                "group" => {
                    let endpoints = json!({zed.clone(): {"type": "user", "weight": 1}});
                    kazoo.seed(
                        "groups",
                        json!({"name": "Night Shift", "endpoints": endpoints}),
                    );
                    "groups/night-shift refers to it in its endpoints"
                }
                "directory" => {
                    let directory = kazoo.seed("directories", json!({"name": "Main"}));
                    kazoo.set(
                        "users",
                        &zed,
                        json!({"directories": {directory: own("callflows")}}),
                    );
                    "the directory Main refers to it in its entries"
                }
                _ => {
                    let queue = kazoo.seed("queues", json!({"name": "Q"}));
                    kazoo.set("users", &zed, json!({"queues": [queue]}));
                    "the queue Q refers to it in its roster"
                }
            };
            let told = held(&subject, &workspace);
            assert_eq!(told.len(), 1, "{} {case}: {told:?}", subject.name);
            assert!(told[0].contains(expected), "{case}: {told:?}");
        }
    }
}

#[test]
fn a_user_without_references_is_deleted_with_all_documents() {
    let subject = Subject::four();
    let (workspace, zed) = zed(&subject);
    let kazoo = &subject.server;
    let soft = kazoo.seed(
        "devices",
        json!({"name": "Soft", "device_type": "softphone", "owner_id": zed}),
    );
    assert_eq!(held(&subject, &workspace), [""; 0]);
    step(&subject, &workspace, true, "zed goes");
    for collection in ["users", "devices", "vmboxes", "callflows"] {
        let left = kazoo.docs(collection).into_values();
        let left = left.filter(|doc| doc["id"] == zed.as_str() || doc["owner_id"] == zed.as_str());
        assert_eq!(left.count(), 0, "{collection}");
    }
    assert!(
        kazoo.doc("devices", &soft).is_none(),
        "nobody can call with it any more"
    );
    let deletes = kazoo
        .requests()
        .into_iter()
        .filter(|one| one.method == "DELETE");
    let deletes: Vec<(String, bool)> = deletes
        .map(|one| {
            (
                one.path.split('/').nth(4).unwrap().to_owned(),
                one.header("if-match").is_some(),
            )
        })
        .collect();
    let names = ["callflows", "devices", "devices", "vmboxes", "users"];
    assert_eq!(deletes, names.map(|name| (name.to_owned(), true)));
}

#[test]
fn messages_are_reported_before_the_delete() {
    let subject = Subject::four();
    let (workspace, zed) = zed(&subject);
    let kazoo = &subject.server;
    let boxes = kazoo.docs("vmboxes").into_iter();
    let own = boxes
        .filter(|(_, doc)| doc["owner_id"] == zed.as_str())
        .map(|(id, _)| id)
        .next()
        .unwrap();
    kazoo.set(
        "vmboxes",
        &own,
        json!({"messages": [{"media_id": "a"}, {"media_id": "b"}]}),
    );
    running::runtime().block_on(async {
        let live = workspace.read(&*subject.portal()).await.unwrap();
        assert_eq!(
            live.get(Kind::Users, "zed").map(|zed| zed.messages),
            Some(2)
        );
    });
}

#[test]
fn an_inactive_user_with_the_same_name_is_detected() {
    let subject = Subject::four();
    let kazoo = &subject.server;
    kazoo.seed(
        "users",
        json!({"username": "old", "password": "x1y2z3", "first_name": "Zed",
        "last_name": "Orr", "email": "zed@acme.example", "enabled": false}),
    );
    let mut workspace = Workspace::default();
    let user = json!({"first_name": "Zed", "last_name": "Orr", "email": "zed@acme.example"});
    workspace.declare(Kind::Users, "zed", &user);
    running::runtime().block_on(async {
        let plan = workspace.plan(&*subject.portal()).await.unwrap();
        let revive = plan
            .findings
            .iter()
            .find(|one| one.rule == FindingRule::Revive);
        let address = revive.and_then(|one| one.address.clone());
        assert_eq!(address, Some(Address::new(Kind::Users, "zed")));
    });
}
