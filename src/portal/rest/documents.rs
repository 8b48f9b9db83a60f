//! A *portal of documents* is an adapter reduced to what is its own: which lists and details it reads, how
//! documents become objects, and how a change is written. The rest of a [`Portal`] follows.

use super::{
    super::{Capabilities, Check, Details, Error, Portal, Progress, Write, Written, check},
    cache::{Cache, Document},
    details::{self, DocRef, DocRefs},
    dialect::{Collection as _, Dialect, Link as _},
    record::Records,
    store::{CacheOf, Store},
    writer::Writer,
};
use crate::model::{Address, Extent, Kind, Listing, Live, LiveObject, Referrer, Requests};
use async_trait::async_trait;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// An adapter whose objects consist of documents.
#[async_trait]
pub trait Documents: Send + Sync + 'static {
    /// The dialect.
    type Dialect: Dialect;

    /// The documents.
    fn store(&self) -> &Store<Self::Dialect>;

    /// What the portal supports, as far as it is known by now.
    fn supported(&self) -> Arc<Capabilities>;

    /// Lists what every read needs into the empty cache. Returns the minimum number of requests.
    ///
    /// # Errors
    /// A list can't be read.
    async fn load(&self, progress: &dyn Progress) -> Result<u64, Error>;

    /// Whether the objects of a kind consist of documents of a type, among others. If their list is incomplete, so is
    /// the kind.
    fn is_source(&self, of: <Self::Dialect as Dialect>::Of, kind: Kind) -> bool {
        of.kind() == kind
    }

    /// Converts the documents to the objects of a kind, by their keys.
    fn objects(&self, cache: &CacheOf<Self::Dialect>, kind: Kind) -> Vec<(Box<str>, LiveObject)>;

    /// Why a kind can't be relied on if two of its objects have a key; `None` if it can.
    fn duplicate(&self, kind: Kind, key: &str) -> Option<String> {
        let _unused = kind;
        Some(format!("{key} is listed twice"))
    }

    /// Another reason why objects of a kind can't be told apart.
    fn ambiguity(&self, cache: &CacheOf<Self::Dialect>, kind: Kind) -> Option<String> {
        let _unused = (cache, kind);
        None
    }

    /// The documents that refer to objects but aren't objects themselves.
    fn referrers(&self, cache: &CacheOf<Self::Dialect>) -> Vec<Referrer> {
        let _unused = cache;
        Vec::new()
    }

    /// Whether lists contain every field.
    fn lists_are_full(&self) -> bool {
        true
    }

    /// Lists what is only read for details. Returns the minimum number of requests.
    ///
    /// # Errors
    /// A list can't be read.
    async fn load_details(
        &self,
        details: Details<'_>,
        progress: &dyn Progress,
    ) -> Result<u64, Error> {
        let _unused = (details, progress);
        Ok(0)
    }

    /// The collections within documents that must be listed for the declared fields of the object that the
    /// portal knows by a name, with the IDs of the documents.
    fn inner_lists(
        &self,
        cache: &CacheOf<Self::Dialect>,
        address: (Kind, &str),
        declares: &dyn Fn(&str) -> bool,
    ) -> Vec<(<Self::Dialect as Dialect>::Of, String)> {
        let _unused = (cache, address, declares);
        Vec::new()
    }

    /// The collections within documents that must be listed for what the guards check before a deletion.
    fn inner_evidence(
        &self,
        cache: &CacheOf<Self::Dialect>,
    ) -> Vec<(<Self::Dialect as Dialect>::Of, String)> {
        let _unused = cache;
        Vec::new()
    }

    /// Selects the documents with the declared fields of the object that the portal knows by a name.
    fn select(
        &self,
        cache: &CacheOf<Self::Dialect>,
        address: (Kind, &str),
        declares: &dyn Fn(&str) -> bool,
        docs: &mut DocRefs<<Self::Dialect as Dialect>::Of>,
    ) {
        let _unused = (cache, address, declares, docs);
    }

    /// Selects the documents that don't belong to a selected object, or deselects some.
    fn select_others(
        &self,
        cache: &CacheOf<Self::Dialect>,
        details: Details<'_>,
        docs: &mut DocRefs<<Self::Dialect as Dialect>::Of>,
    ) {
        let _unused = (cache, details, docs);
    }

    /// Reads one document, and what belongs to it. Returns the number of requests, too.
    ///
    /// # Errors
    /// The document can't be read.
    async fn fetch(
        &self,
        doc_ref: &DocRef<<Self::Dialect as Dialect>::Of>,
    ) -> Result<(Option<Document>, u64), Error> {
        let document = self.store().fetch(doc_ref.0, &doc_ref.1).await?;
        Ok((document, 1))
    }

    /// Reads documents into the cache. Returns the minimum number of requests.
    ///
    /// # Errors
    /// A document can't be read.
    async fn fetch_all(
        &self,
        docs: DocRefs<<Self::Dialect as Dialect>::Of>,
        progress: &dyn Progress,
    ) -> Result<u64, Error>
    where
        Self: Sized,
    {
        details::fetch_all(self, docs, progress).await
    }

    /// Checks what is particular to the portal, before the lists are read. Writes nothing.
    ///
    /// # Errors
    /// The portal can't be reached or rejects the credentials.
    async fn own_checks(&self) -> Result<Vec<Check>, Error> {
        Ok(Vec::new())
    }

    /// Checks the connection and the lists. Writes nothing.
    ///
    /// # Errors
    /// The portal can't be reached or rejects the credentials.
    async fn checks(&self) -> Result<Vec<Check>, Error>
    where
        Self: Sized,
    {
        let mut checks = self.own_checks().await?;
        checks.push(Check::versions(self.store().dialect.has_versions()));
        checks.extend(check::lists(self).await?);
        Ok(checks)
    }

    /// Applies one change to the documents of an object.
    ///
    /// # Errors
    /// The same as for [`Portal::write`].
    async fn change(&self, writer: Writer<'_, Self::Dialect>) -> Result<Written, Error>;

    /// The records of what was applied, if the portal has a place for them.
    fn records(&self) -> Option<&Records<<Self::Dialect as Dialect>::Of>> {
        None
    }

    /// Finishes what was written, as [`Portal::settle`].
    ///
    /// # Errors
    /// The portal can't be reached or refuses the request.
    async fn finish(&self, written: &[&Address]) -> Result<Vec<Check>, Error> {
        let _unused = written;
        Ok(Vec::new())
    }
}

