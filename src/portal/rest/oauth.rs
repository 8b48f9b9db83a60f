//! The *password grant* is the login of portals with OAuth 2 (RFC 6749, section 4.3): a client logs in with the
//! name and the password of a user, and gets a token that expires. A fixed token is possible, too.

use super::{
    super::{
        Credentials, Error, OauthClient, Target,
        http::{Answer, Base, Body, Client, Request},
    },
    session::{Login, send_login},
};
use reqwest::{Method, header::AUTHORIZATION};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use std::time::Duration;

/// How to log in to a portal with OAuth.
pub struct PasswordGrant {
    client: Client,
    url: String,
    path: &'static [&'static str],
    credentials: Credentials,
}

impl PasswordGrant {
    /// Creates the login of a portal, of which `what` says what its URL is, and `path` where it gives tokens.
    /// Sends nothing.
    ///
    /// # Errors
    /// The URL is missing, invalid or insecure, or the credentials are missing.
    pub fn new(target: &Target, what: &str, path: &'static [&'static str]) -> Result<Self, Error> {
        let base = Base::parse(target.url(what)?)?;
        let credentials = target.credentials.clone();
        if matches!(
            credentials,
            Credentials::None | Credentials::Login { client: None, .. }
        ) {
            let reason = "it needs `user:`, `password:` and `client:`";
            return Err(Error::misconfigured("portal.credentials", reason));
        }
        Ok(Self {
            url: base.to_string(),
            client: Client::new(base, None, target.rate_limit.unwrap_or_default())?,
            path,
            credentials,
        })
    }

    /// Sets how a 404 is recognized that says that the portal doesn't have such a request at all.
    #[must_use]
    pub fn with_missing_requests(self, says_missing: fn(&Answer) -> bool) -> Self {
        Self {
            client: self.client.with_missing_requests(says_missing),
            ..self
        }
    }

    /// The user who logs in; empty for a fixed token.
    pub fn user(&self) -> &str {
        match &self.credentials {
            Credentials::Login { user, .. } => user,
            Credentials::None | Credentials::Token(_) => "",
        }
    }

    /// The rejection of the credentials, with a reason.
    fn unauthorized(&self, reason: &str) -> Error {
        Error::Unauthorized {
            url: self.url.clone(),
            detail: format!(": {reason}"),
        }
    }

    /// The token of an answer, and how long it is valid. Some portals answer 200 to a failed login, too.
    fn granted(&self, answer: &Answer) -> Result<(SecretString, Option<Duration>), Error> {
        if !answer.is_success() {
            // `invalid_grant` and `invalid_client` are a 400.
            return Err(match answer.refusal() {
                Error::Refused {
                    status: 400,
                    detail,
                    ..
                } => self.unauthorized(&detail),
                other => other,
            });
        }
        let what = || format!("POST /{}", self.path.join("/"));
        let mut json = answer
            .json()
            .map_err(|reason| Error::unreadable(what(), reason))?;
        let token = match json.get_mut("access_token").map(Value::take) {
            Some(Value::String(token)) if !token.is_empty() => token.into(),
            _ => return Err(self.unauthorized("the answer to the login contains no token")),
        };
        let seconds = match &json["expires_in"] {
            Value::String(text) => text.trim().parse().ok(),
            number => number.as_u64(),
        };
        Ok((token, seconds.map(Duration::from_secs)))
    }
}

impl Login for PasswordGrant {
    type Open = ();

    fn client(&self) -> &Client {
        &self.client
    }

    fn is_request(&self) -> bool {
        matches!(self.credentials, Credentials::Login { .. })
    }

    async fn log_in(&self, _: Option<&()>) -> Result<((), Option<Duration>), Error> {
        let (token, lifetime) = match &self.credentials {
            Credentials::Login {
                user,
                password,
                client: Some(OauthClient { id, secret }),
                ..
            } => {
                self.client.redact_always([password, secret]);
                let body = json!({
                    "grant_type": "password",
                    "client_id": id,
                    "client_secret": secret.expose_secret(),
                    "username": user,
                    "password": password.expose_secret(),
                });
                let request = Request::new(Method::POST, self.path).with_body(Body::json(&body));
                let answer = send_login(&self.client, request).await?;
                self.granted(&answer)?
            }
            Credentials::Token(token) => (token.clone(), None),
            Credentials::None | Credentials::Login { .. } => {
                return Err(self.unauthorized("there are none"));
            }
        };
        self.client.set_token(AUTHORIZATION, "Bearer ", &token)?;
        Ok(((), lifetime))
    }

    fn within(&self, (): &(), request: &Request) -> Request {
        request.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::super::{
            Location,
            fake_server::{FakeServer, Reply},
        },
        super::{Link as _, Session},
        *,
    };
    use crate::{
        config::{LoginHash, PortalKind},
        profile::Profile,
    };

