//! A *workbook* is a sheet as Excel saves it (`.xlsx`): a zip archive with XML, written by anybody. What it unpacks to
//! is limited before it is read.

use super::{
    Refusal,
    cell::Cell,
    grid::{Grid, MAX_CELL, MAX_COLUMNS, MAX_ROWS, MAX_SIZE, Row, from_rows},
};
use crate::{
    diagnostic::Report,
    source::{Source, Span},
};
use calamine::{DataRef, Reader as _, Xlsx};
use regex::Regex;
use std::{
    collections::BTreeMap,
    io::{self, Cursor, Read as _},
    sync::LazyLock,
};
use zip::ZipArchive;

/// The most files in a workbook.
const FILES: usize = 2000;

/// Whether bytes are a zip archive.
pub(super) fn is_archive(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06")
}

/// The texts of cells, by row and column.
type Texts = BTreeMap<u32, BTreeMap<u32, String>>;

/// A workbook's grid, and the names of its sheets, of which the first is read.
pub(super) fn read(
    name: &str,
    bytes: &[u8],
    report: &mut Report,
) -> Result<(Grid, Vec<String>), Refusal> {
    check(bytes)?;
    // The reader may panic on numbers that no spreadsheet program writes.
    let read = std::panic::catch_unwind(|| texts(bytes));
    let wrong = |_| {
        Err(Refusal::BrokenWorkbook(
            "it has numbers out of range".to_owned(),
        ))
    };
    let (rows, names) = read.unwrap_or_else(wrong)?;
    Ok((grid(name, &rows, report)?, names))
}

fn texts(bytes: &[u8]) -> Result<(Texts, Vec<String>), Refusal> {
    let broken = |error: calamine::XlsxError| Refusal::BrokenWorkbook(error.to_string());
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(broken)?;
    let names = workbook.sheet_names();
    let Some(first) = names.first().cloned() else {
        return Err(Refusal::Empty);
    };
    let mut rows = Texts::new();
    let mut cells = workbook.worksheet_cells_reader(&first).map_err(broken)?;
    while let Some(cell) = cells.next_cell().map_err(broken)? {
        let (row, column) = cell.get_position();
        let Some(text) = text(cell.get_value()) else {
            continue;
        };
        if column as usize >= MAX_COLUMNS {
            return Err(Refusal::TooMany("columns", MAX_COLUMNS));
        }
        if row as usize >= MAX_ROWS {
            return Err(Refusal::TooMany("rows", MAX_ROWS));
        }
        if text.len() > MAX_CELL {
            return Err(Refusal::TooMany("characters in a cell", MAX_CELL / 4));
        }
        rows.entry(row).or_default().insert(column, text);
    }
    Ok((rows, names))
}

/// The text of a cell as a spreadsheet program shows it, if it has any.
fn text(value: &DataRef<'_>) -> Option<String> {
    let text = match value {
        DataRef::Empty => return None,
        DataRef::Int(number) => number.to_string(),
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the number is whole and small"
        )]
        DataRef::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => {
            (*number as i64).to_string()
        }
        // More digits than Excel keeps.
        DataRef::Float(number) if number.abs() >= 1e15 => {
            let text = format!("{number:E}");
            text.replacen('E', "E+", 1)
        }
        DataRef::Float(number) => number.to_string(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            text.clone()
        }
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(value) => if *value { "TRUE" } else { "FALSE" }.to_owned(),
        DataRef::DateTime(date) => date.to_string(),
        DataRef::Error(error) => error.to_string(),
    };
    (!text.trim().is_empty()).then_some(text)
}

/// The rows as a grid whose text has one line for each row.
fn grid(name: &str, rows: &Texts, report: &mut Report) -> Result<Grid, Refusal> {
    let columns = rows.values().next();
    let columns = columns.and_then(|header| header.keys().last());
    let columns = columns.map_or(0, |last| last + 1);
    let mut text = String::new();
    let mut read = Vec::new();
    let mut line = 0;
    for (row, cells) in rows {
        while line < *row {
            text.push('\n');
            line += 1;
        }
        let width = columns.max(cells.keys().last().map_or(0, |last| last + 1));
        let cells = (0..width).map(|column| {
            if column > 0 {
                text.push(',');
            }
            let start = text.len();
            let content = cells.get(&column).map_or("", String::as_str);
            text.extend(
                content
                    .chars()
                    .map(|c| if matches!(c, '\n' | '\r') { ' ' } else { c }),
            );
            let byte = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
            Cell {
                text: content.into(),
                span: Span::new(byte(start), byte(text.len())),
            }
        });
        read.push(Row {
            number: row + 1,
            cells: cells.collect(),
        });
    }
    text.push('\n');
    if text.contains('\0') {
        return Err(Refusal::Nul);
    }
    from_rows(Source::new(name, text), b',', read, report)
}

/// Refuses an archive that unpacks to more than a sheet may have, and cells at places that there aren't. The sizes that
/// an archive states may be wrong.
fn check(bytes: &[u8]) -> Result<(), Refusal> {
    let broken = |error: &dyn std::fmt::Display| Refusal::BrokenWorkbook(error.to_string());
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(&error))?;
    if archive.len() > FILES {
        return Err(Refusal::TooMany("files", FILES));
    }
    let mut left = MAX_SIZE;
    let mut has_workbook = false;
    for index in 0..archive.len() {
        let file = archive.by_index(index).map_err(|error| broken(&error))?;
        let name = file.name().map_err(|error| broken(&error))?.into_owned();
        has_workbook |= name == "xl/workbook.xml";
        let mut content = Vec::new();
        let mut limited = file.take(left + 1);
        let read = match name.starts_with("xl/worksheets/") {
            true => limited.read_to_end(&mut content).map(|read| read as u64),
            false => io::copy(&mut limited, &mut io::sink()),
        };
        left = left
            .checked_sub(read.map_err(|error| broken(&error))?)
            .ok_or(Refusal::TooLarge)?;
        if !has_real_places(&content) {
            return Err(Refusal::BrokenWorkbook(
                "it has cells at places that there aren't".to_owned(),
            ));
        }
    }
    match has_workbook {
        true => Ok(()),
        false => Err(Refusal::Other("an archive")),
    }
}

/// Whether all places that a worksheet names are such as `XFD1048576`.
fn has_real_places(worksheet: &[u8]) -> bool {
    static PLACES: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"\s(?:r|ref)\s*=\s*(?:"([^"]*)"|'([^']*)')"#).expect("a valid pattern")
    });
    static REAL: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^[A-Z]{0,3}[1-9][0-9]{0,6}(:[A-Z]{0,3}[1-9][0-9]{0,6})?$")
            .expect("a valid pattern")
    });
    let text = String::from_utf8_lossy(worksheet);
    PLACES.captures_iter(&text).all(|found| {
        let place = found.get(1).or_else(|| found.get(2));
        place.is_some_and(|place| REAL.is_match(place.as_str()))
    })
}
