//! A *record* says that one commit of a workspace was applied whole to one portal.

use super::{
    Capabilities, Kind, Live, Name, Secret, SecretPlace, Value,
    encoding::{decode_path, encode_path},
};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What was applied last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The workspace, by its name.
    pub workspace: String,
    /// The commit whose declarations the portal was brought to, by its full id.
    pub commit: String,
    /// The portal, as [`PortalIdentity::digest`](super::PortalIdentity::digest) names it.
    pub portal: String,
    /// The time at which the apply ended.
    pub at: Timestamp,
    /// The day of which the files were applied, if not the day of `at`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Date>,
    /// The person or the account that applied.
    pub by: String,
    /// The run of a pipeline, as an address that a browser opens; empty outside of pipelines.
    pub run: String,
    /// The digest of the plan that was applied.
    pub digest: String,
    /// The versions of secrets that the portal has no place for.
    #[serde(default, skip_serializing_if = "SentSecrets::is_empty")]
    pub secrets: SentSecrets,
}

/// Which versions of secrets were sent last, where the portal keeps no version beside a secret: by object,
/// and there by the path of the secret. It holds no secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SentSecrets(BTreeMap<String, BTreeMap<String, u32>>);

impl SentSecrets {
    /// Whether nothing is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Remembers the version that an object was sent.
    pub fn sent(&mut self, kind: Kind, id: &str, path: &[Name], version: u32) {
        let object = self.0.entry(format!("{kind}/{id}")).or_default();
        object.insert(encode_path(path), version);
    }

    /// Remembers that a secret was cleared.
    pub fn cleared(&mut self, kind: Kind, id: &str, path: &[Name]) {
        let object = format!("{kind}/{id}");
        if let Some(paths) = self.0.get_mut(&object) {
            paths.remove(&encode_path(path));
            if paths.is_empty() {
                self.0.remove(&object);
            }
        }
    }

    /// Forgets an object that was deleted.
    pub fn forget(&mut self, kind: Kind, id: &str) {
        self.0.remove(&format!("{kind}/{id}"));
    }

    /// Fills in the versions of the secrets that a portal can't tell.
    pub fn fill(&self, live: &mut Live, capabilities: &Capabilities) {
        for (kind, listing) in &mut live.listings {
            if capabilities.secrets(*kind) != SecretPlace::Record {
                continue;
            }
            for object in listing.objects.values_mut() {
                let Some(paths) = self.0.get(&format!("{kind}/{}", object.id)) else {
                    continue;
                };
                for (path, version) in paths {
                    let secret = Secret {
                        origin: None,
                        version: *version,
                    };
                    let path = decode_path(path);
                    object
                        .fields
                        .put(&path, Some(Value::Secret(Box::new(secret))));
                }
            }
        }
    }
}

impl Record {
    /// The longest record that is read, in bytes: what a portal keeps is not trusted. Two secrets of 10,000
    /// people fit.
    pub const MAX_LENGTH: usize = 1 << 20;

    /// Reads a record that a portal or a repository keeps; nothing if it isn't one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > Self::MAX_LENGTH {
            return None;
        }
        let record: Self = serde_json::from_str(text).ok()?;
        let is_hex = record.commit.bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_id = is_hex && matches!(record.commit.len(), 40 | 64);
        is_id.then_some(record)
    }

    /// The name of a workspace as a part of a path or of a ref. Different names stay different: every byte
    /// outside of `[a-z0-9-]` is written as `_` and two hexadecimal digits.
    #[must_use]
    pub fn encoded_name(workspace: &str) -> String {
        workspace
            .bytes()
            .fold(String::new(), |name, byte| match byte {
                b'a'..=b'z' | b'0'..=b'9' | b'-' => name + &char::from(byte).to_string(),
                other => name + &format!("_{other:02x}"),
            })
    }

    /// The record as it is kept.
    #[must_use]
    pub fn text(&self) -> String {
        serde_json::to_string(self).expect("a record is plain data")
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, Record};

    #[test]
    fn a_record_of_before_is_read_and_a_record_holds_what_was_sent() {
        let commit = "0123456789abcdef0123456789abcdef01234567";
        let old = format!(
            r#"{{"workspace":".","commit":"{commit}","portal":"p","at":"2026-01-01T00:00:00Z","by":"Ann","run":"","digest":"d"}}"#
        );
        let mut record = Record::parse(&old).unwrap();
        assert!(record.secrets.is_empty());
        assert_eq!(record.text(), old);
        let path = ["voicemail".into(), "pin".into()];
        record.secrets.sent(Kind::Users, "7", &path, 3);
        let text = record.text();
        assert!(
            text.ends_with(r#","secrets":{"users/7":{"voicemail.pin":3}}}"#),
            "{text}"
        );
        assert_eq!(Record::parse(&text), Some(record));
    }
}
