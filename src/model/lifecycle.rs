//! A *lifecycle* is when a person starts and leaves, and who takes over.

use super::Name;
use jiff::civil::Date;

/// When a person starts and leaves, as declared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lifecycle {
    /// First day on which the person is active.
    pub starts: Option<Date>,
    /// Last day on which the person is active.
    pub ends: Option<Date>,
    /// Who takes over when the person has left.
    pub leaver: Option<Leaver>,
}

/// Who takes over from a person who leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaver {
    /// The key of the user who gets the calls.
    pub successor: Box<str>,
    /// The last day on which the account is kept, with its messages.
    pub until: Date,
}

/// A field whose value follows from somebody's lifecycle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Derived {
    /// The field, at the top of the resource.
    pub field: Name,
    /// What it follows from: `users/bob leaves`.
    pub because: Box<str>,
}

impl Lifecycle {
    /// The reason for which the person isn't active on a day: `starts on 2026-12-01`.
    #[must_use]
    pub fn inactive(&self, today: Date) -> Option<String> {
        if let Some(starts) = self.starts.filter(|starts| today < *starts) {
            return Some(format!("starts on {starts}"));
        }
        if let Some(ends) = self.ends.filter(|ends| today > *ends) {
            return Some(format!("ended on {ends}"));
        }
        self.leaves(today).map(|_| "leaves".to_owned())
    }

    /// Who takes over, if the person has left by a day.
    #[must_use]
    pub fn leaves(&self, today: Date) -> Option<&Leaver> {
        let has_ended = self.ends.is_none_or(|ends| today > ends);
        self.leaver.as_ref().filter(|_| has_ended)
    }

    /// Whether what is declared means something else on one day than on another, later one.
    #[must_use]
    pub fn changes_between(&self, one: Date, other: Date) -> bool {
        self.inactive(one) != self.inactive(other) || self.leaves(one) != self.leaves(other)
    }
}
