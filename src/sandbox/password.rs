//! A *password* that is set on the portal itself, and not by a change of the user's fields. Its version stays as it is.

use super::{
    access::Access,
    account::offered,
    hash,
    object::Row,
    permission,
    problem::{Code, FieldError, Problem, Reason},
    request,
    routes::{At, blocking, existing},
    store::{Store, Tx},
};
use crate::model::{Declaration, Fields, Kind, PortalAction, State as Declared, Value};
use axum::{
    Extension, Router,
    extract::{Path, Request, State},
    http::StatusCode,
    response::{IntoResponse as _, Response},
    routing::put,
};

pub(super) fn routes() -> Router<Store> {
    Router::new().route("/v1/users/{id}/password", put(change))
}

async fn change(
    State(store): State<Store>,
    Extension(access): Extension<Access>,
    at: At<String>,
    request: Request,
) -> Result<Response, Problem> {
    let Path(id) = at?;
    access.check_write(Kind::Users, Some(&id), ["password"].into_iter())?;
    offered(&store, PortalAction::SetPassword)?;
    let body = request::body(request, &["application/json"]).await?;
    blocking(move || {
        let new = body.get("password").and_then(serde_json::Value::as_str);
        store.write(|tx| {
            let user = existing(tx, Kind::Users, &id)?;
            access.check_over(&user.id, &permission::granted_by(tx, &user)?)?;
            set(tx, &user, new.unwrap_or_default())
        })
    })
    .await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Sets the password of a user, and ends the user's sessions.
pub(super) fn set(tx: &Tx<'_>, user: &Row<'_>, new: &str) -> Result<(), Problem> {
    let refused = |message: String| {
        let error = FieldError::new("password", Code::Invalid, message);
        Problem::invalid(Reason::Invalid, vec![error])
    };
    if new.is_empty() {
        return Err(refused("expected a text that is not empty".to_owned()));
    }
    let users = tx.profile().capabilities().kinds.remove(&Kind::Users);
    let limits = users.map(|users| users.limits).unwrap_or_default();
    let declaration = Declaration {
        fields: &Fields::new(),
        state: &Declared::default(),
    };
    let value = Value::text(new);
    let mut limits = limits.iter().filter(|limit| limit.field == "password");
    if let Some(limit) = limits.find(|limit| !(limit.accepts)(&value, declaration)) {
        return Err(refused(format!("expected {}", limit.only)));
    }
    tx.set_secret(user.seq, "password", &hash::of(new))?;
    tx.end_sessions(user.seq)?;
    tx.password_set(user.seq)?;
    Ok(())
}
