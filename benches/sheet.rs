//! How long it takes to import a sheet of 10,000 people, new ones and those who are declared.

use callsheet::{
    desired,
    diagnostic::Report,
    repo::Files,
    sheet::{self, Imported, Sheet, Wish},
};
use jiff::civil::date;
use std::fmt::Write as _;

fn main() {
    divan::main();
}

const CONFIGURATION: &str = "portal: { kind: sandbox, database: sandbox.db }\n";

/// The number of people.
const PEOPLE: usize = 10_000;

fn sheet() -> String {
    let mut text = "first_name,last_name,email,extension,phone.mac,phone.model\n".to_owned();
    for number in 0..PEOPLE {
        // Writing to a string can't fail.
        _ = writeln!(
            text,
            "Ann,Lee{number},p{number}@acme.example,{},00:15:65:aa:{:02x}:{:02x},yealink_t54w",
            10_000 + number,
            number / 256,
            number % 256
        );
    }
    text
}

fn import(people: &str, text: &str) -> Imported {
    let mut files = Files::default();
    files.take("callsheet.yaml".to_owned(), CONFIGURATION.into());
    files.take("people.yaml".to_owned(), people.into());
    let mut report = Report::default();
    let grid = sheet::read("staff.csv", text.as_bytes(), &mut report, &mut Vec::new());
    let sheet = grid.and_then(|grid| Sheet::new(grid, None, &mut report));
    let wish = Wish {
        to: "people.yaml",
        has_secrets_file: false,
        country: None,
    };
    let load = |files| desired::load(files, date(2026, 1, 5));
    let imported = sheet::import(files, &[sheet.expect("a sheet")], wish, &load);
    assert!(!imported.report.has_errors());
    imported
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn new_people(bencher: divan::Bencher<'_, '_>) {
    let text = sheet();
    bencher.bench(|| import("", &text));
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn declared_people(bencher: divan::Bencher<'_, '_>) {
    let text = sheet();
    let people = import("", &text).files.remove(0).after;
    bencher.bench(|| import(&people, &text));
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn changed_people(bencher: divan::Bencher<'_, '_>) {
    let text = sheet();
    let people = import("", &text).files.remove(0).after;
    let changed = text.replace("Ann,", "Anna,");
    bencher.bench(|| import(&people, &changed));
}
