//! What follows when a person *leaves*: the account is locked and forwards to the successor, and whatever led to
//! the person leads to the successor.

use super::{derive, place};
use crate::{
    diagnostic::{Diagnostic, Report, Rule},
    model::{Address, Fields, Kind, Leaver, Resource, State, Value},
};

/// Lists of people who serve a number: who leaves is taken off, and replaced only if nobody would be left.
const SERVING: [&str; 2] = ["agents", "members"];

/// What others refer to a person by.
struct Names {
    key: Box<str>,
    extension: Option<Box<str>>,
}

impl Names {
    fn of(address: &Address, user: &Resource) -> Self {
        Self {
            key: address.key.clone(),
            extension: user.fields.text("extension").map(Into::into),
        }
    }

    /// Whether a reference to these kinds leads to the person.
    fn are_meant(&self, kinds: &[Kind], text: &str) -> bool {
        kinds.contains(&Kind::Users) && *self.key == *text
            || kinds.contains(&Kind::Extensions) && self.extension.as_deref() == Some(text)
    }

    /// What to write in place of a text that leads to somebody else: a number for a number, where there is one.
    fn in_place_of(&self, text: &str, other: &Self) -> Box<str> {
        let is_number = other.extension.as_deref() == Some(text);
        let number = self.extension.as_ref().filter(|_| is_number);
        number.unwrap_or(&self.key).clone()
    }
}

/// Lets a person leave.
pub(super) fn leave(state: &mut State, address: &Address, leaver: &Leaver, report: &mut Report) {
    let successor = Address::new(Kind::Users, leaver.successor.clone());
    let (Some(leaving), Some(following)) = (state.get(address), state.get(&successor)) else {
        return;
    };
    let (old, new) = (
        Names::of(address, leaving),
        Names::of(&successor, following),
    );
    let because = format!("{address} leaves");
    // Calls that the successor forwards to who leaves have no way to go.
    let rest = without(&successor, &following.fields, &old, &new, true);
    if rest.is_some_and(|fields| leads_to(Kind::Users, &fields, &new)) {
        let message = format!(
            "{successor} forwards to {address}, who leaves and whose successor is {successor}"
        );
        let found = place(state, address, "leaver.successor");
        let forwards = place(state, &successor, "forwarding.destinations");
        let found = Diagnostic::new(Rule::LeaverSuccessor, found, message);
        report.add(found.related(forwards, "forwards here"));
        return;
    }
    for (other, resource) in &mut state.resources {
        if other == address || other.kind == Kind::Templates {
            continue;
        }
        let is_successor = *other == successor;
        let Some(fields) = without(other, &resource.fields, &old, &new, is_successor) else {
            continue;
        };
        for (name, value) in fields {
            if resource.fields.get(&name) != Some(&value) {
                derive(resource, &name, value, &because);
            }
        }
    }
    if let Some(user) = state.resources.get_mut(address) {
        lock(user, &new, &successor);
    }
}

/// Locks the account of who leaves, and forwards the calls. Voicemail stays as it is.
fn lock(user: &mut Resource, new: &Names, successor: &Address) {
    let because = format!("leaves, {successor} takes over");
    let to = new.extension.as_ref().unwrap_or(&new.key);
    let mut forwarding = Fields::new();
    forwarding.set("enabled".into(), Value::Bool(true));
    forwarding.set(
        "destinations".into(),
        Value::List(vec![Value::text(to)].into()),
    );
    let none = || Value::List(Vec::new().into());
    derive(user, "active", Value::Bool(false), &because);
    derive(user, "forwarding", Value::Map(forwarding), &because);
    for list in ["groups", "answering_rules", "phones"] {
        derive(user, list, none(), &because);
    }
}

/// Whether a resource leads to a person, other than by being the person.
fn leads_to(kind: Kind, fields: &Fields, names: &Names) -> bool {
    let mut found = false;
    kind.shape().references(fields, &mut |_, kinds, text| {
        found |= names.are_meant(kinds, text);
    });
    found
}

/// The fields of a resource that led to who leaves; nothing if it didn't.
fn without(
    address: &Address,
    fields: &Fields,
    old: &Names,
    new: &Names,
    is_successor: bool,
) -> Option<Fields> {
    if !leads_to(address.kind, fields, old) {
        return None;
    }
    let mut fields = fields.clone();
    let is = |names: &Names, one: &Value| {
        let both = [Kind::Users, Kind::Extensions];
        one.as_text()
            .is_some_and(|text| names.are_meant(&both, text))
    };
    for name in SERVING {
        let Some(list) = fields.get(name).map(Value::elements) else {
            continue;
        };
        let rest: Vec<Value> = list.iter().filter(|one| !is(old, one)).cloned().collect();
        // Somebody must answer.
        if !rest.is_empty() {
            fields.set(name.into(), Value::List(rest.into()));
        }
    }
    if is_successor
        && let Some(mut forwarding) = fields.get("forwarding").and_then(Value::as_map).cloned()
    {
        let list = forwarding.get("destinations");
        let list = list.map_or(&[][..], Value::elements);
        let rest: Vec<Value> = list.iter().filter(|one| !is(old, one)).cloned().collect();
        if !rest.is_empty() {
            forwarding.set("destinations".into(), Value::List(rest.into()));
            fields.set("forwarding".into(), Value::Map(forwarding));
        }
    }
    let replaced = address
        .kind
        .shape()
        .with_references(&fields, &|kinds, text| {
            old.are_meant(kinds, text)
                .then(|| new.in_place_of(text, old))
        });
    let both = |one: &Value| is(new, one);
    Some(
        replaced
            .into_iter()
            .map(|(name, value)| (name, once(value, &both)))
            .collect(),
    )
}

/// A value whose lists name the successor once.
fn once(value: Value, is_successor: &dyn Fn(&Value) -> bool) -> Value {
    match value {
        Value::List(list) => {
            let mut is_there = false;
            let kept = list.into_iter().filter(|one| {
                let again = is_there && is_successor(one);
                is_there |= is_successor(one);
                !again
            });
            Value::List(kept.map(|one| once(one, is_successor)).collect())
        }
        Value::Map(fields) => Value::Map(
            fields
                .into_iter()
                .map(|(name, value)| (name, once(value, is_successor)))
                .collect(),
        ),
        other => other,
    }
}
