//! A *schedule* is a set of times, such as the night and the holidays.

use super::text::{Day, Line, TimeOfDay, TimeZone};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Times at which answering rules apply. Each of the times, and each of the dates as a whole day, belongs to it.
// S2.20
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// Display name.
    pub title: Option<Line>,
    /// Time zone of the times, such as `Europe/London`; the person's, if not set.
    pub time_zone: Option<TimeZone>,
    /// Times of the week.
    #[schemars(length(max = 100), extend("uniqueItems" = true, "x-order" = "set"))]
    pub times: Option<Vec<TimeRange>>,
    /// Single days, such as holidays.
    #[schemars(length(max = 1000), extend("uniqueItems" = true, "x-order" = "set"))]
    pub dates: Option<Vec<Day>>,
}

/// A time on some days of the week.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TimeRange {
    /// Days of the week on which the time begins; every day, if not set.
    #[schemars(length(min = 1, max = 7), extend("uniqueItems" = true, "x-order" = "set"))]
    pub days: Option<Vec<Weekday>>,
    /// Time of day at which it begins.
    #[schemars(extend("default" = "00:00"))]
    pub from: Option<TimeOfDay>,
    /// Time of day at which it ends; on the next day if it isn't later than `from`.
    #[schemars(extend("default" = "24:00"))]
    pub to: Option<TimeOfDay>,
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Weekday {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}
