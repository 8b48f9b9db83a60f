//! The *records of applies* are kept in a document that every clone can read: one of its fields maps the
//! name of a workspace to its record.
//!
//! A write changes one workspace's entry only. Credentials that may not read the document have no place for
//! records.

use super::{
    super::Error,
    cache::Document,
    dialect::{Dialect, Link as _, Op, Verdict},
    doc::difference,
    settle::{Attempt, Seen, Sent, settle},
    store::Store,
};
use serde_json::{Value, json};
use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};
use tokio::sync::Mutex;

/// The records in a document.
pub struct Records<C> {
    of: C,
    id: &'static str,
    field: &'static str,
    /// The document as it was read last.
    document: Mutex<Option<Document>>,
    /// Whether the credentials may not read the document.
    is_unreadable: AtomicBool,
}

impl<C: Copy> Records<C> {
    /// The records in a field of a document.
    pub fn new(of: C, id: &'static str, field: &'static str) -> Self {
        Self {
            of,
            id,
            field,
            document: Mutex::default(),
            is_unreadable: AtomicBool::default(),
        }
    }

    /// Whether the document has a place for records, as far as it is known.
    pub fn have_place(&self) -> bool {
        !self.is_unreadable.load(Ordering::Relaxed)
    }

    /// Reads the record of a workspace. `None` if there is none, or no place for it.
    ///
    /// # Errors
    /// The portal can't be reached, or its answer can't be parsed.
    pub async fn get<D: Dialect<Of = C>>(
        &self,
        store: &Store<D>,
        workspace: &str,
    ) -> Result<Option<String>, Error> {
        let mut document = self.document.lock().await;
        *document = match store.fetch(self.of, self.id).await {
            Err(Error::Forbidden { .. } | Error::Refused { .. }) => None,
            read => read?,
        };
        if document.is_none() {
            self.is_unreadable.store(true, Ordering::Relaxed);
        }
        let records = document.as_ref().and_then(|read| read.doc.get(self.field));
        let record = records.and_then(|records| records.get(workspace));
        Ok(record.map(ToString::to_string))
    }

    /// Writes the record of a workspace.
    ///
    /// # Errors
    /// The portal can't be reached, refuses the request, or has no such document.
    pub async fn set<D: Dialect<Of = C>>(
        &self,
        store: &Store<D>,
        workspace: &str,
        record: &str,
    ) -> Result<(), Error> {
        let record =
            serde_json::from_str(record).map_err(|error| unreadable(&error.to_string()))?;
        let mut document = self.document.lock().await;
        let mut change = RecordChange {
            records: self,
            store,
            document: document.take(),
            workspace,
            record,
        };
        settle(&mut change, &WHAT).await?;
        *document = change.document;
        Ok(())
    }
}

const WHAT: &str = "the record of what was applied";

/// The error of a portal that has no place for records.
pub(super) fn no_place() -> Error {
    unreadable("the portal has no place for it")
}

fn unreadable(reason: &str) -> Error {
    Error::unreadable(WHAT.to_owned(), reason.to_owned())
}

/// The change of one record.
struct RecordChange<'s, D: Dialect> {
    records: &'s Records<D::Of>,
    store: &'s Store<D>,
    document: Option<Document>,
    workspace: &'s str,
    record: Value,
}

impl<D: Dialect> Attempt for RecordChange<'_, D> {
    type Done = ();

    async fn send(&mut self) -> Sent<()> {
        let &Records { of, id, field, .. } = self.records;
        let before = match self.document.take() {
            Some(before) => before,
            None => match self.store.fetch(of, id).await {
                Ok(Some(before)) => before,
                Ok(None) => return Sent::Refused(unreadable("its document doesn't exist (404)")),
                Err(error) => return Sent::Refused(error),
            },
        };
        let mut after = before.doc.clone();
        let records = after.entry(field).or_insert_with(|| json!({}));
        if !records.is_object() {
            *records = json!({});
        }
        records[self.workspace] = self.record.clone();
        // After a lost answer the record may be there already.
        if difference(&before.doc, &after).is_empty() {
            self.document = Some(before);
            return Sent::Done(());
        }
        let op = Op::Update {
            of,
            id,
            before: &before,
            after: &after,
        };
        let answer = match self.store.link.write(&self.store.dialect.encode(&op)).await {
            Ok(answer) => answer,
            Err(failure) => return failure.into(),
        };
        match self.store.dialect.verdict(&answer) {
            Verdict::Done | Verdict::Accepted => {
                let parsed = self.store.parse(of, "", &answer);
                self.document = parsed.ok().map(|(_, document)| document);
                Sent::Done(())
            }
            // The document was changed meanwhile; it is read again.
            Verdict::Conflict | Verdict::Stale => Sent::Conflict,
            Verdict::Gone | Verdict::Refused => {
                Sent::Refused(self.store.dialect.refusal(None, &answer))
            }
        }
    }

    /// The record is compared before it is sent again.
    async fn look(&mut self) -> Result<Seen<()>, Error> {
        Ok(Seen::AsBefore)
    }

    fn look_after(&self) -> Duration {
        self.store.link.client().look_after()
    }
}
