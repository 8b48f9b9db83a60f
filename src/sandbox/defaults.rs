//! *Defaults* of a response: writes a stored body with its defaults filled in, in one pass and without
//! building a tree, since this dominates the cost of large listings.
// S1.22

use crate::{
    model::{Field, Kind, Shape},
    profile::Profile,
};
use serde::{
    Serialize,
    de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor},
};
use std::fmt;

/// Appends a stored body with its missing defaults.
pub(super) fn append(
    profile: &'static Profile,
    kind: Kind,
    body: &str,
    out: &mut Vec<u8>,
) -> serde_json::Result<()> {
    // Fields that a template omits are up to each user, so they have no defaults.
    let shape = match kind {
        Kind::Templates => None,
        _ => of_type(profile.shape(kind), body)?,
    };
    let mut json = serde_json::Deserializer::from_str(body);
    Copier {
        shape,
        before: b"",
        out,
    }
    .deserialize(&mut json)
}

/// The record shape of a body. For a kind with several types, the tag selects it; the tag may come last.
fn of_type<'s>(shape: &'s Shape, body: &str) -> serde_json::Result<Option<&'s Shape>> {
    let Shape::Variants { tag, types } = shape else {
        return Ok(Some(shape));
    };
    let body: serde_json::Value = serde_json::from_str(body)?;
    let word = body[&**tag].as_str();
    let found = types.iter().find(|(known, _)| Some(&**known) == word);
    Ok(found.map(|(_, shape)| shape))
}

/// Copies one value to `out` and fills in the defaults of its shape.
struct Copier<'a> {
    shape: Option<&'a Shape>,
    /// Written before the value, if there is one: the end of a list is known only after reading.
    before: &'a [u8],
    out: &'a mut Vec<u8>,
}

impl Copier<'_> {
    fn scalar<E: serde::de::Error>(self, value: impl Serialize) -> Result<(), E> {
        self.out.extend_from_slice(self.before);
        write(self.out, value)
    }
}

fn write<E: serde::de::Error>(out: &mut Vec<u8>, value: impl Serialize) -> Result<(), E> {
    serde_json::to_writer(out, &value).map_err(E::custom)
}

impl<'de> DeserializeSeed<'de> for Copier<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Copier<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a stored value")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        self.scalar(())
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<(), E> {
        self.scalar(value)
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<(), E> {
        self.scalar(value)
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<(), E> {
        self.scalar(value)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        self.scalar(text)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let item = match self.shape {
            Some(Shape::List { item, .. }) => Some(&**item),
            _ => None,
        };
        self.out.extend_from_slice(self.before);
        self.out.push(b'[');
        let mut before: &[u8] = b"";
        let mut copied = Some(());
        while copied.is_some() {
            copied = list.next_element_seed(Copier {
                shape: item,
                before,
                out: self.out,
            })?;
            before = b",";
        }
        self.out.push(b']');
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let (fields, item) = match self.shape {
            Some(Shape::Record(fields)) => (&fields[..], None),
            Some(Shape::Map { item, .. }) => (&[][..], Some(&**item)),
            _ => (&[][..], None),
        };
        self.out.extend_from_slice(self.before);
        self.out.push(b'{');
        let start = self.out.len();
        let mut seen = Seen::none();
        while let Some(at) = map.next_key_seed(NameCopier {
            fields,
            first: self.out.len() == start,
            out: self.out,
        })? {
            seen.mark(at);
            map.next_value_seed(Copier {
                shape: at.map_or(item, |at| Some(&fields[at].shape)),
                before: b"",
                out: self.out,
            })?;
        }
        for (at, field) in fields.iter().enumerate() {
            if !seen.has(at) {
                append_default(field, self.out.len() == start, self.out)?;
            }
        }
        self.out.push(b'}');
        Ok(())
    }
}

/// Copies the name of a field and returns its index.
struct NameCopier<'a> {
    fields: &'a [Field],
    first: bool,
    out: &'a mut Vec<u8>,
}

impl<'de> DeserializeSeed<'de> for NameCopier<'_> {
    type Value = Option<usize>;
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Option<usize>, D::Error> {
        json.deserialize_str(self)
    }
}

impl Visitor<'_> for NameCopier<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Option<usize>, E> {
        append_name(name, self.first, self.out)?;
        Ok(self.fields.iter().position(|field| &*field.name == name))
    }
}

fn append_name<E: serde::de::Error>(name: &str, first: bool, out: &mut Vec<u8>) -> Result<(), E> {
    if !first {
        out.push(b',');
    }
    write(out, name)?;
    out.push(b':');
    Ok(())
}

/// Appends a missing field: its default, or a record of its fields' defaults. Fields without defaults are
/// omitted.
fn append_default<E: serde::de::Error>(
    field: &Field,
    first: bool,
    out: &mut Vec<u8>,
) -> Result<(), E> {
    match (&field.default, &field.shape) {
        (Some(default), _) => {
            append_name(&field.name, first, out)?;
            write(out, default)
        }
        (None, Shape::Record(fields)) => {
            let rollback = out.len();
            append_name(&field.name, first, out)?;
            out.push(b'{');
            let start = out.len();
            for field in fields {
                append_default(field, out.len() == start, out)?;
            }
            if out.len() == start {
                out.truncate(rollback);
            } else {
                out.push(b'}');
            }
            Ok(())
        }
        (None, _) => Ok(()),
    }
}

/// The set of fields present in a record.
struct Seen(u128);

impl Seen {
    fn none() -> Self {
        Self(0)
    }

    fn mark(&mut self, at: Option<usize>) {
        self.0 |= at.map_or(0, |at| 1 << at);
    }

    fn has(&self, at: usize) -> bool {
        self.0 & (1 << at) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn with_defaults(kind: Kind, body: &Value) -> Value {
        let mut out = Vec::new();
        append(Profile::named("sandbox"), kind, &body.to_string(), &mut out).unwrap();
        serde_json::from_slice(&out).unwrap()
    }

    #[test]
    fn defaults_are_filled_in_at_every_depth() {
        let user = with_defaults(
            Kind::Users,
            &json!({"dnd": true, "voicemail": {"mailbox": "12", "greeting": {"file": "a \"b\".wav"}},
                "answering_rules": [{"name": "Night"}, {"name": "Day", "enabled": false}],
                "with": {"enabled": "x"}, "color": null}),
        );
        assert_eq!(user["dnd"], true);
        assert_eq!(user["color"], Value::Null);
        assert_eq!(
            user["voicemail"],
            json!({"mailbox": "12", "greeting": {"file": "a \"b\".wav"}, "enabled": true})
        );
        assert_eq!(
            user["answering_rules"],
            json!([{"name": "Night", "enabled": true}, {"name": "Day", "enabled": false}])
        );
        assert_eq!(user["with"], json!({"enabled": "x"}));
        assert_eq!(user.get("seat"), None);
    }

    #[test]
    fn each_type_of_extension_has_its_own_defaults() {
        let fax = with_defaults(Kind::Extensions, &json!({"name": "Fax", "kind": "fax"}));
        assert_eq!(fax, json!({"name": "Fax", "kind": "fax", "retries": 3}));
    }

    #[test]
    fn a_template_has_no_defaults() {
        let template = json!({"user": {"dnd": true}});
        assert_eq!(with_defaults(Kind::Templates, &template), template);
    }

    #[test]
    fn every_record_fits_into_the_field_set() {
        for kind in Kind::ALL {
            assert!(kind.shape().all_fields().len() <= 128);
        }
    }
}
