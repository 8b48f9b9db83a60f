//! An *account* is what a portal tells of itself beside its objects: what the credentials may change, and how
//! many licences there are.

use super::Kind;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What a portal tells of the account and the credentials. What it doesn't tell is unlimited.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The user of the credentials; none for a token of the portal's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The kinds that the credentials may change; all of them if it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub writes: Option<BTreeSet<Kind>>,
    /// The built-in scopes that the credentials may give to a user; all of them if it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grants: Option<BTreeSet<String>>,
    /// The licences, by what a user takes one of.
    #[serde(default)]
    pub licences: BTreeMap<String, Licences>,
}

impl Account {
    /// Whether the credentials are a token for reading, with which plans are made and nothing is applied.
    #[must_use]
    pub fn is_reader(&self) -> bool {
        self.user.is_none() && self.writes.as_ref().is_some_and(BTreeSet::is_empty)
    }
}

/// The licences of one type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Licences {
    /// How many there are.
    pub of: u64,
    /// How many are in use.
    pub used: u64,
}

impl Licences {
    /// How many are free.
    #[must_use]
    pub fn free(self) -> u64 {
        self.of.saturating_sub(self.used)
    }
}
