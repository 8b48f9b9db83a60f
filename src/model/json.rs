//! Reads *JSON* responses of portals into values, directly from the text and guided by the shape.
//!
//! Portals aren't trusted: a wrong type is an error with the field's name, and unknown fields are ignored.

use super::{
    ListOrder, Shape,
    value::{Fields, Name, Secret, Value},
};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// Reads a value of a shape; none for null.
#[derive(Clone, Copy)]
pub struct ValueSeed<'s>(pub &'s Shape);

impl<'de> DeserializeSeed<'de> for ValueSeed<'_> {
    type Value = Option<Value>;
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ValueSeed<'_> {
    type Value = Option<Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Shape::Text(_) | Shape::Choice(_) => "text",
            Shape::Integer => "a whole number",
            Shape::Boolean => "true or false",
            Shape::List { .. } => "a list",
            Shape::Templated(strict) => return ValueSeed(strict).expecting(f),
            Shape::Secret | Shape::Map { .. } | Shape::Record(_) | Shape::Variants { .. } => {
                "an object"
            }
        })
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        match self.0.strict() {
            Shape::Boolean => Ok(Some(Value::Bool(value))),
            _ => Err(E::invalid_type(serde::de::Unexpected::Bool(value), &self)),
        }
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        match self.0.strict() {
            Shape::Integer => Ok(Some(Value::Integer(value))),
            // The number itself isn't shown, since it could be a secret.
            _ => Err(E::custom(format_args!(
                "a number where {} is expected",
                Expected(self)
            ))),
        }
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        let signed = i64::try_from(value);
        self.visit_i64(signed.map_err(|_too_large| E::custom("the number is too large"))?)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        if matches!(self.0, Shape::Templated(_)) && text.contains("${") {
            return Ok(Some(Value::text(text)));
        }
        match self.0.strict() {
            Shape::Text(Some(format)) => Ok(Some(Value::text(&(format.canonical)(text)))),
            Shape::Text(None) | Shape::Choice(_) => Ok(Some(Value::text(text))),
            _ => Err(E::custom(format_args!(
                "text where {} is expected",
                Expected(self)
            ))),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let Shape::List { item, order } = self.0.strict() else {
            return Err(A::Error::invalid_type(serde::de::Unexpected::Seq, &self));
        };
        let mut list = Vec::new();
        while let Some(element) = seq.next_element_seed(ValueSeed(item))? {
            list.extend(element);
        }
        Ok(Some(Shape::arrange(order, list)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        match self.0.strict() {
            Shape::Record(_) | Shape::Variants { .. } => Ok(Some(Value::Map(read_record(
                self.0,
                &mut map,
                &mut |_, map| map.next_value::<IgnoredAny>().map(drop),
            )?))),
            Shape::Map { item, .. } => {
                let mut fields = Fields::new();
                while let Some(name) = map.next_key::<String>()? {
                    if let Some(value) = map.next_value_seed(ValueSeed(item))? {
                        fields.set(name.into(), value);
                    }
                }
                fields.sort();
                Ok(Some(Value::Map(fields)))
            }
            // What a portal says of a secret is its version, and a secret that it tells is dropped.
            Shape::Secret => {
                let mut version = 0;
                while let Some(name) = map.next_key::<String>()? {
                    if name == "version" {
                        version = map.next_value()?;
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(Some(Value::Secret(Box::new(Secret {
                    origin: None,
                    version,
                }))))
            }
            Shape::Text(_)
            | Shape::Choice(_)
            | Shape::Integer
            | Shape::Boolean
            | Shape::Templated(_)
            | Shape::List { .. } => Err(A::Error::invalid_type(serde::de::Unexpected::Map, &self)),
        }
    }
}

/// The expected type, for a message.
struct Expected<'s>(ValueSeed<'s>);

impl fmt::Display for Expected<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }
}

/// The handler of unknown entries.
pub type OtherEntry<'a, A, E> = &'a mut dyn FnMut(&str, &mut A) -> Result<(), E>;

/// Reads the fields of a record from a JSON object. Other entries, such as ids and versions, are passed to
/// `other` with their name.
///
/// # Errors
/// A field of the wrong type, by name.
pub fn read_record<'de, A: MapAccess<'de>>(
    shape: &Shape,
    map: &mut A,
    other: OtherEntry<'_, A, A::Error>,
) -> Result<Fields, A::Error> {
    let mut fields: Vec<(Name, Value)> = Vec::new();
    let (known, mut next) = (shape.fields(&Fields::new()), 0);
    while let Some(name) = map.next_key::<std::borrow::Cow<'_, str>>()? {
        let place = Shape::place(known, &name, next);
        next = place.map_or(next, |place| place + 1);
        let field = match place {
            Some(place) => Some(&known[place]),
            None if known.is_empty() => shape.field_of_any_type(&name),
            None => None,
        };
        let Some(field) = field else {
            other(&name, map)?;
            continue;
        };
        let read = map.next_value_seed(ValueSeed(&field.shape));
        let value = read.map_err(|error| A::Error::custom(format_args!("{name}: {error}")))?;
        // Among the settings that no field names a portal may tell a secret.
        let value = match value {
            Some(Value::Map(settings)) if &*field.name == "advanced" => {
                Some(Value::Map(settings.without_secrets()))
            }
            value => value,
        };
        if let Some(value) = value {
            fields.push((field.name.clone(), value));
        }
    }
    Ok(fields.into_iter().collect())
}

