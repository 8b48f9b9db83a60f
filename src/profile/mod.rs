//! A *profile* is what one phone system supports, requires and does, as data: one YAML file for each system
//! in this folder, in one vocabulary, which `schema/profile.schema.json` publishes.
//!
//! A profile becomes [`Capabilities`]. The sandbox can behave like any of the
//! systems that [`ProfileName`] lists; each portal with an adapter has a profile of its own.

mod kind;
mod limit;
#[cfg(test)]
mod tests;

pub use kind::{KindProfile, LimitProfile};

use crate::model::{
    Capabilities, Kind, PortalAction, Removal, Scopes, Shape,
    text::{Email, Extension, Format},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::OnceLock,
};

/// What one phone system supports, requires and does.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// The name in `portal.profile`, or of the portal.
    #[serde(skip)]
    pub name: &'static str,
    /// The place in the list of profiles.
    #[serde(skip)]
    pub index: usize,
    /// The shapes of the kinds, without what the system doesn't support.
    #[serde(skip)]
    shapes: OnceLock<BTreeMap<Kind, Shape>>,
    /// What the system supports.
    #[serde(skip)]
    capabilities: OnceLock<Capabilities>,
    /// Name of the system.
    pub title: String,
    /// Field of a user that the system knows the user by.
    #[serde(default)]
    pub users_by: UsersBy,
    /// Permission levels of the system, by name. Unless `kinds` contains `scopes`, there are no others. Without any, the
    /// system has no levels, or they aren't known.
    #[serde(default)]
    pub scopes: Scopes,
    /// Further permissions that the system knows, besides those of its scopes.
    #[serde(default)]
    pub permissions: BTreeSet<String>,
    /// Phone models of the system's catalogue. Another model is a warning. Without any, the catalogue isn't known.
    #[serde(default)]
    pub models: BTreeSet<String>,
    /// Kinds that the system has. A kind that isn't named doesn't exist there.
    pub kinds: BTreeMap<Kind, KindProfile>,
    /// How the system behaves when it is written to.
    #[serde(default)]
    pub habits: Habits,
    /// How people log in to the system. Without it, nobody can.
    pub login: Option<Login>,
    /// Actions that the system offers for one object, besides changing its fields.
    #[serde(default)]
    pub actions: BTreeSet<PortalAction>,
}

/// The field that a system knows a user by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum UsersBy {
    /// The login name.
    #[default]
    Username,
    /// The e-mail address.
    Email,
    /// The extension.
    Extension,
}

impl UsersBy {
    /// The field's name.
    #[must_use]
    pub const fn field(self) -> &'static str {
        match self {
            Self::Username => "username",
            Self::Email => "email",
            Self::Extension => "extension",
        }
    }
}

/// How a system behaves when it is written to.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Habits {
    /// What becomes of an object of a kind that is removed. It is deleted by default.
    pub removal: BTreeMap<Kind, RemovalHabit>,
    /// Fields that can't be set while an object of the kind is created. They are set by a second write.
    pub create_without: BTreeMap<Kind, Vec<String>>,
    /// How much one save writes.
    pub saves: Saves,
    /// What a user takes a licence of. Without it, the system counts none.
    pub licences: Option<Licences>,
    /// What users need after their features have changed.
    pub after_features: Option<AfterFeatures>,
}

/// What becomes of an object that is removed.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum RemovalHabit {
    /// It is deleted.
    Delete,
    /// It can't be deleted, and is deactivated.
    Deactivate,
    /// It can't be removed.
    Leave,
}

/// How much one save writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Saves {
    /// The fields that are sent.
    #[default]
    Changes,
    /// The whole object. What isn't sent is lost.
    Whole,
}

/// What a user takes a licence of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Licences {
    /// The user's scope.
    Scope,
}

/// What users need after their features have changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum AfterFeatures {
    /// Their instance is rebuilt.
    Rebuild,
}

/// How people log in to a system.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// What a person enters.
    pub with: Vec<LoginField>,
    /// What must hold for the person: `active`, or a permission such as `portal.login`.
    #[serde(default, rename = "if")]
    pub requires: Vec<String>,
    /// What the person must do at the first login.
    pub first: Option<FirstLogin>,
}

/// What a person enters to log in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum LoginField {
    /// The login name.
    Username,
    /// The e-mail address.
    Email,
    /// The password.
    Password,
    /// The name of the account.
    Account,
}

/// What a person must do at the first login.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum FirstLogin {
    /// Accept the licence agreement.
    Eula,
}

