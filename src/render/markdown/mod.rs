//! The *Markdown* renderer writes a plan as a comment on a pull request.
//!
//! Comments have a maximum length, so the plan has a budget. Blocking findings and deletes come first, then
//! creates, then updates. Omitted items are counted where they would appear. Every text from a file or a
//! portal is in a code span, where Markdown, HTML, mentions and references have no effect.

mod applied;
mod budget;
mod overview;
mod report;
mod unreviewed;
mod words;

pub use applied::applied;
pub use overview::overview;
pub use report::report;
pub use unreviewed::unreviewed;

use super::{
    document::Heading,
    escape, labels,
    section::{Section, sections},
};
use crate::plan::{Action, Finding, Operation, Plan, Summary, guard::Level};
use budget::{Entry, allocate};
use sha2::{Digest as _, Sha256};
use std::{
    fmt::Write as _,
    io::{self, Write},
};
use words::{TEXT, code, commit, prose, short};

/// The maximum length of a GitHub comment. GitHub counts characters, and there are never more of them than bytes.
pub const BUDGET: usize = 65_536;

/// The minimum budget, with room for the parts that are never omitted.
pub const MIN_BUDGET: usize = 4_096;

/// The maximum number of fields of a new resource, users of a template and lines of a long value.
const SHOWN: usize = 8;

/// The beginning of each marker.
pub const MARKER: &str = "<!-- callsheet:";

/// The maximum length of a marker. A longer one ends with a digest.
const LONGEST_MARKER: usize = 240;

/// The bytes reserved for each section's heading and its number of omitted items.
const PER_SECTION: usize = 480;

/// The bytes reserved for the warning about omitted deletes and findings.
const RESERVED: usize = 800;

/// Writes a plan in at most `budget` bytes; a budget below [`MIN_BUDGET`] counts as that.
///
/// # Errors
/// The writer fails.
pub fn plan(heading: &Heading, plan: &Plan, budget: usize, out: &mut dyn Write) -> io::Result<()> {
    let sections = sections(heading, plan);
    let head = head(heading, plan);
    let foot = format!("\n{}\n", labels::footer(plan).join(" · "));
    let fixed = head.len() + foot.len() + RESERVED + PER_SECTION * sections.len();
    let mut room = budget.max(MIN_BUDGET).saturating_sub(fixed);

    let findings = |is_blocking: bool| {
        let some = plan.findings.iter();
        some.filter(move |finding| (finding.level == Level::Block) == is_blocking)
            .map(finding)
    };
    let deletes = plan
        .operations
        .iter()
        .filter(|one| one.action == Action::Delete);
    let lists = [
        List::of(
            "Blocking findings",
            "blocking finding",
            findings(true),
            &mut room,
        ),
        List::of("Deletes", "delete", deletes.map(delete), &mut room),
        List::of("Findings", "finding", findings(false), &mut room),
    ];
    let mut entries: Vec<Vec<Entry<'_>>> = sections.iter().map(Entry::all).collect();
    allocate(&mut entries, &mut room);

    let mut text = head;
    let omitted: Vec<String> = lists
        .iter()
        .filter(|list| list.omitted > 0)
        .map(|list| labels::counted(list.omitted, list.one))
        .collect();
    if !omitted.is_empty() {
        _ = writeln!(
            text,
            "> [!CAUTION]\n> **This comment is too short for all deletes and blocking findings: {} omitted. Read the JSON plan before you merge.**\n",
            omitted.join(", ")
        );
    }
    for list in lists {
        list.write("the JSON plan", &mut text);
    }
    let is_short = plan.operations.len() <= SHOWN;
    for (section, items) in sections.iter().zip(&entries) {
        section_into(section, items, is_short, &mut text);
    }
    text.push_str(&foot);
    out.write_all(text.as_bytes())
}

fn head(heading: &Heading, plan: &Plan) -> String {
    let mut text = format!("{}\n", marker(&heading.folder));
    _ = writeln!(
        text,
        "### Callsheet {}: {}\n",
        code(&heading.workspace),
        labels::summary(plan.summary())
    );
    text.push_str(&head_line(heading));
    text
}

/// The portal, and the commits.
fn head_line(heading: &Heading) -> String {
    let mut parts = vec![code(&heading.portal)];
    if let Some(journal) = &heading.undo_of {
        parts.insert(0, format!("undo of {}", code(journal)));
    }
    for (name, id) in labels::commits(&heading.revision) {
        parts.push(format!("{name} {}", commit(heading, id)));
    }
    if heading.told_from_history {
        parts.push(labels::TOLD_FROM_HISTORY.to_owned());
    }
    if heading.dirty {
        parts.push(format!("**{}**", labels::DIRTY));
    }
    let mut text = format!("{}\n\n", parts.join(" · "));
    if heading.revision.head.is_none() {
        _ = writeln!(text, "{}\n", prose(&labels::no_history(heading)));
    }
    text
}

