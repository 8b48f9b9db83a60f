//! A *writer* applies one change of an object to its documents, one request at a time.
//!
//! A request is conditional on a version, so concurrent changes are never overwritten. Repeating an
//! interrupted write completes it: documents that are already correct aren't changed. Creations with the
//! same name are serialized, since a portal may accept both if they are concurrent.

mod attempt;
mod elements;

pub use elements::Elements;

use super::{
    cache::{Document, Entry},
    dialect::{Collection as _, Dialect, Link as _, Op, Verdict},
    doc::{self, Doc, conflicts, difference},
    fingerprint::Fingerprint,
    settle::{Sent, TRIES, settle},
    store::Store,
};
use crate::{
    model::{Name, Value as ModelValue},
    portal::{
        Change, Error, ObjectRef, Problem, Verb, Write, Written,
        http::{Answer, Request, plain},
    },
};
use attempt::{Creation, Removal, Replacement, Update};
use secrecy::ExposeSecret as _;
use serde_json::Value;
use std::time::Duration;

/// How a document is edited. It may run several times.
pub type Edit<'e> = dyn Fn(&mut Doc) -> Result<(), Error> + Sync + 'e;

/// Applies one change to a portal.
pub struct Writer<'w, D: Dialect> {
    /// The documents of the portal.
    pub store: &'w Store<D>,
    /// The change.
    pub write: &'w Write<'w>,
}

impl<D: Dialect> Clone for Writer<'_, D> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<D: Dialect> Copy for Writer<'_, D> {}

/// The change.
impl<'w, D: Dialect> Writer<'w, D> {
    /// Whether the change affects a dotted path or a field below it.
    pub fn changes(self, path: &str) -> bool {
        let names: Vec<&str> = path.split('.').collect();
        let affects = |change: &Change| {
            let own = change.path.iter().map(|name| &**name);
            own.zip(&names).all(|(own, name)| own == *name)
        };
        self.write.changes.iter().any(affects)
    }

    /// The target value at a dotted path.
    pub fn target(self, path: &str) -> Option<&'w ModelValue> {
        self.write.target.at(path.split('.'))
    }

    /// The target text at a dotted path.
    pub fn target_text(self, path: &str) -> Option<&'w str> {
        self.target(path)?.as_text()
    }

    /// The text of a field at the top before the change.
    pub fn text_before(self, field: &str) -> Option<&'w str> {
        let mut changes = self.write.changes.iter();
        let change = changes.find(|change| change.path.len() == 1 && *change.path[0] == *field);
        match change {
            Some(change) => change.before.as_ref()?.as_text(),
            None => self.target_text(field),
        }
    }

    /// The target list at a dotted path; empty if there is none.
    pub fn target_list(self, path: &str) -> &'w [ModelValue] {
        self.target(path).map_or(&[], ModelValue::elements)
    }

    /// The texts in the target list at a dotted path.
    pub fn texts(self, path: &str) -> impl Iterator<Item = &'w str> + use<'w, D> {
        let list = self.target_list(path).iter();
        list.filter_map(ModelValue::as_text)
    }

    /// The value of a secret.
    pub fn secret(self, path: &str) -> Option<&'w str> {
        let path: Vec<Name> = path.split('.').map(Into::into).collect();
        let secret = self.write.secrets.get(&path);
        secret.map(|secret| secret.expose_secret())
    }

    /// The version of a secret, as recorded in the document.
    pub fn version(self, path: &str) -> Option<Value> {
        match self.target(path)? {
            ModelValue::Secret(secret) => Some(secret.version.into()),
            _ => None,
        }
    }

    /// The changed object; `None` for a create.
    pub fn object(self) -> Option<ObjectRef<'w>> {
        match self.write.verb {
            Verb::Create => None,
            Verb::Update(object) | Verb::Delete(object) => Some(object),
        }
    }

    /// Whether the object is deleted.
    pub fn is_delete(self) -> bool {
        matches!(self.write.verb, Verb::Delete(_))
    }

    /// The result of writing a document.
    pub fn written(self, of: D::Of, id: &str) -> Written {
        let cache = self.store.cache();
        let version = cache.get(of, id).and_then(|entry| entry.version());
        Written {
            id: id.into(),
            etag: version.map(Into::into),
        }
    }
}

