//! The *instance* that `jsonschema` validates: a view of a file's node, without a copy.
//!
//! [`At`] is a node with the shape of its field, so that `0100` is text if the field expects text.

use crate::{
    model::Shape,
    source::Source,
    yaml::{Entry, Node, NodeKind, Plain},
};
use jsonschema::{
    JsonType,
    json::{Array, Json, JsonNumber, Node as JsonNode, NodeIdentity, Object},
};
use serde_json::Value;
use std::borrow::Cow;

/// YAML as a JSON representation.
pub(super) enum Yaml {}

/// A node and the shape of its field, or the name of a property.
#[derive(Clone, Copy)]
pub(super) enum At<'a> {
    Node {
        source: &'a Source,
        node: &'a Node,
        shape: Option<&'a Shape>,
    },
    Name(&'a str),
}

/// A node as a JSON value.
enum JsonView<'a> {
    Null,
    Bool(bool),
    Number(Number),
    Text(&'a str),
    List(&'a [Node]),
    Map(&'a [Entry]),
}

impl<'a> At<'a> {
    fn view(&self) -> JsonView<'a> {
        let (source, node, shape) = match self {
            Self::Name(name) => return JsonView::Text(name),
            Self::Node {
                source,
                node,
                shape,
            } => (*source, *node, *shape),
        };
        match &node.kind {
            NodeKind::List(list) => JsonView::List(list),
            NodeKind::Map(entries) => JsonView::Map(entries),
            NodeKind::Scalar(scalar) => {
                let text = scalar.text.of(source);
                match node.plain(source).unwrap_or(Plain::Text) {
                    Plain::Null => JsonView::Null,
                    Plain::Bool(value) => JsonView::Bool(value),
                    Plain::Integer(_) | Plain::Float(_)
                        if matches!(shape, Some(Shape::Text(_) | Shape::Choice(_))) =>
                    {
                        JsonView::Text(text)
                    }
                    Plain::Integer(number) => JsonView::Number(Number::Integer(number)),
                    Plain::Float(number) => JsonView::Number(Number::Float(number)),
                    Plain::Text => JsonView::Text(text),
                }
            }
        }
    }

    pub(super) fn child(&self, node: &'a Node, name: Option<&str>) -> Self {
        let Self::Node {
            source,
            node: parent,
            shape,
        } = self
        else {
            return *self;
        };
        let shape = match (shape, name) {
            (Some(Shape::List { item, .. } | Shape::Map { item, .. }), _) => Some(&**item),
            // The fields of a secret reference are text, and a command is a list of texts.
            (Some(Shape::Secret), Some("env" | "file" | "command")) => Some(&Shape::Text(None)),
            (Some(text @ Shape::Text(_)), None) => Some(*text),
            // A key is always text.
            (Some(Shape::Record(_) | Shape::Variants { .. }), Some("previously" | "successor")) => {
                Some(&Shape::Text(None))
            }
            (Some(shape @ Shape::Record(_)), Some(name)) => {
                shape.field_of_any_type(name).map(|field| &field.shape)
            }
            (Some(Shape::Variants { tag, types }), Some(name)) => {
                let word = parent
                    .get(source, tag)
                    .and_then(|entry| entry.value.text(source));
                let one = types.iter().find(|(known, _)| Some(&**known) == word);
                one.and_then(|(_, shape)| shape.field_of_any_type(name))
                    .map(|field| &field.shape)
            }
            _ => None,
        };
        At::Node {
            source,
            node,
            shape,
        }
    }
}

#[derive(Clone, Copy)]
pub(super) enum Number {
    Integer(i64),
    Float(f64),
}

impl JsonNumber for Number {
    fn as_u64(&self) -> Option<u64> {
        self.as_i64().and_then(|number| u64::try_from(number).ok())
    }
    fn as_i64(&self) -> Option<i64> {
        if let Self::Integer(number) = self {
            Some(*number)
        } else {
            None
        }
    }
    fn as_f64(&self) -> Option<f64> {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "the limits compared are small")]
            Self::Integer(number) => Some(*number as f64),
            Self::Float(number) => Some(*number),
        }
    }
    fn as_str(&self) -> Cow<'_, str> {
        match self {
            Self::Integer(number) => number.to_string().into(),
            Self::Float(number) => number.to_string().into(),
        }
    }
    fn to_number(&self) -> Cow<'_, serde_json::Number> {
        Cow::Owned(match self {
            Self::Integer(number) => (*number).into(),
            Self::Float(number) => {
                serde_json::Number::from_f64(*number).unwrap_or_else(|| 0.into())
            }
        })
    }
    fn is_integer(&self) -> bool {
        matches!(self, Self::Integer(_))
    }
}

