//! The adapter with a fake Acme.

use super::ADAPTER;
use crate::{
    model::{Address, Fields, Kind, Name, Standing, Value as ModelValue},
    portal::{
        Change, ObjectRef, Portal, Verb, Write,
        fake_server::{FakeServer, Reply},
    },
};
use serde_json::json;
use std::collections::BTreeMap;

/// An Acme with a user in three departments, and its adapter. Unless `can_leave`, the first lets nobody leave.
async fn acme(can_leave: bool) -> (FakeServer, Box<dyn Portal>) {
    let server = FakeServer::start(move |request| {
        let ann = json!({"id": 7, "login": "ann", "name": {"first": "Ann", "last": "Ng"},
            "enabled": true, "role": "admin", "badge": 12});
        let sales = json!({"id": 1, "name": "sales", "members": {"7": {}}, "floor": 3});
        let night = json!({"id": 3, "name": "night", "members": {"7": {}}});
        let board = json!({"id": 2, "name": "The board", "members": {"7": {}}});
        match (&*request.method, &*request.path) {
            ("GET", "/users") => Reply::json(200, &json!({"total": 1, "items": [ann]})),
            ("GET", "/departments") => {
                Reply::json(200, &json!({"total": 3, "items": [sales, board, night]}))
            }
            ("GET", "/users/7") => Reply::json(200, &ann).with("ETag", "\"1\""),
            ("GET", "/departments/1") => Reply::json(200, &sales).with("ETag", "\"2\""),
            ("POST", "/users") => Reply::json(201, &json!({"id": 8, "login": "bob"})),
            ("DELETE", _) => Reply::Response(204, Vec::new(), String::new()),
            (_, "/departments/1") if !can_leave => {
                Reply::json(501, &json!({"error": "not implemented"}))
            }
            (_, "/departments/1") => Reply::json(200, &sales).with("ETag", "\"3\""),
            (_, "/departments/3") => Reply::json(200, &night).with("ETag", "\"4\""),
            _ => Reply::json(404, &json!({"error": "not found"})),
        }
    })
    .await;
    let portal = (ADAPTER.open)(&server.target("acme")).unwrap();
    (server, portal)
}

/// Creates a user with fields, or deletes it.
async fn write(portal: &dyn Portal, key: &str, verb: Verb<'_>, fields: &[(&str, ModelValue)]) {
    let target: Fields = fields
        .iter()
        .map(|(name, value)| (Name::from(*name), value.clone()))
        .collect();
    let changes = fields.iter().map(|(name, value)| Change {
        path: vec![(*name).into()],
        before: None,
        after: Some(value.clone()),
    });
    let changes: Vec<Change> = changes.collect();
    let write = Write {
        address: &Address::new(Kind::Users, key),
        verb,
        target: &target,
        changes: &changes,
        secrets: &BTreeMap::new(),
        greeting: None,
    };
    portal.write(&write).await.unwrap();
}

#[tokio::test]
async fn users_and_departments_are_read() {
    let (_server, portal) = acme(true).await;
    let live = portal
        .read(&[Kind::Users, Kind::Groups].into(), &())
        .await
        .unwrap();
    assert_eq!((live.requests.made, live.requests.minimum), (2, 2));
    let ann = live.get(Kind::Users, "ann").unwrap();
    let expected = Kind::Users.shape().read_valid(
        json!({"username": "ann", "first_name": "Ann", "last_name": "Ng", "active": true,
            "scope": "administrator", "groups": ["night", "sales"]}),
    );
    assert_eq!(ann.fields, expected);
    assert!(live.get(Kind::Groups, "sales").is_some());
    // It isn't declared, and somebody is in it.
    let board = live.get(Kind::Groups, "2").unwrap();
    assert!(matches!(board.standing, Standing::Unsupported(_)));
    assert_eq!(board.mentions[0].address.to_string(), "users/ann");
}

#[tokio::test]
async fn a_user_joins_a_department_after_it_is_created() {
    let (server, portal) = acme(true).await;
    portal.read(&[Kind::Users].into(), &()).await.unwrap();
    let fields = [
        ("first_name", ModelValue::text("Bob")),
        ("scope", ModelValue::text("user")),
        (
            "groups",
            ModelValue::List([ModelValue::text("sales")].into()),
        ),
    ];
    write(&*portal, "bob", Verb::Create, &fields).await;
    let sent = server.requests().into_iter();
    let sent = sent.filter(|request| request.method != "GET");
    let sent: Vec<_> = sent
        .map(|one| (one.method + " " + &one.path, one.body))
        .collect();
    let expected = [
        (
            "POST /users",
            json!({"login": "bob", "name": {"first": "Bob"}, "role": "basic"}),
        ),
        ("PATCH /departments/1", json!({"members": {"8": {}}})),
    ];
    assert_eq!(
        sent,
        expected.map(|(request, body)| (request.to_owned(), body))
    );
}

#[tokio::test]
async fn a_user_leaves_the_departments_before_it_is_deleted() {
    // A department that lets nobody leave keeps nobody, neither on the portal nor in another department.
    for can_leave in [true, false] {
        let (server, portal) = acme(can_leave).await;
        let live = portal.read(&[Kind::Users].into(), &()).await.unwrap();
        let ann = live.get(Kind::Users, "ann").unwrap();
        let object = ObjectRef {
            id: &ann.id,
            key: "ann",
            etag: None,
        };
        write(&*portal, "ann", Verb::Delete(object), &[]).await;
        let sent = server.requests().into_iter();
        let sent: Vec<_> = sent
            .filter(|request| request.method != "GET")
            .map(|one| (one.method, one.path, one.headers.get("if-match").cloned()))
            .collect();
        let expected = [
            ("PATCH", "/departments/1", "\"2\""),
            ("PATCH", "/departments/3", "\"4\""),
            ("DELETE", "/users/7", "\"1\""),
        ];
        let expected =
            expected.map(|(method, path, tag)| (method.into(), path.into(), Some(tag.into())));
        assert_eq!(sent, expected);
    }
}
