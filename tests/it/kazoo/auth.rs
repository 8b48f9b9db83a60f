//! *Authentication*: logins, tokens, and the permissions of tokens.

use super::{
    answer::{Outcome, Reply},
    ask::Ask,
    document::Doc,
    world::{self, ACCOUNTS, Session, World},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

/// The accepted hashes of a name and a password.
pub(super) struct Login {
    pub(super) md5: String,
    pub(super) sha: String,
}

pub(super) fn login(username: &str, password: &str) -> Login {
    let text = format!("{username}:{password}");
    let hex = |bytes: &[u8]| {
        bytes
            .iter()
            .fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
    };
    Login {
        md5: hex(&<md5::Md5 as md5::Digest>::digest(&text)),
        sha: hex(&<sha1::Sha1 as sha1::Digest>::digest(&text)),
    }
}

/// The normalized name of an account: letters and digits in lower case.
fn normal(name: &str) -> String {
    let kept = name.chars().filter(char::is_ascii_alphanumeric);
    kept.map(|c| c.to_ascii_lowercase()).collect()
}

impl World {
    pub(super) fn user_auth(&mut self, ask: &Ask) -> Outcome {
        let credentials = ask.required("credentials")?;
        let text = |name: &str| ask.text(name);
        let is_five = self.is_five();
        let is_meant = |doc: &Doc<'_>| {
            let name = text("account_name").map(normal);
            name.is_some_and(|name| doc.text("name").map(normal) == Some(name))
                || text("account_realm").is_some_and(|realm| {
                    doc.text("realm")
                        .is_some_and(|known| known.eq_ignore_ascii_case(realm))
                })
                || is_five && text("account_id") == Some(doc.id)
        };
        let Some(account) = self.live(ACCOUNTS, ACCOUNTS).find(is_meant) else {
            return Err(Reply::unauthorized());
        };
        let hash = match text("method") {
            Some("sha") => "pvt_sha1_auth",
            _ => "pvt_md5_auth",
        };
        let is_right = |doc: &Doc<'_>| is_enabled(*doc) && doc.private(hash) == Some(credentials);
        let Some(owner) = self.live(account.id, "users").find(is_right) else {
            return Err(Reply::unauthorized().sized(0));
        };
        check_enabled(account)?;
        let (account_id, owner) = (account.id.to_owned(), owner.id.to_owned());
        let location = format!("/v2/user_auth/{owner}");
        Ok(self
            .admit(account_id, Some(owner), "cb_user_auth")
            .created(&location))
    }

    pub(super) fn api_auth(&mut self, ask: &Ask) -> Outcome {
        let key = ask.required("api_key")?;
        let is_meant = |doc: &Doc<'_>| doc.private("pvt_api_key") == Some(key);
        let Some(account) = self.live(ACCOUNTS, ACCOUNTS).find(is_meant) else {
            return Err(Reply::unauthorized().sized(0));
        };
        check_enabled(account)?;
        let id = account.id.to_owned();
        let location = format!("/v2/api_auth/{id}");
        Ok(self.admit(id, None, "cb_api_auth").created(&location))
    }

    /// Issues a token.
    fn admit(&mut self, account: String, owner: Option<String>, method: &'static str) -> Reply {
        let lifetime = i64::try_from(self.options.token_lifetime_s).unwrap();
        let session = Session {
            account,
            owner,
            method,
            expires: world::now() + lifetime,
        };
        let head = json!({"typ": "JWT", "alg": "RS256", "kid": world::hex()});
        let claims = Value::Object(claims(&session));
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signature = URL_SAFE_NO_PAD.encode(world::hex());
        let token = format!("{}.{}.{signature}", part(&head), part(&claims));
        let mut reply = Reply::ok(self.about(&session).into())
            .revision("automatic")
            .sized(1);
        reply.token = Some(token.clone());
        self.sessions.insert(token, session);
        reply
    }

    /// The data in the answer to a login.
    fn about(&self, session: &Session) -> Map<String, Value> {
        let account = self.account(&session.account);
        let is_root = account.id == self.root;
        let data = json!({
            "account_id": session.account,
            "ui_config": {},
            "capabilities": {"voicemail": {"transcription": {"default": false, "available": false}}},
            "is_master_account": is_root,
            "is_reseller": is_root,
            "reseller_id": self.root,
            "cluster_id": "c0ffee00c0ffee00c0ffee00c0ffee00",
            "account_name": account.fields["name"],
            "language": "en-US",
            "apps": [],
        });
        owned(data, session.owner.as_deref())
    }

    /// The account and user of a request's token.
    pub(super) fn session(&self, ask: &Ask) -> Result<&Session, Reply> {
        let session = self.sessions.get(ask.token());
        let session = session.filter(|session| session.expires > world::now());
        session.ok_or_else(Reply::unauthorized)
    }

    pub(super) fn token_auth(&self, ask: &Ask) -> Outcome {
        let session = self.session(ask)?;
        match ask.method.as_str() {
            "GET" => {
                let mut data = claims(session);
                data.extend(self.about(session));
                Ok(Reply::ok(data.into()))
            }
            // It says so, but the token stays good until it ends.
            "DELETE" => Ok(Reply::ok(json!({}))),
            _ => Err(Reply::no_verb()),
        }
    }

    /// Whether a token's account may access another: itself, and its descendants.
    pub(super) fn may_see(&self, session: &Session, account: &str) -> Result<(), Reply> {
        let account = self.find(ACCOUNTS, ACCOUNTS, account)?;
        match account.id == session.account || account.lists("pvt_tree", &session.account) {
            true => Ok(()),
            false => Err(Reply::forbidden()),
        }
    }
}

fn is_enabled(doc: Doc<'_>) -> bool {
    doc.fields.get("enabled") != Some(&Value::Bool(false))
}

fn check_enabled(account: Doc<'_>) -> Result<(), Reply> {
    if !is_enabled(account) {
        let details = json!({"disabled": {"message": "account disabled"}});
        let data = json!({"account": details});
        return Err(Reply::error(400, "validation error", data).sized(1));
    }
    Ok(())
}

/// Fields with the user whose they are, if there is one.
fn owned(fields: Value, owner: Option<&str>) -> Map<String, Value> {
    let mut fields = fields.as_object().expect("an object").clone();
    fields.extend(owner.map(|owner| ("owner_id".to_owned(), owner.into())));
    fields
}

/// The payload of a token.
fn claims(session: &Session) -> Map<String, Value> {
    let Session {
        account,
        owner,
        method,
        expires,
    } = session;
    let claims = json!({"account_id": account, "exp": expires, "identity_sig": "c2lnbmVkIGJ5IG5vYm9keQ",
        "iss": "kazoo", "method": method});
    owned(claims, owner.as_deref())
}
