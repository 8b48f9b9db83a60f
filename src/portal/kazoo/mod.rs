//! *Kazoo* is the open-source phone system behind many hosted ones, spoken to through Crossbar, its API,
//! in version 2: Kazoo 4 and Kazoo 5.
//!
//! One person there is several documents (user, devices, mailbox, callflow), lists are summaries, and the
//! server guards neither references nor, under concurrency, names. What it keeps where is the table in
//! `mapping`; `docs/portals/kazoo.md` shows it.

mod book;
mod capability;
mod charge;
mod detail;
mod doc;
mod doctor;
mod flow;
mod index;
mod list;
mod mapping;
mod phone;
mod place;
mod read;
mod session;
mod tenant;
mod wire;
mod write;

pub(super) use capability::capabilities;
pub(super) use mapping::mapped as mapping;

use super::{
    About, Capabilities, Check, Details, Error, Location, Portal, Progress, Target, Write, Written,
    http::{Base, Client, RateLimit},
};
use crate::model::{Kind, Live, Requests, State};
use async_trait::async_trait;
use capability::Held;
use charge::Purse;
use index::Index;
use session::Session;
use std::{
    collections::BTreeSet,
    num::NonZeroU32,
    sync::{Mutex, MutexGuard, PoisonError},
};
use tenant::{Collection, Tenant};
use write::Locks;

/// What the docs say of it.
pub(super) const ABOUT: About = About {
    title: "Kazoo 4 and 5, by Crossbar",
    reached: "`url:`",
    credentials: "`token:`, the API key of an account, or `user:` and `password:`",
    secrets: "with the document, in its `callsheet` object",
    reading: "a login, a page for each 500 documents of five types, and in Kazoo 4 a request for each document of which a field is declared that lists don't tell, and for each contact where one is declared",
};

/// The measure that every host keeps unless it was told otherwise is 100 requests at once and 10 more
/// each second, for all who come from one address. This stays below it.
const DEFAULT_RATE_LIMIT: (u32, u32) = (80, 8);

/// What is listed for every read.
const LISTED: [Collection; 5] = [
    Collection::Users,
    Collection::Devices,
    Collection::Vmboxes,
    Collection::Callflows,
    Collection::Groups,
];

/// A Kazoo.
pub(super) struct Kazoo {
    session: Session,
    /// What it can hold, as far as it was asked.
    held: Held,
    tenant: Mutex<Tenant>,
    /// Whether many documents come in one answer; nothing if nobody asked.
    has_bulk: tokio::sync::Mutex<Option<bool>>,
    rate_limit: RateLimit,
    locks: Locks,
    purse: Purse,
}

impl Kazoo {
    pub(super) fn new(target: &Target) -> Result<Self, Error> {
        let Location::Url(url) = &target.location else {
            return Err(Error::Unreachable {
                url: "the portal".to_owned(),
                reason: "a Kazoo is reached at a URL".to_owned(),
            });
        };
        // The version may be written with the address, or not.
        let url = url.trim_end_matches('/');
        let url = url.strip_suffix("/v2").unwrap_or(url);
        let rate_limit = target.rate_limit.unwrap_or(RateLimit {
            per_second: NonZeroU32::new(DEFAULT_RATE_LIMIT.1),
            burst: NonZeroU32::new(DEFAULT_RATE_LIMIT.0).unwrap_or(NonZeroU32::MIN),
            ..RateLimit::default()
        });
        let client = Client::new(Base::parse(url)?, None, rate_limit)?;
        Ok(Self {
            session: Session::new(client, target),
            held: Held::all(),
            tenant: Mutex::default(),
            has_bulk: tokio::sync::Mutex::default(),
            rate_limit,
            locks: Locks::default(),
            purse: Purse::new(target.charges),
        })
    }

    fn tenant(&self) -> MutexGuard<'_, Tenant> {
        self.tenant.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the documents are as objects now.
    fn live(&self, live: &mut Live, kinds: impl IntoIterator<Item = Kind>) {
        let tenant = self.tenant();
        let held = &self.held.now().kinds;
        let kinds = kinds.into_iter().filter(|kind| held.contains_key(kind));
        let (listings, referrers) = read::live(&Index::of(&tenant), kinds);
        live.listings = listings;
        live.referrers = referrers;
    }

