//! What a portal tells of a *person* beside the declared fields: how far the login is, and which voicemail messages
//! there are.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How far a user's login is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LoginState {
    /// When a welcome was sent; nothing once the user has set a password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub invited_at: Option<Timestamp>,
    /// Whether the user must set a new password before the next login.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub must_set_password: bool,
    /// Whether the user has accepted the licence agreement, where the portal asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub has_accepted_eula: Option<bool>,
}

/// A voicemail message. Its sound is never read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Message {
    /// The caller's number; empty if it is withheld.
    pub from: String,
    /// When it was left.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// Its length in seconds.
    pub seconds: u32,
}
