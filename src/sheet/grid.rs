//! A *grid* is the rows and cells of a sheet, each cell with its place in the text.

use super::{
    Refusal,
    cell::Cell,
    split::{declared_delimiter, delimiter, split},
};
use crate::{
    diagnostic::{Diagnostic, Report, Rule},
    source::{Cells, Place, Source, Span},
};
use std::sync::Arc;

/// The maximum size of a sheet: 64 MiB.
pub const MAX_SIZE: u64 = 64 << 20;

/// The maximum number of rows.
pub const MAX_ROWS: usize = 200_000;

/// The maximum number of columns.
pub const MAX_COLUMNS: usize = 500;

/// The maximum size of a cell, in bytes: Excel's 32,767 characters.
pub const MAX_CELL: usize = 4 * 32_767;

/// A sheet.
#[derive(Debug)]
pub struct Grid {
    /// Its text.
    pub source: Arc<Source>,
    /// What stands between its cells.
    pub delimiter: u8,
    /// The names of the columns.
    pub header: Vec<Cell>,
    /// The rows below, without those that have no text.
    pub rows: Vec<Row>,
}

/// A row of a sheet.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its number, counted from 1.
    pub number: u32,
    /// Its cells.
    pub cells: Vec<Cell>,
}

impl Row {
    fn is_empty(&self) -> bool {
        self.cells.iter().all(|cell| cell.text.trim().is_empty())
    }

    /// The span of all its cells.
    #[must_use]
    pub fn span(&self) -> Span {
        let span = |cell: Option<&Cell>| cell.map_or_else(Span::default, |cell| cell.span);
        Span::new(span(self.cells.first()).start, span(self.cells.last()).end)
    }
}

/// Reads a text as a grid. What is wrong with single cells and rows is reported.
///
/// # Errors
/// There are no rows, or too many.
pub(super) fn read(name: &str, text: String, report: &mut Report) -> Result<Grid, Refusal> {
    let (declared, start) =
        declared_delimiter(&text).map_or((None, 0), |(sign, start)| (Some(sign), start));
    let delimiter =
        declared.unwrap_or_else(|| delimiter(text[start..].trim_start_matches(['\r', '\n'])));
    let source = Source::new(name, text);
    let mut rows = split(&source, start, delimiter, report)?;
    rows.retain(|row| !row.is_empty());
    from_rows(source, delimiter, rows, report)
}

/// A grid of rows, the first of which are the names of the columns.
///
/// # Errors
/// There are no rows.
pub(super) fn from_rows(
    source: Arc<Source>,
    delimiter: u8,
    rows: Vec<Row>,
    report: &mut Report,
) -> Result<Grid, Refusal> {
    let mut rows = rows.into_iter();
    let mut header = rows.next().ok_or(Refusal::Empty)?;
    let rows: Vec<Row> = rows.collect();
    while header
        .cells
        .last()
        .is_some_and(|last| last.text.trim().is_empty())
    {
        header.cells.pop();
    }
    let starts = std::iter::once(&header).chain(&rows).flat_map(|row| {
        let cells = row.cells.iter().zip(0_u32..);
        cells.map(|(cell, column)| (cell.span.start, row.number, column))
    });
    let headers = header.cells.iter().map(|cell| cell.text.trim().into());
    source.set_cells(Cells {
        headers: headers.collect(),
        starts: starts.collect(),
    });
    let mut grid = Grid {
        source,
        delimiter,
        header: header.cells,
        rows,
    };
    grid.check_lengths(report);
    Ok(grid)
}

impl Grid {
    /// The place of a cell.
    #[must_use]
    pub fn place(&self, cell: &Cell) -> Place {
        Place::new(&self.source, cell.span)
    }

    /// The number of the row with the names of the columns.
    pub(super) fn source_row(&self) -> u32 {
        let first = self.header.first().map(|cell| self.place(cell));
        first
            .and_then(|place| place.cell())
            .map_or(1, |cell| cell.row)
    }

