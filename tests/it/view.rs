//! What people look at: lists, one object with the origins of its values, and the number space.

use crate::workspace::write;
use assert_cmd::Command;
use serde_json::Value;
use std::path::Path;

const CONFIGURATION: &str = "portal: { kind: sandbox, database: .callsheet/sandbox.db }
policy: { extensions: { digits: 2-5 } }
fields: { users.dnd: initial }
";

const PEOPLE: &str = "templates:
  agent:
    title: Agents
    attributes:
      rings: { default: 2 }
      floor: { prompt: Which floor? }
    user:
      scope: lead
      rings_before_voicemail: ${rings}
      department: Floor ${floor}
      title: Agent
users:
  ann:
    first_name: Ann
    last_name: Lee
    email: ann@acme.example
    extension: 1001
    template: agent
    with: { floor: 2 }
    groups: [sales]
    permissions: [reports.view]
    dnd: false
    outbound_caller_id: +14155550100
  bob:
    first_name: Bob
    last_name: Lee
    email: bob@acme.example
    scope: administrator
    extension: 1004
    phones: [{ mac: 00:15:65:aa:bb:cc, model: yealink_t54w }]
  old:
    first_name: Old
    last_name: Hand
    email: old@acme.example
    ends: 2026-01-31
scopes:
  lead: { extends: call_center_agent, permissions: [queues.view] }
groups:
  sales: { title: Sales, permissions: [contacts.view] }
extensions:
  2000: { kind: call_queue, name: Sales, agents: [ann, bob] }
  99: { kind: conference, name: Board }
numbers:
  +14155550100: { title: Main, destination: 2000 }
  +14155550101: { title: Spare }
  +14155550102: { title: Kept, state: reserved }
";

fn run(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_callsheet"))
        .current_dir(folder)
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let code = output.status.code().unwrap();
    (code, text(output.stdout), text(output.stderr))
}

/// A workspace whose people are on the portal.
fn office() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let files = [("callsheet.yaml", CONFIGURATION), ("people.yaml", PEOPLE)];
    write(folder.path(), &files);
    let (code, out, err) = run(folder.path(), &["apply", "--yes"]);
    assert_eq!(code, 0, "{out}{err}");
    folder
}

fn ok(folder: &Path, arguments: &[&str]) -> String {
    let (code, out, err) = run(folder, arguments);
    assert_eq!(code, 0, "{arguments:?}: {out}{err}");
    out
}

/// The rest of the line that begins with a word.
fn line<'t>(shown: &'t str, word: &str) -> &'t str {
    let mut lines = shown.lines().map(str::trim);
    let found = lines.find_map(|line| line.strip_prefix(word)?.strip_prefix(' '));
    found
        .unwrap_or_else(|| panic!("no `{word}` in\n{shown}"))
        .trim()
}

fn words(text: &str) -> Vec<&str> {
    text.split("  ")
        .map(str::trim)
        .filter(|one| !one.is_empty())
        .collect()
}

#[test]
fn each_value_is_shown_with_its_origin() {
    let folder = office();
    let at = folder.path();
    let set = ["sandbox", "edit", "users/ann", "dnd=true", "alias=Annie"];
    ok(at, &set);
    let shown = ok(at, &["show", "users/ann"]);
    let head = shown.lines().next().unwrap();
    assert!(
        head.starts_with("users/ann · id ") && head.ends_with("people.yaml:13"),
        "{head}"
    );
    for (field, value, origin) in [
        ("first_name", "Ann", "people.yaml:14"),
        ("username", "ann", "people.yaml:13"),
        ("scope", "lead", "template agent, people.yaml:8"),
        (
            "rings_before_voicemail",
            "2",
            "template agent, its default for rings, people.yaml:5",
        ),
        (
            "department",
            "Floor 2",
            "template agent, with floor, people.yaml:19",
        ),
        ("title", "Agent", "template agent, people.yaml:11"),
        ("dnd", "true", "the portal (fields: users.dnd initial)"),
        ("alias", "Annie", "the portal, undeclared"),
        ("forwarding.enabled", "false", "the portal's default"),
    ] {
        assert_eq!(words(line(&shown, field)), [value, origin], "{field}");
    }
    let old = ok(at, &["show", "users/old"]);
    assert_eq!(
        words(line(&old, "active")),
        ["false", "ended on 2026-01-31"],
        "{old}"
    );
}

