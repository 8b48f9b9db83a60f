//! The *cache* contains the documents of an account that have been read: a summary of every document, and
//! the full content of some.

use super::{
    doc::{self, Doc},
    flow,
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A type of document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Collection {
    /// Users.
    Users,
    /// Phones and other devices that register.
    Devices,
    /// Mailboxes.
    Vmboxes,
    /// Call flows, which handle the calls to a number.
    Callflows,
    /// Groups of users and devices.
    Groups,
    /// Conference rooms.
    Conferences,
    /// Menus.
    Menus,
    /// Fax boxes.
    Faxboxes,
    /// Call queues, if the call centre is loaded.
    Queues,
    /// Dial-by-name directories.
    Directories,
    /// Lists of numbers and names.
    Lists,
    /// Entries of a list.
    Entries,
}

impl Collection {
    /// The name in a URL path.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Devices => "devices",
            Self::Vmboxes => "vmboxes",
            Self::Callflows => "callflows",
            Self::Groups => "groups",
            Self::Conferences => "conferences",
            Self::Menus => "menus",
            Self::Faxboxes => "faxboxes",
            Self::Queues => "queues",
            Self::Directories => "directories",
            Self::Lists => "lists",
            Self::Entries => "entries",
        }
    }

    /// The singular for messages.
    pub(super) const fn singular(self) -> &'static str {
        match self {
            Self::Users => "user",
            Self::Devices => "device",
            Self::Vmboxes => "mailbox",
            Self::Callflows => "callflow",
            Self::Groups => "group",
            Self::Conferences => "conference",
            Self::Menus => "menu",
            Self::Faxboxes => "fax box",
            Self::Queues => "queue",
            Self::Directories => "directory",
            Self::Lists => "list",
            Self::Entries => "entry",
        }
    }

    /// The fields to request in a list of Kazoo 5, and a field whose presence shows that the request was
    /// honoured. `None` if the summary contains more than the document, or if the document contains a
    /// secret.
    pub(super) const fn fields(self) -> Option<(&'static [&'static str], &'static str)> {
        match self {
            Self::Users => Some((
                &[
                    "username",
                    "first_name",
                    "last_name",
                    "email",
                    "enabled",
                    "priv_level",
                    "caller_id",
                    "presence_id",
                    "call_forward",
                    "do_not_disturb",
                    "profile",
                    "callsheet",
                ],
                "enabled",
            )),
            Self::Devices => Some((
                &[
                    "name",
                    "owner_id",
                    "mac_address",
                    "enabled",
                    "device_type",
                    "provision",
                ],
                "enabled",
            )),
            Self::Callflows => Some((
                &[
                    "name",
                    "type",
                    "numbers",
                    "patterns",
                    "owner_id",
                    "flow",
                    "featurecode",
                ],
                "flow",
            )),
            Self::Groups => Some((&["name", "endpoints"], "endpoints")),
            Self::Vmboxes
            | Self::Conferences
            | Self::Menus
            | Self::Faxboxes
            | Self::Queues
            | Self::Directories
            | Self::Lists
            | Self::Entries => None,
        }
    }
}

/// The cached state of a document. It may contain personal data, so it doesn't implement `Debug`.
#[derive(Clone, Default)]
pub(super) struct Entry {
    /// The document's row in a list.
    pub(super) summary: Doc,
    /// The full document, if it has been read.
    pub(super) document: Option<Document>,
}

/// A full document.
#[derive(Clone)]
pub(super) struct Document {
    /// The fields.
    pub(super) doc: Doc,
    /// The revision, for conditional writes. Lists don't contain it.
    pub(super) revision: Option<String>,
}

impl Entry {
    /// A text field that both the summary and the document contain.
    pub(super) fn text(&self, path: &str) -> Option<&str> {
        doc::text(self.doc(), path)
    }

    /// The full document if it has been read, otherwise the summary.
    pub(super) fn doc(&self) -> &Doc {
        self.document
            .as_ref()
            .map_or(&self.summary, |full| &full.doc)
    }

    /// The full document, if it has been read.
    pub(super) fn full_doc(&self) -> Option<&Doc> {
        self.document.as_ref().map(|full| &full.doc)
    }

