//! Tests of the sandbox over HTTP.

use crate::running::{Client, READ, Sandbox, WRITE, path, user};
use callsheet::{
    model::{Fields, Kind, Value as Field},
    profile::Profile,
    sandbox::{Embedded, Store},
};
use reqwest::Method;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use std::path::Path;

/// Users for seeding a store.
fn users(count: usize) -> impl Iterator<Item = (Kind, Box<str>, Fields)> {
    (0..count).map(|number| {
        let text = |text: String| Field::text(&text);
        let fields = [
            ("first_name".into(), text("Ann".to_owned())),
            ("last_name".into(), text(format!("Lee {number}"))),
            ("email".into(), text(format!("user{number}@acme.example"))),
            ("extension".into(), text(format!("{:06}", 100_000 + number))),
        ];
        let key = format!("user{number:06}").into();
        (Kind::Users, key, fields.into_iter().collect())
    })
}

#[tokio::test]
async fn the_last_page_ends_with_the_last_object() {
    for count in [0, 1, 9, 10, 11, 20] {
        let store = Store::in_memory().unwrap();
        store.seed(users(count)).unwrap();
        let sandbox = Sandbox::over(store);
        let client = Client::new(&sandbox.url, READ);
        let (mut seen, mut pages, mut next) = (Vec::new(), 0, Some(String::new()));
        while let Some(cursor) = next {
            let page = client
                .get(&format!("/v1/users?limit=10{cursor}"))
                .await
                .body;
            assert_eq!(page["total"], count);
            assert_eq!(page["totals"]["users"], count);
            assert_eq!(page["totals"]["scopes"], 8);
            assert_eq!(page["totals"]["extensions"], 0);
            assert_eq!(page["revision"], count);
            let items = page["items"].as_array().unwrap();
            seen.extend(items.iter().map(|item| item["username"].to_string()));
            next = page["next"].as_str().map(|next| format!("&cursor={next}"));
            pages += 1;
        }
        assert_eq!(pages, count.div_ceil(10).max(1), "{count}");
        assert_eq!(seen.len(), count);
        assert!(seen.is_sorted());
    }
}

