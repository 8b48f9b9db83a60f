//! A *contact* is an entry of the list of shared contacts.

use super::{RawFields, copy_plain_fields, parse_fields, unsupported};
use crate::{
    model::{Kind, LiveObject, text::E164},
    portal::kazoo::{account::Account, collection::Collection},
};
use serde_json::json;
use std::collections::BTreeMap;

/// All contacts. An entry without a valid key isn't managed.
pub(super) fn all(account: &Account) -> BTreeMap<Box<str>, LiveObject> {
    let mut all = BTreeMap::new();
    for (id, entry) in account.of(Collection::Entries) {
        let Some(key) = account.contact_key(id) else {
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
            account,
        );
        let number = entry.text("number");
        if let Some(number) = number.filter(|number| E164::FORMAT.accepts(number)) {
            raw.insert("numbers".to_owned(), json!([number]));
        }
        let object = LiveObject {
            id: id.into(),
            etag: entry.version().map(Into::into),
            fields: parse_fields(Kind::Contacts, raw),
            ..LiveObject::default()
        };
        all.insert(key.into(), object);
    }
    all
}
