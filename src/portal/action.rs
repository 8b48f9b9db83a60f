//! An *action request* is one action for one object, and what the portal tells after it.

use super::ObjectRef;
use crate::model::{Address, Kept, PortalAction};
use secrecy::SecretString;
use std::collections::BTreeSet;

/// One action for one object.
#[derive(Clone, Copy, Debug)]
pub struct Act<'a> {
    /// The object, by the key that the portal knows it by.
    pub address: &'a Address,
    /// The object as it was read.
    pub object: ObjectRef<'a>,
    /// What to do.
    pub task: Task<'a>,
}

/// What an action does, with its arguments.
#[derive(Clone, Copy, Debug)]
pub enum Task<'a> {
    /// Send a mail for the first login.
    Welcome,
    /// Clear the settings of a user, except for those that are kept.
    Reset(&'a BTreeSet<Kept>),
    /// Make the password invalid, and send a mail for a new one.
    ForcePasswordReset,
    /// Set the password.
    SetPassword(&'a SecretString),
    /// Rebuild an instance.
    Rebuild,
    /// Upload a greeting, with the name of its file; without one, the portal's own is played again.
    Greeting(Option<(&'a str, &'a [u8])>),
    /// Issue a link that provisions a mobile app.
    Qr,
    /// Issue a link that provisions a desktop app.
    DesktopLink,
}

impl Task<'_> {
    /// The action.
    #[must_use]
    pub const fn action(&self) -> PortalAction {
        match self {
            Self::Welcome => PortalAction::Welcome,
            Self::Reset(_) => PortalAction::Reset,
            Self::ForcePasswordReset => PortalAction::ForcePasswordReset,
            Self::SetPassword(_) => PortalAction::SetPassword,
            Self::Rebuild => PortalAction::Rebuild,
            Self::Greeting(_) => PortalAction::Greeting,
            Self::Qr => PortalAction::Qr,
            Self::DesktopLink => PortalAction::DesktopLink,
        }
    }
}

impl Act<'_> {
    /// The action in messages: `welcome of users/ada`.
    #[must_use]
    pub fn what(&self) -> String {
        format!("{} of {}", self.task.action(), self.address)
    }
}

/// What the portal tells after an action.
#[derive(Clone, Debug, Default)]
pub struct Acted {
    /// What was done, one line each: `sent to ann@acme.example`. Text from the portal is truncated.
    pub messages: Vec<String>,
    /// The link that provisions an app. It is a secret, and valid once.
    pub link: Option<SecretString>,
}
