//! Tests of reading: the number of requests, and the detection of incomplete listings.

use super::with_users;
use crate::faulty::{Change, Fault, Match};
use callsheet::{
    model::{Address, Extent, Kind, LoginState, Standing},
    portal::{Error, Progress},
};
use serde_json::json;
use std::{collections::BTreeSet, sync::Mutex};

/// A cursor behind every user, each time another.
fn another_cursor() -> String {
    let key = format!("z{}", uuid::Uuid::new_v4());
    let hex = |hex: String, byte| hex + &format!("{byte:02x}");
    key.bytes().fold(String::new(), hex)
}

#[tokio::test]
async fn a_read_needs_the_minimum_number_of_requests() {
    let setup = with_users(2500);
    let live = setup.read(&Kind::ALL).await.unwrap();
    assert_eq!((live.requests.made, live.requests.minimum), (4, 4));
    assert_eq!(setup.faulty.requests().len(), 4);
    assert_eq!(live.listings.len(), Kind::ALL.len());
    let mut listings = live.listings.values();
    assert!(listings.all(|listing| listing.extent == Extent::Whole));
    assert_eq!(live.of_kind(Kind::Users).count(), 2500);

    let user = live.get(Kind::Users, "user0").unwrap();
    let there = setup.client.get(&format!("/v1/users/{}", user.id)).await;
    assert_eq!(user.etag.as_deref(), there.body["etag"].as_str());
    assert_eq!(user.messages, 3);
    assert_eq!(
        serde_json::to_value(&user.fields).unwrap(),
        json!({"username": "user0", "first_name": "Ada", "last_name": "Lovelace",
            "email": "user0@acme.example", "scope": "simple_user"})
    );
    let scope = live.get(Kind::Scopes, "administrator").unwrap();
    assert!(scope.standing == Standing::BuiltIn);
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
    let setup = with_users(1500);
    let change = Fault::Changed(|page| page["revision"] = json!(0));
    setup.faulty.fail(Match::get("/v1/users").nth(2), change);
    let count = Count(Mutex::new(0));
    let kinds = BTreeSet::from([Kind::Users]);
    let live = setup.portal.read(&kinds, &count).await.unwrap();
    assert_eq!(*count.0.lock().unwrap(), 1500);
    assert_eq!((live.requests.made, live.requests.minimum), (4, 2));
    assert_eq!(live.listings[&Kind::Users].extent, Extent::Whole);
}

#[tokio::test]
async fn an_inconsistent_listing_is_incomplete() {
    let cases: [(&str, Change, usize); 7] = [
        (
            "2 of 3 objects were listed",
            |page| drop(page["items"].as_array_mut().unwrap().pop()),
            2,
        ),
        (
            "the ID ",
            |page| page["items"][1] = page["items"][0].clone(),
            2,
        ),
        (
            "`user0` is listed twice",
            |page| page["items"][1]["username"] = json!("user0"),
            2,
        ),
        // All users come after the key `a`.
        ("its pages don't end", |page| page["next"] = json!("61"), 3),
        (
            "its pages don't end",
            |page| page["next"] = json!(another_cursor()),
            3,
        ),
        // The first page promises more pages than there are.
        (
            "3 of 2500 objects were listed",
            |page| {
                page["total"] = json!(2500);
                page["totals"]["users"] = json!(2500);
            },
            3,
        ),
        (
            "it changed during the read",
            |page| page["totals"]["users"] = json!(4),
            3,
        ),
    ];
    for (reason, change, kept) in cases {
        let setup = with_users(3);
        setup.faulty.fail(Match::get("/"), Fault::Changed(change));
        let live = setup.read(&[Kind::Users]).await.unwrap();
        let listing = &live.listings[&Kind::Users];
        let doubt = listing.doubt().unwrap_or_default();
        assert!(doubt.starts_with(reason), "{reason}: {doubt}");
        assert_eq!(listing.objects.len(), kept, "{reason}");
        let made = live.requests.made;
        assert!((3..=9).contains(&made), "{reason}: {made}");
    }
}

#[tokio::test]
async fn numbered_pages_are_requested_side_by_side() {
    let setup = with_users(4500);
    // Whoever waits for the second page before the others would wait for ever.
    setup.faulty.fail(
        Match::get("/v1/users?limit=1000&offset=1000"),
        Fault::HoldAnswer,
    );
    let reading = setup.read(&[Kind::Users]);
    let others = async {
        while setup.faulty.requests().len() < 5 {
            tokio::task::yield_now().await;
        }
        setup.faulty.release();
    };
    let (live, ()) = tokio::join!(reading, others);
    let live = live.unwrap();
    assert_eq!((live.requests.made, live.requests.minimum), (5, 5));
    assert_eq!(live.of_kind(Kind::Users).count(), 4500);
    assert_eq!(live.listings[&Kind::Users].extent, Extent::Whole);
}

#[tokio::test]
async fn a_failed_page_fails_the_read() {
    for status in [200, 404] {
        let setup = with_users(1500);
        let fault = Fault::HtmlPage(status);
        setup.faulty.fail(Match::get("/v1").nth(3), fault);
        let error = setup.read(&Kind::ALL).await.unwrap_err();
        assert!(matches!(error, Error::Unreadable { .. }), "{error}");
    }
    let changes: [Change; 3] = [
        |page| page["items"][0]["dnd"] = json!("yes"),
        |page| page["items"][0]["id"] = json!(""),
        |page| page["items"][0]["id"] = json!("x".repeat(513)),
    ];
    for change in changes {
        let setup = with_users(3);
        setup
            .faulty
            .fail(Match::get("/v1/users"), Fault::Changed(change));
        let error = setup.read(&Kind::ALL).await.unwrap_err();
        assert!(matches!(error, Error::Unreadable { .. }), "{error}");
    }
    for status in [404, 401, 403, 500] {
        let setup = with_users(3);
        setup
            .faulty
            .fail(Match::get("/v1/users"), Fault::Refused(status));
        assert!(setup.read(&Kind::ALL).await.is_err(), "{status}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_and_logins_are_told_and_sounds_never() {
    let setup = with_users(1);
    let users = setup.users().await;
    let id = users[0]["id"].as_str().unwrap();
    let path = format!("/v1/users/{id}/messages");
    for seconds in [12, 0] {
        let left = json!({"from": "+14155550190", "seconds": seconds});
        assert_eq!(setup.client.post(&path, &left).await.status, 201);
    }
    let user = Address::new(Kind::Users, "user0");
    let messages = setup.portal.messages(&user, id).await.unwrap().unwrap();
    let told: Vec<_> = messages
        .iter()
        .map(|message| (&*message.from, message.seconds))
        .collect();
    assert_eq!(told, [("+14155550190", 12), ("+14155550190", 0)]);
    assert!(messages[0].at.as_second() > 0);
    let gone = setup.portal.messages(&user, "nobody").await;
    assert!(matches!(gone, Err(Error::Stale { .. })), "{gone:?}");
    let live = setup.read(&[Kind::Users, Kind::Groups]).await.unwrap();
    let login = live.get(Kind::Users, "user0").unwrap().login;
    assert_eq!(login, Some(LoginState::default()));
}
