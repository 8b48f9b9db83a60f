//! The *doctor* diagnoses a Kazoo: the connection, the version, the loaded modules, and the permissions of
//! the credentials.

use super::{
    super::{
        Check, Error,
        check::Access,
        http::{ConnectionFailure, Request},
        rest::{Collection as _, Link as _},
        with_hint,
    },
    DEFAULT_RATE_LIMIT, Kazoo,
    capability::{LISTS, QUEUES},
    collection::Collection,
    dialect::enveloped,
    session::{Open, Session},
    wire::Envelope,
};
use crate::model::Kind;
use reqwest::Method;
use serde_json::{Value, json};

/// Diagnoses a Kazoo without writing anything. An error that ends the diagnosis becomes the last check.
pub(super) async fn diagnose(kazoo: &Kazoo) -> Vec<Check> {
    let mut checks = Vec::new();
    if let Err(error) = run_checks(kazoo, &mut checks).await {
        checks.push(Check::failed("connection", with_hint(&error)));
    }
    checks
}

async fn run_checks(kazoo: &Kazoo, checks: &mut Vec<Check>) -> Result<(), Error> {
    let session = &kazoo.store.link;
    let open = match session.open().await {
        Ok(open) => open,
        Err(error) => {
            checks.extend(login_failure(&error));
            return Ok(());
        }
    };
    checks.push(Check::passed("connection", "Crossbar answers"));
    let (login, permissions) = login(session, &open).await?;
    checks.push(login);
    checks.push(account(session, &open).await?);
    checks.push(version(&open));
    checks.push(Check::clock(open.skew));
    for needed in Collection::all().iter().filter(|of| of.is_needed()) {
        checks.push(collection(session, *needed).await?);
    }
    checks.push(optional(kazoo, Collection::Queues, QUEUES, "call queues").await?);
    checks.push(match open.is_five() {
        true => {
            kazoo.lacks(LISTS);
            let detail = "their format differs from Kazoo 4; contacts can't be declared";
            Check::passed(Collection::Lists.name(), detail)
        }
        false => optional(kazoo, Collection::Lists, LISTS, "contacts").await?,
    });
    checks.push(bulk(session, &open).await?);
    checks.push(permissions);
    let default = DEFAULT_RATE_LIMIT;
    checks.push(Check::rate_limit(kazoo.rate_limit, default, (100, 10)));
    Ok(())
}

/// The checks after a failed login.
fn login_failure(error: &Error) -> Vec<Check> {
    let not_crossbar = "another program answers there, perhaps the user interface: set `portal.url` to the address of Crossbar, often port 8000, or 8443 with TLS";
    let (name, detail) = match error {
        Error::Misconfigured { .. } => ("login", with_hint(error)),
        Error::Unreachable {
            cause: ConnectionFailure::Refused,
            ..
        } => {
            let hint = "no server listens there: check that Crossbar is running, and the port in `portal.url`, often 8000, or 8443 with TLS";
            ("connection", format!("{error}; {hint}"))
        }
        Error::Unreadable { .. } | Error::NotReady { status: 403, .. } => {
            ("connection", format!("{error}; {not_crossbar}"))
        }
        Error::Refused { status: 404, .. } => {
            let hint = "if that is Crossbar, start its modules cb_user_auth and cb_api_auth";
            ("connection", format!("{error}; {not_crossbar}; {hint}"))
        }
        Error::Refused { problems, .. }
            if problems.iter().any(|problem| problem.code == "disabled") =>
        {
            let hint =
                "have the account's reseller enable it, or check that this is the right account";
            ("account", format!("{error}; {hint}"))
        }
        Error::Unauthorized { .. } => {
            let detail = "the credentials are not accepted (401), and Kazoo doesn't say why: check the API key, or the user name, the password and the account of the user (`portal.tenant`, or `credentials.account` for a parent account), and whether the user is enabled";
            ("login", detail.to_owned())
        }
        Error::Forbidden { .. } => ("account", error.to_string()),
        Error::NotReady { .. }
        | Error::NoRequest { .. }
        | Error::Unreachable { .. }
        | Error::Refused { .. }
        | Error::Stale { .. }
        | Error::Accepted { .. }
        | Error::Partial { .. }
        | Error::Unknown { .. } => ("connection", with_hint(error)),
    };
    let mut checks = Vec::new();
    if name != "connection" && !matches!(error, Error::Misconfigured { .. }) {
        checks.push(Check::passed("connection", "Crossbar answers"));
    }
    checks.push(Check::failed(name, detail));
    checks
}

