//! A *field* of a plan as text: its path, and its value before and after.

use super::{COLUMN, paint, truncated};
use crate::{
    model::{Change, Value},
    plan::Cause,
    render::{
        Detail, Look,
        difference::{self, Difference, Piece},
        escape, labels,
    },
};
use anstyle::{AnsiColor, Style};
use std::io::{self, Write};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// The maximum number of lines of a long value.
const LINES_SHOWN: usize = 20;

/// The maximum width of two values side by side.
const SIDE_BY_SIDE: usize = 120;

/// The fields that give access or send calls elsewhere.
const TELLING: &[&str] = &[
    "scope",
    "permissions",
    "forwarding",
    "answering_rules",
    "outbound_caller_id",
    "password",
    "email",
    "available_from_emails",
];

/// Whether a field gives access, sends calls elsewhere, or is a secret: no summary leaves it out.
pub(super) fn is_telling(change: &Change) -> bool {
    let is_secret = |value: &Option<Value>| matches!(value, Some(Value::Secret(_)));
    let first = change.path.first();
    first.is_some_and(|name| TELLING.contains(&&**name))
        || is_secret(&change.before)
        || is_secret(&change.after)
        || change.starred() != *change
}

/// Writes a field.
pub(super) fn write(
    change: &Change,
    cause: Option<Cause>,
    is_create: bool,
    indent: usize,
    look: &Look,
    out: &mut dyn Write,
) -> io::Result<()> {
    let cause = cause.map_or_else(String::new, |cause| format!("  ({})", labels::cause(cause)));
    let path = escape::line(&change.path.join("."));
    let path = truncated(&path, look.width.saturating_sub(indent + 2).max(8));
    let gap = (COLUMN + 2).saturating_sub(indent + path.width()).max(2);
    // On a narrow terminal, values are below their field.
    let beside = look
        .width
        .saturating_sub(indent + path.width() + gap + cause.width());
    let cause = paint(look, Style::new().dimmed(), &cause);
    write!(out, "{:indent$}{path}", "")?;
    let red = Style::new().fg_color(Some(AnsiColor::Red.into()));
    let green = Style::new().fg_color(Some(AnsiColor::Green.into()));
    if is_create {
        let text = labels::value(change.starred().after.as_ref());
        let escaped = escape::line(&text);
        if !text.contains('\n') && escaped.width() <= beside {
            let text = paint(look, green, &escaped);
            return writeln!(out, "{:gap$}{text}{cause}", "");
        }
    }
    match difference::of(change, beside.min(SIDE_BY_SIDE)) {
        Difference::Short(before, after) => {
            let before = paint(look, red, &escape::line(&before));
            let after = paint(look, green, &escape::line(&after));
            writeln!(out, "{:gap$}{before} → {after}{cause}", "")
        }
        Difference::Long(pieces) => {
            writeln!(out, "{cause}")?;
            let room = look.width.saturating_sub(indent + 4).max(8);
            let shown = match look.detail {
                Detail::All => pieces.len(),
                Detail::Summary | Detail::Fields => LINES_SHOWN,
            };
            for (piece, text) in pieces.iter().take(shown) {
                let style = match piece {
                    Piece::Removed => red,
                    Piece::Added => green,
                    Piece::Unchanged => Style::new().dimmed(),
                };
                for (at, line) in broken(&escape::line(text), room).iter().enumerate() {
                    let sign = if at == 0 { piece.sign() } else { ' ' };
                    let text = paint(look, style, &format!("{sign} {line}"));
                    writeln!(out, "{:1$}{text}", "", indent + 2)?;
                }
            }
            if let Some(more @ 1..) = pieces.len().checked_sub(shown) {
                let more = labels::counted(more, "more line");
                writeln!(out, "{:1$}… and {more}", "", indent + 2)?;
            }
            Ok(())
        }
    }
}

/// A text in lines of at most `room` columns: between words where there is a space, or else within one.
pub(super) fn broken(text: &str, room: usize) -> Vec<String> {
    let room = room.max(8);
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split_inclusive(' ') {
        let width = word.trim_end().width();
        if used > 0 && used + width > room {
            lines.push(String::new());
            used = 0;
        }
        for c in word.chars() {
            let wide = c.width().unwrap_or(0);
            if used + wide > room && c != ' ' {
                lines.push(String::new());
                used = 0;
            }
            if let Some(line) = lines.last_mut() {
                line.push(c);
            }
            used += wide;
        }
    }
    for line in &mut lines {
        line.truncate(line.trim_end().len());
    }
    lines
}
