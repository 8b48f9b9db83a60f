//! A *capability* is what a portal supports of a kind: how it knows an object, what it does with one that
//! is removed, and which fields and values it holds. The table in the docs is generated from it, an
//! unsupported declaration is a diagnostic, and the plan obeys it.

use super::{Address, Fields, Kind, PortalAction, Scopes, Shape, State, Value};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// The capabilities of a portal.
#[derive(Clone, Debug)]
pub struct Capabilities {
    /// The portal's name in `portal.kind`.
    pub portal: &'static str,
    /// The scopes that exist there without a declaration.
    pub scopes: &'static Scopes,
    /// The supported kinds. Unsupported templates are still allowed in files, where they are expanded.
    pub kinds: BTreeMap<Kind, KindCapability>,
    /// The actions that the portal offers for one object, besides changing its fields.
    pub actions: &'static BTreeSet<PortalAction>,
}

/// The capabilities for one kind.
#[derive(Clone, Debug, Default)]
pub struct KindCapability {
    /// What the portal knows an object by.
    pub identity: Identity,
    // S4.31
    /// What becomes of an object that is removed from the files.
    pub removal: Removal,
    /// The unsupported fields, such as `voicemail.greeting`. For a kind with types: fields prefixed with
    /// the type, such as `fax.owner`, or unsupported types.
    pub unsupported: BTreeSet<&'static str>,
    /// The fields that a resource must declare.
    pub requires: Vec<Requirement>,
    /// The fields that are set when an object is created and can't be changed afterwards.
    pub fixed: BTreeSet<&'static str>,
    /// Where the versions of secrets are kept.
    pub secrets: SecretPlace,
    /// The elements of lists that the portal replaces by new ones if a value in them changes: `phones.mac`.
    pub replaced_by: &'static [&'static str],
    /// The fields with fewer supported values than in the model.
    pub limits: Vec<Limit>,
    /// What the portal sets in a field at the top of an object where nothing is declared, if that isn't the
    /// model's own default.
    pub defaults: Vec<(&'static str, Value)>,
    /// The fields at the top of an object that can't be set while it is created, and are set by a second
    /// write.
    pub create_without: BTreeSet<&'static str>,
}

/// Fields that a resource must declare under a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// When they must be declared.
    pub condition: Condition,
    /// The fields, at the top of the resource.
    pub fields: Vec<&'static str>,
}

/// When fields must be declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Always.
    Always,
    /// When a field at the top of the resource is declared.
    Declared(&'static str),
    /// When a field at the top of the resource has this text.
    Equals(&'static str, &'static str),
}

impl Condition {
    /// Whether it holds for a resource.
    #[must_use]
    pub fn holds(self, fields: &Fields) -> bool {
        match self {
            Self::Always => true,
            Self::Declared(field) => fields.get(field).is_some_and(|one| *one != Value::Null),
            Self::Equals(field, value) => fields.text(field) == Some(value),
        }
    }
}

impl fmt::Display for Condition {
    /// The end of a sentence about a requirement: ` with `template``.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Always => Ok(()),
            Self::Declared(field) => write!(f, " with `{field}`"),
            Self::Equals(field, value) => write!(f, " with `{field}: {value}`"),
        }
    }
}

/// What a portal knows an object by: the value by which it is looked up, and others refer to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Identity {
    /// The key of the resource.
    #[default]
    Key,
    /// A field at the top of the resource, such as a user's `username`, `email` or `extension`.
    Field(&'static str),
}

/// What a portal does with an object that is removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Removal {
    /// It is deleted.
    #[default]
    Delete,
    /// It can't be deleted, so it is deactivated: `active` is set to `false`. Of a kind without `active`,
    /// it stays.
    Deactivate,
    /// It can't be removed, so it stays as it is.
    Leave,
}

/// Where the version of a secret is kept, which says whether a secret must be sent again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SecretPlace {
    /// On the portal, beside the secret; it is read with the object.
    #[default]
    Beside,
    /// Nowhere, since the portal shows the secret or its digest, which is compared with the declared secret
    /// when a plan is made. A secret that can't be read there isn't compared.
    Readable,
    /// The portal has no place for it. The record of what was applied remembers which version was sent last;
    /// without a record, the secret is sent once more.
    Record,
}

/// Whether a value is supported in the context of its declaration. `null` checks whether the field can be
/// cleared: by a declared `null`, or because the field is removed from the file.
pub type Accepts = &'static (dyn Fn(&Value, Declaration<'_>) -> bool + Send + Sync);

/// A limit of the values of one field.
#[derive(Clone, Copy)]
pub struct Limit {
    /// The field, as in [`KindCapability::unsupported`]; `phones[].name` is a field of each element.
    /// [`Kind::key_field`] stands for the key.
    pub field: &'static str,
    /// The supported values as the end of a sentence: \`user\` or \`admin\`.
    pub only: &'static str,
    /// Whether a value is supported.
    pub accepts: Accepts,
}

impl fmt::Debug for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.only)
    }
}

