//! A *doctor's* look at a Kazoo: whether it is there, which one it is, what it has loaded, and what the
//! credentials may do.

use super::{
    super::{Error, Symptom, http::Request, with_remedy},
    Kazoo, PACE,
    session::{Open, Session},
    tenant::Collection,
    wire::Envelope,
};
use reqwest::Method;
use serde_json::{Value, json};

/// How far clocks may be apart before a token's life can't be told from its own word.
const SKEW: i64 = 30;

/// What is asked for by somebody or other.
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

/// Looks at a Kazoo. Nothing is written. Whatever keeps us out is a symptom too, and the last one.
pub(super) async fn examine(kazoo: &Kazoo) -> Vec<Symptom> {
    let mut found = Vec::new();
    if let Err(error) = look_around(kazoo, &mut found).await {
        found.push(ill("connection", with_remedy(&error)));
    }
    found
}

async fn look_around(kazoo: &Kazoo, found: &mut Vec<Symptom>) -> Result<(), Error> {
    let session = &kazoo.session;
    let open = match session.open(None).await {
        Ok(open) => open,
        Err(error) => {
            found.extend(kept_out(&error));
            return Ok(());
        }
    };
    found.push(well("connection", "Crossbar answers".to_owned()));
    let (login, rights) = login(session, &open).await?;
    found.push(login);
    found.push(account(session, &open).await?);
    found.push(version(&open));
    found.push(clock(&open));
    for collection in NEEDED {
        found.push(look(session, collection).await?);
    }
    found.push(queues(kazoo).await?);
    found.push(lists(kazoo, &open).await?);
    found.push(bulk(session, &open).await?);
    found.push(rights);
    found.push(pace(kazoo));
    Ok(())
}

fn well(what: &str, told: String) -> Symptom {
    Symptom {
        what: what.to_owned(),
        is_well: true,
        told,
    }
}

fn ill(what: &str, told: String) -> Symptom {
    Symptom {
        is_well: false,
        ..well(what, told)
    }
}

/// Why nobody could log in.
fn kept_out(error: &Error) -> Vec<Symptom> {
    let not_crossbar = "it is another program that answers there, perhaps the user interface: `portal.url` is the address of Crossbar, often port 8000, or 8443 with TLS";
    let (what, told) = match error {
        Error::Unreachable { reason, .. } if reason.contains("portal.") => {
            ("login", with_remedy(error))
        }
        Error::Unreachable { reason, .. } if reason.contains("refused") => {
            let told = "nobody listens there: check that Crossbar runs, and the port in `portal.url`, often 8000, or 8443 with TLS";
            ("connection", format!("{error}; {told}"))
        }
        Error::Unreadable { .. } | Error::NotReady { status: 403, .. } => {
            ("connection", format!("{error}; {not_crossbar}"))
        }
        Error::Refused { status: 404, .. } => {
            let told = "where that is Crossbar, start its modules cb_user_auth and cb_api_auth";
            ("connection", format!("{error}; {not_crossbar}; {told}"))
        }
        Error::Refused { problems, .. }
            if problems
                .iter()
                .any(|one| one.message.contains("disabled") || one.field.contains("disabled")) =>
        {
            let told = "enable the account, which its reseller can, or check which one is meant";
            ("account", format!("{error}; {told}"))
        }
        Error::Unauthorized { .. } => {
            let told = "the credentials are not accepted (401), and Kazoo doesn't say why: check the API key, or the name, the password and the account that the user is of (`portal.tenant`, or `credentials.account` for one above it), and whether the user is enabled";
            ("login", told.to_owned())
        }
        Error::Forbidden { .. } => ("account", error.to_string()),
        Error::NotReady { .. }
        | Error::Unreachable { .. }
        | Error::Refused { .. }
        | Error::Stale { .. }
        | Error::Unknown { .. } => ("connection", with_remedy(error)),
    };
    let mut found = Vec::new();
    if what != "connection" && !matches!(error, Error::Unreachable { .. }) {
        found.push(well("connection", "Crossbar answers".to_owned()));
    }
    found.push(ill(what, told));
    found
}

