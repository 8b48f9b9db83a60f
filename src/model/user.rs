//! A *user* is a person who uses the phone system.

use super::{
    SecretRef,
    feature::Features,
    location::Emergency,
    text::{
        CallerName, ClickToDial, Color, Destination, Digest, E164, Email, Extension, GroupKey,
        Identifier, InstanceKey, Line, Mac, Mailbox, NumberKey, Permission, PhoneModel, Prose,
        RelativePath, ScheduleKey, ScopeKey, TemplateKey, TimeZone, Username,
    },
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::{collections::BTreeMap, fmt::Write as _};

/// A person who uses the phone system. The key identifies the person in the workspace and is the
/// default username.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// Login name; defaults to the key.
    // S3.03, S4.08
    #[schemars(extend("x-unique" = "username"))]
    pub username: Option<Username>,
    /// First name.
    // S0.10
    pub first_name: Line,
    /// Last name.
    // S0.11
    pub last_name: Option<Line>,
    /// Nickname.
    // S4.12
    pub alias: Option<Line>,
    /// Job title.
    // S4.13
    pub title: Option<Line>,
    /// Department.
    pub department: Option<Line>,
    /// E-mail address, unique among users. Some portals also use it as the login. Voicemail is sent to
    /// it unless `voicemail.email` is set.
    // S0.12, S1.11, S1.12
    #[schemars(extend("x-unique" = "email"))]
    pub email: Option<Email>,
    /// Addresses that the person may send from; the first is the default sender.
    // S4.15, S4.16
    #[schemars(length(max = 100), extend("uniqueItems" = true))]
    pub available_from_emails: Option<Vec<Email>>,
    /// Whether the person can log in and receive calls.
    // S0.07, S0.08, S4.30
    #[schemars(extend("default" = true))]
    pub active: Option<bool>,
    /// Permission level: a built-in scope of the portal or a declared scope. The default depends on the portal.
    // S0.20, S1.13, S2.09
    pub scope: Option<ScopeKey>,
    /// Groups that the person belongs to.
    // S4.26
    #[schemars(extend("uniqueItems" = true, "x-order" = "set"))]
    pub groups: Option<Vec<GroupKey>>,
    /// Permissions granted to this person, in addition to those of the scope and the groups.
    // S4.33, S4.35
    #[schemars(extend("uniqueItems" = true, "x-order" = "set"))]
    pub permissions: Option<Vec<Permission>>,
    /// Internal number, unique among users and `extensions`.
    // S1.17, S2.04
    #[schemars(extend("x-unique" = "extension"))]
    pub extension: Option<Extension>,
    /// Caller ID of outbound calls; one of the account's numbers.
    // S1.19
    pub outbound_caller_id: Option<NumberKey>,
    /// Name that outbound calls show.
    pub outbound_caller_name: Option<CallerName>,
    /// Calls that the person may make, as the portal names them: such as `US and Canada`.
    pub dial_permission: Option<Line>,
    /// Where the person is, and the number that emergency services call back.
    pub emergency: Option<Emergency>,
    /// Phone number in the address book.
    // S4.18
    pub phone: Option<E164>,
    /// Postal address.
    // S4.20
    pub address: Option<Prose>,
    /// Dial-by-name directory settings.
    // S1.10
    pub directory: Option<Directory>,
    /// Number of rings before an unanswered call goes to voicemail, or is disconnected if voicemail is
    /// off.
    // S1.20 to S1.23
    #[schemars(range(min = 1, max = 60), extend("default" = 4))]
    pub rings_before_voicemail: Option<u8>,
    /// Voicemail settings.
    // S1.33 to S1.36, S3.33
    pub voicemail: Option<Voicemail>,
    /// Call forwarding settings.
    // S1.37 to S1.39
    pub forwarding: Option<Forwarding>,
    /// Do not disturb.
    // S1.40
    #[schemars(extend("default" = false))]
    pub dnd: Option<bool>,
    /// Answering rules; the first rule that matches applies.
    // S2.20
    #[schemars(length(max = 100))]
    pub answering_rules: Option<Vec<AnsweringRule>>,
    /// Desk phones.
    // S2.22, S3.22
    #[schemars(length(max = 100), extend("x-order" = "keyed", "x-key" = "mac"))]
    pub phones: Option<Vec<Phone>>,
    /// Whether the portal adds a soft phone for the extension when it creates the user; ignored
    /// afterwards.
    // S2.17
    #[schemars(extend("default" = false, "x-create-only" = true))]
    pub add_phone: Option<bool>,
    /// Time zone of the person, such as `Europe/London`.
    pub time_zone: Option<TimeZone>,
    /// Instance that the person has access to.
    // S0.13, S0.14
    pub instance: Option<InstanceKey>,
    /// Objects of the instance that the person may use, by feature type.
    // S0.17, S0.18
    pub features: Option<Features>,
    /// Seat in the instance: its features and call flow.
    // S0.15, S0.16
    pub seat: Option<Seat>,
    /// What third-party dialing software opens: usually a URL.
    // S4.22
    pub click_to_dial: Option<ClickToDial>,
    /// Color that marks the person's items in the portal.
    // S4.21
    pub color: Option<Color>,
    /// Portal password. It is sent when the user is created and when its version increases, and never
    /// compared.
    // S3.05, S4.09
    pub password: Option<SecretRef>,
    /// Portal-specific settings without a field of their own. The defaults suit most installations.
    // S3.10
    pub advanced: Option<BTreeMap<Identifier, Line>>,
    /// Template that the user is based on.
    // S0.34, S0.38
    pub template: Option<TemplateKey>,
    /// Values for the template's attributes.
    // S0.41
    pub with: Option<BTreeMap<Identifier, Line>>,
}