#[tokio::test]
async fn a_listing_can_be_limited_and_filtered_by_key() {
    let (_sandbox, client) = Sandbox::with_client();
    for name in ["ann", "bob+1"] {
        client.post("/v1/users", &user(name)).await;
    }
    for query in ["limit=0", "limit=1001", "cursor=nonsense", "colour=red"] {
        let answer = client.get(&format!("/v1/users?{query}")).await;
        assert_eq!(answer.status, 400, "{query}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
    let one = client.get("/v1/users?username=bob%2B1").await.body;
    assert_eq!(one["items"][0]["email"], "bob+1@acme.example");
    assert_eq!((&one["total"], &one["next"]), (&json!(2), &Value::Null));
    let none = client.get("/v1/users?username=bo").await.body;
    assert_eq!(none["items"], json!([]));
    let page = client.get("/v1/users?limit=1").await.body;
    client.post("/v1/users", &user("aaa")).await;
    let next = page["next"].as_str().unwrap();
    let page = client
        .get(&format!("/v1/users?limit=1&cursor={next}"))
        .await;
    assert_eq!(page.body["items"][0]["username"], "bob+1");
}

#[tokio::test]
async fn an_object_is_created_read_updated_and_deleted() {
    let (_sandbox, client) = Sandbox::with_client();
    let made = client.post("/v1/users", &user("ann")).await;
    assert_eq!(made.status, 201, "{made:?}");
    let at = path(Kind::Users, &made);
    assert_eq!(made.header("location"), at);
    assert_eq!(made.body["etag"], made.header("etag"));
    assert_eq!(made.body["scope"], "simple_user");
    assert_eq!(made.body["rings_before_voicemail"], 4);
    assert_eq!(made.body["voicemail"], json!({"enabled": true}));
    assert_eq!(made.body["voicemail_messages"], 0);
    assert_eq!(client.get(&at).await.body, made.body);

    let more = json!({"username": "anna", "title": "Cook", "permissions": ["b.b", "a.a"]});
    let changed = client.patch(&at, &more).await;
    assert_eq!(changed.status, 200);
    assert_ne!(changed.body["etag"], made.body["etag"]);
    assert_eq!(changed.body["username"], "anna");
    assert_eq!(changed.body["permissions"], json!(["a.a", "b.b"]));
    let patch = json!({"title": null, "permissions": ["c.c"]});
    let cleared = client.patch(&at, &patch).await.body;
    assert_eq!(cleared.get("title"), None);
    assert_eq!(cleared["permissions"], json!(["c.c"]));
    let same = client.patch(&at, &cleared).await;
    assert_eq!(same.body, cleared, "what was read changes nothing");
    // The old name is free.
    let mut heir = user("ann");
    heir["email"] = "heir@acme.example".into();
    assert_eq!(client.post("/v1/users", &heir).await.status, 201);

    assert_eq!(client.delete(&at).await.status, 204);
    assert_eq!(client.get(&at).await.status, 404);
    assert_eq!(client.delete(&at).await.status, 404);
    assert_eq!(client.get("/v1/users").await.body["total"], 1);
}

#[tokio::test]
async fn of_many_who_want_one_extension_one_gets_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("portal.db"), Profile::named("sandbox")).unwrap();
    let sandbox = Sandbox::over(store);
    let client = Client::new(&sandbox.url, WRITE);
    let wishes = (0..24).map(|number| {
        let mut wish = user(&format!("user{number}"));
        wish["extension"] = "1001".into();
        let request = client.request(Method::POST, "/v1/users").json(&wish);
        Client::send(request)
    });
    let answers = futures::future::join_all(wishes).await;
    let with = |status| {
        let answers = answers.iter().flatten();
        answers.filter(|answer| answer.status == status).count()
    };
    assert_eq!((with(201), with(409)), (1, 23));
    assert_eq!(client.get("/v1/users").await.body["total"], 1);
}

#[tokio::test]
async fn references_to_a_deleted_object_dangle() {
    let (_sandbox, client) = Sandbox::with_client();
    let boss = client.post("/v1/scopes", &json!({"name": "boss"})).await;
    let mut ann = user("ann");
    ann["scope"] = "boss".into();
    let ann = client.post("/v1/users", &ann).await;
    let queue = json!({"number": "2000", "kind": "call_queue", "name": "Sales",
        "agents": ["ann", "not-yet"], "overflow": "3000"});
    let queue = client.post("/v1/extensions", &queue).await;
    assert_eq!(queue.status, 201, "agents and destinations may dangle");
    assert_eq!(client.delete(&path(Kind::Scopes, &boss)).await.status, 204);
    let at = path(Kind::Users, &ann);
    assert_eq!(client.get(&at).await.body["scope"], "boss");
    // A dangling reference doesn't block other changes.
    assert_eq!(client.patch(&at, &json!({"dnd": true})).await.status, 200);
    let again = client.patch(&at, &json!({"scope": "chief"})).await;
    assert_eq!(
        (again.status, again.faults()),
        (422, vec!["scope unknown".to_owned()])
    );
    assert_eq!(client.delete(&at).await.status, 204);
    let queue = client.get(&path(Kind::Extensions, &queue)).await;
    assert_eq!(queue.body["agents"], json!(["ann", "not-yet"]));
}

