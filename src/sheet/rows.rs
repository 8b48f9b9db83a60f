//! The *rows* of a sheet become entries: what each row states, with the cell of each value.

use super::{
    cell::{is_shortened, plain},
    convert::{self, Setting, Wrong},
    dialect::{Conversion, Dialect, Meaning},
    entry::Entry,
    grid::{Grid, Row},
    path::shape_at,
};
use crate::{
    diagnostic::{Diagnostic, Report, Rule},
    model::Shape,
    sensitive::looks_secret,
    source::Place,
};
use std::collections::{BTreeMap, BTreeSet};

/// A sheet whose columns are understood.
#[derive(Debug)]
pub struct Sheet {
    /// Its cells.
    pub grid: Grid,
    /// Its dialect.
    pub dialect: Dialect,
    /// What each column means; nothing for an unknown one.
    meanings: Vec<Option<Meaning>>,
}

/// Texts that a spreadsheet program shows where a formula failed.
const FAILED: [&str; 8] = [
    "#REF!", "#N/A", "#NAME?", "#VALUE!", "#DIV/0!", "#NULL!", "#NUM!", "#SPILL!",
];

impl Sheet {
    /// Reads the columns of a grid. Without a dialect, it is recognised by them.
    pub fn new(grid: Grid, dialect: Option<Dialect>, report: &mut Report) -> Option<Self> {
        let names = grid.header.iter().map(|cell| &*cell.text);
        let Some(dialect) = dialect.or_else(|| Dialect::recognise(names)) else {
            let place = grid.header.first().map(|cell| grid.place(cell))?;
            let message = "no column has a known name, so this is no sheet of people";
            let help = "the first row names the columns; `callsheet csv template` prints one";
            report.add(Diagnostic::new(Rule::UnknownField, place, message).help(help));
            return None;
        };
        let mut sheet = Self {
            meanings: Vec::new(),
            grid,
            dialect,
        };
        let mut seen: BTreeMap<(String, Option<String>), Place> = BTreeMap::new();
        for (index, cell) in sheet.grid.header.iter().enumerate() {
            let name = cell.text.trim();
            let place = sheet.grid.place(cell);
            let meaning = dialect.meaning(name);
            let is_empty = sheet.column(index).all(|cell| cell.text.trim().is_empty());
            // A marked copy came back.
            let is_marks = super::dialect::normal(name).starts_with(super::mark::COLUMN);
            if meaning.is_none() && !(name.is_empty() && is_empty) && !is_marks {
                report.add(unknown_column(dialect, name, place.clone()));
            }
            if let Some(meaning) = &meaning {
                // Several columns may be parts of one field.
                let part = matches!(
                    meaning.conversion,
                    Conversion::ModelPart | Conversion::DeliveryEnabled
                )
                .then(|| super::dialect::normal(name));
                let key = match &*meaning.path {
                    "" => format!("{:?}", meaning.conversion),
                    path => path.to_owned(),
                };
                if let Some(first) = seen.insert((key, part), place.clone()) {
                    let message = format!("the column `{name}` is there twice");
                    let twice = Diagnostic::new(Rule::DuplicateKey, place, message);
                    let twice = twice.help("keep one of the two columns");
                    report.add(twice.related(first, "the first one"));
                }
            }
            sheet.meanings.push(meaning);
        }
        sheet.hide_secrets();
        Some(sheet)
    }

    fn column(&self, index: usize) -> impl Iterator<Item = &super::cell::Cell> {
        self.grid
            .rows
            .iter()
            .filter_map(move |row| row.cells.get(index))
    }

    /// The columns whose cells are secrets.
    pub fn secret_columns(&self) -> BTreeSet<usize> {
        let columns = self.grid.header.iter().zip(&self.meanings).enumerate();
        let secret = columns.filter(|(_, (header, meaning))| match meaning {
            Some(Meaning { path, conversion }) => {
                let shape = shape_at(self.dialect.kind().shape(), path).map(Shape::strict);
                let is_part = [".env", ".file", ".command", ".version"]
                    .iter()
                    .any(|end| path.ends_with(end));
                *conversion == Conversion::Password
                    || matches!(shape, Some(Shape::Secret)) && !is_part
                    || path.starts_with("advanced.") && looks_secret(path)
            }
            None => looks_secret(&header.text),
        });
        secret.map(|(index, _)| index).collect()
    }

    /// Whether a cell holds a secret.
    #[must_use]
    pub fn has_secrets(&self) -> bool {
        let columns = self.secret_columns();
        let mut cells = columns.into_iter().flat_map(|index| self.column(index));
        cells.any(|cell| !cell.text.trim().is_empty())
    }

    fn hide_secrets(&self) {
        for index in self.secret_columns() {
            for cell in self.column(index) {
                self.grid.source.hide_span(cell.span);
            }
        }
    }

    /// The cell of a row in the column of a path.
    pub(super) fn cell_of(&self, row: usize, path: &str) -> Option<Place> {
        let is_it = |meaning: &Option<Meaning>| {
            meaning.as_ref().is_some_and(|meaning| meaning.path == path)
        };
        let index = self.meanings.iter().position(is_it)?;
        let cell = self.grid.rows.get(row)?.cells.get(index)?;
        Some(self.grid.place(cell))
    }

