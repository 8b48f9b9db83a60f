//! *Crash tests* on Kazoo, where one object is several documents and names aren't enforced: a process is killed
//! at each write of a mixed plan, before the write is applied, while it is applied, and before its answer
//! arrives. The next run converges to the result of an uninterrupted one, without orphaned documents.

use crate::{
    faulty::{Fault, Faulty, Match, writes},
    kazoo::{Dialect, Kazoo, PASSWORD},
    workspace::write,
};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    process::{Command, Output, Stdio},
    time::Duration,
};
use tempfile::TempDir;

/// The initial state: people, a conference, and a person who will be deleted.
const BEFORE: &str = "
groups: { sales: {}, support: {} }
users:
  ann: { first_name: Ann, last_name: Lee, email: ann@acme.example, extension: 1001, scope: admin, groups: [sales] }
  eve: { first_name: Eve, last_name: Oak, email: eve@acme.example, extension: 1003, groups: [sales],
    phones: [{ mac: 00:15:65:00:00:03, model: yealink_t54w }, { mac: 00:15:65:00:00:33, model: yealink_t54w }] }
";
const GOING: &str = "
  zed: { first_name: Zed, last_name: Elm, email: zed@acme.example, extension: 1009, groups: [support],
    phones: [{ mac: 00:15:65:00:00:09, model: yealink_t54w }] }
extensions:
  2009: { kind: conference, name: Old room }
  2010: { kind: conference, name: Once a room }
numbers:
  +14155550100: { destination: zed }
";

/// The target state.
const AFTER: &str = "
groups: { sales: {}, support: {}, night: {} }
users:
  ann: { first_name: Ann, last_name: Lee, email: ann@acme.example, extension: 1001, scope: admin, groups: [sales] }
  eve: { first_name: Eve, last_name: Oak, email: eve@acme.example, extension: 1013, title: Clerk, groups: [night],
    rings_before_voicemail: 6, voicemail: { email: home@acme.example },
    phones: [{ mac: 00:15:65:00:00:03, model: yealink_t57w }, { mac: 00:15:65:00:00:13, model: yealink_t54w }] }
  kim: { first_name: Kim, last_name: Yew, email: kim@acme.example, extension: 1004, groups: [sales, night],
    password: { env: KIM_PASSWORD }, voicemail: { pin: { env: KIM_PIN } },
    phones: [{ mac: 00:15:65:00:00:04, model: yealink_t54w }, { mac: 00:15:65:00:00:05, model: yealink_t54w }] }
extensions:
  2010: { kind: auto_attendant, name: Now a menu, options: { 1: 1001 } }
  2000: { kind: ring_group, name: Sales, members: [kim, eve], no_answer: ann }
  3000: { kind: conference, name: Board room, owner: kim, pin: { env: KIM_PIN } }
  4000: { kind: auto_attendant, name: Main menu, options: { 1: kim, 2: 2000 } }
numbers:
  +14155550100: { destination: 2000 }
";

/// Contacts, if supported: two that need the list, which doesn't exist yet.
const CONTACTS: &str = "
contacts:
  fire: { name: Fire brigade, numbers: [+14155550111] }
  taxi: { name: Taxi }
";

fn after(dialect: Dialect) -> String {
    match dialect {
        Dialect::Four => format!("{AFTER}{CONTACTS}"),
        Dialect::Five => AFTER.to_owned(),
    }
}

fn workspace(url: &str, people: &str, absent: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let config = format!(
        "portal:\n  kind: kazoo\n  url: {url}\n  tenant: acme\n  credentials: {{ user: admin, password: {{ env: KAZOO }} }}\n  rate_limit: {{ per_second: 5000, burst: 5000 }}\npolicy: {{ deletes: {{ max: 10, percent: 100 }} }}\nabsent: [{absent}]\nallow:\n  - {{ finding: in-use, address: users/zed, until: 2099-01-01, because: a leaver leaves the group }}\n"
    );
    write(
        folder.path(),
        &[("callsheet.yaml", &config), ("people.yaml", people)],
    );
    folder
}

