//! A *group* is users who have something in common.

use super::text::{Line, Permission, Prose};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Users who have something in common (S4.26). Who belongs to it is said by each user's `groups`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// What people call it.
    pub title: Option<Line>,
    /// What it is for.
    pub description: Option<Prose>,
    /// What its members may do, on top of their scope (S4.35).
    #[schemars(length(max = 1000), extend("uniqueItems" = true, "x-order" = "set"))]
    pub permissions: Option<Vec<Permission>>,
}