/// Dial-by-name directory settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Directory {
    /// Name that callers spell to find the person.
    // S1.10
    #[serde(rename = "match")]
    #[schemars(extend("default" = "last"))]
    pub matches: Option<DirectoryMatch>,
    /// Whether callers find the person in the directory that is read out to them.
    #[schemars(extend("default" = true))]
    pub spoken: Option<bool>,
    /// Whether the person is in the directory that phones and apps show.
    #[schemars(extend("default" = true))]
    pub listed: Option<bool>,
}

/// Name that callers spell in the directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum DirectoryMatch {
    /// The first name.
    First,
    /// The last name.
    Last,
    /// Either name.
    Both,
}

/// Voicemail settings of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Voicemail {
    /// Whether unanswered calls go to voicemail; if not, they are disconnected.
    // S1.23, S1.33
    #[schemars(extend("default" = true))]
    pub enabled: Option<bool>,
    /// Mailbox number; chosen by the portal if not set.
    // S3.33
    pub mailbox: Option<Mailbox>,
    /// E-mail address that voicemail is sent to; defaults to the user's `email`.
    // S1.35
    pub email: Option<Email>,
    /// What is sent by e-mail when there is a new message.
    pub delivery: Option<VoicemailDelivery>,
    /// Name of the service that transcribes messages; they aren't transcribed if not set.
    pub transcribe: Option<Line>,
    /// Numeric PIN of the mailbox; never shown and never compared.
    // S1.36
    pub pin: Option<SecretRef>,
    /// Greeting that callers hear.
    // S1.34
    pub greeting: Option<Greeting>,
}

/// What is sent by e-mail when there is a new voicemail message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum VoicemailDelivery {
    /// Nothing.
    None,
    /// A notice.
    Notice,
    /// The message.
    Attach,
    /// The message, which is kept as a saved one.
    AttachSave,
    /// The message, which is moved to the trash.
    AttachTrash,
    /// A short notice.
    Brief,
    /// A short notice with the message.
    BriefAttach,
    /// A short notice with the message, which is kept as a saved one.
    BriefAttachSave,
    /// A short notice with the message, which is moved to the trash.
    BriefAttachTrash,
}

/// A recorded greeting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Greeting {
    /// Sound file of up to 10 MiB, relative to the workspace. A change of its content is a planned change, and an apply uploads it.
    pub file: RelativePath,
    /// SHA-256 digest of the file. It is calculated when the file is read, and can't be declared.
    #[schemars(extend("x-calculated" = true))]
    pub sha256: Option<Digest>,
}

impl Greeting {
    /// The path of the file in the fields of a user.
    pub const FILE: [&str; 3] = ["voicemail", "greeting", "file"];

    /// The path of the digest in the fields of a user.
    pub const DIGEST: [&str; 3] = ["voicemail", "greeting", "sha256"];

    /// The digest of a sound: SHA-256, in hexadecimal digits.
    #[must_use]
    pub fn digest(sound: &[u8]) -> String {
        let digest = Sha256::digest(sound);
        digest.iter().fold(String::new(), |mut text, byte| {
            // Writing to a string can't fail.
            _ = write!(text, "{byte:02x}");
            text
        })
    }
}

/// Call forwarding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Forwarding {
    /// Whether calls are forwarded.
    // S1.37
    #[schemars(extend("default" = false))]
    pub enabled: Option<bool>,
    /// Internal or external destinations, in order.
    // S1.38
    #[schemars(length(max = 50), extend("uniqueItems" = true))]
    pub destinations: Option<Vec<Destination>>,
    /// Whether all destinations ring at the same time.
    // S1.39
    #[schemars(extend("default" = false))]
    pub ring_all: Option<bool>,
}

/// A rule for handling a person's calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AnsweringRule {
    /// Name of the rule.
    pub name: Line,
    /// Schedule in which the rule applies; always, if not set.
    pub when: Option<ScheduleKey>,
    /// Whether the rule is active.
    #[schemars(extend("default" = true))]
    pub enabled: Option<bool>,
    /// Action for the call.
    pub action: AnsweringAction,
    /// Destinations of the call; required for `forward` and `simultaneous_ring`, not allowed for other
    /// actions.
    #[schemars(length(max = 50), extend("uniqueItems" = true))]
    pub destinations: Option<Vec<Destination>>,
}

/// Action of an answering rule.
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
    /// Send the call to voicemail.
    Voicemail,
    /// Reject the call as busy.
    Busy,
}

/// A desk phone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Phone {
    /// MAC address, unique among phones.
    // S3.24
    #[schemars(extend("x-unique" = "mac"))]
    pub mac: Mac,
    /// Phone model, as spelled in the portal's catalog.
    // S3.22
    pub model: PhoneModel,
    /// Display name.
    pub name: Option<Line>,
}

/// A person's seat in an instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Seat {
    /// Name of the seat.
    pub name: Option<Line>,
    /// Name of the portal's seat template; may contain spaces.
    // S0.43
    pub template: Option<Line>,
    /// Features of the seat, by type. An object is either here or in the `features` of a user.
    pub features: Option<Features>,
    /// Call flow of the seat.
    pub call_flow: Option<Line>,
}