/// Checks the login and its permissions, as far as they can be determined without a write. The user may
/// belong to a parent of the managed account.
async fn login(session: &Session, open: &Open) -> Result<(Check, Check), Error> {
    let account = format!("of the account {}", open.own);
    let Some(user) = &open.user else {
        return Ok((
            Check::passed("login", format!("an API key {account}")),
            Check::passed(
                "permissions",
                "an API key has every permission of its account",
            ),
        ));
    };
    let users = Collection::Users.name();
    let path = ["v2", "accounts", &open.own, users, user.as_str()];
    let request = Request::new(Method::GET, &path);
    let read = session.client().read(&request).await.and_then(|answer| {
        let what = "the request for the logged-in user";
        let answer = answer.map(|answer| Envelope::of(&answer, what));
        answer.transpose()
    });
    let doc = match read {
        Ok(envelope) => envelope.map_or(Value::Null, |envelope| envelope.data),
        Err(Error::Forbidden { .. }) => Value::Null,
        Err(error) => return Err(error),
    };
    let name = doc["username"].as_str().unwrap_or(user);
    let login = Check::passed("login", format!("the user {name} {account}"));
    let permissions = match doc["priv_level"].as_str() {
        Some("admin") => Check::passed("permissions", "an administrator"),
        Some(level) => Check::failed(
            "permissions",
            format!(
                "{name} has the privilege level {level}, and a host that enforces privilege levels rejects changes: use an administrator, or an API key"
            ),
        ),
        None => Check::passed("permissions", "unknown: the portal doesn't report them"),
    };
    Ok((login, permissions))
}

/// Checks the managed account.
async fn account(session: &Session, open: &Open) -> Result<Check, Error> {
    let account = match session.get(&[], &[]).await {
        Ok(Some(account)) => account.data,
        Ok(None) => {
            let detail = format!("{} doesn't exist; check `portal.tenant`", open.account);
            return Ok(Check::failed("account", detail));
        }
        Err(error @ (Error::Forbidden { .. } | Error::Refused { .. })) => {
            return Ok(Check::failed("account", with_hint(&error)));
        }
        Err(error) => return Err(error),
    };
    let field = |name: &str| account[name].as_str().unwrap_or("unknown");
    let detail = format!("{} ({}), {}", field("name"), field("realm"), open.account);
    Ok(match account["enabled"] {
        Value::Bool(false) => Check::failed(
            "account",
            format!(
                "{detail}, is disabled, so its users can't log in; have its reseller enable it"
            ),
        ),
        _ => Check::passed("account", detail),
    })
}

fn version(open: &Open) -> Check {
    let Open { version, .. } = open;
    match version.split('.').next() {
        Some("5") => Check::passed(
            "version",
            format!("Crossbar {version}, dialect 5: lists contain the requested fields"),
        ),
        Some("4") => Check::passed(
            "version",
            format!(
                "Crossbar {version}, dialect 4: lists are summaries, and the details of declared fields are requested separately"
            ),
        ),
        Some("") | None => Check::failed(
            "version",
            "the portal doesn't report its version, so it is treated as Crossbar 4; check `portal.url`",
        ),
        Some(_) => Check::failed(
            "version",
            format!(
                "Crossbar {version} is neither 4 nor 5, and is treated as 4: compare the first plan with the portal before you apply it"
            ),
        ),
    }
}

/// Checks whether a collection that the adapter needs can be read.
async fn collection(session: &Session, collection: Collection) -> Result<Check, Error> {
    let name = collection.name();
    let access = Access::of(session.get(&[name], &[("page_size", "1")]).await)?;
    Ok(match &access {
        Access::Missing => Check::failed(
            name,
            format!("not loaded: ask the host's operator to start the module cb_{name}"),
        ),
        Access::Forbidden(detail) => Check::failed(
            name,
            format!(
                "the credentials don't allow reading them{detail}; use an administrator, or an API key"
            ),
        ),
        access => access.check(name),
    })
}

/// Checks whether something can be read that a host may lack: without it the check passes, and what depends
/// on it is unsupported.
async fn optional(
    kazoo: &Kazoo,
    of: Collection,
    depends: (Kind, Option<&'static str>),
    what: &str,
) -> Result<Check, Error> {
    let name = of.name();
    let read = kazoo.store.link.get(&[name], &[("page_size", "1")]).await;
    let reason = match read {
        Err(Error::NotReady { status: 503, .. }) if of == Collection::Queues => {
            "loaded, but their database doesn't exist"
        }
        read => match Access::of(read)? {
            Access::Missing => "not loaded",
            Access::Forbidden(_) => "the credentials don't allow reading them",
            access => return Ok(access.check(name)),
        },
    };
    kazoo.lacks(depends);
    Ok(Check::passed(
        name,
        format!("{reason}; {what} can't be declared"),
    ))
}

/// Checks whether several documents can be read with one request. Without the module, a plan only sends
/// more requests.
async fn bulk(session: &Session, open: &Open) -> Result<Check, Error> {
    if open.is_five() {
        let detail = "not needed: lists contain enough fields";
        return Ok(Check::passed("bulk", detail));
    }
    let nothing = enveloped(&json!({"ids": []}));
    let request = Request::new(Method::POST, &["bulk"]).with_body(nothing);
    let detail = match session.ask(&request).await {
        Ok(Some(_)) | Err(Error::Refused { .. }) => "loaded: details are read in batches",
        Ok(None) => {
            "not loaded: details are read one by one; the module cb_bulk would save requests"
        }
        Err(Error::Forbidden { .. }) => "not allowed: details are read one by one",
        Err(error) => return Err(error),
    };
    Ok(Check::passed("bulk", detail))
}
