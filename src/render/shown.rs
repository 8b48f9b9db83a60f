//! One *object* as text: its values with their origins, what a user may do, and who refers to it.

use super::{escape, labels, table::table};
use crate::{
    model::Value,
    view::{Granted, Referral, Shown},
};
use std::io::{self, Write};
use unicode_width::UnicodeWidthStr as _;

/// The widest value before which the origins still stand in one column, in columns.
const MAX_VALUE: usize = 40;

/// Writes values, one a line, each with its origin.
///
/// # Errors
/// Nothing can be written.
pub fn values(values: &[Shown], out: &mut dyn Write) -> io::Result<()> {
    let told: Vec<(String, String, String)> = values.iter().map(told).collect();
    let name = told.iter().map(|(path, ..)| path.width()).max();
    let value = told.iter().map(|(_, value, _)| value.width());
    let value = value.filter(|width| *width <= MAX_VALUE).max();
    let (name, value) = (name.unwrap_or(0), value.unwrap_or(0));
    for (path, text, origin) in told {
        let name = name - path.width() + 2;
        let value = value.saturating_sub(text.width()) + 2;
        writeln!(out, "  {path}{:name$}{text}{:value$}{origin}", "", "")?;
    }
    Ok(())
}

/// A path, its value and its origin on one line each.
fn told(shown: &Shown) -> (String, String, String) {
    let value = one_line(shown.value.as_ref());
    let value = match &shown.declared {
        Some(declared) => format!("{value} → {}", one_line(Some(declared))),
        None => value,
    };
    let origin = match &shown.declared {
        Some(_) => format!("{}, not applied yet", shown.origin),
        None => shown.origin.to_string(),
    };
    (escape::line(&shown.path), value, escape::line(&origin))
}

fn one_line(value: Option<&Value>) -> String {
    escape::line(&labels::value(value).replace('\n', " ⏎ "))
}

/// Writes what a user may do, one permission a line, each with what gives it.
///
/// # Errors
/// Nothing can be written.
pub fn permissions(granted: &[Granted], out: &mut dyn Write) -> io::Result<()> {
    if granted.is_empty() {
        return Ok(());
    }
    writeln!(out, "may")?;
    let rows = granted.iter().map(|one| {
        let permission = format!("  {}", one.permission);
        vec![permission, one.from.join("; ")]
    });
    table(&rows.collect::<Vec<_>>(), out)
}

/// Writes who refers to an object, one referral a line.
///
/// # Errors
/// Nothing can be written.
pub fn referrals(referrals: &[Referral], out: &mut dyn Write) -> io::Result<()> {
    if referrals.is_empty() {
        return Ok(());
    }
    writeln!(out, "referred to by")?;
    let rows = referrals.iter().map(|one| {
        let name = one.name.as_ref();
        let by = name.map_or_else(|| one.by.clone(), |name| format!("{} {name}", one.by));
        let place = one.place.clone().unwrap_or_default();
        vec![format!("  {by}"), one.path.to_string(), place]
    });
    table(&rows.collect::<Vec<_>>(), out)
}
