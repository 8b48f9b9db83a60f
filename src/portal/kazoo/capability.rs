//! The *capabilities* of Kazoo: the supported kinds and fields, and the limits of their values.

use super::{
    super::{
        Capabilities, Limit,
        limit::{FORWARDING, is_one_number, is_user_or_extension},
    },
    table::TABLE,
};
use crate::model::{Kind, Value};

/// The capabilities of a Kazoo with every module. Which modules are missing is detected at run time.
pub(super) fn capabilities() -> Capabilities {
    let mut capabilities = TABLE.capabilities("kazoo");
    for (kind, capability) in &mut capabilities.kinds {
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
    FORWARDING,
    Limit::new(
        "forwarding.destinations",
        "one number: an extension, E.164 or a feature code",
        &|value, _| is_one_number(value, &['+', '*', '#']),
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
            !all.is_empty() && all.iter().all(|one| declared.is_user(text(one)))
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
        &is_user_or_extension,
    ),
];

/// The text of a value; empty if it isn't text.
fn text(value: &Value) -> &str {
    value.as_text().unwrap_or_default()
}