    /// Lists one type. Returns how many pages it has at the least.
    async fn list(
        &self,
        collection: Collection,
        query: &[(&str, &str)],
        progress: &dyn Progress,
    ) -> Result<Option<(list::List, u64)>, Error> {
        let kind = detail::kind_of(collection);
        let see = |more: usize| progress.seen(kind, more.try_into().unwrap_or(u64::MAX), None);
        let list = list::whole(&self.session, &[collection.name()], query, &see).await?;
        Ok(list.map(|list| {
            let pages = list.rows.len().div_ceil(list::PAGE).max(1) as u64;
            (list, pages)
        }))
    }

    /// Lists one type into the tenant.
    async fn take_list(
        &self,
        collection: Collection,
        progress: &dyn Progress,
    ) -> Result<u64, Error> {
        let is_five = self.session.open(None).await?.is_five();
        let fields = collection.fields().filter(|_| is_five);
        let asked = fields.map(|(fields, _)| serde_json::to_string(fields).unwrap_or_default());
        let query: Vec<(&str, &str)> = asked
            .iter()
            .map(|asked| ("fields", asked.as_str()))
            .collect();
        let missing = || {
            Error::Unreadable {
            what: format!("the list of {}", collection.name()),
            reason: "the portal doesn't know them (404); is the URL that of Crossbar, and the account right?"
                .to_owned(),
        }
        };
        let (list, pages) = match self.list(collection, &query, progress).await? {
            Some(listed) => listed,
            // What only some need to have, a host needn't have loaded.
            None if !LISTED.contains(&collection) => return Ok(1),
            None => return Err(missing()),
        };
        let mut tenant = self.tenant();
        for (id, row) in list.rows {
            // Whoever knows no `fields` ignores them, and then it is a summary.
            let is_full = fields.is_some_and(|(_, sign)| row.contains_key(sign));
            tenant.list(collection, &id, row.clone());
            if is_full {
                let full = tenant::Full {
                    doc: row,
                    revision: None,
                };
                tenant.take(collection, &id, full);
            }
        }
        if let Some(doubt) = list.doubt {
            tenant.doubts.insert(collection, doubt);
        }
        Ok(pages)
    }

    /// Looks whether there are queues, where somebody wants some.
    async fn look_for_queues(&self) -> Result<u64, Error> {
        if self.tenant().has_queues.is_some() {
            return Ok(0);
        }
        let path = [Collection::Queues.name()];
        let there = self.session.read(&path, &[("page_size", "1")]).await;
        let there = match there {
            Ok(there) => there.is_some(),
            // Loaded, and its database is not laid out: there are none either.
            Err(Error::NotReady { status: 503, .. }) => false,
            Err(error) => return Err(error),
        };
        self.tenant().has_queues = Some(there);
        if !there {
            self.held.no_queues();
        }
        Ok(1)
    }

    /// Who serves which queue, also one that no number leads to; nobody where there are no queues. A queue
    /// that is gone is still noted in those who served it, and counts for nothing.
    async fn look_for_agents(&self, progress: &dyn Progress) -> Result<u64, Error> {
        let there = async {
            let queues = self.list(Collection::Queues, &[], progress).await?;
            let see = |more: usize| {
                let more = more.try_into().unwrap_or(u64::MAX);
                progress.seen(Kind::Extensions, more, None);
            };
            let agents = list::whole(&self.session, &["agents"], &[], &see).await?;
            Ok(queues.zip(agents))
        };
        let ((queues, pages), agents) = match there.await {
            Ok(Some(both)) => both,
            // Not loaded, or its database is not laid out.
            Ok(None) | Err(Error::NotReady { status: 503, .. }) => return Ok(2),
            Err(error) => return Err(error),
        };
        let more = agents.rows.len().div_ceil(list::PAGE).max(1) as u64;
        let mut tenant = self.tenant();
        for (user, row) in agents.rows {
            let own = row.get("queues").and_then(serde_json::Value::as_array);
            let own = own
                .into_iter()
                .flatten()
                .filter_map(serde_json::Value::as_str);
            for id in own {
                if let Some((_, queue)) = queues.rows.iter().find(|(known, _)| known == id) {
                    let name = doc::text(queue, "name").unwrap_or(id).to_owned();
                    let served = tenant.serving.entry(id.into()).or_default();
                    served.name = name;
                    served.by.push(user.clone());
                }
            }
        }
        Ok(pages + more)
    }

