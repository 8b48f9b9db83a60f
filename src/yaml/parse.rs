//! The YAML *parser*: builds nodes from the events of `granit-parser`. No other file uses that crate.
//!
//! The cost is linear in the size of the input, even for hostile files: depth and alias expansion are
//! limited, and duplicate keys of large mappings are found by a search tree. Parsing continues after
//! most errors; only broken syntax and exceeded limits end it.

use super::{
    Entry, Node, NodeKind, Plain, Scalar, Text, lines,
    piece::{End, Piece},
    resolve,
};
use crate::{
    diagnostic::{Diagnostic, Report, Rule},
    source::{Place, Source, Span},
};
use granit_parser::{Event, Options, Parser, ScalarStyle, StrInput};
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    sync::Arc,
};

/// The maximum number of values that aliases may expand to in one file.
pub const MAX_ALIASED: usize = 100_000;

/// The maximum nesting depth of values.
pub const MAX_DEPTH: usize = 64;

/// The number of keys from which a mapping uses a search tree to find duplicates.
pub(super) const LARGE_MAPPING: usize = 16;

/// Parses one file. Errors are added to `report`. Returns everything that could be parsed, or an empty
/// mapping.
pub fn parse(source: &Arc<Source>, report: &mut Report) -> Node {
    let end = source.text().len();
    match lines::read(source, 0..end, false) {
        Some((node, read)) if read == end => node,
        _ => parse_any(source, report),
    }
}

/// Parses one file, whatever it contains.
pub(super) fn parse_any(source: &Arc<Source>, report: &mut Report) -> Node {
    if let Some(span) = conflict_marker(source.text()) {
        let message = "the file has a merge conflict that is not resolved";
        let place = Place::new(source, span);
        report.add(
            Diagnostic::new(Rule::MergeConflict, place, message).help(Rule::MergeConflict.help()),
        );
        return empty();
    }
    let mut builder = Builder::new(source, 0..source.text().len(), report);
    let parsed = builder.document(0);
    builder.report_merge_keys();
    match parsed {
        Ok(node) => node,
        Err(diagnostic) => {
            report.add(*diagnostic);
            empty()
        }
    }
}

/// Parses one [piece](Piece) of a file: the node at its root. Nothing where anything is out of the ordinary, such as an
/// error, an anchor or a merge key, or where the piece doesn't end as it was expected to: then only the whole
/// file tells what it means.
pub(super) fn parse_piece(source: &Arc<Source>, piece: &Piece) -> Option<Node> {
    let is_cut = !matches!(piece.end, End::File);
    let end = match piece.end {
        End::Section(at) if !piece.is_head => at as usize,
        End::Section(_) | End::Entry(_) | End::File => piece.bytes.end,
    };
    match lines::read(source, piece.bytes.clone(), is_cut) {
        Some((node, read)) if read == end => Some(node),
        _ => parse_any_piece(source, piece),
    }
}

/// Parses one piece, whatever it contains.
fn parse_any_piece(source: &Arc<Source>, piece: &Piece) -> Option<Node> {
    let mut report = Report::default();
    let mut builder = Builder::new(source, piece.bytes.clone(), &mut report);
    builder.is_piece = true;
    let depth = usize::from(!piece.is_head);
    let node = match piece.end {
        // What follows belongs to another mapping, so it isn't read.
        End::Section(at) if !piece.is_head => {
            let node = builder.first_node(depth).ok()?;
            (builder.last.start == at).then_some(node)?
        }
        End::Section(_) | End::Entry(_) | End::File => builder.document(depth).ok()?,
    };
    let is_ordinary = builder.anchors.is_empty() && builder.merge_keys.is_empty();
    (is_ordinary && report.is_empty()).then_some(node)
}

