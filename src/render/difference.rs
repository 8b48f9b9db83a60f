//! A *difference* describes the change of one field: short values side by side, long ones as removed and
//! added elements or lines.

use super::labels;
use crate::model::{Change, Value};
use similar::{Algorithm, ChangeTag, DiffOp, capture_diff_slices};
use unicode_width::UnicodeWidthStr as _;

/// The number of unchanged lines shown around a changed one.
const CONTEXT: usize = 1;

/// The change of one field.
pub(super) enum Difference {
    /// The value before and after.
    Short(String, String),
    /// The changed elements or lines.
    Long(Vec<(Piece, String)>),
}

/// The kind of change of an element or line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Removed.
    Removed,
    /// Added.
    Added,
    /// Unchanged.
    Unchanged,
}

impl Piece {
    /// The change as one character.
    pub(super) const fn sign(self) -> char {
        match self {
            Self::Removed => '-',
            Self::Added => '+',
            Self::Unchanged => ' ',
        }
    }
}

/// The difference of a change; short if both values fit into `room` columns.
pub(super) fn of(change: &Change, room: usize) -> Difference {
    let change = change.starred();
    let (before, after) = (change.before.as_ref(), change.after.as_ref());
    let (old, new) = (labels::value(before), labels::value(after));
    let is_short =
        old.width() + new.width() + 3 <= room && !old.contains('\n') && !new.contains('\n');
    if is_short {
        return Difference::Short(old, new);
    }
    let is_list =
        |value: Option<&Value>| matches!(value, None | Some(Value::Null | Value::List(_)));
    match (before, after) {
        (before, after) if is_list(before) && is_list(after) => {
            let elements = |value: Option<&Value>| -> Vec<String> {
                let elements = value.map_or(&[][..], Value::elements);
                elements
                    .iter()
                    .map(|one| labels::value(Some(one)))
                    .collect()
            };
            let mut pieces = pieces(&elements(before), &elements(after));
            pieces.retain(|(piece, _)| *piece != Piece::Unchanged);
            Difference::Long(pieces)
        }
        _ => {
            let lines = |value: Option<&Value>, text: &str| match value {
                None | Some(Value::Null) => Vec::new(),
                Some(_) => text.lines().map(str::to_owned).collect::<Vec<String>>(),
            };
            let (old, new) = (lines(before, &old), lines(after, &new));
            Difference::Long(with_context(pieces(&old, &new)))
        }
    }
}

fn pieces(old: &[String], new: &[String]) -> Vec<(Piece, String)> {
    let operations = capture_diff_slices(Algorithm::Myers, old, new);
    let changes = operations
        .iter()
        .flat_map(|one: &DiffOp| one.iter_changes(old, new));
    changes
        .map(|change| {
            let piece = match change.tag() {
                ChangeTag::Delete => Piece::Removed,
                ChangeTag::Insert => Piece::Added,
                ChangeTag::Equal => Piece::Unchanged,
            };
            (piece, change.value())
        })
        .collect()
}

/// Removes unchanged lines that aren't near a change.
fn with_context(pieces: Vec<(Piece, String)>) -> Vec<(Piece, String)> {
    let changed = |at: usize| {
        let from = at.saturating_sub(CONTEXT);
        let to = (at + CONTEXT + 1).min(pieces.len());
        pieces[from..to]
            .iter()
            .any(|(piece, _)| *piece != Piece::Unchanged)
    };
    let visible: Vec<bool> = (0..pieces.len()).map(changed).collect();
    let mut shown: Vec<(Piece, String)> = Vec::new();
    let mut is_gap = false;
    for (piece, is_visible) in pieces.into_iter().zip(visible) {
        if is_visible {
            shown.push(piece);
        } else if !is_gap {
            shown.push((Piece::Unchanged, "…".to_owned()));
        }
        is_gap = !is_visible;
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(before: Value, after: Value) -> Change {
        Change {
            path: vec!["field".into()],
            before: Some(before),
            after: Some(after),
        }
    }

    fn rendered(change: &Change, room: usize) -> String {
        match of(change, room) {
            Difference::Short(before, after) => format!("{before} → {after}"),
            Difference::Long(pieces) => {
                let lines = pieces.iter();
                let lines = lines.map(|(piece, text)| format!("{} {text}", piece.sign()));
                lines.collect::<Vec<String>>().join("\n")
            }
        }
    }

    #[test]
    fn a_short_list_is_shown_whole_and_a_long_one_as_changes() {
        let list =
            |numbers: &[i64]| Value::List(numbers.iter().map(|n| Value::Integer(*n)).collect());
        let change = change(list(&[1002, 1003]), list(&[1002, 1004, 1005]));
        assert_eq!(rendered(&change, 60), "[1002, 1003] → [1002, 1004, 1005]");
        assert_eq!(rendered(&change, 20), "- 1003\n+ 1004\n+ 1005");
    }

    #[test]
    fn a_text_is_compared_line_by_line() {
        let change = change(Value::text("a\nb\nc\nd\ne"), Value::text("a\nb\nc\nD\ne"));
        assert_eq!(rendered(&change, 60), "  …\n  c\n- d\n+ D\n  e");
    }
}
