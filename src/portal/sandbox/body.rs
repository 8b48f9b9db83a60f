//! A *body* is the JSON of one write: a whole object or a merge patch. Only here are secrets replaced by
//! their values.

use super::super::{Change, ObjectRef, Write, http::Body};
use crate::{
    model::{Fields, Name, Value},
    profile::Profile,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

/// The values of the secrets that are sent.
struct Values<'w> {
    secrets: &'w BTreeMap<Vec<Name>, SecretString>,
    /// Whether other secrets are sent by their version alone, which keeps their value.
    keeps_others: bool,
}

impl<'w> Values<'w> {
    fn new(secrets: &'w BTreeMap<Vec<Name>, SecretString>) -> Self {
        Self {
            secrets,
            keeps_others: false,
        }
    }
}

/// The key of the object on the portal. A user's key on the portal is the username, which a workspace can
/// declare separately from the resource's key.
pub(super) fn identity<'w>(profile: &Profile, write: &Write<'w>) -> &'w str {
    let key_field = profile.key_field(write.address.kind);
    let declared = write.target.text(key_field);
    let is_field = |name| write.address.kind.shape().field_of_any_type(name).is_some();
    declared
        .filter(|_| is_field(key_field))
        .unwrap_or(&write.address.key)
}

/// The body of a create.
pub(super) fn create(profile: &Profile, write: &Write<'_>) -> Body {
    let mut object = map(write.target, &mut Vec::new(), &Values::new(write.secrets));
    object.insert(
        profile.key_field(write.address.kind).to_owned(),
        json!(identity(profile, write)),
    );
    body("application/json", &object)
}

/// The body of a replacement: the whole object. A secret that doesn't change is sent back as it was read.
pub(super) fn replacement(profile: &Profile, write: &Write<'_>) -> Body {
    let values = Values {
        keeps_others: true,
        ..Values::new(write.secrets)
    };
    let mut object = map(write.target, &mut Vec::new(), &values);
    object.insert(
        profile.key_field(write.address.kind).to_owned(),
        json!(identity(profile, write)),
    );
    body("application/json", &object)
}

/// The body of an update: a merge patch, in which `null` restores the default.
pub(super) fn update(profile: &Profile, write: &Write<'_>, object: ObjectRef<'_>) -> Body {
    let secrets = Values::new(write.secrets);
    let mut patch = Map::new();
    for Change {
        path,
        before,
        after,
    } in write.changes
    {
        let mut path = path.clone();
        if matches!(after, None | Some(Value::Null)) {
            // A record that becomes empty is removed whole: some of its fields may be required.
            let is_kept =
                |path: &[Name]| write.target.at(path.iter().map(|name| &**name)).is_some();
            let is_set = |path: &[Name]| {
                let mut set = write
                    .changes
                    .iter()
                    .filter(|one| one.path.starts_with(path));
                set.any(|one| !matches!(one.after, None | Some(Value::Null)))
            };
            let is_removed = |path: &[Name]| !is_kept(path) && !is_set(path);
            while path.len() > 1 && is_removed(&path[..path.len() - 1]) {
                path.pop();
            }
        }
        let names = path.clone();
        let Some((last, parents)) = names.split_last() else {
            continue;
        };
        let Some(change) = merge(before.as_ref(), after.as_ref(), &mut path, &secrets) else {
            continue;
        };
        if let Some(record) = parents.iter().try_fold(&mut patch, |record, name| {
            let inner = record.entry(&**name).or_insert_with(|| json!({}));
            inner.as_object_mut()
        }) {
            record.insert(last.to_string(), change);
        }
    }
    // A key can be changed but not removed.
    let identity_field = profile.key_field(write.address.kind);
    patch.remove(identity_field);
    if identity(profile, write) != object.key {
        patch.insert(identity_field.to_owned(), json!(identity(profile, write)));
    }
    body("application/merge-patch+json", &patch)
}

fn body(media_type: &'static str, object: &Map<String, Json>) -> Body {
    Body::json_as(media_type, object)
}

/// The merge patch from one value to another. A merge keeps entries that the patch omits, so removed
/// entries become `null`. Returns `None` for a secret without a value.
fn merge(
    before: Option<&Value>,
    after: Option<&Value>,
    path: &mut Vec<Name>,
    secrets: &Values<'_>,
) -> Option<Json> {
    match (before, after) {
        (_, None | Some(Value::Null)) => Some(Json::Null),
        (Some(Value::Map(before)), Some(Value::Map(after))) => {
            let mut patch = Map::new();
            let removed = before.iter().filter(|(name, _)| after.get(name).is_none());
            patch.extend(removed.map(|(name, _)| (name.to_string(), Json::Null)));
            for (name, value) in after.iter() {
                path.push(name.clone());
                let merged = merge(before.get(name), Some(value), path, secrets);
                path.pop();
                patch.extend(merged.map(|merged| (name.to_string(), merged)));
            }
            Some(Json::Object(patch))
        }
        (_, Some(after)) => json(after, path, secrets),
    }
}

