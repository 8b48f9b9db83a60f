//! The *cause* of a change: which of the files and the portal moved, and since when.
//!
//! Where the commit that was last applied is known, its declaration is laid over what is live, as the
//! present one is. Where that gives the same as the present one, the files didn't change; where it gives
//! what is live, the portal didn't. Where that commit is unknown, the earlier declarations tell: a value
//! that one of them declares was ours, so the files moved since; any other was set on the portal.

use super::{
    Cause, Inputs, diff, identity,
    matching::{PortalKeys, mentioned_as},
};
use crate::model::{
    Address, Change, Field, Fields, Identity, Name, Resource, SecretPlace, Shape, State, Value,
    Version,
};

/// What one resource was declared to be before.
pub(super) struct History<'a> {
    shape: &'static Shape,
    /// What the portal knows the resource by.
    identity: Identity,
    /// Where the versions of its secrets are kept.
    secrets: SecretPlace,
    /// What is declared now.
    now: Fields,
    /// What was declared where this change began.
    base: Option<Fields>,
    /// The last declaration that is known to have been applied.
    last_applied: Option<LastApplied>,
    /// The earlier declarations, the newest first, where the last applied one is unknown.
    versions: Option<Vec<Expected<'a>>>,
    /// Whether anything is known of earlier commits at all.
    is_known: bool,
    /// Whether the commit that was last applied is known.
    is_applied_known: bool,
    /// Whether the earlier declarations are known to be all.
    is_complete: bool,
}

/// A declaration that the portal is taken to have held.
struct LastApplied {
    /// What was declared.
    declared: Fields,
    /// What the portal would hold by it, over what is live.
    target: Fields,
}

/// An earlier declaration, and what a portal holds that holds just that.
struct Expected<'a> {
    declared: &'a Fields,
    fields: Fields,
}

/// What a state declares of what the portal knows by this address.
pub(super) fn declared_as<'s>(
    inputs: &Inputs<'_>,
    state: &'s State,
    address: &Address,
) -> Option<&'s Resource> {
    let is_it = |(own, resource): &(&Address, &Resource)| {
        inputs.portal_key(own, &resource.fields) == &*address.key
    };
    let own = state.resources.get_key_value(address);
    let found = own
        .filter(is_it)
        .or_else(|| match inputs.capabilities.identity(address.kind) {
            Identity::Key => None,
            Identity::Field(_) => state.of_kind(address.kind).find(is_it),
        });
    found.map(|(_, resource)| resource)
}