impl Shape {
    /// Reads a resource from a JSON value, in canonical form and without unknown entries.
    ///
    /// # Errors
    /// A field of the wrong type, by name.
    pub fn read(&self, json: &serde_json::Value) -> Result<Fields, serde_json::Error> {
        match ValueSeed(self).deserialize(json)? {
            Some(Value::Map(fields)) => Ok(fields),
            _ => Err(serde_json::Error::custom("an object is expected")),
        }
    }

    /// Reads what can be declared of a resource, without defaults. A value of another type or format is left
    /// out, and so is an element of a list without the field that identifies it.
    #[must_use]
    pub fn read_valid(&self, mut json: serde_json::Value) -> Fields {
        self.retain_valid(&mut json);
        // What is left has the right types.
        self.without_defaults(self.read(&json).unwrap_or_default())
    }

    /// Removes what can't be declared from a JSON value. Returns whether the value itself can be.
    fn retain_valid(&self, json: &mut serde_json::Value) -> bool {
        use serde_json::Value as Json;
        match (self.strict(), json) {
            (_, Json::Null) => true,
            (Self::Text(Some(format)), Json::String(text)) => format.accepts(text),
            (Self::List { item, order }, Json::Array(list)) => {
                let has_key = |one: &Json| match order {
                    ListOrder::Keyed(key) => one.get(&**key).is_some(),
                    ListOrder::Ordered | ListOrder::Distinct | ListOrder::Set => true,
                };
                list.retain_mut(|one| item.retain_valid(one) && has_key(one));
                true
            }
            (Self::Map { item, key }, Json::Object(entries)) => {
                entries.retain(|name, one| {
                    key.is_none_or(|key| key.accepts(name)) && item.retain_valid(one)
                });
                true
            }
            (shape @ (Self::Record(_) | Self::Variants { .. }), Json::Object(entries)) => {
                entries.retain(|name, one| {
                    let field = shape.field_of_any_type(name);
                    field.is_some_and(|field| field.shape.retain_valid(one))
                });
                true
            }
            (shape, json) => ValueSeed(shape).deserialize(&*json).is_ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::model::Kind;
    use serde_json::json;

    #[test]
    fn what_a_portal_answers_is_canonical_and_without_defaults() {
        let shape = Kind::Users.shape();
        let read = shape
            .read(&json!({
                "first_name": "Alice", "email": "Alice@Acme.Example", "dnd": false, "color": null,
                "rings_before_voicemail": 4, "groups": ["b", "a"], "etag": "7",
                "phones": [{"mac": "00-15-65-AA-BB-CC", "model": "t54"}],
                "password": {"version": 2, "value": "given"},
            }))
            .unwrap();
        let canonical = serde_json::to_value(shape.without_defaults(read)).unwrap();
        assert_eq!(
            canonical,
            json!({
                "first_name": "Alice", "email": "alice@acme.example", "groups": ["a", "b"],
                "phones": [{"mac": "00:15:65:aa:bb:cc", "model": "t54"}], "password": {"version": 2},
            })
        );
    }

    #[test]
    fn what_cannot_be_declared_is_left_out_and_the_rest_is_kept() {
        let read = Kind::Users.shape().read_valid(json!({
            "first_name": "Alice", "last_name": 7, "email": "nobody", "dnd": "yes", "etag": "7",
            "groups": ["a", 1, "B c"], "voicemail": {"mailbox": "12", "enabled": 1}, "password": "given",
            "phones": [{"mac": "00-15-65-AA-BB-CC", "model": 1}, {"mac": "x"}, 3, null],
        }));
        assert_eq!(
            serde_json::to_value(read).unwrap(),
            json!({
                "first_name": "Alice", "groups": ["a"], "voicemail": {"mailbox": "12"},
                "phones": [{"mac": "00:15:65:aa:bb:cc"}],
            })
        );
    }

    #[test]
    fn a_pin_that_is_told_is_not_told_on() {
        let json = json!({"voicemail": {"pin": 4711}});
        let error = Kind::Users.shape().read(&json).unwrap_err();
        assert_eq!(
            error.to_string(),
            "voicemail: pin: a number where an object is expected"
        );
    }

    #[test]
    fn a_wrong_type_names_its_field() {
        let error = Kind::Users
            .shape()
            .read(&json!({"voicemail": {"enabled": "yes"}}))
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "voicemail: enabled: text where true or false is expected"
        );
    }
}
