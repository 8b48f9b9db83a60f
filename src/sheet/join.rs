//! A *join* puts together what several sheets state of the same resource: the customer fills in the names, and the
//! installer the phones.

use super::{
    convert::Given,
    entry::{Entry, Stated},
};
use crate::diagnostic::{Diagnostic, Report, Rule};
use std::collections::BTreeMap;

/// What identifies a resource in several sheets, the first that both have.
const IDENTITIES: [&str; 2] = ["extension", "email"];

/// Joins the entries of several sheets. A cell fills what the others left empty; two different values are an error.
// S3.23
pub(super) fn join(sheets: Vec<Vec<Entry>>, report: &mut Report) -> Vec<Entry> {
    let mut joined: Vec<Entry> = Vec::new();
    for (number, entries) in sheets.into_iter().enumerate() {
        if number == 0 {
            joined = entries;
            continue;
        }
        let index = Index::of(&joined);
        for entry in entries {
            match index.find(&entry) {
                Some(at) => merge(&mut joined[at], entry, report),
                None => joined.push(entry),
            }
        }
    }
    joined
}

/// The entries by what identifies them.
struct Index(BTreeMap<(&'static str, Box<str>), usize>);

impl Index {
    fn of(entries: &[Entry]) -> Self {
        let mut index = BTreeMap::new();
        for (at, entry) in entries.iter().enumerate() {
            for (what, value) in identities(entry) {
                index.entry((what, value.into())).or_insert(at);
            }
        }
        Self(index)
    }

    fn find(&self, entry: &Entry) -> Option<usize> {
        let mut own = identities(entry);
        own.find_map(|(what, value)| self.0.get(&(what, value.into())).copied())
    }
}

fn identities(entry: &Entry) -> impl Iterator<Item = (&'static str, &str)> {
    let texts = IDENTITIES
        .iter()
        .filter_map(|path| Some((*path, entry.text(path)?)));
    let key = entry.key().map(|(key, _)| ("key", key));
    texts.chain(key)
}

fn merge(into: &mut Entry, from: Entry, report: &mut Report) {
    let Entry {
        kind: _,
        stated,
        rows,
        wrong,
    } = from;
    for one in stated {
        let same = into.stated.iter().find(|own| is_about(own, &one));
        match same {
            None => into.stated.push(one),
            Some(own) if own.given == one.given => {}
            Some(own) => {
                let field = match &*one.path {
                    "" => "the value",
                    path => path,
                };
                let message = match (shown(&own.given), shown(&one.given)) {
                    (Some(first), Some(second)) => format!(
                        "`{field}` is `{first}` in {} and `{second}` in {}",
                        own.place, one.place
                    ),
                    _ => format!(
                        "`{field}` is not the same in {} and in {}",
                        own.place, one.place
                    ),
                };
                let differ = Diagnostic::new(Rule::DuplicateKey, one.place, message)
                    .help("correct one of the two cells, or clear it")
                    .related(own.place.clone(), "the other cell");
                report.add(differ);
            }
        }
    }
    into.rows.extend(rows);
    into.wrong.extend(wrong);
}

/// Whether two cells state the same of a resource, equal or not.
fn is_about(one: &Stated, other: &Stated) -> bool {
    one.path == other.path
        && (!one.path.is_empty()
            || std::mem::discriminant(&one.given) == std::mem::discriminant(&other.given))
}

/// A value for a message; nothing for a secret.
fn shown(given: &Given) -> Option<String> {
    match given {
        Given::Value(value) => super::written::shown(value),
        Given::Key(text) | Given::Assigned(text) => Some(text.to_string()),
        Given::Site(..) | Given::Secret(_) | Given::ModelPart(_) | Given::Nothing => None,
    }
}
