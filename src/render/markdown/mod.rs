//! The *Markdown* renderer writes a plan as a comment on a pull request.
//!
//! Comments have a maximum length, so the plan has a budget. Blocking findings and deletes come first, then
//! creates, then updates. Omitted items are counted where they would appear. Every text from a file or a
//! portal is in a code span, where Markdown, HTML, mentions and references have no effect.

mod budget;

use super::{
    document::Heading,
    escape, labels,
    section::{Section, sections},
};
use crate::plan::{Action, Finding, Operation, Plan, Summary, guard::Level};
use budget::{Entry, allocate};
use std::{
    fmt::Write as _,
    io::{self, Write},
};

/// The maximum length of a GitHub comment. GitHub counts characters, and there are never more of them than bytes.
pub const BUDGET: usize = 65_536;

/// The minimum budget, with room for the parts that are never omitted.
pub const MIN_BUDGET: usize = 4_096;

/// The maximum length of one text, in bytes.
const TEXT: usize = 200;

/// The maximum number of fields of a new resource, users of a template and lines of a long value.
const SHOWN: usize = 8;

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
        list.write(&mut text);
    }
    let is_short = plan.operations.len() <= SHOWN;
    for (section, items) in sections.iter().zip(&entries) {
        section_into(section, items, is_short, &mut text);
    }
    text.push_str(&foot);
    out.write_all(text.as_bytes())
}

fn head(heading: &Heading, plan: &Plan) -> String {
    let mut text = format!("<!-- callsheet:{} -->\n", marker(&heading.workspace));
    _ = writeln!(text, "### Callsheet: {}\n", labels::summary(plan.summary()));
    let (workspace, portal) = (short(&heading.workspace, 80), short(&heading.portal, 80));
    _ = write!(
        text,
        "{} on {}",
        escape::code(&workspace),
        escape::code(&portal)
    );
    for (name, commit) in labels::commits(&heading.revision) {
        _ = write!(text, " · {name} {}", escape::code(&short(commit, 40)));
    }
    if heading.dirty {
        _ = write!(text, " · **{}**", labels::DIRTY);
    }
    if heading.revision.head.is_none() {
        let note = labels::no_history(heading);
        match &heading.history_gap {
            None => _ = write!(text, "\n\n_{note}_"),
            Some(_) => _ = write!(text, "\n\n{}", escape::code(&short(&note, TEXT * 2))),
        }
    }
    text.push_str("\n\n");
    text
}

/// The workspace's name, encoded so that it can't end the hidden HTML comment.
fn marker(workspace: &str) -> String {
    let mut text = String::new();
    for byte in workspace.bytes().take(60) {
        if byte.is_ascii_alphanumeric()
            || matches!(byte, b'.' | b'_')
            || (byte == b'-' && !text.ends_with('-'))
        {
            text.push(char::from(byte));
        } else {
            _ = write!(text, "%{byte:02X}");
        }
    }
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

    fn write(&self, text: &mut String) {
        if self.lines.is_empty() && self.omitted == 0 {
            return;
        }
        _ = writeln!(text, "#### {}\n", self.title);
        self.lines.iter().for_each(|line| text.push_str(line));
        if self.omitted > 0 {
            let omitted = labels::thousands(self.omitted);
            _ = writeln!(text, "- … and {omitted} more; see the JSON plan");
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

/// At most `limit` bytes of a text, with an ellipsis if it is longer.
fn short(text: &str, limit: usize) -> String {
    let escaped = escape::line(text);
    if escaped.len() <= limit {
        return escaped;
    }
    let end = escaped.floor_char_boundary(limit.saturating_sub(3));
    format!("{}…", &escaped[..end])
}

#[cfg(test)]
mod tests;
