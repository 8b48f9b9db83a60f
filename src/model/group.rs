//! A *group* is a set of users with common permissions.

use super::text::{Line, Permission, Prose};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A group of users. Membership is declared in each user's `groups`.
// S4.26
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Display name.
    pub title: Option<Line>,
    /// Purpose of the group.
    pub description: Option<Prose>,
    /// Permissions of the members, in addition to those of their scope.
    // S4.35
    #[schemars(length(max = 1000), extend("uniqueItems" = true, "x-order" = "set"))]
    pub permissions: Option<Vec<Permission>>,
}
