//! What a portal was *asked*: a request, before the portal understands it.

use super::form;
use axum::{
    body::{Bytes, to_bytes},
    extract::Request,
    http::HeaderMap,
};
use serde_json::{Map, Value as Json};

#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    /// Without the query, each segment in its one spelling.
    pub(crate) path: String,
    /// The path and the query as they were sent.
    pub(crate) target: String,
    pub(crate) query: Map<String, Json>,
    headers: HeaderMap,
    /// The body as it was sent.
    pub(crate) raw: Bytes,
}

impl Asked {
    pub(super) async fn read(request: Request) -> Self {
        let (parts, body) = request.into_parts();
        let segments = parts.uri.path().trim_end_matches('/').split('/');
        let segments: Vec<String> = segments
            .map(|segment| form::encoded(&form::decoded(segment, false)))
            .collect();
        Self {
            method: parts.method.to_string(),
            path: segments.join("/"),
            target: parts.uri.to_string(),
            query: form::urlencoded(parts.uri.query().unwrap_or_default()),
            headers: parts.headers,
            raw: to_bytes(body, 64 << 20).await.unwrap_or_default(),
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The media type of the body.
    pub(crate) fn media(&self) -> &str {
        self.header("content-type").unwrap_or_default()
    }

    /// The bearer's token.
    pub(super) fn token(&self) -> Option<&str> {
        self.header("authorization")?.strip_prefix("Bearer ")
    }

    /// Whether the request is for another revision of an object than the current one.
    pub(crate) fn is_stale(&self, current: &str) -> bool {
        let seen = self.header("if-match").filter(|seen| *seen != "*");
        seen.is_some_and(|seen| seen != format!("\"{current}\""))
    }

    /// A parameter of the query.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.get(name)?.as_str()
    }
}
