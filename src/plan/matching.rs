//! *Match*: which live object each declared resource is.
//!
//! A resource meets its object by the key that the portal knows it by: as declared now, and then as
//! it was before. Its place in a file never matters (law 8). What nobody meets is foreign.

use crate::model::{Address, Kind, Live, LiveObject, Resource, State};
use std::collections::{BTreeMap, BTreeSet};

/// A declared resource and its live object.
#[derive(Debug)]
pub(super) struct Match<'a> {
    /// The resource.
    pub(super) address: &'a Address,
    /// What is declared of it.
    pub(super) resource: &'a Resource,
    /// The key that the portal knows it by, and what the portal holds of it.
    pub(super) live: Option<(&'a str, &'a LiveObject)>,
}

/// Who matched whom.
#[derive(Debug)]
pub(super) struct Matching<'a> {
    /// Every declared resource.
    pub(super) matched: Vec<Match<'a>>,
    /// The live objects that nobody matched, by the keys that the portal knows them by; the portal's own
    /// don't count.
    pub(super) unmanaged: Vec<Address>,
}

/// Brings declared resources and live objects together.
pub(super) fn match_live<'a>(desired: &'a State, live: &'a Live) -> Matching<'a> {
    let mut taken: BTreeSet<(Kind, &str)> = BTreeSet::new();
    let mut find = |kind: Kind, key: &str| {
        let (key, object) = live.listings.get(&kind)?.objects.get_key_value(key)?;
        taken.insert((kind, key)).then_some((&**key, object))
    };
    // Keys as they are now come first, so that nobody's old key takes an object from its owner.
    let mut matched: Vec<Match<'a>> = desired
        .resources
        .iter()
        .map(|(address, resource)| Match {
            live: find(address.kind, portal_key(address, resource)),
            address,
            resource,
        })
        .collect();
    for matched in matched.iter_mut().filter(|matched| matched.live.is_none()) {
        let previous = matched.resource.previously.as_deref();
        matched.live = previous.and_then(|key| find(matched.address.kind, key));
    }
    let mut unmanaged = Vec::new();
    for kind in Kind::ALL {
        let objects = live.of_kind(kind);
        let strange =
            objects.filter(|(key, object)| !object.system && !taken.contains(&(kind, *key)));
        unmanaged.extend(strange.map(|(key, _)| Address::new(kind, key)));
    }
    Matching { matched, unmanaged }
}

/// The usernames of declared users whose key is another: a portal knows nothing of our keys, so that
/// is what it must be told where another resource mentions them.
pub(super) fn usernames(desired: &State) -> BTreeMap<&str, &str> {
    let users = desired.of_kind(Kind::Users);
    let names = users.map(|(address, user)| (&*address.key, portal_key(address, user)));
    names.filter(|(key, username)| key != username).collect()
}

/// The key that the portal knows a declared resource by: a user's username, anything else's own key.
fn portal_key<'a>(address: &'a Address, resource: &'a Resource) -> &'a str {
    resource
        .fields
        .text(address.kind.identity())
        .filter(|_| address.kind == Kind::Users)
        .unwrap_or(&address.key)
}
