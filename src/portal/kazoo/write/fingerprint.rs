//! A *fingerprint* identifies a document whose creation may have been interrupted.

use crate::portal::kazoo::doc::{self, Doc};
use serde_json::Value;

/// Identifies a document whose creation may have been interrupted: a filter for its list, and the fields
/// that the document must contain.
pub(super) struct Fingerprint {
    pub(super) filter: String,
    pub(super) value: String,
    pub(super) required: Doc,
}

impl Fingerprint {
    /// Creates a fingerprint from a field that lists can be filtered by.
    pub(super) fn by(field: &str, value: &str) -> Self {
        let mut required = Doc::new();
        doc::put(&mut required, field, Some(value.into()));
        Self {
            filter: format!("filter_{field}"),
            value: value.to_owned(),
            required,
        }
    }

    /// The list that contains the entry.
    pub(super) fn list(&self) -> &str {
        doc::text(&self.required, "list_id").unwrap_or_default()
    }

    /// Adds a field that the document must contain.
    pub(super) fn and(mut self, field: &str, value: Value) -> Self {
        doc::put(&mut self.required, field, Some(value));
        self
    }
}
