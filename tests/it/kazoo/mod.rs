//! A fake *Kazoo* for tests: a server that behaves like Kazoo's Crossbar, stores documents in memory, and
//! records all requests.

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

use crate::served::Served;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};
use world::World;

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
        Kazoo::with(self)
    }
}

/// A recorded request with its status.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: String,
    /// Without the query.
    pub(crate) path: String,
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) body: Option<Value>,
    pub(crate) status: u16,
    pub(crate) if_match: Option<String>,
}

/// The server. It stops when it is dropped.
pub(crate) struct Kazoo {
    pub(crate) url: String,
    /// The ID of the account `acme`, whose realm is `acme.example`.
    pub(crate) account: String,
    /// The ID of its child `leeds`, whose realm is `leeds.example`.
    pub(crate) child: String,
    /// The API key of `acme`: 64 hexadecimal digits.
    pub(crate) api_key: String,
    world: Arc<Mutex<World>>,
    _served: Served,
}

impl Kazoo {
    pub(crate) fn start(dialect: Dialect) -> Self {
        Options::new(dialect).start()
    }

    fn with(options: Options) -> Self {
        let world = World::new(options);
        let (account, child) = (world.root.clone(), world.child.clone());
        let api_key = world.accounts[&account].api_key.clone();
        let world = Arc::new(Mutex::new(world));
        let shared = Arc::clone(&world);
        let served = Served::start(move |request| {
            let world = Arc::clone(&shared);
            async move {
                let ask = ask::Ask::read(request).await;
                let answer = world.lock().unwrap().answer(ask);
                answer.into_response()
            }
        });
        Self {
            url: served.url.clone(),
            account,
            child,
            api_key,
            world,
            _served: served,
        }
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    /// All requests so far.
    pub(crate) fn requests(&self) -> Vec<Seen> {
        self.world().seen.clone()
    }

    /// Clears the recorded requests.
    pub(crate) fn forget(&self) {
        self.world().seen.clear();
    }

    /// The violations of the requests so far: documents that violate the contracts, and rejected bodies.
    pub(crate) fn violations(&self) -> Vec<String> {
        self.world().violations.clone()
    }

    /// Invalidates all tokens.
    pub(crate) fn expire_tokens(&self) {
        self.world().sessions.clear();
    }

    /// Creates an object in `acme` with the server's defaults, and returns its ID.
    pub(crate) fn seed(&self, collection: &str, doc: Value) -> String {
        self.seed_in(&self.account, collection, doc)
    }

    /// Creates an object in an account.
    pub(crate) fn seed_in(&self, account: &str, collection: &str, doc: Value) -> String {
        self.world().seed(account, collection, doc)
    }

    /// Adds a number to `acme`.
    pub(crate) fn seed_number(&self, number: &str) {
        let account = self.account.clone();
        self.world().add_number(&account, number, json!({}));
    }

    /// The objects of a collection of `acme` by ID, without derived fields.
    pub(crate) fn docs(&self, collection: &str) -> BTreeMap<String, Value> {
        let world = self.world();
        let docs = world.accounts[&self.account].live(collection);
        docs.map(|(id, doc)| (id.clone(), doc.public(id))).collect()
    }

    pub(crate) fn doc(&self, collection: &str, id: &str) -> Option<Value> {
        self.docs(collection).remove(id)
    }

    /// Changes an object of `acme` as an administrator would: merged, and with a new revision.
    pub(crate) fn set(&self, collection: &str, id: &str, patch: Value) {
        let account = self.account.clone();
        self.world().edit(&account, collection, id, patch);
    }

    /// Deletes an object of `acme` as an administrator would.
    pub(crate) fn remove(&self, collection: &str, id: &str) {
        let account = self.account.clone();
        self.world().bury(&account, collection, id);
    }

    /// Creates another account below `acme`, and returns its ID.
    pub(crate) fn found(&self, name: &str, realm: &str) -> String {
        let id = world::hex();
        let account = world::Account::new(name, realm, Some(&self.account));
        self.world().accounts.insert(id.clone(), account);
        id
    }

    /// The fields of the document of `acme`.
    pub(crate) fn account_fields(&self) -> Value {
        let world = self.world();
        world.accounts[&self.account].doc.fields.clone().into()
    }

    /// Changes the document of `acme` as an administrator would: merged, and with a new revision.
    pub(crate) fn set_account(&self, patch: &Value) {
        let mut world = self.world();
        let doc = &mut world.account_mut(&self.account).doc;
        document::merge(&mut doc.fields, patch.as_object().expect("an object"));
        doc.bump();
    }

    /// Enables or disables an account.
    pub(crate) fn enable(&self, account: &str, is_enabled: bool) {
        let mut world = self.world();
        let known = world.accounts.get_mut(account).expect("an account");
        known.doc.fields.insert("enabled".into(), is_enabled.into());
    }
}
