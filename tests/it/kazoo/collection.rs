//! A *collection* is a kind of object: where it is, and what the server calls one of it.

/// The collections that are read and written alike, and what one of each is called inside.
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

/// What one of a collection is called inside, if there is such a collection.
pub(super) fn type_of(collection: &str) -> Option<&'static str> {
    let known = KNOWN.iter().find(|(name, _)| *name == collection);
    known.map(|(_, one)| *one)
}

/// What stands between the names of a nested field in an error.
pub(super) fn dot(collection: &str) -> &'static str {
    match collection {
        "users" | "devices" | "callflows" | "accounts" => "%2E",
        _ => ".",
    }
}
