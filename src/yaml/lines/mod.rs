//! *Lines* are what people write nearly all YAML in: a key and a value a line, in block style, with small lists and
//! mappings between brackets. They are read here, many times as fast as by the [general parser](super::parse).
//!
//! Whatever is out of the ordinary, such as an error, an anchor, an escape or a text of several lines, is left to the
//! general parser: [`read`] returns nothing, and there are never two opinions on what a file means. Tests compare both
//! on every example and fixture, and on random documents.

use super::{Entry, Node, NodeKind, Plain, Scalar, Text, piece::has_unique_keys, resolve};
use crate::source::{Source, Span};
use std::ops::Range;

/// The nesting from which on a file is out of the ordinary; less than the limit of the general parser.
const DEEP: usize = 32;

/// The length of a key in bytes from which on it is out of the ordinary; less than YAML's limit of 1024 characters.
const LONG_KEY: usize = 256;

/// Characters besides letters and digits that ordinary text contains outside of ASCII.
const PUNCTUATION: &str = "–—‘’‚“”„«»‹›…·•°§€£©®™×½¼¾";

/// Reads these bytes of a source: the node at its root, with the spans that the general parser gives, and the byte
/// behind it. The last entry may be cut off behind its key.
pub(super) fn read(source: &Source, bytes: Range<usize>, is_cut: bool) -> Option<(Node, usize)> {
    let text = &source.text()[bytes.clone()];
    if !is_ordinary(text) {
        return None;
    }
    let mut lines = Lines {
        source,
        text,
        start: bytes.start,
        is_cut,
        at: 0,
        column: 0,
        elements: Vec::new(),
        entries: Vec::new(),
    };
    lines.skip_blank_lines(0);
    if text[lines.at..].starts_with("---\n") && lines.column == 0 {
        lines.skip_blank_lines(lines.at + 4);
    }
    let root = lines.mapping(lines.column, 0)?;
    Some((root, bytes.start + lines.at))
}

/// Whether a text consists of characters that mean themselves.
fn is_ordinary(text: &str) -> bool {
    let is_printed = |byte: &u8| matches!(byte, b'\n' | b' '..=b'~' | 0x80..);
    let is_letter = |c: char| c.is_ascii() || c.is_alphanumeric() || PUNCTUATION.contains(c);
    text.as_bytes().iter().all(is_printed) && (text.is_ascii() || text.chars().all(is_letter))
}

/// Where reading is. Each function expects to be at what it reads, and ends behind it; what reads whole lines ends at
/// the first character of the next line that isn't blank.
struct Lines<'s> {
    source: &'s Source,
    text: &'s str,
    /// Where the text begins in the source.
    start: usize,
    /// Whether the last entry may be cut off behind its key.
    is_cut: bool,
    at: usize,
    /// How far into the line that is.
    column: usize,
    /// The elements of all lists that are being read.
    elements: Vec<Node>,
    /// The entries of all mappings that are being read.
    entries: Vec<Entry>,
}

