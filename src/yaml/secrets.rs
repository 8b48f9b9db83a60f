//! The *secrets* of a file are the values under keys that look like names of secrets. They are found up to
//! the first syntax error.

use crate::{
    sensitive::looks_secret,
    source::{Source, Span},
};
use granit_parser::{Event, Options, Parser};
use std::collections::BTreeMap;

/// Keys whose values are not secret, even inside a mapping with a secret key.
const NO_SECRET: &[&str] = &[
    "env", "file", "command", "version", "user", "account", "hash", "kind", "url", "tenant",
    "prompt", "format",
];

/// A collection that is being read.
struct Open {
    is_mapping: bool,
    /// Whether the collection is the value of a secret key.
    is_secret: bool,
    /// Whether the next scalar is a key.
    awaits_key: bool,
    /// The span of the last key, and whether its value is secret.
    key: Span,
    holds_secret: bool,
}

/// Hides every value under a key that looks like the name of a secret.
pub fn hide_secrets(source: &Source) {
    let mut options = Options::default();
    options.emit_unresolved_aliases = true;
    let mut events = Parser::new_from_str_with_options(source.text(), options);
    let mut open: Vec<Open> = Vec::new();
    // A file has few different keys of fields.
    let mut known: BTreeMap<Box<str>, bool> = BTreeMap::new();
    let end = source.text().len();
    let byte = |marker: granit_parser::Marker| {
        u32::try_from(marker.byte_offset().unwrap_or(end)).unwrap_or(u32::MAX)
    };
    while let Some(event) = events.next_event() {
        let Ok((event, span)) = event else {
            // The value of the last key may contain the error.
            if let Some(open) = open.iter().find(|open| open.holds_secret || open.is_secret) {
                source.hide(below(source, open.key));
            }
            return;
        };
        let span = Span::new(byte(span.start), byte(span.end));
        let is_secret = open.last().is_some_and(|open| open.holds_secret);
        match event {
            Event::Scalar(text, ..) => scalar(source, &mut known, &mut open, &text, span),
            Event::Alias(_) | Event::UnresolvedAlias(_) => {
                scalar(source, &mut known, &mut open, "", span);
            }
            Event::SequenceStart(..) | Event::MappingStart(..) => {
                let is_mapping = matches!(event, Event::MappingStart(..));
                open.push(Open {
                    is_mapping,
                    is_secret,
                    awaits_key: is_mapping,
                    key: Span::new(span.start, span.start),
                    holds_secret: is_secret && !is_mapping,
                });
            }
            Event::SequenceEnd | Event::MappingEnd => {
                open.pop();
                if let Some(open) = open.last_mut() {
                    open.awaits_key = open.is_mapping && !open.awaits_key;
                }
            }
            _ => {}
        }
    }
}

fn scalar(
    source: &Source,
    known: &mut BTreeMap<Box<str>, bool>,
    open: &mut [Open],
    text: &str,
    span: Span,
) {
    let Some(open) = open.last_mut() else { return };
    if open.awaits_key {
        open.key = span;
        let is_plain = NO_SECRET.contains(&text);
        open.holds_secret = !is_plain
            && (open.is_secret
                || match known.get(text) {
                    Some(known) => *known,
                    None => {
                        let is_secret = looks_secret(text);
                        known.insert(text.into(), is_secret);
                        is_secret
                    }
                });
    } else if open.holds_secret && span.end > span.start {
        source.hide_text(span, text);
    }
    open.awaits_key = open.is_mapping && !open.awaits_key;
}

/// The span from a key to the first line that is not indented deeper.
fn below(source: &Source, key: Span) -> Span {
    let text = source.text();
    let start = (key.end as usize).min(text.len());
    let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let indent = |line: &str| line.len() - line.trim_start_matches([' ', '\t', '-']).len();
    let own = indent(&text[line..]);
    let mut end = start;
    for (at, one) in text[start..].split_inclusive('\n').enumerate() {
        if at > 0 && !one.trim().is_empty() && indent(one) <= own {
            break;
        }
        end += one.len();
    }
    Span::new(key.end, u32::try_from(end).unwrap_or(u32::MAX))
}
