//! A *commit* is who changed the files, as far as a plan has to know.

use std::collections::BTreeMap;

use super::Address;

/// One commit, as a plan names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Its full id.
    pub id: String,
    /// Who wrote it.
    pub author: String,
    /// The first line of its message.
    pub summary: String,
}

impl Commit {
    /// The first seven characters of its id.
    #[must_use]
    pub fn short(&self) -> &str {
        self.id.get(..7).unwrap_or(&self.id)
    }
}

/// Which commit last changed and which removed what a workspace declares. Resources are named by the
/// keys that portals know them by.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// The commit that removed a resource, for those that HEAD no longer declares.
    pub removed: BTreeMap<Address, Commit>,
    /// The commit that last changed a declaration, for those that HEAD declares.
    pub changed: BTreeMap<Address, Commit>,
}