impl Lines<'_> {
    fn is_at_end(&self) -> bool {
        self.at == self.text.len()
    }

    /// The byte here; a line break at the end.
    fn byte(&self) -> u8 {
        self.byte_at(self.at)
    }

    fn byte_at(&self, at: usize) -> u8 {
        self.text.as_bytes().get(at).copied().unwrap_or(b'\n')
    }

    fn span(&self, range: Range<usize>) -> Span {
        let byte = |at: usize| u32::try_from(self.start + at).unwrap_or(u32::MAX);
        Span::new(byte(range.start), byte(range.end))
    }

    /// Goes to the next line with content, from the beginning of a line.
    fn skip_blank_lines(&mut self, mut line: usize) {
        let bytes = self.text.as_bytes();
        loop {
            let indent = bytes[line..]
                .iter()
                .take_while(|byte| **byte == b' ')
                .count();
            self.at = line + indent;
            self.column = indent;
            match bytes.get(self.at) {
                Some(b'\n') => line = self.at + 1,
                Some(b'#') => {
                    let rest = &self.text[self.at..];
                    line = rest
                        .find('\n')
                        .map_or(self.text.len(), |end| self.at + end + 1);
                }
                Some(_) => return,
                None => {
                    // The end belongs to no mapping.
                    self.at = bytes.len();
                    self.column = 0;
                    return;
                }
            }
        }
    }

    /// Goes to the next line with content. Nothing if this line goes on with anything but a comment.
    fn end_line(&mut self) -> Option<()> {
        let before = self.at;
        self.skip_spaces();
        match self.byte() {
            b'\n' => self.skip_blank_lines((self.at + 1).min(self.text.len())),
            b'#' if self.at > before => self.skip_blank_lines(self.at),
            _ => return None,
        }
        Some(())
    }

    fn skip_spaces(&mut self) {
        while self.byte() == b' ' {
            self.at += 1;
        }
    }

    /// A block mapping whose keys begin at a column.
    fn mapping(&mut self, column: usize, depth: usize) -> Option<Node> {
        if depth > DEEP {
            return None;
        }
        let (start, first) = (self.at, self.entries.len());
        while self.column == column && !self.is_at_end() {
            let (key, span) = self.key()?;
            let value = self.value(column, depth + 1)?;
            self.entries.push(Entry { span, key, value });
        }
        let is_over = self.is_at_end() || self.column < column;
        (is_over && self.entries.len() > first).then_some(())?;
        let kind = self.entries_from(first)?;
        Some(self.ended(start, kind))
    }

    /// A block list whose dashes are at a column.
    fn list(&mut self, column: usize, depth: usize) -> Option<Node> {
        if depth > DEEP {
            return None;
        }
        let (start, first) = (self.at, self.elements.len());
        while self.column == column && !self.is_at_end() && self.is_at_dash() {
            let dash = self.at;
            self.at += 1;
            self.skip_spaces();
            let item = column + self.at - dash;
            let element = if self.is_at_key() {
                self.column = item;
                self.mapping(item, depth + 1)?
            } else {
                let element = self.inline(depth + 1)?;
                self.end_line()?;
                element
            };
            if self.column > column {
                return None;
            }
            self.elements.push(element);
        }
        let kind = NodeKind::List(self.elements.drain(first..).collect());
        Some(self.ended(start, kind))
    }

    /// A collection of whole lines; it ends with the last of them.
    fn ended(&self, start: usize, kind: NodeKind) -> Node {
        let end = start + self.text[start..self.at].trim_end().len();
        Node {
            span: self.span(start..end),
            kind,
        }
    }

    fn is_at_dash(&self) -> bool {
        self.byte() == b'-' && self.byte_at(self.at + 1) == b' '
    }

    /// Whether the element of a list is a mapping, whose first key is here.
    fn is_at_key(&self) -> bool {
        let length = match self.byte() {
            quote @ (b'"' | b'\'') => self.quoted_length(quote),
            _ => Some(self.key_length()),
        };
        length.is_some_and(|length| {
            let colon = self.at + length;
            length > 0
                && self.byte_at(colon) == b':'
                && matches!(self.byte_at(colon + 1), b' ' | b'\n')
        })
    }

    /// The length of the unquoted key here.
    fn key_length(&self) -> usize {
        let bytes = self.text.as_bytes()[self.at..].iter();
        bytes.take_while(|byte| is_of_key(**byte)).count()
    }

    /// The length of a quoted text without escapes, with its quotes.
    fn quoted_length(&self, quote: u8) -> Option<usize> {
        let bytes = &self.text.as_bytes()[self.at + 1..];
        let is_end = |byte: &u8| *byte == quote || matches!(byte, b'\\' | b'\n');
        let length = bytes.iter().position(is_end)?;
        // A quote that is doubled stands for itself.
        let is_whole = bytes[length] == quote && bytes.get(length + 1) != Some(&quote);
        is_whole.then_some(length + 2)
    }

    /// A key, with the colon behind it.
    fn key(&mut self) -> Option<(Text, Span)> {
        let key = self.at;
        let text = match self.byte() {
            quote @ (b'"' | b'\'') => {
                let length = self.quoted_length(quote)?;
                self.at += length;
                key + 1..self.at - 1
            }
            _ => {
                self.at += self.key_length();
                let text = &self.text[key..self.at];
                let is_word = !text.is_empty() && resolve(text) != Plain::Null;
                let is_word = is_word && !text.starts_with(['-', '@']) && !text.starts_with("...");
                is_word.then_some(key..self.at)?
            }
        };
        let end = self.at;
        let is_key = end - key < LONG_KEY && self.byte() == b':';
        self.at += 1;
        (is_key && matches!(self.byte(), b' ' | b'\n'))
            .then(|| (self.verbatim(text), self.span(key..end)))
    }

    /// A text as it stands in the source.
    fn verbatim(&self, range: Range<usize>) -> Text {
        if range.is_empty() {
            return Text::owned("");
        }
        Text::Slice(self.span(range))
    }

    /// The value of an entry of a block mapping whose keys begin at a column, up to the next line.
    fn value(&mut self, column: usize, depth: usize) -> Option<Node> {
        let colon = self.at;
        self.skip_spaces();
        if self.byte() != b'\n' && self.byte() != b'#' {
            let value = self.inline(depth)?;
            self.end_line()?;
            return Some(value);
        }
        self.at = colon;
        self.end_line()?;
        if !self.is_at_end() && self.column > column {
            match self.is_at_dash() {
                true => self.list(self.column, depth),
                false => self.mapping(self.column, depth),
            }
        } else if !self.is_at_end() && self.column == column && self.is_at_dash() {
            let mut list = self.list(column, depth)?;
            // Without an indent, the list begins at its first element for the general parser.
            list.span.start = list.elements().first()?.span.start;
            Some(list)
        } else {
            (self.is_at_end() && self.is_cut).then(|| self.scalar(colon..colon, 0..0, true))
        }
    }

    /// A value within a line.
    fn inline(&mut self, depth: usize) -> Option<Node> {
        if depth > DEEP {
            return None;
        }
        match self.byte() {
            b'{' => self.braces(depth),
            b'[' => self.brackets(depth),
            quote @ (b'"' | b'\'') => self.quoted(quote),
            _ => self.plain(is_of_block),
        }
    }

    /// A value between brackets.
    fn nested(&mut self, depth: usize) -> Option<Node> {
        match self.byte() {
            b'{' | b'[' => self.inline(depth),
            quote @ (b'"' | b'\'') => self.quoted(quote),
            _ => self.plain(is_of_flow),
        }
    }

    fn quoted(&mut self, quote: u8) -> Option<Node> {
        let start = self.at;
        self.at += self.quoted_length(quote)?;
        Some(self.scalar(start..self.at, start + 1..self.at - 1, false))
    }

    fn plain(&mut self, is_part: fn(u8) -> bool) -> Option<Node> {
        let start = self.at;
        let is_begun = match self.byte() {
            b'-' => self.byte_at(start + 1).is_ascii_alphanumeric(),
            byte => byte.is_ascii_alphanumeric() || byte >= 0x80 || b"_+./(~$".contains(&byte),
        };
        is_begun.then_some(())?;
        let mut end = start;
        while is_part(self.byte()) {
            match self.byte() {
                b' ' if self.byte_at(self.at + 1) == b'#' => break,
                b' ' => {}
                // What may end a key is left to the general parser.
                b':' if !is_part(self.byte_at(self.at + 1))
                    || self.byte_at(self.at + 1) == b' ' =>
                {
                    return None;
                }
                _ => end = self.at + 1,
            }
            self.at += 1;
        }
        Some(self.scalar(start..end, start..end, true))
    }

    fn scalar(&self, span: Range<usize>, text: Range<usize>, is_plain: bool) -> Node {
        Node {
            span: self.span(span),
            kind: NodeKind::Scalar(Scalar {
                is_plain,
                text: self.verbatim(text),
            }),
        }
    }

    /// A mapping between braces, within a line.
    fn braces(&mut self, depth: usize) -> Option<Node> {
        let (start, first) = (self.at, self.entries.len());
        let mut is_last = self.open(b'}');
        while !is_last {
            let (key, span) = self.key()?;
            self.skip_spaces();
            let value = self.nested(depth + 1)?;
            self.entries.push(Entry { span, key, value });
            is_last = self.close(b'}')?;
        }
        let kind = self.entries_from(first)?;
        let span = self.span(start..self.at);
        Some(Node { span, kind })
    }

    /// A list between brackets, within a line.
    fn brackets(&mut self, depth: usize) -> Option<Node> {
        let (start, first) = (self.at, self.elements.len());
        let mut is_last = self.open(b']');
        while !is_last {
            let element = self.nested(depth + 1)?;
            self.elements.push(element);
            is_last = self.close(b']')?;
        }
        let kind = NodeKind::List(self.elements.drain(first..).collect());
        let span = self.span(start..self.at);
        Some(Node { span, kind })
    }

    /// Opens a bracket. Returns whether it closes again with nothing between.
    fn open(&mut self, closing: u8) -> bool {
        self.at += 1;
        self.skip_spaces();
        let is_empty = self.byte() == closing;
        self.at += usize::from(is_empty);
        is_empty
    }

    /// Goes on behind a value between brackets. Returns whether it was the last one.
    fn close(&mut self, closing: u8) -> Option<bool> {
        self.skip_spaces();
        let byte = self.byte();
        self.at += 1;
        if byte == closing {
            return Some(true);
        }
        let is_separated = byte == b',' && self.byte() == b' ';
        self.skip_spaces();
        is_separated.then_some(false)
    }

    /// A mapping of the entries from one on, each with a key of its own.
    fn entries_from(&mut self, first: usize) -> Option<NodeKind> {
        let entries: Box<[Entry]> = self.entries.drain(first..).collect();
        has_unique_keys(self.source, &entries).then_some(NodeKind::Map(entries))
    }
}

/// Whether an unquoted key may contain a byte.
fn is_of_key(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-+./@".contains(&byte)
}

/// Whether an unquoted text may contain a byte.
fn is_of_block(byte: u8) -> bool {
    byte != b'\n'
}

/// Whether an unquoted text between brackets may contain a byte.
fn is_of_flow(byte: u8) -> bool {
    !matches!(byte, b'\n' | b',' | b'[' | b']' | b'{' | b'}')
}

#[cfg(test)]
mod tests;
