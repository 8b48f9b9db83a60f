//! A *faulty portal* is a portal behind a proxy that injects faults when a test requests them: it rejects
//! requests, truncates answers, and modifies pages.
//!
//! The proxy supports minimal HTTP/1.1 with one request per connection. It runs on its own threads, so
//! that tests with a tokio runtime and tests of the binary can use it.

use crate::message::Message;
use serde_json::Value;
use std::{
    io::Write as _,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
};

/// Changes the JSON of an answer.
pub(crate) type Change = fn(&mut Value);

/// A fault in the handling of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// Answered with 429; not forwarded.
    Status429 { retry_after: Option<u32> },
    /// Answered with an internal error; not forwarded.
    Status500,
    /// The connection is closed; not forwarded.
    ResetBeforeSend,
    /// Forwarded, and the connection is closed without an answer.
    ResetAfterCommit,
    /// Forwarded, and the answer is truncated.
    TruncatedBody,
    /// Answered with an HTML page, as by a gateway; not forwarded.
    HtmlPage(u16),
    /// Answered with 401; not forwarded.
    Status401,
    /// Answered with this status as JSON; not forwarded.
    Refused(u16),
    /// Answered with this status and body, as a page if it begins with a tag, otherwise as JSON.
    Answer {
        status: u16,
        body: &'static str,
        is_forwarded: bool,
    },
    /// Forwarded, and the JSON of the answer is changed.
    Changed(Change),
    /// Held until the test releases it, and then forwarded.
    Hold,
    /// Held until the test releases it, and then rejected.
    HoldThenDrop,
    /// Forwarded at once, and the answer is held.
    HoldAnswer,
    /// An object is removed from a page.
    LoseRow,
    /// An object of a page is duplicated.
    RepeatRow,
    /// The total of a page is one too high.
    TotalLies,
}

/// The requests to which a fault applies.
#[derive(Clone, Debug)]
pub(crate) struct Match {
    method: &'static str,
    prefix: String,
    /// Only the n-th of them, counted from 1; all if `None`.
    nth: Option<usize>,
}

impl Match {
    pub(crate) fn new(method: &'static str, prefix: &str) -> Self {
        Self {
            method,
            prefix: prefix.to_owned(),
            nth: None,
        }
    }

    pub(crate) fn get(prefix: &str) -> Self {
        Self::new("GET", prefix)
    }

    pub(crate) fn patch(prefix: &str) -> Self {
        Self::new("PATCH", prefix)
    }

    /// All writes, except logins.
    pub(crate) fn write() -> Self {
        Self::new("WRITE", "/")
    }

    pub(crate) fn delete(prefix: &str) -> Self {
        Self::new("DELETE", prefix)
    }

    pub(crate) fn post(prefix: &str) -> Self {
        Self::new("POST", prefix)
    }

    /// Only the n-th request, counted from 1 since the fault was added.
    pub(crate) fn nth(mut self, nth: usize) -> Self {
        self.nth = Some(nth);
        self
    }
}

/// A gate at which requests are held. A test can wait for them and release them.
#[derive(Default)]
struct Door {
    waiting: Mutex<(usize, bool)>,
    changed: Condvar,
}

impl Door {
    fn wait(&self) {
        let mut state = self.waiting.lock().unwrap();
        state.0 += 1;
        self.changed.notify_all();
        drop(self.changed.wait_while(state, |(_, open)| !*open).unwrap());
    }
}

struct Rule {
    matches: Match,
    fault: Fault,
    seen: usize,
}

#[derive(Default)]
struct Script {
    rules: Vec<Rule>,
    requests: Vec<(String, String)>,
}

impl Script {
    /// Records a request and returns its fault, from the first rule that matches.
    fn next(&mut self, method: &str, path: &str) -> Option<Fault> {
        self.requests.push((method.to_owned(), path.to_owned()));
        let mut due = None;
        for rule in &mut self.rules {
            let is_write = rule.matches.method == "WRITE" && writes(method, path);
            if (is_write || rule.matches.method == method) && path.starts_with(&rule.matches.prefix)
            {
                rule.seen += 1;
                if rule.matches.nth.is_none_or(|nth| nth == rule.seen) {
                    due = due.or(Some(rule.fault));
                }
            }
        }
        due
    }
}

