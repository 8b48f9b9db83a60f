//! A *collection* is a type of object: its path, and the server's internal name for it.

/// The collections with uniform reads and writes, and their internal names.
const KNOWN: [(&str, &str); 16] = [
    ("users", "user"),
    ("devices", "device"),
    ("vmboxes", "vmbox"),
    ("callflows", "callflow"),
    ("groups", "group"),
    ("menus", "menu"),
    ("conferences", "conference"),
    ("faxboxes", "faxbox"),
    ("queues", "queue"),
    ("lists", "list"),
    ("entries", "list_entry"),
    ("directories", "directory"),
    ("media", "media"),
    ("blacklists", "blacklist"),
    ("temporal_rules", "temporal_rule"),
    ("webhooks", "webhook"),
];

/// The internal name of a collection's type, if the collection exists.
pub(super) fn type_of(collection: &str) -> Option<&'static str> {
    let known = KNOWN.iter().find(|(name, _)| *name == collection);
    known.map(|(_, one)| *one)
}

/// The separator between the names of a nested field in an error.
pub(super) fn dot(collection: &str) -> &'static str {
    match collection {
        "users" | "devices" | "callflows" | "accounts" => "%2E",
        _ => ".",
    }
}
