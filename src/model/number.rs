//! A *number* is a phone number of the account: what people outside dial. Its key is the number.

use super::text::{CallerName, Destination, Line};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A phone number of the account, and where its calls go (S0.18). The key is the number in E.164. A
/// number that nobody declares can still be shown as a caller ID or called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Number {
    /// What people call it.
    pub title: Option<Line>,
    /// Where its calls go; nowhere unless it is given.
    pub destination: Option<Destination>,
    /// The name that calls from it show (CNAM).
    pub caller_name: Option<CallerName>,
}
