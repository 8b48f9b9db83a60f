//! What a write to a Kazoo costs in a large account beside a small one: it must not grow with the account.
//!
//! `cargo bench --bench kazoo` removes a member of a ring group and renames 50 users, in an account of 300
//! users and in one of 20,000, and prints the ratio. The server answers from a map, without any check.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench prints its table, and says where it can't go on"
)]

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    routing::{get, put},
};
use callsheet::{
    config::{LoginHash, PortalKind},
    model::{Address, Change, Kind, Value as ModelValue},
    portal::{
        self, Credentials, Location, ObjectRef, Portal, Target, Verb, Write, http::RateLimit,
    },
};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    num::NonZeroU32,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

const FEW: usize = 300;
const MANY: usize = 20_000;
const MEMBERS: usize = 200;
const RENAMES: usize = 50;

type Docs = BTreeMap<String, BTreeMap<String, Value>>;
type Shared = Arc<Mutex<Docs>>;

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (few, many) = runtime.block_on(async { (measure(FEW).await, measure(MANY).await) });
    println!("                        {FEW:>10} {MANY:>10}      ratio");
    for (what, few, many) in [
        ("remove one member", few.0, many.0),
        ("rename 50 users", few.1, many.1),
    ] {
        let (few, many) = (few.as_secs_f64(), many.as_secs_f64());
        let ratio = many / few;
        let (few, many) = (few * 1000.0, many * 1000.0);
        println!("{what:<22} {few:>8.1}ms {many:>8.1}ms {ratio:>8.2} x");
    }
}

/// The time of both changes in an account of so many users.
async fn measure(users: usize) -> (Duration, Duration) {
    let url = serve(docs(users)).await;
    let per_second = NonZeroU32::new(1_000_000).unwrap();
    let portal = portal::open(&Target {
        profile: callsheet::profile::Profile::named("kazoo"),
        kind: PortalKind::Kazoo,
        location: Location::Url(url),
        tenant: Some("acme".to_owned()),
        credentials: Credentials::Login {
            user: "admin".to_owned(),
            password: "a password".into(),
            account: None,
            hash: LoginHash::Md5,
            client: None,
        },
        rate_limit: Some(RateLimit {
            per_second: Some(per_second),
            burst: per_second,
            ..RateLimit::default()
        }),
        charges: None,
        scim: None,
    })
    .unwrap();
    let live = portal.read(&Kind::ALL.into(), &()).await.unwrap();
    let group = live.get(Kind::Extensions, "2000").unwrap();
    let began = Instant::now();
    let mut members = group.fields.get("members").unwrap().elements().to_vec();
    let before = ModelValue::List(members.clone().into());
    members.pop();
    let change = (before, ModelValue::List(members.into()));
    update(
        &*portal,
        Kind::Extensions,
        "2000",
        &group.id,
        "members",
        change,
    )
    .await;
    let removed = began.elapsed();
    let began = Instant::now();
    for number in 0..RENAMES {
        let key = name(number);
        let user = live.get(Kind::Users, &key).unwrap();
        let change = (ModelValue::text("First"), ModelValue::text("Other"));
        update(&*portal, Kind::Users, &key, &user.id, "first_name", change).await;
    }
    (removed, began.elapsed())
}

async fn update(
    portal: &dyn Portal,
    kind: Kind,
    key: &str,
    id: &str,
    field: &str,
    (before, after): (ModelValue, ModelValue),
) {
    let address = Address::new(kind, key);
    let mut target = callsheet::model::Fields::new();
    target.set(field.into(), after.clone());
    if kind == Kind::Extensions {
        target.set("kind".into(), ModelValue::text("ring_group"));
    }
    let change = Change {
        path: vec![field.into()],
        before: Some(before),
        after: Some(after),
    };
    let write = Write {
        greeting: None,
        address: &address,
        verb: Verb::Update(ObjectRef {
            id,
            key,
            etag: None,
        }),
        target: &target,
        changes: std::slice::from_ref(&change),
        secrets: &BTreeMap::new(),
    };
    portal.write(&write).await.unwrap();
}

fn name(number: usize) -> String {
    format!("user{number}")
}

/// An account of so many users, each with a callflow, and a ring group of 200 of them.
fn docs(users: usize) -> Docs {
    let mut docs = Docs::new();
    let mut add = |collection: &str, id: String, mut doc: Value| {
        doc["id"] = json!(id);
        docs.entry(collection.to_owned())
            .or_default()
            .insert(id, doc);
    };
    let node = |number: usize| json!({"module": "user", "data": {"id": format!("u{number:06}")}, "children": {}});
    for number in 0..users {
        let user = json!({"username": name(number), "first_name": "First", "last_name": "Last",
            "email": format!("{}@acme.example", name(number)), "enabled": true, "priv_level": "user"});
        add("users", format!("u{number:06}"), user);
        let flow = json!({"name": name(number), "numbers": [format!("{}", 100_000 + number)],
            "owner_id": format!("u{number:06}"), "type": "mainUserCallflow", "flow": node(number)});
        add("callflows", format!("c{number:06}"), flow);
    }
    let endpoint = |number: usize| json!({"id": format!("u{number:06}"), "endpoint_type": "user"});
    let endpoints: Vec<Value> = (0..MEMBERS).map(endpoint).collect();
    let group = json!({"name": "Sales", "numbers": ["2000"], "flow": {"module": "ring_group",
        "data": {"strategy": "simultaneous", "timeout": 20, "endpoints": endpoints}, "children": {}}});
    add("callflows", "group".to_owned(), group);
    docs
}

async fn serve(docs: Docs) -> String {
    let app = Router::new()
        .route("/v2/user_auth", put(login))
        .route("/v2/accounts/acme/{collection}", get(list))
        .route(
            "/v2/accounts/acme/{collection}/{id}",
            get(read).patch(change),
        )
        .with_state(Arc::new(Mutex::new(docs)));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    url
}

fn enveloped(data: Value) -> Json<Value> {
    Json(json!({"data": data, "revision": "1", "version": "5.4.0", "auth_token": "t"}))
}

async fn login() -> Json<Value> {
    enveloped(json!({"account_id": "acme", "account_name": "acme"}))
}

async fn list(
    State(docs): State<Shared>,
    Path(collection): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
) -> Json<Value> {
    let docs = docs.lock().unwrap();
    let start = query.get("start_key").cloned().unwrap_or_default();
    let size: usize = query["page_size"].parse().unwrap();
    let of = docs
        .get(&collection)
        .into_iter()
        .flat_map(|of| of.range(start.clone()..));
    let mut rows: Vec<(&String, &Value)> = of.take(size + 1).collect();
    let next = (rows.len() > size).then(|| rows.pop().unwrap().0.clone());
    let rows: Vec<&Value> = rows.into_iter().map(|(_, doc)| doc).collect();
    let Json(mut page) = enveloped(json!(rows));
    page["next_start_key"] = json!(next);
    Json(page)
}

async fn read(
    State(docs): State<Shared>,
    Path((collection, id)): Path<(String, String)>,
) -> Json<Value> {
    enveloped(docs.lock().unwrap()[&collection][&id].clone())
}

/// Replaces the fields of a patch, which is enough for what is measured.
async fn change(
    State(docs): State<Shared>,
    Path((collection, id)): Path<(String, String)>,
    Json(body): Json<Value>,
) -> Json<Value> {
    let mut docs = docs.lock().unwrap();
    let doc = docs.get_mut(&collection).unwrap().get_mut(&id).unwrap();
    for (field, value) in body["data"].as_object().unwrap() {
        doc[field] = value.clone();
    }
    enveloped(doc.clone())
}
