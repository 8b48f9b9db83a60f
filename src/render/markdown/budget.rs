//! The *budget* limits the level of detail of each operation: omitted, one line, or all fields.

use super::{
    SHOWN,
    words::{self, TEXT, code, prose, short},
};
use crate::{
    model::Change,
    plan::{Action, Cause},
    render::{
        difference::{self, Difference},
        document::Heading,
        labels, person,
        section::{Item, Section},
    },
};
use std::fmt::Write as _;

/// The maximum width of two values side by side.
const SIDE_BY_SIDE: usize = 100;

/// An item with its levels of detail: omitted, one line, or all fields.
pub(super) struct Entry<'p> {
    pub(super) item: &'p Item<'p>,
    brief: String,
    full: String,
    pub(super) level: usize,
}

impl<'p> Entry<'p> {
    pub(super) fn all(heading: &Heading, section: &'p Section<'p>) -> Vec<Self> {
        let items = section.items.iter();
        items
            .filter(|item| item.first().action != Action::Delete)
            .map(|item| {
                let title = title(heading, item);
                let count = item.first().changes.len();
                let fields = match item.template {
                    None if count > 0 => format!(" · {}", labels::counted(count, "field")),
                    _ => String::new(),
                };
                Self {
                    item,
                    brief: format!("{title}{fields}\n"),
                    full: format!("{title}\n{}", details(item)),
                    level: 0,
                }
            })
            .collect()
    }

    pub(super) fn text(&self) -> &str {
        match self.level {
            0 => "",
            1 => &self.brief,
            _ => &self.full,
        }
    }
}

/// Distributes the remaining bytes: first lines for all items except updates, then their details, then
/// lines for updates, then details of updates. Each step ends at the first item that doesn't fit.
pub(super) fn allocate(entries: &mut [Vec<Entry<'_>>], room: &mut usize) {
    for (is_update, level) in [(false, 1), (false, 2), (true, 1), (true, 2)] {
        let all = entries.iter_mut().flatten();
        for one in all.filter(|one| (one.item.first().action == Action::Update) == is_update) {
            let current = one.text().len();
            let next = if level == 1 { &one.brief } else { &one.full };
            if one.level + 1 != level || next.len() > current + *room {
                break;
            }
            *room = (*room + current).saturating_sub(next.len());
            one.level = level;
        }
    }
}

fn title(heading: &Heading, item: &Item<'_>) -> String {
    let first = item.first();
    let mut text = format!(
        "- **{}** {}",
        labels::verb(first.action),
        code(&item.title())
    );
    if item.template.is_some() {
        let users = labels::counted(item.operations.len(), "user");
        _ = write!(text, " · {users}");
    } else {
        let words = [person::name(first), labels::note(first)];
        for words in words.into_iter().flatten() {
            _ = write!(text, " · {}", prose(&words));
        }
        if let Some(origin) = &first.origin {
            let place = origin.place();
            let (file, line) = (place.source.name(), place.start().line);
            _ = write!(text, " · {}", words::place(heading, file, line));
        }
    }
    if let Some(commit) = item.commit() {
        let id = words::commit(heading, &commit.id);
        _ = write!(text, " · {id} {}", prose(&commit.author));
    }
    text
}

fn details(item: &Item<'_>) -> String {
    let mut text = String::new();
    if item.template.is_some() {
        let users = item.operations.iter().take(SHOWN);
        let users = users.map(|user| code(&user.address.key));
        let users: Vec<String> = users.collect();
        _ = write!(text, "  {}", users.join(", "));
        if let Some(more @ 1..) = item.operations.len().checked_sub(SHOWN) {
            _ = write!(text, " and {} more", labels::thousands(more));
        }
        text.push('\n');
    }
    let mut lines = Vec::new();
    for (change, cause) in item.changes() {
        lines_of(&change, cause, &mut lines);
    }
    if lines.is_empty() {
        return text;
    }
    // No line of the block is a fence: fences are longer than any run of backticks in it.
    let runs = lines.iter().flat_map(|line| line.split(|c| c != '`'));
    let longest = runs.map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    _ = writeln!(text, "\n  {fence}diff");
    for line in &lines {
        _ = writeln!(text, "  {line}");
    }
    _ = writeln!(text, "  {fence}\n");
    text
}

/// The lines of a change in a block of code.
fn lines_of(change: &Change, cause: Option<Cause>, lines: &mut Vec<String>) {
    let path = short(&change.path.join("."), TEXT);
    let cause = cause.map_or_else(String::new, |one| format!("  ({})", labels::cause(one)));
    match difference::of(change, SIDE_BY_SIDE) {
        Difference::Short(before, after) => {
            if change.before.is_some() {
                let cause = if change.after.is_none() { &*cause } else { "" };
                lines.push(format!("- {path}: {}{cause}", short(&before, TEXT)));
            }
            if change.after.is_some() {
                lines.push(format!("+ {path}: {}{cause}", short(&after, TEXT)));
            }
        }
        Difference::Long(pieces) => {
            lines.push(format!("@@ {path} @@{cause}"));
            for (piece, line) in pieces.iter().take(SHOWN * 2) {
                lines.push(format!("{} {}", piece.sign(), short(line, TEXT)));
            }
            if let Some(more @ 1..) = pieces.len().checked_sub(SHOWN * 2) {
                lines.push(format!("  … and {}", labels::counted(more, "more line")));
            }
        }
    }
}
