//! The *world* is the server's state: accounts, tokens, and recorded requests.

use super::{
    Dialect, Options, Seen,
    answer::{Answer, Reply},
    ask::{Ask, Body},
    document::{Doc, merge},
};
use crate::fake::Bucket;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The seconds between the start of the Gregorian calendar and the Unix epoch.
const BEFORE_UNIX: i64 = 62_167_219_200;

/// The Unix time in seconds.
pub(super) fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

pub(super) fn gregorian() -> i64 {
    now() + BEFORE_UNIX
}

pub(super) fn timestamp() -> String {
    jiff::Timestamp::from_second(now()).unwrap().to_string()
}

/// A unique ID: 32 hexadecimal digits.
pub(super) fn hex() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

/// The account and user of a token.
pub(super) struct Session {
    pub(super) account: String,
    pub(super) owner: Option<String>,
    pub(super) method: &'static str,
    pub(super) expires: i64,
}

pub(super) struct Account {
    pub(super) parent: Option<String>,
    pub(super) api_key: String,
    pub(super) doc: Doc,
    /// The objects by ID, including deleted ones, whose IDs stay in use.
    pub(super) docs: BTreeMap<String, Doc>,
    /// The phone numbers with their metadata.
    pub(super) numbers: BTreeMap<String, Map<String, Value>>,
}

impl Account {
    pub(super) fn new(name: &str, realm: &str, parent: Option<&str>) -> Self {
        let fields = json!({"name": name, "realm": realm, "timezone": "America/Los_Angeles",
            "call_restriction": {}, "enabled": true, "music_on_hold": {}, "preflow": {}, "ringtones": {}});
        let Value::Object(fields) = fields else {
            unreachable!("an object")
        };
        Self {
            parent: parent.map(Into::into),
            api_key: hex() + &hex(),
            doc: Doc::new("accounts", fields),
            docs: BTreeMap::new(),
            numbers: BTreeMap::new(),
        }
    }

    /// The objects of a collection that aren't deleted.
    pub(super) fn live(&self, collection: &str) -> impl Iterator<Item = (&String, &Doc)> {
        let docs = self.docs.iter();
        docs.filter(move |(_, doc)| doc.collection == collection && !doc.is_deleted)
    }

    pub(super) fn find(&self, collection: &str, id: &str) -> Result<&Doc, Reply> {
        let doc = self.docs.get(id);
        doc.filter(|doc| doc.collection == collection && !doc.is_deleted)
            .ok_or_else(|| Reply::no_object(id))
    }

    pub(super) fn find_mut(&mut self, collection: &str, id: &str) -> Result<&mut Doc, Reply> {
        let doc = self.docs.get_mut(id);
        doc.filter(|doc| doc.collection == collection && !doc.is_deleted)
            .ok_or_else(|| Reply::no_object(id))
    }
}

pub(super) struct World {
    pub(super) options: Options,
    pub(super) root: String,
    pub(super) child: String,
    pub(super) accounts: BTreeMap<String, Account>,
    pub(super) sessions: BTreeMap<String, Session>,
    pub(super) seen: Vec<Seen>,
    pub(super) violations: Vec<String>,
    bucket: Option<Bucket>,
}

impl World {
    pub(super) fn new(options: Options) -> Self {
        let (root, child) = (hex(), hex());
        let bucket = options.rate.map(|(burst, rate)| Bucket::new(burst, rate));
        let mut world = Self {
            options,
            root: root.clone(),
            child: child.clone(),
            accounts: BTreeMap::new(),
            sessions: BTreeMap::new(),
            seen: Vec::new(),
            violations: Vec::new(),
            bucket,
        };
        let acme = Account::new("acme", "acme.example", None);
        let leeds = Account::new("leeds", "leeds.example", Some(&root));
        world.accounts.insert(root.clone(), acme);
        world.accounts.insert(child.clone(), leeds);
        for account in [root, child] {
            let admin = json!({"username": super::USERNAME, "password": super::PASSWORD,
                "first_name": "Account", "last_name": "Admin", "priv_level": "admin"});
            world.seed(&account, "users", admin);
        }
        world
    }

    pub(super) fn is_five(&self) -> bool {
        self.options.dialect == Dialect::Five
    }

    pub(super) fn account(&self, id: &str) -> &Account {
        &self.accounts[id]
    }

    pub(super) fn account_mut(&mut self, id: &str) -> &mut Account {
        self.accounts
            .get_mut(id)
            .expect("an account that was found")
    }

    /// Answers and records a request.
    pub(super) fn answer(&mut self, ask: Ask) -> Answer {
        let remaining = self.bucket.as_mut().map(Bucket::take);
        let reply = match remaining {
            Some(None) => {
                let data = json!({"message": "too many requests"});
                Reply::error(429, "too_many_requests", data)
            }
            _ => match self.route(&ask) {
                Ok(reply) | Err(reply) => reply,
            },
        };
        let answer = reply.seal(&ask, self.options.dialect, remaining.flatten());
        let Ask {
            method,
            path,
            segments: _,
            query,
            body,
            token: _,
            if_match,
            if_none_match: _,
        } = ask;
        let body = match body {
            Body::Json(body) => Some(body),
            Body::Nothing | Body::TooLarge | Body::Malformed => None,
        };
        if answer.status == 400 && body.is_some() {
            let data = answer
                .body
                .as_ref()
                .map_or(Value::Null, |body| body["data"].clone());
            self.violations
                .push(format!("{method} {path} is refused: {data}"));
        }
        self.seen.push(Seen {
            method,
            path,
            query,
            body,
            status: answer.status,
            if_match,
        });
        answer
    }

    /// Adds an object to an account directly.
    pub(super) fn seed(&mut self, account: &str, collection: &str, doc: Value) -> String {
        let Value::Object(fields) = doc else {
            panic!("{doc} is no object")
        };
        let made = self.make(account, collection, fields);
        made.unwrap_or_else(|reply| panic!("{collection} can't hold that: {}", reply.data))
    }

    pub(super) fn edit(&mut self, account: &str, collection: &str, id: &str, patch: Value) {
        let Value::Object(patch) = patch else {
            panic!("{patch} is no object")
        };
        let found = self.account_mut(account).find_mut(collection, id);
        let doc = found.unwrap_or_else(|_| panic!("there is no {id} in {collection}"));
        merge(&mut doc.fields, &patch);
        doc.bump();
    }

    pub(super) fn bury(&mut self, account: &str, collection: &str, id: &str) {
        let found = self.account_mut(account).find_mut(collection, id);
        let doc = found.unwrap_or_else(|_| panic!("there is no {id} in {collection}"));
        doc.is_deleted = true;
        doc.bump();
    }
}
