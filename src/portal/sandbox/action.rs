//! An *action* on the sandbox is one request, which is never sent twice: a mail that was lost is better than two.

use super::super::{
    Act, Acted, Error, Task,
    http::{Answer, Body, Client, Failure, Request, plain},
};
use reqwest::Method;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::json;

/// What the sandbox answers to an action. It is untrusted.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Reply {
    /// The address of a mail.
    to: Option<String>,
    /// What a reset cleared.
    cleared: Option<Vec<String>>,
    /// The features that the phones know after a rebuild.
    registered: Option<Vec<String>>,
    /// The token that provisions an app.
    token: Option<SecretString>,
}

/// The request of an action.
fn request(act: &Act<'_>) -> Request {
    let id = act.object.id;
    let post = |kind, name: &str| Request::new(Method::POST, &["v1", kind, id, name]);
    let app =
        |app: &str| post("users", "provisioning").with_body(Body::json(&json!({ "app": app })));
    match act.task {
        Task::Welcome | Task::ForcePasswordReset => post("users", act.task.action().name()),
        Task::Reset(keep) => post("users", "reset").with_body(Body::json(&json!({ "keep": keep }))),
        Task::SetPassword(password) => {
            let body = Body::json(&json!({ "password": password.expose_secret() }));
            Request::new(Method::PUT, &["v1", "users", id, "password"]).with_body(body)
        }
        Task::Rebuild => post("instances", "rebuild"),
        Task::Greeting(Some((name, sound))) => {
            Request::new(Method::PUT, &["v1", "users", id, "greeting"])
                .with_query(&[("file", name)])
                .with_body(super::body::sound(sound))
        }
        Task::Greeting(None) => Request::new(Method::DELETE, &["v1", "users", id, "greeting"]),
        Task::Qr => app("mobile"),
        Task::DesktopLink => app("desktop"),
    }
}

/// Checks that a mail can be sent, before the first is.
pub(super) async fn check(client: &Client, act: &Act<'_>) -> Result<(), Error> {
    match act.task {
        Task::Welcome | Task::ForcePasswordReset => {
            let path = ["v1", "users", act.object.id, act.task.action().name()];
            let answer = client.read(&Request::new(Method::GET, &path)).await?;
            answer.map(drop).ok_or_else(|| stale(act))
        }
        Task::Reset(_)
        | Task::SetPassword(_)
        | Task::Rebuild
        | Task::Greeting(_)
        | Task::Qr
        | Task::DesktopLink => Ok(()),
    }
}

/// Does an action. A link leads to `provisioning`, the address at which an app is provisioned.
pub(super) async fn perform(
    client: &Client,
    act: &Act<'_>,
    provisioning: &str,
) -> Result<Acted, Error> {
    let unknown = |reason: String| Error::Unknown {
        what: act.what(),
        reason,
    };
    let password = match act.task {
        Task::SetPassword(password) => Some(password),
        _ => None,
    };
    let _redacted = client.redact(password);
    let answer = match client.write(&request(act)).await {
        Ok(answer) => answer,
        Err(Failure::NotDone(error)) => return Err(error),
        Err(Failure::Ambiguous { reason }) => return Err(unknown(reason)),
    };
    match answer {
        Answer {
            status: 200 | 201,
            body,
            ..
        } => {
            // The parser's message is dropped: it would quote the answer, which may contain a token.
            let reply: Reply = serde_json::from_slice(&body)
                .map_err(|_message| unknown("the answer is invalid".to_owned()))?;
            acted(act, reply, provisioning)
                .ok_or_else(|| unknown("the answer has no token".to_owned()))
        }
        Answer { status: 204, .. } => Ok(Acted::default()),
        Answer { status: 404, .. } => Err(stale(act)),
        answer => Err(answer.refusal()),
    }
}

fn stale(act: &Act<'_>) -> Error {
    Error::Stale {
        what: act.address.to_string(),
    }
}

/// What is told of an action; nothing if a token is missing.
fn acted(act: &Act<'_>, reply: Reply, provisioning: &str) -> Option<Acted> {
    let Reply {
        to,
        cleared,
        registered,
        token,
    } = reply;
    let mut messages: Vec<String> = Vec::new();
    messages.extend(to.map(|to| format!("sent to {}", plain(&to))));
    if let Some(cleared) = cleared {
        messages.extend(cleared.iter().map(|one| format!("cleared {}", plain(one))));
        if messages.is_empty() {
            messages.push("there was nothing to clear".to_owned());
        }
    }
    if let Some(registered) = registered {
        let features: Vec<String> = registered.iter().map(|one| plain(one)).collect();
        messages.push(match features.as_slice() {
            [] => "no user of it has features".to_owned(),
            features => format!("registered {}", features.join(", ")),
        });
    }
    let link = token.map(|token| format!("{provisioning}#{}", token.expose_secret()).into());
    let needs_link = matches!(act.task, Task::Qr | Task::DesktopLink);
    (!needs_link || link.is_some()).then_some(Acted { messages, link })
}