/// The errors.
impl<D: Dialect> Writer<'_, D> {
    /// An error for a change that the portal can't apply.
    pub fn refuse(self, field: &str, reason: &str) -> Error {
        Error::Refused {
            status: 400,
            detail: format!("{} can't apply this change", D::NAME),
            problems: vec![Problem {
                field: field.to_owned(),
                code: String::new(),
                message: reason.to_owned(),
            }],
        }
    }

    /// The error of a change of which the first of several writes were made.
    pub fn begun(self, reason: Error) -> Error {
        Error::Partial {
            what: self.write.what(),
            reason: Box::new(reason),
        }
    }

    fn stale(self) -> Error {
        self.write.stale()
    }

    fn look_after(self) -> Duration {
        self.store.link.client().look_after()
    }
}

/// The documents.
impl<'w, D: Dialect> Writer<'w, D> {
    /// Sends one operation.
    async fn send(self, op: &Op<'_, D::Of>, of: D::Of) -> Sent<Answer> {
        let request = self.store.dialect.encode(op);
        let is_delete = matches!(op, Op::Delete { .. });
        self.send_request(&request, of, is_delete).await
    }

    async fn send_request(self, request: &Request, of: D::Of, is_delete: bool) -> Sent<Answer> {
        let answer = match self.store.link.write(request).await {
            Ok(answer) => answer,
            Err(failure) => return failure.into(),
        };
        match self.store.dialect.verdict(&answer) {
            Verdict::Done => Sent::Done(answer),
            Verdict::Accepted => Sent::Accepted,
            Verdict::Gone if is_delete => Sent::Done(answer),
            Verdict::Conflict => Sent::Conflict,
            Verdict::Stale => Sent::Refused(self.stale()),
            Verdict::Gone | Verdict::Refused => {
                let kind = self.write.address.kind;
                Sent::Refused(self.store.dialect.refusal(Some((kind, of)), &answer))
            }
        }
    }

    /// Sends a request that is harmless to repeat, such as one that replaces a list.
    ///
    /// # Errors
    /// The portal refuses the request, or its outcome is unknown.
    pub async fn replace(self, of: D::Of, request: &Request) -> Result<Answer, Error> {
        let mut replacement = Replacement {
            writer: self,
            of,
            request,
        };
        settle(&mut replacement, self.write).await
    }

    /// Creates a document, unless it was created by an interrupted attempt. Returns its ID.
    ///
    /// # Errors
    /// The portal refuses the document, or its outcome is unknown.
    pub async fn create(self, of: D::Of, body: Doc, by: &Fingerprint) -> Result<String, Error> {
        let name = format!("{} {} {}", of.name(), by.parent, by.value);
        let _held = self.store.locks.hold(name).await;
        let mut creation = Creation {
            writer: self,
            of,
            body,
            by,
        };
        let result = settle(&mut creation, self.write).await;
        let body = creation.body;
        match result {
            Err(error) => Err(self.explain(error, of, "", &body).await),
            created => created,
        }
    }

    /// Reads a document in its current version.
    ///
    /// # Errors
    /// The document has changed since it was cached, or doesn't exist.
    pub async fn read_current(self, of: D::Of, id: &str) -> Result<Document, Error> {
        let document = self.read_unchanged(of, id).await?;
        document.ok_or_else(|| self.stale())
    }

    /// Like [`read_current`](Self::read_current), but returns `None` for a document that doesn't exist.
    async fn read_unchanged(self, of: D::Of, id: &str) -> Result<Option<Document>, Error> {
        let cached = self.store.cache().get(of, id).cloned().unwrap_or_default();
        if let Some(document) = &cached.document
            && document.version.is_some()
            && self.store.dialect.has_versions()
        {
            return Ok(cached.document);
        }
        let Some(document) = self.store.fetch(of, id).await? else {
            return Ok(None);
        };
        let has_changed = match &cached.document {
            Some(before) if before.version.is_some() => before.version != document.version,
            before => {
                let dialect = &self.store.dialect;
                dialect.has_changed(of, cached.doc(), before.is_none(), &document.doc)
            }
        };
        if has_changed {
            return Err(self.stale());
        }
        self.store.cache().store(of, id, document.clone());
        Ok(Some(document))
    }

