//! *Markdown* is a plan as a comment on a pull request.
//!
//! A forge limits how long a comment may be, so a plan is told within a budget. What deletes and what
//! blocks is told before all else; then what comes into being, then what changes. Whatever is left out
//! is counted where it would have stood. Every text from a file or a portal stands in a code span,
//! where neither Markdown nor HTML, mentions nor references mean anything.

mod told;

use super::{
    document::Heading,
    escape,
    section::{Section, sections},
    words,
};
use crate::plan::{Action, Finding, Operation, Plan, Summary, guard::Level};
use std::{
    fmt::Write as _,
    io::{self, Write},
};
use told::{Told, fit};

/// How many bytes GitHub takes. It counts characters, of which there are never more than bytes.
pub const BUDGET: usize = 65_536;

/// A smaller budget has no room for what must always be said.
pub const LEAST: usize = 4_096;

/// How many bytes of one text are told.
const TEXT: usize = 200;

/// How many fields of a new resource, users of a template and lines of a long value are told.
const SHOWN: usize = 8;

/// How many bytes are kept for each section: its heading, and what is left out of it.
const PER_SECTION: usize = 480;

/// How many bytes are kept for what is said of deletes and findings that don't fit.
const LOUD: usize = 800;

/// Writes a plan in at most `budget` bytes; a budget below [`LEAST`] counts as that.
///
/// # Errors
/// The writer fails.
pub fn plan(heading: &Heading, plan: &Plan, budget: usize, out: &mut dyn Write) -> io::Result<()> {
    let sections = sections(heading, plan);
    let head = head(heading, plan);
    let foot = format!("\n{}\n", words::foot(plan).join(" · "));
    let fixed = head.len() + foot.len() + LOUD + PER_SECTION * sections.len();
    let mut room = budget.max(LEAST).saturating_sub(fixed);

    let findings = |blocks: bool| {
        let some = plan.findings.iter();
        some.filter(move |finding| (finding.level == Level::Block) == blocks)
            .map(finding)
    };
    let deletes = plan
        .operations
        .iter()
        .filter(|one| one.action == Action::Delete);
    let lists = [
        List::of("What blocks", "blocking finding", findings(true), &mut room),
        List::of("Deletes", "delete", deletes.map(delete), &mut room),
        List::of("Findings", "finding", findings(false), &mut room),
    ];
    let mut told: Vec<Vec<Told<'_>>> = sections.iter().map(Told::all).collect();
    fit(&mut told, &mut room);

    let mut text = head;
    let lost: Vec<String> = lists
        .iter()
        .filter(|list| list.lost > 0)
        .map(|list| words::counted(list.lost, list.one))
        .collect();
    if !lost.is_empty() {
        _ = writeln!(
            text,
            "> [!CAUTION]\n> **Not everything that deletes or blocks fits here: {} left out. Read the JSON plan before anything is merged.**\n",
            lost.join(", ")
        );
    }
    for list in lists {
        list.write(&mut text);
    }
    let is_short = plan.operations.len() <= SHOWN;
    for (section, items) in sections.iter().zip(&told) {
        section_into(section, items, is_short, &mut text);
    }
    text.push_str(&foot);
    out.write_all(text.as_bytes())
}

fn head(heading: &Heading, plan: &Plan) -> String {
    let mut text = format!("<!-- callsheet:{} -->\n", marker(&heading.workspace));
    _ = writeln!(text, "### Callsheet: {}\n", words::summary(plan.summary()));
    let (workspace, portal) = (short(&heading.workspace, 80), short(&heading.portal, 80));
    _ = write!(
        text,
        "{} on {}",
        escape::code(&workspace),
        escape::code(&portal)
    );
    for (name, commit) in words::commits(&heading.revision) {
        _ = write!(text, " · {name} {}", escape::code(&short(commit, 40)));
    }
    if heading.is_dirty {
        _ = write!(text, " · **{}**", words::DIRTY);
    }
    if heading.revision.head.is_none() {
        _ = write!(text, "\n\n_{}_", words::NO_HISTORY);
    }
    text.push_str("\n\n");
    text
}

/// The workspace's name as the hidden marker holds it: nothing in it can end the comment.
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

/// Lines that are told one by one, as many as fit.
struct List {
    title: &'static str,
    one: &'static str,
    lines: Vec<String>,
    lost: usize,
}

impl List {
    fn of(
        title: &'static str,
        one: &'static str,
        all: impl Iterator<Item = String>,
        room: &mut usize,
    ) -> Self {
        let mut lines = Vec::new();
        let mut lost = 0;
        for line in all {
            if lost == 0 && line.len() <= *room {
                *room -= line.len();
                lines.push(line);
            } else {
                lost += 1;
            }
        }
        Self {
            title,
            one,
            lines,
            lost,
        }
    }

    fn write(&self, text: &mut String) {
        if self.lines.is_empty() && self.lost == 0 {
            return;
        }
        _ = writeln!(text, "#### {}\n", self.title);
        self.lines.iter().for_each(|line| text.push_str(line));
        if self.lost > 0 {
            let lost = words::thousands(self.lost);
            _ = writeln!(text, "- … and {lost} more; the JSON plan has them all");
        }
        text.push('\n');
    }
}

fn finding(finding: &Finding) -> String {
    let message = escape::code(&short(&finding.message, TEXT * 2));
    let mut text = format!(
        "- **{}** `{}` {message}\n",
        words::level(finding.level),
        finding.rule
    );
    if let Some(because) = &finding.waived {
        _ = writeln!(text, "  - waived: {}", escape::code(&short(because, TEXT)));
    } else if finding.level == Level::Block {
        if let Some(waiver) = words::waiver(finding) {
            let waiver = escape::code(&short(&waiver, TEXT));
            _ = writeln!(text, "  - allow it in `callsheet.yaml`: {waiver}");
        }
        _ = writeln!(text, "  - {}", finding.rule.help());
    }
    text
}

fn delete(operation: &Operation) -> String {
    let address = operation.address.to_string();
    let mut text = format!("- **delete** {}", escape::code(&short(&address, TEXT)));
    if let Some(commit) = &operation.commit {
        let commit = words::commit(Action::Delete, commit);
        _ = write!(text, " · {}", escape::code(&short(&commit, TEXT)));
    }
    text.push('\n');
    text
}

fn section_into(section: &Section<'_>, items: &[Told<'_>], is_open: bool, text: &mut String) {
    if items.is_empty() {
        return;
    }
    let title = section.cause.map_or("Operations", words::because);
    let counts = words::summary(section.summary());
    let open = if is_open { " open" } else { "" };
    _ = writeln!(
        text,
        "<details{open}>\n<summary><b>{title}</b>: {counts}</summary>\n"
    );
    items.iter().for_each(|one| text.push_str(one.text()));
    let lost = items.iter().filter(|one| one.level == 0);
    let lost = Summary::of(lost.flat_map(|one| one.item.operations.iter().copied()));
    let lost: Vec<String> = words::counts(lost)
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, action)| words::counted(count, &format!("more {}", words::verb(action))))
        .collect();
    if !lost.is_empty() {
        let lost = lost.join(", ");
        _ = writeln!(text, "- … and {lost}; the JSON plan has them all");
    }
    text.push_str("\n</details>\n\n");
}

/// At most `limit` bytes of a text, with the cut shown.
fn short(text: &str, limit: usize) -> String {
    let shown = escape::line(text);
    if shown.len() <= limit {
        return shown;
    }
    let end = shown.floor_char_boundary(limit.saturating_sub(3));
    format!("{}…", &shown[..end])
}

#[cfg(test)]
mod tests;
