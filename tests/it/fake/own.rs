//! Tests of the fake with the project's *own* document: a phone system that exists only here.

use super::{Fake, Habit, Manners, Paging, Put};
use crate::{
    faulty::{Fault, Faulty, Match},
    running::{Answer, Client},
};
use reqwest::Method;
use serde_json::{Value as Json, json};

const TOKEN: &str = "tin-can";

fn document() -> Json {
    let text = include_str!("../../../fixtures/openapi/telephony.yaml");
    serde_yaml::from_str(text).unwrap()
}

fn manners() -> Manners {
    let person = Habit {
        unique: &["email"],
        hides: &["pin"],
        keeps: &["since"],
        makes: Some(|fields, serial| drop(fields.insert("since".into(), serial.into()))),
        needed_for: Some(|store, path| {
            let phones = store.count(&format!("{path}/phones"));
            (phones > 1).then(|| format!("{path} has {phones} phones"))
        }),
        // Who goes by another name keeps the first one.
        follows: Some(|store, path| {
            store.change(path, |person| {
                let login = person["login"].clone();
                person.entry("first").or_insert(login);
            });
        }),
        ..Habit::default()
    };
    Manners {
        tokens: &[TOKEN],
        paging: Paging::Page {
            page: "page",
            size: "size",
        },
        page_size: 2,
        collections: vec![("/people", person)],
        ..Manners::default()
    }
}

struct Caller(Client);

impl Caller {
    fn new(url: &str) -> Self {
        Self(Client::new(url, TOKEN))
    }

    async fn send(&self, method: &str, path: &str, body: Json) -> Answer {
        let request = self.0.request(method.parse::<Method>().unwrap(), path);
        let request = match body {
            Json::Null => request,
            body => request.json(&body),
        };
        Client::send(request).await.unwrap()
    }

    async fn status(&self, method: &str, path: &str, body: Json) -> u16 {
        self.send(method, path, body).await.status
    }

    async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, Json::Null).await
    }
}

fn start(manners: Manners) -> (Fake, Caller) {
    let fake = Fake::start(document(), manners);
    let caller = Caller::new(&fake.url);
    (fake, caller)
}

fn person(login: &str) -> Json {
    json!({"login": login, "name": "Ann", "email": format!("{}@tin.example", login.replace(' ', "."))})
}

#[tokio::test]
async fn an_object_is_created_changed_and_deleted() {
    let (fake, caller) = start(manners());
    let mut ann = person("ann lee");
    ann["pin"] = "0042".into();
    let made = caller.send("POST", "/people", ann).await;
    assert_eq!((made.status, &made.body["pin"]), (201, &json!("0042")));
    assert_eq!(made.body["first"], "ann lee");
    let path = "/people/ann%20lee";
    let there = caller.get(path).await;
    assert_eq!((there.status, there.body.get("pin")), (200, None));
    assert_eq!(fake.object(path).unwrap()["pin"], "0042");
    // Another with the key, and another with the address.
    let ann = person("ann lee");
    assert_eq!(caller.status("POST", "/people", ann).await, 409);
    let mut twin = person("bob");
    twin["email"] = "ann.lee@tin.example".into();
    let taken = caller.send("POST", "/people", twin).await;
    assert_eq!(taken.body["error"], "taken");
    let patch = json!({"likes": {"tea": true}, "email": null});
    assert_eq!(caller.status("PATCH", path, patch).await, 200);
    let patch = json!({"likes": {"milk": false}});
    let patched = caller.send("PATCH", path, patch).await.body;
    assert_eq!(patched["likes"], json!({"tea": true, "milk": false}));
    assert_eq!(patched.get("email"), None);
    // A PUT replaces what isn't the portal's own.
    let whole = json!({"login": "ann lee", "name": "A"});
    let put = caller.send("PUT", path, whole).await;
    assert_eq!(
        (put.body.get("likes"), put.body["since"].is_u64()),
        (None, true)
    );
    for (id, model) in [(1, "tin"), (2, "can")] {
        let phone = json!({"id": id, "model": model});
        let phones = "/people/ann%20lee/phones";
        assert_eq!(caller.status("POST", phones, phone).await, 201);
    }
    assert_eq!(caller.status("DELETE", path, Json::Null).await, 409);
    assert_eq!(caller.get("/people/ann lee/phones/1").await.status, 200);
    let (zoe, object) = (
        "/people/zoe",
        json!({"login": "zoe", "name": "Zoë", "since": 0}),
    );
    fake.seed(zoe, &object);
    assert_eq!(caller.status("DELETE", zoe, Json::Null).await, 204);
    assert_eq!(caller.get(zoe).await.body["error"], "missing");
    assert_eq!(caller.get("/people/zoe/phones").await.status, 404);
    // What is literal isn't a name.
    assert_eq!(caller.get("/people/count").await.body["count"], 7);
    let last = fake.requests().pop().unwrap();
    assert_eq!(
        (&*last.method, &*last.path, last.status),
        ("GET", "/people/count", 200)
    );
}

