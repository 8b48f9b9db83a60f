//! Workbooks as Excel saves them, and archives that only look like them.

use super::{CONFIGURATION, errors, import, people};
use callsheet::{diagnostic::Report, sheet};
use proptest::{collection::vec, prelude::*};
use std::io::{Cursor, Write as _};
use zip::{ZipWriter, write::SimpleFileOptions};

const TYPES: &str = r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>"#;
const ROOT: &str = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
const BOOK: &str = r#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Staff" sheetId="1" r:id="rId1"/></sheets></workbook>"#;
const RELATIONS: &str = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#;

/// A workbook with one sheet of these cells: `t:` is text, everything else a number.
fn workbook(cells: &[(&str, &str)]) -> Vec<u8> {
    let mut rows: std::collections::BTreeMap<u32, String> = std::collections::BTreeMap::new();
    for (name, value) in cells {
        let row: u32 = name
            .trim_start_matches(|c: char| c.is_ascii_uppercase())
            .parse()
            .unwrap();
        let cell = match value.strip_prefix("t:") {
            Some(text) => format!(r#"<c r="{name}" t="inlineStr"><is><t>{text}</t></is></c>"#),
            None => format!(r#"<c r="{name}"><v>{value}</v></c>"#),
        };
        rows.entry(row).or_default().push_str(&cell);
    }
    let rows: Vec<String> = rows
        .iter()
        .map(|(row, cells)| format!(r#"<row r="{row}">{cells}</row>"#))
        .collect();
    archive(&format!(
        r#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>"#,
        rows.concat()
    ))
}

fn archive(sheet: &str) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in [
        ("[Content_Types].xml", TYPES),
        ("_rels/.rels", ROOT),
        ("xl/workbook.xml", BOOK),
        ("xl/_rels/workbook.xml.rels", RELATIONS),
        ("xl/worksheets/sheet1.xml", sheet),
    ] {
        writer
            .start_file(name, SimpleFileOptions::default())
            .unwrap();
        writer.write_all(content.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

const CONFIGURATION_ONLY: [(&str, &str); 1] = [("callsheet.yaml", CONFIGURATION)];

#[test]
fn a_workbook_is_a_sheet() {
    let bytes = workbook(&[
        ("A1", "t:First Name*"),
        ("B1", "t:Extension*"),
        ("C1", "t:Email Address"),
        ("D1", "t:Site"),
        ("E1", "t:Last Name*"),
        ("A2", "t:Ann"),
        ("B2", "1001"),
        ("C2", "t:ann@acme.example"),
        ("D2", "t:Leeds"),
        ("E2", "t:Lee"),
        ("A5", "t:Bob"),
        ("B5", "10.5"),
        ("C5", "t:bob"),
        ("E5", "t:Ng"),
    ]);
    let imported = import(&CONFIGURATION_ONLY, &[("staff.xlsx", &bytes)], None);
    assert_eq!(errors(&imported), ["invalid-value B5", "invalid-value C5"]);
    let place = &imported.report.sorted()[0].place;
    assert_eq!(
        (place.to_string(), place.start().line),
        ("staff.xlsx:B5".to_owned(), 5)
    );
    let bytes = workbook(&[
        ("A1", "t:name"),
        ("B1", "t:number"),
        ("A2", "t:Ann"),
        ("B2", "112"),
    ]);
    let imported = import(&CONFIGURATION_ONLY, &[("staff.xlsx", &bytes)], None);
    assert_eq!(errors(&imported), Vec::<String>::new());
    assert!(people(&imported).contains("112"), "{}", people(&imported));
}

#[test]
fn a_number_that_excel_rounds_is_an_error() {
    let bytes = workbook(&[
        ("A1", "t:name"),
        ("B1", "t:number"),
        ("A2", "t:Ann"),
        ("B2", "1.2345678901234568E+19"),
    ]);
    let imported = import(&CONFIGURATION_ONLY, &[("staff.xlsx", &bytes)], None);
    assert_eq!(errors(&imported), ["invalid-value B2"]);
}

#[test]
fn an_archive_that_unpacks_to_much_is_refused() {
    let bomb = archive(&" ".repeat(80 << 20));
    assert!(bomb.len() < 1 << 20);
    let imported = import(&CONFIGURATION_ONLY, &[("staff.xlsx", &bomb)], None);
    assert_eq!(errors(&imported), ["file-too-large staff.xlsx:1"]);
    let far = workbook(&[("A1", "t:first_name"), ("XFD1048576", "1")]);
    let imported = import(&CONFIGURATION_ONLY, &[("staff.xlsx", &far)], None);
    assert_eq!(errors(&imported), ["file-too-large staff.xlsx:1"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_archive_panics(changes in vec((any::<prop::sample::Index>(), any::<u8>()), 0..6)) {
        let mut bytes = workbook(&[("A1", "t:first_name"), ("A2", "t:Ann")]);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        drop(sheet::read("staff.xlsx", &bytes, &mut Report::default(), &mut Vec::new()));
    }

    #[test]
    fn no_worksheet_panics(xml in "(<c r=\"[A-Z]{0,4}[0-9]{0,12}\"( t=\"(s|b|e|str|inlineStr|n|d)\")?><v>[0-9.eE+-]{0,8}</v></c>|<row r=\"[0-9]{0,11}\">|</row>|<is>|<t>|&[a-z]{0,3};){0,8}") {
        let sheet = format!("<worksheet><sheetData>{xml}</sheetData></worksheet>");
        drop(sheet::read("staff.xlsx", &archive(&sheet), &mut Report::default(), &mut Vec::new()));
    }
}
