//! A *problem* is the answer to a request that can't be met (RFC 9457): what is wrong, field by field
//! where it is a body. It never repeats a value that was sent as a secret.

use super::store;
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

/// Why a request can't be met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    Malformed,
    Unauthorized,
    Forbidden,
    NotFound,
    NotAllowed,
    Taken,
    Stale,
    TooLarge,
    NotJson,
    Invalid,
    Broken,
}

impl Reason {
    /// Its status, the end of its type's name, and its title.
    fn told(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::Malformed => (
                StatusCode::BAD_REQUEST,
                "malformed",
                "The request can't be read",
            ),
            Self::Unauthorized => (
                StatusCode::UNAUTHORIZED,
                "unauthorized",
                "The token is missing or wrong",
            ),
            Self::Forbidden => (StatusCode::FORBIDDEN, "forbidden", "That is not allowed"),
            Self::NotFound => (StatusCode::NOT_FOUND, "not-found", "There is no such thing"),
            Self::NotAllowed => (
                StatusCode::METHOD_NOT_ALLOWED,
                "method-not-allowed",
                "That can't be done here",
            ),
            Self::Taken => (StatusCode::CONFLICT, "taken", "Somebody else has it"),
            Self::Stale => (
                StatusCode::PRECONDITION_FAILED,
                "stale",
                "The object has changed",
            ),
            Self::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "too-large",
                "The body is too large",
            ),
            Self::NotJson => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "not-json",
                "The body is of the wrong type",
            ),
            Self::Invalid => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "invalid",
                "The body is not valid",
            ),
            Self::Broken => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "broken",
                "The portal is out of order",
            ),
        }
    }
}

/// What is wrong with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Code {
    /// Its value can't be taken.
    Invalid,
    /// It isn't there, and must be.
    Required,
    /// Another object has its value.
    Taken,
    /// There is no such field, or it refers to what isn't there.
    Unknown,
}

/// A field and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Fault {
    pub(super) field: String,
    pub(super) code: Code,
    pub(super) message: String,
}

impl Fault {
    pub(super) fn new(field: impl Into<String>, code: Code, message: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            code,
            message: message.into(),
        }
    }
}

/// The answer to a request that can't be met.
#[derive(Debug)]
pub(super) struct Problem {
    reason: Reason,
    detail: Option<String>,
    faults: Vec<Fault>,
}

/// A problem on the wire.
#[derive(Serialize)]
struct Wire<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [Fault],
}

impl Problem {
    pub(super) fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self {
            reason,
            detail: Some(detail.into()),
            faults: Vec::new(),
        }
    }

    /// Everything that is wrong with a body, each fault once and in order of field.
    pub(super) fn faults(reason: Reason, mut faults: Vec<Fault>) -> Self {
        faults.sort();
        faults.dedup();
        let count = faults.len();
        let plural = if count == 1 { "field" } else { "fields" };
        Self {
            reason,
            detail: Some(format!("{count} {plural} can't be taken.")),
            faults,
        }
    }

    /// Nothing that the client can mend.
    pub(super) fn broken() -> Self {
        Self {
            reason: Reason::Broken,
            detail: None,
            faults: Vec::new(),
        }
    }

    #[cfg(test)]
    pub(super) fn into_faults(self) -> Vec<Fault> {
        self.faults
    }
}

/// What is wrong with the database is logged, not told: it is nothing that the client can mend.
impl From<store::Error> for Problem {
    fn from(error: store::Error) -> Self {
        tracing::error!(error = %error, "the sandbox's store failed");
        Self::broken()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, slug, title) = self.reason.told();
        let wire = Wire {
            r#type: format!("urn:callsheet:problem:{slug}"),
            title,
            status: status.as_u16(),
            detail: self.detail.as_deref(),
            errors: &self.faults,
        };
        let body = serde_json::to_vec(&wire).expect("a problem is plain data");
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if self.reason == Reason::Unauthorized {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
