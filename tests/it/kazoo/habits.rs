//! *Habits*: tests of behaviour that no recorded exchange shows.

use super::{Dialect, Kazoo, Options, PASSWORD, USERNAME, auth, caller::Caller};
use serde_json::{Value, json};

pub(super) fn ann() -> Value {
    json!({"username": "Ann", "password": "pa55word", "first_name": "Ann", "last_name": "Lee"})
}

pub(super) fn id(answer: &crate::running::Answer) -> String {
    answer.body["data"]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_write_says_which_revision_it_is_of() {
    for dialect in [Dialect::Four, Dialect::Five] {
        let kazoo = Kazoo::start(dialect);
        let caller = Caller::new(&kazoo).await;
        let made = caller.ask("PUT", "users", ann()).await;
        assert_eq!(
            (made.status, &made.body["data"]["username"]),
            (201, &json!("ann"))
        );
        let place = format!("users/{}", id(&made));
        let etag = caller.get(&place).await.header("etag").to_owned();
        assert_eq!(
            etag,
            format!("\"{}\"", made.body["revision"].as_str().unwrap())
        );
        let patch = json!({"last_name": "Leigh"});
        for (seen, status) in [
            ("nonsense", 400),
            ("\"1-0\"", 412),
            (&*etag, 200),
            (&*etag, 412),
        ] {
            for method in ["PATCH", "DELETE"] {
                if method == "DELETE" && status == 200 {
                    continue;
                }
                let answer = caller
                    .ask_with(method, &place, patch.clone(), &[("If-Match", seen)])
                    .await;
                assert_eq!(answer.status, status, "{method} {seen}");
                assert_eq!(answer.body == Value::String(String::new()), status >= 400);
            }
        }
        let unchanged = caller.get(&place).await;
        let etag = unchanged.header("etag");
        let answer = caller
            .ask_with("GET", &place, Value::Null, &[("If-None-Match", etag)])
            .await;
        assert_eq!(answer.status, 304);
    }
}

#[tokio::test]
async fn an_administrator_works_beside_us() {
    let kazoo = Kazoo::start(Dialect::Four);
    let id = kazoo.seed(
        "devices",
        json!({"name": "Desk", "mac_address": "00-15-65-AA-BB-CC", "x_own": 1}),
    );
    let doc = kazoo.doc("devices", &id).unwrap();
    assert_eq!(
        (&doc["mac_address"], &doc["x_own"]),
        (&json!("001565aabbcc"), &json!(1))
    );
    assert_eq!(doc["sip"]["expire_seconds"], 300);
    let caller = Caller::new(&kazoo).await;
    let place = format!("devices/{id}");
    let before = caller.get(&place).await;
    kazoo.set(
        "devices",
        &id,
        json!({"sip": {"method": "ip"}, "x_own": null}),
    );
    let after = caller.get(&place).await;
    assert_ne!(before.body["revision"], after.body["revision"]);
    assert_eq!(after.body["data"]["sip"]["method"], "ip");
    assert_eq!(after.body["data"].get("x_own"), None);
    kazoo.remove("devices", &id);
    assert_eq!(caller.get(&place).await.status, 404);
    let again = caller
        .ask("PUT", "devices", json!({"id": id, "name": "Desk"}))
        .await;
    assert_eq!(
        (again.status, &again.body["message"]),
        (409, &json!("datastore_conflict"))
    );
    let account = kazoo.account.clone();
    kazoo.enable(&account, false);
    let credentials = auth::login(USERNAME, PASSWORD).md5;
    let login = json!({"account_name": "acme", "credentials": credentials});
    let refused = caller.login(login).await;
    assert_eq!(
        (
            refused.status,
            &refused.body["data"]["account"]["disabled"].is_object()
        ),
        (400, &true)
    );
}

#[tokio::test]
async fn numbers_are_named_without_their_plus() {
    let kazoo = Kazoo::start(Dialect::Four);
    kazoo.seed_number("+14155550100");
    let caller = Caller::new(&kazoo).await;
    for (name, status) in [
        ("4155550100", 200),
        ("14155550100", 200),
        ("%252B14155550100", 200),
        ("+14155550100", 404),
        ("%2B14155550100", 404),
    ] {
        assert_eq!(
            caller.get(&format!("phone_numbers/{name}")).await.status,
            status,
            "{name}"
        );
    }
    let patch = json!({"cnam": {"display_name": "ACME"}});
    let answer = caller.ask("POST", "phone_numbers/14155550100", patch).await;
    assert_eq!(answer.body["data"]["cnam"]["display_name"], "ACME");
}

#[tokio::test]
async fn queues_are_there_when_they_are_loaded() {
    let bare = Options {
        queues: false,
        ..Options::new(Dialect::Four)
    };
    let kazoo = bare.start();
    let answer = Caller::new(&kazoo).await.get("queues").await;
    assert_eq!(
        (answer.status, &answer.body["message"]),
        (404, &json!("not_found"))
    );
    let kazoo = Kazoo::start(Dialect::Four);
    let (queue, user) = (
        kazoo.seed("queues", json!({"name": "Q"})),
        kazoo.seed("users", ann()),
    );
    let caller = Caller::new(&kazoo).await;
    let place = format!("queues/{queue}/roster");
    for (roster, queues) in [(json!([user]), json!([queue])), (json!([]), json!([]))] {
        assert_eq!(caller.ask("POST", &place, roster.clone()).await.status, 200);
        assert_eq!(caller.get(&place).await.body["data"], roster);
        assert_eq!(kazoo.doc("users", &user).unwrap()["queues"], queues);
    }
}

#[tokio::test]
async fn it_remembers_what_it_was_asked() {
    let kazoo = Kazoo::start(Dialect::Four);
    let caller = Caller::new(&kazoo).await;
    kazoo.forget();
    let patch = json!({"name": "Main"});
    let place = "menus/gone?verb=PATCH";
    caller
        .ask_with("POST", place, patch.clone(), &[("If-Match", "\"1-0\"")])
        .await;
    let seen = kazoo.requests().pop().unwrap();
    assert_eq!(seen.method, "PATCH");
    assert_eq!(
        seen.path,
        format!("/v2/accounts/{}/menus/gone", kazoo.account)
    );
    assert_eq!(seen.query["verb"], "PATCH");
    assert_eq!(seen.body, json!({"data": patch}));
    assert_eq!(
        (seen.status, seen.header("if-match")),
        (404, Some("\"1-0\""))
    );
}

#[tokio::test]
async fn an_answer_that_violates_a_schema_is_a_lie() {
    let kazoo = Kazoo::start(Dialect::Four);
    let id = kazoo.seed("menus", json!({"name": "Main"}));
    let mut fields = kazoo
        .portal()
        .doc(&kazoo.account, &id)
        .unwrap()
        .fields
        .clone();
    fields.insert("retries".into(), "many".into());
    kazoo.portal().keep(&kazoo.account, &id, fields);
    let caller = Caller::new(&kazoo).await;
    assert_eq!(caller.get(&format!("menus/{id}")).await.status, 200);
    let lies = kazoo.lies().join("\n");
    assert!(lies.contains("200: 4: menus: /retries: "), "{lies}");
    let dropped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(kazoo)));
    assert!(dropped.is_err());
    // What an administrator writes is returned as it is.
    let kazoo = Kazoo::start(Dialect::Four);
    let id = kazoo.seed("menus", json!({"name": "Main"}));
    kazoo.set("menus", &id, json!({"retries": "many"}));
    let caller = Caller::new(&kazoo).await;
    let told = caller.get(&format!("menus/{id}")).await;
    assert_eq!(told.body["data"]["retries"], "many");
    assert_eq!(kazoo.lies(), [""; 0]);
}

#[tokio::test]
async fn it_stops_while_a_client_holds_on() {
    let kazoo = Kazoo::start(Dialect::Four);
    let address = kazoo.url.strip_prefix("http://").unwrap().to_owned();
    let silent = tokio::net::TcpStream::connect(address).await.unwrap();
    assert_eq!(Caller::new(&kazoo).await.get("users").await.status, 200);
    drop(kazoo);
    drop(silent);
}
