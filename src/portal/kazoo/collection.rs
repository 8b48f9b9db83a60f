//! A *collection* is a type of document in Crossbar, with its paths. A list entry is addressed within its
//! list, so its ID in the cache is prefixed with the ID of the list.

use super::{
    super::rest::{Collection as _, Doc, dialect::collections, doc},
    table::TABLE,
};
use std::collections::BTreeSet;

collections! {
    /// Users.
    Users = "users", "user", Users;
    /// Phones and other devices that register.
    Devices = "devices", "device", Users;
    /// Mailboxes.
    Vmboxes = "vmboxes", "mailbox", Users;
    /// Call flows, which handle the calls to a number.
    Callflows = "callflows", "callflow", Extensions;
    /// Groups of users and devices.
    Groups = "groups", "group", Groups;
    /// Conference rooms.
    Conferences = "conferences", "conference", Extensions;
    /// Menus.
    Menus = "menus", "menu", Extensions;
    /// Fax boxes.
    Faxboxes = "faxboxes", "fax box", Extensions;
    /// Call queues, if the call centre is loaded.
    Queues = "queues", "queue", Extensions;
    /// Dial-by-name directories.
    Directories = "directories", "directory", Extensions;
    /// Lists of numbers and names.
    Lists = "lists", "list", Contacts;
    /// Entries of a list.
    Entries = "entries", "entry", Contacts;
    /// The account itself: a single document.
    Account = "accounts", "account", Extensions;
    /// Users who are agents of queues, with their queues.
    Agents = "agents", "agent", Extensions;
}

impl Collection {
    /// The fields to request in a list of Kazoo 5. `None` if the summary contains more than the document, or
    /// if the document contains a secret.
    pub(super) fn requested_fields(self) -> Option<BTreeSet<&'static str>> {
        let others: &[&str] = match self {
            Self::Users => &["presence_id", "callsheet"],
            Self::Devices => &["enabled", "device_type"],
            Self::Callflows => &["type", "patterns", "owner_id", "featurecode"],
            Self::Groups => &["name"],
            _ => return None,
        };
        let mut fields = TABLE.columns(self);
        fields.extend(others);
        for secret in TABLE.secrets(self) {
            fields.remove(secret);
        }
        Some(fields)
    }

    /// A field whose presence in a list of Kazoo 5 shows that the request for fields was honoured.
    pub(super) const fn indicator(self) -> &'static str {
        match self {
            Self::Callflows => "flow",
            Self::Groups => "endpoints",
            _ => "enabled",
        }
    }

    /// The secret fields that Kazoo returns in plain text.
    const fn secrets(self) -> &'static [&'static str] {
        match self {
            Self::Vmboxes => &["pin"],
            Self::Devices => &["sip.password"],
            Self::Users => &["hotdesk.pin"],
            _ => &[],
        }
    }

    /// A document without its secrets.
    pub(super) fn without_secrets(self, mut doc: Doc) -> Doc {
        for secret in self.secrets() {
            doc::put(&mut doc, secret, None);
        }
        doc
    }

    /// The path of the collection; for entries, of the list's entries.
    pub(super) fn path(self, list: &str) -> Vec<&str> {
        match self {
            Self::Entries => vec![Self::Lists.name(), list, self.name()],
            Self::Account => Vec::new(),
            _ => vec![self.name()],
        }
    }

    /// The path of a document.
    pub(super) fn path_of(self, id: &str) -> Vec<&str> {
        let mut path = self.path(id.split_once('/').map_or("", |(list, _)| list));
        path.extend(Some(self.own_id(id)).filter(|_| self != Self::Account));
        path
    }

    /// The ID of a document in the cache.
    pub(super) fn cache_id(self, list: &str, own_id: &str) -> String {
        match self {
            Self::Entries => format!("{list}/{own_id}"),
            Self::Account => String::new(),
            _ => own_id.to_owned(),
        }
    }

    /// The document's own ID.
    pub(super) fn own_id(self, id: &str) -> &str {
        match self {
            Self::Entries => id.split_once('/').map_or(id, |(_, own)| own),
            _ => id,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Collection::{Entries, Users};

    #[test]
    fn the_path_of_an_entry_contains_its_list() {
        assert_eq!(Entries.path("l"), ["lists", "l", "entries"]);
        let id = Entries.cache_id("l", "e");
        assert_eq!(Entries.path_of(&id), ["lists", "l", "entries", "e"]);
        assert_eq!(Entries.own_id(&id), "e");
    }

    #[test]
    fn the_path_of_another_document_contains_its_collection() {
        assert_eq!(Users.path(""), ["users"]);
        assert_eq!(Users.cache_id("", "a/b"), "a/b");
        assert_eq!(Users.path_of("a/b"), ["users", "a/b"]);
    }
}
