//! A *sheet* is a spreadsheet that people fill in: customers their people, installers the phones. It becomes resources
//! in files, and resources become a sheet again.
//!
//! Nothing in a sheet is trusted: its size, its encoding and its cells come from outside. Secrets in it never reach a
//! file of the workspace or a message.

mod bytes;
pub mod cell;
mod convert;
mod country;
mod dialect;
mod edit;
mod entry;
mod export;
mod files;
mod flow;
pub mod grid;
mod import;
mod join;
pub mod mark;
mod origin;
mod overlay;
mod path;
mod people;
mod proof;
mod rows;
mod split;
mod target;
mod workbook;
mod written;

pub use convert::Setting;
pub use country::Country;
pub use dialect::Dialect;
pub use export::{Exported, export, template};
pub use files::Changed;
pub use grid::{Grid, MAX_SIZE};
pub use import::{Imported, Wish, import};
pub use rows::Sheet;
pub use target::SheetSecret;

use crate::{
    diagnostic::{Diagnostic, Report, Rule},
    source::{Place, Source, Span},
};
use bytes::Encoding;

/// Why a file can't be read as a sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is something else.
    Other(&'static str),
    /// It has bytes that no text in this encoding has.
    BrokenText(&'static str),
    /// It has NUL bytes.
    Nul,
    /// It has no rows.
    Empty,
    /// It is too large.
    TooLarge,
    /// It has too many of something.
    TooMany(&'static str, usize),
    /// It is no valid workbook.
    BrokenWorkbook(String),
    /// Why, is reported already.
    Reported,
}

impl Refusal {
    /// What is wrong, and what to do.
    fn diagnostic(&self, name: &str) -> Option<Diagnostic> {
        let save = "save it as `CSV UTF-8` or as `.xlsx` in a spreadsheet program";
        let (rule, message, help) = match self {
            Self::Reported => return None,
            Self::Other(what) => (
                Rule::UnreadableFile,
                format!("the file is {what}, not a sheet"),
                save.to_owned(),
            ),
            Self::BrokenText(encoding) => (
                Rule::Encoding,
                format!("the file begins as {encoding} and isn't {encoding} throughout"),
                save.to_owned(),
            ),
            Self::Nul => (
                Rule::Encoding,
                "the file has NUL bytes, which no text has".to_owned(),
                save.to_owned(),
            ),
            Self::Empty => (
                Rule::UnreadableFile,
                "the sheet is empty".to_owned(),
                "write a row with the names of the columns; `callsheet csv template` prints one"
                    .to_owned(),
            ),
            Self::TooLarge => (
                Rule::FileTooLarge,
                format!("the sheet has more than {} MiB", MAX_SIZE >> 20),
                "split it into several sheets".to_owned(),
            ),
            Self::TooMany(what, count) => (
                Rule::FileTooLarge,
                format!("the sheet has more than {count} {what}"),
                "split it into several sheets".to_owned(),
            ),
            Self::BrokenWorkbook(why) => (
                Rule::UnreadableFile,
                format!("the workbook can't be read: {why}"),
                save.to_owned(),
            ),
        };
        let place = Place::new(&Source::new(name, ""), Span::default());
        Some(Diagnostic::new(rule, place, message).help(help))
    }
}

/// Reads the bytes of a file as a sheet. What is wrong is reported, what is worth knowing is noted.
pub fn read(
    name: &str,
    bytes: &[u8],
    report: &mut Report,
    notes: &mut Vec<String>,
) -> Option<Grid> {
    let grid = if bytes.len() as u64 > MAX_SIZE {
        Err(Refusal::TooLarge)
    } else if workbook::is_archive(bytes) {
        workbook::read(name, bytes, report).map(|(grid, sheets)| {
            if let [first, _, ..] = &*sheets {
                notes.push(format!(
                    "{name}: the sheet `{first}` is read, the first of {}",
                    sheets.len()
                ));
            }
            grid
        })
    } else {
        bytes::text(bytes).and_then(|(text, encoding)| {
            if encoding == Encoding::Windows1252 {
                notes.push(format!(
                    "{name}: read as Windows-1252, since it is not UTF-8; check names with accents"
                ));
            }
            grid::read(name, text, report)
        })
    };
    match grid {
        Ok(grid) => Some(grid),
        Err(refusal) => {
            let told = refusal.diagnostic(name);
            told.into_iter().for_each(|one| report.add(one));
            None
        }
    }
}
