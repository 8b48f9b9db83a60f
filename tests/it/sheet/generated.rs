//! Sheets of every dialect, in every encoding, with every delimiter and every fault: they import, or fail at exactly
//! the right cells.

use super::{CONFIGURATION, errors, import, people};
use callsheet::sheet::Dialect;

/// An encoding of a sheet.
#[derive(Clone, Copy, Debug)]
enum Encoding {
    Utf8,
    Utf8Marked,
    Utf16Little,
    Utf16Big,
    Windows1252,
}

const ENCODINGS: [Encoding; 5] = [
    Encoding::Utf8,
    Encoding::Utf8Marked,
    Encoding::Utf16Little,
    Encoding::Utf16Big,
    Encoding::Windows1252,
];

/// How lines end.
const LINE_ENDS: [&str; 3] = ["\n", "\r\n", "\r"];

impl Encoding {
    fn bytes(self, text: &str) -> Vec<u8> {
        let units = text.encode_utf16();
        match self {
            Self::Utf8 => text.as_bytes().to_vec(),
            Self::Utf8Marked => [b"\xef\xbb\xbf", text.as_bytes()].concat(),
            Self::Utf16Little => [0xff, 0xfe]
                .into_iter()
                .chain(units.flat_map(u16::to_le_bytes))
                .collect(),
            Self::Utf16Big => [0xfe, 0xff]
                .into_iter()
                .chain(units.flat_map(u16::to_be_bytes))
                .collect(),
            Self::Windows1252 => text
                .chars()
                .map(|c| u8::try_from(u32::from(c)).unwrap())
                .collect(),
        }
    }
}

type Grid = Vec<Vec<String>>;

/// A mistake in a sheet.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    None,
    InvalidValue,
    ShortenedNumber,
    FailedFormula,
    Duplicate,
    UnknownColumn,
    ColumnTwice,
    ShortRow,
    LongRow,
    ExampleRow,
    Missing,
    OpenQuote,
    Secret,
}

const FAULTS: [Fault; 13] = [
    Fault::None,
    Fault::InvalidValue,
    Fault::ShortenedNumber,
    Fault::FailedFormula,
    Fault::Duplicate,
    Fault::UnknownColumn,
    Fault::ColumnTwice,
    Fault::ShortRow,
    Fault::LongRow,
    Fault::ExampleRow,
    Fault::Missing,
    Fault::OpenQuote,
    Fault::Secret,
];

/// A sheet of three people with an empty row between them, whose columns are: what may be a formula, the required name,
/// what is unique, an address, and a secret, where there is one.
fn grid(dialect: Dialect) -> Grid {
    let (header, first): (&[&str], &[&str]) = match dialect {
        Dialect::Callsheet => (
            &[
                "last_name",
                "first_name",
                "extension",
                "email",
                "voicemail.pin",
            ],
            &["Lee", "Ng", "Dee"],
        ),
        Dialect::NetSapiens => (
            &[
                "Last Name*",
                "First Name*",
                "Extension*",
                "Email Address",
                "Voicemail PIN",
            ],
            &["Lee", "Ng", "Dee"],
        ),
        Dialect::Kazoo => (
            &[
                "last_name",
                "first_name",
                "extension_number",
                "email_address",
                "password",
            ],
            &["Lee", "Ng", "Dee"],
        ),
        Dialect::Contacts => (
            &["company", "name", "key", "email", "number"],
            &["Acme", "Acme", "Acme"],
        ),
    };
    let is_contacts = dialect == Dialect::Contacts;
    let unique = if is_contacts {
        ["rene", "bob", "eve"]
    } else {
        ["0101", "'0102", "0103"]
    };
    let last = if is_contacts {
        ["'+14155550101", "+14155550102", "112"]
    } else {
        [""; 3]
    };
    let person = |at: usize, name: &str, email: &str| {
        [first[at], name, unique[at], email, last[at]]
            .map(str::to_owned)
            .to_vec()
    };
    vec![
        header.iter().map(|name| (*name).to_owned()).collect(),
        person(0, "Ren\u{e9}, \"Sales\"", "rene@acme.example"),
        Vec::new(),
        person(1, "Bob; Ng", "bob@acme.example"),
        person(2, "'s Eve", "eve@acme.example"),
    ]
}

