//! What is *detected* about a portal at run time narrows its capabilities.

use super::super::Capabilities;
use crate::model::Kind;
use std::sync::{Arc, Mutex, PoisonError};

/// The capabilities of a portal, as far as they are known.
pub struct Detected(Mutex<Arc<Capabilities>>);

impl Detected {
    /// Assumes that the portal supports all of `capabilities`.
    #[must_use]
    pub fn new(capabilities: Capabilities) -> Self {
        Self(Mutex::new(Arc::new(capabilities)))
    }

    /// The capabilities according to what was detected so far.
    #[must_use]
    pub fn capabilities(&self) -> Arc<Capabilities> {
        Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Removes a kind, or one of its fields or types, that the portal turns out not to support.
    pub fn lacks(&self, kind: Kind, field: Option<&'static str>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kinds = &mut Arc::make_mut(&mut known).kinds;
        match field {
            None => drop(kinds.remove(&kind)),
            Some(field) => {
                kinds.entry(kind).and_modify(|kind| {
                    kind.unsupported.insert(field);
                });
            }
        }
    }
}
