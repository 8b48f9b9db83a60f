//! A *portal* is a live phone system, behind one trait: what it can hold, read it, write one
//! operation.
//!
//! An adapter holds its wire types and their conversion, and nothing of them leaks out. It knows
//! nothing of ownership, waivers or protection: those live in the engine (law 6). To add a portal, add
//! its folder and a line in `open`.

mod about;
mod capability;
pub mod http;
mod kazoo;
mod open;
mod redact;
mod remedy;
mod sandbox;
#[cfg(test)]
mod stage;

pub use crate::model::Change;
pub use about::{About, Mapped};
pub use capability::{Capabilities, Declared, KindCapability, Limit};
pub use open::{Credentials, Location, Target, about, capabilities, mapping, open};
pub use redact::Redactor;
pub use remedy::with_remedy;

use crate::model::{Address, Fields, Kind, Live, Name, State};
use async_trait::async_trait;
use secrecy::SecretString;
use std::collections::{BTreeMap, BTreeSet};

/// A live phone system.
#[async_trait]
pub trait Portal: Send + Sync {
    /// What it can hold.
    fn capabilities(&self) -> &Capabilities;

    /// Reads every object of `kinds`. A page that fails fails the whole; a listing that came back but
    /// doesn't add up is marked [`incomplete`](crate::model::Listing::incomplete).
    ///
    /// # Errors
    /// The portal can't be reached, refuses, or answers what can't be understood.
    async fn read(&self, kinds: &BTreeSet<Kind>, progress: &dyn Progress) -> Result<Live, Error>;

    /// Whether [`read`](Self::read) tells all of every object. Where lists are summaries it doesn't, and
    /// [`complete`](Self::complete) tells the rest.
    fn tells_all(&self) -> bool {
        true
    }

    /// Reads what lists didn't tell of the objects that are wanted, and no others, and brings `live`
    /// up to date. A portal whose lists tell all has nothing to do.
    ///
    /// # Errors
    /// As those of reading.
    async fn complete(
        &self,
        live: &mut Live,
        wanted: Wanted<'_>,
        progress: &dyn Progress,
    ) -> Result<(), Error> {
        let _nothing_is_left = (live, wanted, progress);
        Ok(())
    }

    /// Looks at the portal as a doctor would: whether it is there, what it is, what the credentials may
    /// do, and what is missing.
    ///
    /// # Errors
    /// It can't be reached, or doesn't let us in.
    async fn examine(&self) -> Result<Vec<Symptom>, Error> {
        let kinds = self.capabilities().kinds.keys().copied().collect();
        let live = self.read(&kinds, &()).await?;
        let listings = live.listings.iter().map(|(kind, listing)| Symptom {
            what: kind.name().to_owned(),
            is_well: listing.incomplete.is_none(),
            told: match &listing.incomplete {
                None => format!("{} can be read", listing.objects.len()),
                Some(reason) => format!("can't be read whole: {reason}"),
            },
        });
        Ok(listings.collect())
    }

    /// Makes one change: one write on the wire where an object is one document there. After an ambiguous
    /// answer the portal is asked what became of it before anything is sent again, and a change that was
    /// cut off is finished by making it again.
    ///
    /// # Errors
    /// Says whether the change may have been made: [`Error::may_be_done`].
    async fn write(&self, write: &Write<'_>) -> Result<Written, Error>;

    /// How many requests were made so far, retries included.
    fn requests(&self) -> u64;
}

/// Of which objects more is to be read than lists tell.
#[derive(Clone, Copy, Debug)]
pub enum Wanted<'a> {
    /// What these states declare, and of that the fields that they declare.
    Declared(&'a [&'a State]),
    /// What guards must know before something goes: all that refers to others, who is inactive, and
    /// everything of the objects at these addresses.
    Evidence(&'a [Address]),
    /// What a list of one kind shows: of users who is inactive, and of a kind that is only read where
    /// somebody wants it its objects.
    Listed(Kind),
    /// Everything.
    Everything,
}

/// One thing that a doctor found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symptom {
    /// What was looked at.
    pub what: String,
    /// Whether it is as it should be.
    pub is_well: bool,
    /// What was found, and what to do about it.
    pub told: String,
}

