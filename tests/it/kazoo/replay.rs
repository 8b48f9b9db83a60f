//! A *replay* sends recorded requests after the same preparations, and compares the answers: the status,
//! the keys at each level, and the deterministic values.

use super::{
    Dialect, Options,
    before::{Before, LEFT_OUT, REPLAYED, rows, seed_rows, show},
    caller::Caller,
    exchange::{self, Exchange, Token, compare},
};
use std::collections::BTreeMap;

type Exchanges = BTreeMap<String, Exchange>;

fn options(name: &str) -> Options {
    Options {
        bulk: true,
        rate: (name == "error-429").then_some((1, 0)),
        priced: match name {
            "error-402" | "users-create-accept-charges" => {
                vec![("devices", 1.0, 2.0), ("users", 10.0, 5.0)]
            }
            _ => Vec::new(),
        },
        ..Options::new(Dialect::Four)
    }
}

async fn replay(name: &str, before: &Before, exchanges: &Exchanges) -> Vec<String> {
    let kazoo = options(name).start();
    let mut exchange = exchanges[name].clone();
    exchange.moved(&kazoo.account);
    let mut caller = match exchange.token {
        Token::Own => Caller::new(&kazoo).await,
        Token::Nobody | Token::Bad | Token::Child => Caller::stranger(&kazoo),
    };
    match before {
        Before::Nothing => {}
        Before::After(names) => {
            for name in *names {
                let mut earlier = exchanges[*name].clone();
                earlier.moved(&kazoo.account);
                let (collection, list) = earlier.place();
                let mut doc = earlier.made();
                if let Some(list) = list {
                    doc["list_id"] = list.into();
                }
                kazoo.seed(collection, doc);
            }
        }
        Before::Shown => show(&kazoo, &exchange),
        Before::Rows => rows(&kazoo, &exchange),
        Before::Own(arrange) => arrange(&kazoo, &mut exchange),
    }
    match exchange.token {
        Token::Own | Token::Nobody => {}
        Token::Bad => caller.token = "no.such.token".into(),
        Token::Child => caller = Caller::of(&kazoo, "leeds").await,
    }
    if name.starts_with("users-list-page") {
        let other = if name.ends_with('1') {
            "users-list-page2"
        } else {
            "users-list-page1"
        };
        seed_rows(&kazoo, &exchanges[other]);
        if let Some((_, key)) = exchange.path.clone().split_once("start_key=") {
            let first = caller.get("users").await;
            let next = first.body["next_start_key"].as_str().unwrap();
            exchange.path = exchange.path.replace(key, next);
        }
    }
    if name == "error-429" {
        caller.send("GET", "/v2/about", None, &[]).await;
    }
    let body = (!exchange.sent.is_null()).then_some(&exchange.sent);
    let answer = caller
        .send(&exchange.method, &exchange.path, body, &[])
        .await;
    let mut wrong = Vec::new();
    if answer.status != exchange.status {
        wrong.push(format!(
            "the status is {}, not {}",
            answer.status, exchange.status
        ));
    }
    for header in ["etag", "location"] {
        let is_there = exchange.headers.get(header).is_some();
        if answer.header(header).is_empty() == is_there {
            wrong.push(format!("there is no {header}, or one too many"));
        }
    }
    compare(
        &answer.body,
        &exchange.answer,
        "",
        exchange.status >= 400,
        &mut wrong,
    );
    // What the server took from them, the schemas take too.
    if exchange.status < 300 {
        wrong.extend(kazoo.violations());
    }
    wrong
        .iter()
        .map(|wrong| format!("{name}: {wrong}"))
        .collect()
}

#[tokio::test]
async fn it_answers_as_a_real_one_did() {
    let exchanges = exchange::all();
    if exchanges.is_empty() {
        crate::report::skipped("there are no recorded exchanges");
        return;
    }
    let mut wrong = Vec::new();
    for (name, before) in &REPLAYED {
        wrong.extend(replay(name, before, &exchanges).await);
    }
    let known = || {
        REPLAYED
            .iter()
            .map(|(name, _)| *name)
            .chain(LEFT_OUT.iter().map(|(name, _)| *name))
    };
    for name in exchanges.keys() {
        if known().filter(|known| known == name).count() != 1 {
            wrong.push(format!("{name} is neither replayed nor left out, or both"));
        }
    }
    assert_eq!(known().count(), exchanges.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
