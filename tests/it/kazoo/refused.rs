//! *Refusals*: tests of rejected requests and their answers.

use super::{
    Dialect, Kazoo, Options, auth,
    caller::Caller,
    contracts_present,
    habits::{ann, id},
};
use serde_json::json;
use std::collections::BTreeSet;

#[tokio::test]
async fn what_costs_money_is_not_made_unasked() {
    for dialect in [Dialect::Four, Dialect::Five] {
        let priced = Options {
            priced: vec![("users", 10.0, 5.0)],
            ..Options::new(dialect)
        };
        let kazoo = priced.start();
        let caller = Caller::new(&kazoo).await;
        let answer = caller.ask("PUT", "users", ann()).await;
        assert_eq!((answer.status, kazoo.docs("users").len()), (402, 1));
        assert_eq!(answer.body["data"].is_array(), dialect == Dialect::Four);
        assert_eq!(answer.body["data"].is_object(), dialect == Dialect::Five);
        let wrong = caller
            .ask("PUT", "users", json!({"first_name": "Ann"}))
            .await;
        assert_eq!(wrong.status, 400);
        let body = json!({"data": ann(), "accept_charges": true});
        let path = format!("/v2/accounts/{}/users", kazoo.account);
        let answer = caller.send("PUT", &path, Some(&body), &[]).await;
        assert_eq!(answer.status, 201);
    }
}

#[tokio::test]
async fn whoever_hurries_is_told_to_wait() {
    let slow = Options {
        rate: Some((3, 0)),
        ..Options::new(Dialect::Four)
    };
    let kazoo = slow.start();
    let caller = Caller::new(&kazoo).await;
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(caller.get("users").await.status);
    }
    assert_eq!(statuses, [200, 200, 429]);
}

#[tokio::test]
async fn what_is_wrong_is_said_by_field() {
    let kazoo = Kazoo::start(Dialect::Four);
    let user = kazoo.seed("users", ann());
    kazoo.seed("vmboxes", json!({"name": "Ann", "mailbox": "301"}));
    let caller = Caller::new(&kazoo).await;
    let long = "x".repeat(36);
    for (place, data, expected) in [
        (
            "users",
            json!({"username": "a b", "password": "x", "first_name": "", "last_name": 7,
                "caller_id": {"internal": {"name": long}}}),
            "caller_id%2Einternal%2Ename maxLength, first_name minLength, last_name type, username pattern",
        ),
        (
            "users",
            json!({"first_name": "A", "last_name": "B", "call_forward": {"enabled": true}}),
            "call_forward.number required",
        ),
        (
            "devices",
            json!({"name": "D", "call_forward": {"enabled": true, "number": ""}}),
            "call_forward.number required",
        ),
        (
            "vmboxes",
            json!({"name": "B", "mailbox": "0301"}),
            "mailbox unique",
        ),
        (
            "vmboxes",
            json!({"name": "B", "mailbox": 302, "pin": "12"}),
            "mailbox type, pin minLength",
        ),
        (
            "vmboxes",
            json!({"name": "B", "mailbox": "302", "media": {"unavailable": "x"}}),
            "media.unavailable minLength",
        ),
        (
            "callflows",
            json!({"name": "x"}),
            "flow required, numbers required",
        ),
        (
            "callflows",
            json!({"numbers": ["9"], "flow": {"module": "user", "data": {"timeout": "soon"},
                "children": {"_": {"module": "usr", "data": {}}}}}),
            "flow%2Echildren%2E_%2Emodule invalid, flow%2Edata%2Etimeout type",
        ),
        (
            "menus",
            json!({"name": "M", "retries": 11}),
            "retries maximum",
        ),
        (
            "conferences",
            json!({"name": "", "member": {"pins": ["12a"]}}),
            "member.pins.0 pattern, name minLength",
        ),
        ("groups", json!({}), "name required"),
        (
            "queues",
            json!({"name": "Q", "strategy": "loudest"}),
            "strategy enum",
        ),
        (
            "faxboxes",
            json!({"attempts": 9}),
            "attempts maximum, name required",
        ),
        ("lists", json!({}), "name required"),
    ] {
        let answer = caller.ask("PUT", place, data).await;
        let fields = answer.body["data"].as_object().unwrap();
        let faults = fields.iter().flat_map(|(field, rules)| {
            let rules = rules.as_object().unwrap();
            rules.keys().map(move |rule| format!("{field} {rule}"))
        });
        let faults: BTreeSet<_> = faults.collect();
        let faults = Vec::from_iter(faults).join(", ");
        assert_eq!((answer.status, &*faults), (400, expected), "{place}");
    }
    assert_eq!(kazoo.violations().len(), 14);
    // A POST that leaves the password out keeps the login; a number in a text is one.
    let place = format!("users/{user}");
    let data = json!({"username": "ann", "first_name": "Ann", "last_name": "Lee", "enabled": "true", "nobody_knows": {"pvt_x": 1}});
    let answer = caller.ask("POST", &place, data).await;
    assert_eq!(
        (answer.status, &answer.body["data"]["enabled"]),
        (200, &json!(true))
    );
    assert_eq!(answer.body["data"]["nobody_knows"], json!({"pvt_x": 1}));
    let login = auth::login("ann", "pa55word").md5;
    let login = json!({"account_name": "acme", "credentials": login});
    assert_eq!(caller.login(login).await.status, 201);
}