    /// Whether a column of the sheet means a path.
    pub(super) fn has_column(&self, path: &str) -> bool {
        let mut meanings = self.meanings.iter().flatten();
        meanings.any(|meaning| meaning.path == path)
    }

    /// The place of a row: its first cell with text.
    pub(super) fn place_of_row(&self, row: usize) -> Place {
        let row = &self.grid.rows[row];
        let cell = row.cells.iter().find(|cell| !cell.text.trim().is_empty());
        let span = cell.map_or_else(|| row.span(), |cell| cell.span);
        Place::new(&self.grid.source, span)
    }

    /// Reads the rows. `index` is that of the sheet.
    pub(super) fn entries(
        &self,
        index: usize,
        setting: Setting<'_>,
        report: &mut Report,
        notes: &mut Vec<(Place, String)>,
    ) -> Vec<Entry> {
        let mut entries = Vec::with_capacity(self.grid.rows.len());
        let mut domain: Option<Box<str>> = None;
        for (at, row) in self.grid.rows.iter().enumerate() {
            if self.is_example(row) {
                let message = format!("row {} is the example row of the template", row.number);
                let place = self.place_of_row(at);
                let example = Diagnostic::new(Rule::ExampleRow, place, message);
                report.add(example.as_error().help("delete the row"));
                continue;
            }
            let mut entry = Entry {
                kind: self.dialect.kind(),
                stated: Vec::new(),
                rows: vec![(index, at)],
                wrong: BTreeSet::new(),
            };
            for (cell, meaning) in row.cells.iter().zip(&self.meanings) {
                let Some(meaning) = meaning else { continue };
                let text = self.text(meaning, &cell.text);
                if text.trim().is_empty() {
                    continue;
                }
                let place = self.grid.place(cell);
                if meaning.conversion == Conversion::Domain && setting.tenant.is_none() {
                    let first = domain.get_or_insert_with(|| text.to_lowercase().into());
                    if **first != *text.to_lowercase() {
                        let message =
                            format!("the domain `{text}` is not `{first}`, which other rows have");
                        let help = "one workspace is one domain; split the sheet";
                        report.add(Diagnostic::new(Rule::InvalidValue, place, message).help(help));
                        continue;
                    }
                }
                match self.read(meaning, text, setting) {
                    Ok((given, note)) => {
                        notes.extend(note.map(|note| (place.clone(), note)));
                        entry.state(meaning, given, place);
                    }
                    Err(Wrong {
                        rule,
                        message,
                        help,
                    }) => {
                        entry.wrong.insert(meaning.path.to_string());
                        report.add(Diagnostic::new(rule, place, message).help(help));
                    }
                }
            }
            entries.push(entry);
        }
        entries
    }

    /// The text of a cell as its field has it: without white space around it, unless it may have several lines.
    fn text<'t>(&self, meaning: &Meaning, text: &'t str) -> &'t str {
        let shape = shape_at(self.dialect.kind().shape(), &meaning.path).map(Shape::strict);
        let is_prose = matches!(shape, Some(Shape::Text(Some(format))) if format.name == "prose");
        match is_prose {
            true => plain(text),
            false => plain(text).trim(),
        }
    }

    fn read(
        &self,
        meaning: &Meaning,
        text: &str,
        setting: Setting<'_>,
    ) -> Result<convert::Read, Wrong> {
        if is_shortened(text) {
            return Err(Wrong {
                rule: Rule::InvalidValue,
                message: format!(
                    "`{text}` is a number that a spreadsheet program shortened; its last digits are lost"
                ),
                help: "format the column as text, and type the number again".to_owned(),
            });
        }
        if FAILED.contains(&text) {
            return Err(Wrong {
                rule: Rule::InvalidValue,
                message: format!("`{text}` is a formula that failed"),
                help: "write the value itself".to_owned(),
            });
        }
        convert::read(self.dialect.kind(), meaning, text, setting)
    }

    /// Whether a row is the example of a template.
    // S3.21
    fn is_example(&self, row: &Row) -> bool {
        let text = |path: &str| {
            let columns = row.cells.iter().zip(&self.meanings);
            let mut own = columns.filter(|(_, meaning)| {
                meaning.as_ref().is_some_and(|meaning| meaning.path == path)
            });
            own.next().map_or("", |(cell, _)| cell.text.trim())
        };
        let is_john = text("first_name") == "John" && text("last_name") == "Doe";
        text("first_name").eq_ignore_ascii_case("example")
            || text("name").eq_ignore_ascii_case("example")
            || is_john && text("email").ends_with("@example.com")
    }
}

fn unknown_column(dialect: Dialect, name: &str, place: Place) -> Diagnostic {
    let shown: String = name.chars().take(80).collect();
    let message = match &*shown {
        "" => "a column has cells and no name".to_owned(),
        name => format!("`{name}` is not a column of {} sheets", dialect.name()),
    };
    let help = match dialect.near(name) {
        Some(near) => format!("did you mean `{near}`?"),
        None if name.is_empty() => "name the column in the first row, or delete it".to_owned(),
        None => format!(
            "delete the column; `callsheet csv template --as {}` prints those that there are",
            dialect.name()
        ),
    };
    Diagnostic::new(Rule::UnknownField, place, message).help(help)
}
