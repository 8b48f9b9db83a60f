//! *Unique* names must not be shared by two objects of an account.

use super::{
    document::{Doc, at, texts},
    faults::Faults,
};
use serde_json::{Map, Value, json};

/// The names of a collection that are compared as they are, and what is said of one that is taken.
const NAMES: [(&str, &str, &str); 3] = [
    ("users", "username", "Another user has this name"),
    ("devices", "mac_address", "Another device has this address"),
    ("devices", "sip.username", "Another device has this name"),
];

/// The names of a document that another one of its collection has.
pub(super) fn check<'w, Others: Iterator<Item = Doc<'w>>>(
    kind: &str,
    fields: &Map<String, Value>,
    others: impl Fn() -> Others,
    faults: &mut Faults,
) {
    let text = |path: &str| at(fields, path)?.as_str().filter(|text| !text.is_empty());
    for (_, path, message) in NAMES.iter().filter(|(of, ..)| *of == kind) {
        if let Some(name) = text(path)
            && others().any(|other| other.text(path) == Some(name))
        {
            faults.add(path, "unique", json!({"message": message, "cause": name}));
        }
    }
    let number = |text: &str| text.trim_start_matches('0').to_owned();
    if kind == "vmboxes"
        && let Some(own) = text("mailbox")
        && others().any(|other| other.text("mailbox").map(number) == Some(number(own)))
    {
        let message = "Another box has this number";
        faults.add("mailbox", "unique", json!({"message": message}));
    }
    let numbers = fields.get("numbers").filter(|_| kind == "callflows");
    for number in texts(numbers) {
        if let Some(other) = others().find(|other| other.lists("numbers", number)) {
            let (id, name) = (other.id, other.text("name").unwrap_or_default());
            let message = format!("Callflow {id}, {name}, has {number}");
            let details = json!({"message": message, "cause": number});
            faults.add("numbers", "unique", details);
        }
    }
}
