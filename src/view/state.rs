//! What people call an object, and its *state*: what is out of the ordinary about it.

use super::Object;
use crate::model::{Address, Fields, Kind, Standing, Value};

/// Whether somebody is active.
#[must_use]
pub fn is_active(object: Object<'_>) -> bool {
    !is_off(object.fields())
}

/// Whether fields say that somebody is inactive.
pub(super) fn is_off(fields: &Fields) -> bool {
    fields.get("active").and_then(Value::as_bool) == Some(false)
}

/// What people call an object.
#[must_use]
pub fn name(address: &Address, object: Object<'_>) -> String {
    let fields = object.fields();
    let names: &[&str] = match address.kind {
        Kind::Users => &["first_name", "last_name"],
        Kind::Contacts if fields.text("name").is_none() => &["first_name", "last_name"],
        _ if fields.text("name").is_some() => &["name"],
        _ => &["title"],
    };
    let named: Vec<&str> = names.iter().filter_map(|name| fields.text(name)).collect();
    match named.is_empty() {
        true => address.key.to_string(),
        false => named.join(" "),
    }
}

/// The state in a few words, as one cell of a table; nothing where all is as usual.
pub(super) fn state(object: Object<'_>) -> String {
    let standing = object.live.map(|live| &live.standing);
    let login = object.live.and_then(|live| live.login).unwrap_or_default();
    let words = [
        (!is_active(object)).then_some("inactive"),
        (standing == Some(&Standing::BuiltIn)).then_some("built-in"),
        login.invited_at.map(|_| "invited"),
        login.must_set_password.then_some("must set a password"),
        (login.has_accepted_eula == Some(false)).then_some("licence agreement not accepted"),
    ];
    let words: Vec<&str> = words.into_iter().flatten().collect();
    words.join(", ")
}

/// What the portal has of an object beside its fields, one note each.
#[must_use]
pub fn notes(object: Object<'_>) -> Vec<String> {
    let Some(live) = object.live else {
        return vec!["not on the portal yet".to_owned()];
    };
    let messages = match live.messages {
        0 => None,
        1 => Some("1 voicemail message".to_owned()),
        count => Some(format!("{count} voicemail messages")),
    };
    let standing = match &live.standing {
        Standing::Manageable => None,
        Standing::BuiltIn => Some("built-in".to_owned()),
        Standing::Unsupported(reason) => Some(format!("it {reason}")),
    };
    let waiting = live.waiting.iter().map(|one| {
        let path: Vec<&str> = one.path.iter().map(|name| &**name).collect();
        format!("{} waits for {}", path.join("."), one.waits_for)
    });
    let login = live.login.unwrap_or_default();
    let invited = login.invited_at;
    let login = [
        invited.map(|at| format!("invited at {at}, and no password set yet")),
        login
            .must_set_password
            .then(|| "a new password must be set at the next login".to_owned()),
        login.has_accepted_eula.map(|has| match has {
            true => "licence agreement accepted".to_owned(),
            false => "licence agreement not accepted yet".to_owned(),
        }),
    ];
    let notes = messages.into_iter().chain(standing).chain(waiting);
    notes.chain(login.into_iter().flatten()).collect()
}
