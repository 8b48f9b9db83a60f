//! `callsheet renumber`: the files get other numbers, and nothing else.

use crate::{history::Office, lives};
use callsheet::{
    renumber::{Error, Pattern, renumber},
    repo::Files,
};
use jiff::civil::date;
use proptest::prelude::{ProptestConfig, any, prop, proptest};
use std::fmt::Write as _;

/// A site: 143 people, who are on a team each, and numbers that lead to them, in every notation.
fn site() -> Vec<(&'static str, String)> {
    let mut people = "# The site.
templates:
  desk-user:
    attributes: { ext: { prompt: Extension }, assistant: { default: 1001 } }
    user: { extension: \"${ext}\", voicemail: { mailbox: \"${ext}\" }, forwarding: { destinations: [\"${assistant}\"] } }
users:
"
    .to_owned();
    for at in 0..143 {
        let number = 1001 + at;
        match at % 3 {
            0 => writeln!(people, "  u{at}: {{ first_name: F, last_name: L{at}, email: u{at}@x.example, extension: {number} }} # desk {number}"),
            1 => writeln!(people, "  u{at}:\n    first_name: F\n    last_name: L{at}\n    email: u{at}@x.example\n    extension: \"{number}\"   # quoted\n    voicemail: {{ mailbox: '{number}' }}"),
            _ => writeln!(people, "  u{at}: {{ template: desk-user, with: {{ ext: {number} }}, first_name: F, last_name: L{at}, email: u{at}@x.example }}"),
        }
        .unwrap();
    }
    let mut numbers = "extensions:\n".to_owned();
    for at in 0..12 {
        let key = if at % 3 == 2 { 1950 } else { 1900 } + at;
        let (one, other) = (1001 + at * 7, 1002 + at * 9);
        match at % 3 {
            0 => writeln!(numbers, "  {key}: {{ kind: ring_group, name: Team {at}, members: [{one}, \"{other}\", u3] }}"),
            1 => writeln!(numbers, "  \"{key}\":\n    # A menu.\n    kind: auto_attendant\n    name: Menu {at}\n    options: {{ 1: {one}, 2: '{other}', 3: 5001 }}"),
            _ => writeln!(numbers, "  {key}:\n    kind: call_queue\n    name: Queue 1001\n    overflow: {one}"),
        }
        .unwrap();
    }
    numbers.push_str("  5001: { kind: conference, name: Room 1001 }\n");
    let lines = "numbers:\n  \"+14155551001\": { title: Line 1001, destination: 1003 }\n";
    let configuration = "portal: { kind: sandbox, database: .callsheet/sandbox.db }\n\
                         policy: { extensions: { digits: 4-5, kinds: { call_queue: 1950-1969 } } }\n";
    vec![
        ("callsheet.yaml", configuration.to_owned()),
        ("people.yaml", people),
        ("extensions.yaml", numbers),
        ("lines.yaml", lines.to_owned()),
    ]
}

fn office() -> Office {
    let site = site();
    let site: Vec<(&str, &str)> = site.iter().map(|(name, text)| (*name, &**text)).collect();
    Office::with(&site)
}

fn said(office: &Office, arguments: &[&str]) -> String {
    let run = office.callsheet(arguments).assert().success();
    String::from_utf8_lossy(&run.get_output().stdout).into_owned()
}

#[test]
fn a_site_gets_other_numbers_in_one_command_one_commit_and_one_finding() {
    let office = office();
    office.apply();
    let read = |name: &str| std::fs::read_to_string(office.path().join(name)).unwrap();
    let before = read("people.yaml");
    let shown = said(&office, &["renumber", "1xxx", "21xxx", "--dry-run"]);
    assert!(shown.contains("\n-  u0: { first_name: F, last_name: L0, email: u0@x.example, extension: 1001 } # desk 1001\n+  u0: { first_name: F, last_name: L0, email: u0@x.example, extension: 21001 } # desk 1001\n"), "{shown}");
    let last = shown.lines().last().unwrap();
    assert_eq!(
        last,
        "143 people, 12 extensions, 226 places in 4 files; nothing was written"
    );
    assert_eq!(read("people.yaml"), before);

    let done = said(&office, &["renumber", "1xxx", "21xxx"]);
    assert_eq!(done, "143 people, 12 extensions, 226 places in 4 files\n");
    let after = read("people.yaml");
    assert_eq!(before.lines().count(), after.lines().count());
    for line in [
        "    extension: \"21002\"   # quoted",
        "    voicemail: { mailbox: '21002' }",
        "assistant: { default: 21001 }",
        "with: { ext: 21003 }",
    ] {
        assert!(after.contains(line), "{line}");
    }
    let extensions = read("extensions.yaml");
    for line in [
        "  21900: { previously: \"1900\", kind: ring_group, name: Team 0, members: [21001, \"21002\", u3] }",
        "  \"21901\":\n    # A menu.\n    previously: \"1901\"\n    kind: auto_attendant",
        "options: { 1: 21008, 2: '21011', 3: 5001 }",
        "    name: Queue 1001",
    ] {
        assert!(extensions.contains(line), "{line}: {extensions}");
    }
    assert!(
        read("lines.yaml").contains("\"+14155551001\": { title: Line 1001, destination: 21003 }")
    );
    assert!(read("callsheet.yaml").contains("call_queue: 21950-21969"));

    office.commit("Renumber the site");
    let plan = office.json(&["plan", "--base", "HEAD~1"]);
    assert_eq!(plan["blocked"], false, "{}", plan["findings"]);
    assert_eq!(plan["summary"]["delete"], 0);
    assert_eq!(plan["summary"]["create"], 0);
    let text = said(&office, &["plan"]);
    let told: Vec<&str> = text
        .lines()
        .filter(|line| line.contains("renumber-impact"))
        .collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(text.contains("142 more: "), "{text}");
    let text = said(&office, &["plan", "--format", "markdown"]);
    assert!(text.matches("renumber-impact").count() < 3, "{text}");
    office.apply();
    assert_eq!(office.json(&["plan"])["operations"], serde_json::json!([]));
}

#[test]
fn what_cant_be_renumbered_is_left_as_it_is() {
    let office = Office::new();
    let before = std::fs::read_to_string(office.path().join("people.yaml")).unwrap();
    for (arguments, code, message) in [
        (["10xx", "20xx"], 1, "users/ann would get 2001"),
        (
            ["1001", "1002"],
            1,
            "users/ann would get 1002, which users/bob has (people.yaml:",
        ),
        (["3xxx", "4xxx"], 1, "no extension fits 3xxx"),
        (
            ["1xxx", "2xx"],
            64,
            "1xxx keeps 3 digits and 2xx has place for 2",
        ),
        (["1a", "2a"], 64, "`1a` is not a number"),
    ] {
        if arguments[0] == "10xx" {
            office.edit("2000: {", "2001: {");
        }
        let said = office.fails(code, &["renumber", arguments[0], arguments[1]]);
        assert!(said.contains(message), "{said}");
        if arguments[0] == "10xx" {
            office.edit("2001: {", "2000: {");
        }
    }
    let after = std::fs::read_to_string(office.path().join("people.yaml")).unwrap();
    assert_eq!(before, after);
    // A policy can be changed in the same commit.
    office.write("callsheet.yaml", "portal: { kind: sandbox, database: .callsheet/sandbox.db }\npolicy: { extensions: { digits: 4 } }\n");
    let run = office
        .callsheet(&["renumber", "1xxx", "21xxx"])
        .assert()
        .success();
    let said = String::from_utf8_lossy(&run.get_output().stderr).into_owned();
    assert!(said.contains("`policy.extensions`"), "{said}");
}

#[test]
fn a_text_with_the_old_number_is_told_whose_it_was() {
    let office = Office::new();
    office.edit("members: [bob, eve] }", "members: [bob, \"1003\"] }");
    office.commit("Ring Eve by her number");
    office.edit("extension: 1003", "extension: 1013");
    let said = office.fails(1, &["validate"]);
    assert!(
        said.contains("help: 1003 was that of users/eve, who has 1013 now"),
        "{said}"
    );
    office.commit("Give Eve another number");
    let said = office.fails(1, &["plan"]);
    assert!(
        said.contains("help: 1003 was that of users/eve, who has 1013 now"),
        "{said}"
    );
}

fn files(text: &str, shared: bool) -> Files {
    let mut files = Files::default();
    files.take(
        "callsheet.yaml".to_owned(),
        b"portal: { kind: sandbox, database: x.db }\n".to_vec(),
    );
    let name = if shared {
        "../people.yaml"
    } else {
        "people.yaml"
    };
    files.take(name.to_owned(), text.as_bytes().to_vec());
    files
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    /// The state with the numbers mapped is checked by the renumbering itself; there and back is nothing.
    #[test]
    fn there_and_back_is_where_it_was(bytes in prop::collection::vec(any::<u8>(), 24)) {
        let text = lives::workspace(&bytes).replace("extensions:", "# 1001\nextensions:");
        let today = date(2026, 9, 1);
        let there = Pattern::new("1xxx", "21xxx").unwrap();
        let back = Pattern::new("21xxx", "1xxx").unwrap();
        let moved = renumber(files(&text, false), &there, today).unwrap();
        assert_eq!(moved.people, 5);
        let moved = &moved.files[0].after;
        assert!(!moved.contains("extension: 10") && moved.contains("# 1001"), "{moved}");
        let returned = renumber(files(moved, false), &back, today).unwrap();
        assert_eq!(returned.files[0].after, text);
        let shared = renumber(files(&text, true), &there, today);
        assert!(matches!(shared, Err(Error::Shared(_))));
    }
}
