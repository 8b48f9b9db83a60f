//! The adapter against a portal that keeps the contract, except where a test says how it breaks it.

mod reading;
mod writing;

use super::Sandbox;
use crate::{
    model::{Kind, Live},
    portal::{
        Error, Portal as _,
        http::RateLimit,
        stage::{Call, Reply, Stage},
    },
};
use serde_json::{Value as Json, json};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

/// What a portal does wrong with one call.
enum Fault {
    /// It does nothing and says this.
    Instead(Reply),
    /// It does what it is told and says this.
    Then(Reply),
    /// What it would say is changed.
    Twist(Twist),
}

/// Changes an answer.
type Twist = fn(&mut Json);

/// What a portal holds.
#[derive(Default)]
struct Held {
    kinds: BTreeMap<&'static str, Vec<Json>>,
    revision: u64,
}

type Shared = Arc<Mutex<Held>>;

impl Held {
    fn add(&mut self, kind: Kind, mut object: Json) -> Json {
        self.revision += 1;
        object["id"] = json!(format!("{kind}-{}", self.revision));
        object["etag"] = json!(format!("\"{}\"", self.revision));
        object["system"] = json!(object["system"] == true);
        without_secrets(&mut object);
        self.kinds
            .entry(kind.name())
            .or_default()
            .push(object.clone());
        object
    }

    fn play(&mut self, call: &Call) -> Reply {
        let path: Vec<&str> = call.path.split('/').skip(2).collect();
        let kind: Kind = path[0].parse().unwrap();
        let totals: BTreeMap<_, _> = Kind::ALL.map(|kind| (kind, self.rows(kind).len())).into();
        let totals = json!(totals);
        let revision = self.revision;
        let key = kind.identity();
        let missing = Reply::json(404, &json!({"title": "Not Found"}));
        let at = self
            .rows(kind)
            .iter()
            .position(|row| Some(&row["id"]) == path.get(1).map(|id| json!(id)).as_ref());
        let is_stale = at.is_some_and(|at| {
            let given = call.headers.get("if-match");
            given.is_some_and(|given| self.rows(kind)[at]["etag"] != json!(given))
        });
        match (&*call.method, path.len(), at) {
            ("GET", 1, _) => {
                let rows = self.rows(kind);
                if let Some(wanted) = call.query.get(key) {
                    let items: Vec<_> = rows
                        .iter()
                        .filter(|row| row[key] == json!(wanted))
                        .collect();
                    let total = items.len();
                    return Reply::json(
                        200,
                        &json!({"items": items, "next": null, "total": total,
                        "totals": totals, "revision": revision}),
                    );
                }
                let limit: usize = call.query["limit"].parse().unwrap();
                let from = call
                    .query
                    .get("cursor")
                    .map_or(0, |cursor| cursor.parse().unwrap_or(rows.len()));
                let to = (from + limit).min(rows.len());
                let next = (to < rows.len()).then(|| to.to_string());
                Reply::json(
                    200,
                    &json!({"items": &rows[from..to], "next": next,
                    "total": rows.len(), "totals": totals, "revision": revision}),
                )
            }
            ("POST", 1, _) if self.rows(kind).iter().any(|row| row[key] == call.body[key]) => {
                Reply::json(409, &json!({"title": "Conflict", "detail": "taken"}))
            }
            ("POST", 1, _) => Reply::json(201, &self.add(kind, call.body.clone())),
            (_, 2, None) => missing,
            ("GET", 2, Some(at)) => Reply::json(200, &self.rows(kind)[at]),
            _ if is_stale => Reply::json(412, &json!({"title": "Precondition Failed"})),
            ("PATCH", 2, Some(at)) => {
                self.revision += 1;
                let etag = json!(format!("\"{}\"", self.revision));
                let row = &mut self.kinds.get_mut(kind.name()).unwrap()[at];
                for (name, value) in call.body.as_object().unwrap() {
                    row[name] = value.clone();
                }
                row["etag"] = etag;
                without_secrets(row);
                Reply::json(200, row)
            }
            ("DELETE", 2, Some(at)) => {
                self.revision += 1;
                self.kinds.get_mut(kind.name()).unwrap().remove(at);
                Reply::Said(204, Vec::new(), String::new())
            }
            _ => Reply::json(400, &json!({"title": "Bad Request"})),
        }
    }

    fn rows(&self, kind: Kind) -> &[Json] {
        self.kinds.get(kind.name()).map_or(&[], Vec::as_slice)
    }
}

fn without_secrets(object: &mut Json) {
    if let Some(secret) = object["password"].as_object_mut() {
        secret.remove("value");
    } else {
        object.as_object_mut().unwrap().remove("password");
    }
}

/// A portal of 2 scopes and `users` users, of whose calls (counted from 0) some go wrong.
async fn portal(
    users: usize,
    mut fault: impl FnMut(usize, &Call) -> Option<Fault> + Send + 'static,
) -> (Sandbox, Shared, Stage) {
    let held = Shared::default();
    for scope in ["administrator", "simple_user"] {
        let scope = json!({"name": scope, "system": true});
        held.lock().unwrap().add(Kind::Scopes, scope);
    }
    for n in 0..users {
        held.lock()
            .unwrap()
            .add(Kind::Users, user(&format!("user{n}")));
    }
    let (mut calls, inside) = (0, Arc::clone(&held));
    let stage = Stage::start(move |call| {
        let fault = fault(calls, call);
        calls += 1;
        match fault {
            Some(Fault::Instead(reply)) => reply,
            Some(Fault::Then(reply)) => {
                inside.lock().unwrap().play(call);
                reply
            }
            Some(Fault::Twist(twist)) => {
                let Reply::Said(status, headers, body) = inside.lock().unwrap().play(call) else {
                    unreachable!("it always says something")
                };
                let mut body = serde_json::from_str(&body).unwrap();
                twist(&mut body);
                Reply::Said(status, headers, body.to_string())
            }
            None => inside.lock().unwrap().play(call),
        }
    })
    .await;
    (
        Sandbox::new(stage.client(RateLimit::default())),
        held,
        stage,
    )
}

fn user(name: &str) -> Json {
    json!({
        "username": name, "first_name": "Ada", "last_name": "Lovelace", "active": true, "dnd": false,
        "email": format!("{name}@acme.example"), "voicemail_messages": 3, "groups": [],
    })
}

async fn read(portal: &Sandbox, kinds: &[Kind]) -> Result<Live, Error> {
    portal.read(&kinds.iter().copied().collect(), &()).await
}
