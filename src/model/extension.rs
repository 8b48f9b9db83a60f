//! An *extension* is an object with an internal number that is not a person: a queue, a conference, an
//! auto attendant, a ring group, a fax box, a forward or a phone in a common area. Its key is its number.

use super::{
    Phone, SecretRef,
    location::Emergency,
    text::{Destination, DialKey, Email, Line, NumberKey, Prose, UserKey},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An object with an internal number that is not a person. The key is the number: 2 to 15 digits, unique
/// among extensions and users.
// S2.03, S2.04
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Extension {
    /// A queue in which callers wait for the next available agent.
    CallQueue(CallQueue),
    /// A conference room.
    Conference(Conference),
    /// A menu that callers navigate with the phone's keys.
    AutoAttendant(AutoAttendant),
    /// A group of phones that ring together or in order.
    RingGroup(RingGroup),
    /// A fax box that sends and receives faxes by e-mail.
    Fax(Fax),
    /// A number whose calls are forwarded.
    Forward(Forward),
    /// A phone that belongs to no person, such as one in a lobby, a lift or a warehouse.
    Phone(CommonAreaPhone),
}

/// A queue in which callers wait for the next available agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CallQueue {
    /// Display name.
    pub name: Line,
    /// Users who answer the queue; their scope must allow it.
    // S2.16
    #[schemars(length(max = 1000), extend("uniqueItems" = true, "x-order" = "set"))]
    pub agents: Option<Vec<UserKey>>,
    /// How the next agent is chosen.
    #[schemars(extend("default" = "ring_all"))]
    pub strategy: Option<QueueStrategy>,
    /// How long an agent's phone rings, in seconds.
    #[schemars(range(min = 5, max = 300), extend("default" = 20))]
    pub ring_seconds: Option<u16>,
    /// Maximum waiting time of a caller, in seconds; 0 means unlimited.
    #[schemars(range(min = 0, max = 86_400), extend("default" = 0))]
    pub max_wait_seconds: Option<u32>,
    /// Maximum number of waiting callers; 0 means unlimited.
    #[schemars(range(min = 0, max = 10_000), extend("default" = 0))]
    pub max_callers: Option<u16>,
    /// Destination of calls that no agent answered.
    pub overflow: Option<Destination>,
    /// Name of the portal's music or announcement for waiting callers.
    pub music_on_hold: Option<Line>,
    /// Whether calls are recorded.
    #[schemars(extend("default" = false))]
    pub record: Option<bool>,
}

/// How a queue chooses the next agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum QueueStrategy {
    /// All available agents at once.
    RingAll,
    /// Each agent in turn.
    RoundRobin,
    /// The agent who has been idle longest.
    LongestIdle,
    /// The agent with the fewest calls.
    FewestCalls,
    /// A random agent.
    Random,
}

/// A conference room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Conference {
    /// Display name.
    pub name: Line,
    /// Owner of the room.
    pub owner: Option<UserKey>,
    /// PIN for members; never shown and never compared.
    pub pin: Option<SecretRef>,
    /// PIN for the moderator; never shown and never compared.
    pub moderator_pin: Option<SecretRef>,
    /// Maximum number of members; 0 means unlimited.
    #[schemars(range(min = 0, max = 1000), extend("default" = 0))]
    pub max_members: Option<u16>,
    /// Whether members wait until the moderator joins.
    #[schemars(extend("default" = false))]
    pub wait_for_moderator: Option<bool>,
    /// Whether the conference is recorded.
    #[schemars(extend("default" = false))]
    pub record: Option<bool>,
}

/// A menu that callers navigate with the phone's keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AutoAttendant {
    /// Display name.
    pub name: Line,
    /// Text of the greeting, or the name of a recording on the portal.
    pub greeting: Option<Prose>,
    /// Destination for each key of the phone.
    pub options: Option<BTreeMap<DialKey, Destination>>,
    /// Whether callers may dial an extension directly.
    #[schemars(extend("default" = true))]
    pub direct_dial: Option<bool>,
    /// How long to wait for a key press, in seconds.
    #[schemars(range(min = 1, max = 60), extend("default" = 10))]
    pub timeout_seconds: Option<u8>,
    /// Destination if the caller presses no key.
    pub no_input: Option<Destination>,
    /// Destination if the caller presses a key without an option.
    pub invalid_input: Option<Destination>,
}

/// A group of phones that ring together or in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RingGroup {
    /// Display name.
    pub name: Line,
    /// Members of the group, in ringing order.
    #[schemars(length(max = 200), extend("uniqueItems" = true))]
    pub members: Option<Vec<Destination>>,
    /// Whether the members ring together or one after the other.
    #[schemars(extend("default" = "simultaneous"))]
    pub strategy: Option<RingStrategy>,
    /// How long the phones ring, in seconds.
    #[schemars(range(min = 5, max = 300), extend("default" = 20))]
    pub ring_seconds: Option<u16>,
    /// Destination of unanswered calls.
    pub no_answer: Option<Destination>,
}

/// How the members of a ring group ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum RingStrategy {
    /// All at once.
    Simultaneous,
    /// One after the other.
    Sequential,
}

/// A fax box that sends and receives faxes by e-mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fax {
    /// Display name.
    pub name: Line,
    /// Owner of the fax box.
    pub owner: Option<UserKey>,
    /// E-mail addresses that receive incoming faxes.
    #[schemars(length(max = 50), extend("uniqueItems" = true, "x-order" = "set"))]
    pub emails: Option<Vec<Email>>,
    /// Caller ID of outgoing faxes; one of the account's numbers.
    pub caller_id: Option<NumberKey>,
    /// Number of retries if sending fails.
    #[schemars(range(min = 0, max = 10), extend("default" = 3))]
    pub retries: Option<u8>,
}

/// A number whose calls are forwarded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Forward {
    /// Display name.
    pub name: Line,
    /// Destination of the calls.
    pub destination: Destination,
    /// Whether the forwarded call shows the caller's number instead of the extension's.
    #[schemars(extend("default" = true))]
    pub keep_caller_id: Option<bool>,
}

/// A phone that belongs to no person, such as one in a lobby, a lift or a warehouse.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CommonAreaPhone {
    /// Display name.
    pub name: Line,
    /// Desk phones.
    #[schemars(length(max = 100), extend("x-order" = "keyed", "x-key" = "mac"))]
    pub phones: Option<Vec<Phone>>,
    /// Caller ID of outbound calls; one of the account's numbers.
    pub outbound_caller_id: Option<NumberKey>,
    /// Calls that can be made from the phone, as the portal names them: such as `US and Canada`.
    pub dial_permission: Option<Line>,
    /// Where the phone is, and the number that emergency services call back.
    pub emergency: Option<Emergency>,
}
