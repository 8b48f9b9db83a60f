//! What was *not reviewed*: a plan that does more than its pull requests showed, as Markdown.

use super::{
    MIN_BUDGET, head_line, title,
    words::{code, prose},
};
use crate::{
    plan::{Plan, Staleness},
    render::{document::Heading, labels},
};
use std::{
    fmt::Write as _,
    io::{self, Write},
};

/// The bytes reserved for the number of omitted lines.
const RESERVED: usize = 200;

/// Writes what a plan does beyond the reviewed ones, in at most `budget` bytes.
///
/// # Errors
/// The writer fails.
pub fn unreviewed(
    heading: &Heading,
    plan: &Plan,
    unseen: &[Staleness],
    budget: usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut text = title(heading, "nothing was applied");
    text.push_str(&head_line(heading));
    _ = writeln!(
        text,
        "> [!CAUTION]\n> **The plan does more than what was reviewed. Review the plan of this commit, and apply again.**\n"
    );
    _ = writeln!(
        text,
        "The plan: {}. Not reviewed:\n",
        labels::summary(plan.summary())
    );
    let mut room = budget.max(MIN_BUDGET).saturating_sub(text.len() + RESERVED);
    for (at, one) in unseen.iter().enumerate() {
        let line = format!(
            "- {}: {}\n",
            code(&one.address.to_string()),
            prose(&one.message)
        );
        if line.len() > room {
            let more = labels::thousands(unseen.len() - at);
            _ = writeln!(text, "- … and {more} more, in the log of the job");
            break;
        }
        room -= line.len();
        text.push_str(&line);
    }
    out.write_all(text.as_bytes())
}
