//! *Lifecycle expansion* turns one line about a person into what follows from it: `leaver` into an inactive user
//! whose calls go to the successor, `starts` and `ends` into whether the user is active today.
//!
//! It works on what is declared, before the rules, the portal and the plan, so that none of them deals with dates.

mod fit;
mod leave;
mod read;

pub use fit::fit;
pub use read::read;

use crate::{
    diagnostic::{Diagnostic, Report, Rule},
    model::{Address, Derived, Kind, Lifecycle, Resource, State, Value},
    rules,
    source::Place,
};
use jiff::civil::Date;

/// Derives on a day what follows from the lifecycles of the users, and reports what is wrong with them.
pub fn expand(state: &mut State, today: Date, report: &mut Report) {
    let users = state.of_kind(Kind::Users);
    let lives: Vec<(Address, Lifecycle)> = users
        .filter_map(|(address, user)| Some((address.clone(), (**user.lifecycle.as_ref()?).clone())))
        .collect();
    let mut leaving = Vec::new();
    let valid: Vec<_> = lives
        .iter()
        .filter(|(address, life)| check(state, address, life, today, report))
        .collect();
    for (address, life) in valid {
        if let Some(leaver) = life.leaves(today) {
            leaving.push((address, leaver));
        } else if let Some(user) = state.resources.get_mut(address) {
            activate(user, life, today);
        }
    }
    for (address, leaver) in leaving {
        leave::leave(state, address, leaver, report);
    }
}

/// Makes a user with dates active on the days between them.
fn activate(user: &mut Resource, life: &Lifecycle, today: Date) {
    let is_dated = life.starts.is_some() || life.ends.is_some();
    let is_off = user.fields.get("active").and_then(Value::as_bool) == Some(false);
    if !is_dated || is_off {
        return;
    }
    let inactive = life.inactive(today);
    let since = life.starts.map(|starts| format!("started on {starts}"));
    let until = life.ends.map(|ends| format!("ends on {ends}"));
    let because = inactive.clone().or(since).or(until).unwrap_or_default();
    derive(user, "active", Value::Bool(inactive.is_none()), &because);
}

/// Sets a field to a value that follows from somebody's lifecycle.
fn derive(resource: &mut Resource, field: &str, value: Value, because: &str) {
    resource.fields.set(field.into(), value);
    resource.derived.retain(|one| *one.field != *field);
    resource.derived.push(Derived {
        field: field.into(),
        because: because.into(),
    });
}

/// Reports what is wrong with a lifecycle, and returns whether it can be expanded.
fn check(
    state: &State,
    address: &Address,
    life: &Lifecycle,
    today: Date,
    report: &mut Report,
) -> bool {
    let at = |rule: Rule, path: &str, message: String| {
        Diagnostic::new(rule, place(state, address, path), message)
    };
    let mut is_valid = true;
    if let (Some(starts), Some(ends)) = (life.starts, life.ends)
        && ends < starts
    {
        let message = format!("{address} ends on {ends}, before the start on {starts}");
        let declared = place(state, address, "starts");
        report.add(at(Rule::DateOrder, "ends", message).related(declared, "starts here"));
        is_valid = false;
    }
    let Some(leaver) = &life.leaver else {
        return is_valid;
    };
    if let Some(ends) = life.ends.filter(|ends| leaver.until < *ends) {
        let until = leaver.until;
        let message = format!("{address} is kept until {until}, before the end on {ends}");
        let declared = place(state, address, "ends");
        report.add(at(Rule::DateOrder, "leaver.until", message).related(declared, "ends here"));
        is_valid = false;
    }
    let user = state.get(address);
    if user.and_then(|user| user.fields.get("active")?.as_bool()) == Some(true) {
        let message = format!("{address} leaves, and is declared as active");
        let declared = place(state, address, "leaver");
        report.add(at(Rule::LeaverActive, "active", message).related(declared, "leaves here"));
        is_valid = false;
    }
    if let Some((problem, declared)) = unfit(state, address, &leaver.successor, life, today) {
        let message = format!(
            "{address} has the successor `{}`, who {problem}",
            leaver.successor
        );
        let found = at(Rule::LeaverSuccessor, "leaver.successor", message);
        report.add(match declared {
            Some(declared) => found.related(declared, "declared here"),
            None => found,
        });
        is_valid = false;
    }
    if is_valid && today > leaver.until {
        let message = format!(
            "{address} was kept until {}, and can be removed now",
            leaver.until
        );
        report.add(at(Rule::LeaverDue, "leaver.until", message));
    }
    is_valid
}

/// Why somebody can't take over, and where that is declared.
fn unfit(
    state: &State,
    address: &Address,
    successor: &str,
    life: &Lifecycle,
    today: Date,
) -> Option<(String, Option<Place>)> {
    let successor = Address::new(Kind::Users, successor);
    if successor == *address {
        return Some(("is the one who leaves".to_owned(), None));
    }
    let Some(user) = state.get(&successor) else {
        return Some(("isn't declared".to_owned(), None));
    };
    let at = |path: &str| Some(place(state, &successor, path));
    if user.fields.get("active").and_then(Value::as_bool) == Some(false) {
        return Some(("isn't active".to_owned(), at("active")));
    }
    let own = user.lifecycle.as_ref()?;
    if own.leaver.is_some() {
        return Some(("leaves too".to_owned(), at("leaver")));
    }
    let day = life.ends.map_or(today, |ends| ends.max(today));
    let inactive = own.inactive(day)?;
    let path = if own.starts.is_some_and(|starts| day < starts) {
        "starts"
    } else {
        "ends"
    };
    Some((inactive, at(path)))
}

/// The place of a field of a declared resource.
fn place(state: &State, address: &Address, path: &str) -> Place {
    let origin = state.get(address).and_then(|one| one.origin.as_ref());
    rules::place_of(origin, path)
}
