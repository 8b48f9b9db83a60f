//! The *shared contacts* are the entries of one list.
//!
//! They are read only on request, since each entry costs a request. Until then the listing of contacts is
//! empty, and callers must request it before they rely on it.

use super::{
    super::{Details, Error},
    Kazoo,
    cache::{Cache, Collection},
    capability::Module,
    list, path,
};
use crate::model::{Kind, State};

/// The name of the list.
pub(super) const LIST_NAME: &str = "Shared contacts";

/// The field of an entry that contains the contact's key.
pub(super) const KEY_FIELD: &str = "callsheet.key";

/// Finds the ID of the list.
pub(super) fn find_list(cache: &Cache) -> Option<&str> {
    let mut lists = cache.of(Collection::Lists);
    let list = lists.find(|(_, list)| list.text("name") == Some(LIST_NAME));
    list.map(|(id, _)| id)
}

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
        let is_read = self.cache().has_contacts;
        if is_read
            || !self
                .detected
                .capabilities()
                .kinds
                .contains_key(&Kind::Contacts)
        {
            return Ok(0);
        }
        let path = [Collection::Lists.name()];
        let Some(lists) = list::all(&self.session, &path, &[], &|_| {}).await? else {
            self.detected.mark_missing(Module::Lists);
            return Ok(1);
        };
        let pages = lists.rows.len().div_ceil(list::PAGE).max(1) as u64;
        let list = {
            let mut cache = self.cache();
            cache.has_contacts = true;
            for (id, row) in lists.rows {
                cache.store_summary(Collection::Lists, &id, row);
            }
            if let Some(reason) = lists.incomplete {
                cache.incomplete.insert(Collection::Lists, reason);
            }
            find_list(&cache).map(str::to_owned)
        };
        let Some(list) = list else {
            return Ok(pages);
        };
        let path = path::of_collection(Collection::Entries, &list);
        // Without pages: entries are sorted by the ID of their list, so pages can't be told apart.
        let query = [("paginate", "false")];
        let entries = list::all(&self.session, &path, &query, &|_| {}).await?;
        let mut cache = self.cache();
        match entries {
            Some(entries) => {
                for (own, row) in entries.rows {
                    let id = path::cache_id(Collection::Entries, &list, &own);
                    cache.store_summary(Collection::Entries, &id, row);
                }
                if let Some(reason) = entries.incomplete {
                    cache.incomplete.insert(Collection::Entries, reason);
                }
            }
            // The list was deleted in the meantime.
            None => cache.remove(Collection::Lists, &list),
        }
        Ok(pages + 1)
    }
}
