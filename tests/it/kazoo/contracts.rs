//! The *contracts* are the JSON Schemas that Kazoo publishes for 4.4 and 5: every request body must match
//! both. They aren't part of this project; without them, bodies match only the project's own schemas.

use super::{
    Dialect,
    schemas::{self, Bundle},
};
use serde_json::Value;
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

static CONTRACTS: LazyLock<Vec<Bundle>> = LazyLock::new(|| {
    let read = |name: &'static str| {
        let schemas = schemas::read(&folder().join("schemas").join(name))?;
        Some(Bundle::new(name, schemas, false))
    };
    GENERATIONS.into_iter().filter_map(read).collect()
});

/// What a document violates, of one generation or of both.
pub(super) fn violations(kind: &str, document: &Value, only: Option<Dialect>) -> Vec<String> {
    let only = only.map(|only| GENERATIONS[usize::from(only == Dialect::Five)]);
    let judges = CONTRACTS.iter();
    let judges = judges.filter(|judge| only.is_none_or(|only| judge.name == only));
    judges
        .flat_map(|judge| judge.violations(kind, document))
        .collect()
}

/// What a document violates that the server returns: of its own schemas, and of those of its generation.
pub(super) fn lies(dialect: Dialect, kind: &str, document: &Value) -> Vec<String> {
    let mut all = schemas::own(dialect).violations(kind, document);
    all.extend(violations(kind, document, Some(dialect)));
    // A real one returns the members of a directory as objects, although its schema says texts.
    all.retain(|lie| !lie.contains(": directories: /users/"));
    all
}
