//! The *checker* validates nodes of a file, or a JSON body, against a schema.
//!
//! Only this directory uses `jsonschema`.

use super::{
    explain::explain,
    instance::{At, Yaml},
    publish::{configuration, declaration, wire},
};
use crate::{
    config::Config,
    diagnostic::{Report, Rule},
    model::{Kind, Shape},
    profile::Profile,
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

/// Validates nodes against a schema.
pub struct Checker {
    validator: Validator<Yaml>,
    pub(super) shape: &'static Shape,
    pub(super) noun: &'static str,
    pub(super) own: &'static [&'static str],
}

impl Checker {
    /// The checker of expanded declarations of a kind for a profile, which may require more fields; built
    /// once.
    #[must_use]
    pub fn declaration(profile: &'static Profile, kind: Kind) -> &'static Self {
        static CHECKERS: Built<Checker> = built();
        CHECKERS[profile.index][kind as usize].get_or_init(|| Self {
            validator: validator(&declaration(profile, kind)),
            shape: kind.shape(),
            noun: kind.singular(),
            own: match kind {
                Kind::Users => &["previously", "protect", "leaver", "starts", "ends"],
                _ => &["previously", "protect"],
            },
        })
    }

    /// The checker of the configuration; built once.
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

    /// Whether a node is valid.
    #[must_use]
    pub fn accepts(&self, source: &Source, body: &Node) -> bool {
        self.validator.is_valid(At::Node {
            source,
            node: body,
            shape: Some(self.shape),
        })
    }

    /// Validates a node and adds the errors to `report`; missing top-level fields are reported at `key`.
    /// Returns whether the node is valid.
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
                // `if`/`then` and `anyOf` can report the same mistake twice.
                let is_new = explained.insert((diagnostic.place.span, diagnostic.rule));
                if is_new || diagnostic.rule == Rule::MissingField {
                    report.add(diagnostic);
                }
            }
        }
        false
    }
}

/// The shape of the configuration; built once.
pub fn configuration_shape() -> &'static Shape {
    static SHAPE: OnceLock<Shape> = OnceLock::new();
    SHAPE.get_or_init(Shape::of_type::<Config>)
}

fn validator(schema: &Value) -> Validator<Yaml> {
    jsonschema::options_for::<Yaml>()
        .build(schema)
        .expect("a generated schema is a schema")
}

/// The checked declaration.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) checker: &'a Checker,
    pub(super) source: &'a Arc<Source>,
    pub(super) key: Span,
    pub(super) body: &'a Node,
}

/// An error in one field of a body sent to the sandbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The path of the field: `voicemail.email` or `phones[0].mac`.
    pub field: String,
    /// The error, without the value.
    pub message: String,
}

/// What is built once for each profile and kind.
type Built<T> = [[OnceLock<T>; Kind::ALL.len()]; Profile::COUNT];

const fn built<T>() -> Built<T> {
    [const { [const { OnceLock::new() }; Kind::ALL.len()] }; Profile::COUNT]
}

/// Validates a JSON body against the schema of a kind of a sandbox with a profile.
#[must_use]
pub fn check_json(profile: &'static Profile, kind: Kind, body: &Value) -> Vec<FieldError> {
    static VALIDATORS: Built<Validator> = built();
    let validator = VALIDATORS[profile.index][kind as usize].get_or_init(|| {
        let schema = wire(profile, kind);
        jsonschema::validator_for(&schema).expect("a generated schema is a schema")
    });
    let mut errors = Vec::new();
    for error in validator.iter_errors(body) {
        collect_errors(&error, &mut errors);
    }
    errors
}

/// Adds the errors of a field. For a nullable record these are the errors inside the record, not the
/// failed choice between record and null.
fn collect_errors(error: &ValidationError<'_>, errors: &mut Vec<FieldError>) {
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
        inner.for_each(|inner| collect_errors(inner, errors));
    }
    if errors.len() == before {
        errors.push(FieldError {
            field: dotted(error),
            message: error.masked().to_string(),
        });
    }
}

/// The path of an error in dotted notation.
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
