//! *Details* are the fields of a document that lists omit. They are read only for declared fields, and for
//! the checks of guards.
//!
//! Lists of Kazoo 5 contain the requested fields. In Kazoo 4, the module `bulk` returns many documents at
//! once, but few hosts have it; otherwise each document is a request.

use super::{
    super::{
        Details, Error, Progress,
        http::Request,
        rest::{Collection as _, Doc, Document, Entry, Store},
    },
    account::Account,
    collection::Collection,
    dialect::{Crossbar, enveloped},
    flow::{self, Resolver as _},
    read::extension::document,
    table::TABLE,
};
use crate::model::{Address, Kind, Resource};
use futures::{StreamExt as _, TryStreamExt as _};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The number of concurrent requests; the rate limit applies to all of them.
const CONCURRENCY: usize = 8;
/// The minimum number of documents for `bulk`. Fewer fit into one burst, and a failed attempt costs a
/// request.
const MIN_BULK: usize = 64;
/// Identifies a document by its collection and its ID in the cache.
pub(super) type DocRef = (Collection, Box<str>);

/// The number of documents in one `bulk` request.
const BULK_SIZE: usize = 200;

/// Selects the documents to read for `details`. The documents to which a callflow refers are only known
/// after the callflow has been read.
pub(super) fn select(account: &Account, details: Details<'_>) -> BTreeSet<DocRef> {
    let mut doc_refs = BTreeSet::new();
    match details {
        Details::Declared(states) => {
            for state in states {
                for (address, resource) in &state.resources {
                    select_declared(account, address, resource, &mut doc_refs);
                }
            }
        }
        Details::Evidence(addresses) => {
            for collection in [
                Collection::Callflows,
                Collection::Groups,
                Collection::Directories,
            ] {
                select_all(account, collection, &mut doc_refs);
            }
            for (_, callflow) in account.of(Collection::Callflows) {
                doc_refs.extend(
                    callflow
                        .full_doc()
                        .and_then(linked)
                        .filter(|(collection, _)| {
                            // Only the queue itself contains its agents.
                            *collection == Collection::Queues
                        }),
                );
            }
            for address in addresses {
                select_object(account, address, &mut doc_refs);
            }
        }
        Details::Listed(_) => {}
        Details::Everything => {
            for collection in [
                Collection::Users,
                Collection::Devices,
                Collection::Vmboxes,
                Collection::Callflows,
                Collection::Groups,
            ] {
                select_all(account, collection, &mut doc_refs);
            }
            for (_, callflow) in account.of(Collection::Callflows) {
                doc_refs.extend(callflow.full_doc().and_then(linked));
            }
        }
    }
    // Entries are only listed on request.
    select_all(account, Collection::Entries, &mut doc_refs);
    // Without queues, a request for one that a callflow still refers to can fail.
    let has_queues = account.index.has_queues != Some(false);
    doc_refs.retain(|(collection, id)| {
        if *collection == Collection::Queues && !has_queues {
            return false;
        }
        let entry = account.get(*collection, id);
        entry.is_none_or(|entry| entry.document.is_none())
    });
    doc_refs
}

fn select_all(account: &Account, collection: Collection, doc_refs: &mut BTreeSet<DocRef>) {
    doc_refs.extend(
        account
            .of(collection)
            .map(|(id, _)| (collection, id.into())),
    );
}

/// The document to which a callflow's root node refers.
fn linked(callflow: &Doc) -> Option<DocRef> {
    let (collection, id) = document(flow::root(callflow)?)?;
    Some((collection, id.into()))
}

