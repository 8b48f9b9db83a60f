//! The *index* says which documents belong together: a person's callflow, mailbox and devices, an
//! extension's callflow, and who has which key.

use super::{
    book,
    flow::{self, Names},
    tenant::{Collection, Known, Tenant},
};
use crate::model::text::{ContactKey, ExtensionKey, GroupKey};
use std::collections::{BTreeMap, BTreeSet};

/// The type of the callflow that is a person's own, as Kazoo's own onboarding marks it.
pub(super) const MAIN: &str = "mainUserCallflow";

/// Which documents belong together.
pub(super) struct Index<'t> {
    pub(super) tenant: &'t Tenant,
    /// The keys of users, by id.
    pub(super) users: BTreeMap<&'t str, &'t str>,
    user_ids: BTreeMap<&'t str, &'t str>,
    /// Each user's own callflow.
    main: BTreeMap<&'t str, &'t str>,
    /// Whose own callflow each is.
    owner: BTreeMap<&'t str, &'t str>,
    /// The callflow of each number.
    callflows: BTreeMap<&'t str, &'t str>,
    mailboxes: BTreeMap<&'t str, Vec<&'t str>>,
    devices: BTreeMap<&'t str, Vec<&'t str>>,
    /// The keys of groups, by id.
    pub(super) groups: BTreeMap<&'t str, String>,
    /// The keys of contacts, by id.
    pub(super) contacts: BTreeMap<&'t str, String>,
    /// Users who share a username, and contacts that share a key.
    pub(super) twins: Vec<(Collection, String)>,
}

impl<'t> Index<'t> {
    pub(super) fn of(tenant: &'t Tenant) -> Self {
        let mut index = Self {
            tenant,
            users: BTreeMap::new(),
            user_ids: BTreeMap::new(),
            main: BTreeMap::new(),
            owner: BTreeMap::new(),
            callflows: BTreeMap::new(),
            mailboxes: owned(tenant, Collection::Vmboxes),
            devices: owned(tenant, Collection::Devices),
            groups: BTreeMap::new(),
            contacts: BTreeMap::new(),
            twins: Vec::new(),
        };
        index.users();
        index.callflows();
        index.groups();
        index.contacts();
        index
    }

    fn users(&mut self) {
        for (id, user) in self.tenant.of(Collection::Users) {
            let name = user.text("username").filter(|name| !name.is_empty());
            let name = name.unwrap_or(id);
            if self.user_ids.insert(name, id).is_some() {
                let twins = format!("two users have the username {name}; remove one of them");
                self.twins.push((Collection::Users, twins));
            }
            self.users.insert(id, name);
        }
    }

    /// A person's own callflow is marked as such. Where none is, it is one that the person owns and that
    /// only rings the person and takes messages.
    fn callflows(&mut self) {
        let mut plain = Vec::new();
        for (id, callflow) in self.tenant.of(Collection::Callflows) {
            for number in callflow.numbers() {
                self.callflows.entry(number).or_insert(id);
            }
            let owner = callflow.text("owner_id");
            let Some((owner, _)) = owner.and_then(|owner| self.users.get_key_value(owner)) else {
                continue;
            };
            if callflow.text("type") == Some(MAIN) {
                if !self.main.contains_key(owner) {
                    self.main.insert(owner, id);
                    self.owner.insert(id, owner);
                }
            } else if is_plain(callflow) {
                plain.push((*owner, id));
            }
        }
        for (owner, id) in plain {
            if !self.main.contains_key(owner) {
                self.main.insert(owner, id);
                self.owner.insert(id, owner);
            }
        }
    }

