//! *Writing* applies one change to a user or a group. Memberships are written after the user.

use super::{
    dialect::{Resource, Scim, equals},
    table::{TABLE, with_devices},
};
use crate::{
    model::Kind,
    portal::{
        Error, Problem, Write, Written,
        rest::{
            Fingerprint, Store, Writer,
            doc::{self, Doc},
        },
    },
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const CORE: [&str; 2] = [
    "urn:ietf:params:scim:schemas:core:2.0:User",
    "urn:ietf:params:scim:schemas:core:2.0:Group",
];

/// Applies one change.
pub(super) async fn write(store: &Store<Scim>, write: &Write<'_>) -> Result<Written, Error> {
    let writer = Writer { store, write };
    match write.address.kind {
        Kind::Users => user(writer).await,
        Kind::Groups => group(writer).await,
        kind => Err(writer.refuse("", &format!("SCIM has no {kind}"))),
    }
}

async fn user(writer: Writer<'_, Scim>) -> Result<Written, Error> {
    let id = match writer.object() {
        None => {
            let mut body = json!({ "schemas": [CORE[0]] });
            let mut body = body.as_object_mut().map(std::mem::take).unwrap_or_default();
            fill(writer, &mut body)?;
            let by = Fingerprint::by("userName", name(writer));
            let created = writer.create(Resource::Users, body, &by).await;
            match created {
                Ok(id) => id,
                Err(error) => return Err(explain(writer, error, "").await),
            }
        }
        Some(object) if writer.is_delete() => {
            // A portal may keep the memberships of a user that no longer exists.
            memberships(writer, object.id, &BTreeSet::new()).await?;
            writer.delete(Resource::Users, object.id).await?;
            return Ok(writer.written(Resource::Users, object.id));
        }
        Some(object) => {
            let edit = |user: &mut Doc| fill(writer, user);
            if let Err(error) = writer.edit(Resource::Users, object.id, &edit).await {
                return Err(explain(writer, error, object.id).await);
            }
            object.id.to_owned()
        }
    };
    if writer.changes("groups") {
        let target = writer.target_list("groups").iter();
        let target = target.filter_map(|group| group.as_text()).collect();
        memberships(writer, &id, &target).await?;
    }
    Ok(writer.written(Resource::Users, &id))
}

/// The user's name on the portal.
fn name<'w>(writer: Writer<'w, Scim>) -> &'w str {
    let declared = writer.target_text("username");
    declared.unwrap_or(&writer.write.address.key)
}

/// Writes the changed fields to a user's document.
fn fill(writer: Writer<'_, Scim>, user: &mut Doc) -> Result<(), Error> {
    writer.fill(&TABLE, "", Resource::Users, user, false)?;
    if writer.changes("phones") {
        let old = doc::at(user, "telephony.devices");
        let devices = with_devices(old, writer.target_list("phones"));
        doc::put(user, "telephony.devices", devices);
    }
    let name = name(writer);
    let is_named = |old: &str| old.to_lowercase() == name;
    if !doc::text(user, "userName").is_some_and(is_named) {
        user.insert("userName".to_owned(), name.into());
    }
    Ok(())
}

/// Adds a user to the target groups and removes it from the others that are managed.
async fn memberships(
    writer: Writer<'_, Scim>,
    user: &str,
    target: &BTreeSet<&str>,
) -> Result<(), Error> {
    let changed: Vec<(String, bool)> = {
        let cache = writer.store.cache();
        let mut wanted = BTreeSet::new();
        for key in target {
            let missing = || writer.refuse("groups", &format!("groups/{key} doesn't exist"));
            wanted.insert(cache.group_id(key).ok_or_else(missing)?);
        }
        let is_managed = |id: &&str| cache.group_key(id).is_some();
        let actual: BTreeSet<&str> = cache.groups_of(user).filter(is_managed).collect();
        let changed = wanted.symmetric_difference(&actual);
        changed
            .map(|id| ((*id).to_owned(), wanted.contains(id)))
            .collect()
    };
    for (id, belongs) in changed {
        let edit = |group: &mut Doc| {
            let members = group.entry("members").or_insert_with(|| json!({}));
            if let Value::Object(members) = members {
                if belongs {
                    members.insert(user.to_owned(), json!({ "value": user }));
                } else {
                    members.shift_remove(user);
                }
            }
            Ok(())
        };
        writer.edit_shared(Resource::Groups, &id, &edit).await?;
    }
    Ok(())
}

async fn group(writer: Writer<'_, Scim>) -> Result<Written, Error> {
    let key = &*writer.write.address.key;
    let Some(object) = writer.object() else {
        let body = json!({"schemas": [CORE[1]], "displayName": key});
        let body: Doc = body.as_object().cloned().unwrap_or_default();
        let by = Fingerprint::by("displayName", key);
        let id = writer.create(Resource::Groups, body, &by).await?;
        return Ok(writer.written(Resource::Groups, &id));
    };
    if writer.is_delete() {
        writer.delete(Resource::Groups, object.id).await?;
    } else {
        let rename = |group: &mut Doc| {
            group.insert("displayName".to_owned(), key.into());
            Ok(())
        };
        writer.edit(Resource::Groups, object.id, &rename).await?;
    }
    Ok(writer.written(Resource::Groups, object.id))
}

/// Adds the field to a refusal because of uniqueness, since SCIM doesn't name it: another user has the same
/// value.
async fn explain(writer: Writer<'_, Scim>, error: Error, own: &str) -> Error {
    let (status, detail) = match error {
        Error::Refused {
            status: 409,
            detail,
            problems,
        } if problems.is_empty() => (409, detail),
        error => return error,
    };
    let known = writer.store.dialect.known();
    let mut problems = Vec::new();
    let extension = writer.target_text("extension");
    let urn = known.telephony.as_deref().unwrap_or_default();
    for (field, at, attribute, value) in [
        (
            "username",
            "userName",
            "userName".to_owned(),
            Some(name(writer)),
        ),
        (
            "extension",
            "telephony.extension",
            format!("{urn}:extension"),
            extension,
        ),
    ] {
        let Some(value) = value else { continue };
        let filter = equals(&attribute, value);
        let query = [("filter", filter.as_str())];
        let query = if known.has_filter { &query[..] } else { &[] };
        let found = writer
            .store
            .list(Resource::Users, "", query, &|_, _| {})
            .await;
        let rows = found
            .ok()
            .flatten()
            .map_or_else(Vec::new, |listed| listed.rows);
        // A portal may ignore the filter.
        let has_value = |(id, user): &&(String, Doc)| {
            let actual = doc::text(user, at);
            id != own && actual.is_some_and(|actual| actual.eq_ignore_ascii_case(value))
        };
        if let Some((id, user)) = rows.iter().find(has_value) {
            let other = doc::text(user, "userName").unwrap_or(id);
            problems.push(Problem {
                field: field.to_owned(),
                code: "uniqueness".to_owned(),
                message: crate::portal::http::plain(&format!("{other} has it already")),
            });
        }
    }
    let detail = match problems.is_empty() {
        true => format!(
            "{detail}; no user is listed with that name or extension, so the portal may keep those of a deleted user"
        ),
        false => detail,
    };
    Error::Refused {
        status,
        detail,
        problems,
    }
}
