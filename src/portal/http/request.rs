//! A *request* is data until it is sent: nothing in it is encoded yet.

use super::{Body, plain};
use reqwest::{Method, header::HeaderName};

/// A request.
#[derive(Clone)]
pub struct Request {
    /// The HTTP method.
    pub method: Method,
    /// The path segments below the base, not yet encoded.
    pub path: Vec<String>,
    /// The query parameters, not yet encoded.
    pub query: Vec<(String, String)>,
    /// Additional headers, such as `Accept`. The credentials aren't among them.
    pub headers: Vec<(HeaderName, String)>,
    /// The expected version of the object, for `If-Match`.
    pub if_match: Option<String>,
    /// The media types of answers that the caller can interpret.
    pub accepts: Media,
    /// The body.
    pub body: Option<Body>,
    /// Whether to omit the credentials, as a login does.
    pub is_anonymous: bool,
}

/// The media types of answers that a caller can interpret. Any other answer is
/// [`Unreadable`](super::super::Error::Unreadable).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Media {
    /// JSON only.
    #[default]
    Json,
    /// JSON, and text except web pages.
    Text,
    /// Anything. The caller decides whether the portal or a proxy answered.
    Any,
    /// Anything, or a redirection, which isn't followed: its address is the location of the answer.
    Redirect,
}

impl Request {
    /// Creates a request without query, precondition or body.
    #[must_use]
    pub fn new(method: Method, path: &[&str]) -> Self {
        Self {
            method,
            path: path.iter().map(|segment| (*segment).to_owned()).collect(),
            query: Vec::new(),
            headers: Vec::new(),
            if_match: None,
            accepts: Media::default(),
            body: None,
            is_anonymous: false,
        }
    }

    /// Adds query parameters.
    #[must_use]
    pub fn with_query(mut self, query: &[(&str, &str)]) -> Self {
        let query = query.iter();
        let query = query.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        self.query.extend(query);
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// Sets the expected version of the object.
    #[must_use]
    pub fn with_if_match(mut self, etag: Option<&str>) -> Self {
        self.if_match = etag.map(str::to_owned);
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn with_body(mut self, body: Body) -> Self {
        self.body = Some(body);
        self
    }

    /// The name of the request in messages.
    pub(super) fn what(&self) -> String {
        plain(&format!("{} /{}", self.method, self.path.join("/")))
    }
}
