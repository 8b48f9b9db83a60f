//! *Schemas* of documents: the conversion of values, defaults, and what a document violates.
//!
//! The server's own are in `fixtures/kazoo/schemas`, in the project's words: those of both generations, and
//! in `4` and `5` what is added to one.

use super::{Dialect, faults::Faults, modules};
use crate::fake::Schema;
use jsonschema::{
    ValidationError,
    error::{TypeKind, ValidationErrorKind as Kind},
};
use serde_json::{Map, Value, json};
use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, LazyLock},
};

/// Where the schemas of a bundle are, for those that refer to them.
const WITHIN: &str = "#/components/schemas/";

/// Schemas that may refer to each other.
pub(super) struct Bundle {
    pub(super) name: &'static str,
    schemas: BTreeMap<String, Schema>,
    is_partial: bool,
}

/// The server's own schemas of 4 and 5.
static OWN: LazyLock<[Bundle; 2]> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/kazoo/schemas");
    ["4", "5"].map(|generation| {
        let mut schemas = read(&folder).expect("the schemas are part of the project");
        for (name, own) in read(&folder.join(generation)).expect("those of a generation too") {
            let schema = match schemas.get(&name) {
                Some(both) => json!({"allOf": [both, own]}),
                None => own,
            };
            schemas.insert(name, schema);
        }
        Bundle::new(generation, schemas, true)
    })
});

/// The server's own schemas of a generation.
pub(super) fn own(dialect: Dialect) -> &'static Bundle {
    &OWN[usize::from(dialect == Dialect::Five)]
}

/// The schemas in a folder by the names of their files.
pub(super) fn read(folder: &Path) -> Option<Map<String, Value>> {
    let mut schemas = Map::new();
    for entry in folder.read_dir().ok()? {
        let path = entry.ok()?.path();
        if path.is_dir() {
            continue;
        }
        let text = std::fs::read_to_string(&path).ok()?;
        let mut schema: Value = match path.extension()?.to_str()? {
            "yaml" => serde_yaml::from_str(&text).expect("a schema"),
            _ => serde_json::from_str(&text).expect("a schema"),
        };
        point(&mut schema);
        let stem = path.file_stem()?.to_string_lossy().into_owned();
        schemas.insert(stem, schema);
    }
    Some(schemas)
}

