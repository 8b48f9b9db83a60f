//! A *view* is what is known of a phone system, declared and live seen together: each object with its values and
//! where they come from, what a user may do and why, and who refers to whom.
//!
//! It is computed from data and writes nothing. The commands `list` and `show` and the page show it.

mod number_space;
mod origin;
mod permission;
mod referral;
mod state;
mod table;
mod words;

pub use number_space::{Entry, number_space};
pub use origin::{Origin, Shown};
pub use permission::Granted;
pub use referral::{Referral, Referrals};
pub use state::{is_active, name, notes};
pub use table::{Activity, Column, Selected, Table, texts};
pub use words::value_in_words;

use crate::{
    config::Config,
    model::{Address, Capabilities, Fields, Kind, Live, LiveObject, Resource, State},
    rules::place::Finder,
};
use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

/// What a workspace declares and what its portal holds, seen together.
pub struct View<'a> {
    /// What the workspace declares.
    pub declared: &'a State,
    /// What the portal holds; nothing if it wasn't asked.
    pub live: Option<&'a Live>,
    /// What `callsheet.yaml` says.
    pub config: &'a Config,
    /// What the portal supports.
    pub capabilities: &'a Capabilities,
    /// The declared resources by the key that the portal knows them by, where that isn't their key.
    renamed: BTreeMap<(Kind, &'a str), &'a Address>,
    /// Whose extension a number is.
    owners: BTreeMap<&'a str, Address>,
    /// The places of declared fields.
    places: Finder,
    /// The places of the fields of templates.
    templates: RefCell<BTreeMap<Box<str>, Finder>>,
}

/// One object: declared, live or both.
#[derive(Clone, Copy)]
pub struct Object<'a> {
    /// What is declared of it.
    pub declared: Option<&'a Resource>,
    /// What the portal holds of it.
    pub live: Option<&'a LiveObject>,
}

impl<'a> Object<'a> {
    /// What it holds: on the portal, or else as declared.
    #[must_use]
    pub fn fields(&self) -> &'a Fields {
        static NOTHING: Fields = Fields::new();
        let live = self.live.map(|live| &live.fields);
        live.or(self.declared.map(|declared| &declared.fields))
            .unwrap_or(&NOTHING)
    }
}

impl<'a> View<'a> {
    /// A view of what is declared and live.
    #[must_use]
    pub fn new(
        declared: &'a State,
        live: Option<&'a Live>,
        config: &'a Config,
        capabilities: &'a Capabilities,
    ) -> Self {
        let mut renamed = BTreeMap::new();
        for (address, resource) in &declared.resources {
            let key = capabilities.portal_key(address, &resource.fields);
            if *key != *address.key {
                renamed.insert((address.kind, key), address);
            }
        }
        let mut view = Self {
            declared,
            live,
            config,
            capabilities,
            renamed,
            owners: BTreeMap::new(),
            places: Finder::default(),
            templates: RefCell::default(),
        };
        let mut owners = BTreeMap::new();
        let users = live.into_iter().flat_map(|live| live.of_kind(Kind::Users));
        for (key, user) in users {
            if let Some(extension) = user.fields.text("extension") {
                owners.insert(extension, view.named(Kind::Users, key));
            }
        }
        for (address, user) in declared.of_kind(Kind::Users) {
            if let Some(extension) = user.fields.text("extension") {
                owners.insert(extension, address.clone());
            }
        }
        view.owners = owners;
        view
    }

    /// The address by which the workspace knows what the portal knows by a key.
    #[must_use]
    pub fn named(&self, kind: Kind, key: &str) -> Address {
        let named = self.renamed.get(&(kind, key));
        named.map_or_else(|| Address::new(kind, key), |address| (*address).clone())
    }

    /// The object at an address of the workspace; nothing if it is neither declared nor live.
    #[must_use]
    pub fn get(&self, address: &Address) -> Option<Object<'a>> {
        let declared = self.declared.get(address);
        let key = declared.map_or(&*address.key, |declared| {
            self.capabilities.portal_key(address, &declared.fields)
        });
        let live = self.live.and_then(|live| live.get(address.kind, key));
        let object = Object { declared, live };
        (declared.is_some() || live.is_some()).then_some(object)
    }

    /// Every object of a kind, in order of address.
    #[must_use]
    pub fn of_kind(&self, kind: Kind) -> Vec<(Address, Object<'a>)> {
        let declared = self.declared.of_kind(kind).map(|(address, _)| address);
        let mut addresses: BTreeSet<Address> = declared.cloned().collect();
        let live = self.live.into_iter().flat_map(|live| live.of_kind(kind));
        addresses.extend(live.map(|(key, _)| self.named(kind, key)));
        let objects = addresses.into_iter();
        objects
            .filter_map(|address| self.get(&address).map(|object| (address, object)))
            .collect()
    }

    /// What a reference means: the address of what it refers to, if that is declared or live.
    #[must_use]
    pub fn resolve(&self, kinds: &[Kind], text: &str) -> Option<Address> {
        let mut named = kinds.iter().map(|kind| self.named(*kind, text));
        let known = named.find(|address| self.get(address).is_some());
        known.or_else(|| {
            let is_number = kinds.contains(&Kind::Extensions);
            self.owners.get(text).filter(|_| is_number).cloned()
        })
    }
}
