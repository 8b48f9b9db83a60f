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
mod details;
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
    Adapter, Capabilities, Check, CredentialKind, Description, Details, Error, Example, Progress,
    Target, Written,
    http::{Base, Client, RateLimit},
    rest::{
        Collection as _, Detected, Document, Documents, Store, Writer, details::DocRef,
        details::DocRefs, doc, record::Records,
    },
};
use crate::model::{Kind, LiveObject, Referrer, State};
use account::Account;
use async_trait::async_trait;
use capability::{LISTS, QUEUES};
use collection::Collection;
use dialect::{Crossbar, PAGE};
use session::{CrossbarLogin, Session};
use std::{num::NonZeroU32, sync::Arc};

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
        portal: include_str!("example/portal.yaml"),
        people: include_str!("example/people.yaml"),
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
struct Kazoo {
    store: Store<Crossbar>,
    detected: Detected,
    /// Whether the host has the module `bulk`; `None` until it is tried.
    has_bulk: tokio::sync::Mutex<Option<bool>>,
    rate_limit: RateLimit,
    records: Records<Collection>,
}

impl Kazoo {
    fn new(target: &Target) -> Result<Self, Error> {
        // The URL may end with the API version.
        let url = target.url("the address of Crossbar")?.trim_end_matches('/');
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
        })
    }

    /// Remembers what the host doesn't support.
    fn lacks(&self, (kind, field): (Kind, Option<&'static str>)) {
        self.detected.lacks(kind, field);
    }

    /// Lists a collection into the cache, in Kazoo 5 with the fields that summaries omit.
    async fn load_list(
        &self,
        collection: Collection,
        progress: &dyn Progress,
    ) -> Result<u64, Error> {
        let is_five = self.store.link.open().await?.is_five();
        let fields = collection.requested_fields().filter(|_| is_five);
        let fields = fields.map(|fields| serde_json::to_string(&fields).unwrap_or_default());
        let query = fields.as_ref().map(|fields| ("fields", fields.as_str()));
        let query = query.as_slice();
        self.store.load_needed(collection, query, progress).await
    }

    /// Detects whether the host has queues.
    async fn detect_queues(&self) -> Result<u64, Error> {
        if self.store.cache().index.has_queues.is_some() {
            return Ok(0);
        }
        let queues = [Collection::Queues.name()];
        let has_queues = match self.store.link.get(&queues, &[("page_size", "1")]).await {
            Ok(answer) => answer.is_some(),
            // The module is loaded, but its database doesn't exist.
            Err(Error::NotReady { status: 503, .. }) => false,
            Err(error) => return Err(error),
        };
        self.store.cache().index.has_queues = Some(has_queues);
        if !has_queues {
            self.lacks(QUEUES);
        }
        Ok(1)
    }

    /// Reads the agents of all queues, including queues without a number. Agents can still refer to a
    /// deleted queue, which is ignored.
    async fn list_agents(&self, progress: &dyn Progress) -> Result<u64, Error> {
        let lists = async {
            let queues = self.store.rows(Collection::Queues, "", &[], progress);
            let queues = queues.await?;
            let agents = self.store.rows(Collection::Agents, "", &[], progress);
            let agents = agents.await?;
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
            for id in doc::texts(&row, "queues") {
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
        let listed = self.store.rows(Collection::Users, "", &query, progress);
        let Some(listed) = listed.await? else {
            return Ok(1);
        };
        let pages = listed.min_pages(PAGE);
        let ids = listed.rows.into_iter().map(|(id, _)| id.into());
        self.store.cache().index.inactive.extend(ids);
        Ok(pages)
    }
}

fn declares_queues(states: &[&State]) -> bool {
    let extensions = states.iter();
    let mut extensions = extensions.flat_map(|state| state.of_kind(Kind::Extensions));
    extensions.any(|(_, one)| one.fields.text("kind") == Some("call_queue"))
}

#[async_trait]
impl Documents for Kazoo {
    type Dialect = Crossbar;

    fn store(&self) -> &Store<Crossbar> {
        &self.store
    }

    fn supported(&self) -> Arc<Capabilities> {
        self.detected.capabilities()
    }

    async fn load(&self, progress: &dyn Progress) -> Result<u64, Error> {
        if self.store.link.open().await?.is_five() {
            // Its lists have another format.
            self.lacks(LISTS);
        }
        let lists = LISTED.map(|collection| self.load_list(collection, progress));
        let pages = futures::future::try_join_all(lists).await?;
        Ok(pages.into_iter().sum::<u64>() + self.store.link.minimum())
    }

    /// What is listed only as evidence is no source.
    fn is_source(&self, of: Collection, kind: Kind) -> bool {
        use Collection::{Callflows, Devices, Entries, Groups, Lists, Users, Vmboxes};
        match kind {
            Kind::Users => matches!(of, Users | Devices | Vmboxes | Callflows),
            Kind::Groups => of == Groups,
            Kind::Contacts => matches!(of, Entries | Lists),
            _ => of == Callflows,
        }
    }

    fn objects(&self, account: &Account, kind: Kind) -> Vec<(Box<str>, LiveObject)> {
        read::objects(account, kind)
    }

    fn duplicate(&self, kind: Kind, key: &str) -> Option<String> {
        let message = || format!("two users have the username {key}; remove one of them");
        (kind == Kind::Users).then(message)
    }

    fn ambiguity(&self, account: &Account, kind: Kind) -> Option<String> {
        (kind == Kind::Contacts).then(|| account.ambiguous_contacts())?
    }

    fn referrers(&self, account: &Account) -> Vec<Referrer> {
        read::referrers(account)
    }

    fn lists_are_full(&self) -> bool {
        false
    }

    async fn load_details(
        &self,
        details: Details<'_>,
        progress: &dyn Progress,
    ) -> Result<u64, Error> {
        let mut minimum = 0;
        if details.concern(Kind::Contacts) {
            minimum += self.list_contacts(progress).await?;
        }
        match details {
            Details::Declared(states) if declares_queues(states) => {
                minimum += self.detect_queues().await?;
            }
            Details::Evidence(_) | Details::Everything => {
                let refers_to_queues = self.store.cache().refers_to_queues();
                if refers_to_queues {
                    minimum += self.detect_queues().await?;
                }
                minimum += self.list_inactive_users(progress).await?;
                minimum += self.list_agents(progress).await?;
                let directories = Collection::Directories;
                let listed = self.store.load(directories, "", &[], progress).await?;
                minimum += listed.unwrap_or(1);
            }
            Details::Listed(Kind::Users) => minimum += self.list_inactive_users(progress).await?,
            Details::Listed(_) | Details::Declared(_) => {}
        }
        Ok(minimum)
    }

    fn select(
        &self,
        account: &Account,
        address: (Kind, &str),
        declares: &dyn Fn(&str) -> bool,
        docs: &mut DocRefs<Collection>,
    ) {
        details::select(account, address, declares, docs);
    }

    fn select_others(
        &self,
        account: &Account,
        details: Details<'_>,
        docs: &mut DocRefs<Collection>,
    ) {
        details::select_others(account, details, docs);
    }

    async fn fetch(&self, doc_ref: &DocRef<Collection>) -> Result<(Option<Document>, u64), Error> {
        self.fetch_one(doc_ref).await
    }

    async fn fetch_all(
        &self,
        docs: DocRefs<Collection>,
        progress: &dyn Progress,
    ) -> Result<u64, Error> {
        self.fetch_in_bulk(docs, progress).await
    }

    async fn checks(&self) -> Result<Vec<Check>, Error> {
        Ok(doctor::diagnose(self).await)
    }

    async fn change(&self, writer: Writer<'_, Crossbar>) -> Result<Written, Error> {
        write::write(writer).await
    }

    fn records(&self) -> Option<&Records<Collection>> {
        Some(&self.records)
    }
}
