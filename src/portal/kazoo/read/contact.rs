//! A *contact* is an entry of the list that holds the shared ones.

use super::{Draft, fields, foreign, plain};
use crate::{
    model::{Kind, LiveObject, text::E164},
    portal::kazoo::{index::Index, tenant::Collection},
};
use serde_json::json;
use std::collections::BTreeMap;

/// Every contact. An entry that no key can be made of is somebody else's.
pub(super) fn all(index: &Index<'_>) -> BTreeMap<Box<str>, LiveObject> {
    let mut all = BTreeMap::new();
    for (id, entry) in index.tenant.of(Collection::Entries) {
        let Some(key) = index.contacts.get(id) else {
            let name = entry.text("displayname").or(entry.text("number"));
            all.insert(id.into(), foreign(id, name.unwrap_or_default()));
            continue;
        };
        let mut draft = Draft::new();
        plain(
            &mut draft,
            Kind::Contacts,
            "",
            Collection::Entries,
            entry,
            index,
        );
        let number = entry.text("number");
        if let Some(number) = number.filter(|number| E164::FORMAT.accepts(number)) {
            draft.insert("numbers".to_owned(), json!([number]));
        }
        let full = entry.full.as_ref();
        let object = LiveObject {
            id: id.into(),
            etag: full.and_then(|full| full.revision.as_deref().map(Into::into)),
            fields: fields(Kind::Contacts, draft),
            ..LiveObject::default()
        };
        all.insert(key.as_str().into(), object);
    }
    all
}
