//! A *caller* sends requests to a Kazoo, one after the other.

use super::{Kazoo, PASSWORD, USERNAME, auth};
use crate::running::{Answer, Client};
use reqwest::Method;
use serde_json::{Value, json};

pub(super) struct Caller {
    http: Client,
    account: String,
    pub(super) token: String,
}

impl Caller {
    /// A caller that is logged in as the administrator of `acme`.
    pub(super) async fn new(kazoo: &Kazoo) -> Self {
        Self::of(kazoo, "acme").await
    }

    /// A caller that is logged in as the administrator of an account.
    pub(super) async fn of(kazoo: &Kazoo, account: &str) -> Self {
        let mut caller = Self::stranger(kazoo);
        let credentials = auth::login(USERNAME, PASSWORD).md5;
        let login = json!({"credentials": credentials, "account_name": account});
        let answer = caller.login(login).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        caller.token = answer.body["auth_token"].as_str().unwrap().to_owned();
        caller
    }

    /// A caller that isn't logged in.
    pub(super) fn stranger(kazoo: &Kazoo) -> Self {
        Self {
            http: Client::new(&kazoo.url, "no-such-thing"),
            account: kazoo.account.clone(),
            token: String::new(),
        }
    }

    /// Tries to log in.
    pub(super) async fn login(&self, data: Value) -> Answer {
        let body = json!({"data": data});
        self.send("PUT", "/v2/user_auth", Some(&body), &[]).await
    }

    /// The users of an account.
    pub(super) async fn users_of(&self, account: &str) -> Answer {
        let path = format!("/v2/accounts/{account}/users");
        self.send("GET", &path, None, &[]).await
    }

    pub(super) async fn send(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request = self.http.request(method.parse::<Method>().unwrap(), path);
        if !self.token.is_empty() {
            request = request.header("X-Auth-Token", &self.token);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request = match body {
            // Text is sent as it is, to be able to send what is no JSON.
            Some(Value::String(text)) => request.body(text.clone()),
            Some(body) => request.json(body),
            None => request,
        };
        Client::send(request).await.unwrap()
    }

    /// Sends a request to `acme`, with `data` in its envelope.
    pub(super) async fn ask(&self, method: &str, place: &str, data: Value) -> Answer {
        self.ask_with(method, place, data, &[]).await
    }

    pub(super) async fn ask_with(
        &self,
        method: &str,
        place: &str,
        data: Value,
        headers: &[(&str, &str)],
    ) -> Answer {
        let path = format!("/v2/accounts/{}/{place}", self.account);
        let body = json!({"data": data});
        let body = Some(&body).filter(|body| !body["data"].is_null());
        self.send(method, &path, body, headers).await
    }

    pub(super) async fn get(&self, place: &str) -> Answer {
        self.ask("GET", place, Value::Null).await
    }
}