#[tokio::test]
async fn some_places_know_no_patch() {
    for (dialect, faxbox) in [(Dialect::Four, 400), (Dialect::Five, 200)] {
        let kazoo = Kazoo::start(dialect);
        let media = kazoo.seed("media", json!({"name": "Hello"}));
        let fax = kazoo.seed("faxboxes", json!({"name": "Fax"}));
        let caller = Caller::new(&kazoo).await;
        let patch = json!({"fax_header": "Acme"});
        assert_eq!(
            caller
                .ask("PATCH", &format!("media/{media}"), patch.clone())
                .await
                .status,
            405
        );
        assert_eq!(
            caller
                .ask("PATCH", &format!("faxboxes/{fax}"), patch.clone())
                .await
                .status,
            faxbox
        );
        // A POST can be told to be a PATCH.
        let path = format!(
            "menus/{}?verb=PATCH",
            kazoo.seed("menus", json!({"name": "Main", "x": 1}))
        );
        let answer = caller.ask("POST", &path, json!({"retries": 4})).await;
        assert_eq!(
            (&answer.body["data"]["x"], &answer.body["data"]["retries"]),
            (&json!(1), &json!(4))
        );
    }
}

#[tokio::test]
async fn what_breaks_the_contracts_is_noted() {
    if !contracts_present() {
        crate::report::skipped("there are no contracts to check against");
        return;
    }
    let kazoo = Kazoo::start(Dialect::Four);
    let caller = Caller::new(&kazoo).await;
    caller.ask("PUT", "users", ann()).await;
    let flow =
        json!({"module": "user", "data": {"id": kazoo.account, "timeout": 20}, "children": {}});
    let made = caller
        .ask(
            "PUT",
            "callflows",
            json!({"numbers": ["101"], "flow": flow}),
        )
        .await;
    let patch = json!({"flow": {"children": {"_": {"module": "voicemail", "data": {"action": "compose"}}}}});
    caller
        .ask("PATCH", &format!("callflows/{}", id(&made)), patch)
        .await;
    assert_eq!(kazoo.violations(), [""; 0]);
    // The server takes this, and the contracts don't.
    caller.ask("PUT", "groups", json!({"name": "G"})).await;
    let sip = json!({"name": "D", "sip": {"realm": "a b c d"}});
    caller.ask("PUT", "devices", sip).await;
    let violations = kazoo.violations().join("\n");
    for part in [
        "kazoo-4.4: groups",
        "kazoo5-dev: groups",
        "kazoo-4.4: devices: /sip/realm",
        "kazoo5-dev: devices",
    ] {
        assert!(violations.contains(part), "{part}: {violations}");
    }
}
