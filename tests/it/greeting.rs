//! *Greetings*: files beside the resources, whose content is part of what is declared.

use crate::history::Office;

const PEOPLE: &str = "
users:
  ann: { first_name: Ann, last_name: Lee, email: ann@x.example, scope: administrator, voicemail: { greeting: { file: greetings/ann.wav } } }
";

const CONFIGURATION: &str = "portal: { kind: sandbox, database: .callsheet/sandbox.db }\n";

/// An office with a greeting.
fn office() -> Office {
    Office::with(&[
        ("callsheet.yaml", CONFIGURATION),
        ("people.yaml", PEOPLE),
        ("greetings/ann.wav", "Hello"),
    ])
}

/// What a plan does to the fields of users.
fn planned(office: &Office, arguments: &[&str]) -> String {
    let plan = office.json(&[&["plan"], arguments].concat());
    plan["operations"].to_string()
}

#[test]
fn a_change_of_the_content_is_a_change() {
    let office = office();
    office.apply();
    assert_eq!(planned(&office, &[]), "[]");
    office.write("greetings/ann.wav", "Good day");
    let changed = planned(&office, &[]);
    assert!(changed.contains("voicemail.greeting.sha256"), "{changed}");
    assert!(!changed.contains("voicemail.greeting.file"), "{changed}");
    // A commit has its own files, whatever the disk has.
    assert_eq!(planned(&office, &["--at", "HEAD"]), "[]");
    office.commit("Greet formally");
    assert_eq!(planned(&office, &["--at", "HEAD~1"]), "[]");
    office.apply();
    assert_eq!(planned(&office, &[]), "[]");
}

#[test]
fn a_greeting_goes_with_its_file() {
    let office = office();
    office.apply();
    office.edit(", voicemail: { greeting: { file: greetings/ann.wav } }", "");
    office.commit("Let the portal greet");
    let changed = planned(&office, &[]);
    assert!(changed.contains("voicemail.greeting.sha256"), "{changed}");
    office.apply();
    assert_eq!(planned(&office, &[]), "[]");
}

#[test]
fn a_file_that_cannot_be_read_is_an_error_at_its_line() {
    let office = office();
    std::fs::remove_file(office.path().join("greetings/ann.wav")).unwrap();
    let missing = office.fails(1, &["validate"]);
    assert!(missing.contains("error[unreadable-file]"), "{missing}");
    assert!(missing.contains("people.yaml:3:"), "{missing}");
    assert!(missing.contains("there is no such file"), "{missing}");

    let outside = tempfile::NamedTempFile::new().unwrap();
    let link = office.path().join("greetings/ann.wav");
    std::os::unix::fs::symlink(outside.path(), link).unwrap();
    let leads_out = office.fails(1, &["validate"]);
    assert!(
        leads_out.contains("leads out of the workspace"),
        "{leads_out}"
    );

    std::fs::remove_file(office.path().join("greetings/ann.wav")).unwrap();
    let large = std::fs::File::create(office.path().join("greetings/ann.wav")).unwrap();
    large.set_len((10 << 20) + 1).unwrap();
    let too_large = office.fails(1, &["validate"]);
    assert!(too_large.contains("larger than 10 MiB"), "{too_large}");
}
