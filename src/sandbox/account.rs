//! The *account*: what the system is, which licences there are, what the token may do; and what a system keeps
//! beside its objects: mails, messages and a catalogue.

use super::{
    access::Access,
    permission,
    problem::{Code, FieldError, Problem, Reason},
    request,
    routes::{At, blocking, existing, json},
    store::{Error, Store, Tx},
};
use crate::{
    model::{Account, Kind, Licences, PortalAction},
    profile::Licences as Habit,
};
use axum::{
    Extension, Router,
    extract::{Path, Request, State},
    http::StatusCode,
    response::{IntoResponse as _, Response},
    routing::{get, put},
};
use serde_json::{Value, json as value};

pub(super) fn routes() -> Router<Store> {
    Router::new()
        .route("/v1/account", get(read))
        .route("/v1/account/licences", put(set_licences))
        .route("/v1/catalogue", get(catalogue))
        .route("/v1/outbox", get(outbox))
        .route("/v1/users/{id}/messages", get(messages).post(leave_message))
}

/// What the system tells of the account to somebody, as every page contains it.
pub(super) fn told(tx: &Tx<'_>, access: &Access) -> Result<Account, Error> {
    let profile = tx.profile();
    let mut account = Account::default();
    match access {
        Access::Full => {}
        Access::ReadOnly => {
            account.writes = Some([].into());
            account.grants = Some([].into());
        }
        Access::Person(person) => {
            let may = &person.may;
            let kinds = profile.kinds.keys().copied();
            let scopes = profile.scopes.names().map(str::to_owned);
            account.user = Some(person.key.clone());
            account.writes = Some(
                kinds
                    .filter(|kind| permission::may_write(may, *kind))
                    .collect(),
            );
            account.grants = Some(
                scopes
                    .filter(|scope| permission::may_grant(&profile.scopes, may, scope))
                    .collect(),
            );
        }
    }
    if profile.habits.licences == Some(Habit::Scope) {
        let licences = tx.licences()?.into_iter();
        account.licences = licences
            .map(|(scope, (of, used))| (scope, Licences { of, used }))
            .collect();
    }
    Ok(account)
}

async fn read(
    State(store): State<Store>,
    Extension(access): Extension<Access>,
) -> Result<Response, Problem> {
    let answer = blocking(move || {
        Ok(store.read(|tx| {
            let account = told(tx, &access)?;
            let mut answer = serde_json::to_value(&account)?;
            answer["name"] = tx.account()?.into();
            answer["profile"] = tx.profile().name.into();
            answer["you"] = match &access {
                Access::Person(person) => value!({ "user": person.key, "may": person.may }),
                Access::Full => value!({ "may": ["everything"] }),
                Access::ReadOnly => value!({ "may": ["reading"] }),
            };
            Ok::<_, Error>(answer)
        })?)
    });
    Ok(sent(&answer.await?))
}

/// Sets how many licences of a scope there are: `{"voice": 25}`.
async fn set_licences(
    State(store): State<Store>,
    Extension(access): Extension<Access>,
    request: Request,
) -> Result<Response, Problem> {
    access.require_full()?;
    let body = request::body(request, &["application/json"]).await?;
    blocking(move || {
        store.write(|tx| {
            for (scope, total) in &body {
                let total = total.as_u64().and_then(|total| u32::try_from(total).ok());
                let (Some(total), true) = (total, tx.profile().scopes.get(scope).is_some()) else {
                    let message = "a built-in scope with a number of licences is expected";
                    let error = FieldError::new(scope.as_str(), Code::Invalid, message);
                    return Err(Problem::invalid(Reason::Invalid, vec![error]));
                };
                tx.set_licences(scope, total)?;
            }
            Ok(())
        })
    })
    .await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// The phone models and the permissions that the system knows.
async fn catalogue(State(store): State<Store>) -> Response {
    let profile = store.profile();
    sent(&value!({ "models": profile.models, "permissions": profile.known_permissions() }))
}

async fn outbox(
    State(store): State<Store>,
    Extension(access): Extension<Access>,
) -> Result<Response, Problem> {
    // A mail holds a link that only its recipient may follow.
    access.require_full()?;
    let mails = blocking(move || Ok(store.read(|tx| tx.mails())?)).await?;
    Ok(sent(&value!({ "items": mails })))
}

async fn messages(
    State(store): State<Store>,
    Extension(access): Extension<Access>,
    at: At<String>,
) -> Result<Response, Problem> {
    let Path(id) = at?;
    access.require_own(&id, &["users.manage"])?;
    let messages = blocking(move || {
        store.read(|tx| {
            let user = existing(tx, Kind::Users, &id)?;
            Ok::<_, Problem>(tx.messages(user.seq)?)
        })
    });
    Ok(sent(&value!({ "items": messages.await? })))
}

/// Leaves a message, since nobody calls a sandbox: `{"from": "+14155550190", "seconds": 12}`.
async fn leave_message(
    State(store): State<Store>,
    Extension(access): Extension<Access>,
    at: At<String>,
    request: Request,
) -> Result<Response, Problem> {
    let Path(id) = at?;
    access.require_full()?;
    let body = request::body(request, &["application/json"]).await?;
    let seconds = body.get("seconds").map_or(Some(0), |seconds| {
        seconds
            .as_u64()
            .and_then(|seconds| u32::try_from(seconds).ok())
    });
    let from = body
        .get("from")
        .map_or(Some(""), Value::as_str)
        .map(str::to_owned);
    let (Some(from), Some(seconds)) = (from.filter(|from| from.len() <= 255), seconds) else {
        let detail = "`from` is text, and `seconds` a number.";
        return Err(Problem::new(Reason::Invalid, detail));
    };
    blocking(move || {
        store.write(|tx| {
            let user = existing(tx, Kind::Users, &id)?;
            Ok::<_, Problem>(tx.leave_message(user.seq, &from, seconds)?)
        })
    })
    .await?;
    Ok(StatusCode::CREATED.into_response())
}

/// Checks that the system offers an action.
pub(super) fn offered(store: &Store, action: PortalAction) -> Result<(), Problem> {
    let profile = store.profile();
    if profile.actions.contains(&action) {
        return Ok(());
    }
    let detail = format!("{} doesn't offer this action.", profile.title);
    Err(Problem::new(Reason::NotFound, detail))
}

/// An answer with a body.
pub(super) fn sent(answer: &Value) -> Response {
    json(StatusCode::OK, answer.to_string().into_bytes())
}
