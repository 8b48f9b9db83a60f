//! A *problem* is an error response (RFC 9457), with the errors of each field for an invalid body. It never
//! contains a secret.

use super::store;
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

/// The reason of an error response.
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
    /// The status, the suffix of the type, and the title.
    fn parts(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::Malformed => (
                StatusCode::BAD_REQUEST,
                "malformed",
                "The request is malformed",
            ),
            Self::Unauthorized => (
                StatusCode::UNAUTHORIZED,
                "unauthorized",
                "The token is missing or wrong",
            ),
            Self::Forbidden => (
                StatusCode::FORBIDDEN,
                "forbidden",
                "The token doesn't allow this",
            ),
            Self::NotFound => (StatusCode::NOT_FOUND, "not-found", "Not found"),
            Self::NotAllowed => (
                StatusCode::METHOD_NOT_ALLOWED,
                "method-not-allowed",
                "Method not allowed",
            ),
            Self::Taken => (StatusCode::CONFLICT, "taken", "The value is taken"),
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
                "Unsupported media type",
            ),
            Self::Invalid => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "invalid",
                "The body is not valid",
            ),
            Self::Broken => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "broken",
                "Internal error",
            ),
        }
    }
}

/// The error code of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Code {
    /// The value is invalid.
    Invalid,
    /// The field is required.
    Required,
    /// Another object has the value.
    Taken,
    /// The field or the referenced object doesn't exist.
    Unknown,
}

/// An error of a field.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct FieldError {
    pub(super) field: String,
    pub(super) code: Code,
    pub(super) message: String,
}

impl FieldError {
    pub(super) fn new(field: impl Into<String>, code: Code, message: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            code,
            message: message.into(),
        }
    }
}

/// An error response.
#[derive(Debug)]
pub(super) struct Problem {
    reason: Reason,
    detail: Option<String>,
    errors: Vec<FieldError>,
    /// The methods that the path supports, if the request had another one.
    allow: Option<&'static str>,
}

/// The JSON form of a problem.
#[derive(Serialize)]
struct Wire<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldError],
}

impl Problem {
    pub(super) fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self {
            reason,
            detail: Some(detail.into()),
            errors: Vec::new(),
            allow: None,
        }
    }

    /// Creates a problem with the errors of a body, sorted by field and without duplicates.
    pub(super) fn invalid(reason: Reason, mut errors: Vec<FieldError>) -> Self {
        errors.sort();
        errors.dedup();
        let count = errors.len();
        let plural = if count == 1 { "field" } else { "fields" };
        Self {
            reason,
            detail: Some(format!("{count} {plural} can't be accepted.")),
            errors,
            allow: None,
        }
    }

    /// A method that a path doesn't support, and those that it does.
    pub(super) fn not_allowed(detail: impl Into<String>, allow: &'static str) -> Self {
        Self {
            allow: Some(allow),
            ..Self::new(Reason::NotAllowed, detail)
        }
    }

    /// An internal error.
    pub(super) fn internal() -> Self {
        Self {
            reason: Reason::Broken,
            detail: None,
            errors: Vec::new(),
            allow: None,
        }
    }

    #[cfg(test)]
    pub(super) fn into_errors(self) -> Vec<FieldError> {
        self.errors
    }
}

/// Database errors are logged and reported as internal errors.
impl From<store::Error> for Problem {
    fn from(error: store::Error) -> Self {
        tracing::error!(error = %error, "the sandbox's store failed");
        Self::internal()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, slug, title) = self.reason.parts();
        let wire = Wire {
            r#type: format!("urn:callsheet:problem:{slug}"),
            title,
            status: status.as_u16(),
            detail: self.detail.as_deref(),
            errors: &self.errors,
        };
        let body = serde_json::to_vec(&wire).expect("a problem is plain data");
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if let Some(allow) = self.allow {
            headers.insert(header::ALLOW, HeaderValue::from_static(allow));
        }
        if self.reason == Reason::Unauthorized {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
