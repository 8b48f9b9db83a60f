//! A *contact* is an entry of the list of shared contacts, which is created with the first contact.

use super::Writer;
use crate::portal::{
    Error, Written,
    kazoo::{
        collection::Collection::{Entries, Lists},
        shared_contacts,
    },
    rest::{Doc, Fingerprint, doc},
};
use serde_json::json;

impl Writer<'_> {
    /// Creates, changes or deletes a contact.
    pub(super) async fn contact(self) -> Result<Written, Error> {
        let key = &*self.write.address.key;
        // An entry that was created manually has no key yet.
        let edit = |entry: &mut Doc| {
            doc::put(entry, shared_contacts::KEY_FIELD, Some(key.into()));
            self.fill("", Entries, entry, false)
        };
        let list = match self.object() {
            None => self.shared_list().await?,
            Some(_) => String::new(),
        };
        let by = Fingerprint::by(shared_contacts::KEY_FIELD, key).within(&list);
        let new = doc::of(json!({ "list_id": list }));
        self.document(Entries, new, &by, &edit).await
    }

    /// Finds or creates the list of shared contacts. Concurrent writers create only one.
    async fn shared_list(self) -> Result<String, Error> {
        let name = "the shared contacts".to_owned();
        let _held = self.store.locks.hold(name).await;
        let list = self.account(|account| account.contact_list().map(str::to_owned));
        if let Some(list) = list {
            return Ok(list);
        }
        // Another client may have created the list since contacts were read.
        let fingerprint = Fingerprint::by("name", shared_contacts::LIST_NAME);
        if let Some(id) = self.store.find(Lists, &fingerprint).await? {
            return Ok(id);
        }
        let new = doc::of(json!({"name": shared_contacts::LIST_NAME}));
        self.create(Lists, new, &fingerprint).await
    }
}
