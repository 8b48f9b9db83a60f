//! Tests of writing: a change is applied exactly once, whatever happens to the responses.

use super::{Setup, with_users};
use crate::{
    faulty::{Fault, Match},
    running::user,
};
use callsheet::{
    model::{Address, Fields, Kind, LiveObject, Secret, SecretOrigin, Value},
    portal::{Change, Error, ObjectRef, Portal, Verb, Write, Written},
};
use serde_json::json;
use std::collections::BTreeMap;

fn ada() -> Fields {
    let origin = Some(SecretOrigin::Env("ADA".into()));
    let entries = [
        ("first_name", Value::text("Ada")),
        ("last_name", Value::text("Lovelace")),
        ("email", Value::text("ada@acme.example")),
        (
            "password",
            Value::Secret(Box::new(Secret { origin, version: 2 })),
        ),
    ];
    let entries = entries.into_iter();
    entries.map(|(name, value)| (name.into(), value)).collect()
}

async fn create(portal: &dyn Portal) -> Result<Written, Error> {
    let write = Write {
        address: &Address::new(Kind::Users, "ada"),
        verb: Verb::Create,
        target: &ada(),
        changes: &[],
        secrets: &BTreeMap::from([(vec!["password".into()], "hunter2".into())]),
        greeting: None,
    };
    portal.write(&write).await
}

/// The first user as it was read.
async fn first(setup: &Setup) -> LiveObject {
    let live = setup.read(&[Kind::Users]).await.unwrap();
    setup.faulty.forget();
    live.get(Kind::Users, "user0").unwrap().clone()
}

fn referred(object: &LiveObject) -> ObjectRef<'_> {
    ObjectRef {
        id: &object.id,
        key: "user0",
        etag: object.etag.as_deref(),
    }
}

async fn update(setup: &Setup, object: &LiveObject) -> Result<Written, Error> {
    let change = Change {
        path: vec!["alias".into()],
        before: None,
        after: Some(Value::text("Countess")),
    };
    let write = Write {
        address: &Address::new(Kind::Users, "user0"),
        verb: Verb::Update(referred(object)),
        target: &ada(),
        changes: &[change],
        secrets: &BTreeMap::new(),
        greeting: None,
    };
    setup.portal.write(&write).await
}

async fn delete(setup: &Setup, object: &LiveObject) -> Result<Written, Error> {
    let write = Write {
        address: &Address::new(Kind::Users, "user0"),
        verb: Verb::Delete(referred(object)),
        target: &Fields::new(),
        changes: &[],
        secrets: &BTreeMap::new(),
        greeting: None,
    };
    setup.portal.write(&write).await
}

