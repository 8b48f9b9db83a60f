use super::{Base, Client, ConnectionFailure, Failure, Media, RateLimit, Request};
use crate::portal::{
    Error,
    fake_server::{FakeServer, Reply},
};
use reqwest::{
    Method,
    dns::{Name, Resolve, Resolving},
    header::{ACCEPT, AUTHORIZATION, COOKIE, HeaderName},
};
use serde_json::json;
use std::{sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

fn things() -> Request {
    Request::new(Method::GET, &["things"])
}

fn new_thing() -> Request {
    Request::new(Method::POST, &["things"])
}

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
        let body = client.read(&things()).await;
        assert!(body.is_ok_and(|body| body.is_some()), "{temporary:?}");
        assert_eq!(client.requests(), 3, "{temporary:?}");
    }
}

#[tokio::test]
async fn a_read_gives_up_after_five_attempts() {
    let (server, client) = client_of([refusal(502)]).await;
    let error = client.read(&things()).await.err().unwrap();
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
    assert_eq!(failure(&client).await, ConnectionFailure::Interrupted);
    assert_eq!(client.requests(), 5);
}

/// The classified failure of a read.
async fn failure(client: &Client) -> ConnectionFailure {
    match client.read(&things()).await.err().unwrap() {
        Error::Unreachable { cause, .. } => cause,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_failed_connection_is_classified() {
    let client = FakeServer::stopped().await.client(RateLimit::default());
    assert_eq!(failure(&client).await, ConnectionFailure::Refused);

    // A server that speaks plain HTTP answers the handshake with text.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = client_at(&format!("https://{}", listener.local_addr().unwrap()));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = b"HTTP/1.1 400 Bad Request\r\n\r\n";
            stream.write_all(answer).await.unwrap();
            stream.read_to_end(&mut Vec::new()).await.ok();
        }
    });
    assert_eq!(failure(&client).await, ConnectionFailure::NotTls);

    let mut client = client_at("https://portal.example");
    let http = reqwest::Client::builder()
        .dns_resolver(Arc::new(NoNames))
        .no_proxy();
    client.http = http.build().unwrap();
    assert_eq!(failure(&client).await, ConnectionFailure::Dns);

    let server = FakeServer::script([Reply::NoResponse]).await;
    let client = server.client(RateLimit {
        timeout: Duration::from_millis(20),
        ..RateLimit::default()
    });
    assert_eq!(failure(&client).await, ConnectionFailure::Timeout);
}

/// A resolver that knows no name, so that the test asks no other.
struct NoNames;

impl Resolve for NoNames {
    fn resolve(&self, _: Name) -> Resolving {
        Box::pin(async { Err("no such name".into()) })
    }
}

fn client_at(url: &str) -> Client {
    let base = Base::parse(url).unwrap();
    Client::new(base, None, RateLimit::default())
        .unwrap()
        .without_delays()
}

#[tokio::test]
async fn a_request_that_isnt_implemented_did_nothing() {
    let (_server, client) = client_of([refusal(501)]).await;
    let answer = client.write(&new_thing()).await.ok().unwrap();
    assert_eq!((answer.status, client.requests()), (501, 1));
    // A proxy's page says nothing about the portal.
    let (_server, client) = client_of([Reply::html(501)]).await;
    assert!(client.write(&new_thing()).await.is_err());
}

