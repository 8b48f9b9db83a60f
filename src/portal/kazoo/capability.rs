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

/// A module that a host may lack.
#[derive(Clone, Copy, Debug)]
pub(super) enum Module {
    /// The call centre, which contains the queues.
    Queues,
    /// The lists of Kazoo 4, which contain the shared contacts.
    Lists,
}

impl Module {
    /// Removes what a host without the module doesn't support.
    pub(super) fn remove_from(self, capabilities: &mut Capabilities) {
        match self {
            Self::Lists => drop(capabilities.kinds.remove(&Kind::Contacts)),
            Self::Queues => {
                let extensions = capabilities.kinds.entry(Kind::Extensions).or_default();
                extensions.unsupported.insert("call_queue");
            }
        }
    }
}

const USERS: &[Limit] = &[
    Limit {
        field: "username",
        only: "names in lower case",
        accepts: |value, _| !text(value).contains(char::is_uppercase),
    },
    short("first_name"),
    short("last_name"),
    Limit {
        field: "scope",
        only: "`user` or `admin`",
        accepts: |value, _| matches!(text(value), "user" | "admin"),
    },
    Limit {
        field: "forwarding.enabled",
        only: "forwarding to a destination; add `destinations`",
        accepts: |value, declared| {
            let destinations = declared.fields.at(["forwarding", "destinations"]);
            *value != Value::Bool(true)
                || destinations.is_some_and(|all| !all.elements().is_empty())
        },
    },
    Limit {
        field: "forwarding.destinations",
        only: "one number: an extension, E.164 or a feature code",
        accepts: |value, _| {
            let digits = |c: char| c.is_ascii_digit() || matches!(c, '+' | '*' | '#');
            let all = value.elements();
            all.len() <= 1 && all.iter().all(|one| text(one).chars().all(digits))
        },
    },
    Limit {
        field: "voicemail.mailbox",
        only: "a number, not `null`; the default is the extension",
        accepts: |value, _| *value != Value::Null,
    },
    Limit {
        field: "phones",
        only: "phones with names of up to 128 characters",
        accepts: |value, _| {
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
        only: "keys of users, at least one",
        accepts: |value, declared| {
            let all = value.elements();
            !all.is_empty() && all.iter().all(|one| is_user(text(one), declared.state))
        },
    },
    Limit {
        field: "ring_group",
        only: "groups with members; add `members`",
        accepts: |_, declared| declared.fields.get("members").is_some(),
    },
    Limit {
        field: "fax.retries",
        only: "0 to 4",
        accepts: |value, _| matches!(value, Value::Integer(0..=4)),
    },
    Limit {
        field: "call_queue.strategy",
        only: "`ring_all`, `round_robin` or `longest_idle`",
        accepts: |value, _| matches!(text(value), "ring_all" | "round_robin" | "longest_idle"),
    },
];

const NUMBERS: &[Limit] = &[
    Limit {
        field: "number",
        only: "numbers with a destination; add `destination`",
        accepts: |_, declared| declared.fields.text("destination").is_some(),
    },
    Limit {
        field: "destination",
        only: "the key of a user, or the number of an extension that doesn't belong to a user",
        accepts: |value, declared| {
            let destination = text(value);
            match destination.chars().all(|c| c.is_ascii_digit()) {
                true => !is_users_extension(destination, declared.state),
                false => is_user(destination, declared.state),
            }
        },
    },
];

const CONTACTS: &[Limit] = &[
    short("name"),
    short("first_name"),
    short("last_name"),
    Limit {
        field: "numbers",
        only: "one number",
        accepts: |value, _| value.elements().len() <= 1,
    },
];

/// The limit of a name to 128 characters.
const fn short(field: &'static str) -> Limit {
    Limit {
        field,
        only: "up to 128 characters",
        accepts: |value, _| is_short(value),
    }
}

fn is_short(value: &Value) -> bool {
    text(value).chars().nth(128).is_none()
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
