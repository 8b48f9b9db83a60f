//! The *contracts* are the JSON Schemas that Kazoo publishes for 4.4 and 5: every request body must match
//! both. They aren't part of this project; without them, nothing is checked.

use super::collection;
use jsonschema::Validator;
use serde_json::{Map, Value, json};
use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, LazyLock, Mutex},
};

const GENERATIONS: [&str; 2] = ["kazoo-4.4", "kazoo5-dev"];

/// The directory of the published contracts of portals.
#[expect(
    clippy::disallowed_methods,
    reason = "a test has no settings to read it from"
)]
pub(crate) fn contract_folder() -> PathBuf {
    let chosen = std::env::var("CALLSHEET_CONTRACTS").ok();
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/portals");
    PathBuf::from(chosen.unwrap_or_else(|| beside.into()))
}

/// The directory of Kazoo's.
pub(super) fn folder() -> PathBuf {
    contract_folder().join("kazoo")
}

/// Whether the contracts exist.
pub(crate) fn contracts_present() -> bool {
    !CONTRACTS.is_empty()
}

/// The schemas of one generation, and those that are already compiled.
struct Contracts {
    name: &'static str,
    schemas: Map<String, Value>,
    compiled: Mutex<BTreeMap<String, Option<Arc<Validator>>>>,
}

static CONTRACTS: LazyLock<Vec<Contracts>> = LazyLock::new(|| {
    let read = GENERATIONS.map(Contracts::read);
    read.into_iter().flatten().collect()
});

impl Contracts {
    fn read(name: &'static str) -> Option<Self> {
        let mut schemas = Map::new();
        for entry in folder().join("schemas").join(name).read_dir().ok()? {
            let path = entry.ok()?.path();
            let text = std::fs::read_to_string(&path).ok()?;
            let stem = path.file_stem()?.to_string_lossy().into_owned();
            let mut schema: Value = serde_json::from_str(&text).ok()?;
            point(&mut schema);
            schemas.insert(stem, schema);
        }
        Some(Self {
            name,
            schemas,
            compiled: Mutex::default(),
        })
    }

    fn validator(&self, name: &str) -> Option<Arc<Validator>> {
        let mut compiled = self.compiled.lock().unwrap();
        let compile = || {
            self.schemas.get(name)?;
            let root = json!({
                "$schema": "http://json-schema.org/draft-04/schema#",
                "allOf": [{"$ref": format!("#/definitions/{name}")}],
                "definitions": self.schemas,
            });
            let options = jsonschema::options().with_draft(jsonschema::Draft::Draft4);
            let validator = options.should_validate_formats(true).build(&root);
            Some(Arc::new(
                validator.unwrap_or_else(|error| panic!("{name}: {error}")),
            ))
        };
        compiled
            .entry(name.to_owned())
            .or_insert_with(compile)
            .clone()
    }

    fn broken(&self, schema: &str, value: &Value, at: &str, broken: &mut Vec<String>) {
        match self.validator(schema) {
            None => broken.push(format!("{}: there is no {schema}", self.name)),
            Some(validator) => {
                for error in validator.iter_errors(value) {
                    let place = format!("{at}{}", error.instance_path());
                    broken.push(format!("{}: {schema}: {place}: {error}", self.name));
                }
            }
        }
    }

    /// Checks a node of a flow and its children: the data of each must match its module's schema.
    fn nodes(&self, node: &Value, at: &str, broken: &mut Vec<String>) {
        let module = node["module"].as_str().unwrap_or("");
        let schema = format!("callflows.{module}");
        self.broken(&schema, &node["data"], &format!("{at}/data"), broken);
        let children = node["children"].as_object();
        for (branch, child) in children.into_iter().flatten() {
            self.nodes(child, &format!("{at}/children/{branch}"), broken);
        }
    }
}

/// Rewrites a reference by file name to a reference within the bundle.
fn point(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            fields.shift_remove("$schema");
            for (name, value) in fields.iter_mut() {
                match value {
                    Value::String(target) if name == "$ref" && !target.starts_with('#') => {
                        *target = format!("#/definitions/{target}");
                    }
                    value => point(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(point),
        _ => {}
    }
}

/// The contracts of a generation.
pub(super) fn generation(is_five: bool) -> &'static str {
    GENERATIONS[usize::from(is_five)]
}

/// The violations of a document, of one generation or of both.
pub(super) fn check(kind: &str, fields: &Map<String, Value>, only: Option<&str>) -> Vec<String> {
    let schema = match kind {
        "faxboxes" => "faxbox",
        "entries" => "list_entries",
        kind => kind,
    };
    let value = Value::Object(fields.clone());
    let mut broken = Vec::new();
    for contracts in CONTRACTS
        .iter()
        .filter(|one| only.is_none_or(|only| one.name == only))
    {
        contracts.broken(schema, &value, "", &mut broken);
        if kind == "callflows" && value["flow"].is_object() {
            contracts.broken("callflows.action", &value["flow"], "/flow", &mut broken);
            contracts.nodes(&value["flow"], "/flow", &mut broken);
        }
    }
    debug_assert!(collection::type_of(kind).is_some() || kind == "phone_numbers");
    broken
}
