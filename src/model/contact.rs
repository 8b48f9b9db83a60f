//! A *contact* is an entry of the organization's shared address book.

use super::text::{DialedNumber, Email, Line};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An entry of the organization's shared address book. Contacts may have the same numbers and e-mail
/// addresses.
// S2.06
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// Name that the phone shows.
    pub name: Line,
    /// First name.
    pub first_name: Option<Line>,
    /// Last name.
    pub last_name: Option<Line>,
    /// Company or authority.
    pub company: Option<Line>,
    /// E-mail address.
    pub email: Option<Email>,
    /// Phone numbers, or short ones such as `112`, in the order in which to try them.
    #[schemars(length(max = 20), extend("uniqueItems" = true))]
    pub numbers: Option<Vec<DialedNumber>>,
}
