//! The *edits* of one file: which bytes give way to which text.

use super::Pattern;
use crate::{
    diagnostic::Report,
    model::{Address, Kind, Shape, State, text::Format},
    repo::CONFIGURATION,
    source::{Source, Span},
    yaml::{self, Entry, Node, NodeKind},
};
use std::sync::Arc;

/// One replacement in a file.
pub(super) struct Edit {
    span: Span,
    text: String,
    /// Whether a number is replaced; if not, a line is added.
    pub(super) is_number: bool,
}

/// Formats of numbers inside of the organisation.
const NUMBERS: [&str; 4] = ["extension", "extension-key", "destination", "mailbox"];

/// Whether a text of a format is a number that a pattern may change. A user may have a number as the key.
pub(super) fn is_number(format: &Format, text: &str, state: &State) -> bool {
    let is_user = || state.get(&Address::new(Kind::Users, text)).is_some();
    NUMBERS.contains(&format.name) && !(format.refers_to.contains(&Kind::Users) && is_user())
}

/// The edits of a file, in order.
pub(super) fn edits(source: &Arc<Source>, state: &State, pattern: &Pattern) -> Vec<Edit> {
    let root = yaml::parse(source, &mut Report::default());
    let mut editor = Editor {
        source,
        state,
        pattern,
        edits: Vec::new(),
    };
    for entry in root.entries() {
        if let Ok(kind) = entry.key.of(source).parse::<Kind>() {
            for resource in entry.value.entries() {
                editor.resource(kind, resource);
            }
        }
    }
    if source.name() == CONFIGURATION {
        editor.configuration(&root);
    }
    let mut edits = editor.edits;
    edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
    // An alias has the text of its anchor, which is edited where it stands.
    edits.dedup_by_key(|edit| edit.span);
    edits
}

/// The text of a file with its edits.
pub(super) fn applied(source: &Source, edits: &[Edit]) -> String {
    let text = source.text();
    let mut after = String::with_capacity(text.len() + edits.len() * 2);
    let mut at = 0;
    for edit in edits {
        let (start, end) = (edit.span.start as usize, edit.span.end as usize);
        after.push_str(&text[at..start]);
        after.push_str(&edit.text);
        at = end;
    }
    after.push_str(&text[at..]);
    after
}

struct Editor<'e> {
    source: &'e Arc<Source>,
    state: &'e State,
    pattern: &'e Pattern,
    edits: Vec<Edit>,
}

