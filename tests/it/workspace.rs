//! A *workspace* for a test: files in a directory, or in memory.

use callsheet::{
    desired::{Desired, load},
    diagnostic::Report,
    render::{self, Format, Look, document::Heading},
    repo::{CONFIGURATION, Files},
};
use std::{path::Path, process::Command};

/// The standard configuration.
pub(crate) const STANDARD: &str = "portal: { kind: sandbox, database: .callsheet/sandbox.db }\npolicy: { extensions: { digits: 2-5 } }\n";

/// The date of all tests, since waivers expire.
pub(crate) fn today() -> jiff::civil::Date {
    jiff::civil::date(2026, 9, 1)
}

/// What a command prints in a workspace, with a variable of the environment, and its exit code.
pub(crate) fn told(
    folder: &Path,
    (name, value): (&str, &str),
    arguments: &[&str],
) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_callsheet"))
        .current_dir(folder)
        .env(name, value)
        .args(arguments)
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    let code = output.status.code().unwrap();
    (code, String::from_utf8(text).unwrap())
}

/// Loads a workspace with one file.
pub(crate) fn read_file(name: &str, bytes: impl Into<Vec<u8>>) -> Desired {
    let mut files = Files::default();
    files.take(CONFIGURATION.to_owned(), STANDARD.into());
    files.take(name.to_owned(), bytes.into());
    load(files, today())
}

/// A report in one format, without colors.
pub(crate) fn shown(report: &Report, format: Format) -> String {
    let mut out = Vec::new();
    render::report(
        format,
        &Heading::default(),
        report,
        &Look::default(),
        &mut out,
    )
    .unwrap();
    String::from_utf8(out).unwrap()
}

/// The ids of a report's rules, in order.
pub(crate) fn rules(report: &Report) -> Vec<&'static str> {
    report.sorted().iter().map(|one| one.rule.id()).collect()
}

/// Writes files into a directory, with their subdirectories.
pub(crate) fn write(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}
