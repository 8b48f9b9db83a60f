//! A *group* has a key derived from its name. Its members are fields of the users.

use super::{mention, unsupported};
use crate::{
    model::{Fields, LiveObject, Mention},
    portal::kazoo::{cache::Collection, index::Index},
};
use serde_json::Value;
use std::collections::BTreeMap;

/// All groups.
pub(super) fn all(index: &Index<'_>) -> BTreeMap<Box<str>, LiveObject> {
    let mut all = BTreeMap::new();
    for (id, group) in index.cache.of(Collection::Groups) {
        let key = index.groups.get(id).map_or(id, String::as_str);
        let endpoints = group.full_doc().and_then(|doc| doc.get("endpoints"));
        let endpoints = endpoints.and_then(Value::as_object).into_iter().flatten();
        let mentions: Vec<Mention> = endpoints
            .filter_map(|(id, _)| mention(index, id, "its endpoints"))
            .collect();
        let object = if key == id {
            let name = group.text("name").unwrap_or_default();
            unsupported(
                id,
                name,
                "has a name that no key is made of, or another group's",
            )
        } else {
            LiveObject {
                id: id.into(),
                etag: group
                    .document
                    .as_ref()
                    .and_then(|full| full.revision.as_deref().map(Into::into)),
                fields: Fields::new(),
                ..LiveObject::default()
            }
        };
        let mentions = mentions.into();
        all.insert(key.into(), LiveObject { mentions, ..object });
    }
    all
}
