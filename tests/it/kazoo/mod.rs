//! A fake *Kazoo* for tests: a server that behaves like Kazoo's Crossbar. What isn't particular about Kazoo is of
//! `fake`: the host that records all requests, the store in memory, and the schemas.

mod accounts;
mod answer;
mod ask;
mod auth;
mod caller;
mod collection;
mod contracts;
mod document;
mod entries;
mod exchange;
mod faults;
mod habits;
mod joined;
mod list;
mod logins;
mod modules;
mod money;
mod numbers;
mod pages;
mod queues;
mod refused;
mod replay;
mod routes;
mod schemas;
mod summary;
mod unique;
mod world;
mod write;

use crate::fake::Host;
use serde_json::{Value, json};
use std::{collections::BTreeMap, ops::Deref};
use world::{ACCOUNTS, World};

pub(crate) use contracts::contracts_present;

pub(crate) const USERNAME: &str = "admin";
pub(crate) const PASSWORD: &str = "secret-admin";

/// The generation that the server imitates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Four,
    Five,
}

/// What tokens may do with the document of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    None,
    Read,
    Write,
}

/// The options of an administrator.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) dialect: Dialect,
    /// Whether `/bulk` is loaded.
    pub(crate) bulk: bool,
    /// Whether 5.x supports `full_docs=true`.
    pub(crate) full_docs: bool,
    /// Whether queues are loaded.
    pub(crate) queues: bool,
    /// Whether lists are loaded.
    pub(crate) lists: bool,
    /// The burst and the number of requests per second.
    pub(crate) rate: Option<(u32, u32)>,
    pub(crate) token_lifetime_s: u64,
    pub(crate) page_size: usize,
    pub(crate) largest_page: Option<usize>,
    /// The price of a new object by collection: activation, and per month.
    pub(crate) priced: Vec<(&'static str, f64, f64)>,
    pub(crate) account_access: Access,
}

impl Options {
    pub(crate) fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            bulk: false,
            full_docs: false,
            queues: true,
            lists: true,
            rate: None,
            token_lifetime_s: 3600,
            page_size: 50,
            largest_page: None,
            priced: Vec::new(),
            account_access: Access::Write,
        }
    }

    pub(crate) fn start(self) -> Kazoo {
        let (world, child) = World::new(self);
        let account = world.root.clone();
        let api_key = world.account(&account).private("pvt_api_key");
        Kazoo {
            api_key: api_key.expect("an account has a key").to_owned(),
            host: Host::serve(world, World::answer),
            account,
            child,
        }
    }
}

/// The server. It stops when it is dropped.
pub(crate) struct Kazoo {
    host: Host<World>,
    /// The ID of the account `acme`, whose realm is `acme.example`.
    pub(crate) account: String,
    /// The ID of its child `leeds`, whose realm is `leeds.example`.
    pub(crate) child: String,
    /// The API key of `acme`: 64 hexadecimal digits.
    pub(crate) api_key: String,
}

impl Deref for Kazoo {
    type Target = Host<World>;

    fn deref(&self) -> &Host<World> {
        &self.host
    }
}

impl Kazoo {
    pub(crate) fn start(dialect: Dialect) -> Self {
        Options::new(dialect).start()
    }

    /// The violations of the requests so far: documents that violate the contracts, and rejected bodies.
    pub(crate) fn violations(&self) -> Vec<String> {
        self.portal().violations.clone()
    }

    /// Invalidates all tokens.
    pub(crate) fn expire_tokens(&self) {
        self.portal().sessions.clear();
    }

    /// Creates an object in `acme` with the server's defaults, and returns its ID.
    pub(crate) fn seed(&self, collection: &str, doc: Value) -> String {
        self.seed_in(&self.account, collection, doc)
    }

    /// Creates an object in an account.
    pub(crate) fn seed_in(&self, account: &str, collection: &str, doc: Value) -> String {
        self.portal().seed(account, collection, doc)
    }

    /// Adds a number to `acme`.
    pub(crate) fn seed_number(&self, number: &str) {
        self.portal().add_number(&self.account, number, json!({}));
    }

    /// The objects of a collection of `acme` by ID, without derived fields.
    pub(crate) fn docs(&self, collection: &str) -> BTreeMap<String, Value> {
        let world = self.portal();
        let docs = world.live(&self.account, collection);
        docs.map(|doc| (doc.id.to_owned(), doc.public())).collect()
    }

    pub(crate) fn doc(&self, collection: &str, id: &str) -> Option<Value> {
        self.docs(collection).remove(id)
    }

    /// Changes an object of `acme` as an administrator would: merged, and with a new revision.
    pub(crate) fn set(&self, collection: &str, id: &str, patch: Value) {
        self.portal().edit(&self.account, collection, id, &patch);
    }

    /// Deletes an object of `acme` as an administrator would.
    pub(crate) fn remove(&self, collection: &str, id: &str) {
        let mut world = self.portal();
        let known = world.find(&self.account, collection, id).map(drop);
        known.unwrap_or_else(|_| panic!("there is no {id} in {collection}"));
        world.bury(&self.account, id);
    }

    /// Creates another account below `acme`, and returns its ID.
    pub(crate) fn found(&self, name: &str, realm: &str) -> String {
        let parent = Some(&*self.account);
        self.portal().make_account(name, realm, parent)
    }

    /// The fields of the document of `acme`.
    pub(crate) fn account_fields(&self) -> Value {
        let world = self.portal();
        let fields = world.account(&self.account).fields.clone();
        document::public(fields).into()
    }

    /// Changes the document of `acme` as an administrator would: merged, and with a new revision.
    pub(crate) fn set_account(&self, patch: &Value) {
        let mut world = self.portal();
        world.edit(ACCOUNTS, ACCOUNTS, &self.account, patch);
    }

    /// Enables or disables an account.
    pub(crate) fn enable(&self, account: &str, is_enabled: bool) {
        let patch = json!({"enabled": is_enabled});
        self.portal().edit(ACCOUNTS, ACCOUNTS, account, &patch);
    }
}
