//! Tests of the adapter with portals that are unlike the real server of the conformance suite.

use super::{
    Scim,
    discovery::{GROUP, USER},
    open,
};
use crate::{
    model::{Address, Fields, Kind, Live, Name, Secret, Value as ModelValue},
    portal::{
        Change, Error, ObjectRef, Portal as _, Verb, Write,
        fake_server::{FakeServer, Reply, Request},
        rest::Store,
    },
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A portal with one user that supports `features`. `change` answers its other requests.
async fn portal(
    features: &'static [&'static str],
    mut change: impl FnMut(&Request) -> Reply + Send + 'static,
) -> (FakeServer, Store<Scim>) {
    let server = FakeServer::start(move |request| {
        let attribute = |name: &str| json!({"name": name, "mutability": "readWrite"});
        let password = json!({"name": "password", "mutability": "writeOnly"});
        let attributes = [attribute("userName"), attribute("title"), password];
        let body = match (request.method.as_str(), request.path.as_str()) {
            ("GET", "/ServiceProviderConfig") => {
                let features = features.iter();
                let features =
                    features.map(|name| ((*name).to_owned(), json!({"supported": true})));
                Value::Object(features.collect())
            }
            ("GET", "/Schemas") => json!([{"id": USER, "attributes": attributes}]),
            ("GET", "/Users") => json!({"totalResults": 1, "Resources": [user("Boss", 1)]}),
            ("GET", "/ResourceTypes") => return Reply::json(404, &json!({"detail": "none"})),
            _ => return change(request),
        };
        Reply::json(200, &body)
    })
    .await;
    let portal = open(&server.target("scim")).unwrap();
    let live = portal.read(&[Kind::Users].into(), &()).await.unwrap();
    assert!(live.get(Kind::Users, "ann").is_some());
    (server, portal)
}

fn user(title: &str, version: u32) -> Value {
    json!({"id": "u1", "userName": "ann", "title": title, "x": [1], "meta": {"version": format!("W/\"{version}\"")}})
}

/// Changes the title to `Chief`, and the password if there is one.
async fn change(portal: &Store<Scim>, password: Option<&str>) -> Result<(), Error> {
    let address = Address::new(Kind::Users, "ann");
    let mut changes = vec![("title", ModelValue::text("Chief"))];
    let mut secrets = BTreeMap::new();
    if let Some(password) = password {
        let secret = Secret {
            origin: None,
            version: 1,
        };
        changes.push(("password", ModelValue::Secret(Box::new(secret))));
        secrets.insert(vec![Name::from("password")], password.into());
    }
    let target: Fields = changes
        .iter()
        .map(|(name, value)| (Name::from(*name), value.clone()))
        .collect();
    let changes: Vec<Change> = changes
        .into_iter()
        .map(|(name, value)| Change {
            path: vec![name.into()],
            before: None,
            after: Some(value),
        })
        .collect();
    let object = ObjectRef {
        id: "u1",
        key: "ann",
        etag: None,
    };
    let write = Write {
        address: &address,
        verb: Verb::Update(object),
        target: &target,
        changes: &changes,
        secrets: &secrets,
        greeting: None,
    };
    portal.write(&write).await.map(drop)
}

/// The methods and bodies of the requests to the user.
fn sent(server: &FakeServer) -> Vec<(String, Value)> {
    let requests = server.requests().into_iter();
    let requests = requests.filter(|request| request.path == "/Users/u1");
    requests.map(|one| (one.method, one.body)).collect()
}

#[tokio::test]
async fn a_secret_is_sent_once_and_read_back_by_nobody() {
    let mut reads = 1;
    let (server, portal) = portal(&["patch", "etag"], move |request| {
        match request.method.as_str() {
            "PATCH" => Reply::Response(204, Vec::new(), String::new()),
            _ => {
                reads += 1;
                Reply::json(200, &user("Chief", reads))
            }
        }
    })
    .await;
    change(&portal, Some("0042")).await.unwrap();
    let sent = sent(&server);
    let operations = json!([
        {"op": "replace", "path": "title", "value": "Chief"},
        {"op": "add", "path": "password", "value": "0042"},
    ]);
    let [(patch, body), (get, _)] = &sent[..] else {
        panic!("a PATCH, and a GET since its answer is empty: {sent:?}");
    };
    assert_eq!((patch.as_str(), get.as_str()), ("PATCH", "GET"));
    assert_eq!(body["Operations"], operations);
}