#[tokio::test]
async fn what_the_document_does_not_allow_is_refused() {
    let (fake, caller) = start(manners());
    for (method, path, body, status, fault) in [
        (
            "POST",
            "/people",
            json!({"login": "ann"}),
            400,
            "\"name\" is a required property",
        ),
        (
            "POST",
            "/people",
            json!({"login": "A", "name": "A"}),
            400,
            "/login: ",
        ),
        (
            "POST",
            "/people",
            json!({"login": "a", "name": "A", "email": "a"}),
            400,
            "/email: ",
        ),
        (
            "POST",
            "/people",
            json!({"login": "a", "name": "A", "nmae": 1}),
            400,
            "nmae",
        ),
        ("POST", "/people", Json::Null, 400, "no body"),
        ("GET", "/people?page=0", Json::Null, 400, "page: 0"),
        ("GET", "/people?size=many", Json::Null, 400, "size: many"),
        (
            "GET",
            "/people/ann/phones/first",
            Json::Null,
            400,
            "id: first",
        ),
        (
            "PUT",
            "/people/nobody",
            person("nobody"),
            404,
            "/people/nobody",
        ),
        ("PATCH", "/people", json!({}), 405, "method"),
        ("GET", "/nowhere", Json::Null, 404, "path"),
    ] {
        let answer = caller.send(method, path, body).await;
        let seen = fake.requests().pop().unwrap();
        let told = seen.fault.unwrap_or_default();
        assert_eq!(answer.status, status, "{method} {path}: {told}");
        assert!(told.contains(fault), "{method} {path}: {told}");
    }
    let stranger = Client::new(&fake.url, "another");
    assert_eq!(stranger.get("/people").await.status, 401);
    let login = stranger.request(Method::POST, "/session");
    let login = login.header("Content-Type", "application/x-www-form-urlencoded");
    let login = Client::send(login.body("name=a+b&secret=%26%3D"))
        .await
        .unwrap();
    assert_eq!((login.status, &login.body["token"]), (200, &json!(TOKEN)));
    let body = &fake.requests().pop().unwrap().body;
    assert_eq!(*body, json!({"name": "a b", "secret": "&="}));
    let text = caller.0.request(Method::POST, "/people").body("login=ann");
    assert_eq!(Client::send(text).await.unwrap().status, 415);
}

#[tokio::test]
async fn a_body_in_parts_is_read() {
    let fake = Fake::start(document(), manners());
    let body = "--cut\r\nContent-Disposition: form-data; name=\"sound\"; filename=\"a.wav\"\r\n\r\nla\r\nla\r\n\
        --cut\r\nContent-Disposition: form-data; name=\"languages[]\"\r\n\r\nen\r\n\
        --cut\r\nContent-Disposition: form-data; name=\"languages[]\"\r\n\r\nde\r\n--cut--\r\n";
    let client = Client::new(&fake.url, TOKEN);
    let request = client.request(Method::POST, "/greetings").body(body);
    let request = request.header("Content-Type", "multipart/form-data; boundary=cut");
    assert_eq!(Client::send(request).await.unwrap().status, 201);
    let made = fake.object("/greetings/1").unwrap();
    assert_eq!(
        made,
        json!({"sound": "la\r\nla", "languages": ["en", "de"], "id": 1})
    );
    let accepted = fake.accepted().pop().unwrap();
    assert_eq!(
        (&*accepted.target, &*accepted.raw),
        ("/greetings", body.as_bytes())
    );
    assert_eq!(accepted.media(), "multipart/form-data; boundary=cut");
}

#[tokio::test]
async fn a_collection_is_read_in_pages() {
    let names = ["ann", "bob", "carol", "dave", "eve"];
    let seed = |fake: &Fake| {
        for (since, name) in names.iter().enumerate() {
            let object = json!({"login": name, "name": name, "since": since});
            fake.seed(&format!("/people/{name}"), &object);
        }
    };
    let (fake, caller) = start(manners());
    seed(&fake);
    for (query, expected, pages) in [
        ("", &names[..2], 3),
        ("?page=3", &names[4..], 3),
        ("?page=2&size=3", &names[3..], 2),
        ("?page=9", &[][..], 3),
    ] {
        let body = caller.get(&format!("/people{query}")).await.body;
        let rows = body["people"].as_array().unwrap().iter();
        let logins: Vec<&str> = rows.map(|row| row["login"].as_str().unwrap()).collect();
        assert_eq!(logins, expected, "{query}");
        assert_eq!(
            (&body["total"], &body["total_pages"]),
            (&json!(5), &json!(pages))
        );
    }
    let offset = Paging::Offset {
        start: "start",
        limit: "limit",
    };
    let cursor = Paging::Cursor {
        cursor: "after",
        limit: "limit",
        next: "next",
    };
    for (paging, first) in [(offset, "start=0&limit=2"), (cursor, "limit=2")] {
        let (fake, caller) = start(Manners {
            paging,
            ..manners()
        });
        seed(&fake);
        let (mut query, mut seen) = (first.to_owned(), Vec::new());
        loop {
            let body = caller.get(&format!("/people?{query}")).await.body;
            let rows = body["people"].as_array().unwrap();
            let logins = rows.iter().map(|row| row["login"].as_str().unwrap());
            seen.extend(logins.map(str::to_owned));
            query = match (paging, body["next"].as_str()) {
                (Paging::Offset { .. }, _) if rows.len() == 2 => {
                    format!("start={}&limit=2", seen.len())
                }
                (Paging::Cursor { .. }, Some(next)) => format!("after={next}&limit=2"),
                _ => break,
            };
        }
        assert_eq!(seen, names, "{paging:?}");
    }
}