/// The first line of a merge conflict.
fn conflict_marker(text: &str) -> Option<Span> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let is_marker = ["<<<<<<<", ">>>>>>>"].iter().any(|marker| {
            let rest = line.strip_prefix(marker);
            rest.is_some_and(|rest| rest.trim().is_empty() || rest.starts_with(' '))
        });
        if is_marker {
            let start = u32::try_from(at).ok()?;
            let length = u32::try_from(line.trim_end().len()).ok()?;
            return Some(Span::new(start, start + length));
        }
        at += line.len();
    }
    None
}

/// Whether a value is absent, rather than written as `null`.
fn is_absent(event: &Event<'_>, at: Span) -> bool {
    matches!(event, Event::Scalar(_, ScalarStyle::Plain, 0, None) if at.start == at.end)
}

/// An empty mapping.
fn empty() -> Node {
    Node {
        span: Span::default(),
        kind: NodeKind::Map(Box::new([])),
    }
}

/// A diagnostic that ends parsing: broken syntax or an exceeded limit.
type Fatal = Box<Diagnostic>;

struct Builder<'s, 'r> {
    events: Parser<'s, StrInput<'s>>,
    source: &'s Arc<Source>,
    anchors: BTreeMap<usize, Node>,
    aliased: usize,
    /// The span of each merge key.
    merge_keys: Vec<Span>,
    report: &'r mut Report,
    /// The byte at which the parsed text begins.
    start: usize,
    /// Whether only a piece of the text is parsed, so an error may be none of the file.
    is_piece: bool,
    /// The span of the last event.
    last: Span,
}

impl<'s, 'r> Builder<'s, 'r> {
    /// Parses these bytes of a source.
    fn new(source: &'s Arc<Source>, bytes: Range<usize>, report: &'r mut Report) -> Self {
        let mut options = Options::default();
        options.emit_unresolved_aliases = true;
        Self {
            start: bytes.start,
            events: Parser::new_from_str_with_options(&source.text()[bytes], options),
            source,
            anchors: BTreeMap::new(),
            aliased: 0,
            merge_keys: Vec::new(),
            report,
            is_piece: false,
            last: Span::default(),
        }
    }

