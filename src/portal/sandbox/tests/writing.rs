//! Tests of writing: a change is applied exactly once, whatever happens to the responses.

use super::{Fault, Modify, portal, user};
use crate::{
    model::{Address, Fields, Kind, Secret, SecretOrigin, Value},
    portal::{
        Change, Error, ObjectRef, Portal as _, Verb, Write, Written,
        fake_server::{Reply, Request},
        sandbox::Sandbox,
    },
};
use serde_json::json;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

fn fields(entries: &[(&str, Value)]) -> Fields {
    let entries = entries.iter().cloned();
    entries.map(|(name, value)| (name.into(), value)).collect()
}

fn ada() -> Fields {
    let origin = Some(SecretOrigin::Env("ADA".into()));
    fields(&[
        ("first_name", Value::text("Ada")),
        ("last_name", Value::text("Lovelace")),
        ("email", Value::text("ada@acme.example")),
        (
            "password",
            Value::Secret(Box::new(Secret { origin, version: 2 })),
        ),
    ])
}

async fn create(portal: &Sandbox) -> Result<Written, Error> {
    let write = Write {
        address: &Address::new(Kind::Users, "ada"),
        verb: Verb::Create,
        target: &ada(),
        changes: &[],
        secrets: &BTreeMap::from([(vec!["password".into()], "hunter2".into())]),
    };
    portal.write(&write).await
}

const USER: ObjectRef<'_> = ObjectRef {
    id: "users-3",
    key: "user0",
    etag: Some("\"3\""),
};

async fn update(portal: &Sandbox) -> Result<Written, Error> {
    let change = Change {
        path: vec!["alias".into()],
        before: None,
        after: Some(Value::text("Countess")),
    };
    let write = Write {
        address: &Address::new(Kind::Users, "user0"),
        verb: Verb::Update(USER),
        target: &ada(),
        changes: &[change],
        secrets: &BTreeMap::new(),
    };
    portal.write(&write).await
}

async fn delete(portal: &Sandbox) -> Result<Written, Error> {
    let write = Write {
        address: &Address::new(Kind::Users, "user0"),
        verb: Verb::Delete(USER),
        target: &Fields::new(),
        changes: &[],
        secrets: &BTreeMap::new(),
    };
    portal.write(&write).await
}

fn ambiguous() -> [Reply; 5] {
    [
        Reply::Closed,
        Reply::html(502),
        Reply::html(200),
        Reply::json(500, &json!({"title": "Oops"})),
        Reply::json(200, &json!({"unexpected": "body"})),
    ]
}

#[tokio::test]
async fn a_write_is_one_request() {
    let (portal, store, server) = portal(1, |_, _| None).await;
    let written = create(&portal).await.unwrap();
    assert_eq!(
        (&*written.id, written.etag.as_deref()),
        ("users-4", Some("\"4\""))
    );
    assert_eq!(
        update(&portal).await.unwrap().etag.as_deref(),
        Some("\"5\"")
    );
    assert!(matches!(update(&portal).await, Err(Error::Stale { .. })));
    assert!(matches!(delete(&portal).await, Err(Error::Stale { .. })));
    store.lock().unwrap().kinds.clear();
    assert!(delete(&portal).await.is_ok(), "it is already deleted");
    assert!(
        matches!(update(&portal).await, Err(Error::Stale { .. })),
        "nothing to update"
    );

    let requests = server.requests();
    assert_eq!(requests.len(), 6);
    assert_eq!(
        requests[0].body["password"],
        json!({"value": "hunter2", "version": 2})
    );
    assert_eq!(requests[1].body, json!({"alias": "Countess"}));
    assert_eq!(
        requests[1].headers["content-type"],
        "application/merge-patch+json"
    );
    assert_eq!(requests[3].headers["if-match"], "\"3\"");
}

#[tokio::test]
async fn an_applied_write_is_not_sent_again() {
    for reply in ambiguous() {
        let fault = |reply: &Reply| {
            let reply = reply.clone();
            move |n, _: &Request| (n == 0).then(|| Fault::Applied(reply.clone()))
        };
        let (sandbox, store, server) = portal(1, fault(&reply)).await;
        assert_eq!(&*create(&sandbox).await.unwrap().id, "users-4", "{reply:?}");
        assert_eq!(store.lock().unwrap().rows(Kind::Users).len(), 2);
        assert_eq!(server.requests().len(), 2);

        let (sandbox, _, server) = portal(1, fault(&reply)).await;
        let written = update(&sandbox).await.unwrap();
        assert_eq!(written.etag.as_deref(), Some("\"4\""), "{reply:?}");
        assert_eq!(server.requests().len(), 2);

        if !matches!(reply, Reply::Response(200, ..)) {
            let (sandbox, store, server) = portal(1, fault(&reply)).await;
            delete(&sandbox).await.unwrap();
            assert!(store.lock().unwrap().rows(Kind::Users).is_empty());
            assert_eq!(server.requests().len(), 2);
        }
    }
}

