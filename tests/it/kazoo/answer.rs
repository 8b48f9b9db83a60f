//! An *answer* is the server's reply: a status, data, and the envelope around it.

use super::{
    Dialect,
    ask::Ask,
    document::Doc,
    world::{hex, now},
};
use crate::fake::Answered;
use serde_json::{Map, Value, json};
use std::ops::{Deref, DerefMut};

/// The start key of a page, the next start key, and the number of rows.
#[derive(Default)]
pub(super) struct Page {
    pub(super) size: Option<usize>,
    pub(super) start: Option<String>,
    pub(super) next: Option<String>,
}

/// The content before it is put into the envelope.
#[derive(Default)]
pub(super) struct Said {
    pub(super) status: u16,
    pub(super) data: Value,
    /// The documents in the data with their collections, whose schemas they must match.
    pub(super) told: Vec<(String, Value)>,
    /// The name of the error; `None` for a success.
    pub(super) error: Option<&'static str>,
    pub(super) revision: Option<String>,
    /// Whether the revision is also sent as a header.
    pub(super) has_etag: bool,
    pub(super) location: Option<String>,
    pub(super) page: Page,
    /// A new token for the client.
    pub(super) token: Option<String>,
    /// The metadata of a document in 5.x: its ID, and when it was created and changed.
    pub(super) metadata: Option<Value>,
    /// Whether a refusal has no body.
    pub(super) is_empty: bool,
}

/// A boxed answer, small enough for an error type.
pub(super) struct Reply(Box<Said>);

impl Deref for Reply {
    type Target = Said;

    fn deref(&self) -> &Said {
        &self.0
    }
}

impl DerefMut for Reply {
    fn deref_mut(&mut self) -> &mut Said {
        &mut self.0
    }
}

/// A success, or a refusal.
pub(super) type Outcome = Result<Reply, Reply>;

impl Reply {
    pub(super) fn ok(data: Value) -> Self {
        Self(Box::new(Said {
            status: 200,
            data,
            ..Said::default()
        }))
    }

    /// A list that has no pages. Its digest is of the whole answer, which is never the same twice.
    pub(super) fn rows(rows: Vec<Value>) -> Self {
        let count = rows.len();
        Self::ok(rows.into()).etag(&hex()).sized(count)
    }

    /// A document as it is returned, with its revision.
    pub(super) fn document(doc: Doc<'_>, data: Value) -> Self {
        let mut reply = Self::ok(data.clone()).revision(&doc.revision());
        reply.tell(doc, data);
        reply.metadata = Some(doc.metadata());
        reply
    }

    /// Notes that the data contains a document.
    pub(super) fn tell(&mut self, doc: Doc<'_>, document: Value) {
        if doc.is_valid() {
            self.told.push((doc.kind().to_owned(), document));
        }
    }

    pub(super) fn error(status: u16, error: &'static str, data: Value) -> Self {
        Self(Box::new(Said {
            status,
            data,
            error: Some(error),
            ..Said::default()
        }))
    }

    pub(super) fn empty(status: u16) -> Self {
        Self(Box::new(Said {
            status,
            is_empty: true,
            ..Said::default()
        }))
    }

    /// Validation errors by field.
    pub(super) fn invalid(faults: Map<String, Value>) -> Self {
        Self::error(400, "validation error", faults.into())
    }

    pub(super) fn unauthorized() -> Self {
        Self::error(
            401,
            "invalid_credentials",
            json!({"message": "invalid credentials"}),
        )
    }

    pub(super) fn forbidden() -> Self {
        Self::error(403, "forbidden", json!({"message": "forbidden"}))
    }

    /// The object doesn't exist.
    pub(super) fn no_object(id: &str) -> Self {
        let data = json!({"cause": id, "message": "bad identifier"});
        Self::error(404, "bad_identifier", data)
    }

    /// The path doesn't exist.
    pub(super) fn nowhere() -> Self {
        Self::error(404, "not_found", json!({"message": "not found"}))
    }

    pub(super) fn no_verb() -> Self {
        Self::error(
            405,
            "invalid_method",
            json!({"message": "method not allowed"}),
        )
    }

    pub(super) fn conflict() -> Self {
        let data = json!({"message": "conflicting documents"});
        Self::error(409, "datastore_conflict", data)
    }

    pub(super) fn created(mut self, location: &str) -> Self {
        self.status = 201;
        self.location = Some(location.to_owned());
        self
    }

    pub(super) fn revision(mut self, revision: &str) -> Self {
        self.revision = Some(revision.to_owned());
        self
    }

    pub(super) fn etag(mut self, revision: &str) -> Self {
        self.has_etag = true;
        self.revision(revision)
    }

    pub(super) fn sized(mut self, size: usize) -> Self {
        self.page.size = Some(size);
        self
    }

    /// Wraps the answer in the envelope.
    pub(super) fn seal(self, ask: &Ask, dialect: Dialect, remaining: Option<u64>) -> Answered {
        let Said {
            status,
            data,
            told: _,
            error,
            revision,
            has_etag,
            location,
            page,
            token,
            metadata,
            is_empty,
        } = *self.0;
        let request_id = hex();
        let etag = revision.as_ref().filter(|_| has_etag);
        let headers = [
            Some(("content-type", "application/json".to_owned())),
            Some(("x-request-id", request_id.clone())),
            etag.map(|etag| ("etag", format!("\"{etag}\""))),
            location.map(|location| ("location", location)),
        ];
        let fault = error.map(|error| format!("{error}: {data}"));
        let mut body = Map::new();
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                body.insert(name.into(), value);
            }
        };
        let is_five = dialect == Dialect::Five;
        let error = error.map(|error| match error {
            "validation error" if is_five => "validation failed",
            error => error,
        });
        let timestamp = jiff::Timestamp::from_second(now()).expect("a time");
        put("page_size", page.size.map(Value::from));
        put("start_key", page.start.map(Value::from));
        put("next_start_key", page.next.map(Value::from));
        put("data", Some(data));
        put("error", error.map(|_| status.to_string().into()));
        put("message", error.map(Value::from));
        put("revision", revision.map(Value::from));
        put("timestamp", Some(timestamp.to_string().into()));
        put(
            "version",
            Some(if is_five { "5.4.0" } else { "4.0.0" }.into()),
        );
        put("node", Some("bm9kZSBvZiB0ZXN0cw".into()));
        put("request_id", Some(request_id.into()));
        let word = if error.is_some() { "error" } else { "success" };
        put("status", Some(word.into()));
        let token = token.unwrap_or_else(|| ask.token().to_owned());
        put("auth_token", Some(token.into()));
        if is_five {
            put("metadata", Some(metadata.unwrap_or_else(|| json!({}))));
            put(
                "tokens",
                Some(json!({"consumed": 1, "remaining": remaining.unwrap_or(100)})),
            );
        }
        let body = match is_empty {
            true => Value::Null,
            false => body.into(),
        };
        Answered {
            status,
            body,
            headers: headers.into_iter().flatten().collect(),
            fault,
            ..Answered::default()
        }
    }
}
