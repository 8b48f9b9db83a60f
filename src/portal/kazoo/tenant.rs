//! The *tenant* is an account's documents as far as they were read: summaries of all, and all of some.

use super::{
    doc::{self, Doc},
    flow,
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Documents of one type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Collection {
    /// People.
    Users,
    /// Phones and whatever else registers.
    Devices,
    /// Mailboxes.
    Vmboxes,
    /// What happens to calls to a number.
    Callflows,
    /// People and devices who have something in common.
    Groups,
    /// Rooms.
    Conferences,
    /// Menus.
    Menus,
    /// Fax boxes.
    Faxboxes,
    /// Queues, where the call centre is loaded.
    Queues,
    /// Directories that callers search by name.
    Directories,
    /// Lists of numbers and names.
    Lists,
    /// What stands in a list.
    Entries,
}

impl Collection {
    /// Its name in a path.
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

    /// One of them, in a sentence.
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

    /// The fields that Kazoo 5 is asked for in a list, and the one whose coming shows that it listened.
    /// Nothing where the summary tells more than the document, or where a document holds a secret.
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

/// A document as far as it was read. It may hold what is private, so it can't be printed.
#[derive(Clone, Default)]
pub(super) struct Known {
    /// What its list told.
    pub(super) summary: Doc,
    /// All of it.
    pub(super) full: Option<Full>,
}

/// All of a document.
#[derive(Clone)]
pub(super) struct Full {
    /// What it holds.
    pub(super) doc: Doc,
    /// Its revision, which a change names; a list doesn't tell.
    pub(super) revision: Option<String>,
}

impl Known {
    /// A field that both a summary and a document have.
    pub(super) fn text(&self, path: &str) -> Option<&str> {
        doc::text(self.doc(), path)
    }

    /// The most that is known.
    pub(super) fn doc(&self) -> &Doc {
        self.full.as_ref().map_or(&self.summary, |full| &full.doc)
    }

    /// All of it, if it was read.
    pub(super) fn full(&self) -> Option<&Doc> {
        self.full.as_ref().map(|full| &full.doc)
    }

    /// The numbers of a callflow.
    pub(super) fn numbers(&self) -> impl Iterator<Item = &str> {
        let numbers = self.doc().get("numbers").and_then(Value::as_array);
        numbers.into_iter().flatten().filter_map(Value::as_str)
    }

    /// The modules of a callflow: of a document those of its flow, of a summary those that it lists.
    pub(super) fn modules(&self) -> BTreeSet<String> {
        if let Some(doc) = self.full() {
            return flow::nodes(doc)
                .map(|node| node.module.to_owned())
                .collect();
        }
        let modules = self.summary.get("modules").and_then(Value::as_array);
        let modules = modules.into_iter().flatten().filter_map(Value::as_str);
        modules.map(str::to_owned).collect()
    }
}

/// A queue, and the ids of those who serve it.
#[derive(Clone, Default)]
pub(super) struct Served {
    pub(super) name: String,
    pub(super) by: Vec<String>,
}

/// An account's documents, as far as they were read.
#[derive(Clone, Default)]
pub(super) struct Tenant {
    docs: BTreeMap<Collection, BTreeMap<Box<str>, Known>>,
    /// Why a list may lack documents.
    pub(super) doubts: BTreeMap<Collection, String>,
    /// The agents of each queue that was looked at.
    pub(super) agents: BTreeMap<Box<str>, Vec<String>>,
    /// Who serves each queue, as the list of agents tells.
    pub(super) serving: BTreeMap<Box<str>, Served>,
    /// Whether queues are there; nothing if nobody asked.
    pub(super) has_queues: Option<bool>,
    /// Whether the shared contacts were looked at.
    pub(super) has_contacts: bool,
    /// The users who are known to be inactive though no more of them was read.
    pub(super) inactive: BTreeSet<Box<str>>,
}

impl Tenant {
    /// The documents of one type, by id.
    pub(super) fn of(&self, collection: Collection) -> impl Iterator<Item = (&str, &Known)> {
        let docs = self.docs.get(&collection).into_iter().flatten();
        docs.map(|(id, known)| (&**id, known))
    }

    /// One document.
    pub(super) fn get(&self, collection: Collection, id: &str) -> Option<&Known> {
        self.docs.get(&collection)?.get(id)
    }

    /// Whether a callflow leads to a queue, be it there or not.
    pub(super) fn leads_to_queues(&self) -> bool {
        let mut callflows = self.of(Collection::Callflows);
        callflows.any(|(_, callflow)| callflow.modules().contains("acdc_member"))
    }

    /// Takes what a list told. A document that was read whole keeps what was read.
    pub(super) fn list(&mut self, collection: Collection, id: &str, summary: Doc) {
        let known = self.docs.entry(collection).or_default();
        known.entry(id.into()).or_default().summary = summary;
    }

    /// Takes all of a document.
    pub(super) fn take(&mut self, collection: Collection, id: &str, full: Full) {
        let known = self.docs.entry(collection).or_default();
        known.entry(id.into()).or_default().full = Some(full);
    }

    /// Notes that a document has another revision than the one that was read.
    pub(super) fn outdate(&mut self, collection: Collection, id: &str) {
        let known = self.docs.get_mut(&collection);
        if let Some(full) = known
            .and_then(|known| known.get_mut(id))
            .and_then(|known| known.full.as_mut())
        {
            full.revision = None;
        }
    }

    /// Notes that a document is gone that others lead to: nothing more can be read of it.
    pub(super) fn lose(&mut self, collection: Collection, id: &str) {
        self.forget(collection, id);
        let known = self.docs.entry(collection).or_default();
        if matches!(
            collection,
            Collection::Conferences | Collection::Menus | Collection::Faxboxes | Collection::Queues
        ) {
            let gone = Known {
                summary: Doc::new(),
                full: Some(Full {
                    doc: Doc::new(),
                    revision: None,
                }),
            };
            known.insert(id.into(), gone);
        }
    }

    /// Forgets a document that is gone.
    pub(super) fn forget(&mut self, collection: Collection, id: &str) {
        if let Some(known) = self.docs.get_mut(&collection) {
            known.remove(id);
        }
    }
}