#[tokio::test]
async fn a_value_that_is_not_kept_is_reported() {
    let (_server, portal) = portal(&["patch", "etag"], |request| {
        match request.method.as_str() {
            "PATCH" => Reply::Response(204, Vec::new(), String::new()),
            _ => Reply::json(200, &user("Boss", 2)),
        }
    })
    .await;
    let error = change(&portal, None).await.unwrap_err();
    assert!(error.may_be_done(), "{error}");
    assert!(error.to_string().contains("shows other values"), "{error}");
}

#[tokio::test]
async fn a_portal_without_patch_and_versions_gets_the_whole_document_as_it_is_now() {
    let (server, portal) = portal(&[], |request| match request.method.as_str() {
        "PUT" => Reply::json(200, &user("Chief", 1)),
        _ => Reply::json(200, &user("Boss", 1)),
    })
    .await;
    change(&portal, None).await.unwrap();
    let sent = sent(&server);
    let [(get, _), (put, body)] = &sent[..] else {
        panic!("a GET to compare, and a PUT: {sent:?}");
    };
    assert_eq!((get.as_str(), put.as_str()), ("GET", "PUT"));
    let expected = json!({"id": "u1", "userName": "ann", "title": "Chief", "x": [1]});
    assert_eq!(*body, expected);
}

#[tokio::test]
async fn without_versions_a_change_in_the_meantime_is_noticed() {
    let (server, portal) = portal(&["patch"], |_| Reply::json(200, &user("Clerk", 1))).await;
    let error = change(&portal, None).await.unwrap_err();
    assert!(matches!(error, Error::Stale { .. }), "{error}");
    assert_eq!(sent(&server).len(), 1, "only the GET to compare");
}

/// An identity server whose groups list their members by name, and which needs a member in each if `needs_one`.
async fn with_names(needs_one: bool) -> (FakeServer, Store<Scim>) {
    let server = FakeServer::start(move |request| {
        let attribute = |name: &str| json!({"name": name, "mutability": "readWrite"});
        let users = [attribute("userName"), attribute("groups")];
        let mut members = attribute("members");
        members["required"] = needs_one.into();
        let list = |resource: Value| json!({"totalResults": 1, "Resources": [resource]});
        let sales = json!({"id": "g1", "displayName": "sales", "members": [{"value": "ann"}]});
        let body = match (&*request.method, &*request.path) {
            ("GET", "/ServiceProviderConfig") => json!({"patch": {"supported": true}}),
            ("GET", "/Schemas") => json!([{"id": USER, "attributes": users},
                {"id": GROUP, "attributes": [members]}]),
            ("GET", "/Users") => list(user("Boss", 1)),
            ("GET", "/Users/u1") => user("Boss", 1),
            ("GET", "/Groups") => list(sales),
            ("GET", "/Groups/g1") => sales,
            ("DELETE", _) => return Reply::Response(204, Vec::new(), String::new()),
            ("PATCH", _) => json!({"id": "g1", "displayName": "sales"}),
            _ => json!({}),
        };
        Reply::json(200, &body)
    })
    .await;
    let portal = open(&server.target("scim")).unwrap();
    (server, portal)
}

#[tokio::test]
async fn a_member_that_is_listed_by_its_name_can_leave() {
    for needs_one in [false, true] {
        let (server, portal) = with_names(needs_one).await;
        let kinds = [Kind::Users, Kind::Groups].into();
        let live = portal.read(&kinds, &()).await.unwrap();
        let ann = live.get(Kind::Users, "ann").unwrap();
        let groups = ann.fields.get("groups").unwrap();
        assert_eq!(groups.elements(), [ModelValue::text("sales")]);
        let object = ObjectRef {
            id: &ann.id,
            key: "ann",
            etag: None,
        };
        let write = Write {
            address: &Address::new(Kind::Users, "ann"),
            verb: Verb::Delete(object),
            target: &Fields::new(),
            changes: &[],
            secrets: &BTreeMap::new(),
            greeting: None,
        };
        portal.write(&write).await.unwrap();
        let sent = server.requests().into_iter();
        let sent: Vec<_> = sent.filter(|one| one.method != "GET").collect();
        let last = sent.last().unwrap();
        assert_eq!((&*last.method, &*last.path), ("DELETE", "/Users/u1"));
        // Where a group needs a member, the last one can't leave: the portal takes it out with the user.
        assert_eq!(sent.len(), if needs_one { 1 } else { 2 });
        if !needs_one {
            let operation = json!({"op": "remove", "path": "members[value eq \"ann\"]"});
            assert_eq!(sent[0].body["Operations"], json!([operation]));
        }
    }
}

