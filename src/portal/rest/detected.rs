//! What is *detected* about a portal at run time narrows its capabilities.

use super::{
    super::{Capabilities, Error, Progress},
    dialect::{Collection as _, Dialect},
    store::Store,
};
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

    /// Lists a collection that a portal may lack, and the kind with it. Returns the minimum number of requests.
    ///
    /// # Errors
    /// A page can't be read.
    pub async fn load<D: Dialect>(
        &self,
        store: &Store<D>,
        of: D::Of,
        progress: &dyn Progress,
    ) -> Result<u64, Error> {
        let pages = match store.load(of, "", &[], progress).await {
            Err(Error::NoRequest { .. }) => None,
            pages => pages?,
        };
        if pages.is_none() {
            self.lacks(of.kind(), None);
        }
        Ok(pages.unwrap_or(1))
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
