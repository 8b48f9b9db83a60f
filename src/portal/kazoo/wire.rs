//! The *envelope* wraps every answer of Crossbar. This module also parses Crossbar's two formats of
//! refusals.

use super::super::{
    Error, Problem,
    http::{Answer, plain},
};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;

/// A successful answer. It may contain personal data, so it doesn't implement `Debug`.
#[derive(Deserialize)]
pub(super) struct Envelope {
    /// The requested data.
    #[serde(default)]
    pub(super) data: Value,
    /// The document's revision. A list has a value that changes with every answer.
    #[serde(default, deserialize_with = "lenient")]
    pub(super) revision: Option<String>,
    /// The start key of the next page; absent on the last page.
    #[serde(default, deserialize_with = "start_key")]
    pub(super) next_start_key: Option<String>,
    /// The number of objects on this page.
    #[serde(default, deserialize_with = "lenient")]
    pub(super) page_size: Option<u64>,
    /// The version of Crossbar.
    #[serde(default, deserialize_with = "lenient")]
    pub(super) version: Option<String>,
    /// The server's time.
    #[serde(default, deserialize_with = "lenient")]
    pub(super) timestamp: Option<jiff::Timestamp>,
    /// The token, which Crossbar returns with every answer.
    #[serde(default, deserialize_with = "lenient")]
    pub(super) auth_token: Option<SecretString>,
}

/// Ignores a value of the wrong type: the metadata differs between releases and forks.
fn lenient<'de, T: serde::de::DeserializeOwned, D: serde::Deserializer<'de>>(
    json: D,
) -> Result<Option<T>, D::Error> {
    let value = Value::deserialize(json)?;
    Ok(serde_json::from_value(value).ok())
}

/// Parses a start key, which is text, a number or a list depending on the release. It is sent back
/// unchanged.
fn start_key<'de, D: serde::Deserializer<'de>>(json: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(json)? {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    })
}

impl Envelope {
    pub(super) fn parse(answer: &Answer) -> Result<Self, String> {
        // The parser's message is dropped: it would quote the answer, which may contain a secret.
        serde_json::from_slice(&answer.body)
            .map_err(|_message| "it doesn't have Crossbar's format".to_owned())
    }

    /// Parses the answer to `what`.
    pub(super) fn of(answer: &Answer, what: &str) -> Result<Self, Error> {
        Self::parse(answer).map_err(|reason| Error::unreadable(plain(what), reason))
    }
}

/// Converts a refusal into an error. `to_model` maps the path of a field in Kazoo to a field of the model.
pub(super) fn refusal(answer: &Answer, to_model: impl Fn(String) -> String) -> Error {
    answer.refusal_by(|json| {
        let data = &json["data"];
        let mut found = Vec::new();
        problems(data, "", &to_model, &mut found);
        let cause = data["cause"].as_str().or(data["message"].as_str());
        let cause = cause.or(data.as_str());
        let text = json["message"].as_str().unwrap_or_default();
        let message = match cause {
            Some(cause) if cause != text && found.is_empty() => format!("{text}: {cause}"),
            _ => text.to_owned(),
        };
        (message, found)
    })
}

/// Collects the problems by path. A path is nested, joined with dots, or joined with percent-encoded dots.
fn problems(
    json: &Value,
    path: &str,
    to_model: &dyn Fn(String) -> String,
    found: &mut Vec<Problem>,
) {
    let Value::Object(entries) = json else { return };
    for (name, inner) in entries {
        if let Some(message) = inner["message"].as_str() {
            if !path.is_empty() {
                found.push(Problem {
                    field: to_model(path.to_owned()),
                    code: name.clone(),
                    message: message.to_owned(),
                });
            }
            continue;
        }
        let name = name.replace("%2E", ".").replace("%2e", ".");
        let path = match path {
            "" => name,
            path => format!("{path}.{name}"),
        };
        problems(inner, &path, to_model, found);
    }
}

#[cfg(test)]
mod tests {
    use super::{Envelope, refusal};
    use crate::portal::{Error, http::Answer};
    use serde_json::{Value, json};

    #[test]
    fn invalid_metadata_is_ignored() {
        let answer = json!({"data": [], "page_size": "1", "version": 5, "timestamp": 63_962_511_107_i64,
            "revision": null, "next_start_key": [1, "a"]});
        let read = Envelope::parse(&Answer {
            status: 200,
            body: answer.to_string().into_bytes(),
            ..Answer::default()
        });
        let read = read.unwrap();
        assert_eq!(
            (read.page_size, read.version, read.timestamp),
            (None, None, None)
        );
        assert_eq!(read.next_start_key.as_deref(), Some("[1,\"a\"]"));
    }

    fn message(data: &Value) -> String {
        let body = json!({"data": data, "error": "400", "message": "validation error"});
        let answer = Answer {
            status: 400,
            body: body.to_string().into_bytes(),
            ..Answer::default()
        };
        refusal(&answer, |field| field).to_string()
    }

    #[test]
    fn every_format_of_a_path_is_parsed() {
        let long = json!({"maxLength": {"message": "too long", "target": 35}});
        for data in [
            json!({"caller_id%2Einternal%2Ename": long}),
            json!({"caller_id.internal.name": long}),
            json!({"caller_id": {"internal": {"name": long}}}),
        ] {
            assert_eq!(
                message(&data),
                "the portal refused: validation error; caller_id.internal.name: too long"
            );
        }
    }

    #[test]
    fn a_cause_without_a_field_is_shown() {
        assert_eq!(
            message(&json!("not_reconcilable")),
            "the portal refused: validation error: not_reconcilable"
        );
        let empty = Answer {
            status: 400,
            ..Answer::default()
        };
        let Error::Refused { detail, .. } = refusal(&empty, |field| field) else {
            panic!("a refusal");
        };
        assert_eq!(detail, "the status is 400 Bad Request");
    }
}
