//! A *store* holds objects by their paths, with revisions.

use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone)]
pub(crate) struct Object {
    pub(crate) fields: Map<String, Json>,
    pub(crate) revision: u64,
}

#[derive(Default)]
pub(crate) struct Store {
    objects: BTreeMap<String, Object>,
    /// The last serial number, of objects and of revisions.
    serial: u64,
    /// What was at a path before a write that isn't seen yet, and for how many reads.
    earlier: BTreeMap<String, (Option<Object>, usize)>,
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

    /// Shows what was at a path before, to the next reads of it.
    pub(crate) fn delay(&mut self, path: &str, before: Option<Object>, reads: usize) {
        if reads > 0 {
            let (_, left) = self.earlier.entry(path.to_owned()).or_insert((before, 0));
            *left = reads;
        }
    }

    /// Reads an object, which brings a write nearer that isn't seen yet.
    pub(crate) fn see(&mut self, path: &str) -> Option<Object> {
        let Some((before, left)) = self.earlier.get_mut(path) else {
            return self.objects.get(path).cloned();
        };
        *left -= 1;
        let (before, is_over) = (before.clone(), *left == 0);
        if is_over {
            self.earlier.remove(path);
        }
        before
    }

    /// The paths of all objects below one.
    pub(crate) fn paths(&self, below: &str) -> Vec<String> {
        let below = format!("{below}/");
        let all = self.objects.keys();
        all.filter(|path| path.starts_with(&below))
            .cloned()
            .collect()
    }

    /// Changes an object as the portal itself does.
    pub(crate) fn change(&mut self, path: &str, change: impl FnOnce(&mut Map<String, Json>)) {
        if let Some(object) = self.objects.get_mut(path) {
            change(&mut object.fields);
        }
    }

    /// The objects of a collection with their names.
    pub(crate) fn all<'s>(
        &'s self,
        collection: &str,
    ) -> impl Iterator<Item = (&'s str, &'s Object)> + use<'s> {
        let above = format!("{collection}/");
        let from = self.objects.range(above.clone()..);
        let below =
            from.map_while(move |(path, object)| Some((path.strip_prefix(&above)?, object)));
        below.filter(|(name, _)| !name.contains('/'))
    }

    /// The number of objects in a collection.
    pub(crate) fn count(&self, collection: &str) -> usize {
        self.all(collection).count()
    }

    /// The number of objects of all collections with a name, within the objects of another one.
    pub(crate) fn count_below(&self, collection: &str, name: &str) -> usize {
        let is_below = |path: &&String| {
            let inner = collection_of(path);
            inner.starts_with(collection) && inner.ends_with(&format!("/{name}"))
        };
        self.objects.keys().filter(is_below).count()
    }

    /// Lists a collection, which brings writes nearer that aren't seen yet.
    pub(crate) fn list(&mut self, collection: &str) -> Vec<Object> {
        let paths = self.objects.keys().chain(self.earlier.keys());
        let paths = paths.filter(|path| collection_of(path) == collection);
        let paths: BTreeSet<String> = paths.cloned().collect();
        paths.iter().filter_map(|path| self.see(path)).collect()
    }

    /// Whether another object of the collection has the same value in one of these fields.
    pub(crate) fn collides(&self, path: &str, fields: &Map<String, Json>, unique: &[&str]) -> bool {
        let is_same = |other: &Object, field: &str| {
            let value = fields.get(field).filter(|value| !value.is_null());
            value.is_some() && other.fields.get(field) == value
        };
        let (collection, own) = path.rsplit_once('/').unwrap_or(("", path));
        self.all(collection)
            .any(|(name, other)| name != own && unique.iter().any(|field| is_same(other, field)))
    }
}

/// Applies a merge patch: objects are merged, lists are replaced, and null removes a field.
pub(crate) fn merge(fields: &mut Map<String, Json>, patch: &Map<String, Json>) {
    for (name, value) in patch {
        match (fields.get_mut(name), value) {
            (_, Json::Null) => drop(fields.shift_remove(name)),
            (Some(Json::Object(old)), Json::Object(new)) => merge(old, new),
            (_, Json::Object(new)) => {
                let mut made = Map::new();
                merge(&mut made, new);
                fields.insert(name.clone(), made.into());
            }
            (_, value) => drop(fields.insert(name.clone(), value.clone())),
        }
    }
}
