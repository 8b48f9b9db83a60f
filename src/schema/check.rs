//! Values against schemas: the nodes of a file themselves, or a JSON body.
//!
//! `jsonschema` is named in this folder only.

use super::{
    explain::explain,
    instance::{At, Yaml},
    publish::{configuration, declaration, wire},
};
use crate::{
    config::Config,
    diagnostic::{Report, Rule},
    model::{Kind, Shape},
    source::{Source, Span},
    yaml::Node,
};
use jsonschema::{
    JsonType, ValidationError, Validator,
    error::{TypeKind, ValidationErrorKind},
};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    sync::{Arc, OnceLock},
};

/// Checks nodes against one schema.
pub struct Checker {
    validator: Validator<Yaml>,
    pub(super) shape: &'static Shape,
    pub(super) noun: &'static str,
    pub(super) own: &'static [&'static str],
}

impl Checker {
    /// The checker of complete declarations of one kind; made once.
    #[must_use]
    pub fn declaration(kind: Kind) -> &'static Self {
        static CHECKERS: OnceLock<Vec<Checker>> = OnceLock::new();
        let build = |kind: Kind| Self {
            validator: validator(&declaration(kind)),
            shape: kind.shape(),
            noun: kind.singular(),
            own: &["previously", "protect"],
        };
        &CHECKERS.get_or_init(|| Kind::ALL.into_iter().map(build).collect())[kind as usize]
    }

    /// The checker of the configuration; made once.
    #[must_use]
    pub fn configuration() -> &'static Self {
        static CHECKER: OnceLock<Checker> = OnceLock::new();
        CHECKER.get_or_init(|| Self {
            validator: validator(&configuration()),
            shape: configuration_shape(),
            noun: "callsheet.yaml",
            own: &[],
        })
    }

    /// Whether nothing is wrong with a node.
    #[must_use]
    pub fn accepts(&self, source: &Source, body: &Node) -> bool {
        self.validator.is_valid(At::Node {
            source,
            node: body,
            shape: Some(self.shape),
        })
    }

    /// Checks a node. Everything wrong with it goes into `report`; what is missing at its top is
    /// reported at `key`. Returns whether nothing was wrong.
    pub fn check(&self, source: &Arc<Source>, key: Span, body: &Node, report: &mut Report) -> bool {
        let at = At::Node {
            source,
            node: body,
            shape: Some(self.shape),
        };
        if self.validator.is_valid(at) {
            return true;
        }
        let subject = Subject {
            checker: self,
            source,
            key,
            body,
        };
        let mut explained: BTreeSet<(Span, Rule)> = BTreeSet::new();
        for error in self.validator.iter_errors(at) {
            for diagnostic in explain(&error, subject) {
                // `if`/`then` and `anyOf` report one mistake more than once.
                let is_new = explained.insert((diagnostic.place.span, diagnostic.rule));
                if is_new || diagnostic.rule == Rule::MissingField {
                    report.add(diagnostic);
                }
            }
        }
        false
    }
}

/// The shape of the configuration; read once.
pub fn configuration_shape() -> &'static Shape {
    static SHAPE: OnceLock<Shape> = OnceLock::new();
    SHAPE.get_or_init(Shape::of_type::<Config>)
}

fn validator(schema: &Value) -> Validator<Yaml> {
    jsonschema::options_for::<Yaml>()
        .build(schema)
        .expect("a generated schema is a schema")
}

/// What is being checked.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) checker: &'a Checker,
    pub(super) source: &'a Arc<Source>,
    pub(super) key: Span,
    pub(super) body: &'a Node,
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
    let mut errors = Vec::new();
    for error in validators[kind as usize].iter_errors(body) {
        tell_apart(&error, &mut errors);
    }
    errors
}

/// Adds what is wrong with a field: with the field itself, not with the record around it, which might
/// as well be null and so is one of two things.
fn tell_apart(error: &ValidationError<'_>, errors: &mut Vec<FieldError>) {
    let before = errors.len();
    if let ValidationErrorKind::AnyOf { context } = error.kind() {
        let inner = context.iter().flatten().filter(|inner| {
            !matches!(
                inner.kind(),
                ValidationErrorKind::Type {
                    kind: TypeKind::Single(JsonType::Null)
                }
            )
        });
        inner.for_each(|inner| tell_apart(inner, errors));
    }
    if errors.len() == before {
        errors.push(FieldError {
            field: dotted(error),
            message: error.masked().to_string(),
        });
    }
}

/// The path of an error as people write it.
fn dotted(error: &ValidationError<'_>) -> String {
    let mut path = String::new();
    for step in error.instance_path().to_string().split('/').skip(1) {
        let step = step.replace("~1", "/").replace("~0", "~");
        match step.parse::<usize>() {
            Ok(index) => path = format!("{path}[{index}]"),
            Err(_) if path.is_empty() => path = step,
            Err(_) => path = format!("{path}.{step}"),
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