fn map(fields: &Fields, path: &mut Vec<Name>, secrets: &Values<'_>) -> Map<String, Json> {
    let mut object = Map::new();
    for (name, value) in fields.iter() {
        path.push(name.clone());
        let json = json(value, path, secrets);
        path.pop();
        object.extend(json.map(|json| (name.to_string(), json)));
    }
    object
}

/// The JSON of a value; `None` for null and for a secret without a value.
fn json(value: &Value, path: &mut Vec<Name>, secrets: &Values<'_>) -> Option<Json> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(value) => json!(value),
        Value::Integer(value) => json!(value),
        Value::Text(text) => json!(text),
        Value::List(list) => {
            let items = list.iter().filter_map(|item| json(item, path, secrets));
            Json::Array(items.collect())
        }
        Value::Map(fields) => Json::Object(map(fields, path, secrets)),
        Value::Secret(secret) => {
            let version = secret.version;
            match secrets.secrets.get(&**path) {
                Some(value) => json!({"value": value.expose_secret(), "version": version}),
                None if secrets.keeps_others => json!({ "version": version }),
                None => return None,
            }
        }
    })
}

/// The body of a record, which is an object already.
pub(super) fn record(record: &str) -> Body {
    let object: Map<String, Json> = serde_json::from_str(record).unwrap_or_default();
    body("application/json", &object)
}

/// The body of an upload.
pub(super) fn sound(sound: &[u8]) -> Body {
    Body {
        media_type: "application/octet-stream".into(),
        content: sound.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::{create, update};
    use crate::{
        model::{Address, Fields, Kind, Name, Secret, SecretOrigin, Value},
        portal::{Change, ObjectRef, Verb, Write, http::Body},
        profile::Profile,
    };
    use serde_json::{Value as Json, json};
    use std::collections::BTreeMap;

    fn own() -> &'static Profile {
        Profile::named("sandbox")
    }

    fn secret(version: u32) -> Value {
        let origin = Some(SecretOrigin::Env("PIN".into()));
        Value::Secret(Box::new(Secret { origin, version }))
    }

    fn record(entries: &[(&str, Value)]) -> Fields {
        entries
            .iter()
            .map(|(name, value)| ((*name).into(), value.clone()))
            .collect()
    }

    fn change(path: &[&str], before: Option<Value>, after: Option<Value>) -> Change {
        let path: Vec<Name> = path.iter().map(|name| (*name).into()).collect();
        Change {
            path,
            before,
            after,
        }
    }

    fn read(body: &Body) -> Json {
        serde_json::from_slice(&body.content).unwrap()
    }

    #[test]
    fn only_secrets_with_a_value_are_sent() {
        let target = record(&[
            ("password", secret(2)),
            ("voicemail", Value::Map(record(&[("pin", secret(3))]))),
        ]);
        let secrets = BTreeMap::from([(vec!["voicemail".into(), "pin".into()], "4711".into())]);
        let sent = create(
            own(),
            &Write {
                address: &Address::new(Kind::Users, "ada"),
                verb: Verb::Create,
                target: &target,
                changes: &[],
                secrets: &secrets,
                greeting: None,
            },
        );
        let pin = json!({"value": "4711", "version": 3});
        assert_eq!(
            read(&sent),
            json!({"voicemail": {"pin": pin}, "username": "ada"})
        );
    }

    #[test]
    fn a_patch_contains_only_changes_and_nulls_removals() {
        let entries = |entries: &[(&str, &str)]| {
            let entries = entries
                .iter()
                .map(|(name, text)| ((*name).into(), Value::text(text)));
            Some(Value::Map(entries.collect()))
        };
        let changes = [
            change(&["dnd"], Some(Value::Bool(true)), None),
            change(
                &["voicemail", "email"],
                None,
                Some(Value::text("a@b.example")),
            ),
            change(&["voicemail", "mailbox"], Some(Value::text("7")), None),
            change(&["voicemail", "pin"], None, Some(secret(1))),
            change(
                &["advanced"],
                entries(&[("a", "1"), ("b", "2")]),
                entries(&[("b", "3")]),
            ),
        ];
        let object = ObjectRef {
            id: "x",
            key: "ada",
            etag: None,
        };
        let address = Address::new(Kind::Users, "ada");
        let target = record(&[("username", Value::text("countess"))]);
        let mut write = Write {
            address: &address,
            verb: Verb::Update(object),
            target: &target,
            changes: &changes,
            secrets: &BTreeMap::new(),
            greeting: None,
        };
        let mut patch = json!({
            "dnd": null,
            "voicemail": {"email": "a@b.example", "mailbox": null},
            "advanced": {"a": null, "b": "3"},
            "username": "countess",
        });
        assert_eq!(read(&update(own(), &write, object)), patch);

        let unnamed = Fields::new();
        write.target = &unnamed;
        patch.as_object_mut().unwrap().remove("username");
        assert_eq!(read(&update(own(), &write, object)), patch);
    }
}
