//! A *field reference* is a field of a drafted resource. Diagnostics in drafted files are attributed to one.

use super::text::File;
use crate::{
    diagnostic::{Diagnostic, Report},
    model::{Address, Kind},
    source::{Place, Source, Span},
    yaml::{self, Entry, Node, NodeKind},
};
use std::{cell::RefCell, collections::BTreeMap, sync::Arc};

/// A field of a resource: a path of names, up to the first list. An empty path is the resource itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FieldRef {
    pub(super) address: Address,
    pub(super) path: Vec<Box<str>>,
}

/// Locates fields in drafted files. Files are parsed on demand.
pub(super) struct Locator<'f> {
    files: BTreeMap<&'f str, &'f File>,
    parsed: RefCell<BTreeMap<String, Arc<Parsed>>>,
}

/// A parsed drafted file.
struct Parsed {
    source: Arc<Source>,
    node: Node,
}

impl<'f> Locator<'f> {
    pub(super) fn of(files: &'f [File]) -> Self {
        let files = files.iter().map(|file| (&*file.name, file));
        Self {
            files: files.collect(),
            parsed: RefCell::default(),
        }
    }

    /// The drafted field of a diagnostic. If the diagnostic is in a file of the user, its related places
    /// count: a duplicate value, for example.
    pub(super) fn locate(&self, diagnostic: &Diagnostic) -> Option<FieldRef> {
        let related = diagnostic.related.iter().map(|(place, _)| place);
        std::iter::once(&diagnostic.place)
            .chain(related)
            .find_map(|place| self.at(place))
    }

    fn at(&self, place: &Place) -> Option<FieldRef> {
        let name = place.source.name();
        let file = self.files.get(name)?;
        let mut parsed = self.parsed.borrow_mut();
        let parsed = parsed.entry(name.to_owned()).or_insert_with(|| {
            let source = Source::new(name, &*file.text);
            let node = yaml::parse(&source, &mut Report::default());
            Arc::new(Parsed { source, node })
        });
        let Parsed { source, node } = &**parsed;
        let kind = entry_at(node.entries(), place.span)?;
        let resource = entry_at(kind.value.entries(), place.span)?;
        let kind: Kind = kind.key.of(source).parse().ok()?;
        let mut path = Vec::new();
        descend(source, resource, place.span, &mut path);
        let address = Address::new(kind, resource.key.of(source));
        Some(FieldRef { address, path })
    }
}

/// The entry that contains a span.
fn entry_at(entries: &[Entry], span: Span) -> Option<&Entry> {
    let next = entries.partition_point(|entry| entry.span.start <= span.start);
    entries.get(next.checked_sub(1)?)
}

/// Appends the names on the path from an entry to a span, up to the first list.
fn descend(source: &Source, entry: &Entry, span: Span, path: &mut Vec<Box<str>>) {
    let NodeKind::Map(entries) = &entry.value.kind else {
        return;
    };
    // The span of a mapping starts at its first key.
    let first = entries.first().map_or(span, |first| first.span);
    if span == entry.span || span.start == first.start && span.end > first.end {
        return;
    }
    if let Some(inner) = entry_at(entries, span) {
        path.push(inner.key.of(source).into());
        descend(source, inner, span, path);
    }
}
