//! The *objects* of SCIM: a user is one document, and so is a group, which contains its members. What the
//! model can't express is left out, and therefore never changed.

use super::{
    dialect::Scim,
    discovery::{Discovered, GROUP, USER},
    table::{Collection, TABLE},
};
use crate::{
    model::{Kind, LiveObject, Standing},
    portal::{
        Error, Written,
        rest::{
            CacheOf, Entry, Fingerprint, Groups, Index, Membership, RawFields, Writer,
            doc::{self, Doc},
        },
    },
};
use serde_json::{Value, json};

/// The groups. One can be managed if it has a name of its own that is a key.
static MEMBERS: Membership<Scim> = Membership {
    of: Collection::Groups,
    name: "displayName",
    members: "members",
    groups: |groups| groups,
    with_key: Groups::only_with_key,
    entry: |user, _| json!({ "value": user }),
};

impl Index<Collection> for Groups {
    fn set(&mut self, of: Collection, id: &str, entry: &Entry, is_there: bool) {
        let text = |at| entry.text(at).unwrap_or_default();
        match of {
            Collection::Users => self.set_name(id, text("userName"), is_there),
            Collection::Groups => {
                let members = entry.doc().get(MEMBERS.members);
                Self::set(self, id, text(MEMBERS.name), members, is_there);
            }
        }
    }
}

/// The objects of a kind.
pub(super) fn all(
    cache: &CacheOf<Scim>,
    kind: Kind,
    known: &Discovered,
) -> Vec<(Box<str>, LiveObject)> {
    let user = |(id, entry)| user(cache, id, entry, known);
    // Some portals list members by their names.
    let name = |member| {
        let user = cache.get(Collection::Users, member);
        user.and_then(|user| user.text("userName")).or(Some(member))
    };
    let group = |(id, entry)| MEMBERS.object(&cache.index, id, entry, name);
    match kind {
        Kind::Users => cache.of(Collection::Users).map(user).collect(),
        _ => cache.of(Collection::Groups).map(group).collect(),
    }
}

/// Reads a user, without the fields that the portal has no attribute for.
fn user(
    cache: &CacheOf<Scim>,
    id: &str,
    entry: &Entry,
    known: &Discovered,
) -> (Box<str>, LiveObject) {
    let mut raw = RawFields::new();
    TABLE.read((Kind::Users, ""), Collection::Users, entry, &(), &mut raw);
    doc::set(&mut raw, "groups", MEMBERS.keys_of(&cache.index, id));
    for field in &known.missing {
        doc::put(&mut raw, field, None);
    }
    let mut object = entry.object(Kind::Users, id, raw);
    let name = object.fields.text("username").map(Into::into);
    if name.is_none() {
        object.standing = Standing::Unsupported("has a user name that can't be declared".into());
    }
    (name.unwrap_or_else(|| id.into()), object)
}

/// Applies one change. Where groups must have members, a user who is deleted doesn't leave them: the last one can't.
pub(super) async fn change(writer: Writer<'_, Scim>) -> Result<Written, Error> {
    if writer.write.address.kind == Kind::Groups {
        let new = doc::of(json!({"schemas": [GROUP], "members": {}}));
        return writer.group(&MEMBERS, new).await;
    }
    let declared = writer.target_text("username");
    let name = declared.unwrap_or(&writer.write.address.key);
    let fill = |user: &mut Doc| {
        writer.fill("", Collection::Users, user, false)?;
        complete(user, &writer.store.dialect);
        if doc::text(user, "userName").is_none_or(|old| old.to_lowercase() != name) {
            doc::set(user, "userName", name);
        }
        Ok(())
    };
    let new = doc::of(json!({ "schemas": [USER] }));
    let by = Fingerprint::by("userName", name);
    let users = Collection::Users;
    let known = writer.store.dialect.known();
    match writer.is_delete() && known.required.contains("groups.members") {
        true => writer.document(users, new, &by, &fill).await,
        false => writer.member(&MEMBERS, users, new, &by, &fill).await,
    }
}

/// Adds what the portal requires of a user, and removes what its lists have no place for.
fn complete(user: &mut Doc, scim: &Scim) {
    let known = scim.known();
    for list in &known.untyped {
        let entries = user.get_mut(*list).and_then(Value::as_array_mut);
        for entry in entries
            .into_iter()
            .flatten()
            .filter_map(Value::as_object_mut)
        {
            entry.shift_remove("type");
        }
    }
    if known.required.contains("users.active") {
        user.entry("active").or_insert(true.into());
    }
    if known.required.contains("users.name.formatted") {
        let part = |at| doc::text(user, at).unwrap_or_default();
        let name = format!("{} {}", part("name.givenName"), part("name.familyName"));
        doc::put(user, "name.formatted", Some(name.trim().into()));
    }
}
