//! A *source* is the text of one file and its path in the workspace.
//!
//! A [`Place`] in a message is a source and a byte [`Span`] in it. Lines and columns are calculated only
//! when a place is shown.

use std::{
    fmt,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

/// A range of bytes in one source, end exclusive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// The first byte.
    pub start: u32,
    /// The byte after the last one.
    pub end: u32,
}

impl Span {
    /// The bytes from `start` up to `end`, exclusive.
    #[must_use]
    pub fn new(start: u32, end: u32) -> Self {
        Self {
            start,
            end: end.max(start),
        }
    }
}

/// The text of one file.
pub struct Source {
    name: String,
    text: String,
    lines: OnceLock<Vec<u32>>,
    hidden: Mutex<Vec<Span>>,
}

/// The maximum size of a file: 256 MiB, ten times the largest workspace measured.
pub const MAX_SIZE: u64 = 256 << 20;

impl Source {
    /// Creates a source. `name` is a path relative to the workspace, with `/` as separator.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Arc<Self> {
        Arc::new(Self {
            name: name.into(),
            text: text.into(),
            lines: OnceLock::new(),
            hidden: Mutex::default(),
        })
    }

    /// The path relative to the workspace.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text of a span; empty if the span is out of range.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.text
            .get(span.start as usize..span.end as usize)
            .unwrap_or("")
    }

    /// Marks a span as secret, so that it is never shown.
    pub fn hide(&self, span: Span) {
        self.hidden
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(span);
    }

    /// The text of a span with its secrets redacted: hidden spans, and values of keys that look like a
    /// secret's. Each byte is replaced with an asterisk, so columns stay the same.
    #[must_use]
    pub fn redacted(&self, span: Span) -> String {
        let mut hidden = self
            .hidden
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let text = self.slice(span);
        for (at, line) in lines_with_offsets(text) {
            if let Some((start, end)) = secret_in(line) {
                let offset = |within: usize| span.start + u32::try_from(at + within).unwrap_or(0);
                hidden.push(Span::new(offset(start), offset(end)));
            }
        }
        let mut redacted = text.as_bytes().to_vec();
        for hidden in hidden {
            let within = |at: u32| (at.saturating_sub(span.start) as usize).min(text.len());
            let (start, end) = (within(hidden.start), within(hidden.end));
            let start = text.floor_char_boundary(start);
            for (at, c) in text[start..text.ceil_char_boundary(end)].char_indices() {
                if !c.is_whitespace() {
                    redacted[start + at..][..c.len_utf8()].fill(b'*');
                }
            }
        }
        String::from_utf8(redacted).expect("whole characters are replaced")
    }

    /// A text at byte `at`, for use in a message: an ellipsis, if it follows a key that looks like a
    /// secret's.
    #[must_use]
    pub fn redact<'t>(&self, at: u32, text: &'t str) -> &'t str {
        let (line, _) = self.window(Span::new(at, at), 0);
        let secret = secret_in(self.slice(line));
        let at = at.saturating_sub(line.start) as usize;
        if secret.is_some_and(|(start, end)| (start..end).contains(&at)) {
            "…"
        } else {
            text
        }
    }

    /// The first byte of each line.
    fn line_starts(&self) -> &[u32] {
        self.lines.get_or_init(|| {
            let breaks = self
                .text
                .bytes()
                .zip(1_u32..)
                .filter(|(byte, _)| *byte == b'\n');
            std::iter::once(0)
                .chain(breaks.map(|(_, next)| next))
                .collect()
        })
    }

    /// The line of byte `at`, counted from 0.
    fn line_index(&self, at: u32) -> usize {
        self.line_starts()
            .partition_point(|start| *start <= at)
            .saturating_sub(1)
    }

    /// Line and column of byte `at`, both counted from 1, the column in characters.
    #[must_use]
    pub fn position(&self, at: u32) -> Position {
        let at = at.min(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
        let line = self.line_index(at);
        let before = self.slice(Span::new(self.line_starts()[line], at));
        Position {
            line: line + 1,
            column: before.chars().count() + 1,
        }
    }

    /// The span of the whole lines around `span`, with `margin` lines on either side, and the number of
    /// the first line, counted from 1.
    #[must_use]
    pub fn window(&self, span: Span, margin: usize) -> (Span, usize) {
        let starts = self.line_starts();
        let first = self.line_index(span.start).saturating_sub(margin);
        let last = self.line_index(span.end) + margin + 1;
        let end = starts.get(last).copied();
        let length = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        (Span::new(starts[first], end.unwrap_or(length)), first + 1)
    }
}