    /// Users who can't log in are told apart by a filter: a summary doesn't say.
    async fn look_for_inactive(&self, progress: &dyn Progress) -> Result<u64, Error> {
        if self.session.open(None).await?.is_five() {
            return Ok(0); // whose lists say it themselves
        }
        let query = [("filter_enabled", "false")];
        let Some((list, pages)) = self.list(Collection::Users, &query, progress).await? else {
            return Ok(1);
        };
        let mut tenant = self.tenant();
        let known = |id: &str| tenant.get(Collection::Users, id).is_some();
        let ids: Vec<Box<str>> = list
            .rows
            .iter()
            .filter(|(id, _)| known(id))
            .map(|(id, _)| id.as_str().into())
            .collect();
        tenant.inactive.extend(ids);
        Ok(pages)
    }
}

fn wants_queues(states: &[&State]) -> bool {
    let mut extensions = states
        .iter()
        .flat_map(|state| state.of_kind(Kind::Extensions));
    extensions.any(|(_, one)| one.fields.text("kind") == Some("call_queue"))
}

#[async_trait]
impl Portal for Kazoo {
    fn capabilities(&self) -> &Capabilities {
        self.held.now()
    }

    async fn read(&self, kinds: &BTreeSet<Kind>, progress: &dyn Progress) -> Result<Live, Error> {
        let made_before = self.requests();
        *self.tenant() = Tenant::default();
        if self.session.open(None).await?.is_five() {
            // Whose lists are of another model.
            self.held.no_contacts();
        }
        let lists = LISTED.map(|collection| self.take_list(collection, progress));
        let pages: u64 = futures::future::try_join_all(lists)
            .await?
            .into_iter()
            .sum();
        let mut live = Live {
            requests: Requests {
                made: self.requests() - made_before,
                minimum: pages + u64::from(made_before == 0),
            },
            ..Live::default()
        };
        self.live(&mut live, kinds.iter().copied());
        Ok(live)
    }

    fn lists_are_full(&self) -> bool {
        false
    }

    async fn read_details(
        &self,
        live: &mut Live,
        wanted: Details<'_>,
        progress: &dyn Progress,
    ) -> Result<(), Error> {
        let made_before = self.requests();
        let mut minimum = 0;
        if book::is_wanted(wanted) {
            minimum += self.look_for_contacts().await?;
        }
        match wanted {
            Details::Declared(states) if wants_queues(states) => {
                minimum += self.look_for_queues().await?;
            }
            Details::Evidence(_) | Details::Everything => {
                if self.tenant().leads_to_queues() {
                    minimum += self.look_for_queues().await?;
                }
                minimum += self.look_for_inactive(progress).await?;
                minimum += self.look_for_agents(progress).await?;
                minimum += self.take_list(Collection::Directories, progress).await?;
            }
            Details::Listed(Kind::Users) => minimum += self.look_for_inactive(progress).await?,
            Details::Listed(_) | Details::Declared(_) => {}
        }
        // What a callflow leads to is known when the callflow is, so one round may bring the next.
        loop {
            let places = detail::wanted(&self.tenant(), wanted);
            if places.is_empty() {
                break;
            }
            let mut has_bulk = self.has_bulk.lock().await;
            let fetched = detail::fetch(&self.session, places, &mut has_bulk, progress).await?;
            drop(has_bulk);
            minimum += fetched.1;
            self.take(fetched.0);
        }
        let kinds: Vec<Kind> = live.listings.keys().copied().collect();
        self.live(live, kinds);
        live.requests.made += self.requests() - made_before;
        live.requests.minimum += minimum;
        Ok(())
    }

    async fn diagnose(&self) -> Result<Vec<Check>, Error> {
        Ok(doctor::diagnose(self).await)
    }

    async fn write(&self, write: &Write<'_>) -> Result<Written, Error> {
        let _redacted = self.session.client.redact(write.secrets.values());
        write::write(self, write).await
    }

    fn requests(&self) -> u64 {
        self.session.client.requests()
    }
}

impl Kazoo {
    /// Takes what was fetched; what is gone meanwhile is gone.
    fn take(&self, fetched: Vec<(place::Place, Option<detail::Fetched>)>) {
        let mut tenant = self.tenant();
        for ((collection, id), fetched) in fetched {
            match fetched {
                Some(detail::Fetched { full, agents }) => {
                    tenant.take(collection, &id, full);
                    if let Some(agents) = agents {
                        tenant.agents.insert(id, agents);
                    }
                }
                None => tenant.lose(collection, &id),
            }
        }
    }
}
