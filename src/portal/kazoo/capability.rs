//! What Kazoo *can hold*: kinds, fields, and in which fields less than the model allows.

use super::super::{Capabilities, KindCapability, Limit};
use crate::model::{Address, Kind, Resource, State, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What every Kazoo can hold; of queues only a look tells.
pub(in crate::portal) fn capabilities() -> Capabilities {
    let kind = |lacks: &[&'static str], limits| KindCapability {
        lacks: lacks.iter().copied().collect::<BTreeSet<_>>(),
        deletes: true,
        limits,
    };
    Capabilities {
        portal: "kazoo",
        kinds: BTreeMap::from([
            (
                Kind::Groups,
                kind(&["title", "description", "permissions"], &[]),
            ),
            (Kind::Users, kind(USERS_LACK, USERS)),
            (Kind::Extensions, kind(EXTENSIONS_LACK, EXTENSIONS)),
            (Kind::Numbers, kind(&["title", "caller_name"], NUMBERS)),
        ]),
    }
}

/// What is left where the call centre isn't loaded.
pub(super) fn without_queues() -> Capabilities {
    let mut capabilities = capabilities();
    if let Some(extensions) = capabilities.kinds.get_mut(&Kind::Extensions) {
        extensions.lacks.insert("call_queue");
    }
    capabilities
}

const USERS_LACK: &[&str] = &[
    "available_from_emails",
    "permissions",
    "phone",
    "directory",
    "answering_rules",
    "add_phone",
    "instance",
    "features",
    "seat",
    "click_to_dial",
    "color",
    "advanced",
    "voicemail.greeting",
    "forwarding.ring_all",
];

const EXTENSIONS_LACK: &[&str] = &[
    "conference.record",
    "auto_attendant.greeting",
    "forward.keep_caller_id",
];

const USERS: &[Limit] = &[
    Limit {
        field: "username",
        only: "names in lower case",
        holds: |value, _| !text(value).contains(char::is_uppercase),
    },
    short("first_name"),
    short("last_name"),
    Limit {
        field: "scope",
        only: "`user` or `admin`",
        holds: |value, _| matches!(text(value), "user" | "admin"),
    },
    Limit {
        field: "forwarding.destinations",
        only: "one number: an extension, E.164 or a feature code",
        holds: |value, _| {
            let digits = |c: char| c.is_ascii_digit() || matches!(c, '+' | '*' | '#');
            let all = value.elements();
            all.len() <= 1 && all.iter().all(|one| text(one).chars().all(digits))
        },
    },
    Limit {
        field: "voicemail.mailbox",
        only: "a number, and not `null`; left out, it is the extension",
        holds: |value, _| *value != Value::Null,
    },
    Limit {
        field: "phones",
        only: "phones whose names have up to 128 characters",
        holds: |value, _| {
            let name = |phone: &Value| phone.as_map().and_then(|phone| phone.get("name").cloned());
            value
                .elements()
                .iter()
                .filter_map(name)
                .all(|name| is_short(&name))
        },
    },
];

const EXTENSIONS: &[Limit] = &[
    short("name"),
    Limit {
        field: "ring_group.members",
        only: "the keys of users, one at least",
        holds: |value, declared| {
            let all = value.elements();
            !all.is_empty() && all.iter().all(|one| is_user(text(one), declared.state))
        },
    },
    Limit {
        field: "ring_group",
        only: "groups that somebody belongs to; add `members`",
        holds: |_, declared| declared.fields.get("members").is_some(),
    },
    Limit {
        field: "fax.retries",
        only: "0 to 4",
        holds: |value, _| matches!(value, Value::Integer(0..=4)),
    },
    Limit {
        field: "call_queue.strategy",
        only: "`ring_all`, `round_robin` or `longest_idle`",
        holds: |value, _| matches!(text(value), "ring_all" | "round_robin" | "longest_idle"),
    },
];

const NUMBERS: &[Limit] = &[
    Limit {
        field: "number",
        only: "numbers that lead somewhere; add `destination`",
        holds: |_, declared| declared.fields.text("destination").is_some(),
    },
    Limit {
        field: "destination",
        only: "the number of an extension, a person's too",
        holds: |value, _| text(value).chars().all(|c| c.is_ascii_digit()),
    },
];

/// A name that Kazoo keeps in up to 128 characters.
const fn short(field: &'static str) -> Limit {
    Limit {
        field,
        only: "up to 128 characters",
        holds: |value, _| is_short(value),
    }
}

fn is_short(value: &Value) -> bool {
    text(value).chars().nth(128).is_none()
}

fn is_user(name: &str, state: &State) -> bool {
    let has_name = |resource: &Resource| resource.fields.text("username") == Some(name);
    let by_key = state.get(&Address::new(Kind::Users, name)).is_some();
    by_key || state.of_kind(Kind::Users).any(|(_, user)| has_name(user))
}

/// The text of a value; none for what isn't text.
fn text(value: &Value) -> &str {
    value.as_text().unwrap_or_default()
}
