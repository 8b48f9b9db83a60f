//! *Pages*: tests of lists that no recorded exchange shows.

use super::{Dialect, Kazoo, Options, caller::Caller};
use serde_json::json;
use std::collections::BTreeSet;

#[tokio::test]
async fn a_page_may_be_short_and_not_the_last() {
    for dialect in [Dialect::Four, Dialect::Five] {
        let kazoo = Kazoo::start(dialect);
        for number in 0..120 {
            let last = if number % 40 == 0 { "Rare" } else { "Common" };
            let user = json!({"first_name": format!("F{number}"), "last_name": last});
            kazoo.seed("users", user);
        }
        let caller = Caller::new(&kazoo).await;
        for (query, rows, shortest) in [
            ("page_size=7", 121, 2),
            ("page_size=7&filter_last_name=Rare", 3, 0),
            ("page_size=0", 121, 21),
            ("filter_not_last_name=Common&filter_first_name=F0", 1, 0),
            ("page_size=500", 121, 121),
            ("paginate=false&has_key=username", 1, 1),
            ("paginate=false&key_missing=username", 120, 120),
            ("filter_id=anything", 0, 0),
            ("filter_hotdesk.enabled=false", 121, 21),
        ] {
            let (mut ids, mut least, mut start) = (BTreeSet::new(), usize::MAX, String::new());
            loop {
                let answer = caller.get(&format!("users?{query}{start}")).await;
                let page = answer.body["data"].as_array().unwrap();
                least = least.min(page.len());
                let size = answer
                    .body
                    .get("page_size")
                    .map(|size| size.as_u64().unwrap());
                let is_whole = query.contains("paginate=false");
                assert_eq!(size, (!is_whole).then_some(page.len() as u64), "{query}");
                let new = page.iter().map(|row| row["id"].to_string());
                for id in new {
                    assert!(ids.insert(id), "{query} has an object twice");
                }
                match answer.body.get("next_start_key") {
                    None => break,
                    Some(next) => start = format!("&start_key={}", next.as_str().unwrap()),
                }
            }
            assert_eq!((ids.len(), least), (rows, shortest), "{query}");
        }
    }
    let capped = Options {
        page_size: 2,
        largest_page: Some(3),
        ..Options::new(Dialect::Four)
    };
    let kazoo = capped.start();
    for number in 0..9 {
        kazoo.seed("menus", json!({"name": format!("Menu {number}")}));
    }
    let caller = Caller::new(&kazoo).await;
    for (query, size) in [("", 2), ("?page_size=50", 3)] {
        let answer = caller.get(&format!("menus{query}")).await;
        assert_eq!(answer.body["page_size"], size);
    }
}

#[tokio::test]
async fn a_five_shows_more_in_a_list() {
    let query = "users?fields=[%22caller_id.internal.number%22,%22hotdesk%22,%22nothing%22]";
    let user =
        json!({"first_name": "A", "last_name": "L", "caller_id": {"internal": {"number": "7"}}});
    let hotdesk =
        json!({"enabled": false, "keep_logged_in_elsewhere": false, "require_pin": false});
    for (dialect, full_docs) in [
        (Dialect::Four, true),
        (Dialect::Five, false),
        (Dialect::Five, true),
    ] {
        let options = Options {
            full_docs,
            ..Options::new(dialect)
        };
        let kazoo = options.start();
        let id = kazoo.seed("users", user.clone());
        let caller = Caller::new(&kazoo).await;
        let row = async |query: &str| {
            let answer = caller.get(query).await;
            let rows = answer.body["data"].as_array().unwrap();
            rows.iter().find(|row| row["id"] == *id).unwrap().clone()
        };
        let picked =
            json!({"id": id, "caller_id": {"internal": {"number": "7"}}, "hotdesk": hotdesk});
        assert_eq!(row(query).await == picked, dialect == Dialect::Five);
        let whole = row("users?full_docs=true").await.get("hotdesk").is_some();
        assert_eq!(whole, dialect == Dialect::Five && full_docs);
        let envelope = caller.get(&format!("users/{id}")).await.body;
        assert_eq!(envelope.get("tokens").is_some(), dialect == Dialect::Five);
        assert_eq!(envelope["metadata"]["id"] == *id, dialect == Dialect::Five);
    }
}

#[tokio::test]
async fn many_documents_come_at_once_where_that_is_loaded() {
    for (dialect, bulk, status) in [
        (Dialect::Four, false, 404),
        (Dialect::Four, true, 200),
        (Dialect::Five, true, 404),
    ] {
        let options = Options {
            bulk,
            ..Options::new(dialect)
        };
        let kazoo = options.start();
        let menu = kazoo.seed("menus", json!({"name": "Main"}));
        let media = kazoo.seed("media", json!({"name": "Hello"}));
        let caller = Caller::new(&kazoo).await;
        let answer = caller
            .ask("POST", "bulk", json!({"ids": [menu, media, "gone"]}))
            .await;
        assert_eq!(answer.status, status);
        if status == 200 {
            let docs = [kazoo.doc("menus", &menu), kazoo.doc("media", &media)];
            assert_eq!(answer.body["data"], json!(docs));
        }
    }
}
