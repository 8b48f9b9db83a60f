//! Values against schemas: the nodes of a file themselves, or a JSON body.
//!
//! `jsonschema` is named in this file only. It sees a node through [`At`], which knows the shape of
//! the field it stands in, so that `0100` is text where text is expected and no copy is made.

use super::publish::{declaration, wire};
use crate::{
    diagnostic::{Diagnostic, Report, Rule, did_you_mean},
    model::{Kind, Shape, text::Format},
    source::{Place, Source, Span},
    yaml::{Entry, Node, NodeKind, Plain},
};
use jsonschema::{
    JsonType, ValidationError, Validator,
    error::{TypeKind, ValidationErrorKind},
    json::{Array, Json, JsonNumber, Node as JsonNode, NodeIdentity, Object},
};
use serde_json::Value;
use std::{
    borrow::Cow,
    sync::{Arc, OnceLock},
};

/// Checks declarations against the schema of their kind.
pub struct Checker(Vec<Validator<Yaml>>);

impl Checker {
    /// The checker of every kind; made once.
    #[must_use]
    pub fn declaration() -> &'static Self {
        static CHECKER: OnceLock<Checker> = OnceLock::new();
        CHECKER.get_or_init(|| {
            let build = |kind| {
                let options = jsonschema::options_for::<Yaml>();
                options
                    .build(&declaration(kind))
                    .expect("a generated schema is a schema")
            };
            Self(Kind::ALL.into_iter().map(build).collect())
        })
    }

    /// Checks the body of one declaration. Everything wrong with it goes into `report`.
    pub fn check(
        &self,
        kind: Kind,
        source: &Arc<Source>,
        key: Span,
        body: &Node,
        report: &mut Report,
    ) {
        let at = At::Node {
            source,
            node: body,
            shape: Some(kind.shape()),
        };
        let validator = &self.0[kind as usize];
        if validator.is_valid(at) {
            return;
        }
        let mut explained: Vec<(Span, Rule)> = Vec::new();
        for error in validator.iter_errors(at) {
            for diagnostic in explain(&error, kind, source, key, body) {
                // `if`/`then` and `anyOf` report one mistake more than once.
                let seen = (diagnostic.place.span, diagnostic.rule);
                if !explained.contains(&seen) {
                    explained.push(seen);
                    report.add(diagnostic);
                }
            }
        }
    }
}

/// YAML as a JSON representation.
enum Yaml {}

/// A node and the shape of its field, or the name of a property.
#[derive(Clone, Copy)]
enum At<'a> {
    Node {
        source: &'a Source,
        node: &'a Node,
        shape: Option<&'a Shape>,
    },
    Name(&'a str),
}

