//! *Details* are the fields of documents that lists omit. They are read for declared fields, and for what the
//! guards check.

use super::{
    super::{Details, Error, Progress},
    cache::Document,
    dialect::{Collection as _, Dialect},
    documents::Documents,
};
use crate::model::{Fields, Kind, State};
use futures::{StreamExt as _, TryStreamExt as _};
use std::collections::BTreeSet;

/// The number of concurrent requests; the rate limit applies to all of them.
const CONCURRENCY: usize = 8;

/// A document, by its type and its ID in the cache.
pub type DocRef<C> = (C, Box<str>);
/// Documents to read.
pub type DocRefs<C> = BTreeSet<DocRef<C>>;

/// Whether a resource declares the field at a dotted path.
type Declares<'d> = &'d dyn Fn(&str) -> bool;

impl Details<'_> {
    /// Whether objects of a kind are selected.
    #[must_use]
    pub fn concern(self, kind: Kind) -> bool {
        let declares = |state: &&State| state.of_kind(kind).next().is_some();
        match self {
            Self::Declared(states) => states.iter().any(declares),
            Self::Evidence(addresses) => addresses.iter().any(|address| address.kind == kind),
            Self::Listed(listed) => listed == kind,
            Self::Everything => true,
        }
    }
}

/// Calls `see` for each name that the portal may know a declared resource by.
fn declared<P: Documents>(
    portal: &P,
    states: &[&State],
    see: &mut dyn FnMut((Kind, &str), Declares<'_>),
) {
    let capabilities = portal.supported();
    let resources = states.iter().flat_map(|state| &state.resources);
    for (address, resource) in resources {
        let fields = &resource.fields;
        let names = [
            Some(capabilities.portal_key(address, fields)),
            Some(&*address.key),
            resource.previously.as_deref(),
        ];
        for name in names.into_iter().flatten().collect::<BTreeSet<_>>() {
            see((address.kind, name), &|path: &str| declares(fields, path));
        }
    }
}

/// Lists what is within documents and haven't been listed yet. Returns the minimum number of requests.
///
/// # Errors
/// A page can't be read.
pub(super) async fn load_inner<P: Documents>(
    portal: &P,
    details: Details<'_>,
    progress: &dyn Progress,
) -> Result<u64, Error> {
    let lists: BTreeSet<_> = {
        let cache = portal.store().cache();
        let mut lists = Vec::new();
        match details {
            Details::Declared(states) => declared(portal, states, &mut |address, declares| {
                lists.extend(portal.inner_lists(&cache, address, declares));
            }),
            Details::Evidence(_) => lists = portal.inner_evidence(&cache),
            Details::Everything => {
                for kind in Kind::ALL {
                    for (key, _) in portal.objects(&cache, kind) {
                        lists.extend(portal.inner_lists(&cache, (kind, &key), &|_| true));
                    }
                }
            }
            Details::Listed(_) => {}
        }
        lists.into_iter().collect()
    };
    let lists = lists.into_iter().map(async |(of, outer)| {
        let store = portal.store();
        store.load_within(of, &outer, progress).await
    });
    let lists = futures::stream::iter(lists).buffer_unordered(CONCURRENCY);
    lists
        .try_fold(0, |sum, pages| async move { Ok(sum + pages) })
        .await
}

/// Selects the documents that haven't been read yet.
pub(super) fn select<P: Documents>(
    portal: &P,
    details: Details<'_>,
) -> DocRefs<<P::Dialect as Dialect>::Of> {
    let cache = portal.store().cache();
    let mut docs = DocRefs::new();
    match details {
        Details::Declared(states) => declared(portal, states, &mut |address, declares| {
            portal.select(&cache, address, declares, &mut docs);
        }),
        Details::Evidence(addresses) => {
            for address in addresses {
                let object = (address.kind, &*address.key);
                portal.select(&cache, object, &|_| true, &mut docs);
            }
        }
        Details::Listed(_) | Details::Everything => {}
    }
    portal.select_others(&cache, details, &mut docs);
    docs.retain(|(of, id)| {
        let entry = cache.get(*of, id);
        entry.is_none_or(|entry| entry.document.is_none())
    });
    docs
}

/// Whether a resource declares the field at a dotted path. A cleared record declares all its fields.
fn declares(fields: &Fields, path: &str) -> bool {
    let mut names = path.split('.');
    let whole = names.next().and_then(|first| fields.get(first));
    whole.is_some_and(|value| value.as_map().is_none()) || fields.at(path.split('.')).is_some()
}

/// Reads documents into the cache. Returns the minimum number of requests.
///
/// # Errors
/// A document can't be read.
pub async fn fetch_all<P: Documents>(
    portal: &P,
    docs: DocRefs<<P::Dialect as Dialect>::Of>,
    progress: &dyn Progress,
) -> Result<u64, Error> {
    let total = u64::try_from(docs.len()).ok();
    let mut requests = 0;
    let fetched: Vec<_> = futures::stream::iter(docs.into_iter().map(|doc_ref| async move {
        let (document, requests) = portal.fetch(&doc_ref).await?;
        Ok::<_, Error>((doc_ref, document, requests))
    }))
    .buffer_unordered(CONCURRENCY)
    .inspect_ok(|((of, _), _, more)| {
        progress.seen(of.kind(), 1, total);
        requests += more;
    })
    .try_collect()
    .await?;
    for (doc_ref, document, _) in fetched {
        store(portal, doc_ref, document);
    }
    Ok(requests)
}

/// Stores a document that was read. A document that no longer exists is removed; one that isn't in a list,
/// and that others still refer to, is remembered as empty, so that it isn't requested again.
fn store<P: Documents>(
    portal: &P,
    (of, id): DocRef<<P::Dialect as Dialect>::Of>,
    document: Option<Document>,
) {
    let mut cache = portal.store().cache();
    let is_listed = cache.get(of, &id).is_some();
    match document {
        None if is_listed => cache.remove(of, &id),
        document => cache.store(of, &id, document.unwrap_or_default()),
    }
}
