//! A *session* is a login: a token and the managed account. The token is renewed before it expires, and
//! once after the server rejects it.
//!
//! A token is a JWT that is valid for an hour by default and can't be extended. A login sends either a
//! hash of the user name and password, or the API key of an account.

use super::{
    super::{
        Credentials, Error, Target,
        http::{Answer, Body, Client, Request, plain},
        rest::{
            self, Link as _,
            session::{Login, send_login},
            spending::Spending,
        },
    },
    charge,
    dialect::enveloped,
    wire::{self, Envelope},
};
use crate::config::LoginHash;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use md5::{Digest as _, Md5};
use reqwest::{Method, header::HeaderName};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use sha1::Sha1;
use std::{collections::BTreeSet, time::Duration};

const TOKEN: HeaderName = HeaderName::from_static("x-auth-token");

/// A session with a Kazoo.
pub(super) type Session = rest::Session<CrossbarLogin>;

/// How to log in to a Kazoo.
pub(super) struct CrossbarLogin {
    client: Client,
    credentials: Credentials,
    tenant: Option<String>,
    spending: Spending,
}

/// The result of a login.
#[derive(Clone, Debug)]
pub(super) struct Open {
    /// The account that is managed.
    pub(super) account: String,
    /// The account that the credentials belong to.
    pub(super) own: String,
    /// The ID of the user who logged in; `None` for an API key.
    pub(super) user: Option<String>,
    /// The version of Crossbar.
    pub(super) version: String,
    /// The number of seconds that the server's clock is ahead of this machine's.
    pub(super) skew: Option<i64>,
}

impl Open {
    /// Whether this is Kazoo 5, whose lists can contain more than summaries.
    pub(super) fn is_five(&self) -> bool {
        self.version.starts_with('5')
    }
}

impl Session {
    /// Reads something of the account. Returns `None` if the portal answers that it doesn't exist.
    pub(super) async fn get(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Option<Envelope>, Error> {
        let request = Request::new(Method::GET, path).with_query(query);
        self.ask(&request).await
    }

    /// Sends a request that reads something of the account.
    pub(super) async fn ask(&self, request: &Request) -> Result<Option<Envelope>, Error> {
        let what = || format!("{} /{}", request.method, request.path.join("/"));
        let answer = self.read(request).await?;
        let envelope = answer.map(|answer| Envelope::of(&answer, &what()));
        envelope.transpose()
    }
}

impl Login for CrossbarLogin {
    type Open = Open;

    fn client(&self) -> &Client {
        &self.client
    }

    async fn log_in(&self, previous: Option<&Open>) -> Result<(Open, Option<Duration>), Error> {
        let (endpoint, data) = self.login()?;
        let request = Request::new(Method::PUT, &["v2", endpoint]).with_body(enveloped(&data));
        let answer = send_login(&self.client, request).await?;
        if !answer.is_success() {
            return Err(wire::refusal(&answer, |field| field));
        }
        let envelope = Envelope::of(&answer, &format!("PUT /v2/{endpoint}"))?;
        let unreadable = |reason| Error::unreadable(format!("PUT /v2/{endpoint}"), reason);
        let token = envelope
            .auth_token
            .ok_or_else(|| unreadable("it contains no token"))?;
        let own = envelope.data["account_id"].as_str();
        let own = own.filter(|own| !own.is_empty());
        let own = own
            .ok_or_else(|| unreadable("it contains no account"))?
            .to_owned();
        self.client.set_token(TOKEN, "", &token)?;
        let now = envelope.timestamp.unwrap_or_else(jiff::Timestamp::now);
        let name = envelope.data["account_name"].as_str().unwrap_or_default();
        let account = match previous {
            Some(previous) => previous.account.clone(),
            None => self.managed(&own, name).await?,
        };
        let open = Open {
            account,
            own,
            user: envelope.data["owner_id"].as_str().map(str::to_owned),
            version: envelope.version.unwrap_or_default(),
            skew: envelope
                .timestamp
                .map(|there| there.as_second() - jiff::Timestamp::now().as_second()),
        };
        Ok((open, lifetime(&token, now)))
    }

