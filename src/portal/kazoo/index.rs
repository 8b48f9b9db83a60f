//! The *index* relates the cached documents: the callflow, mailbox and devices of each user, the callflow
//! of each number, and the key of each object.

use super::{
    cache::{Cache, Collection, Entry},
    flow::{self, Resolver},
    shared_contacts,
};
use crate::model::text::{ContactKey, ExtensionKey, GroupKey};
use std::collections::{BTreeMap, BTreeSet};

/// The type that Kazoo's onboarding gives to a user's own callflow.
pub(super) const MAIN_CALLFLOW: &str = "mainUserCallflow";

/// The relations between the documents of a cache.
pub(super) struct Index<'t> {
    pub(super) cache: &'t Cache,
    /// The keys of users by ID.
    pub(super) users: BTreeMap<&'t str, &'t str>,
    user_ids: BTreeMap<&'t str, &'t str>,
    /// The own callflow of each user.
    main: BTreeMap<&'t str, &'t str>,
    /// The user of each own callflow.
    owner: BTreeMap<&'t str, &'t str>,
    /// The callflow of each number.
    callflows: BTreeMap<&'t str, &'t str>,
    mailboxes: BTreeMap<&'t str, Vec<&'t str>>,
    devices: BTreeMap<&'t str, Vec<&'t str>>,
    /// The keys of groups by ID.
    pub(super) groups: BTreeMap<&'t str, String>,
    /// The keys of contacts by ID.
    pub(super) contacts: BTreeMap<&'t str, String>,
    /// Messages about users with the same username, and contacts with the same key.
    pub(super) duplicates: Vec<(Collection, String)>,
}

impl<'t> Index<'t> {
    pub(super) fn of(cache: &'t Cache) -> Self {
        let mut index = Self {
            cache,
            users: BTreeMap::new(),
            user_ids: BTreeMap::new(),
            main: BTreeMap::new(),
            owner: BTreeMap::new(),
            callflows: BTreeMap::new(),
            mailboxes: owned(cache, Collection::Vmboxes),
            devices: owned(cache, Collection::Devices),
            groups: BTreeMap::new(),
            contacts: BTreeMap::new(),
            duplicates: Vec::new(),
        };
        index.users();
        index.callflows();
        index.groups();
        index.contacts();
        index
    }

    fn users(&mut self) {
        for (id, user) in self.cache.of(Collection::Users) {
            let name = user.text("username").filter(|name| !name.is_empty());
            let name = name.unwrap_or(id);
            if self.user_ids.insert(name, id).is_some() {
                let duplicates = format!("two users have the username {name}; remove one of them");
                self.duplicates.push((Collection::Users, duplicates));
            }
            self.users.insert(id, name);
        }
    }

    /// Finds the own callflow of each user: the one with the type [`MAIN_CALLFLOW`], otherwise one that
    /// the user owns and that only rings the user and records messages.
    fn callflows(&mut self) {
        let mut candidates = Vec::new();
        for (id, callflow) in self.cache.of(Collection::Callflows) {
            for number in callflow.numbers() {
                self.callflows.entry(number).or_insert(id);
            }
            let owner = callflow.text("owner_id");
            let Some((owner, _)) = owner.and_then(|owner| self.users.get_key_value(owner)) else {
                continue;
            };
            if callflow.text("type") == Some(MAIN_CALLFLOW) {
                if !self.main.contains_key(owner) {
                    self.main.insert(owner, id);
                    self.owner.insert(id, owner);
                }
            } else if is_personal(callflow) {
                candidates.push((*owner, id));
            }
        }
        for (owner, id) in candidates {
            if !self.main.contains_key(owner) {
                self.main.insert(owner, id);
                self.owner.insert(id, owner);
            }
        }
    }

    /// Derives the key of a group from its name: `Sales Team` becomes `sales-team`.
    fn groups(&mut self) {
        let mut seen = BTreeMap::new();
        for (id, group) in self.cache.of(Collection::Groups) {
            let name = group.text("name").unwrap_or_default();
            let key = slug(name);
            let key = if GroupKey::FORMAT.accepts(&key) && !seen.contains_key(&key) {
                key
            } else {
                id.to_owned()
            };
            seen.insert(key.clone(), ());
            self.groups.insert(id, key);
        }
    }

    /// Reads the key of a contact from its entry. The key of an entry that was created manually is derived
    /// from its name, if that key isn't in use.
    fn contacts(&mut self) {
        let lists = self.cache.of(Collection::Lists);
        let matching =
            lists.filter(|(_, list)| list.text("name") == Some(shared_contacts::LIST_NAME));
        if matching.count() > 1 {
            let duplicates = format!(
                "two lists are named {}; remove or rename one of them",
                shared_contacts::LIST_NAME
            );
            self.duplicates.push((Collection::Entries, duplicates));
        }
        let mut seen = BTreeSet::new();
        let mut unmarked = Vec::new();
        for (id, entry) in self.cache.of(Collection::Entries) {
            let key = entry.text(shared_contacts::KEY_FIELD);
            match key.filter(|key| ContactKey::FORMAT.accepts(key)) {
                None => unmarked.push((id, entry)),
                Some(key) if seen.insert(key.to_owned()) => {
                    self.contacts.insert(id, key.to_owned());
                }
                Some(key) => {
                    let duplicates = format!(
                        "two entries of the list {} have the key {key}; remove one of them",
                        shared_contacts::LIST_NAME
                    );
                    self.duplicates.push((Collection::Entries, duplicates));
                }
            }
        }
        for (id, entry) in unmarked {
            let key = slug(entry.text("displayname").unwrap_or_default());
            if ContactKey::FORMAT.accepts(&key) && seen.insert(key.clone()) {
                self.contacts.insert(id, key);
            }
        }
    }