#[tokio::test]
async fn an_unapplied_write_is_sent_again() {
    for reply in ambiguous() {
        let fault = |reply: &Reply| {
            let reply = reply.clone();
            move |n, _: &Request| (n == 0).then(|| Fault::Ignored(reply.clone()))
        };
        let (sandbox, store, server) = portal(1, fault(&reply)).await;
        create(&sandbox).await.unwrap();
        assert_eq!(
            store.lock().unwrap().rows(Kind::Users).len(),
            2,
            "{reply:?}"
        );
        assert_eq!(server.requests().len(), 3);

        let (sandbox, store, _server) = portal(1, fault(&reply)).await;
        update(&sandbox).await.unwrap();
        assert_eq!(
            store.lock().unwrap().rows(Kind::Users)[0]["alias"],
            "Countess"
        );

        if !matches!(reply, Reply::Response(200, ..)) {
            let (sandbox, store, _server) = portal(1, fault(&reply)).await;
            delete(&sandbox).await.unwrap();
            assert!(store.lock().unwrap().rows(Kind::Users).is_empty());
        }
    }
}

#[tokio::test]
async fn an_undeterminable_outcome_is_unknown() {
    // The create never arrives.
    let never = |_: usize, request: &Request| {
        (request.method == "POST").then_some(Fault::Ignored(Reply::Closed))
    };
    let (sandbox, _, server) = portal(0, never).await;
    let error = create(&sandbox).await.unwrap_err();
    assert!(error.may_be_done(), "{error}");
    assert_eq!(server.requests().len(), 6);

    // The look-up fails too.
    let (sandbox, ..) = portal(0, |_, _| Some(Fault::Ignored(Reply::Closed))).await;
    assert!(create(&sandbox).await.unwrap_err().may_be_done());

    // Another client created an object with the same key.
    let (sandbox, store, _server) =
        portal(0, |n, _| (n == 0).then_some(Fault::Ignored(Reply::Closed))).await;
    store.lock().unwrap().add(Kind::Users, user("ada"));
    assert!(create(&sandbox).await.unwrap_err().may_be_done());

    // The look-up returns another object.
    let other_object: Modify = |page| page["items"] = json!([{"id": "1", "username": "eve"}]);
    let (sandbox, ..) = portal(0, move |n, _| match n {
        0 => Some(Fault::Ignored(Reply::Closed)),
        _ => Some(Fault::Modified(other_object)),
    })
    .await;
    assert!(create(&sandbox).await.unwrap_err().may_be_done());
}

#[tokio::test]
async fn a_concurrent_change_is_stale_even_after_a_broken_response() {
    for verb in ["update", "delete"] {
        let (sandbox, store, _server) =
            portal(1, |n, _| (n == 0).then_some(Fault::Ignored(Reply::Closed))).await;
        store.lock().unwrap().kinds.get_mut("users").unwrap()[0]["etag"] = json!("\"99\"");
        let error = match verb {
            "update" => update(&sandbox).await,
            _ => delete(&sandbox).await,
        };
        assert!(matches!(error, Err(Error::Stale { .. })), "{verb}");
    }
}

#[tokio::test]
async fn a_create_that_arrives_late_is_found_after_a_conflict() {
    // The first create arrives after the look-up, so the second one is answered with 409.
    let delayed = Arc::new(Mutex::new(None));
    let (sandbox, store, server) = portal(0, {
        let delayed = Arc::clone(&delayed);
        move |n, request| {
            if n == 0 {
                *delayed.lock().unwrap() = Some(request.body.clone());
            }
            match n {
                0 => Some(Fault::Ignored(Reply::Closed)),
                2 => Some(Fault::Ignored(Reply::json(
                    409,
                    &json!({"title": "Conflict"}),
                ))),
                _ => None,
            }
        }
    })
    .await;
    let arrive = async {
        while server.requests().len() < 3 {
            tokio::task::yield_now().await;
        }
        let body = delayed.lock().unwrap().take().unwrap();
        store.lock().unwrap().add(Kind::Users, body);
    };
    let (written, ()) = tokio::join!(create(&sandbox), arrive);
    assert_eq!(&*written.unwrap().id, "users-3");
}

#[tokio::test]
async fn a_refusal_is_shown_unless_it_contains_a_secret() {
    let refuse = |detail: &'static str| {
        let problem =
            json!({"title": "Invalid", "errors": [{"field": "password", "message": detail}]});
        move |_: usize, _: &Request| Some(Fault::Ignored(Reply::json(422, &problem)))
    };
    let (sandbox, ..) = portal(0, refuse("too short")).await;
    let error = create(&sandbox).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the portal refused: Invalid; password: too short"
    );
    let (sandbox, ..) = portal(0, refuse("`hunter2` is too short")).await;
    let error = create(&sandbox).await.unwrap_err();
    assert!(matches!(error, Error::Refused { status: 422, .. }));
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");

    let (sandbox, store, _server) = portal(0, |_, _| None).await;
    store.lock().unwrap().add(Kind::Users, user("ada"));
    let error = create(&sandbox).await.unwrap_err();
    assert!(
        matches!(error, Error::Refused { status: 409, .. }),
        "{error}"
    );
}
