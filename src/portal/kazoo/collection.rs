//! A *collection* is a type of document in Crossbar, with its paths. A list entry is addressed within its
//! list, so its ID in the cache is prefixed with the ID of the list.

use super::{
    super::rest::{Doc, dialect::collections, doc},
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
    Entries = "entries", "entry", Contacts, within Lists;
    /// The account itself: a single document.
    Account = "accounts", "account", Extensions;
    /// Users who are agents of queues, with their queues.
    Agents = "agents", "agent", Extensions;
}

impl Collection {
    /// Whether the adapter can't do without it.
    pub(super) const fn is_needed(self) -> bool {
        !matches!(
            self,
            Self::Queues | Self::Lists | Self::Entries | Self::Agents | Self::Account
        )
    }

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
}
