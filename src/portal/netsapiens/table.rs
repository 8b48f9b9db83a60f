//! The *table* of the model's fields and the corresponding fields of a domain.

use crate::portal::rest::{
    Codec::{
        Choice, Derived, Digits, DigitsIn, DigitsList, Divided, FirstOf, Integer, Or, Readable,
        Scaled, Text, WordsIn, YesNo,
    },
    Table,
    dialect::collections,
    table::rows,
};

collections! {
    /// People, and the users that the system keeps for queues and the like.
    Users = "users", "user", Users;
    /// Phones and apps of a user.
    Devices = "devices", "device", Users, within Users;
    /// What becomes of a user's calls, by time frame.
    Rules = "answerrules", "answering rule", Users, within Users;
    /// Queues. The number of one belongs to a user of the system.
    Queues = "callqueues", "call queue", Extensions;
    /// Who answers a queue.
    Agents = "agents", "agent", Extensions, within Queues;
    /// External numbers.
    Numbers = "phonenumbers", "number", Numbers;
    /// The shared address book.
    Contacts = "contacts", "contact", Contacts;
    /// Sites.
    Sites = "sites", "site", Instances;
}

impl Collection {
    /// The field with the ID.
    pub(super) const fn id_field(self) -> &'static str {
        match self {
            Self::Users => "user",
            Self::Devices => "device",
            Self::Rules => "time-frame",
            Self::Queues => "callqueue",
            Self::Agents => "callqueue-agent-id",
            Self::Numbers => "phonenumber",
            Self::Contacts => "unique-id",
            Self::Sites => "site",
        }
    }

    /// The fields that are kept besides those that the table names: what follows from them is read by code.
    pub(super) const fn further_fields(self) -> &'static [&'static str] {
        match self {
            Self::Users => &[SERVICE, ALERT],
            Self::Devices => &[MODEL],
            Self::Rules => &["enabled"],
            Self::Numbers => &[DESTINATION],
            Self::Queues | Self::Agents | Self::Contacts | Self::Sites => &[],
        }
    }
}

/// What a user of the system is for; empty for people.
pub(super) const SERVICE: &str = "service-code";
/// Whether there is an e-mail about new messages.
pub(super) const ALERT: &str = "email-send-alert-new-voicemail-enabled";
/// What such an e-mail contains.
pub(super) const DELIVERY: &str = "email-send-alert-new-voicemail-behavior";
/// The user or queue of a number.
pub(super) const DESTINATION: &str = "dial-rule-translation-destination-user";
/// What a number does with calls.
pub(super) const APPLICATION: &str = "dial-rule-application";
/// The hardware address of a device.
pub(super) const MAC: &str = "device-provisioning-mac-address";
/// The model of a phone.
pub(super) const MODEL: &str = "device-models-model";
/// How long phones ring. The model counts rings of six seconds.
pub(super) const RINGS: &str = "ring-no-answer-timeout-seconds";
/// The name in the directory that is read out. Cores before version 45 misspell it.
pub(super) const SPOKEN: &str = "directory-announce-in-dial-by-name-enabled";
pub(super) const SPOKEN_MISSPELT: &str = "directory-annouce-in-dial-by-name-enabled";
/// A number that is inherited from the domain.
const INHERITED: &str = "[*]";

/// The parts of the name of a contact.
const NAMES: &[&str] = &["name-first-name", "name-middle-name", "name-last-name"];
/// The phone numbers of a contact, in the order of the model. A fax number is kept.
const PHONES: &[&str] = &["phonenumber-work", "phonenumber-cell", "phonenumber-home"];

