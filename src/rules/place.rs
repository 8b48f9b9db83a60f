//! The *place* of a declared field, found on demand by parsing the resource again. A [`Finder`] keeps the
//! last resource, so that consecutive lookups parse it once.

use crate::{
    diagnostic::Report,
    model::Origin,
    source::{Place, Source, Span},
    yaml::{self, Node, NodeKind},
};
use std::sync::{Arc, Mutex, PoisonError};

/// The place of a field: its value if the resource declares it, otherwise its `template:`, otherwise the
/// resource's key. An empty path is the key.
#[must_use]
pub fn of_field(origin: &Origin, path: &str) -> Place {
    found(origin, path, None)
}

/// The place of a text within a field. List elements are found by their text, not by their index, since
/// sets are sorted when they are read.
#[must_use]
pub fn of_text(origin: &Origin, path: &str, text: &str) -> Place {
    found(origin, path.split('[').next().unwrap_or(path), Some(text))
}

fn found(origin: &Origin, path: &str, text: Option<&str>) -> Place {
    Finder::default().found(origin, path, text)
}

/// Finds places, and caches the last resource.
#[derive(Default)]
pub struct Finder(Mutex<Option<Body>>);

/// The parsed declaration of a resource.
struct Body {
    origin: Origin,
    source: Arc<Source>,
    node: Node,
    /// The offset of the declaration in its file.
    start: u32,
}

impl Finder {
    /// See [`of_field`].
    pub(super) fn of_field(&self, origin: &Origin, path: &str) -> Place {
        self.found(origin, path, None)
    }

    /// The place of a field's value and, if it is a scalar, its text as it stands there; nothing if the resource
    /// itself doesn't declare it.
    #[must_use]
    pub fn declared(&self, origin: &Origin, path: &str) -> Option<(Place, Option<Box<str>>)> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let body = Body::kept(&mut last, origin);
        let node = body.node.find(&body.source, path)?;
        let text = node.text(&body.source).map(Into::into);
        let span = Span::new(node.span.start + body.start, node.span.end + body.start);
        Some((Place::new(&origin.source, span), text))
    }

    fn found(&self, origin: &Origin, path: &str, text: Option<&str>) -> Place {
        if path.is_empty() {
            return Place::new(&origin.source, origin.key);
        }
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Body {
            source,
            node,
            start,
            ..
        } = Body::kept(&mut last, origin);
        let field = node.find(source, path);
        let element = field.zip(text).and_then(|(field, text)| {
            let exact = find_scalar(field, source, &|own| own == text);
            // Values have their canonical spelling, which may differ from the file.
            exact.or_else(|| find_scalar(field, source, &|own| normalized(own) == normalized(text)))
        });
        let found = element.or(field).or_else(|| node.find(source, "template"));
        let span = found.map(|node| Span::new(node.span.start + *start, node.span.end + *start));
        Place::new(&origin.source, span.unwrap_or(origin.key))
    }
}

impl Body {
    /// The declaration of a resource, which is parsed if it isn't the last one.
    fn kept<'l>(last: &'l mut Option<Self>, origin: &Origin) -> &'l Self {
        let kept = last.take().filter(|body| {
            let same = Arc::ptr_eq(&body.origin.source, &origin.source);
            same && body.origin.body == origin.body
        });
        last.insert(kept.unwrap_or_else(|| Self::read(origin)))
    }

    fn read(origin: &Origin) -> Self {
        let source = &origin.source;
        // A block must be parsed with its indentation.
        let head = source.slice(Span::new(0, origin.body.start));
        let line_start = head.rfind('\n').map_or(0, |at| at + 1);
        let indented = head[line_start..].chars().all(|c| c == ' ');
        let start = if indented {
            u32::try_from(line_start).unwrap_or(0)
        } else {
            origin.body.start
        };
        let text = source.slice(Span::new(start, origin.body.end));
        let body = Source::new(source.name(), text);
        Self {
            node: yaml::parse(&body, &mut Report::default()),
            source: body,
            origin: origin.clone(),
            start,
        }
    }
}

/// The first scalar in `node` whose text matches.
fn find_scalar<'n>(
    node: &'n Node,
    source: &Source,
    matches: &dyn Fn(&str) -> bool,
) -> Option<&'n Node> {
    match &node.kind {
        NodeKind::Scalar(_) => node.text(source).filter(|own| matches(own)).map(|_| node),
        NodeKind::List(list) => list
            .iter()
            .find_map(|one| find_scalar(one, source, matches)),
        NodeKind::Map(entries) => entries
            .iter()
            .find_map(|one| find_scalar(&one.value, source, matches)),
    }
}

/// A text in lower case without separators: `00-15-65-AA-BB-CC` and `00:15:65:aa:bb:cc` are the same.
fn normalized(text: &str) -> String {
    let kept = text.chars().filter(char::is_ascii_alphanumeric);
    kept.collect::<String>().to_ascii_lowercase()
}
