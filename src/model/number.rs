//! A *number* is an external phone number of the account. Its key is the number.

use super::text::{CallerName, Day, Destination, Line};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An external phone number of the account and the destination of its calls. The key is the number in
/// E.164 format. Once a workspace declares numbers, each caller ID must be one of them.
// S0.18
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Number {
    /// Display name.
    pub title: Option<Line>,
    /// Destination of incoming calls; calls aren't routed if not set.
    pub destination: Option<Destination>,
    /// Caller name (CNAM) of calls from this number.
    pub caller_name: Option<CallerName>,
    /// Whether the number is used.
    #[schemars(extend("default" = "in_use"))]
    pub state: Option<NumberState>,
    /// Last day on which a number in the state `cooling` gets no destination.
    pub until: Option<Day>,
}

/// Whether a number is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum NumberState {
    /// It is used, or free to be.
    InUse,
    /// It is kept for a purpose: it can't have a destination.
    Reserved,
    /// It was given up, and people still call its former owner: until a day, it can't have a destination.
    Cooling,
}
