//! A *table* as text: columns that are as wide as their widest cell.

use super::escape;
use std::io::{self, Write};
use unicode_width::UnicodeWidthStr as _;

/// Writes rows of cells, of which the last is as wide as it is.
///
/// # Errors
/// Nothing can be written.
pub fn table(rows: &[Vec<String>], out: &mut dyn Write) -> io::Result<()> {
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|row| row.iter().map(|cell| escape::line(cell)).collect())
        .collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |at: usize| {
        let cells = rows.iter().filter_map(|row| row.get(at));
        cells.map(|cell| cell.width()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    for row in &rows {
        let cells = row.iter().zip(&widths);
        let line = cells.fold(String::new(), |line, (cell, width)| {
            format!("{line}{cell}{:pad$}", "", pad = width - cell.width() + 2)
        });
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell_and_control_characters_are_escaped() {
        let row = |cells: [&str; 2]| cells.map(str::to_owned).to_vec();
        let rows = [
            row(["A", "B"]),
            row(["日本", ""]),
            row(["\u{1b}[31m", "x\u{202e}"]),
        ];
        let mut out = Vec::new();
        table(&rows, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(
            !text.contains('\u{1b}') && !text.contains('\u{202e}'),
            "{text:?}"
        );
        let column = text.lines().map(|line| line.chars().position(|c| c == 'B'));
        let width = escape::line("\u{1b}[31m").width() + 2;
        assert_eq!(column.flatten().next(), Some(width));
    }
}
