//! A *doctor's* look at a Kazoo: whether it is there, which one it is, what it has loaded, and what the
//! credentials may do.

use super::{
    super::{Error, Symptom},
    session::Session,
    tenant::Collection,
};
use reqwest::Method;
use serde_json::{Value, json};

/// How far clocks may be apart before a token's life can't be told from its own word.
const SKEW: i64 = 30;

/// Looks at a Kazoo. Nothing is written.
pub(super) async fn examine(session: &Session) -> Result<Vec<Symptom>, Error> {
    let open = session.open(None).await?;
    let mut found = Vec::new();
    let mut tell = |what: &str, is_well: bool, told: String| {
        found.push(Symptom {
            what: what.to_owned(),
            is_well,
            told,
        });
    };
    let whose = match &open.user {
        Some(user) => format!("the user {user}"),
        None => "an API key".to_owned(),
    };
    tell(
        "login",
        true,
        format!("{whose} of the account {}", open.own),
    );
    let account = session.read(&[], &[]).await?;
    match account.as_ref().map(|account| &account.data) {
        Some(account) => {
            let field = |name: &str| account[name].as_str().unwrap_or("unknown");
            let told = format!("{} ({}), {}", field("name"), field("realm"), open.account);
            tell("account", account["enabled"] != Value::Bool(false), told);
        }
        None => tell(
            "account",
            false,
            format!("{} is not there; check `portal.tenant`", open.account),
        ),
    }
    let dialect = match open.is_five() {
        true => "5: lists tell the fields that are asked for",
        false => "4: lists are summaries, and details are asked for one by one",
    };
    tell(
        "version",
        !open.version.is_empty(),
        format!("Crossbar {}; dialect {dialect}", open.version),
    );
    match open.skew {
        Some(skew) if skew.abs() <= SKEW => tell("clock", true, format!("{skew} s ahead of ours")),
        Some(skew) => tell(
            "clock",
            false,
            format!(
                "{skew} s ahead of ours; set the clocks, or tokens are renewed too early or too late"
            ),
        ),
        None => tell("clock", true, "the portal doesn't tell its time".to_owned()),
    }
    for collection in [
        Collection::Users,
        Collection::Devices,
        Collection::Vmboxes,
        Collection::Callflows,
        Collection::Groups,
        Collection::Conferences,
        Collection::Menus,
        Collection::Faxboxes,
        Collection::Directories,
        Collection::Queues,
    ] {
        let is_optional = collection == Collection::Queues;
        let (is_well, told) = look(session, collection, is_optional).await?;
        tell(collection.name(), is_well, told);
    }
    let bulk = session
        .ask(Method::POST, &["bulk"], &[], Some(&json!({"ids": []})))
        .await;
    let bulk = match bulk {
        Ok(None) => "not loaded; details are asked for one by one",
        Ok(Some(_)) | Err(Error::Refused { .. }) => "loaded",
        Err(Error::Forbidden { .. }) => "not allowed; details are asked for one by one",
        Err(error) => return Err(error),
    };
    tell("bulk", true, bulk.to_owned());
    let rights = rights(session, open.user.as_deref()).await?;
    tell("rights", rights.0, rights.1);
    Ok(found)
}

/// Whether one type can be read.
async fn look(
    session: &Session,
    collection: Collection,
    is_optional: bool,
) -> Result<(bool, String), Error> {
    let read = session
        .read(&[collection.name()], &[("page_size", "1")])
        .await;
    Ok(match read {
        Ok(Some(_)) => (true, "loaded, and can be read".to_owned()),
        Ok(None) if is_optional => (true, "not loaded; call queues can't be declared".to_owned()),
        Ok(None) => (
            false,
            "not loaded; ask whoever runs the host to start it".to_owned(),
        ),
        Err(Error::NotReady { status: 503, .. }) if is_optional => (
            true,
            "loaded, but its database is not laid out; call queues can't be declared".to_owned(),
        ),
        Err(Error::Forbidden { detail, .. }) => {
            (false, format!("the credentials may not read them{detail}"))
        }
        Err(error @ Error::Refused { .. }) => (false, error.to_string()),
        Err(error) => return Err(error),
    })
}

/// What the credentials may do, as far as can be told without doing it.
async fn rights(session: &Session, user: Option<&str>) -> Result<(bool, String), Error> {
    let Some(user) = user else {
        return Ok((true, "a key may do all that its account may".to_owned()));
    };
    let read = session.read(&[Collection::Users.name(), user], &[]).await;
    let level = match read {
        Ok(read) => read.and_then(|read| read.data["priv_level"].as_str().map(str::to_owned)),
        Err(Error::Forbidden { .. }) => None,
        Err(error) => return Err(error),
    };
    Ok(match level.as_deref() {
        Some("admin") => (true, "an administrator".to_owned()),
        Some(level) => (
            false,
            format!(
                "the user's level is {level}; a host that enforces levels refuses changes: use an administrator's or a key"
            ),
        ),
        None => (
            true,
            "the user is of another account, above this one".to_owned(),
        ),
    })
}
