//! A *scope* is a level of permission: the one word for what portals call roles, licences and
//! privilege levels.

use super::text::{Line, Permission, Prose, ScopeKey};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A level of permission that users are given (S2.09). The key is its name; the portal's own scopes
/// need not be declared and can't be changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// What people call it.
    pub title: Option<Line>,
    /// What it is for.
    pub description: Option<Prose>,
    /// The scope whose permissions it has too.
    pub extends: Option<ScopeKey>,
    /// Its own permissions, on top of those of the scope that it extends.
    #[schemars(length(max = 1000), extend("uniqueItems" = true, "x-order" = "set"))]
    pub permissions: Option<Vec<Permission>>,
}

/// A scope that every sandbox has from the start.
#[derive(Clone, Copy, Debug)]
pub struct BuiltInScope {
    /// Its name.
    pub name: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// The scope whose permissions it has too.
    pub extends: Option<&'static str>,
    /// Its own permissions.
    pub permissions: &'static [&'static str],
    /// Whether it gives full control of the phone system.
    pub administrates: bool,
    /// Whether its holders can serve a queue.
    pub serves_queues: bool,
}

/// The scopes that need no declaration, and what each of them may do (S0.20 to S0.30, S1.13 to S1.15,
/// S2.11 to S2.15).
pub const BUILT_IN_SCOPES: [BuiltInScope; 8] = {
    const fn scope(name: &'static str, title: &'static str) -> BuiltInScope {
        BuiltInScope {
            name,
            title,
            extends: None,
            permissions: &[],
            administrates: false,
            serves_queues: false,
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
            administrates: true,
            serves_queues: true,
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
            administrates: true,
            serves_queues: true,
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
            serves_queues: true,
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
