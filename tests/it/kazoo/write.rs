//! A *write* creates, replaces, changes or deletes a document: the body is normalized and validated
//! before it is stored.

use super::{
    answer::{Outcome, Reply},
    ask::Ask,
    auth, collection, contracts,
    document::{Doc, made, public},
    faults::Faults,
    joined, modules, schemas, unique,
    world::{self, World},
};
use crate::fake::merge;
use serde_json::{Map, Value, json};

impl World {
    /// Normalizes and validates a document. `id` is the ID of the existing one.
    fn draft(
        &self,
        account: &str,
        kind: &str,
        id: Option<&str>,
        fields: Map<String, Value>,
    ) -> Result<Map<String, Value>, Reply> {
        let mut faults = Faults::default();
        let old = id.and_then(|id| self.doc(account, id));
        let mut value = Value::Object(fields);
        normalise(kind, &mut value);
        let schemas = schemas::own(self.options.dialect);
        schemas.apply(kind, &mut value, &[], collection::dot(kind), &mut faults);
        let Value::Object(mut fields) = value else {
            unreachable!("an object stays one")
        };
        if kind == "callflows" {
            modules::check(&mut fields, self.options.dialect, &mut faults);
        }
        joined::check(kind, &fields, &mut faults);
        if kind == "faxboxes" && !fields.contains_key("smtp_email_address") {
            let address = old.and_then(|old| old.fields.get("smtp_email_address").cloned());
            let made = || format!("{}.fax.acme.example", &world::hex()[..8]).into();
            fields.insert("smtp_email_address".into(), address.unwrap_or_else(made));
        }
        if kind == "webhooks" {
            let uri = fields.get("uri").and_then(Value::as_str).unwrap_or("");
            if uri.contains("://127.") || uri.contains("://localhost") {
                let details =
                    json!({"message": "Nobody but the server itself is there", "value": uri});
                faults.add("uri", "error", details);
            }
        }
        let others = || self.live(account, kind).filter(|doc| Some(doc.id) != id);
        unique::check(kind, &fields, others, &mut faults);
        if kind == "users" {
            set_login(&mut fields, old, &mut faults);
        }
        faults.check()?;
        Ok(fields)
    }

    /// Creates a document and returns its ID.
    pub(super) fn make(
        &mut self,
        account: &str,
        kind: &str,
        fields: Map<String, Value>,
    ) -> Result<String, Reply> {
        // A 4.x takes any id that a sender likes, once.
        let chosen = fields
            .get("id")
            .and_then(Value::as_str)
            .filter(|_| !self.is_five());
        let id = chosen.map_or_else(world::hex, Into::into);
        let fields = self.draft(account, kind, None, public(fields))?;
        if self.doc(account, &id).is_some() {
            return Err(Reply::conflict());
        }
        self.keep(account, &id, made(kind, fields));
        Ok(id)
    }

    pub(super) fn create(
        &mut self,
        ask: &Ask,
        account: &str,
        kind: &str,
        data: Map<String, Value>,
    ) -> Outcome {
        if let Some(price) = self.price(ask, kind) {
            // What is wrong is said before what it costs.
            self.draft(account, kind, None, public(data))?;
            return Err(price);
        }
        let id = self.make(account, kind, data.clone())?;
        self.judge(ask, kind, &data, true);
        let reply = self.written(account, &id);
        Ok(reply.created(&format!("{}/{id}", ask.path)))
    }

    /// Replaces or changes a document.
    pub(super) fn change(&mut self, ask: &Ask, account: &str, kind: &str, id: &str) -> Outcome {
        let old = self.find(account, kind, id)?;
        let data = public(ask.data());
        let is_patch = ask.method == "PATCH";
        if is_patch && kind == "media" {
            return Err(Reply::no_verb());
        }
        // A 4.x checks the piece as if it were the whole.
        if is_patch && kind == "faxboxes" && !self.is_five() {
            self.draft(account, kind, Some(id), data.clone())?;
        }
        let mut sent = data;
        if is_patch {
            let mut whole = public(old.fields.clone());
            merge(&mut whole, &sent);
            sent = whole;
        }
        if kind == "entries" {
            sent.insert("list_id".into(), old.fields["list_id"].clone());
        }
        let mut fields = made(kind, self.draft(account, kind, Some(id), sent.clone())?);
        check_match(ask, &old.revision())?;
        fields.insert("pvt_created".into(), old.fields["pvt_created"].clone());
        self.keep(account, id, fields);
        // What is merged holds this generation's own defaults, which the other needn't know.
        self.judge(ask, kind, &sent, !is_patch);
        Ok(self.written(account, id))
    }