/// Reads a portal whose pages of users `page` makes of the `startIndex` that was requested, and of the number
/// of the request.
async fn listed(
    mut page: impl FnMut(u64, u64) -> Value + Send + 'static,
) -> (Result<Live, Error>, u64) {
    let mut number = 0;
    let server = FakeServer::start(move |request| {
        let attributes = [json!({"name": "userName", "mutability": "readWrite"})];
        let body = match request.path.as_str() {
            "/ServiceProviderConfig" | "/ResourceTypes" => json!({}),
            "/Schemas" => json!([{"id": USER, "attributes": attributes}]),
            _ => {
                let query = request.query.split('&');
                let mut start = query.filter_map(|one| one.strip_prefix("startIndex="));
                let start = start.next().unwrap();
                number += 1;
                page(start.parse().unwrap(), number)
            }
        };
        Reply::json(200, &body)
    })
    .await;
    let portal = open(&server.target("scim")).unwrap();
    let live = portal.read(&[Kind::Users].into(), &()).await;
    (live, server.requests().len() as u64)
}

/// A page of one user.
fn page(user: u64, total: u64, start: Option<u64>) -> Value {
    let user = json!({"id": user.to_string(), "userName": format!("user{user}")});
    let mut page = json!({"totalResults": total, "Resources": [user]});
    if let Some(start) = start {
        page["startIndex"] = start.into();
    }
    page
}

#[tokio::test]
async fn a_portal_that_ignores_where_a_page_begins_is_refused() {
    let (live, requests) = listed(|_, _| page(1, 3, Some(1))).await;
    let error = live.unwrap_err().to_string();
    assert!(error.contains("startIndex=2"), "{error}");
    assert!(requests < 10, "{requests}");

    // One that doesn't even say where a page begins repeats its rows.
    let (live, requests) = listed(|_, _| page(1, 3, None)).await;
    let live = live.unwrap();
    let doubt = live.listings[&Kind::Users].doubt();
    assert!(
        doubt.is_some_and(|doubt| doubt.contains("listed twice")),
        "{doubt:?}"
    );
    assert!(requests < 20, "{requests}");
}

#[tokio::test]
async fn pages_are_requested_side_by_side_as_long_as_they_are_of_one_size() {
    // The second page says that there is one more. The three after it were requested too.
    let (live, _) =
        listed(|start, number| page(start, 5 + u64::from(number > 1), Some(start))).await;
    let live = live.unwrap();
    assert_eq!(live.listings[&Kind::Users].doubt(), None);
    assert_eq!(live.of_kind(Kind::Users).count(), 6);
    assert_eq!(live.requests.made - live.requests.minimum, 5 + 6 - 1);

    // Pages of one, two and three: those that were requested ahead are given up.
    let users = |start: u64| {
        let last = (start + (start - 1) % 3).min(20);
        let users = (start..=last).map(|at| page(at, 20, None)["Resources"][0].clone());
        json!({"totalResults": 20, "startIndex": start, "Resources": users.collect::<Vec<_>>()})
    };
    let (live, requests) = listed(move |start, _| users(start)).await;
    let live = live.unwrap();
    assert_eq!(live.listings[&Kind::Users].doubt(), None);
    assert_eq!(live.of_kind(Kind::Users).count(), 20);
    assert!(requests < 40, "{requests}");
}

#[tokio::test]
async fn a_total_that_changes_during_a_read_is_read_again() {
    // The first page was requested when there was one user less.
    let (live, _) =
        listed(|start, number| page(start, 3 - u64::from(number == 1), Some(start))).await;
    let live = live.unwrap();
    assert_eq!(live.listings[&Kind::Users].doubt(), None);
    assert_eq!(live.of_kind(Kind::Users).count(), 3);

    let (live, requests) = listed(|start, number| page(start, 3 + number, Some(start))).await;
    let live = live.unwrap();
    let doubt = live.listings[&Kind::Users].doubt();
    assert!(
        doubt.is_some_and(|doubt| doubt.contains("changed during the read")),
        "{doubt:?}"
    );
    assert!(requests < 200, "{requests}");
}
