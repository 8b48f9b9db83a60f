//! The *version* of a secret, stored on the portal in an object beside it.

use super::doc::{self, Doc};
use serde_json::{Value, json};

/// The recorded version of a secret; `None` if Callsheet has never sent it.
pub fn version(doc: &Doc, versions: &str, secret: &str) -> Option<Value> {
    let noted = doc::at(doc, versions)?.get(secret)?.as_u64()?;
    let version = u32::try_from(noted).ok()?;
    Some(json!({ "version": version }))
}

/// Records the version of a secret that was sent, or removes the record.
pub fn note_version(doc: &mut Doc, versions: &str, secret: &str, version: Option<Value>) {
    let noted = doc::at(doc, versions).and_then(Value::as_object).cloned();
    if noted.is_none() && version.is_none() {
        return;
    }
    let mut noted = noted.unwrap_or_default();
    match version {
        Some(version) => drop(noted.insert(secret.to_owned(), version)),
        None => drop(noted.shift_remove(secret)),
    }
    doc::put(doc, versions, Some(noted.into()));
}