#[tokio::test]
async fn an_accepted_write_is_seen_later() {
    let (fake, caller) = start(Manners {
        lag: Some(2),
        put: Put::Merges,
        ..manners()
    });
    let accepted = caller.send("POST", "/people", person("ann")).await;
    assert_eq!(
        (accepted.status, accepted.body),
        (202, json!({"accepted": true}))
    );
    let mut totals = Vec::new();
    for _ in 0..3 {
        totals.push(caller.get("/people").await.body["total"].clone());
    }
    assert_eq!(totals, [0, 0, 1]);
    let mut bob = person("bob");
    bob["synchronous"] = "yes".into();
    let made = caller.send("POST", "/people", bob).await;
    assert_eq!((made.status, made.body.get("synchronous")), (201, None));
    // A partial PUT, of which nothing is returned.
    let put = json!({"login": "bob", "name": "Robert"});
    assert_eq!(caller.status("PUT", "/people/bob", put).await, 202);
    let bob = fake.object("/people/bob").unwrap();
    assert_eq!(
        (&bob["name"], &bob["email"]),
        (&json!("Robert"), &json!("bob@tin.example"))
    );
}

#[tokio::test]
async fn a_stale_write_is_refused_where_there_are_entity_tags() {
    let (_fake, caller) = start(Manners {
        has_etags: true,
        ..manners()
    });
    let made = caller.send("POST", "/people", person("ann")).await;
    let etag = made.header("etag").to_owned();
    for status in [200, 412] {
        let request = caller.0.request(Method::PATCH, "/people/ann");
        let request = request
            .header("If-Match", &etag)
            .json(&json!({"name": "Anne"}));
        assert_eq!(Client::send(request).await.unwrap().status, status);
    }
    let now = caller.get("/people/ann").await;
    assert_ne!(now.header("etag"), etag);
}

#[tokio::test]
async fn errors_and_the_rate_are_the_portals_own() {
    let error = |status: u16, fault: &str| json!({"error": format!("{status}: {fault}")});
    let (_fake, caller) = start(Manners {
        error: Some(error),
        rate: Some((2, 0)),
        ..manners()
    });
    let missing = caller.get("/people/ann").await;
    assert_eq!(
        missing.body,
        json!({"error": "404: there is no /people/ann"})
    );
    for status in [200, 429] {
        assert_eq!(caller.get("/people").await.status, status);
    }
}

#[tokio::test]
async fn faults_come_from_the_proxy_in_front() {
    for (fault, has_happened) in [
        (Fault::ResetBeforeSend, false),
        (Fault::Status500, false),
        (Fault::Status429 { retry_after: None }, false),
        (Fault::HtmlPage(502), false),
        (Fault::ResetAfterCommit, true),
        (Fault::TruncatedBody, true),
    ] {
        let fake = Fake::start(document(), manners());
        let faulty = Faulty::before(&fake.url);
        faulty.fail(Match::write().nth(1), fault);
        let client = Client::new(&faulty.url(), TOKEN);
        let request = client.request(Method::POST, "/people").json(&person("ann"));
        let answer = Client::send(request).await;
        let is_made = answer.is_ok_and(|answer| answer.status == 201 && answer.body.is_object());
        assert!(!is_made, "{fault:?}");
        assert_eq!(
            fake.object("/people/ann").is_some(),
            has_happened,
            "{fault:?}"
        );
    }
}

#[tokio::test]
async fn an_answer_that_violates_the_document_is_a_lie() {
    let (fake, caller) = start(manners());
    fake.seed("/people/ann", &json!({"login": "ann"}));
    assert_eq!(caller.get("/people/ann").await.status, 200);
    let lies = fake.lies();
    assert_eq!(lies.len(), 2, "{lies:?}");
    assert!(lies[0].starts_with("GET /people/ann 200: "), "{lies:?}");
    let dropped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(fake)));
    assert!(dropped.is_err());
}