macro_rules! profiles {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal;)* and $($portal:literal)*) => {
        /// Profile that the sandbox behaves like.
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, clap::ValueEnum,
        )]
        #[schemars(inline)]
        pub enum ProfileName {
            $($(#[doc = $doc])+ #[serde(rename = $name)] #[value(name = $name)] $variant,)*
        }

        impl ProfileName {
            /// The text of `portal.profile`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }

        /// The files of this folder.
        const FILES: &[(&str, &str)] = &[
            $(($name, include_str!(concat!($name, ".yaml"))),)*
            $(($portal, include_str!(concat!($portal, ".yaml"))),)*
            // The portal of the page about adding one.
            #[cfg(test)]
            ("acme", include_str!("acme.yaml")),
        ];
    };
}

profiles! {
    /// The sandbox's own: the whole model.
    Sandbox = "sandbox";
    /// Teliax IVY.
    Ivy = "ivy";
    /// Voiply.
    Voiply = "voiply";
    /// NetSapiens.
    NetSapiens = "netsapiens";
    /// ALLOcloud.
    Allocloud = "allocloud";
    /// Ivinex.
    Ivinex = "ivinex";
    and "kazoo" "scim"
}

impl fmt::Display for ProfileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Profile {
    /// The number of profiles.
    pub const COUNT: usize = FILES.len();

    /// The profile with a name.
    ///
    /// # Panics
    /// There is none. Names come from [`ProfileName`] and from the names of portals, and a test reads the
    /// profile of each.
    #[must_use]
    pub fn named(name: &str) -> &'static Self {
        static PROFILES: [OnceLock<Profile>; FILES.len()] =
            [const { OnceLock::new() }; FILES.len()];
        let index = FILES.iter().position(|(known, _)| *known == name);
        let index = index.expect("each name has a file");
        PROFILES[index].get_or_init(|| read(index))
    }

    /// All profiles: those of the sandbox first.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        FILES.iter().map(|(name, _)| Self::named(name))
    }

    /// What the system supports.
    #[must_use]
    pub fn capabilities(&'static self) -> Capabilities {
        self.capabilities.get_or_init(|| self.supported()).clone()
    }

    fn supported(&'static self) -> Capabilities {
        let kinds = self.kinds.keys().map(|kind| (*kind, self.kind(*kind)));
        Capabilities {
            portal: self.name,
            scopes: &self.scopes,
            kinds: kinds.collect(),
            actions: &self.actions,
        }
    }

    /// The shape of a kind, without what the system doesn't support.
    #[must_use]
    pub fn shape(&'static self, kind: Kind) -> &'static Shape {
        let shapes = self.shapes.get_or_init(|| {
            let capabilities = self.capabilities();
            let limited = capabilities
                .kinds
                .into_iter()
                .filter(|(_, one)| !one.unsupported.is_empty());
            limited
                .map(|(kind, one)| (kind, kind.shape().without(&one.unsupported)))
                .collect()
        });
        shapes.get(&kind).unwrap_or_else(|| kind.shape())
    }

    /// The field that contains an object's key.
    #[must_use]
    pub const fn key_field(&self, kind: Kind) -> &'static str {
        match kind {
            Kind::Users => self.users_by.field(),
            _ => kind.key_field(),
        }
    }

    /// The format of the key of an object.
    #[must_use]
    pub const fn key_format(&self, kind: Kind) -> &'static Format {
        match (kind, self.users_by) {
            (Kind::Users, UsersBy::Email) => &Email::FORMAT,
            (Kind::Users, UsersBy::Extension) => &Extension::FORMAT,
            _ => kind.key_format(),
        }
    }

    /// What becomes of an object of a kind that is removed.
    pub fn removal(&self, kind: Kind) -> Removal {
        match self.habits.removal.get(&kind) {
            None | Some(RemovalHabit::Delete) => Removal::Delete,
            Some(RemovalHabit::Deactivate) => Removal::Deactivate,
            Some(RemovalHabit::Leave) => Removal::Leave,
        }
    }

    /// The permissions that the system knows; none if they aren't known.
    #[must_use]
    pub fn known_permissions(&self) -> BTreeSet<&str> {
        let further = self.permissions.iter().map(String::as_str);
        self.scopes.all_permissions().chain(further).collect()
    }

    /// Whether files may declare scopes.
    #[must_use]
    pub fn has_declared_scopes(&self) -> bool {
        self.kinds.contains_key(&Kind::Scopes)
    }

    /// Whether only some of the system's scopes let a user answer the calls of a queue.
    #[must_use]
    pub fn agents_need_a_scope(&self) -> bool {
        let mut names = self.scopes.names();
        names.any(|name| !self.scopes.can_serve_queues(name))
    }
}

fn read(index: usize) -> Profile {
    let (name, text) = FILES[index];
    let mut profile: Profile =
        serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{name}.yaml: {error}"));
    profile.name = name;
    profile.index = index;
    profile
}