fn callsheet(folder: &TempDir, line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_callsheet"));
    command.current_dir(folder.path()).env_clear();
    command.envs([
        ("KAZOO", PASSWORD),
        ("KIM_PASSWORD", "kims own"),
        ("KIM_PIN", "4711"),
    ]);
    command.args(line.split(' '));
    command
}

fn said(output: &Output) -> String {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

/// Runs a command that must succeed.
fn run(folder: &TempDir, line: &str, when: &str) -> String {
    let output = callsheet(folder, line).output().unwrap();
    assert_eq!(
        output.status.code(),
        Some(0),
        "{when}: {line}: {}",
        said(&output)
    );
    said(&output)
}

/// A Kazoo with the initial state.
fn before(dialect: Dialect) -> Kazoo {
    let kazoo = Kazoo::start(dialect);
    let folder = workspace(&kazoo.url, &format!("{BEFORE}{GOING}"), "");
    run(&folder, "apply --yes", "before");
    kazoo.forget();
    kazoo
}

const COLLECTIONS: [&str; 8] = [
    "users",
    "devices",
    "vmboxes",
    "groups",
    "conferences",
    "menus",
    "lists",
    "entries",
];

/// All documents of the account as text, with names instead of IDs, and without random values. Duplicates are
/// kept.
fn dump(kazoo: &Kazoo) -> Vec<String> {
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    let mut all: Vec<(&str, Value)> = Vec::new();
    for collection in COLLECTIONS.into_iter().chain(["callflows"]) {
        for (id, mut doc) in kazoo.docs(collection) {
            let by = ["username", "mac_address", "mailbox", "name", "displayname"];
            let name = by.iter().find_map(|field| doc[*field].as_str());
            let name = format!("{collection}/{}", name.unwrap_or("?"));
            names.insert(id, name);
            let fields = doc.as_object_mut().unwrap();
            fields.remove("sip");
            if let Some(Value::Object(endpoints)) = fields.get_mut("endpoints") {
                // Who came first is a matter of luck.
                endpoints
                    .values_mut()
                    .for_each(|endpoint| endpoint["weight"] = json!(1));
            }
            all.push((collection, doc));
        }
    }
    let mut lines: Vec<String> = Vec::new();
    for (collection, doc) in &all {
        let mut text = doc.to_string();
        for (id, name) in &names {
            text = text.replace(id, name);
        }
        let mut doc: Value = serde_json::from_str(&text).unwrap();
        doc.sort_all_objects();
        lines.push(format!("{collection} {doc}"));
    }
    lines.sort();
    lines
}

/// The documents without an owner, or with an owner that no longer exists.
fn orphans(kazoo: &Kazoo) -> Vec<String> {
    let users = kazoo.docs("users");
    let flows: String = kazoo
        .docs("callflows")
        .values()
        .map(Value::to_string)
        .collect();
    let mut orphans = Vec::new();
    for collection in ["devices", "vmboxes", "callflows", "conferences"] {
        for (id, doc) in kazoo.docs(collection) {
            let owner = doc["owner_id"].as_str();
            if owner.is_some_and(|owner| !users.contains_key(owner)) {
                orphans.push(format!("{collection}/{id} belongs to nobody: {doc}"));
            }
        }
    }
    for collection in ["conferences", "menus", "vmboxes"] {
        for (id, doc) in kazoo.docs(collection) {
            if !flows.contains(&id) {
                orphans.push(format!("nothing leads to {collection}/{id}: {doc}"));
            }
        }
    }
    for (id, group) in kazoo.docs("groups") {
        let endpoints = group["endpoints"].as_object().cloned().unwrap_or_default();
        let gone = endpoints
            .keys()
            .find(|endpoint| !users.contains_key(*endpoint));
        orphans.extend(gone.map(|gone| format!("{gone} is gone and in groups/{id}")));
    }
    orphans
}

fn sent(kazoo: &Kazoo) -> usize {
    let seen = kazoo.requests();
    seen.iter()
        .filter(|seen| writes(&seen.method, &seen.path))
        .count()
}

/// The result of an uninterrupted run, and its number of writes.
fn uninterrupted(dialect: Dialect) -> (Vec<String>, usize) {
    let kazoo = before(dialect);
    let folder = workspace(&kazoo.url, &after(dialect), "users/zed, extensions/2009");
    run(&folder, "apply --yes", "straight");
    let count = sent(&kazoo);
    run(&folder, "plan --detailed-exitcode", "straight");
    assert_eq!(orphans(&kazoo), [""; 0]);
    assert_eq!(kazoo.violations(), [""; 0]);
    (dump(&kazoo), count)
}

fn killed(dialect: Dialect, fault: Fault, write: usize, expected: &[String]) {
    let when = format!("{fault:?} at write {write}");
    let kazoo = before(dialect);
    let faulty = Faulty::before(&kazoo.url);
    let folder = workspace(&faulty.url(), &after(dialect), "users/zed, extensions/2009");
    faulty.fail(Match::write().nth(write), fault);
    let mut command = callsheet(&folder, "apply --yes");
    let command = command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut running = command.spawn().unwrap();
    faulty.until_held(1);
    running.kill().unwrap();
    running.wait().unwrap();
    faulty.release();
    // What was on its way arrives, and only then does anybody try again.
    let dropped = usize::from(matches!(fault, Fault::HoldThenDrop));
    let relayed = || {
        let requests = faulty.requests();
        requests
            .iter()
            .filter(|(method, path)| writes(method, path))
            .count()
    };
    for _ in 0..500 {
        if sent(&kazoo) + dropped == relayed() {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    faulty.heal();

    let rerun = run(&folder, "apply --yes", &when);
    assert!(
        rerun.contains("an earlier apply was cut off"),
        "{when}: {rerun}"
    );
    run(&folder, "plan --detailed-exitcode", &when);
    let actual = dump(&kazoo);
    let differs = |one: &&String, other: &[String]| !other.contains(one);
    let more: Vec<&String> = actual.iter().filter(|one| differs(one, expected)).collect();
    let less: Vec<&String> = expected
        .iter()
        .filter(|one| differs(one, &actual))
        .collect();
    assert!(
        more.is_empty() && less.is_empty(),
        "{when}: there is {more:#?} and not {less:#?}\n{rerun}"
    );
    assert_eq!(
        actual.len(),
        expected.len(),
        "{when}: something is there twice"
    );
    assert_eq!(orphans(&kazoo), [""; 0], "{when}");
    assert_eq!(kazoo.violations(), [""; 0], "{when}");
    let config = folder.path().join("callsheet.yaml");
    let text = std::fs::read_to_string(&config).unwrap();
    let kims = text
        .replace("user: admin", "user: kim")
        .replace("env: KAZOO", "env: KIM_PASSWORD");
    std::fs::write(&config, kims).unwrap();
    run(&folder, "list groups", &format!("{when}, as Kim"));
}

fn killed_at_every_write(dialect: Dialect, fault: Fault) {
    let (expected, count) = uninterrupted(dialect);
    assert!(count >= 20, "{count}");
    for write in 1..=count {
        killed(dialect, fault, write, &expected);
    }
}

#[test]
fn a_kill_before_any_write_converges() {
    killed_at_every_write(Dialect::Four, Fault::HoldThenDrop);
}

#[test]
fn a_kill_during_any_write_converges() {
    killed_at_every_write(Dialect::Five, Fault::Hold);
}

#[test]
fn a_kill_after_any_write_converges() {
    killed_at_every_write(Dialect::Four, Fault::HoldAnswer);
}
