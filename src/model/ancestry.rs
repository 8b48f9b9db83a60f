//! *Ancestry* is what the ancestors of HEAD declared, as far as a plan asks: the answers that a history
//! gives about objects that are declared no more and about fields that differ.

use super::{Address, Commit, Fields};
use std::collections::BTreeMap;

/// What earlier commits declared.
#[derive(Clone, Debug, Default)]
pub struct Ancestry {
    /// Resources that an ancestor declares and HEAD doesn't, by the key that the portal knows them by.
    pub removed: BTreeMap<Address, Removed>,
    /// The commit that introduced HEAD's declaration of a resource.
    pub changed: BTreeMap<Address, Commit>,
    /// The distinct declarations that ancestors hold of a resource and of its predecessors, the newest
    /// first. Read only where the commit that was last applied is unknown.
    pub versions: BTreeMap<Address, Vec<Version>>,
    /// The addresses that a resource had before: what `previously` says, followed from commit to commit
    /// in both directions, so that a reverted rename counts too. The newest comes first.
    pub predecessors: BTreeMap<Address, Vec<Address>>,
    /// Why there may be more that isn't known; nothing if every commit could be read.
    pub incomplete: Option<Gap>,
}

/// A declaration that was removed.
#[derive(Clone, Debug)]
pub struct Removed {
    /// The commit that removed it.
    pub commit: Option<Commit>,
    /// What was declared last, templates expanded.
    pub last: Fields,
}

/// One declaration of a resource in an earlier commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// The address that it had there.
    pub address: Address,
    /// What was declared, templates expanded.
    pub fields: Fields,
}

/// A part of the history that can't be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// What is missing, in one clause without a full stop.
    pub reason: String,
    /// The next step, in one sentence.
    pub help: String,
}

impl Gap {
    /// A gap with its remedy.
    pub fn new(reason: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            help: help.into(),
        }
    }
}
