//! *Sending* is one request that makes, changes or removes one document.
//!
//! It names the revision that it is meant for, so whoever was faster is never overwritten. What an answer
//! that was lost has done is looked up before anything is sent again. Names are made by one writer at a
//! time: the server lets two who come at once both have them.

use super::{
    Writer,
    compare::{clashes, has_moved, holds},
    trace::Trace,
};
use crate::portal::{
    Error,
    http::{Answer, Failure},
    kazoo::{
        detail,
        doc::{Doc, difference, without_injected},
        list, place,
        tenant::{Collection, Full, Tenant},
        wire::Envelope,
    },
};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// How often one change is sent at the most.
const TRIES: u32 = 3;

/// What became of one request.
enum Sent {
    Done(Answer),
    /// Nothing was done.
    Refused(Error),
    /// Nothing was done: two came at once. Whether the other changed this one is to be looked at.
    Raced,
    /// Nobody knows.
    Lost(String),
}

impl Writer<'_> {
    /// Sends once, and again with the charges accepted where that is allowed.
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
        let mut pays = false;
        loop {
            let session = &self.kazoo.session;
            let answer = session
                .write(method, path, etag.as_deref(), sent.as_ref())
                .await;
            match answer {
                Ok(answer) if answer.is_success() => return Sent::Done(answer),
                Ok(answer) if answer.status == 402 && !pays => {
                    if let Err(error) = self.kazoo.purse.accept(&answer) {
                        return Sent::Refused(error);
                    }
                    pays = true;
                    sent.get_or_insert_with(|| json!({}))["accept_charges"] = true.into();
                }
                Ok(answer) if answer.status == 409 => return Sent::Raced,
                Ok(answer) if answer.status == 412 => return Sent::Refused(self.stale()),
                Ok(answer) => return Sent::Refused(self.refused(collection, &answer)),
                Err(Failure::NotDone(error)) => return Sent::Refused(error),
                Err(Failure::Ambiguous { reason }) => return Sent::Lost(reason),
            }
        }
    }

    /// Makes a document. Returns its id.
    pub(super) async fn create(
        self,
        collection: Collection,
        doc: Doc,
        trace: &Trace,
    ) -> Result<String, Error> {
        let lock = self
            .kazoo
            .locks
            .of(format!("{} {}", collection.name(), trace.value));
        let _turn = lock.lock().await;
        let list = trace.list().to_owned();
        let path = place::all(collection, &list);
        let data = Value::Object(doc);
        let mut doubt = None;
        for left in (0..TRIES).rev() {
            let sent = self
                .send(&Method::PUT, collection, &path, None, Some(&data))
                .await;
            let refusal = match sent {
                Sent::Done(answer) => match self.take(collection, &answer) {
                    Some(id) => return Ok(id),
                    None => {
                        doubt = Some("the answer can't be understood".to_owned());
                        None
                    }
                },
                Sent::Raced if doubt.is_none() => {
                    if left == 0 {
                        return Err(self.stale());
                    }
                    continue;
                }
                Sent::Raced => None,
                Sent::Refused(error) if doubt.is_none() => return Err(error),
                // After an ambiguous answer even a refusal may speak of what we made ourselves.
                Sent::Refused(error) => Some(error),
                Sent::Lost(reason) => {
                    doubt = Some(reason);
                    None
                }
            };
            match (self.find(collection, trace).await, refusal) {
                (Ok(Some(id)), _) => return Ok(id),
                (Ok(None), Some(error)) => return Err(error),
                (Ok(None), None) => {}
                (Err(error), _) => {
                    return Err(self.unknown(&doubt.unwrap_or_default(), &error.to_string()));
                }
            }
        }
        Err(self.unknown(&doubt.unwrap_or_default(), &format!("{TRIES} times")))
    }

    /// Takes what an answer says a document holds now.
    fn take(self, collection: Collection, answer: &Answer) -> Option<String> {
        let envelope = Envelope::parse(&answer.body, collection.name()).ok()?;
        let list = envelope.data["list_id"].as_str().unwrap_or_default();
        if collection == Collection::Entries && list.is_empty() {
            return None;
        }
        let id = place::id(collection, list, envelope.data["id"].as_str()?);
        let full = detail::full(envelope, collection, &id).ok()?;
        self.kazoo.tenant().take(collection, &id, full);
        Some(id)
    }

    /// The document that a trace leads to. A portal that ignores the filter answers with others, which
    /// are looked at before they are believed.
    pub(super) async fn find(
        self,
        collection: Collection,
        trace: &Trace,
    ) -> Result<Option<String>, Error> {
        // Whether entries can be filtered isn't known. Those that were read before were read whole, and
        // the one that is looked for isn't among them.
        let is_entry = collection == Collection::Entries;
        let query = [match is_entry {
            true => ("paginate", "false"),
            false => (trace.filter.as_str(), trace.value.as_str()),
        }];
        let session = &self.kazoo.session;
        let path = place::all(collection, trace.list());
        let list = list::whole(session, &path, &query, &|_| {}).await?;
        for (own, row) in list.map_or_else(Vec::new, |list| list.rows) {
            let id = place::id(collection, trace.list(), &own);
            let is_known = |tenant: &Tenant| {
                let known = tenant.get(collection, &id);
                known.is_some_and(|known| known.full.is_some())
            };
            if is_entry && is_known(&self.kazoo.tenant()) {
                continue;
            }
            // A summary that speaks against it needs no second look.
            let is_against = |(name, value): (&String, &Value)| {
                let there = row.get(name);
                !value.is_object() && there.is_some_and(|there| there != value)
            };
            if trace.sign.iter().any(is_against) {
                continue;
            }
            let place = (collection, id.as_str().into());
            let Some(fetched) = detail::one(session, &place).await? else {
                continue;
            };
            if holds(&fetched.full.doc, &trace.sign) {
                let mut tenant = self.kazoo.tenant();
                tenant.list(collection, &id, row);
                tenant.take(collection, &id, fetched.full);
                return Ok(Some(id));
            }
        }
        Ok(None)
    }

    /// All of a document, with its revision. What was told of it must still be so: otherwise somebody was
    /// there since it was read.
    pub(super) async fn current(self, collection: Collection, id: &str) -> Result<Full, Error> {
        let full = self.checked(collection, id).await?;
        full.ok_or_else(|| self.stale())
    }

    /// The same; nothing where it is gone.
    async fn checked(self, collection: Collection, id: &str) -> Result<Option<Full>, Error> {
        let known = self.kazoo.tenant().get(collection, id).cloned();
        let (told, is_summary) = match known {
            Some(known) => match known.full {
                Some(full) if full.revision.is_some() => return Ok(Some(full)),
                Some(full) => (full.doc, false),
                None => (known.summary, true),
            },
            None => (Doc::new(), true),
        };
        let place = (collection, id.into());
        let Some(fetched) = detail::one(&self.kazoo.session, &place).await? else {
            return Ok(None);
        };
        let full = fetched.full;
        let asked = collection.fields().filter(|_| !is_summary);
        let asked = asked.map_or(&[][..], |(fields, _)| fields);
        if has_moved(asked, &told, &full.doc) {
            return Err(self.stale());
        }
        self.kazoo.tenant().take(collection, id, full.clone());
        Ok(Some(full))
    }

    async fn fetch(self, collection: Collection, id: &str) -> Result<Full, Error> {
        let place = (collection, id.into());
        let fetched = detail::one(&self.kazoo.session, &place).await?;
        let fetched = fetched.ok_or_else(|| self.stale())?;
        let mut tenant = self.kazoo.tenant();
        tenant.take(collection, id, fetched.full.clone());
        Ok(fetched.full)
    }

    /// Changes a document: `edit` says what it is to be, and the difference is sent, if there is one.
    pub(super) async fn edit(
        self,
        collection: Collection,
        id: &str,
        edit: &(dyn Fn(&mut Doc) -> Result<(), Error> + Sync),
    ) -> Result<(), Error> {
        let lock = self.kazoo.locks.of(format!("{} {id}", collection.name()));
        let _turn = lock.lock().await;
        let full = self.current(collection, id).await?;
        self.bring(collection, id, full, edit).await
    }

    /// As [`edit`](Self::edit), of a document that other objects change too: whoever was faster only
    /// means to begin again from what is there now, unless it is the same that both would change.
    pub(super) async fn edit_shared(
        self,
        collection: Collection,
        id: &str,
        edit: &(dyn Fn(&mut Doc) -> Result<(), Error> + Sync),
    ) -> Result<(), Error> {
        let lock = self.kazoo.locks.of(format!("{} {id}", collection.name()));
        let _turn = lock.lock().await;
        let mut full = self.current(collection, id).await?;
        for _ in 1..TRIES {
            let before = full.doc.clone();
            match self.bring(collection, id, full, edit).await {
                Err(stale @ Error::Stale { .. }) => {
                    full = self.fetch(collection, id).await?;
                    let mut after = before.clone();
                    edit(&mut after)?;
                    if clashes(&difference(&before, &after), &before, &full.doc) {
                        return Err(stale);
                    }
                }
                done => return done,
            }
        }
        self.bring(collection, id, full, edit).await
    }

    async fn bring(
        self,
        collection: Collection,
        id: &str,
        mut before: Full,
        edit: &(dyn Fn(&mut Doc) -> Result<(), Error> + Sync),
    ) -> Result<(), Error> {
        let mut after = before.doc.clone();
        edit(&mut after)?;
        let patch = difference(&before.doc, &after);
        if patch.is_empty() {
            return Ok(());
        }
        // Fax boxes take a part for the whole, so they are sent whole.
        let (method, data) = match collection {
            Collection::Faxboxes => (Method::POST, without_injected(after)),
            _ => (Method::PATCH, patch.clone()),
        };
        let data = Value::Object(data);
        let path = place::one(collection, id);
        let mut doubt: Option<String> = None;
        for _ in 0..TRIES {
            let revision = before.revision.as_deref();
            let refusal = match self
                .send(&method, collection, &path, revision, Some(&data))
                .await
            {
                Sent::Done(answer) => match self.take(collection, &answer) {
                    Some(_) => return Ok(()),
                    None => {
                        doubt = Some("the answer can't be understood".to_owned());
                        None
                    }
                },
                // Where nobody changed this one it is sent again.
                Sent::Raced => Some(self.stale()),
                Sent::Refused(error) if doubt.is_none() => return Err(error),
                Sent::Refused(error) => Some(error),
                Sent::Lost(reason) => {
                    doubt = Some(reason);
                    None
                }
            };
            let reason = doubt.as_deref().unwrap_or_default();
            let now = match self.fetch(collection, id).await {
                Ok(now) => now,
                Err(error @ Error::Stale { .. }) => return Err(error),
                Err(error) => return Err(self.unknown(reason, &error.to_string())),
            };
            if now.revision != before.revision {
                if doubt.is_none() {
                    return Err(self.stale());
                }
                // Of a secret all that can be seen is that there is a new revision.
                let visible = detail::visible(collection, patch);
                return if holds(&now.doc, &visible) {
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
        Err(self.in_vain(doubt))
    }

    /// What is to be said of a change that was sent often enough.
    fn in_vain(self, doubt: Option<String>) -> Error {
        match doubt {
            Some(doubt) => self.unknown(&doubt, &format!("{TRIES} times")),
            None => self.stale(),
        }
    }

    /// Removes a document. One that is gone already is as good.
    pub(super) async fn delete(self, collection: Collection, id: &str) -> Result<(), Error> {
        let lock = self.kazoo.locks.of(format!("{} {id}", collection.name()));
        let _turn = lock.lock().await;
        let Some(full) = self.checked(collection, id).await? else {
            return Ok(());
        };
        let revision = full.revision;
        let mut doubt: Option<String> = None;
        for _ in 0..TRIES {
            let path = place::one(collection, id);
            let sent = self.send(
                &Method::DELETE,
                collection,
                &path,
                revision.as_deref(),
                None,
            );
            match sent.await {
                Sent::Done(_) | Sent::Refused(Error::Refused { status: 404, .. }) => {
                    self.kazoo.tenant().forget(collection, id);
                    return Ok(());
                }
                Sent::Raced => {}
                Sent::Refused(error) if doubt.is_none() => return Err(error),
                Sent::Refused(error) => doubt = Some(error.to_string()),
                Sent::Lost(reason) => doubt = Some(reason),
            }
            let place = (collection, id.into());
            match detail::one(&self.kazoo.session, &place).await {
                Ok(None) => {
                    self.kazoo.tenant().forget(collection, id);
                    return Ok(());
                }
                Ok(Some(now)) if now.full.revision == revision => {}
                Ok(Some(_)) => return Err(self.stale()),
                Err(error) => {
                    return Err(self.unknown(&doubt.unwrap_or_default(), &error.to_string()));
                }
            }
        }
        Err(self.in_vain(doubt))
    }

    /// Sends what is no document: a queue's roster. It says all, so it can be sent again. It is kept with
    /// those who serve the queue, who have another revision afterwards; nobody writes to them meanwhile.
    pub(super) async fn put_roster(self, queue: &str, agents: &[String]) -> Result<(), Error> {
        let served: BTreeSet<String> = {
            let tenant = self.kazoo.tenant();
            let before = tenant.agents.get(queue).into_iter().flatten();
            let told = tenant.serving.get(queue);
            let told = told.into_iter().flat_map(|served| &served.by);
            before.chain(told).chain(agents).cloned().collect()
        };
        let name = Collection::Users.name();
        let locks = served
            .iter()
            .map(|id| self.kazoo.locks.of(format!("{name} {id}")));
        let locks: Vec<_> = locks.collect();
        let mut turns = Vec::new();
        for lock in &locks {
            turns.push(lock.lock().await);
        }
        let path = [Collection::Queues.name(), queue, "roster"];
        let data = json!(agents);
        let mut doubt = None;
        for _ in 0..TRIES {
            let sent = self
                .send(&Method::POST, Collection::Queues, &path, None, Some(&data))
                .await;
            let mut tenant = self.kazoo.tenant();
            for id in &served {
                tenant.outdate(Collection::Users, id);
            }
            match sent {
                Sent::Done(_) => {
                    tenant.agents.insert(queue.into(), agents.to_vec());
                    return Ok(());
                }
                Sent::Refused(error) => return Err(error),
                Sent::Raced => {}
                Sent::Lost(reason) => doubt = Some(reason),
            }
        }
        Err(self.in_vain(doubt))
    }
}
