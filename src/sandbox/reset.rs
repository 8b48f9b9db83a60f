//! A *reset* clears what a user has set up: messages, greeting, forwarding, rules, secrets and further phones.

use super::{
    access::Access,
    account::{offered, sent},
    object::{Draft, Row},
    permission,
    problem::{Problem, Reason},
    request,
    routes::{At, blocking, existing},
    store::{Error, Store, Tx},
};
use crate::model::{Kept, Kind, PortalAction};
use axum::{
    Extension, Router,
    extract::{Path, Request, State},
    response::Response,
    routing::post,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

pub(super) fn routes() -> Router<Store> {
    Router::new().route("/v1/users/{id}/reset", post(reset))
}

/// Resets a user: `{"keep": ["messages", "phones"]}`.
async fn reset(
    State(store): State<Store>,
    Extension(access): Extension<Access>,
    at: At<String>,
    request: Request,
) -> Result<Response, Problem> {
    let Path(id) = at?;
    access.require(&["users.manage"])?;
    offered(&store, PortalAction::Reset)?;
    let body = request::body(request, &["application/json"]).await?;
    let keep = body.get("keep").cloned().unwrap_or_else(|| json!([]));
    let keep: BTreeSet<Kept> = serde_json::from_value(keep).map_err(|error| {
        let detail = format!("`keep` is a list of what stays: {error}");
        Problem::new(Reason::Invalid, detail)
    })?;
    let cleared = blocking(move || {
        store.write(|tx| {
            let user = existing(tx, Kind::Users, &id)?;
            access.check_over(&user.id, &permission::granted_by(tx, &user)?)?;
            Ok::<_, Problem>(clear(tx, &user, &keep)?)
        })
    });
    Ok(sent(&json!({ "cleared": cleared.await? })))
}

/// Clears what isn't kept, and tells what there was.
fn clear(tx: &Tx<'_>, user: &Row<'_>, keep: &BTreeSet<Kept>) -> Result<Vec<String>, Error> {
    let mut cleared = Vec::new();
    let mut body = user.written()?;
    let goes = |what| !keep.contains(&what);
    if goes(Kept::Messages) {
        match tx.clear_messages(user.seq)? {
            0 => {}
            1 => cleared.push("1 voicemail message".to_owned()),
            messages => cleared.push(format!("{messages} voicemail messages")),
        }
    }
    for (what, path) in [
        (Kept::Greeting, &["voicemail", "greeting"][..]),
        (Kept::Forwarding, &["forwarding"]),
        (Kept::AnsweringRules, &["answering_rules"]),
        (Kept::Password, &["password"]),
        (Kept::Pin, &["voicemail", "pin"]),
    ] {
        if !goes(what) {
            continue;
        }
        let name = path.join(".");
        let had_field = remove(&mut body, path);
        let had_secret = tx.forget_secret(user.seq, &name)?;
        if had_field || had_secret {
            cleared.push(name);
        }
    }
    if goes(Kept::Password) {
        tx.void_password(user.seq)?;
    }
    if goes(Kept::Greeting) {
        tx.forget_greeting(user.seq)?;
    }
    if let Some(phones) = body["phones"].as_array_mut().filter(|_| goes(Kept::Phones))
        && phones.len() > 1
    {
        let gone = phones.split_off(1);
        cleared.extend(gone.iter().map(|phone| {
            let name = phone["mac"].as_str().or_else(|| phone["name"].as_str());
            format!("phone {}", name.unwrap_or("without a MAC address"))
        }));
    }
    let fields = Kind::Users
        .shape()
        .read(&body)
        .map_err(|error| Error::Body(serde::de::Error::custom(error)))?;
    let draft = Draft::new(tx.profile(), Kind::Users, (*user.key).into(), fields)?;
    if draft.body != user.body {
        tx.update(user.seq, &draft)?;
    }
    Ok(cleared)
}

/// Removes a field of an object, and says whether it was there.
fn remove(body: &mut Value, path: &[&str]) -> bool {
    let Some((last, parents)) = path.split_last() else {
        return false;
    };
    let parent = parents
        .iter()
        .try_fold(body, |value, name| value.get_mut(*name));
    let parent = parent.and_then(Value::as_object_mut);
    parent.is_some_and(|parent| parent.shift_remove(*last).is_some())
}
