//! A *contact* is an entry of the list of shared contacts.

use super::{RawFields, copy_plain_fields, parse_fields, unsupported};
use crate::{
    model::{Kind, LiveObject, text::E164},
    portal::kazoo::{cache::Collection, index::Index},
};
use serde_json::json;
use std::collections::BTreeMap;

/// All contacts. An entry without a valid key isn't managed.
pub(super) fn all(index: &Index<'_>) -> BTreeMap<Box<str>, LiveObject> {
    let mut all = BTreeMap::new();
    for (id, entry) in index.cache.of(Collection::Entries) {
        let Some(key) = index.contacts.get(id) else {
            let name = entry.text("displayname").or(entry.text("number"));
            let reason = "has no key, or another entry's";
            let object = unsupported(id, name.unwrap_or_default(), reason);
            all.insert(id.into(), object);
            continue;
        };
        let mut raw = RawFields::new();
        copy_plain_fields(
            &mut raw,
            Kind::Contacts,
            "",
            Collection::Entries,
            entry,
            index,
        );
        let number = entry.text("number");
        if let Some(number) = number.filter(|number| E164::FORMAT.accepts(number)) {
            raw.insert("numbers".to_owned(), json!([number]));
        }
        let full = entry.document.as_ref();
        let object = LiveObject {
            id: id.into(),
            etag: full.and_then(|full| full.revision.as_deref().map(Into::into)),
            fields: parse_fields(Kind::Contacts, raw),
            ..LiveObject::default()
        };
        all.insert(key.as_str().into(), object);
    }
    all
}
