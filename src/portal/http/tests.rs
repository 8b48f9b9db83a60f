use super::{Client, Failure, RateLimit, Request};
use crate::portal::{
    Error,
    stage::{Reply, Stage},
};
use reqwest::Method;
use serde_json::json;
use std::time::Duration;

const THINGS: Request<'static> = Request::new(Method::GET, &["things"]);
const NEW_THING: Request<'static> = Request::new(Method::POST, &["things"]);

fn ok() -> Reply {
    Reply::json(200, &json!({"fine": true}))
}

fn no(status: u16) -> Reply {
    Reply::json(status, &json!({"title": "No", "detail": "because"}))
}

async fn play(replies: impl IntoIterator<Item = Reply>) -> (Stage, Client) {
    let stage = Stage::script(replies).await;
    let client = stage.client(RateLimit::default());
    (stage, client)
}

#[tokio::test]
async fn a_read_survives_what_passes() {
    for passing in [
        no(429),
        no(429).with("Retry-After", "0"),
        no(503).with("Retry-After", "0"),
        no(500),
        Reply::html(502),
        Reply::html(503),
        Reply::html(504),
        Reply::html(403),
        no(403).with("X-RateLimit-Remaining", "0"),
        Reply::Half(Box::new(ok())),
        Reply::HungUp,
    ] {
        let (_stage, client) = play([passing.clone(), passing.clone(), ok()]).await;
        let body = client.read(&THINGS).await;
        assert!(body.is_ok_and(|body| body.is_some()), "{passing:?}");
        assert_eq!(client.requests(), 3, "{passing:?}");
    }
}

#[tokio::test]
async fn a_read_gives_up_after_five_attempts() {
    let (stage, client) = play([no(502)]).await;
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
    assert_eq!((stage.calls().len(), client.requests()), (5, 5));

    let (_stage, client) = play([Reply::HungUp]).await;
    let error = client.read(&THINGS).await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");
    assert_eq!(client.requests(), 5);
}

#[tokio::test]
async fn only_the_portals_own_404_means_that_there_is_nothing() {
    let (_stage, client) = play([no(404)]).await;
    assert_eq!(client.read(&THINGS).await.unwrap(), None);
    let empty = Reply::Said(404, Vec::new(), String::new());
    let lie = ("Content-Type", "application/json".to_owned());
    let lie = Reply::Said(404, vec![lie], "<h1>Not found</h1>".to_owned());
    let moved = Reply::html(302).with("Location", "http://elsewhere.example/");
    for odd in [
        Reply::html(404),
        empty,
        lie,
        Reply::html(200),
        moved,
        Reply::html(418),
    ] {
        let (_stage, client) = play([odd.clone()]).await;
        let error = client.read(&THINGS).await.unwrap_err();
        assert!(
            matches!(error, Error::Unreadable { .. }),
            "{odd:?}: {error}"
        );
        assert_eq!(client.requests(), 1, "{odd:?}");
    }
}

#[tokio::test]
async fn credentials_are_checked_once() {
    let (stage, client) = play([no(401)]).await;
    let error = client.read(&THINGS).await.unwrap_err();
    assert!(matches!(error, Error::Unauthorized { .. }), "{error}");
    assert_eq!(client.requests(), 1);
    assert_eq!(
        stage.calls()[0].headers["authorization"],
        "Bearer open sesame"
    );
    assert!(stage.calls()[0].headers["user-agent"].starts_with("callsheet/"));

    let (_stage, client) = play([no(403)]).await;
    let error = client.read(&THINGS).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the credentials don't allow GET /things (403): because"
    );
}

#[tokio::test]
async fn a_write_is_sent_again_only_where_nothing_was_done() {
    for turned_away in [
        no(429),
        no(429).with("Retry-After", "0"),
        no(503).with("Retry-After", "0"),
        Reply::html(403),
    ] {
        let (_stage, client) = play([turned_away.clone(), ok()]).await;
        assert!(client.write(&NEW_THING).await.is_ok(), "{turned_away:?}");
        assert_eq!(client.requests(), 2);
    }
    for ambiguous in [
        no(500),
        no(502),
        no(503),
        no(504),
        Reply::html(200),
        Reply::html(404),
        Reply::Half(Box::new(ok())),
        Reply::HungUp,
    ] {
        let (_stage, client) = play([ambiguous.clone(), ok()]).await;
        let answer = client.write(&NEW_THING).await;
        assert!(
            matches!(answer, Err(Failure::Ambiguous { .. })),
            "{ambiguous:?}"
        );
        assert_eq!(client.requests(), 1);
    }
}

#[tokio::test]
async fn a_write_that_nobody_heard_was_not_done() {
    let client = Stage::gone().await.client(RateLimit::default());
    let failure = client.write(&NEW_THING).await.err().unwrap();
    assert!(
        matches!(failure, Failure::NotDone(Error::Unreachable { .. })),
        "{failure:?}"
    );
    assert_eq!(client.requests(), 5);
}

#[tokio::test]
async fn silence_has_an_end_and_is_ambiguous() {
    let stage = Stage::script([Reply::Silence]).await;
    let client = stage.client(RateLimit {
        timeout: Duration::from_millis(50),
        ..RateLimit::default()
    });
    let Err(Failure::Ambiguous { reason }) = client.write(&NEW_THING).await else {
        panic!("nobody can know");
    };
    assert_eq!(reason, "the answer took too long");
}

#[tokio::test]
async fn a_refusal_is_in_the_portals_words() {
    let (_stage, client) = play([Reply::json(
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
async fn what_is_too_large_is_not_read() {
    let media_type = ("Content-Type", "application/json".to_owned());
    let large = Reply::Said(200, vec![media_type], " ".repeat((64 << 20) + 1));
    let (_stage, client) = play([large]).await;
    let error = client.read(&THINGS).await.unwrap_err();
    assert!(
        error.to_string().ends_with("it is larger than 64 MiB"),
        "{error}"
    );
}

#[tokio::test]
async fn a_name_that_leads_elsewhere_is_not_sent() {
    let (stage, client) = play([ok()]).await;
    let up = Request::new(Method::DELETE, &["users", ".."]);
    assert!(matches!(client.write(&up).await, Err(Failure::NotDone(_))));
    assert_eq!((stage.calls().len(), client.requests()), (0, 0));
}

#[tokio::test]
async fn who_asks_for_a_token_shows_none_and_others_show_theirs_meanwhile() {
    let (stage, client) = play([ok()]).await;
    let login = Request {
        is_anonymous: true,
        ..NEW_THING
    };
    assert!(client.write(&login).await.is_ok());
    assert!(client.read(&THINGS).await.is_ok());
    let calls = stage.calls();
    let shown = calls
        .iter()
        .map(|call| call.headers.contains_key("authorization"));
    assert_eq!(shown.collect::<Vec<_>>(), [false, true]);
}