/// Whether a request is a write. A login isn't.
pub(crate) fn writes(method: &str, path: &str) -> bool {
    method != "GET" && !path.ends_with("_auth")
}

/// The proxy. Dropping it stops it.
pub(crate) struct Faulty {
    address: SocketAddr,
    /// The path of the portal's base.
    path: String,
    script: Arc<Mutex<Script>>,
    door: Arc<Door>,
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Faulty {
    /// Starts a proxy for the portal at `url`, without faults.
    pub(crate) fn before(url: &str) -> Self {
        let upstream = url.strip_prefix("http://").expect("a plain address");
        let (upstream, path) = upstream.split_once('/').unwrap_or((upstream, ""));
        let path = format!("/{path}").trim_end_matches('/').to_owned();
        let upstream: SocketAddr = upstream.parse().unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let script = Arc::new(Mutex::new(Script::default()));
        let stopping = Arc::new(AtomicBool::new(false));
        let door = Arc::new(Door::default());
        let (shared, stop) = (Arc::clone(&script), Arc::clone(&stopping));
        let shared_door = Arc::clone(&door);
        let thread = std::thread::spawn(move || {
            for connection in listener.incoming() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                let (script, connection) = (Arc::clone(&shared), connection.unwrap());
                let door = Arc::clone(&shared_door);
                // A client that goes away in the middle is no failure of the test's.
                std::thread::spawn(move || drop(relay(connection, upstream, &script, &door)));
            }
        });
        Self {
            address,
            path,
            script,
            door,
            stopping,
            thread: Some(thread),
        }
    }

    /// The URL of the proxy.
    pub(crate) fn url(&self) -> String {
        format!("http://{}{}", self.address, self.path)
    }

    /// Adds a fault.
    pub(crate) fn fail(&self, matches: Match, fault: Fault) {
        self.script.lock().unwrap().rules.push(Rule {
            matches,
            fault,
            seen: 0,
        });
    }

    /// Removes all faults and recorded requests.
    pub(crate) fn heal(&self) {
        *self.script.lock().unwrap() = Script::default();
    }

    /// Removes the recorded requests.
    pub(crate) fn forget(&self) {
        self.script.lock().unwrap().requests.clear();
    }

    /// Waits until the given number of requests is held.
    pub(crate) fn until_held(&self, count: usize) {
        let state = self.door.waiting.lock().unwrap();
        let few = |state: &mut (usize, bool)| state.0 < count;
        drop(self.door.changed.wait_while(state, few).unwrap());
    }

    /// Releases all requests, including future ones.
    pub(crate) fn release(&self) {
        self.door.waiting.lock().unwrap().1 = true;
        self.door.changed.notify_all();
    }

    /// All requests so far, as method and path with query.
    pub(crate) fn requests(&self) -> Vec<(String, String)> {
        self.script.lock().unwrap().requests.clone()
    }

    /// The number of requests with a method.
    pub(crate) fn count(&self, method: &str) -> usize {
        let requests = self.requests();
        requests.iter().filter(|(known, _)| known == method).count()
    }
}

