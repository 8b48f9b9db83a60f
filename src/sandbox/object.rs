//! An *object* is a stored resource: an id, a version, a key, and a body without defaults, which responses
//! fill in.

use super::{defaults, store::Error};
use crate::{
    model::{Claim, Fields, Kind, LoginState, Value},
    profile::Profile,
};
use serde_json::Value as Json;
use std::borrow::Cow;

/// The read-only fields of an object; ignored in requests.
pub(super) const READ_ONLY: [&str; 5] = ["id", "etag", "system", "voicemail_messages", "login"];

/// A stored object.
pub(super) struct Row<'r> {
    pub(super) seq: i64,
    pub(super) kind: Kind,
    pub(super) profile: &'static Profile,
    pub(super) id: Cow<'r, str>,
    pub(super) key: Cow<'r, str>,
    pub(super) version: i64,
    pub(super) system: bool,
    pub(super) messages: u32,
    pub(super) body: Cow<'r, str>,
    pub(super) login: LoginState,
}

impl Row<'_> {
    pub(super) fn into_owned(self) -> Row<'static> {
        Row {
            seq: self.seq,
            kind: self.kind,
            profile: self.profile,
            id: self.id.into_owned().into(),
            key: self.key.into_owned().into(),
            version: self.version,
            system: self.system,
            messages: self.messages,
            body: self.body.into_owned().into(),
            login: self.login,
        }
    }

    /// The version in the format of `ETag` and `If-Match`.
    pub(super) fn etag(&self) -> String {
        format!("\"{}\"", self.version)
    }

    /// The stored key and body, without defaults.
    pub(super) fn written(&self) -> Result<Json, Error> {
        let mut written: Json = serde_json::from_str(&self.body)?;
        written[self.profile.key_field(self.kind)] = Json::from(&*self.key);
        Ok(written)
    }

    /// Appends the response for the object.
    pub(super) fn write_response(&self, out: &mut Vec<u8>) -> Result<(), Error> {
        out.extend_from_slice(b"{\"id\":");
        serde_json::to_writer(&mut *out, &self.id)?;
        out.extend_from_slice(b",\"etag\":");
        serde_json::to_writer(&mut *out, &self.etag())?;
        out.extend_from_slice(if self.system {
            b",\"system\":true,"
        } else {
            b",\"system\":false,"
        });
        serde_json::to_writer(&mut *out, self.profile.key_field(self.kind))?;
        out.push(b':');
        serde_json::to_writer(&mut *out, &self.key)?;
        if self.kind == Kind::Users {
            out.extend_from_slice(b",\"voicemail_messages\":");
            serde_json::to_writer(&mut *out, &self.messages)?;
            if self.login != LoginState::default() {
                out.extend_from_slice(b",\"login\":");
                serde_json::to_writer(&mut *out, &self.login)?;
            }
        }
        let brace = out.len();
        defaults::append(self.profile, self.kind, &self.body, out)?;
        // The body has its own braces: the first becomes a comma, the last closes the response.
        if out.ends_with(b"{}") {
            out.truncate(brace);
            out.push(b'}');
        } else {
            out[brace] = b',';
        }
        Ok(())
    }
}

/// An object to be stored.
pub(super) struct Draft {
    pub(super) kind: Kind,
    pub(super) key: Box<str>,
    /// Canonical, without defaults, without the key, without secrets.
    pub(super) body: String,
    /// The values that must be unique.
    pub(super) claims: Vec<Claim>,
    /// The field of each claim.
    pub(super) claim_fields: Vec<String>,
    /// The fields, including the key if it is a field of the kind.
    pub(super) fields: Fields,
}

impl Draft {
    /// Creates an object. `fields` need not be canonical.
    pub(super) fn new(
        profile: &Profile,
        kind: Kind,
        key: Box<str>,
        mut fields: Fields,
    ) -> Result<Self, Error> {
        let shape = kind.shape();
        let key_field = profile.key_field(kind);
        if shape.field_of_any_type(key_field).is_some() {
            fields.set(key_field.into(), Value::text(&key));
        }
        let mut fields = shape.without_defaults(forget_secrets(fields));
        let (mut claims, mut claim_fields) = (Vec::new(), Vec::new());
        let mut claim = |path: &str, space: &crate::model::Name, value: &str| {
            claims.push(Claim {
                space: space.clone(),
                value: value.into(),
            });
            claim_fields.push(path.to_owned());
        };
        if kind == Kind::Extensions {
            // Users and extensions share one number space.
            claim(key_field, &"extension".into(), &key);
        }
        shape.claims(&fields, &mut claim);
        let in_fields = fields.take(key_field);
        let body = serde_json::to_string(&fields)?;
        if let Some(key) = in_fields {
            fields.set(key_field.into(), key);
        }
        Ok(Self {
            kind,
            key,
            body,
            claims,
            claim_fields,
            fields,
        })
    }
}

