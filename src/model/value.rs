//! A *value* is the content of a field in canonical form.
//!
//! Both sides of a diff are values: the same [`Shape`](super::Shape) converts declarations and portal
//! responses, so that they can be compared directly. Values are small, since a plan has hundreds of thousands
//! of resources, and contain references to secrets, never secrets.

use crate::sensitive::{STARS, looks_secret};
use serde::ser::{Serialize, SerializeMap as _, Serializer};
use std::{fmt, sync::Arc};

/// The name of a field or of an entry of a map. Names of fields are shared, not copied.
pub type Name = Arc<str>;

/// The content of a field.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// Declared as `null`: clears the field.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// Text, in canonical spelling.
    Text(Box<str>),
    /// A list; the shape defines whether its order matters.
    List(Box<[Self]>),
    /// A record or a map.
    Map(Fields),
    /// A reference to a secret and its version, never the secret.
    Secret(Box<Secret>),
}

/// A reference to a secret, and its version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Secret {
    /// The origin of the secret; none for live values.
    pub origin: Option<SecretOrigin>,
    /// The version; a higher one sends the secret again. The default is 1; 0 is a secret on the portal that
    /// this workspace never sent.
    pub version: u32,
}

/// The origin of a secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SecretOrigin {
    /// An environment variable.
    Env(Box<str>),
    /// A file, relative to the workspace; a trailing line break is ignored.
    File(Box<str>),
    /// The standard output of a command, run without a shell.
    Command(Box<[Box<str>]>),
}

impl fmt::Display for SecretOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "${name}"),
            Self::File(path) => write!(f, "file {path}"),
            Self::Command(words) => {
                write!(f, "command {}", words.first().map_or("", |word| &**word))
            }
        }
    }
}

impl Value {
    /// A text value.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::Text(text.into())
    }

    /// The text, if this is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Null
            | Self::Bool(_)
            | Self::Integer(_)
            | Self::List(_)
            | Self::Map(_)
            | Self::Secret(_) => None,
        }
    }

    /// The value of a field of this name for display: values under names that look like names of secrets are
    /// replaced.
    #[must_use]
    pub fn starred(&self, name: &str) -> Self {
        match self {
            Self::Text(_) | Self::Integer(_) if looks_secret(name) => Self::text(STARS),
            Self::List(list) => Self::List(list.iter().map(|one| one.starred(name)).collect()),
            Self::Map(fields) => Self::Map(fields.starred()),
            same => same.clone(),
        }
    }

    /// Whether two values are equal. Secrets are compared by version, since portals don't know their origin.
    #[must_use]
    pub fn same(one: Option<&Self>, other: Option<&Self>) -> bool {
        match (one, other) {
            (Some(Self::Secret(one)), Some(Self::Secret(other))) => one.version == other.version,
            (one, other) => one == other,
        }
    }

    /// The boolean, if this is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        if let Self::Bool(value) = self {
            Some(*value)
        } else {
            None
        }
    }

    /// The elements, if this is a list; none otherwise.
    #[must_use]
    pub fn elements(&self) -> &[Self] {
        if let Self::List(list) = self {
            list
        } else {
            &[]
        }
    }

    /// The entries, if this is a record or a map.
    #[must_use]
    pub fn as_map(&self) -> Option<&Fields> {
        if let Self::Map(fields) = self {
            Some(fields)
        } else {
            None
        }
    }
}

/// Named values: the fields of a record in the order of its type, or the entries of a map sorted by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fields(Vec<(Name, Value)>);

impl Fields {
    /// No fields.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// The fields for display.
    #[must_use]
    pub fn starred(&self) -> Self {
        let starred = self.iter();
        starred
            .map(|(name, value)| (name.clone(), value.starred(name)))
            .collect()
    }

    /// The entries whose names don't look like names of secrets.
    #[must_use]
    pub fn without_secrets(self) -> Self {
        let mut fields = self;
        fields.0.retain(|(name, _)| !looks_secret(name));
        fields
    }

