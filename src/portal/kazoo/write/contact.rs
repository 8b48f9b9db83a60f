//! A *contact* is made in the list of shared ones, which is made with the first of them.

use super::{Writer, trace::Trace};
use crate::{
    model::{Kind, Value as Ours},
    portal::{
        Error, Written,
        kazoo::{
            book,
            doc::{self, Doc},
            mapping,
            tenant::Collection::{Entries, Lists},
        },
    },
};

impl Writer<'_> {
    /// Makes, changes or removes a contact.
    pub(super) async fn contact(self) -> Result<Written, Error> {
        let Some(object) = self.object() else {
            let list = self.book().await?;
            let mut doc = Doc::new();
            doc.insert("list_id".to_owned(), list.as_str().into());
            self.put_contact(&mut doc)?;
            let key = &*self.write.address.key;
            let trace = Trace::by(book::KEY, key).and("list_id", list.into());
            let id = self.create(Entries, doc, &trace).await?;
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

    /// The list of shared contacts. Several who need it at once make one.
    async fn book(self) -> Result<String, Error> {
        let lock = self.kazoo.locks.of("the shared contacts".to_owned());
        let _turn = lock.lock().await;
        let known = book::of(&self.kazoo.tenant()).map(str::to_owned);
        if let Some(known) = known {
            return Ok(known);
        }
        // Somebody else may have made it since contacts were read.
        let trace = Trace::by("name", book::NAME);
        if let Some(id) = self.find(Lists, &trace).await? {
            return Ok(id);
        }
        let mut doc = Doc::new();
        doc.insert("name".to_owned(), book::NAME.into());
        self.create(Lists, doc, &trace).await
    }

    /// Brings what changes into an entry. The key too: of one that was made by hand it is only its name's.
    fn put_contact(self, doc: &mut Doc) -> Result<(), Error> {
        let key = &*self.write.address.key;
        doc::put(doc, book::KEY, Some(key.into()));
        for (field, row) in mapping::plain(Kind::Contacts, "") {
            if self.changes(field) {
                doc::put(doc, row.at, self.as_kept(field, row.form)?);
            }
        }
        if self.changes("numbers") {
            let numbers = self.wanted("numbers").map_or(&[][..], Ours::elements);
            let first = numbers.first().and_then(Ours::as_text);
            doc::put(doc, "number", first.map(Into::into));
        }
        Ok(())
    }
}
