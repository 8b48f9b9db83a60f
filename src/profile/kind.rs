//! A *kind profile* is what a system supports of one kind: its fields, which of them must be declared, the
//! limits of their values, and defaults.

use super::{Profile, limit};
use crate::model::{Condition, Identity, Kind, KindCapability, Requirement, Shape, Value};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, BTreeSet};

/// What a system supports of one kind.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct KindProfile {
    /// Supported fields, such as `voicemail.email`; a name includes what is inside it. For a kind with types: types, such
    /// as `fax`, and fields of one type, such as `fax.owner`. All fields, if it is missing.
    pub supports: Option<BTreeSet<String>>,
    /// Fields that must be declared, by condition: `always`; a field, if it is declared; `field=value`, if it has this
    /// value.
    pub requires: BTreeMap<String, Vec<String>>,
    /// Limits of values, by field. `phones[].model` is a field of each phone.
    pub limits: BTreeMap<String, LimitProfile>,
    /// What the system sets where nothing is declared, by field.
    pub defaults: BTreeMap<String, String>,
}

/// A limit of the values of one field.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct LimitProfile {
    /// Supported values, as the end of a sentence: 2 to 4 digits.
    pub message: String,
    /// Kind of which the value must be a declared resource.
    pub from: Option<Kind>,
    /// JSON Schema of the value, in the keys beside these two. A secret's value is checked when it is read.
    #[serde(flatten)]
    pub schema: Map<String, Json>,
}

impl Profile {
    /// What the system supports of a kind that it has.
    pub(super) fn kind(&'static self, kind: Kind) -> KindCapability {
        let profile = &self.kinds[&kind];
        let late = self.habits.create_without.get(&kind);
        KindCapability {
            identity: match Identity::of(kind) {
                Identity::Field(_) => Identity::Field(self.users_by.field()),
                Identity::Key => Identity::Key,
            },
            removal: self.removal(kind),
            unsupported: profile.unsupported(kind),
            requires: profile.requirements(),
            limits: limit::limits(&profile.limits),
            defaults: profile.defaults(),
            create_without: late.into_iter().flatten().map(String::as_str).collect(),
            ..KindCapability::full(kind)
        }
    }

    /// The fields of a kind that every resource must declare. A login name need not be declared: it is the key.
    pub fn always_required(&self, kind: Kind) -> impl Iterator<Item = &str> {
        let profile = self.kinds.get(&kind);
        let always = profile.and_then(|profile| profile.requires.get("always"));
        let always = always.into_iter().flatten().map(String::as_str);
        always.filter(move |field| *field != kind.key_field())
    }
}

impl KindProfile {
    fn requirements(&'static self) -> Vec<Requirement> {
        let requirement = |(condition, fields): (&'static String, &'static Vec<String>)| {
            let condition = match condition.split_once('=') {
                Some((field, value)) => Condition::Equals(field, value),
                None if condition == "always" => Condition::Always,
                None => Condition::Declared(condition),
            };
            Requirement {
                condition,
                fields: fields.iter().map(String::as_str).collect(),
            }
        };
        self.requires.iter().map(requirement).collect()
    }

    fn defaults(&'static self) -> Vec<(&'static str, Value)> {
        let defaults = self.defaults.iter();
        defaults
            .map(|(field, value)| (field.as_str(), Value::text(value)))
            .collect()
    }

    /// All fields but the supported ones: the outermost names that contain no supported field.
    fn unsupported(&self, kind: Kind) -> BTreeSet<&'static str> {
        let Some(supports) = &self.supports else {
            return BTreeSet::new();
        };
        let named: Vec<&str> = supports.iter().map(String::as_str).collect();
        let mut unsupported = Vec::new();
        match kind.shape() {
            Shape::Variants { tag, types } => {
                for (word, shape) in types.iter().filter(|(word, _)| !supports.contains(&**word)) {
                    let below = format!("{word}.");
                    let own = named.iter().filter_map(|name| name.strip_prefix(&*below));
                    let own: Vec<&str> = own.collect();
                    if own.is_empty() {
                        unsupported.push(word.to_string());
                    } else {
                        let missing = shape.unnamed(&[&own[..], &[&**tag]].concat());
                        unsupported
                            .extend(missing.into_iter().map(|path| format!("{below}{path}")));
                    }
                }
            }
            shape => unsupported = shape.unnamed(&named),
        }
        // Once for each profile of the program.
        let forever = |path: String| -> &'static str { Box::leak(path.into_boxed_str()) };
        unsupported.into_iter().map(forever).collect()
    }
}
