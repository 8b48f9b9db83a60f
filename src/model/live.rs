//! *Live* is what a portal answered: every object that it holds, whether or not every page of it
//! came back whole, and how many requests that took.

use super::{Account, Address, Fields, Kind, LoginState, Name, ShownSecret};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a portal holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Live {
    /// The listing of each kind that was read.
    pub listings: BTreeMap<Kind, Listing>,
    /// What is of no kind, and refers to objects that are.
    pub referrers: Vec<Referrer>,
    /// What the portal tells of its account and of the credentials, if it does.
    pub account: Option<Account>,
    /// What reading cost.
    pub requests: Requests,
    /// How many objects of each kind were not looked at, where only some were asked for.
    pub unread: BTreeMap<Kind, u64>,
}

/// Every object of one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// The objects by the key that the portal knows them by.
    pub objects: BTreeMap<Box<str>, LiveObject>,
    /// Whether it lists everything.
    pub extent: Extent,
}

impl Listing {
    /// Why it may lack objects that it should list.
    #[must_use]
    pub fn doubt(&self) -> Option<&str> {
        match &self.extent {
            Extent::Doubtful(reason) => Some(reason),
            Extent::Whole | Extent::Asked => None,
        }
    }
}

/// How much of a kind a listing shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Extent {
    /// Every object: every page came back whole.
    #[default]
    Whole,
    /// The objects that were asked for by key, of a kind that can't be listed. That another object isn't
    /// here proves nothing.
    Asked,
    /// It may lack objects, for a reason. Only a listing without doubt can justify a delete (law 2).
    Doubtful(String),
}

/// Whether an object can be managed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// It can be declared and imported.
    #[default]
    Manageable,
    /// The portal made it for itself; it is never changed.
    BuiltIn,
    /// No field can describe it, for a reason that completes "it …": it is never changed, declared or
    /// imported.
    Unsupported(Box<str>),
}

impl Standing {
    /// Whether it can be declared and imported.
    #[must_use]
    pub fn is_manageable(&self) -> bool {
        *self == Self::Manageable
    }
}

/// A field whose new value waits for something outside of the portal, such as a person's confirmation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Waiting {
    /// The field.
    pub path: Box<[Name]>,
    /// What it waits for, as the end of a sentence: \`ann@acme.example\` to be confirmed.
    pub waits_for: Box<str>,
}

/// One object of a portal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LiveObject {
    /// The portal's own name for it, which never changes.
    pub id: Box<str>,
    /// The version that was read; a write that names it fails if the object has changed since.
    pub etag: Option<Box<str>>,
    /// Whether it can be managed.
    pub standing: Standing,
    /// How many voicemail messages would be lost with it.
    pub messages: u32,
    /// How far a user's login is, where the portal tells.
    pub login: Option<LoginState>,
    /// What it holds: canonical, without defaults.
    pub fields: Fields,
    /// What it refers to besides in its fields.
    pub mentions: Box<[Mention]>,
    /// The fields that don't hold what was written yet, because something else must happen first. A
    /// difference in them is none, and isn't written again.
    pub waiting: Box<[Waiting]>,
    /// What the portal shows of secrets, where it does.
    pub shown: Box<[ShownSecret]>,
}

/// Something that a portal holds beside all kinds, such as a directory or a schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Referrer {
    /// What it is, in the portal's words.
    pub what: String,
    /// What it refers to.
    pub mentions: Box<[Mention]>,
}

/// That one object refers to another in a way that no field can say.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mention {
    /// Who is referred to, by the key that the portal knows it by.
    pub address: Address,
    /// Where, in the portal's words.
    pub place: Box<str>,
}

/// Requests that were made, and the minimum possible.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Requests {
    /// Number of requests made, including retries.
    pub made: u64,
    /// Minimum number of requests.
    pub minimum: u64,
}

impl Live {
    /// An object by its kind and the key that the portal knows it by.
    #[must_use]
    pub fn get(&self, kind: Kind, key: &str) -> Option<&LiveObject> {
        self.listings.get(&kind)?.objects.get(key)
    }

    /// Every object of one kind, in order of key.
    pub fn of_kind(&self, kind: Kind) -> impl Iterator<Item = (&str, &LiveObject)> {
        let objects = self
            .listings
            .get(&kind)
            .map(|listing| listing.objects.iter());
        objects
            .into_iter()
            .flatten()
            .map(|(key, object)| (&**key, object))
    }
}
