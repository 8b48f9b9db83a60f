//! *Template expansion* merges a user's declaration with the fields of its template and replaces the
//! placeholders `${…}`.
//!
//! The result is an ordinary node, so schema validation and rules don't deal with templates. Fields of the
//! user keep their place; fields of the template have the place of the user's `template:`, or of the
//! `with` entry that provides the value.

use crate::{
    diagnostic::{Diagnostic, Report, Rule, did_you_mean},
    model::text::Format,
    source::{Place, Source, Span},
    yaml::{Entry, Node, NodeKind, Scalar, Text},
};
use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
    sync::Arc,
};

/// The maximum size of a text with placeholders replaced, in bytes. No field holds more than 4,000
/// characters, of at most 4 bytes each.
pub const MAX_TEXT: usize = 16 << 10;

/// The maximum number of attributes that are calculated from each other in a row.
const MAX_DEPTH: usize = 64;

/// The maximum size of all texts that the templates of a workspace expand to, in bytes.
const MAX_TOTAL: u64 = 256 << 20;

/// The approximate size of an expanded value, besides its text, in bytes.
const VALUE_SIZE: u64 = 128;

/// A declared template.
#[derive(Debug)]
pub struct Declared {
    /// The file.
    pub source: Arc<Source>,
    /// The span of the key.
    pub key: Span,
    /// The declaration under the key.
    pub body: Node,
    /// Whether the declaration is free of errors. If not, its users aren't checked.
    pub is_valid: bool,
}

/// One attribute of a template.
struct Attribute<'t> {
    span: Span,
    is_required: bool,
    text: Option<&'t str>,
    format: Option<&'static Format>,
}

impl Declared {
    fn attributes(&self) -> impl Iterator<Item = (&str, Attribute<'_>)> {
        let attributes = self.body.get(&self.source, "attributes");
        attributes
            .into_iter()
            .flat_map(|entry| entry.value.entries())
            .map(|entry| {
                let get = |name| entry.value.get(&self.source, name);
                let text = |name| get(name).and_then(|entry| entry.value.text(&self.source));
                let attribute = Attribute {
                    span: entry.span,
                    is_required: get("prompt").is_some(),
                    text: text("default").or_else(|| text("value")),
                    format: text("format").and_then(Format::named),
                };
                (entry.key.of(&self.source), attribute)
            })
    }

    fn is_calculated(&self, name: &str) -> bool {
        let attribute = self
            .body
            .get(&self.source, "attributes")
            .and_then(|entry| entry.value.get(&self.source, name));
        attribute.is_some_and(|entry| entry.value.get(&self.source, "value").is_some())
    }

    /// Checks a template on its own: unknown placeholders, and attributes that are calculated from each
    /// other in a cycle.
    pub fn check(&self, report: &mut Report) {
        let names: Vec<&str> = self.attributes().map(|(name, _)| name).collect();
        let mut check = |node: &Node| {
            let Some(text) = node.text(&self.source) else {
                return;
            };
            for name in placeholders(text) {
                let user = name
                    .strip_prefix("user.")
                    .is_some_and(|field| !field.is_empty());
                if user || names.contains(&name) {
                    continue;
                }
                let place = Place::new(&self.source, node.span);
                let message =
                    format!("`${{{name}}}` is neither an attribute nor a field of the user");
                let near = did_you_mean(name, names.iter().copied());
                let help = match near {
                    Some(near) => format!("did you mean `${{{near}}}`?"),
                    None => format!(
                        "declare the attribute `{name}`, or name a field as `${{user.extension}}`"
                    ),
                };
                report.add(Diagnostic::new(Rule::UnknownPlaceholder, place, message).help(help));
            }
        };
        for part in ["attributes", "user"] {
            if let Some(entry) = self.body.get(&self.source, part) {
                visit_scalars(&entry.value, &mut check);
            }
        }
        let dependencies: BTreeMap<&str, Vec<&str>> = self
            .attributes()
            .map(|(name, attribute)| (name, attribute.text.map_or(Vec::new(), placeholders)))
            .collect();
        let candidates = without_ends(&dependencies);
        for (name, attribute) in self.attributes() {
            if candidates.contains(name) && reaches(&dependencies, name) {
                let place = Place::new(&self.source, attribute.span);
                let message = format!("the attribute `{name}` depends on itself");
                report.add(Diagnostic::new(Rule::AttributeCycle, place, message));
            }
        }
    }
}