#[tokio::test]
async fn text_is_an_answer_only_where_the_caller_accepts_it() {
    let reply = |status, media_type: &str, body: &str| {
        let media_type = ("Content-Type", media_type.to_owned());
        Reply::Response(status, vec![media_type], body.to_owned())
    };
    for (reply, in_text, in_any) in [
        (reply(200, "text/plain; charset=utf-8", "Pong"), true, true),
        (reply(202, "application/octet-stream", "?"), false, true),
        (reply(404, "text/plain", "No Route Found [92]"), true, true),
        (reply(400, "text/xml", "<response/>"), true, true),
        (Reply::html(200), false, true),
        (Reply::html(404), false, true),
        (refusal(404), true, true),
        (ok(), true, true),
    ] {
        for (accepts, is_answer) in [(Media::Text, in_text), (Media::Any, in_any)] {
            let (_server, client) = client_of([reply.clone()]).await;
            let request = Request {
                accepts,
                ..new_thing()
            };
            let answer = client.write(&request).await;
            assert_eq!(answer.is_ok(), is_answer, "{reply:?} for {accepts:?}");
        }
    }
    let (_server, client) = client_of([reply(404, "text/plain", "No Route Found [92]")]).await;
    let request = Request {
        accepts: Media::Text,
        ..new_thing()
    };
    let answer = client.write(&request).await.ok().unwrap();
    assert_eq!((answer.status, &*answer.media_type), (404, "text/plain"));
    let error = answer.refusal().to_string();
    assert_eq!(error, "the portal refused: No Route Found [92]");
    // A proxy that throttles with a web page is still no answer.
    let (_server, client) = client_of([Reply::html(403), ok()]).await;
    assert!(client.write(&request).await.is_ok());
    assert_eq!(client.requests(), 2);
}

