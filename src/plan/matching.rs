//! *Matching*: which live object each declared resource is.
//!
//! The portal knows an object by a key, which may have changed since it was declared. The keys that the
//! commit that was last applied declares come first: that is what the portal was brought to. Where that
//! commit is unknown, the earlier declarations tell: an object that holds exactly what one of them says
//! is the resource's. Then come the keys that HEAD and the base declare, and those that `previously`
//! names. The place of a resource in a file never matters (law 8). What no resource matches is unmanaged.

use super::{Inputs, identity};
use crate::model::{Address, Fields, Kind, LiveObject, Resource};
use std::collections::{BTreeMap, BTreeSet};

/// A declared resource and its live object.
#[derive(Debug)]
pub(super) struct Match<'a> {
    /// The resource's address.
    pub(super) address: &'a Address,
    /// What is declared.
    pub(super) resource: &'a Resource,
    /// The key that the portal knows it by, and what the portal holds.
    pub(super) live: Option<(&'a str, &'a LiveObject)>,
}

/// Every declared resource with its live object, and what is left.
#[derive(Debug)]
pub(super) struct Matching<'a> {
    /// Every declared resource.
    pub(super) matched: Vec<Match<'a>>,
    /// The live objects that no resource matches, by the keys that the portal knows them by; built-in
    /// objects don't count.
    pub(super) unmanaged: Vec<Address>,
}

/// Matches declared resources and live objects.
pub(super) fn match_live<'a>(inputs: &Inputs<'a>) -> Matching<'a> {
    let mut matcher = Matcher {
        inputs,
        taken: BTreeSet::new(),
        matched: inputs
            .desired
            .resources
            .iter()
            .map(|(address, resource)| Match {
                address,
                resource,
                live: None,
            })
            .collect(),
    };
    matcher.by_applied();
    if inputs.past.applied.is_none() && inputs.past.ancestry.is_some() {
        matcher.by_versions(&|declared, kind, live| {
            identity::holds(inputs.config, kind, declared, live)
        });
        matcher.by_versions(&|declared, kind, live| identity::is_the_one(kind, declared, live));
    }
    matcher.by_head();
    matcher.by_earlier();
    let Matcher { taken, matched, .. } = matcher;
    let mut unmanaged = Vec::new();
    for kind in Kind::ALL {
        let objects = inputs.live.of_kind(kind);
        let left = objects.filter(|(key, object)| {
            object.standing.is_manageable() && !taken.contains(&(kind, *key))
        });
        unmanaged.extend(left.map(|(key, _)| Address::new(kind, key)));
    }
    Matching { matched, unmanaged }
}

struct Matcher<'i, 'a> {
    inputs: &'i Inputs<'a>,
    taken: BTreeSet<(Kind, &'a str)>,
    matched: Vec<Match<'a>>,
}

impl<'a> Matcher<'_, 'a> {
    fn get(&self, kind: Kind, key: &str) -> Option<(&'a str, &'a LiveObject)> {
        let listing = self.inputs.live.listings.get(&kind)?;
        let (key, object) = listing.objects.get_key_value(key)?;
        (!self.taken.contains(&(kind, key))).then_some((&**key, object))
    }

