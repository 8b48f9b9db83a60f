//! A *portal* is a live phone system behind one trait: report its capabilities, read its objects, write
//! one change.
//!
//! An adapter keeps its wire types and conversions private. It knows nothing about ownership, waivers or
//! protection, which belong to the engine (law 6). To add a portal, add a folder here and a row in
//! `portals`; `docs/adding-a-portal.md` describes the steps.

#[cfg(test)]
mod acme;
mod action;
mod check;
mod description;
mod error;
#[cfg(test)]
mod fake_server;
mod hint;
pub mod http;
mod ivy;
mod kazoo;
mod limit;
mod netsapiens;
mod open;
mod redact;
mod registry;
pub mod rest;
mod sandbox;
mod scim;

pub use crate::model::{
    Capabilities, Change, Declaration, Identity, KindCapability, Limit, Removal, SecretPlace,
};
pub use action::{Act, Acted, Task};
pub use check::Check;
pub use description::{Description, FieldMapping};
pub use error::{Error, Problem};
pub use hint::with_hint;
pub use open::{Credentials, Location, OauthClient, Target, open};
pub use redact::Redactor;
pub use registry::{Adapter, CredentialKind, Example, adapter, capabilities};

use crate::model::{Address, Fields, Kind, Live, Message, Name, State};
use async_trait::async_trait;
use secrecy::SecretString;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// A live phone system.
#[async_trait]
pub trait Portal: Send + Sync {
    /// What the portal supports, as far as it is known by now: what a read finds out is in here
    /// afterwards.
    fn capabilities(&self) -> Arc<Capabilities>;

    /// Reads every object of `kinds`. If one page can't be read, the whole read fails. A listing whose
    /// pages are inconsistent is marked [`Doubtful`](crate::model::Extent::Doubtful).
    ///
    /// # Errors
    /// The portal can't be reached, refuses the request, or sends an answer that can't be parsed.
    async fn read(&self, kinds: &BTreeSet<Kind>, progress: &dyn Progress) -> Result<Live, Error>;

    /// Reads only these objects, by the keys that the portal knows them by, if it can look them up with fewer requests
    /// than listing all of `kinds` takes. Their listings are [`Asked`](crate::model::Extent::Asked), and what was not
    /// looked at is counted in [`Live::unread`]. The default reads everything.
    ///
    /// # Errors
    /// The same as for [`read`](Self::read).
    async fn read_selected(
        &self,
        kinds: &BTreeSet<Kind>,
        selected: &BTreeSet<Address>,
        progress: &dyn Progress,
    ) -> Result<Live, Error> {
        let _unused = selected;
        self.read(kinds, progress).await
    }

    /// Whether the lists that [`read`](Self::read) fetches contain every field. If they are only
    /// summaries, [`read_details`](Self::read_details) fetches the remaining fields.
    fn lists_are_full(&self) -> bool {
        true
    }

    /// Reads the fields that lists omit, for the selected objects only, and updates `live`. The default
    /// does nothing, for portals with full lists.
    ///
    /// # Errors
    /// The same as for [`read`](Self::read).
    async fn read_details(
        &self,
        live: &mut Live,
        details: Details<'_>,
        progress: &dyn Progress,
    ) -> Result<(), Error> {
        let _unused = (live, details, progress);
        Ok(())
    }

    /// Checks the connection, the portal's version, the permissions of the credentials, and the modules
    /// that the adapter needs. Writes nothing.
    ///
    /// # Errors
    /// The portal can't be reached or rejects the credentials.
    async fn diagnose(&self) -> Result<Vec<Check>, Error> {
        check::lists(self).await
    }

