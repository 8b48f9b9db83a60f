//! The *model* defines the people of a phone system as types: users, scopes, groups, instances, locations,
//! schedules, templates, extensions, phone numbers and contacts.
//!
//! Each field is defined once, in one of these types: its doc comment is the reference for users, its type
//! the valid values, and its attributes the default, uniqueness and secrecy. [`Shape`] is derived from the
//! types; the JSON Schemas, the diff, the order of writes, the sandbox and the docs use the shape. A new kind
//! is a type in its own file and a row in the table of kinds.

mod account;
mod action;
mod ancestry;
mod capability;
mod commit;
mod contact;
pub mod encoding;
mod extension;
mod feature;
mod finding;
mod group;
mod identity;
mod instance;
pub mod json;
mod lifecycle;
mod live;
mod location;
mod number;
mod person;
mod record;
mod schedule;
mod scope;
mod secret;
mod shape;
mod shown;
mod state;
mod suggestion;
mod template;
pub mod text;
mod user;
mod value;

pub use account::{Account, Licences};
pub use action::{Kept, NO_ACTIONS, PortalAction};
pub use ancestry::{Ancestry, Gap, Removed, Version};
pub use capability::{
    Accepts, Capabilities, Condition, Declaration, Identity, KindCapability, Limit, Removal,
    Requirement, SecretPlace,
};
pub use commit::Commit;
pub use contact::Contact;
pub use extension::{
    AutoAttendant, CallQueue, CommonAreaPhone, Conference, Extension, Fax, Forward, QueueStrategy,
    RingGroup, RingStrategy,
};
pub use feature::{FeatureSet, Features, TYPED_FEATURES};
pub use finding::FindingRule;
pub use group::Group;
pub use identity::PortalIdentity;
pub use instance::Instance;
pub use lifecycle::{Derived, Leaver, Lifecycle};
pub use live::{Extent, Listing, Live, LiveObject, Mention, Referrer, Requests, Standing, Waiting};
pub use location::{Emergency, Location};
pub use number::{Number, NumberState};
pub use person::{LoginState, Message};
pub use record::{Record, SentSecrets};
pub use schedule::{Schedule, TimeRange, Weekday};
pub use scope::{NO_SCOPES, PortalScope, Scope, Scopes};
pub use secret::SecretRef;
pub use shape::{Claim, Field, ListOrder, Shape};
pub use shown::{ShownSecret, compare_secrets};
pub use state::{Origin, Resource, State};
pub use template::{Attribute, Template, TemplateUser};
pub use user::{
    AnsweringAction, AnsweringRule, Directory, DirectoryMatch, Forwarding, Greeting, Phone, Seat,
    User, Voicemail, VoicemailDelivery,
};
pub use value::{Change, Fields, Name, Secret, SecretOrigin, Value};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Declares the kinds: meaning, name in code and in YAML, singular, the field of the key, the type of the key,
/// and the type.
macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $kind:ident = $name:literal, $singular:literal, $field:literal: $key:ident, $type:ident;)*) => {
        /// The kind of a resource, in order of dependency: apart from call destinations and phone numbers, a kind
        /// refers only to itself and to earlier kinds.
        #[derive(
            Clone,
            Copy,
            Debug,
            PartialEq,
            Eq,
            PartialOrd,
            Ord,
            Serialize,
            Deserialize,
            JsonSchema,
            clap::ValueEnum,
        )]
        pub enum Kind {
            $($(#[doc = $doc])+ #[serde(rename = $name)] #[value(name = $name)] $kind,)*
        }

        impl Kind {
            /// All kinds, in order of dependency.
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$kind),*];

            /// The name in YAML, in addresses and in the sandbox's paths.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$kind => $name),* }
            }

            /// The singular noun.
            #[must_use]
            pub const fn singular(self) -> &'static str {
                match self { $(Self::$kind => $singular),* }
            }

            /// The field that contains the key in the sandbox's API, and that stands for the key in a
            /// capability.
            #[must_use]
            pub const fn key_field(self) -> &'static str {
                match self { $(Self::$kind => $field),* }
            }

            /// The format of keys.
            #[must_use]
            pub const fn key_format(self) -> &'static text::Format {
                match self { $(Self::$kind => &text::$key::FORMAT),* }
            }

            /// The schema of the kind's type, with the `x-` keywords for [`Shape`].
            #[must_use]
            pub fn schema(self, generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                match self { $(Self::$kind => generator.subschema_for::<$type>()),* }
            }
        }
    };
}

kinds! {
    /// Permission levels.
    Scopes = "scopes", "scope", "name": ScopeKey, Scope;
    /// Groups of users.
    Groups = "groups", "group", "name": GroupKey, Group;
    /// Instances of the phone system that users are allocated to.
    Instances = "instances", "instance", "name": InstanceKey, Instance;
    /// Places of phones, for emergency calls.
    Locations = "locations", "location", "name": LocationKey, Location;
    /// Times at which answering rules apply.
    Schedules = "schedules", "schedule", "name": ScheduleKey, Schedule;
    /// Templates of users.
    Templates = "templates", "template", "name": TemplateKey, Template;
    /// People.
    Users = "users", "user", "username": UserKey, User;
    /// Internal numbers that aren't people.
    Extensions = "extensions", "extension", "number": ExtensionKey, Extension;
    /// Phone numbers of the account.
    Numbers = "numbers", "number", "number": E164, Number;
    /// Entries of the shared address book.
    Contacts = "contacts", "contact", "key": ContactKey, Contact;
}

impl Kind {
    /// Whether other resources can refer to this kind.
    #[must_use]
    pub fn is_referred_to(self) -> bool {
        let mut formats = text::FORMATS.iter();
        formats.any(|format| format.refers_to.contains(&self))
    }

    /// The shape of a resource of this kind.
    #[must_use]
    pub fn shape(self) -> &'static Shape {
        shape::of(self)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Kind {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name() == text)
            .ok_or_else(|| {
                let names = Self::ALL.map(Self::name).join(", ");
                format!("`{text}` is not a kind; the kinds are {names}")
            })
    }
}

/// The identity of a resource: its kind and its key, written `users/alice`. It doesn't depend on the file,
/// the position or the workspace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address {
    /// The kind.
    pub kind: Kind,
    /// The key.
    pub key: Box<str>,
}

impl Address {
    /// Creates an address.
    pub fn new(kind: Kind, key: impl Into<Box<str>>) -> Self {
        Self {
            kind,
            key: key.into(),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind, self.key)
    }
}

impl FromStr for Address {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('/') {
            Some((kind, key)) if !key.is_empty() => Ok(Self::new(kind.parse()?, key)),
            _ => Err(format!(
                "`{text}` is not an address; write a kind and a key: users/alice"
            )),
        }
    }
}

impl Serialize for Address {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Address {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Address".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let kinds = Kind::ALL.map(Kind::name).join("|");
        schemars::json_schema!({
            "type": "string",
            "description": "Kind and key of one resource.",
            "patternErrorMessage": "Write a kind and a key, such as users/alice.",
            "pattern": format!("^({kinds})/.+$"),
            "examples": ["users/alice"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Kind;

    #[test]
    fn nothing_refers_to_contacts() {
        let others: Vec<Kind> = Kind::ALL
            .into_iter()
            .filter(|kind| !kind.is_referred_to())
            .collect();
        assert_eq!(others, [Kind::Contacts]);
    }
}
