//! A *permission* is what a person who logged in needs for a request: one table of kinds, and what the
//! person's scope, groups and own permissions grant.

use super::{
    object::Row,
    store::{Error, Tx},
};
use crate::model::{Kind, Scopes};
use serde_json::Value;
use std::collections::BTreeSet;

/// Control of everything.
const SYSTEM: &str = "system.manage";

/// The permission to change one's own settings.
pub(super) const SELF: &str = "self.manage";

/// The settings that people with [`SELF`] may change of themselves.
pub(super) const OWN_SETTINGS: [&str; 7] = [
    "answering_rules",
    "color",
    "click_to_dial",
    "dnd",
    "forwarding",
    "password",
    "voicemail",
];

/// The permissions to read and to change objects of a kind, of which one is enough. Without any, everybody
/// who can log in may read them.
const fn needed(kind: Kind) -> (&'static [&'static str], &'static [&'static str]) {
    match kind {
        Kind::Users => (&["users.view", "users.manage"], &["users.manage"]),
        Kind::Scopes | Kind::Groups => (&[], &["users.manage"]),
        Kind::Instances => (
            &["instances.view", "instances.manage"],
            &["instances.manage"],
        ),
        Kind::Templates => (&["users.manage"], &["users.manage"]),
        Kind::Extensions | Kind::Numbers | Kind::Locations | Kind::Schedules => {
            (&[], &["features.manage", "users.manage"])
        }
        Kind::Contacts => (&[], &["contacts.edit", "contacts.manage", "users.manage"]),
    }
}

/// Whether permissions allow reading the objects of a kind.
pub(super) fn may_read(granted: &BTreeSet<String>, kind: Kind) -> bool {
    let (read, _) = needed(kind);
    read.is_empty() || has_any(granted, read)
}

/// Whether permissions allow changing the objects of a kind.
pub(super) fn may_write(granted: &BTreeSet<String>, kind: Kind) -> bool {
    let (_, write) = needed(kind);
    has_any(granted, write)
}

/// Whether permissions include one of these.
pub(super) fn has_any(granted: &BTreeSet<String>, needed: &[&str]) -> bool {
    granted.contains(SYSTEM) || needed.iter().any(|one| granted.contains(*one))
}

/// Whether permissions allow giving a scope to somebody: it must not grant more than one has.
pub(super) fn may_grant(scopes: &Scopes, granted: &BTreeSet<String>, scope: &str) -> bool {
    let mut more = scopes.permissions(scope).map(|(permission, _)| permission);
    granted.contains(SYSTEM) || more.all(|permission| granted.contains(permission))
}

/// The permissions that an object grants: a user by the scope and those that it extends, by the groups, and the
/// user's own; a scope or a group to those who have it.
pub(super) fn granted_by(tx: &Tx<'_>, object: &Row<'_>) -> Result<BTreeSet<String>, Error> {
    let body: Value = serde_json::from_str(&object.body)?;
    let mut granted = BTreeSet::new();
    add(&mut granted, &body);
    for group in body["groups"].as_array().into_iter().flatten() {
        if let Some(group) = tx.by_key(Kind::Groups, group.as_str().unwrap_or_default())? {
            add(&mut granted, &serde_json::from_str(&group.body)?);
        }
    }
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let scope = body["scope"].as_str().or(body["extends"].as_str());
    let mut next = scope.map(str::to_owned);
    while let Some(name) = next.filter(|name| !seen.contains(name)) {
        let scope = tx.by_key(Kind::Scopes, &name)?;
        let scope: Value = match scope {
            Some(scope) => serde_json::from_str(&scope.body)?,
            None => Value::Null,
        };
        add(&mut granted, &scope);
        next = scope["extends"].as_str().map(str::to_owned);
        seen.insert(name);
    }
    Ok(granted)
}

fn add(granted: &mut BTreeSet<String>, body: &Value) {
    let own = body["permissions"].as_array().into_iter().flatten();
    granted.extend(own.filter_map(Value::as_str).map(str::to_owned));
}
