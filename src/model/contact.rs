//! A *contact* is somebody outside whom everybody in the organisation may want to call.

use super::text::{E164, Email, Line};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Somebody in the address book that the whole organisation shares (S2.06). Two contacts may have the
/// same numbers and addresses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// What the phone shows.
    pub name: Line,
    /// First name.
    pub first_name: Option<Line>,
    /// Last name.
    pub last_name: Option<Line>,
    /// The company or authority.
    pub company: Option<Line>,
    /// The e-mail address.
    pub email: Option<Email>,
    /// The phone numbers, in order: the first is the one to try first.
    #[schemars(length(max = 20), extend("uniqueItems" = true))]
    pub numbers: Option<Vec<E164>>,
}