    /// The own IDs of the documents within another one, which are listed unless that was done.
    ///
    /// # Errors
    /// A page can't be read.
    pub async fn ids_within(self, of: D::Of, outer: &str) -> Result<Vec<String>, Error> {
        self.store.load_within(of, outer, &()).await?;
        let cache = self.store.cache();
        let ids = cache.within(of, outer).map(|(id, _)| id.to_owned());
        Ok(ids.collect())
    }

    /// Whether one of the documents of a type has a property. Documents that have been read aren't read again.
    ///
    /// # Errors
    /// A document can't be read.
    pub async fn any(
        self,
        of: D::Of,
        may_have: impl Fn(&str, &Entry) -> bool + Send,
        has: impl Fn(&Doc) -> bool + Send,
    ) -> Result<bool, Error> {
        let mut unread = Vec::new();
        for (id, entry) in self.store.cache().of(of) {
            match entry.full_doc() {
                _ if !may_have(id, entry) => {}
                Some(doc) if has(doc) => return Ok(true),
                Some(_) => {}
                None => unread.push(id.to_owned()),
            }
        }
        for id in unread {
            if has(&self.read_current(of, &id).await?.doc) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Reads a document again.
    async fn refresh(self, of: D::Of, id: &str) -> Result<Document, Error> {
        let document = self.store.fetch(of, id).await?;
        let document = document.ok_or_else(|| self.stale())?;
        self.store.cache().store(of, id, document.clone());
        Ok(document)
    }

    /// Changes a document: applies `edit` to a copy and sends the difference, if there is one.
    ///
    /// # Errors
    /// The portal refuses the change, the document has changed, or the outcome is unknown.
    pub async fn edit(self, of: D::Of, id: &str, edit: &Edit<'_>) -> Result<(), Error> {
        let _held = self.hold(of, id).await;
        let document = self.read_current(of, id).await?;
        self.send_edit(of, id, document, edit).await
    }

    /// Like [`edit`](Self::edit), for a document that other objects also change: after a concurrent change
    /// the edit is repeated, unless both change the same field.
    ///
    /// # Errors
    /// The same as for [`edit`](Self::edit).
    pub async fn edit_shared(self, of: D::Of, id: &str, edit: &Edit<'_>) -> Result<(), Error> {
        let _held = self.hold(of, id).await;
        let (mut before, mut result) = match self.read_current(of, id).await {
            Ok(document) => {
                let before = document.doc.clone();
                (before, self.send_edit(of, id, document, edit).await)
            }
            Err(error) => {
                let cache = self.store.cache();
                let before = cache.get(of, id).and_then(Entry::full_doc).cloned();
                (before.unwrap_or_default(), Err(error))
            }
        };
        for _ in 1..TRIES {
            let stale = match result {
                // Without what was read before, nobody knows who changed what.
                Err(stale @ Error::Stale { .. }) if !before.is_empty() => stale,
                result => return result,
            };
            let document = self.refresh(of, id).await?;
            let mut after = before.clone();
            edit(&mut after)?;
            if conflicts(&difference(&before, &after), &before, &document.doc) {
                return Err(stale);
            }
            before.clone_from(&document.doc);
            result = self.send_edit(of, id, document, edit).await;
        }
        result
    }

    /// Deletes a document, unless it is already deleted.
    ///
    /// # Errors
    /// The portal refuses the change, the document has changed, or the outcome is unknown.
    pub async fn delete(self, of: D::Of, id: &str) -> Result<(), Error> {
        let _held = self.hold(of, id).await;
        let Some(document) = self.read_unchanged(of, id).await? else {
            return Ok(());
        };
        let mut removal = Removal {
            writer: self,
            of,
            id,
            version: document.version,
        };
        settle(&mut removal, self.write).await?;
        self.store.cache().remove(of, id);
        Ok(())
    }

    /// Holds the lock of a document.
    pub async fn hold(self, of: D::Of, id: &str) -> tokio::sync::OwnedMutexGuard<()> {
        self.store.locks.hold(format!("{} {id}", of.name())).await
    }

    async fn send_edit(
        self,
        of: D::Of,
        id: &str,
        before: Document,
        edit: &Edit<'_>,
    ) -> Result<(), Error> {
        let mut after = before.doc.clone();
        edit(&mut after)?;
        let patch = difference(&before.doc, &after);
        if patch.is_empty() {
            return Ok(());
        }
        let mut update = Update {
            writer: self,
            of,
            id,
            before,
            after,
            patch,
        };
        match settle(&mut update, self.write).await {
            Err(error) => Err(self.explain(error, of, id, &update.after).await),
            updated => updated,
        }
    }

    /// Edits a document whose ID its content says, or creates it if there is none yet.
    ///
    /// # Errors
    /// The portal refuses the change, the document has changed, or the outcome is unknown.
    pub async fn edit_or_create(
        self,
        of: D::Of,
        mut new: Doc,
        by: &Fingerprint,
        edit: &Edit<'_>,
    ) -> Result<(), Error> {
        let own = self.store.dialect.chosen_id(of, &new).unwrap_or_default();
        let id = of.cache_id(&by.parent, &own);
        if self.store.cache().get(of, &id).is_none() {
            match self.store.fetch(of, &id).await? {
                Some(document) => self.store.cache().store(of, &id, document),
                None => {
                    edit(&mut new)?;
                    return self.create(of, new, by).await.map(drop);
                }
            }
        }
        self.edit(of, &id, edit).await
    }

    /// Creates, edits or deletes an object that is one document. `new` is what a new one contains besides.
    ///
    /// # Errors
    /// The portal refuses the change, the document has changed, or the outcome is unknown.
    pub async fn document(
        self,
        of: D::Of,
        mut new: Doc,
        by: &Fingerprint,
        edit: &Edit<'_>,
    ) -> Result<Written, Error> {
        let id = match self.object() {
            None => {
                edit(&mut new)?;
                self.create(of, new, by).await?
            }
            Some(object) if self.is_delete() => {
                self.delete(of, object.id).await?;
                object.id.to_owned()
            }
            Some(object) => {
                self.edit(of, object.id, edit).await?;
                object.id.to_owned()
            }
        };
        Ok(self.written(of, &id))
    }

    /// Adds to a conflict that the portal doesn't explain which other document has a value that must be
    /// unique.
    async fn explain(self, error: Error, of: D::Of, own: &str, doc: &Doc) -> Error {
        let dialect = &self.store.dialect;
        let unique = dialect.unique(of);
        let detail = match error {
            Error::Refused {
                status: 409,
                detail,
                problems,
            } if problems.is_empty() && !unique.is_empty() => detail,
            error => return error,
        };
        let kind = self.write.address.kind;
        let field = |at: &'static str| dialect.model_field(kind, of, at).unwrap_or(at);
        let mut problems = Vec::new();
        for &at in unique {
            let Some(value) = doc::text(doc, at) else {
                continue;
            };
            let query = dialect.filter(of, &Fingerprint::by(at, value));
            let query = query.iter().flatten();
            let query: Vec<(&str, &str)> = query.map(|(name, value)| (&**name, &**value)).collect();
            let listed = self.store.list(of, "", &query, &|_, _| {}).await;
            let rows = listed.ok().flatten().map(|listed| listed.rows);
            // A portal may ignore the filter.
            let has_value = |(id, row): &&(String, Doc)| {
                let actual = doc::text(row, at);
                id != own && actual.is_some_and(|actual| actual.eq_ignore_ascii_case(value))
            };
            if let Some((id, row)) = rows.iter().flatten().find(has_value) {
                let name = doc::text(row, unique[0]).unwrap_or(id);
                problems.push(Problem {
                    field: field(at).to_owned(),
                    code: "uniqueness".to_owned(),
                    message: plain(&format!("{name} has it already")),
                });
            }
        }
        let detail = match problems.is_empty() {
            true => {
                let one = of.singular();
                let fields: Vec<&str> = unique.iter().copied().map(field).collect();
                let fields = fields.join(" or ");
                format!(
                    "{detail}; no {one} is listed with that {fields}, so the portal may keep those of a deleted {one}"
                )
            }
            false => detail,
        };
        Error::Refused {
            status: 409,
            detail,
            problems,
        }
    }

    /// Stores the document in an answer. Returns its ID.
    fn store_answer(self, of: D::Of, parent: &str, answer: &Answer) -> Option<String> {
        let (id, document) = self.store.parse(of, parent, answer).ok()?;
        self.store.cache().store(of, &id, document);
        Some(id)
    }
}