impl<'a> History<'a> {
    /// The history of one resource, laid over what is live. `keys` are what the portal knows resources by,
    /// by the keys that they were declared by.
    pub(super) fn of(
        inputs: &Inputs<'a>,
        address: &Address,
        live: &Fields,
        exists: bool,
        keys: &PortalKeys,
    ) -> Self {
        let shape = address.kind.shape();
        let managed = |fields: &Fields| {
            let managed = diff::managed_fields(inputs.config, address.kind, fields, !exists);
            if keys.is_empty() {
                return managed;
            }
            shape.with_references(&managed, &|kinds, text| mentioned_as(keys, kinds, text))
        };
        let as_declared_at = |state: Option<&State>| {
            let (_, resource) = identity::earlier(inputs, state?, address)?;
            let declared = managed(&resource.fields);
            let target = shape.overlay(live, &declared);
            Some(LastApplied { declared, target })
        };
        let past = inputs.past;
        let base = as_declared_at(past.base);
        let is_applied_known = past.applied.is_some();
        let ancestry = past.ancestry.filter(|_| !is_applied_known);
        let versions = ancestry.map(|ancestry| {
            let addresses = identity::addresses(inputs, address);
            let versions = addresses
                .iter()
                .filter_map(|address| ancestry.versions.get(address));
            let expected = |version: &'a Version| Expected {
                declared: &version.fields,
                fields: shape
                    .without_defaults(shape.overlay(&Fields::new(), &managed(&version.fields))),
            };
            versions.flatten().map(expected).collect()
        });
        let now = inputs.desired.get(address).map(|now| now.fields.clone());
        Self {
            shape,
            identity: inputs.capabilities.identity(address.kind),
            secrets: inputs.capabilities.secrets(address.kind),
            now: now.unwrap_or_default(),
            base: base.as_ref().map(|base| base.declared.clone()),
            last_applied: if is_applied_known {
                as_declared_at(past.applied)
            } else {
                base
            },
            versions,
            is_known: past.base.is_some() || is_applied_known,
            is_applied_known,
            is_complete: ancestry.is_none_or(|ancestry| ancestry.incomplete.is_none()),
        }
    }

    /// Gives back to the portal what was declared before and isn't now: if the portal still holds our
    /// value, its default takes its place; a value that was changed since stays as it is.
    pub(super) fn release(&self, declared: &Fields, live: &Fields, target: &mut Fields) {
        let mut given_back = Vec::new();
        match &self.versions {
            None => {
                let last = self.last_applied.as_ref();
                given_back.extend(last.map(|last| (last.declared.clone(), true)));
            }
            // The newest declaration that the object holds whole; and of each field the newest one.
            Some(versions) => {
                let holds = |version: &&Expected<'_>| {
                    let target = self.shape.overlay(live, &version.fields);
                    super::changes(self.shape, live, &target).is_empty()
                };
                let whole = versions.iter().find(|version| {
                    holds(version) && self.declares_more(version.declared, declared, live)
                });
                given_back.extend(whole.map(|version| (version.fields.clone(), true)));
                given_back.extend(versions.iter().map(|one| (one.fields.clone(), false)));
            }
        }
        let mut seen: Vec<Vec<Name>> = Vec::new();
        for (earlier, is_whole) in given_back {
            let mut leaves = Vec::new();
            each_leaf(
                self.shape,
                self.identity,
                &earlier,
                &mut Vec::new(),
                &mut leaves,
            );
            for (path, value) in leaves {
                if !is_whole {
                    if seen.contains(&path) {
                        continue;
                    }
                    seen.push(path.clone());
                }
                if is_released(&path, &value, declared, live) {
                    target.put(&path, None);
                }
            }
        }
    }

    /// Whether an earlier declaration has a field that the present one lacks, and that is as it said.
    fn declares_more(&self, earlier: &Fields, declared: &Fields, live: &Fields) -> bool {
        let mut leaves = Vec::new();
        each_leaf(
            self.shape,
            self.identity,
            earlier,
            &mut Vec::new(),
            &mut leaves,
        );
        let mut leaves = leaves.iter();
        leaves.any(|(path, value)| is_released(path, value, declared, live))
    }

    /// Why a field of a live object changes.
    pub(super) fn cause(&self, change: &Change, target: &Fields) -> Cause {
        if !self.is_known {
            return Cause::Change;
        }
        if self.is_unknown_secret(change) {
            return self.since_base(change);
        }
        if let Some(versions) = &self.versions {
            return self.told_by(versions, change);
        }
        let at = |fields: &Fields| fields.at(change.path.iter().map(|name| &**name)).cloned();
        let now = at(target);
        let Some(last_applied) = &self.last_applied else {
            // It wasn't declared then: the files changed, and what the portal held was its own.
            return self.since_base(change);
        };
        let then = at(&last_applied.target);
        if Value::same(then.as_ref(), now.as_ref()) {
            return Cause::Drift;
        }
        // `before` includes defaults, so the last applied value must too.
        let before = change.before.as_ref();
        let default = self.default(&change.path, &last_applied.target);
        let portal_moved = !Value::same(then.as_ref().or(default), before);
        if portal_moved {
            Cause::Conflict
        } else {
            self.since_base(change)
        }
    }

    /// Whether a change sends a secret of which nobody knows the version that the portal holds.
    fn is_unknown_secret(&self, change: &Change) -> bool {
        self.secrets == SecretPlace::Record
            && change.before.is_none()
            && matches!(change.after, Some(Value::Secret(_)))
    }

    /// Why a field changes, as the earlier declarations tell.
    fn told_by(&self, versions: &[Expected<'_>], change: &Change) -> Cause {
        let path = || change.path.iter().map(|name| &**name);
        let explains = |version: &Expected<'_>| {
            let held = version.fields.at(path());
            let held = held.or_else(|| self.default(&change.path, &version.fields));
            Value::same(held, change.before.as_ref())
        };
        let base = self.base.as_ref();
        let is_new = base.is_none_or(|base| base.at(path()).is_none());
        // A gap in the history may hold the declaration that explains the value.
        if is_new || !self.is_complete || versions.iter().any(explains) {
            self.since_base(change)
        } else {
            Cause::Drift
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

/// Whether a field that was declared as `value` isn't declared any more, and still holds that.
fn is_released(path: &[Name], value: &Value, declared: &Fields, live: &Fields) -> bool {
    let names = || path.iter().map(|name| &**name);
    let is_cleared = (1..path.len())
        .any(|depth| declared.at(path[..depth].iter().map(|name| &**name)) == Some(&Value::Null));
    let held = live.at(names());
    let is_held = held.is_some() && Value::same(held, Some(value));
    declared.at(names()).is_none() && !is_cleared && is_held
}

/// The field of this name of the type that `of` is.
fn own_field(shape: &'static Shape, of: &Fields, name: &str) -> Option<&'static Field> {
    let mut fields = shape.fields(of).iter();
    fields.find(|field| &*field.name == name)
}

/// Every field that is declared to hold something: each of a record by itself, all else whole.
fn each_leaf(
    shape: &Shape,
    identity: Identity,
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
                each_leaf(&field.shape, identity, inner, path, leaves);
            }
            (_, Value::Null) => {}
            // The username follows the key where it isn't declared, and without what the portal knows an
            // object by there is none.
            _ if path.len() == 1
                && (&*field.name == "username" || identity.field() == Some(&*field.name)) => {}
            (_, value) => leaves.push((path.clone(), value.clone())),
        }
        path.pop();
    }
}
