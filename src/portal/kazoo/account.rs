//! The *account* is the cache of Kazoo's documents with their relations: the callflow, mailbox and devices
//! of each user, the callflow of each number, and the key of each object.
//!
//! The index follows every change of a document, so no look-up depends on the size of the account.

use super::{
    super::rest::{self, Cache, Entry, Groups, Membership, Relation, codec::Names, doc},
    collection::Collection,
    dialect::Crossbar,
    flow, shared_contacts,
};
use crate::model::text::{ContactKey, ExtensionKey, key_of};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// The type that Kazoo's onboarding gives to a user's own callflow.
pub(super) const MAIN_CALLFLOW: &str = "mainUserCallflow";

/// The documents of an account that have been read.
pub(super) type Account = Cache<Collection, Index>;

/// The relations between the documents of an account, and what was read apart from documents.
#[derive(Default)]
pub(super) struct Index {
    /// The users of a name. A user without a username is named by its ID.
    users: Relation,
    /// The documents that a user owns.
    callflows: Relation,
    mailboxes: Relation,
    devices: Relation,
    /// The callflows of a number.
    numbers: Relation,
    /// The groups, by the key that is derived from their name.
    groups: Groups,
    /// The list entries that contain a key.
    contact_keys: Relation,
    /// The list entries without a key, by the key that is derived from their name.
    contact_names: Relation,
    /// The lists with the name of the shared contacts.
    contact_lists: BTreeSet<Box<str>>,
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

/// The name of a queue and the IDs of its agents.
#[derive(Clone, Default)]
pub(super) struct Roster {
    pub(super) name: String,
    pub(super) agents: Vec<String>,
}

/// The groups. Of several with the same key, only the first is managed.
pub(super) static MEMBERS: Membership<Crossbar> = Membership {
    of: Collection::Groups,
    name: "name",
    members: "endpoints",
    groups: |index| &index.groups,
    with_key: Groups::first_with_key,
    entry: |_, count| json!({"type": "user", "weight": count + 1}),
};

impl rest::Index<Collection> for Index {
    fn set(&mut self, of: Collection, id: &str, entry: &Entry, is_related: bool) {
        let owned = match of {
            Collection::Callflows => Some(&mut self.callflows),
            Collection::Vmboxes => Some(&mut self.mailboxes),
            Collection::Devices => Some(&mut self.devices),
            _ => None,
        };
        if let (Some(owned), Some(owner)) = (owned, entry.text("owner_id")) {
            owned.set(owner, id, is_related);
        }
        match of {
            Collection::Users => self.users.set(user_name(id, entry), id, is_related),
            Collection::Callflows => {
                for number in numbers(entry) {
                    self.numbers.set(number, id, is_related);
                }
            }
            Collection::Groups => {
                let key = key_of(entry.text(MEMBERS.name).unwrap_or_default());
                let members = entry.full_doc().and_then(|doc| doc.get(MEMBERS.members));
                self.groups.set(id, &key, members, is_related);
            }
            Collection::Entries => match contact_key(entry) {
                Some(key) => self.contact_keys.set(key, id, is_related),
                None => {
                    let name = key_of(entry.text("displayname").unwrap_or_default());
                    self.contact_names.set(&name, id, is_related);
                }
            },
            Collection::Lists if entry.text("name") == Some(shared_contacts::LIST_NAME) => {
                if is_related {
                    self.contact_lists.insert(id.into());
                } else {
                    self.contact_lists.remove(id);
                }
            }
            _ => {}
        }
    }
}

impl Account {
    /// A user's own callflow: the one with the type [`MAIN_CALLFLOW`], otherwise one that the user owns and
    /// that only rings the user and records messages.
    pub(super) fn callflow_of(&self, user: &str) -> Option<(&str, &Entry)> {
        self.get(Collection::Users, user)?;
        let owned = self.index.callflows.of(user);
        let owned = owned.filter_map(|id| Some((id, self.get(Collection::Callflows, id)?)));
        let mut personal = None;
        for (id, callflow) in owned {
            if callflow.text("type") == Some(MAIN_CALLFLOW) {
                return Some((id, callflow));
            }
            if personal.is_none() && is_personal(callflow) {
                personal = Some((id, callflow));
            }
        }
        personal
    }

    /// All callflows that a user owns.
    pub(super) fn callflows_of(&self, user: &str) -> impl Iterator<Item = &str> {
        self.index.callflows.of(user)
    }

    /// The user of an own callflow.
    pub(super) fn owner_of(&self, callflow: &str) -> Option<&str> {
        let entry = self.get(Collection::Callflows, callflow)?;
        let owner = entry.text("owner_id")?;
        (self.callflow_of(owner)?.0 == callflow).then_some(owner)
    }

    /// A user's mailbox. Of several, the one in the user's callflow has priority, then the one with the
    /// user's number, then the first.
    pub(super) fn mailbox_of(&self, user: &str) -> Option<(&str, &Entry)> {
        let first = self.mailboxes_of(user).next()?;
        let callflow = self.callflow_of(user).map(|(_, callflow)| callflow);
        let linked = callflow.and_then(|callflow| {
            let mut nodes = flow::nodes(callflow.full_doc()?);
            nodes.find(|node| node.module == "voicemail")?.id()
        });
        let number = callflow.and_then(internal_number);
        let numbered = |id: &&str| {
            let mailbox = self.get(Collection::Vmboxes, id);
            mailbox.and_then(|mailbox| mailbox.text("mailbox")) == number
        };
        let named = self.mailboxes_of(user).find(|id| Some(*id) == linked);
        let found = named.or_else(|| self.mailboxes_of(user).find(numbered));
        let id = found.unwrap_or(first);
        Some((id, self.get(Collection::Vmboxes, id)?))
    }

