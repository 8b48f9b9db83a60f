//! A *scope* is a permission level. Portals call it a role, a license or a privilege level.

use super::text::{Line, Permission, Prose, ScopeKey};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
#[derive(Clone, Copy, Debug)]
pub struct BuiltInScope {
    /// Its name.
    pub name: &'static str,
    /// Display name.
    pub title: &'static str,
    /// Scope whose permissions are inherited.
    pub extends: Option<&'static str>,
    /// Permissions in addition to the inherited ones.
    pub permissions: &'static [&'static str],
    /// Whether the scope gives full control of the phone system.
    pub is_administrator: bool,
    /// Whether users with this scope can be queue agents.
    pub can_serve_queues: bool,
}

/// The built-in scopes and their permissions.
// S0.20 to S0.30, S1.13 to S1.15, S2.11 to S2.15
pub const BUILT_IN_SCOPES: [BuiltInScope; 8] = {
    const fn scope(name: &'static str, title: &'static str) -> BuiltInScope {
        BuiltInScope {
            name,
            title,
            extends: None,
            permissions: &[],
            is_administrator: false,
            can_serve_queues: false,
        }
    }
    [
        BuiltInScope {
            permissions: &[
                "billing.manage",
                "features.manage",
                "instances.manage",
                "plans.manage",
                "users.manage",
            ],
            extends: Some("user"),
            is_administrator: true,
            can_serve_queues: true,
            ..scope("administrator", "Administrator")
        },
        BuiltInScope {
            permissions: &[
                "account.view",
                "instances.rebuild",
                "instances.view",
                "portal.login",
            ],
            ..scope("user", "User")
        },
        BuiltInScope {
            permissions: &["system.manage"],
            extends: Some("administrator"),
            is_administrator: true,
            can_serve_queues: true,
            ..scope("admin", "Admin")
        },
        BuiltInScope {
            permissions: &["self.manage"],
            ..scope("voice", "Voice")
        },
        scope("simple_user", "Simple User"),
        BuiltInScope {
            permissions: &["portal.login"],
            ..scope("basic_user", "Basic User")
        },
        BuiltInScope {
            extends: Some("basic_user"),
            ..scope("advanced_user", "Advanced User")
        },
        BuiltInScope {
            permissions: &["queues.login"],
            extends: Some("basic_user"),
            can_serve_queues: true,
            ..scope("call_center_agent", "Call Center Agent")
        },
    ]
};

impl BuiltInScope {
    /// The built-in scope of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        BUILT_IN_SCOPES.iter().find(|scope| scope.name == name)
    }
}
