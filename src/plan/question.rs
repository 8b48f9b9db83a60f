//! A *question* is what a plan asks of the history: of which live objects it must be known whether they
//! were declared, and of which resources what was declared before.

use super::{Inputs, diff, identity, matching, prune};
use crate::{
    config::Prune,
    model::{Address, Fields, Kind, Shape, Value, Version},
};
use std::collections::{BTreeMap, BTreeSet};

/// What a plan asks of the history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Questions {
    /// Live objects that nothing declares, by the keys that the portal knows them by.
    pub objects: BTreeSet<Address>,
    /// Declared resources that differ from what is live.
    pub resources: BTreeSet<Address>,
    /// The addresses that declared resources say they had, by the address that they have.
    pub previously: BTreeMap<Address, Address>,
}

/// What a plan on these inputs asks.
#[must_use]
pub fn questions(inputs: &Inputs<'_>) -> Questions {
    let matching = matching::match_live(inputs);
    let mut questions = Questions::default();
    if inputs.config.policy.prune != Prune::Never {
        let mut objects = matching.unmanaged;
        objects.retain(|address| {
            let live = inputs.live.get(address.kind, &address.key);
            live.is_none_or(|live| !prune::is_removed(inputs, address, live))
        });
        questions.objects.extend(objects);
    }
    for one in matching.matched {
        let differs = match one.live {
            None => true,
            Some((key, live)) => {
                let kind = one.address.kind;
                let own = inputs.portal_key(one.address, &one.resource.fields);
                let unknown = inputs.past.applied.is_none();
                key != own
                    || !identity::holds(inputs.config, kind, &one.resource.fields, &live.fields)
                    || unknown && has_undeclared(inputs, one.address, &live.fields)
                    || !unknown && is_released(inputs, one.address)
            }
        };
        if differs {
            questions.resources.insert(one.address.clone());
        }
        if let Some(previous) = &one.resource.previously {
            let previous = Address::new(one.address.kind, previous.clone());
            questions.previously.insert(one.address.clone(), previous);
        }
    }
    questions
}

/// Whether what was last applied declares a field that HEAD doesn't.
fn is_released(inputs: &Inputs<'_>, address: &Address) -> bool {
    let applied = inputs.past.applied;
    let earlier = applied.and_then(|applied| identity::earlier(inputs, applied, address));
    let now = inputs.desired.get(address);
    earlier.zip(now).is_some_and(|((_, earlier), now)| {
        earlier
            .fields
            .iter()
            .any(|(name, value)| now.fields.get(name) != Some(value))
    })
}

/// Whether a live object has a field set that its resource doesn't declare.
pub(super) fn has_undeclared(inputs: &Inputs<'_>, address: &Address, live: &Fields) -> bool {
    let Some(resource) = inputs.desired.get(address) else {
        return false;
    };
    let managed = diff::managed_fields(inputs.config, address.kind, &resource.fields, false);
    exceeds(address.kind.shape(), &managed, live)
}

fn exceeds(shape: &Shape, declared: &Fields, live: &Fields) -> bool {
    shape.fields(live).iter().any(|field| {
        let Some(held) = live.get(&field.name).filter(|_| !field.required) else {
            return false;
        };
        match (declared.get(&field.name), held) {
            (None, _) => true,
            (Some(Value::Map(declared)), Value::Map(held)) => exceeds(&field.shape, declared, held),
            (Some(_), _) => false,
        }
    })
}

/// Whether an earlier declaration of a resource explains all that is live of it: then none older need
/// be looked for.
#[must_use]
pub fn is_explained(inputs: &Inputs<'_>, address: &Address, version: &Version) -> bool {
    let kind: Kind = address.kind;
    let key = inputs.portal_key(&version.address, &version.fields);
    inputs.live.get(kind, key).is_some_and(|live| {
        let managed = diff::managed_fields(inputs.config, kind, &version.fields, false);
        identity::holds(inputs.config, kind, &version.fields, &live.fields)
            && !exceeds(kind.shape(), &managed, &live.fields)
    })
}
