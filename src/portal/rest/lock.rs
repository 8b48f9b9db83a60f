//! A *lock* serializes the writes to one document, or the creations of one name.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::OwnedMutexGuard;

/// Locks by name. A writer holds the lock of a document that several objects share, or of a name that two
/// objects could claim.
#[derive(Default)]
pub struct Locks(Mutex<BTreeMap<String, Arc<tokio::sync::Mutex<()>>>>);

impl Locks {
    /// Waits for a lock, and holds it until the guard is dropped.
    pub async fn hold(&self, name: String) -> OwnedMutexGuard<()> {
        let lock = {
            let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            // Locks that nobody holds or waits for aren't needed any more.
            if locks.len() >= MAX_IDLE {
                locks.retain(|_, lock| Arc::strong_count(lock) > 1);
            }
            Arc::clone(locks.entry(name).or_default())
        };
        lock.lock_owned().await
    }
}

/// The number of locks from which idle ones are removed.
const MAX_IDLE: usize = 1024;

#[cfg(test)]
mod tests {
    use super::{Locks, MAX_IDLE};

    #[tokio::test]
    async fn idle_locks_are_removed_and_held_ones_are_kept() {
        let locks = Locks::default();
        let held = locks.hold("held".to_owned()).await;
        for number in 0..2 * MAX_IDLE {
            drop(locks.hold(number.to_string()).await);
        }
        assert!(locks.0.lock().unwrap().len() <= MAX_IDLE);
        assert!(locks.0.lock().unwrap().contains_key("held"));
        drop(held);
    }
}
