//! *Kazoo* is an open-source phone system behind many hosted ones. The adapter uses version 2 of its API,
//! Crossbar, as in Kazoo 4 and Kazoo 5.
//!
//! A person is several documents (user, devices, mailbox, callflow), lists are summaries, and the server
//! enforces neither references nor, under concurrency, unique names. The table in `table` says which
//! document contains which field; `docs/portals/kazoo.md` includes it.

mod account;
mod capability;
mod charge;
mod collection;
mod detail;
mod dialect;
mod doctor;
mod flow;
mod phone;
mod read;
mod session;
mod shared_contacts;
mod table;
mod wire;
mod write;

use super::{
    Adapter, Capabilities, Check, CredentialKind, Description, Details, Error, Example, Location,
    Portal, Progress, Target, Write, Written,
    http::{Base, Client, RateLimit},
    rest::{
        Collection as _, Detected, Doc, Document, Link as _, Store, Writer, doc, list::Listed,
        record::Records, store::Rows,
    },
};
use crate::model::{Kind, Live, Requests, State};
use account::Account;
use async_trait::async_trait;
use capability::Module;
use collection::Collection;
use dialect::{Crossbar, PAGE};
use session::{CrossbarLogin, Session};
use std::{
    collections::BTreeSet,
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// The description for the docs.
const DESCRIPTION: Description = Description {
    title: "Kazoo 4 and 5, by Crossbar",
    address: "`url:`",
    credentials: "`token:`, the API key of an account, or `user:` and `password:`",
    secrets: "with the document, in its `callsheet` object",
    reading: "a login, a page for each 500 documents of five types, and in Kazoo 4 a request for each document with a declared field that lists omit, and for each contact if any is declared",
};

/// Kazoo in the registry.
pub(super) static ADAPTER: Adapter = Adapter {
    description: DESCRIPTION,
    capabilities: |_| capability::capabilities(),
    mapping: || table::TABLE.mapping(),
    credentials: &[
        CredentialKind::Token("an account's API key"),
        CredentialKind::Login,
    ],
    is_embeddable: false,
    example: Example {
        portal: "portal:
  kind: kazoo
  url: https://kazoo.example:8443   # where Crossbar answers
  tenant: acme                      # the account: its name, its realm or its id
  credentials:
    token: { env: CALLSHEET_TOKEN } # the account's API key; or `user:` and `password:`
",
        people: "users:
  alice:
    first_name: Alice
    last_name: Ng
    email: alice@acme.example
    extension: 1001
    scope: admin
extensions:
  2000: { kind: ring_group, name: Front desk, members: [alice] }
",
    },
    open: |target| Ok(Box::new(Kazoo::new(target)?)),
};

/// The burst and the requests per second. A host's default for one client address is a burst of 100 and 10
/// requests per second; this stays below it.
const DEFAULT_RATE_LIMIT: (u32, u32) = (80, 8);

/// The collections that every read lists.
const LISTED: [Collection; 5] = [
    Collection::Users,
    Collection::Devices,
    Collection::Vmboxes,
    Collection::Callflows,
    Collection::Groups,
];

/// The adapter for a Kazoo.
pub(super) struct Kazoo {
    store: Store<Crossbar>,
    detected: Detected,
    /// Whether the host has the module `bulk`; `None` until it is tried.
    has_bulk: tokio::sync::Mutex<Option<bool>>,
    rate_limit: RateLimit,
    records: Records<Collection>,
    /// Whether a read has counted the login.
    has_counted_login: AtomicBool,
}

impl Kazoo {
    pub(super) fn new(target: &Target) -> Result<Self, Error> {
        let Location::Url(url) = &target.location else {
            return Err(Error::Misconfigured {
                setting: "portal.url",
                reason: "a Kazoo needs the address of its Crossbar".to_owned(),
            });
        };
        // The URL may end with the API version.
        let url = url.trim_end_matches('/');
        let url = url.strip_suffix("/v2").unwrap_or(url);
        let rate_limit = target.rate_limit.unwrap_or(RateLimit {
            per_second: NonZeroU32::new(DEFAULT_RATE_LIMIT.1),
            burst: NonZeroU32::new(DEFAULT_RATE_LIMIT.0).unwrap_or(NonZeroU32::MIN),
            ..RateLimit::default()
        });
        let client = Client::new(Base::parse(url)?, None, rate_limit)?;
        Ok(Self {
            store: Store::new(Crossbar, Session::new(CrossbarLogin::new(client, target))),
            detected: Detected::new(capability::capabilities()),
            has_bulk: tokio::sync::Mutex::default(),
            rate_limit,
            records: Records::new(Collection::Account, "", "callsheet"),
            has_counted_login: AtomicBool::default(),
        })
    }

    /// Records that the host lacks a module.
    fn lacks(&self, module: Module) {
        let narrow = |capabilities: &mut _| module.remove_from(capabilities);
        self.detected.narrow(narrow);
    }

    /// Converts the cached documents to objects.
    fn update_live(&self, live: &mut Live, kinds: impl IntoIterator<Item = Kind>) {
        let cache = self.store.cache();
        let capabilities = self.detected.capabilities();
        let supported = &capabilities.kinds;
        let kinds = kinds
            .into_iter()
            .filter(|kind| supported.contains_key(kind));
        let (listings, referrers) = read::live(&cache, kinds);
        live.listings = listings;
        live.referrers = referrers;
    }

    /// Lists a collection.
    async fn list(
        &self,
        collection: Collection,
        query: &[(&str, &str)],
        progress: &dyn Progress,
    ) -> Result<Option<Listed<Rows>>, Error> {
        let kind = detail::kind_of(collection);
        let report = |more: usize, total| {
            progress.seen(kind, more.try_into().unwrap_or(u64::MAX), total);
        };
        self.store.list(collection, "", query, &report).await
    }

    /// Lists a collection into the cache. Returns the minimum number of pages.
    async fn read_list(
        &self,
        collection: Collection,
        progress: &dyn Progress,
    ) -> Result<u64, Error> {
        let is_five = self.store.link.open().await?.is_five();
        let fields = collection.requested_fields().filter(|_| is_five);
        let requested = fields.map(|fields| serde_json::to_string(&fields).unwrap_or_default());
        let query: Vec<(&str, &str)> = requested
            .iter()
            .map(|fields| ("fields", fields.as_str()))
            .collect();
        let missing = || {
            Error::Unreadable {
            what: format!("the list of {}", collection.name()),
            reason: "the portal doesn't have them (404); check that `portal.url` is the address of Crossbar, and that the account is right"
                .to_owned(),
        }
        };
        let listed = match self.list(collection, &query, progress).await? {
            Some(listed) => listed,
            // Only the collections that every read lists are required.
            None if !LISTED.contains(&collection) => return Ok(1),
            None => return Err(missing()),
        };
        let pages = listed.min_pages(PAGE);
        // A server without support for `fields` ignores it and sends a summary.
        let is_full = |row: &Doc| requested.is_some() && row.contains_key(collection.indicator());
        let full = listed.rows.iter().filter(|(_, row)| is_full(row));
        let full: Vec<(String, Doc)> = full.cloned().collect();
        let mut cache = self.store.cache();
        cache.store_list(collection, listed);
        for (id, doc) in full {
            cache.store(collection, &id, Document { doc, version: None });
        }
        Ok(pages)
    }

    /// Detects whether the host has queues.
    async fn detect_queues(&self) -> Result<u64, Error> {
        if self.store.cache().index.has_queues.is_some() {
            return Ok(0);
        }
        let path = [Collection::Queues.name()];
        let answer = self.store.link.get(&path, &[("page_size", "1")]).await;
        let has_queues = match answer {
            Ok(answer) => answer.is_some(),
            // The module is loaded, but its database doesn't exist.
            Err(Error::NotReady { status: 503, .. }) => false,
            Err(error) => return Err(error),
        };
        self.store.cache().index.has_queues = Some(has_queues);
        if !has_queues {
            self.lacks(Module::Queues);
        }
        Ok(1)
    }

    /// Reads the agents of all queues, including queues without a number. Agents can still refer to a
    /// deleted queue, which is ignored.
    async fn list_agents(&self, progress: &dyn Progress) -> Result<u64, Error> {
        let lists = async {
            let queues = self.list(Collection::Queues, &[], progress).await?;
            let agents = self.list(Collection::Agents, &[], progress).await?;
            Ok(queues.zip(agents))
        };
        let (queues, agents) = match lists.await {
            Ok(Some(both)) => both,
            // The module isn't loaded, or its database doesn't exist.
            Ok(None) | Err(Error::NotReady { status: 503, .. }) => return Ok(2),
            Err(error) => return Err(error),
        };
        let pages = queues.min_pages(PAGE) + agents.min_pages(PAGE);
        let mut cache = self.store.cache();
        for (user, row) in agents.rows {
            let queue_ids = row.get("queues").and_then(serde_json::Value::as_array);
            let queue_ids = queue_ids
                .into_iter()
                .flatten()
                .filter_map(serde_json::Value::as_str);
            for id in queue_ids {
                if let Some((_, queue)) = queues.rows.iter().find(|(queue_id, _)| queue_id == id) {
                    let name = doc::text(queue, "name").unwrap_or(id).to_owned();
                    let roster = cache.index.rosters.entry(id.into()).or_default();
                    roster.name = name;
                    roster.agents.push(user.clone());
                }
            }
        }
        Ok(pages)
    }

    /// Reads the inactive users with a filter, since summaries don't contain the field.
    async fn list_inactive_users(&self, progress: &dyn Progress) -> Result<u64, Error> {
        if self.store.link.open().await?.is_five() {
            return Ok(0); // its lists contain the field
        }
        let query = [("filter_enabled", "false")];
        let Some(listed) = self.list(Collection::Users, &query, progress).await? else {
            return Ok(1);
        };
        let pages = listed.min_pages(PAGE);
        let mut cache = self.store.cache();
        let is_cached = |id: &str| cache.get(Collection::Users, id).is_some();
        let ids: Vec<Box<str>> = listed
            .rows
            .iter()
            .filter(|(id, _)| is_cached(id))
            .map(|(id, _)| id.as_str().into())
            .collect();
        cache.index.inactive.extend(ids);
        Ok(pages)
    }
}

fn declares_queues(states: &[&State]) -> bool {
    let mut extensions = states
        .iter()
        .flat_map(|state| state.of_kind(Kind::Extensions));
    extensions.any(|(_, one)| one.fields.text("kind") == Some("call_queue"))
}

#[async_trait]
impl Portal for Kazoo {
    fn capabilities(&self) -> Arc<Capabilities> {
        self.detected.capabilities()
    }

    async fn read(&self, kinds: &BTreeSet<Kind>, progress: &dyn Progress) -> Result<Live, Error> {
        let made_before = self.requests();
        let is_login_counted = self.has_counted_login.swap(true, Ordering::Relaxed);
        *self.store.cache() = Account::default();
        if self.store.link.open().await?.is_five() {
            // Its lists have another format.
            self.lacks(Module::Lists);
        }
        let lists = LISTED.map(|collection| self.read_list(collection, progress));
        let pages: u64 = futures::future::try_join_all(lists)
            .await?
            .into_iter()
            .sum();
        let mut live = Live {
            requests: Requests {
                made: self.requests() - made_before,
                minimum: pages + u64::from(!is_login_counted),
            },
            ..Live::default()
        };
        self.update_live(&mut live, kinds.iter().copied());
        Ok(live)
    }

    fn lists_are_full(&self) -> bool {
        false
    }

    async fn read_details(
        &self,
        live: &mut Live,
        details: Details<'_>,
        progress: &dyn Progress,
    ) -> Result<(), Error> {
        let made_before = self.requests();
        let mut minimum = 0;
        if shared_contacts::is_selected(details) {
            minimum += self.list_contacts().await?;
        }
        match details {
            Details::Declared(states) if declares_queues(states) => {
                minimum += self.detect_queues().await?;
            }
            Details::Evidence(_) | Details::Everything => {
                if self.store.cache().refers_to_queues() {
                    minimum += self.detect_queues().await?;
                }
                minimum += self.list_inactive_users(progress).await?;
                minimum += self.list_agents(progress).await?;
                minimum += self.read_list(Collection::Directories, progress).await?;
            }
            Details::Listed(Kind::Users) => minimum += self.list_inactive_users(progress).await?,
            Details::Listed(_) | Details::Declared(_) => {}
        }
        // A callflow refers to further documents, so each round may lead to another one.
        loop {
            let doc_refs = detail::select(&self.store.cache(), details);
            if doc_refs.is_empty() {
                break;
            }
            let mut has_bulk = self.has_bulk.lock().await;
            let (fetched, requests) =
                detail::fetch(&self.store, doc_refs, &mut has_bulk, progress).await?;
            drop(has_bulk);
            minimum += requests;
            self.store(fetched);
        }
        let kinds: Vec<Kind> = live.listings.keys().copied().collect();
        self.update_live(live, kinds);
        live.requests.made += self.requests() - made_before;
        live.requests.minimum += minimum;
        Ok(())
    }

    async fn diagnose(&self) -> Result<Vec<Check>, Error> {
        Ok(doctor::diagnose(self).await)
    }

    async fn write(&self, write: &Write<'_>) -> Result<Written, Error> {
        let _redacted = self.store.link.client().redact(write.secrets.values());
        write::write(Writer {
            store: &self.store,
            write,
        })
        .await
    }

    fn keeps_records(&self) -> bool {
        self.records.have_place()
    }

    async fn record(&self, workspace: &str) -> Result<Option<String>, Error> {
        self.records.get(&self.store, workspace).await
    }

    async fn set_record(&self, workspace: &str, record: &str) -> Result<(), Error> {
        self.records.set(&self.store, workspace, record).await
    }

    fn requests(&self) -> u64 {
        self.store.link.client().requests()
    }
}

impl Kazoo {
    /// Stores fetched documents. `None` marks a document that no longer exists.
    fn store(&self, fetched: Vec<(detail::DocRef, Option<detail::Fetched>)>) {
        let mut cache = self.store.cache();
        for ((collection, id), fetched) in fetched {
            let Some(detail::Fetched { document, agents }) = fetched else {
                cache.remove(collection, &id);
                if collection.is_linked() {
                    // Callflows still refer to it: it must not be requested again.
                    cache.store(collection, &id, Document::default());
                }
                continue;
            };
            cache.store(collection, &id, document);
            if let Some(agents) = agents {
                cache.index.agents.insert(id, agents);
            }
        }
    }
}
