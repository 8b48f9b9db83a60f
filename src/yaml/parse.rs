//! Text to nodes, over the events of `granit-parser`, which only this file names.
//!
//! Hostile input costs no more than its size: depth and alias expansion are bounded, keys are checked
//! for duplicates in time that doesn't grow with their square. What can be read past is collected;
//! only broken syntax ends a file.

use super::{Entry, Node, NodeKind, Plain, Scalar, Text, resolve};
use crate::{
    diagnostic::{Diagnostic, Report, Rule},
    source::{Place, Source, Span},
};
use granit_parser::{Event, Options, Parser, ScalarStyle, StrInput};
use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

/// How many values aliases may expand to in one file.
pub const MAX_ALIASED: usize = 100_000;

/// How deep values may be nested.
pub const MAX_DEPTH: usize = 64;

/// From this many keys on, a mapping's keys are found by a search tree.
const LARGE_MAPPING: usize = 16;

/// Reads one file. Everything wrong with it goes into `report`; what remains readable is returned, an
/// empty mapping if nothing is.
pub fn parse(source: &Arc<Source>, report: &mut Report) -> Node {
    let mut options = Options::default();
    options.emit_unresolved_aliases = true;
    let events = Parser::new_from_str_with_options(source.text(), options);
    let mut builder = Builder {
        events,
        source,
        anchors: BTreeMap::new(),
        aliased: 0,
        report,
    };
    match builder.document() {
        Ok(node) => node,
        Err(diagnostic) => {
            report.add(*diagnostic);
            empty()
        }
    }
}

/// An empty mapping.
fn empty() -> Node {
    Node {
        span: Span::default(),
        kind: NodeKind::Map(Box::new([])),
    }
}

/// What ends a file: broken syntax, or a limit.
type Fatal = Box<Diagnostic>;

struct Builder<'s, 'r> {
    events: Parser<'s, StrInput<'s>>,
    source: &'s Arc<Source>,
    anchors: BTreeMap<usize, Node>,
    aliased: usize,
    report: &'r mut Report,
}

