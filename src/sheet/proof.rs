//! The *proof* of an import: the files declare what they declared before, with exactly what the sheet changes.

use super::{
    overlay::{canonical_fields, with_difference},
    target::Targets,
};
use crate::{
    declaration,
    diagnostic::Report,
    model::{Address, Fields, Kind},
    source::Source,
    yaml,
};
use std::{collections::BTreeMap, sync::Arc};

/// What a file says of a resource: its fields, and everything else as it is written.
#[derive(Debug, PartialEq)]
struct Said {
    fields: Fields,
    beside: Vec<(String, String)>,
}

/// A resource that would not be what it should be.
pub(super) fn difference(
    before: &[Arc<Source>],
    after: &[Arc<Source>],
    targets: &Targets,
) -> Option<Address> {
    let mut expected = said(before);
    for (address, target) in &targets.resources {
        let shape = address.kind.shape();
        let one = expected.entry(address.clone()).or_insert_with(|| Said {
            fields: Fields::new(),
            beside: Vec::new(),
        });
        let fields = with_difference(shape, &one.fields, &target.fields);
        one.fields = canonical_fields(shape, &fields);
    }
    let found = said(after);
    let differs = |address: &&Address| expected.get(*address) != found.get(*address);
    let mut addresses = expected.keys().chain(found.keys());
    addresses.find(differs).cloned()
}

fn said(sources: &[Arc<Source>]) -> BTreeMap<Address, Said> {
    let mut all = BTreeMap::new();
    for source in sources {
        let root = yaml::parse(source, &mut Report::default());
        for entry in root.entries() {
            let Ok(kind) = entry.key.of(source).parse::<Kind>() else {
                continue;
            };
            let shape = kind.shape();
            for resource in entry.value.entries() {
                let fields = declaration::fields(shape, source, &resource.value);
                let beside = resource.value.entries().iter().filter_map(|entry| {
                    let name = entry.key.of(source);
                    let text = source.slice(entry.value.span);
                    shape
                        .field_of_any_type(name)
                        .is_none()
                        .then(|| (name.to_owned(), text.to_owned()))
                });
                let one = Said {
                    fields: canonical_fields(shape, &fields),
                    beside: beside.collect(),
                };
                all.insert(Address::new(kind, resource.key.of(source)), one);
            }
        }
    }
    all
}
