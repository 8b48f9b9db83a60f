//! A *host* serves a portal: it reads the requests, and records each with what came of it. The portal's answers are
//! checked too: one that violates the portal's own contract fails the test.

use super::Asked;
use crate::served::Served;
use axum::{
    body::Body,
    http::{HeaderValue, header},
    response::Response,
};
use serde_json::Value as Json;
use std::{
    ops::Deref,
    sync::{Arc, Mutex, MutexGuard},
    thread,
};

/// An answer, and what a test learns with it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    /// There is no body if it is null.
    pub(crate) body: Json,
    pub(crate) headers: Vec<(&'static str, String)>,
    /// The body of the request as it was understood.
    pub(crate) sent: Json,
    /// Why the request was refused.
    pub(crate) fault: Option<String>,
    /// How the answer violates the portal's contract.
    pub(crate) lies: Vec<String>,
}

/// A request, and what came of it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    asked: Asked,
    /// The body as it was understood: null if there was none.
    pub(crate) body: Json,
    pub(crate) status: u16,
    /// Why it was refused.
    pub(crate) fault: Option<String>,
}

impl Deref for Seen {
    type Target = Asked;

    fn deref(&self) -> &Asked {
        &self.asked
    }
}

#[derive(Default)]
struct Record {
    seen: Vec<Seen>,
    lies: Vec<String>,
}

impl Record {
    fn add(&mut self, asked: Asked, answered: Answered) -> Response {
        let Answered {
            status,
            body,
            headers,
            sent,
            fault,
            lies,
        } = answered;
        let place = format!("{} {} {status}", asked.method, asked.path);
        let lies = lies.into_iter().map(|lie| format!("{place}: {lie}"));
        self.lies.extend(lies);
        self.seen.push(Seen {
            asked,
            body: sent,
            status,
            fault,
        });
        response(status, &body, headers)
    }
}

fn response(status: u16, body: &Json, own: Vec<(&'static str, String)>) -> Response {
    let text = match body {
        Json::Null => String::new(),
        body => body.to_string(),
    };
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status.try_into().expect("a status");
    let headers = response.headers_mut();
    if !body.is_null() {
        let json = HeaderValue::from_static("application/json");
        headers.insert(header::CONTENT_TYPE, json);
    }
    for (name, value) in own {
        headers.insert(name, value.try_into().expect("the value of a header"));
    }
    response
}

/// The server of a portal. It stops when it is dropped.
pub(crate) struct Host<Portal> {
    pub(crate) url: String,
    portal: Arc<Mutex<Portal>>,
    record: Arc<Mutex<Record>>,
    _served: Served,
}

impl<Portal: Send + 'static> Host<Portal> {
    /// Serves a portal with what answers a request. It may change the request into the one that is meant.
    pub(crate) fn serve(portal: Portal, answer: fn(&mut Portal, &mut Asked) -> Answered) -> Self {
        let portal = Arc::new(Mutex::new(portal));
        let record: Arc<Mutex<Record>> = Arc::default();
        let shared = (Arc::clone(&portal), Arc::clone(&record));
        let served = Served::start(move |request| {
            let (portal, record) = shared.clone();
            async move {
                let mut asked = Asked::read(request).await;
                let mut portal = portal.lock().unwrap();
                let answered = answer(&mut portal, &mut asked);
                record.lock().unwrap().add(asked, answered)
            }
        });
        Self {
            url: served.url.clone(),
            portal,
            record,
            _served: served,
        }
    }
}

impl<Portal> Host<Portal> {
    /// The portal, as its administrator sees it.
    pub(crate) fn portal(&self) -> MutexGuard<'_, Portal> {
        self.portal.lock().unwrap()
    }

    /// All requests so far.
    pub(crate) fn requests(&self) -> Vec<Seen> {
        self.record.lock().unwrap().seen.clone()
    }

    /// The requests that were granted.
    pub(crate) fn accepted(&self) -> Vec<Seen> {
        let seen = self.requests().into_iter();
        seen.filter(|one| (200..300).contains(&one.status))
            .collect()
    }

    /// Forgets the requests so far.
    pub(crate) fn forget(&self) {
        self.record.lock().unwrap().seen.clear();
    }

    /// The answers that violate the portal's contract.
    pub(crate) fn lies(&self) -> Vec<String> {
        self.record.lock().unwrap().lies.clone()
    }
}

impl<Portal> Drop for Host<Portal> {
    fn drop(&mut self) {
        if !thread::panicking() {
            assert_eq!(self.lies(), [""; 0], "the fake violates its own contract");
        }
    }
}
