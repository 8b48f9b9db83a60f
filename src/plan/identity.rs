//! *Identity* is who is who: which earlier declarations, and which live object, are of one resource.

use super::{Inputs, diff};
use crate::{
    config::Config,
    model::{Address, Fields, Kind, Resource, State, Value},
};

/// The addresses that a declared resource had, the present one first: what `previously` says now, and
/// what it said in earlier commits. One that is declared now belongs to the resource that is declared
/// there.
pub(super) fn addresses(inputs: &Inputs<'_>, address: &Address) -> Vec<Address> {
    let mut addresses = vec![address.clone()];
    let own = inputs.desired.get(address);
    let previously = own
        .and_then(|resource| resource.previously.as_deref())
        .map(|key| Address::new(address.kind, key));
    let ancestry = inputs.past.ancestry;
    let earlier = ancestry.and_then(|ancestry| ancestry.predecessors.get(address));
    for previous in previously.iter().chain(earlier.into_iter().flatten()) {
        if !addresses.contains(previous) && inputs.desired.get(previous).is_none() {
            addresses.push(previous.clone());
        }
    }
    addresses
}

/// A resource as an earlier state declares it: under the address that it has, or else under one that it
/// had.
pub(super) fn earlier<'s>(
    inputs: &Inputs<'_>,
    state: &'s State,
    address: &Address,
) -> Option<(&'s Address, &'s Resource)> {
    addresses(inputs, address)
        .iter()
        .find_map(|one| state.resources.get_key_value(one))
}

/// Whether a live object is the one that was declared: one of the values is the same that a person, or
/// a thing, is known by. Where nothing of the kind was declared, it is.
pub(super) fn is_the_one(kind: Kind, declared: &Fields, live: &Fields) -> bool {
    let known_by: &[&[&str]] = match kind {
        Kind::Users => &[&["email"], &["extension"], &["first_name", "last_name"]],
        Kind::Extensions => &[&["name"]],
        Kind::Contacts => &[&["name"], &["numbers"]],
        Kind::Scopes
        | Kind::Groups
        | Kind::Instances
        | Kind::Locations
        | Kind::Schedules
        | Kind::Templates
        | Kind::Numbers => &[&["title"]],
    };
    let is_declared = |names: &&&[&str]| {
        let mut names = names.iter();
        names.all(|name| {
            declared
                .get(name)
                .is_some_and(|value| *value != Value::Null)
        })
    };
    let same = |names: &&[&str]| {
        let mut names = names.iter();
        names.all(|name| is_alike(declared.get(name), live.get(name)))
    };
    let mut known = known_by.iter().filter(is_declared).peekable();
    known.peek().is_none() || known.any(same)
}

/// Whether two values are the same to a person: letters of either case are.
fn is_alike(one: Option<&Value>, other: Option<&Value>) -> bool {
    let text = |value: Option<&Value>| value.and_then(Value::as_text).map(str::to_lowercase);
    match (text(one), text(other)) {
        (Some(one), Some(other)) => one == other,
        _ => Value::same(one, other),
    }
}

/// Whether a live object holds all that is declared.
pub(super) fn holds(config: &Config, kind: Kind, declared: &Fields, live: &Fields) -> bool {
    let shape = kind.shape();
    let managed = diff::managed_fields(config, kind, declared, false);
    let target = shape.without_defaults(shape.overlay(live, &managed));
    super::changes(shape, live, &target).is_empty()
}
