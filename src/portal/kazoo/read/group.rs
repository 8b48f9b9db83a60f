//! A *group* has a key derived from its name. Its members are fields of the users.

use super::{mention, unsupported};
use crate::{
    model::{Kind, LiveObject, Mention},
    portal::{
        kazoo::{
            account::{Account, MEMBERS},
            collection::Collection,
        },
        rest::{RawFields, doc},
    },
};

/// All groups.
pub(super) fn all(account: &Account) -> impl Iterator<Item = (Box<str>, LiveObject)> {
    account.of(Collection::Groups).map(|(id, group)| {
        let key = MEMBERS.key(&account.index, id);
        let endpoints = group.full_doc().into_iter();
        let endpoints = endpoints.flat_map(|group| doc::names(group, MEMBERS.members));
        let mentions = endpoints.filter_map(|id| mention(account, id, "its endpoints"));
        let mentions: Vec<Mention> = mentions.collect();
        let object = match key {
            None => {
                let name = group.text("name").unwrap_or_default();
                let reason = "has a name that no key is made of, or another group's";
                unsupported(id, name, reason)
            }
            Some(_) => group.object(Kind::Groups, id, RawFields::new()),
        };
        let mentions = mentions.into();
        (key.unwrap_or(id).into(), LiveObject { mentions, ..object })
    })
}
