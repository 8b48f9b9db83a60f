//! A *scope* is a permission level. Portals call it a role, a license or a privilege level.

use super::text::{Line, Permission, Prose, ScopeKey};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A permission level for users. The key is its name. The portal's built-in scopes can be used without a
/// declaration and can't be changed.
// S2.09
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// Display name.
    pub title: Option<Line>,
    /// Purpose of the scope.
    pub description: Option<Prose>,
    /// Scope whose permissions are inherited.
    pub extends: Option<ScopeKey>,
    /// Permissions in addition to the inherited ones.
    #[schemars(length(max = 1000), extend("uniqueItems" = true, "x-order" = "set"))]
    pub permissions: Option<Vec<Permission>>,
}

/// A scope that exists without a declaration.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PortalScope {
    /// Display name.
    pub title: String,
    /// Scope whose permissions are inherited.
    pub extends: Option<String>,
    /// Permissions in addition to the inherited ones.
    #[serde(default)]
    pub permissions: Vec<String>,
}

/// The scopes of a portal that exist without a declaration.
// S0.20 to S0.30, S1.13 to S1.15, S2.11 to S2.15
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct Scopes(BTreeMap<String, PortalScope>);

/// No scopes, for a portal without levels.
pub static NO_SCOPES: Scopes = Scopes(BTreeMap::new());

impl Scopes {
    /// The permissions that make a user an administrator: control of all users, or of everything.
    pub const ADMINISTRATION: [&str; 2] = ["users.manage", "system.manage"];

    /// The permission to answer the calls of queues.
    pub const QUEUES: &str = "queues.login";

    /// The scope with a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&PortalScope> {
        self.0.get(name)
    }

    /// The scopes, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &PortalScope)> {
        self.0.iter().map(|(name, scope)| (name.as_str(), scope))
    }

    /// The names of the scopes.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The permissions of all scopes.
    pub fn all_permissions(&self) -> impl Iterator<Item = &str> {
        let all = self.0.values().flat_map(|scope| &scope.permissions);
        all.map(String::as_str)
    }

    /// The permissions of a scope and of those that it extends, each with the name of the scope that grants
    /// it.
    pub fn permissions<'s>(&'s self, name: &'s str) -> impl Iterator<Item = (&'s str, &'s str)> {
        let next = |(_, scope): &(&'s str, &'s PortalScope)| self.entry(scope.extends.as_deref()?);
        // The scopes of a portal don't extend each other in a cycle; a longer chain is one.
        let chain = std::iter::successors(self.entry(name), next).take(self.0.len());
        chain.flat_map(|(name, scope)| {
            let own = scope.permissions.iter();
            own.map(move |permission| (permission.as_str(), name))
        })
    }

    fn entry<'s>(&'s self, name: &'s str) -> Option<(&'s str, &'s PortalScope)> {
        self.get(name).map(|scope| (name, scope))
    }

    /// Whether a scope gives full control of the phone system.
    #[must_use]
    pub fn is_administrator(&self, name: &str) -> bool {
        let mut granted = self.permissions(name);
        granted.any(|(permission, _)| Self::ADMINISTRATION.contains(&permission))
    }

    /// Whether users with a scope can be queue agents.
    #[must_use]
    pub fn can_serve_queues(&self, name: &str) -> bool {
        let mut granted = self.permissions(name);
        self.is_administrator(name) || granted.any(|(permission, _)| permission == Self::QUEUES)
    }
}
