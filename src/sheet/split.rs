//! How a text is *split* into rows and cells: by the delimiter of its header, with quotes, each cell with its bytes.

use super::{
    Refusal,
    cell::Cell,
    grid::{MAX_CELL, MAX_COLUMNS, MAX_ROWS, Row},
};
use crate::{
    diagnostic::{Diagnostic, Report, Rule},
    source::{Cells, Place, Source, Span},
};
use csv_core::ReadFieldResult;
use std::sync::Arc;

/// The delimiters of sheets.
const DELIMITERS: [u8; 3] = *b",;\t";

/// The delimiter of a sheet: the most frequent one in its header, outside of quotes.
pub(super) fn delimiter(header: &str) -> u8 {
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
pub(super) fn declared_delimiter(text: &str) -> Option<(u8, usize)> {
    let line = text.lines().next()?;
    let sign = line.strip_prefix("sep=").or(line.strip_prefix("SEP="))?;
    let sign = sign.trim_end_matches('\r');
    let rest = text.find('\n').map_or(text.len(), |end| end + 1);
    match sign.as_bytes() {
        [sign] if DELIMITERS.contains(sign) => Some((*sign, rest)),
        _ => None,
    }
}

/// The rows of a text, also empty ones that aren't lines without anything.
pub(super) fn split(
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
