//! A *contact* is an entry of the list of shared contacts, which is created with the first contact.

use super::Writer;
use crate::portal::{
    Error, Written,
    kazoo::{
        collection::Collection::{Entries, Lists},
        shared_contacts,
        table::TABLE,
    },
    rest::{Doc, Fingerprint, doc},
};

impl Writer<'_> {
    /// Creates, changes or deletes a contact.
    pub(super) async fn contact(self) -> Result<Written, Error> {
        let Some(object) = self.object() else {
            let list = self.shared_list().await?;
            let mut doc = Doc::new();
            doc.insert("list_id".to_owned(), list.as_str().into());
            self.put_contact(&mut doc)?;
            let key = &*self.write.address.key;
            let fingerprint = Fingerprint::by(shared_contacts::KEY_FIELD, key).within(&list);
            let id = self.create(Entries, doc, &fingerprint).await?;
            return Ok(self.written(Entries, &id));
        };
        if self.is_delete() {
            self.delete(Entries, object.id).await?;
        } else {
            let edit = |doc: &mut Doc| self.put_contact(doc);
            self.edit(Entries, object.id, &edit).await?;
        }
        Ok(self.written(Entries, object.id))
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
        let mut doc = Doc::new();
        doc.insert("name".to_owned(), shared_contacts::LIST_NAME.into());
        self.create(Lists, doc, &fingerprint).await
    }

    /// Writes the changed fields and the key to an entry. An entry that was created manually has no key
    /// yet.
    fn put_contact(self, doc: &mut Doc) -> Result<(), Error> {
        let key = &*self.write.address.key;
        doc::put(doc, shared_contacts::KEY_FIELD, Some(key.into()));
        self.fill(&TABLE, "", Entries, doc, false)
    }
}
