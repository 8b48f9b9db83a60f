//! A *group* has a key derived from its name. Its members are fields of the users.

use super::{mention, unsupported};
use crate::{
    model::{Fields, LiveObject, Mention},
    portal::kazoo::{account::Account, collection::Collection},
};
use serde_json::Value;
use std::collections::BTreeMap;

/// All groups.
pub(super) fn all(account: &Account) -> BTreeMap<Box<str>, LiveObject> {
    let mut all = BTreeMap::new();
    for (id, group) in account.of(Collection::Groups) {
        let key = account.group_key(id);
        let endpoints = group.full_doc().and_then(|doc| doc.get("endpoints"));
        let endpoints = endpoints.and_then(Value::as_object).into_iter().flatten();
        let mentions: Vec<Mention> = endpoints
            .filter_map(|(id, _)| mention(account, id, "its endpoints"))
            .collect();
        let object = match &key {
            None => {
                let name = group.text("name").unwrap_or_default();
                let reason = "has a name that no key is made of, or another group's";
                unsupported(id, name, reason)
            }
            Some(_) => LiveObject {
                id: id.into(),
                etag: group.version().map(Into::into),
                fields: Fields::new(),
                ..LiveObject::default()
            },
        };
        let mentions = mentions.into();
        let key = key.unwrap_or_else(|| id.to_owned());
        all.insert(key.into(), LiveObject { mentions, ..object });
    }
    all
}
