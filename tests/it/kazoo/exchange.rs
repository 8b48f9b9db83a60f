//! An *exchange* is a request and the answer of a real Kazoo to it, with names that are made up. They are in
//! `fixtures/kazoo/exchanges`, with the state that must exist before.

use super::Kazoo;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::path::Path;

/// The token of a request.
#[derive(Clone, Copy, Default, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Token {
    #[default]
    Own,
    None,
    Bad,
    Child,
}

/// The state that must exist before an exchange.
#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Before {
    /// The objects that these exchanges created.
    pub(super) after: Vec<String>,
    /// Documents with their collections.
    pub(super) documents: Vec<(String, Value)>,
    /// Documents that are deleted again.
    pub(super) removed: Vec<(String, String)>,
    pub(super) numbers: Vec<String>,
    /// Whether the account's administrator is deleted.
    pub(super) without_admin: bool,
    /// A user or an account that is disabled.
    pub(super) disabled: String,
    /// The burst and the number of requests per second, of which one was sent.
    pub(super) rate: Option<(u32, u32)>,
    /// The prices of new objects: activation, and per month.
    pub(super) priced: Vec<(String, f64, f64)>,
    /// The length of the first name.
    pub(super) padding: Option<usize>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Exchange {
    pub(super) name: String,
    #[serde(default)]
    pub(super) token: Token,
    #[serde(default)]
    pub(super) before: Before,
    /// The method and the path.
    pub(super) request: String,
    #[serde(default)]
    pub(super) sent: Value,
    pub(super) status: u16,
    /// The headers of interest that the answer has.
    #[serde(default)]
    pub(super) headers: Vec<String>,
    /// The answer, without what every answer has.
    pub(super) answer: Map<String, Value>,
}

/// What every answer with a body has.
const ENVELOPE: [&str; 5] = ["timestamp", "version", "node", "request_id", "auth_token"];

impl Exchange {
    /// The exchange with the names that a server chose.
    pub(super) fn on(&self, kazoo: &Kazoo) -> Self {
        let names = [
            ("{account}", &kazoo.account),
            ("{child}", &kazoo.child),
            ("{api_key}", &kazoo.api_key),
        ];
        let named = |text: &str| {
            let all = names.iter();
            all.fold(text.to_owned(), |text, (name, value)| {
                text.replace(name, value)
            })
        };
        let read = |text: &str| serde_json::from_str(&named(text)).unwrap();
        Self {
            request: named(&self.request),
            sent: read(&self.sent.to_string()),
            answer: match read(&Value::from(self.answer.clone()).to_string()) {
                Value::Object(answer) => answer,
                _ => unreachable!("an object stays one"),
            },
            ..self.clone()
        }
    }

    /// The method and the path of the request.
    pub(super) fn line(&self) -> (&str, &str) {
        self.request.split_once(' ').expect("a method and a path")
    }

    /// The whole answer; an empty text if it has no body.
    pub(super) fn body(&self) -> Value {
        let mut body = self.answer.clone();
        for name in ENVELOPE {
            body.insert(name.to_owned(), "".into());
        }
        body.into()
    }

    /// The headers of interest that another answer has, unlike this one, or lacks.
    pub(super) fn headers_unlike(&self, has: impl Fn(&str) -> bool) -> Vec<String> {
        let is_own = |header: &str| self.headers.iter().any(|own| own == header);
        let unlike = ["etag", "location"].into_iter();
        let unlike = unlike.filter(|header| has(header) != is_own(header));
        unlike
            .map(|header| format!("there is no {header}, or one too many"))
            .collect()
    }

    /// What is wrong, with the name of the exchange.
    pub(super) fn named(&self, wrong: &[String]) -> Vec<String> {
        let name = &self.name;
        wrong.iter().map(|one| format!("{name}: {one}")).collect()
    }

    /// The data that was sent, with the resulting ID.
    pub(super) fn made(&self) -> Value {
        let mut doc = self.sent["data"].clone();
        doc["id"] = self.answer["data"]["id"].clone();
        doc
    }