/// The lines of a text, each with its first byte.
fn lines_with_offsets(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_inclusive('\n').scan(0, |next, line| {
        let at = *next;
        *next += line.len();
        Some((at, line))
    })
}

/// The bytes of a line after a key that looks like a secret's, unless a reference follows.
fn secret_in(line: &str) -> Option<(usize, usize)> {
    let separators = line.match_indices([':', '=']);
    let mut starts = separators.map(|(at, _)| at);
    starts
        .find(|at| {
            let value = line[at + 1..].trim_start();
            let reference = value.starts_with('{') || value.starts_with("env") || value.is_empty();
            !reference && looks_secret(key_before(&line[..*at]))
        })
        .map(|at| (at + 1, line.len()))
}

/// The key at the end of a text, without quotes. The length limit keeps the cost of hostile lines
/// linear.
fn key_before(text: &str) -> &str {
    let trimmed = text.trim_end_matches([' ', '\t', '"', '\'']);
    let part = |c: &char| c.is_alphanumeric() || matches!(c, '_' | '-');
    let length = trimmed.chars().rev().take(64).take_while(part);
    let length: usize = length.map(char::len_utf8).sum();
    &trimmed[trimmed.len() - length..]
}

/// Whether a key contains a word for a secret, even a slightly misspelled one.
fn looks_secret(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    let is = |word: &str| {
        let long = [
            "password",
            "passwd",
            "passwort",
            "passphrase",
            "secret",
            "token",
        ];
        let near = |known: &&str| strsim::damerau_levenshtein(word, known) <= known.len() / 4;
        matches!(word, "pin" | "pwd" | "pass") || long.iter().any(near)
    };
    is(&key) || key.split(['_', '-']).any(is)
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// A line and a column, both counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

/// A span of one source.
#[derive(Clone, Debug)]
pub struct Place {
    /// The file.
    pub source: Arc<Source>,
    /// The bytes in it.
    pub span: Span,
}

impl Place {
    /// Creates a place from a source and a span.
    #[must_use]
    pub fn new(source: &Arc<Source>, span: Span) -> Self {
        Self {
            source: Arc::clone(source),
            span,
        }
    }

    /// The start of the place.
    #[must_use]
    pub fn start(&self) -> Position {
        self.source.position(self.span.start)
    }

    /// The end of the place.
    #[must_use]
    pub fn end(&self) -> Position {
        self.source.position(self.span.end)
    }
}

/// `people/sales.yaml:41`
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.source.name, self.start().line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters_from_one() {
        let source = Source::new("a.yaml", "é: 1\nbé: 2\n");
        let at = u32::try_from(source.text().find('2').unwrap()).unwrap();
        assert_eq!(source.position(at), Position { line: 2, column: 5 });
        assert_eq!(source.position(u32::MAX).line, 3);
    }

    #[test]
    fn secrets_are_redacted() {
        let source = Source::new(
            "a.yaml",
            "pasword: hunter1\nuser: { password: hunter2, a: b }\npin: { env: A }\nspin: 4\n\"api-Tokens\" : hunter3\n",
        );
        let end = u32::try_from(source.text().len()).unwrap();
        let redacted = source.redacted(Span::new(0, end));
        assert!(!redacted.contains("hunter"), "{redacted}");
        for kept in ["pin: { env: A }", "user: { password:", "spin: 4"] {
            assert!(redacted.contains(kept), "{redacted}");
        }
    }

    #[test]
    fn a_window_contains_whole_lines() {
        let source = Source::new("a.yaml", "one\ntwo\nthree\nfour\n");
        let (window, first) = source.window(Span::new(8, 9), 1);
        assert_eq!((source.slice(window), first), ("two\nthree\nfour\n", 2));
    }
}
