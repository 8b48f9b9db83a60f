//! An *overview* as Markdown: how many workspaces ended how, and a table of those that need attention.

use super::words::{code, prose};
use crate::render::{
    labels,
    overview::{Row, State, totals},
};
use std::fmt::Write as _;

/// The most workspaces that the table lists.
const LISTED: usize = 200;

/// The overview of a run: the totals, then a table with the worst first. Workspaces without changes aren't in it.
#[must_use]
pub fn overview(rows: &[Row]) -> String {
    let mut sorted: Vec<&Row> = rows
        .iter()
        .filter(|row| !matches!(row.state, State::Valid | State::Unchanged))
        .collect();
    sorted.sort_by(|a, b| b.state.cmp(&a.state).then(a.folder.cmp(&b.folder)));
    let mut text = format!("### Callsheet: {}\n", totals(rows));
    if sorted.is_empty() {
        return text;
    }
    text.push_str("\n| Workspace | State | |\n| --- | --- | --- |\n");
    for row in sorted.iter().take(LISTED) {
        let state = match row.state.is_bad() {
            true => format!("**{}**", row.state.word()),
            false => row.state.word().to_owned(),
        };
        let (folder, short) = (code(&row.folder), prose(&row.in_short()));
        _ = writeln!(text, "| {folder} | {state} | {short} |");
    }
    if let Some(more @ 1..) = sorted.len().checked_sub(LISTED) {
        let more = labels::thousands(more);
        _ = writeln!(
            text,
            "\n… and {more} more; the artefacts of the job have all of them."
        );
    }
    text
}
