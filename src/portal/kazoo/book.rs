//! The *book* is the list that holds the contacts that everybody shares, each of them an entry of it.
//!
//! It is read where somebody wants contacts, and nowhere else: what an entry holds is told by the entry
//! alone, so each costs a request. Until then there are none as far as anybody can see, and so nothing
//! may be concluded from it: whoever wants one says so first.

use super::{
    super::{Details, Error},
    Kazoo, list, place,
    tenant::{Collection, Tenant},
};
use crate::model::{Kind, State};

/// The name that the list is found by.
pub(super) const NAME: &str = "Shared contacts";

/// Where the key of a contact is kept in its entry.
pub(super) const KEY: &str = "callsheet.key";

/// The list, if there is one.
pub(super) fn of(tenant: &Tenant) -> Option<&str> {
    let mut lists = tenant.of(Collection::Lists);
    let ours = lists.find(|(_, list)| list.text("name") == Some(NAME));
    ours.map(|(id, _)| id)
}

/// Whether somebody wants contacts.
pub(super) fn is_wanted(wanted: Details<'_>) -> bool {
    match wanted {
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
    /// Lists the book's entries, whose details are asked for with all others. Returns how many requests
    /// there must be at the least.
    pub(super) async fn look_for_contacts(&self) -> Result<u64, Error> {
        let is_known = self.tenant().has_contacts;
        if is_known || !self.held.now().kinds.contains_key(&Kind::Contacts) {
            return Ok(0);
        }
        let path = [Collection::Lists.name()];
        let Some(lists) = list::whole(&self.session, &path, &[], &|_| {}).await? else {
            self.held.no_contacts();
            return Ok(1);
        };
        let pages = lists.rows.len().div_ceil(list::PAGE).max(1) as u64;
        let book = {
            let mut tenant = self.tenant();
            tenant.has_contacts = true;
            for (id, row) in lists.rows {
                tenant.list(Collection::Lists, &id, row);
            }
            if let Some(doubt) = lists.doubt {
                tenant.doubts.insert(Collection::Lists, doubt);
            }
            of(&tenant).map(str::to_owned)
        };
        let Some(book) = book else {
            return Ok(pages);
        };
        let path = place::all(Collection::Entries, &book);
        // All at once: entries are sorted by the id of their list, which doesn't tell one page from the next.
        let whole = [("paginate", "false")];
        let entries = list::whole(&self.session, &path, &whole, &|_| {}).await?;
        let mut tenant = self.tenant();
        match entries {
            Some(entries) => {
                for (own, row) in entries.rows {
                    let id = place::id(Collection::Entries, &book, &own);
                    tenant.list(Collection::Entries, &id, row);
                }
                if let Some(doubt) = entries.doubt {
                    tenant.doubts.insert(Collection::Entries, doubt);
                }
            }
            // Gone since it was listed.
            None => tenant.forget(Collection::Lists, &book),
        }
        Ok(pages + 1)
    }
}
