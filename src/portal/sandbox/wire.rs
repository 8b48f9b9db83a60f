//! The *wire* is JSON as the sandbox answers it, and nothing of it is trusted: it is read straight from
//! the bytes, by the shape of its kind, and what identifies an object is bounded.

use crate::model::{Kind, LiveObject, Name, Value, json};
use serde::{
    Deserialize,
    de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use std::{collections::BTreeMap, fmt};

/// The longest key, id or version.
const LONGEST: usize = 512;

/// An object, by the key that the portal knows it by.
pub(super) type Row = (Box<str>, LiveObject);

/// What a page says of itself. It is read before the objects are, so that the next page can be asked
/// for meanwhile.
#[derive(Deserialize)]
pub(super) struct Head {
    /// Where the next page begins; nothing on the last one.
    pub(super) next: Option<String>,
    /// How many objects of this kind there are.
    pub(super) total: u64,
    /// How many there are of each kind.
    #[serde(default)]
    pub(super) totals: BTreeMap<String, u64>,
    /// Rises with every change of the portal.
    pub(super) revision: u64,
}

/// Reads the objects of a page.
pub(super) fn rows(kind: Kind, body: &[u8]) -> Result<Vec<Row>, serde_json::Error> {
    read(PageSeed(kind), body)
}

/// Reads one object.
pub(super) fn row(kind: Kind, body: &[u8]) -> Result<Row, serde_json::Error> {
    read(RowSeed(kind), body)
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

struct PageSeed(Kind);

impl<'de> DeserializeSeed<'de> for PageSeed {
    type Value = Vec<Row>;
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for PageSeed {
    type Value = Vec<Row>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a page of {}", self.0)
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

struct ItemsSeed(Kind);

impl<'de> DeserializeSeed<'de> for ItemsSeed {
    type Value = Vec<Row>;
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for ItemsSeed {
    type Value = Vec<Row>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of {}", self.0)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut rows = Vec::new();
        while let Some(row) = seq.next_element_seed(RowSeed(self.0))? {
            rows.push(row);
        }
        Ok(rows)
    }
}

struct RowSeed(Kind);

impl<'de> DeserializeSeed<'de> for RowSeed {
    type Value = Row;
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for RowSeed {
    type Value = Row;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a {}", self.0.singular())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let kind = self.0;
        let shape = kind.shape();
        let mut object = LiveObject::default();
        let mut key = None;
        let read = json::read_record(shape, &mut map, &mut |name, map| {
            match name {
                "id" => object.id = map.next_value()?,
                "etag" => object.etag = map.next_value()?,
                "system" => object.system = map.next_value()?,
                "voicemail_messages" => object.messages = map.next_value()?,
                _ if name == kind.identity() => key = Some(map.next_value()?),
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
            Ok(())
        })?;
        object.fields = shape.without_defaults(read);
        // Of users the key is a field besides, and stays one.
        let in_fields = || object.fields.text(kind.identity()).map(Into::into);
        let key: Box<str> = key
            .or_else(in_fields)
            .ok_or_else(|| A::Error::missing_field(kind.identity()))?;
        for (what, text) in [
            (kind.identity(), Some(&key)),
            ("id", Some(&object.id)),
            ("etag", object.etag.as_ref()),
        ] {
            if text.is_some_and(|text| text.is_empty() || text.len() > LONGEST) {
                let sizes = format_args!("{what}: 1 to {LONGEST} bytes are expected");
                return Err(A::Error::custom(sizes));
            }
        }
        Ok((key, object))
    }
}

/// Whether what is there is what was to be; a secret is by its version, and one that wasn't sent
/// doesn't matter.
pub(super) fn agrees(
    there: Option<&Value>,
    wanted: &Value,
    was_sent: &dyn Fn(&[Name]) -> bool,
    path: &mut Vec<Name>,
) -> bool {
    match (there, wanted) {
        (_, Value::Secret(_)) if !was_sent(path) => true,
        (Some(Value::Secret(there)), Value::Secret(wanted)) => there.version == wanted.version,
        (None | Some(Value::Map(_)), Value::Map(wanted)) => {
            let there = there.and_then(Value::as_map);
            let has_more =
                there.is_some_and(|there| there.iter().any(|(name, _)| wanted.get(name).is_none()));
            !has_more
                && wanted.iter().all(|(name, value)| {
                    path.push(name.clone());
                    let there = there.and_then(|there| there.get(name));
                    let agrees = agrees(there, value, was_sent, path);
                    path.pop();
                    agrees
                })
        }
        (None, Value::Null) => true,
        (Some(there), wanted) => there == wanted,
        (None, _) => false,
    }
}
