//! The *contracts* are what portals publish about themselves: OpenAPI documents, JSON Schemas, recorded exchanges.
//! They aren't part of this project; where they are missing, the tests say that they are skipped.

use serde_json::Value as Json;
use std::path::{Path, PathBuf};

/// The directory of the contracts, with a folder for each portal.
#[expect(
    clippy::disallowed_methods,
    reason = "a test has no settings to read it from"
)]
pub(crate) fn folder() -> PathBuf {
    let chosen = std::env::var("CALLSHEET_CONTRACTS").ok();
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/portals");
    PathBuf::from(chosen.unwrap_or_else(|| beside.into()))
}

/// A file of `fixtures`, in YAML: what this project says itself of a portal.
pub(crate) fn fixture(path: &str) -> Json {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/");
    let text = std::fs::read_to_string(format!("{file}{path}")).expect("a fixture");
    serde_saphyr::from_str(&text).expect("a fixture is YAML")
}

/// The file of a portal's OpenAPI document: the published one where it is there, otherwise our own.
pub(crate) fn document(portal: &str) -> PathBuf {
    let published = folder().join(portal).join("openapi-prism.json");
    let own = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures");
    match published.exists() {
        true => published,
        false => Path::new(own).join(portal).join("openapi.yaml"),
    }
}

/// A file of the contracts, if it is there.
pub(crate) fn read(path: &str) -> Option<Json> {
    let text = std::fs::read_to_string(folder().join(path)).ok()?;
    Some(serde_json::from_str(&text).expect("a contract is JSON"))
}
