//! The *doctor* diagnoses a Kazoo: the connection, the version, the loaded modules, and the permissions of
//! the credentials.

use super::{
    super::{
        Check, Error,
        http::{ConnectionFailure, Request},
        rest::{Collection as _, Link as _},
        with_hint,
    },
    DEFAULT_RATE_LIMIT, Kazoo,
    capability::Module,
    collection::Collection,
    dialect::enveloped,
    session::{Open, Session},
    wire::Envelope,
};
use reqwest::Method;
use serde_json::{Value, json};

/// The clock skew, in seconds, up to which a token's expiry time can be relied on.
const MAX_SKEW: i64 = 30;

/// The collections that the adapter needs.
const NEEDED: [Collection; 9] = [
    Collection::Users,
    Collection::Devices,
    Collection::Vmboxes,
    Collection::Callflows,
    Collection::Groups,
    Collection::Conferences,
    Collection::Menus,
    Collection::Faxboxes,
    Collection::Directories,
];

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
    checks.push(Check::passed("connection", "Crossbar answers".to_owned()));
    let (login, permissions) = login(session, &open).await?;
    checks.push(login);
    checks.push(account(session, &open).await?);
    checks.push(version(&open));
    checks.push(clock(&open));
    for needed in NEEDED {
        checks.push(collection(session, needed).await?);
    }
    checks.push(queues(kazoo).await?);
    checks.push(lists(kazoo, &open).await?);
    checks.push(bulk(session, &open).await?);
    checks.push(permissions);
    checks.push(rate_limit(kazoo));
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
        | Error::Unreachable { .. }
        | Error::Refused { .. }
        | Error::Stale { .. }
        | Error::Accepted { .. }
        | Error::Unknown { .. } => ("connection", with_hint(error)),
    };
    let mut checks = Vec::new();
    if name != "connection" && !matches!(error, Error::Misconfigured { .. }) {
        checks.push(Check::passed("connection", "Crossbar answers".to_owned()));
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
                "an API key has every permission of its account".to_owned(),
            ),
        ));
    };
    let path = [
        "v2",
        "accounts",
        &open.own,
        Collection::Users.name(),
        user.as_str(),
    ];
    let read = session
        .client()
        .read(&Request::new(Method::GET, &path))
        .await
        .and_then(|body| {
            body.map(|answer| Envelope::of(&answer, "the request for the logged-in user"))
                .transpose()
        });
    let doc = match read {
        Ok(envelope) => envelope.map_or(Value::Null, |envelope| envelope.data),
        Err(Error::Forbidden { .. }) => Value::Null,
        Err(error) => return Err(error),
    };
    let name = doc["username"].as_str().unwrap_or(user);
    let login = Check::passed("login", format!("the user {name} {account}"));
    let permissions = match doc["priv_level"].as_str() {
        Some("admin") => Check::passed("permissions", "an administrator".to_owned()),
        Some(level) => Check::failed(
            "permissions",
            format!(
                "{name} has the privilege level {level}, and a host that enforces privilege levels rejects changes: use an administrator, or an API key"
            ),
        ),
        None => Check::passed(
            "permissions",
            "unknown: the portal doesn't report them".to_owned(),
        ),
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
            "the portal doesn't report its version, so it is treated as Crossbar 4; check `portal.url`"
                .to_owned(),
        ),
        Some(_) => Check::failed(
            "version",
            format!(
                "Crossbar {version} is neither 4 nor 5, and is treated as 4: compare the first plan with the portal before you apply it"
            ),
        ),
    }
}

fn clock(open: &Open) -> Check {
    let Some(skew) = open.skew else {
        return Check::passed(
            "clock",
            "unknown: the portal doesn't report its time".to_owned(),
        );
    };
    if skew.abs() <= MAX_SKEW {
        return Check::passed(
            "clock",
            format!("within {MAX_SKEW} s of this machine's clock"),
        );
    }
    let side = if skew > 0 { "ahead of" } else { "behind" };
    Check::failed(
        "clock",
        format!(
            "{} s {side} this machine's clock: synchronize the clocks, or tokens are renewed too early or too late",
            skew.unsigned_abs()
        ),
    )
}

