//! *Pruning*: which live objects go, because they were declared and aren't any more.
//!
//! Only a complete listing justifies a delete (law 2), and only evidence does: the commit that was last
//! applied declares the object, or an ancestor of HEAD does, and it is still the same one.

use super::{Action, Cause, Inputs, Object, Operation, cause, identity};
use crate::{
    config::Prune,
    model::{Address, Commit, Extent, Fields, Kind, LiveObject, Removal, Value},
};
use std::collections::BTreeMap;

/// What becomes of the objects that nothing declares.
pub(super) struct Prunable {
    /// The removals.
    pub(super) operations: Vec<Operation>,
    /// The removals that are left out.
    pub(super) withheld: Vec<Withheld>,
    /// How many objects of each kind are left alone.
    pub(super) unmanaged: BTreeMap<Kind, usize>,
}

/// A removal that is left out of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withheld {
    /// The object, by the key that the portal knows it by.
    pub address: Address,
    /// Why it is left alone.
    pub reason: Reason,
}

/// Why a removal is left out of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The object has nothing in common with what was declared under its key: it is another one.
    NotTheOne {
        /// What was declared, in a few words.
        declared: String,
        /// What the portal holds, in a few words.
        live: String,
    },
    /// The portal can't remove it, or not in the way that the policy says.
    Stays,
    /// The commit that the change is based on declares it, and no commit removed it: the files differ from what is
    /// committed.
    Uncommitted,
    /// Another workspace of the repository declares it for the same portal.
    Elsewhere {
        /// The file and the line.
        place: String,
    },
}

/// Why an object may be deleted.
struct Evidence<'a> {
    commit: Option<&'a Commit>,
    /// What was declared last, where that is known.
    last: Option<&'a Fields>,
}

/// What goes of `unmanaged`: what `absent` names, and what the policy lets go.
pub(super) fn prunable(inputs: &Inputs<'_>, unmanaged: &[Address]) -> Prunable {
    let mut found = Prunable {
        operations: Vec::new(),
        withheld: Vec::new(),
        unmanaged: BTreeMap::new(),
    };
    for address in unmanaged {
        let listing = inputs.live.listings.get(&address.kind);
        let is_sure = listing.is_some_and(|listing| listing.doubt().is_none());
        let live = inputs.live.get(address.kind, &address.key);
        let verdict = live
            .filter(|_| is_sure)
            .map(|live| verdict(inputs, address, live));
        match verdict {
            Some(Verdict::Remove(operation)) => {
                found.operations.push(*operation);
                continue;
            }
            Some(Verdict::Withhold(reason)) => found.withheld.push(Withheld {
                address: address.clone(),
                reason,
            }),
            Some(Verdict::Leave) | None => {}
        }
        *found.unmanaged.entry(address.kind).or_default() += 1;
    }
    found
}

enum Verdict {
    Remove(Box<Operation>),
    Withhold(Reason),
    Leave,
}

/// Whether all was done to remove an object that this portal can do and the policy allows.
pub(super) fn is_removed(inputs: &Inputs<'_>, address: &Address, live: &LiveObject) -> bool {
    inputs.removal(address) == Removal::Deactivate
        && live.fields.get("active").and_then(Value::as_bool) == Some(false)
}

fn verdict(inputs: &Inputs<'_>, address: &Address, live: &LiveObject) -> Verdict {
    if is_removed(inputs, address, live) {
        return Verdict::Leave;
    }
    let is_named = inputs.config.absent.contains(address);
    let evidence = evidence(inputs, address);
    let goes = is_named
        || match inputs.config.policy.prune {
            Prune::Never => false,
            Prune::Declared => evidence.is_some(),
            // Of a kind that can't be listed, what is here was asked for, and that is no reason.
            Prune::All if is_asked(inputs, address.kind) => evidence.is_some(),
            Prune::All => inputs.past.ancestry.is_some(),
        };
    if !goes {
        return match is_uncommitted(inputs, address) {
            true => Verdict::Withhold(Reason::Uncommitted),
            false => Verdict::Leave,
        };
    }
    if !is_named {
        let place = inputs.past.elsewhere.and_then(|all| all.get(address));
        if let Some(place) = place {
            return Verdict::Withhold(Reason::Elsewhere {
                place: place.clone(),
            });
        }
        let last = evidence.as_ref().and_then(|evidence| evidence.last);
        if let Some(last) = last
            && !identity::is_the_one(address.kind, last, &live.fields)
        {
            return Verdict::Withhold(Reason::NotTheOne {
                declared: described(last),
                live: described(&live.fields),
            });
        }
    }
    let (action, target) = match inputs.removal(address) {
        Removal::Delete => (Action::Delete, Fields::new()),
        Removal::Deactivate => {
            let mut target = live.fields.clone();
            target.set("active".into(), Value::Bool(false));
            (Action::Deactivate, target)
        }
        Removal::Leave => return Verdict::Withhold(Reason::Stays),
    };
    let changes = match action {
        Action::Delete => Vec::new(),
        _ => super::changes(address.kind.shape(), &live.fields, &target),
    };
    let base = inputs.past.base;
    let is_in_base = base.is_none_or(|base| cause::declared_as(inputs, base, address).is_some());
    let cause = if is_in_base || is_named {
        Cause::Change
    } else {
        Cause::Pending
    };
    Verdict::Remove(Box::new(Operation {
        address: address.clone(),
        action,
        cause,
        causes: vec![cause; changes.len()],
        commit: evidence.and_then(|evidence| evidence.commit.cloned()),
        changes,
        target,
        object: Some(Object::of(&address.key, live)),
        after: Vec::new(),
        is_release: false,
        is_in_place_of_delete: action != Action::Delete,
        template: None,
        notes: Vec::new(),
        origin: None,
    }))
}

/// Whether only the files say that an object is declared no more.
fn is_uncommitted(inputs: &Inputs<'_>, address: &Address) -> bool {
    let history = inputs.past.ancestry.filter(|all| all.incomplete.is_none());
    let base = inputs.past.base.filter(|_| history.is_some());
    inputs.config.policy.prune != Prune::Never
        && base.is_some_and(|base| cause::declared_as(inputs, base, address).is_some())
}

fn is_asked(inputs: &Inputs<'_>, kind: Kind) -> bool {
    let listing = inputs.live.listings.get(&kind);
    listing.is_some_and(|listing| listing.extent == Extent::Asked)
}

/// What shows that this workspace declared an object.
fn evidence<'a>(inputs: &Inputs<'a>, address: &Address) -> Option<Evidence<'a>> {
    let removal = inputs
        .past
        .ancestry
        .and_then(|ancestry| ancestry.removed.get(address));
    let applied = inputs
        .past
        .applied
        .and_then(|applied| cause::declared_as(inputs, applied, address))
        .map(|resource| &resource.fields);
    (removal.is_some() || applied.is_some()).then(|| Evidence {
        commit: removal.and_then(|removal| removal.commit.as_ref()),
        last: applied.or_else(|| removal.map(|removal| &removal.last)),
    })
}

/// A few words by which a person knows an object.
fn described(fields: &Fields) -> String {
    let names = [
        "first_name",
        "last_name",
        "name",
        "title",
        "email",
        "extension",
    ];
    let words: Vec<&str> = names.iter().filter_map(|name| fields.text(name)).collect();
    if words.is_empty() {
        "without a name".to_owned()
    } else {
        words.join(" ")
    }
}