    /// A group is known by its name, as a key is written: `Sales Team` is `sales-team`.
    fn groups(&mut self) {
        let mut seen = BTreeMap::new();
        for (id, group) in self.tenant.of(Collection::Groups) {
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

    /// A contact is known by the key that is kept in it. One that was made by hand is known by its name, as
    /// a key is written, where no other has that key.
    fn contacts(&mut self) {
        let lists = self.tenant.of(Collection::Lists);
        let ours = lists.filter(|(_, list)| list.text("name") == Some(book::NAME));
        if ours.count() > 1 {
            let twins = format!(
                "two lists have the name {}; remove or rename one of them",
                book::NAME
            );
            self.twins.push((Collection::Entries, twins));
        }
        let mut seen = BTreeSet::new();
        let mut unmarked = Vec::new();
        for (id, entry) in self.tenant.of(Collection::Entries) {
            let key = entry.text(book::KEY);
            match key.filter(|key| ContactKey::FORMAT.accepts(key)) {
                None => unmarked.push((id, entry)),
                Some(key) if seen.insert(key.to_owned()) => {
                    self.contacts.insert(id, key.to_owned());
                }
                Some(key) => {
                    let twins = format!(
                        "two entries of the list {} have the key {key}; remove one of them",
                        book::NAME
                    );
                    self.twins.push((Collection::Entries, twins));
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
    pub(super) fn callflow_of(&self, user: &str) -> Option<(&'t str, &'t Known)> {
        let id = *self.main.get(user)?;
        Some((id, self.tenant.get(Collection::Callflows, id)?))
    }

    /// Whose own callflow this is.
    pub(super) fn owner_of(&self, callflow: &str) -> Option<&'t str> {
        self.owner.get(callflow).copied()
    }

    /// A user's mailbox: of several the one that the user's callflow leads to, else the one with the
    /// user's number, else the first.
    pub(super) fn mailbox_of(&self, user: &str) -> Option<(&'t str, &'t Known)> {
        let all = self.mailboxes.get(user)?;
        let callflow = self.callflow_of(user).map(|(_, callflow)| callflow);
        let led_to = callflow.and_then(|callflow| {
            let mut nodes = flow::nodes(callflow.full()?);
            nodes.find(|node| node.module == "voicemail")?.id()
        });
        let number = callflow.and_then(|callflow| self.number_in(callflow));
        let named = |id: &&&str| Some(**id) == led_to;
        let numbered = |id: &&&str| {
            let mailbox = self.tenant.get(Collection::Vmboxes, id);
            mailbox.and_then(|mailbox| mailbox.text("mailbox")) == number
        };
        let found = all.iter().find(named).or_else(|| all.iter().find(numbered));
        let id = *found.or(all.first())?;
        Some((id, self.tenant.get(Collection::Vmboxes, id)?))
    }

    /// Every mailbox of a user.
    pub(super) fn mailboxes_of(&self, user: &str) -> &[&'t str] {
        self.mailboxes.get(user).map_or(&[], Vec::as_slice)
    }

    /// Every device of a user.
    pub(super) fn devices_of(&self, user: &str) -> impl Iterator<Item = (&'t str, &'t Known)> {
        let devices = self.devices.get(user).into_iter().flatten();
        devices.filter_map(|id| Some((*id, self.tenant.get(Collection::Devices, id)?)))
    }

    /// The extension of a user: of several inner numbers the one that inner calls show, else the first.
    pub(super) fn extension_of(&self, user: &str) -> Option<&'t str> {
        let (_, callflow) = self.callflow_of(user)?;
        let shown = self.tenant.get(Collection::Users, user)?;
        let presence = shown.text("presence_id");
        let mut numbers = callflow.numbers().filter(|number| is_inner(number));
        let first = self.number_in(callflow);
        numbers.find(|number| Some(*number) == presence).or(first)
    }

    /// The first inner number of a callflow.
    pub(super) fn number_in(&self, callflow: &'t Known) -> Option<&'t str> {
        callflow.numbers().find(|number| is_inner(number))
    }
}

impl Names for Index<'_> {
    fn user(&self, id: &str) -> Option<&str> {
        self.users.get(id).copied()
    }

    fn number(&self, id: &str) -> Option<&str> {
        if let Some(user) = self.owner_of(id) {
            return self.extension_of(user);
        }
        let callflow = self.tenant.get(Collection::Callflows, id)?;
        let code = || callflow.numbers().find(|number| number.starts_with('*'));
        self.number_in(callflow).or_else(code)
    }

    fn user_id(&self, name: &str) -> Option<&str> {
        self.user_ids.get(name).copied()
    }

    fn callflow_id(&self, number: &str) -> Option<&str> {
        self.callflows.get(number).copied()
    }
}

/// Whether a number is an inner one.
pub(super) fn is_inner(number: &str) -> bool {
    ExtensionKey::FORMAT.accepts(number)
}

/// Whether a callflow does no more than ring somebody and take messages.
fn is_plain(callflow: &Known) -> bool {
    let modules = callflow.modules();
    let known = |module: &String| matches!(module.as_str(), "user" | "voicemail");
    modules.contains("user") && modules.iter().all(known)
}

/// A name as a key is written.
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

fn owned(tenant: &Tenant, collection: Collection) -> BTreeMap<&str, Vec<&str>> {
    let mut owned: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (id, known) in tenant.of(collection) {
        if let Some(owner) = known.text("owner_id") {
            owned.entry(owner).or_default().push(id);
        }
    }
    owned
}
