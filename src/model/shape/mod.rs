//! A *shape* is what the engine knows of a type of the model: its fields in order, their defaults,
//! which of them no two resources may share, which refer to other resources, which lists are sets.
//!
//! It is read, once, from the schema that the type itself generates. Nothing about a field is
//! written anywhere else.

mod walk;

use super::{
    Kind,
    text::Format,
    value::{Fields, Name, Value},
};
use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::Value as Json;
use std::sync::OnceLock;

/// What the engine knows of a type.
#[derive(Debug)]
pub enum Shape {
    /// Text of a format, or any text.
    Text(Option<&'static Format>),
    /// One of a few words.
    Choice(Box<[Name]>),
    /// A whole number.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// A reference to a secret.
    Secret,
    /// A value of a shape, or text with `${…}` that a template puts a value in for.
    Templated(Box<Self>),
    /// Several of the same.
    List {
        /// What each element is.
        item: Box<Self>,
        /// Whether their order counts.
        order: ListOrder,
    },
    /// Names that the user chooses, each with the same kind of value.
    Map {
        /// What a name may be.
        key: Option<&'static Format>,
        /// What each value is.
        item: Box<Self>,
    },
    /// The fields of a type.
    Record(Vec<Field>),
    /// One of several types, told apart by the word in one field.
    Variants {
        /// The field that tells them apart.
        tag: Name,
        /// The word of each type, and its fields; the tag is one of them.
        types: Vec<(Name, Self)>,
    },
}

/// Whether the order of a list counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListOrder {
    /// It does.
    Ordered,
    /// It does not; elements are kept sorted.
    Set,
    /// It does not; each element is known by one of its fields, and an element's other fields are
    /// compared one by one.
    Keyed(Name),
}

/// One field of a type.
#[derive(Debug)]
pub struct Field {
    /// Its name.
    pub name: Name,
    /// What it holds.
    pub shape: Shape,
    /// What the portal takes it to be where it is absent.
    pub default: Option<Value>,
    /// The space of names or numbers in which no two resources share a value.
    pub unique: Option<Name>,
    /// Whether a resource can't be without it.
    pub required: bool,
    /// Whether it counts only when the resource is created.
    pub create_only: bool,
    /// What the type says of it.
    pub description: Box<str>,
    /// Whether it, or a field in it, holds what no two resources may share.
    claims: bool,
    /// Whether it holds mentions of other resources.
    refers: bool,
}

/// A value that no other resource may have: `extension 1001`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Claim {
    /// The space of names or numbers.
    pub space: Name,
    /// The value.
    pub value: Box<str>,
}

/// The shape of a kind, read from its type on first use.
pub(super) fn of(kind: Kind) -> &'static Shape {
    static SHAPES: OnceLock<Vec<Shape>> = OnceLock::new();
    let shapes = SHAPES.get_or_init(|| {
        let settings = SchemaSettings::draft2020_12().with(|to| to.inline_subschemas = true);
        let read = |kind: Kind| {
            let schema = kind.schema(&mut SchemaGenerator::new(settings.clone()));
            Shape::from_schema(&schema.to_value())
        };
        Kind::ALL.into_iter().map(read).collect()
    });
    &shapes[kind as usize]
}

impl Shape {
    /// The shape of any type of the model or the configuration.
    #[must_use]
    pub fn of_type<T: schemars::JsonSchema>() -> Self {
        let settings = SchemaSettings::draft2020_12().with(|to| to.inline_subschemas = true);
        Self::from_schema(
            &SchemaGenerator::new(settings)
                .into_root_schema_for::<T>()
                .to_value(),
        )
    }

    /// Reads a schema that holds no references.
    fn from_schema(schema: &Json) -> Self {
        if let Some(strict) = schema["anyOf"].get(0) {
            let strict = Self::from_schema(strict);
            let templated = schema["anyOf"][1]["x-placeholder"] == true; // else the other is null
            return if templated {
                Self::Templated(Box::new(strict))
            } else {
                strict
            };
        }
        if schema["x-secret"] == true {
            return Self::Secret;
        }
        if let Some(types) = schema["oneOf"]
            .as_array()
            .filter(|_| schema["properties"].is_null())
        {
            return Self::from_one_of(types);
        }
        if let Some(words) = schema["enum"].as_array() {
            return Self::Choice(
                words
                    .iter()
                    .filter_map(Json::as_str)
                    .map(Into::into)
                    .collect(),
            );
        }
        let kind = schema["type"]
            .as_str()
            .or_else(|| schema["type"][0].as_str());
        match kind {
            Some("boolean") => Self::Boolean,
            Some("integer") => Self::Integer,
            Some("array") => Self::List {
                item: Box::new(Self::from_schema(&schema["items"])),
                order: match schema["x-order"].as_str() {
                    Some("set") => ListOrder::Set,
                    Some("keyed") => ListOrder::Keyed(name_in(&schema["x-key"])),
                    _ => ListOrder::Ordered,
                },
            },
            Some("object") if schema["properties"].is_object() => Self::Record(fields(schema)),
            Some("object") => Self::from_map(schema),
            _ => Self::Text(schema["x-format"].as_str().and_then(Format::named)),
        }
    }