/// Makes a mistake; gives the errors that must be found.
fn make(fault: Fault, dialect: Dialect, grid: &mut Grid) -> Vec<&'static str> {
    let is_contacts = dialect == Dialect::Contacts;
    let mut set = |row: usize, column: usize, text: &str| text.clone_into(&mut grid[row][column]);
    match fault {
        Fault::None => vec![],
        Fault::InvalidValue => {
            set(3, 2, "1 0a/1");
            set(4, 3, "eve");
            vec!["invalid-value C4", "invalid-value D5"]
        }
        Fault::ShortenedNumber => {
            set(3, 2, "1.41556E+10");
            vec!["invalid-value C4"]
        }
        Fault::FailedFormula => {
            set(1, 3, "#REF!");
            vec!["invalid-value D2"]
        }
        Fault::Duplicate => {
            set(4, 2, if is_contacts { "rene" } else { "0101" });
            match is_contacts {
                true => vec!["duplicate-address C5"],
                false => vec!["duplicate-value C5"],
            }
        }
        Fault::UnknownColumn => {
            set(0, 3, "salary");
            // The users' portal asks for what the column held.
            match is_contacts {
                true => vec!["unknown-field D1"],
                false => vec!["missing-field A1", "unknown-field D1"],
            }
        }
        Fault::ColumnTwice => {
            let name = grid[0][1].clone();
            name.clone_into(&mut grid[0][3]);
            // Further errors follow from the two values.
            vec!["duplicate-key D1"]
        }
        Fault::ShortRow => {
            grid[3].pop();
            vec!["invalid-value D4"]
        }
        Fault::LongRow => {
            grid[3].push("more".to_owned());
            vec!["invalid-value F4"]
        }
        Fault::ExampleRow => {
            set(1, 1, "Example");
            vec!["example-row A2"]
        }
        Fault::Missing => {
            set(3, 1, " ");
            vec!["missing-field B4"]
        }
        Fault::OpenQuote => {
            set(4, 3, "\u{1}");
            vec!["invalid-value D5"]
        }
        Fault::Secret if is_contacts => vec![],
        Fault::Secret => {
            set(4, 4, "'4829");
            vec!["literal-secret E5"]
        }
    }
}

fn text(grid: &Grid, delimiter: &str, line_end: &str) -> String {
    let cell = |text: &String| match &**text {
        "\u{1}" => "\"never ends".to_owned(),
        text if text.contains(['"', ',', ';', '\n', '\t']) => {
            format!("\"{}\"", text.replace('"', "\"\""))
        }
        text => text.to_owned(),
    };
    let rows = grid
        .iter()
        .map(|row| row.iter().map(cell).collect::<Vec<_>>().join(delimiter) + line_end);
    rows.collect()
}

#[test]
fn sheets_import_or_fail_at_exactly_the_right_cells() {
    let mut count = 0;
    for (number, dialect) in Dialect::ALL.into_iter().enumerate() {
        for encoding in ENCODINGS {
            for (at, delimiter) in [",", ";", "\t"].into_iter().enumerate() {
                for fault in FAULTS {
                    let mut rows = grid(dialect);
                    let mut expected = make(fault, dialect, &mut rows);
                    let line_end = LINE_ENDS[(number + at) % LINE_ENDS.len()];
                    let mut text = text(&rows, delimiter, line_end);
                    if line_end == "\r" {
                        // A sheet has one kind of line break.
                        text = text.replace('\n', "\r");
                    }
                    let bytes = encoding.bytes(&text);
                    let configuration = [("callsheet.yaml", CONFIGURATION)];
                    let imported = import(&configuration, &[("staff.csv", &bytes)], Some(dialect));
                    let what = format!(
                        "{dialect:?} {encoding:?} {delimiter:?} {line_end:?} {fault:?}\n{text}"
                    );
                    let found = errors(&imported);
                    expected.sort_unstable();
                    if fault == Fault::ColumnTwice {
                        assert!(
                            found.iter().any(|one| one == expected[0]),
                            "{what}{found:?}"
                        );
                    } else {
                        assert_eq!(found, expected, "{what}");
                    }
                    if expected.is_empty() {
                        assert_eq!(imported.added.len(), 3, "{what}");
                        let yaml = people(&imported);
                        assert!(
                            yaml.contains("Ren\u{e9}, \\\"Sales\\\"")
                                || yaml.contains("Ren\u{e9}, \"Sales\""),
                            "{yaml}"
                        );
                        assert!(yaml.contains("'s Eve"), "{yaml}");
                    }
                    count += 1;
                }
            }
        }
    }
    assert!(count >= 200, "{count} sheets");
}
