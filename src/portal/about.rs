//! What is *about* a portal rather than about one of its fields: what the docs say of it as a whole, and
//! where it keeps what.

use crate::model::Kind;

/// What the docs say of a portal as a whole.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// What it is called.
    pub title: &'static str,
    /// How it is reached, as `portal` in `callsheet.yaml` says it.
    pub reached: &'static str,
    /// What it is shown.
    pub credentials: &'static str,
    /// Where it keeps which version of a secret it was sent.
    pub secrets: &'static str,
    /// What reading it costs.
    pub reading: &'static str,
}

/// One field of ours, and where a portal keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapped {
    /// The kind that has it.
    pub kind: Kind,
    /// The field; of an extension with the word of its type before it, `*` for every type.
    pub field: &'static str,
    /// What holds it there.
    pub document: &'static str,
    /// The field there.
    pub at: &'static str,
    /// How it is kept.
    pub how: &'static str,
}
