//! A *feature* is an object of an instance that one person has: a device, a ring group, a phone number.

use super::text::{ExtensionKey, Line, NumberKey, ScheduleKey};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Objects of one feature type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline, extend("uniqueItems" = true, "x-order" = "set"))]
pub struct FeatureSet<T>(pub Vec<T>);

/// Objects of an instance, by feature type. Each object belongs to one person.
// S0.18, S0.19, S0.36
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Features {
    /// Phones and other devices.
    #[schemars(extend("x-unique" = "feature device"))]
    pub devices: Option<FeatureSet<Line>>,
    /// Voice mailboxes.
    #[schemars(extend("x-unique" = "feature voice mailbox"))]
    pub voice_mail_boxes: Option<FeatureSet<Line>>,
    /// Ring groups: extensions of the type `ring_group`.
    #[schemars(extend("x-unique" = "feature ring group"))]
    pub ring_groups: Option<FeatureSet<ExtensionKey>>,
    /// Extensions of anything.
    #[schemars(extend("x-unique" = "feature extension"))]
    pub extensions: Option<FeatureSet<ExtensionKey>>,
    /// Phone numbers of the account.
    #[schemars(extend("x-unique" = "feature phone number"))]
    pub phone_numbers: Option<FeatureSet<NumberKey>>,
    /// Conference rooms: extensions of the type `conference`.
    #[schemars(extend("x-unique" = "feature conference room"))]
    pub conference_rooms: Option<FeatureSet<ExtensionKey>>,
    /// Fax machines: extensions of the type `fax`.
    #[schemars(extend("x-unique" = "feature fax machine"))]
    pub fax_machines: Option<FeatureSet<ExtensionKey>>,
    /// Forwards: extensions of the type `forward`.
    #[schemars(extend("x-unique" = "feature forward"))]
    pub forwards: Option<FeatureSet<ExtensionKey>>,
    /// Schedules.
    #[schemars(extend("x-unique" = "feature schedule"))]
    pub schedules: Option<FeatureSet<ScheduleKey>>,
}

/// The feature types that are extensions of one type: the field, the type and its noun.
pub const TYPED_FEATURES: [(&str, &str, &str); 4] = [
    ("ring_groups", "ring_group", "ring group"),
    ("conference_rooms", "conference", "conference room"),
    ("fax_machines", "fax", "fax machine"),
    ("forwards", "forward", "forward"),
];
