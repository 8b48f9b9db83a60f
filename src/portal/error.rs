//! An *error* says what went wrong between Callsheet and a portal, as data: what happened is a variant, and
//! only the portal's own words are text.

use super::http::ConnectionFailure;

/// An error between Callsheet and a portal. No variant contains a secret, and text from the portal is
/// truncated for display.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A setting is missing or invalid, so nothing was sent.
    #[error("`{setting}`: {reason}")]
    Misconfigured {
        /// The setting, by its path in `callsheet.yaml`.
        setting: &'static str,
        /// What is wrong, and what to write instead.
        reason: String,
    },
    /// No connection could be established, or it broke during a read; nothing was changed.
    #[error("{url} can't be reached: {reason}")]
    Unreachable {
        /// The address.
        url: String,
        /// The classified cause.
        cause: ConnectionFailure,
        /// The cause in words, for display only.
        reason: String,
    },
    /// The portal rejects the credentials.
    #[error("{url} doesn't accept the credentials (401){detail}; check `portal.credentials`")]
    Unauthorized {
        /// The address.
        url: String,
        /// The portal's message, after a separator.
        detail: String,
    },
    /// The credentials lack a permission.
    #[error("the credentials don't allow {what} (403){detail}")]
    Forbidden {
        /// The request.
        what: String,
        /// The portal's message, after a separator.
        detail: String,
    },
    /// The portal rejects the change, with a reason for each field if it gives one; nothing was
    /// changed.
    #[error("the portal refused: {detail}{}", list_problems(.problems))]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The portal's message.
        detail: String,
        /// The rejected fields.
        problems: Vec<Problem>,
    },
    /// The object has changed since it was read; nothing was changed.
    #[error("{what} has changed on the portal since it was read; plan again")]
    Stale {
        /// The object.
        what: String,
    },
    /// The portal is overloaded or out of order; nothing was changed.
    #[error("the portal is not ready ({status}) after {attempts} attempts")]
    NotReady {
        /// The HTTP status.
        status: u16,
        /// The number of attempts.
        attempts: u32,
    },
    /// The portal doesn't have such a request, which other versions of it have.
    #[error("the portal doesn't have {what} (404): {detail}")]
    NoRequest {
        /// The request.
        what: String,
        /// The portal's message.
        detail: String,
    },
    /// The answer violates the portal's contract.
    #[error("the answer to {what} is invalid: {reason}")]
    Unreadable {
        /// The request.
        what: String,
        /// The cause.
        reason: String,
    },
    /// The portal accepted the change, and doesn't show it yet.
    #[error("{what} was accepted, and the portal doesn't show it yet; plan again in a minute")]
    Accepted {
        /// The request.
        what: String,
    },
    /// The change needs several writes, and only the first ones were made.
    #[error("{what} was begun and not finished: {reason}; plan again to finish it")]
    Partial {
        /// The change.
        what: String,
        /// Why the rest was not written.
        reason: Box<Self>,
    },
    /// The change was sent, and its outcome is unknown.
    #[error("{what} was sent, but its outcome is unknown: {reason}")]
    Unknown {
        /// The request.
        what: String,
        /// The cause.
        reason: String,
    },
}

impl Error {
    /// A setting that is missing or invalid.
    #[must_use]
    pub fn misconfigured(setting: &'static str, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self::Misconfigured { setting, reason }
    }

    /// An answer that violates the portal's contract.
    #[must_use]
    pub fn unreadable(what: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Unreadable {
            what: what.into(),
            reason: reason.into(),
        }
    }
}

/// A field that the portal rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The field; empty if the portal doesn't name it.
    pub field: String,
    /// The portal's code for the reason, such as `unique`; empty if it sends none.
    pub code: String,
    /// The portal's message.
    pub message: String,
}

fn list_problems(problems: &[Problem]) -> String {
    problems.iter().fold(String::new(), |list, problem| {
        match problem.field.as_str() {
            "" => format!("{list}; {}", problem.message),
            field => format!("{list}; {field}: {}", problem.message),
        }
    })
}

impl Error {
    /// Whether the change may have been applied despite the error.
    #[must_use]
    pub fn may_be_done(&self) -> bool {
        matches!(
            self,
            Self::Unknown { .. } | Self::Accepted { .. } | Self::Partial { .. }
        )
    }
}
