//! *Manners* are what a portal's document doesn't say: what an object is known by, what is unique, whether a
//! PUT is partial, and when a change is seen.

use super::store::Store;
use serde_json::{Map, Value as Json};

/// How a collection is read in parts. The names are those of the query.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Paging {
    /// Everything at once.
    None,
    /// The number of a page, from 1.
    Page {
        page: &'static str,
        size: &'static str,
    },
    /// The number of rows to skip.
    Offset {
        start: &'static str,
        limit: &'static str,
    },
    /// A cursor that the answer before returned in a field.
    Cursor {
        cursor: &'static str,
        limit: &'static str,
        next: &'static str,
    },
}

/// What a PUT does with fields that it doesn't mention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Put {
    Merges,
    Replaces,
}

#[derive(Clone)]
pub(crate) struct Manners {
    /// The tokens that are let in. None lets in every token.
    pub(crate) tokens: &'static [&'static str],
    pub(crate) put: Put,
    pub(crate) paging: Paging,
    /// The page size if the request says nothing.
    pub(crate) page_size: usize,
    /// Whether a write is answered with 202 before it is done, unless the body has `synchronous: yes`; and how
    /// many reads of the object or its collection don't show it yet.
    pub(crate) lag: Option<usize>,
    /// The answers to requests that are about no object, by their paths.
    pub(crate) answers: Vec<(&'static str, Json)>,
    /// The requests that it doesn't have, by the method and the path in the document, and its answer to one.
    pub(crate) lacks: (&'static [(&'static str, &'static str)], Json),
    /// Whether an answer has the revision of its object as an entity tag, which a write may require.
    pub(crate) has_etags: bool,
    /// The body of an error. Without it, the example in the document.
    pub(crate) error: Option<fn(u16, &str) -> Json>,
    /// The burst and the number of requests per second.
    pub(crate) rate: Option<(u32, u32)>,
    /// Whether every object exists, as in the document's example, and nothing is unique: like a mock.
    pub(crate) conjures: bool,
    /// What is particular about collections, by their paths in the document.
    pub(crate) collections: Vec<(&'static str, Habit)>,
}

impl Default for Manners {
    fn default() -> Self {
        Self {
            tokens: &[],
            put: Put::Replaces,
            paging: Paging::None,
            page_size: 100,
            lag: None,
            answers: Vec::new(),
            lacks: (&[], Json::Null),
            has_etags: false,
            error: None,
            rate: None,
            conjures: false,
            collections: Vec::new(),
        }
    }
}

impl Manners {
    /// Whether the portal doesn't have a request of the document.
    pub(super) fn lacks(&self, method: &str, template: &str) -> bool {
        let mut lacks = self.lacks.0.iter();
        lacks.any(|(verb, path)| *verb == method && *path == template)
    }

    pub(super) fn habit(&self, template: &str) -> Habit {
        let mut known = self.collections.iter();
        let found = known.find(|(path, _)| *path == template);
        found.map(|(_, habit)| habit.clone()).unwrap_or_default()
    }
}

/// Adds fields to a new object with a serial number.
type Make = fn(&mut Map<String, Json>, u64);

/// What is particular about one collection.
#[derive(Clone, Default)]
pub(crate) struct Habit {
    /// The field that names an object: the last parameter of its path, unless given.
    pub(crate) key: Option<&'static str>,
    /// Fields that no two objects of the collection may share.
    pub(crate) unique: &'static [&'static str],
    /// Fields that are never returned.
    pub(crate) hides: &'static [&'static str],
    /// Fields that only the portal writes, which survive a PUT.
    pub(crate) keeps: &'static [&'static str],
    /// What the portal adds to a new object.
    pub(crate) makes: Option<Make>,
    /// What the portal makes of an object that was written.
    pub(crate) keeps_as: Option<fn(&mut Map<String, Json>)>,
    /// What an object is still needed for, which prevents its deletion.
    pub(crate) needed_for: Option<fn(&Store, &str) -> Option<String>>,
    /// What follows from a write to the object at a path, or from its removal.
    pub(crate) follows: Option<fn(&mut Store, &str)>,
}

impl Habit {
    pub(super) fn follow(&self, store: &mut Store, path: &str) {
        if let Some(follows) = self.follows {
            follows(store, path);
        }
    }
}
