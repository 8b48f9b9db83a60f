//! An *exchange* is a request and its answer as they were recorded from a real Kazoo. The records are
//! no part of this project; where they are absent, nothing is replayed.

use super::contracts;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The accounts of the records: all of them are `acme` here.
const ACCOUNTS: [&str; 3] = [
    "f0af0d2a37bb7b277979f868d843702b",
    "ae53c95a264b61955b0cf85d5c4c717c",
    "35e40c33050fa1d2c3da7d9b0e80630a",
];

/// With which token it is asked.
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

    /// What was sent, and the id that it got.
    pub(super) fn made(&self) -> Value {
        let mut doc = self.sent["data"].clone();
        doc["id"] = self.answer["data"]["id"].clone();
        doc
    }

    /// The collection that the path leads into, and the list that it leads through.
    pub(super) fn place(&self) -> (&str, Option<&str>) {
        let segments: Vec<_> = self.path.split(['/', '?']).collect();
        match segments[..] {
            [_, _, _, _, "lists", list, "entries", ..] => ("entries", Some(list)),
            [_, _, _, _, collection, ..] => (collection, None),
            _ => panic!("{} leads into no collection", self.path),
        }
    }

    /// The same, asked of our own account.
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

/// Every exchange that was recorded, by name.
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

/// What differs from server to server, or from day to day.
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

/// Says how two answers differ. What a refusal says, but for its words, is in its keys.
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
