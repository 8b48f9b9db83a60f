//! A *spot* is which field of which drafted resource a place in a drafted file belongs to: what is wrong
//! there is wrong with that field.

use super::text::File;
use crate::{
    diagnostic::{Diagnostic, Report},
    model::{Address, Kind},
    source::{Place, Source, Span},
    yaml::{self, Entry, Node, NodeKind},
};
use std::{cell::RefCell, collections::BTreeMap, sync::Arc};

/// A field of a resource, as a path of names up to the first list; the resource itself, if it is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) address: Address,
    pub(super) path: Vec<Box<str>>,
}

/// Finds spots in drafted files. A file is read when something is wrong with it.
pub(super) struct Spots<'f> {
    files: BTreeMap<&'f str, &'f File>,
    read: RefCell<BTreeMap<String, Arc<Read>>>,
}

/// A drafted file, as it is read.
struct Read {
    source: Arc<Source>,
    node: Node,
}

impl<'f> Spots<'f> {
    pub(super) fn of(files: &'f [File]) -> Self {
        let files = files.iter().map(|file| (&*file.name, file));
        Self {
            files: files.collect(),
            read: RefCell::default(),
        }
    }

    /// What a diagnostic is about. One that is in a file of the user's is about what was drafted where it
    /// speaks of a place there: two claim the same.
    pub(super) fn find(&self, diagnostic: &Diagnostic) -> Option<Spot> {
        let related = diagnostic.related.iter().map(|(place, _)| place);
        std::iter::once(&diagnostic.place)
            .chain(related)
            .find_map(|place| self.at(place))
    }

    fn at(&self, place: &Place) -> Option<Spot> {
        let name = place.source.name();
        let file = self.files.get(name)?;
        let mut read = self.read.borrow_mut();
        let read = read.entry(name.to_owned()).or_insert_with(|| {
            let source = Source::new(name, &*file.text);
            let node = yaml::parse(&source, &mut Report::default());
            Arc::new(Read { source, node })
        });
        let Read { source, node } = &**read;
        let kind = around(node.entries(), place.span)?;
        let resource = around(kind.value.entries(), place.span)?;
        let kind: Kind = kind.key.of(source).parse().ok()?;
        let mut path = Vec::new();
        descend(source, resource, place.span, &mut path);
        let address = Address::new(kind, resource.key.of(source));
        Some(Spot { address, path })
    }
}

/// The entry that a span lies in: its key, or something of its value.
fn around(entries: &[Entry], span: Span) -> Option<&Entry> {
    let behind = entries.partition_point(|entry| entry.span.start <= span.start);
    entries.get(behind.checked_sub(1)?)
}

/// The names that lead from an entry to a span, as far as they are names.
fn descend(source: &Source, entry: &Entry, span: Span, path: &mut Vec<Box<str>>) {
    let NodeKind::Map(entries) = &entry.value.kind else {
        return;
    };
    // A mapping begins where its first key does, and goes on behind it.
    let first = entries.first().map_or(span, |first| first.span);
    if span == entry.span || span.start == first.start && span.end > first.end {
        return;
    }
    if let Some(next) = around(entries, span) {
        path.push(next.key.of(source).into());
        descend(source, next, span, path);
    }
}
