//! A *request* as the server parses it: a method, path segments, a query, and a body.

use axum::{
    body::to_bytes,
    extract::{Query, Request},
    http::request::Parts,
};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The maximum size of a body.
const LARGEST: usize = 8_000_000;

/// The body of a request.
pub(super) enum Body {
    Nothing,
    TooLarge,
    Malformed,
    Json(Value),
}

pub(super) struct Ask {
    pub(super) method: String,
    pub(super) path: String,
    /// The path after `/v2`, decoded once.
    pub(super) segments: Vec<String>,
    pub(super) query: BTreeMap<String, String>,
    pub(super) body: Body,
    pub(super) token: Option<String>,
    pub(super) if_match: Option<String>,
    pub(super) if_none_match: Option<String>,
}

impl Ask {
    pub(super) async fn read(request: Request) -> Self {
        let (parts, body) = request.into_parts();
        let Parts {
            method,
            uri,
            headers,
            ..
        } = parts;
        let body = match to_bytes(body, 64 << 20).await {
            Ok(bytes) if bytes.is_empty() => Body::Nothing,
            Ok(bytes) if bytes.len() > LARGEST => Body::TooLarge,
            Ok(bytes) => serde_json::from_slice(&bytes).map_or(Body::Malformed, Body::Json),
            Err(_) => Body::TooLarge,
        };
        let header = |name: &str| Some(headers.get(name)?.to_str().ok()?.to_owned());
        let query = Query::<Vec<(String, String)>>::try_from_uri(&uri);
        let query: BTreeMap<_, _> = query
            .map(|Query(pairs)| pairs)
            .unwrap_or_default()
            .into_iter()
            .collect();
        let mut method = method.to_string();
        // A POST may say that it is another verb.
        let verb = query.get("verb").cloned().or_else(|| match &body {
            Body::Json(body) => Some(body["verb"].as_str()?.to_owned()),
            Body::Nothing | Body::TooLarge | Body::Malformed => None,
        });
        if let Some(verb) = verb.filter(|_| method == "POST") {
            method = verb.to_ascii_uppercase();
        }
        let segments = uri.path().split('/').filter(|segment| !segment.is_empty());
        Self {
            method,
            path: uri.path().to_owned(),
            segments: segments.map(decoded).collect(),
            query,
            body,
            token: header("x-auth-token"),
            if_match: header("if-match"),
            if_none_match: header("if-none-match"),
        }
    }

    /// The body's `data` if it is an object, otherwise an empty object.
    pub(super) fn data(&self) -> Map<String, Value> {
        match self.raw() {
            Value::Object(data) => data.clone(),
            _ => Map::new(),
        }
    }

    /// The body's `data`.
    pub(super) fn raw(&self) -> &Value {
        match &self.body {
            Body::Json(body) => &body["data"],
            Body::Nothing | Body::TooLarge | Body::Malformed => &Value::Null,
        }
    }

    /// Whether the client accepts charges.
    pub(super) fn accepts_charges(&self) -> bool {
        match &self.body {
            Body::Json(body) => body["accept_charges"] == true,
            Body::Nothing | Body::TooLarge | Body::Malformed => false,
        }
    }

    pub(super) fn asks(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }
}

/// Decodes a percent-encoded path segment.
pub(super) fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        let digits = rest.get(at + 1..at + 3);
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &rest[at + 3..];
            }
            None => {
                bytes.push(b'%');
                rest = &rest[at + 1..];
            }
        }
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}