/// Checks whether a collection can be read.
async fn collection(session: &Session, collection: Collection) -> Result<Check, Error> {
    let name = collection.name();
    Ok(match session.get(&[name], &[("page_size", "1")]).await {
        Ok(Some(_)) => Check::passed(name, "readable".to_owned()),
        Ok(None) => Check::failed(
            name,
            format!("not loaded: ask the host's operator to start the module cb_{name}"),
        ),
        Err(Error::Forbidden { detail, .. }) => Check::failed(
            name,
            format!(
                "the credentials don't allow reading them{detail}; use an administrator, or an API key"
            ),
        ),
        Err(error @ (Error::Refused { .. } | Error::NotReady { .. })) => {
            Check::failed(name, with_hint(&error))
        }
        Err(error) => return Err(error),
    })
}

/// Checks whether the queues can be read. Few hosts have a call centre; without one the check passes, and
/// call queues are unsupported.
async fn queues(kazoo: &Kazoo) -> Result<Check, Error> {
    let name = Collection::Queues.name();
    let read = kazoo.store.link.get(&[name], &[("page_size", "1")]).await;
    let reason = match read {
        Ok(Some(_)) => return Ok(Check::passed(name, "readable".to_owned())),
        Ok(None) => "not loaded",
        Err(Error::NotReady { status: 503, .. }) => "loaded, but their database doesn't exist",
        Err(Error::Forbidden { .. }) => "loaded, but the credentials don't allow reading them",
        Err(error @ Error::Refused { .. }) => return Ok(Check::failed(name, with_hint(&error))),
        Err(error) => return Err(error),
    };
    kazoo.lacks(Module::Queues);
    Ok(Check::passed(
        name,
        format!("{reason}; call queues can't be declared"),
    ))
}

/// Checks whether lists, which contain the shared contacts, can be read. Without them the check passes,
/// and contacts are unsupported.
async fn lists(kazoo: &Kazoo, open: &Open) -> Result<Check, Error> {
    let name = Collection::Lists.name();
    let read = match open.is_five() {
        true => None,
        false => Some(kazoo.store.link.get(&[name], &[("page_size", "1")]).await),
    };
    let reason = match read {
        Some(Ok(Some(_))) => return Ok(Check::passed(name, "readable".to_owned())),
        Some(Ok(None)) => "not loaded",
        None => "their format differs from Kazoo 4",
        Some(Err(Error::Forbidden { .. })) => "the credentials don't allow reading them",
        Some(Err(error @ (Error::Refused { .. } | Error::NotReady { .. }))) => {
            return Ok(Check::failed(name, with_hint(&error)));
        }
        Some(Err(error)) => return Err(error),
    };
    kazoo.lacks(Module::Lists);
    Ok(Check::passed(
        name,
        format!("{reason}; contacts can't be declared"),
    ))
}

/// Checks whether several documents can be read with one request. Without the module, a plan only sends
/// more requests.
async fn bulk(session: &Session, open: &Open) -> Result<Check, Error> {
    if open.is_five() {
        let detail = "not needed: lists contain enough fields";
        return Ok(Check::passed("bulk", detail.to_owned()));
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
    Ok(Check::passed("bulk", detail.to_owned()))
}

/// Reports the rate limit, and warns if it is above the host's default.
fn rate_limit(kazoo: &Kazoo) -> Check {
    let burst = kazoo.rate_limit.burst.get();
    let per_second = kazoo.rate_limit.per_second.map_or(u32::MAX, Into::into);
    let limit = match kazoo.rate_limit.per_second {
        Some(per_second) => format!("bursts of {burst} requests, then {per_second} per second"),
        None => format!("bursts of {burst} requests, then unlimited"),
    };
    let (default_burst, default_per_second) = DEFAULT_RATE_LIMIT;
    let comparison = if burst > default_burst || per_second > default_per_second {
        "; the host may allow less (its default is a burst of 100, then 10 per second) and then answers 429, which slows every request down"
    } else {
        ", below a host's default of 100 and 10; change it with `portal.rate_limit`"
    };
    Check::passed("rate limit", limit + comparison)
}