impl Editor<'_> {
    fn resource(&mut self, kind: Kind, entry: &Entry) {
        if kind == Kind::Extensions {
            let key = entry.key.of(self.source).to_owned();
            if let Some(new) = self.pattern.map(&key) {
                self.replace(entry.span, &key, &new);
                self.remember(entry, &key);
            }
        }
        self.walk(kind.shape(), &entry.value);
        if kind == Kind::Users {
            self.attributes(&entry.value);
        }
        if kind == Kind::Templates {
            self.defaults(entry);
        }
    }

    /// Adds the old number of an extension, so that it is renamed, not deleted and created.
    fn remember(&mut self, entry: &Entry, old: &str) {
        let start = entry.value.span.start;
        let whole = self.source.text();
        if entry.value.get(self.source, "previously").is_some() || entry.value.entries().is_empty()
        {
            return;
        }
        let text = if whole[start as usize..].starts_with('{') {
            let rest = &whole[start as usize + 1..];
            let space = if rest.starts_with([' ', '\n', '\r']) {
                ""
            } else {
                " "
            };
            return self.edits.push(Edit {
                span: Span::new(start + 1, start + 1),
                text: format!(" previously: \"{old}\",{space}"),
                is_number: false,
            });
        } else {
            let line = whole[..start as usize].rfind('\n').map_or(0, |at| at + 1);
            let indent = &whole[line..start as usize];
            format!("previously: \"{old}\"\n{indent}")
        };
        self.edits.push(Edit {
            span: Span::new(start, start),
            text,
            is_number: false,
        });
    }

    /// Replaces each number in a node.
    fn walk(&mut self, shape: &Shape, node: &Node) {
        match (shape, &node.kind) {
            (Shape::Templated(strict), _) => self.walk(strict, node),
            (Shape::Text(Some(format)), NodeKind::Scalar(_)) => self.number(format, node),
            (Shape::List { item, .. }, NodeKind::List(list)) => {
                list.iter().for_each(|one| self.walk(item, one));
            }
            (Shape::Map { item, .. }, NodeKind::Map(entries)) => {
                entries.iter().for_each(|one| self.walk(item, &one.value));
            }
            (Shape::Record(_) | Shape::Variants { .. }, NodeKind::Map(entries)) => {
                for entry in entries {
                    let name = entry.key.of(self.source);
                    if let Some(field) = shape.field_of_any_type(name) {
                        self.walk(&field.shape, &entry.value);
                    }
                }
            }
            _ => {}
        }
    }

    fn number(&mut self, format: &Format, node: &Node) {
        let source = self.source;
        let Some(text) = node.text(source) else {
            return;
        };
        if is_number(format, text, self.state)
            && let Some(new) = self.pattern.map(text)
        {
            self.replace(node.span, text, &new);
        }
    }

    /// Replaces the numbers among the values that a user gives its template.
    fn attributes(&mut self, body: &Node) {
        let with = body.get(self.source, "with");
        let template = body.get(self.source, "template");
        let template = template.and_then(|named| named.value.text(self.source));
        let (Some(with), Some(template)) = (with, template) else {
            return;
        };
        for entry in with.value.entries() {
            if let Some(format) = self.format_of(template, entry.key.of(self.source)) {
                self.number(format, &entry.value);
            }
        }
    }

    /// Replaces the numbers among the values that a template gives its attributes.
    fn defaults(&mut self, template: &Entry) {
        let key = template.key.of(self.source);
        let attributes = template.value.get(self.source, "attributes");
        let attributes = attributes.map_or(&[][..], |one| one.value.entries());
        for attribute in attributes {
            let Some(format) = self.format_of(key, attribute.key.of(self.source)) else {
                continue;
            };
            for name in ["default", "value"] {
                if let Some(entry) = attribute.value.get(self.source, name) {
                    self.number(format, &entry.value);
                }
            }
        }
    }

    /// The format of a template's attribute: its own, or that of a field that has nothing but its value.
    fn format_of(&self, template: &str, attribute: &str) -> Option<&'static Format> {
        let template = self.state.get(&Address::new(Kind::Templates, template))?;
        let own = template.fields.at(["attributes", attribute, "format"]);
        if let Some(format) = own.and_then(|own| Format::named(own.as_text()?)) {
            return Some(format);
        }
        let placeholder = format!("${{{attribute}}}");
        let mut found = None;
        let user = template.fields.get("user")?.as_map()?;
        let shape = Kind::Users.shape();
        shape.texts(user, &mut |format, text| {
            if *text == *placeholder && NUMBERS.contains(&format.name) {
                found = Some(format);
            }
        });
        found
    }

    /// Replaces the numbers of the policy and the waivers.
    fn configuration(&mut self, root: &Node) {
        let extensions = root.find(self.source, "policy.extensions");
        for group in extensions.map_or(&[][..], Node::entries) {
            for range in group.value.entries() {
                let node = &range.value;
                let text = node.text(self.source).unwrap_or_default().to_owned();
                if let Some(new) = self.pattern.map_range(&text) {
                    self.replace(node.span, &text, &new);
                }
            }
        }
        let waivers = root.get(self.source, "allow");
        for waiver in waivers.map_or(&[][..], |allow| allow.value.elements()) {
            let Some(address) = waiver.get(self.source, "address") else {
                continue;
            };
            let text = address
                .value
                .text(self.source)
                .unwrap_or_default()
                .to_owned();
            let number = text.strip_prefix("extensions/");
            if let Some(new) = number.and_then(|number| self.pattern.map(number)) {
                self.replace(address.value.span, &text, &format!("extensions/{new}"));
            }
        }
    }

    /// Replaces a text within its quotes.
    fn replace(&mut self, span: Span, old: &str, new: &str) {
        let raw = self.source.slice(span);
        let mut found = raw.match_indices(old);
        if let (Some((at, _)), None) = (found.next(), found.next()) {
            let start = span.start + u32::try_from(at).unwrap_or_default();
            let end = start + u32::try_from(old.len()).unwrap_or_default();
            self.edits.push(Edit {
                span: Span::new(start, end),
                text: new.to_owned(),
                is_number: true,
            });
        }
    }
}