    /// A map: schemars writes its keys' pattern in `patternProperties`.
    fn from_map(schema: &Json) -> Self {
        let patterns = schema["patternProperties"].as_object();
        let by_pattern = patterns.and_then(|patterns| patterns.iter().next());
        let (key, item) = match by_pattern {
            Some((pattern, item)) => {
                let known = super::text::FORMATS
                    .iter()
                    .find(|format| format.pattern == *pattern);
                (known.copied(), item)
            }
            None => (None, &schema["additionalProperties"]),
        };
        Self::Map {
            key,
            item: Box::new(Self::from_schema(item)),
        }
    }

    /// An enum: words with a description each, or types with a tag each.
    fn from_one_of(types: &[Json]) -> Self {
        if types.iter().all(|one| one["const"].is_string()) {
            return Self::Choice(types.iter().map(|one| name_in(&one["const"])).collect());
        }
        let tag_of = |one: &Json| {
            let properties = one["properties"].as_object()?.iter();
            properties
                .filter(|(_, property)| property["const"].is_string())
                .map(|(n, _)| n.clone())
                .next()
        };
        let tag = types
            .first()
            .and_then(tag_of)
            .expect("an enum of types has a tag");
        let word = |one: &Json| name_in(&one["properties"][&tag]["const"]);
        Self::Variants {
            types: types
                .iter()
                .map(|one| (word(one), Self::Record(fields(one))))
                .collect(),
            tag: tag.into(),
        }
    }

    /// The shape of a value where no template's placeholder stands in for it.
    #[must_use]
    pub fn strict(&self) -> &Self {
        if let Self::Templated(strict) = self {
            strict
        } else {
            self
        }
    }

    /// The fields of a record; of one of several types, those that the value's tag names.
    #[must_use]
    pub fn fields(&self, of: &Fields) -> &[Field] {
        match self {
            Self::Record(fields) => fields,
            Self::Variants { tag, types } => {
                let word = of.text(tag);
                let found = types.iter().find(|(name, _)| Some(&**name) == word);
                found.map_or(&[], |(_, shape)| shape.fields(of))
            }
            Self::Text(_)
            | Self::Choice(_)
            | Self::Integer
            | Self::Boolean
            | Self::Secret
            | Self::Templated(_)
            | Self::List { .. }
            | Self::Map { .. } => &[],
        }
    }

    /// The field of this name, whichever of several types has it.
    #[must_use]
    pub fn field_of_any_type(&self, name: &str) -> Option<&Field> {
        match self {
            Self::Record(fields) => fields.iter().find(|field| &*field.name == name),
            Self::Variants { types, .. } => types
                .iter()
                .find_map(|(_, shape)| shape.field_of_any_type(name)),
            Self::Text(_)
            | Self::Choice(_)
            | Self::Integer
            | Self::Boolean
            | Self::Secret
            | Self::Templated(_)
            | Self::List { .. }
            | Self::Map { .. } => None,
        }
    }

    /// Every field of a record, or of all types together, for docs and capabilities.
    pub fn all_fields(&self) -> Vec<&Field> {
        match self {
            Self::Variants { types, .. } => {
                let mut all: Vec<&Field> = Vec::new();
                for field in types.iter().flat_map(|(_, shape)| shape.all_fields()) {
                    if all.iter().all(|known| known.name != field.name) {
                        all.push(field);
                    }
                }
                all
            }
            Self::Record(fields) => fields.iter().collect(),
            Self::Text(_)
            | Self::Choice(_)
            | Self::Integer
            | Self::Boolean
            | Self::Secret
            | Self::Templated(_)
            | Self::List { .. }
            | Self::Map { .. } => Vec::new(),
        }
    }

    /// Brings a list into its canonical order.
    #[must_use]
    pub fn arrange(order: &ListOrder, mut list: Vec<Value>) -> Value {
        match order {
            ListOrder::Ordered => {}
            ListOrder::Set => {
                list.sort();
                list.dedup();
            }
            ListOrder::Keyed(key) => list.sort_by(|a, b| key_of(a, key).cmp(&key_of(b, key))),
        }
        Value::List(list.into())
    }