impl Limit {
    /// A limit of a field.
    #[must_use]
    pub const fn new(field: &'static str, only: &'static str, accepts: Accepts) -> Self {
        Self {
            field,
            only,
            accepts,
        }
    }

    /// Anything but `null`, so that the field can't be cleared.
    #[must_use]
    pub fn not_null(value: &Value, _: Declaration<'_>) -> bool {
        *value != Value::Null
    }
}

/// The declaration that contains a value.
#[derive(Clone, Copy, Debug)]
pub struct Declaration<'a> {
    /// The fields of the resource.
    pub fields: &'a Fields,
    /// All declared resources.
    pub state: &'a State,
}

impl Declaration<'_> {
    /// Whether a text is the key or the user name of a declared user.
    #[must_use]
    pub fn is_user(self, text: &str) -> bool {
        let by_key = self.state.get(&Address::new(Kind::Users, text)).is_some();
        by_key || self.has_user_with("username", text)
    }

    /// Whether a text is the extension of a declared user.
    #[must_use]
    pub fn is_users_extension(self, text: &str) -> bool {
        self.has_user_with("extension", text)
    }

    fn has_user_with(self, field: &str, text: &str) -> bool {
        let mut users = self.state.of_kind(Kind::Users);
        users.any(|(_, user)| user.fields.text(field) == Some(text))
    }
}

impl Capabilities {
    /// What the portal knows objects of a kind by.
    #[must_use]
    pub fn identity(&self, kind: Kind) -> Identity {
        let kind_capability = self.kinds.get(&kind);
        kind_capability.map_or_else(|| Identity::of(kind), |kind| kind.identity)
    }

    /// The value that the portal knows a resource by.
    #[must_use]
    pub fn portal_key<'a>(&self, address: &'a Address, fields: &'a Fields) -> &'a str {
        self.identity(address.kind).key(address, fields)
    }

    /// The address of a resource with the value that the portal knows it by as its key.
    #[must_use]
    pub fn portal_address(&self, address: &Address, fields: &Fields) -> Address {
        Address::new(address.kind, self.portal_key(address, fields))
    }

    /// What the portal sets in a field of a kind where nothing is declared.
    #[must_use]
    pub fn defaults(&self, kind: Kind) -> &[(&'static str, Value)] {
        let kind = self.kinds.get(&kind);
        kind.map_or(&[], |kind| &kind.defaults)
    }

    /// Whether a field at the top of a resource is expanded in the files and never sent: a user's template, if
    /// the portal has no templates.
    #[must_use]
    pub fn is_in_files(&self, kind: Kind, field: &str) -> bool {
        kind == Kind::Users
            && !self.kinds.contains_key(&Kind::Templates)
            && ["template", "with"].contains(&field)
    }

    /// Where the versions of the secrets of a kind are kept.
    #[must_use]
    pub fn secrets(&self, kind: Kind) -> SecretPlace {
        let kind = self.kinds.get(&kind);
        kind.map_or(SecretPlace::Beside, |kind| kind.secrets)
    }

    /// What becomes of an object that is removed.
    #[must_use]
    pub fn removal(&self, kind: Kind) -> Removal {
        let removal = self.kinds.get(&kind).map(|kind| kind.removal);
        match removal.unwrap_or_default() {
            Removal::Deactivate if kind.shape().field_of_any_type("active").is_none() => {
                Removal::Leave
            }
            removal => removal,
        }
    }
}

impl KindCapability {
    /// Full support of a kind, as the model describes it.
    #[must_use]
    pub fn full(kind: Kind) -> Self {
        Self {
            identity: Identity::of(kind),
            ..Self::default()
        }
    }

    /// The name by which a capability names the field at a dotted path, if `is_named` knows it: for a kind
    /// with types with or without the type before it.
    pub(crate) fn name_of(
        kind: Kind,
        fields: &Fields,
        path: &str,
        is_named: impl Fn(&str) -> bool,
    ) -> Option<String> {
        let typed = match kind.shape() {
            Shape::Variants { tag, .. } => fields.text(tag).map(|word| format!("{word}.{path}")),
            _ => None,
        };
        let mut names = [Some(path.to_owned()), typed].into_iter().flatten();
        names.find(|name| is_named(name))
    }
}

impl Identity {
    /// The identity in the model, which most portals share: a user's `username`, anything else's key.
    #[must_use]
    pub fn of(kind: Kind) -> Self {
        match kind {
            Kind::Users => Self::Field("username"),
            _ => Self::Key,
        }
    }

    /// The value that the portal knows a resource by. Without a value in the field it is the key.
    #[must_use]
    pub fn key<'a>(self, address: &'a Address, fields: &'a Fields) -> &'a str {
        self.field()
            .and_then(|field| fields.text(field))
            .unwrap_or(&address.key)
    }

    /// The field, if it is one.
    #[must_use]
    pub fn field(self) -> Option<&'static str> {
        match self {
            Self::Key => None,
            Self::Field(field) => Some(field),
        }
    }
}
