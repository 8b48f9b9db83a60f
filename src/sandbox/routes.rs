//! The *routes* of the API: list, read, create, update and delete objects of each kind.

use super::{
    access::Access,
    account,
    body::{self, Mode, Outcome},
    constraints, greeting, hash,
    object::Row,
    openapi, permission,
    problem::{Code, FieldError, Problem, Reason},
    request::{self, Paging},
    store::{self, Store},
};
use crate::{
    model::{Kind, Removal},
    profile::Saves,
};
use axum::{
    Extension, Router,
    extract::{Path, RawQuery, Request, State, rejection::PathRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::get,
};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

type Answer = Result<Response, Problem>;

/// The parameters of a path, or the reason for rejecting it.
pub(super) type At<T> = Result<Path<T>, PathRejection>;

pub(super) fn routes() -> Router<Store> {
    Router::new()
        .route("/healthz", get(healthy))
        .route("/openapi.json", get(described))
        .merge(super::record::routes())
        .merge(account::routes())
        .merge(greeting::routes())
        .merge(super::mail::routes())
        .merge(super::password::routes())
        .merge(super::provisioning::routes())
        .merge(super::rebuild::routes())
        .merge(super::reset::routes())
        .merge(super::session::routes())
        .route("/v1/{kind}", get(list).post(create))
        .route(
            "/v1/{kind}/{id}",
            get(read).patch(change).put(replace).delete(remove),
        )
        .fallback(async || Problem::new(Reason::NotFound, "Unknown path."))
        .method_not_allowed_fallback(async || {
            Problem::new(Reason::NotAllowed, "This path doesn't support the method.")
        })
}

async fn healthy() -> Response {
    json(StatusCode::OK, br#"{"status":"ok"}"#.to_vec())
}

async fn described(State(store): State<Store>) -> Response {
    json(
        StatusCode::OK,
        openapi::document(store.profile()).to_string().into_bytes(),
    )
}

async fn list(
    State(store): State<Store>,
    Extension(access): Extension<Access>,
    at: At<String>,
    RawQuery(query): RawQuery,
) -> Answer {
    let kind = kind(&store, &at?.0)?;
    let own = access.readable(kind)?.map(|person| person.key.clone());
    let key_field = store.profile().key_field(kind);
    let mut paging = Paging::read(key_field, query.as_deref().unwrap_or_default())?;
    if let Some(own) = own {
        paging = Paging::Key(own);
    }
    let page = blocking(move || Ok(store.read(|tx| page(tx, &access, kind, &paging))?)).await?;
    Ok(json(StatusCode::OK, page))
}

/// One page and the totals, in the same transaction.
fn page(
    tx: &store::Tx<'_>,
    access: &Access,
    kind: Kind,
    paging: &Paging,
) -> Result<Vec<u8>, store::Error> {
    let mut out = b"{\"items\":[".to_vec();
    let mut next = None;
    match paging {
        Paging::Key(key) => {
            if let Some(row) = tx.by_key(kind, key)? {
                row.write_response(&mut out)?;
            }
        }
        Paging::After { key, offset, limit } => {
            let (mut count, mut last) = (0, String::new());
            // One object more than the page size shows whether there is another page.
            tx.page(kind, key, *offset, limit + 1, |row| {
                count += 1;
                if count > *limit {
                    next = Some(request::cursor(&last));
                    return Ok(());
                }
                if count > 1 {
                    out.push(b',');
                }
                if count == *limit {
                    last = row.key.clone().into_owned();
                }
                row.write_response(&mut out)
            })?;
        }
    }
    let totals = tx.totals()?;
    out.extend_from_slice(b"],\"next\":");
    serde_json::to_writer(&mut out, &next)?;
    out.extend_from_slice(b",\"total\":");
    serde_json::to_writer(&mut out, &totals[&kind])?;
    out.extend_from_slice(b",\"totals\":");
    serde_json::to_writer(&mut out, &totals)?;
    out.extend_from_slice(b",\"profile\":");
    serde_json::to_writer(&mut out, tx.profile().name)?;
    if paging.is_first() {
        out.extend_from_slice(b",\"account\":");
        serde_json::to_writer(&mut out, &account::told(tx, access)?)?;
    }
    out.extend_from_slice(b",\"revision\":");
    serde_json::to_writer(&mut out, &tx.revision()?)?;
    out.push(b'}');
    Ok(out)
}

async fn read(
    State(store): State<Store>,
    Extension(access): Extension<Access>,
    at: At<(String, String)>,
) -> Answer {
    let (kind, id) = object(&store, at)?;
    own_or_all(&access, kind, &id)?;
    blocking(move || store.read(|tx| answer(StatusCode::OK, &existing(tx, kind, &id)?))).await
}

/// Checks that the holder of a token may read the object with an id.
pub(super) fn own_or_all(access: &Access, kind: Kind, id: &str) -> Result<(), Problem> {
    if access.readable(kind)?.is_some_and(|person| person.id != id) {
        let detail = "Only your own user can be read.";
        return Err(Problem::new(Reason::Forbidden, detail));
    }
    Ok(())
}

async fn create(
    State(store): State<Store>,
    Extension(access): Extension<Access>,
    at: At<String>,
    request: Request,
) -> Answer {
    let kind = kind(&store, &at?.0)?;
    let body = request::body(request, &["application/json"]).await?;
    access.check_write(kind, None, body.keys().map(String::as_str))?;
    blocking(move || {
        let Outcome { draft, secrets, .. } =
            body::outcome(store.profile(), kind, None, Mode::Merge, body)?;
        store.write(|tx| {
            constraints::check(tx, &draft, None)?;
            let id = tx.insert(&draft)?;
            let row = existing(tx, kind, &id)?;
            keep(tx, row.seq, &secrets)?;
            licensed(tx, kind)?;
            access.check_grant(&BTreeSet::new(), &permission::granted_by(tx, &row)?)?;
            let mut response = answer(StatusCode::CREATED, &row)?;
            let location = format!("/v1/{kind}/{id}");
            let location = location.parse().expect("an id is plain text");
            response.headers_mut().insert(header::LOCATION, location);
            Ok(response)
        })
    })
    .await
}

async fn change(
    State(store): State<Store>,
    Extension(access): Extension<Access>,
    at: At<(String, String)>,
    headers: HeaderMap,
    request: Request,
) -> Answer {
    let (kind, id) = object(&store, at)?;
    if store.profile().habits.saves == Saves::Whole {
        return Err(not_allowed(
            &store,
            kind,
            "Objects are saved as a whole; use PUT.",
        ));
    }
    let types = ["application/merge-patch+json", "application/json"];
    let patch = request::body(request, &types).await?;
    save(store, access, (kind, id), headers, Mode::Merge, patch).await
}

async fn replace(
    State(store): State<Store>,
    Extension(access): Extension<Access>,
    at: At<(String, String)>,
    headers: HeaderMap,
    request: Request,
) -> Answer {
    let (kind, id) = object(&store, at)?;
    if store.profile().habits.saves != Saves::Whole {
        return Err(not_allowed(
            &store,
            kind,
            "Only changes are saved; use PATCH.",
        ));
    }
    let body = request::body(request, &["application/json"]).await?;
    save(store, access, (kind, id), headers, Mode::Replace, body).await
}

fn not_allowed(store: &Store, kind: Kind, detail: &str) -> Problem {
    let profile = store.profile();
    let deletes = profile.removal(kind) == Removal::Delete;
    let allow = match (profile.habits.saves, deletes) {
        (Saves::Changes, true) => "GET,HEAD,PATCH,DELETE",
        (Saves::Changes, false) => "GET,HEAD,PATCH",
        (Saves::Whole, true) => "GET,HEAD,PUT,DELETE",
        (Saves::Whole, false) => "GET,HEAD,PUT",
    };
    Problem::not_allowed(detail, allow)
}

/// Changes an object.
async fn save(
    store: Store,
    access: Access,
    (kind, id): (Kind, String),
    headers: HeaderMap,
    mode: Mode,
    mut body: Map<String, Value>,
) -> Answer {
    access.check_write(kind, Some(&id), body.keys().map(String::as_str))?;
    blocking(move || {
        store.write(|tx| {
            let row = writable(tx, kind, &id, &headers)?;
            if kind == Kind::Users {
                greeting::restore_digest(tx, row.seq, &mut body)?;
            }
            let Outcome {
                draft,
                sends_secret,
                secrets,
            } = body::outcome(tx.profile(), kind, Some(&row), mode, body)?;
            // Without a change, version and revision stay the same.
            if *draft.key == *row.key && draft.body == row.body && !sends_secret {
                return answer(StatusCode::OK, &row);
            }
            constraints::check(tx, &draft, Some(&row))?;
            tx.update(row.seq, &draft)?;
            if kind == Kind::Users {
                greeting::forget(tx, row.seq, &draft)?;
            }
            let before = permission::granted_by(tx, &row)?;
            if !secrets.is_empty() {
                access.check_over(&row.id, &before)?;
            }
            keep(tx, row.seq, &secrets)?;
            licensed(tx, kind)?;
            let changed = existing(tx, kind, &id)?;
            access.check_grant(&before, &permission::granted_by(tx, &changed)?)?;
            answer(StatusCode::OK, &changed)
        })
    })
    .await
}

async fn remove(
    State(store): State<Store>,
    Extension(access): Extension<Access>,
    at: At<(String, String)>,
    headers: HeaderMap,
) -> Answer {
    let (kind, id) = object(&store, at)?;
    access.check_write(kind, None, [].into_iter())?;
    if store.profile().removal(kind) != Removal::Delete {
        let detail = format!("{} deletes no {kind}.", store.profile().title);
        return Err(not_allowed(&store, kind, &detail));
    }
    blocking(move || {
        store.write(|tx| {
            let row = writable(tx, kind, &id, &headers)?;
            tx.delete(row.seq)?;
            Ok(StatusCode::NO_CONTENT.into_response())
        })
    })
    .await
}

/// Keeps the hashes of secrets.
fn keep(tx: &store::Tx<'_>, seq: i64, secrets: &[(String, String)]) -> Result<(), store::Error> {
    for (path, secret) in secrets {
        tx.set_secret(seq, path, &hash::of(secret))?;
        if path == "password" {
            tx.password_set(seq)?;
        }
    }
    Ok(())
}

/// Checks after a write that no more users have a scope than there are licences.
// S1.16
fn licensed(tx: &store::Tx<'_>, kind: Kind) -> Result<(), Problem> {
    if kind != Kind::Users || tx.profile().habits.licences.is_none() {
        return Ok(());
    }
    let short = tx.licences()?.into_iter().find(|(_, (of, used))| used > of);
    short.map_or(Ok(()), |(scope, (of, _))| {
        let message = format!("all {of} {scope} licences are taken");
        let error = FieldError::new("scope", Code::Taken, message);
        Err(Problem::invalid(Reason::Taken, vec![error]))
    })
}

/// The object with an id.
pub(super) fn existing(tx: &store::Tx<'_>, kind: Kind, id: &str) -> Result<Row<'static>, Problem> {
    tx.by_id(kind, id)?.ok_or_else(|| {
        let detail = format!("No {} has this id.", kind.singular());
        Problem::new(Reason::NotFound, detail)
    })
}

/// The object with an id, if it is writable and has the version that the client expects.
pub(super) fn writable(
    tx: &store::Tx<'_>,
    kind: Kind,
    id: &str,
    headers: &HeaderMap,
) -> Result<Row<'static>, Problem> {
    let row = existing(tx, kind, id)?;
    if row.system {
        let detail = format!(
            "{kind}/{} is a built-in object and can't be changed.",
            row.key
        );
        return Err(Problem::new(Reason::Forbidden, detail));
    }
    if !request::matches(headers, &row.etag()) {
        let detail = format!(
            "{kind}/{} has version {}, not the one in `If-Match`; read it again.",
            row.key, row.version
        );
        return Err(Problem::new(Reason::Stale, detail));
    }
    Ok(row)
}

pub(super) fn answer(status: StatusCode, row: &Row<'_>) -> Answer {
    let mut out = Vec::new();
    row.write_response(&mut out)?;
    let mut response = json(status, out);
    let etag = row.etag().parse().expect("a version is a number");
    response.headers_mut().insert(header::ETAG, etag);
    Ok(response)
}

pub(super) fn json(status: StatusCode, body: Vec<u8>) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// A kind that the sandbox has.
fn kind(store: &Store, name: &str) -> Result<Kind, Problem> {
    let unknown = |message| Problem::new(Reason::NotFound, message);
    let kind: Kind = name.parse().map_err(unknown)?;
    let profile = store.profile();
    match profile.kinds.contains_key(&kind) {
        true => Ok(kind),
        false => Err(unknown(format!("{} has no {kind}.", profile.title))),
    }
}

fn object(store: &Store, at: At<(String, String)>) -> Result<(Kind, String), Problem> {
    let Path((name, id)) = at?;
    Ok((kind(store, &name)?, id))
}

/// A path that isn't valid text is unknown.
impl From<PathRejection> for Problem {
    fn from(_: PathRejection) -> Self {
        Self::new(Reason::NotFound, "Unknown path.")
    }
}

/// Runs blocking database work outside the async threads.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => {
            tracing::error!(error = %error, "a request of the sandbox was not finished");
            Err(Problem::internal())
        }
    }
}
