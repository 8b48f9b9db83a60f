//! *Keeping*: a core keeps what it accepted, and refuses the rest.

use super::{NetSapiens, Options, PATH, TOKEN};
use crate::running::Client;
use serde_json::{Value as Json, json};

fn user(number: &str, more: &Json) -> Json {
    let mut user = json!({"user": number, "name-first-name": "Ann", "name-last-name": "Lee",
        "email-address": "ann@example.com", "user-scope": "Basic User"});
    let more = more.as_object().unwrap().clone();
    user.as_object_mut().unwrap().extend(more);
    user
}

/// A NetSapiens keeps what it accepted: people, their devices and rules, and contacts.
#[tokio::test]
async fn netsapiens_keeps_what_it_accepted() {
    let core = NetSapiens::start(Options::default());
    let client = Client::new(&core.fake().url, TOKEN);
    let (none, partial) = (json!({}), json!({"department": "Sales"}));
    let taken = json!({"login-username": "1001@example.com"});
    let contact =
        json!({"name-first-name": "Fire", "name-last-name": "Brigade", "synchronous": "yes"});
    for (method, path, body, status) in [
        ("GET", "/users", Json::Null, 200),
        ("POST", "/users", user("1001", &none), 202),
        ("POST", "/users", user("1001", &none), 409),
        ("POST", "/users", user("1002", &taken), 409),
        (
            "POST",
            "/users",
            user("1002", &json!({"synchronous": "yes"})),
            200,
        ),
        ("POST", "/users", json!({"user": "1003"}), 400),
        (
            "POST",
            "/users",
            user("1003", &json!({"user-scope": "Emperor"})),
            400,
        ),
        ("GET", "/users?limit=1&start=1", Json::Null, 200),
        ("GET", "/users?limit=5000", Json::Null, 400),
        ("PUT", "/users/1001", partial.clone(), 202),
        ("PUT", "/users/9", partial, 404),
        (
            "POST",
            "/users/1001/devices",
            json!({"device": "1001"}),
            202,
        ),
        (
            "PUT",
            "/users/1001/answerrules/*",
            json!({"enabled": "yes"}),
            404,
        ),
        (
            "POST",
            "/users/1001/answerrules",
            json!({"time-frame": "*", "enabled": "yes"}),
            202,
        ),
        (
            "PUT",
            "/users/1001/answerrules/*",
            json!({"do-not-disturb": {"enabled": "yes"}}),
            202,
        ),
        ("GET", "/users/1001/answerrules/%2A", Json::Null, 200),
        ("POST", "/contacts", contact, 200),
        ("DELETE", "/users/1001", Json::Null, 202),
        ("GET", "/users/1001", Json::Null, 404),
        ("GET", "/users/1001/devices", Json::Null, 404),
    ] {
        let request = client.request(method.parse().unwrap(), &format!("{PATH}{path}"));
        let request = match &body {
            Json::Null => request,
            body => request.json(body),
        };
        let answer = Client::send(request).await.unwrap();
        let seen = core.fake().requests().pop().unwrap();
        assert_eq!(
            answer.status, status,
            "{method} {path}: {:?} {}",
            seen.fault, answer.body
        );
        match (method, path) {
            ("GET", "/users") => assert_eq!(answer.body, json!([])),
            ("GET", "/users?limit=1&start=1") => assert_eq!(answer.body[0]["user"], "1002"),
            ("PUT", "/users/1001") => {
                let kept = core.object("users/1001").unwrap();
                assert_eq!(
                    (&kept["department"], &kept["name-first-name"]),
                    (&json!("Sales"), &json!("Ann"))
                );
            }
            ("GET", "/users/1001/answerrules/%2A") => {
                assert_eq!(answer.body["do-not-disturb"]["enabled"], "yes");
            }
            _ => {}
        }
    }
}
