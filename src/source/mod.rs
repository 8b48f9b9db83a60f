//! A *source* is the text of one file and its path in the workspace.
//!
//! A [`Place`] in a message is a source and a byte [`Span`] in it. Lines and columns are calculated only
//! when a place is shown.

mod cell;

pub use cell::{Cell, Cells};

use crate::sensitive::{looks_secret, secret_in, without_secrets};
use std::{
    collections::BTreeSet,
    fmt,
    ops::Bound,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
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
    /// The number of characters before every [`STEP`]th byte.
    characters: OnceLock<Vec<u32>>,
    hidden: Mutex<Hidden>,
    cells: OnceLock<Cells>,
}

/// The parts of a text that are never shown: their spans, and their texts.
#[derive(Default)]
struct Hidden {
    spans: Vec<Span>,
    texts: BTreeSet<Box<str>>,
}

/// The distance in bytes between places whose number of characters is kept.
const STEP: u32 = 4096;

/// The number of bytes around a place that are searched for a key.
const NEAR: u32 = 256;

/// The maximum size of a text that is hidden in messages too. A longer one is hidden in excerpts only.
const MAX_HIDDEN: usize = 64 << 10;

/// The maximum size of a file: 256 MiB, ten times the largest workspace measured.
pub const MAX_SIZE: u64 = 256 << 20;

