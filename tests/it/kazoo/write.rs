//! A *write* creates, replaces, changes or deletes a document: the body is normalized and validated
//! before it is stored.

use super::{
    answer::{Answered, Reply},
    ask::Ask,
    auth, collection, contracts,
    document::{Doc, Login, merge},
    faults::Faults,
    joined, modules, schemas, unique,
    world::{self, World},
};
use serde_json::{Map, Value, json};

/// A valid document and its login.
struct Draft {
    fields: Map<String, Value>,
    login: Option<Login>,
}

/// Removes the fields that a client can't set.
pub(super) fn public(mut data: Map<String, Value>) -> Map<String, Value> {
    data.retain(|name, _| !name.starts_with('_') && !name.starts_with("pvt_") && name != "id");
    data
}

impl World {
    /// Normalizes and validates a document. `id` is the ID of the existing one.
    fn draft(
        &self,
        account: &str,
        kind: &str,
        id: Option<&str>,
        fields: Map<String, Value>,
    ) -> Result<Draft, Reply> {
        let mut faults = Faults::default();
        let old = id.and_then(|id| self.account(account).docs.get(id));
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
        unique::check(self.account(account), kind, id, &fields, &mut faults);
        let login = match kind {
            "users" => user_login(&mut fields, old, &mut faults),
            _ => None,
        };
        faults.check()?;
        Ok(Draft { fields, login })
    }

    /// Creates a document and returns its ID.
    pub(super) fn make(
        &mut self,
        account: &str,
        kind: &str,
        mut fields: Map<String, Value>,
    ) -> Result<String, Reply> {
        // A 4.x takes any id that a sender likes, once.
        let chosen = fields
            .get("id")
            .and_then(Value::as_str)
            .filter(|_| !self.is_five());
        let id = chosen.map_or_else(world::hex, Into::into);
        fields = public(fields);
        let Draft { fields, login } = self.draft(account, kind, None, fields)?;
        let docs = &mut self.account_mut(account).docs;
        if docs.contains_key(&id) {
            return Err(Reply::conflict());
        }
        let mut doc = Doc::new(kind, fields);
        doc.login = login;
        docs.insert(id.clone(), doc);
        Ok(id)
    }

    pub(super) fn create(
        &mut self,
        ask: &Ask,
        account: &str,
        kind: &str,
        data: Map<String, Value>,
    ) -> Answered {
        if let Some(price) = self.price(ask, kind) {
            // What is wrong is said before what it costs.
            self.draft(account, kind, None, public(data))?;
            return Err(price);
        }
        let id = self.make(account, kind, data.clone())?;
        self.judge(ask, kind, &data, true);
        self.judge(
            ask,
            kind,
            &self.account(account).docs[&id].fields.clone(),
            false,
        );
        let reply = self.written(account, &id);
        Ok(reply.created(&format!("{}/{id}", ask.path.trim_end_matches('/'))))
    }

    /// Replaces or changes a document.
    pub(super) fn change(&mut self, ask: &Ask, account: &str, kind: &str, id: &str) -> Answered {
        let old = self.account(account).find(kind, id)?.clone();
        let data = ask.data();
        let is_patch = ask.method == "PATCH";
        if is_patch && kind == "media" {
            return Err(Reply::no_verb());
        }
        // A 4.x checks the piece as if it were the whole.
        if is_patch && kind == "faxboxes" && !self.is_five() {
            self.draft(account, kind, Some(id), public(data.clone()))?;
        }
        let mut sent = if is_patch {
            old.fields.clone()
        } else {
            Map::new()
        };
        match is_patch {
            true => merge(&mut sent, &public(data.clone())),
            false => sent.extend(public(data.clone())),
        }
        if kind == "entries" {
            sent.insert("list_id".into(), old.fields["list_id"].clone());
        }
        let Draft { fields, login } = self.draft(account, kind, Some(id), sent.clone())?;
        check_match(ask, &old.revision)?;
        let doc = self.account_mut(account).find_mut(kind, id)?;
        doc.fields = fields;
        doc.login = login;
        doc.bump();
        let kept = doc.fields.clone();
        // What is merged holds this generation's own defaults, which the other needn't know.
        self.judge(ask, kind, &sent, ask.method != "PATCH");
        self.judge(ask, kind, &kept, false);
        Ok(self.written(account, id))
    }

    pub(super) fn delete(&mut self, ask: &Ask, account: &str, kind: &str, id: &str) -> Answered {
        let is_five = self.is_five();
        let known = self.account_mut(account);
        let doc = known.find_mut(kind, id)?;
        check_match(ask, &doc.revision)?;
        doc.bump();
        doc.is_deleted = true;
        let mut data = doc.public(id);
        data["_read_only"] = json!({"deleted": true});
        let mut reply = Reply::ok(data).revision(&doc.revision);
        reply.metadata = is_five.then(|| doc.metadata(id));
        if ask.asks("should_soft_delete") == Some("false") {
            known.docs.remove(id);
        }
        Ok(reply)
    }

    /// The reply to a write.
    fn written(&self, account: &str, id: &str) -> Reply {
        let doc = &self.account(account).docs[id];
        let mut data = doc.public(id);
        if doc.collection == "directories" {
            data["users"] = self.members(account, id);
        }
        let mut reply = Reply::ok(data).revision(&doc.revision);
        reply.metadata = Some(doc.metadata(id));
        reply
    }

    /// Records the contract violations of a document, of this generation or of both.
    pub(super) fn judge(
        &mut self,
        ask: &Ask,
        kind: &str,
        fields: &Map<String, Value>,
        every: bool,
    ) {
        let only = (!every).then(|| contracts::generation(self.is_five()));
        let broken = contracts::check(kind, fields, only);
        let place = format!("{} {}", ask.method, ask.path);
        self.violations.extend(
            broken
                .into_iter()
                .map(|broken| format!("{place}: {broken}")),
        );
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

/// The login of a user after a write: a new name requires a password, and a password without a name gets
/// a generated name.
fn user_login(
    fields: &mut Map<String, Value>,
    old: Option<&Doc>,
    faults: &mut Faults,
) -> Option<Login> {
    let password = fields.shift_remove("password");
    let password = password.as_ref().and_then(Value::as_str);
    let username = fields
        .get("username")
        .and_then(Value::as_str)
        .map(str::to_owned);
    match (username, password) {
        (None, None) => None,
        (Some(username), None) => {
            if old.and_then(|old| old.text("username")) == Some(&*username) {
                return old.and_then(|old| old.login.clone());
            }
            let message = "A new user name needs a password";
            faults.add(
                "password",
                "required",
                json!({"message": message, "cause": username}),
            );
            None
        }
        (Some(username), Some(password)) => Some(auth::login(&username, password)),
        (None, Some(password)) => {
            let username = format!("user_{}", &world::hex()[..10]);
            fields.insert("username".into(), username.as_str().into());
            Some(auth::login(&username, password))
        }
    }
}

/// Whether the client's revision is the current one.
pub(super) fn check_match(ask: &Ask, revision: &str) -> Result<(), Reply> {
    let Some(seen) = ask.if_match.as_deref().filter(|seen| *seen != "*") else {
        return Ok(());
    };
    let quoted = seen
        .strip_prefix('"')
        .and_then(|seen| seen.strip_suffix('"'));
    match quoted {
        None => Err(Reply::empty(400)),
        Some(seen) if seen != revision => Err(Reply::empty(412)),
        Some(_) => Ok(()),
    }
}
