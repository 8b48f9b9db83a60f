//! A *fake* is a portal that is made of its OpenAPI document: which paths exist, what may be sent to each, and
//! what is returned. What the document doesn't say is in [`Manners`]. Objects are kept in memory.
//!
//! Every answer of the fake is validated too: one that violates the document fails the test.

mod act;
mod check;
mod contracts;
mod document;
mod form;
mod manners;
mod own;
mod page;
mod rate_limit;
mod store;

use crate::served::Served;
use act::World;
use axum::{
    body::{Body, Bytes, to_bytes},
    extract::Request,
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};
use serde_json::{Map, Value as Json};
use std::{
    sync::{Arc, Mutex, MutexGuard},
    thread,
};

pub(crate) use manners::{Habit, Manners, Paging, Put};
pub(crate) use rate_limit::Bucket;
pub(crate) use store::Store;

/// A request as it is understood.
pub(super) struct Asked {
    method: String,
    /// Without the query, each segment in its one spelling.
    path: String,
    /// The path and the query as they were sent.
    target: String,
    query: Map<String, Json>,
    headers: HeaderMap,
    token: Option<String>,
    body: Bytes,
}

impl Asked {
    async fn read(request: Request) -> Self {
        let (parts, body) = request.into_parts();
        let segments = parts.uri.path().trim_end_matches('/').split('/');
        let segments: Vec<String> = segments
            .map(|segment| form::encoded(&form::decoded(segment, false)))
            .collect();
        let authorization = parts.headers.get(header::AUTHORIZATION);
        let authorization = authorization.and_then(|value| value.to_str().ok());
        let token = authorization.and_then(|value| value.strip_prefix("Bearer "));
        Self {
            method: parts.method.to_string(),
            path: segments.join("/"),
            target: parts.uri.to_string(),
            query: form::urlencoded(parts.uri.query().unwrap_or_default()),
            token: token.map(str::to_owned),
            headers: parts.headers,
            body: to_bytes(body, 64 << 20).await.unwrap_or_default(),
        }
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// An answer: without a body if that is null.
#[derive(Clone, Debug, Default)]
pub(super) struct Answered {
    status: u16,
    body: Json,
    etag: Option<String>,
}

impl Answered {
    fn into_response(self) -> Response {
        let text = match &self.body {
            Json::Null => String::new(),
            body => body.to_string(),
        };
        let mut response = Response::new(Body::from(text));
        *response.status_mut() = self.status.try_into().expect("a status");
        let headers = response.headers_mut();
        if !self.body.is_null() {
            headers.insert(
                header::CONTENT_TYPE,
                HeaderValue::from_static("application/json"),
            );
        }
        if let Some(etag) = self.etag {
            let etag = HeaderValue::from_str(&etag).expect("an entity tag");
            headers.insert(header::ETAG, etag);
        }
        response
    }
}

/// A request with the status of its answer.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) body: Json,
    /// The path and the query as they were sent.
    pub(crate) target: String,
    /// The media type of the body.
    pub(crate) media: String,
    /// The body as it was sent.
    pub(crate) raw: Bytes,
    pub(crate) status: u16,
    /// Why it was refused.
    pub(crate) fault: Option<String>,
}

/// The server. It stops when it is dropped.
pub(crate) struct Fake {
    pub(crate) url: String,
    world: Arc<Mutex<World>>,
    _served: Served,
}

impl Fake {
    /// A portal with this document. The paths are those of the document, without its servers.
    pub(crate) fn start(document: Json, manners: Manners) -> Self {
        let world = Arc::new(Mutex::new(World::new(document, manners)));
        let shared = Arc::clone(&world);
        let served = Served::start(move |request| {
            let world = Arc::clone(&shared);
            async move {
                let asked = Asked::read(request).await;
                let answered = world.lock().unwrap().answer(&asked);
                answered.into_response()
            }
        });
        Self {
            url: served.url.clone(),
            world,
            _served: served,
        }
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    /// Creates an object at a path, as an administrator would.
    pub(crate) fn seed(&self, path: &str, object: &Json) {
        let fields = object.as_object().expect("an object").clone();
        self.world().store.put(path, fields);
    }

    /// The object at a path.
    pub(crate) fn object(&self, path: &str) -> Option<Json> {
        let world = self.world();
        let object = world.store.get(path)?;
        Some(object.fields.clone().into())
    }

    /// The number of objects in a collection.
    pub(crate) fn count(&self, collection: &str) -> usize {
        self.world().store.count(collection)
    }

    /// The number of objects of all collections with a name, within the objects of another one.
    pub(crate) fn count_below(&self, collection: &str, name: &str) -> usize {
        self.world().store.count_below(collection, name)
    }

    /// All requests so far.
    pub(crate) fn requests(&self) -> Vec<Seen> {
        self.world().seen.clone()
    }

    /// The requests that violate neither the document nor what the portal holds, as they were sent.
    pub(crate) fn accepted(&self) -> Vec<Seen> {
        let seen = self.requests().into_iter();
        seen.filter(|one| (200..300).contains(&one.status))
            .collect()
    }

    /// The paths of all objects below one.
    pub(crate) fn paths(&self, below: &str) -> Vec<String> {
        self.world().store.paths(below)
    }

    /// The answers that violate the document.
    pub(crate) fn lies(&self) -> Vec<String> {
        self.world().lies.clone()
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        if !thread::panicking() {
            assert_eq!(self.lies(), [""; 0], "the fake violates its document");
        }
    }
}
