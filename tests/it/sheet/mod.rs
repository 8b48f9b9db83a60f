//! *Sheets* as a library sees them: every dialect in every encoding with every fault, round trips of random people, and
//! bytes that are no sheet.

mod generated;
mod hostile;
mod round_trip;
mod workbook;

use callsheet::{
    desired::{self, Desired},
    diagnostic::{Level, Report},
    repo::Files,
    sheet::{self, Dialect, Imported, Sheet, Wish},
};
use jiff::civil::date;

/// The configuration of a workspace over the sandbox.
const CONFIGURATION: &str = "portal: { kind: sandbox, database: sandbox.db }\n";

/// Files by name and text.
fn files(texts: &[(&str, &str)]) -> Files {
    let mut files = Files::default();
    for (name, text) in texts {
        files.take((*name).to_owned(), text.as_bytes().to_vec());
    }
    files
}

fn load(files: Files) -> Desired {
    desired::load(files, date(2026, 1, 5))
}

/// Imports the bytes of sheets into a workspace.
fn import(texts: &[(&str, &str)], sheets: &[(&str, &[u8])], dialect: Option<Dialect>) -> Imported {
    import_with(texts, sheets, dialect, false)
}

fn import_with(
    texts: &[(&str, &str)],
    sheets: &[(&str, &[u8])],
    dialect: Option<Dialect>,
    has_secrets_file: bool,
) -> Imported {
    let mut report = Report::default();
    let mut notes = Vec::new();
    let read = sheets.iter().filter_map(|(name, bytes)| {
        let grid = sheet::read(name, bytes, &mut report, &mut notes)?;
        Sheet::new(grid, dialect, &mut report)
    });
    let read: Vec<Sheet> = read.collect();
    let wish = Wish {
        to: "people.yaml",
        has_secrets_file,
        country: None,
    };
    let mut imported = match read.len() == sheets.len() {
        true => sheet::import(files(texts), &read, wish, &load),
        false => Imported::default(),
    };
    report.extend(std::mem::take(&mut imported.report));
    imported.report = report;
    imported
}

/// The errors, each with its cell: `missing-field C4`.
fn errors(imported: &Imported) -> Vec<String> {
    let errors = imported.report.sorted();
    let errors = errors.iter().filter(|one| one.level() == Level::Error);
    let mut errors: Vec<String> = errors
        .map(|one| match one.place.cell() {
            Some(cell) => format!("{} {cell}", one.rule),
            None => format!("{} {}", one.rule, one.place),
        })
        .collect();
    errors.sort();
    errors
}

/// The text of the file for new resources.
fn people(imported: &Imported) -> &str {
    let file = imported
        .files
        .iter()
        .find(|file| file.name == "people.yaml");
    file.map_or("", |file| &file.after)
}