#[tokio::test]
async fn numbers_and_contacts_have_their_own_keys() {
    let (_sandbox, client) = Sandbox::with_client();
    let main = json!({"number": "+14155550100", "destination": "not-yet", "caller_name": "Acme"});
    let made = client.post("/v1/numbers", &main).await;
    assert_eq!(made.status, 201, "destinations may dangle: {made:?}");
    assert_eq!(made.body["destination"], "not-yet");
    let again = client.post("/v1/numbers", &main).await;
    assert_eq!(
        (again.status, again.faults()),
        (409, vec!["number taken".to_owned()])
    );
    // The same digits can be an extension, and a number needs a plus sign.
    let fax = json!({"number": "14155550100", "kind": "fax", "name": "Fax"});
    assert_eq!(client.post("/v1/extensions", &fax).await.status, 201);
    let wrong = json!({"number": "14155550100", "caller_name": "Sixteen letters."});
    assert_eq!(
        client.post("/v1/numbers", &wrong).await.faults(),
        ["caller_name invalid", "number invalid"]
    );
    let found = client.get("/v1/numbers?number=%2B14155550100").await.body;
    assert_eq!(found["items"][0]["id"], made.body["id"]);

    for key in ["fire", "brigade"] {
        let shared = json!({"key": key, "name": "Fire brigade", "email": "Fire@leeds.example",
            "numbers": ["+14155550113", "+14155550112"]});
        let made = client.post("/v1/contacts", &shared).await;
        assert_eq!(made.status, 201, "{made:?}");
        assert_eq!(
            made.body["numbers"], shared["numbers"],
            "their order counts"
        );
        assert_eq!(made.body["email"], "fire@leeds.example");
    }
    let one = client.get("/v1/contacts?key=fire").await.body;
    let at = format!("/v1/contacts/{}", one["items"][0]["id"].as_str().unwrap());
    let renamed = client
        .patch(&at, &json!({"key": "leeds", "name": "112"}))
        .await;
    assert_eq!(renamed.body["key"], "leeds");
    assert_eq!(renamed.body["name"], "112");
    let nameless = client.patch(&at, &json!({"name": null})).await;
    assert_eq!(nameless.faults(), ["name required"]);
    let totals = &client.get("/v1/scopes").await.body["totals"];
    assert_eq!(
        (&totals["numbers"], &totals["contacts"]),
        (&json!(1), &json!(2))
    );
}

/// Whether a file of a directory contains a text.
fn contains(folder: &Path, bytes: &str) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let file = std::fs::read(entry.unwrap().path()).unwrap();
        file.windows(bytes.len())
            .any(|window| window == bytes.as_bytes())
    })
}

#[tokio::test]
async fn a_secret_is_never_stored_or_returned() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox =
        Embedded::start(&folder.path().join("portal.db"), Profile::named("sandbox")).unwrap();
    let client = Client::new(sandbox.url(), sandbox.token().expose_secret());
    let mut ann = user("ann");
    ann["password"] = json!({"value": "correct-horse", "version": 2});
    ann["voicemail"] = json!({"pin": {"value": "battery-staple"}});
    let made = client.post("/v1/users", &ann).await;
    assert_eq!(made.body["password"], json!({"version": 2}));
    let at = path(Kind::Users, &made);
    let pin = json!({"pin": {"version": 1}, "enabled": true});
    assert_eq!(client.get(&at).await.body["voicemail"], pin);
    let again = json!({"password": {"value": "correct-horse", "version": 3}});
    let changed = client.patch(&at, &again).await;
    assert_eq!(changed.body["password"], json!({"version": 3}));
    let wrong = json!({"password": {"value": {"correct-horse": 1}}, "dnd": "battery-staple"});
    let wrong = client.patch(&at, &wrong).await;
    assert_eq!(wrong.status, 422);
    for body in [&made.body, &changed.body, &wrong.body] {
        let text = body.to_string();
        assert!(!text.contains("correct-horse") && !text.contains("battery-staple"));
    }
    assert!(
        contains(folder.path(), "ann@acme.example"),
        "the file is read"
    );
    assert!(folder.path().join("portal.db-wal").exists());
    sandbox.stop().await;
    for secret in ["correct-horse", "battery-staple"] {
        assert!(!contains(folder.path(), secret));
    }
}