    /// Drops what says no more than its absence: defaults, empty lists, empty records. What a portal
    /// answers is brought to this form, so that a default and its absence are the same.
    #[must_use]
    pub fn without_defaults(&self, mut fields: Fields) -> Fields {
        let known = self.fields(&fields);
        let mut kept: Fields = known
            .iter()
            .filter_map(|field| {
                let value = field
                    .shape
                    .value_without_defaults(fields.take(&field.name)?);
                let silent = is_empty(&value) || field.default.as_ref() == Some(&value);
                (!silent).then(|| (field.name.clone(), value))
            })
            .collect();
        kept.shrink();
        kept
    }

    fn value_without_defaults(&self, value: Value) -> Value {
        match (self, value) {
            (Self::Record(_) | Self::Variants { .. }, Value::Map(inner)) => {
                Value::Map(self.without_defaults(inner))
            }
            (Self::List { item, .. }, Value::List(list)) => Value::List(
                list.into_iter()
                    .map(|one| item.value_without_defaults(one))
                    .collect(),
            ),
            (_, value) => value,
        }
    }

    /// Lays what is declared over what is live: fields that nobody declared stay as they are, `null`
    /// clears, records merge field by field, keyed lists element by element (law 3). The result is
    /// without defaults.
    #[must_use]
    pub fn overlay(&self, live: &Fields, declared: &Fields) -> Fields {
        let known = self.fields(declared);
        let known = if known.is_empty() {
            self.fields(live)
        } else {
            known
        };
        let mut target: Fields = live
            .iter()
            .filter(|(name, _)| known.iter().any(|field| field.name == **name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        for (name, value) in declared.iter() {
            let shape = known
                .iter()
                .find(|field| field.name == *name)
                .map(|field| &field.shape);
            let laid = match (shape, value) {
                (_, Value::Null) => {
                    target.take(name);
                    continue;
                }
                (Some(shape @ (Self::Record(_) | Self::Variants { .. })), Value::Map(declared)) => {
                    let empty = Fields::new();
                    let live = live.get(name).and_then(Value::as_map).unwrap_or(&empty);
                    Value::Map(shape.overlay(live, declared))
                }
                (
                    Some(Self::List {
                        item,
                        order: ListOrder::Keyed(key),
                    }),
                    Value::List(declared),
                ) => {
                    let live = live.get(name).map_or(&[][..], Value::elements);
                    let list = declared
                        .iter()
                        .map(|element| item.overlay_element(key, live, element));
                    Value::List(list.collect())
                }
                (_, value) => value.clone(),
            };
            target.set(name.clone(), laid);
        }
        self.without_defaults(target)
    }

    fn overlay_element(&self, key: &str, live: &[Value], declared: &Value) -> Value {
        let twin = live
            .iter()
            .find(|one| key_of(one, key) == key_of(declared, key));
        match (twin.and_then(Value::as_map), declared) {
            (Some(live), Value::Map(declared)) => Value::Map(self.overlay(live, declared)),
            _ => declared.clone(),
        }
    }
}

/// What an element of a keyed list is known by.
#[must_use]
fn key_of<'v>(element: &'v Value, key: &str) -> Option<&'v Value> {
    element.as_map()?.get(key)
}

/// Whether a value says no more than its absence.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::List(list) => list.is_empty(),
        Value::Map(fields) => fields.is_empty(),
        Value::Bool(_) | Value::Integer(_) | Value::Text(_) | Value::Secret(_) => false,
    }
}

fn name_in(json: &Json) -> Name {
    json.as_str().unwrap_or_default().into()
}

/// The fields that a schema's `properties` declare.
fn fields(schema: &Json) -> Vec<Field> {
    let required = schema["required"].as_array().map_or(&[][..], Vec::as_slice);
    let properties = schema["properties"].as_object().into_iter().flatten();
    let field = |(name, property): (&String, &Json)| {
        let shape = match &property["const"] {
            Json::String(word) => Shape::Choice(Box::new([word.as_str().into()])),
            _ => Shape::from_schema(property),
        };
        Field {
            name: name.as_str().into(),
            claims: property["x-unique"].is_string() || shape.claims_within(),
            refers: shape.refers_within(),
            shape,
            default: property.get("default").and_then(scalar),
            unique: property["x-unique"].as_str().map(Into::into),
            required: required.iter().any(|known| known == name.as_str()),
            create_only: property["x-create-only"] == true,
            description: property["description"].as_str().unwrap_or_default().into(),
        }
    };
    properties.map(field).collect()
}

/// A default: they are all scalars.
fn scalar(json: &Json) -> Option<Value> {
    match json {
        Json::Bool(value) => Some(Value::Bool(*value)),
        Json::Number(number) => number.as_i64().map(Value::Integer),
        Json::String(text) => Some(Value::text(text)),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}