    /// Gives each resource that has none yet the first of the objects that `find` names.
    fn each(&mut self, find: impl Fn(&Self, &Match<'a>) -> Option<(&'a str, &'a LiveObject)>) {
        for at in 0..self.matched.len() {
            if self.matched[at].live.is_some() {
                continue;
            }
            let found = find(self, &self.matched[at]);
            if let Some((key, _)) = found {
                self.taken.insert((self.matched[at].address.kind, key));
                self.matched[at].live = found;
            }
        }
    }

    /// By what the last applied commit declares.
    fn by_applied(&mut self) {
        let Some(applied) = self.inputs.past.applied else {
            return;
        };
        self.each(|matcher, one| {
            let (address, resource) = identity::earlier(matcher.inputs, applied, one.address)?;
            matcher.get(
                address.kind,
                identity::portal_key(address, &resource.fields),
            )
        });
    }

    /// By an earlier declaration, or HEAD's, that `fits` the object with its key.
    fn by_versions(&mut self, fits: &dyn Fn(&Fields, Kind, &Fields) -> bool) {
        let ancestry = self.inputs.past.ancestry;
        let Some(ancestry) = ancestry.filter(|ancestry| !ancestry.versions.is_empty()) else {
            return;
        };
        self.each(|matcher, one| {
            let kind = one.address.kind;
            let key = identity::portal_key(one.address, &one.resource.fields);
            let own = matcher
                .get(kind, key)
                .filter(|(_, live)| fits(&one.resource.fields, kind, &live.fields));
            own.or_else(|| {
                let addresses = identity::addresses(matcher.inputs, one.address);
                let versions = addresses
                    .iter()
                    .filter_map(|address| ancestry.versions.get(address))
                    .flatten();
                versions
                    .filter_map(|version| {
                        let key = identity::portal_key(&version.address, &version.fields);
                        let found = matcher.get(kind, key)?;
                        fits(&version.fields, kind, &found.1.fields).then_some(found)
                    })
                    .next()
            })
        });
    }

    /// By what HEAD declares.
    fn by_head(&mut self) {
        self.each(|matcher, one| {
            let key = identity::portal_key(one.address, &one.resource.fields);
            matcher.get(one.address.kind, key)
        });
    }

    /// By what the base declares, and by the keys that a resource had.
    fn by_earlier(&mut self) {
        self.each(|matcher, one| {
            let inputs = matcher.inputs;
            let kind = one.address.kind;
            let base = inputs.past.base.and_then(|base| {
                let (address, resource) = identity::earlier(inputs, base, one.address)?;
                matcher.get(kind, identity::portal_key(address, &resource.fields))
            });
            // What was applied under the present address was renamed by then.
            let is_done = inputs
                .past
                .applied
                .is_some_and(|applied| applied.get(one.address).is_some());
            base.or_else(|| {
                let addresses = identity::addresses(inputs, one.address);
                let mut earlier = addresses.iter().skip(1).filter(|_| !is_done);
                earlier.find_map(|address| {
                    let versions = inputs
                        .past
                        .ancestry
                        .and_then(|one| one.versions.get(address));
                    let mut keys = versions
                        .into_iter()
                        .flatten()
                        .map(|version| identity::portal_key(address, &version.fields))
                        .chain([&*address.key]);
                    keys.find_map(|key| matcher.get(kind, key))
                })
            })
        });
    }
}

/// The names by which the portal knows declared users whose key is another: the portal needs them
/// where another resource mentions such a user.
pub(super) fn usernames<'a>(inputs: &Inputs<'a>) -> BTreeMap<&'a str, &'a str> {
    let users = inputs.desired.of_kind(Kind::Users);
    let names =
        users.map(|(address, user)| (&*address.key, identity::portal_key(address, &user.fields)));
    names.filter(|(key, username)| key != username).collect()
}

/// The names under which the portal holds users now, by every key that they are or were declared by,
/// where the two differ.
pub(super) fn live_names(
    inputs: &Inputs<'_>,
    matching: &Matching<'_>,
) -> BTreeMap<Box<str>, Box<str>> {
    let mut names: BTreeMap<Box<str>, Box<str>> = BTreeMap::new();
    for (address, user) in inputs
        .past
        .applied
        .into_iter()
        .flat_map(|applied| applied.of_kind(Kind::Users))
    {
        let name = identity::portal_key(address, &user.fields);
        names.insert(address.key.clone(), name.into());
    }
    for one in &matching.matched {
        if let Some((name, _)) = one.live.filter(|_| one.address.kind == Kind::Users) {
            for address in identity::addresses(inputs, one.address) {
                names.insert(address.key, name.into());
            }
        }
    }
    names.retain(|key, name| key != name);
    names
}