/// Who we are, and what we may do as far as can be told without doing it. The user may be of an account
/// above the one that is managed.
async fn login(session: &Session, open: &Open) -> Result<(Symptom, Symptom), Error> {
    let of = format!("of the account {}", open.own);
    let Some(user) = &open.user else {
        return Ok((
            well("login", format!("an API key {of}")),
            well("rights", "a key may do all that its account may".to_owned()),
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
        .client
        .read(&Request::new(Method::GET, &path))
        .await
        .and_then(|body| {
            body.map(|body| Envelope::parse(&body, "the user who logs in"))
                .transpose()
        });
    let doc = match read {
        Ok(envelope) => envelope.map_or(Value::Null, |envelope| envelope.data),
        Err(Error::Forbidden { .. }) => Value::Null,
        Err(error) => return Err(error),
    };
    let name = doc["username"].as_str().unwrap_or(user);
    let login = well("login", format!("the user {name} {of}"));
    let rights = match doc["priv_level"].as_str() {
        Some("admin") => well("rights", "an administrator".to_owned()),
        Some(level) => ill(
            "rights",
            format!(
                "the level of {name} is {level}, and a host that enforces levels refuses changes: use an administrator, or an API key"
            ),
        ),
        None => well("rights", "the portal doesn't tell them".to_owned()),
    };
    Ok((login, rights))
}

/// The account that is managed.
async fn account(session: &Session, open: &Open) -> Result<Symptom, Error> {
    let account = match session.read(&[], &[]).await {
        Ok(Some(account)) => account.data,
        Ok(None) => {
            let told = format!("{} is not there; check `portal.tenant`", open.account);
            return Ok(ill("account", told));
        }
        Err(error @ (Error::Forbidden { .. } | Error::Refused { .. })) => {
            return Ok(ill("account", with_remedy(&error)));
        }
        Err(error) => return Err(error),
    };
    let field = |name: &str| account[name].as_str().unwrap_or("unknown");
    let told = format!("{} ({}), {}", field("name"), field("realm"), open.account);
    Ok(match account["enabled"] {
        Value::Bool(false) => ill(
            "account",
            format!(
                "{told}, is disabled: nobody of it can log in; enable it, which its reseller can"
            ),
        ),
        _ => well("account", told),
    })
}

fn version(open: &Open) -> Symptom {
    let Open { version, .. } = open;
    match version.split('.').next() {
        Some("5") => {
            let told = "lists tell the fields that are asked for";
            well("version", format!("Crossbar {version}, dialect 5: {told}"))
        }
        Some("4") => {
            let told = "lists are summaries, and details are asked for where they are declared";
            well("version", format!("Crossbar {version}, dialect 4: {told}"))
        }
        Some("") | None => ill(
            "version",
            "the portal doesn't tell its version, so it is spoken to as to Crossbar 4; check `portal.url`"
                .to_owned(),
        ),
        Some(_) => ill(
            "version",
            format!(
                "Crossbar {version} is neither 4 nor 5, and is spoken to as 4: compare the first plan with the portal before you apply it"
            ),
        ),
    }
}

fn clock(open: &Open) -> Symptom {
    let Some(skew) = open.skew else {
        return well("clock", "the portal doesn't tell its time".to_owned());
    };
    if skew.abs() <= SKEW {
        return well("clock", format!("within {SKEW} s of ours"));
    }
    let side = if skew > 0 { "ahead of" } else { "behind" };
    ill(
        "clock",
        format!(
            "{} s {side} ours: set the clocks, or tokens are renewed too early or too late",
            skew.unsigned_abs()
        ),
    )
}

/// Whether one type can be read.
async fn look(session: &Session, collection: Collection) -> Result<Symptom, Error> {
    let name = collection.name();
    Ok(match session.read(&[name], &[("page_size", "1")]).await {
        Ok(Some(_)) => well(name, "can be read".to_owned()),
        Ok(None) => ill(
            name,
            format!("not loaded: ask whoever runs the host to start the module cb_{name}"),
        ),
        Err(Error::Forbidden { detail, .. }) => ill(
            name,
            format!(
                "the credentials may not read them{detail}; use an administrator, or an API key"
            ),
        ),
        Err(error @ (Error::Refused { .. } | Error::NotReady { .. })) => {
            ill(name, with_remedy(&error))
        }
        Err(error) => return Err(error),
    })
}

/// Queues are those of a call centre that few hosts have: without it there is only less to declare.
async fn queues(kazoo: &Kazoo) -> Result<Symptom, Error> {
    let name = Collection::Queues.name();
    let read = kazoo.session.read(&[name], &[("page_size", "1")]).await;
    let told = match read {
        Ok(Some(_)) => return Ok(well(name, "can be read".to_owned())),
        Ok(None) => "not loaded",
        Err(Error::NotReady { status: 503, .. }) => "loaded, but its database is not laid out",
        Err(Error::Forbidden { .. }) => "loaded, but the credentials may not read them",
        Err(error @ Error::Refused { .. }) => return Ok(ill(name, with_remedy(&error))),
        Err(error) => return Err(error),
    };
    kazoo.held.no_queues();
    Ok(well(name, format!("{told}; call queues can't be declared")))
}

/// Lists hold the shared contacts: without them there is only less to declare.
async fn lists(kazoo: &Kazoo, open: &Open) -> Result<Symptom, Error> {
    let name = Collection::Lists.name();
    let read = match open.is_five() {
        true => None,
        false => Some(kazoo.session.read(&[name], &[("page_size", "1")]).await),
    };
    let told = match read {
        Some(Ok(Some(_))) => return Ok(well(name, "can be read".to_owned())),
        Some(Ok(None)) => "not loaded",
        None => "of another model than in Kazoo 4",
        Some(Err(Error::Forbidden { .. })) => "the credentials may not read them",
        Some(Err(error @ (Error::Refused { .. } | Error::NotReady { .. }))) => {
            return Ok(ill(name, with_remedy(&error)));
        }
        Some(Err(error)) => return Err(error),
    };
    kazoo.held.no_contacts();
    Ok(well(name, format!("{told}; contacts can't be declared")))
}

/// Whether many documents come in one answer. Without it a plan only asks more often.
async fn bulk(session: &Session, open: &Open) -> Result<Symptom, Error> {
    if open.is_five() {
        return Ok(well("bulk", "not needed: lists tell enough".to_owned()));
    }
    let nothing = json!({"ids": []});
    let told = match session
        .ask(Method::POST, &["bulk"], &[], Some(&nothing))
        .await
    {
        Ok(Some(_)) | Err(Error::Refused { .. }) => "loaded: details come many at once",
        Ok(None) => {
            "not loaded; details are asked for one by one, which the module cb_bulk would spare"
        }
        Err(Error::Forbidden { .. }) => "not allowed; details are asked for one by one",
        Err(error) => return Err(error),
    };
    Ok(well("bulk", told.to_owned()))
}

/// How much the host is asked to bear.
fn pace(kazoo: &Kazoo) -> Symptom {
    let burst = kazoo.pace.burst.get();
    let each = kazoo.pace.per_second.map_or(u32::MAX, Into::into);
    let told = match kazoo.pace.per_second {
        Some(each) => format!("{burst} requests at once, then {each} a second"),
        None => format!("{burst} requests at once, and no limit after that"),
    };
    let (own_burst, own_each) = PACE;
    let more = if burst > own_burst || each > own_each {
        "; that may be more than the host allows, which then answers 429 and slows everything: its own measure, unless changed, is 100, then 10 a second"
    } else {
        ", below the 100 and 10 that a host allows unless it was told otherwise; `portal.pace` sets another"
    };
    well("pace", told + more)
}
