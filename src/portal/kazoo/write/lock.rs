//! A *lock* serializes the writes to one document, or the creations of one name.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Locks by name. A writer holds the lock of a document that several objects share, or of a name that two
/// objects could claim.
#[derive(Default)]
pub(in crate::portal::kazoo) struct Locks(Mutex<BTreeMap<String, Arc<tokio::sync::Mutex<()>>>>);

impl Locks {
    pub(super) fn of(&self, name: String) -> Arc<tokio::sync::Mutex<()>> {
        let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(locks.entry(name).or_default())
    }
}