    /// The value of one field.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0
            .iter()
            .find(|(known, _)| &**known == name)
            .map(|(_, value)| value)
    }

    /// The value at a path.
    #[must_use]
    pub fn at<'a>(&self, path: impl IntoIterator<Item = &'a str>) -> Option<&Value> {
        let mut path = path.into_iter();
        let first = self.get(path.next()?)?;
        path.try_fold(first, |value, name| value.as_map()?.get(name))
    }

    /// The text of one field, if it holds text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_text()
    }

    /// Sets a field, in place if it exists, otherwise at the end.
    pub fn set(&mut self, name: Name, value: Value) {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name, value)),
        }
    }

    /// Sets or removes the value at a path; creates and removes records on the way.
    pub fn put(&mut self, path: &[Name], value: Option<Value>) {
        match (path, value) {
            ([], _) => {}
            ([name], Some(value)) => self.set(name.clone(), value),
            ([name], None) => drop(self.take(name)),
            ([name, rest @ ..], value) => {
                let mut inner = match self.get(name) {
                    Some(Value::Map(inner)) => inner.clone(),
                    _ => Self::new(),
                };
                inner.put(rest, value);
                match inner.is_empty() {
                    true => drop(self.take(name)),
                    false => self.set(name.clone(), Value::Map(inner)),
                }
            }
        }
    }

    /// Removes a field and returns its value.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        let at = self.0.iter().position(|(known, _)| &**known == name)?;
        Some(self.0.remove(at).1)
    }

    /// All fields in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Name, &Value)> {
        self.0.iter().map(|(name, value)| (name, value))
    }

    /// The number of fields.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no fields.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Releases unused memory.
    pub fn shrink(&mut self) {
        self.0.shrink_to_fit();
    }

    /// Sorts by a place for each name, as in a record. Of several values of one name, the first one stays.
    pub fn arrange_by(&mut self, place: impl Fn(&str) -> Option<usize>) {
        self.0.sort_by_cached_key(|(name, _)| place(name));
        self.0.dedup_by(|one, first| one.0 == first.0);
    }

    /// Sorts by name, as in a map.
    pub fn sort(&mut self) {
        self.0.sort_by(|a, b| a.0.cmp(&b.0));
    }
}

impl FromIterator<(Name, Value)> for Fields {
    fn from_iter<I: IntoIterator<Item = (Name, Value)>>(fields: I) -> Self {
        Self(fields.into_iter().collect())
    }
}

impl IntoIterator for Fields {
    type Item = (Name, Value);
    type IntoIter = std::vec::IntoIter<Self::Item>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Integer(value) => serializer.serialize_i64(*value),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(list) => serializer.collect_seq(list),
            Self::Map(fields) => fields.serialize(serializer),
            Self::Secret(secret) => secret.serialize(serializer),
        }
    }
}

/// Serializes in the format of the files: `{env: NAME, version: 2}`.
impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match &self.origin {
            Some(SecretOrigin::Env(name)) => map.serialize_entry("env", name)?,
            Some(SecretOrigin::File(path)) => map.serialize_entry("file", path)?,
            Some(SecretOrigin::Command(words)) => map.serialize_entry("command", words)?,
            None => {}
        }
        map.serialize_entry("version", &self.version)?;
        map.end()
    }
}

/// A change of one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The path of the field.
    pub path: Vec<Name>,
    /// The current value; none for the portal's default.
    pub before: Option<Value>,
    /// The new value; none to return to the default.
    pub after: Option<Value>,
}

impl Change {
    /// The change for display.
    #[must_use]
    pub fn starred(&self) -> Self {
        let name = self.path.last().map_or("", |name| &**name);
        let starred = |value: &Option<Value>| value.as_ref().map(|value| value.starred(name));
        Self {
            path: self.path.clone(),
            before: starred(&self.before),
            after: starred(&self.after),
        }
    }
}