/// The scopes that a workspace can give. Others exist, and are for the operator.
pub(super) const SCOPES: &[(&str, &str)] = &[
    ("basic_user", "Basic User"),
    ("simple_user", "Simple User"),
    ("advanced_user", "Advanced User"),
    ("call_center_agent", "Call Center Agent"),
    ("call_center_supervisor", "Call Center Supervisor"),
    ("office_manager", "Office Manager"),
];
const DELIVERIES: &[(&str, &str)] = &[
    ("none", "no"),
    ("notice", "yes"),
    ("attach", "attnew"),
    ("attach_save", "attsave"),
    ("attach_trash", "atttrash"),
    ("brief", "brief"),
    ("brief_attach", "briefattnew"),
    ("brief_attach_save", "briefattsave"),
    ("brief_attach_trash", "briefatttrash"),
];
pub(super) const STRATEGIES: &[(&str, &str)] =
    &[("ring_all", "Ring All"), ("round_robin", "Round-robin")];
const PIN: &str = "shown to administrators, and compared where it can be read";

/// Every field that a domain can contain.
pub(super) static TABLE: Table<Collection> = Table::new(rows! {
    Users {
        "username" list Users "login-username" Text;
        "first_name" list Users "name-first-name" Text;
        "last_name" list Users "name-last-name" Text;
        "email" list Users "email-address" FirstOf(';');
        "department" list Users "department" Text;
        "time_zone" list Users "time-zone" Text;
        "instance" list Users "site" Derived("the site whose name is the key, in lower case and with `-`");
        "scope" list Users "user-scope" Choice(SCOPES);
        "extension" list Users "user" Text;
        "outbound_caller_id" list Users "caller-id-number" Digits(INHERITED);
        "outbound_caller_name" list Users "caller-id-name" Text;
        "emergency.caller_id" list Users "caller-id-number-emergency" Digits(INHERITED);
        "dial_permission" list Users "dial-policy" Text;
        "directory.spoken" list Users "directory-announce-in-dial-by-name-enabled" YesNo;
        "directory.listed" list Users "directory-name-visible-in-list-enabled" YesNo;
        "rings_before_voicemail" list Users "ring-no-answer-timeout-seconds" Scaled(6);
        "voicemail.enabled" list Users "voicemail-enabled" YesNo;
        "voicemail.delivery" list Users "email-send-alert-new-voicemail-behavior" Choice(DELIVERIES);
        "voicemail.transcribe" list Users "voicemail-transcription-enabled" Or("no");
        "voicemail.pin" list Users "voicemail-login-pin" Readable(str::to_owned, PIN);
        "dnd" detail Rules "do-not-disturb.enabled" YesNo;
        "forwarding.enabled" detail Rules "forward-always.enabled" YesNo;
        "forwarding.destinations" detail Rules "forward-always.parameters" DigitsList;
        "phones" detail Devices "device-provisioning-mac-address" Derived("a device with a MAC address; others are kept");
        "add_phone" list Devices "device" Derived("a device with the extension as its name, beside a new user");
    }
    Extensions {
        "call_queue.name" list Queues "description" Text;
        "call_queue.strategy" list Queues "callqueue-dispatch-type" Choice(STRATEGIES);
        "call_queue.ring_seconds" list Queues "callqueue-agent-dispatch-timeout-seconds" Integer;
        "call_queue.max_wait_seconds" list Queues "callqueue-max-wait-timeout-minutes" Divided(60);
        "call_queue.max_callers" list Queues "callqueue-max-current-callers-to-accept-new-callers" Integer;
        "call_queue.record" list Queues "recording-configuration" YesNo;
        "call_queue.agents" detail Agents "callqueue-agent-id" Derived("the extension of the user, with `@` and the domain; other agents are kept");
    }
    Numbers {
        "title" list Numbers "dial-rule-description" Text;
        "destination" list Numbers "dial-rule-application" Derived("`to-user` or `to-callqueue` with its number, or `available-number`");
    }
    Contacts {
        "name" list Contacts "name-first-name" WordsIn(NAMES);
        "company" list Contacts "company" Text;
        "email" list Contacts "email" Text;
        "numbers" list Contacts "phonenumber-work" DigitsIn(PHONES);
    }
});
