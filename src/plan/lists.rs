//! Whether a plan needs whole *lists*: its guards look at objects that it doesn't touch.

use super::{Action, Evidence, Operation, Plan};
use std::collections::BTreeSet;

/// The fields of which a change may leave too few administrators, make one, or depend on who else there is.
const LOOKS_AROUND: [&str; 5] = ["scope", "permissions", "groups", "extends", "active"];

impl Plan {
    /// Whether a guard may have to look at objects that no operation touches. Only an edit of fields that concern
    /// nobody else needs no lists; a delete always needs the one that justifies it.
    #[must_use]
    pub fn needs_lists(&self) -> bool {
        self.evidence_needed() != Evidence::Nothing
            || !self.withheld.is_empty()
            || self.operations.iter().any(looks_around)
    }
}

fn looks_around(operation: &Operation) -> bool {
    let Some(object) = &operation.object else {
        return true;
    };
    let claims = |fields| {
        let mut claims = BTreeSet::new();
        let shape = operation.address.kind.shape();
        shape.claims(fields, &mut |_, space, value| {
            claims.insert((space.clone(), value.to_owned()));
        });
        claims
    };
    let mut changed = operation.changes.iter().filter_map(|one| one.path.first());
    operation.action != Action::Update
        || operation.is_release
        || changed.any(|field| LOOKS_AROUND.contains(&&**field))
        || !claims(&operation.target).is_subset(&claims(&object.fields))
}
