//! The *shared contacts* are the entries of one list.
//!
//! They are read only on request, since each entry costs a request. Until then the listing of contacts is
//! empty, and callers must request it before they rely on it.

use super::{
    super::{Error, Progress},
    Kazoo,
    capability::LISTS,
    collection::Collection,
};
use crate::model::Kind;

/// The name of the list.
pub(super) const LIST_NAME: &str = "Shared contacts";

/// The field of an entry that contains the contact's key.
pub(super) const KEY_FIELD: &str = "callsheet.key";

impl Kazoo {
    /// Lists the entries; their details are read with those of other documents. Returns the minimum number
    /// of requests.
    pub(super) async fn list_contacts(&self, progress: &dyn Progress) -> Result<u64, Error> {
        let is_read = self.store.cache().index.has_contacts;
        let supported = &self.detected.capabilities().kinds;
        if is_read || !supported.contains_key(&Kind::Contacts) {
            return Ok(0);
        }
        let lists = self.store.load(Collection::Lists, "", &[], progress);
        let Some(pages) = lists.await? else {
            self.lacks(LISTS);
            return Ok(1);
        };
        let list = {
            let mut cache = self.store.cache();
            cache.index.has_contacts = true;
            cache.contact_list().map(str::to_owned)
        };
        let Some(list) = list else {
            return Ok(pages);
        };
        let entries = self.store.load(Collection::Entries, &list, &[], progress);
        if entries.await?.is_none() {
            // The list was deleted in the meantime.
            self.store.cache().remove(Collection::Lists, &list);
        }
        Ok(pages + 1)
    }
}
