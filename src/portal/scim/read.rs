//! *Reading* converts documents to objects of the model. What the model can't express is left out, and
//! therefore never changed.

use super::{
    dialect::{Resource, Scim},
    table::TABLE,
};
use crate::{
    model::{Address, Extent, Fields, Kind, Listing, LiveObject, Mention, Standing},
    portal::rest::{Entry, RawFields, Store, doc, store::CacheOf},
};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The keys of the groups that can be managed, by ID: those with a name of their own that is a key.
pub(super) fn groups(cache: &CacheOf<Scim>) -> BTreeMap<String, String> {
    let names = || {
        let groups = cache.of(Resource::Groups);
        groups.filter_map(|(id, group)| Some((id, group.text("displayName")?)))
    };
    let mut times: BTreeMap<&str, u32> = BTreeMap::new();
    for (_, name) in names() {
        *times.entry(name).or_default() += 1;
    }
    let managed = names().filter(|(_, name)| is_key(Kind::Groups, name) && times[name] == 1);
    let managed = managed.map(|(id, name)| (id.to_owned(), name.to_owned()));
    managed.collect()
}

/// The listings of the kinds.
pub(super) fn listings(store: &Store<Scim>, kinds: &BTreeSet<Kind>) -> BTreeMap<Kind, Listing> {
    let cache = store.cache();
    let groups = groups(&cache);
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
                Kind::Users => user(store, &cache, &groups, id, entry),
                _ => group(&cache, &groups, id, entry),
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

fn user(
    store: &Store<Scim>,
    cache: &CacheOf<Scim>,
    groups: &BTreeMap<String, String>,
    id: &str,
    entry: &Entry,
) -> (Box<str>, LiveObject) {
    let mut raw = RawFields::new();
    let kind = (Kind::Users, "");
    TABLE.read(kind, Resource::Users, entry, &(), &mut raw);
    doc::put(
        &mut raw,
        "phones",
        doc::at(entry.doc(), "telephony.devices").cloned(),
    );
    let of_user = groups.iter().filter(|(group, _)| {
        let group = cache.get(Resource::Groups, group);
        let members = group.and_then(|group| group.doc().get("members"));
        members.is_some_and(|members| members.get(id).is_some())
    });
    let of_user = of_user.map(|(_, key)| Value::from(key.as_str())).collect();
    doc::put(&mut raw, "groups", Some(of_user));
    for field in store.dialect.known().missing() {
        doc::put(&mut raw, field, None);
    }
    let fields = valid_fields(raw);
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

fn group(
    cache: &CacheOf<Scim>,
    groups: &BTreeMap<String, String>,
    id: &str,
    entry: &Entry,
) -> (Box<str>, LiveObject) {
    let object = LiveObject {
        id: id.into(),
        etag: entry.version().map(Into::into),
        ..LiveObject::default()
    };
    if let Some(key) = groups.get(id) {
        return (key.as_str().into(), object);
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

/// The fields that the model accepts.
fn valid_fields(raw: Map<String, Value>) -> Fields {
    let shape = Kind::Users.shape();
    let mut valid = Map::new();
    for (name, value) in raw {
        let value = match value {
            // Of a list, the elements that the model accepts.
            Value::Array(list) => {
                let is_valid = |one: &Value| shape.read(&json!({ &name: [one] })).is_ok();
                list.into_iter().filter(is_valid).collect()
            }
            other => other,
        };
        if shape.read(&json!({ &name: value })).is_ok() {
            valid.insert(name, value);
        }
    }
    let fields = shape.read(&Value::Object(valid));
    // Invalid values have been removed, so this can't fail.
    shape.without_defaults(fields.unwrap_or_default())
}

/// Whether a text can be the key of a kind.
fn is_key(kind: Kind, text: &str) -> bool {
    kind.key_format().accepts(text)
}