    /// The first value, and nothing behind it.
    fn first_node(&mut self, depth: usize) -> Result<Node, Fatal> {
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => return Ok(empty()),
                (Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd, _) => {}
                (event, at) => return self.node(event, at, depth),
            }
        }
    }

    fn document(&mut self, depth: usize) -> Result<Node, Fatal> {
        let mut root = None;
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => return Ok(root.unwrap_or_else(empty)),
                (Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd, _) => {}
                // A document marker at either end of a file adds an empty document.
                (event, at) if is_absent(&event, at) => {}
                (event, at) if root.is_none() => root = Some(self.node(event, at, depth)?),
                (_, at) => {
                    let message = "the file contains a second document";
                    return Err(self.fatal(Rule::MultipleDocuments, at, message));
                }
            }
        }
    }

    fn next(&mut self) -> Result<(Event<'s>, Span), Fatal> {
        match self.events.next_event() {
            Some(Ok((event, span))) => {
                let (start, end) = (self.start, self.source.text().len());
                let byte = |marker: granit_parser::Marker| {
                    let at = marker.byte_offset().map_or(end, |at| start + at);
                    u32::try_from(at).unwrap_or(u32::MAX)
                };
                self.last = Span::new(byte(span.start), byte(span.end));
                Ok((event, self.last))
            }
            Some(Err(_)) if self.is_piece => {
                Err(self.fatal(Rule::YamlSyntax, self.last, "the piece is not one"))
            }
            Some(Err(error)) => {
                let at = error
                    .marker()
                    .byte_offset()
                    .unwrap_or(self.source.text().len());
                Err(self.syntax_error(u32::try_from(at).unwrap_or(u32::MAX), &error.info()))
            }
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn node(&mut self, event: Event<'s>, at: Span, depth: usize) -> Result<Node, Fatal> {
        if depth > MAX_DEPTH {
            let message = format!("values are nested deeper than {MAX_DEPTH} levels");
            return Err(self.fatal(Rule::DepthLimit, at, message));
        }
        let (anchor, tag, node) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain;
                // A missing value is reported as a null with an empty span.
                if plain && at.start == at.end {
                    self.reject_swallowed_text(at);
                    if anchor != 0 {
                        let message = "unquoted `&` starts an anchor, so the value is empty";
                        let help = "quote the value if it is text";
                        self.report
                            .add(self.at(Rule::MissingQuotes, at, message).help(help));
                    }
                }
                let scalar = Scalar {
                    is_plain: plain,
                    text: self.text(text),
                };
                (
                    anchor,
                    tag,
                    Node {
                        span: at,
                        kind: NodeKind::Scalar(scalar),
                    },
                )
            }
            Event::SequenceStart(_, anchor, tag) => {
                let mut list = Vec::new();
                let end = loop {
                    match self.next()? {
                        (Event::SequenceEnd, end) => break end,
                        (event, at) => list.push(self.node(event, at, depth + 1)?),
                    }
                };
                let span = self.trimmed(at, end);
                (
                    anchor,
                    tag,
                    Node {
                        span,
                        kind: NodeKind::List(list.into()),
                    },
                )
            }
            Event::MappingStart(_, anchor, tag) => {
                let (entries, end) = self.entries(depth)?;
                let span = self.trimmed(at, end);
                (
                    anchor,
                    tag,
                    Node {
                        span,
                        kind: NodeKind::Map(entries.into()),
                    },
                )
            }
            Event::Alias(id) => return self.alias(id, at),
            Event::UnresolvedAlias(name) => {
                self.unresolved(&name, at)?;
                let scalar = Scalar {
                    is_plain: false,
                    text: Text::owned(format!("*{name}")),
                };
                return Ok(Node {
                    span: at,
                    kind: NodeKind::Scalar(scalar),
                });
            }
            _ => return Err(self.fatal(Rule::YamlSyntax, at, "expected a value")),
        };
        if let Some(tag) = tag {
            let tag = tag.to_string().replace("tag:yaml.org,2002:", "!!");
            let tag = self.source.redact(at.start, &tag);
            let message = format!("the tag `{tag}` isn't supported");
            let help = "remove the tag; if the text starts with `!`, quote it";
            self.report.add(self.at(Rule::Tag, at, message).help(help));
        }
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn entries(&mut self, depth: usize) -> Result<(Vec<Entry>, Span), Fatal> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut index: BTreeMap<Cow<'s, str>, Span> = BTreeMap::new();
        // Keys in ascending order need no index.
        let mut is_ascending = true;
        let mut merged: Vec<Node> = Vec::new();
        loop {
            let (key, span) = match self.next()? {
                (Event::MappingEnd, end) => {
                    self.merge(&mut entries, merged);
                    return Ok((entries, end));
                }
                (Event::Scalar(name, ScalarStyle::Plain, ..), span) if name == "<<" => {
                    self.merge_keys.push(span);
                    let (event, at) = self.next()?;
                    merged.push(self.node(event, at, depth + 1)?);
                    continue;
                }
                (Event::Scalar(name, style, ..), span) => {
                    let is_null = style == ScalarStyle::Plain && resolve(&name) == Plain::Null;
                    if is_null {
                        let message = "a key must be a string or a number, not null";
                        self.report.add(self.at(Rule::NonStringKey, span, message));
                    }
                    ((!is_null).then_some(name), span)
                }
                (Event::UnresolvedAlias(name), span) => {
                    self.unresolved(&name, span)?;
                    (None, span)
                }
                (event, span) => {
                    let key = self.node(event, span, depth + 1)?;
                    let message = "a key must be a string or a number";
                    self.report
                        .add(self.at(Rule::NonStringKey, key.span, message));
                    (None, span)
                }
            };
            let (event, at) = self.next()?;
            let value = self.node(event, at, depth + 1)?;
            let Some(key) = key else { continue };
            let last = entries.last().map(|entry| entry.key.of(self.source));
            is_ascending &= last.is_none_or(|last| last < &*key);
            let first = if is_ascending {
                None
            } else if entries.len() < LARGE_MAPPING {
                let same = |entry: &&Entry| entry.key.of(self.source) == &*key;
                entries.iter().find(same).map(|entry| entry.span)
            } else {
                if index.is_empty() {
                    let known = entries.iter();
                    index = known
                        .map(|one| (one.key.of(self.source).to_owned().into(), one.span))
                        .collect();
                }
                index.get(&*key).copied()
            };
            if let Some(first) = first {
                let message = format!("the key `{key}` appears twice");
                let place = Place::new(self.source, first);
                let twice = self.at(Rule::DuplicateKey, span, message);
                self.report.add(twice.related(place, "first used here"));
                continue;
            }
            if !index.is_empty() {
                index.insert(key.clone(), span);
            }
            entries.push(Entry {
                span,
                key: self.text(key),
                value,
            });
        }
    }

    /// Adds the entries that a merge key would add. Merge keys are an error, which is reported once; without
    /// the entries, everything that depends on them would be an error too.
    fn merge(&self, entries: &mut Vec<Entry>, merged: Vec<Node>) {
        if merged.is_empty() {
            return;
        }
        let mappings = merged.into_iter().flat_map(|node| match node.kind {
            NodeKind::List(list) => list.into_vec(),
            NodeKind::Map(_) | NodeKind::Scalar(_) => vec![node],
        });
        let mut known: BTreeSet<Box<str>> = entries
            .iter()
            .map(|one| one.key.of(self.source).into())
            .collect();
        for node in mappings {
            if let NodeKind::Map(more) = node.kind {
                let new = more.into_vec().into_iter();
                entries.extend(new.filter(|one| known.insert(one.key.of(self.source).into())));
            }
        }
    }

    /// Reports the merge keys of the file, together.
    fn report_merge_keys(&mut self) {
        let Some((first, rest)) = self.merge_keys.split_first() else {
            return;
        };
        let message = match rest.len() {
            0 => "`<<` is a merge key, which YAML 1.2 doesn't have".to_owned(),
            more => format!(
                "`<<` is a merge key, which YAML 1.2 doesn't have; the file has {more} more"
            ),
        };
        let diagnostic = self.at(Rule::MergeKey, *first, message);
        self.report.add(diagnostic.help(Rule::MergeKey.help()));
    }

    /// Reports an alias without an anchor: nearly always an unquoted feature code or phone key.
    fn unresolved(&mut self, name: &str, at: Span) -> Result<(), Fatal> {
        // A colon may be part of the alias's name, so `*: x` has no key.
        let whole = name.trim_end_matches(':');
        let word = self.source.redact(at.start, whole);
        let message =
            format!("unquoted `*{word}` is an alias, but the anchor `&{word}` doesn't exist");
        let help = format!("quote it: \"*{word}\"");
        let diagnostic = self.at(Rule::MissingQuotes, at, message).help(help);
        if whole.len() < name.len() {
            return Err(Box::new(diagnostic));
        }
        self.report.add(diagnostic);
        Ok(())
    }

    /// Replaces an alias with the value of its anchor.
    fn alias(&mut self, id: usize, at: Span) -> Result<Node, Fatal> {
        let Some(target) = self.anchors.get(&id) else {
            return Err(self.fatal(
                Rule::YamlSyntax,
                at,
                "the alias refers to a value that contains it",
            ));
        };
        self.aliased += size(target);
        if self.aliased > MAX_ALIASED {
            let message = format!("aliases expand to more than {MAX_ALIASED} values");
            return Err(self.fatal(Rule::AliasLimit, at, message));
        }
        Ok(Node {
            span: at,
            kind: target.kind.clone(),
        })
    }

    /// Keeps the span of a text that appears verbatim in the source, and the text itself otherwise.
    fn text(&self, text: Cow<'s, str>) -> Text {
        let base = self.source.text().as_ptr() as usize;
        if let Cow::Borrowed(text) = text {
            let start = (text.as_ptr() as usize).wrapping_sub(base);
            if start <= self.source.text().len() && !text.is_empty() {
                let start = u32::try_from(start).unwrap_or(u32::MAX);
                let end = start + u32::try_from(text.len()).unwrap_or(0);
                return Text::Slice(Span::new(start, end));
            }
        }
        Text::owned(text)
    }

    /// Reports an empty value followed by a comment without a space: `color: #1f77b4` would silently
    /// clear the color.
    fn reject_swallowed_text(&mut self, at: Span) {
        let rest = self.source.text().get(at.start as usize..).unwrap_or("");
        let line = rest.lines().next().unwrap_or("");
        let line = line.trim_start_matches([':', '-', ' ', '\t']);
        let Some(comment) = line.strip_prefix('#') else {
            return;
        };
        if !comment.starts_with(|c: char| c.is_alphanumeric()) {
            return;
        }
        let word = comment.split_whitespace().next().unwrap_or("");
        let start = at.start + u32::try_from(rest.find('#').unwrap_or(0)).unwrap_or(0);
        let span = Span::new(start, start + 1 + u32::try_from(word.len()).unwrap_or(0));
        let word = self.source.redact(start, word);
        let message = format!("unquoted `#{word}` is a comment, so the value is empty");
        let help = format!("quote the text: \"#{word}\"; for a comment, add a space after the #");
        self.report
            .add(self.at(Rule::MissingQuotes, span, message).help(help));
    }

    /// The span of a collection, without trailing white space.
    fn trimmed(&self, start: Span, end: Span) -> Span {
        let span = Span::new(start.start, end.end.max(start.end));
        let length = self.source.slice(span).trim_end().len();
        Span::new(span.start, span.start + u32::try_from(length).unwrap_or(0))
    }

    fn syntax_error(&self, at: u32, message: &str) -> Fatal {
        let text = self.source.text();
        let character = text.get(at as usize..).and_then(|rest| rest.chars().next());
        let width = character.map_or(0, |character| {
            u32::try_from(character.len_utf8()).unwrap_or(0)
        });
        let span = Span::new(at, at + width);
        let line_start = text
            .get(..at as usize)
            .map_or(0, |head| head.rfind('\n').map_or(0, |n| n + 1));
        let line = text[line_start..].lines().next().unwrap_or("");
        let indent = &line[..line.len() - line.trim_start().len()];
        // A word that is no part of the structure may have been pasted here by mistake.
        let word = line.trim();
        if !word.is_empty()
            && !word.contains([':', ' ', '#', ',', '{', '}', '[', ']', '"', '\'', '\t'])
            && !word.starts_with(['-', '&', '*', '!', '@', '`', '%', '?', '|', '>'])
        {
            let start = u32::try_from(line_start + indent.len()).unwrap_or(0);
            let length = u32::try_from(word.len()).unwrap_or(0);
            self.source.hide(Span::new(start, start + length));
        }
        if indent.contains('\t') {
            return self.fatal(Rule::TabIndent, span, "the line is indented with a tab");
        }
        match character {
            Some(character @ ('@' | '`' | '%' | '*' | '&' | '!')) => {
                let message = format!("unquoted `{character}` is special in YAML");
                let help = format!("quote the value: \"{character}…\"");
                Box::new(self.at(Rule::MissingQuotes, span, message).help(help))
            }
            _ => self.fatal(Rule::YamlSyntax, span, message),
        }
    }

    fn at(&self, rule: Rule, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(rule, Place::new(self.source, span), message)
    }

    fn fatal(&self, rule: Rule, span: Span, message: impl Into<String>) -> Fatal {
        Box::new(self.at(rule, span, message))
    }
}

/// The number of values in a node, including itself.
fn size(node: &Node) -> usize {
    1 + match &node.kind {
        NodeKind::Scalar(_) => 0,
        NodeKind::List(list) => list.iter().map(size).sum(),
        NodeKind::Map(entries) => entries.iter().map(|entry| 1 + size(&entry.value)).sum(),
    }
}
