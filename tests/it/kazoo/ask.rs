//! An *ask* is a request as Kazoo understands it: a body in an envelope, and a method that the body may change.

use super::{answer::Reply, faults::Faults};
use crate::fake::Asked;
use serde_json::{Map, Value, json};
use std::ops::Deref;

/// The maximum size of a body.
const LARGEST: usize = 8_000_000;

pub(super) struct Ask {
    asked: Asked,
    /// Null if it is missing, too large or no JSON.
    pub(super) body: Value,
}

impl Deref for Ask {
    type Target = Asked;

    fn deref(&self) -> &Asked {
        &self.asked
    }
}

impl Ask {
    /// Reads a request. A POST may say that it is another verb.
    pub(super) fn read(asked: &mut Asked) -> Self {
        let raw = Some(&asked.raw).filter(|raw| raw.len() <= LARGEST);
        let body = raw.and_then(|raw| serde_json::from_slice::<Value>(raw).ok());
        let body = body.unwrap_or_default();
        let verb = asked.parameter("verb").or_else(|| body["verb"].as_str());
        if let Some(verb) = verb.filter(|_| asked.method == "POST") {
            asked.method = verb.to_ascii_uppercase();
        }
        let asked = asked.clone();
        Self { asked, body }
    }

    /// Whether the body is one that a Kazoo reads.
    pub(super) fn check(&self) -> Result<(), Reply> {
        let is_write = ["PUT", "POST", "PATCH"].contains(&&*self.method);
        if self.raw.len() > LARGEST {
            let message = "A body has 8000000 bytes at most";
            let details = json!({"target": LARGEST, "message": message});
            Err(Faults::one("file", "maxSize", details))
        } else if self.body.is_null() && !self.raw.is_empty() {
            let details = json!({"target": "body", "message": "this is no JSON"});
            Err(Faults::one("json", "invalid", details))
        } else if is_write && !self.raw_data().is_object() && !self.raw_data().is_array() {
            let body = Some(&self.body).filter(|body| !body.is_null()).cloned();
            let value = body.unwrap_or_else(|| json!({}));
            Err(Faults::lacking("data", value))
        } else {
            Ok(())
        }
    }

    /// The body's `data` if it is an object, otherwise an empty object.
    pub(super) fn data(&self) -> Map<String, Value> {
        self.raw_data().as_object().cloned().unwrap_or_default()
    }

    /// The body's `data`.
    pub(super) fn raw_data(&self) -> &Value {
        &self.body["data"]
    }

    /// A text of the body's `data`.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.raw_data()[name].as_str()
    }

    /// A text that must be there.
    pub(super) fn required(&self, name: &str) -> Result<&str, Reply> {
        let text = self.text(name);
        text.ok_or_else(|| Faults::lacking(name, name.into()))
    }

    /// Whether the client accepts charges.
    pub(super) fn accepts_charges(&self) -> bool {
        self.body["accept_charges"] == true
    }

    pub(super) fn token(&self) -> &str {
        self.header("x-auth-token").unwrap_or_default()
    }
}
