//! The *contracts* are the JSON Schemas that Kazoo publishes for 4.4 and 5: every request body must match
//! both. They aren't part of this project; without them, bodies match only the project's own schemas.

use super::{
    collection,
    schemas::{self, Bundle},
};
use serde_json::{Map, Value};
use std::{path::PathBuf, sync::LazyLock};

const GENERATIONS: [&str; 2] = ["kazoo-4.4", "kazoo5-dev"];

/// The directory of Kazoo's.
pub(super) fn folder() -> PathBuf {
    crate::contracts::folder().join("kazoo")
}

/// Whether the contracts exist.
pub(crate) fn contracts_present() -> bool {
    !CONTRACTS.is_empty()
}

static CONTRACTS: LazyLock<Vec<(&str, Bundle)>> = LazyLock::new(|| {
    let read = |name: &'static str| {
        let schemas = schemas::read(&folder().join("schemas").join(name))?;
        Some((name, Bundle::new(schemas)))
    };
    GENERATIONS.into_iter().filter_map(read).collect()
});

fn broken(
    (name, bundle): &(&str, Bundle),
    schema: &str,
    value: &Value,
    at: &str,
    broken: &mut Vec<String>,
) {
    match bundle.validator(schema) {
        None => broken.push(format!("{name}: there is no {schema}")),
        Some(validator) => {
            for error in validator.iter_errors(value) {
                let place = format!("{at}{}", error.instance_path());
                broken.push(format!("{name}: {schema}: {place}: {error}"));
            }
        }
    }
}

/// Checks a node of a flow and its children: the data of each must match its module's schema.
fn nodes(contract: &(&str, Bundle), node: &Value, at: &str, all: &mut Vec<String>) {
    let module = node["module"].as_str().unwrap_or("");
    let schema = format!("callflows.{module}");
    broken(contract, &schema, &node["data"], &format!("{at}/data"), all);
    let children = node["children"].as_object();
    for (branch, child) in children.into_iter().flatten() {
        nodes(contract, child, &format!("{at}/children/{branch}"), all);
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
    let mut all = Vec::new();
    for contract in CONTRACTS
        .iter()
        .filter(|(name, _)| only.is_none_or(|only| *name == only))
    {
        broken(contract, schema, &value, "", &mut all);
        if kind == "callflows" && value["flow"].is_object() {
            broken(
                contract,
                "callflows.action",
                &value["flow"],
                "/flow",
                &mut all,
            );
            nodes(contract, &value["flow"], "/flow", &mut all);
        }
    }
    debug_assert!(collection::type_of(kind).is_some() || kind == "phone_numbers");
    all
}
