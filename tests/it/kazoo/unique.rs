//! *Unique* names must not be shared by two objects of an account.

use super::{document::at, faults::Faults, world::Account};
use serde_json::{Map, Value, json};

/// The names of a document that another object has. `id` is the document's own ID.
pub(super) fn check(
    account: &Account,
    collection: &str,
    id: Option<&str>,
    fields: &Map<String, Value>,
    faults: &mut Faults,
) {
    let text = |path: &str| {
        at(fields, path)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
    };
    let others = || {
        let live = account.live(collection);
        live.filter(|(other, _)| Some(other.as_str()) != id)
    };
    let is_taken = |path: &str, wanted: &str| {
        let mut others = others();
        others.any(|(_, doc)| at(&doc.fields, path).and_then(Value::as_str) == Some(wanted))
    };
    match collection {
        "users" => {
            if let Some(name) = text("username").filter(|name| is_taken("username", name)) {
                let message = "Another user has this name";
                faults.add(
                    "username",
                    "unique",
                    json!({"message": message, "cause": name}),
                );
            }
        }
        "devices" => {
            if let Some(mac) = text("mac_address").filter(|mac| is_taken("mac_address", mac)) {
                let message = "Another device has this address";
                faults.add(
                    "mac_address",
                    "unique",
                    json!({"message": message, "cause": mac}),
                );
            }
            if let Some(name) = text("sip.username").filter(|name| is_taken("sip.username", name)) {
                let message = "Another device has this name";
                faults.add(
                    "sip.username",
                    "unique",
                    json!({"message": message, "cause": name}),
                );
            }
        }
        "vmboxes" => {
            let number = |text: &str| text.trim_start_matches('0').to_owned();
            let wanted = text("mailbox").map(number);
            let mut known = others().filter_map(|(_, doc)| doc.text("mailbox").map(number));
            if wanted.is_some_and(|wanted| known.any(|known| known == wanted)) {
                let message = "Another box has this number";
                faults.add("mailbox", "unique", json!({"message": message}));
            }
        }
        "callflows" => {
            let numbers = fields.get("numbers").and_then(Value::as_array);
            for number in numbers.into_iter().flatten() {
                let has_it = |fields: &Map<String, Value>| {
                    let numbers = fields.get("numbers").and_then(Value::as_array);
                    numbers.is_some_and(|numbers| numbers.contains(number))
                };
                if let Some((id, other)) = others().find(|(_, doc)| has_it(&doc.fields)) {
                    let (number, name) = (
                        number.as_str().unwrap_or(""),
                        other.text("name").unwrap_or(""),
                    );
                    let message = format!("Callflow {id}, {name}, has {number}");
                    faults.add(
                        "numbers",
                        "unique",
                        json!({"message": message, "cause": number}),
                    );
                }
            }
        }
        _ => {}
    }
}
