//! People's *lives*: who starts, who leaves, who takes over.

use crate::history::Office;
use callsheet::{
    desired::load,
    model::{Address, Kind, State},
    repo::Files,
};
use jiff::civil::{Date, date};
use proptest::prelude::{ProptestConfig, any, prop, proptest};
use serde_json::Value;
use std::fmt::Write as _;

fn operations(plan: &Value) -> Vec<String> {
    let operations = plan["operations"].as_array().unwrap().iter();
    let told = operations.map(|one| {
        let word = |name: &str| one[name].as_str().unwrap().to_owned();
        format!("{} {} {}", word("address"), word("action"), word("cause"))
    });
    told.collect()
}

#[test]
fn a_leaver_is_one_line_and_one_plan() {
    let office = Office::new();
    office.edit(
        "members: [bob, eve] }",
        "members: [bob, eve] }\n  2001: { kind: auto_attendant, name: Menu, options: { 1: bob } }",
    );
    office.commit("Add a menu");
    office.apply();
    office.edit(
        "extension: 1002, template: desk-user",
        "extension: 1002, template: desk-user, leaver: { successor: ann, until: 2099-01-31 }",
    );
    office.commit("Bob leaves");
    let plan = office.json(&["plan", "--base", "HEAD~1", "--target", "users/bob"]);
    assert_eq!(
        operations(&plan),
        [
            "users/bob deactivate change",
            "extensions/2000 update change",
            "extensions/2001 update change",
        ]
    );
    assert_eq!(plan["blocked"], false);
    let shown = office.callsheet(&["plan"]).output().unwrap();
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    for line in [
        "leaves, users/ann takes over",
        "users/bob leaves",
        "[bob, eve] → [eve]",
        "bob → ann",
    ] {
        assert!(shown.contains(line), "{line}: {shown}");
    }
    office.apply();
    assert!(operations(&office.json(&["plan"])).is_empty());

    // Too soon, the messages would be lost.
    let people = std::fs::read_to_string(office.path().join("people.yaml")).unwrap();
    let bob = people
        .lines()
        .find(|line| line.contains("leaver:"))
        .unwrap();
    office.edit(&format!("{bob}\n"), "");
    office.edit("members: [bob, eve]", "members: [eve]");
    office.edit("options: { 1: bob }", "options: { 1: ann }");
    office.commit("Remove Bob");
    let plan = office.json(&["plan"]);
    assert_eq!(plan["findings"][0]["rule"], "leaver-kept");
    assert_eq!(plan["blocked"], true);
    let plan = office.json(&["plan", "--as-of", "2099-02-01"]);
    assert_eq!(operations(&plan), ["users/bob delete pending"]);
    assert_eq!(plan["blocked"], false);
}

#[test]
fn a_leaver_who_is_due_can_be_removed() {
    let office = Office::new();
    office.edit(
        "extension: 1006",
        "extension: 1006, leaver: { successor: ann, until: 2099-01-31 }",
    );
    let validate = |day: &str| {
        let run = office.callsheet(&["validate", "--as-of", day]);
        let run = { run }.assert().success();
        String::from_utf8_lossy(&run.get_output().stderr).into_owned()
    };
    assert_eq!(validate("2099-01-31"), "");
    let due = validate("2099-02-01");
    assert!(
        due.contains("users/zed was kept until 2099-01-31, and can be removed now"),
        "{due}"
    );
}

