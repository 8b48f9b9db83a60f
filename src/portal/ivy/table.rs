//! The *table* of the model's fields and IVY's, and what follows from it: the capabilities.

use crate::{
    model::{
        Capabilities, Condition, Declaration, Kind, Limit, NO_ACTIONS, Removal, Requirement,
        SecretPlace, Value,
    },
    portal::rest::{
        Codec::{Choice, Derived, Flag, Integer, Joined, LowerCase, Secret, Text},
        Table,
        dialect::collections,
        table::rows,
    },
};
use std::collections::BTreeSet;

collections! {
    /// People.
    Users = "users", "user", Users;
    /// Instances.
    Sites = "sites", "instance", Instances;
    /// Internal numbers, each of which leads to something.
    Extensions = "extensions", "extension", Extensions, within Sites;
    /// Ring groups.
    RingGroups = "ring-groups", "ring group", Extensions, within Sites;
    /// Conference rooms.
    Rooms = "conference-rooms", "conference room", Extensions, within Sites;
    /// Fax machines.
    Faxes = "fax-machines", "fax machine", Extensions, within Sites;
    /// Forwards.
    Forwards = "forwards", "forward", Extensions, within Sites;
    /// Devices.
    Devices = "devices", "device", Users, within Sites;
    /// Voice mailboxes.
    Mailboxes = "voice-mail-boxes", "voice mailbox", Users, within Sites;
    /// Phone numbers.
    Numbers = "phone-numbers", "phone number", Numbers, within Sites;
    /// Schedules.
    Schedules = "schedules", "schedule", Schedules, within Sites;
}

/// The types of features that a person can have, by their names in a user.
pub(super) const FEATURES: [(&str, Collection); 9] = [
    ("devices", Collection::Devices),
    ("voice_mail_boxes", Collection::Mailboxes),
    ("ring_groups", Collection::RingGroups),
    ("extensions", Collection::Extensions),
    ("phone_numbers", Collection::Numbers),
    ("conference_rooms", Collection::Rooms),
    ("fax_machines", Collection::Faxes),
    ("forwards", Collection::Forwards),
    ("schedules", Collection::Schedules),
];

