//! A *trace* is how a document is found again whose making may have been cut off; a *lock* is how two who
//! would make or change the same one come one after the other.

use crate::portal::kazoo::doc::{self, Doc};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Who writes to the same thing waits: a document that many objects share, a name that two would take.
#[derive(Default)]
pub(in crate::portal::kazoo) struct Locks(Mutex<BTreeMap<String, Arc<tokio::sync::Mutex<()>>>>);

impl Locks {
    pub(super) fn of(&self, what: String) -> Arc<tokio::sync::Mutex<()>> {
        let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(locks.entry(what).or_default())
    }
}

/// How a document is found again whose making may have been cut off: a filter of its list, and what a
/// document must hold to be it.
pub(super) struct Trace {
    pub(super) filter: String,
    pub(super) value: String,
    pub(super) sign: Doc,
}

impl Trace {
    /// By a field that a list can be filtered by.
    pub(super) fn by(field: &str, value: &str) -> Self {
        let mut sign = Doc::new();
        doc::put(&mut sign, field, Some(value.into()));
        Self {
            filter: format!("filter_{field}"),
            value: value.to_owned(),
            sign,
        }
    }

    /// The list that it is in, of an entry.
    pub(super) fn list(&self) -> &str {
        doc::text(&self.sign, "list_id").unwrap_or_default()
    }

    /// A document must also hold this.
    pub(super) fn and(mut self, field: &str, value: Value) -> Self {
        doc::put(&mut self.sign, field, Some(value));
        self
    }
}