/// Answers that don't say whether a write was applied, which depends on `is_forwarded`.
fn ambiguous(is_forwarded: bool) -> [Fault; 5] {
    let answer = |status, body| Fault::Answer {
        status,
        body,
        is_forwarded,
    };
    [
        match is_forwarded {
            true => Fault::ResetAfterCommit,
            false => Fault::ResetBeforeSend,
        },
        answer(502, "<h1>Gateway</h1>"),
        answer(200, "<h1>Gateway</h1>"),
        answer(500, r#"{"title": "Oops"}"#),
        answer(200, r#"{"unexpected": "body"}"#),
    ]
}

/// Whether a fault looks like the success of a delete.
fn looks_deleted(fault: Fault) -> bool {
    matches!(fault, Fault::Answer { status: 200, .. })
}

#[tokio::test]
async fn a_write_is_one_request() {
    let setup = with_users(1);
    let object = first(&setup).await;
    let written = create(&*setup.portal).await.unwrap();
    let there = setup.client.get(&format!("/v1/users/{}", written.id)).await;
    assert_eq!(written.etag.as_deref(), there.body["etag"].as_str());
    assert_eq!(there.body["password"], json!({"version": 2}));
    let updated = update(&setup, &object).await.unwrap();
    assert_ne!(updated.etag, object.etag);
    let stale = update(&setup, &object).await;
    assert!(matches!(stale, Err(Error::Stale { .. })));
    let stale = delete(&setup, &object).await;
    assert!(matches!(stale, Err(Error::Stale { .. })));
    assert_eq!(setup.users().await.len(), 2);
    setup
        .client
        .delete(&format!("/v1/users/{}", object.id))
        .await;
    assert!(
        delete(&setup, &object).await.is_ok(),
        "it is already deleted"
    );
    let stale = update(&setup, &object).await;
    assert!(
        matches!(stale, Err(Error::Stale { .. })),
        "nothing to update"
    );
    assert_eq!(setup.faulty.requests().len(), 6);
}

#[tokio::test]
async fn an_applied_write_is_not_sent_again() {
    for fault in ambiguous(true) {
        let setup = with_users(1);
        setup.faulty.fail(Match::write().nth(1), fault);
        let written = create(&*setup.portal).await.unwrap();
        let users = setup.users().await;
        assert_eq!(users.len(), 2);
        assert!(
            users.iter().any(|user| user["id"] == *written.id),
            "{fault:?}"
        );
        assert_eq!(setup.faulty.requests().len(), 2, "{fault:?}");

        let setup = with_users(1);
        let object = first(&setup).await;
        setup.faulty.fail(Match::write().nth(1), fault);
        let written = update(&setup, &object).await.unwrap();
        let there = setup.users().await.remove(0);
        assert_eq!(written.etag.as_deref(), there["etag"].as_str(), "{fault:?}");
        assert_eq!(there["alias"], "Countess", "{fault:?}");
        assert_eq!(setup.faulty.requests().len(), 2, "{fault:?}");

        if !looks_deleted(fault) {
            let setup = with_users(1);
            let object = first(&setup).await;
            setup.faulty.fail(Match::write().nth(1), fault);
            delete(&setup, &object).await.unwrap();
            assert!(setup.users().await.is_empty(), "{fault:?}");
            assert_eq!(setup.faulty.requests().len(), 2, "{fault:?}");
        }
    }
}

#[tokio::test]
async fn an_unapplied_write_is_sent_again() {
    for fault in ambiguous(false) {
        let setup = with_users(1);
        setup.faulty.fail(Match::write().nth(1), fault);
        create(&*setup.portal).await.unwrap();
        assert_eq!(setup.users().await.len(), 2, "{fault:?}");
        assert_eq!(setup.faulty.requests().len(), 3, "{fault:?}");

        let setup = with_users(1);
        let object = first(&setup).await;
        setup.faulty.fail(Match::write().nth(1), fault);
        update(&setup, &object).await.unwrap();
        assert_eq!(setup.users().await[0]["alias"], "Countess", "{fault:?}");

        if !looks_deleted(fault) {
            let setup = with_users(1);
            let object = first(&setup).await;
            setup.faulty.fail(Match::write().nth(1), fault);
            delete(&setup, &object).await.unwrap();
            assert!(setup.users().await.is_empty(), "{fault:?}");
        }
    }
}

#[tokio::test]
async fn an_undeterminable_outcome_is_unknown() {
    // The create never arrives.
    let setup = with_users(0);
    setup.faulty.fail(Match::write(), Fault::ResetBeforeSend);
    let error = create(&*setup.portal).await.unwrap_err();
    assert!(error.may_be_done(), "{error}");
    assert_eq!(setup.faulty.requests().len(), 6);

    // The look-up fails too.
    let setup = with_users(0);
    setup.faulty.fail(Match::write(), Fault::ResetBeforeSend);
    setup.faulty.fail(Match::get("/"), Fault::ResetBeforeSend);
    assert!(create(&*setup.portal).await.unwrap_err().may_be_done());

    // Another client created an object with the same key.
    let setup = with_users(0);
    setup
        .faulty
        .fail(Match::write().nth(1), Fault::ResetBeforeSend);
    assert_eq!(
        setup.client.post("/v1/users", &user("ada")).await.status,
        201
    );
    assert!(create(&*setup.portal).await.unwrap_err().may_be_done());

    // The look-up returns another object.
    let setup = with_users(0);
    setup
        .faulty
        .fail(Match::write().nth(1), Fault::ResetBeforeSend);
    let another = Fault::Changed(|page| page["items"] = json!([{"id": "1", "username": "eve"}]));
    setup.faulty.fail(Match::get("/"), another);
    assert!(create(&*setup.portal).await.unwrap_err().may_be_done());
}

#[tokio::test]
async fn a_concurrent_change_is_stale_even_after_a_broken_response() {
    for verb in ["update", "delete"] {
        let setup = with_users(1);
        let object = first(&setup).await;
        setup
            .faulty
            .fail(Match::write().nth(1), Fault::ResetBeforeSend);
        let path = format!("/v1/users/{}", object.id);
        let changed = setup.client.patch(&path, &json!({"title": "Baker"})).await;
        assert_eq!(changed.status, 200);
        let error = match verb {
            "update" => update(&setup, &object).await,
            _ => delete(&setup, &object).await,
        };
        assert!(matches!(error, Err(Error::Stale { .. })), "{verb}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_that_arrives_late_is_found_after_a_conflict() {
    // The first create arrives after the look-up, so the second one is answered with 409.
    let Setup {
        faulty,
        portal,
        client,
        _sandbox,
    } = with_users(0);
    faulty.fail(Match::write().nth(1), Fault::ResetBeforeSend);
    faulty.fail(Match::write().nth(2), Fault::Hold);
    let creating = tokio::spawn(async move { create(&*portal).await });
    tokio::task::block_in_place(|| faulty.until_held(1));
    let mut late = user("ada");
    late["first_name"] = "Ada".into();
    late["last_name"] = "Lovelace".into();
    late["password"] = json!({"value": "hunter2", "version": 2});
    let made = client.post("/v1/users", &late).await;
    faulty.release();
    let written = creating.await.unwrap().unwrap();
    assert_eq!(*written.id, *made.body["id"].as_str().unwrap());
}

#[tokio::test]
async fn a_refusal_is_shown_unless_it_contains_a_secret() {
    let refused = async |body: &'static str| {
        let setup = with_users(0);
        let refusal = Fault::Answer {
            status: 422,
            body,
            is_forwarded: false,
        };
        setup.faulty.fail(Match::write(), refusal);
        create(&*setup.portal).await.unwrap_err()
    };
    let error = refused(
        r#"{"title": "Invalid", "errors": [{"field": "password", "message": "too short"}]}"#,
    )
    .await;
    assert_eq!(
        error.to_string(),
        "the portal refused: Invalid; password: too short"
    );
    let error = refused(
        r#"{"title": "Invalid", "errors": [{"field": "password", "message": "`hunter2` is too short"}]}"#,
    )
    .await;
    assert!(matches!(error, Error::Refused { status: 422, .. }));
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");

    let setup = with_users(0);
    assert_eq!(
        setup.client.post("/v1/users", &user("ada")).await.status,
        201
    );
    let error = create(&*setup.portal).await.unwrap_err();
    let is_conflict = matches!(error, Error::Refused { status: 409, .. });
    assert!(is_conflict, "{error}");
}
