//! *Details* are the fields of a document that lists omit. They are read only for declared fields, and for
//! the checks of guards.
//!
//! Lists of Kazoo 5 contain the requested fields. In Kazoo 4, the module `bulk` returns many documents at
//! once, but few hosts have it; otherwise each document is a request.

use super::{
    super::{
        Details, Error, Progress,
        http::Request,
        rest::{
            Collection as _, Doc, Document, Entry,
            details::{DocRef, DocRefs, fetch_all},
            doc,
        },
    },
    Kazoo,
    account::Account,
    collection::Collection,
    dialect::enveloped,
    flow,
    read::extension::document,
    table::TABLE,
};
use crate::model::Kind;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The minimum number of documents for `bulk`. Fewer fit into one burst, and a failed attempt costs a
/// request.
const MIN_BULK: usize = 64;
/// The number of documents in one `bulk` request.
const BULK_SIZE: usize = 200;

/// Selects the documents with declared fields of an object. The document to which a callflow refers is only
/// known after the callflow has been read.
pub(super) fn select(
    account: &Account,
    (kind, name): (Kind, &str),
    declares: &dyn Fn(&str) -> bool,
    docs: &mut DocRefs<Collection>,
) {
    let needed = TABLE.details(kind, declares);
    match kind {
        Kind::Users => {
            let Some(id) = account.user_id(name) else {
                return;
            };
            // The versions of both secrets are stored in the user.
            let secrets = declares("password") || declares("voicemail.pin");
            for of in needed
                .into_iter()
                .chain(secrets.then_some(Collection::Users))
            {
                let own = |one: Option<(&str, _)>| one.map(|(id, _)| (of, id.into()));
                match of {
                    Collection::Users => drop(docs.insert((of, id.into()))),
                    Collection::Callflows => docs.extend(own(account.callflow_of(id))),
                    Collection::Vmboxes => docs.extend(own(account.mailbox_of(id))),
                    Collection::Devices => {
                        let devices = account.devices_of(id);
                        let phones = devices.filter(|(_, device)| is_phone(device));
                        docs.extend(phones.map(|(id, _)| (of, id.into())));
                    }
                    _ => select_all(account, of, docs),
                }
            }
        }
        Kind::Extensions => {
            let Some(id) = account.callflow_id(name) else {
                return;
            };
            docs.insert((Collection::Callflows, id.into()));
            let callflow = account.get(Collection::Callflows, id);
            if needed.iter().any(|of| *of != Collection::Callflows) {
                docs.extend(callflow.and_then(linked));
            }
        }
        _ => {}
    }
}

fn is_phone(device: &Entry) -> bool {
    let mac = device.text("mac_address");
    mac.is_some_and(|mac| !mac.is_empty())
}

/// Selects what guards check before a deletion, and what everything includes.
pub(super) fn select_others(
    account: &Account,
    details: Details<'_>,
    docs: &mut DocRefs<Collection>,
) {
    let callflows = || account.of(Collection::Callflows);
    let linked = callflows().filter_map(|(_, callflow)| linked(callflow));
    match details {
        Details::Evidence(_) => {
            select_all(account, Collection::Callflows, docs);
            select_all(account, Collection::Groups, docs);
            select_all(account, Collection::Directories, docs);
            // Only the queue itself contains its agents.
            docs.extend(linked.filter(|(of, _)| *of == Collection::Queues));
        }
        Details::Everything => {
            for of in super::LISTED {
                select_all(account, of, docs);
            }
            docs.extend(linked);
        }
        Details::Declared(_) | Details::Listed(_) => {}
    }
    // Entries are only listed on request.
    select_all(account, Collection::Entries, docs);
    // Without queues, a request for one that a callflow still refers to can fail.
    if account.index.has_queues == Some(false) {
        docs.retain(|(of, _)| *of != Collection::Queues);
    }
}

fn select_all(account: &Account, of: Collection, docs: &mut DocRefs<Collection>) {
    docs.extend(account.of(of).map(|(id, _)| (of, id.into())));
}

