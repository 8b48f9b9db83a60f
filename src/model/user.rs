//! A *user* is a person who uses the phone system.

use super::{
    SecretRef,
    text::{
        Color, Destination, Digest, E164, Email, Extension, GroupKey, Identifier, InstanceKey,
        Line, Mac, Mailbox, Permission, PhoneModel, Prose, RelativePath, ScopeKey, TemplateKey,
        UrlTemplate, Username,
    },
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A person who uses the phone system. The key is the person's identity in the workspace, and the
/// username unless one is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// The login name. The key, unless one is given here (S3.03, S4.08).
    #[schemars(extend("x-unique" = "username"))]
    pub username: Option<Username>,
    /// First name (S0.10).
    pub first_name: Line,
    /// Last name (S0.11).
    pub last_name: Line,
    /// Nickname (S4.12).
    pub alias: Option<Line>,
    /// What the person does, in free text (S4.13).
    pub title: Option<Line>,
    /// The person's e-mail address; on some portals also the login, and where voicemail goes unless
    /// `voicemail.email` says otherwise (S0.12, S1.11, S1.12). No two users share one.
    #[schemars(extend("x-unique" = "email"))]
    pub email: Email,
    /// The addresses that the person may send from, in order: the first is the default sender
    /// (S4.15, S4.16).
    #[schemars(length(max = 100), extend("uniqueItems" = true))]
    pub available_from_emails: Option<Vec<Email>>,
    /// Whether the person can log in and be called (S0.07, S0.08, S4.30).
    #[schemars(extend("default" = true))]
    pub active: Option<bool>,
    /// The level of permission: one of the portal's own scopes or a declared one (S0.20, S1.13, S2.09).
    #[schemars(extend("default" = "simple_user"))]
    pub scope: Option<ScopeKey>,
    /// The groups that the person belongs to (S4.26).
    #[schemars(extend("uniqueItems" = true, "x-order" = "set"))]
    pub groups: Option<Vec<GroupKey>>,
    /// Permissions of this person alone, on top of those of scope and groups (S4.33, S4.35).
    #[schemars(extend("uniqueItems" = true, "x-order" = "set"))]
    pub permissions: Option<Vec<Permission>>,
    /// The number that reaches the person from inside. One number space with `extensions`: no two
    /// share one (S1.17, S2.04).
    #[schemars(extend("x-unique" = "extension"))]
    pub extension: Option<Extension>,
    /// The number that calls to the outside show; one of the account's own (S1.19).
    pub outbound_caller_id: Option<E164>,
    /// The person's phone number in the address book (S4.18).
    pub phone: Option<E164>,
    /// The person's postal address (S4.20).
    pub address: Option<Prose>,
    /// How the dial-by-name directory finds the person (S1.10).
    pub directory: Option<Directory>,
    /// How often the phone rings before the call goes to voicemail, or is hung up where voicemail is
    /// off (S1.20 to S1.23).
    #[schemars(range(min = 2, max = 10), extend("default" = 4))]
    pub rings_before_voicemail: Option<u8>,
    /// The person's voicemail (S1.33 to S1.36, S3.33).
    pub voicemail: Option<Voicemail>,
    /// Call forwarding (S1.37 to S1.39).
    pub forwarding: Option<Forwarding>,
    /// Do not disturb (S1.40).
    #[schemars(extend("default" = false))]
    pub dnd: Option<bool>,
    /// What happens to calls, first rule first (S2.20).
    #[schemars(length(max = 100))]
    pub answering_rules: Option<Vec<AnsweringRule>>,
    /// The person's desk phones (S2.22, S3.22).
    #[schemars(length(max = 100), extend("x-order" = "keyed", "x-key" = "mac"))]
    pub phones: Option<Vec<Phone>>,
    /// Whether the portal adds a soft phone for the person's extension when the user is created; of
    /// no effect later (S2.17).
    #[schemars(extend("default" = false, "x-create-only" = true))]
    pub add_phone: Option<bool>,
    /// The one instance that the person has access to (S0.13, S0.14).
    pub instance: Option<InstanceKey>,
    /// The objects of the instance that the person may use, by kind of feature (S0.17, S0.18).
    pub features: Option<BTreeMap<FeatureKind, FeatureSet>>,
    /// The person's seat in the instance: its features and its call flow (S0.15, S0.16).
    pub seat: Option<Seat>,
    /// The address that third-party dialling software opens (S4.22).
    pub click_to_dial: Option<UrlTemplate>,
    /// The colour that marks the person's items (S4.21).
    pub color: Option<Color>,
    /// The password for the portal; sent when the user is created and when its version rises, never
    /// compared (S3.05, S4.09).
    pub password: Option<SecretRef>,
    /// Settings of the portal that no other field names. The portal's defaults fit most
    /// installations (S3.10).
    pub advanced: Option<BTreeMap<Identifier, Line>>,
    /// The template that the person is built from (S0.34, S0.38).
    pub template: Option<TemplateKey>,
    /// What the template asks for: its attributes' values (S0.41).
    pub with: Option<BTreeMap<Identifier, Line>>,
}

