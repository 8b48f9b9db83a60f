//! The *model* defines the people of a phone system as types: users, scopes, groups, instances, templates,
//! extensions, phone numbers and contacts.
//!
//! Each field is defined once, in one of these types: its doc comment is the reference for users, its type
//! the valid values, and its attributes the default, uniqueness and secrecy. [`Shape`] is derived from the
//! types; the JSON Schemas, the diff, the order of writes, the sandbox and the docs use the shape. A new kind
//! is a type in its own file and a line in [`Kind`].

mod ancestry;
mod capability;
mod commit;
mod contact;
pub mod encoding;
mod extension;
mod finding;
mod group;
mod identity;
mod instance;
pub mod json;
mod live;
mod number;
mod record;
mod scope;
mod secret;
mod shape;
mod state;
mod suggestion;
mod template;
pub mod text;
mod user;
mod value;

pub use ancestry::{Ancestry, Gap, Removed, Version};
pub use capability::{
    Capabilities, Declaration, Identity, KindCapability, Limit, Removal, SecretPlace,
};
pub use commit::Commit;
pub use contact::Contact;
pub use extension::{
    AutoAttendant, CallQueue, Conference, Extension, Fax, Forward, QueueStrategy, RingGroup,
    RingStrategy,
};
pub use finding::FindingRule;
pub use group::Group;
pub use identity::PortalIdentity;
pub use instance::Instance;
pub use live::{Extent, Listing, Live, LiveObject, Mention, Referrer, Requests, Standing, Waiting};
pub use number::Number;
pub use record::{Record, SentSecrets};
pub use scope::{BUILT_IN_SCOPES, BuiltInScope, Scope};
pub use secret::SecretRef;
pub use shape::{Claim, Field, ListOrder, Shape};
pub use state::{Origin, Resource, State};
pub use template::{Attribute, Template, TemplateUser};
pub use user::{
    AnsweringAction, AnsweringRule, Directory, DirectoryMatch, Features, Forwarding, Greeting,
    Phone, Seat, User, Voicemail,
};
pub use value::{Change, Fields, Name, Secret, SecretOrigin, Value};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// The kind of a resource, in order of dependency: apart from call destinations, a kind refers only to
/// itself and to earlier kinds.
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
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub enum Kind {
    /// Permission levels.
    Scopes,
    /// Groups of users.
    Groups,
    /// Instances of the phone system that users are allocated to.
    Instances,
    /// Templates of users.
    Templates,
    /// People.
    Users,
    /// Internal numbers that aren't people.
    Extensions,
    /// Phone numbers of the account.
    Numbers,
    /// Entries of the shared address book.
    Contacts,
}

impl Kind {
    /// All kinds, in order of dependency.
    pub const ALL: [Self; 8] = [
        Self::Scopes,
        Self::Groups,
        Self::Instances,
        Self::Templates,
        Self::Users,
        Self::Extensions,
        Self::Numbers,
        Self::Contacts,
    ];

    /// The name in YAML, in addresses and in the sandbox's paths.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scopes => "scopes",
            Self::Groups => "groups",
            Self::Instances => "instances",
            Self::Templates => "templates",
            Self::Users => "users",
            Self::Extensions => "extensions",
            Self::Numbers => "numbers",
            Self::Contacts => "contacts",
        }
    }

    /// The singular noun.
    #[must_use]
    pub const fn singular(self) -> &'static str {
        match self {
            Self::Scopes => "scope",
            Self::Groups => "group",
            Self::Instances => "instance",
            Self::Templates => "template",
            Self::Users => "user",
            Self::Extensions => "extension",
            Self::Numbers => "number",
            Self::Contacts => "contact",
        }
    }

    /// The field that contains the key in the sandbox's API, and that stands for the key in a capability.
    #[must_use]
    pub const fn key_field(self) -> &'static str {
        match self {
            Self::Users => "username",
            Self::Extensions | Self::Numbers => "number",
            // What the phone shows is a contact's `name`.
            Self::Contacts => "key",
            Self::Scopes | Self::Groups | Self::Instances | Self::Templates => "name",
        }
    }

    /// Whether other resources can refer to this kind.
    #[must_use]
    pub fn is_referred_to(self) -> bool {
        let mut formats = text::FORMATS.iter();
        formats.any(|format| format.refers_to.contains(&self))
    }

    /// The format of keys.
    #[must_use]
    pub const fn key_format(self) -> &'static text::Format {
        match self {
            Self::Scopes => &text::ScopeKey::FORMAT,
            Self::Groups => &text::GroupKey::FORMAT,
            Self::Instances => &text::InstanceKey::FORMAT,
            Self::Templates => &text::TemplateKey::FORMAT,
            Self::Users => &text::UserKey::FORMAT,
            Self::Extensions => &text::ExtensionKey::FORMAT,
            Self::Numbers => &text::E164::FORMAT,
            Self::Contacts => &text::ContactKey::FORMAT,
        }
    }

    /// The shape of a resource of this kind.
    #[must_use]
    pub fn shape(self) -> &'static Shape {
        shape::of(self)
    }

    /// The schema of the kind's type, with the `x-` keywords for [`Shape`].
    #[must_use]
    pub fn schema(self, generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        match self {
            Self::Scopes => generator.subschema_for::<Scope>(),
            Self::Groups => generator.subschema_for::<Group>(),
            Self::Instances => generator.subschema_for::<Instance>(),
            Self::Templates => generator.subschema_for::<Template>(),
            Self::Users => generator.subschema_for::<User>(),
            Self::Extensions => generator.subschema_for::<Extension>(),
            Self::Numbers => generator.subschema_for::<Number>(),
            Self::Contacts => generator.subschema_for::<Contact>(),
        }
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
    fn nothing_refers_to_numbers_and_contacts() {
        let others: Vec<Kind> = Kind::ALL
            .into_iter()
            .filter(|kind| !kind.is_referred_to())
            .collect();
        assert_eq!(others, [Kind::Numbers, Kind::Contacts]);
    }
}