/// The document to which a callflow's root node refers.
fn linked(callflow: &Entry) -> Option<DocRef<Collection>> {
    let (of, id) = document(flow::root(callflow.full_doc()?)?)?;
    Some((of, id.into()))
}

impl Kazoo {
    /// Reads one document, and the agents of a queue. Returns the number of requests, too.
    pub(super) async fn fetch_one(
        &self,
        (of, id): &DocRef<Collection>,
    ) -> Result<(Option<Document>, u64), Error> {
        let document = self.store.fetch(*of, id).await?;
        if *of != Collection::Queues || document.is_none() {
            return Ok((document, 1));
        }
        let roster = self.store.link.get(&[of.name(), id, "roster"], &[]).await?;
        let roster = roster.map_or(Value::Null, |roster| roster.data);
        let agents = roster.as_array().into_iter().flatten();
        let agents = agents.filter_map(|id| id.as_str().map(str::to_owned));
        let mut cache = self.store.cache();
        cache.index.agents.insert(id.clone(), agents.collect());
        Ok((document, 2))
    }

    /// Reads documents, many per request if the host can. Returns the minimum number of requests.
    pub(super) async fn fetch_in_bulk(
        &self,
        mut docs: DocRefs<Collection>,
        progress: &dyn Progress,
    ) -> Result<u64, Error> {
        let mut has_bulk = self.has_bulk.lock().await;
        let is_worth_it = docs.len() >= MIN_BULK && *has_bulk != Some(false);
        if !is_worth_it || self.store.link.open().await?.is_five() {
            return fetch_all(self, docs, progress).await;
        }
        let requests = docs.len().div_ceil(BULK_SIZE) as u64;
        let all: Vec<DocRef<Collection>> = docs.iter().cloned().collect();
        for part in all.chunks(BULK_SIZE) {
            let Some(mut found) = self.bulk(part).await? else {
                // Only the answer tells whether `bulk` is loaded, so the question is part of the minimum.
                *has_bulk = Some(false);
                return Ok(1 + fetch_all(self, docs, progress).await?);
            };
            let mut cache = self.store.cache();
            for doc_ref @ (of, id) in part {
                let found = found.remove(of.split_id(id).1);
                if let Some(doc) = found.filter(|_| *of != Collection::Queues) {
                    let doc = of.without_secrets(doc);
                    cache.store(*of, id, Document { doc, version: None });
                    progress.seen(of.kind(), 1, None);
                    docs.remove(doc_ref);
                }
            }
        }
        *has_bulk = Some(true);
        // A document that `bulk` omits may still exist, so it is read separately.
        fetch_all(self, docs, progress).await?;
        Ok(requests)
    }

    /// Reads many documents, by their own IDs. Returns `None` if the module isn't loaded or isn't allowed.
    async fn bulk(
        &self,
        docs: &[DocRef<Collection>],
    ) -> Result<Option<BTreeMap<String, Doc>>, Error> {
        let ids: Vec<&str> = docs.iter().map(|(of, id)| of.split_id(id).1).collect();
        let data = json!({ "ids": ids });
        let request = Request::new(Method::POST, &["bulk"]).with_body(enveloped(&data));
        let envelope = match self.store.link.ask(&request).await {
            Ok(Some(envelope)) => envelope,
            Ok(None) | Err(Error::Forbidden { .. } | Error::Refused { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let with_id = |doc: Value| Some((doc["id"].as_str()?.to_owned(), doc));
        let found: Vec<(String, Value)> = match envelope.data {
            Value::Array(list) => list.into_iter().filter_map(with_id).collect(),
            Value::Object(by_id) => by_id.into_iter().collect(),
            _ => Vec::new(),
        };
        let found = found.into_iter().filter(|(_, doc)| doc.is_object());
        let with_id = |(id, mut doc): (String, Value)| {
            doc["id"] = id.as_str().into();
            (id, doc::of(doc))
        };
        Ok(Some(found.map(with_id).collect()))
    }
}
