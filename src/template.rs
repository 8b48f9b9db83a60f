//! *Expanding* a template: a user's declaration laid over the fields of its template, with every
//! `${…}` put in.
//!
//! The result is a node like any other, so that what follows (schema, values, rules) need not know
//! that there are templates. What the user wrote keeps its place; what came from the template stands
//! at the user's `template:`, or at the `with` entry that was put in.

use crate::{
    diagnostic::{Diagnostic, Report, Rule, did_you_mean},
    model::text::Format,
    source::{Place, Source, Span},
    yaml::{Entry, Node, NodeKind, Scalar, Text},
};
use std::{cell::RefCell, collections::BTreeMap, sync::Arc};

/// A template as a file declares it.
#[derive(Debug)]
pub struct Declared {
    /// Its file.
    pub source: Arc<Source>,
    /// Its key there.
    pub key: Span,
    /// All that is declared under the key.
    pub body: Node,
    /// Whether its own declaration is without errors; if it isn't, its users aren't blamed for it.
    pub sound: bool,
}

/// One attribute of a template.
struct Attribute<'t> {
    span: Span,
    prompt: bool,
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
                    prompt: get("prompt").is_some(),
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

    /// Checks what can be wrong with a template whoever uses it: placeholders that name nothing, and
    /// attributes that are made from each other in a circle.
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
                    format!("`${{{name}}}` names neither an attribute nor a field of the user");
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
                each_scalar(&entry.value, &mut check);
            }
        }
        let made_from: BTreeMap<&str, Vec<&str>> = self
            .attributes()
            .map(|(name, attribute)| (name, attribute.text.map_or(Vec::new(), placeholders)))
            .collect();
        for (name, attribute) in self.attributes() {
            if reaches(&made_from, name, name, &mut Vec::new()) {
                let place = Place::new(&self.source, attribute.span);
                let message = format!("the attribute `{name}` is made from itself");
                report.add(Diagnostic::new(Rule::AttributeCircle, place, message));
            }
        }
    }
}

/// Whether following `made_from` from `from` arrives at `to`.
fn reaches<'t>(
    made_from: &BTreeMap<&'t str, Vec<&'t str>>,
    from: &str,
    to: &str,
    seen: &mut Vec<&'t str>,
) -> bool {
    made_from.get(from).into_iter().flatten().any(|next| {
        if *next == to {
            return true;
        }
        if seen.contains(next) {
            return false;
        }
        seen.push(next);
        reaches(made_from, next, to, seen)
    })
}

/// Calls `see` on every scalar of a node.
fn each_scalar(node: &Node, see: &mut dyn FnMut(&Node)) {
    match &node.kind {
        NodeKind::Scalar(_) => see(node),
        NodeKind::List(list) => list.iter().for_each(|one| each_scalar(one, see)),
        NodeKind::Map(entries) => entries
            .iter()
            .for_each(|entry| each_scalar(&entry.value, see)),
    }
}

/// The names in `${…}`; `$${` is a dollar sign and a brace.
fn placeholders(text: &str) -> Vec<&str> {
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

/// Lays the user `body`, declared as `key` in `source`, over `template`. Everything wrong with the
/// user's attributes goes into `report`.
pub fn expand(source: &Arc<Source>, key: &Entry, template: &Declared, report: &mut Report) -> Node {
    let body = &key.value;
    let named = body
        .get(source, "template")
        .map_or(key.span, |entry| entry.value.span);
    let mut expansion = Expansion {
        source,
        key: key.key.of(source),
        body,
        template,
        given: BTreeMap::new(),
        named,
        made: RefCell::default(),
    };
    expansion.take_attributes(report);
    let Some(fields) = template.body.get(&template.source, "user") else {
        return body.clone();
    };
    expansion.laid_over(&fields.value, Some(body))
}

struct Expansion<'a> {
    source: &'a Arc<Source>,
    key: &'a str,
    body: &'a Node,
    template: &'a Declared,
    given: BTreeMap<&'a str, &'a Node>,
    named: Span,
    /// Attributes that are being made: what is made from itself ends here.
    made: RefCell<Vec<String>>,
}

