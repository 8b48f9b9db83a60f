//! An *action* is what a portal does for one object besides changing its fields, such as sending a mail. It is done
//! once, on request, and never part of a plan.

use super::Kind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, fmt};

/// An action that a system offers for one object.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum PortalAction {
    /// Send a user a mail with a link for the first login.
    Welcome,
    /// Reset a user's settings.
    Reset,
    /// Make a user's password invalid, and send a link for a new one.
    ForcePasswordReset,
    /// Set a user's password.
    SetPassword,
    /// Rebuild an instance.
    Rebuild,
    /// Upload a user's voicemail greeting.
    Greeting,
    /// Show a QR code that provisions a user's mobile app.
    Qr,
    /// Show a link that provisions a user's desktop app.
    DesktopLink,
}

impl PortalAction {
    /// All actions.
    pub const ALL: [Self; 8] = [
        Self::Welcome,
        Self::Reset,
        Self::ForcePasswordReset,
        Self::SetPassword,
        Self::Rebuild,
        Self::Greeting,
        Self::Qr,
        Self::DesktopLink,
    ];

    /// The name on the command line and in profiles.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Welcome => "welcome",
            Self::Reset => "reset",
            Self::ForcePasswordReset => "force-password-reset",
            Self::SetPassword => "set-password",
            Self::Rebuild => "rebuild",
            Self::Greeting => "greeting",
            Self::Qr => "qr",
            Self::DesktopLink => "desktop-link",
        }
    }

    /// The kind of the objects that it is done for.
    #[must_use]
    pub const fn kind(self) -> Kind {
        match self {
            Self::Rebuild => Kind::Instances,
            Self::Welcome
            | Self::Reset
            | Self::ForcePasswordReset
            | Self::SetPassword
            | Self::Greeting
            | Self::Qr
            | Self::DesktopLink => Kind::Users,
        }
    }
}

impl fmt::Display for PortalAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The actions of a portal that offers none.
pub static NO_ACTIONS: BTreeSet<PortalAction> = BTreeSet::new();

/// What a reset of a user leaves as it is.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    JsonSchema,
    clap::ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum Kept {
    /// The voicemail messages.
    Messages,
    /// The voicemail greeting.
    Greeting,
    /// The forwarding of calls.
    Forwarding,
    /// The answering rules.
    AnsweringRules,
    /// The password.
    Password,
    /// The voicemail PIN.
    Pin,
    /// The phones after the first.
    Phones,
}

#[cfg(test)]
mod tests {
    use super::PortalAction;

    #[test]
    fn the_name_is_the_one_in_profiles() {
        for action in PortalAction::ALL {
            let written = serde_json::to_value(action).unwrap();
            assert_eq!(written, action.name());
        }
    }
}
