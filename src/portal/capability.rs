//! A *capability* describes what a portal supports: kinds, fields and values. The table in the docs is
//! generated from it, and an unsupported declaration is a diagnostic.

use crate::model::{Fields, Kind, State, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The capabilities of a portal.
#[derive(Clone, Debug)]
pub struct Capabilities {
    /// The portal's name in `portal.kind`.
    pub portal: &'static str,
    /// The supported kinds. Unsupported templates are still allowed in files, where they are expanded.
    pub kinds: BTreeMap<Kind, KindCapability>,
}

/// The capabilities for one kind.
#[derive(Clone, Debug, Default)]
pub struct KindCapability {
    /// The unsupported fields, such as `voicemail.greeting`. For a kind with types: fields prefixed with
    /// the type, such as `fax.owner`, or unsupported types.
    pub unsupported: BTreeSet<&'static str>,
    // S4.31
    /// Whether objects can be deleted. If not, a delete deactivates the object.
    pub can_delete: bool,
    /// The fields with fewer supported values than in the model.
    pub limits: &'static [Limit],
}

/// A limit of the values of one field.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// The field, as in [`KindCapability::unsupported`]. The identity field stands for the key.
    pub field: &'static str,
    /// The supported values as the end of a sentence: \`user\` or \`admin\`.
    pub only: &'static str,
    /// Whether a value is supported in the context of its declaration. `null` checks whether the field
    /// can be cleared.
    pub accepts: fn(&Value, Declaration<'_>) -> bool,
}

/// The declaration that contains a value.
#[derive(Clone, Copy, Debug)]
pub struct Declaration<'a> {
    /// The fields of the resource.
    pub fields: &'a Fields,
    /// All declared resources.
    pub state: &'a State,
}

impl KindCapability {
    /// Full support of a kind.
    #[must_use]
    pub fn full() -> Self {
        Self {
            can_delete: true,
            ..Self::default()
        }
    }
}
