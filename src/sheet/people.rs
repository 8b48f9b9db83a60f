//! *People* are found again among what is declared: by their key, username, e-mail address or extension. Who isn't
//! there is new, and gets a key.

use super::{convert::slug, entry::Entry};
use crate::model::{Address, Kind, Resource, State};
use deunicode::deunicode;
use std::collections::{BTreeMap, BTreeSet};

/// The declared resources of a kind by what identifies them.
pub(super) struct Declared<'s> {
    state: &'s State,
    by: BTreeMap<(&'static str, Box<str>), Option<&'s Address>>,
}

/// What identifies a user, in order of trust.
const OF_USERS: [&str; 3] = ["username", "email", "extension"];

impl<'s> Declared<'s> {
    pub(super) fn new(state: &'s State) -> Self {
        let mut by = BTreeMap::new();
        for (address, user) in state.of_kind(Kind::Users) {
            for name in OF_USERS {
                if let Some(value) = user.fields.text(name) {
                    by.insert((name, value.into()), Some(address));
                }
            }
        }
        for (address, contact) in state.of_kind(Kind::Contacts) {
            if let Some(name) = contact.fields.text("name") {
                // Contacts may have the same name; then it identifies none.
                let seen = by.entry(("name", name.into()));
                seen.and_modify(|one| *one = None).or_insert(Some(address));
            }
        }
        Self { state, by }
    }

    fn by(&self, name: &'static str, value: &str) -> Option<&'s Address> {
        *self.by.get(&(name, value.into()))?
    }

    /// The declared resource that an entry is about.
    pub(super) fn find(&self, entry: &Entry) -> Option<(&'s Address, &'s Resource)> {
        let key = entry.key().map(|(key, _)| Address::new(entry.kind, key));
        let by_key = key.and_then(|key| Some(self.state.resources.get_key_value(&key)?.0));
        let found = by_key.or_else(|| match entry.kind {
            Kind::Users => self.person(entry),
            _ if entry.key().is_some() => None,
            _ => self.by("name", entry.text("name")?),
        })?;
        self.state.resources.get_key_value(found)
    }

    fn person(&self, entry: &Entry) -> Option<&'s Address> {
        let username = entry.text("username");
        let by_username = username.and_then(|username| {
            let own = self.by("username", username);
            own.or_else(|| {
                let address = Address::new(Kind::Users, username);
                Some(self.state.resources.get_key_value(&address)?.0)
            })
        });
        let by_email = || self.by("email", entry.text("email")?);
        let by_extension = || {
            let found = self.by("extension", entry.text("extension")?)?;
            self.may_be(found, entry).then_some(found)
        };
        by_username.or_else(by_email).or_else(by_extension)
    }

    /// Whether somebody with the same extension may be meant: not somebody of another name and another address.
    fn may_be(&self, address: &Address, entry: &Entry) -> bool {
        let Some(user) = self.state.get(address) else {
            return false;
        };
        let differs = |names: &[&str]| {
            names
                .iter()
                .any(|name| match (user.fields.text(name), entry.text(name)) {
                    (Some(declared), Some(stated)) => !declared.eq_ignore_ascii_case(stated),
                    _ => false,
                })
        };
        !(differs(&["first_name", "last_name"]) && differs(&["email", "username"]))
    }
}

/// Gives keys to new resources, each once.
pub(super) struct Keys {
    taken: BTreeSet<Address>,
}

impl Keys {
    pub(super) fn new(state: &State) -> Self {
        Self {
            taken: state.resources.keys().cloned().collect(),
        }
    }

    /// Whether a key is free; then it is taken.
    pub(super) fn take(&mut self, address: &Address) -> bool {
        self.taken.insert(address.clone())
    }

    /// The address of a new resource: its stated key, or one from its name.
    pub(super) fn address(&mut self, entry: &Entry) -> Address {
        if let Some((key, _)) = entry.key() {
            return Address::new(entry.kind, key);
        }
        let base = match entry.kind {
            Kind::Users => person_key(entry),
            _ => entry.text("name").map(slug).unwrap_or_default(),
        };
        let format = entry.kind.key_format();
        let base = match format.accepts(&base) {
            true => base,
            false => entry.kind.singular().to_owned(),
        };
        let base: String = base.chars().take(48).collect();
        let separator = if entry.kind == Kind::Users { '.' } else { '-' };
        let second = entry
            .text("extension")
            .map(|extension| format!("{base}{separator}{extension}"));
        let numbered = (2..).map(|number| format!("{base}{separator}{number}"));
        let mut candidates = std::iter::once(base.clone()).chain(second).chain(numbered);
        let free = candidates.find_map(|key| {
            let address = Address::new(entry.kind, key);
            (format.accepts(&address.key) && self.take(&address)).then_some(address)
        });
        free.expect("there is always another number")
    }
}

/// `first.last` in ASCII and lower case.
fn person_key(entry: &Entry) -> String {
    let names = ["first_name", "last_name"].map(|name| {
        let ascii = deunicode(entry.text(name).unwrap_or_default()).to_ascii_lowercase();
        let kept = ascii
            .chars()
            .map(|c| if c.is_whitespace() { '-' } else { c });
        let kept = kept.filter(|c| c.is_ascii_alphanumeric() || *c == '-');
        kept.collect::<String>().trim_matches('-').to_owned()
    });
    let names: Vec<String> = names.into_iter().filter(|name| !name.is_empty()).collect();
    let username = || entry.text("username").or(entry.text("extension"));
    match names.is_empty() {
        true => username().unwrap_or_default().to_owned(),
        false => names.join("."),
    }
}