/// Selects the documents that contain the declared fields of a resource.
fn select_declared(
    account: &Account,
    address: &Address,
    resource: &Resource,
    doc_refs: &mut BTreeSet<DocRef>,
) {
    let fields = &resource.fields;
    let declares = |path: &str| {
        let mut names = path.split('.');
        let whole = names.next().and_then(|first| fields.get(first));
        // A cleared record declares all its fields.
        whole.is_some_and(|value| value.as_map().is_none()) || fields.at(path.split('.')).is_some()
    };
    match address.kind {
        Kind::Users => {
            let names = [
                fields.text("username"),
                Some(&*address.key),
                resource.previously.as_deref(),
            ];
            let ids = names
                .into_iter()
                .flatten()
                .filter_map(|name| account.user_id(name));
            for id in ids.collect::<BTreeSet<_>>() {
                select_person(account, id, &declares, doc_refs);
            }
        }
        Kind::Extensions => {
            let names = [Some(&*address.key), resource.previously.as_deref()];
            let ids = names.into_iter().flatten();
            for id in ids.filter_map(|number| account.callflow_id(number)) {
                doc_refs.insert((Collection::Callflows, id.into()));
                let callflow = account.get(Collection::Callflows, id);
                let linked = callflow.and_then(|callflow| linked(callflow.full_doc()?));
                let needed = |name: &str| {
                    !matches!(
                        name,
                        "kind" | "name" | "options" | "no_input" | "invalid_input" | "overflow"
                    )
                };
                if fields.iter().any(|(name, _)| needed(name)) {
                    doc_refs.extend(linked);
                }
            }
        }
        Kind::Groups
        | Kind::Numbers
        | Kind::Contacts
        | Kind::Scopes
        | Kind::Instances
        | Kind::Templates => {}
    }
}

fn select_person(
    account: &Account,
    id: &str,
    declares: &dyn Fn(&str) -> bool,
    doc_refs: &mut BTreeSet<DocRef>,
) {
    let mut needed = TABLE.details(Kind::Users, declares);
    // The versions of both secrets are stored in the user.
    if declares("password") || declares("voicemail.pin") {
        needed.insert(Collection::Users);
    }
    let is_phone = |device: &Entry| {
        let mac = device.text("mac_address");
        mac.is_some_and(|mac| !mac.is_empty())
    };
    for of in needed {
        let own = |one: Option<(&str, _)>| one.map(|(id, _)| (of, id.into()));
        match of {
            Collection::Users => drop(doc_refs.insert((of, id.into()))),
            Collection::Callflows => doc_refs.extend(own(account.callflow_of(id))),
            Collection::Vmboxes => doc_refs.extend(own(account.mailbox_of(id))),
            Collection::Devices => {
                let phones = account
                    .devices_of(id)
                    .filter(|(_, device)| is_phone(device));
                doc_refs.extend(phones.map(|(id, _)| (of, id.into())));
            }
            _ => select_all(account, of, doc_refs),
        }
    }
}

/// Selects all documents of an object.
fn select_object(account: &Account, address: &Address, doc_refs: &mut BTreeSet<DocRef>) {
    match address.kind {
        Kind::Users => {
            if let Some(id) = account.user_id(&address.key) {
                select_person(account, id, &|_| true, doc_refs);
            }
        }
        Kind::Extensions => {
            let callflow = account.callflow_id(&address.key);
            let callflow = callflow.and_then(|id| account.get(Collection::Callflows, id));
            doc_refs.extend(callflow.and_then(|callflow| linked(callflow.full_doc()?)));
        }
        Kind::Groups
        | Kind::Numbers
        | Kind::Contacts
        | Kind::Scopes
        | Kind::Instances
        | Kind::Templates => {}
    }
}

/// Reads documents. Also returns the minimum number of requests.
pub(super) async fn fetch(
    store: &Store<Crossbar>,
    doc_refs: BTreeSet<DocRef>,
    has_bulk: &mut Option<bool>,
    progress: &dyn Progress,
) -> Result<(Vec<(DocRef, Option<Fetched>)>, u64), Error> {
    let count = doc_refs.len();
    let total = u64::try_from(count).ok();
    let mut has_asked = false;
    if count >= MIN_BULK && *has_bulk != Some(false) && !store.link.open().await?.is_five() {
        if let Some(fetched) = fetch_bulk(store, &doc_refs, progress).await? {
            *has_bulk = Some(true);
            return Ok((fetched, count.div_ceil(BULK_SIZE) as u64));
        }
        *has_bulk = Some(false);
        has_asked = true;
    }
    // Only an answer tells whether `bulk` is loaded, so the question is part of the minimum.
    let mut requests = u64::from(has_asked);
    let fetched = futures::stream::iter(doc_refs.into_iter().map(|doc_ref| async move {
        let fetched = fetch_one(store, &doc_ref).await?;
        Ok::<_, Error>((doc_ref, fetched))
    }))
    .buffer_unordered(CONCURRENCY)
    .inspect_ok(|(doc_ref, fetched)| {
        progress.seen(kind_of(doc_ref.0), 1, total);
        requests += 1 + u64::from(fetched.as_ref().is_some_and(|one| one.agents.is_some()));
    })
    .try_collect()
    .await?;
    Ok((fetched, requests))
}

