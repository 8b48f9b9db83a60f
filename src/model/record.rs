//! A *record* says that one commit of a workspace was applied whole to one portal.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

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
    /// The person or the account that applied.
    pub by: String,
    /// The run of a pipeline, as an address that a browser opens; empty outside of pipelines.
    pub run: String,
    /// The digest of the plan that was applied.
    pub digest: String,
}

impl Record {
    /// The longest record that is read, in bytes: what a portal keeps is not trusted.
    pub const MAX_LENGTH: usize = 4096;

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
