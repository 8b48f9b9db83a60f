//! An *exchange* is a request and its answer, recorded from a real Kazoo. The records aren't part of this
//! project; without them, nothing is replayed.

use super::contracts;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The accounts in the records, all of which map to `acme`.
const ACCOUNTS: [&str; 3] = [
    "f0af0d2a37bb7b277979f868d843702b",
    "ae53c95a264b61955b0cf85d5c4c717c",
    "35e40c33050fa1d2c3da7d9b0e80630a",
];

/// The token of a request.
#[derive(Clone)]
pub(super) enum Token {
    Own,
    Nobody,
    Bad,
    Child,
}

#[derive(Clone)]
pub(super) struct Exchange {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) sent: Value,
    pub(super) token: Token,
    pub(super) status: u16,
    pub(super) headers: Value,
    pub(super) answer: Value,
}

impl Exchange {
    fn read(record: &Value) -> Self {
        let request = &record["request"];
        // One record has only an answer.
        let response = record.get("response").unwrap_or(record);
        let text = |value: &Value, other: &str| value.as_str().unwrap_or(other).to_owned();
        let token = match request["headers"].get("X-Auth-Token") {
            Some(_) => Token::Own,
            None => Token::Nobody,
        };
        Self {
            method: text(&request["method"], "GET"),
            path: text(&request["path"], "/v2/about"),
            sent: request["body"].clone(),
            token,
            status: response["status"].as_u64().unwrap().try_into().unwrap(),
            headers: response["headers"].clone(),
            answer: response["body"].clone(),
        }
    }

    /// The data that was sent, with the resulting ID.
    pub(super) fn made(&self) -> Value {
        let mut doc = self.sent["data"].clone();
        doc["id"] = self.answer["data"]["id"].clone();
        doc
    }

    /// The collection of the path, and the list that contains it.
    pub(super) fn place(&self) -> (&str, Option<&str>) {
        let segments: Vec<_> = self.path.split(['/', '?']).collect();
        match segments[..] {
            [_, _, _, _, "lists", list, "entries", ..] => ("entries", Some(list)),
            [_, _, _, _, collection, ..] => (collection, None),
            _ => panic!("{} leads into no collection", self.path),
        }
    }

    /// The exchange with `acme` as its account.
    pub(super) fn moved(&mut self, account: &str) {
        for known in ACCOUNTS {
            self.path = self.path.replace(known, account);
            let texts = [&mut self.sent, &mut self.answer];
            for value in texts {
                let moved = value.to_string().replace(known, account);
                *value = serde_json::from_str(&moved).unwrap();
            }
        }
    }
}

/// All recorded exchanges by name.
pub(super) fn all() -> BTreeMap<String, Exchange> {
    let Ok(entries) = contracts::folder().join("examples").read_dir() else {
        return BTreeMap::new();
    };
    let read = entries.map(|entry| {
        let path = entry.unwrap().path();
        let record = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        (name, Exchange::read(&record))
    });
    read.collect()
}

/// The fields that differ between servers or over time.
const ANYTHING: [&str; 25] = [
    "id",
    "account_id",
    "owner_id",
    "reseller_id",
    "cluster_id",
    "identity_sig",
    "exp",
    "api_key",
    "realm",
    "created",
    "modified",
    "updated",
    "timestamp",
    "version",
    "node",
    "request_id",
    "revision",
    "auth_token",
    "start_key",
    "next_start_key",
    "smtp_email_address",
    "used_memory",
    "processes",
    "ports",
    "plan",
];

/// Describes the difference between two answers. Refusals are compared by their keys, not their texts.
pub(super) fn compare(
    ours: &Value,
    theirs: &Value,
    at: &str,
    is_refusal: bool,
    wrong: &mut Vec<String>,
) {
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => {
            let lacks = |these: &Map<String, Value>, those: &Map<String, Value>| {
                let lacking = those.keys().filter(|name| !these.contains_key(*name));
                lacking.cloned().collect::<Vec<_>>()
            };
            for (whose, names) in [
                ("lacks", lacks(ours, theirs)),
                ("adds", lacks(theirs, ours)),
            ] {
                wrong.extend(names.iter().map(|name| format!("{whose} {at}/{name}")));
            }
            for (name, theirs) in theirs
                .iter()
                .filter(|(name, _)| !ANYTHING.contains(&name.as_str()))
            {
                if let Some(ours) = ours.get(name) {
                    compare(ours, theirs, &format!("{at}/{name}"), is_refusal, wrong);
                }
            }
        }
        (Value::Array(ours), Value::Array(theirs)) => {
            if ours.len() != theirs.len() {
                wrong.push(format!(
                    "{at} has {} items, not {}",
                    ours.len(),
                    theirs.len()
                ));
            }
            for (index, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
                compare(ours, theirs, &format!("{at}/{index}"), is_refusal, wrong);
            }
        }
        (Value::String(_), Value::String(_))
            if is_refusal && !["/error", "/status", "/message"].contains(&at) => {}
        (Value::Number(_), Value::Number(_)) if is_refusal => {}
        (ours, theirs) if ours == theirs => {}
        (ours, theirs) => wrong.push(format!("{at} is {ours}, not {theirs}")),
    }
}
