//! What the sandbox refuses, and how it says so.

use crate::running::{Client, READ, Sandbox, path, user};
use callsheet::model::Kind;
use reqwest::{Method, StatusCode};
use serde_json::json;

#[tokio::test]
async fn a_write_names_the_version_that_it_is_meant_for() {
    let (_sandbox, client) = Sandbox::with_client();
    let made = client.post("/v1/users", &user("ann")).await;
    let at = path(Kind::Users, &made);
    let changed = client.patch(&at, &json!({"dnd": true})).await;
    for method in [Method::PATCH, Method::DELETE] {
        let request = client.request(method.clone(), &at).json(&json!({}));
        let request = request.header("If-Match", made.header("etag"));
        let stale = Client::send(request).await.unwrap();
        assert_eq!(stale.status, 412);
        assert_eq!(stale.body["type"], "urn:callsheet:problem:stale");
    }
    let request = client.request(Method::DELETE, &at);
    let request = request.header("If-Match", changed.header("etag"));
    assert_eq!(Client::send(request).await.unwrap().status, 204);
}

#[tokio::test]
async fn every_refusal_is_a_problem() {
    let (sandbox, client) = Sandbox::with_client();
    let reader = Client::new(&sandbox.url, READ);
    let stranger = Client::new(&sandbox.url, "guess");
    let ann = client.post("/v1/users", &user("ann")).await;
    let at = path(Kind::Users, &ann);
    let scopes = client.get("/v1/scopes").await.body;
    assert_eq!(scopes["items"][0]["system"], true);
    let system = format!("/v1/scopes/{}", scopes["items"][0]["id"].as_str().unwrap());
    let send = |client: &Client, method: Method, path: &str, kind: &str, body: &str| {
        let request = client.request(method, path).body(body.to_owned());
        Client::send(request.header("Content-Type", kind))
    };
    let (json_type, patch) = ("application/json", "application/merge-patch+json");
    let long = format!("{{\"title\": \"{}\"}}", "x".repeat(1 << 20));
    let refused = [
        (
            send(&client, Method::POST, "/v1/users", json_type, "{\"a").await,
            400,
        ),
        (
            send(&stranger, Method::GET, "/v1/users", json_type, "").await,
            401,
        ),
        (
            send(&stranger, Method::GET, "/nowhere", json_type, "").await,
            401,
        ),
        (send(&reader, Method::DELETE, &at, json_type, "").await, 403),
        (
            send(&client, Method::DELETE, &system, json_type, "").await,
            403,
        ),
        (
            send(&client, Method::PATCH, &system, patch, "{}").await,
            403,
        ),
        (
            send(&client, Method::GET, "/nowhere", json_type, "").await,
            404,
        ),
        (
            send(&client, Method::GET, "/v1/robots", json_type, "").await,
            404,
        ),
        (
            send(&client, Method::GET, "/v1/%ff", json_type, "").await,
            404,
        ),
        (
            send(&client, Method::GET, "/v1/users/nobody", json_type, "").await,
            404,
        ),
        (
            send(
                &client,
                Method::GET,
                &at.replace("users", "groups"),
                json_type,
                "",
            )
            .await,
            404,
        ),
        (send(&client, Method::PUT, &at, json_type, "{}").await, 405),
        (
            send(
                &client,
                Method::POST,
                "/v1/users",
                json_type,
                &user("ann").to_string(),
            )
            .await,
            409,
        ),
        (send(&client, Method::PATCH, &at, patch, &long).await, 413),
        (
            send(&client, Method::PATCH, &at, "text/plain", "{}").await,
            415,
        ),
        (
            send(&client, Method::POST, "/v1/users", patch, "{}").await,
            415,
        ),
        (send(&client, Method::PATCH, &at, patch, "[]").await, 422),
        (
            send(&client, Method::POST, "/v1/users", json_type, "{}").await,
            422,
        ),
    ];
    for (answer, status) in refused {
        let answer = answer.unwrap();
        assert_eq!(answer.status, status, "{answer:?}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert_eq!(answer.body["status"], status);
        let title = StatusCode::from_u16(status).unwrap();
        assert!(answer.body["title"].is_string(), "{title}");
        let kind = answer.body["type"].as_str().unwrap();
        assert!(kind.starts_with("urn:callsheet:problem:"), "{kind}");
        if status == 405 {
            assert_eq!(answer.header("allow"), "GET,HEAD,PATCH,DELETE");
        }
        if status == 401 {
            assert_eq!(answer.header("www-authenticate"), "Bearer");
        }
    }
    assert_eq!(
        client.get(&at).await.body,
        ann.body,
        "no refusal left a trace"
    );
    assert_eq!(reader.get(&at).await.status, 200);
}

#[tokio::test]
async fn a_refusal_names_every_field_and_who_has_what_is_taken() {
    let (_sandbox, client) = Sandbox::with_client();
    let mut bob = user("bob");
    bob["extension"] = "1001".into();
    bob["phones"] = json!([{"mac": "00-15-65-AA-BB-CC", "model": "t54"}]);
    client.post("/v1/users", &bob).await;
    let mut ann = user("ann");
    ann["email"] = "BOB@acme.example".into();
    ann["extension"] = "1001".into();
    ann["phones"] = json!([{"mac": "001565aabbcc", "model": "t57"}]);
    let taken = client.post("/v1/users", &ann).await;
    assert_eq!(taken.status, 409);
    let faults = ["email taken", "extension taken", "phones[0].mac taken"];
    assert_eq!(taken.faults(), faults);
    let message = &taken.body["errors"][1]["message"];
    assert_eq!(message, "extension 1001 belongs to users/bob");
    let queue = json!({"number": "1001", "kind": "call_queue", "name": "Sales"});
    let taken = client.post("/v1/extensions", &queue).await;
    assert_eq!(
        (taken.status, taken.faults()),
        (409, vec!["number taken".to_owned()])
    );

    let nothing = client
        .post("/v1/users", &json!({"extension": "x", "scope": 1}))
        .await;
    assert_eq!(nothing.status, 422);
    assert_eq!(
        nothing.faults(),
        [
            "email required",
            "extension invalid",
            "first_name required",
            "last_name required",
            "scope invalid",
            "username required"
        ]
    );
    let built_in = client.post("/v1/scopes", &json!({"name": "admin"})).await;
    assert_eq!(
        (built_in.status, built_in.faults()),
        (409, vec!["name taken".to_owned()])
    );
}
