//! A *location* is a place where phones are: what emergency services are told.

use super::text::{Country, Line, LocationKey, NumberKey};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A place where phones are, which emergency services are told when somebody there calls them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Location {
    /// Display name.
    pub title: Option<Line>,
    /// Street and house number; further lines of the address.
    #[schemars(length(min = 1, max = 4))]
    pub address: Vec<Line>,
    /// Building, floor or room.
    pub room: Option<Line>,
    /// City.
    pub city: Line,
    /// State, province or county.
    pub region: Option<Line>,
    /// Postal code.
    pub postal_code: Option<Line>,
    /// Country: its two letters.
    pub country: Country,
}

/// What emergency services are told when somebody calls them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Emergency {
    /// Location of the phones.
    pub location: Option<LocationKey>,
    /// Number that is called back; one of the account's numbers.
    pub caller_id: Option<NumberKey>,
}