impl Json for Yaml {
    type Node<'a> = At<'a>;
    type PreparedKey = String;
    type StringBuffer = String;
    fn prepare_key(key: &str) -> String {
        key.to_owned()
    }
    fn with_string_node<T>(buffer: &mut String, text: &str, f: impl FnOnce(At<'_>) -> T) -> T {
        buffer.clear();
        buffer.push_str(text);
        f(At::Name(buffer))
    }
}

impl<'a> JsonNode<'a, Yaml> for At<'a> {
    type Object = Map<'a>;
    type Array = List<'a>;
    type Number = Number;
    fn as_object(&self) -> Option<Map<'a>> {
        if let JsonView::Map(entries) = self.view() {
            Some(Map(*self, entries))
        } else {
            None
        }
    }
    fn as_array(&self) -> Option<List<'a>> {
        if let JsonView::List(list) = self.view() {
            Some(List(*self, list))
        } else {
            None
        }
    }
    fn as_string(&self) -> Option<Cow<'a, str>> {
        if let JsonView::Text(text) = self.view() {
            Some(text.into())
        } else {
            None
        }
    }
    fn as_number(&self) -> Option<Number> {
        if let JsonView::Number(number) = self.view() {
            Some(number)
        } else {
            None
        }
    }
    fn as_boolean(&self) -> Option<bool> {
        if let JsonView::Bool(value) = self.view() {
            Some(value)
        } else {
            None
        }
    }
    fn is_null(&self) -> bool {
        matches!(self.view(), JsonView::Null)
    }
    fn json_type(&self) -> JsonType {
        match self.view() {
            JsonView::Null => JsonType::Null,
            JsonView::Bool(_) => JsonType::Boolean,
            JsonView::Number(_) => JsonType::Number,
            JsonView::Text(_) => JsonType::String,
            JsonView::List(_) => JsonType::Array,
            JsonView::Map(_) => JsonType::Object,
        }
    }
    fn to_value(&self) -> Cow<'a, Value> {
        Cow::Owned(match self.view() {
            JsonView::Null => Value::Null,
            JsonView::Bool(value) => value.into(),
            JsonView::Number(number) => Value::Number(number.to_number().into_owned()),
            JsonView::Text(text) => text.into(),
            JsonView::List(list) => List(*self, list)
                .elements()
                .map(|one| one.to_value().into_owned())
                .collect(),
            JsonView::Map(entries) => {
                let members = Map(*self, entries);
                members
                    .members()
                    .map(|(key, one)| (key.to_owned(), one.to_value().into_owned()))
                    .collect()
            }
        })
    }
    fn identity(&self) -> Option<NodeIdentity> {
        match self {
            At::Name(_) => None,
            At::Node { node, .. } => Some(NodeIdentity::new(std::ptr::from_ref(*node) as usize)),
        }
    }
}

pub(super) struct Map<'a>(At<'a>, &'a [Entry]);

impl<'a> Object<'a, Yaml> for Map<'a> {
    type Node = At<'a>;
    type MemberName = &'a str;
    type MembersIter = Members<'a>;
    fn len(&self) -> usize {
        self.1.len()
    }
    fn get(&self, key: &String) -> Option<At<'a>> {
        // The shape is looked up only for existing members.
        let At::Node { source, .. } = self.0 else {
            return None;
        };
        let entry = self.1.iter().find(|entry| entry.key.of(source) == key)?;
        Some(self.0.child(&entry.value, Some(key)))
    }
    fn members(&self) -> Members<'a> {
        Members(self.0, self.1.iter())
    }
}

/// The members of a mapping.
pub(super) struct Members<'a>(At<'a>, std::slice::Iter<'a, Entry>);

impl<'a> Iterator for Members<'a> {
    type Item = (&'a str, At<'a>);
    fn next(&mut self) -> Option<Self::Item> {
        let entry = self.1.next()?;
        let At::Node { source, .. } = self.0 else {
            return None;
        };
        let name = entry.key.of(source);
        Some((name, self.0.child(&entry.value, Some(name))))
    }
}

pub(super) struct List<'a>(At<'a>, &'a [Node]);

impl<'a> Array<'a, Yaml> for List<'a> {
    type Node = At<'a>;
    type ElementsIter = Elements<'a>;
    fn len(&self) -> usize {
        self.1.len()
    }
    fn elements(&self) -> Elements<'a> {
        Elements(self.0, self.1.iter())
    }
}

/// The elements of a sequence.
pub(super) struct Elements<'a>(At<'a>, std::slice::Iter<'a, Node>);

impl<'a> Iterator for Elements<'a> {
    type Item = At<'a>;
    fn next(&mut self) -> Option<At<'a>> {
        self.1.next().map(|node| self.0.child(node, None))
    }
}