impl Source {
    /// Creates a source. `name` is a path relative to the workspace, with `/` as separator.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Arc<Self> {
        Arc::new(Self {
            name: name.into(),
            text: text.into(),
            lines: OnceLock::new(),
            characters: OnceLock::new(),
            hidden: Mutex::default(),
            cells: OnceLock::new(),
        })
    }

    /// Makes the source a sheet, whose places have the names of cells.
    pub fn set_cells(&self, cells: Cells) {
        // The first cells stay: a source is read once.
        drop(self.cells.set(cells));
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
        self.hide_text(span, self.slice(span));
    }

    /// Marks a span as secret in excerpts, and not its text in messages: for secrets that no message quotes.
    pub fn hide_span(&self, span: Span) {
        self.hidden().spans.push(span);
    }

    /// Marks a span as secret, with its text where the source spells it differently.
    pub fn hide_text(&self, span: Span, text: &str) {
        let mut hidden = self.hidden();
        hidden.spans.push(span);
        for text in [text, self.slice(span)] {
            let text = text.trim();
            if !text.is_empty() && text.len() <= MAX_HIDDEN {
                hidden.texts.insert(text.into());
            }
        }
    }

    fn hidden(&self) -> MutexGuard<'_, Hidden> {
        self.hidden.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A message about this source, without secrets in its quotations.
    #[must_use]
    pub fn redact_message(&self, message: &str) -> String {
        let hidden = self.hidden();
        let in_backquotes = quoted(message, '`', &hidden.texts);
        quoted(&in_backquotes, '"', &hidden.texts)
    }

    /// The text of a span with its secrets redacted: hidden spans, and values of keys that look like a
    /// secret's. Each byte is replaced with an asterisk, so columns stay the same.
    #[must_use]
    pub fn redacted(&self, span: Span) -> String {
        let text = self.slice(span);
        let overlaps = |hidden: &&Span| hidden.start < span.end && span.start < hidden.end;
        let mut hidden: Vec<Span> = self
            .hidden()
            .spans
            .iter()
            .filter(overlaps)
            .copied()
            .collect();
        let offset = |at: usize| span.start + u32::try_from(at).unwrap_or(0);
        let mut is_below_secret = self.ends_in_secret_key(span.start);
        for (at, line) in lines_with_offsets(text) {
            if let Some((start, end)) = secret_in(line) {
                hidden.push(Span::new(offset(at + start), offset(at + end)));
            } else if is_below_secret && !line.contains(": ") {
                hidden.push(Span::new(offset(at), offset(at + line.len())));
            }
            if !line.trim().is_empty() {
                is_below_secret = is_secret_key(line);
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

    /// Whether the line before a byte consists of a key that looks like a secret's.
    fn ends_in_secret_key(&self, at: u32) -> bool {
        let before = self.slice(Span::new(0, at)).trim_end();
        let start = before.rfind('\n').map_or(0, |end| end + 1);
        is_secret_key(&before[start..])
    }

    /// A text at byte `at`, for use in a message: an ellipsis, if it follows a key that looks like a
    /// secret's.
    #[must_use]
    pub fn redact<'t>(&self, at: u32, text: &'t str) -> &'t str {
        let (line, _) = self.window(Span::new(at, at), 0);
        // The limit keeps the cost of many places on one long line linear.
        let near = at.saturating_sub(NEAR).max(line.start);
        let near = (near..=at).find(|at| self.text.is_char_boundary(*at as usize));
        let near = Span::new(near.unwrap_or(at), line.end.min(at.saturating_add(NEAR)));
        let secret = secret_in(self.slice_within(near));
        let at = at.saturating_sub(near.start) as usize;
        if secret.is_some_and(|(start, end)| (start..=end).contains(&at)) {
            "…"
        } else {
            text
        }
    }

    /// The text of a span whose end may be inside a character.
    fn slice_within(&self, span: Span) -> &str {
        let end = self.text.ceil_char_boundary(span.end as usize);
        self.text.get(span.start as usize..end).unwrap_or("")
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
        let start = self.line_starts()[line];
        // Counting from the start of a long line would cost the square of its length for many places.
        let column = if at - start <= STEP {
            self.slice(Span::new(start, at)).chars().count()
        } else {
            self.characters_before(at) - self.characters_before(start)
        };
        Position {
            line: line + 1,
            column: column + 1,
        }
    }

    /// The number of characters before byte `at`.
    fn characters_before(&self, at: u32) -> usize {
        let is_start = |byte: &&u8| (**byte & 0xc0) != 0x80;
        let count = |bytes: &[u8]| bytes.iter().filter(is_start).count();
        let characters = self.characters.get_or_init(|| {
            let chunks = self.text.as_bytes().chunks(STEP as usize);
            let counts = chunks.scan(0, |before, chunk| {
                let at = *before;
                *before += u32::try_from(count(chunk)).unwrap_or(0);
                Some(at)
            });
            counts.collect()
        });
        let known = (at / STEP) as usize;
        let start = known * STEP as usize;
        let before = characters.get(known).copied().unwrap_or(0) as usize;
        let rest = self.text.as_bytes().get(start..at as usize);
        before + rest.map_or(0, count)
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

/// Whether a line consists of a key that looks like a secret's, with the value on the next line.
fn is_secret_key(line: &str) -> bool {
    let line = line.trim_end();
    let Some(key) = line
        .trim_end_matches(['|', '>', '-', '+', ' '])
        .strip_suffix(':')
    else {
        return false;
    };
    let key = key.trim().trim_start_matches(['-', '?', ' ']);
    looks_secret(key.trim_matches(['"', '\'', ' ']))
}

/// A message without secrets between pairs of a quotation mark.
fn quoted(message: &str, sign: char, hidden: &BTreeSet<Box<str>>) -> String {
    let is_hidden = |part: &str| {
        let part = part.trim();
        match part.strip_suffix('…').filter(|part| !part.is_empty()) {
            // The message quotes only the beginning.
            Some(part) => {
                let mut from = hidden.range::<str, _>((Bound::Included(part), Bound::Unbounded));
                from.next().is_some_and(|text| text.starts_with(part))
            }
            None => hidden.contains(part),
        }
    };
    let parts = message
        .split(sign)
        .enumerate()
        .map(|(at, part)| match at % 2 {
            1 if is_hidden(part) => "…".into(),
            1 => without_secrets(part),
            _ => part.into(),
        });
    parts.collect::<Vec<_>>().join(&sign.to_string())
}

/// The lines of a text, each with its first byte.
fn lines_with_offsets(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_inclusive('\n').scan(0, |next, line| {
        let at = *next;
        *next += line.len();
        Some((at, line))
    })
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

    /// The cell, if the file is a sheet.
    #[must_use]
    pub fn cell(&self) -> Option<Cell> {
        self.source.cells.get()?.at(self.span.start)
    }

    /// A message with the cell that it is about in front, if the file is a sheet: readers of formats with lines only
    /// look for it in a spreadsheet program.
    #[must_use]
    pub fn with_cell(&self, message: &str) -> String {
        match self.cell() {
            Some(cell) => format!("{cell}: {message}"),
            None => message.to_owned(),
        }
    }

    /// The end of the place.
    #[must_use]
    pub fn end(&self) -> Position {
        self.source.position(self.span.end)
    }
}

/// `people/sales.yaml:41`, `staff.csv:C7`
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(cell) = self.cell() {
            return write!(f, "{}:{cell}", self.source.name);
        }
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
        let long = format!("a: 1\n{}b", "é".repeat(5 * STEP as usize));
        let source = Source::new("a.yaml", long);
        for column in [1, 2, 2048, 2049, 4095, 4096, 4097, 20_000, 20_481] {
            let at = 5 + 2 * (u32::try_from(column).unwrap() - 1);
            assert_eq!(source.position(at), Position { line: 2, column });
        }
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
