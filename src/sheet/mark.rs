//! A *marked copy* is a sheet with a further column that says what is wrong in each row, to send back to whoever
//! filled it in.

use super::{
    cell::harmless,
    grid::{Grid, Row},
};
use crate::diagnostic::Report;
use std::{collections::BTreeMap, sync::Arc};

/// The name of the further column.
pub const COLUMN: &str = "problems";

/// The byte order mark, by which spreadsheet programs recognise UTF-8.
const MARK: &[u8] = &[0xef, 0xbb, 0xbf];

/// The copy of a sheet, in UTF-8 with a byte order mark. Formulas in it do nothing. Nothing, if no problem is in it.
#[must_use]
pub fn marked(grid: &Grid, report: &Report) -> Option<Vec<u8>> {
    let mut problems: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for one in report.sorted() {
        let related = one.related.iter().map(|(place, _)| place);
        let places = std::iter::once(&one.place).chain(related);
        for place in places.filter(|place| Arc::ptr_eq(&place.source, &grid.source)) {
            let Some(cell) = place.cell() else { continue };
            let help = one
                .help
                .as_ref()
                .map_or_else(String::new, |help| format!(" ({help})"));
            let problem = format!("{cell}: {}{help}", one.message);
            let row = problems.entry(cell.row).or_default();
            if !row.contains(&problem) {
                row.push(problem);
            }
        }
    }
    if problems.is_empty() {
        return None;
    }
    let mut writer = csv::WriterBuilder::new()
        .delimiter(grid.delimiter)
        .terminator(csv::Terminator::CRLF)
        .flexible(true)
        .from_writer(MARK.to_vec());
    let mut line = 0;
    let header = Row {
        number: grid.source_row(),
        cells: grid.header.clone(),
    };
    for row in std::iter::once(&header).chain(&grid.rows) {
        line += 1;
        while line < row.number {
            // Rows without text keep their place, so that the names of cells stay right.
            let empty = vec![""; grid.header.len().max(2)];
            writer.write_record(empty).expect("memory has no errors");
            line += 1;
        }
        let told = problems
            .get(&row.number)
            .map_or_else(String::new, |all| all.join("; "));
        let last = match (row.number == header.number, told.is_empty()) {
            (true, true) => COLUMN.to_owned(),
            (true, false) => format!("{COLUMN}: {told}"),
            (false, _) => harmless(&told),
        };
        let mut cells: Vec<String> = row.cells.iter().map(|cell| again(&cell.text)).collect();
        cells.resize(grid.header.len(), String::new());
        cells.push(last);
        writer.write_record(cells).expect("memory has no errors");
    }
    Some(writer.into_inner().expect("memory has no errors"))
}

/// A cell as it was, unless a spreadsheet program would run it.
fn again(text: &str) -> String {
    match text.starts_with('\'') {
        true => text.to_owned(),
        false => harmless(text),
    }
}
