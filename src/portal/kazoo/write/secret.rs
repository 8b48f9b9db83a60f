//! The *version* of a secret is stored beside it.

use crate::portal::rest::{Doc, doc};
use serde_json::{Value, json};

/// Records the version of a secret that was sent, or removes the record.
pub(super) fn note_secret_version(doc: &mut Doc, name: &str, version: Option<Value>) {
    let mut noted = doc::at(doc, "callsheet.secrets")
        .and_then(Value::as_object)
        .cloned();
    match version {
        Some(version) => drop(
            noted
                .get_or_insert_default()
                .insert(name.to_owned(), version),
        ),
        None => drop(noted.as_mut().and_then(|noted| noted.shift_remove(name))),
    }
    if let Some(noted) = noted {
        doc::put(doc, "callsheet.secrets", Some(json!(noted)));
    }
}
