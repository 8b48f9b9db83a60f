//! Converts schema errors to diagnostics with a place, a message and a suggested fix.

use super::{check::Subject, instance::At, meaning::meant, publish::DAY};
use crate::{
    diagnostic::{Diagnostic, Rule, did_you_mean},
    model::{
        Shape,
        text::{RelativePath, Variable},
    },
    source::{Place, Source, Span},
    yaml::{Node, NodeKind},
};
use jsonschema::{
    JsonType, ValidationError,
    error::{TypeKind, ValidationErrorKind},
};
use serde_json::Value;
use std::borrow::Cow;

/// The node of an error, its shape, and the span of its key or element.
struct Found<'a> {
    at: At<'a>,
    node: &'a Node,
    name_span: Option<Span>,
    name: String,
    /// Whether the node is inside a secret reference.
    is_in_secret: bool,
}

impl<'a> Found<'a> {
    fn shape(&self) -> Option<&'a Shape> {
        match self.at {
            At::Node { shape, .. } => shape,
            At::Name(_) => None,
        }
    }
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
        name_span: None,
        name: String::new(),
        is_in_secret: false,
    };
    for step in pointer.split('/').skip(1) {
        let is_in_secret = found.is_in_secret || matches!(found.shape(), Some(Shape::Secret));
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
                    name_span: Some(element.span),
                    name: format!("{}[{step}]", found.name),
                    is_in_secret,
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
            name_span: Some(entry.span),
            name: step,
            is_in_secret,
        };
    }
    found
}

/// Converts a schema error: one diagnostic for each unknown field, one otherwise.
pub(super) fn explain(error: &ValidationError<'_>, subject: Subject<'_>) -> Vec<Diagnostic> {
    let Subject {
        checker,
        source,
        key,
        ..
    } = subject;
    let pointer = error.instance_path().to_string();
    let found = find(subject, &pointer);
    let shape = found.shape();
    let name = if found.name.is_empty() {
        checker.noun
    } else {
        &found.name
    };
    let at = |rule, span, message: String| Diagnostic::new(rule, Place::new(source, span), message);
    let span = found.node.span;
    let is_scalar = matches!(found.node.kind, NodeKind::Scalar(_));
    let is_inside = matches!(
        error.kind(),
        ValidationErrorKind::AdditionalProperties { .. } | ValidationErrorKind::AnyOf { .. }
    );
    if let Some(Shape::Secret) = shape
        && (is_scalar || !is_inside)
    {
        source.hide(span);
        let help = format!(
            "write a reference instead: {name}: {{ env: {} }}",
            name.to_uppercase()
        );
        return vec![if is_scalar {
            let message = format!("the secret `{name}` is written in plain text");
            at(Rule::LiteralSecret, span, message).help(help)
        } else {
            let message = format!("`{name}` must have exactly one of `env`, `file` and `command`");
            at(Rule::InvalidValue, span, message).help(help)
        }];
    }
    if found.is_in_secret {
        // The value may be the secret itself, so it is never shown.
        source.hide(span);
        let what = match name.split('[').next() {
            Some("env") => Variable::FORMAT.what,
            Some("file") => RelativePath::FORMAT.what,
            Some("command") => "a program and its arguments, as a list",
            _ => "a whole number, at least 1",
        };
        let message = format!("`{name}` must be {what}");
        return vec![at(Rule::InvalidValue, span, message)];
    }
    let invalid = |what: &str| {
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
            let place = found.name_span.unwrap_or(key);
            let message = format!("`{name}` lacks the required field `{property}`");
            at(Rule::MissingField, place, message).help(format!("add `{property}:`"))
        }
        ValidationErrorKind::Type { kind: expected } => {
            let expected = expected_types(expected);
            let message = format!(
                "`{name}` must be {expected}, not {}",
                found.node.type_name(source)
            );
            let diagnostic = at(Rule::WrongType, span, message);
            match found.node.text(source) {
                Some("yes" | "Yes" | "on" | "On") if expected == BOOLEAN => {
                    diagnostic.help("write `true`")
                }
                Some("no" | "No" | "off" | "Off") if expected == BOOLEAN => {
                    diagnostic.help("write `false`")
                }
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
            let options = options.as_array().into_iter().flatten();
            one_of(
                options.filter_map(Value::as_str).collect(),
                &found,
                source,
                invalid,
            )
        }
        ValidationErrorKind::OneOfNotValid { .. } if let Some(Shape::Choice(words)) = shape => {
            one_of(
                words.iter().map(|word| &**word).collect(),
                &found,
                source,
                invalid,
            )
        }
        ValidationErrorKind::Constant { expected_value } => invalid(&expected_value.to_string()),
        ValidationErrorKind::Pattern { .. } | ValidationErrorKind::MaxLength { .. } => {
            match (shape, error.kind()) {
                (Some(Shape::Text(Some(format))), _) => {
                    let text = found.node.text(source).unwrap_or_default();
                    invalid(format.what).help(format.help_for(text))
                }
                (_, ValidationErrorKind::Pattern { pattern }) if pattern == DAY => {
                    invalid("a date such as 2026-12-01")
                }
                (_, ValidationErrorKind::Pattern { pattern }) => {
                    invalid(&format!("of the form {pattern}"))
                }
                _ => invalid("within its limits"),
            }
        }
        ValidationErrorKind::Minimum { limit } => invalid(&format!("{limit} or more")),
        ValidationErrorKind::Maximum { limit } => invalid(&format!("{limit} or less")),
        ValidationErrorKind::UniqueItems => at(
            Rule::InvalidValue,
            span,
            format!("`{name}` contains a duplicate"),
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
            at(Rule::InvalidValue, found.name_span.unwrap_or(span), message)
        }
        ValidationErrorKind::AnyOf { context } => {
            // The second choice is null or a placeholder, which wasn't intended.
            let intended = context.first().into_iter().flatten();
            return intended.flat_map(|inner| explain(inner, subject)).collect();
        }
        _ => at(
            Rule::InvalidValue,
            span,
            format!("`{name}`: {}", error.masked()),
        ),
    }]
}

