//! A *stage* is a portal for tests: it hears every call, answers what the test says, and can also cut
//! an answer short, hang up, or say nothing at all.

use super::http::{Base, Client, RateLimit};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, BufStream},
    net::{TcpListener, TcpStream},
};

/// One request as it arrived.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: BTreeMap<String, String>,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: serde_json::Value,
}

/// What comes back.
#[derive(Clone, Debug)]
pub(super) enum Reply {
    /// An answer: its status, its headers, its body.
    Said(u16, Vec<(&'static str, String)>, String),
    /// Half of that.
    Half(Box<Self>),
    /// The connection is closed.
    HungUp,
    /// Nothing, and the connection stays open.
    Silence,
}

impl Reply {
    pub(super) fn json(status: u16, body: &serde_json::Value) -> Self {
        let kind = if status < 400 { "json" } else { "problem+json" };
        let media_type = ("Content-Type", format!("application/{kind}"));
        Self::Said(status, vec![media_type], body.to_string())
    }

    pub(super) fn html(status: u16) -> Self {
        let media_type = ("Content-Type", "text/html; charset=utf-8".to_owned());
        Self::Said(status, vec![media_type], "<h1>Gateway</h1>".to_owned())
    }

    pub(super) fn with(mut self, name: &'static str, value: &str) -> Self {
        if let Self::Said(_, headers, _) = &mut self {
            headers.push((name, value.to_owned()));
        }
        self
    }
}

/// A portal for tests; it ends with its runtime.
pub(super) struct Stage {
    pub(super) url: String,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Stage {
    /// Answers whatever `play` says.
    pub(super) async fn start(play: impl FnMut(&Call) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let calls: Arc<Mutex<Vec<Call>>> = Arc::default();
        let (play, heard) = (Arc::new(Mutex::new(play)), Arc::clone(&calls));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (play, heard) = (Arc::clone(&play), Arc::clone(&heard));
                tokio::spawn(async move {
                    let mut stream = BufStream::new(stream);
                    let Some(call) = hear(&mut stream).await else {
                        return;
                    };
                    heard.lock().unwrap().push(call.clone());
                    let reply = (play.lock().unwrap())(&call);
                    answer(&mut stream, reply).await;
                });
            }
        });
        Self { url, calls }
    }

    /// Nobody is there any more.
    pub(super) async fn gone() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let calls = Arc::default();
        Self { url, calls }
    }

    /// Answers one after the other, the last one for ever.
    pub(super) async fn script(replies: impl IntoIterator<Item = Reply>) -> Self {
        let mut replies: std::collections::VecDeque<_> = replies.into_iter().collect();
        Self::start(move |_| match replies.len() {
            1 => replies[0].clone(),
            _ => replies.pop_front().unwrap(),
        })
        .await
    }

    pub(super) fn client(&self, rate_limit: RateLimit) -> Client {
        let base = Base::parse(&self.url).unwrap();
        let token = "open sesame".into();
        Client::new(base, Some(&token), rate_limit)
            .unwrap()
            .impatient()
    }

    pub(super) fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }
}

async fn hear(stream: &mut BufStream<TcpStream>) -> Option<Call> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap();
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let method = first.next()?.to_owned();
    let target = reqwest::Url::parse("http://stage")
        .unwrap()
        .join(first.next()?)
        .unwrap();
    let headers: BTreeMap<_, _> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers
        .get("content-length")
        .map_or(0, |n| n.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(Call {
        method,
        path: target.path().to_owned(),
        query: target.query_pairs().into_owned().collect(),
        headers,
        body: serde_json::from_slice(&body).unwrap_or_default(),
    })
}

async fn answer(stream: &mut BufStream<TcpStream>, reply: Reply) {
    let (reply, is_half) = match reply {
        Reply::Half(reply) => (*reply, true),
        reply => (reply, false),
    };
    let Reply::Said(status, headers, mut body) = reply else {
        if matches!(reply, Reply::Silence) {
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
    if is_half {
        body.truncate(body.len() / 2);
    }
    // Whoever asked may be gone; that is theirs to notice.
    drop(
        stream
            .write_all(format!("{}\r\n\r\n{body}", head.join("\r\n")).as_bytes())
            .await,
    );
    drop(stream.flush().await);
}
