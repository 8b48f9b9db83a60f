//! A *replacement* is a delete and a create of what looks like one person: they share a value that only
//! one may have.

use super::{Action, Operation};
use crate::model::{Kind, Value};
use std::collections::BTreeMap;

/// A delete and the create that takes its place, by their positions, and what they share.
pub(super) struct Replacement {
    /// The delete.
    pub(super) delete: usize,
    /// The create.
    pub(super) create: usize,
    /// The field and the value that they share.
    pub(super) shared: String,
}

/// Every replacement among operations on users.
pub(super) fn replacements(operations: &[Operation]) -> Vec<Replacement> {
    let users = || {
        let numbered = operations.iter().enumerate();
        numbered.filter(|(_, one)| one.address.kind == Kind::Users && !one.is_release)
    };
    let mut held: BTreeMap<String, usize> = BTreeMap::new();
    for (at, operation) in users().filter(|(_, one)| one.is_removal()) {
        if let Some(object) = &operation.object {
            for value in known_by(&object.fields, &object.key) {
                held.entry(value).or_insert(at);
            }
        }
    }
    let mut found = Vec::new();
    for (create, operation) in users().filter(|(_, one)| one.action == Action::Create) {
        let values = known_by(&operation.target, &operation.address.key);
        let first = values
            .into_iter()
            .find_map(|value| Some((*held.get(&value)?, value)));
        found.extend(first.map(|(delete, shared)| Replacement {
            delete,
            create,
            shared,
        }));
    }
    found
}

/// The values by which a person is known, each with its field; letters of either case are the same.
fn known_by(fields: &crate::model::Fields, key: &str) -> Vec<String> {
    let mut values = vec![format!("key {}", key.to_lowercase())];
    for name in ["email", "extension"] {
        let text = fields.text(name).map(str::to_lowercase);
        values.extend(text.map(|text| format!("{name} {text}")));
    }
    let phones = fields.get("phones").map_or(&[][..], Value::elements);
    let macs = phones
        .iter()
        .filter_map(|phone| phone.as_map()?.text("mac"));
    values.extend(macs.map(|mac| format!("phone {}", mac.to_lowercase())));
    values
}

/// Gives both halves of a replacement the cause that matters more, so that a filter takes both or none.
pub(super) fn unite_causes(operations: &mut [Operation]) {
    for Replacement { delete, create, .. } in replacements(operations) {
        let cause = operations[delete].cause.min(operations[create].cause);
        for at in [delete, create] {
            let operation = &mut operations[at];
            operation.cause = cause;
            operation.causes.fill(cause);
        }
    }
}
