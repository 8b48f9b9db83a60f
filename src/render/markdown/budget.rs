//! The *budget* limits the level of detail of each operation: omitted, one line, or all fields.

use super::{SHOWN, TEXT, short};
use crate::{
    plan::Action,
    render::{
        difference::{self, Difference},
        escape, labels,
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
    pub(super) fn all(section: &'p Section<'p>) -> Vec<Self> {
        let items = section.items.iter();
        items
            .filter(|item| item.first().action != Action::Delete)
            .map(|item| {
                let title = title(item);
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

fn title(item: &Item<'_>) -> String {
    let verb = labels::verb(item.first().action);
    let mut text = format!("- **{verb}** {}", escape::code(&short(&item.title(), TEXT)));
    for note in item.notes() {
        _ = write!(text, " · {}", escape::code(&short(&note, TEXT)));
    }
    text
}

fn details(item: &Item<'_>) -> String {
    let is_create = item.first().action == Action::Create;
    let mut text = String::new();
    if item.template.is_some() {
        let users = item.operations.iter().take(SHOWN);
        let users = users.map(|user| escape::code(&short(&user.address.key, TEXT)));
        let users: Vec<String> = users.collect();
        _ = write!(text, "  - users: {}", users.join(", "));
        if let Some(more @ 1..) = item.operations.len().checked_sub(SHOWN) {
            _ = write!(text, " … and {} more", labels::thousands(more));
        }
        text.push('\n');
    }
    let limit = if is_create { SHOWN } else { SHOWN * 4 };
    let changes: Vec<_> = item.changes().collect();
    for (change, cause) in changes.iter().take(limit) {
        let path = escape::code(&short(&change.path.join("."), TEXT));
        let cause = cause.map_or_else(String::new, |one| format!(" _({})_", labels::cause(one)));
        let code = |value: &str| escape::code(&short(value, TEXT));
        match difference::of(change, SIDE_BY_SIDE) {
            _ if is_create => {
                let after = code(&labels::value(change.starred().after.as_ref()));
                _ = writeln!(text, "  - {path}: {after}");
            }
            Difference::Short(before, after) => {
                _ = writeln!(
                    text,
                    "  - {path}: {} → {}{cause}",
                    code(&before),
                    code(&after)
                );
            }
            Difference::Long(pieces) => {
                _ = writeln!(text, "  - {path}:{cause}");
                for (piece, line) in pieces.iter().take(SHOWN * 2) {
                    _ = writeln!(text, "    - `{}` {}", piece.sign(), code(line));
                }
                if let Some(more @ 1..) = pieces.len().checked_sub(SHOWN * 2) {
                    _ = writeln!(text, "    - … and {}", labels::counted(more, "more line"));
                }
            }
        }
    }
    let more = changes.len().saturating_sub(limit) + item.omitted();
    if more > 0 {
        _ = writeln!(text, "  - … and {}", labels::counted(more, "more field"));
    }
    text
}