    /// Reports rows with more or fewer cells than there are columns. What is too much is cut off.
    fn check_lengths(&mut self, report: &mut Report) {
        let columns = self.header.len();
        for row in &mut self.rows {
            let count = row.cells.len();
            while row.cells.len() > columns
                && row
                    .cells
                    .last()
                    .is_some_and(|last| last.text.trim().is_empty())
            {
                row.cells.pop();
            }
            if row.cells.len() == columns {
                continue;
            }
            let at = row.cells.get(columns).or(row.cells.last());
            let place = Place::new(
                &self.source,
                at.map_or_else(|| row.span(), |cell| cell.span),
            );
            let message = format!(
                "row {} has {count} cells, and there are {columns} columns",
                row.number
            );
            let help = match row.cells.len() > columns {
                true => "quote cells that contain the delimiter, and name every column",
                false => {
                    "add the cells that are missing, with nothing in them; or save the sheet again in a spreadsheet program"
                }
            };
            report.add(Diagnostic::new(Rule::InvalidValue, place, message).help(help));
            row.cells.truncate(columns);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(text: &str) -> (Grid, Report) {
        let mut report = Report::default();
        let grid = read("a.csv", text.to_owned(), &mut report).unwrap();
        (grid, report)
    }

    fn cells(grid: &Grid) -> Vec<(String, String)> {
        let rows = grid.rows.iter().flat_map(|row| &row.cells);
        rows.map(|cell| {
            let place = grid.place(cell);
            (place.cell().unwrap().to_string(), cell.text.to_string())
        })
        .collect()
    }

    #[test]
    fn cells_have_the_names_of_a_spreadsheet() {
        for text in [
            "a,b\n1,2\n\n3,\"x\ny\"\n4,5\n",
            "a,b\r\n1,2\r\n\r\n3,\"x\ny\"\r\n4,5",
            "a;b\n1;2\n;\n3;\"x\ny\"\n4;5\n",
            "sep=;\na;b\n1;2\n\n3;\"x\ny\"\n4;5\n",
            "a\tb\t\n1\t2\t\n\n3\t\"x\ny\"\t\n4\t5\t\n",
        ] {
            let (grid, report) = grid(text);
            assert!(
                report.sorted().is_empty(),
                "{text:?}: {:?}",
                report.sorted()
            );
            let found = cells(&grid);
            let names: Vec<&str> = found.iter().map(|(name, _)| &**name).collect();
            assert_eq!(names, ["A2", "B2", "A4", "B4", "A5", "B5"], "{text:?}");
            assert_eq!(found[3].1, "x\ny");
            let place = grid.place(&grid.rows[1].cells[1]);
            assert_eq!(grid.source.slice(place.span), "\"x\ny\"");
            assert_eq!(place.cell().unwrap().header.as_ref(), "b");
        }
    }

    #[test]
    fn rows_of_another_length_are_reported() {
        let (grid, report) = grid("a,b\n1\n1,2,3\n1,2,,\n");
        let places: Vec<String> = report
            .sorted()
            .iter()
            .map(|one| one.place.to_string())
            .collect();
        assert_eq!(places, ["a.csv:A2", "a.csv:C3"]);
        assert_eq!(grid.rows[2].cells.len(), 2);
    }

    #[test]
    fn a_quote_without_an_end_is_an_error_where_it_begins() {
        let mut report = Report::default();
        let read = read("a.csv", "a,b\n1,\"2\n3,4\n".to_owned(), &mut report);
        assert!(matches!(read, Err(Refusal::Reported)));
        assert_eq!(report.sorted()[0].place.to_string(), "a.csv:B2");
    }

    #[test]
    fn an_empty_sheet_is_none() {
        let read = |text: &str| read("a.csv", text.to_owned(), &mut Report::default());
        for text in ["", "\n\n", ",,\n,,"] {
            assert!(matches!(read(text), Err(Refusal::Empty)), "{text:?}");
        }
    }
}