/// Rewrites a reference by file name to a reference within the bundle.
fn point(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            fields.shift_remove("$schema");
            for (name, value) in fields.iter_mut() {
                match value {
                    Value::String(target) if name == "$ref" && !target.starts_with('#') => {
                        *target = format!("{WITHIN}{target}");
                    }
                    value => point(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(point),
        _ => {}
    }
}

impl Bundle {
    /// Schemas of one generation. A bundle that is partial has no schema for some documents, and accepts them.
    pub(super) fn new(name: &'static str, schemas: Map<String, Value>, is_partial: bool) -> Self {
        let document = json!({"jsonSchemaDialect": "http://json-schema.org/draft-04/schema#",
            "components": {"schemas": schemas}});
        let document = Arc::new(document);
        let all = document["components"]["schemas"].as_object();
        let all = all.into_iter().flatten();
        let all = all.map(|(name, schema)| (name.clone(), Schema::new(&document, schema)));
        Self {
            name,
            schemas: all.collect(),
            is_partial,
        }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.schemas.contains_key(name)
    }

    /// What a document of a collection violates; of a callflow, also what each node violates that its module needs.
    pub(super) fn violations(&self, kind: &str, value: &Value) -> Vec<String> {
        let schema = match kind {
            "faxboxes" if !self.has(kind) => "faxbox",
            "entries" if !self.has(kind) => "list_entries",
            kind => kind,
        };
        let mut all = self.broken(schema, value, "");
        if kind == "callflows" && value["flow"].is_object() {
            all.extend(self.broken("callflows.action", &value["flow"], "/flow"));
            modules::walk(&value["flow"], "/flow", &mut |node, at| {
                let module = node["module"].as_str().unwrap_or("");
                let schema = format!("callflows.{module}");
                all.extend(self.broken(&schema, &node["data"], &format!("{at}/data")));
            });
        }
        all
    }

    fn broken(&self, schema: &str, value: &Value, at: &str) -> Vec<String> {
        let broken = match self.schemas.get(schema) {
            Some(known) => known.violations(value),
            None if self.is_partial => Vec::new(),
            None => vec!["there is no such schema".to_owned()],
        };
        let of = |one| format!("{}: {schema}: {at}{one}", self.name);
        broken.into_iter().map(of).collect()
    }

    /// Converts values, fills in defaults, and adds what a document violates. `dot` is the separator between
    /// the names of a path.
    pub(super) fn apply(
        &self,
        name: &str,
        value: &mut Value,
        at: &[String],
        dot: &str,
        faults: &mut Faults,
    ) {
        let Some(schema) = self.schemas.get(name) else {
            return;
        };
        self.fill(&schema.source, value);
        for error in schema.validator().iter_errors(value) {
            let (place, rule, details) = fault(&error);
            let path = at.iter().cloned().chain(place);
            faults.add(&path.collect::<Vec<_>>().join(dot), &rule, details);
        }
    }

    /// Converts text to a number or a truth value if that is meant, but not the reverse, and fills in defaults.
    fn fill(&self, schema: &Value, value: &mut Value) {
        if let Some(target) = schema["$ref"].as_str() {
            self.fill(
                &self.schemas[target.trim_start_matches(WITHIN)].source,
                value,
            );
        }
        for part in schema["allOf"].as_array().into_iter().flatten() {
            self.fill(part, value);
        }
        let read = match (schema["type"].as_str(), &*value) {
            (Some("integer"), Value::String(text)) => text.parse::<i64>().ok().map(Value::from),
            (Some("boolean"), Value::String(text)) => text.parse::<bool>().ok().map(Value::from),
            _ => None,
        };
        if let Some(read) = read {
            *value = read;
        }
        if let Value::Array(items) = value {
            items
                .iter_mut()
                .for_each(|item| self.fill(&schema["items"], item));
        }
        let properties = schema["properties"].as_object().into_iter().flatten();
        for (name, property) in properties {
            let Value::Object(fields) = &mut *value else {
                return;
            };
            if let Some(default) = property
                .get("default")
                .filter(|_| !fields.contains_key(name))
            {
                fields.insert(name.clone(), default.clone());
            }
            if let Some(inner) = fields.get_mut(name) {
                self.fill(property, inner);
            }
        }
    }
}

/// A violation as Kazoo reports it: its place, its rule and details.
fn fault(error: &ValidationError<'_>) -> (Vec<String>, String, Value) {
    let path = error.instance_path().to_string();
    let names = path.split('/').skip(1);
    let mut place: Vec<String> = names
        .map(|name| name.replace("~1", "/").replace("~0", "~"))
        .collect();
    let message = error.to_string();
    let mut details = json!({"message": message, "value": &**error.instance()});
    let schema_path = error.schema_path().to_string();
    let mut rule = schema_path.rsplit('/').next().unwrap_or_default();
    match error.kind() {
        Kind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            place.push(name.to_owned());
            details["value"] = name.into();
        }
        Kind::Format { format } => {
            rule = "wrong_format";
            details["format"] = format.as_str().into();
        }
        Kind::MinLength { limit } | Kind::MaxLength { limit } | Kind::MinItems { limit } => {
            details["target"] = (*limit).into();
        }
        Kind::Minimum { limit } | Kind::Maximum { limit } => details["target"] = limit.clone(),
        Kind::Pattern { pattern } => details["target"] = pattern.as_str().into(),
        Kind::Enum { options } => details["target"] = (**options).clone(),
        Kind::Type {
            kind: TypeKind::Single(one),
        } => details["target"] = one.to_string().into(),
        _ => {}
    }
    (place, rule.to_owned(), details)
}
