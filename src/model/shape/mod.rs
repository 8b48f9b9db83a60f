//! A *shape* describes a type of the model to the engine: its fields in order, their defaults, unique
//! fields, references to other resources, and which lists are sets.
//!
//! Shapes are derived once from the schemas of the types, so each field is described in one place.

mod walk;

use super::{
    Kind,
    text::Format,
    value::{Fields, Name, Value},
};
use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::Value as Json;
use std::{collections::BTreeSet, sync::OnceLock};

/// The description of a type.
#[derive(Clone, Debug)]
pub enum Shape {
    /// Text of a format, or any text.
    Text(Option<&'static Format>),
    /// One of several choices.
    Choice(Box<[Name]>),
    /// A whole number.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// A reference to a secret.
    Secret,
    /// A value of a shape, or text with placeholders.
    Templated(Box<Self>),
    /// A list.
    List {
        /// The shape of the elements.
        item: Box<Self>,
        /// The order of the elements.
        order: ListOrder,
    },
    /// A map with names chosen by the user.
    Map {
        /// The format of the names.
        key: Option<&'static Format>,
        /// The shape of the values.
        item: Box<Self>,
    },
    /// A record with fixed fields.
    Record(Vec<Field>),
    /// One of several types, selected by a tag.
    Variants {
        /// The field that contains the tag.
        tag: Name,
        /// The tag and the fields of each type; the fields include the tag.
        types: Vec<(Name, Self)>,
    },
}

/// Whether the order of a list matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListOrder {
    /// The order matters.
    Ordered,
    /// The order matters, and no element is contained twice.
    Distinct,
    /// The order doesn't matter; elements are sorted.
    Set,
    /// The order doesn't matter; one field identifies each element, and the other fields are compared one
    /// by one.
    Keyed(Name),
}

/// A field of a type.
#[derive(Clone, Debug)]
pub struct Field {
    /// The name.
    pub name: Name,
    /// The shape of the value.
    pub shape: Shape,
    /// The portal's default.
    pub default: Option<Value>,
    /// The space in which values must be unique, if any.
    pub unique: Option<Name>,
    /// Whether the field is required.
    pub required: bool,
    /// Whether the field has an effect only when the resource is created.
    pub create_only: bool,
    /// The description.
    pub description: Box<str>,
    /// Whether the field contains unique values.
    claims: bool,
    /// Whether the field contains references to other resources.
    refers: bool,
}

/// A unique value: `extension 1001`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Claim {
    /// The space of names or numbers.
    pub space: Name,
    /// The value.
    pub value: Box<str>,
}