#[test]
fn what_is_not_applied_yet_is_shown_beside_what_is_live() {
    let folder = office();
    let at = folder.path();
    write(
        at,
        &[(
            "people.yaml",
            &PEOPLE.replace("last_name: Hand", "last_name: Pal"),
        )],
    );
    let shown = ok(at, &["show", "users/old"]);
    let told = line(&shown, "last_name");
    assert_eq!(
        words(told),
        ["Hand → Pal", "people.yaml:33, not applied yet"]
    );
    let json: Value =
        serde_json::from_str(&ok(at, &["show", "users/old", "--format", "json"])).unwrap();
    assert_eq!(json["fields"]["last_name"], "Hand");
    assert_eq!(json["origins"]["last_name"]["pending"], true);
    assert_eq!(json["origins"]["last_name"]["line"], 33);
}

#[test]
fn permissions_and_referrals_are_shown_with_where_they_come_from() {
    let folder = office();
    let shown = ok(folder.path(), &["show", "users/ann"]);
    for (permission, from) in [
        ("contacts.view", "group sales"),
        ("portal.login", "scope basic_user, which lead extends"),
        (
            "queues.login",
            "scope call_center_agent, which lead extends",
        ),
        ("queues.view", "scope lead"),
        ("reports.view", "own"),
    ] {
        assert_eq!(line(&shown, permission), from);
    }
    let queue = words(line(&shown, "extensions/2000"));
    assert_eq!(queue, ["Sales", "agents[0]", "people.yaml:41"]);
    let number = ok(folder.path(), &["show", "numbers/+14155550100"]);
    assert_eq!(
        words(line(&number, "users/ann")),
        ["outbound_caller_id", "people.yaml:23"]
    );
    let queue = ok(folder.path(), &["show", "extensions/2000"]);
    assert!(
        line(&queue, "numbers/+14155550100").contains("destination"),
        "{queue}"
    );
}

#[test]
fn what_is_declared_is_shown_without_a_portal() {
    let folder = tempfile::tempdir().unwrap();
    let unreachable = "portal: { kind: kazoo, url: \"https://127.0.0.1:1/v2\", tenant: 0123456789abcdef0123456789abcdef, credentials: { token: { env: NONE } } }\n";
    write(
        folder.path(),
        &[
            ("callsheet.yaml", unreachable),
            (
                "people.yaml",
                "users:
  ann: { first_name: Ann, last_name: Lee, email: ann@acme.example, extension: 1001 }
",
            ),
        ],
    );
    let shown = ok(folder.path(), &["show", "users/ann", "--declared"]);
    assert_eq!(words(line(&shown, "last_name")), ["Lee", "people.yaml:2"]);
    let (code, _, err) = run(folder.path(), &["show", "users/anne", "--declared"]);
    assert_eq!(code, 1, "{err}");
    assert!(
        err.contains("there is no users/anne in the files; did you mean users/ann?"),
        "{err}"
    );
}

#[test]
fn the_permissions_that_the_portal_knows_are_listed_with_their_scopes() {
    let folder = office();
    let out = ok(
        folder.path(),
        &["list", "permissions", "--search", "queues"],
    );
    assert_eq!(
        out,
        "PERMISSION     SCOPES
queues.login   call_center_agent, lead
queues.manage
queues.view    lead
"
    );
    let (code, _, err) = run(folder.path(), &["list", "permissions", "--format", "json"]);
    assert_eq!(code, 64, "{err}");
}

#[test]
fn every_word_of_a_search_is_found_in_any_field() {
    let folder = office();
    let keys = |search: &str| {
        let out = ok(
            folder.path(),
            &["list", "users", "--all", "--search", search],
        );
        let rows = out
            .lines()
            .skip(1)
            .map(|row| row.split(' ').next().unwrap().to_owned());
        rows.collect::<Vec<_>>()
    };
    assert_eq!(keys("ann lee"), ["ann"]);
    assert_eq!(keys("lee 1004"), ["bob"]);
    assert_eq!(keys("LEE"), ["ann", "bob"]);
    assert_eq!(keys("65:aa"), ["bob"]);
    assert_eq!(keys("ann ray"), Vec::<String>::new());
}

