//! Where a field is declared: worked out only when somebody asks, from the text of its resource alone.

use crate::{
    diagnostic::Report,
    model::Origin,
    source::{Place, Source, Span},
    yaml::{self, Node, NodeKind},
};

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
    let source = &origin.source;
    if path.is_empty() {
        return Place::new(source, origin.key);
    }
    // A block starts behind its indentation, which belongs to its structure.
    let head = source.slice(Span::new(0, origin.body.start));
    let line_start = head.rfind('\n').map_or(0, |at| at + 1);
    let indented = head[line_start..].chars().all(|c| c == ' ');
    let start = if indented {
        u32::try_from(line_start).unwrap_or(0)
    } else {
        origin.body.start
    };
    let body = Source::new(
        source.name(),
        source.slice(Span::new(start, origin.body.end)),
    );
    let node = yaml::parse(&body, &mut Report::default());
    let field = node.find(&body, path);
    let element = field
        .zip(text)
        .and_then(|(field, text)| saying(field, &body, text));
    let found = element.or(field).or_else(|| node.find(&body, "template"));
    let span = found.map(|node| Span::new(node.span.start + start, node.span.end + start));
    Place::new(source, span.unwrap_or(origin.key))
}

/// The first scalar under `node` that says `text`, in whatever spelling.
fn saying<'n>(node: &'n Node, source: &Source, text: &str) -> Option<&'n Node> {
    let plain = |text: &str| {
        text.chars()
            .filter(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_ascii_lowercase()
    };
    match &node.kind {
        NodeKind::Scalar(_) => {
            let own = node.text(source)?;
            (own == text || plain(own) == plain(text)).then_some(node)
        }
        NodeKind::List(list) => list.iter().find_map(|one| saying(one, source, text)),
        NodeKind::Map(entries) => entries
            .iter()
            .find_map(|one| saying(&one.value, source, text)),
    }
}
