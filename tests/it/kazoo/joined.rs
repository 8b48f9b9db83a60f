//! *Joined* rules are rules of a document that no single field violates: what one field says needs another.

use super::{document::at, faults::Faults};
use serde_json::{Map, Value, json};

/// Whether a field has content.
fn has(fields: &Map<String, Value>, path: &str) -> bool {
    match at(fields, path) {
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Array(items)) => !items.is_empty(),
        _ => false,
    }
}

/// The violations of a whole document, with its changes merged.
pub(super) fn check(collection: &str, fields: &Map<String, Value>, faults: &mut Faults) {
    match collection {
        "users" | "devices" => {
            let is_on = at(fields, "call_forward.enabled") == Some(&Value::Bool(true));
            if is_on && !has(fields, "call_forward.number") {
                let message = "Call forward number cannot be empty when call forward is enabled";
                faults.add(
                    "call_forward.number",
                    "required",
                    json!({"message": message}),
                );
            }
        }
        "callflows" if !has(fields, "numbers") && !has(fields, "patterns") => {
            faults.required("numbers", "numbers".into());
        }
        _ => {}
    }
}