    /// The request within the account.
    fn within(&self, open: &Open, request: &Request) -> Request {
        let prefix = ["v2", "accounts", &open.account].map(str::to_owned);
        let mut request = request.clone();
        request.path.splice(..0, prefix);
        request
    }

    /// The request with accepted charges, if the policy allows them.
    fn again(&self, request: &Request, answer: &Answer) -> Result<Option<Request>, Error> {
        if answer.status != 402 {
            return Ok(None);
        }
        let json: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let data = &json["data"];
        let words = data["message"].as_str().or(json["message"].as_str());
        let words = plain(words.unwrap_or("402"));
        self.spending.accept(charge::price(data), &words)?;
        let body = request.body.as_ref();
        let body = body.and_then(|body| serde_json::from_slice(&body.content).ok());
        let mut body: Value = body.unwrap_or_else(|| json!({}));
        body["accept_charges"] = true.into();
        Ok(Some(request.clone().with_body(Body::json(&body))))
    }
}

impl CrossbarLogin {
    pub(super) fn new(client: Client, target: &Target) -> Self {
        Self {
            client,
            credentials: target.credentials.clone(),
            tenant: target.tenant.clone(),
            spending: Spending::new(target.charges),
        }
    }

    /// The endpoint and the data of the login.
    fn login(&self) -> Result<(&'static str, Value), Error> {
        match &self.credentials {
            Credentials::None => Err(Error::misconfigured(
                "portal.credentials",
                "it is missing; add an API key, or a user and a password",
            )),
            Credentials::Token(key) => {
                self.client.redact_always([key]);
                Ok(("api_auth", json!({"api_key": key.expose_secret()})))
            }
            Credentials::Login {
                user,
                password,
                account,
                hash,
                ..
            } => {
                let account = account.as_ref().or(self.tenant.as_ref()).ok_or_else(|| {
                    Error::misconfigured(
                        "portal.tenant",
                        "it is missing; a password needs the account that its user belongs to",
                    )
                })?;
                let (field, account) = account_field(account);
                // Kazoo stores names in lower case and hashes the stored name.
                let text = format!("{}:{}", user.to_lowercase(), password.expose_secret());
                let (method, digest) = match hash {
                    LoginHash::Md5 => ("md5", hex(&Md5::digest(&text))),
                    LoginHash::Sha => ("sha", hex(&Sha1::digest(&text))),
                };
                // The digest lets in as the password does.
                self.client
                    .redact_always([password, &digest.as_str().into()]);
                Ok((
                    "user_auth",
                    json!({"credentials": digest, "method": method, field: account}),
                ))
            }
        }
    }

