//! The *envelope* is what Crossbar puts around everything that it says, and the two ways in which it
//! says what is wrong.

use super::super::{
    Error, Problem,
    http::{Answer, plain},
};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;

/// The most problems of one refusal that are shown.
const MOST: usize = 20;

/// What a success says. It may hold what is private, so it can't be printed.
#[derive(Deserialize)]
pub(super) struct Envelope {
    /// What was asked for.
    #[serde(default)]
    pub(super) data: Value,
    /// The document's revision; of a list, something that changes with every answer.
    #[serde(default, deserialize_with = "if_fit")]
    pub(super) revision: Option<String>,
    /// Where the next page begins; absent on the last.
    #[serde(default, deserialize_with = "key")]
    pub(super) next_start_key: Option<String>,
    /// How many objects this page holds.
    #[serde(default, deserialize_with = "if_fit")]
    pub(super) page_size: Option<u64>,
    /// The version of Crossbar.
    #[serde(default, deserialize_with = "if_fit")]
    pub(super) version: Option<String>,
    /// The server's clock.
    #[serde(default, deserialize_with = "if_fit")]
    pub(super) timestamp: Option<jiff::Timestamp>,
    /// The token, which Crossbar hands back with every answer.
    #[serde(default, deserialize_with = "if_fit")]
    pub(super) auth_token: Option<SecretString>,
}

/// What stands beside the data differs between releases and forks: what is of another type than it should
/// be is as good as not there.
fn if_fit<'de, T: serde::de::DeserializeOwned, D: serde::Deserializer<'de>>(
    json: D,
) -> Result<Option<T>, D::Error> {
    let value = Value::deserialize(json)?;
    Ok(serde_json::from_value(value).ok())
}

/// A key is text here and a number or a list there; whatever it is, it is handed back as it came.
fn key<'de, D: serde::Deserializer<'de>>(json: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(json)? {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    })
}

impl Envelope {
    pub(super) fn parse(body: &[u8], what: &str) -> Result<Self, Error> {
        // The reason is left out: it would repeat a part of what was said, and that may be a secret.
        serde_json::from_slice(body).map_err(|_said| Error::Unreadable {
            what: plain(what),
            reason: "it isn't what Crossbar says".to_owned(),
        })
    }
}

/// A refusal as an error. `to_ours` turns the path of Kazoo's field into that of ours.
pub(super) fn refusal(answer: &Answer, to_ours: impl Fn(String) -> String) -> Error {
    let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let mut found = Vec::new();
    problems(&said["data"], "", &mut found);
    let problems: Vec<Problem> = found
        .into_iter()
        .take(MOST)
        .map(|(field, message)| Problem {
            field: plain(&to_ours(field)),
            message: plain(&message),
        })
        .collect();
    let data = &said["data"];
    let cause = data["cause"]
        .as_str()
        .or(data["message"].as_str())
        .or(data.as_str());
    let said = said["message"].as_str().unwrap_or_default();
    let detail = match cause {
        Some(cause) if cause != said && problems.is_empty() => format!("{said}: {cause}"),
        _ => said.to_owned(),
    };
    Error::Refused {
        status: answer.status,
        detail: match detail.as_str() {
            "" => format!("the status is {}", answer.status),
            detail => plain(detail),
        },
        problems,
    }
}

/// What is wrong with which field: by path and by rule. Paths are nested, or joined by dots, or by dots
/// that were encoded.
fn problems(said: &Value, path: &str, found: &mut Vec<(String, String)>) {
    let Value::Object(entries) = said else { return };
    for (name, inner) in entries {
        if let Some(message) = inner["message"].as_str() {
            if !path.is_empty() {
                found.push((path.to_owned(), message.to_owned()));
            }
            continue;
        }
        let name = name.replace("%2E", ".").replace("%2e", ".");
        let path = match path {
            "" => name,
            path => format!("{path}.{name}"),
        };
        problems(inner, &path, found);
    }
}

#[cfg(test)]
mod tests {
    use super::{Envelope, refusal};
    use crate::portal::{Error, http::Answer};
    use serde_json::{Value, json};

    #[test]
    fn what_stands_beside_the_data_may_be_odd() {
        let said = json!({"data": [], "page_size": "1", "version": 5, "timestamp": 63_962_511_107_i64,
            "revision": null, "next_start_key": [1, "a"]});
        let read = Envelope::parse(said.to_string().as_bytes(), "x").unwrap();
        assert_eq!(
            (read.page_size, read.version, read.timestamp),
            (None, None, None)
        );
        assert_eq!(read.next_start_key.as_deref(), Some("[1,\"a\"]"));
    }

    fn told(data: &Value) -> String {
        let body = json!({"data": data, "error": "400", "message": "validation error"});
        let answer = Answer {
            status: 400,
            body: body.to_string().into_bytes(),
        };
        refusal(&answer, |field| field).to_string()
    }

    #[test]
    fn every_way_of_naming_a_field_is_understood() {
        let long = json!({"maxLength": {"message": "too long", "target": 35}});
        for data in [
            json!({"caller_id%2Einternal%2Ename": long}),
            json!({"caller_id.internal.name": long}),
            json!({"caller_id": {"internal": {"name": long}}}),
        ] {
            assert_eq!(
                told(&data),
                "the portal refused: validation error; caller_id.internal.name: too long"
            );
        }
    }

    #[test]
    fn a_cause_without_a_field_is_told() {
        assert_eq!(
            told(&json!("not_reconcilable")),
            "the portal refused: validation error: not_reconcilable"
        );
        let empty = Answer {
            status: 400,
            body: Vec::new(),
        };
        let Error::Refused { detail, .. } = refusal(&empty, |field| field) else {
            panic!("a refusal");
        };
        assert_eq!(detail, "the status is 400");
    }
}