    fn target(server: &FakeServer, credentials: Credentials) -> Target {
        Target {
            kind: PortalKind::Sandbox,
            profile: Profile::named("sandbox"),
            location: Location::Url(server.url.clone()),
            tenant: None,
            credentials,
            rate_limit: None,
            charges: None,
            scim: None,
        }
    }

    fn session(server: &FakeServer, credentials: Credentials) -> Session<PasswordGrant> {
        let target = target(server, credentials);
        Session::new(PasswordGrant::new(&target, "its address", &["oauth", "token"]).unwrap())
    }

    fn login() -> Credentials {
        Credentials::Login {
            user: "ann@acme.example".to_owned(),
            password: "hunter2".into(),
            account: None,
            hash: LoginHash::Md5,
            client: Some(OauthClient {
                id: "callsheet".to_owned(),
                secret: "s3cret".into(),
            }),
        }
    }

    fn token(token: &str, expires: &Value) -> Reply {
        Reply::json(200, &json!({"access_token": token, "expires_in": expires}))
    }

    fn list() -> Request {
        Request::new(Method::GET, &["users"])
    }

    /// Paths, each with the token that was sent.
    fn received(server: &FakeServer) -> Vec<String> {
        let requests = server.requests().into_iter();
        requests
            .map(|request| {
                let token = request.headers.get("authorization");
                let token = token.map_or("-", String::as_str);
                format!("{} {token}", request.path)
            })
            .collect()
    }

    #[tokio::test]
    async fn a_client_logs_in_once_with_a_users_password() {
        let replies = [
            token("one", &json!("7200")),
            Reply::json(200, &json!({"users": []})),
        ];
        let server = FakeServer::script(replies).await;
        let session = session(&server, login());
        session.read(&list()).await.unwrap();
        session.read(&list()).await.unwrap();
        let sent = ["/oauth/token -", "/users Bearer one", "/users Bearer one"];
        assert_eq!(received(&server), sent);
        let body = json!({
            "grant_type": "password", "client_id": "callsheet", "client_secret": "s3cret",
            "username": "ann@acme.example", "password": "hunter2",
        });
        assert_eq!(server.requests()[0].body, body);
    }

    #[tokio::test]
    async fn a_token_is_renewed_when_it_expires_and_once_when_it_is_rejected() {
        for expires in [json!(0), json!("0")] {
            let replies = [
                token("one", &expires),
                Reply::json(200, &json!({})),
                token("two", &json!(7200)),
                Reply::json(200, &json!({})),
            ];
            let server = FakeServer::script(replies).await;
            let session = session(&server, login());
            session.read(&list()).await.unwrap();
            session.read(&list()).await.unwrap();
            assert_eq!(received(&server)[3], "/users Bearer two");
        }
        let rejected = Reply::json(401, &json!({"error": "the token has expired"}));
        let replies = [
            token("one", &json!(7200)),
            rejected.clone(),
            token("two", &json!(7200)),
            rejected,
        ];
        let server = FakeServer::script(replies).await;
        let error = session(&server, login()).read(&list()).await.err().unwrap();
        assert!(
            error.to_string().contains("the token has expired"),
            "{error}"
        );
        assert_eq!(server.requests().len(), 4);
    }

    #[tokio::test]
    async fn a_failed_login_names_the_reason_and_no_secret() {
        let refused = json!({"error": "invalid_grant", "error_description": "not hunter2, s3cret"});
        let replies = [
            (Reply::json(400, &refused), "invalid_grant"),
            (Reply::json(401, &refused), "invalid_grant"),
            (Reply::json(200, &json!({"mfa_required": true})), "no token"),
            (Reply::json(200, &json!({"access_token": ""})), "no token"),
            (Reply::json(200, &json!(["access_token"])), "no token"),
        ];
        for (reply, reason) in replies {
            let server = FakeServer::script([reply]).await;
            let error = session(&server, login()).read(&list()).await.err().unwrap();
            assert!(matches!(error, Error::Unauthorized { .. }), "{error}");
            let text = error.to_string();
            assert!(text.contains(reason), "{text}");
            assert!(
                !text.contains("hunter2") && !text.contains("s3cret"),
                "{text}"
            );
            assert_eq!(server.requests().len(), 1);
        }
    }

    #[tokio::test]
    async fn a_fixed_token_needs_no_login() {
        let server = FakeServer::script([Reply::json(200, &json!({}))]).await;
        let session = session(&server, Credentials::Token("key".into()));
        session.read(&list()).await.unwrap();
        assert_eq!(received(&server), ["/users Bearer key"]);
    }

    #[tokio::test]
    async fn a_password_without_a_client_is_refused() {
        let server = FakeServer::stopped().await;
        let mut credentials = login();
        if let Credentials::Login { client, .. } = &mut credentials {
            *client = None;
        }
        let target = target(&server, credentials);
        let error = PasswordGrant::new(&target, "its address", &["tokens"]).err();
        assert!(error.unwrap().to_string().contains("`client:`"));
    }
}