    /// The numbers of a callflow.
    pub(super) fn numbers(&self) -> impl Iterator<Item = &str> {
        let numbers = self.doc().get("numbers").and_then(Value::as_array);
        numbers.into_iter().flatten().filter_map(Value::as_str)
    }

    /// The modules of a callflow, from the full document or the summary.
    pub(super) fn modules(&self) -> BTreeSet<String> {
        if let Some(doc) = self.full_doc() {
            return flow::nodes(doc)
                .map(|node| node.module.to_owned())
                .collect();
        }
        let modules = self.summary.get("modules").and_then(Value::as_array);
        let modules = modules.into_iter().flatten().filter_map(Value::as_str);
        modules.map(str::to_owned).collect()
    }
}

/// The name of a queue and the IDs of its agents.
#[derive(Clone, Default)]
pub(super) struct Roster {
    pub(super) name: String,
    pub(super) agents: Vec<String>,
}

/// The documents of an account that have been read.
#[derive(Clone, Default)]
pub(super) struct Cache {
    docs: BTreeMap<Collection, BTreeMap<Box<str>, Entry>>,
    /// The reasons why lists may be incomplete.
    pub(super) incomplete: BTreeMap<Collection, String>,
    /// The agents of each queue that has been read.
    pub(super) agents: BTreeMap<Box<str>, Vec<String>>,
    /// The roster of each queue, according to the list of agents.
    pub(super) rosters: BTreeMap<Box<str>, Roster>,
    /// Whether the host has queues; `None` until it is checked.
    pub(super) has_queues: Option<bool>,
    /// Whether the shared contacts have been read.
    pub(super) has_contacts: bool,
    /// The users that are known to be inactive although only their summaries have been read.
    pub(super) inactive: BTreeSet<Box<str>>,
}

impl Cache {
    /// The documents of one type, by id.
    pub(super) fn of(&self, collection: Collection) -> impl Iterator<Item = (&str, &Entry)> {
        let docs = self.docs.get(&collection).into_iter().flatten();
        docs.map(|(id, entry)| (&**id, entry))
    }

    /// One document.
    pub(super) fn get(&self, collection: Collection, id: &str) -> Option<&Entry> {
        self.docs.get(&collection)?.get(id)
    }

    /// Whether a callflow refers to a queue, even to one that doesn't exist.
    pub(super) fn refers_to_queues(&self) -> bool {
        let mut callflows = self.of(Collection::Callflows);
        callflows.any(|(_, callflow)| callflow.modules().contains("acdc_member"))
    }

    /// Stores a summary. A full document that has been read is kept.
    pub(super) fn store_summary(&mut self, collection: Collection, id: &str, summary: Doc) {
        let entries = self.docs.entry(collection).or_default();
        entries.entry(id.into()).or_default().summary = summary;
    }

    /// Stores a full document.
    pub(super) fn store(&mut self, collection: Collection, id: &str, full: Document) {
        let entries = self.docs.entry(collection).or_default();
        entries.entry(id.into()).or_default().document = Some(full);
    }

    /// Forgets the revision of a document that was changed.
    pub(super) fn invalidate(&mut self, collection: Collection, id: &str) {
        let entries = self.docs.get_mut(&collection);
        if let Some(full) = entries
            .and_then(|entries| entries.get_mut(id))
            .and_then(|entry| entry.document.as_mut())
        {
            full.revision = None;
        }
    }

    /// Records that a document doesn't exist, so that it isn't requested again.
    pub(super) fn mark_missing(&mut self, collection: Collection, id: &str) {
        self.remove(collection, id);
        let entries = self.docs.entry(collection).or_default();
        if matches!(
            collection,
            Collection::Conferences | Collection::Menus | Collection::Faxboxes | Collection::Queues
        ) {
            let missing = Entry {
                summary: Doc::new(),
                document: Some(Document {
                    doc: Doc::new(),
                    revision: None,
                }),
            };
            entries.insert(id.into(), missing);
        }
    }

    /// Removes a document that no longer exists.
    pub(super) fn remove(&mut self, collection: Collection, id: &str) {
        if let Some(entries) = self.docs.get_mut(&collection) {
            entries.remove(id);
        }
    }
}