impl Drop for Faulty {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::SeqCst);
        self.release();
        // The listener waits for a connection; here is one.
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// Handles one connection with one request.
fn relay(
    mut client: TcpStream,
    upstream: SocketAddr,
    script: &Mutex<Script>,
    door: &Door,
) -> std::io::Result<()> {
    let request = Message::read(&client)?;
    let mut words = request.first.split(' ');
    let (method, path) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
    let fault = script.lock().unwrap().next(method, path);
    let forward = || -> std::io::Result<Message> {
        let mut server = TcpStream::connect(upstream)?;
        server.write_all(&request.bytes().0)?;
        Message::read(&server)
    };
    let items = |page: &mut Value, change: &dyn Fn(&mut Vec<Value>)| {
        // The sandbox's word for it, and Kazoo's.
        for name in ["items", "data"] {
            if let Some(Value::Array(items)) = page.get_mut(name)
                && !items.is_empty()
            {
                change(items);
            }
        }
    };
    let answer = match fault {
        None => forward()?,
        Some(Fault::Hold) => {
            door.wait();
            forward()?
        }
        Some(Fault::HoldThenDrop) => {
            door.wait();
            return Ok(());
        }
        Some(Fault::HoldAnswer) => {
            let answer = forward()?;
            door.wait();
            answer
        }
        Some(Fault::Status401) => Message::answer(401, &[], ""),
        Some(Fault::Status429 { retry_after }) => {
            let seconds = retry_after.map(|seconds| seconds.to_string());
            let header = seconds.as_ref().map(|seconds| ("retry-after", &**seconds));
            Message::answer(429, header.as_slice(), "")
        }
        Some(Fault::Status500) => Message::answer(500, &[], ""),
        Some(Fault::HtmlPage(status)) => {
            let page = "<!DOCTYPE html><title>Sorry</title><h1>Sorry</h1>";
            Message::answer(status, &[("content-type", "text/html")], page)
        }
        Some(Fault::Refused(status)) => {
            let said =
                r#"{"message": "not now", "data": {"message": "not now"}, "status": "error"}"#;
            Message::answer(status, &[("content-type", "application/json")], said)
        }
        Some(Fault::Answer {
            status,
            body,
            is_forwarded,
        }) => {
            if is_forwarded {
                forward()?;
            }
            let media = match body.starts_with('<') {
                true => "text/html",
                false if status < 400 => "application/json",
                false => "application/problem+json",
            };
            Message::answer(status, &[("content-type", media)], body)
        }
        Some(Fault::Changed(change)) => {
            let mut answer = forward()?;
            answer.change_page(change);
            answer
        }
        Some(Fault::ResetBeforeSend) => return Ok(()),
        Some(Fault::ResetAfterCommit) => return forward().map(drop),
        Some(Fault::TruncatedBody) => {
            let (bytes, body) = forward()?.bytes();
            let half = usize::midpoint(body, bytes.len());
            return client.write_all(&bytes[..half]);
        }
        Some(Fault::LoseRow) => {
            let mut answer = forward()?;
            answer.change_page(|page| items(page, &|items| drop(items.pop())));
            answer
        }
        Some(Fault::RepeatRow) => {
            let mut answer = forward()?;
            answer.change_page(|page| items(page, &|items| items.push(items[0].clone())));
            answer
        }
        Some(Fault::TotalLies) => {
            let mut answer = forward()?;
            answer.change_page(|page| {
                for name in ["total", "page_size"] {
                    if let Some(total) = page[name].as_i64() {
                        page[name] = (total + 1).into();
                    }
                }
            });
            answer
        }
    };
    client.write_all(&answer.bytes().0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::running::{Answer, Client, Sandbox, WRITE};
    use reqwest::Method;
    use serde_json::json;

    const SCOPES: &str = "/v1/scopes?limit=3";

    async fn get(client: &Client, path: &str) -> Result<Answer, reqwest::Error> {
        Client::send(client.request(Method::GET, path)).await
    }

    async fn make(client: &Client, name: &str) -> Result<Answer, reqwest::Error> {
        let request = client.request(Method::POST, "/v1/groups");
        Client::send(request.json(&json!({"name": name}))).await
    }

    fn before(sandbox: &Sandbox) -> (Faulty, Client) {
        let faulty = Faulty::before(&sandbox.url);
        let client = Client::new(&faulty.url(), WRITE);
        (faulty, client)
    }

    #[tokio::test]
    async fn without_a_fault_the_proxy_is_transparent() {
        let sandbox = Sandbox::empty();
        let (faulty, client) = before(&sandbox);
        let straight = get(&Client::new(&sandbox.url, WRITE), SCOPES)
            .await
            .unwrap();
        let relayed = get(&client, SCOPES).await.unwrap();
        assert_eq!(relayed.body, straight.body);
        assert_eq!(make(&client, "sales").await.unwrap().status, 201);
        let requests = [("GET", SCOPES), ("POST", "/v1/groups")];
        let requests = requests.map(|(method, path)| (method.to_owned(), path.to_owned()));
        assert_eq!(faulty.requests(), requests);
        assert_eq!((faulty.count("GET"), faulty.count("DELETE")), (1, 0));
    }

    #[tokio::test]
    async fn a_fault_applies_to_the_nth_request() {
        let sandbox = Sandbox::empty();
        let (faulty, client) = before(&sandbox);
        faulty.fail(Match::get("/v1/scopes").nth(2), Fault::Status500);
        faulty.fail(Match::new("DELETE", "/"), Fault::HtmlPage(502));
        for status in [200, 500, 200] {
            assert_eq!(get(&client, SCOPES).await.unwrap().status, status);
        }
        for _ in 0..2 {
            let answer = Client::send(client.request(Method::DELETE, "/x"))
                .await
                .unwrap();
            assert_eq!(answer.status, 502);
            assert_eq!(answer.header("content-type"), "text/html");
        }
        faulty.heal();
        let healed = Client::send(client.request(Method::DELETE, "/x")).await;
        assert_eq!(healed.unwrap().status, 404);
        assert_eq!(faulty.requests().len(), 1);
    }

    #[tokio::test]
    async fn a_busy_portal_may_send_retry_after() {
        let sandbox = Sandbox::empty();
        let (faulty, client) = before(&sandbox);
        for (retry_after, header) in [(Some(7), "7"), (None, "")] {
            faulty.heal();
            faulty.fail(Match::get("/"), Fault::Status429 { retry_after });
            let answer = get(&client, SCOPES).await.unwrap();
            assert_eq!((answer.status, answer.header("retry-after")), (429, header));
        }
    }

    #[tokio::test]
    async fn a_connection_is_closed_before_or_after_the_write() {
        let sandbox = Sandbox::empty();
        let (faulty, client) = before(&sandbox);
        faulty.fail(Match::post("/v1/groups").nth(1), Fault::ResetBeforeSend);
        faulty.fail(Match::post("/v1/groups").nth(2), Fault::ResetAfterCommit);
        assert!(make(&client, "never").await.is_err());
        assert!(make(&client, "done").await.is_err());
        let groups = get(&client, "/v1/groups").await.unwrap().body;
        assert_eq!(
            (&groups["total"], &groups["items"][0]["name"]),
            (&json!(1), &json!("done"))
        );
    }

    #[tokio::test]
    async fn an_answer_is_truncated() {
        let sandbox = Sandbox::empty();
        let (faulty, client) = before(&sandbox);
        faulty.fail(Match::get("/v1"), Fault::TruncatedBody);
        let error = get(&client, SCOPES).await.unwrap_err();
        assert!(error.is_body() || error.is_decode(), "{error:?}");
    }

    #[tokio::test]
    async fn a_page_is_modified() {
        let sandbox = Sandbox::empty();
        let (faulty, client) = before(&sandbox);
        let truth = get(&client, SCOPES).await.unwrap().body;
        for (fault, rows, total) in [
            (Fault::LoseRow, 2, 8),
            (Fault::RepeatRow, 4, 8),
            (Fault::TotalLies, 3, 9),
        ] {
            faulty.heal();
            faulty.fail(Match::get("/v1/scopes"), fault);
            let page = get(&client, SCOPES).await.unwrap().body;
            assert_eq!(page["items"].as_array().unwrap().len(), rows, "{fault:?}");
            assert_eq!(page["total"], total, "{fault:?}");
            assert_eq!(page["next"], truth["next"]);
        }
    }
}
