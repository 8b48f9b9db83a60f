//! The *capabilities* of Kazoo: the supported kinds and fields, and the limits of their values.

use super::{
    super::{Capabilities, Limit},
    table::TABLE,
};
use crate::{
    model::{Address, Kind, Resource, State, Value},
    profile::Profile,
};

/// The capabilities of a Kazoo with every module. Which modules are missing is detected at run time.
pub(super) fn capabilities() -> Capabilities {
    let mut capabilities = Profile::named("kazoo").capabilities();
    for (kind, capability) in &mut capabilities.kinds {
        capability.unsupported = TABLE.unsupported(*kind);
        match kind {
            Kind::Users => {
                capability.replaced_by = &["phones.mac"];
                capability.limits.extend_from_slice(USERS);
            }
            Kind::Extensions => capability.limits.extend_from_slice(EXTENSIONS),
            Kind::Numbers => capability.limits.extend_from_slice(NUMBERS),
            _ => {}
        }
    }
    capabilities
}

/// What is unsupported without a call centre, which contains the queues.
pub(super) const QUEUES: (Kind, Option<&str>) = (Kind::Extensions, Some("call_queue"));
/// What is unsupported without the lists of Kazoo 4, which contain the shared contacts.
pub(super) const LISTS: (Kind, Option<&str>) = (Kind::Contacts, None);

const USERS: &[Limit] = &[
    Limit::new(
        "forwarding.enabled",
        "forwarding to a destination; add `destinations`",
        &|value, declared| {
            let destinations = declared.fields.at(["forwarding", "destinations"]);
            let has_one = destinations.is_some_and(|all| !all.elements().is_empty());
            *value != Value::Bool(true) || has_one
        },
    ),
    Limit::new(
        "forwarding.destinations",
        "one number: an extension, E.164 or a feature code",
        &|value, _| {
            let digits = |c: char| c.is_ascii_digit() || matches!(c, '+' | '*' | '#');
            let mut all = value.elements().iter();
            value.elements().len() <= 1 && all.all(|one| text(one).chars().all(digits))
        },
    ),
    Limit::new(
        "voicemail.mailbox",
        "a number, not `null`; the default is the extension",
        &Limit::not_null,
    ),
];

const EXTENSIONS: &[Limit] = &[
    Limit::new(
        "ring_group.members",
        "keys of users, at least one",
        &|value, declared| {
            let all = value.elements();
            !all.is_empty() && all.iter().all(|one| is_user(text(one), declared.state))
        },
    ),
    Limit::new(
        "ring_group",
        "groups with members; add `members`",
        &|_, declared| declared.fields.get("members").is_some(),
    ),
];

const NUMBERS: &[Limit] = &[
    Limit::new(
        "number",
        "numbers with a destination; add `destination`",
        &|_, declared| declared.fields.text("destination").is_some(),
    ),
    Limit::new(
        "destination",
        "the key of a user, or the number of an extension that doesn't belong to a user",
        &|value, declared| {
            let destination = text(value);
            match destination.chars().all(|c| c.is_ascii_digit()) {
                true => !is_users_extension(destination, declared.state),
                false => is_user(destination, declared.state),
            }
        },
    ),
];

/// Whether an extension belongs to a user.
fn is_users_extension(extension: &str, state: &State) -> bool {
    let mut users = state.of_kind(Kind::Users);
    users.any(|(_, user)| user.fields.text("extension") == Some(extension))
}

fn is_user(name: &str, state: &State) -> bool {
    let has_name = |resource: &Resource| resource.fields.text("username") == Some(name);
    let by_key = state.get(&Address::new(Kind::Users, name)).is_some();
    by_key || state.of_kind(Kind::Users).any(|(_, user)| has_name(user))
}

/// The text of a value; empty if it isn't text.
fn text(value: &Value) -> &str {
    value.as_text().unwrap_or_default()
}
