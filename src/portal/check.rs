//! A *check* is one thing that was diagnosed about a portal, and what most portals are checked for.

use super::{
    Error, Portal,
    http::{RateLimit, plain},
    with_hint,
};
use crate::model::{Account, Extent, Live};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The clock skew, in seconds, up to which the expiry time of a token can be relied on.
const MAX_SKEW: i64 = 30;

/// One check of a portal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Check {
    /// What was checked.
    pub name: String,
    /// Whether the check passed.
    pub ok: bool,
    /// The finding and, for a failed check, how to fix it.
    pub message: String,
}

impl Check {
    /// A check that passed.
    #[must_use]
    pub fn passed(name: &str, message: impl Into<String>) -> Self {
        Self {
            name: name.to_owned(),
            ok: true,
            message: message.into(),
        }
    }

    /// A check that failed.
    #[must_use]
    pub fn failed(name: &str, message: impl Into<String>) -> Self {
        Self {
            ok: false,
            ..Self::passed(name, message)
        }
    }

    /// A feature of the portal, and what follows from having it or not.
    #[must_use]
    pub fn feature(name: &str, is_supported: bool, with: &str, without: &str) -> Self {
        match is_supported {
            true => Self::passed(name, format!("supported: {with}")),
            false => Self::passed(name, format!("not supported: {without}")),
        }
    }

    /// Whether the portal has versions of documents.
    #[must_use]
    pub fn versions(is_supported: bool) -> Self {
        Self::feature(
            "versions",
            is_supported,
            "a change of another version is refused",
            "documents are compared right before a write, which can overwrite a change of the same moment",
        )
    }

    /// Whether the role of the login may write; `None` if the login is of no user that the portal lists.
    #[must_use]
    pub fn role(role: Option<&str>, writes: &str) -> Self {
        let name = "permissions";
        match role.map(plain) {
            Some(role) if role == writes => Self::passed(name, format!("the role is {role}")),
            Some(role) => {
                let detail = format!(
                    "the role is {role}, which may only read; use the login of a user whose role is {writes}"
                );
                Self::failed(name, detail)
            }
            None => Self::passed(name, "unknown: the login is of no user of the account"),
        }
    }

    /// The clock of the portal, by the seconds that it is ahead of this machine's.
    #[must_use]
    pub fn clock(skew: Option<i64>) -> Self {
        let Some(skew) = skew else {
            return Self::passed("clock", "unknown: the portal doesn't report its time");
        };
        if skew.abs() <= MAX_SKEW {
            let detail = format!("within {MAX_SKEW} s of this machine's clock");
            return Self::passed("clock", detail);
        }
        let side = if skew > 0 { "ahead of" } else { "behind" };
        Self::failed(
            "clock",
            format!(
                "{} s {side} this machine's clock: synchronize the clocks, or tokens are renewed too early or too late",
                skew.unsigned_abs()
            ),
        )
    }

    /// The rate limit, compared with what a portal allows by default: a burst, and requests per second.
    #[must_use]
    pub fn rate_limit(limit: RateLimit, ours: (u32, u32), theirs: (u32, u32)) -> Self {
        let burst = limit.burst.get();
        let (limited, per_second) = match limit.per_second {
            Some(number) => (format!("{number} per second"), number.get()),
            None => ("unlimited".to_owned(), u32::MAX),
        };
        let (their_burst, their_rate) = theirs;
        let comparison = if burst > ours.0 || per_second > ours.1 {
            format!(
                "; the host may allow less (its default is a burst of {their_burst}, then {their_rate} per second) and then answers 429, which slows every request down"
            )
        } else {
            format!(
                ", below a host's default of {their_burst} and {their_rate}; change it with `portal.rate_limit`"
            )
        };
        let detail = format!("bursts of {burst} requests, then {limited}{comparison}");
        Self::passed("rate limit", detail)
    }
}

/// Reads every kind, and checks whether that is complete.
pub(super) async fn lists<P: Portal + ?Sized>(portal: &P) -> Result<Vec<Check>, Error> {
    let kinds = portal.capabilities().kinds.keys().copied().collect();
    Ok(of(&portal.read(&kinds, &()).await?))
}

/// The checks of what was read.
fn of(live: &Live) -> Vec<Check> {
    let checks = live.listings.iter().map(|(kind, listing)| {
        let name = kind.name();
        match (listing.doubt(), listing.objects.len()) {
            (Some(reason), _) => Check::failed(name, format!("incomplete: {reason}")),
            (None, _) if listing.extent == Extent::Asked => {
                Check::passed(name, "readable one by one; they can't be listed")
            }
            (None, 0) => Check::passed(name, "readable (none yet)"),
            (None, count) => Check::passed(name, format!("readable ({count})")),
        }
    });
    let mut checks: Vec<Check> = checks.collect();
    checks.extend(live.account.as_ref().map(permissions));
    checks
}

/// What the credentials may do.
// S0.32
fn permissions(account: &Account) -> Check {
    const NAME: &str = "permissions";
    let whose = match &account.user {
        Some(user) => format!("the credentials are those of {user}"),
        None => "the credentials are the portal's own".to_owned(),
    };
    match &account.writes {
        None => Check::passed(NAME, format!("{whose}, and may change everything")),
        _ if account.is_reader() => Check::passed(
            NAME,
            format!("{whose}, and may only read: plans can be made, and an apply is refused"),
        ),
        Some(kinds) if kinds.is_empty() => Check::passed(
            NAME,
            format!("{whose}, and may change nothing but that user"),
        ),
        Some(kinds) => {
            let kinds: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
            let message = format!("{whose}, and may change {}", kinds.join(", "));
            Check::passed(NAME, message)
        }
    }
}

/// What a read of something shows that a portal may lack.
pub(super) enum Access {
    /// It can be read.
    Readable,
    /// The portal doesn't have it.
    Missing,
    /// The credentials don't allow it; the portal's message follows, after a separator.
    Forbidden(String),
    /// It is refused, or out of order.
    Faulty(Error),
}

impl Access {
    /// Interprets the result of a read.
    ///
    /// # Errors
    /// The portal can't be reached, or its answer can't be parsed.
    pub(super) fn of<T>(read: Result<Option<T>, Error>) -> Result<Self, Error> {
        match read {
            Ok(Some(_)) => Ok(Self::Readable),
            Ok(None) => Ok(Self::Missing),
            Err(Error::Forbidden { detail, .. }) => Ok(Self::Forbidden(detail)),
            Err(error @ (Error::Refused { .. } | Error::NotReady { .. })) => {
                Ok(Self::Faulty(error))
            }
            Err(error) => Err(error),
        }
    }

    /// The check of something that the adapter needs.
    pub(super) fn check(&self, name: &str) -> Check {
        match self {
            Self::Readable => Check::passed(name, "readable"),
            Self::Missing => Check::failed(name, "the portal doesn't have them (404)"),
            Self::Forbidden(detail) => Check::failed(
                name,
                format!("the credentials don't allow reading them{detail}"),
            ),
            Self::Faulty(error) => Check::failed(name, with_hint(error)),
        }
    }
}
