//! A *contact* is an entry of the list of shared contacts.

use super::unsupported;
use crate::{
    model::{Kind, LiveObject},
    portal::{
        kazoo::{account::Account, collection::Collection, table::TABLE},
        rest::RawFields,
    },
};

/// All contacts. An entry without a valid key isn't managed.
pub(super) fn all(account: &Account) -> impl Iterator<Item = (Box<str>, LiveObject)> {
    account.of(Collection::Entries).map(|(id, entry)| {
        let Some(key) = account.contact_key(id) else {
            let name = entry.text("displayname").or(entry.text("number"));
            let reason = "has no key, or another entry's";
            let object = unsupported(id, name.unwrap_or_default(), reason);
            return (id.into(), object);
        };
        let mut raw = RawFields::new();
        let kind = (Kind::Contacts, "");
        TABLE.read(kind, Collection::Entries, entry, account, &mut raw);
        (key.into(), entry.object(Kind::Contacts, id, raw))
    })
}