/// What JSON has to say of a node.
enum Seen<'a> {
    Null,
    Bool(bool),
    Number(Number),
    Text(&'a str),
    List(&'a [Node]),
    Map(&'a [Entry]),
}

impl<'a> At<'a> {
    fn seen(&self) -> Seen<'a> {
        let (source, node, shape) = match self {
            Self::Name(name) => return Seen::Text(name),
            Self::Node {
                source,
                node,
                shape,
            } => (*source, *node, *shape),
        };
        match &node.kind {
            NodeKind::List(list) => Seen::List(list),
            NodeKind::Map(entries) => Seen::Map(entries),
            NodeKind::Scalar(scalar) => {
                let text = scalar.text.of(source);
                match node.plain(source).unwrap_or(Plain::Text) {
                    Plain::Null => Seen::Null,
                    Plain::Bool(value) => Seen::Bool(value),
                    Plain::Integer(_) | Plain::Float(_)
                        if matches!(shape, Some(Shape::Text(_) | Shape::Choice(_))) =>
                    {
                        Seen::Text(text)
                    }
                    Plain::Integer(number) => Seen::Number(Number::Integer(number)),
                    Plain::Float(number) => Seen::Number(Number::Float(number)),
                    Plain::Text => Seen::Text(text),
                }
            }
        }
    }

    fn child(&self, node: &'a Node, name: Option<&str>) -> Self {
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
enum Number {
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
        if let Seen::Map(entries) = self.seen() {
            Some(Map(*self, entries))
        } else {
            None
        }
    }
    fn as_array(&self) -> Option<List<'a>> {
        if let Seen::List(list) = self.seen() {
            Some(List(*self, list))
        } else {
            None
        }
    }
    fn as_string(&self) -> Option<Cow<'a, str>> {
        if let Seen::Text(text) = self.seen() {
            Some(text.into())
        } else {
            None
        }
    }
    fn as_number(&self) -> Option<Number> {
        if let Seen::Number(number) = self.seen() {
            Some(number)
        } else {
            None
        }
    }
    fn as_boolean(&self) -> Option<bool> {
        if let Seen::Bool(value) = self.seen() {
            Some(value)
        } else {
            None
        }
    }
    fn is_null(&self) -> bool {
        matches!(self.seen(), Seen::Null)
    }
    fn json_type(&self) -> JsonType {
        match self.seen() {
            Seen::Null => JsonType::Null,
            Seen::Bool(_) => JsonType::Boolean,
            Seen::Number(_) => JsonType::Number,
            Seen::Text(_) => JsonType::String,
            Seen::List(_) => JsonType::Array,
            Seen::Map(_) => JsonType::Object,
        }
    }
    fn to_value(&self) -> Cow<'a, Value> {
        Cow::Owned(match self.seen() {
            Seen::Null => Value::Null,
            Seen::Bool(value) => value.into(),
            Seen::Number(number) => Value::Number(number.to_number().into_owned()),
            Seen::Text(text) => text.into(),
            Seen::List(list) => List(*self, list)
                .elements()
                .map(|one| one.to_value().into_owned())
                .collect(),
            Seen::Map(entries) => {
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

struct Map<'a>(At<'a>, &'a [Entry]);

impl<'a> Object<'a, Yaml> for Map<'a> {
    type Node = At<'a>;
    type MemberName = &'a str;
    type MembersIter = Members<'a>;
    fn len(&self) -> usize {
        self.1.len()
    }
    fn get(&self, key: &String) -> Option<At<'a>> {
        self.members()
            .find(|(name, _)| name == key)
            .map(|(_, node)| node)
    }
    fn members(&self) -> Members<'a> {
        Members(self.0, self.1.iter())
    }
}

/// The members of a mapping.
struct Members<'a>(At<'a>, std::slice::Iter<'a, Entry>);

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

struct List<'a>(At<'a>, &'a [Node]);

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
struct Elements<'a>(At<'a>, std::slice::Iter<'a, Node>);

impl<'a> Iterator for Elements<'a> {
    type Item = At<'a>;
    fn next(&mut self) -> Option<At<'a>> {
        self.1.next().map(|node| self.0.child(node, None))
    }
}

/// A node that an error's path names, the entry that holds it if it is one's value, and its shape.
struct Found<'a> {
    at: At<'a>,
    node: &'a Node,
    entry: Option<&'a Entry>,
    name: String,
}

fn find<'a>(source: &'a Source, body: &'a Node, kind: Kind, pointer: &str) -> Found<'a> {
    let at = At::Node {
        source,
        node: body,
        shape: Some(kind.shape()),
    };
    let mut found = Found {
        at,
        node: body,
        entry: None,
        name: String::new(),
    };
    for step in pointer.split('/').skip(1) {
        let step = step.replace("~1", "/").replace("~0", "~");
        let next = match &found.node.kind {
            NodeKind::Map(entries) => entries.iter().find(|entry| entry.key.of(source) == step),
            NodeKind::List(list) => {
                let Some(element) = step.parse().ok().and_then(|at: usize| list.get(at)) else {
                    break;
                };
                found = Found {
                    at: found.at.child(element, None),
                    node: element,
                    ..found
                };
                continue;
            }
            NodeKind::Scalar(_) => None,
        };
        let Some(entry) = next else { break };
        let at = found.at.child(&entry.value, Some(&step));
        found = Found {
            at,
            node: &entry.value,
            entry: Some(entry),
            name: step,
        };
    }
    found
}

