//! An *object* is one resource as the portal holds it: an id, a version, a key, and a body without
//! defaults, which an answer fills in.

use super::{filled, store::Error};
use crate::model::{Claim, Fields, Kind, Value};
use serde_json::Value as Json;
use std::borrow::Cow;

/// The fields of an object that the portal gives it; in a body that is sent they mean nothing.
pub(super) const READ_ONLY: [&str; 4] = ["id", "etag", "system", "voicemail_messages"];

/// An object as it is stored.
pub(super) struct Row<'r> {
    pub(super) seq: i64,
    pub(super) kind: Kind,
    pub(super) id: Cow<'r, str>,
    pub(super) key: Cow<'r, str>,
    pub(super) version: i64,
    pub(super) system: bool,
    pub(super) messages: u32,
    pub(super) body: Cow<'r, str>,
}

impl Row<'_> {
    pub(super) fn into_owned(self) -> Row<'static> {
        Row {
            seq: self.seq,
            kind: self.kind,
            id: self.id.into_owned().into(),
            key: self.key.into_owned().into(),
            version: self.version,
            system: self.system,
            messages: self.messages,
            body: self.body.into_owned().into(),
        }
    }

    /// The version as `ETag` and `If-Match` spell it.
    pub(super) fn etag(&self) -> String {
        format!("\"{}\"", self.version)
    }

    /// What was written of it: the key and the body, nothing filled in.
    pub(super) fn written(&self) -> Result<Json, Error> {
        let mut written: Json = serde_json::from_str(&self.body)?;
        written[self.kind.identity()] = Json::from(&*self.key);
        Ok(written)
    }

    /// Appends the answer: all that a reader can know of the object.
    pub(super) fn answer(&self, out: &mut Vec<u8>) -> Result<(), Error> {
        out.extend_from_slice(b"{\"id\":");
        serde_json::to_writer(&mut *out, &self.id)?;
        out.extend_from_slice(b",\"etag\":");
        serde_json::to_writer(&mut *out, &self.etag())?;
        out.extend_from_slice(if self.system {
            b",\"system\":true,"
        } else {
            b",\"system\":false,"
        });
        serde_json::to_writer(&mut *out, self.kind.identity())?;
        out.push(b':');
        serde_json::to_writer(&mut *out, &self.key)?;
        if self.kind == Kind::Users {
            out.extend_from_slice(b",\"voicemail_messages\":");
            serde_json::to_writer(&mut *out, &self.messages)?;
        }
        let brace = out.len();
        filled::append(self.kind, &self.body, out)?;
        // The body's own braces: the first becomes a comma, the last closes the answer.
        if out.ends_with(b"{}") {
            out.truncate(brace);
            out.push(b'}');
        } else {
            out[brace] = b',';
        }
        Ok(())
    }
}

/// An object as it is about to be stored.
pub(super) struct Draft {
    pub(super) kind: Kind,
    pub(super) key: Box<str>,
    /// Canonical, without defaults, without the key, without secrets.
    pub(super) body: String,
    /// What no other object may have.
    pub(super) claims: Vec<Claim>,
    /// The field of each claim.
    pub(super) claimed_by: Vec<String>,
    /// What it holds, the key too where that is a field of the kind's type.
    pub(super) fields: Fields,
}

impl Draft {
    /// The object of this kind and key that holds `fields`, which need not be canonical.
    pub(super) fn new(kind: Kind, key: Box<str>, mut fields: Fields) -> Result<Self, Error> {
        let shape = kind.shape();
        if shape.field_of_any_type(kind.identity()).is_some() {
            fields.set(kind.identity().into(), Value::text(&key));
        }
        let mut fields = shape.without_defaults(forget_secrets(fields));
        let (mut claims, mut claimed_by) = (Vec::new(), Vec::new());
        let mut claim = |path: &str, space: &crate::model::Name, value: &str| {
            claims.push(Claim {
                space: space.clone(),
                value: value.into(),
            });
            claimed_by.push(path.to_owned());
        };
        if kind == Kind::Extensions {
            // One number space: what is nobody's extension yet may be this one's number.
            claim(kind.identity(), &"extension".into(), &key);
        }
        shape.claims(&fields, &mut claim);
        let username = fields.take(kind.identity());
        let body = serde_json::to_string(&fields)?;
        if let Some(username) = username {
            fields.set(kind.identity().into(), username);
        }
        Ok(Self {
            kind,
            key,
            body,
            claims,
            claimed_by,
            fields,
        })
    }
}

/// Keeps of every secret its version, and not even where it came from.
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

    fn answer(kind: Kind, key: &str, fields: Json) -> Json {
        let draft = Draft::new(kind, key.into(), kind.shape().read(&fields).unwrap()).unwrap();
        let row = Row {
            seq: 1,
            kind,
            id: "the-id".into(),
            key: key.into(),
            version: 7,
            system: false,
            messages: 3,
            body: draft.body.into(),
        };
        let mut out = Vec::new();
        row.answer(&mut out).unwrap();
        serde_json::from_slice(&out).unwrap()
    }

    #[test]
    fn an_answer_says_everything() {
        let given = json!({"first_name": "Ann", "last_name": "Lee", "email": "ann@acme.example"});
        let answer = answer(Kind::Users, "ann", given);
        assert_eq!(
            answer,
            json!({
                "id": "the-id", "etag": "\"7\"", "system": false, "username": "ann",
                "voicemail_messages": 3, "first_name": "Ann", "last_name": "Lee",
                "email": "ann@acme.example", "active": true, "scope": "simple_user",
                "directory": {"match": "last"}, "rings_before_voicemail": 4,
                "voicemail": {"enabled": true}, "forwarding": {"enabled": false, "ring_all": false},
                "dnd": false, "add_phone": false,
            })
        );
    }

    #[test]
    fn an_empty_body_is_a_whole_answer() {
        let answer = answer(Kind::Groups, "sales", json!({}));
        let expected = json!({"id": "the-id", "etag": "\"7\"", "system": false, "name": "sales"});
        assert_eq!(answer, expected);
    }

    #[test]
    fn a_draft_keeps_no_secret_and_no_way_to_one() {
        let origin = SecretOrigin::Env("ANN_PASSWORD".into());
        let secret = Value::Secret(Box::new(Secret {
            origin: Some(origin),
            version: 4,
        }));
        let fields: Fields = [("password".into(), secret)].into_iter().collect();
        let draft = Draft::new(Kind::Users, "ann".into(), fields).unwrap();
        assert_eq!(draft.body, r#"{"password":{"version":4}}"#);
    }

    #[test]
    fn a_number_is_claimed_whatever_has_it() {
        let spaces = |draft: &Draft| {
            let claims = draft.claims.iter();
            claims
                .map(|claim| format!("{} {}", claim.space, claim.value))
                .collect::<Vec<_>>()
        };
        let queue = json!({"kind": "call_queue", "name": "Sales"});
        let fields = Kind::Extensions.shape().read(&queue).unwrap();
        let draft = Draft::new(Kind::Extensions, "1001".into(), fields).unwrap();
        assert_eq!(spaces(&draft), ["extension 1001"]);
        let user = json!({"extension": "1001", "email": "Ann@Acme.example",
            "phones": [{"mac": "001565AABBCC", "model": "t54"}]});
        let fields = Kind::Users.shape().read(&user).unwrap();
        let draft = Draft::new(Kind::Users, "ann".into(), fields).unwrap();
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
            draft.claimed_by,
            ["username", "email", "extension", "phones[0].mac"]
        );
    }
}
