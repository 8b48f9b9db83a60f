//! What is *live*: listed, shown and imported.

use super::{PEOPLE, PHONES, Prompt};
use crate::workspace::write;
use std::fmt::Write as _;

#[test]
fn what_is_live_is_listed_and_shown() {
    let mut at = Prompt::with(&[("people.yaml", PEOPLE), ("phones.yaml", PHONES)]);
    assert_eq!(at.run_quietly("apply --yes").code, 0);
    for line in [
        "list users",
        "list users --inactive",
        "list users --search LEE",
        "list users --search 1002",
        "list users --search nobody",
        "list extensions",
        "list scopes",
        "list scopes --system --search center",
        "list groups",
        "show users/bob",
        "show extensions/2000",
        "show users/alise",
        "show users/0",
        "show users/zoe --format json",
    ] {
        at.run(line);
    }
    at.keep("listed-and-shown");
}

/// Two workspaces over one database.
fn filled() -> Prompt {
    let mut at = Prompt::with(&[("people.yaml", PEOPLE), ("phones.yaml", PHONES)]);
    write(at.path(), &[(
        "more.yaml",
        "scopes: { lead: { extends: call_center_agent, permissions: [users.view] } }
groups: { sales: { title: Sales }, empty: {} }
instances: { leeds: {} }
users:
  dan:
    first_name: \"yes\"
    last_name: \"0100\"
    email: dan@acme.example
    extension: 0100
    scope: lead
    groups: [sales]
    instance: leeds
    password: { command: [echo, x] }
    voicemail: { mailbox: 0100, pin: { command: [echo, 4711] } }
    phones: [{ mac: 00:15:65:aa:bb:cc, model: yealink_t54w }]
    address: |
      1 High Street
      Leeds: # really
    answering_rules: [{ name: \"no\", action: forward, destinations: [\"*97\", +14155550100] }]
    color: \"#1f77b4\"
extensions:
  3000: { kind: auto_attendant, name: \"Menu: main\", options: { 1: 2000, \"*\": dan, \"#\": \"*97\" } }
  3001: { kind: conference, name: Board, owner: dan, pin: { command: [echo, 4812] } }
",
    )]);
    let ended = at.run("apply --yes");
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    for name in ["people.yaml", "phones.yaml", "more.yaml"] {
        std::fs::remove_file(at.path().join(name)).unwrap();
    }
    at.transcript.clear();
    at
}

#[test]
fn an_import_leaves_nothing_to_plan() {
    let mut at = filled();
    for line in ["import", "plan --detailed-exitcode", "import", "validate"] {
        assert_eq!(at.run(line).code, 0, "{line}");
    }
    for name in [
        "scopes.yaml",
        "groups.yaml",
        "instances.yaml",
        "users.yaml",
        "extensions.yaml",
    ] {
        let text = at.read(name);
        write!(at.transcript, "{name}\n{text}\n").unwrap();
    }
    at.keep("import");
}

#[test]
fn an_import_of_one_brings_those_that_it_refers_to() {
    let mut at = filled();
    for line in [
        "import extensions/3000",
        "import users/bob extensions/2000",
        "import users/nobody",
        "import users/bob",
        "import scopes/basic_user",
        "plan --detailed-exitcode",
    ] {
        at.run(line);
    }
    at.keep("import-of-one");
}

#[test]
fn numbers_and_contacts_are_applied_listed_and_imported() {
    let mut at = Prompt::with(&[
        ("people.yaml", PEOPLE),
        ("phones.yaml", PHONES),
        (
            "outside.yaml",
            "numbers:
  +14155550100: { title: Main line, destination: 2000, caller_name: Acme }
  +14155550101: { destination: alice }
  +14155550102: {}
contacts:
  fire-brigade: { name: Fire brigade, company: City of Leeds, numbers: [+14155550112, +14155550113] }
  112: { name: Emergency, numbers: [+14155550112] }
",
        ),
    ]);
    for line in ["plan", "apply --yes", "plan --detailed-exitcode"] {
        assert_eq!(at.run(line).code, 0, "{line}");
    }
    for line in [
        "list numbers",
        "list contacts",
        "list contacts --search 0113",
        "list contacts --search leeds",
        "show numbers/+14155550100",
        "show contacts/fire-brigade --format json",
        "show numbers/+14155550109",
    ] {
        at.run(line);
    }
    for name in ["people.yaml", "phones.yaml", "outside.yaml"] {
        std::fs::remove_file(at.path().join(name)).unwrap();
    }
    for line in [
        "import numbers/+14155550100",
        "import",
        "plan --detailed-exitcode",
    ] {
        assert_eq!(at.run(line).code, 0, "{line}");
    }
    for name in ["numbers.yaml", "numbers-2.yaml", "contacts.yaml"] {
        let text = at.read(name);
        write!(at.transcript, "{name}\n{text}\n").unwrap();
    }
    at.keep("numbers-and-contacts");
}
