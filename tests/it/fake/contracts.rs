//! *Contracts* of portals that somebody else published, run against the fake where they exist: they aren't
//! part of this project.

use super::{Fake, Manners};
use crate::{
    contracts,
    report::skipped,
    running::{Answer, Client},
};
use reqwest::Method;
use serde_json::Value as Json;
use std::fmt::Write as _;

const TOKEN: &str = "mock";

/// A file of a contract, or a report that it is missing.
pub(super) fn read(path: &str) -> Option<Json> {
    let file = contracts::read(path);
    if file.is_none() {
        skipped(&format!("{path}: CALLSHEET_CONTRACTS doesn't have it"));
    }
    file
}

async fn send(client: &Client, method: &str, path: &str, media: &str, body: &Json) -> Answer {
    let request = client.request(method.to_uppercase().parse::<Method>().unwrap(), path);
    let request = match media {
        "" => request,
        "json" => request.json(body),
        "form" => request
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(urlencoded(body)),
        _ => request
            .header("Content-Type", "multipart/form-data; boundary=cut")
            .body(in_parts(body)),
    };
    Client::send(request).await.unwrap()
}

fn plain(value: &Json) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn urlencoded(body: &Json) -> String {
    let fields = body.as_object().unwrap().iter();
    let pairs =
        fields.map(|(name, value)| format!("{name}={}", super::form::encoded(&plain(value))));
    pairs.collect::<Vec<_>>().join("&").replace('+', "%2B")
}

fn in_parts(body: &Json) -> String {
    let mut text = String::new();
    for (name, value) in body.as_object().unwrap() {
        let (name, values) = match value {
            Json::Array(items) => (format!("{name}[]"), items.clone()),
            value => (name.clone(), vec![value.clone()]),
        };
        for value in values {
            let head = format!("Content-Disposition: form-data; name=\"{name}\"");
            write!(text, "--cut\r\n{head}\r\n\r\n{}\r\n", plain(&value)).unwrap();
        }
    }
    text + "--cut--\r\n"
}

/// Each valid request of IVY is answered, each invalid one is refused, and so is each one without a token.
#[tokio::test]
async fn ivys_cases_are_judged_as_they_say() {
    let (Some(document), Some(cases)) = (read("ivy/openapi-prism.json"), read("ivy/cases.json"))
    else {
        return;
    };
    assert_judged(document, cases.as_array().unwrap()).await;
}

/// Our own document of IVY is no laxer than the published one, in what it has of it.
#[tokio::test]
async fn our_document_of_ivy_refuses_as_much() {
    let Some(mut cases) = read("ivy/cases.json") else {
        return;
    };
    let document = contracts::fixture("ivy/openapi.yaml");
    let cases = cases.as_array_mut().unwrap();
    cases.retain(|case| {
        let path = format!("/v2{}", case[1].as_str().unwrap());
        let is_there = document["paths"][path].get(case[0].as_str().unwrap());
        // There is one way to log in.
        let grant = case[3].get("grant_type");
        is_there.is_some() && grant.is_none_or(|grant| grant == "password")
    });
    assert!(cases.len() > 30, "{} cases", cases.len());
    // No user is made of a template.
    let narrow = |body: &mut Json| {
        let body = body.as_object_mut();
        body.map(|body| body.shift_remove("template_id"));
    };
    for case in cases.iter_mut() {
        narrow(&mut case[3]);
        for bad in case[4].as_array_mut().unwrap() {
            narrow(&mut bad[1]);
        }
    }
    assert_judged(document, cases).await;
}

/// Asserts that a mock made of a document judges each case of IVY as the case says.
async fn assert_judged(document: Json, cases: &[Json]) {
    let conjuring = Manners {
        conjures: true,
        tokens: &[TOKEN],
        ..Manners::default()
    };
    let fake = Fake::start(document, conjuring);
    let (client, stranger) = (Client::new(&fake.url, TOKEN), Client::new(&fake.url, "x"));
    let mut wrong = Vec::new();
    let mut judge = |answer: &Answer, expected: std::ops::Range<u16>, what: String| {
        if !expected.contains(&answer.status) {
            let fault = fake.requests().pop().unwrap().fault.unwrap_or_default();
            wrong.push(format!("{what}: {} {fault}", answer.status));
        }
    };
    for case in cases {
        let text = |at: usize| case[at].as_str().unwrap_or_default();
        let (method, media, good) = (text(0), text(2), &case[3]);
        let path = text(1).replace("{site_id}", "6").replace("{id}", "7");
        let path = format!("/v2{path}");
        let answer = send(&client, method, &path, media, good).await;
        judge(&answer, 200..300, format!("{method} {path}"));
        for bad in case[4].as_array().unwrap() {
            let reason = bad[0].as_str().unwrap();
            let answer = match reason {
                "no class_name" => {
                    let path = path.split('?').next().unwrap();
                    send(&client, method, path, "", &Json::Null).await
                }
                _ => send(&client, method, &path, media, &bad[1]).await,
            };
            judge(&answer, 400..401, format!("{method} {path} {reason}"));
        }
        if path != "/v2/oauth/token" {
            let answer = send(&stranger, method, &path, media, good).await;
            judge(
                &answer,
                401..402,
                format!("{method} {path} without a token"),
            );
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
