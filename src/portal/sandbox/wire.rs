//! The *wire* format is the sandbox's JSON. It is untrusted: objects are parsed directly from the bytes by
//! the shape of their kind, and the length of identifiers is limited.

use crate::{
    model::{Account, Kind, LiveObject, Message, Name, Standing, Value, json},
    profile::Profile,
};
use serde::{
    Deserialize,
    de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use std::{collections::BTreeMap, fmt};

/// The maximum length of a key, ID or version in bytes.
const MAX_LENGTH: usize = 512;

/// An object with its key on the portal.
pub(super) type Row = (Box<str>, LiveObject);

/// The metadata of a page. It is parsed before the objects, so that the next page can be requested in the
/// meantime.
#[derive(Deserialize)]
pub(super) struct Head {
    /// The cursor of the next page; `None` on the last page.
    pub(super) next: Option<String>,
    /// The number of objects of this kind.
    pub(super) total: u64,
    /// The number of objects of each kind.
    #[serde(default)]
    pub(super) totals: BTreeMap<String, u64>,
    /// The system that the sandbox behaves like.
    pub(super) profile: Option<String>,
    /// What the token may change, and the licences.
    #[serde(default)]
    pub(super) account: Option<Account>,
    /// Increases with every change on the portal.
    pub(super) revision: u64,
}

/// The voicemail messages of a user.
#[derive(Deserialize)]
pub(super) struct MessageList {
    /// The messages, the oldest first.
    pub(super) items: Vec<Message>,
}

/// A kind, and the field that contains an object's key.
#[derive(Clone, Copy)]
pub(super) struct Of {
    kind: Kind,
    key_field: &'static str,
}

impl Of {
    pub(super) fn new(profile: &Profile, kind: Kind) -> Self {
        Self {
            kind,
            key_field: profile.key_field(kind),
        }
    }
}

/// Parses the objects of a page.
pub(super) fn rows(of: Of, body: &[u8]) -> Result<Vec<Row>, serde_json::Error> {
    read(PageSeed(of), body)
}

/// Parses one object.
pub(super) fn row(of: Of, body: &[u8]) -> Result<Row, serde_json::Error> {
    read(RowSeed(of), body)
}

fn read<'de, S: DeserializeSeed<'de>>(
    seed: S,
    body: &'de [u8],
) -> Result<S::Value, serde_json::Error> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let value = seed.deserialize(&mut json)?;
    json.end()?;
    Ok(value)
}

struct PageSeed(Of);

impl<'de> DeserializeSeed<'de> for PageSeed {
    type Value = Vec<Row>;
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for PageSeed {
    type Value = Vec<Row>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a page of {}", self.0.kind)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut items = None;
        while let Some(name) = map.next_key::<Box<str>>()? {
            if &*name != "items" {
                map.next_value::<IgnoredAny>()?;
            } else if items
                .replace(map.next_value_seed(ItemsSeed(self.0))?)
                .is_some()
            {
                return Err(A::Error::duplicate_field("items"));
            }
        }
        items.ok_or_else(|| A::Error::missing_field("items"))
    }
}

struct ItemsSeed(Of);

impl<'de> DeserializeSeed<'de> for ItemsSeed {
    type Value = Vec<Row>;
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for ItemsSeed {
    type Value = Vec<Row>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of {}", self.0.kind)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut rows = Vec::new();
        while let Some(row) = seq.next_element_seed(RowSeed(self.0))? {
            rows.push(row);
        }
        Ok(rows)
    }
}

struct RowSeed(Of);

impl<'de> DeserializeSeed<'de> for RowSeed {
    type Value = Row;
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for RowSeed {
    type Value = Row;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a {}", self.0.kind.singular())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let Of { kind, key_field } = self.0;
        let shape = kind.shape();
        let mut object = LiveObject::default();
        let mut key = None;
        let read = json::read_record(shape, &mut map, &mut |name, map| {
            match name {
                "id" => object.id = map.next_value()?,
                "etag" => object.etag = map.next_value()?,
                "system" => {
                    if map.next_value::<bool>()? {
                        object.standing = Standing::BuiltIn;
                    }
                }
                "voicemail_messages" => object.messages = map.next_value()?,
                "login" => object.login = Some(map.next_value()?),
                _ if name == key_field => key = Some(map.next_value()?),
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
            Ok(())
        })?;
        object.fields = shape.without_defaults(read);
        if kind == Kind::Users {
            // Where there is nothing to tell, the field is omitted.
            object.login.get_or_insert_default();
        }
        // A user's key is also a field.
        let in_fields = || object.fields.text(key_field).map(Into::into);
        let key: Box<str> = key
            .or_else(in_fields)
            .ok_or_else(|| A::Error::missing_field(key_field))?;
        for (what, text) in [
            (key_field, Some(&key)),
            ("id", Some(&object.id)),
            ("etag", object.etag.as_ref()),
        ] {
            if text.is_some_and(|text| text.is_empty() || text.len() > MAX_LENGTH) {
                let sizes = format_args!("{what}: expected 1 to {MAX_LENGTH} bytes");
                return Err(A::Error::custom(sizes));
            }
        }
        Ok((key, object))
    }
}

/// Whether the actual value equals the target. Secrets are compared by version, and only if they were
/// sent.
pub(super) fn agrees(
    actual: Option<&Value>,
    target: &Value,
    was_sent: &dyn Fn(&[Name]) -> bool,
    path: &mut Vec<Name>,
) -> bool {
    match (actual, target) {
        (_, Value::Secret(_)) if !was_sent(path) => true,
        (Some(Value::Secret(actual)), Value::Secret(target)) => actual.version == target.version,
        (None | Some(Value::Map(_)), Value::Map(target)) => {
            let actual = actual.and_then(Value::as_map);
            let has_more = actual
                .is_some_and(|actual| actual.iter().any(|(name, _)| target.get(name).is_none()));
            !has_more
                && target.iter().all(|(name, value)| {
                    path.push(name.clone());
                    let actual = actual.and_then(|actual| actual.get(name));
                    let agrees = agrees(actual, value, was_sent, path);
                    path.pop();
                    agrees
                })
        }
        (None, Value::Null) => true,
        (Some(actual), target) => actual == target,
        (None, _) => false,
    }
}
