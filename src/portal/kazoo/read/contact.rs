//! A *contact* is an entry of the list of shared contacts.

use super::unsupported;
use crate::{
    model::{Kind, LiveObject},
    portal::{
        kazoo::{account::Account, collection::Collection, table::TABLE},
        rest::RawFields,
    },
};
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
        let kind = (Kind::Contacts, "");
        TABLE.read(kind, Collection::Entries, entry, account, &mut raw);
        let object = LiveObject {
            id: id.into(),
            etag: entry.version().map(Into::into),
            fields: Kind::Contacts.shape().read_valid(raw.into()),
            ..LiveObject::default()
        };
        all.insert(key.into(), object);
    }
    all
}
