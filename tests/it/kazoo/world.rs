//! The *world* is the server's state: the databases with their documents, the tokens, and what clients violated.

use super::{
    Dialect, Options,
    answer::Reply,
    ask::Ask,
    contracts,
    document::{Doc, gregorian, made, public},
};
use crate::fake::{Answered, Asked, Bucket, Store, merge};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The database of the accounts. Each account has another one, with its ID as the name.
pub(super) const ACCOUNTS: &str = "accounts";

/// The Unix time in seconds.
pub(super) fn now() -> i64 {
    jiff::Timestamp::now().as_second()
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

pub(crate) struct World {
    pub(super) options: Options,
    pub(super) root: String,
    pub(super) store: Store,
    pub(super) sessions: BTreeMap<String, Session>,
    pub(super) violations: Vec<String>,
    bucket: Option<Bucket>,
}

impl World {
    /// The account `acme` with its child `leeds`, whose ID is returned, and an administrator in each.
    pub(super) fn new(options: Options) -> (Self, String) {
        let bucket = options.rate.map(|(burst, rate)| Bucket::new(burst, rate));
        let mut world = Self {
            options,
            root: String::new(),
            store: Store::default(),
            sessions: BTreeMap::new(),
            violations: Vec::new(),
            bucket,
        };
        world.root = world.make_account("acme", "acme.example", None);
        let root = world.root.clone();
        let child = world.make_account("leeds", "leeds.example", Some(&root));
        for account in [&root, &child] {
            let admin = json!({"username": super::USERNAME, "password": super::PASSWORD,
                "first_name": "Account", "last_name": "Admin", "priv_level": "admin"});
            world.seed(account, "users", admin);
        }
        (world, child)
    }

    pub(super) fn is_five(&self) -> bool {
        self.options.dialect == Dialect::Five
    }

    /// Answers a request. What a client sent wrong is a violation, and no lie of the answer that returns it.
    pub(super) fn answer(&mut self, asked: &mut Asked) -> Answered {
        let ask = Ask::read(asked);
        let remaining = self.bucket.as_mut().map(Bucket::take);
        let violations = self.violations.len();
        let answered = match remaining {
            Some(None) => {
                let data = json!({"message": "too many requests"});
                Err(Reply::error(429, "too_many_requests", data))
            }
            _ => self.route(&ask),
        };
        let (Ok(reply) | Err(reply)) = answered;
        let dialect = self.options.dialect;
        let told = reply.told.iter();
        let lies = told.flat_map(|(kind, document)| contracts::lies(dialect, kind, document));
        let lies = match self.violations.len() == violations {
            true => lies.collect(),
            false => Vec::new(),
        };
        let mut answered = reply.seal(&ask, dialect, remaining.flatten());
        if answered.status == 400 && !ask.body.is_null() {
            let data = &answered.body["data"];
            let place = format!("{} {}", ask.method, ask.path);
            self.violations.push(format!("{place} is refused: {data}"));
        }
        answered.lies = lies;
        answered.sent = ask.body;
        answered
    }

    /// A document of a database, or one that was there and is deleted: its ID stays in use.
    pub(super) fn doc<'w>(&'w self, database: &str, id: &'w str) -> Option<Doc<'w>> {
        let object = self.store.get(&format!("/{database}/{id}"))?;
        Some(Doc::new(id, object))
    }

    pub(super) fn find<'w>(
        &'w self,
        database: &str,
        kind: &str,
        id: &'w str,
    ) -> Result<Doc<'w>, Reply> {
        let doc = self.doc(database, id);
        doc.filter(|doc| doc.kind() == kind && !doc.is_deleted())
            .ok_or_else(|| Reply::no_object(id))
    }

    /// The documents of a collection that aren't deleted.
    pub(super) fn live<'w>(
        &'w self,
        database: &str,
        kind: &'w str,
    ) -> impl Iterator<Item = Doc<'w>> + use<'w> {
        let docs = self.store.all(&format!("/{database}"));
        docs.map(|(id, object)| Doc::new(id, object))
            .filter(move |doc| doc.kind() == kind && !doc.is_deleted())
    }

    pub(super) fn account<'w>(&'w self, id: &'w str) -> Doc<'w> {
        self.doc(ACCOUNTS, id).expect("an account that was found")
    }

    /// Stores a document, which has another revision then.
    pub(super) fn keep(&mut self, database: &str, id: &str, mut fields: Map<String, Value>) {
        fields.insert("pvt_modified".into(), gregorian().into());
        self.store.put(&format!("/{database}/{id}"), fields);
    }

    /// Creates an account, and returns its ID.
    pub(super) fn make_account(&mut self, name: &str, realm: &str, parent: Option<&str>) -> String {
        let above = parent.map(|parent| {
            let tree = self.account(parent).texts("pvt_tree");
            tree.chain([parent]).collect::<Vec<_>>()
        });
        let fields = json!({"name": name, "realm": realm, "timezone": "America/Los_Angeles",
            "call_restriction": {}, "enabled": true, "music_on_hold": {}, "preflow": {}, "ringtones": {},
            "pvt_api_key": hex() + &hex(), "pvt_tree": above.unwrap_or_default()});
        let id = hex();
        let fields = fields.as_object().expect("an object").clone();
        self.keep(ACCOUNTS, &id, made(ACCOUNTS, fields));
        id
    }

    /// Adds an object to an account directly.
    pub(super) fn seed(&mut self, account: &str, kind: &str, doc: Value) -> String {
        let Value::Object(fields) = doc else {
            panic!("{doc} is no object")
        };
        let made = self.make(account, kind, fields);
        made.unwrap_or_else(|reply| panic!("{kind} can't hold that: {}", reply.data))
    }

    /// Changes a document as an administrator would. Nobody validates that: what violates a schema then is returned
    /// as it is.
    pub(super) fn edit(&mut self, database: &str, kind: &str, id: &str, patch: &Value) {
        let patch = patch.as_object().expect("an object");
        let found = self.find(database, kind, id);
        let doc = found.unwrap_or_else(|_| panic!("there is no {id} in {kind}"));
        let mut fields = doc.fields.clone();
        merge(&mut fields, patch);
        let document = public(fields.clone()).into();
        let is_valid = contracts::lies(self.options.dialect, kind, &document).is_empty();
        fields.insert("pvt_is_valid".into(), is_valid.into());
        self.keep(database, id, fields);
    }

    /// Deletes a document: it is marked, and stays.
    pub(super) fn bury(&mut self, account: &str, id: &str) {
        let doc = self.doc(account, id).expect("a document that was found");
        let mut fields = doc.fields.clone();
        fields.insert("pvt_deleted".into(), true.into());
        self.keep(account, id, fields);
    }
}