    /// Applies one change: a single write request if the object is one document on the portal. After an
    /// ambiguous answer the adapter reads the object before it sends anything again. Repeating an
    /// interrupted write completes it.
    ///
    /// # Errors
    /// [`Error::may_be_done`] says whether the change may have been applied despite the error.
    async fn write(&self, write: &Write<'_>) -> Result<Written, Error>;

    /// Finishes what was written: a portal that brings changes to its phones only when it is told to is
    /// told so here. Called once at the end of an apply that wrote something.
    ///
    /// # Errors
    /// The portal can't be reached or refuses the request. What was written stays written.
    async fn settle(&self, written: &[&Address]) -> Result<Vec<Check>, Error> {
        let _unused = written;
        Ok(Vec::new())
    }

    /// Whether the portal has a place for the records of what was applied. Credentials that may not read
    /// that place have none; this is known after [`record`](Self::record).
    fn keeps_records(&self) -> bool {
        false
    }

    /// Reads the record of a workspace with one request; nothing if there is none, or no place for it.
    ///
    /// # Errors
    /// The same as for [`read`](Self::read).
    async fn record(&self, workspace: &str) -> Result<Option<String>, Error> {
        let _unused = workspace;
        Ok(None)
    }

    /// Writes the record of a workspace in place of an earlier one.
    ///
    /// # Errors
    /// The portal can't be reached, refuses the request, or has no place for records.
    async fn set_record(&self, workspace: &str, record: &str) -> Result<(), Error> {
        let _unused = (workspace, record);
        Err(Error::unreadable(
            "the record of what was applied",
            "the portal has no place for it",
        ))
    }

    /// Lists the voicemail messages of a user, the oldest first, by the user's address on the portal and the
    /// portal's ID of the user. Nothing if the portal doesn't list messages. Their sounds are never read.
    ///
    /// # Errors
    /// The same as for [`read`](Self::read).
    async fn messages(&self, user: &Address, id: &str) -> Result<Option<Vec<Message>>, Error> {
        let _unused = (user, id);
        Ok(None)
    }

    /// Checks whether an action would be refused, as far as the portal can tell. Nothing is done.
    ///
    /// # Errors
    /// It would be refused, or the portal can't be asked.
    async fn check_action(&self, act: &Act<'_>) -> Result<(), Error> {
        let _unused = act;
        Ok(())
    }

    /// Does one of the actions in the portal's [`capabilities`](Self::capabilities) for one object, with one request
    /// that is never repeated.
    ///
    /// # Errors
    /// [`Error::may_be_done`] says whether it may have been done despite the error.
    async fn act(&self, act: &Act<'_>) -> Result<Acted, Error> {
        let reason = format!("it has no action `{}`", act.task.action());
        Err(Error::misconfigured("portal.kind", reason))
    }

    /// The number of requests sent so far, including retries.
    fn requests(&self) -> u64;

    /// The number of requests that may be in progress at once.
    fn concurrency(&self) -> usize {
        http::RateLimit::default().concurrency
    }
}

/// Selects the objects whose details are read in addition to the lists.
#[derive(Clone, Copy, Debug)]
pub enum Details<'a> {
    /// The declared fields of the resources in these states.
    Declared(&'a [&'a State]),
    /// What the guards check before a deletion: all references, the inactive users, and every field of
    /// the objects at these addresses.
    Evidence(&'a [Address]),
    /// What the listing of one kind shows: for users, which of them are inactive; for a kind that is
    /// only read on request, its objects.
    Listed(Kind),
    /// Every field of every object.
    Everything,
}

/// Receives the progress of a read.
pub trait Progress: Send + Sync {
    /// Reports `seen` more objects of `kind`, out of `total` if the total is known.
    fn seen(&self, kind: Kind, seen: u64, total: Option<u64>);
}

/// Ignores progress.
impl Progress for () {
    fn seen(&self, _: Kind, _: u64, _: Option<u64>) {}
}

/// One change to one object.
#[derive(Clone, Copy, Debug)]
pub struct Write<'a> {
    /// The resource, by the key that it has after the change.
    pub address: &'a Address,
    /// The operation.
    pub verb: Verb<'a>,
    /// All fields after the change, without defaults. Empty for a delete.
    pub target: &'a Fields,
    /// The changed fields by path. For a create, all fields of `target`.
    pub changes: &'a [Change],
    /// The secrets that `target` refers to, by path.
    pub secrets: &'a BTreeMap<Vec<Name>, SecretString>,
    /// The sound of the greeting of which the digest changes.
    pub greeting: Option<&'a [u8]>,
}

impl Write<'_> {
    /// The change in messages: `the create of users/ada`.
    #[must_use]
    pub fn what(&self) -> String {
        let verb = match self.verb {
            Verb::Create => "create",
            Verb::Update(_) => "update",
            Verb::Delete(_) => "delete",
        };
        format!("the {verb} of {}", self.address)
    }

    /// The error if the object has changed since it was read.
    #[must_use]
    pub fn stale(&self) -> Error {
        Error::Stale {
            what: self.address.to_string(),
        }
    }
}

/// The operation on an object.
#[derive(Clone, Copy, Debug)]
pub enum Verb<'a> {
    /// Creates the object.
    Create,
    /// Changes the object, and also its key if `key` differs from the key of the address.
    Update(ObjectRef<'a>),
    /// Deletes the object.
    Delete(ObjectRef<'a>),
}

/// Identifies an object that was read.
#[derive(Clone, Copy, Debug)]
pub struct ObjectRef<'a> {
    /// The portal's ID of the object.
    pub id: &'a str,
    /// The current key.
    pub key: &'a str,
    /// The version that the change was planned against.
    pub etag: Option<&'a str>,
}

/// The result of a write.
#[derive(Clone, Debug, Default)]
pub struct Written {
    /// The portal's ID of the object.
    pub id: Box<str>,
    /// The object's new version.
    pub etag: Option<Box<str>>,
}
