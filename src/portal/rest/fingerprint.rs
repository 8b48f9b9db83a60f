//! A *fingerprint* identifies a document whose creation may have been interrupted.

use super::doc::{self, Doc};
use serde_json::Value;

/// Identifies a document whose creation may have been interrupted: a field that lists can be filtered by,
/// and all fields that the document must contain.
pub struct Fingerprint {
    /// The dotted path of the field.
    pub field: String,
    /// The value of the field.
    pub value: String,
    /// The fields that the document must contain, including that one.
    pub required: Doc,
    /// The document that contains the collection; empty for a collection of the portal itself.
    pub parent: String,
}

impl Fingerprint {
    /// Creates a fingerprint from a field that lists can be filtered by.
    pub fn by(field: &str, value: &str) -> Self {
        let mut required = Doc::new();
        doc::put(&mut required, field, Some(value.into()));
        Self {
            field: field.to_owned(),
            value: value.to_owned(),
            required,
            parent: String::new(),
        }
    }

    /// Adds a field that the document must contain.
    pub fn and(mut self, field: &str, value: Value) -> Self {
        doc::put(&mut self.required, field, Some(value));
        self
    }

    /// Sets the document that contains the collection.
    pub fn within(mut self, parent: &str) -> Self {
        parent.clone_into(&mut self.parent);
        self
    }
}
