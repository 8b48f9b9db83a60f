//! What Kazoo *can hold*: kinds, fields, and in which fields less than the model allows.

use super::super::{Capabilities, KindCapability, Limit};
use crate::model::{Address, Kind, Resource, State, Value};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

/// What a Kazoo can hold; whether it has queues and contacts is only told by a look.
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
            (Kind::Contacts, kind(&["company", "email"], CONTACTS)),
        ]),
    }
}

/// What this Kazoo can hold, as far as is known: less with each thing that turns out to be missing.
pub(super) struct Held {
    /// By whether there are no queues, and by whether there are no contacts.
    all: [[Capabilities; 2]; 2],
    has_no_queues: AtomicBool,
    has_no_contacts: AtomicBool,
}

impl Held {
    /// All of it, before anybody looked.
    pub(super) fn all() -> Self {
        let without = |has_no_queues: bool, has_no_contacts: bool| {
            let mut left = capabilities();
            let extensions = left.kinds.get_mut(&Kind::Extensions);
            if let Some(extensions) = extensions.filter(|_| has_no_queues) {
                extensions.lacks.insert("call_queue");
            }
            if has_no_contacts {
                left.kinds.remove(&Kind::Contacts);
            }
            left
        };
        Self {
            all: [false, true]
                .map(|queues| [false, true].map(|contacts| without(queues, contacts))),
            has_no_queues: AtomicBool::new(false),
            has_no_contacts: AtomicBool::new(false),
        }
    }

    /// What is held as far as is known now.
    pub(super) fn now(&self) -> &Capabilities {
        let by_queues = &self.all[usize::from(self.has_no_queues.load(Relaxed))];
        &by_queues[usize::from(self.has_no_contacts.load(Relaxed))]
    }

    /// The call centre isn't loaded.
    pub(super) fn no_queues(&self) {
        self.has_no_queues.store(true, Relaxed);
    }

    /// Lists aren't loaded, or are of another model.
    pub(super) fn no_contacts(&self) {
        self.has_no_contacts.store(true, Relaxed);
    }
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
        only: "the key of a person, or the number of an extension that is nobody's own",
        holds: |value, declared| {
            let destination = text(value);
            match destination.chars().all(|c| c.is_ascii_digit()) {
                true => !is_persons(destination, declared.state),
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
        holds: |value, _| value.elements().len() <= 1,
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

/// Whether an extension is a person's.
fn is_persons(extension: &str, state: &State) -> bool {
    let mut users = state.of_kind(Kind::Users);
    users.any(|(_, user)| user.fields.text("extension") == Some(extension))
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