#[tokio::test]
async fn headers_are_sent_and_returned() {
    let reply = ok()
        .with("ETag", "W/\"7\"")
        .with("Location", "/things/7")
        .with("X-Long", "y");
    let (server, client) = client_of([reply, ok().with("ETag", &"z".repeat(513))]).await;
    let request = new_thing()
        .with_header(ACCEPT, "application/scim+json")
        .with_header(HeaderName::from_static("x-tenant"), "acme")
        .with_if_match(Some("W/\"6\""));
    let answer = client.write(&request).await.ok().unwrap();
    assert_eq!(answer.etag.as_deref(), Some("W/\"7\""));
    assert_eq!(answer.location.as_deref(), Some("/things/7"));
    assert_eq!(answer.media_type, "application/json");
    let sent = &server.requests()[0].headers;
    assert_eq!(sent["accept"], "application/scim+json");
    assert_eq!(
        (&*sent["x-tenant"], &*sent["if-match"]),
        ("acme", "W/\"6\"")
    );

    let answer = client.read(&things()).await.unwrap().unwrap();
    assert_eq!(
        (answer.etag, answer.location),
        (None, None),
        "it is too long"
    );

    let invalid = new_thing().with_header(ACCEPT, "a\nb");
    assert!(matches!(
        client.write(&invalid).await,
        Err(Failure::NotDone(Error::Unreadable { .. }))
    ));
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn siblings_have_their_own_credentials_and_share_the_rest() {
    let echo = Reply::json(
        400,
        &json!({"detail": "key=first-secret-1 cookie=second-secret-2"}),
    );
    let (server, client) = client_of([ok(), ok(), echo]).await;
    client
        .set_token(AUTHORIZATION, "Basic ", &"first-secret-1".into())
        .unwrap();
    let sibling = client.sibling();
    sibling
        .set_token(COOKIE, "mansession_id=", &"second-secret-2".into())
        .unwrap();
    assert!(client.read(&things()).await.is_ok());
    assert!(sibling.read(&things()).await.is_ok());
    let requests = server.requests();
    let [first, second] = &requests[..] else {
        panic!("two requests");
    };
    assert_eq!(first.headers["authorization"], "Basic first-secret-1");
    assert!(!first.headers.contains_key("cookie"));
    assert_eq!(second.headers["cookie"], "mansession_id=second-secret-2");
    assert!(!second.headers.contains_key("authorization"));
    assert_eq!((client.requests(), sibling.requests()), (2, 2));
    // The secrets of one are redacted from the answers to the other.
    for client in [&client, &sibling] {
        let answer = client.write(&new_thing()).await.ok().unwrap();
        let error = answer.refusal().to_string();
        assert!(error.ends_with("(redacted: contains a secret)"), "{error}");
    }
}

#[tokio::test]
async fn a_rejected_login_keeps_the_portals_words() {
    let (_server, client) = client_of([Reply::json(
        401,
        &json!({"code": 401, "message": "Domain out of scope"}),
    )])
    .await;
    let error = client.read(&things()).await.err().unwrap().to_string();
    let words =
        " doesn't accept the credentials (401): Domain out of scope; check `portal.credentials`";
    assert!(error.ends_with(words), "{error}");
    let (_server, client) = client_of([Reply::html(401)]).await;
    let error = client.read(&things()).await.err().unwrap().to_string();
    let words = " doesn't accept the credentials (401); check `portal.credentials`";
    assert!(error.ends_with(words), "{error}");
}

#[tokio::test]
async fn a_404_about_the_request_itself_says_nothing_about_an_object() {
    for body in [
        "No Route Found [92]",
        r#"{"code":404,"message":"No Route Found [92]"}"#,
    ] {
        let media = if body.starts_with('{') {
            "application/json"
        } else {
            "text/plain"
        };
        let head = vec![("Content-Type", media.to_owned())];
        let reply = Reply::Response(404, head, body.to_owned());
        let (_server, client) = client_of([reply]).await;
        let client =
            client.with_missing_requests(|answer| answer.message().contains("No Route Found"));
        let mut request = things();
        request.accepts = Media::Text;
        let error = client.read(&request).await.err().unwrap();
        assert!(matches!(error, Error::NoRequest { .. }), "{error}");
        assert!(
            error.to_string().ends_with("(404): No Route Found [92]"),
            "{error}"
        );
    }
    let (_server, client) = client_of([refusal(404)]).await;
    let client = client.with_missing_requests(|answer| answer.message().contains("No Route Found"));
    assert!(client.read(&things()).await.unwrap().is_none());
}

#[tokio::test]
async fn only_the_portals_own_404_means_not_found() {
    let (_server, client) = client_of([refusal(404)]).await;
    assert!(client.read(&things()).await.unwrap().is_none());
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
        let error = client.read(&things()).await.err().unwrap();
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
    let error = client.read(&things()).await.err().unwrap();
    assert!(matches!(error, Error::Unauthorized { .. }), "{error}");
    assert_eq!(client.requests(), 1);
    assert_eq!(
        server.requests()[0].headers["authorization"],
        "Bearer open sesame"
    );
    assert!(server.requests()[0].headers["user-agent"].starts_with("callsheet/"));

    let (_server, client) = client_of([refusal(403)]).await;
    let error = client.read(&things()).await.err().unwrap();
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
        assert!(client.write(&new_thing()).await.is_ok(), "{rejected:?}");
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
        let answer = client.write(&new_thing()).await;
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
    let failure = client.write(&new_thing()).await.err().unwrap();
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
    let Err(Failure::Ambiguous { reason }) = client.write(&new_thing()).await else {
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
    let answer = client.write(&new_thing()).await.ok().unwrap();
    assert_eq!(
        answer.refusal().to_string(),
        "the portal refused: 2 fields[31m; email: is no address"
    );
}

#[tokio::test]
async fn a_body_that_is_too_large_is_not_read() {
    let media_type = ("Content-Type", "application/json".to_owned());
    let large = Reply::Response(200, vec![media_type], " ".repeat((64 << 20) + 1));
    let (_server, client) = client_of([large]).await;
    let error = client.read(&things()).await.err().unwrap();
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
        ..new_thing()
    };
    assert!(client.write(&login).await.is_ok());
    assert!(client.read(&things()).await.is_ok());
    let requests = server.requests();
    let has_token = requests
        .iter()
        .map(|request| request.headers.contains_key("authorization"));
    assert_eq!(has_token.collect::<Vec<_>>(), [false, true]);
}