/// A full document and, for a queue, its agents.
pub(super) struct Fetched {
    pub(super) document: Document,
    pub(super) agents: Option<Vec<String>>,
}

/// Reads one document. Returns `None` if it doesn't exist.
async fn fetch_one(
    store: &Store<Crossbar>,
    (collection, id): &DocRef,
) -> Result<Option<Fetched>, Error> {
    let Some(document) = store.fetch(*collection, id).await? else {
        return Ok(None);
    };
    let agents = match collection {
        Collection::Queues => {
            let path = [collection.name(), id, "roster"];
            let roster = store.link.get(&path, &[]).await?;
            let ids = roster.map(|roster| match roster.data {
                Value::Array(ids) => ids,
                _ => Vec::new(),
            });
            let ids = ids.unwrap_or_default().into_iter();
            Some(
                ids.filter_map(|id| id.as_str().map(str::to_owned))
                    .collect(),
            )
        }
        _ => None,
    };
    Ok(Some(Fetched { document, agents }))
}

/// Reads many documents per request. Returns `None` if the module isn't loaded.
async fn fetch_bulk(
    store: &Store<Crossbar>,
    doc_refs: &BTreeSet<DocRef>,
    progress: &dyn Progress,
) -> Result<Option<Vec<(DocRef, Option<Fetched>)>>, Error> {
    let doc_refs: Vec<&DocRef> = doc_refs.iter().collect();
    let mut fetched = Vec::new();
    for part in doc_refs.chunks(BULK_SIZE) {
        let ids = part.iter().map(|(collection, id)| collection.own_id(id));
        let ids: Vec<&str> = ids.collect();
        let data = json!({ "ids": ids });
        let request = Request::new(Method::POST, &["bulk"]).with_body(enveloped(&data));
        let envelope = match store.link.ask(&request).await {
            Ok(Some(envelope)) => envelope,
            // The module isn't loaded or isn't allowed, so documents are read one by one.
            Ok(None) | Err(Error::Forbidden { .. } | Error::Refused { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut docs: Vec<Doc> = match envelope.data {
            Value::Array(list) => list
                .into_iter()
                .filter_map(|doc| match doc {
                    Value::Object(doc) => Some(doc),
                    _ => None,
                })
                .collect(),
            Value::Object(by_id) => by_id
                .into_iter()
                .filter_map(|(id, doc)| match doc {
                    Value::Object(mut doc) => {
                        doc.entry("id").or_insert(id.into());
                        Some(doc)
                    }
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        };
        for doc_ref in part {
            let own = doc_ref.0.own_id(&doc_ref.1);
            let found = docs
                .iter()
                .position(|doc| doc.get("id").and_then(Value::as_str) == Some(own));
            progress.seen(kind_of(doc_ref.0), 1, None);
            // A document that `bulk` omits may still exist, so it is read separately.
            let one = match found {
                Some(at) if doc_ref.0 != Collection::Queues => Some(Fetched {
                    document: Document {
                        doc: doc_ref.0.without_secrets(docs.swap_remove(at)),
                        version: None,
                    },
                    agents: None,
                }),
                _ => fetch_one(store, doc_ref).await?,
            };
            fetched.push(((*doc_ref).clone(), one));
        }
    }
    Ok(Some(fetched))
}

/// The kind for which a document counts in the progress.
pub(super) fn kind_of(collection: Collection) -> Kind {
    match collection {
        Collection::Users | Collection::Devices | Collection::Vmboxes => Kind::Users,
        Collection::Groups => Kind::Groups,
        Collection::Lists | Collection::Entries => Kind::Contacts,
        Collection::Callflows
        | Collection::Conferences
        | Collection::Menus
        | Collection::Faxboxes
        | Collection::Queues
        | Collection::Directories
        | Collection::Agents
        | Collection::Account => Kind::Extensions,
    }
}
