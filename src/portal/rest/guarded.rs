//! A *guarded link* sends only what an adapter lists, so that what costs money can't be reached by mistake.

use super::dialect::Link;
use crate::portal::{
    Error,
    http::{Answer, Client, Failure, Request},
};
use reqwest::Method;

/// A link that refuses every request that isn't allowed, before it is sent.
pub struct Guarded<L> {
    /// The connection.
    pub link: L,
    /// Whether a request with a method and the segments of a path may be sent.
    allows: fn(&Method, &[&str]) -> bool,
}

impl<L> Guarded<L> {
    /// Guards a link.
    pub fn new(link: L, allows: fn(&Method, &[&str]) -> bool) -> Self {
        Self { link, allows }
    }

    fn check(&self, request: &Request) -> Result<(), Error> {
        let path: Vec<&str> = request.path.iter().map(String::as_str).collect();
        match (self.allows)(&request.method, &path) {
            true => Ok(()),
            false => Err(Error::Forbidden {
                what: format!("{} /{}", request.method, path.join("/")),
                detail: ": Callsheet never sends it".to_owned(),
            }),
        }
    }
}

impl<L: Link> Link for Guarded<L> {
    fn client(&self) -> &Client {
        self.link.client()
    }

    async fn read(&self, request: &Request) -> Result<Option<Answer>, Error> {
        self.check(request)?;
        self.link.read(request).await
    }

    async fn write(&self, request: &Request) -> Result<Answer, Failure> {
        self.check(request).map_err(Failure::NotDone)?;
        self.link.write(request).await
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::super::{
            fake_server::{FakeServer, Reply},
            http::RateLimit,
        },
        *,
    };
    use serde_json::json;

    #[tokio::test]
    async fn what_is_not_allowed_is_not_sent() {
        let server = FakeServer::script([Reply::json(200, &json!({}))]).await;
        let guarded = Guarded::new(server.client(RateLimit::default()), |method, path| {
            matches!((method.as_str(), path), ("GET" | "PUT", ["users"]))
        });
        for (method, path, is_allowed) in [
            (Method::GET, "users", true),
            (Method::PUT, "users", true),
            (Method::POST, "users", false),
            (Method::GET, "payments", false),
        ] {
            let request = Request::new(method.clone(), &[path]);
            let sent = match method == Method::GET {
                true => guarded.read(&request).await.map(|_| ()),
                false => match guarded.write(&request).await {
                    Ok(_) => Ok(()),
                    Err(Failure::NotDone(error)) => Err(error),
                    Err(Failure::Ambiguous { reason }) => panic!("{reason}"),
                },
            };
            assert_eq!(sent.is_ok(), is_allowed, "{method} {path}");
            let is_forbidden = matches!(sent, Err(Error::Forbidden { .. }));
            assert_eq!(is_forbidden, !is_allowed, "{method} {path}");
        }
        assert_eq!(server.requests().len(), 2);
    }
}
