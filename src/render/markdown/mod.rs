//! The *Markdown* renderer writes a plan as a comment on a pull request.
//!
//! Comments have a maximum length, so the plan has a budget. The verdict, blocking findings and deletes come first,
//! then privileges and edits of the portal; the rest is folded. Omitted items are counted where they would appear.
//! Every text from a file or a portal passes through [`words`].

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
    alike::Alike,
    document::Heading,
    labels, person,
    section::{Section, sections},
    verdict::{self, Privilege, Verdict},
};
use crate::plan::{Action, Cause, Operation, Plan, Summary, guard::Level};
use budget::{Entry, allocate};
use sha2::{Digest as _, Sha256};
use std::{
    fmt::Write as _,
    io::{self, Write},
};
use words::{code, commit, prose};

/// The maximum length of a GitHub comment. GitHub counts characters, and there are never more of them than bytes.
pub const BUDGET: usize = 65_536;

/// The minimum budget, with room for the parts that are never omitted.
pub const MIN_BUDGET: usize = 4_096;

/// The maximum number of users of a template, findings that are alike and lines of a long value.
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
    let mut sections = sections(heading, plan);
    sections.sort_by_key(|section| !is_edit(section));
    let head = head(heading, plan);
    let foot = format!(
        "\n<sub>{}</sub>\n",
        labels::footer(heading, plan).join(" · ")
    );
    let fixed = head.len() + foot.len() + RESERVED + PER_SECTION * sections.len();
    let mut room = budget.max(MIN_BUDGET).saturating_sub(fixed);

    let alike = Alike::all(plan);
    let findings = |is_blocking: bool| {
        let some = alike.iter();
        some.filter(move |one| (one.first().level == Level::Block) == is_blocking)
            .map(|one| (one.findings.len(), finding(one)))
    };
    let deletes = plan.operations.iter();
    let deletes = deletes
        .filter(|one| one.action == Action::Delete)
        .map(|one| (1, delete(heading, one)));
    let privileges = verdict::privileges(plan);
    let privileges = privileges.iter().map(|one| (1, privilege(one)));
    let lists = [
        List::of(
            "Blocking findings",
            "blocking finding",
            findings(true),
            &mut room,
        ),
        List::of("Deletes", "delete", deletes, &mut room),
        List::of("Privileges", "change of privileges", privileges, &mut room),
        List::of("Findings", "finding", findings(false), &mut room),
    ];
    let mut entries: Vec<Vec<Entry<'_>>> = sections
        .iter()
        .map(|section| Entry::all(heading, section))
        .collect();
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
        section_into(section, items, is_short || is_edit(section), &mut text);
    }
    text.push_str(&foot);
    out.write_all(text.as_bytes())
}

/// Whether a section is of edits of the portal, which come first and aren't folded.
fn is_edit(section: &Section<'_>) -> bool {
    matches!(section.cause, Some(Cause::Conflict | Cause::Drift))
}

