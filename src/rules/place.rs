//! Where a field is declared: worked out only when somebody asks, from the text of its resource alone.
//! Who asks often keeps a [`Finder`], which reads a resource once for all that is asked of it in a row.

use crate::{
    diagnostic::Report,
    model::Origin,
    source::{Place, Source, Span},
    yaml::{self, Node, NodeKind},
};
use std::sync::{Arc, Mutex, PoisonError};

/// The place of a field of a resource: of its value where the resource itself declares it, of its
/// `template:` where that may have given it, of the resource's key otherwise, and for no path at all.
#[must_use]
pub fn of_field(origin: &Origin, path: &str) -> Place {
    found(origin, path, None)
}

/// The place of a text under a field of a resource: a list's element is looked for by what it says,
/// since sets are sorted when they are read.
#[must_use]
pub fn of_text(origin: &Origin, path: &str, text: &str) -> Place {
    found(origin, path.split('[').next().unwrap_or(path), Some(text))
}

fn found(origin: &Origin, path: &str, text: Option<&str>) -> Place {
    Finder::default().found(origin, path, text)
}

/// Finds places, and keeps the resource that it read last.
#[derive(Default)]
pub(super) struct Finder(Mutex<Option<Body>>);

/// What is declared of a resource, read again.
struct Body {
    origin: Origin,
    source: Arc<Source>,
    node: Node,
    /// Where it starts in its file.
    start: u32,
}

impl Finder {
    /// As [`of_field`].
    pub(super) fn of_field(&self, origin: &Origin, path: &str) -> Place {
        self.found(origin, path, None)
    }

    fn found(&self, origin: &Origin, path: &str, text: Option<&str>) -> Place {
        if path.is_empty() {
            return Place::new(&origin.source, origin.key);
        }
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = last.take().filter(|body| {
            let same = Arc::ptr_eq(&body.origin.source, &origin.source);
            same && body.origin.body == origin.body
        });
        let Body {
            source,
            node,
            start,
            ..
        } = last.insert(kept.unwrap_or_else(|| Body::read(origin)));
        let field = node.find(source, path);
        let element = field.zip(text).and_then(|(field, text)| {
            let as_written = saying(field, source, &|own| own == text);
            // Values are kept in canonical spelling, whatever the file's.
            as_written.or_else(|| saying(field, source, &|own| plain(own) == plain(text)))
        });
        let found = element.or(field).or_else(|| node.find(source, "template"));
        let span = found.map(|node| Span::new(node.span.start + *start, node.span.end + *start));
        Place::new(&origin.source, span.unwrap_or(origin.key))
    }
}

impl Body {
    fn read(origin: &Origin) -> Self {
        let source = &origin.source;
        // A block starts behind its indentation, which belongs to its structure.
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

/// The first scalar under `node` whose text `is_it`.
fn saying<'n>(node: &'n Node, source: &Source, is_it: &dyn Fn(&str) -> bool) -> Option<&'n Node> {
    match &node.kind {
        NodeKind::Scalar(_) => node.text(source).filter(|own| is_it(own)).map(|_| node),
        NodeKind::List(list) => list.iter().find_map(|one| saying(one, source, is_it)),
        NodeKind::Map(entries) => entries
            .iter()
            .find_map(|one| saying(&one.value, source, is_it)),
    }
}

/// A text without separators and case: `00-15-65-AA-BB-CC` and `00:15:65:aa:bb:cc` are then the same.
fn plain(text: &str) -> String {
    let kept = text.chars().filter(char::is_ascii_alphanumeric);
    kept.collect::<String>().to_ascii_lowercase()
}