/// The attributes that may be part of a cycle: all but those whose dependencies end.
fn without_ends<'t>(dependencies: &BTreeMap<&'t str, Vec<&'t str>>) -> BTreeSet<&'t str> {
    let mut dependents: BTreeMap<&str, Vec<&'t str>> = BTreeMap::new();
    let mut open: BTreeMap<&'t str, usize> = BTreeMap::new();
    for (name, needs) in dependencies {
        let known = needs.iter().filter(|one| dependencies.contains_key(*one));
        open.insert(name, known.clone().count());
        known.for_each(|one| dependents.entry(one).or_default().push(name));
    }
    let mut ended: Vec<&str> = open
        .iter()
        .filter(|(_, open)| **open == 0)
        .map(|(name, _)| *name)
        .collect();
    while let Some(name) = ended.pop() {
        for dependent in dependents.remove(name).unwrap_or_default() {
            if let Some(open) = open.get_mut(dependent) {
                *open -= 1;
                if *open == 0 {
                    ended.push(dependent);
                }
            }
        }
    }
    let rest = open.into_iter().filter(|(_, open)| *open > 0);
    rest.map(|(name, _)| name).collect()
}

/// Whether an attribute depends on itself, directly or indirectly.
fn reaches(dependencies: &BTreeMap<&str, Vec<&str>>, from: &str) -> bool {
    let mut seen = BTreeSet::new();
    let mut next = vec![from];
    while let Some(name) = next.pop() {
        for needed in dependencies.get(name).into_iter().flatten() {
            if *needed == from {
                return true;
            }
            if seen.insert(*needed) {
                next.push(needed);
            }
        }
    }
    false
}

/// Calls `visit` for each scalar of a node.
fn visit_scalars(node: &Node, visit: &mut dyn FnMut(&Node)) {
    match &node.kind {
        NodeKind::Scalar(_) => visit(node),
        NodeKind::List(list) => list.iter().for_each(|one| visit_scalars(one, visit)),
        NodeKind::Map(entries) => entries
            .iter()
            .for_each(|entry| visit_scalars(&entry.value, visit)),
    }
}

/// The names in `${…}`; `$${` escapes a placeholder.
#[must_use]
pub fn placeholders(text: &str) -> Vec<&str> {
    pieces(text)
        .filter_map(|piece| {
            if let Piece::Name(name) = piece {
                Some(name)
            } else {
                None
            }
        })
        .collect()
}

/// A piece of a text with placeholders.
enum Piece<'t> {
    Text(&'t str),
    Name(&'t str),
}

fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    // Behind the last brace nothing is a placeholder.
    let last = text.rfind('}').map_or(0, |at| text.len() - at);
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        if let Some(escaped) = rest.strip_prefix("$${") {
            let brace = rest.len() - escaped.len() - 2;
            let piece = &rest[brace..brace + 2];
            rest = escaped;
            return Some(Piece::Text(piece));
        }
        if let Some(inside) = rest.strip_prefix("${")
            && inside.len() >= last
            && let Some(end) = inside.find('}')
        {
            rest = &inside[end + 1..];
            return Some(Piece::Name(inside[..end].trim()));
        }
        let first = rest.chars().next().map_or(0, char::len_utf8);
        let next = rest[first..].find('$').map_or(rest.len(), |at| at + first);
        let piece;
        (piece, rest) = rest.split_at(next);
        Some(Piece::Text(piece))
    })
}

/// The size of all that templates have expanded to so far, in bytes.
#[derive(Debug, Default)]
pub struct Expanded(Cell<u64>);

impl Expanded {
    fn add(&self, text: &str) {
        let size = VALUE_SIZE + text.len() as u64;
        self.0.set(self.0.get().saturating_add(size));
    }

    fn is_too_large(&self) -> bool {
        self.0.get() > MAX_TOTAL
    }
}

