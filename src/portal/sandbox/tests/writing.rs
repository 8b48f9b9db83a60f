//! What is written, once, whatever becomes of the answers.

use super::{Fault, Twist, portal, user};
use crate::{
    model::{Address, Fields, Kind, Secret, SecretOrigin, Value},
    portal::{
        Change, Error, ObjectRef, Portal as _, Verb, Write, Written,
        sandbox::Sandbox,
        stage::{Call, Reply},
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
        Reply::HungUp,
        Reply::html(502),
        Reply::html(200),
        Reply::json(500, &json!({"title": "Oops"})),
        Reply::json(200, &json!({"unheard": "of"})),
    ]
}

#[tokio::test]
async fn a_write_is_one_request() {
    let (portal, held, stage) = portal(1, |_, _| None).await;
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
    held.lock().unwrap().kinds.clear();
    assert!(delete(&portal).await.is_ok(), "it is gone already");
    assert!(
        matches!(update(&portal).await, Err(Error::Stale { .. })),
        "nothing to update"
    );

    let calls = stage.calls();
    assert_eq!(calls.len(), 6);
    assert_eq!(
        calls[0].body["password"],
        json!({"value": "hunter2", "version": 2})
    );
    assert_eq!(calls[1].body, json!({"alias": "Countess"}));
    assert_eq!(
        calls[1].headers["content-type"],
        "application/merge-patch+json"
    );
    assert_eq!(calls[3].headers["if-match"], "\"3\"");
}

#[tokio::test]
async fn what_was_done_is_not_done_again() {
    for reply in ambiguous() {
        let fault = |reply: &Reply| {
            let reply = reply.clone();
            move |n, _: &Call| (n == 0).then(|| Fault::Then(reply.clone()))
        };
        let (sandbox, held, stage) = portal(1, fault(&reply)).await;
        assert_eq!(&*create(&sandbox).await.unwrap().id, "users-4", "{reply:?}");
        assert_eq!(held.lock().unwrap().rows(Kind::Users).len(), 2);
        assert_eq!(stage.calls().len(), 2);

        let (sandbox, _, stage) = portal(1, fault(&reply)).await;
        let written = update(&sandbox).await.unwrap();
        assert_eq!(written.etag.as_deref(), Some("\"4\""), "{reply:?}");
        assert_eq!(stage.calls().len(), 2);

        if !matches!(reply, Reply::Said(200, ..)) {
            let (sandbox, held, stage) = portal(1, fault(&reply)).await;
            delete(&sandbox).await.unwrap();
            assert!(held.lock().unwrap().rows(Kind::Users).is_empty());
            assert_eq!(stage.calls().len(), 2);
        }
    }
}

#[tokio::test]
async fn what_was_not_done_is_sent_again() {
    for reply in ambiguous() {
        let fault = |reply: &Reply| {
            let reply = reply.clone();
            move |n, _: &Call| (n == 0).then(|| Fault::Instead(reply.clone()))
        };
        let (sandbox, held, stage) = portal(1, fault(&reply)).await;
        create(&sandbox).await.unwrap();
        assert_eq!(held.lock().unwrap().rows(Kind::Users).len(), 2, "{reply:?}");
        assert_eq!(stage.calls().len(), 3);

        let (sandbox, held, _stage) = portal(1, fault(&reply)).await;
        update(&sandbox).await.unwrap();
        assert_eq!(
            held.lock().unwrap().rows(Kind::Users)[0]["alias"],
            "Countess"
        );

        if !matches!(reply, Reply::Said(200, ..)) {
            let (sandbox, held, _stage) = portal(1, fault(&reply)).await;
            delete(&sandbox).await.unwrap();
            assert!(held.lock().unwrap().rows(Kind::Users).is_empty());
        }
    }
}

#[tokio::test]
async fn what_nobody_knows_is_said_to_be_unknown() {
    // It never arrives.
    let never =
        |_: usize, call: &Call| (call.method == "POST").then_some(Fault::Instead(Reply::HungUp));
    let (sandbox, _, stage) = portal(0, never).await;
    let error = create(&sandbox).await.unwrap_err();
    assert!(error.may_be_done(), "{error}");
    assert_eq!(stage.calls().len(), 6);

    // Nobody can look.
    let (sandbox, ..) = portal(0, |_, _| Some(Fault::Instead(Reply::HungUp))).await;
    assert!(create(&sandbox).await.unwrap_err().may_be_done());

    // Somebody else's object has the key.
    let (sandbox, held, _stage) =
        portal(0, |n, _| (n == 0).then_some(Fault::Instead(Reply::HungUp))).await;
    held.lock().unwrap().add(Kind::Users, user("ada"));
    assert!(create(&sandbox).await.unwrap_err().may_be_done());

    // The look-up answers something else.
    let elsewhere: Twist = |page| page["items"] = json!([{"id": "1", "username": "eve"}]);
    let (sandbox, ..) = portal(0, move |n, _| match n {
        0 => Some(Fault::Instead(Reply::HungUp)),
        _ => Some(Fault::Twist(elsewhere)),
    })
    .await;
    assert!(create(&sandbox).await.unwrap_err().may_be_done());
}

#[tokio::test]
async fn somebody_elses_change_is_stale_even_after_a_broken_answer() {
    for act in ["update", "delete"] {
        let (sandbox, held, _stage) =
            portal(1, |n, _| (n == 0).then_some(Fault::Instead(Reply::HungUp))).await;
        held.lock().unwrap().kinds.get_mut("users").unwrap()[0]["etag"] = json!("\"99\"");
        let error = match act {
            "update" => update(&sandbox).await,
            _ => delete(&sandbox).await,
        };
        assert!(matches!(error, Err(Error::Stale { .. })), "{act}");
    }
}

#[tokio::test]
async fn a_late_arrival_is_found_when_the_second_sending_meets_it() {
    // The first create arrives only after it was looked for: the second one is told 409.
    let held_back = Arc::new(Mutex::new(None));
    let (sandbox, held, stage) = portal(0, {
        let held_back = Arc::clone(&held_back);
        move |n, call| {
            if n == 0 {
                *held_back.lock().unwrap() = Some(call.body.clone());
            }
            match n {
                0 => Some(Fault::Instead(Reply::HungUp)),
                2 => Some(Fault::Instead(Reply::json(
                    409,
                    &json!({"title": "Conflict"}),
                ))),
                _ => None,
            }
        }
    })
    .await;
    let arrive = async {
        while stage.calls().len() < 3 {
            tokio::task::yield_now().await;
        }
        let body = held_back.lock().unwrap().take().unwrap();
        held.lock().unwrap().add(Kind::Users, body);
    };
    let (written, ()) = tokio::join!(create(&sandbox), arrive);
    assert_eq!(&*written.unwrap().id, "users-3");
}

#[tokio::test]
async fn a_refusal_is_the_portals_unless_it_repeats_a_secret() {
    let refuse = |detail: &'static str| {
        let problem =
            json!({"title": "Invalid", "errors": [{"field": "password", "message": detail}]});
        move |_: usize, _: &Call| Some(Fault::Instead(Reply::json(422, &problem)))
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

    let (sandbox, held, _stage) = portal(0, |_, _| None).await;
    held.lock().unwrap().add(Kind::Users, user("ada"));
    let error = create(&sandbox).await.unwrap_err();
    assert!(
        matches!(error, Error::Refused { status: 409, .. }),
        "{error}"
    );
}
