//! An *instance* is one phone system of an account with several.

use super::text::{Line, Prose};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One phone system of an account with several.
// S0.13
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Instance {
    /// Display name.
    pub title: Option<Line>,
    /// Purpose of the instance.
    pub description: Option<Prose>,
}
