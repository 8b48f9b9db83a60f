use super::{Client, Failure, RateLimit, Request};
use crate::portal::{
    Error,
    fake_server::{FakeServer, Reply},
};
use reqwest::Method;
use serde_json::json;
use std::time::Duration;

const THINGS: Request<'static> = Request::new(Method::GET, &["things"]);
const NEW_THING: Request<'static> = Request::new(Method::POST, &["things"]);

fn ok() -> Reply {
    Reply::json(200, &json!({"fine": true}))
}

fn refusal(status: u16) -> Reply {
    Reply::json(status, &json!({"title": "No", "detail": "because"}))
}

async fn client_of(replies: impl IntoIterator<Item = Reply>) -> (FakeServer, Client) {
    let server = FakeServer::script(replies).await;
    let client = server.client(RateLimit::default());
    (server, client)
}

#[tokio::test]
async fn a_read_survives_temporary_failures() {
    for temporary in [
        refusal(429),
        refusal(429).with("Retry-After", "0"),
        refusal(503).with("Retry-After", "0"),
        refusal(500),
        Reply::html(502),
        Reply::html(503),
        Reply::html(504),
        Reply::html(403),
        refusal(403).with("X-RateLimit-Remaining", "0"),
        Reply::Truncated(Box::new(ok())),
        Reply::Closed,
    ] {
        let (_server, client) = client_of([temporary.clone(), temporary.clone(), ok()]).await;
        let body = client.read(&THINGS).await;
        assert!(body.is_ok_and(|body| body.is_some()), "{temporary:?}");
        assert_eq!(client.requests(), 3, "{temporary:?}");
    }
}

#[tokio::test]
async fn a_read_gives_up_after_five_attempts() {
    let (server, client) = client_of([refusal(502)]).await;
    let error = client.read(&THINGS).await.unwrap_err();
    assert!(
        matches!(
            error,
            Error::NotReady {
                status: 502,
                attempts: 5
            }
        ),
        "{error}"
    );
    assert_eq!((server.requests().len(), client.requests()), (5, 5));

    let (_server, client) = client_of([Reply::Closed]).await;
    let error = client.read(&THINGS).await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");
    assert_eq!(client.requests(), 5);
}

#[tokio::test]
async fn only_the_portals_own_404_means_not_found() {
    let (_server, client) = client_of([refusal(404)]).await;
    assert_eq!(client.read(&THINGS).await.unwrap(), None);
    let empty = Reply::Response(404, Vec::new(), String::new());
    let json = ("Content-Type", "application/json".to_owned());
    let invalid_json = Reply::Response(404, vec![json], "<h1>Not found</h1>".to_owned());
    let redirect = Reply::html(302).with("Location", "http://elsewhere.example/");
    for unreadable in [
        Reply::html(404),
        empty,
        invalid_json,
        Reply::html(200),
        redirect,
        Reply::html(418),
    ] {
        let (_server, client) = client_of([unreadable.clone()]).await;
        let error = client.read(&THINGS).await.unwrap_err();
        assert!(
            matches!(error, Error::Unreadable { .. }),
            "{unreadable:?}: {error}"
        );
        assert_eq!(client.requests(), 1, "{unreadable:?}");
    }
}

#[tokio::test]
async fn a_rejected_login_is_not_retried() {
    let (server, client) = client_of([refusal(401)]).await;
    let error = client.read(&THINGS).await.unwrap_err();
    assert!(matches!(error, Error::Unauthorized { .. }), "{error}");
    assert_eq!(client.requests(), 1);
    assert_eq!(
        server.requests()[0].headers["authorization"],
        "Bearer open sesame"
    );
    assert!(server.requests()[0].headers["user-agent"].starts_with("callsheet/"));

    let (_server, client) = client_of([refusal(403)]).await;
    let error = client.read(&THINGS).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the credentials don't allow GET /things (403): because"
    );
}

#[tokio::test]
async fn a_write_is_retried_only_if_it_changed_nothing() {
    for rejected in [
        refusal(429),
        refusal(429).with("Retry-After", "0"),
        refusal(503).with("Retry-After", "0"),
        Reply::html(403),
    ] {
        let (_server, client) = client_of([rejected.clone(), ok()]).await;
        assert!(client.write(&NEW_THING).await.is_ok(), "{rejected:?}");
        assert_eq!(client.requests(), 2);
    }
    for ambiguous in [
        refusal(500),
        refusal(502),
        refusal(503),
        refusal(504),
        Reply::html(200),
        Reply::html(404),
        Reply::Truncated(Box::new(ok())),
        Reply::Closed,
    ] {
        let (_server, client) = client_of([ambiguous.clone(), ok()]).await;
        let answer = client.write(&NEW_THING).await;
        assert!(
            matches!(answer, Err(Failure::Ambiguous { .. })),
            "{ambiguous:?}"
        );
        assert_eq!(client.requests(), 1);
    }
}

#[tokio::test]
async fn a_write_without_a_connection_changed_nothing() {
    let client = FakeServer::stopped().await.client(RateLimit::default());
    let failure = client.write(&NEW_THING).await.err().unwrap();
    assert!(
        matches!(failure, Failure::NotDone(Error::Unreachable { .. })),
        "{failure:?}"
    );
    assert_eq!(client.requests(), 5);
}

#[tokio::test]
async fn a_missing_response_times_out_and_is_ambiguous() {
    let server = FakeServer::script([Reply::NoResponse]).await;
    let client = server.client(RateLimit {
        timeout: Duration::from_millis(50),
        ..RateLimit::default()
    });
    let Err(Failure::Ambiguous { reason }) = client.write(&NEW_THING).await else {
        panic!("the outcome is unknown");
    };
    assert_eq!(reason, "the answer took too long");
}

#[tokio::test]
async fn a_refusal_contains_the_portals_message() {
    let (_server, client) = client_of([Reply::json(
        422,
        &json!({"title": "Invalid", "status": 422, "detail": "2 fields\u{1b}[31m",
            "errors": [{"field": "email", "code": "x", "message": "is no address"}, {"field": null}]}),
    )])
    .await;
    let answer = client.write(&NEW_THING).await.ok().unwrap();
    assert_eq!(
        answer.refusal().to_string(),
        "the portal refused: 2 fields[31m; email: is no address; : "
    );
}

#[tokio::test]
async fn a_body_that_is_too_large_is_not_read() {
    let media_type = ("Content-Type", "application/json".to_owned());
    let large = Reply::Response(200, vec![media_type], " ".repeat((64 << 20) + 1));
    let (_server, client) = client_of([large]).await;
    let error = client.read(&THINGS).await.unwrap_err();
    assert!(
        error.to_string().ends_with("it is larger than 64 MiB"),
        "{error}"
    );
}

#[tokio::test]
async fn a_path_segment_that_changes_the_path_is_not_sent() {
    let (server, client) = client_of([ok()]).await;
    let parent = Request::new(Method::DELETE, &["users", ".."]);
    assert!(matches!(
        client.write(&parent).await,
        Err(Failure::NotDone(_))
    ));
    assert_eq!((server.requests().len(), client.requests()), (0, 0));
}

#[tokio::test]
async fn a_login_omits_the_token_and_other_requests_send_it() {
    let (server, client) = client_of([ok()]).await;
    let login = Request {
        is_anonymous: true,
        ..NEW_THING
    };
    assert!(client.write(&login).await.is_ok());
    assert!(client.read(&THINGS).await.is_ok());
    let requests = server.requests();
    let has_token = requests
        .iter()
        .map(|request| request.headers.contains_key("authorization"));
    assert_eq!(has_token.collect::<Vec<_>>(), [false, true]);
}
