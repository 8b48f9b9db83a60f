//! A *diagnostic* reports a mistake in the user's files: the rule, the place and the fix.
//!
//! Diagnostics are collected in a [`Report`] and never returned early. Failures outside the files (disk,
//! network, portal) are errors of their modules instead.

mod rule;

pub use rule::Rule;

use crate::source::{Place, Source};
use std::sync::Arc;

/// The severity of a diagnostic.
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
    /// Blocks planning until it is fixed.
    Error,
    /// A probable mistake.
    Warning,
}

/// A mistake in the user's files.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// The violated rule.
    pub rule: Rule,
    /// The severity: that of the rule, unless it was raised.
    pub level: Level,
    /// The description, one sentence without a full stop.
    pub message: String,
    /// The place of the mistake.
    pub place: Place,
    /// Related places, each with a label.
    pub related: Vec<(Place, String)>,
    /// The suggested fix.
    pub help: Option<String>,
}

impl Diagnostic {
    /// Creates a diagnostic of `rule` at `place`.
    pub fn new(rule: Rule, place: Place, message: impl Into<String>) -> Self {
        Self {
            rule,
            level: rule.level(),
            message: message.into(),
            place,
            related: Vec::new(),
            help: None,
        }
    }

    /// Sets the suggested fix.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds a related place and its label.
    #[must_use]
    pub fn related(mut self, place: Place, what: impl Into<String>) -> Self {
        self.related.push((place, what.into()));
        self
    }

    /// Makes it an error, even if its rule is only a warning elsewhere.
    #[must_use]
    pub fn as_error(mut self) -> Self {
        self.level = Level::Error;
        self
    }

    /// The severity.
    #[must_use]
    pub fn level(&self) -> Level {
        self.level
    }
}

/// The diagnostics of one run.
#[derive(Debug, Default)]
pub struct Report {
    diagnostics: Vec<Diagnostic>,
}

impl Report {
    /// Adds a diagnostic.
    pub fn add(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Adds the diagnostics of another report.
    pub fn extend(&mut self, other: Self) {
        self.diagnostics.extend(other.diagnostics);
    }

    /// Takes the diagnostics out, in the order in which they were added.
    #[must_use]
    pub fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.diagnostics
    }

    /// Whether one of some rules is violated.
    #[must_use]
    pub fn violates(&self, rules: &[Rule]) -> bool {
        self.diagnostics.iter().any(|one| rules.contains(&one.rule))
    }

    /// The sources of all diagnostics, without repetition.
    #[must_use]
    pub fn sources(&self) -> Vec<Arc<Source>> {
        let mut sources: Vec<&Arc<Source>> = Vec::new();
        let mut last: Option<&Arc<Source>> = None;
        let mut sorted: Vec<&Arc<Source>> = self
            .diagnostics
            .iter()
            .map(|one| &one.place.source)
            .collect();
        sorted.sort_by_key(|source| Arc::as_ptr(source));
        for source in sorted {
            if last.is_none_or(|last| !Arc::ptr_eq(last, source)) {
                sources.push(source);
            }
            last = Some(source);
        }
        sources.into_iter().cloned().collect()
    }

    /// Removes secrets from all messages.
    pub fn redact(&mut self) {
        for one in &mut self.diagnostics {
            let source = Arc::clone(&one.place.source);
            one.message = source.redact_message(&one.message);
            one.help = one.help.as_deref().map(|help| source.redact_message(help));
            for (place, what) in &mut one.related {
                *what = place.source.redact_message(what);
            }
        }
    }

    /// Whether there are no diagnostics.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.diagnostics.is_empty()
    }

    /// Whether there are errors.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.count(Level::Error) > 0
    }

    /// The number of diagnostics of one level.
    #[must_use]
    pub fn count(&self, level: Level) -> usize {
        self.diagnostics
            .iter()
            .filter(|one| one.level() == level)
            .count()
    }

    /// The diagnostics, sorted by file and place, so that the order is deterministic.
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

/// The most similar word of `known`, if it is similar enough.
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
    fn only_similar_words_are_suggested() {
        let known = ["first_name", "last_name", "email"];
        assert_eq!(did_you_mean("frist_name", known), Some("first_name"));
        assert_eq!(did_you_mean("nmae", ["name"]), Some("name"));
        assert_eq!(did_you_mean("colour_scheme", known), None);
    }
}