#[tokio::test]
async fn data_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("a/new/folder/portal.db");
    let sandbox = Embedded::start(&database, Profile::named("sandbox")).unwrap();
    let client = Client::new(sandbox.url(), sandbox.token().expose_secret());
    let made = client.post("/v1/users", &user("ann")).await;
    drop(sandbox);
    let sandbox = Embedded::start(&database, Profile::named("sandbox")).unwrap();
    let client = Client::new(sandbox.url(), sandbox.token().expose_secret());
    assert_eq!(client.get(&path(Kind::Users, &made)).await.body, made.body);
    assert_eq!(client.get("/v1/scopes").await.body["total"], 8);
    assert!(sandbox.store().leave_voicemail("ann", 3).unwrap());
    let ann = client.get("/v1/users?username=ann").await.body;
    assert_eq!(ann["items"][0]["voicemail_messages"], 3);
}

#[test]
fn a_seed_is_all_or_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("portal.db"), Profile::named("sandbox")).unwrap();
    store.seed(users(5)).unwrap();
    assert!(store.seed(users(6).skip(4)).is_err(), "the fifth is there");
    store.seed(users(6).skip(5)).unwrap();
}

#[tokio::test]
async fn the_description_has_every_kind_and_valid_references() {
    let (sandbox, _client) = Sandbox::with_client();
    let stranger = Client::new(&sandbox.url, "");
    assert_eq!(stranger.get("/healthz").await.body, json!({"status": "ok"}));
    let document = stranger.get("/openapi.json").await.body;
    assert_eq!(document["openapi"], "3.1.0");
    assert_no_null(&document, &mut Vec::new());
    for kind in Kind::ALL {
        let made = &document["paths"][format!("/v1/{kind}")]["post"];
        let schema = &made["requestBody"]["content"]["application/json"]["schema"]["$ref"];
        let pointer = schema.as_str().unwrap().trim_start_matches('#');
        let schema = document.pointer(pointer).unwrap().to_string();
        assert!(schema.contains("\"etag\""), "{kind}: {schema}");
        assert!(schema.contains(&format!("\"{}\"", kind.key_field())));
        for path in [format!("/v1/{kind}"), format!("/v1/{kind}/{{id}}")] {
            assert!(document["paths"][&path].is_object(), "{path}");
        }
    }
    let secret = &document["components"]["schemas"]["SecretRef"]["properties"]["value"];
    assert_eq!(secret["writeOnly"], true);
    let queue = &document["components"]["schemas"]["Extension"]["allOf"][0]["then"];
    assert_eq!(queue["properties"]["etag"]["readOnly"], true);
    let mut references = Vec::new();
    collect_references(&document, &mut references);
    assert!(references.len() > 50);
    for reference in references {
        let pointer = reference.strip_prefix('#').expect("it is in the document");
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

fn collect_references<'a>(value: &'a Value, references: &mut Vec<&'a str>) {
    match value {
        Value::Object(entries) => {
            references.extend(entries.get("$ref").and_then(Value::as_str));
            entries
                .values()
                .for_each(|one| collect_references(one, references));
        }
        Value::Array(list) => list
            .iter()
            .for_each(|one| collect_references(one, references)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Fails where a keyword of a schema is null. An example, a default or a value may be.
fn assert_no_null(json: &Value, path: &mut Vec<String>) {
    match json {
        Value::Null => {
            let is_value = path.iter().any(|step| {
                matches!(
                    step.as_str(),
                    "example" | "examples" | "default" | "enum" | "const"
                )
            });
            assert!(is_value, "{}", path.join("/"));
        }
        Value::Array(list) => {
            for (at, one) in list.iter().enumerate() {
                path.push(at.to_string());
                assert_no_null(one, path);
                path.pop();
            }
        }
        Value::Object(object) => {
            for (name, one) in object {
                path.push(name.clone());
                assert_no_null(one, path);
                path.pop();
            }
        }
        _ => {}
    }
}
