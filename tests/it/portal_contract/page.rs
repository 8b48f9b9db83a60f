//! *Pages*: lists around the boundaries of pages are read completely with one request per page.

use super::{
    run::Workspace,
    subject::{Server, Subject},
};
use crate::running::{self, WRITE};
use callsheet::model::Kind;
use reqwest::Method;
use serde_json::json;

/// The page size for users.
fn page(subject: &Subject) -> usize {
    if subject.is_kazoo() { 500 } else { 1000 }
}

/// Creates users directly on the server.
fn seed(subject: &Subject, from: usize, to: usize) {
    let user = |at: usize| {
        json!({"username": format!("p{at:04}"), "first_name": "P", "last_name": "Q",
            "email": format!("p{at:04}@acme.example")})
    };
    match &subject.server {
        Server::Sandbox(sandbox) => running::runtime().block_on(async {
            let client = running::Client::new(&sandbox.url, WRITE);
            for at in from..to {
                let request = client.request(Method::POST, "/v1/users").json(&user(at));
                assert_eq!(running::Client::send(request).await.unwrap().status, 201);
            }
        }),
        Server::Kazoo(kazoo) => {
            for at in from..to {
                let mut user = user(at);
                user["password"] = "x1y2z3".into();
                kazoo.seed("users", user);
            }
        }
        Server::Real(_) => unreachable!("nobody makes thousands of users on a real portal"),
    }
}

#[test]
fn lists_are_complete_around_page_boundaries() {
    for subject in [Subject::sandbox(), Subject::four(), Subject::five()] {
        let page = page(&subject);
        let workspace = Workspace::default();
        let there = |live: &callsheet::model::Live| live.of_kind(Kind::Users).count();
        let read = || {
            running::runtime().block_on(async { workspace.read(&*subject.portal()).await.unwrap() })
        };
        let first = read();
        let own = there(&first);
        let mut made = own;
        for count in [page - 1, page, page + 1, 2 * page + 1] {
            seed(&subject, made, count);
            made = count;
            let live = read();
            assert_eq!(there(&live), count, "{}", subject.name);
            assert_eq!(live.listings[&Kind::Users].doubt(), None);
            assert_eq!(
                live.requests.made, live.requests.minimum,
                "{}",
                subject.name
            );
            let more = count.div_ceil(page) - own.div_ceil(page);
            assert_eq!(
                live.requests.made,
                first.requests.made + more as u64,
                "{} {count}",
                subject.name
            );
        }
    }
}
