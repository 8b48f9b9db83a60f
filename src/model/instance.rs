//! An *instance* is one phone system of an account that holds several.

use super::text::{Line, Prose};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One phone system of an account that holds several (S0.13).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Instance {
    /// What people call it.
    pub title: Option<Line>,
    /// What it is for.
    pub description: Option<Prose>,
}
