//! A *mail* is what the sandbox would send: to welcome somebody, or to make somebody set a new password. Its link sets
//! the password once.

use super::{
    access::{Access, digest},
    account::{offered, sent},
    embedded::random_token,
    object::Row,
    password, permission,
    problem::{Problem, Reason},
    request,
    routes::{At, blocking, existing},
    store::{Purpose, Store, Tx},
};
use crate::{
    model::{Kind, PortalAction},
    profile::FirstLogin,
};
use axum::{
    Extension, Router,
    extract::{Path, Request, State},
    http::StatusCode,
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

/// The path at which the link of a mail is followed.
const PASSWORDS: &str = "/v1/passwords";

pub(super) fn routes() -> Router<Store> {
    let on = |action| {
        get(move |store, access, at| check(store, access, at, action))
            .post(move |store, access, at| send(store, access, at, action))
    };
    Router::new()
        .route("/v1/users/{id}/welcome", on(PortalAction::Welcome))
        .route(
            "/v1/users/{id}/force-password-reset",
            on(PortalAction::ForcePasswordReset),
        )
        .route(PASSWORDS, post(follow))
}

/// Tells where a mail would go, or why it can't be sent.
async fn check(
    State(store): State<Store>,
    Extension(access): Extension<Access>,
    at: At<String>,
    action: PortalAction,
) -> Result<Response, Problem> {
    let Path(id) = at?;
    offered(&store, action)?;
    let to = blocking(move || {
        store.read(|tx| {
            let user = existing(tx, Kind::Users, &id)?;
            recipient(tx, &access, &user, action)
        })
    });
    Ok(sent(&json!({ "to": to.await? })))
}

/// Sends a mail.
async fn send(
    State(store): State<Store>,
    Extension(access): Extension<Access>,
    at: At<String>,
    action: PortalAction,
) -> Result<Response, Problem> {
    let Path(id) = at?;
    offered(&store, action)?;
    let to = blocking(move || {
        store.write(|tx| {
            let user = existing(tx, Kind::Users, &id)?;
            let to = recipient(tx, &access, &user, action)?;
            let token = random_token();
            let token = token.expose_secret();
            let title = &tx.profile().title;
            let subject = match action {
                PortalAction::ForcePasswordReset => {
                    tx.void_password(user.seq)?;
                    format!("Set a new password for {title}")
                }
                _ => {
                    tx.invite(user.seq)?;
                    format!("Welcome to {title}")
                }
            };
            tx.issue_ticket(&digest(token), user.seq, Purpose::Password)?;
            let text = format!(
                "Set your password to log in as {}: {PASSWORDS}#{token}",
                user.key
            );
            tx.send_mail(&to, &subject, &text)?;
            Ok::<_, Problem>(to)
        })
    });
    Ok(sent(&json!({ "to": to.await? })))
}

/// The address to which a mail goes.
fn recipient(
    tx: &Tx<'_>,
    access: &Access,
    user: &Row<'_>,
    action: PortalAction,
) -> Result<String, Problem> {
    access.require(&["users.manage"])?;
    let may = permission::granted_by(tx, user)?;
    access.check_over(&user.id, &may)?;
    let refused = |detail: &str| Problem::new(Reason::Invalid, detail);
    let body = user.written()?;
    let to = body["email"].as_str();
    let to = to.ok_or_else(|| refused("The user has no e-mail address."))?;
    if body["active"] == false {
        return Err(refused("The user is inactive."));
    }
    let login = tx.profile().login.as_ref();
    let needs_portal =
        login.is_some_and(|login| login.requires.iter().any(|one| one == "portal.login"));
    if action == PortalAction::Welcome
        && needs_portal
        && !permission::has_any(&may, &["portal.login"])
    {
        // S2.12
        return Err(refused(
            "The user's scope has no access to the portal, so a welcome leads nowhere.",
        ));
    }
    Ok(to.to_owned())
}

/// Sets a password by the link of a mail.
async fn follow(State(store): State<Store>, request: Request) -> Result<Response, Problem> {
    let body = request::body(request, &["application/json"]).await?;
    blocking(move || {
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
        store.write(|tx| {
            let user = tx.use_ticket(&digest(text("token")), Purpose::Password)?;
            let user = user.ok_or_else(|| {
                let detail = "The link is invalid: it was used, is too old, or a newer mail was sent.";
                Problem::new(Reason::NotFound, detail)
            })?;
            let asks_for_eula = tx.profile().login.as_ref().and_then(|login| login.first);
            if let Some(FirstLogin::Eula) = asks_for_eula
                && !tx.has_agreed(user.seq)?
            {
                if body.get("accept_eula") != Some(&Value::Bool(true)) {
                    let detail = "The licence agreement has not been accepted; send `accept_eula: true` too.";
                    return Err(Problem::new(Reason::Forbidden, detail));
                }
                tx.agree(user.seq)?;
            }
            password::set(tx, &user, text("password"))?;
            tx.welcome_followed(user.seq)?;
            Ok(())
        })
    })
    .await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{profile::Profile, sandbox::store::Error};
    use axum::body::Body;

    #[tokio::test]
    async fn the_licence_agreement_is_accepted_with_the_link() {
        // No profile sends mails and asks for the agreement, so the link is made here.
        let store = Store::in_memory_like(Profile::named("ivinex")).unwrap();
        let fields = json!({ "username": "ann", "first_name": "Ann", "last_name": "Lee",
            "email": "ann@acme.example" });
        let fields = Kind::Users.shape().read(&fields).unwrap();
        store
            .seed([(Kind::Users, "ann".into(), fields)].into_iter())
            .unwrap();
        let ann = || store.read(|tx| Ok::<_, Error>(tx.by_key(Kind::Users, "ann")?.unwrap()));
        let seq = ann().unwrap().seq;
        store
            .write(|tx| tx.issue_ticket(&digest("the-token"), seq, Purpose::Password))
            .unwrap();
        let follow = async |body: Value| {
            let request = Request::post(PASSWORDS).header("content-type", "application/json");
            let request = request.body(Body::from(body.to_string())).unwrap();
            let answer = follow(State(store.clone()), request).await;
            answer.into_response().status().as_u16()
        };
        let mut body = json!({ "token": "the-token", "password": "correct horse 1" });
        assert_eq!(follow(body.clone()).await, 403);
        assert_eq!(ann().unwrap().login.has_accepted_eula, Some(false));
        body["accept_eula"] = true.into();
        // What was refused hasn't used the link up.
        assert_eq!(follow(body.clone()).await, 204);
        assert_eq!(ann().unwrap().login.has_accepted_eula, Some(true));
        assert_eq!(follow(body).await, 404);
    }
}
