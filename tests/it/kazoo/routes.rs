//! The *routes* map requests to handlers and check permissions.

use super::{
    answer::{Outcome, Reply},
    ask::Ask,
    collection,
    document::{public, texts},
    summary,
    world::World,
    write::check_match,
};
use crate::fake::decoded;
use serde_json::{Value, json};

impl World {
    pub(super) fn route(&mut self, ask: &Ask) -> Outcome {
        ask.check()?;
        let segments = ask.path.split('/').filter(|segment| !segment.is_empty());
        let segments: Vec<String> = segments.map(|segment| decoded(segment, false)).collect();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        match (ask.method.as_str(), &segments[..]) {
            ("PUT", ["v2", "user_auth"]) => self.user_auth(ask),
            ("PUT", ["v2", "api_auth"]) => self.api_auth(ask),
            (_, ["v2", "user_auth" | "api_auth"]) => Err(Reply::no_verb()),
            (_, ["v2", "token_auth"]) => self.token_auth(ask),
            (verb, ["v2", "about"]) => {
                self.session(ask)?;
                if verb != "GET" {
                    return Err(Reply::no_verb());
                }
                let about = json!({"version": "4.0.0", "used_memory": 64_000_000, "processes": 1000,
                    "ports": 11, "erlang_version": "25"});
                Ok(Reply::ok(about))
            }
            ("PUT", ["v2", "schemas", name, "validation"]) => {
                self.session(ask)?;
                self.rehearse(name, ask)
            }
            (_, ["v2", "accounts", account, rest @ ..]) => {
                let session = self.session(ask)?;
                self.may_see(session, account)?;
                self.within(ask, account, rest)
            }
            _ => {
                self.session(ask)?;
                Err(Reply::nowhere())
            }
        }
    }

    /// Handles a path within an account.
    fn within(&mut self, ask: &Ask, account: &str, rest: &[&str]) -> Outcome {
        match (ask.method.as_str(), rest) {
            (_, [] | ["children" | "descendants" | "api_key"]) => {
                self.account_itself(ask, account, rest)
            }
            ("POST", ["bulk"]) if self.options.bulk && !self.is_five() => self.bulk(ask, account),
            (_, ["bulk"]) if self.options.bulk && !self.is_five() => Err(Reply::no_verb()),
            (_, ["queues" | "agents", ..]) if !self.options.queues => Err(Reply::nowhere()),
            (_, ["lists", ..]) if !self.options.lists => Err(Reply::nowhere()),
            (_, ["queues", queue, "roster"]) => self.roster(ask, account, queue),
            ("GET", ["agents"]) => self.agents(account),
            (_, ["agents"]) => Err(Reply::no_verb()),
            (_, ["phone_numbers", rest @ ..]) => self.phone_numbers(ask, account, rest),
            (_, ["lists", list, "entries", rest @ ..]) => self.entries(ask, account, list, rest),
            (verb, ["users", user, owned @ ("devices" | "vmboxes" | "callflows")]) => {
                self.find(account, "users", user)?;
                match (verb, *owned) {
                    ("GET", "devices") => {
                        self.page(ask, account, "devices", summary::owned, |doc| {
                            doc.text("owner_id") == Some(user)
                        })
                    }
                    // The whole account's, whoever's they are.
                    ("GET", owned) => self.list(ask, account, owned),
                    _ => Err(Reply::no_verb()),
                }
            }
            (_, ["entries", ..]) => Err(Reply::nowhere()),
            (verb, [kind]) if collection::type_of(kind).is_some() => match verb {
                "GET" => self.list(ask, account, kind),
                "PUT" => self.create(ask, account, kind, ask.data()),
                _ => Err(Reply::no_verb()),
            },
            (verb, [kind, id]) if collection::type_of(kind).is_some() => match verb {
                "GET" => self.show(ask, account, kind, id),
                "POST" | "PATCH" => self.change(ask, account, kind, id),
                "DELETE" => self.delete(ask, account, kind, id),
                _ => Err(Reply::no_verb()),
            },
            _ => Err(Reply::nowhere()),
        }
    }

    /// A document with derived fields.
    pub(super) fn show(&self, ask: &Ask, account: &str, kind: &str, id: &str) -> Outcome {
        let doc = self.find(account, kind, id)?;
        let revision = doc.revision();
        check_match(ask, &revision)?;
        let mut data = doc.public();
        match kind {
            "callflows" => data["metadata"] = self.named(account, &data["flow"]),
            "conferences" => {
                data["_read_only"] = json!({"participants": [], "moderators": 0, "members": 0,
                    "is_locked": false, "duration": 0});
            }
            "directories" => data["users"] = self.members(account, id),
            "queues" => data["agents"] = self.roster_of(account, id).into(),
            _ => {}
        }
        if ask.header("if-none-match") == Some(&*format!("\"{revision}\"")) {
            return Err(Reply::empty(304).etag(&revision));
        }
        Ok(Reply::document(doc, data).etag(&revision))
    }

    /// The objects to which a flow refers, including deleted ones.
    fn named(&self, account: &str, flow: &Value) -> Value {
        let mut named = json!({});
        for id in super::modules::ids(flow) {
            if let Some(doc) = self.doc(account, &id) {
                let text = |name| doc.text(name).unwrap_or("");
                let name = match doc.kind() {
                    "users" => format!("{} {}", text("first_name"), text("last_name")),
                    _ => text("name").to_owned(),
                };
                let kind = collection::type_of(doc.kind());
                named[&id] = json!({"name": name, "pvt_type": kind});
            }
        }
        named
    }

    /// The members of a directory, which are stored in the users.
    pub(super) fn members(&self, account: &str, id: &str) -> Value {
        let users = self.live(account, "users");
        let members = users.filter_map(|doc| {
            let callflow = doc.fields.get("directories")?.get(id)?;
            Some(json!({"user_id": doc.id, "callflow_id": callflow}))
        });
        members.collect()
    }

    /// Reads or changes many documents at once.
    fn bulk(&mut self, ask: &Ask, account: &str) -> Outcome {
        let ids: Vec<&str> = texts(ask.raw_data().get("ids")).collect();
        let updates = &ask.raw_data()["updates"];
        if !updates.is_object() {
            let docs = ids.iter().filter_map(|id| self.doc(account, id));
            let docs: Vec<_> = docs.filter(|doc| !doc.is_deleted()).collect();
            let data = docs.iter().map(|doc| doc.public()).collect();
            let mut reply = Reply::ok(data).revision("automatic").sized(docs.len());
            for doc in docs {
                reply.tell(doc, doc.public());
            }
            return Ok(reply);
        }
        let mut results = json!({});
        for id in ids.iter().copied() {
            let Some(kind) = self.doc(account, id).map(|doc| doc.kind().to_owned()) else {
                continue;
            };
            self.edit(account, &kind, id, updates);
            let kept = self.find(account, &kind, id)?.fields.clone();
            self.judge(ask, &kind, &public(kept), false);
            results[id] = json!({"status": "success"});
        }
        Ok(Reply::ok(results).revision("automatic").sized(ids.len()))
    }
}