#[test]
fn people_start_and_end_on_their_days() {
    let office = Office::new();
    office.edit(
        "extension: 1005",
        "extension: 1005, starts: 2098-01-01, ends: 2099-01-31",
    );
    office.commit("Lou starts");
    let plan = office.json(&["plan"]);
    let lou = plan["operations"].as_array().unwrap().iter();
    let lou = lou
        .into_iter()
        .find(|one| one["address"] == "users/lou")
        .unwrap();
    assert_eq!(lou["target"]["active"], false);
    assert_eq!(lou["notes"][0], "starts on 2098-01-01");
    office.apply();
    assert!(operations(&office.json(&["plan", "--as-of", "2097-12-31"])).is_empty());
    // The day changes, and neither the files nor the portal.
    let arrived = office.json(&["plan", "--as-of", "2098-01-01"]);
    assert_eq!(operations(&arrived), ["users/lou reactivate pending"]);
    office
        .callsheet(&["apply", "--yes", "--as-of", "2098-01-01"])
        .assert()
        .success();
    assert!(operations(&office.json(&["plan", "--as-of", "2099-01-31"])).is_empty());
    let left = office.json(&["plan", "--as-of", "2099-02-01"]);
    assert_eq!(operations(&left), ["users/lou deactivate pending"]);
    office
        .callsheet(&["apply", "--yes", "--as-of", "2099-02-01"])
        .assert()
        .success();
    assert!(operations(&office.json(&["plan", "--as-of", "2099-02-01"])).is_empty());
}

const PEOPLE: [&str; 4] = ["ann", "bob", "cyd", "dee"];

/// A workspace from random bytes, in which people refer to each other in every way; some of them leave.
pub(crate) fn workspace(bytes: &[u8]) -> String {
    let mut bytes = bytes.iter().copied();
    let mut dice = |count: u8| bytes.next().unwrap_or_default() % count;
    let mut text =
        "users:\n  boss: { first_name: B, last_name: B, email: boss@x.example, extension: 1000 }\n"
            .to_owned();
    let who = |of: u8| PEOPLE[usize::from(of) % PEOPLE.len()];
    for (at, key) in PEOPLE.iter().enumerate() {
        write!(
            text,
            "  {key}: {{ first_name: F, last_name: L, email: {key}@x.example, extension: {}",
            1001 + at
        )
        .unwrap();
        if dice(2) == 0 {
            let to = who(dice(4));
            if to != *key {
                write!(
                    text,
                    ", forwarding: {{ enabled: true, destinations: [{to}, \"2000\"] }}"
                )
                .unwrap();
            }
        }
        if dice(2) == 0 {
            text.push_str(", leaver: { successor: boss, until: 2099-01-31 }");
        }
        text.push_str(" }\n");
    }
    let number = |of: u8| 1001 + u32::from(of);
    writeln!(
        text,
        "extensions:\n  2000: {{ kind: call_queue, name: Q, agents: [{}], overflow: \"{}\" }}\n  \
         2001: {{ kind: ring_group, name: R, members: [\"{}\"] }}\n  \
         2002: {{ kind: auto_attendant, name: M, options: {{ 1: {}, 2: \"{}\" }} }}\n  \
         2003: {{ kind: conference, name: C, owner: {} }}\n\
         numbers:\n  \"+14155550112\": {{ destination: {} }}",
        who(dice(4)),
        number(dice(4)),
        number(dice(4)),
        who(dice(4)),
        number(dice(4)),
        who(dice(4)),
        who(dice(4)),
    )
    .unwrap();
    text
}

fn declared(text: &str, today: Date) -> (State, bool) {
    let mut files = Files::default();
    files.take(
        "callsheet.yaml".to_owned(),
        b"portal: { kind: sandbox, database: x.db }\n".to_vec(),
    );
    files.take("people.yaml".to_owned(), text.as_bytes().to_vec());
    let desired = load(files, today);
    (desired.state, desired.report.has_errors())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_leads_to_who_left(bytes in prop::collection::vec(any::<u8>(), 24)) {
        let text = workspace(&bytes);
        let (state, has_errors) = declared(&text, date(2026, 9, 1));
        assert!(!has_errors, "{text}");
        for (address, user) in state.of_kind(Kind::Users) {
            let has_left = user.lifecycle.as_ref().is_some_and(|life| life.leaver.is_some());
            if !has_left {
                continue;
            }
            let number = user.fields.text("extension").unwrap().to_owned();
            for (other, resource) in &state.resources {
                other.kind.shape().references(&resource.fields, &mut |path, _, text| {
                    assert!(*text != *address.key && *text != *number, "{other} {path}: {text}");
                });
            }
        }
        let left = Address::new(Kind::Users, "boss");
        assert!(state.get(&left).unwrap().derived.iter().all(|one| &*one.field != "active"));
    }
}