    /// A user's own callflow.
    pub(super) fn callflow_of(&self, user: &str) -> Option<(&'t str, &'t Entry)> {
        let id = *self.main.get(user)?;
        Some((id, self.cache.get(Collection::Callflows, id)?))
    }

    /// The user of an own callflow.
    pub(super) fn owner_of(&self, callflow: &str) -> Option<&'t str> {
        self.owner.get(callflow).copied()
    }

    /// A user's mailbox. Of several, the one in the user's callflow has priority, then the one with the
    /// user's number, then the first.
    pub(super) fn mailbox_of(&self, user: &str) -> Option<(&'t str, &'t Entry)> {
        let all = self.mailboxes.get(user)?;
        let callflow = self.callflow_of(user).map(|(_, callflow)| callflow);
        let linked = callflow.and_then(|callflow| {
            let mut nodes = flow::nodes(callflow.full_doc()?);
            nodes.find(|node| node.module == "voicemail")?.id()
        });
        let number = callflow.and_then(|callflow| self.internal_number(callflow));
        let named = |id: &&&str| Some(**id) == linked;
        let numbered = |id: &&&str| {
            let mailbox = self.cache.get(Collection::Vmboxes, id);
            mailbox.and_then(|mailbox| mailbox.text("mailbox")) == number
        };
        let found = all.iter().find(named).or_else(|| all.iter().find(numbered));
        let id = *found.or(all.first())?;
        Some((id, self.cache.get(Collection::Vmboxes, id)?))
    }

    /// All mailboxes of a user.
    pub(super) fn mailboxes_of(&self, user: &str) -> &[&'t str] {
        self.mailboxes.get(user).map_or(&[], Vec::as_slice)
    }

    /// All devices of a user.
    pub(super) fn devices_of(&self, user: &str) -> impl Iterator<Item = (&'t str, &'t Entry)> {
        let devices = self.devices.get(user).into_iter().flatten();
        devices.filter_map(|id| Some((*id, self.cache.get(Collection::Devices, id)?)))
    }

    /// The extension of a user. Of several internal numbers, the one that internal calls show has priority,
    /// then the first.
    pub(super) fn extension_of(&self, user: &str) -> Option<&'t str> {
        let (_, callflow) = self.callflow_of(user)?;
        let shown = self.cache.get(Collection::Users, user)?;
        let presence = shown.text("presence_id");
        let mut numbers = callflow.numbers().filter(|number| is_internal(number));
        let first = self.internal_number(callflow);
        numbers.find(|number| Some(*number) == presence).or(first)
    }

    /// The first internal number of a callflow.
    pub(super) fn internal_number(&self, callflow: &'t Entry) -> Option<&'t str> {
        callflow.numbers().find(|number| is_internal(number))
    }
}

impl Resolver for Index<'_> {
    fn user(&self, id: &str) -> Option<&str> {
        self.users.get(id).copied()
    }

    fn number(&self, id: &str) -> Option<&str> {
        if let Some(user) = self.owner_of(id) {
            return self.extension_of(user);
        }
        let callflow = self.cache.get(Collection::Callflows, id)?;
        let code = || callflow.numbers().find(|number| number.starts_with('*'));
        self.internal_number(callflow).or_else(code)
    }

    fn user_id(&self, name: &str) -> Option<&str> {
        self.user_ids.get(name).copied()
    }

    fn callflow_id(&self, number: &str) -> Option<&str> {
        self.callflows.get(number).copied()
    }
}

/// Whether a number is internal.
pub(super) fn is_internal(number: &str) -> bool {
    ExtensionKey::FORMAT.accepts(number)
}

/// Whether a callflow only rings users and records messages.
fn is_personal(callflow: &Entry) -> bool {
    let modules = callflow.modules();
    let is_allowed = |module: &String| matches!(module.as_str(), "user" | "voicemail");
    modules.contains("user") && modules.iter().all(is_allowed)
}

/// Converts a name to the form of a key.
pub(super) fn slug(name: &str) -> String {
    let mut slug = String::new();
    for c in name.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() || c == '_' {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.trim_end_matches('-').to_owned()
}

fn owned(cache: &Cache, collection: Collection) -> BTreeMap<&str, Vec<&str>> {
    let mut owned: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (id, entry) in cache.of(collection) {
        if let Some(owner) = entry.text("owner_id") {
            owned.entry(owner).or_default().push(id);
        }
    }
    owned
}
