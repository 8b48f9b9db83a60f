//! Bytes that are no sheet, and sheets that attack: nothing panics, and limits hold.

use super::{CONFIGURATION, errors, import, import_with, people};
use callsheet::{
    diagnostic::Report,
    sheet::{self, Dialect, Sheet, mark},
};
use proptest::{collection::vec, prelude::*};

const USERS: &str = "users:\n  ann: { first_name: Ann, last_name: Lee, email: ann@acme.example, extension: 1001 }\n";

fn try_all(bytes: &[u8]) {
    let texts = [("callsheet.yaml", CONFIGURATION), ("office.yaml", USERS)];
    let imported = import_with(&texts, &[("staff.csv", bytes)], None, true);
    if !imported.report.has_errors() {
        for file in &imported.files {
            assert!(!file.after.is_empty());
        }
    }
    let mut report = Report::default();
    if let Some(grid) = sheet::read("staff.csv", bytes, &mut report, &mut Vec::new()) {
        for dialect in Dialect::ALL {
            let grid = sheet::read("staff.csv", bytes, &mut report, &mut Vec::new()).unwrap();
            Sheet::new(grid, Some(dialect), &mut report);
        }
        drop(mark::marked(&grid, &report));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_panic(bytes in vec(any::<u8>(), 0..200)) {
        try_all(&bytes);
    }

    #[test]
    fn no_cells_panic(cells in vec(vec("[a-z0-9\"',;=+@\n\t\r\u{e9}\u{202e}{}:#&*!|>%-]{0,12}", 4), 0..6)) {
        let mut text = "first_name,last_name,email,extension\n".to_owned();
        for row in cells {
            text.push_str(&row.join(","));
            text.push('\n');
        }
        try_all(text.as_bytes());
    }

    #[test]
    fn no_columns_panic(names in vec("(key|phone[0-9]{0,3}\\.(mac|model)|with\\.[a-z\"]{0,3}|groups|phones\\.[0-9]{1,9}\\.mac|voicemail\\.pin\\.?[a-z]{0,4}|[a-z.\\[\\]0-9*]{0,8})", 1..6), cell in "[a-z0-9;]{0,6}") {
        let row = vec![cell; names.len()];
        try_all(format!("{}\n{}\n", names.join(","), row.join(",")).as_bytes());
    }
}

#[test]
fn a_formula_reaches_no_spreadsheet() {
    let sheet = "first_name,last_name,email,extension\n=cmd|' /C calc'!A0,@SUM,-1,+1\n";
    let mut report = Report::default();
    let grid = sheet::read("staff.csv", sheet.as_bytes(), &mut report, &mut Vec::new()).unwrap();
    let imported = import(
        &[("callsheet.yaml", CONFIGURATION)],
        &[("staff.csv", sheet.as_bytes())],
        None,
    );
    assert_eq!(errors(&imported), ["invalid-value C2", "invalid-value D2"]);
    let sheet = Sheet::new(grid, None, &mut report).unwrap();
    let mut report = Report::default();
    report.add(callsheet::diagnostic::Diagnostic::new(
        callsheet::diagnostic::Rule::InvalidValue,
        sheet.grid.place(&sheet.grid.rows[0].cells[0]),
        "=1+1",
    ));
    let marked = String::from_utf8(mark::marked(&sheet.grid, &report).unwrap()).unwrap();
    let row = marked.lines().nth(1).unwrap();
    assert_eq!(row, "'=cmd|' /C calc'!A0,'@SUM,'-1,'+1,A2: =1+1");
}

#[test]
fn limits_hold() {
    let large = format!("first_name\n{}\n", "a".repeat(140_000));
    let configuration = [("callsheet.yaml", CONFIGURATION)];
    let imported = import(&configuration, &[("staff.csv", large.as_bytes())], None);
    assert_eq!(errors(&imported), ["invalid-value A2"]);
    let many = format!("first_name\n{}", "a\n".repeat(200_002));
    let imported = import(&configuration, &[("staff.csv", many.as_bytes())], None);
    assert_eq!(errors(&imported), ["file-too-large staff.csv:1"]);
    let wide = format!("{}\n", "a,".repeat(600));
    let imported = import(&configuration, &[("staff.csv", wide.as_bytes())], None);
    assert_eq!(errors(&imported), ["file-too-large staff.csv:1"]);
}

#[test]
fn no_secret_is_told() {
    let sheet = "first_name,extension,voicemail.pin,password,sip_pasword\nAnn,10a1,482913,hunter2 x,hunter3\n";
    let texts = [("callsheet.yaml", CONFIGURATION)];
    for has_file in [false, true] {
        let imported = import_with(&texts, &[("staff.csv", sheet.as_bytes())], None, has_file);
        let mut told = Vec::new();
        let look = callsheet::render::Look::default();
        callsheet::render::text::report(&imported.report, &look, &mut told).unwrap();
        callsheet::render::github::report(&imported.report, &look, &mut told).unwrap();
        callsheet::render::sarif::report(&imported.report, &look, &mut told).unwrap();
        let told = String::from_utf8(told).unwrap() + people(&imported) + &format!("{imported:?}");
        for secret in ["482913", "hunter2", "hunter3"] {
            assert!(!told.contains(secret), "{told}");
        }
    }
}