/// Objects of one kind of feature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline, extend("uniqueItems" = true, "x-order" = "set"))]
pub struct FeatureSet(pub Vec<Line>);

/// How the dial-by-name directory finds a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Directory {
    /// The name that callers spell (S1.10).
    #[serde(rename = "match")]
    #[schemars(extend("default" = "last"))]
    pub matches: Option<DirectoryMatch>,
}

/// The name that callers of the directory spell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum DirectoryMatch {
    /// The first name.
    First,
    /// The last name.
    Last,
    /// Either.
    Both,
}

/// A person's voicemail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Voicemail {
    /// Whether unanswered calls go to voicemail; otherwise they are hung up (S1.23, S1.33).
    #[schemars(extend("default" = true))]
    pub enabled: Option<bool>,
    /// The number of the mailbox; the portal's own choice unless given (S3.33).
    pub mailbox: Option<Mailbox>,
    /// Where voicemail is sent; the person's `email` unless given (S1.35).
    pub email: Option<Email>,
    /// The PIN for the voicemail centre: digits; never shown, never compared (S1.36).
    pub pin: Option<SecretRef>,
    /// The greeting that callers hear (S1.34).
    pub greeting: Option<Greeting>,
}

/// A recorded greeting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Greeting {
    /// The sound file, relative to the workspace.
    pub file: RelativePath,
    /// The digest of that file; a new one is a new greeting.
    pub sha256: Digest,
}

/// Call forwarding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Forwarding {
    /// Whether calls are forwarded (S1.37).
    #[schemars(extend("default" = false))]
    pub enabled: Option<bool>,
    /// Where to, inside or outside, in order (S1.38).
    #[schemars(length(max = 50), extend("uniqueItems" = true))]
    pub destinations: Option<Vec<Destination>>,
    /// Whether all destinations ring at the same time (S1.39).
    #[schemars(extend("default" = false))]
    pub ring_all: Option<bool>,
}

/// One rule of what happens to a person's calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AnsweringRule {
    /// The rule's name.
    pub name: Line,
    /// The time frame in which it holds; always, unless given.
    pub when: Option<Line>,
    /// Whether the rule is in force.
    #[schemars(extend("default" = true))]
    pub enabled: Option<bool>,
    /// What happens to the call.
    pub action: AnsweringAction,
    /// Where the call goes: needed by `forward` and `simultaneous_ring`, refused by the others.
    #[schemars(length(max = 50), extend("uniqueItems" = true))]
    pub destinations: Option<Vec<Destination>>,
}

/// What an answering rule does with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum AnsweringAction {
    /// Ring the person's own phones.
    Ring,
    /// Ring the person's phones and all destinations at once.
    SimultaneousRing,
    /// Forward to the destinations, one after the other.
    Forward,
    /// Straight to voicemail.
    Voicemail,
    /// Refuse the call as busy.
    Busy,
}

/// A desk phone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Phone {
    /// Its hardware address; no two phones share one (S3.24).
    #[schemars(extend("x-unique" = "mac"))]
    pub mac: Mac,
    /// Its model, as the portal's catalogue spells it (S3.22).
    pub model: PhoneModel,
    /// What people call it.
    pub name: Option<Line>,
}

/// A kind of calling feature inside an instance.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum FeatureKind {
    /// Phones and other devices.
    Devices,
    /// Voice mailboxes.
    VoiceMailBoxes,
    /// Ring groups.
    RingGroups,
    /// Extensions.
    Extensions,
    /// Phone numbers.
    PhoneNumbers,
    /// Conference rooms.
    ConferenceRooms,
    /// Fax machines.
    FaxMachines,
    /// Forwards.
    Forwards,
    /// Schedules.
    Schedules,
}

/// A person's seat in an instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Seat {
    /// The seat's name.
    pub name: Option<Line>,
    /// The portal's own template that the seat is made from; its name may hold spaces (S0.43).
    pub template: Option<Line>,
    /// The seat's features.
    #[schemars(extend("uniqueItems" = true, "x-order" = "set"))]
    pub features: Option<Vec<Line>>,
    /// The seat's call flow.
    pub call_flow: Option<Line>,
}
