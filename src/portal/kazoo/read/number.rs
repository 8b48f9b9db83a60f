//! A *number* is one in E.164 among a callflow's numbers: it leads to whatever that callflow is. Numbers
//! of the account that lead nowhere are the number manager's, not ours.

use super::{Draft, fields};
use crate::{
    model::{Kind, LiveObject, text::E164},
    portal::kazoo::{flow::Names as _, index::Index, tenant::Collection},
};
use std::collections::BTreeMap;

/// Every number that leads somewhere.
pub(super) fn all(index: &Index<'_>) -> BTreeMap<Box<str>, LiveObject> {
    let mut all = BTreeMap::new();
    for (id, callflow) in index.tenant.of(Collection::Callflows) {
        for number in callflow
            .numbers()
            .filter(|number| E164::FORMAT.accepts(number))
        {
            let mut draft = Draft::new();
            // A person's numbers stay with the person, whatever the extension becomes.
            let person = index.owner_of(id).and_then(|user| index.user(user));
            if let Some(destination) = person.or_else(|| index.number(id)) {
                draft.insert("destination".to_owned(), destination.into());
            }
            let object = LiveObject {
                id: format!("{id}/{number}").into(),
                fields: fields(Kind::Numbers, draft),
                ..LiveObject::default()
            };
            all.insert(number.into(), object);
        }
    }
    all
}