    /// The collection of the path, and the list that contains it.
    pub(super) fn place(&self) -> (&str, Option<&str>) {
        let segments: Vec<_> = self.line().1.split(['/', '?']).collect();
        match segments[..] {
            [_, _, _, _, "lists", list, "entries", ..] => ("entries", Some(list)),
            [_, _, _, _, collection, ..] => (collection, None),
            _ => panic!("{} leads into no collection", self.request),
        }
    }
}

/// All exchanges, in which names such as `{account}` stand for what a server chose.
pub(super) fn all() -> Vec<Exchange> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/kazoo/exchanges");
    let mut files: Vec<_> = folder.read_dir().unwrap().map(Result::unwrap).collect();
    files.sort_by_key(std::fs::DirEntry::path);
    let read = files.into_iter().flat_map(|file| {
        let text = std::fs::read_to_string(file.path()).unwrap();
        serde_yaml::from_str::<Vec<Exchange>>(&text)
            .unwrap_or_else(|error| panic!("{}: {error}", file.path().display()))
    });
    read.collect()
}

/// The fields that differ between servers or over time.
const ANYTHING: &str = "id account_id owner_id reseller_id cluster_id identity_sig exp api_key realm created \
    modified updated timestamp version node request_id revision auth_token start_key \
    next_start_key smtp_email_address used_memory processes ports plan";

/// What is compared of two answers.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Compare {
    /// Keys and values.
    Values,
    /// Keys and the texts of the envelope: the rest of a refusal is each server's own.
    Refusal,
    /// Keys and types, with other names: of a list, each item with its counterpart.
    Form,
}

/// A key; one that is an ID or a number stands for any.
fn known(key: &str, compare: Compare) -> &str {
    let is_name = key.len() >= 11 && key.chars().all(|c| c.is_ascii_hexdigit() || c == '+');
    if compare == Compare::Form && is_name {
        "#"
    } else {
        key
    }
}

/// Describes the difference between two answers.
pub(super) fn differences(
    ours: &Value,
    theirs: &Value,
    at: &str,
    compare: Compare,
    wrong: &mut Vec<String>,
) {
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => {
            let is_same = |one: &str, other: &str| known(one, compare) == known(other, compare);
            for name in ours.keys() {
                if !theirs.keys().any(|other| is_same(other, name)) {
                    wrong.push(format!("adds {at}/{name}"));
                }
            }
            for (name, theirs) in theirs {
                let is_compared = !ANYTHING.split_whitespace().any(|known| known == name);
                // Of several counterparts, the most similar one.
                let counterparts = ours.iter().filter(|(other, _)| is_same(other, name));
                let told = counterparts.map(|(_, ours)| {
                    let mut told = Vec::new();
                    if is_compared {
                        differences(ours, theirs, &format!("{at}/{name}"), compare, &mut told);
                    }
                    told
                });
                match told.min_by_key(Vec::len) {
                    None => wrong.push(format!("lacks {at}/{name}")),
                    Some(told) => wrong.extend(told),
                }
            }
        }
        (Value::Array(ours), Value::Array(theirs)) => {
            let is_alike = match compare {
                Compare::Form => ours.is_empty() == theirs.is_empty(),
                Compare::Values | Compare::Refusal => ours.len() == theirs.len(),
            };
            if !is_alike {
                let (ours, theirs) = (ours.len(), theirs.len());
                wrong.push(format!("{at} has {ours} items, not {theirs}"));
            }
            for (index, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
                differences(ours, theirs, &format!("{at}/{index}"), compare, wrong);
            }
        }
        (Value::String(_), Value::String(_)) | (Value::Number(_), Value::Number(_))
            if compare == Compare::Form
                || compare == Compare::Refusal
                    && !["/error", "/status", "/message"].contains(&at) => {}
        (ours, theirs) if ours == theirs => {}
        (ours, theirs) => wrong.push(format!("{at} is {ours}, not {theirs}")),
    }
}
