//! A *capability* is what a portal can hold: which kinds, which of their fields, and of a field what it
//! may say there. The docs' table is generated from it, and what is beyond it is a diagnostic.

use crate::model::{Fields, Kind, State, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What a portal can hold.
#[derive(Clone, Debug)]
pub struct Capabilities {
    /// The word for it in `portal.kind`.
    pub portal: &'static str,
    /// The kinds that it has, and what it can do with each. Templates that a portal doesn't have stay in
    /// the files, where they are expanded.
    pub kinds: BTreeMap<Kind, KindCapability>,
}

/// What a portal can do with one kind.
#[derive(Clone, Debug, Default)]
pub struct KindCapability {
    /// Fields that it can't hold, as `voicemail.greeting`; of a kind with several types behind the word
    /// of the type, as `fax.owner`, or that word alone.
    pub lacks: BTreeSet<&'static str>,
    /// Whether it can delete; where it can't, removing deactivates (S4.31).
    pub deletes: bool,
    /// Fields that it can hold less in than the model can.
    pub limits: &'static [Limit],
}

/// What a portal can hold in one field, where that is less than the model allows.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// The field, named as in [`KindCapability::lacks`]; the field of the key for the key itself.
    pub field: &'static str,
    /// What it can hold, as the end of a sentence: `only \`user\` and \`admin\``.
    pub only: &'static str,
    /// Whether it can hold a value, beside all else that is declared; `null` asks whether it can be
    /// cleared.
    pub holds: fn(&Value, Declared<'_>) -> bool,
}

/// What is declared beside a value.
#[derive(Clone, Copy, Debug)]
pub struct Declared<'a> {
    /// Of the same resource.
    pub fields: &'a Fields,
    /// Of everything.
    pub state: &'a State,
}

impl KindCapability {
    /// All of a kind.
    #[must_use]
    pub fn whole() -> Self {
        Self {
            deletes: true,
            ..Self::default()
        }
    }
}
