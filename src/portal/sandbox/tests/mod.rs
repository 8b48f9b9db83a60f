//! Tests of the adapter against a fake portal that follows the contract, except for the faults that a test
//! injects.

mod reading;
mod writing;

use super::Sandbox;
use crate::{
    model::{Kind, Live},
    portal::{
        Error, Portal as _,
        fake_server::{FakeServer, Reply, Request},
        http::RateLimit,
    },
};
use serde_json::{Value as Json, json};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

/// A fault in the handling of one request.
enum Fault {
    /// The request is ignored and answered with this reply.
    Ignored(Reply),
    /// The request is applied and answered with this reply.
    Applied(Reply),
    /// The request is applied, and the reply's body is modified.
    Modified(Modify),
}

/// Modifies the body of a reply.
type Modify = fn(&mut Json);

/// The objects of a portal.
#[derive(Default)]
struct Store {
    kinds: BTreeMap<&'static str, Vec<Json>>,
    revision: u64,
}

type Shared = Arc<Mutex<Store>>;

impl Store {
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

    fn handle(&mut self, request: &Request) -> Reply {
        let path: Vec<&str> = request.path.split('/').skip(2).collect();
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
            let given = request.headers.get("if-match");
            given.is_some_and(|given| self.rows(kind)[at]["etag"] != json!(given))
        });
        match (&*request.method, path.len(), at) {
            ("GET", 1, _) => {
                let rows = self.rows(kind);
                if let Some(wanted) = request.query.get(key) {
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
                let limit: usize = request.query["limit"].parse().unwrap();
                let from = request
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
            ("POST", 1, _)
                if self
                    .rows(kind)
                    .iter()
                    .any(|row| row[key] == request.body[key]) =>
            {
                Reply::json(409, &json!({"title": "Conflict", "detail": "taken"}))
            }
            ("POST", 1, _) => Reply::json(201, &self.add(kind, request.body.clone())),
            (_, 2, None) => missing,
            ("GET", 2, Some(at)) => Reply::json(200, &self.rows(kind)[at]),
            _ if is_stale => Reply::json(412, &json!({"title": "Precondition Failed"})),
            ("PATCH", 2, Some(at)) => {
                self.revision += 1;
                let etag = json!(format!("\"{}\"", self.revision));
                let row = &mut self.kinds.get_mut(kind.name()).unwrap()[at];
                for (name, value) in request.body.as_object().unwrap() {
                    row[name] = value.clone();
                }
                row["etag"] = etag;
                without_secrets(row);
                Reply::json(200, row)
            }
            ("DELETE", 2, Some(at)) => {
                self.revision += 1;
                self.kinds.get_mut(kind.name()).unwrap().remove(at);
                Reply::Response(204, Vec::new(), String::new())
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

/// Starts a portal with 2 scopes and `users` users. `fault` chooses a fault by the number of the request,
/// counted from 0.
async fn portal(
    users: usize,
    mut fault: impl FnMut(usize, &Request) -> Option<Fault> + Send + 'static,
) -> (Sandbox, Shared, FakeServer) {
    let store = Shared::default();
    for scope in ["administrator", "simple_user"] {
        let scope = json!({"name": scope, "system": true});
        store.lock().unwrap().add(Kind::Scopes, scope);
    }
    for n in 0..users {
        store
            .lock()
            .unwrap()
            .add(Kind::Users, user(&format!("user{n}")));
    }
    let (mut count, inner) = (0, Arc::clone(&store));
    let server = FakeServer::start(move |request| {
        let fault = fault(count, request);
        count += 1;
        match fault {
            Some(Fault::Ignored(reply)) => reply,
            Some(Fault::Applied(reply)) => {
                inner.lock().unwrap().handle(request);
                reply
            }
            Some(Fault::Modified(modify)) => {
                let Reply::Response(status, headers, body) = inner.lock().unwrap().handle(request)
                else {
                    unreachable!("the store always sends a response")
                };
                let mut body = serde_json::from_str(&body).unwrap();
                modify(&mut body);
                Reply::Response(status, headers, body.to_string())
            }
            None => inner.lock().unwrap().handle(request),
        }
    })
    .await;
    (
        Sandbox::new(server.client(RateLimit::default())),
        store,
        server,
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