/// Converts the documents of a portal to listings.
fn listings<P: Documents>(portal: &P, kinds: &BTreeSet<Kind>) -> BTreeMap<Kind, Listing> {
    let cache = portal.store().cache();
    let supported = portal.supported();
    let kinds = kinds
        .iter()
        .filter(|kind| supported.kinds.contains_key(kind));
    let listing = |kind: &Kind| {
        let all = <P::Dialect as Dialect>::Of::all().iter();
        let sources = all.filter(|of| portal.is_source(**of, *kind));
        let mut doubts = sources.filter_map(|of| cache.doubt(*of));
        let mut doubt = doubts.next().or_else(|| portal.ambiguity(&cache, *kind));
        let mut objects = BTreeMap::new();
        for (key, object) in portal.objects(&cache, *kind) {
            if objects.contains_key(&key) {
                doubt = doubt.or_else(|| portal.duplicate(*kind, &key));
            }
            objects.insert(key, object);
        }
        let extent = doubt.map_or(Extent::Whole, Extent::Doubtful);
        (*kind, Listing { objects, extent })
    };
    kinds.map(listing).collect()
}

#[async_trait]
impl<P: Documents> Portal for P {
    fn capabilities(&self) -> Arc<Capabilities> {
        self.supported()
    }

    async fn read(&self, kinds: &BTreeSet<Kind>, progress: &dyn Progress) -> Result<Live, Error> {
        let made_before = self.requests();
        *self.store().cache() = Cache::default();
        let minimum = self.load(progress).await?;
        Ok(Live {
            account: None,
            listings: listings(self, kinds),
            referrers: self.referrers(&self.store().cache()),
            requests: Requests {
                made: self.requests() - made_before,
                minimum,
            },
            ..Live::default()
        })
    }

    fn lists_are_full(&self) -> bool {
        Documents::lists_are_full(self)
    }

    async fn read_details(
        &self,
        live: &mut Live,
        details: Details<'_>,
        progress: &dyn Progress,
    ) -> Result<(), Error> {
        let made_before = self.requests();
        let mut minimum = self.load_details(details, progress).await?;
        minimum += details::load_inner(self, details, progress).await?;
        // A document can refer to others, so each round may lead to another one.
        loop {
            let docs = details::select(self, details);
            if docs.is_empty() {
                break;
            }
            minimum += self.fetch_all(docs, progress).await?;
        }
        let kinds = live.listings.keys().copied().collect();
        live.listings = listings(self, &kinds);
        live.referrers = self.referrers(&self.store().cache());
        live.requests.made += self.requests() - made_before;
        live.requests.minimum += minimum;
        Ok(())
    }

    async fn diagnose(&self) -> Result<Vec<Check>, Error> {
        self.checks().await
    }

    async fn write(&self, write: &Write<'_>) -> Result<Written, Error> {
        let store = self.store();
        let _redacted = store.link.client().redact(write.secrets.values());
        self.change(Writer { store, write }).await
    }

    async fn settle(&self, written: &[&Address]) -> Result<Vec<Check>, Error> {
        self.finish(written).await
    }

    fn keeps_records(&self) -> bool {
        self.records().is_some_and(Records::have_place)
    }

    async fn record(&self, workspace: &str) -> Result<Option<String>, Error> {
        match self.records() {
            Some(records) => records.get(self.store(), workspace).await,
            None => Ok(None),
        }
    }

    async fn set_record(&self, workspace: &str, record: &str) -> Result<(), Error> {
        match self.records() {
            Some(records) => records.set(self.store(), workspace, record).await,
            None => Err(super::record::no_place()),
        }
    }

    fn requests(&self) -> u64 {
        self.store().link.client().requests()
    }

    fn concurrency(&self) -> usize {
        self.store().link.client().concurrency()
    }
}
