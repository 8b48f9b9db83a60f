//! A *shape* is what a JSON Schema says, with all that it refers to.

use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// The keywords that restrict a value, besides those with a field of their own.
const LIMITS: [&str; 12] = [
    "const",
    "enum",
    "format",
    "maxItems",
    "maxLength",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "pattern",
];

#[derive(Clone, Default)]
pub(super) struct Shape<'d> {
    pub(super) types: BTreeSet<&'d str>,
    pub(super) properties: BTreeMap<&'d str, &'d Json>,
    pub(super) required: BTreeSet<&'d str>,
    pub(super) is_closed: bool,
    pub(super) items: Option<&'d Json>,
    pub(super) limits: BTreeMap<&'d str, &'d Json>,
}

impl<'d> Shape<'d> {
    /// The shapes of a schema, one for each alternative.
    pub(super) fn all(document: &'d Json, schema: &'d Json) -> Vec<Self> {
        Self::default().with(document, schema)
    }

    fn with(mut self, document: &'d Json, schema: &'d Json) -> Vec<Self> {
        let mut alternatives = Vec::new();
        self.add(document, schema, &mut alternatives);
        if alternatives.is_empty() {
            return vec![self];
        }
        let each = alternatives.into_iter();
        each.flat_map(|one| self.clone().with(document, one))
            .collect()
    }

    fn add(&mut self, document: &'d Json, schema: &'d Json, alternatives: &mut Vec<&'d Json>) {
        if let Some(target) = schema["$ref"].as_str() {
            let target = document.pointer(target.trim_start_matches('#'));
            self.add(
                document,
                target.expect("a reference leads somewhere"),
                alternatives,
            );
        }
        for part in list(&schema["allOf"]) {
            self.add(document, part, alternatives);
        }
        alternatives.extend(list(&schema["anyOf"]).iter().chain(list(&schema["oneOf"])));
        let types = schema["type"].as_str().into_iter();
        self.types.extend(types.chain(texts(&schema["type"])));
        self.types
            .extend((schema["nullable"] == true).then_some("null"));
        self.required.extend(texts(&schema["required"]));
        let is_closed = |keyword| schema[keyword] == false;
        self.is_closed |= is_closed("additionalProperties") || is_closed("unevaluatedProperties");
        self.items = schema.get("items").or(self.items);
        let properties = schema["properties"].as_object().into_iter().flatten();
        self.properties
            .extend(properties.map(|(name, schema)| (&**name, schema)));
        for keyword in LIMITS {
            let limit = schema.get(keyword);
            // No text is shorter than none.
            let limit = limit.filter(|limit| keyword != "minLength" || **limit != 0);
            self.limits.extend(limit.map(|limit| (keyword, limit)));
        }
    }
}

fn list(value: &Json) -> &[Json] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn texts(value: &Json) -> impl Iterator<Item = &str> {
    list(value).iter().filter_map(Json::as_str)
}