/// A type of extensions, with the documents that are behind them.
pub(super) type Type = (&'static str, Collection);

/// The types of extensions.
pub(super) const TYPES: [Type; 3] = [
    ("ring_group", Collection::RingGroups),
    ("conference", Collection::Rooms),
    ("fax", Collection::Faxes),
];

const WRITE_ONLY: &str = "write-only; the record of what was applied remembers its version";
const OF_A_USER: &str = "the ID of the user; each feature has one";
const BEHIND: &str = "of what the extension with the number leads to; the ID of the user";
const CODE: &str = "the code of the extension";

/// Every field that IVY can contain.
pub(super) static TABLE: Table<Collection> = Table::new(rows! {
    Users {
        "first_name" list Users "first_name" Text;
        "last_name" list Users "last_name" Text;
        "email" list Users "email" LowerCase;
        "active" list Users "active" Flag;
        "scope" list Users "role" Choice(&[("user", "user"), ("administrator", "administrator")]);
        "instance" list Sites "dns_extension" Derived("the instance of the user's features; sent once, as `site_id` of a new user");
        "features.devices" list Devices "user_id" Derived("by `login`; the ID of the user");
        "features.voice_mail_boxes" list Mailboxes "user_id" Derived("by `name`; the ID of the user");
        "features.extensions" list Extensions "user_id" Derived(OF_A_USER);
        "features.phone_numbers" list Numbers "user_id" Derived(OF_A_USER);
        "features.ring_groups" list RingGroups "user_id" Derived(BEHIND);
        "features.conference_rooms" list Rooms "user_id" Derived(BEHIND);
        "features.fax_machines" list Faxes "user_id" Derived(BEHIND);
    }
    Numbers {
        "title" list Numbers "name" Text;
        "destination" list Numbers "destination" Derived(CODE);
        "caller_name" list Numbers "cnam" Text;
    }
    Extensions {
        "ring_group.name" list Extensions "name" Text;
        "ring_group.members" list RingGroups "destinations" Derived("the codes of extensions, or one in `destination`");
        "ring_group.ring_seconds" list RingGroups "timeout" Integer;
        "ring_group.no_answer" list RingGroups "fail_over" Derived(CODE);
        "conference.name" list Extensions "name" Text;
        "conference.pin" list Rooms "pin" Secret(WRITE_ONLY);
        "conference.moderator_pin" list Rooms "moderator_pin" Secret(WRITE_ONLY);
        "conference.max_members" list Rooms "channel_limit" Integer;
        "fax.name" list Extensions "name" Text;
        "fax.emails" list Faxes "notification_emails" Joined;
    }
});

/// What an IVY supports: what its profile says, without what the API can't do.
pub(super) fn capabilities() -> Capabilities {
    let mut capabilities = TABLE.capabilities("ivy");
    capabilities.actions = &NO_ACTIONS;
    // A schedule of IVY is a branch of calls. Templates are expanded in the files, so that each result is listed.
    let kinds = &mut capabilities.kinds;
    kinds.retain(|kind, _| !matches!(kind, Kind::Schedules | Kind::Templates));
    let number = |field| Limit::new(field, "numbers of extensions", &are_numbers);
    for (kind, capability) in kinds {
        // The instance of a user shows only by features.
        let requires = &mut capability.requires;
        requires.retain(|one| one.fields != ["instance"]);
        match kind {
            Kind::Users => capability.fixed = BTreeSet::from(["instance"]),
            Kind::Instances => capability.removal = Removal::Leave,
            Kind::Extensions => {
                capability.limits.extend_from_slice(EXTENSIONS);
                capability.secrets = SecretPlace::Record;
                let fields = vec!["pin", "moderator_pin"];
                let condition = Condition::Equals("kind", "conference");
                requires.push(Requirement { condition, fields });
                let condition = Condition::Equals("kind", "fax");
                let fields = vec!["emails"];
                requires.push(Requirement { condition, fields });
                let numbers = ["ring_group.members", "ring_group.no_answer"];
                capability.limits.extend(numbers.map(number));
            }
            // They cost money, and are given back by hand.
            Kind::Numbers => {
                capability.removal = Removal::Leave;
                capability.limits.push(number("destination"));
                let kept = ["title", "destination", "caller_name"];
                let kept =
                    kept.map(|field| Limit::new(field, "a value, not `null`", &Limit::not_null));
                capability.limits.extend(kept);
            }
            _ => {}
        }
    }
    capabilities
}

const EXTENSIONS: &[Limit] = &[
    Limit::new("number", "numbers of 2 to 12 digits", &|value, _| {
        value.as_text().is_none_or(|digits| digits.len() <= 12)
    }),
    Limit::new("ring_group.members", "at least one member", &is_some),
    Limit::new(
        "ring_group.no_answer",
        "a destination, not `null`",
        &Limit::not_null,
    ),
    Limit::new("ring_group.strategy", "`simultaneous`", &|value, _| {
        value.as_text().is_none_or(|word| word == "simultaneous")
    }),
    Limit::new("conference.max_members", "1 to 1000", &|value, _| {
        matches!(value, Value::Integer(1..))
    }),
    Limit::new("fax.emails", "at least one address", &is_some),
];

/// Whether a list has an element.
fn is_some(value: &Value, _: Declaration<'_>) -> bool {
    !value.elements().is_empty()
}

/// Whether destinations are numbers of extensions.
fn are_numbers(value: &Value, _: Declaration<'_>) -> bool {
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_number = |one: &Value| one.as_text().is_none_or(is_digits);
    is_number(value) && value.elements().iter().all(is_number)
}
