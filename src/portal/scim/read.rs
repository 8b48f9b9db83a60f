//! *Reading* converts documents to objects of the model. What the model can't express is left out, and
//! therefore never changed.

use super::{
    dialect::{Resource, Scim},
    index::Directory,
    table::TABLE,
};
use crate::{
    model::{Address, Extent, Kind, Listing, LiveObject, Mention, Standing},
    portal::rest::{Entry, RawFields, Store, doc},
};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The listings of the kinds.
pub(super) fn listings(store: &Store<Scim>, kinds: &BTreeSet<Kind>) -> BTreeMap<Kind, Listing> {
    let cache = store.cache();
    let all = [
        (Kind::Users, Resource::Users),
        (Kind::Groups, Resource::Groups),
    ];
    let all = all.into_iter().filter(|(kind, _)| kinds.contains(kind));
    let listing = |(kind, of): (Kind, Resource)| {
        let mut doubt = cache.incomplete.get(&of).cloned();
        let mut objects = BTreeMap::new();
        for (id, entry) in cache.of(of) {
            let (key, object) = match kind {
                Kind::Users => user(store, &cache, id, entry),
                _ => group(&cache, id, entry),
            };
            if objects.contains_key(&key) {
                doubt.get_or_insert_with(|| format!("{key} is listed twice"));
            }
            objects.insert(key, object);
        }
        let extent = doubt.map_or(Extent::Whole, Extent::Doubtful);
        (kind, Listing { objects, extent })
    };
    all.map(listing).collect()
}

fn user(store: &Store<Scim>, cache: &Directory, id: &str, entry: &Entry) -> (Box<str>, LiveObject) {
    let mut raw = RawFields::new();
    let kind = (Kind::Users, "");
    TABLE.read(kind, Resource::Users, entry, &(), &mut raw);
    doc::put(
        &mut raw,
        "phones",
        doc::at(entry.doc(), "telephony.devices").cloned(),
    );
    let of_user = cache
        .groups_of(id)
        .filter_map(|group| cache.group_key(group));
    let of_user = of_user.map(Value::from).collect();
    doc::put(&mut raw, "groups", Some(of_user));
    for field in store.dialect.known().missing() {
        doc::put(&mut raw, field, None);
    }
    let fields = Kind::Users.shape().read_valid(raw.into());
    let name = fields.text("username").map(Into::into);
    let standing = match name {
        Some(_) => Standing::Manageable,
        None => Standing::Unsupported("has a user name that can't be declared".into()),
    };
    let object = LiveObject {
        id: id.into(),
        etag: entry.version().map(Into::into),
        standing,
        fields,
        ..LiveObject::default()
    };
    (name.unwrap_or_else(|| id.into()), object)
}

fn group(cache: &Directory, id: &str, entry: &Entry) -> (Box<str>, LiveObject) {
    let object = LiveObject {
        id: id.into(),
        etag: entry.version().map(Into::into),
        ..LiveObject::default()
    };
    if let Some(key) = cache.group_key(id) {
        return (key.into(), object);
    }
    let members = entry.doc().get("members").and_then(Value::as_object);
    let mention = |user: &String| {
        let user = cache.get(Resource::Users, user)?.text("userName")?;
        Some(Mention {
            address: Address::new(Kind::Users, user.to_lowercase()),
            place: "its members".into(),
        })
    };
    let object = LiveObject {
        standing: Standing::Unsupported("has a name that isn't the key of one group".into()),
        mentions: members
            .into_iter()
            .flat_map(Map::keys)
            .filter_map(mention)
            .collect(),
        ..object
    };
    (id.into(), object)
}
