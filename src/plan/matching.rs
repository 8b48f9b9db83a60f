//! *Matching*: which live object each declared resource is.
//!
//! The portal knows an object by a key, which may have changed since it was declared. The keys that the
//! commit that was last applied declares come first: that is what the portal was brought to. Where that
//! commit is unknown, the earlier declarations tell: an object that holds exactly what one of them says
//! is the resource's. Then come the keys that HEAD and the base declare, and those that `previously`
//! names. The place of a resource in a file never matters (law 8). What no resource matches is unmanaged.

use super::{Inputs, identity};
use crate::model::{Address, Fields, Identity, Kind, LiveObject, Resource};
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
            let key = matcher.inputs.portal_key(address, &resource.fields);
            matcher.get(address.kind, key)
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
            let key = matcher.inputs.portal_key(one.address, &one.resource.fields);
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
                        let key = matcher.inputs.portal_key(&version.address, &version.fields);
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
            let key = matcher.inputs.portal_key(one.address, &one.resource.fields);
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
                matcher.get(kind, inputs.portal_key(address, &resource.fields))
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
                        .map(|version| inputs.portal_key(address, &version.fields))
                        .chain([&*address.key]);
                    keys.find_map(|key| matcher.get(kind, key))
                })
            })
        });
    }
}

/// The keys of resources, and the values that the portal knows them by where those are others, by kind: the
/// portal needs them where another resource mentions one.
pub(super) type PortalKeys = BTreeMap<Kind, BTreeMap<Box<str>, Box<str>>>;

/// What the portal knows a resource by that is mentioned as `text`, if it is another value.
pub(super) fn mentioned_as(keys: &PortalKeys, kinds: &[Kind], text: &str) -> Option<Box<str>> {
    let mut kinds = kinds.iter();
    kinds.find_map(|kind| keys.get(kind)?.get(text).cloned())
}

/// What the portal will know declared resources by.
pub(super) fn declared_keys(inputs: &Inputs<'_>) -> PortalKeys {
    let mut keys = PortalKeys::new();
    for (address, resource) in &inputs.desired.resources {
        add(
            &mut keys,
            address,
            inputs.portal_key(address, &resource.fields),
        );
    }
    keys
}

/// What the portal knows resources by now, by every key that they are or were declared by.
pub(super) fn live_keys(inputs: &Inputs<'_>, matching: &Matching<'_>) -> PortalKeys {
    let mut keys = PortalKeys::new();
    let applied = inputs.past.applied.into_iter();
    for (address, resource) in applied.flat_map(|applied| &applied.resources) {
        add(
            &mut keys,
            address,
            inputs.portal_key(address, &resource.fields),
        );
    }
    for one in &matching.matched {
        if let Some((key, _)) = one.live
            && inputs.capabilities.identity(one.address.kind) != Identity::Key
        {
            for address in identity::addresses(inputs, one.address) {
                add(&mut keys, &address, key);
            }
        }
    }
    keys
}

fn add(keys: &mut PortalKeys, address: &Address, portal_key: &str) {
    let of_kind = keys.entry(address.kind).or_default();
    if *address.key == *portal_key {
        of_kind.remove(portal_key);
    } else {
        of_kind.insert(address.key.clone(), portal_key.into());
    }
    if of_kind.is_empty() {
        keys.remove(&address.kind);
    }
}
