//! The *shared contacts* are the entries of one list.
//!
//! They are read only on request, since each entry costs a request. Until then the listing of contacts is
//! empty, and callers must request it before they rely on it.

use super::{
    super::{Details, Error},
    Kazoo,
    capability::Module,
    collection::Collection,
    dialect::PAGE,
};
use crate::model::{Kind, State};

/// The name of the list.
pub(super) const LIST_NAME: &str = "Shared contacts";

/// The field of an entry that contains the contact's key.
pub(super) const KEY_FIELD: &str = "callsheet.key";

/// Whether `details` includes contacts.
pub(super) fn is_selected(details: Details<'_>) -> bool {
    match details {
        Details::Declared(states) => {
            let has_contacts = |state: &&State| state.of_kind(Kind::Contacts).next().is_some();
            states.iter().any(has_contacts)
        }
        Details::Evidence(addresses) => {
            let mut kinds = addresses.iter().map(|address| address.kind);
            kinds.any(|kind| kind == Kind::Contacts)
        }
        Details::Listed(kind) => kind == Kind::Contacts,
        Details::Everything => true,
    }
}

impl Kazoo {
    /// Lists the entries; their details are read with those of other documents. Returns the minimum number
    /// of requests.
    pub(super) async fn list_contacts(&self) -> Result<u64, Error> {
        let is_read = self.store.cache().index.has_contacts;
        let supported = &self.detected.capabilities().kinds;
        if is_read || !supported.contains_key(&Kind::Contacts) {
            return Ok(0);
        }
        let lists = self.store.list(Collection::Lists, "", &[], &|_, _| {});
        let Some(lists) = lists.await? else {
            self.lacks(Module::Lists);
            return Ok(1);
        };
        let pages = lists.min_pages(PAGE);
        let list = {
            let mut cache = self.store.cache();
            cache.index.has_contacts = true;
            cache.store_list(Collection::Lists, lists);
            cache.contact_list().map(str::to_owned)
        };
        let Some(list) = list else {
            return Ok(pages);
        };
        let entries = self.store.list(Collection::Entries, &list, &[], &|_, _| {});
        let entries = entries.await?;
        let mut cache = self.store.cache();
        match entries {
            Some(entries) => cache.store_list(Collection::Entries, entries),
            // The list was deleted in the meantime.
            None => cache.remove(Collection::Lists, &list),
        }
        Ok(pages + 1)
    }
}
