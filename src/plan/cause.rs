//! The *cause* of a change: which of the files and the portal moved, and since when.
//!
//! Each earlier declaration is laid over what is live, as the present one is. Where that gives the
//! same as the present one, the files didn't change; where it gives what is live, the portal didn't.

use super::{Cause, Inputs, diff};
use crate::model::{Address, Change, Field, Fields, Kind, Name, Resource, Shape, State, Value};

/// What one resource was declared to be before.
pub(super) struct History {
    shape: &'static Shape,
    /// What is declared now.
    now: Fields,
    /// What was declared where this change began.
    base: Option<Fields>,
    /// The last declaration that is known to have been applied; else the one of the base.
    last_applied: Option<LastApplied>,
    /// Whether anything is known of earlier commits at all.
    is_known: bool,
    /// Whether what was last applied is known.
    is_applied_known: bool,
}

/// A declaration that the portal is taken to have held.
struct LastApplied {
    /// What was declared.
    declared: Fields,
    /// What the portal would hold by it.
    target: Fields,
}

/// Whether a state declares what a portal knows by this address.
pub(super) fn declares(state: &State, address: &Address) -> bool {
    state.get(address).is_some()
        || address.kind == Kind::Users
            && state
                .of_kind(Kind::Users)
                .any(|(_, user)| user.fields.text("username") == Some(&address.key))
}

impl History {
    /// The history of one resource, laid over what is live.
    pub(super) fn of(inputs: &Inputs<'_>, address: &Address, live: &Fields, exists: bool) -> Self {
        let shape = address.kind.shape();
        let as_declared_at = |state: Option<&State>| {
            let resource =
                state.and_then(|state| earlier(state, inputs.desired.get(address), address))?;
            let declared =
                diff::managed_fields(inputs.config, address.kind, &resource.fields, !exists);
            let target = shape.overlay(live, &declared);
            Some(LastApplied { declared, target })
        };
        let base = as_declared_at(inputs.past.base);
        let applied = as_declared_at(inputs.past.applied);
        let is_applied_known = inputs.past.applied.is_some();
        let now = inputs.desired.get(address).map(|now| now.fields.clone());
        Self {
            shape,
            now: now.unwrap_or_default(),
            base: base.as_ref().map(|base| base.declared.clone()),
            last_applied: if is_applied_known { applied } else { base },
            is_known: inputs.past.base.is_some() || is_applied_known,
            is_applied_known,
        }
    }

    /// Gives back to the portal what was declared before and isn't now: if the portal still holds our
    /// value, its default takes its place; what somebody changed since stays as it is.
    pub(super) fn release(&self, declared: &Fields, live: &Fields, target: &mut Fields) {
        let Some(last_applied) = &self.last_applied else {
            return;
        };
        let mut leaves = Vec::new();
        each_leaf(
            self.shape,
            &last_applied.declared,
            &mut Vec::new(),
            &mut leaves,
        );
        for (path, value) in leaves {
            let now = declared.at(path.iter().map(|name| &**name));
            let cleared = (1..path.len()).any(|depth| {
                declared.at(path[..depth].iter().map(|name| &**name)) == Some(&Value::Null)
            });
            let held = live.at(path.iter().map(|name| &**name));
            if now.is_none() && !cleared && held.is_some() && Value::same(held, Some(&value)) {
                target.put(&path, None);
            }
        }
    }

    /// Why a field of a live object changes.
    pub(super) fn cause(&self, change: &Change, target: &Fields) -> Cause {
        if !self.is_known {
            return Cause::Change;
        }
        let at = |fields: &Fields| fields.at(change.path.iter().map(|name| &**name)).cloned();
        let now = at(target);
        let Some(last_applied) = &self.last_applied else {
            // Nobody declared it then: the files changed, and whatever the portal held was its own.
            return self.since_base(change);
        };
        let then = at(&last_applied.target);
        if Value::same(then.as_ref(), now.as_ref()) {
            return Cause::Drift;
        }
        // `before` speaks for defaults, so the last_applied side must too.
        let before = change.before.as_ref();
        let default = self.default(&change.path, &last_applied.target);
        let portal_moved = !Value::same(then.as_ref().or(default), before);
        if portal_moved {
            Cause::Conflict
        } else {
            self.since_base(change)
        }
    }

    /// Whether the files changed before or after the base.
    fn since_base(&self, change: &Change) -> Cause {
        let at = |fields: &Fields| fields.at(change.path.iter().map(|name| &**name)).cloned();
        match &self.base {
            Some(base) if Value::same(at(base).as_ref(), at(&self.now).as_ref()) => Cause::Pending,
            _ => Cause::Change,
        }
    }

    /// Why a resource that isn't live is created.
    pub(super) fn cause_of_create(&self) -> Cause {
        if self.is_applied_known && self.last_applied.is_some() {
            Cause::Drift
        } else if self.base.is_some() {
            Cause::Pending
        } else {
            Cause::Change
        }
    }

    /// Why a key changes and nothing else does.
    pub(super) fn cause_of_rename(&self) -> Cause {
        if self.base.is_some() {
            Cause::Pending
        } else {
            Cause::Change
        }
    }

    /// What a field is taken to hold where it is absent from `of`: of several types, the default of the
    /// one that `of` is.
    fn default(&self, path: &[Name], of: &Fields) -> Option<&'static Value> {
        let (name, rest) = path.split_first()?;
        let none = Fields::new();
        let mut field = own_field(self.shape, of, name)?;
        let mut of = of.get(name).and_then(Value::as_map).unwrap_or(&none);
        for name in rest {
            field = own_field(&field.shape, of, name)?;
            of = of.get(name).and_then(Value::as_map).unwrap_or(&none);
        }
        field.default.as_ref()
    }
}

/// The field of this name of the type that `of` is.
fn own_field(shape: &'static Shape, of: &Fields, name: &str) -> Option<&'static Field> {
    let mut fields = shape.fields(of).iter();
    fields.find(|field| &*field.name == name)
}

/// A resource as it was declared in an earlier state: under its key, or under the one that it had.
fn earlier<'s>(
    state: &'s State,
    now: Option<&Resource>,
    address: &Address,
) -> Option<&'s Resource> {
    state.get(address).or_else(|| {
        let previously = now?.previously.as_deref()?;
        state.get(&Address::new(address.kind, previously))
    })
}

/// Every field that is declared to hold something: each of a record by itself, all else whole.
fn each_leaf(
    shape: &Shape,
    fields: &Fields,
    path: &mut Vec<Name>,
    leaves: &mut Vec<(Vec<Name>, Value)>,
) {
    for field in shape.fields(fields).iter().filter(|field| !field.required) {
        let Some(value) = fields.get(&field.name) else {
            continue;
        };
        path.push(field.name.clone());
        match (&field.shape, value) {
            (Shape::Record(_) | Shape::Variants { .. }, Value::Map(inner)) => {
                each_leaf(&field.shape, inner, path, leaves);
            }
            (_, Value::Null) => {}
            // The username follows the key where it isn't declared.
            _ if path.len() == 1 && &*field.name == "username" => {}
            (_, value) => leaves.push((path.clone(), value.clone())),
        }
        path.pop();
    }
}
