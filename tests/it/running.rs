//! A *running* sandbox, and the client that tests speak to it with.

use callsheet::{
    config::PortalKind,
    model::Kind,
    portal::{self, Credentials, Location, Portal, Target},
    sandbox::{Store, Tokens, serve},
};
use reqwest::Method;
use serde_json::{Value, json};
use std::{
    net::Ipv4Addr,
    sync::{OnceLock, mpsc},
    thread::JoinHandle,
};
use tokio::{net::TcpListener, runtime::Runtime, sync::oneshot};

pub(crate) const WRITE: &str = "a-token-that-writes";
pub(crate) const READ: &str = "a-token-that-reads";

/// A sandbox on a thread of its own, for tests with a runtime and for those without.
pub(crate) struct Sandbox {
    pub(crate) url: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Sandbox {
    /// An empty one.
    pub(crate) fn empty() -> Self {
        Self::over(Store::in_memory().unwrap())
    }

    /// An empty one, and a client that may write to it.
    pub(crate) fn with_client() -> (Self, Client) {
        let sandbox = Self::empty();
        let client = Client::new(&sandbox.url, WRITE);
        (sandbox, client)
    }

    pub(crate) fn over(store: Store) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let (send, receive) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = Runtime::new().unwrap();
            runtime.block_on(async {
                let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
                send.send(listener.local_addr().unwrap()).unwrap();
                let tokens = Tokens {
                    write: WRITE.into(),
                    read: Some(READ.into()),
                };
                let stopped = async { drop(stopped.await) };
                serve(listener, store, tokens, None, stopped).await.unwrap();
            });
        });
        Self {
            url: format!("http://{}", receive.recv().unwrap()),
            stop: Some(stop),
            thread: Some(thread),
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the server stops in peace");
        }
    }
}

/// A client that makes its requests one after the other and keeps no connection open.
pub(crate) struct Client {
    base: String,
    token: String,
    http: reqwest::Client,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap())
    }

    /// The faults of a problem, as `field code`.
    pub(crate) fn faults(&self) -> Vec<String> {
        let word = |value: &Value| value.as_str().unwrap().to_owned();
        let faults = self.body["errors"].as_array().into_iter().flatten();
        faults
            .map(|fault| format!("{} {}", word(&fault["field"]), word(&fault["code"])))
            .collect()
    }
}

impl Client {
    pub(crate) fn new(base: &str, token: &str) -> Self {
        // Another test may have been faster.
        drop(rustls::crypto::ring::default_provider().install_default());
        let http = reqwest::Client::builder()
            .pool_max_idle_per_host(0)
            .no_proxy();
        Self {
            base: base.to_owned(),
            token: token.to_owned(),
            http: http.build().unwrap(),
        }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        request.bearer_auth(&self.token)
    }

    pub(crate) async fn send(request: reqwest::RequestBuilder) -> Result<Answer, reqwest::Error> {
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await?;
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Ok(Answer {
            status,
            headers,
            body,
        })
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        Self::send(self.request(Method::GET, path)).await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        let request = self.request(Method::POST, path).json(body);
        Self::send(request).await.unwrap()
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Answer {
        let request = self.request(Method::PATCH, path).body(body.to_string());
        let request = request.header("Content-Type", "application/merge-patch+json");
        Self::send(request).await.unwrap()
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        let request = self.request(Method::DELETE, path);
        Self::send(request).await.unwrap()
    }
}

/// A user with what a user must have.
pub(crate) fn user(name: &str) -> Value {
    json!({"username": name, "first_name": "Ann", "last_name": "Lee",
        "email": format!("{name}@acme.example")})
}

/// Where the object of an answer is.
pub(crate) fn path(kind: Kind, answer: &Answer) -> String {
    format!("/v1/{kind}/{}", answer.body["id"].as_str().unwrap())
}

/// The one runtime of tests that have none of their own.
pub(crate) fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder.worker_threads(2).enable_all().build().unwrap()
    })
}

/// Serves a store on the shared runtime until the answer is dropped.
pub(crate) fn served(store: Store) -> (String, oneshot::Sender<()>) {
    let (stop, stopped) = oneshot::channel::<()>();
    let url = runtime().block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let tokens = Tokens {
            write: WRITE.into(),
            read: None,
        };
        tokio::spawn(serve(listener, store, tokens, None, async {
            drop(stopped.await);
        }));
        url
    });
    (url, stop)
}

/// The portal at a URL, as the program speaks to it. Made and used inside a runtime.
pub(crate) fn portal(url: &str) -> Box<dyn Portal> {
    portal::open(&Target {
        profile: callsheet::profile::Profile::named("sandbox"),
        kind: PortalKind::Sandbox,
        location: Location::Url(url.to_owned()),
        tenant: None,
        credentials: Credentials::Token(WRITE.into()),
        rate_limit: None,
        charges: None,
        scim: None,
    })
    .unwrap()
}
