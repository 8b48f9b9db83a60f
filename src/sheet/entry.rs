//! An *entry* is what one row states, or the rows of several sheets about the same resource: each value with its cell.

use super::{
    convert::Given,
    dialect::{Conversion, Meaning},
    path::steps,
};
use crate::{
    model::{Kind, Value},
    source::Place,
};
use std::collections::BTreeSet;

/// What a cell states of a resource.
#[derive(Clone, Debug)]
pub(super) struct Stated {
    /// The path of the field; empty for what is none.
    pub(super) path: String,
    /// What is stated.
    pub(super) given: Given,
    /// The cell.
    pub(super) place: Place,
}

/// What one row states, or the rows of several sheets about the same resource.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// The kind.
    pub(super) kind: Kind,
    /// What its cells state.
    pub(super) stated: Vec<Stated>,
    /// The rows, each with the index of its sheet.
    pub(super) rows: Vec<(usize, usize)>,
    /// The paths whose cells are wrong, so that their values aren't known.
    pub(super) wrong: BTreeSet<String>,
}

impl Entry {
    /// Adds what a cell states. Several cells may be parts of one value.
    pub(super) fn state(&mut self, meaning: &Meaning, given: Given, place: Place) {
        let path = meaning.path.to_string();
        let own = self
            .stated
            .iter_mut()
            .find(|one| one.path == path && !path.is_empty());
        match (own, given) {
            (_, Given::Nothing) => {}
            (Some(own), Given::ModelPart(part)) => {
                if let Given::Value(Value::Text(model)) = &own.given {
                    own.given = Given::Value(Value::text(&format!("{model}_{part}")));
                    own.place = place;
                }
            }
            (None, Given::ModelPart(part)) => {
                let given = Given::Value(Value::Text(part));
                self.stated.push(Stated { path, given, place });
            }
            // That nothing is sent counts more than what would be sent.
            (Some(own), given) if meaning.conversion == Conversion::DeliveryEnabled => {
                own.given = given;
                own.place = place;
            }
            (_, given) => self.stated.push(Stated { path, given, place }),
        }
    }

    /// The text that the entry states at a path.
    pub(super) fn text(&self, path: &str) -> Option<&str> {
        let stated = self.stated.iter().find(|one| one.path == path)?;
        match &stated.given {
            Given::Value(value) => value.as_text(),
            _ => None,
        }
    }

    /// The key that it states, with its cell.
    pub(super) fn key(&self) -> Option<(&str, &Place)> {
        self.stated.iter().find_map(|one| match &one.given {
            Given::Key(key) => Some((&**key, &one.place)),
            _ => None,
        })
    }

    /// The cell of a path: its own, or one of what is above or below it.
    pub(super) fn place_of(&self, path: &str) -> Option<&Place> {
        let exact = self.stated.iter().find(|one| one.path == path);
        let wanted = steps(path);
        let related = || {
            let mut stated = self.stated.iter().filter(|one| !one.path.is_empty());
            stated.find(|one| {
                let own = steps(&one.path);
                own.starts_with(&wanted) || wanted.starts_with(&own)
            })
        };
        exact.or_else(related).map(|one| &one.place)
    }
}
