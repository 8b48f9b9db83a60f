//! A *cell* of a sheet that was read: its text, and where it stands. Spreadsheet programs change what people type;
//! this undoes what can be undone.

use crate::source::Span;
use regex::Regex;
use std::sync::LazyLock;

/// A cell of a sheet.
#[derive(Clone, Debug, Default)]
pub struct Cell {
    /// The text, without quotes.
    pub text: Box<str>,
    /// Where it stands.
    pub span: Span,
}

/// Whether a character at the beginning of a cell makes it a formula, or hides what follows.
fn begins_formula(c: char) -> bool {
    matches!(c, '=' | '+' | '-' | '@' | '\t' | '\r')
}

/// A text as a cell that no spreadsheet program runs as a formula. [`plain`] is its inverse.
#[must_use]
pub fn harmless(text: &str) -> String {
    let mut characters = text.chars();
    let is_escaped = match characters.next() {
        Some('\'') => characters.next().is_some_and(is_after_apostrophe),
        Some(first) => begins_formula(first),
        None => false,
    };
    match is_escaped {
        true => format!("'{text}"),
        false => text.to_owned(),
    }
}

/// Whether an apostrophe before a character is not part of the text: names such as `'s-Gravesande` begin with one.
fn is_after_apostrophe(c: char) -> bool {
    begins_formula(c) || c == '\'' || c.is_ascii_digit()
}

/// The text of a cell, without the apostrophe or the tab that people or programs put before a number.
#[must_use]
pub fn plain(text: &str) -> &str {
    if let Some(rest) = text.strip_prefix('\'')
        && rest.chars().next().is_some_and(is_after_apostrophe)
    {
        return rest;
    }
    text.strip_prefix('\t').unwrap_or(text)
}

/// Whether Excel shortened a number, whose last digits are lost: `1.41556E+10`.
#[must_use]
pub fn is_shortened(text: &str) -> bool {
    static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^[+-]?[0-9]([.,][0-9]+)?[eE]\+[0-9]{1,3}$").expect("a valid pattern")
    });
    NUMBER.is_match(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_excel_adds_is_dropped() {
        for (cell, text) in [
            ("'0100", "0100"),
            ("\t0100", "0100"),
            ("'+14155550100", "+14155550100"),
            ("'s-Gravesande", "'s-Gravesande"),
            ("''t Hooft", "'t Hooft"),
            ("+14155550100", "+14155550100"),
        ] {
            assert_eq!(plain(cell), text);
        }
        assert!(is_shortened("1.41556E+10") && is_shortened("1,41556e+10"));
        assert!(!is_shortened("001565123e45") && !is_shortened("1E10"));
    }

    proptest! {
        #[test]
        fn a_harmless_cell_comes_back_whole(text in "['=+@\t\ra-c0-9 -]{0,6}") {
            let cell = harmless(&text);
            prop_assert!(!cell.starts_with(begins_formula));
            let back = plain(&cell);
            // A tab at the beginning is always escaped, so that only one that a program added is dropped.
            prop_assert_eq!(back, text);
        }
    }
}
