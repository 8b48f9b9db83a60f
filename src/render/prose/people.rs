//! The *people* whom an apply changed, as `list` shows them: what an administrator looks for after a change.
// S0.45

use crate::{
    apply::{Applied, Outcome},
    model::Kind,
    plan::{Operation, Plan},
    render::table::table,
    view::{Column, Table},
};
use std::io::{self, Write};

/// The maximum number of people that are listed.
const LISTED: usize = 20;

/// Writes the people who were created or changed.
pub(super) fn write(plan: &Plan, applied: &Applied, out: &mut dyn Write) -> io::Result<()> {
    let done = plan.operations.iter().zip(&applied.results);
    let done = done.filter(|(_, result)| result.outcome == Outcome::Done);
    let people: Vec<&Operation> = done
        .map(|(operation, _)| operation)
        .filter(|one| one.address.kind == Kind::Users && !one.is_removal() && !one.is_release)
        .collect();
    if people.is_empty() {
        return Ok(());
    }
    let listed = people.iter().take(LISTED);
    let listed = listed.map(|one| (&one.address, &one.target));
    let columns = Column::of_kind(Kind::Users);
    let Table { headings, mut rows } = Table::of_fields(&columns, listed);
    rows.insert(0, headings);
    table(&rows, out)?;
    if people.len() > LISTED {
        let more = people.len() - LISTED;
        writeln!(out, "and {more} more; `callsheet list users` shows them")?;
    }
    writeln!(out)
}
