//! The *page* that a browser shows at `/`, and its data for whoever has a token. What is on it is not the sandbox's
//! business: whoever serves the sandbox brings it along.

use super::{
    access,
    problem::{Problem, Reason},
};
use axum::{
    Router,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::get,
};
use secrecy::SecretString;
use sha2::{Digest as _, Sha256};
use std::{fmt::Write as _, pin::Pin, sync::Arc};

/// The data of a page, or why there is none.
pub type PageData = Pin<Box<dyn Future<Output = Result<Vec<u8>, String>> + Send>>;

/// A page at `/`.
#[derive(Clone)]
pub struct Page {
    /// The document; it asks for its data at `/data`.
    pub shell: String,
    /// Its data as JSON, as the holder of a token may see it.
    pub data: Arc<dyn Fn(SecretString) -> PageData + Send + Sync>,
}

/// The routes of a page.
pub(super) fn routes(page: Page) -> Router {
    Router::new()
        .route("/", get(shell))
        .route("/data", get(data))
        .with_state(page)
}

async fn shell(State(page): State<Page>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, "frame-ancestors 'none'"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, page.shell).into_response()
}

async fn data(State(page): State<Page>, headers: HeaderMap) -> Result<Response, Problem> {
    let token = access::bearer(&headers).unwrap_or_default();
    let data = (page.data)(SecretString::from(token)).await;
    let data = data.map_err(|reason| Problem::new(Reason::Forbidden, &reason))?;
    let mut tag = "\"".to_owned();
    for byte in Sha256::digest(&data) {
        // Writing to a string can't fail.
        _ = write!(tag, "{byte:02x}");
    }
    tag.push('"');
    let known = headers.get(header::IF_NONE_MATCH);
    if known.is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return Ok(StatusCode::NOT_MODIFIED.into_response());
    }
    let tag = HeaderValue::from_str(&tag).expect("a digest is plain text");
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::ETAG, tag),
    ];
    Ok((headers, data).into_response())
}