    /// Finds the managed account: the one of the credentials, or the descendant that `portal.tenant` names.
    async fn managed(&self, own: &str, name: &str) -> Result<String, Error> {
        let Some(tenant) = &self.tenant else {
            return Ok(own.to_owned());
        };
        // A login with the tenant as its account, or with the tenant's ID, is already in the managed
        // account.
        let is_login = matches!(&self.credentials, Credentials::Login { account: None, .. });
        let (by, _) = account_field(tenant);
        let is_own = by == "account_name" && same_name(name, tenant);
        if own == tenant || is_own || is_login && by != "account_id" {
            return Ok(own.to_owned());
        }
        let mut seen = Vec::new();
        let accounts = [
            vec!["v2", "accounts", own],
            vec!["v2", "accounts", own, "descendants"],
        ];
        for path in accounts {
            let request = Request::new(Method::GET, &path).with_query(&[("paginate", "false")]);
            let Some(answer) = self.client.read(&request).await? else {
                continue;
            };
            let envelope = Envelope::of(&answer, "GET /v2/accounts")?;
            match envelope.data {
                Value::Array(list) => seen.extend(list),
                account => seen.push(account),
            }
            // IDs and realms are unique; names aren't.
            if let Some(id) = seen
                .iter()
                .find_map(|account| unique_match(account, tenant))
            {
                return Ok(id.to_owned());
            }
        }
        let has_name = |account: &&Value| {
            let name = account["name"].as_str();
            name.is_some_and(|name| same_name(name, tenant))
        };
        let matching: BTreeSet<&str> = seen
            .iter()
            .filter(has_name)
            .filter_map(|account| account["id"].as_str())
            .collect();
        let detail = match (matching.first(), matching.len()) {
            (Some(id), 1) => return Ok((*id).to_owned()),
            (_, 0) => "these credentials have no access to such an account; check `portal.tenant`",
            _ => "several accounts have that name; write the realm or the id in `portal.tenant`",
        };
        Err(Error::Forbidden {
            what: format!("the account {}", plain(tenant)),
            detail: format!(": {detail}"),
        })
    }
}

/// The login field for an account, which is given by ID, realm or name.
fn account_field(account: &str) -> (&'static str, &str) {
    let is_id = account.len() == 32 && account.chars().all(|c| c.is_ascii_hexdigit());
    let in_realm = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    let is_realm =
        account.contains('.') && account.chars().all(in_realm) && !account.ends_with('.');
    match (is_id, is_realm) {
        (true, _) => ("account_id", account),
        (_, true) => ("account_realm", account),
        _ => ("account_name", account),
    }
}

/// The ID of the account if the tenant is its ID or realm.
fn unique_match<'a>(account: &'a Value, tenant: &str) -> Option<&'a str> {
    let id = account["id"].as_str()?;
    let realm = account["realm"].as_str().unwrap_or_default();
    (id == tenant || realm.eq_ignore_ascii_case(tenant)).then_some(id)
}

/// Whether Kazoo considers two names equal: it compares only letters and digits.
fn same_name(one: &str, other: &str) -> bool {
    let normal = |name: &str| -> String {
        let kept = name.chars().filter(|c| c.is_alphanumeric());
        kept.flat_map(char::to_lowercase).collect()
    };
    !normal(one).is_empty() && normal(one) == normal(other)
}

/// The remaining lifetime of a token, from its payload; `None` if it has none.
fn lifetime(token: &SecretString, now: jiff::Timestamp) -> Option<Duration> {
    let payload = token.expose_secret().split('.').nth(1)?;
    let payload = BASE64_URL_SAFE_NO_PAD
        .decode(payload.trim_end_matches('='))
        .ok()?;
    let payload: Value = serde_json::from_slice(&payload).ok()?;
    let left = payload["exp"].as_i64()?.saturating_sub(now.as_second());
    Some(Duration::from_secs(u64::try_from(left).unwrap_or(0)))
}

fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{account_field, lifetime, same_name};
    use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
    use std::time::Duration;

    #[test]
    fn the_lifetime_is_read_from_the_token() {
        let now = jiff::Timestamp::from_second(1_000).unwrap();
        let token = |payload: &str| {
            let payload = BASE64_URL_SAFE_NO_PAD.encode(payload);
            format!("e30.{payload}.sig").into()
        };
        assert_eq!(
            lifetime(&token(r#"{"exp": 4600}"#), now),
            Some(Duration::from_secs(3600))
        );
        assert_eq!(lifetime(&token(r#"{"exp": 1}"#), now), Some(Duration::ZERO));
        assert_eq!(lifetime(&token("{}"), now), None);
        assert_eq!(lifetime(&"opaque".into(), now), None);
    }

    #[test]
    fn an_account_is_given_by_id_realm_or_name() {
        let id = "ae53c95a264b61955b0cf85d5c4c717c";
        assert_eq!(account_field(id).0, "account_id");
        assert_eq!(account_field("acme.example").0, "account_realm");
        assert_eq!(account_field("Acme Inc.").0, "account_name");
        assert!(same_name("Acme Inc.", "acmeinc"));
        assert!(!same_name("", ""));
        assert!(!same_name("!", "?"));
    }
}
