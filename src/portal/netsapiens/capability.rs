//! The *capabilities* of a domain: the supported kinds and fields, and the limits of their values.

use super::{
    super::{
        Capabilities, Limit,
        limit::{FORWARDING, NAMELESS_PHONES, is_one_number, is_user_or_extension},
    },
    table::{STRATEGIES, TABLE},
};
use crate::model::{Identity, Kind, NO_ACTIONS, Removal, SecretPlace, Value};

/// What a core supports that has every request.
pub(super) fn capabilities() -> Capabilities {
    let mut capabilities = TABLE.capabilities("netsapiens");
    capabilities.actions = &NO_ACTIONS;
    capabilities
        .kinds
        .retain(|kind, _| !matches!(kind, Kind::Locations | Kind::Schedules));
    for (kind, capability) in &mut capabilities.kinds {
        capability.create_without.clear();
        capability.limits.extend_from_slice(limits(*kind));
        match kind {
            Kind::Users => {
                capability.fixed.insert("extension");
                capability.secrets = SecretPlace::Readable;
                capability.replaced_by = &["phones.mac"];
            }
            Kind::Contacts => capability.identity = Identity::Field("name"),
            Kind::Instances => capability.removal = Removal::Leave,
            _ => drop(capability.fixed.insert("number")),
        }
    }
    capabilities
}

const fn limits(kind: Kind) -> &'static [Limit] {
    match kind {
        Kind::Users => USERS,
        Kind::Extensions => QUEUES,
        Kind::Numbers => NUMBERS,
        Kind::Contacts => CONTACTS,
        _ => &[],
    }
}

const SERVICES: [&str; 4] = ["Deepgram", "Google", "Mutare", "Voicebase"];
const USERS: &[Limit] = &[
    FORWARDING,
    Limit::new(
        "forwarding.destinations",
        "one number: an extension, or E.164",
        &|value, _| is_one_number(value, &['+']),
    ),
    Limit::new(
        "username",
        "names without `@`; the domain is added",
        &|value, _| !text(value).contains('@'),
    ),
    Limit::new(
        "voicemail.delivery",
        "a kind of e-mail, not `null`",
        &Limit::not_null,
    ),
    Limit::new("time_zone", "a time zone, not `null`", &Limit::not_null),
    Limit::new("voicemail.pin", "a PIN, not `null`", &Limit::not_null),
    Limit::new(
        "voicemail.transcribe",
        "`Deepgram`, `Google`, `Mutare` or `Voicebase`",
        &|value, _| *value == Value::Null || SERVICES.contains(&text(value)),
    ),
    Limit::new("phones", "up to 26 phones", &|value, _| {
        value.elements().len() <= 26
    }),
    NAMELESS_PHONES,
];

const QUEUES: &[Limit] = &[Limit::new(
    "call_queue.strategy",
    "`ring_all` or `round_robin`",
    &|value, _| *value == Value::Null || STRATEGIES.iter().any(|(word, _)| *word == text(value)),
)];

const NUMBERS: &[Limit] = &[Limit::new(
    "destination",
    "the key of a user, or the number of a call queue",
    &|value, declared| *value == Value::Null || is_user_or_extension(value, declared),
)];

const CONTACTS: &[Limit] = &[Limit::new(
    "name",
    "a name that no other contact has, with single spaces",
    &|value, declared| {
        let contacts = declared.state.of_kind(Kind::Contacts);
        let same = contacts.filter(|(_, one)| one.fields.get("name") == Some(value));
        same.count() <= 1 && !text(value).contains("  ")
    },
)];

/// The text of a value; empty if it isn't text.
fn text(value: &Value) -> &str {
    value.as_text().unwrap_or_default()
}