/// Told how a read comes along: objects seen, and how many there will be as far as is known.
pub trait Progress: Send + Sync {
    /// `seen` more objects of `kind`, of `total` in all.
    fn seen(&self, kind: Kind, seen: u64, total: Option<u64>);
}

/// Nobody watches.
impl Progress for () {
    fn seen(&self, _: Kind, _: u64, _: Option<u64>) {}
}

/// One change to one object.
#[derive(Clone, Copy, Debug)]
pub struct Write<'a> {
    /// The resource, by the key that it will have.
    pub address: &'a Address,
    /// What is done to it.
    pub verb: Verb<'a>,
    /// What it will hold: all of it, without defaults. Empty for a delete.
    pub target: &'a Fields,
    /// What changes, each field by its path; for a create, all that it will hold.
    pub changes: &'a [Change],
    /// The secrets that the target refers to, by path.
    pub secrets: &'a BTreeMap<Vec<Name>, SecretString>,
}

/// What is done to an object.
#[derive(Clone, Copy, Debug)]
pub enum Verb<'a> {
    /// It doesn't exist yet.
    Create,
    /// It exists and changes; also its key, if `key` differs from that of the address.
    Update(ObjectRef<'a>),
    /// It is removed.
    Delete(ObjectRef<'a>),
}

/// An object that was read.
#[derive(Clone, Copy, Debug)]
pub struct ObjectRef<'a> {
    /// The portal's own name for it.
    pub id: &'a str,
    /// The key that it has now.
    pub key: &'a str,
    /// The version that the change was planned against.
    pub etag: Option<&'a str>,
}

/// What a write left behind.
#[derive(Clone, Debug, Default)]
pub struct Written {
    /// The portal's own name for the object.
    pub id: Box<str>,
    /// Its version now.
    pub etag: Option<Box<str>>,
}

/// What went wrong between us and a portal. No variant holds a secret, and whatever a portal said is
/// cut to a length that can be shown.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No connection came about, so nothing was done.
    #[error("{url} can't be reached: {reason}")]
    Unreachable {
        /// The address.
        url: String,
        /// Why.
        reason: String,
    },
    /// The portal doesn't accept the credentials.
    #[error("{url} doesn't accept the credentials (401); check `portal.credentials`")]
    Unauthorized {
        /// The address.
        url: String,
    },
    /// The credentials don't allow it.
    #[error("the credentials don't allow {what} (403){detail}")]
    Forbidden {
        /// What was asked.
        what: String,
        /// What the portal said, with a separator before it.
        detail: String,
    },
    /// The portal refused the change, field by field where it said so; nothing was done.
    #[error("the portal refused: {detail}{}", list_problems(.problems))]
    Refused {
        /// The status, as HTTP counts.
        status: u16,
        /// What the portal said.
        detail: String,
        /// What is wrong with which field.
        problems: Vec<Problem>,
    },
    /// Somebody changed the object since it was read; nothing was done.
    #[error("{what} was changed by somebody else since it was read; plan again")]
    Stale {
        /// The object.
        what: String,
    },
    /// The portal is overloaded or out of order; nothing was done.
    #[error("the portal is not ready ({status}) after {attempts} attempts")]
    NotReady {
        /// The status, as HTTP counts.
        status: u16,
        /// How often it was tried.
        attempts: u32,
    },
    /// The answer is not what the portal's contract says.
    #[error("the answer to {what} can't be understood: {reason}")]
    Unreadable {
        /// What was asked.
        what: String,
        /// Why.
        reason: String,
    },
    /// The change was sent, and nobody knows what became of it.
    #[error("{what} was sent, and what became of it is not known: {reason}")]
    Unknown {
        /// What was asked.
        what: String,
        /// Why.
        reason: String,
    },
}

/// What is wrong with one field, as a portal says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The field.
    pub field: String,
    /// What is wrong.
    pub message: String,
}

fn list_problems(problems: &[Problem]) -> String {
    problems.iter().fold(String::new(), |list, problem| {
        format!("{list}; {}: {}", problem.field, problem.message)
    })
}

impl Error {
    /// Whether the change may have been made all the same.
    #[must_use]
    pub fn may_be_done(&self) -> bool {
        matches!(self, Self::Unknown { .. })
    }
}
