//! The *cache* contains the documents that have been read: a summary of every document, and the full
//! content of some. Its *index* follows every change, so that a look-up doesn't depend on the number of
//! documents.

use super::{
    dialect::Collection,
    doc::{self, Doc},
    table::RawFields,
};
use crate::model::{Kind, LiveObject};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
};

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

/// A document without a version.
impl From<Doc> for Document {
    fn from(doc: Doc) -> Self {
        Self { doc, version: None }
    }
}

impl Entry {
    /// The object of the model that this document is, with the fields that were read from it.
    pub fn object(&self, kind: Kind, id: &str, fields: RawFields) -> LiveObject {
        LiveObject {
            id: id.into(),
            etag: self.version().map(Into::into),
            fields: kind.shape().read_valid(fields.into()),
            ..LiveObject::default()
        }
    }

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
    /// Adds or removes a document.
    fn set(&mut self, of: C, id: &str, entry: &Entry, is_there: bool);
}

/// A portal whose documents needn't be related.
impl<C> Index<C> for () {
    fn set(&mut self, _: C, _: &str, _: &Entry, _: bool) {}
}

/// The documents that have been read.
pub struct Cache<C: Collection, I: Index<C>> {
    docs: BTreeMap<C, BTreeMap<Box<str>, Entry>>,
    doubts: BTreeMap<C, String>,
    /// The collections within documents that have been listed, by the ID of the document.
    listed: BTreeSet<(C, Box<str>)>,
    /// The relations between the documents.
    pub index: I,
}

impl<C: Collection, I: Index<C>> Default for Cache<C, I> {
    fn default() -> Self {
        Self {
            docs: BTreeMap::new(),
            doubts: BTreeMap::new(),
            listed: BTreeSet::new(),
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

    /// The documents of one type within another document, by their own IDs.
    pub fn within(&self, collection: C, outer: &str) -> impl Iterator<Item = (&str, &Entry)> {
        let outer = format!("{outer}/");
        let docs = self.docs.get(&collection).into_iter();
        docs.flat_map(move |docs| {
            let from = docs.range::<str, _>((Bound::Included(&*outer), Bound::Unbounded));
            let length = outer.len();
            let outer = outer.clone();
            let inner = from.take_while(move |(id, _)| id.starts_with(&*outer));
            inner.map(move |(id, entry)| (&id[length..], entry))
        })
    }

    /// Whether the documents within another one have been listed.
    pub fn has_listed(&self, collection: C, outer: &str) -> bool {
        self.listed.contains(&(collection, outer.into()))
    }

    /// Remembers that the documents within another one have been listed.
    pub fn set_listed(&mut self, collection: C, outer: &str) {
        self.listed.insert((collection, outer.into()));
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

    /// Why the list of a type may be incomplete.
    pub fn doubt(&self, collection: C) -> Option<String> {
        let reason = self.doubts.get(&collection)?;
        Some(format!("{}: {reason}", collection.name()))
    }

    /// Remembers that a list may be incomplete.
    pub fn set_doubt(&mut self, collection: C, reason: String) {
        self.doubts.insert(collection, reason);
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
            self.index.set(collection, id, &entry, false);
        }
    }

    fn change(&mut self, collection: C, id: &str, change: impl FnOnce(&mut Entry)) {
        let entries = self.docs.entry(collection).or_default();
        let entry = match entries.get_mut(id) {
            Some(entry) => {
                self.index.set(collection, id, entry, false);
                entry
            }
            None => entries.entry(id.into()).or_default(),
        };
        change(entry);
        self.index.set(collection, id, entry, true);
    }
}

/// The documents of each type, by a name in the document that contains their collection, and by an owner.
#[derive(Default)]
pub struct Owned {
    named: Relation,
    owned: Relation,
}

impl Owned {
    /// Adds or removes a document.
    pub fn set<C: Collection>(
        &mut self,
        (of, id): (C, &str),
        name: Option<&str>,
        owner: Option<&str>,
        is_there: bool,
    ) {
        if let Some(name) = name {
            let (parent, _) = of.split_id(id);
            let name = format!("{} {parent} {name}", of.name());
            self.named.set(&name, id, is_there);
        }
        if let Some(owner) = owner {
            self.owned
                .set(&format!("{} {owner}", of.name()), id, is_there);
        }
    }

    /// The only document with a name.
    pub fn named<C: Collection>(&self, of: C, parent: &str, name: &str) -> Option<&str> {
        let mut ids = self.named.of(&format!("{} {parent} {name}", of.name()));
        ids.next().filter(|_| ids.next().is_none())
    }

    /// The documents of an owner.
    pub fn of<C: Collection>(&self, owner: &str, of: C) -> impl Iterator<Item = &str> + use<'_, C> {
        self.owned.of(&format!("{} {owner}", of.name()))
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
    pub fn of<'r>(&'r self, name: &str) -> impl DoubleEndedIterator<Item = &'r str> + use<'r> {
        self.0.get(name).into_iter().flatten().map(|id| &**id)
    }

    /// The names with more than one ID.
    pub fn ambiguous(&self) -> impl Iterator<Item = &str> {
        let several = self.0.iter().filter(|(_, ids)| ids.len() > 1);
        several.map(|(name, _)| &**name)
    }
}
