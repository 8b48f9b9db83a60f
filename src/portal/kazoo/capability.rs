//! The *capabilities* of Kazoo: the supported kinds and fields, and the limits of their values.

use super::{
    super::{Capabilities, KindCapability, Limit},
    table::TABLE,
};
use crate::model::{Address, Kind, Resource, State, Value};
use std::collections::BTreeMap;

/// The capabilities of a Kazoo with every module. Which modules are missing is detected at run time.
pub(super) fn capabilities() -> Capabilities {
    let kind = |kind, limits| {
        let capability = KindCapability {
            unsupported: TABLE.unsupported(kind),
            limits,
            ..KindCapability::full(kind)
        };
        (kind, capability)
    };
    let mut users = kind(Kind::Users, USERS);
    users.1.replaced_by = &["phones.mac"];
    Capabilities {
        portal: "kazoo",
        kinds: BTreeMap::from([
            kind(Kind::Groups, &[]),
            users,
            kind(Kind::Extensions, EXTENSIONS),
            kind(Kind::Numbers, NUMBERS),
            kind(Kind::Contacts, CONTACTS),
        ]),
    }
}

/// What is unsupported without a call centre, which contains the queues.
pub(super) const QUEUES: (Kind, Option<&str>) = (Kind::Extensions, Some("call_queue"));
/// What is unsupported without the lists of Kazoo 4, which contain the shared contacts.
pub(super) const LISTS: (Kind, Option<&str>) = (Kind::Contacts, None);

const USERS: &[Limit] = &[
    Limit::new("username", "names in lower case", Limit::lower_case),
    short("first_name"),
    short("last_name"),
    Limit::new("scope", "`user` or `admin`", |value, _| {
        matches!(text(value), "user" | "admin")
    }),
    Limit::new(
        "forwarding.enabled",
        "forwarding to a destination; add `destinations`",
        |value, declared| {
            let destinations = declared.fields.at(["forwarding", "destinations"]);
            let has_one = destinations.is_some_and(|all| !all.elements().is_empty());
            *value != Value::Bool(true) || has_one
        },
    ),
    Limit::new(
        "forwarding.destinations",
        "one number: an extension, E.164 or a feature code",
        |value, declared| {
            let digits = |c: char| c.is_ascii_digit() || matches!(c, '+' | '*' | '#');
            let mut all = value.elements().iter();
            Limit::elements::<1>(value, declared) && all.all(|one| text(one).chars().all(digits))
        },
    ),
    Limit::new(
        "voicemail.mailbox",
        "a number, not `null`; the default is the extension",
        Limit::not_null,
    ),
    Limit::new(
        "phones",
        "phones with names of up to 128 characters",
        |value, declared| {
            let phones = value.elements().iter().filter_map(Value::as_map);
            let mut names = phones.filter_map(|phone| phone.get("name"));
            names.all(|name| Limit::characters::<128>(name, declared))
        },
    ),
];

const EXTENSIONS: &[Limit] = &[
    short("name"),
    Limit::new(
        "ring_group.members",
        "keys of users, at least one",
        |value, declared| {
            let all = value.elements();
            !all.is_empty() && all.iter().all(|one| is_user(text(one), declared.state))
        },
    ),
    Limit::new(
        "ring_group",
        "groups with members; add `members`",
        |_, declared| declared.fields.get("members").is_some(),
    ),
    Limit::new("fax.retries", "0 to 4", |value, _| {
        matches!(value, Value::Integer(0..=4))
    }),
    Limit::new(
        "call_queue.strategy",
        "`ring_all`, `round_robin` or `longest_idle`",
        |value, _| matches!(text(value), "ring_all" | "round_robin" | "longest_idle"),
    ),
];

const NUMBERS: &[Limit] = &[
    Limit::new(
        "number",
        "numbers with a destination; add `destination`",
        |_, declared| declared.fields.text("destination").is_some(),
    ),
    Limit::new(
        "destination",
        "the key of a user, or the number of an extension that doesn't belong to a user",
        |value, declared| {
            let destination = text(value);
            match destination.chars().all(|c| c.is_ascii_digit()) {
                true => !is_users_extension(destination, declared.state),
                false => is_user(destination, declared.state),
            }
        },
    ),
];

const CONTACTS: &[Limit] = &[
    short("name"),
    short("first_name"),
    short("last_name"),
    Limit::new("numbers", "one number", Limit::elements::<1>),
];

/// The limit of a name to 128 characters.
const fn short(field: &'static str) -> Limit {
    Limit::new(field, "up to 128 characters", Limit::characters::<128>)
}

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
