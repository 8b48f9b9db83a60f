//! A *greeting* is the sound that callers of a user's voicemail hear. Its digest in the user is calculated here.

use super::{
    access::Access,
    body::{self, Mode, Outcome},
    object::Draft,
    problem::{Problem, Reason},
    request,
    routes::{At, answer, blocking, existing, own_or_all, writable},
    store::{Error, Store, Tx},
};
use crate::{
    model::{Greeting, Kind},
    profile::Profile,
};
use axum::{
    Extension, Router,
    extract::{Path, Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::get,
};
use serde_json::{Map, Value, json};

/// The maximum size of a sound, in bytes.
const LARGEST: usize = 10 << 20;

pub(super) fn routes() -> Router<Store> {
    Router::new().route(
        "/v1/users/{id}/greeting",
        get(read).put(upload).delete(remove),
    )
}

/// Whether users of a system have greetings.
pub(in crate::sandbox) fn has_greetings(profile: &'static Profile) -> bool {
    let voicemail = profile.shape(Kind::Users).field_of_any_type("voicemail");
    voicemail.is_some_and(|field| field.shape.field_of_any_type("greeting").is_some())
}

fn supported(store: &Store) -> Result<(), Problem> {
    let profile = store.profile();
    if has_greetings(profile) {
        return Ok(());
    }
    let detail = format!("{} has no greetings.", profile.title);
    Err(Problem::new(Reason::NotFound, detail))
}

async fn read(
    State(store): State<Store>,
    Extension(access): Extension<Access>,
    at: At<String>,
) -> Result<Response, Problem> {
    let Path(id) = at?;
    own_or_all(&access, Kind::Users, &id)?;
    supported(&store)?;
    let sound = blocking(move || {
        store.read(|tx| {
            let user = existing(tx, Kind::Users, &id)?;
            Ok::<_, Problem>(tx.greeting(user.seq)?)
        })
    });
    let sound = sound.await?.ok_or_else(|| {
        let detail = "No greeting was uploaded for this user.";
        Problem::new(Reason::NotFound, detail)
    })?;
    let media_type = [(header::CONTENT_TYPE, "application/octet-stream")];
    Ok((StatusCode::OK, media_type, sound).into_response())
}

async fn upload(
    State(store): State<Store>,
    Extension(access): Extension<Access>,
    at: At<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    let Path(id) = at?;
    let fields = ["voicemail"].into_iter();
    access.check_write(Kind::Users, Some(&id), fields)?;
    supported(&store)?;
    let name = file_name(request.uri().query().unwrap_or_default())?;
    let sound = request::bytes(request, LARGEST).await?;
    blocking(move || {
        store.write(|tx| {
            let user = writable(tx, Kind::Users, &id, &headers)?;
            let mut greeting = json!({ "sha256": Greeting::digest(&sound) });
            if user.written()?["voicemail"]["greeting"]["file"].is_null() {
                let Some(name) = name else {
                    let detail = "The user has no greeting; set `voicemail.greeting.file` first, or send `?file=`.";
                    return Err(Problem::new(Reason::Invalid, detail));
                };
                greeting["file"] = name.into();
            }
            tx.set_greeting(user.seq, &sound)?;
            let mut patch = Map::new();
            patch.insert("voicemail".to_owned(), json!({ "greeting": greeting }));
            let Outcome { draft, .. } =
                body::outcome(tx.profile(), Kind::Users, Some(&user), Mode::Merge, patch)?;
            if draft.body != user.body {
                tx.update(user.seq, &draft)?;
            }
            answer(StatusCode::OK, &existing(tx, Kind::Users, &id)?)
        })
    })
    .await
}

/// The name of the file in a query, `file=hello.wav`.
fn file_name(query: &str) -> Result<Option<String>, Problem> {
    let mut name = None;
    for (field, value) in form_urlencoded::parse(query.as_bytes()) {
        if field != "file" {
            let detail = "Unknown parameter; use `file`.";
            return Err(Problem::new(Reason::Malformed, detail));
        }
        name = Some(value.into_owned());
    }
    Ok(name)
}

/// Removes the greeting of a user: callers hear the system's own.
async fn remove(
    State(store): State<Store>,
    Extension(access): Extension<Access>,
    at: At<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Path(id) = at?;
    let fields = ["voicemail"].into_iter();
    access.check_write(Kind::Users, Some(&id), fields)?;
    supported(&store)?;
    blocking(move || {
        store.write(|tx| {
            let user = writable(tx, Kind::Users, &id, &headers)?;
            let mut patch = Map::new();
            patch.insert("voicemail".to_owned(), json!({ "greeting": null }));
            let Outcome { draft, .. } =
                body::outcome(tx.profile(), Kind::Users, Some(&user), Mode::Merge, patch)?;
            tx.forget_greeting(user.seq)?;
            if draft.body != user.body {
                tx.update(user.seq, &draft)?;
            }
            answer(StatusCode::OK, &existing(tx, Kind::Users, &id)?)
        })
    })
    .await
}

/// In a change of a user: puts the digest of what was uploaded in place of the one that was sent.
pub(super) fn restore_digest(
    tx: &Tx<'_>,
    seq: i64,
    change: &mut Map<String, Value>,
) -> Result<(), Error> {
    let Some(Value::Object(greeting)) = change
        .get_mut("voicemail")
        .and_then(|voicemail| voicemail.get_mut("greeting"))
    else {
        return Ok(());
    };
    if let Some(sound) = tx.greeting(seq)? {
        greeting.insert("sha256".to_owned(), Greeting::digest(&sound).into());
    }
    Ok(())
}

/// Forgets the sound of a user that has no greeting any more.
pub(super) fn forget(tx: &Tx<'_>, seq: i64, draft: &Draft) -> Result<(), Error> {
    match draft.fields.at(Greeting::FILE) {
        Some(_) => Ok(()),
        None => tx.forget_greeting(seq),
    }
}
