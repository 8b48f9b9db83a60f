//! An *extension* is anything that has a number and is not a person: a queue, a conference, an
//! auto attendant, a ring group, a fax box, a forward. Its key is its number.

use super::{
    SecretRef,
    text::{Destination, DialKey, E164, Email, Line, Prose, UserKey},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Something that has a number and is not a person. The key is the number: 2 to 15 digits, in one
/// number space with the extensions of users (S2.03, S2.04).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Extension {
    /// Callers wait in line for the next free agent.
    CallQueue(CallQueue),
    /// People meet in a room.
    Conference(Conference),
    /// A greeting offers callers a menu.
    AutoAttendant(AutoAttendant),
    /// Several phones ring.
    RingGroup(RingGroup),
    /// Faxes are received and sent by e-mail.
    Fax(Fax),
    /// Calls go elsewhere.
    Forward(Forward),
}

/// Callers wait in line for the next free agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CallQueue {
    /// What people call it.
    pub name: Line,
    /// The users who take its calls; their scope must let them (S2.16).
    #[schemars(length(max = 1000), extend("uniqueItems" = true, "x-order" = "set"))]
    pub agents: Option<Vec<UserKey>>,
    /// Which agent is next.
    #[schemars(extend("default" = "ring_all"))]
    pub strategy: Option<QueueStrategy>,
    /// How long one agent's phone rings, in seconds.
    #[schemars(range(min = 5, max = 300), extend("default" = 20))]
    pub ring_seconds: Option<u16>,
    /// How long a caller waits at most, in seconds; 0 is for ever.
    #[schemars(range(min = 0, max = 86_400), extend("default" = 0))]
    pub max_wait_seconds: Option<u32>,
    /// How many callers may wait; 0 is any number.
    #[schemars(range(min = 0, max = 10_000), extend("default" = 0))]
    pub max_callers: Option<u16>,
    /// Where a caller goes whom nobody served.
    pub overflow: Option<Destination>,
    /// What a waiting caller hears: the name of the portal's own music or announcement.
    pub music_on_hold: Option<Line>,
    /// Whether calls are recorded.
    #[schemars(extend("default" = false))]
    pub record: Option<bool>,
}

/// Which agent of a queue is next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum QueueStrategy {
    /// All free agents at once.
    RingAll,
    /// One after the other, in turn.
    RoundRobin,
    /// The one who has been idle longest.
    LongestIdle,
    /// The one with the fewest calls.
    FewestCalls,
    /// Any.
    Random,
}

/// People meet in a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Conference {
    /// What people call it.
    pub name: Line,
    /// The user whose room it is.
    pub owner: Option<UserKey>,
    /// The PIN that lets members in; never shown, never compared.
    pub pin: Option<SecretRef>,
    /// The PIN that lets the moderator in; never shown, never compared.
    pub moderator_pin: Option<SecretRef>,
    /// How many may take part; 0 is any number.
    #[schemars(range(min = 0, max = 1000), extend("default" = 0))]
    pub max_members: Option<u16>,
    /// Whether members wait until the moderator comes.
    #[schemars(extend("default" = false))]
    pub wait_for_moderator: Option<bool>,
    /// Whether the conference is recorded.
    #[schemars(extend("default" = false))]
    pub record: Option<bool>,
}

/// A greeting offers callers a menu.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AutoAttendant {
    /// What people call it.
    pub name: Line,
    /// What it says, or the name of the portal's recording.
    pub greeting: Option<Prose>,
    /// Where each key of the telephone leads.
    pub options: Option<BTreeMap<DialKey, Destination>>,
    /// Whether a caller may dial an extension straight away.
    #[schemars(extend("default" = true))]
    pub direct_dial: Option<bool>,
    /// How long it waits for a key, in seconds.
    #[schemars(range(min = 1, max = 60), extend("default" = 10))]
    pub timeout_seconds: Option<u8>,
    /// Where a caller goes who pressed nothing.
    pub no_input: Option<Destination>,
    /// Where a caller goes who pressed a key that leads nowhere.
    pub invalid_input: Option<Destination>,
}

/// Several phones ring.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RingGroup {
    /// What people call it.
    pub name: Line,
    /// Whose phones ring, in order.
    #[schemars(length(max = 200), extend("uniqueItems" = true))]
    pub members: Option<Vec<Destination>>,
    /// Whether they ring together or one after the other.
    #[schemars(extend("default" = "simultaneous"))]
    pub strategy: Option<RingStrategy>,
    /// How long they ring, in seconds.
    #[schemars(range(min = 5, max = 300), extend("default" = 20))]
    pub ring_seconds: Option<u16>,
    /// Where a call goes that nobody took.
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

/// Faxes are received and sent by e-mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fax {
    /// What people call it.
    pub name: Line,
    /// The user whose fax it is.
    pub owner: Option<UserKey>,
    /// Where received faxes are sent.
    #[schemars(length(max = 50), extend("uniqueItems" = true, "x-order" = "set"))]
    pub emails: Option<Vec<Email>>,
    /// The number that sent faxes show.
    pub caller_id: Option<E164>,
    /// How often sending is tried again.
    #[schemars(range(min = 0, max = 10), extend("default" = 3))]
    pub retries: Option<u8>,
}

/// Calls go elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Forward {
    /// What people call it.
    pub name: Line,
    /// Where calls go.
    pub destination: Destination,
    /// Whether the call shows the caller's number rather than the extension's.
    #[schemars(extend("default" = true))]
    pub keep_caller_id: Option<bool>,
}
