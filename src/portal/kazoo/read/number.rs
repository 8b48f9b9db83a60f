//! A *number* is an E.164 number of a callflow, whose user or extension is the destination. Numbers of the
//! account without a callflow aren't managed.

use crate::{
    model::{Kind, LiveObject, text::E164},
    portal::{
        kazoo::{
            account::{Account, numbers},
            collection::Collection,
        },
        rest::{Entry, RawFields},
    },
};

/// All numbers with a callflow.
pub(super) fn all(account: &Account) -> Vec<(Box<str>, LiveObject)> {
    let mut all = Vec::new();
    for (id, callflow) in account.of(Collection::Callflows) {
        for number in numbers(callflow).filter(|number| E164::FORMAT.accepts(number)) {
            let mut raw = RawFields::new();
            // The destination is the user, so that it doesn't change with the user's extension.
            let person = account.owner_of(id).and_then(|user| account.user(user));
            if let Some(destination) = person.or_else(|| account.number(id)) {
                raw.insert("destination".to_owned(), destination.into());
            }
            let object = Entry::default().object(Kind::Numbers, &format!("{id}/{number}"), raw);
            all.push((number.into(), object));
        }
    }
    all
}