/// Keeps only the version of each secret, not even its origin.
fn forget_secrets(fields: Fields) -> Fields {
    let forget = |(name, value)| (name, forget_secret(value));
    fields.into_iter().map(forget).collect()
}

fn forget_secret(value: Value) -> Value {
    match value {
        Value::Secret(mut secret) => {
            secret.origin = None;
            Value::Secret(secret)
        }
        Value::Map(fields) => Value::Map(forget_secrets(fields)),
        Value::List(list) => Value::List(list.into_iter().map(forget_secret).collect()),
        Value::Null | Value::Bool(_) | Value::Integer(_) | Value::Text(_) => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Secret, SecretOrigin};
    use serde_json::json;

    fn own() -> &'static Profile {
        Profile::named("sandbox")
    }

    fn answer(kind: Kind, key: &str, fields: Json) -> Json {
        let draft =
            Draft::new(own(), kind, key.into(), kind.shape().read(&fields).unwrap()).unwrap();
        let row = Row {
            seq: 1,
            profile: own(),
            kind,
            id: "the-id".into(),
            key: key.into(),
            version: 7,
            system: false,
            messages: 3,
            body: draft.body.into(),
            login: LoginState::default(),
        };
        let mut out = Vec::new();
        row.write_response(&mut out).unwrap();
        serde_json::from_slice(&out).unwrap()
    }

    #[test]
    fn a_response_contains_everything() {
        let given = json!({"first_name": "Ann", "last_name": "Lee", "email": "ann@acme.example"});
        let answer = answer(Kind::Users, "ann", given);
        assert_eq!(
            answer,
            json!({
                "id": "the-id", "etag": "\"7\"", "system": false, "username": "ann",
                "voicemail_messages": 3, "first_name": "Ann", "last_name": "Lee",
                "email": "ann@acme.example", "active": true,
                "directory": {"match": "last", "spoken": true, "listed": true}, "rings_before_voicemail": 4,
                "voicemail": {"enabled": true}, "forwarding": {"enabled": false, "ring_all": false},
                "dnd": false, "add_phone": false,
            })
        );
    }

    #[test]
    fn an_empty_body_makes_a_complete_response() {
        let answer = answer(Kind::Groups, "sales", json!({}));
        let expected = json!({"id": "the-id", "etag": "\"7\"", "system": false, "name": "sales"});
        assert_eq!(answer, expected);
    }

    #[test]
    fn a_draft_keeps_only_the_version_of_a_secret() {
        let origin = SecretOrigin::Env("ANN_PASSWORD".into());
        let secret = Value::Secret(Box::new(Secret {
            origin: Some(origin),
            version: 4,
        }));
        let fields: Fields = [("password".into(), secret)].into_iter().collect();
        let draft = Draft::new(own(), Kind::Users, "ann".into(), fields).unwrap();
        assert_eq!(draft.body, r#"{"password":{"version":4}}"#);
    }

    #[test]
    fn extensions_and_users_share_one_number_space() {
        let spaces = |draft: &Draft| {
            let claims = draft.claims.iter();
            claims
                .map(|claim| format!("{} {}", claim.space, claim.value))
                .collect::<Vec<_>>()
        };
        let queue = json!({"kind": "call_queue", "name": "Sales"});
        let fields = Kind::Extensions.shape().read(&queue).unwrap();
        let draft = Draft::new(own(), Kind::Extensions, "1001".into(), fields).unwrap();
        assert_eq!(spaces(&draft), ["extension 1001"]);
        let user = json!({"extension": "1001", "email": "Ann@Acme.example",
            "phones": [{"mac": "001565AABBCC", "model": "t54"}]});
        let fields = Kind::Users.shape().read(&user).unwrap();
        let draft = Draft::new(own(), Kind::Users, "ann".into(), fields).unwrap();
        assert_eq!(
            spaces(&draft),
            [
                "username ann",
                "email ann@acme.example",
                "extension 1001",
                "mac 00:15:65:aa:bb:cc"
            ]
        );
        assert_eq!(
            draft.claim_fields,
            ["username", "email", "extension", "phones[0].mac"]
        );
    }
}
