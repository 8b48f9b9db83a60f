//! A *source* is the text of one file, with the name a person knows it by.
//!
//! Every [`Place`] in a message is a source and a byte [`Span`] in it; lines and columns are
//! worked out only when a place is shown.

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
    /// The bytes from `start` up to and without `end`.
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

/// Files above this many bytes are refused: 256 MiB, ten times the largest workspace measured.
pub const MAX_SIZE: u64 = 256 << 20;

impl Source {
    /// A source named `name`: a path relative to the workspace, with `/` between its parts.
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

    /// The text of one span; empty if the span lies outside.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.text
            .get(span.start as usize..span.end as usize)
            .unwrap_or("")
    }

    /// Marks a span that must never be shown: a secret where a reference to one belongs.
    pub fn hide(&self, span: Span) {
        self.hidden
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(span);
    }

    /// The text of one span as it may be shown: what is hidden, and what follows a key that sounds
    /// like a secret's, is starred out, byte by byte, so that columns stay what they are.
    #[must_use]
    pub fn shown(&self, span: Span) -> String {
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
        let mut shown = text.as_bytes().to_vec();
        for hidden in hidden {
            let within = |at: u32| (at.saturating_sub(span.start) as usize).min(text.len());
            let (start, end) = (within(hidden.start), within(hidden.end));
            let start = text.floor_char_boundary(start);
            for (at, c) in text[start..text.ceil_char_boundary(end)].char_indices() {
                if !c.is_whitespace() {
                    shown[start + at..][..c.len_utf8()].fill(b'*');
                }
            }
        }
        String::from_utf8(shown).expect("whole characters are replaced")
    }

    /// A text that stands at `at`, as a message may say it: three dots, where it follows a key that
    /// sounds like a secret's.
    #[must_use]
    pub fn said<'t>(&self, at: u32, text: &'t str) -> &'t str {
        let (line, _) = self.window(Span::new(at, at), 0);
        let secret = secret_in(self.slice(line));
        let at = at.saturating_sub(line.start) as usize;
        if secret.is_some_and(|(start, end)| (start..end).contains(&at)) {
            "…"
        } else {
            text
        }
    }

    /// Where each line starts.
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

    /// The line that holds byte `at`, counted from 0.
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

    /// The bytes of whole lines around `span`, with `margin` lines on either side, and the number
    /// of the first of them, counted from 1. Rendering a message never looks beyond.
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

/// The lines of a text, each with the byte at which it starts.
fn lines_with_offsets(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_inclusive('\n').scan(0, |next, line| {
        let at = *next;
        *next += line.len();
        Some((at, line))
    })
}

/// The bytes of a line behind a key that sounds like a secret's, unless a reference follows.
fn secret_in(line: &str) -> Option<(usize, usize)> {
    let signs = line.match_indices([':', '=']);
    let mut starts = signs.map(|(at, _)| at);
    starts
        .find(|at| {
            let value = line[at + 1..].trim_start();
            let reference = value.starts_with('{') || value.starts_with("env") || value.is_empty();
            !reference && sounds_secret(key_before(&line[..*at]))
        })
        .map(|at| (at + 1, line.len()))
}

/// The key that ends a text, without quotes: a key is short, and looking no further keeps a hostile
/// line from costing its square.
fn key_before(text: &str) -> &str {
    let trimmed = text.trim_end_matches([' ', '\t', '"', '\'']);
    let part = |c: &char| c.is_alphanumeric() || matches!(c, '_' | '-');
    let length = trimmed.chars().rev().take(64).take_while(part);
    let length: usize = length.map(char::len_utf8).sum();
    &trimmed[trimmed.len() - length..]
}

/// Whether a key has a word in it for a secret, misspelt by a letter or so: near enough for what
/// nobody meant to write down.
fn sounds_secret(key: &str) -> bool {
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
    /// `span` in `source`.
    #[must_use]
    pub fn new(source: &Arc<Source>, span: Span) -> Self {
        Self {
            source: Arc::clone(source),
            span,
        }
    }

    /// Where the place starts.
    #[must_use]
    pub fn start(&self) -> Position {
        self.source.position(self.span.start)
    }

    /// Where the place ends.
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
    fn what_sounds_like_a_secret_is_starred_out() {
        let source = Source::new(
            "a.yaml",
            "pasword: hunter1\nuser: { password: hunter2, a: b }\npin: { env: A }\nspin: 4\n\"api-Tokens\" : hunter3\n",
        );
        let end = u32::try_from(source.text().len()).unwrap();
        let shown = source.shown(Span::new(0, end));
        assert!(!shown.contains("hunter"), "{shown}");
        for kept in ["pin: { env: A }", "user: { password:", "spin: 4"] {
            assert!(shown.contains(kept), "{shown}");
        }
    }

    #[test]
    fn a_window_holds_whole_lines() {
        let source = Source::new("a.yaml", "one\ntwo\nthree\nfour\n");
        let (window, first) = source.window(Span::new(8, 9), 1);
        assert_eq!((source.slice(window), first), ("two\nthree\nfour\n", 2));
    }
}
