//! An *attempt* is one request of a [`Writer`] as [`settle`](super::super::settle::settle) sends it, and how a
//! look at the portal tells what became of it.

use super::{
    super::{
        cache::Document,
        dialect::{Collection as _, Dialect, Op},
        doc::{Doc, contains},
        fingerprint::Fingerprint,
        settle::{Attempt, Seen, Sent},
    },
    Writer,
};
use crate::portal::{
    Error,
    http::{Answer, Request},
};
use std::time::Duration;

const INVALID: &str = "the answer is invalid";

/// The creation of a document.
pub(super) struct Creation<'w, D: Dialect> {
    pub(super) writer: Writer<'w, D>,
    pub(super) of: D::Of,
    pub(super) body: Doc,
    pub(super) by: &'w Fingerprint,
}

impl<D: Dialect> Attempt for Creation<'_, D> {
    type Done = String;

    async fn send(&mut self) -> Sent<String> {
        let op = Op::Create {
            of: self.of,
            parent: &self.by.parent,
            body: &self.body,
        };
        let sent = self.writer.send(&op, self.of).await;
        let parent = &*self.by.parent;
        sent.and_then(
            |answer| match self.writer.store_answer(self.of, parent, &answer) {
                Some(id) => Sent::Done(id),
                None => Sent::Lost(INVALID.to_owned()),
            },
        )
    }

    async fn look(&mut self) -> Result<Seen<String>, Error> {
        let Writer { store, .. } = self.writer;
        let Some(own) = store.dialect.chosen_id(self.of, &self.body) else {
            let found = store.find(self.of, self.by).await?;
            return Ok(found.map_or(Seen::AsBefore, Seen::AsWanted));
        };
        let id = self.of.cache_id(&self.by.parent, &own);
        Ok(match store.fetch(self.of, &id).await? {
            None => Seen::AsBefore,
            Some(document) if contains(&document.doc, &self.by.required) => {
                store.cache().store(self.of, &id, document);
                Seen::AsWanted(id)
            }
            Some(_) => Seen::Otherwise,
        })
    }

    fn look_after(&self) -> Duration {
        self.writer.look_after()
    }
}

/// The change of a document.
pub(super) struct Update<'w, D: Dialect> {
    pub(super) writer: Writer<'w, D>,
    pub(super) of: D::Of,
    pub(super) id: &'w str,
    pub(super) before: Document,
    pub(super) after: Doc,
    pub(super) patch: Doc,
}

impl<D: Dialect> Attempt for Update<'_, D> {
    type Done = ();

    async fn send(&mut self) -> Sent<()> {
        let op = Op::Update {
            of: self.of,
            id: self.id,
            before: &self.before,
            after: &self.after,
        };
        match self.writer.send(&op, self.of).await {
            Sent::Done(answer) if answer.body.is_empty() => self.read_back().await,
            sent => sent.and_then(|answer| {
                let (parent, _) = self.of.split_id(self.id);
                match self.writer.store_answer(self.of, parent, &answer) {
                    Some(_) => Sent::Done(()),
                    None => Sent::Lost(INVALID.to_owned()),
                }
            }),
        }
    }

    async fn look(&mut self) -> Result<Seen<()>, Error> {
        let now = self.writer.refresh(self.of, self.id).await?;
        if now.version == self.before.version {
            return Ok(Seen::AsBefore);
        }
        // A secret can't be read back; only the new version shows that it was set.
        Ok(match self.is_in(&now) {
            true => Seen::AsWanted(()),
            false => Seen::Otherwise,
        })
    }

    fn look_after(&self) -> Duration {
        self.writer.look_after()
    }
}

impl<D: Dialect> Update<'_, D> {
    /// Reads the document that the answer doesn't contain. A precondition may not have excluded a concurrent
    /// change, and a portal may ignore a field.
    async fn read_back(&self) -> Sent<()> {
        let failed = |reason: String| {
            Sent::Refused(Error::Unknown {
                what: self.writer.write.what(),
                reason,
            })
        };
        match self.writer.refresh(self.of, self.id).await {
            Ok(now) if self.is_in(&now) => Sent::Done(()),
            Ok(_) => failed("the portal accepted it, and shows other values afterwards".to_owned()),
            Err(error) => failed(format!("it couldn't be read afterwards: {error}")),
        }
    }

    fn is_in(&self, now: &Document) -> bool {
        let dialect = &self.writer.store.dialect;
        dialect.is_applied(self.of, &self.patch, &self.after, &now.doc)
    }
}

/// The removal of a document.
pub(super) struct Removal<'w, D: Dialect> {
    pub(super) writer: Writer<'w, D>,
    pub(super) of: D::Of,
    pub(super) id: &'w str,
    pub(super) version: Option<String>,
}

impl<D: Dialect> Attempt for Removal<'_, D> {
    type Done = ();

    async fn send(&mut self) -> Sent<()> {
        let op = Op::Delete {
            of: self.of,
            id: self.id,
            version: self.version.as_deref(),
        };
        let sent = self.writer.send(&op, self.of).await;
        sent.and_then(|_| Sent::Done(()))
    }

    async fn look(&mut self) -> Result<Seen<()>, Error> {
        let now = self.writer.store.fetch(self.of, self.id).await?;
        Ok(match now {
            None => Seen::AsWanted(()),
            Some(now) if now.version == self.version => Seen::AsBefore,
            Some(_) => Seen::Otherwise,
        })
    }

    fn look_after(&self) -> Duration {
        self.writer.look_after()
    }

    fn accepts_others(&self) -> bool {
        true
    }
}

/// A request that is harmless to repeat.
pub(super) struct Replacement<'w, D: Dialect> {
    pub(super) writer: Writer<'w, D>,
    pub(super) of: D::Of,
    pub(super) request: &'w Request,
}

impl<D: Dialect> Attempt for Replacement<'_, D> {
    type Done = Answer;

    async fn send(&mut self) -> Sent<Answer> {
        self.writer.send_request(self.request, self.of, false).await
    }

    async fn look(&mut self) -> Result<Seen<Answer>, Error> {
        Ok(Seen::AsBefore)
    }

    fn look_after(&self) -> Duration {
        self.writer.look_after()
    }
}
