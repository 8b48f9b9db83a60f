//! Tests of reading: the number of requests, and the detection of incomplete listings.

use super::{Fault, Modify, portal, read};
use crate::{
    model::{Extent, Kind, Standing},
    portal::{Error, Portal as _, Progress, fake_server::Reply},
};
use serde_json::{Value as Json, json};
use std::{collections::BTreeSet, sync::Mutex};

fn another_cursor() -> String {
    uuid::Uuid::new_v4().to_string()
}

#[tokio::test]
async fn a_read_needs_the_minimum_number_of_requests() {
    let (portal, ..) = portal(2500, |_, _| None).await;
    let live = read(&portal, &Kind::ALL).await.unwrap();
    assert_eq!((live.requests.made, live.requests.minimum), (4, 4));
    assert_eq!(live.listings.len(), Kind::ALL.len());
    assert!(
        live.listings
            .values()
            .all(|listing| listing.extent == Extent::Whole)
    );
    assert_eq!(live.of_kind(Kind::Users).count(), 2500);

    let ada = live.get(Kind::Users, "user7").unwrap();
    assert_eq!(
        (&*ada.id, ada.etag.as_deref(), ada.messages),
        ("users-10", Some("\"10\""), 3)
    );
    assert_eq!(
        serde_json::to_value(&ada.fields).unwrap(),
        json!({"username": "user7", "first_name": "Ada", "last_name": "Lovelace",
            "email": "user7@acme.example"})
    );
    let scope = live.get(Kind::Scopes, "administrator").unwrap();
    assert!(scope.standing == Standing::BuiltIn && scope.fields.is_empty());
}

#[tokio::test]
async fn progress_counts_every_object_once() {
    struct Count(Mutex<u64>);
    impl Progress for Count {
        fn seen(&self, kind: Kind, seen: u64, total: Option<u64>) {
            assert_eq!((kind, total), (Kind::Users, Some(1500)));
            *self.0.lock().unwrap() += seen;
        }
    }
    let modify = |page: &mut Json| page["revision"] = json!(0);
    let (portal, ..) = portal(1500, move |n, _| {
        (n == 1).then_some(Fault::Modified(modify))
    })
    .await;
    let count = Count(Mutex::new(0));
    let kinds = BTreeSet::from([Kind::Users]);
    let live = portal.read(&kinds, &count).await.unwrap();
    assert_eq!(*count.0.lock().unwrap(), 1500);
    assert_eq!((live.requests.made, live.requests.minimum), (4, 2));
    assert_eq!(live.listings[&Kind::Users].extent, Extent::Whole);
}

#[tokio::test]
async fn an_inconsistent_listing_is_incomplete() {
    let cases: [(&str, Modify, usize); 6] = [
        (
            "2 of 3 objects were listed",
            |page| {
                page["items"].as_array_mut().unwrap().pop();
            },
            2,
        ),
        (
            "the ID users-3 is listed twice",
            |page| page["items"][1] = page["items"][0].clone(),
            2,
        ),
        (
            "`user0` is listed twice",
            |page| page["items"][1]["username"] = json!("user0"),
            2,
        ),
        (
            "its pages form a cycle",
            |page| page["next"] = json!("0"),
            3,
        ),
        (
            "its pages don't end",
            |page| page["next"] = json!(another_cursor()),
            3,
        ),
        (
            "it changed during the read",
            |page| page["totals"]["users"] = json!(4),
            3,
        ),
    ];
    for (reason, modify, kept) in cases {
        let (portal, ..) = portal(3, move |_, _| Some(Fault::Modified(modify))).await;
        let live = read(&portal, &[Kind::Users]).await.unwrap();
        let listing = &live.listings[&Kind::Users];
        assert_eq!(listing.doubt(), Some(reason));
        assert_eq!(listing.objects.len(), kept, "{reason}");
        assert!(
            (3..=9).contains(&live.requests.made),
            "{reason}: {}",
            live.requests.made
        );
    }
}

#[tokio::test]
async fn a_failed_page_fails_the_read() {
    let refusal = |status| Reply::json(status, &json!({"title": "No"}));
    let wrong_type: Modify = |page| page["items"][0]["dnd"] = json!("yes");
    let without_id: Modify = |page| page["items"][0]["id"] = json!("");
    let long_id: Modify = |page| page["items"][0]["id"] = json!("x".repeat(513));
    for fault in [
        || Fault::Ignored(Reply::html(200)),
        || Fault::Ignored(Reply::html(404)),
    ] {
        let (portal, ..) = portal(1500, move |n, _| (n == 2).then(fault)).await;
        let error = read(&portal, &Kind::ALL).await.unwrap_err();
        assert!(matches!(error, Error::Unreadable { .. }), "{error}");
    }
    for modify in [wrong_type, without_id, long_id] {
        let (portal, ..) = portal(3, move |n, _| (n == 1).then_some(Fault::Modified(modify))).await;
        let error = read(&portal, &Kind::ALL).await.unwrap_err();
        assert!(matches!(error, Error::Unreadable { .. }), "{error}");
    }
    for status in [404, 401, 403, 500] {
        let fault = move || Fault::Ignored(refusal(status));
        let (portal, ..) = portal(3, move |n, _| (n > 0).then(fault)).await;
        assert!(read(&portal, &Kind::ALL).await.is_err(), "{status}");
    }
}