/// The shape of a kind, derived on first use.
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

    /// Converts a schema without references.
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
                    _ if schema["uniqueItems"] == true => ListOrder::Distinct,
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

    /// An enum: choices with descriptions, or types with tags.
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

    /// The shape of a value without placeholders.
    #[must_use]
    pub fn strict(&self) -> &Self {
        if let Self::Templated(strict) = self {
            strict
        } else {
            self
        }
    }

    /// The fields of a record. For several types, the value's tag selects them.
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

    /// The field with a name, in any of the types.
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

    /// The dotted paths of the fields that aren't among `named`. A name includes what is inside it; of a field
    /// with named parts, the other parts are returned.
    #[must_use]
    pub fn unnamed(&self, named: &[&str]) -> Vec<String> {
        let mut missing = Vec::new();
        for field in self.all_fields() {
            if named.contains(&&*field.name) {
                continue;
            }
            let below = format!("{}.", field.name);
            let inner = named.iter().filter_map(|name| name.strip_prefix(&*below));
            let inner: Vec<&str> = inner.collect();
            if inner.is_empty() {
                missing.push(field.name.to_string());
            } else {
                let inner = field.shape.strict().unnamed(&inner);
                missing.extend(inner.into_iter().map(|path| format!("{below}{path}")));
            }
        }
        missing
    }

    /// The shape without the fields and the types at some dotted paths, as
    /// [`KindCapability::unsupported`](super::KindCapability::unsupported) names them.
    #[must_use]
    pub fn without(&self, paths: &BTreeSet<&str>) -> Self {
        self.pruned("", paths)
    }

    fn pruned(&self, prefix: &str, paths: &BTreeSet<&str>) -> Self {
        match self {
            Self::Record(fields) => {
                let kept = fields.iter().filter_map(|field| {
                    let path = format!("{prefix}{}", field.name);
                    let shape = field.shape.pruned(&format!("{path}."), paths);
                    (!paths.contains(&*path)).then(|| Field {
                        shape,
                        ..field.clone()
                    })
                });
                Self::Record(kept.collect())
            }
            Self::Variants { tag, types } => {
                let kept = types.iter().filter(|(word, _)| !paths.contains(&**word));
                let kept = kept
                    .map(|(word, shape)| (word.clone(), shape.pruned(&format!("{word}."), paths)));
                Self::Variants {
                    tag: tag.clone(),
                    types: kept.collect(),
                }
            }
            _ => self.clone(),
        }
    }

    /// Sorts a list into its canonical order.
    #[must_use]
    pub fn arrange(order: &ListOrder, mut list: Vec<Value>) -> Value {
        match order {
            ListOrder::Ordered => {}
            // Two spellings of one value are the same element.
            ListOrder::Distinct => {
                let mut seen = BTreeSet::new();
                list.retain(|one| seen.insert(one.clone()));
            }
            ListOrder::Set => {
                list.sort();
                list.dedup();
            }
            ListOrder::Keyed(key) => list.sort_by(|a, b| key_of(a, key).cmp(&key_of(b, key))),
        }
        Value::List(list.into())
    }

    /// Removes defaults, empty lists and empty records, so that a default and an absent value are the same.
    #[must_use]
    pub fn without_defaults(&self, fields: Fields) -> Fields {
        let known = self.fields(&fields);
        let (mut next, mut is_ordered) = (0, true);
        let mut kept: Fields = fields
            .into_iter()
            .filter_map(|(name, value)| {
                let place = Self::place(known, &name, next)?;
                is_ordered &= place >= next;
                next = place + 1;
                let field = &known[place];
                let value = field.shape.value_without_defaults(value);
                let silent = is_empty(&value) || field.default.as_ref() == Some(&value);
                (!silent).then_some((name, value))
            })
            .collect();
        if !is_ordered {
            kept.arrange_by(|name| Self::place(known, name, 0));
        }
        kept.shrink();
        kept
    }

    /// The place of a field in its type. It is looked for from a place on first, since fields mostly come in the order
    /// of their type.
    #[must_use]
    pub fn place(known: &[Field], name: &str, from: usize) -> Option<usize> {
        (from..known.len())
            .chain(0..from.min(known.len()))
            .find(|place| &*known[*place].name == name)
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

    /// Merges declared fields into live ones: undeclared fields keep their value, `null` clears a field,
    /// records merge by field and keyed lists by element. The result has no defaults.
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
        let live_element = live
            .iter()
            .find(|one| key_of(one, key) == key_of(declared, key));
        match (live_element.and_then(Value::as_map), declared) {
            (Some(live), Value::Map(declared)) => Value::Map(self.overlay(live, declared)),
            _ => declared.clone(),
        }
    }
}

/// The key of a keyed list's element.
#[must_use]
fn key_of<'v>(element: &'v Value, key: &str) -> Option<&'v Value> {
    element.as_map()?.get(key)
}

/// Whether a value is equivalent to its absence.
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

/// The fields of a schema's `properties`.
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

/// A default, which is always a scalar.
fn scalar(json: &Json) -> Option<Value> {
    match json {
        Json::Bool(value) => Some(Value::Bool(*value)),
        Json::Number(number) => number.as_i64().map(Value::Integer),
        Json::String(text) => Some(Value::text(text)),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}