/// One schema error as diagnostics: one for each unknown field, one otherwise.
fn explain<'a>(
    error: &ValidationError<'_>,
    kind: Kind,
    source: &'a Arc<Source>,
    key: Span,
    body: &'a Node,
) -> Vec<Diagnostic> {
    let pointer = error.instance_path().to_string();
    let found = find(source, body, kind, &pointer);
    let shape = match found.at {
        At::Node { shape, .. } => shape,
        At::Name(_) => None,
    };
    let name = if found.name.is_empty() {
        kind.singular()
    } else {
        &found.name
    };
    let at = |rule, span, message: String| Diagnostic::new(rule, Place::new(source, span), message);
    let span = found.node.span;
    if let Some(Shape::Secret) = shape
        && !matches!(
            error.kind(),
            ValidationErrorKind::AdditionalProperties { .. }
        )
    {
        source.hide(span);
        let scalar = matches!(found.node.kind, NodeKind::Scalar(_));
        let help = format!(
            "write where it is kept: {name}: {{ env: {} }}",
            name.to_uppercase()
        );
        return vec![if scalar {
            at(
                Rule::LiteralSecret,
                span,
                format!("`{name}` is a secret, and is written here"),
            )
            .help(help)
        } else {
            let message = format!("`{name}` must name one of `env`, `file` and `command`");
            at(Rule::InvalidValue, span, message).help(help)
        }];
    }
    let value = |what: &str| {
        let text = found.node.text(source).unwrap_or_default();
        at(
            Rule::InvalidValue,
            span,
            format!("`{name}`: `{}` is not {what}", shorten(text)),
        )
    };
    vec![match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            return unexpected
                .iter()
                .map(|word| unknown(word, &found, shape, kind, source))
                .collect();
        }
        ValidationErrorKind::Required { property } => {
            let property = property.as_str().unwrap_or_default();
            let place = found.entry.map_or(key, |entry| entry.span);
            let message = format!("`{name}` has no `{property}`");
            at(Rule::MissingField, place, message).help(format!("add `{property}:`"))
        }
        ValidationErrorKind::Type { kind: expected } => {
            let expected = expected_types(expected);
            let message = format!(
                "`{name}` must be {expected}, and this is {}",
                found.node.what(source)
            );
            let diagnostic = at(Rule::WrongType, span, message);
            match found.node.text(source) {
                Some(text) if expected.contains("text") && !text.is_empty() => {
                    diagnostic.help(format!("quote it: \"{}\"", shorten(text)))
                }
                Some(text) if expected == "a list" && !text.is_empty() => {
                    diagnostic.help(format!("write a list: [{}]", shorten(text)))
                }
                _ => diagnostic,
            }
        }
        ValidationErrorKind::Enum { options } => {
            let words: Vec<&str> = options
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            let diagnostic = value(&format!("one of {}", words.join(", ")));
            let near = did_you_mean(found.node.text(source).unwrap_or_default(), words);
            match near {
                Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
                None => diagnostic,
            }
        }
        ValidationErrorKind::Constant { expected_value } => value(&expected_value.to_string()),
        ValidationErrorKind::Pattern { .. } | ValidationErrorKind::MaxLength { .. } => {
            match shape {
                Some(Shape::Text(Some(format))) => value_of(format, value),
                _ => value("within its limits"),
            }
        }
        ValidationErrorKind::Minimum { limit } => value(&format!("{limit} or more")),
        ValidationErrorKind::Maximum { limit } => value(&format!("{limit} or less")),
        ValidationErrorKind::UniqueItems => at(
            Rule::InvalidValue,
            span,
            format!("`{name}` names something twice"),
        ),
        ValidationErrorKind::MaxItems { limit } => at(
            Rule::InvalidValue,
            span,
            format!("`{name}` has more than {limit} elements"),
        ),
        ValidationErrorKind::MinItems { limit } => at(
            Rule::InvalidValue,
            span,
            format!("`{name}` has fewer than {limit} elements"),
        ),
        ValidationErrorKind::OneOfNotValid { .. }
        | ValidationErrorKind::OneOfMultipleValid { .. } => {
            let message =
                format!("`{name}` must have exactly one of `prompt`, `default` and `value`");
            at(
                Rule::InvalidValue,
                found.entry.map_or(span, |entry| entry.span),
                message,
            )
        }
        ValidationErrorKind::AnyOf { context } => {
            let inner = context.iter().flatten().find(|inner| {
                !matches!(
                    inner.kind(),
                    ValidationErrorKind::Type {
                        kind: TypeKind::Single(JsonType::Null)
                    }
                )
            });
            match inner {
                Some(inner) => return explain(inner, kind, source, key, body),
                None => value("within its limits"),
            }
        }
        _ => at(
            Rule::InvalidValue,
            span,
            format!("`{name}`: {}", error.masked()),
        ),
    }]
}

fn value_of(format: &Format, value: impl Fn(&str) -> Diagnostic) -> Diagnostic {
    value(format.what).help(format!("for example `{}`", format.example))
}