#[test]
fn a_list_has_the_columns_that_are_asked_for() {
    let folder = office();
    let at = folder.path();
    let out = ok(
        at,
        &[
            "list",
            "users",
            "--all",
            "--columns",
            "key,scope,template,phones.mac,state",
        ],
    );
    assert_eq!(
        out,
        "KEY  SCOPE          TEMPLATE  PHONES MAC         STATE
ann  lead           agent
bob  administrator            00:15:65:aa:bb:cc
old  simple_user                                 inactive
"
    );
    let (code, _, err) = run(
        at,
        &["list", "users", "--columns", "mail,scop,voicemail.email"],
    );
    assert_eq!(code, 1, "{err}");
    assert!(
        err.contains("users have no field `mail`; did you mean `email`?"),
        "{err}"
    );
    assert!(
        err.contains("users have no field `scop`; did you mean `scope`?"),
        "{err}"
    );
    let (_, out, err) = run(at, &["list", "users"]);
    assert!(!out.contains("old"), "{out}");
    assert_eq!(err, "2 people · 1 inactive not shown (--inactive, --all)\n");
}

#[test]
fn the_number_space_shows_people_and_free_ranges() {
    let folder = office();
    let out = ok(folder.path(), &["list", "extensions", "--people"]);
    assert_eq!(
        out,
        "NUMBER     KIND        NAME     ADDRESS
99         conference  Board    extensions/99
1001       user        Ann Lee  users/ann
1002-1003  free (2)
1004       user        Bob Lee  users/bob
1005-1999  free (995)
2000       call_queue  Sales    extensions/2000
"
    );
    let out = ok(
        folder.path(),
        &["list", "extensions", "--people", "--search", "lee 1004"],
    );
    assert_eq!(out.lines().count(), 2, "{out}");
}

#[test]
fn a_flag_of_another_list_is_refused() {
    let folder = office();
    for (arguments, next) in [
        (
            &["list", "users", "--people"][..],
            "list extensions --people",
        ),
        (&["list", "users", "--free"], "list numbers --free"),
        (
            &["list", "extensions", "--people", "--format", "json"],
            "text only",
        ),
    ] {
        let (code, out, err) = run(folder.path(), arguments);
        assert_eq!((code, &*out), (64, ""), "{arguments:?}: {err}");
        assert!(err.contains(next), "{err}");
    }
}

#[test]
fn numbers_say_who_shows_them_and_which_are_free() {
    let folder = office();
    let out = ok(folder.path(), &["list", "numbers"]);
    let main = out
        .lines()
        .find(|line| line.starts_with("+14155550100"))
        .unwrap();
    assert_eq!(words(main), ["+14155550100", "Main", "2000", "ann"]);
    let free = ok(folder.path(), &["list", "numbers", "--free"]);
    assert_eq!(free.lines().count(), 2, "{free}");
    assert!(free.contains("+14155550101"), "{free}");
}

#[test]
fn an_apply_lists_the_people_whom_it_changed() {
    let folder = office();
    let at = folder.path();
    let people = PEOPLE.replace("last_name: Hand", "last_name: Pal");
    write(at, &[("people.yaml", &people)]);
    let out = ok(at, &["apply", "--yes"]);
    let listed = "old  Old         Pal        old@acme.example             simple_user  inactive\n\n1 of 1 done\n";
    assert!(out.contains(listed), "{out}");
    write(at, &[("people.yaml", PEOPLE)]);
    let out = ok(at, &["apply", "--yes", "--quiet"]);
    assert!(!out.contains("FIRST NAME"), "{out}");
    let many = (0..25).fold(String::new(), |all, at| {
        all + &format!("  u{at}: {{ first_name: U, last_name: N, email: u{at}@acme.example }}\n")
    });
    let people = PEOPLE.replace("users:\n", &format!("users:\n{many}"));
    write(at, &[("people.yaml", &people)]);
    let out = ok(at, &["apply", "--yes"]);
    assert!(
        out.contains("\nand 5 more; `callsheet list users` shows them\n"),
        "{out}"
    );
}
