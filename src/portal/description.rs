//! A *description* of a portal for the docs: general facts, and the mapping of its fields.

use crate::model::Kind;
use std::borrow::Cow;

/// General facts about a portal.
#[derive(Clone, Copy, Debug)]
pub struct Description {
    /// The portal's name.
    pub title: &'static str,
    /// The keys in `portal` that give its address.
    pub address: &'static str,
    /// The keys in `portal.credentials`.
    pub credentials: &'static str,
    /// The place where the versions of secrets are stored.
    pub secrets: &'static str,
    /// The number of requests for a read.
    pub reading: &'static str,
}

/// A field of the model and the corresponding field on a portal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldMapping {
    /// The kind.
    pub kind: Kind,
    /// The field in the model. For an extension it is prefixed with the type, or with `*` for every type.
    pub field: &'static str,
    /// The document or object on the portal.
    pub document: &'static str,
    /// The field on the portal.
    pub portal_field: &'static str,
    /// The representation.
    pub representation: Cow<'static, str>,
}