    /// All mailboxes of a user.
    pub(super) fn mailboxes_of(&self, user: &str) -> impl Iterator<Item = &str> {
        self.index.mailboxes.of(user)
    }

    /// All devices of a user.
    pub(super) fn devices_of(&self, user: &str) -> impl Iterator<Item = (&str, &Entry)> {
        let devices = self.index.devices.of(user);
        devices.filter_map(|id| Some((id, self.get(Collection::Devices, id)?)))
    }

    /// The groups that are known to have a user or device as endpoint.
    pub(super) fn groups_of(&self, endpoint: &str) -> impl Iterator<Item = &str> {
        self.index.groups.of(endpoint).into_iter()
    }

    /// The extension of a user. Of several internal numbers, the one that internal calls show has priority,
    /// then the first.
    pub(super) fn extension_of(&self, user: &str) -> Option<&str> {
        let (_, callflow) = self.callflow_of(user)?;
        let presence = self.get(Collection::Users, user)?.text("presence_id");
        let mut internal = numbers(callflow).filter(|number| is_internal(number));
        let first = internal_number(callflow);
        internal.find(|number| Some(*number) == presence).or(first)
    }

    /// The key of a contact, from its list entry. The key of an entry that was created manually is derived
    /// from its name, if that key isn't in use.
    pub(super) fn contact_key(&self, id: &str) -> Option<String> {
        let entry = self.get(Collection::Entries, id)?;
        let Index {
            contact_keys,
            contact_names,
            ..
        } = &self.index;
        if let Some(key) = contact_key(entry) {
            let is_first = contact_keys.of(key).next() == Some(id);
            return is_first.then(|| key.to_owned());
        }
        let key = key_of(entry.text("displayname").unwrap_or_default());
        let is_free = contact_keys.of(&key).next().is_none();
        let is_first = contact_names.of(&key).next() == Some(id);
        (is_free && is_first && ContactKey::FORMAT.accepts(&key)).then_some(key)
    }

    /// The list of shared contacts.
    pub(super) fn contact_list(&self) -> Option<&str> {
        self.index.contact_lists.first().map(|id| &**id)
    }

    /// Why contacts can't be told apart: two have the same key, or two lists have the name of the shared
    /// contacts.
    pub(super) fn ambiguous_contacts(&self) -> Option<String> {
        let list = shared_contacts::LIST_NAME;
        if self.index.contact_lists.len() > 1 {
            let message = format!("two lists are named {list}; remove or rename one of them");
            return Some(message);
        }
        let key = self.index.contact_keys.ambiguous().next()?;
        Some(format!(
            "two entries of the list {list} have the key {key}; remove one of them"
        ))
    }

    /// Whether a callflow refers to a queue, even to one that doesn't exist.
    pub(super) fn refers_to_queues(&self) -> bool {
        let mut callflows = self.of(Collection::Callflows);
        callflows.any(|(_, callflow)| modules(callflow).contains("acdc_member"))
    }

    /// The name of a user.
    pub(super) fn user(&self, id: &str) -> Option<&str> {
        let (id, entry) = self.get_key_value(Collection::Users, id)?;
        Some(user_name(id, entry))
    }

    /// The user with a name.
    pub(super) fn user_id(&self, name: &str) -> Option<&str> {
        self.index.users.of(name).next_back()
    }

    /// The number by which a callflow is known.
    pub(super) fn number(&self, id: &str) -> Option<&str> {
        if let Some(user) = self.owner_of(id) {
            return self.extension_of(user);
        }
        let callflow = self.get(Collection::Callflows, id)?;
        let code = || numbers(callflow).find(|number| number.starts_with('*'));
        internal_number(callflow).or_else(code)
    }

    /// The callflow with a number.
    pub(super) fn callflow_id(&self, number: &str) -> Option<&str> {
        self.index.numbers.of(number).next()
    }
}

impl Names for Account {
    fn user_key(&self, id: &str) -> Option<&str> {
        self.user(id)
    }
}

/// The name of a user; the ID if there is no username.
fn user_name<'e>(id: &'e str, user: &'e Entry) -> &'e str {
    let name = user.text("username").filter(|name| !name.is_empty());
    name.unwrap_or(id)
}

/// The numbers of a callflow.
pub(super) fn numbers(callflow: &Entry) -> impl Iterator<Item = &str> {
    doc::texts(callflow.doc(), "numbers")
}

/// The first internal number of a callflow.
pub(super) fn internal_number(callflow: &Entry) -> Option<&str> {
    numbers(callflow).find(|number| is_internal(number))
}

/// The modules of a callflow, from the full document or the summary.
pub(super) fn modules(callflow: &Entry) -> BTreeSet<&str> {
    if let Some(doc) = callflow.full_doc() {
        return flow::nodes(doc).map(|node| node.module).collect();
    }
    doc::texts(&callflow.summary, "modules").collect()
}

/// Whether a number is internal.
pub(super) fn is_internal(number: &str) -> bool {
    ExtensionKey::FORMAT.accepts(number)
}

/// Whether a callflow only rings users and records messages.
fn is_personal(callflow: &Entry) -> bool {
    let modules = modules(callflow);
    let is_allowed = |module: &&str| matches!(*module, "user" | "voicemail");
    modules.contains("user") && modules.iter().all(is_allowed)
}

/// The key that a list entry contains.
fn contact_key(entry: &Entry) -> Option<&str> {
    let key = entry.text(shared_contacts::KEY_FIELD);
    key.filter(|key| ContactKey::FORMAT.accepts(key))
}