/// Reports a value that isn't one of the choices.
fn one_of(
    words: Vec<&str>,
    found: &Found<'_>,
    source: &Source,
    invalid: impl Fn(&str) -> Diagnostic,
) -> Diagnostic {
    let diagnostic = invalid(&format!("one of {}", words.join(", ")));
    match did_you_mean(found.node.text(source).unwrap_or_default(), words) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None => diagnostic,
    }
}

/// Reports a field that the mapping doesn't have.
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
            return Diagnostic::new(Rule::InvalidKey, place, message).help(format.help_for(word));
        }
        Some(Shape::Secret) => {
            // Even the key may be the secret: `{hunter2}` is a mapping.
            if let Some(entry) = entry {
                source.hide(entry.span);
                source.hide(entry.value.span);
            }
            let message =
                "a secret reference has only `version` and one of `env`, `file` and `command`";
            let near = did_you_mean(word, ["env", "file", "command", "version"]);
            let help = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => "write a reference to the secret, never the secret itself".to_owned(),
            };
            return Diagnostic::new(Rule::LiteralSecret, place, message).help(help);
        }
        _ => {}
    }
    let owner = if found.name.is_empty() {
        checker.noun
    } else {
        &found.name
    };
    let message = format!("`{owner}` has no field `{}`", shorten(word));
    let mut known = known_fields(found, shape, subject);
    // What is calculated is a field too, and can't be declared.
    known.retain(|name| *name != word);
    let diagnostic = Diagnostic::new(Rule::UnknownField, place, message);
    let near = meant(owner, word, &known).or_else(|| did_you_mean(word, known.iter().copied()));
    let Some(near) = near else {
        return diagnostic.help(format!("the fields are {}", known.join(", ")));
    };
    // The value of a misspelled secret field is a secret, too.
    let intended = shape.and_then(|shape| {
        near.split('.').try_fold(shape, |shape, step| {
            Some(&shape.field_of_any_type(step)?.shape)
        })
    });
    if let (Some(Shape::Secret), Some(entry)) = (intended.map(Shape::strict), entry) {
        source.hide(entry.value.span);
    }
    diagnostic.help(format!("did you mean `{near}`?"))
}

/// The fields of a mapping.
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

/// The name of the boolean type.
const BOOLEAN: &str = "true or false";

/// The expected types for a message, without `null`.
fn expected_types(expected: &TypeKind) -> String {
    let word = |one: JsonType| match one {
        JsonType::Array => "a list",
        JsonType::Boolean => BOOLEAN,
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

/// The first 60 characters of a value.
fn shorten(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => text.into(),
    }
}
