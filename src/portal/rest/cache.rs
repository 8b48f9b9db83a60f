//! The *cache* contains the documents that have been read: a summary of every document, and the full
//! content of some. Its *index* follows every change, so that a look-up doesn't depend on the number of
//! documents.

use super::{
    dialect::Collection,
    doc::{self, Doc},
    list::Listed,
};
use std::collections::{BTreeMap, BTreeSet};

/// The cached state of a document. It may contain personal data, so it doesn't implement `Debug`.
#[derive(Clone, Default)]
pub struct Entry {
    /// The document's row in a list.
    pub summary: Doc,
    /// The full document, if it has been read.
    pub document: Option<Document>,
}

/// A full document.
#[derive(Clone, Default)]
pub struct Document {
    /// The fields.
    pub doc: Doc,
    /// The version, for conditional writes. Lists may not contain it.
    pub version: Option<String>,
}

impl Entry {
    /// A text field that both the summary and the document contain.
    pub fn text(&self, path: &str) -> Option<&str> {
        doc::text(self.doc(), path)
    }

    /// The full document if it has been read, otherwise the summary.
    pub fn doc(&self) -> &Doc {
        self.document
            .as_ref()
            .map_or(&self.summary, |full| &full.doc)
    }

    /// The full document, if it has been read.
    pub fn full_doc(&self) -> Option<&Doc> {
        self.document.as_ref().map(|full| &full.doc)
    }

    /// The version of the full document, if it is known.
    pub fn version(&self) -> Option<&str> {
        self.document.as_ref()?.version.as_deref()
    }
}

/// The relations between documents.
pub trait Index<C>: Default + Send + 'static {
    /// Adds a document.
    fn add(&mut self, of: C, id: &str, entry: &Entry);

    /// Removes a document.
    fn remove(&mut self, of: C, id: &str, entry: &Entry);
}

/// A portal whose documents needn't be related.
impl<C> Index<C> for () {
    fn add(&mut self, _: C, _: &str, _: &Entry) {}
    fn remove(&mut self, _: C, _: &str, _: &Entry) {}
}

/// The documents that have been read.
pub struct Cache<C: Collection, I: Index<C>> {
    docs: BTreeMap<C, BTreeMap<Box<str>, Entry>>,
    /// The reasons why lists may be incomplete.
    pub incomplete: BTreeMap<C, String>,
    /// The relations between the documents.
    pub index: I,
}

impl<C: Collection, I: Index<C>> Default for Cache<C, I> {
    fn default() -> Self {
        Self {
            docs: BTreeMap::new(),
            incomplete: BTreeMap::new(),
            index: I::default(),
        }
    }
}

impl<C: Collection, I: Index<C>> Cache<C, I> {
    /// The documents of one type, by ID.
    pub fn of(&self, collection: C) -> impl Iterator<Item = (&str, &Entry)> {
        let docs = self.docs.get(&collection).into_iter().flatten();
        docs.map(|(id, entry)| (&**id, entry))
    }

    /// One document.
    pub fn get(&self, collection: C, id: &str) -> Option<&Entry> {
        self.docs.get(&collection)?.get(id)
    }

    /// One document with its ID.
    pub fn get_key_value(&self, collection: C, id: &str) -> Option<(&str, &Entry)> {
        let (id, entry) = self.docs.get(&collection)?.get_key_value(id)?;
        Some((id, entry))
    }

    /// Stores a summary. A full document that has been read is kept.
    pub fn store_summary(&mut self, collection: C, id: &str, summary: Doc) {
        self.change(collection, id, |entry| entry.summary = summary);
    }

    /// Stores the summaries of a list.
    pub fn store_list(&mut self, collection: C, listed: Listed<Vec<(String, Doc)>>) {
        for (id, row) in listed.rows {
            self.store_summary(collection, &id, row);
        }
        if let Some(reason) = listed.doubt {
            self.incomplete.insert(collection, reason);
        }
    }

    /// Stores a full document.
    pub fn store(&mut self, collection: C, id: &str, document: Document) {
        self.change(collection, id, |entry| entry.document = Some(document));
    }

    /// Forgets the version of a document that was changed.
    pub fn invalidate(&mut self, collection: C, id: &str) {
        let entries = self.docs.get_mut(&collection);
        let entry = entries.and_then(|entries| entries.get_mut(id));
        if let Some(document) = entry.and_then(|entry| entry.document.as_mut()) {
            document.version = None;
        }
    }

    /// Removes a document that no longer exists.
    pub fn remove(&mut self, collection: C, id: &str) {
        let entries = self.docs.get_mut(&collection);
        if let Some(entry) = entries.and_then(|entries| entries.remove(id)) {
            self.index.remove(collection, id, &entry);
        }
    }

    fn change(&mut self, collection: C, id: &str, change: impl FnOnce(&mut Entry)) {
        let entries = self.docs.entry(collection).or_default();
        let entry = match entries.get_mut(id) {
            Some(entry) => {
                self.index.remove(collection, id, entry);
                entry
            }
            None => entries.entry(id.into()).or_default(),
        };
        change(entry);
        self.index.add(collection, id, entry);
    }
}

/// A relation from names to the IDs of documents, such as from an owner to what it owns.
#[derive(Default)]
pub struct Relation(BTreeMap<Box<str>, BTreeSet<Box<str>>>);

impl Relation {
    /// Adds or removes a pair.
    pub fn set(&mut self, name: &str, id: &str, is_related: bool) {
        if is_related {
            let ids = match self.0.get_mut(name) {
                Some(ids) => ids,
                None => self.0.entry(name.into()).or_default(),
            };
            ids.insert(id.into());
        } else if let Some(ids) = self.0.get_mut(name) {
            ids.remove(id);
            if ids.is_empty() {
                self.0.remove(name);
            }
        }
    }

    /// The IDs for a name, in order.
    pub fn of(&self, name: &str) -> impl DoubleEndedIterator<Item = &str> {
        self.0.get(name).into_iter().flatten().map(|id| &**id)
    }

    /// The names with more than one ID.
    pub fn ambiguous(&self) -> impl Iterator<Item = &str> {
        let several = self.0.iter().filter(|(_, ids)| ids.len() > 1);
        several.map(|(name, _)| &**name)
    }
}