    pub(super) fn delete(&mut self, ask: &Ask, account: &str, kind: &str, id: &str) -> Outcome {
        check_match(ask, &self.find(account, kind, id)?.revision())?;
        self.bury(account, id);
        let mut reply = self.written(account, id);
        reply.data["_read_only"] = json!({"deleted": true});
        if ask.parameter("should_soft_delete") == Some("false") {
            self.store.remove(&format!("/{account}/{id}"));
        }
        Ok(reply)
    }

    /// The reply to a write.
    fn written(&self, account: &str, id: &str) -> Reply {
        let doc = self.doc(account, id).expect("what was written");
        let mut data = doc.public();
        if doc.kind() == "directories" && !doc.is_deleted() {
            data["users"] = self.members(account, id);
        }
        Reply::document(doc, data)
    }

    /// Records the contract violations of a document, of this generation or of both.
    pub(super) fn judge(
        &mut self,
        ask: &Ask,
        kind: &str,
        fields: &Map<String, Value>,
        every: bool,
    ) {
        let only = (!every).then_some(self.options.dialect);
        let broken = contracts::violations(kind, &fields.clone().into(), only);
        let place = format!("{} {}", ask.method, ask.path);
        let broken = broken.into_iter().map(|one| format!("{place}: {one}"));
        self.violations.extend(broken);
    }
}

/// Normalizes names.
fn normalise(kind: &str, value: &mut Value) {
    let field = match kind {
        "users" => "username",
        "devices" => "mac_address",
        _ => return,
    };
    if let Some(Value::String(text)) = value.get_mut(field) {
        *text = text.to_lowercase();
        if kind == "devices" {
            text.retain(|c| c.is_ascii_hexdigit());
        }
    }
}

/// The hashes of a login, which are never returned, and kept by a POST without a password.
const HASHES: [&str; 2] = ["pvt_md5_auth", "pvt_sha1_auth"];

/// Sets the login of a user: a new name requires a password, and a password without a name gets a generated name.
fn set_login(fields: &mut Map<String, Value>, old: Option<Doc<'_>>, faults: &mut Faults) {
    let password = fields.shift_remove("password");
    let password = password.as_ref().and_then(Value::as_str);
    let username = fields.get("username").and_then(Value::as_str);
    let username = username.map(str::to_owned);
    let old = old.filter(|old| old.text("username") == username.as_deref());
    let hashes = match (username, password) {
        (None, None) => return,
        (Some(username), None) => match old {
            Some(old) => HASHES.map(|name| old.private(name).map(str::to_owned)),
            None => {
                let message = "A new user name needs a password";
                let details = json!({"message": message, "cause": username});
                return faults.add("password", "required", details);
            }
        },
        (username, Some(password)) => {
            let username = username.unwrap_or_else(|| format!("user_{}", &world::hex()[..10]));
            let auth::Login { md5, sha } = auth::login(&username, password);
            fields.insert("username".into(), username.into());
            [Some(md5), Some(sha)]
        }
    };
    for (name, hash) in HASHES.into_iter().zip(hashes) {
        fields.extend(hash.map(|hash| (name.to_owned(), hash.into())));
    }
}

/// Whether the client's revision is the current one.
pub(super) fn check_match(ask: &Ask, revision: &str) -> Result<(), Reply> {
    let is_quoted = |seen: &str| seen.starts_with('"') && seen.ends_with('"');
    match ask.is_stale(revision) {
        false => Ok(()),
        true if ask.header("if-match").is_some_and(is_quoted) => Err(Reply::empty(412)),
        true => Err(Reply::empty(400)),
    }
}
