//! A *replay* sends the requests of exchanges after the same preparations, and compares the answers: the
//! status, the keys at each level, and the deterministic values.

use super::{
    Dialect, Kazoo, Options,
    caller::Caller,
    contracts,
    exchange::{self, Before, Compare, Exchange, Token, differences},
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn options(before: &Before) -> Options {
    let priced = before.priced.iter();
    let priced = priced.map(|(collection, activation, monthly)| {
        let known = ["devices", "users"];
        let collection = known.into_iter().find(|known| known == collection);
        (collection.unwrap(), *activation, *monthly)
    });
    Options {
        bulk: true,
        rate: before.rate,
        priced: priced.collect(),
        ..Options::new(Dialect::Four)
    }
}

/// Creates the state before an exchange.
fn prepare(kazoo: &Kazoo, exchange: &mut Exchange, all: &[Exchange]) {
    let Before {
        after,
        documents,
        removed,
        numbers,
        without_admin,
        disabled,
        rate: _,
        priced: _,
        padding,
    } = exchange.before.clone();
    if without_admin {
        for id in kazoo.docs("users").keys() {
            kazoo.remove("users", id);
        }
    }
    for name in &after {
        let earlier = all.iter().find(|one| one.name == *name).unwrap();
        let (collection, list) = earlier.place();
        let mut doc = earlier.made();
        if let Some(list) = list {
            doc["list_id"] = list.into();
        }
        kazoo.seed(collection, doc);
    }
    for (collection, mut doc) in documents {
        if doc.get("username").is_some() {
            doc["password"] = "quiet-river".into();
        }
        kazoo.seed(&collection, doc);
    }
    for (collection, id) in &removed {
        kazoo.remove(collection, id);
    }
    for number in &numbers {
        kazoo.seed_number(number);
    }
    match &*disabled {
        "leeds" => kazoo.enable(&kazoo.child, false),
        "admin" => {
            for id in kazoo.docs("users").keys() {
                kazoo.set("users", id, json!({"enabled": false}));
            }
        }
        _ => {}
    }
    if let Some(length) = padding {
        exchange.sent["data"]["first_name"] = "x".repeat(length).into();
    }
}

async fn replay(exchange: &Exchange, all: &[Exchange]) -> Vec<String> {
    let kazoo = options(&exchange.before).start();
    let mut exchange = exchange.on(&kazoo);
    let mut caller = match exchange.token {
        Token::Own => Caller::new(&kazoo).await,
        Token::None | Token::Bad | Token::Child => Caller::stranger(&kazoo),
    };
    prepare(&kazoo, &mut exchange, all);
    match exchange.token {
        Token::Own | Token::None => {}
        Token::Bad => caller.token = "no.such.token".into(),
        Token::Child => caller = Caller::of(&kazoo, "leeds").await,
    }
    if exchange.before.rate.is_some() {
        caller.send("GET", "/v2/about", None, &[]).await;
    }
    let (method, path) = exchange.line();
    let body = (!exchange.sent.is_null()).then_some(&exchange.sent);
    let answer = caller.send(method, path, body, &[]).await;
    let mut wrong = Vec::new();
    if answer.status != exchange.status {
        let (ours, theirs) = (answer.status, exchange.status);
        wrong.push(format!("the status is {ours}, not {theirs}"));
    }
    let has = |header: &str| !answer.header(header).is_empty();
    wrong.extend(exchange.headers_unlike(has));
    let compare = match exchange.status {
        400.. => Compare::Refusal,
        _ => Compare::Values,
    };
    differences(&answer.body, &exchange.body(), "", compare, &mut wrong);
    // What the server took from them, the schemas take too.
    if exchange.status < 300 {
        wrong.extend(kazoo.violations());
    }
    exchange.named(&wrong)
}

#[tokio::test]
async fn it_answers_as_a_real_one_did() {
    let mut wrong = Vec::new();
    let all = exchange::all();
    for exchange in &all {
        wrong.extend(replay(exchange, &all).await);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Recorded exchanges that have no counterpart, with reasons.
const LEFT_OUT: [(&str, &str); 2] = [
    (
        "error-403-token-restrictions",
        "restrictions of tokens aren't modelled",
    ),
    (
        "phone_numbers-post",
        "whose numbers these are isn't modelled: whoever sees one may change it",
    ),
];

/// Compares an exchange with one that was recorded from a real Kazoo, but for names.
fn is_of_the_form(own: &Exchange, record: &Value) -> Vec<String> {
    // One record has only an answer.
    let response = record.get("response").unwrap_or(record);
    let mut wrong = Vec::new();
    if response["status"] != own.status {
        wrong.push(format!("its status is {}", response["status"]));
    }
    let has = |header: &str| response["headers"].get(header).is_some();
    wrong.extend(own.headers_unlike(has));
    if let Some(method) = record["request"]["method"].as_str()
        && method != own.line().0
    {
        wrong.push(format!("its method is {method}"));
    }
    let (ours, theirs) = (own.body(), &response["body"]);
    differences(&ours, theirs, "", Compare::Form, &mut wrong);
    let sent = &record["request"]["body"];
    if own.before.padding.is_none() {
        differences(&own.sent, sent, "sent", Compare::Form, &mut wrong);
    }
    own.named(&wrong)
}

#[test]
fn the_exchanges_have_the_form_of_recorded_ones() {
    let Ok(entries) = contracts::folder().join("examples").read_dir() else {
        crate::report::skipped("recorded exchanges: CALLSHEET_CONTRACTS leads nowhere");
        return;
    };
    let own: BTreeMap<String, Exchange> = exchange::all()
        .into_iter()
        .map(|one| (one.name.clone(), one))
        .collect();
    let mut wrong = Vec::new();
    for entry in entries {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let is_left_out = LEFT_OUT.iter().any(|(known, _)| *known == name);
        match own.get(&name) {
            Some(own) => {
                let record = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
                wrong.extend(is_of_the_form(own, &record));
            }
            None if is_left_out => {}
            None => wrong.push(format!("{name} has no counterpart")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