/// A field that the mapping doesn't have.
fn unknown(
    word: &str,
    found: &Found<'_>,
    shape: Option<&Shape>,
    kind: Kind,
    source: &Arc<Source>,
) -> Diagnostic {
    let entry = found.node.get(source, word);
    let span = entry.map_or(found.node.span, |entry| entry.span);
    let place = Place::new(source, span);
    match shape {
        Some(Shape::Map {
            key: Some(format), ..
        }) => {
            let message = format!("`{}` is not {}", shorten(word), format.what);
            return Diagnostic::new(Rule::InvalidKey, place, message)
                .help(format!("for example `{}`", format.example));
        }
        Some(Shape::Secret) => {
            if let Some(entry) = entry {
                source.hide(entry.value.span);
            }
            let message = format!(
                "a secret has no `{}`: it is one of `env`, `file` and `command`",
                shorten(word)
            );
            return Diagnostic::new(Rule::LiteralSecret, place, message)
                .help("write where the secret is kept, never the secret");
        }
        _ => {}
    }
    let whose = if found.name.is_empty() {
        kind.singular()
    } else {
        &found.name
    };
    let message = format!("`{whose}` has no field `{}`", shorten(word));
    let known = known_fields(found, shape, source);
    let diagnostic = Diagnostic::new(Rule::UnknownField, place, message);
    match did_you_mean(word, known.iter().copied()) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None => diagnostic.help(format!("its fields are {}", known.join(", "))),
    }
}

/// The fields that a mapping may have.
fn known_fields<'s>(found: &Found<'_>, shape: Option<&'s Shape>, source: &Source) -> Vec<&'s str> {
    let mut known: Vec<&str> = match shape {
        Some(Shape::Variants { tag, types }) => {
            let word = found
                .node
                .get(source, tag)
                .and_then(|entry| entry.value.text(source));
            let one = types.iter().find(|(known, _)| Some(&**known) == word);
            one.map_or(Vec::new(), |(_, shape)| shape.all_fields())
        }
        Some(shape) => shape.all_fields(),
        None => Vec::new(),
    }
    .into_iter()
    .map(|field| &*field.name)
    .collect();
    if found.name.is_empty() {
        known.extend(["previously", "protect"]);
    }
    known
}

/// The types that a schema wants, as a person says it; `null` goes without saying.
fn expected_types(expected: &TypeKind) -> String {
    let word = |one: JsonType| match one {
        JsonType::Array => "a list",
        JsonType::Boolean => "true or false",
        JsonType::Integer => "a whole number",
        JsonType::Null => "null",
        JsonType::Number => "a number",
        JsonType::Object => "a mapping",
        JsonType::String => "text",
    };
    match expected {
        TypeKind::Single(one) => word(*one).to_owned(),
        TypeKind::Multiple(several) => {
            let words: Vec<&str> = several
                .iter()
                .filter(|one| *one != JsonType::Null)
                .map(word)
                .collect();
            words.join(" or ")
        }
    }
}

/// The first 60 characters: enough to know a value by.
fn shorten(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => text.into(),
    }
}

/// What is wrong with one field of a body that the sandbox was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The field, as `voicemail.email` or `phones[0].mac`.
    pub field: String,
    /// What is wrong with it, without its value.
    pub message: String,
}

/// Checks a JSON body against what the sandbox takes for a kind.
#[must_use]
pub fn check_json(kind: Kind, body: &Value) -> Vec<FieldError> {
    static VALIDATORS: OnceLock<Vec<Validator>> = OnceLock::new();
    let validators = VALIDATORS.get_or_init(|| {
        let build =
            |kind| jsonschema::validator_for(&wire(kind)).expect("a generated schema is a schema");
        Kind::ALL.into_iter().map(build).collect()
    });
    let errors = validators[kind as usize].iter_errors(body);
    errors
        .map(|error| FieldError {
            field: dotted(&error),
            message: error.masked().to_string(),
        })
        .collect()
}

/// The path of an error as people write it.
fn dotted(error: &ValidationError<'_>) -> String {
    let mut path = String::new();
    for step in error.instance_path().to_string().split('/').skip(1) {
        let step = step.replace("~1", "/").replace("~0", "~");
        match step.parse::<usize>() {
            Ok(index) => path.push_str(&format!("[{index}]")),
            Err(_) if path.is_empty() => path = step,
            Err(_) => path.push_str(&format!(".{step}")),
        }
    }
    match error.kind() {
        ValidationErrorKind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            if path.is_empty() {
                name.to_owned()
            } else {
                format!("{path}.{name}")
            }
        }
        ValidationErrorKind::AdditionalProperties { unexpected } if path.is_empty() => {
            unexpected.join(", ")
        }
        _ => path,
    }
}
