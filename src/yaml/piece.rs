//! A *piece* is a part of a file that is parsed by itself: some entries of one section, such as `users`.
//!
//! Pieces begin where an entry seems to begin. Whether it does is known only when the piece before it was parsed,
//! whose last line is the first one of that entry: if the parser finds the key of an entry at that very byte, it is
//! there in the same state in which it begins a piece. So a file whose pieces all end as expected has the same nodes
//! as a whole. Any other file is parsed as a whole.

use super::{Entry, Node, NodeKind, parse::LARGE_MAPPING};
use crate::source::{Source, Span};
use std::ops::Range;

/// A part of a file.
#[derive(Debug)]
pub(super) struct Piece {
    /// The bytes to parse, with the first line of what follows.
    pub(super) bytes: Range<usize>,
    /// Whether it begins with the key of a section, rather than with an entry of one.
    pub(super) is_head: bool,
    /// Where it ends.
    pub(super) end: End,
}

/// What follows a piece.
#[derive(Clone, Copy, Debug)]
pub(super) enum End {
    /// Another entry of the section, whose key begins here.
    Entry(u32),
    /// Another section, whose key begins here.
    Section(u32),
    /// Nothing.
    File,
}

/// Divides a file into pieces of about so many bytes. Nothing for a file that doesn't look like sections of entries
/// in block style.
pub(super) fn pieces(text: &str, size: usize) -> Option<Vec<Piece>> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut begin = |start: usize, line: usize, key: usize, is_head: bool| {
        let key = u32::try_from(key).unwrap_or(u32::MAX);
        if let Some(last) = pieces.last_mut() {
            let end = if is_head { End::Section } else { End::Entry };
            last.end = end(key);
            last.bytes.end = line;
        }
        pieces.push(Piece {
            bytes: start..text.len(),
            is_head,
            end: End::File,
        });
    };
    let (mut at, mut piece) = (0, 0);
    let mut indent = None;
    let mut has_section = false;
    for line in text.split_inclusive('\n') {
        let (start, end) = (at, at + line.len());
        at = end;
        let content = line.trim_start_matches(' ');
        let width = line.len() - content.len();
        match content.as_bytes().first() {
            None | Some(b'\n' | b'\r' | b'#') => {}
            Some(_) if width > 0 => {
                let is_first = indent.is_none();
                let is_entry = *indent.get_or_insert(width) == width && has_section;
                if is_entry && !is_first && start - piece >= size && begins_entry(content) {
                    begin(start, end, start + width, false);
                    piece = start;
                }
            }
            Some(b'-') if !has_section && line.trim_end() == "---" => {}
            Some(_) if is_section(line) => {
                // What stands before the first section belongs to it.
                let from = if has_section { start } else { 0 };
                begin(from, end, start, true);
                has_section = true;
                piece = start;
                indent = None;
            }
            Some(_) => return None,
        }
    }
    has_section.then_some(pieces)
}

/// Whether a line looks like the key of a section.
fn is_section(line: &str) -> bool {
    let rest = line.trim_start_matches(|c: char| c.is_ascii_lowercase() || c == '_');
    let rest = rest.strip_prefix(':').filter(|_| rest.len() < line.len());
    rest.is_some_and(|rest| rest.starts_with([' ', '\n', '\r']))
}

/// Whether a line looks like the first one of an entry, and can be parsed by itself.
fn begins_entry(content: &str) -> bool {
    let first = content.as_bytes()[0];
    let is_key = first.is_ascii_alphanumeric() || matches!(first, b'_' | b'+' | b'"' | b'\'');
    is_key && content.trim_end().ends_with([':', '}'])
}

/// Joins the nodes of all pieces of a file. Nothing if a piece doesn't end where the next one begins, or a key is used
/// twice.
pub(super) fn join(source: &Source, pieces: &[Piece], nodes: Vec<Node>) -> Option<Node> {
    let mut root = nodes.first()?.span;
    let mut sections: Vec<Section> = Vec::new();
    // Where the next piece begins.
    let mut next = None;
    for (piece, node) in pieces.iter().zip(nodes) {
        let NodeKind::Map(entries) = node.kind else {
            return None;
        };
        let mut entries = entries.into_vec();
        let first = entries.first()?.span.start;
        if next.is_some_and(|next| next != first) {
            return None;
        }
        next = match piece.end {
            End::Entry(at) | End::Section(at) => Some(at),
            End::File => None,
        };
        let begins = |entry: &Entry| Some(entry.span.start) == next;
        if piece.is_head {
            if matches!(piece.end, End::Section(_)) {
                entries.pop().filter(begins)?;
            }
            let section = entries.pop().filter(|_| entries.is_empty())?;
            sections.push(Section::begin(section, piece.end)?);
        } else {
            sections.last_mut()?.extend(entries, node.span.end);
        }
        if matches!(piece.end, End::Entry(_)) {
            let entries = &mut sections.last_mut()?.entries;
            entries.pop().filter(begins)?;
        }
        root.end = node.span.end;
    }
    let sections: Vec<Entry> = sections.into_iter().map(Section::ended).collect();
    let mut mappings = sections.iter().map(|section| section.value.entries());
    let is_unique = has_unique_keys(source, &sections)
        && mappings.all(|entries| has_unique_keys(source, entries));
    is_unique.then(|| Node {
        span: root,
        kind: NodeKind::Map(sections.into()),
    })
}

/// A section whose entries are being collected.
struct Section {
    /// The section; without the entries, if it has several pieces.
    section: Entry,
    entries: Vec<Entry>,
    /// Where its last piece ends, if it has several.
    end: Option<u32>,
}

impl Section {
    fn begin(mut section: Entry, end: End) -> Option<Self> {
        let entries = match (&mut section.value.kind, end) {
            (NodeKind::Map(first), End::Entry(_)) => std::mem::take(first).into_vec(),
            (_, End::Entry(_)) => return None,
            (_, End::Section(_) | End::File) => Vec::new(),
        };
        Some(Self {
            section,
            entries,
            end: None,
        })
    }

    fn extend(&mut self, entries: Vec<Entry>, end: u32) {
        self.entries.extend(entries);
        self.end = Some(end);
    }

    fn ended(self) -> Entry {
        let Self {
            mut section,
            entries,
            end,
        } = self;
        if let Some(end) = end {
            section.value.span = Span::new(section.value.span.start, end);
            section.value.kind = NodeKind::Map(entries.into());
        }
        section
    }
}

/// Whether no key of a mapping is used twice.
pub(super) fn has_unique_keys(source: &Source, entries: &[Entry]) -> bool {
    let keys = || entries.iter().map(|entry| entry.key.of(source));
    if entries.len() < LARGE_MAPPING {
        let is_first = |(at, key)| !keys().take(at).any(|earlier| earlier == key);
        return keys().enumerate().all(is_first);
    }
    if keys().is_sorted_by(|one, next| one < next) {
        return true;
    }
    let mut sorted: Vec<&str> = keys().collect();
    sorted.sort_unstable();
    sorted.is_sorted_by(|one, next| one < next)
}
