//! A *difference* is what changed within one field: two values side by side where they are short, else
//! the elements or the lines that went and came.

use super::words;
use crate::model::{Change, Value};
use similar::{Algorithm, ChangeTag, DiffOp, capture_diff_slices};
use unicode_width::UnicodeWidthStr as _;

/// How many unchanged lines of a text are told around a changed one.
const AROUND: usize = 1;

/// What changed within one field.
pub(super) enum Difference {
    /// What it holds, and what it will hold.
    Short(String, String),
    /// Element by element, or line by line.
    Long(Vec<(Piece, String)>),
}

/// What becomes of one element or line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// It goes.
    Gone,
    /// It comes.
    New,
    /// It stays.
    Kept,
}

impl Piece {
    /// It as one character.
    pub(super) const fn sign(self) -> char {
        match self {
            Self::Gone => '-',
            Self::New => '+',
            Self::Kept => ' ',
        }
    }
}

/// What changed, told in short where both values fit into `room` columns.
pub(super) fn of(change: &Change, room: usize) -> Difference {
    let (before, after) = (change.before.as_ref(), change.after.as_ref());
    let (old, new) = (words::value(before), words::value(after));
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
                elements.iter().map(|one| words::value(Some(one))).collect()
            };
            let mut pieces = pieces(&elements(before), &elements(after));
            pieces.retain(|(piece, _)| *piece != Piece::Kept);
            Difference::Long(pieces)
        }
        _ => {
            let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<String>>();
            Difference::Long(near(pieces(&lines(&old), &lines(&new))))
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
                ChangeTag::Delete => Piece::Gone,
                ChangeTag::Insert => Piece::New,
                ChangeTag::Equal => Piece::Kept,
            };
            (piece, change.value())
        })
        .collect()
}

/// Without the unchanged lines that stand near no change.
fn near(pieces: Vec<(Piece, String)>) -> Vec<(Piece, String)> {
    let changed = |at: usize| {
        let from = at.saturating_sub(AROUND);
        let to = (at + AROUND + 1).min(pieces.len());
        pieces[from..to]
            .iter()
            .any(|(piece, _)| *piece != Piece::Kept)
    };
    let told: Vec<bool> = (0..pieces.len()).map(changed).collect();
    let mut shown: Vec<(Piece, String)> = Vec::new();
    let mut gap = false;
    for (piece, told) in pieces.into_iter().zip(told) {
        if told {
            shown.push(piece);
        } else if !gap {
            shown.push((Piece::Kept, "…".to_owned()));
        }
        gap = !told;
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

    fn told(change: &Change, room: usize) -> String {
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
    fn a_short_list_is_told_whole_and_a_long_one_by_what_differs() {
        let list =
            |numbers: &[i64]| Value::List(numbers.iter().map(|n| Value::Integer(*n)).collect());
        let change = change(list(&[1002, 1003]), list(&[1002, 1004, 1005]));
        assert_eq!(told(&change, 60), "[1002, 1003] → [1002, 1004, 1005]");
        assert_eq!(told(&change, 20), "- 1003\n+ 1004\n+ 1005");
    }

    #[test]
    fn a_text_is_told_line_by_line() {
        let change = change(Value::text("a\nb\nc\nd\ne"), Value::text("a\nb\nc\nD\ne"));
        assert_eq!(told(&change, 60), "  …\n  c\n- d\n+ D\n  e");
    }
}
