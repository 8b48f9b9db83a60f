//! A *fake server* is an HTTP server for tests: it records every request and sends the response that the
//! test chooses. It can also truncate a response, close the connection, or never respond.

use super::{
    Credentials, Location, Target,
    http::{Base, Client, RateLimit},
};
use crate::{config::PortalKind, profile::Profile};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, BufStream},
    net::{TcpListener, TcpStream},
};

/// A request that the server received.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: serde_json::Value,
}

/// The server's reaction to a request.
#[derive(Clone, Debug)]
pub(super) enum Reply {
    /// A response: its status, headers and body.
    Response(u16, Vec<(&'static str, String)>, String),
    /// A response whose body is cut off in the middle.
    Truncated(Box<Self>),
    /// The connection is closed without a response.
    Closed,
    /// The connection stays open without a response.
    NoResponse,
}

impl Reply {
    pub(super) fn json(status: u16, body: &serde_json::Value) -> Self {
        let kind = if status < 400 { "json" } else { "problem+json" };
        let media_type = ("Content-Type", format!("application/{kind}"));
        Self::Response(status, vec![media_type], body.to_string())
    }

    pub(super) fn html(status: u16) -> Self {
        let media_type = ("Content-Type", "text/html; charset=utf-8".to_owned());
        Self::Response(status, vec![media_type], "<h1>Gateway</h1>".to_owned())
    }

    pub(super) fn with(mut self, name: &'static str, value: &str) -> Self {
        if let Self::Response(_, headers, _) = &mut self {
            headers.push((name, value.to_owned()));
        }
        self
    }
}

/// An HTTP server for tests. It stops with its runtime.
pub(super) struct FakeServer {
    pub(super) url: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl FakeServer {
    /// The server as the target of an adapter that needs a token, with a portal's profile.
    pub(super) fn target(&self, profile: &str) -> Target {
        Target {
            profile: Profile::named(profile),
            // Whoever opens an adapter itself needs no row among the portals.
            kind: PortalKind::Scim,
            location: Location::Url(self.url.clone()),
            tenant: None,
            credentials: Credentials::Token("open sesame".into()),
            rate_limit: None,
            charges: None,
            scim: None,
        }
    }

    /// A server that has stopped, so connections are refused.
    pub(super) async fn stopped() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::default();
        Self { url, requests }
    }

    /// Starts a server that sends `replies` in order, and then repeats the last one.
    pub(super) async fn script(replies: impl IntoIterator<Item = Reply>) -> Self {
        let mut replies: VecDeque<_> = replies.into_iter().collect();
        Self::start(move |_| match replies.len() {
            1 => replies[0].clone(),
            _ => replies.pop_front().unwrap(),
        })
        .await
    }

    /// Starts a server that answers each request with the result of `handler`.
    pub(super) async fn start(handler: impl FnMut(&Request) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests: Arc<Mutex<Vec<Request>>> = Arc::default();
        let (handler, received) = (Arc::new(Mutex::new(handler)), Arc::clone(&requests));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (handler, received) = (Arc::clone(&handler), Arc::clone(&received));
                tokio::spawn(async move {
                    let mut stream = BufStream::new(stream);
                    let Some(request) = read_request(&mut stream).await else {
                        return;
                    };
                    received.lock().unwrap().push(request.clone());
                    let reply = (handler.lock().unwrap())(&request);
                    write_reply(&mut stream, reply).await;
                });
            }
        });
        Self { url, requests }
    }

    pub(super) fn client(&self, rate_limit: RateLimit) -> Client {
        let base = Base::parse(&self.url).unwrap();
        let token = "open sesame".into();
        Client::new(base, Some(&token), rate_limit)
            .unwrap()
            .without_delays()
    }

    pub(super) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

async fn read_request(stream: &mut BufStream<TcpStream>) -> Option<Request> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap();
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let method = first.next()?.to_owned();
    let target = first.next()?;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let (path, query) = (path.to_owned(), query.to_owned());
    let headers: BTreeMap<_, _> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers
        .get("content-length")
        .map_or(0, |n| n.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(Request {
        method,
        path,
        query,
        headers,
        body: serde_json::from_slice(&body).unwrap_or_default(),
    })
}

async fn write_reply(stream: &mut BufStream<TcpStream>, reply: Reply) {
    let (reply, is_truncated) = match reply {
        Reply::Truncated(reply) => (*reply, true),
        reply => (reply, false),
    };
    let Reply::Response(status, headers, mut body) = reply else {
        if matches!(reply, Reply::NoResponse) {
            std::future::pending::<()>().await;
        }
        return;
    };
    let mut head = vec![
        format!("HTTP/1.1 {status} X"),
        "Connection: close".to_owned(),
    ];
    if status != 204 {
        head.push(format!("Content-Length: {}", body.len()));
    }
    head.extend(
        headers
            .into_iter()
            .map(|(name, value)| format!("{name}: {value}")),
    );
    if is_truncated {
        body.truncate(body.len() / 2);
    }
    // The client may have closed the connection; the test checks that itself.
    drop(
        stream
            .write_all(format!("{}\r\n\r\n{body}", head.join("\r\n")).as_bytes())
            .await,
    );
    drop(stream.flush().await);
}