/// The verdict, the number of changes, and what the plan is of.
fn head(heading: &Heading, plan: &Plan) -> String {
    let verdict = Verdict::of(plan);
    let mut text = title(heading, &verdict.words(plan));
    if verdict == Verdict::Blocked {
        let rules = verdict::blocked_by_line(plan);
        _ = writeln!(
            text,
            "> [!CAUTION]\n> **Blocked by {rules}.** Nothing is applied until each is fixed or waived.\n"
        );
    }
    if !plan.operations.is_empty() {
        _ = write!(text, "**{}**", labels::summary(plan.summary()));
        let drifted = verdict::drifted(plan);
        if drifted > 0 {
            let drifted = labels::counted(drifted, "resource");
            _ = write!(text, " · {drifted} edited on the portal");
        }
        text.push_str("\n\n");
    }
    text.push_str(&head_line(heading));
    if let Some(note) = labels::only_changed(heading, plan) {
        _ = writeln!(text, "{}\n", prose(&note));
    }
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
    if let Some(limit) = labels::limit(heading) {
        parts.push(format!("**{}**", prose(&limit)));
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

/// The marker of a comment, and its heading with the verdict.
fn title(heading: &Heading, verdict: &str) -> String {
    let (marker, workspace) = (marker(&heading.folder), code(&heading.workspace));
    format!("{marker}\n### Callsheet {workspace}: {verdict}\n\n")
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
    /// A list of texts, each with the number of things that it is about.
    fn of(
        title: &'static str,
        one: &'static str,
        all: impl Iterator<Item = (usize, String)>,
        room: &mut usize,
    ) -> Self {
        let mut lines = Vec::new();
        let mut omitted = 0;
        for (count, line) in all {
            if omitted == 0 && line.len() <= *room {
                *room -= line.len();
                lines.push(line);
            } else {
                omitted += count;
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

/// Findings that are alike: what they say, about whom, and what lets them pass.
fn finding(alike: &Alike<'_>) -> String {
    let first = alike.first();
    let mut text = format!("- **{}** `{}`", labels::level(first.level), first.rule);
    if let [one] = &*alike.findings {
        _ = writeln!(text, ": {}", prose(&one.message));
    } else {
        let messages = alike.by_message();
        _ = writeln!(text, " ×{}", labels::thousands(alike.findings.len()));
        for (message, findings) in messages.iter().take(SHOWN) {
            let addresses = findings.iter().filter_map(|one| one.address.as_ref());
            let mut names: Vec<String> = addresses
                .take(SHOWN)
                .map(|address| code(&address.to_string()))
                .collect();
            if let Some(more @ 1..) = findings.len().checked_sub(SHOWN) {
                names.push(format!("and {} more", labels::thousands(more)));
            }
            _ = writeln!(text, "  - {}: {}", names.join(", "), prose(message));
        }
        let more = messages.iter().skip(SHOWN);
        let more: usize = more.map(|(_, findings)| findings.len()).sum();
        if more > 0 {
            _ = writeln!(text, "  - … and {} more", labels::thousands(more));
        }
    }
    if let Some(because) = &first.waived {
        _ = writeln!(text, "  - waived: {}", prose(because));
    }
    if let Some(help) = alike.help() {
        _ = writeln!(text, "  - {}", prose(help));
    }
    if let Some(waiver) = alike.waiver() {
        let waiver = code(&waiver);
        _ = writeln!(text, "  - Or allow it in `callsheet.yaml`: {waiver}");
    }
    text
}

fn delete(heading: &Heading, operation: &Operation) -> String {
    let mut text = format!("- **delete** {}", code(&operation.address.to_string()));
    if let Some(subject) = person::deleted(operation) {
        _ = write!(text, " · {}", prose(&subject));
    }
    if let Some(commit) = &operation.commit {
        let id = words::commit(heading, &commit.id);
        _ = write!(text, " · removed in {id} by {}", prose(&commit.author));
    }
    text.push('\n');
    text
}

/// `users/bob` (Bob Ray · 1002): scope `basic_user` → `administrator`, changed on the portal
fn privilege(privilege: &Privilege<'_>) -> String {
    let Privilege {
        operation,
        change,
        cause,
    } = privilege;
    let mut text = format!("- {}", code(&operation.address.to_string()));
    if let Some(name) = person::name(operation) {
        _ = write!(text, " ({})", prose(&name));
    }
    let change = change.starred();
    let [before, after] =
        [&change.before, &change.after].map(|value| code(&labels::value(value.as_ref())));
    let field = change.path.join(".");
    _ = write!(text, ": {} {before} → {after}", prose(&field));
    text.push_str(match cause {
        Cause::Drift => ", takes back an edit of the portal\n",
        Cause::Conflict => ", edited on the portal too\n",
        Cause::Pending => ", merged earlier\n",
        Cause::Change => "\n",
    });
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
