//! *Sending* creates, changes or deletes one document.
//!
//! A request is conditional on a revision, so concurrent changes are never overwritten. After a lost
//! answer the document is looked up before anything is sent again. Creations with the same name are
//! serialized, since the server accepts both if they are concurrent.

use super::{
    Writer,
    compare::{conflicts, contains, has_changed},
    fingerprint::Fingerprint,
};
use crate::portal::{
    Error,
    http::{Answer, Failure},
    kazoo::{
        cache::{Cache, Collection, Document},
        detail,
        doc::{Doc, difference, without_injected},
        list, path,
        wire::Envelope,
    },
};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The maximum number of attempts for one change.
const TRIES: u32 = 3;

/// The result of one request.
enum Sent {
    Done(Answer),
    /// Nothing was changed.
    Refused(Error),
    /// Nothing was changed because of a concurrent request, which may have changed this document.
    Conflict,
    /// The outcome is unknown.
    Lost(String),
}

impl Writer<'_> {
    /// Sends a request, and repeats it with accepted charges if the policy allows them.
    async fn send(
        self,
        method: &Method,
        collection: Collection,
        path: &[&str],
        revision: Option<&str>,
        data: Option<&Value>,
    ) -> Sent {
        let etag = revision.map(|revision| format!("\"{revision}\""));
        let mut sent = data.map(|data| json!({ "data": data }));
        let mut accepts_charges = false;
        loop {
            let session = &self.kazoo.session;
            let answer = session
                .write(method, path, etag.as_deref(), sent.as_ref())
                .await;
            match answer {
                Ok(answer) if answer.is_success() => return Sent::Done(answer),
                Ok(answer) if answer.status == 402 && !accepts_charges => {
                    if let Err(error) = self.kazoo.spending.accept(&answer) {
                        return Sent::Refused(error);
                    }
                    accepts_charges = true;
                    sent.get_or_insert_with(|| json!({}))["accept_charges"] = true.into();
                }
                Ok(answer) if answer.status == 409 => return Sent::Conflict,
                Ok(answer) if answer.status == 412 => return Sent::Refused(self.stale()),
                Ok(answer) => return Sent::Refused(self.refused(collection, &answer)),
                Err(Failure::NotDone(error)) => return Sent::Refused(error),
                Err(Failure::Ambiguous { reason }) => return Sent::Lost(reason),
            }
        }
    }

    /// Creates a document. Returns its ID.
    pub(super) async fn create(
        self,
        collection: Collection,
        doc: Doc,
        fingerprint: &Fingerprint,
    ) -> Result<String, Error> {
        let lock = self
            .kazoo
            .locks
            .of(format!("{} {}", collection.name(), fingerprint.value));
        let _guard = lock.lock().await;
        let list = fingerprint.list().to_owned();
        let path = path::of_collection(collection, &list);
        let data = Value::Object(doc);
        let mut last_failure = None;
        for tries_left in (0..TRIES).rev() {
            let sent = self
                .send(&Method::PUT, collection, &path, None, Some(&data))
                .await;
            let refusal = match sent {
                Sent::Done(answer) => match self.store_answer(collection, &answer) {
                    Some(id) => return Ok(id),
                    None => {
                        last_failure = Some("the answer is invalid".to_owned());
                        None
                    }
                },
                Sent::Conflict if last_failure.is_none() => {
                    if tries_left == 0 {
                        return Err(self.stale());
                    }
                    continue;
                }
                Sent::Conflict => None,
                Sent::Refused(error) if last_failure.is_none() => return Err(error),
                // After an ambiguous answer even a refusal may be caused by the same request.
                Sent::Refused(error) => Some(error),
                Sent::Lost(reason) => {
                    last_failure = Some(reason);
                    None
                }
            };
            match (self.find(collection, fingerprint).await, refusal) {
                (Ok(Some(id)), _) => return Ok(id),
                (Ok(None), Some(error)) => return Err(error),
                (Ok(None), None) => {}
                (Err(error), _) => {
                    return Err(self.unknown(&last_failure.unwrap_or_default(), &error.to_string()));
                }
            }
        }
        Err(self.unknown(
            &last_failure.unwrap_or_default(),
            &format!("it was sent {TRIES} times"),
        ))
    }

    /// Stores the document in an answer. Returns its ID.
    fn store_answer(self, collection: Collection, answer: &Answer) -> Option<String> {
        let envelope = Envelope::parse(&answer.body, collection.name()).ok()?;
        let list = envelope.data["list_id"].as_str().unwrap_or_default();
        if collection == Collection::Entries && list.is_empty() {
            return None;
        }
        let id = path::cache_id(collection, list, envelope.data["id"].as_str()?);
        let document = detail::parse_document(envelope, collection, &id).ok()?;
        self.kazoo.cache().store(collection, &id, document);
        Some(id)
    }

    /// Finds the document with a fingerprint. The results are verified, since a portal may ignore the
    /// filter.
    pub(super) async fn find(
        self,
        collection: Collection,
        fingerprint: &Fingerprint,
    ) -> Result<Option<String>, Error> {
        // It is unknown whether entries can be filtered. Entries with full documents were read earlier, so
        // they can't match.
        let is_entry = collection == Collection::Entries;
        let query = [match is_entry {
            true => ("paginate", "false"),
            false => (fingerprint.filter.as_str(), fingerprint.value.as_str()),
        }];
        let session = &self.kazoo.session;
        let path = path::of_collection(collection, fingerprint.list());
        let list = list::all(session, &path, &query, &|_| {}).await?;
        for (own, row) in list.map_or_else(Vec::new, |list| list.rows) {
            let id = path::cache_id(collection, fingerprint.list(), &own);
            let is_cached = |cache: &Cache| {
                let entry = cache.get(collection, &id);
                entry.is_some_and(|entry| entry.document.is_some())
            };
            if is_entry && is_cached(&self.kazoo.cache()) {
                continue;
            }
            // A summary with another value rules a document out.
            let differs = |(name, value): (&String, &Value)| {
                let actual = row.get(name);
                !value.is_object() && actual.is_some_and(|actual| actual != value)
            };
            if fingerprint.required.iter().any(differs) {
                continue;
            }
            let doc_ref = (collection, id.as_str().into());
            let Some(fetched) = detail::fetch_one(session, &doc_ref).await? else {
                continue;
            };
            if contains(&fetched.document.doc, &fingerprint.required) {
                let mut cache = self.kazoo.cache();
                cache.store_summary(collection, &id, row);
                cache.store(collection, &id, fetched.document);
                return Ok(Some(id));
            }
        }
        Ok(None)
    }

    /// Reads a document with its revision.
    ///
    /// # Errors
    /// The document has changed since it was cached, or doesn't exist.
    pub(super) async fn read_current(
        self,
        collection: Collection,
        id: &str,
    ) -> Result<Document, Error> {
        let document = self.read_unchanged(collection, id).await?;
        document.ok_or_else(|| self.stale())
    }

    /// Like [`read_current`](Self::read_current), but returns `None` for a document that doesn't exist.
    async fn read_unchanged(
        self,
        collection: Collection,
        id: &str,
    ) -> Result<Option<Document>, Error> {
        let entry = self.kazoo.cache().get(collection, id).cloned();
        let (cached, is_summary) = match entry {
            Some(entry) => match entry.document {
                Some(document) if document.revision.is_some() => return Ok(Some(document)),
                Some(document) => (document.doc, false),
                None => (entry.summary, true),
            },
            None => (Doc::new(), true),
        };
        let doc_ref = (collection, id.into());
        let Some(fetched) = detail::fetch_one(&self.kazoo.session, &doc_ref).await? else {
            return Ok(None);
        };
        let document = fetched.document;
        let requested = collection.fields().filter(|_| !is_summary);
        let requested = requested.map_or(&[][..], |(fields, _)| fields);
        if has_changed(requested, &cached, &document.doc) {
            return Err(self.stale());
        }
        self.kazoo.cache().store(collection, id, document.clone());
        Ok(Some(document))
    }

    async fn fetch(self, collection: Collection, id: &str) -> Result<Document, Error> {
        let doc_ref = (collection, id.into());
        let fetched = detail::fetch_one(&self.kazoo.session, &doc_ref).await?;
        let fetched = fetched.ok_or_else(|| self.stale())?;
        let mut cache = self.kazoo.cache();
        cache.store(collection, id, fetched.document.clone());
        Ok(fetched.document)
    }

    /// Changes a document: applies `edit` to a copy and sends the difference, if there is one.
    pub(super) async fn edit(
        self,
        collection: Collection,
        id: &str,
        edit: &(dyn Fn(&mut Doc) -> Result<(), Error> + Sync),
    ) -> Result<(), Error> {
        let lock = self.kazoo.locks.of(format!("{} {id}", collection.name()));
        let _guard = lock.lock().await;
        let document = self.read_current(collection, id).await?;
        self.send_patch(collection, id, document, edit).await
    }

    /// Like [`edit`](Self::edit), for a document that other objects also change: after a concurrent
    /// change the edit is repeated, unless both change the same field.
    pub(super) async fn edit_shared(
        self,
        collection: Collection,
        id: &str,
        edit: &(dyn Fn(&mut Doc) -> Result<(), Error> + Sync),
    ) -> Result<(), Error> {
        let lock = self.kazoo.locks.of(format!("{} {id}", collection.name()));
        let _guard = lock.lock().await;
        let mut document = self.read_current(collection, id).await?;
        for _ in 1..TRIES {
            let before = document.doc.clone();
            match self.send_patch(collection, id, document, edit).await {
                Err(stale @ Error::Stale { .. }) => {
                    document = self.fetch(collection, id).await?;
                    let mut after = before.clone();
                    edit(&mut after)?;
                    if conflicts(&difference(&before, &after), &before, &document.doc) {
                        return Err(stale);
                    }
                }
                result => return result,
            }
        }
        self.send_patch(collection, id, document, edit).await
    }

    /// Sends the difference between a document and its edited copy.
    async fn send_patch(
        self,
        collection: Collection,
        id: &str,
        mut before: Document,
        edit: &(dyn Fn(&mut Doc) -> Result<(), Error> + Sync),
    ) -> Result<(), Error> {
        let mut after = before.doc.clone();
        edit(&mut after)?;
        let patch = difference(&before.doc, &after);
        if patch.is_empty() {
            return Ok(());
        }
        // A PATCH of a fax box replaces the whole document, so the whole document is sent.
        let (method, data) = match collection {
            Collection::Faxboxes => (Method::POST, without_injected(after)),
            _ => (Method::PATCH, patch.clone()),
        };
        let data = Value::Object(data);
        let path = path::of_document(collection, id);
        let mut last_failure: Option<String> = None;
        for _ in 0..TRIES {
            let revision = before.revision.as_deref();
            let refusal = match self
                .send(&method, collection, &path, revision, Some(&data))
                .await
            {
                Sent::Done(answer) => match self.store_answer(collection, &answer) {
                    Some(_) => return Ok(()),
                    None => {
                        last_failure = Some("the answer is invalid".to_owned());
                        None
                    }
                },
                // If this document is unchanged, the request is repeated.
                Sent::Conflict => Some(self.stale()),
                Sent::Refused(error) if last_failure.is_none() => return Err(error),
                Sent::Refused(error) => Some(error),
                Sent::Lost(reason) => {
                    last_failure = Some(reason);
                    None
                }
            };
            let reason = last_failure.as_deref().unwrap_or_default();
            let now = match self.fetch(collection, id).await {
                Ok(now) => now,
                Err(error @ Error::Stale { .. }) => return Err(error),
                Err(error) => return Err(self.unknown(reason, &error.to_string())),
            };
            if now.revision != before.revision {
                if last_failure.is_none() {
                    return Err(self.stale());
                }
                // A secret can't be read back; only the new revision shows that it was set.
                let visible = detail::visible(collection, patch);
                return if contains(&now.doc, &visible) {
                    Ok(())
                } else {
                    Err(self.stale())
                };
            }
            match refusal {
                Some(error @ Error::Refused { .. }) => return Err(error),
                _ => before = now,
            }
        }
        Err(self.gave_up(last_failure))
    }

    /// The error after the last attempt.
    fn gave_up(self, last_failure: Option<String>) -> Error {
        match last_failure {
            Some(last_failure) => {
                self.unknown(&last_failure, &format!("it was sent {TRIES} times"))
            }
            None => self.stale(),
        }
    }

    /// Deletes a document, unless it is already deleted.
    pub(super) async fn delete(self, collection: Collection, id: &str) -> Result<(), Error> {
        let lock = self.kazoo.locks.of(format!("{} {id}", collection.name()));
        let _guard = lock.lock().await;
        let Some(document) = self.read_unchanged(collection, id).await? else {
            return Ok(());
        };
        let revision = document.revision;
        let mut last_failure: Option<String> = None;
        for _ in 0..TRIES {
            let path = path::of_document(collection, id);
            let sent = self.send(
                &Method::DELETE,
                collection,
                &path,
                revision.as_deref(),
                None,
            );
            match sent.await {
                Sent::Done(_) | Sent::Refused(Error::Refused { status: 404, .. }) => {
                    self.kazoo.cache().remove(collection, id);
                    return Ok(());
                }
                Sent::Conflict => {}
                Sent::Refused(error) if last_failure.is_none() => return Err(error),
                Sent::Refused(error) => last_failure = Some(error.to_string()),
                Sent::Lost(reason) => last_failure = Some(reason),
            }
            let doc_ref = (collection, id.into());
            match detail::fetch_one(&self.kazoo.session, &doc_ref).await {
                Ok(None) => {
                    self.kazoo.cache().remove(collection, id);
                    return Ok(());
                }
                Ok(Some(now)) if now.document.revision == revision => {}
                Ok(Some(_)) => return Err(self.stale()),
                Err(error) => {
                    return Err(self.unknown(&last_failure.unwrap_or_default(), &error.to_string()));
                }
            }
        }
        Err(self.gave_up(last_failure))
    }

    /// Replaces a queue's roster, which isn't a document. The request is idempotent, so it can be repeated.
    /// Kazoo stores it in the users who are agents: their locks are held, and their revisions change.
    pub(super) async fn put_roster(self, queue: &str, agents: &[String]) -> Result<(), Error> {
        let users: BTreeSet<String> = {
            let cache = self.kazoo.cache();
            let before = cache.agents.get(queue).into_iter().flatten();
            let roster = cache.rosters.get(queue);
            let roster = roster.into_iter().flat_map(|roster| &roster.agents);
            before.chain(roster).chain(agents).cloned().collect()
        };
        let name = Collection::Users.name();
        let locks = users
            .iter()
            .map(|id| self.kazoo.locks.of(format!("{name} {id}")));
        let locks: Vec<_> = locks.collect();
        let mut guards = Vec::new();
        for lock in &locks {
            guards.push(lock.lock().await);
        }
        let path = [Collection::Queues.name(), queue, "roster"];
        let data = json!(agents);
        let mut last_failure = None;
        for _ in 0..TRIES {
            let sent = self
                .send(&Method::POST, Collection::Queues, &path, None, Some(&data))
                .await;
            let mut cache = self.kazoo.cache();
            for id in &users {
                cache.invalidate(Collection::Users, id);
            }
            match sent {
                Sent::Done(_) => {
                    cache.agents.insert(queue.into(), agents.to_vec());
                    return Ok(());
                }
                Sent::Refused(error) => return Err(error),
                Sent::Conflict => {}
                Sent::Lost(reason) => last_failure = Some(reason),
            }
        }
        Err(self.gave_up(last_failure))
    }
}
