//! A *grid* is the rows and cells of a sheet, each cell with its place in the text.

use super::{Refusal, cell::Cell};
use crate::{
    diagnostic::{Diagnostic, Report, Rule},
    source::{Cells, Place, Source, Span},
};
use csv_core::ReadFieldResult;
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

/// The delimiters of sheets.
const DELIMITERS: [u8; 3] = *b",;\t";

/// The delimiter of a sheet: the most frequent one in its header, outside of quotes.
fn delimiter(header: &str) -> u8 {
    let mut counts = [0_usize; DELIMITERS.len()];
    let mut is_quoted = false;
    for byte in header.bytes() {
        match DELIMITERS.iter().position(|one| *one == byte) {
            _ if byte == b'"' => is_quoted = !is_quoted,
            Some(at) if !is_quoted => counts[at] += 1,
            None if !is_quoted && byte == b'\n' => break,
            _ => {}
        }
    }
    let most = counts.iter().copied().max().unwrap_or(0);
    let at = counts.iter().position(|count| *count == most);
    DELIMITERS[at.unwrap_or(0)]
}

/// Excel's own line that names the delimiter: `sep=;`.
fn declared_delimiter(text: &str) -> Option<(u8, usize)> {
    let line = text.lines().next()?;
    let sign = line.strip_prefix("sep=").or(line.strip_prefix("SEP="))?;
    let sign = sign.trim_end_matches('\r');
    let rest = text.find('\n').map_or(text.len(), |end| end + 1);
    match sign.as_bytes() {
        [sign] if DELIMITERS.contains(sign) => Some((*sign, rest)),
        _ => None,
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

/// The rows of a text, also empty ones that aren't lines without anything.
fn split(
    source: &Arc<Source>,
    start: usize,
    delimiter: u8,
    report: &mut Report,
) -> Result<Vec<Row>, Refusal> {
    let text = source.text();
    let bytes = text.as_bytes();
    let mut reader = csv_core::ReaderBuilder::new().delimiter(delimiter).build();
    let mut output = vec![0; MAX_CELL + 1];
    let mut rows = Vec::new();
    let mut row = Row {
        number: 1,
        cells: Vec::new(),
    };
    let (mut at, mut begin, mut written) = (start, start, 0);
    loop {
        let (result, read, wrote) = reader.read_field(&bytes[at..], &mut output[written..]);
        at += read;
        written += wrote;
        let is_last = match result {
            ReadFieldResult::InputEmpty => continue,
            ReadFieldResult::End => break,
            ReadFieldResult::OutputFull => {
                let begin = begin + line_breaks(&bytes[begin..]);
                let place = Place::new(source, span(begin, begin));
                source.set_cells(Cells {
                    headers: Vec::new(),
                    starts: vec![(place.span.start, row.number, column(&row))],
                });
                let message = "the cell has more than 32,767 characters, or the quote that begins it never ends";
                let help = "write `\"` at its end, and `\"\"` for a quote in it";
                report.add(Diagnostic::new(Rule::InvalidValue, place, message).help(help));
                return Err(Refusal::Reported);
            }
            ReadFieldResult::Field { record_end } => record_end,
        };
        if row.cells.is_empty() {
            // Lines without anything aren't rows to the parser, and are to a spreadsheet program.
            let breaks = &bytes[begin..at];
            let breaks = &breaks[..line_breaks(breaks)];
            row.number += empty_lines(breaks, begin > start && bytes[begin - 1] == b'\r');
            begin += breaks.len();
        }
        let raw = &bytes[begin..at.max(begin)];
        let text = String::from_utf8_lossy(&output[..written]);
        let is_quoted = raw.first() == Some(&b'"');
        let quotes = raw.iter().filter(|byte| **byte == b'"').count();
        let ends_early = at >= bytes.len() && is_quoted && quotes % 2 == 1;
        let end = match raw.last() {
            Some(last) if !ends_early && (*last == delimiter || matches!(last, b'\n' | b'\r')) => {
                at - 1
            }
            _ => at.max(begin),
        };
        let cell = Cell {
            text: text.into(),
            span: span(begin, end),
        };
        if ends_early {
            let place = Place::new(source, span(begin, begin + 1));
            let message =
                "the quote that begins here never ends, so the rest of the sheet is one cell";
            let help = "write `\"` at the end of the cell, and `\"\"` for a quote in it";
            source.set_cells(Cells {
                headers: Vec::new(),
                starts: vec![(place.span.start, row.number, column(&row))],
            });
            report.add(Diagnostic::new(Rule::InvalidValue, place, message).help(help));
            return Err(Refusal::Reported);
        }
        row.cells.push(cell);
        if row.cells.len() > MAX_COLUMNS {
            return Err(Refusal::TooMany("columns", MAX_COLUMNS));
        }
        (begin, written) = (at, 0);
        if is_last {
            let next = Row {
                number: row.number + 1,
                cells: Vec::new(),
            };
            rows.push(std::mem::replace(&mut row, next));
            if rows.len() > MAX_ROWS {
                return Err(Refusal::TooMany("rows", MAX_ROWS));
            }
        }
    }
    Ok(rows)
}

fn column(row: &Row) -> u32 {
    u32::try_from(row.cells.len()).unwrap_or(u32::MAX)
}

fn span(start: usize, end: usize) -> Span {
    let byte = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Span::new(byte(start), byte(end))
}

/// How many bytes at the beginning are line breaks.
fn line_breaks(bytes: &[u8]) -> usize {
    let is_break = |byte: &&u8| matches!(byte, b'\r' | b'\n');
    bytes.iter().take_while(is_break).count()
}

/// The number of lines that line breaks end. `follows_return` is whether a carriage return stands before them, to
/// which a line feed belongs.
fn empty_lines(breaks: &[u8], follows_return: bool) -> u32 {
    let mut lines = 0;
    let mut before = if follows_return { b'\r' } else { 0 };
    for byte in breaks {
        if !(*byte == b'\n' && before == b'\r') {
            lines += 1;
        }
        before = *byte;
    }
    lines
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
        for text in ["", "\n\n", ",,\n;;"] {
            assert!(matches!(read(text), Err(Refusal::Empty)), "{text:?}");
        }
    }
}
