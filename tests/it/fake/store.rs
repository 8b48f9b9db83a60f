//! A *store* holds objects by their paths, with revisions.

use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

pub(crate) struct Object {
    pub(crate) fields: Map<String, Json>,
    pub(crate) revision: u64,
}

#[derive(Default)]
pub(crate) struct Store {
    objects: BTreeMap<String, Object>,
    /// The last serial number, of objects and of revisions.
    serial: u64,
    /// The paths that aren't listed yet, and for how many reads.
    hidden: Vec<(String, usize)>,
}

/// The path of the collection that contains an object.
pub(crate) fn collection_of(path: &str) -> &str {
    path.rsplit_once('/')
        .map_or("", |(collection, _)| collection)
}

impl Store {
    pub(crate) fn get(&self, path: &str) -> Option<&Object> {
        self.objects.get(path)
    }

    pub(crate) fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    pub(crate) fn put(&mut self, path: &str, fields: Map<String, Json>) {
        let revision = self.next_serial();
        self.objects
            .insert(path.to_owned(), Object { fields, revision });
    }

    /// Removes an object and everything below it.
    pub(crate) fn remove(&mut self, path: &str) {
        let below = format!("{path}/");
        self.objects
            .retain(|there, _| there != path && !there.starts_with(&below));
    }

    /// Hides a path from the next reads of its collection.
    pub(crate) fn hide(&mut self, path: &str, reads: usize) {
        self.hidden.push((path.to_owned(), reads));
    }

    /// The number of objects in a collection.
    pub(crate) fn count(&self, collection: &str) -> usize {
        let all = self.objects.keys();
        all.filter(|path| collection_of(path) == collection).count()
    }

    /// Lists a collection, which brings hidden objects nearer.
    pub(crate) fn list(&mut self, collection: &str) -> Vec<&Object> {
        let hidden: Vec<String> = self.hidden.iter().map(|(path, _)| path.clone()).collect();
        for (path, reads) in &mut self.hidden {
            if collection_of(path) == collection {
                *reads -= 1;
            }
        }
        self.hidden.retain(|(_, reads)| *reads > 0);
        let all = self.objects.iter();
        all.filter(|(path, _)| collection_of(path) == collection && !hidden.contains(path))
            .map(|(_, object)| object)
            .collect()
    }

    /// Whether another object of the collection has the same value in one of these fields.
    pub(crate) fn collides(&self, path: &str, fields: &Map<String, Json>, unique: &[&str]) -> bool {
        let is_same = |other: &Object, field: &str| {
            let value = fields.get(field).filter(|value| !value.is_null());
            value.is_some() && other.fields.get(field) == value
        };
        self.objects.iter().any(|(there, other)| {
            there != path
                && collection_of(there) == collection_of(path)
                && unique.iter().any(|field| is_same(other, field))
        })
    }
}
