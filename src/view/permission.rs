//! A *granted permission* is what a user may do, and what gives the permission: the scope, a scope that it extends, a
//! group, or the user's own permissions.

use super::{Object, View};
use crate::model::{Address, Fields, Kind, Value};
use std::collections::BTreeMap;

/// The longest chain of scopes that extend each other which is followed; rules refuse a cycle.
const MAX_CHAIN: usize = 64;

/// A permission that a user has.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Granted {
    /// The permission: `queues.login`.
    pub permission: Box<str>,
    /// What gives it, one after the other: `scope call_center_agent`, `scope basic_user through
    /// call_center_agent`, `group sales`, `own`.
    pub from: Vec<String>,
}

impl View<'_> {
    /// What a user may do, sorted by permission.
    #[must_use]
    pub fn permissions(&self, user: Object<'_>) -> Vec<Granted> {
        let mut granted: BTreeMap<Box<str>, Vec<String>> = BTreeMap::new();
        let mut add = |permission: &str, from: String| {
            granted.entry(permission.into()).or_default().push(from);
        };
        let fields = user.fields();
        if let Some(scope) = fields.text("scope").or_else(|| self.default_scope()) {
            for (permission, giver) in self.of_scope(scope) {
                let from = if giver == scope {
                    format!("scope {scope}")
                } else {
                    format!("scope {giver}, which {scope} extends")
                };
                add(&permission, from);
            }
        }
        for group in texts(fields, "groups") {
            let group_fields = self.get(&Address::new(Kind::Groups, group));
            for permission in group_fields.iter().flat_map(|one| own(one.fields())) {
                add(permission, format!("group {group}"));
            }
        }
        for permission in own(fields) {
            add(permission, "own".to_owned());
        }
        granted
            .into_iter()
            .map(|(permission, from)| Granted { permission, from })
            .collect()
    }

    /// The permissions of a scope, each with the scope that gives it.
    #[must_use]
    pub fn of_scope(&self, scope: &str) -> Vec<(String, String)> {
        let mut granted = Vec::new();
        let mut at = scope.to_owned();
        for _ in 0..MAX_CHAIN {
            if self.capabilities.scopes.get(&at).is_some() {
                let built_in = self.capabilities.scopes.permissions(&at);
                granted.extend(built_in.map(|(one, giver)| (one.to_owned(), giver.to_owned())));
                break;
            }
            let Some(object) = self.get(&Address::new(Kind::Scopes, at.as_str())) else {
                break;
            };
            granted.extend(own(object.fields()).map(|one| (one.to_owned(), at.clone())));
            match object.fields().text("extends") {
                Some(next) => next.clone_into(&mut at),
                None => break,
            }
        }
        granted
    }

    /// The scope that the portal gives a user without one.
    fn default_scope(&self) -> Option<&str> {
        let mut defaults = self.capabilities.defaults(Kind::Users).iter();
        let default = defaults.find(|(field, _)| *field == "scope");
        default.and_then(|(_, scope)| scope.as_text())
    }
}

fn own(fields: &Fields) -> impl Iterator<Item = &str> {
    texts(fields, "permissions")
}

fn texts<'f>(fields: &'f Fields, name: &str) -> impl Iterator<Item = &'f str> + use<'f> {
    let list = fields.get(name).map_or(&[][..], Value::elements);
    list.iter().filter_map(Value::as_text)
}
