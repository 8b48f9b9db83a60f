//! A *diagnostic* says what is wrong in the user's files: which rule, which place, and what to write
//! instead.
//!
//! Diagnostics are collected, never returned early: a [`Report`] holds all of them. What is wrong in
//! the world (a disk, a network, a portal) is an error of the module that touches it, not one of these.

mod rule;

pub use rule::Rule;

use crate::source::Place;

/// How much a diagnostic matters.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Nothing is planned until it is mended.
    Error,
    /// Probably a mistake.
    Warning,
}

/// Something that is wrong in the user's files.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// The rule that it breaks.
    pub rule: Rule,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// Where.
    pub place: Place,
    /// Other places that it speaks of, each with what is there.
    pub related: Vec<(Place, String)>,
    /// What to write instead.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A diagnostic of `rule` at `place`.
    pub fn new(rule: Rule, place: Place, message: impl Into<String>) -> Self {
        Self {
            rule,
            message: message.into(),
            place,
            related: Vec::new(),
            help: None,
        }
    }

    /// Adds what to write instead.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds another place, and what is there.
    #[must_use]
    pub fn related(mut self, place: Place, what: impl Into<String>) -> Self {
        self.related.push((place, what.into()));
        self
    }

    /// How much it matters: its rule says.
    #[must_use]
    pub fn level(&self) -> Level {
        self.rule.level()
    }
}

/// Every diagnostic of one run.
#[derive(Debug, Default)]
pub struct Report {
    diagnostics: Vec<Diagnostic>,
}

impl Report {
    /// Adds one.
    pub fn add(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Adds all of another report.
    pub fn extend(&mut self, other: Self) {
        self.diagnostics.extend(other.diagnostics);
    }

    /// Whether something must be mended first.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.count(Level::Error) > 0
    }

    /// How many there are of one level.
    #[must_use]
    pub fn count(&self, level: Level) -> usize {
        self.diagnostics
            .iter()
            .filter(|one| one.level() == level)
            .count()
    }

    /// All of them, in the order of files and places: the order never depends on who found what first.
    #[must_use]
    pub fn sorted(&self) -> Vec<&Diagnostic> {
        let mut sorted: Vec<&Diagnostic> = self.diagnostics.iter().collect();
        sorted.sort_by(|a, b| {
            let key = |one: &Diagnostic| (one.place.span.start, one.rule, one.place.span.end);
            (a.place.source.name(), key(a), &a.message).cmp(&(
                b.place.source.name(),
                key(b),
                &b.message,
            ))
        });
        sorted
    }
}

/// The word of `known` that `word` was probably meant to be.
#[must_use]
pub fn did_you_mean<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let distances = known
        .into_iter()
        .map(|known| (strsim::damerau_levenshtein(word, known), known));
    let (distance, nearest) = distances.min()?;
    let allowed = 1.max(word.chars().count().min(nearest.chars().count()) / 3);
    (distance <= allowed).then_some(nearest)
}

#[cfg(test)]
mod tests {
    use super::did_you_mean;

    #[test]
    fn suggests_what_is_near_and_nothing_else() {
        let known = ["first_name", "last_name", "email"];
        assert_eq!(did_you_mean("frist_name", known), Some("first_name"));
        assert_eq!(did_you_mean("nmae", ["name"]), Some("name"));
        assert_eq!(did_you_mean("colour_scheme", known), None);
    }
}