impl<'s> Builder<'s, '_> {
    fn document(&mut self) -> Result<Node, Fatal> {
        let mut root = None;
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => return Ok(root.unwrap_or_else(empty)),
                (Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd, _) => {}
                (event, at) if root.is_none() => root = Some(self.node(event, at, 0)?),
                (_, at) => {
                    let message = "the file holds a second document";
                    return Err(self.fatal(Rule::SeveralDocuments, at, message));
                }
            }
        }
    }

    fn next(&mut self) -> Result<(Event<'s>, Span), Fatal> {
        match self.events.next_event() {
            Some(Ok((event, span))) => {
                let end = self.source.text().len();
                let byte = |marker: granit_parser::Marker| {
                    u32::try_from(marker.byte_offset().unwrap_or(end)).unwrap_or(u32::MAX)
                };
                Ok((event, Span::new(byte(span.start), byte(span.end))))
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
                // A value that isn't there comes as a null that stands on no byte.
                if plain && at.start == at.end {
                    self.refuse_swallowed_text(at);
                    if anchor != 0 {
                        let message = "`&` unquoted makes an anchor, and nothing is declared here";
                        let help = "to mean the text, quote it";
                        self.report
                            .add(self.at(Rule::UnquotedSign, at, message).help(help));
                    }
                }
                let scalar = Scalar {
                    plain,
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
                    plain: false,
                    text: Text::owned(format!("*{name}")),
                };
                return Ok(Node {
                    span: at,
                    kind: NodeKind::Scalar(scalar),
                });
            }
            _ => return Err(self.fatal(Rule::YamlSyntax, at, "a value was expected here")),
        };
        if let Some(tag) = tag {
            let tag = tag.to_string().replace("tag:yaml.org,2002:", "!!");
            let tag = self.source.said(at.start, &tag);
            let message = format!("`{tag}` is a tag, and values carry none");
            let help = "remove the tag; to mean a text that starts with `!`, quote it";
            self.report.add(self.at(Rule::Tag, at, message).help(help));
        }
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn entries(&mut self, depth: usize) -> Result<(Vec<Entry>, Span), Fatal> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut index: BTreeMap<Box<str>, Span> = BTreeMap::new();
        loop {
            let (key, span) = match self.next()? {
                (Event::MappingEnd, end) => return Ok((entries, end)),
                (Event::Scalar(name, style, ..), span) => {
                    let nothing = style == ScalarStyle::Plain && resolve(&name) == Plain::Null;
                    if nothing {
                        let message = "a key must be a word or a number, and this is nothing";
                        self.report.add(self.at(Rule::OddKey, span, message));
                    }
                    ((!nothing).then_some(name), span)
                }
                (Event::UnresolvedAlias(name), span) => {
                    self.unresolved(&name, span)?;
                    (None, span)
                }
                (event, span) => {
                    let odd = self.node(event, span, depth + 1)?;
                    let message = "a key must be a word or a number";
                    self.report.add(self.at(Rule::OddKey, odd.span, message));
                    (None, span)
                }
            };
            let (event, at) = self.next()?;
            let value = self.node(event, at, depth + 1)?;
            let Some(key) = key else { continue };
            let first = if entries.len() < LARGE_MAPPING {
                let same = |entry: &&Entry| entry.key.of(self.source) == &*key;
                entries.iter().find(same).map(|entry| entry.span)
            } else {
                if index.is_empty() {
                    let known = entries.iter();
                    index = known
                        .map(|one| (one.key.of(self.source).into(), one.span))
                        .collect();
                }
                index.get(&*key).copied()
            };
            if let Some(first) = first {
                let message = format!("`{key}` is declared twice");
                let place = Place::new(self.source, first);
                let twice = self.at(Rule::DuplicateKey, span, message);
                self.report.add(twice.related(place, "first declared here"));
                continue;
            }
            if !index.is_empty() {
                index.insert((&*key).into(), span);
            }
            entries.push(Entry {
                span,
                key: self.text(key),
                value,
            });
        }
    }

    /// Reports an alias that no anchor stands before: nearly always a feature code, or a key of a
    /// telephone, that wants quotes.
    fn unresolved(&mut self, name: &str, at: Span) -> Result<(), Fatal> {
        // A colon may be part of an alias's name, so that `*: x` holds no key at all.
        let whole = name.trim_end_matches(':');
        let word = self.source.said(at.start, whole);
        let message =
            format!("`*{word}` unquoted is an alias, and no anchor `&{word}` stands before it");
        let help = format!("to mean the text, quote it: \"*{word}\"");
        let diagnostic = self.at(Rule::UnquotedSign, at, message).help(help);
        if whole.len() < name.len() {
            return Err(Box::new(diagnostic));
        }
        self.report.add(diagnostic);
        Ok(())
    }

    /// Puts in what an anchor stands for.
    fn alias(&mut self, id: usize, at: Span) -> Result<Node, Fatal> {
        let Some(target) = self.anchors.get(&id) else {
            return Err(self.fatal(Rule::YamlSyntax, at, "an alias stands inside what it names"));
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

    /// Remembers where a text stands, if it stands in the source as it is.
    fn text(&self, text: Cow<'s, str>) -> Text {
        let base = self.source.text().as_ptr() as usize;
        if let Cow::Borrowed(text) = text {
            let start = (text.as_ptr() as usize).wrapping_sub(base);
            if start <= self.source.text().len() && !text.is_empty() {
                let start = u32::try_from(start).unwrap_or(u32::MAX);
                let end = start + u32::try_from(text.len()).unwrap_or(0);
                return Text::Spelled(Span::new(start, end));
            }
        }
        Text::owned(text)
    }

    /// A value that isn't there, before a `#` with no space behind it: `color: #1f77b4` would quietly
    /// mean "clear the colour".
    fn refuse_swallowed_text(&mut self, at: Span) {
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
        let word = self.source.said(start, word);
        let message = format!("`#{word}` unquoted is a comment, so nothing is declared here");
        let help = format!(
            "to mean the text, quote it: \"#{word}\"; to mean a comment, put a space behind the #"
        );
        self.report
            .add(self.at(Rule::UnquotedSign, span, message).help(help));
    }

    /// From the start of a collection to its end, without the white space that follows a block.
    fn trimmed(&self, start: Span, end: Span) -> Span {
        let span = Span::new(start.start, end.end.max(start.end));
        let length = self.source.slice(span).trim_end().len();
        Span::new(span.start, span.start + u32::try_from(length).unwrap_or(0))
    }

    fn syntax_error(&self, at: u32, message: &str) -> Fatal {
        let text = self.source.text();
        let sign = text.get(at as usize..).and_then(|rest| rest.chars().next());
        let width = sign.map_or(0, |sign| u32::try_from(sign.len_utf8()).unwrap_or(0));
        let span = Span::new(at, at + width);
        let line_start = text
            .get(..at as usize)
            .map_or(0, |head| head.rfind('\n').map_or(0, |n| n + 1));
        let line = text[line_start..].lines().next().unwrap_or("");
        let indent = &line[..line.len() - line.trim_start().len()];
        if indent.contains('\t') {
            return self.fatal(Rule::TabIndent, span, "the line is indented with a tab");
        }
        match sign {
            Some(sign @ ('@' | '`' | '%' | '*' | '&' | '!')) => {
                let message = format!("{sign} unquoted means something else in YAML");
                let help = format!("quote the text: \"{sign}…\"");
                Box::new(self.at(Rule::UnquotedSign, span, message).help(help))
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

/// How many values a node holds, itself included.
fn size(node: &Node) -> usize {
    1 + match &node.kind {
        NodeKind::Scalar(_) => 0,
        NodeKind::List(list) => list.iter().map(size).sum(),
        NodeKind::Map(entries) => entries.iter().map(|entry| 1 + size(&entry.value)).sum(),
    }
}