/// Merges a user, declared as `key` in `source`, with its `template`. Errors in the user's attributes are
/// added to `report`.
pub fn expand(
    source: &Arc<Source>,
    key: &Entry,
    template: &Declared,
    expanded: &Expanded,
    report: &mut Report,
) -> Node {
    let body = &key.value;
    let template_span = body
        .get(source, "template")
        .map_or(key.span, |entry| entry.value.span);
    let mut expansion = Expansion {
        source,
        key: key.key.of(source),
        body,
        template,
        given: BTreeMap::new(),
        template_span,
        resolving: RefCell::default(),
        resolved: RefCell::default(),
        is_too_long: Cell::new(false),
        expanded,
    };
    expansion.check_attributes(report);
    let Some(fields) = template.body.get(&template.source, "user") else {
        return body.clone();
    };
    if expanded.is_too_large() {
        return body.clone();
    }
    let merged = expansion.merged_with(&fields.value, Some(body));
    let too_much = if expansion.is_too_long.get() {
        format!("a text of more than {} KiB", MAX_TEXT >> 10)
    } else if expanded.is_too_large() {
        format!("more than {} MiB", MAX_TOTAL >> 20)
    } else {
        return merged;
    };
    let name = template.source.slice(template.key);
    let message = format!("the template `{name}` expands to {too_much}");
    let declared = Place::new(&template.source, template.key);
    let place = Place::new(source, template_span);
    let diagnostic = Diagnostic::new(Rule::ExpansionLimit, place, message);
    report.add(
        diagnostic
            .related(declared, "declared here")
            .help(Rule::ExpansionLimit.help()),
    );
    merged
}

struct Expansion<'a> {
    source: &'a Arc<Source>,
    key: &'a str,
    body: &'a Node,
    template: &'a Declared,
    given: BTreeMap<&'a str, &'a Node>,
    template_span: Span,
    /// The attributes being resolved, to stop at cycles.
    resolving: RefCell<Vec<String>>,
    /// The attributes that are resolved.
    resolved: RefCell<BTreeMap<String, Option<Rc<str>>>>,
    /// Whether a text was longer than [`MAX_TEXT`].
    is_too_long: Cell<bool>,
    expanded: &'a Expanded,
}