/// The first line of a comment, by which a pipeline finds it again: the path of the workspace's folder, encoded so
/// that it can't end the hidden HTML comment.
#[must_use]
pub fn marker(folder: &str) -> String {
    let folder = match folder.trim_start_matches("./").trim_end_matches('/') {
        "" => ".",
        folder => folder,
    };
    let mut text = MARKER.to_owned();
    for byte in folder.bytes() {
        if byte.is_ascii_alphanumeric()
            || matches!(byte, b'.' | b'_' | b'/')
            || (byte == b'-' && !text.ends_with('-'))
        {
            text.push(char::from(byte));
        } else {
            // Writing to a string can't fail.
            _ = write!(text, "%{byte:02X}");
        }
    }
    if text.len() > LONGEST_MARKER {
        let digest = Sha256::digest(folder);
        text.truncate(LONGEST_MARKER);
        digest
            .iter()
            .for_each(|byte| _ = write!(text, "{byte:02x}"));
    }
    text.push_str(" -->");
    text
}

/// A list with as many lines as fit into the budget.
struct List {
    title: &'static str,
    one: &'static str,
    lines: Vec<String>,
    omitted: usize,
}

impl List {
    fn of(
        title: &'static str,
        one: &'static str,
        all: impl Iterator<Item = String>,
        room: &mut usize,
    ) -> Self {
        let mut lines = Vec::new();
        let mut omitted = 0;
        for line in all {
            if omitted == 0 && line.len() <= *room {
                *room -= line.len();
                lines.push(line);
            } else {
                omitted += 1;
            }
        }
        Self {
            title,
            one,
            lines,
            omitted,
        }
    }

    /// Writes the list; `whole` has what is omitted.
    fn write(&self, whole: &str, text: &mut String) {
        if self.lines.is_empty() && self.omitted == 0 {
            return;
        }
        _ = writeln!(text, "#### {}\n", self.title);
        self.lines.iter().for_each(|line| text.push_str(line));
        if self.omitted > 0 {
            let omitted = labels::thousands(self.omitted);
            _ = writeln!(text, "- … and {omitted} more; see {whole}");
        }
        text.push('\n');
    }
}

fn finding(finding: &Finding) -> String {
    let message = escape::code(&short(&finding.message, TEXT * 2));
    let mut text = format!(
        "- **{}** `{}` {message}\n",
        labels::level(finding.level),
        finding.rule
    );
    if let Some(because) = &finding.waived {
        _ = writeln!(text, "  - waived: {}", escape::code(&short(because, TEXT)));
    } else if finding.level == Level::Block {
        if let Some(waiver) = labels::waiver(finding) {
            let waiver = escape::code(&short(&waiver, TEXT));
            _ = writeln!(text, "  - allow it in `callsheet.yaml`: {waiver}");
        }
        _ = writeln!(text, "  - {}", finding.help());
    }
    text
}

fn delete(operation: &Operation) -> String {
    let address = operation.address.to_string();
    let mut text = format!("- **delete** {}", escape::code(&short(&address, TEXT)));
    if let Some(subject) = labels::subject(operation) {
        _ = write!(text, " · {}", escape::code(&short(&subject, TEXT)));
    }
    if let Some(commit) = &operation.commit {
        let commit = labels::commit(Action::Delete, commit);
        _ = write!(text, " · {}", escape::code(&short(&commit, TEXT)));
    }
    text.push('\n');
    text
}

fn section_into(section: &Section<'_>, items: &[Entry<'_>], is_open: bool, text: &mut String) {
    if items.is_empty() {
        return;
    }
    let title = section.cause.map_or("Operations", labels::cause_heading);
    let counts = labels::summary(section.summary());
    let open = if is_open { " open" } else { "" };
    _ = writeln!(
        text,
        "<details{open}>\n<summary><b>{title}</b>: {counts}</summary>\n"
    );
    items.iter().for_each(|one| text.push_str(one.text()));
    let omitted = items.iter().filter(|one| one.level == 0);
    let omitted = Summary::of(omitted.flat_map(|one| one.item.operations.iter().copied()));
    let omitted: Vec<String> = labels::counts(omitted)
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, action)| labels::counted(count, &format!("more {}", labels::verb(action))))
        .collect();
    if !omitted.is_empty() {
        let omitted = omitted.join(", ");
        _ = writeln!(text, "- … and {omitted}; see the JSON plan");
    }
    text.push_str("\n</details>\n\n");
}

#[cfg(test)]
mod tests;
