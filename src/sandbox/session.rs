//! A *session* begins when a person logs in with what the profile asks for, and ends when the person logs
//! out. Who may not log in is told why.

use super::{
    access::{Access, digest},
    embedded::random_token,
    hash,
    object::Row,
    permission,
    problem::{Problem, Reason},
    request,
    routes::{blocking, json},
    store::{Store, Tx},
};
use crate::profile::{FirstLogin, Login, LoginField};
use axum::{
    Extension, Router,
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse as _, Response},
    routing::post,
};
use secrecy::ExposeSecret as _;
use serde_json::{Map, Value};

pub(super) fn routes() -> Router<Store> {
    Router::new().route("/v1/sessions", post(begin).delete(end))
}

async fn begin(State(store): State<Store>, request: Request) -> Result<Response, Problem> {
    let body = request::body(request, &["application/json"]).await?;
    blocking(move || {
        let login = store.profile().login.as_ref();
        let login = login.ok_or_else(|| forbidden("Nobody can log in to this system."))?;
        store.write(|tx| {
            let user = identified(tx, login, &body)?;
            admitted(tx, login, &user, &body)?;
            let token = random_token();
            let token = token.expose_secret();
            tx.begin_session(&digest(token), user.seq)?;
            tx.welcome_followed(user.seq)?;
            let may = permission::granted_by(tx, &user)?;
            let answer = serde_json::json!({ "token": token, "user": user.key, "may": may });
            Ok(json(StatusCode::CREATED, answer.to_string().into_bytes()))
        })
    })
    .await
}

async fn end(
    State(store): State<Store>,
    Extension(access): Extension<Access>,
) -> Result<Response, Problem> {
    if let Access::Person(person) = access {
        blocking(move || Ok(store.write(|tx| tx.end_session(&person.token))?)).await?;
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// The user with this name, whose password it is. Nothing tells which of the two is wrong.
fn identified(
    tx: &Tx<'_>,
    login: &Login,
    body: &Map<String, Value>,
) -> Result<Row<'static>, Problem> {
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let wrong = || {
        Problem::new(
            Reason::Unauthorized,
            "The name, the password or the account is wrong.",
        )
    };
    let name = match login.with.contains(&LoginField::Email) {
        true => "email",
        false => "username",
    };
    if login.with.contains(&LoginField::Account) && text("account") != tx.account()? {
        return Err(wrong());
    }
    let value = match name {
        "email" => text(name).to_lowercase(),
        _ => text(name).to_owned(),
    };
    let user = tx.user_with(name, &value)?;
    let kept = match &user {
        Some(user) => tx.secret(user.seq, "password")?,
        None => None,
    };
    let is_right = hash::verify(text("password"), kept.as_deref());
    user.filter(|_| is_right).ok_or_else(wrong)
}

/// Checks what must hold for a person to log in.
fn admitted(
    tx: &Tx<'_>,
    login: &Login,
    user: &Row<'_>,
    body: &Map<String, Value>,
) -> Result<(), Problem> {
    let own: Value = serde_json::from_str(&user.body).map_err(super::store::Error::from)?;
    let may = permission::granted_by(tx, user)?;
    for condition in &login.requires {
        if condition == "active" {
            if own["active"] == false {
                return Err(forbidden("The user is inactive."));
            }
        } else if !permission::has_any(&may, &[condition]) {
            let detail = format!("The user has no access to the portal: it needs `{condition}`.");
            return Err(forbidden(&detail));
        }
    }
    if let Some(FirstLogin::Eula) = login.first
        && !tx.has_agreed(user.seq)?
    {
        if body.get("accept_eula") != Some(&Value::Bool(true)) {
            return Err(forbidden(
                "The licence agreement has not been accepted; the user must send `accept_eula: true`.",
            ));
        }
        tx.agree(user.seq)?;
    }
    Ok(())
}

fn forbidden(detail: &str) -> Problem {
    Problem::new(Reason::Forbidden, detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{Kind, LoginState},
        profile::Profile,
    };
    use serde_json::json;

    /// Why a user of a scope may not log in to a system; nothing, if the user may.
    fn refused(profile: &'static str, scope: &str) -> Option<String> {
        let profile = Profile::named(profile);
        let store = Store::in_memory_like(profile).unwrap();
        let user = Row {
            seq: 1,
            kind: Kind::Users,
            profile,
            id: "u".into(),
            key: "sue".into(),
            version: 1,
            system: false,
            messages: 0,
            body: json!({ "active": true, "scope": scope }).to_string().into(),
            login: LoginState::default(),
        };
        let login = profile.login.as_ref().unwrap();
        let checked = store.write(|tx| admitted(tx, login, &user, &Map::new()));
        checked.err().map(|problem| format!("{problem:?}"))
    }

    #[test]
    fn a_portal_may_be_closed_to_a_scope() {
        // S2.11, S2.13
        let simple = refused("netsapiens", "simple_user").unwrap();
        assert!(simple.contains("it needs `portal.login`"), "{simple}");
        for scope in ["basic_user", "advanced_user", "call_center_agent"] {
            assert_eq!(refused("netsapiens", scope), None, "{scope}");
        }
        // The scope of a licence says nothing of a portal.
        assert_eq!(refused("voiply", "voice"), None);
    }
}