impl<'a> Expansion<'a> {
    /// Checks the user's `with` against the attributes of the template.
    fn check_attributes(&mut self, report: &mut Report) {
        let with = self.body.get(self.source, "with");
        let entries = with.map_or(&[][..], |entry| entry.value.entries());
        let attributes: Vec<(&str, Attribute<'_>)> = self.template.attributes().collect();
        let title = self
            .body
            .get(self.source, "template")
            .and_then(|entry| entry.value.text(self.source));
        let title = title.unwrap_or_default();
        for entry in entries {
            let name = entry.key.of(self.source);
            let place = Place::new(self.source, entry.span);
            let known = attributes.iter().find(|(known, _)| *known == name);
            let Some((_, attribute)) = known.filter(|_| !self.template.is_calculated(name)) else {
                let names = attributes
                    .iter()
                    .map(|(name, _)| *name)
                    .filter(|name| !self.template.is_calculated(name));
                let message = if known.is_some() {
                    format!("`{name}` is calculated by the template `{title}` and can't be set")
                } else {
                    format!("the template `{title}` has no attribute `{name}`")
                };
                let diagnostic = Diagnostic::new(Rule::UnknownAttribute, place, message);
                report.add(match did_you_mean(name, names) {
                    Some(near) if near != name => {
                        diagnostic.help(format!("did you mean `{near}`?"))
                    }
                    _ => diagnostic,
                });
                continue;
            };
            if let (Some(format), Some(text)) = (attribute.format, entry.value.text(self.source))
                && !format.accepts(text)
            {
                let place = Place::new(self.source, entry.value.span);
                let message = format!("`{name}`: `{text}` is not {}", format.what);
                let declared = Place::new(&self.template.source, attribute.span);
                let diagnostic = Diagnostic::new(Rule::InvalidValue, place, message);
                report.add(
                    diagnostic
                        .related(declared, "declared here")
                        .help(format.help_for(text)),
                );
            }
            self.given.insert(name, &entry.value);
        }
        for (name, attribute) in &attributes {
            if attribute.is_required
                && !entries
                    .iter()
                    .any(|entry| entry.key.of(self.source) == *name)
            {
                let place = Place::new(
                    self.source,
                    with.map_or(self.template_span, |entry| entry.span),
                );
                let message = format!(
                    "the template `{title}` requires `{name}`, but the user doesn't set it"
                );
                let declared = Place::new(&self.template.source, attribute.span);
                let diagnostic = Diagnostic::new(Rule::MissingAttribute, place, message);
                report.add(
                    diagnostic
                        .related(declared, "declared here")
                        .help(format!("add `with: {{ {name}: … }}`")),
                );
            }
        }
    }

    /// Merges a node of the template with the user's: mappings merge, other values of the user win.
    fn merged_with(&self, template: &Node, own: Option<&Node>) -> Node {
        let Some(own) = own else {
            return self.expanded(template);
        };
        let (NodeKind::Map(from), NodeKind::Map(over)) = (&template.kind, &own.kind) else {
            return own.clone();
        };
        let name_of = |entry: &Entry| entry.key.of(&self.template.source).to_owned();
        let mut merged: Vec<Entry> = over
            .iter()
            .map(|entry| {
                let base = template.get(&self.template.source, entry.key.of(self.source));
                let value = match base {
                    Some(base) => self.merged_with(&base.value, Some(&entry.value)),
                    None => entry.value.clone(),
                };
                Entry {
                    span: entry.span,
                    key: entry.key.clone(),
                    value,
                }
            })
            .collect();
        for entry in from
            .iter()
            .filter(|entry| own.get(self.source, &name_of(entry)).is_none())
        {
            let key = Text::owned(name_of(entry));
            let value = self.expanded(&entry.value);
            merged.push(Entry {
                span: value.span,
                key,
                value,
            });
        }
        Node {
            span: own.span,
            kind: NodeKind::Map(merged.into()),
        }
    }

    /// A node of the template with its placeholders replaced, placed in the user's file.
    fn expanded(&self, node: &Node) -> Node {
        let source = &self.template.source;
        let kind = match &node.kind {
            NodeKind::List(list) => {
                NodeKind::List(list.iter().map(|one| self.expanded(one)).collect())
            }
            NodeKind::Map(entries) => {
                let expanded = entries.iter().map(|entry| {
                    let value = self.expanded(&entry.value);
                    let key = Text::owned(entry.key.of(source));
                    Entry {
                        span: value.span,
                        key,
                        value,
                    }
                });
                NodeKind::Map(expanded.collect())
            }
            NodeKind::Scalar(scalar) => {
                let text = scalar.text.of(source);
                let (is_plain, span, text) = if text.contains("${") {
                    // A placeholder alone keeps the type of its value, such as a number.
                    let is_alone = matches!(
                        (pieces(text).next(), pieces(text).nth(1)),
                        (Some(Piece::Name(_)), None)
                    );
                    let given = placeholders(text)
                        .first()
                        .and_then(|name| self.given.get(name));
                    let span = given
                        .filter(|_| is_alone)
                        .map_or(self.template_span, |node| node.span);
                    (is_alone, span, self.interpolate(text))
                } else {
                    (scalar.is_plain, self.template_span, text.to_owned())
                };
                self.expanded.add(&text);
                let text = if self.expanded.is_too_large() {
                    String::new()
                } else {
                    text
                };
                let scalar = Scalar {
                    is_plain,
                    text: Text::owned(text),
                };
                return Node {
                    span,
                    kind: NodeKind::Scalar(scalar),
                };
            }
        };
        Node {
            span: self.template_span,
            kind,
        }
    }

    /// A text with its placeholders replaced. Unknown placeholders become empty; `check` reports them.
    fn interpolate(&self, text: &str) -> String {
        let mut whole = String::new();
        for piece in pieces(text) {
            match piece {
                Piece::Text(text) => whole.push_str(text),
                Piece::Name(name) => whole.push_str(&self.value_of(name).unwrap_or_default()),
            }
            if whole.len() > MAX_TEXT {
                self.is_too_long.set(true);
                return String::new();
            }
        }
        whole
    }

    fn value_of(&self, name: &str) -> Option<Rc<str>> {
        if let Some(field) = name.strip_prefix("user.") {
            if field == "key"
                || (field == "username" && self.body.get(self.source, field).is_none())
            {
                return Some(self.key.into());
            }
            let mut node = self.body;
            for step in field.split('.') {
                node = &node.get(self.source, step)?.value;
            }
            return node.filled(self.source).map(Into::into);
        }
        if let Some(node) = self.given.get(name) {
            return node.filled(self.source).map(Into::into);
        }
        if let Some(known) = self.resolved.borrow().get(name) {
            return known.clone();
        }
        let depth = self.resolving.borrow().len();
        if depth > MAX_DEPTH {
            self.is_too_long.set(true);
            return None;
        }
        if self.resolving.borrow().iter().any(|one| one == name) {
            return None;
        }
        let (_, attribute) = self
            .template
            .attributes()
            .find(|(known, _)| *known == name)?;
        self.resolving.borrow_mut().push(name.to_owned());
        let value = attribute.text.map(|text| self.interpolate(text));
        let value: Option<Rc<str>> = value.map(Into::into);
        self.resolving.borrow_mut().pop();
        let mut resolved = self.resolved.borrow_mut();
        resolved.insert(name.to_owned(), value.clone());
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_dollar_signs_escape_a_placeholder() {
        let names = placeholders("a ${did} $${no} $5 ${user.extension} ${open");
        assert_eq!(names, ["did", "user.extension"]);
    }
}
