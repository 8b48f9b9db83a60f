//! The *number space* is every short number of the phone system in numeric order: people, queues, rooms, and the
//! ranges between them that are free.

use super::View;
use crate::model::{Address, Kind};
use std::collections::BTreeMap;

/// A number that somebody or something has, or a free range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A number in use.
    Used {
        /// The number.
        number: Box<str>,
        /// Whose it is.
        address: Address,
    },
    /// Free numbers between used ones.
    Free {
        /// The first.
        first: Box<str>,
        /// The last.
        last: Box<str>,
        /// How many there are.
        count: u64,
    },
}

/// The number space of a view. Free ranges are told between numbers of the same length, within the ranges of the
/// policy where there are some; above the highest number nothing is told.
#[must_use]
pub fn number_space(view: &View<'_>) -> Vec<Entry> {
    let mut used: BTreeMap<(usize, Box<str>), Vec<Address>> = BTreeMap::new();
    let mut add = |number: &str, address: Address| {
        let owners = used.entry((number.len(), number.into())).or_default();
        owners.push(address);
    };
    for (address, user) in view.of_kind(Kind::Users) {
        if let Some(extension) = user.fields().text("extension") {
            add(extension, address);
        }
    }
    for (address, _) in view.of_kind(Kind::Extensions) {
        let key = address.key.clone();
        add(&key, address);
    }
    let mut entries = Vec::new();
    let mut before: Option<(usize, u64)> = None;
    for ((length, number), addresses) in used {
        let value = number.parse::<u64>().ok();
        if let (Some((of, last)), Some(value)) = (before, value)
            && of == length
            && value > last + 1
        {
            let written = |number: u64| format!("{number:0length$}").into();
            entries.push(Entry::Free {
                first: written(last + 1),
                last: written(value - 1),
                count: value - last - 1,
            });
        }
        before = value.map(|value| (length, value));
        for address in addresses {
            entries.push(Entry::Used {
                number: number.clone(),
                address,
            });
        }
    }
    entries
}
