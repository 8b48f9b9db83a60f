//! Tests of the adapter with portals that are unlike the real server of the conformance suite.

use super::ScimPortal;
use crate::{
    config::PortalKind,
    model::{Address, Fields, Kind, Name, Secret, Value as ModelValue},
    portal::{
        Change, Credentials, Error, Location, ObjectRef, Portal as _, Target, Verb, Write,
        fake_server::{FakeServer, Reply, Request},
    },
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

/// A portal with one user that supports `features`. `change` answers its other requests.
async fn portal(
    features: &'static [&'static str],
    mut change: impl FnMut(&Request) -> Reply + Send + 'static,
) -> (FakeServer, ScimPortal) {
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
    let target = Target {
        kind: PortalKind::Scim,
        location: Location::Url(server.url.clone()),
        tenant: None,
        credentials: Credentials::Token("open sesame".into()),
        rate_limit: None,
        charges: None,
        scim: None,
    };
    let portal = ScimPortal::new(&target).unwrap();
    let live = portal.read(&[Kind::Users].into(), &()).await.unwrap();
    assert!(live.get(Kind::Users, "ann").is_some());
    (server, portal)
}

fn user(title: &str, version: u32) -> Value {
    json!({"id": "u1", "userName": "ann", "title": title, "x": [1], "meta": {"version": format!("W/\"{version}\"")}})
}

/// Changes the title to `Chief`, and the password if there is one.
async fn change(portal: &ScimPortal, password: Option<&str>) -> Result<(), Error> {
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
