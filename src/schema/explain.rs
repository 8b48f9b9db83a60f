//! Schema errors as diagnostics: the place, what is wrong there, and what to write instead.

use super::{check::Subject, instance::At};
use crate::{
    diagnostic::{Diagnostic, Rule, did_you_mean},
    model::{Shape, text::Format},
    source::Place,
    yaml::{Entry, Node, NodeKind},
};
use jsonschema::{
    JsonType, ValidationError,
    error::{TypeKind, ValidationErrorKind},
};
use serde_json::Value;
use std::borrow::Cow;

/// A node that an error's path names, the entry that holds it if it is one's value, and its shape.
struct Found<'a> {
    at: At<'a>,
    node: &'a Node,
    entry: Option<&'a Entry>,
    name: String,
}

fn find<'a>(subject: Subject<'a>, pointer: &str) -> Found<'a> {
    let Subject {
        checker,
        source,
        body,
        ..
    } = subject;
    let at = At::Node {
        source,
        node: body,
        shape: Some(checker.shape),
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
pub(super) fn explain(error: &ValidationError<'_>, subject: Subject<'_>) -> Vec<Diagnostic> {
    let Subject {
        checker,
        source,
        key,
        ..
    } = subject;
    let pointer = error.instance_path().to_string();
    let found = find(subject, &pointer);
    let shape = match found.at {
        At::Node { shape, .. } => shape,
        At::Name(_) => None,
    };
    let name = if found.name.is_empty() {
        checker.noun
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
                .map(|word| unknown(word, &found, shape, subject))
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
            // The other choice is null, or a placeholder: nobody meant those.
            let meant = context.first().into_iter().flatten();
            return meant.flat_map(|inner| explain(inner, subject)).collect();
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
    subject: Subject<'_>,
) -> Diagnostic {
    let Subject {
        checker, source, ..
    } = subject;
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
        checker.noun
    } else {
        &found.name
    };
    let message = format!("`{whose}` has no field `{}`", shorten(word));
    let known = known_fields(found, shape, subject);
    let diagnostic = Diagnostic::new(Rule::UnknownField, place, message);
    match did_you_mean(word, known.iter().copied()) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None => diagnostic.help(format!("its fields are {}", known.join(", "))),
    }
}

/// The fields that a mapping may have.
fn known_fields<'s>(
    found: &Found<'_>,
    shape: Option<&'s Shape>,
    subject: Subject<'_>,
) -> Vec<&'s str> {
    let mut known: Vec<&str> = match shape {
        Some(Shape::Variants { tag, types }) => {
            let word = found
                .node
                .get(subject.source, tag)
                .and_then(|entry| entry.value.text(subject.source));
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
        known.extend(subject.checker.own);
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