impl<'a> Expansion<'a> {
    /// Matches the user's `with` against what the template asks for.
    fn take_attributes(&mut self, report: &mut Report) {
        let with = self.body.get(self.source, "with");
        let entries = with.map_or(&[][..], |entry| entry.value.entries());
        let asked: Vec<(&str, Attribute<'_>)> = self.template.attributes().collect();
        let title = self
            .body
            .get(self.source, "template")
            .and_then(|entry| entry.value.text(self.source));
        let title = title.unwrap_or_default();
        for entry in entries {
            let name = entry.key.of(self.source);
            let place = Place::new(self.source, entry.span);
            let known = asked.iter().find(|(known, _)| *known == name);
            let Some((_, attribute)) = known.filter(|_| !self.template.is_calculated(name)) else {
                let names = asked
                    .iter()
                    .map(|(name, _)| *name)
                    .filter(|name| !self.template.is_calculated(name));
                let message = if known.is_some() {
                    format!("the template `{title}` calculates `{name}` itself")
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
                let asked = Place::new(&self.template.source, attribute.span);
                let diagnostic = Diagnostic::new(Rule::InvalidValue, place, message);
                report.add(
                    diagnostic
                        .related(asked, "asked for here")
                        .help(format!("for example `{}`", format.example)),
                );
            }
            self.given.insert(name, &entry.value);
        }
        for (name, attribute) in &asked {
            if attribute.prompt
                && !entries
                    .iter()
                    .any(|entry| entry.key.of(self.source) == *name)
            {
                let place = Place::new(self.source, with.map_or(self.named, |entry| entry.span));
                let message = format!(
                    "the template `{title}` asks for `{name}`, and the user doesn't give it"
                );
                let asked = Place::new(&self.template.source, attribute.span);
                let diagnostic = Diagnostic::new(Rule::MissingAttribute, place, message);
                report.add(
                    diagnostic
                        .related(asked, "asked for here")
                        .help(format!("add `with: {{ {name}: … }}`")),
                );
            }
        }
    }

    /// A template's node with the user's own laid over it: mappings merge, all else is the user's.
    fn laid_over(&self, template: &Node, own: Option<&Node>) -> Node {
        let Some(own) = own else {
            return self.filled(template);
        };
        let (NodeKind::Map(from), NodeKind::Map(over)) = (&template.kind, &own.kind) else {
            return own.clone();
        };
        let name_of = |entry: &Entry| entry.key.of(&self.template.source).to_owned();
        let mut merged: Vec<Entry> = over
            .iter()
            .map(|entry| {
                let below = template.get(&self.template.source, entry.key.of(self.source));
                let value = match below {
                    Some(below) => self.laid_over(&below.value, Some(&entry.value)),
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
            let value = self.filled(&entry.value);
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

    /// A template's node with every placeholder put in, standing in the user's file.
    fn filled(&self, node: &Node) -> Node {
        let source = &self.template.source;
        let kind = match &node.kind {
            NodeKind::List(list) => {
                NodeKind::List(list.iter().map(|one| self.filled(one)).collect())
            }
            NodeKind::Map(entries) => {
                let filled = entries.iter().map(|entry| {
                    let value = self.filled(&entry.value);
                    let key = Text::owned(entry.key.of(source));
                    Entry {
                        span: value.span,
                        key,
                        value,
                    }
                });
                NodeKind::Map(filled.collect())
            }
            NodeKind::Scalar(scalar) => {
                let text = scalar.text.of(source);
                let (plain, span, text) = if text.contains("${") {
                    // A placeholder alone becomes what it stands for, a number for example.
                    let whole = matches!(
                        (pieces(text).next(), pieces(text).nth(1)),
                        (Some(Piece::Name(_)), None)
                    );
                    let given = placeholders(text)
                        .first()
                        .and_then(|name| self.given.get(name));
                    let span = given.filter(|_| whole).map_or(self.named, |node| node.span);
                    (whole, span, self.put_in(text))
                } else {
                    (scalar.plain, self.named, text.to_owned())
                };
                let scalar = Scalar {
                    plain,
                    text: Text::owned(text),
                };
                return Node {
                    span,
                    kind: NodeKind::Scalar(scalar),
                };
            }
        };
        Node {
            span: self.named,
            kind,
        }
    }

    /// A text with every placeholder put in; what names nothing stays, and is reported elsewhere.
    fn put_in(&self, text: &str) -> String {
        pieces(text)
            .map(|piece| match piece {
                Piece::Text(text) => text.to_owned(),
                Piece::Name(name) => self.value_of(name).unwrap_or_default(),
            })
            .collect()
    }

    fn value_of(&self, name: &str) -> Option<String> {
        if let Some(field) = name.strip_prefix("user.") {
            if field == "key"
                || (field == "username" && self.body.get(self.source, field).is_none())
            {
                return Some(self.key.to_owned());
            }
            let mut node = self.body;
            for step in field.split('.') {
                node = &node.get(self.source, step)?.value;
            }
            return node.text(self.source).map(str::to_owned);
        }
        if let Some(node) = self.given.get(name) {
            return node.text(self.source).map(str::to_owned);
        }
        if self.made.borrow().iter().any(|made| made == name) {
            return None;
        }
        let (_, attribute) = self
            .template
            .attributes()
            .find(|(known, _)| *known == name)?;
        self.made.borrow_mut().push(name.to_owned());
        let value = attribute.text.map(|text| self.put_in(text));
        self.made.borrow_mut().pop();
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dollar_sign_is_escaped_by_another() {
        let names = placeholders("a ${did} $${no} $5 ${user.extension} ${open");
        assert_eq!(names, ["did", "user.extension"]);
    }
}
