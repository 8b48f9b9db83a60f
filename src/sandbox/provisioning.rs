//! *Provisioning* sets up an app of a user by a ticket that is valid once, for ten minutes.

use super::{
    access::{Access, digest},
    account::{offered, sent},
    embedded::random_token,
    permission,
    problem::{Problem, Reason},
    request,
    routes::{At, blocking, existing, json},
    store::{Purpose, Store},
};
use crate::model::{Kind, PortalAction};
use axum::{
    Extension, Router,
    extract::{Path, Request, State},
    http::StatusCode,
    response::Response,
    routing::post,
};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json as value};

pub(super) fn routes() -> Router<Store> {
    Router::new()
        .route("/v1/users/{id}/provisioning", post(issue))
        .route("/v1/provisioning", post(provision))
}

/// Issues a ticket: `{"app": "mobile"}`.
async fn issue(
    State(store): State<Store>,
    Extension(access): Extension<Access>,
    at: At<String>,
    request: Request,
) -> Result<Response, Problem> {
    let Path(id) = at?;
    access.check_write(Kind::Users, Some(&id), ["password"].into_iter())?;
    let body = request::body(request, &["application/json"]).await?;
    let (purpose, action) = match body.get("app").and_then(Value::as_str) {
        Some("mobile") => (Purpose::Mobile, PortalAction::Qr),
        Some("desktop") => (Purpose::Desktop, PortalAction::DesktopLink),
        _ => {
            let detail = "`app` is `mobile` or `desktop`.";
            return Err(Problem::new(Reason::Invalid, detail));
        }
    };
    offered(&store, action)?;
    let token = blocking(move || {
        store.write(|tx| {
            let user = existing(tx, Kind::Users, &id)?;
            access.check_over(&user.id, &permission::granted_by(tx, &user)?)?;
            if user.written()?["active"] == false {
                return Err(Problem::new(Reason::Invalid, "The user is inactive."));
            }
            let token = random_token();
            tx.issue_ticket(&digest(token.expose_secret()), user.seq, purpose)?;
            Ok(token)
        })
    });
    let token = token.await?;
    let answer = value!({ "token": token.expose_secret(), "seconds": purpose.seconds() });
    Ok(json(StatusCode::CREATED, answer.to_string().into_bytes()))
}

/// Tells an app with a ticket whose it is: `{"token": "…"}`.
async fn provision(State(store): State<Store>, request: Request) -> Result<Response, Problem> {
    let body = request::body(request, &["application/json"]).await?;
    let answer = blocking(move || {
        let token = body
            .get("token")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let token = digest(token);
        store.write(|tx| {
            for (purpose, app) in [(Purpose::Mobile, "mobile"), (Purpose::Desktop, "desktop")] {
                if let Some(user) = tx.use_ticket(&token, purpose)? {
                    let extension = user.written()?["extension"].take();
                    return Ok(value!({ "user": user.key, "app": app, "extension": extension }));
                }
            }
            let detail =
                "The token is invalid: it was used, is too old, or a newer one was issued.";
            Err(Problem::new(Reason::NotFound, detail))
        })
    });
    Ok(sent(&answer.await?))
}
