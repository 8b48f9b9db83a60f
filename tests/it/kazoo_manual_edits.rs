//! *Manual edits*: changes that administrators make to a Kazoo outside of Callsheet are read if possible and
//! never overwritten.

use crate::{
    kazoo::{Dialect, Kazoo, PASSWORD},
    workspace::write,
};
use serde_json::{Value, json};
use std::process::Command;
use tempfile::TempDir;

const RATE_LIMIT: &str = "  rate_limit: { per_second: 5000, burst: 5000 }\n";

fn workspace(kazoo: &Kazoo, people: &str, more: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let config = format!(
        "portal:\n  kind: kazoo\n  url: {}\n  tenant: acme\n  credentials: {{ user: admin, password: {{ env: KAZOO }} }}\n{RATE_LIMIT}{more}",
        kazoo.url
    );
    write(
        folder.path(),
        &[("callsheet.yaml", &config), ("people.yaml", people)],
    );
    folder
}

fn people(folder: &TempDir, people: &str) {
    write(folder.path(), &[("people.yaml", people)]);
}

/// Runs a command. Returns its exit code and its output.
fn run(folder: &TempDir, line: &str) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_callsheet"));
    command.current_dir(folder.path()).env_clear();
    command.envs([
        ("KAZOO", PASSWORD),
        ("PW", "correct horse"),
        ("PIN", "4711"),
    ]);
    let output = command.args(line.split(' ')).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let said = text(&output.stdout) + &text(&output.stderr);
    (output.status.code().unwrap_or(-1), said)
}

/// Applies, and checks that the next plan is empty.
fn apply(folder: &TempDir) {
    let (code, said) = run(folder, "apply --yes");
    assert_eq!(code, 0, "{said}");
    let (code, said) = run(folder, "plan --detailed-exitcode");
    assert_eq!(code, 0, "{said}");
}

fn by(kazoo: &Kazoo, collection: &str, field: &str, value: &str) -> (String, Value) {
    let docs = kazoo.docs(collection).into_iter();
    let mut found = docs.filter(|(_, doc)| doc[field] == value);
    found
        .next()
        .unwrap_or_else(|| panic!("no {field} {value} in {collection}"))
}

const ANN: &str =
    "ann: { first_name: Ann, last_name: Lee, email: ann@acme.example, extension: 1001";
const BOB: &str =
    "bob: { first_name: Bob, last_name: Fox, email: bob@acme.example, extension: 1002";

fn pair(ann: &str, bob: &str) -> String {
    format!("users:\n  {ANN}{ann} }}\n  {BOB}{bob} }}\n")
}

/// Adds addresses to `absent`.
fn absent(folder: &TempDir, addresses: &str) {
    let config = folder.path().join("callsheet.yaml");
    let text = std::fs::read_to_string(&config).unwrap();
    let policy =
        format!("policy: {{ deletes: {{ max: 10, percent: 100 }} }}\nabsent: [{addresses}]\n");
    std::fs::write(&config, text + &policy).unwrap();
}

#[test]
fn a_group_without_endpoints_is_read() {
    let kazoo = Kazoo::start(Dialect::Four);
    let folder = workspace(&kazoo, &pair("", ""), "");
    apply(&folder);
    let team = kazoo.seed("groups", json!({"name": "Team", "endpoints": {}}));
    kazoo.set("groups", &team, json!({"endpoints": null}));
    people(
        &folder,
        &(pair(", groups: [team]", "") + "groups: { team: {} }\n"),
    );
    apply(&folder);
    kazoo.set("groups", &team, json!({"endpoints": null}));
    absent(&folder, "users/bob");
    people(
        &folder,
        &format!("users:\n  {ANN} }}\ngroups: {{ team: {{}} }}\n"),
    );
    apply(&folder);
}

#[test]
fn of_two_internal_numbers_the_users_extension_is_replaced() {
    let kazoo = Kazoo::start(Dialect::Four);
    let folder = workspace(&kazoo, &pair("", ""), "");
    apply(&folder);
    let (flow, _) = by(&kazoo, "callflows", "name", "Ann Lee SmartPBX's Callflow");
    kazoo.set("callflows", &flow, json!({"numbers": ["1009", "1001"]}));
    people(&folder, &pair("", "").replace("1001", "1005"));
    apply(&folder);
    let numbers = kazoo.doc("callflows", &flow).unwrap()["numbers"].clone();
    assert_eq!(numbers, json!(["1005", "1009"]));
}

#[test]
fn an_agent_is_removed_from_a_queue_and_deleted_in_one_change() {
    for dialect in [Dialect::Four, Dialect::Five] {
        let kazoo = Kazoo::start(dialect);
        let queue = |agents: &str| {
            format!("extensions:\n  2000: {{ kind: call_queue, name: Q, agents: [{agents}] }}\n")
        };
        let folder = workspace(&kazoo, &(pair("", "") + &queue("ann, bob")), "");
        apply(&folder);
        absent(&folder, "users/bob");
        let ann = |title: &str| format!("users:\n  {ANN}, title: {title} }}\n");
        people(&folder, &(ann("Chief") + &queue("")));
        apply(&folder);
        people(&folder, &(ann("Boss") + &queue("ann")));
        apply(&folder);
    }
}

#[test]
fn a_user_whose_name_differs_from_the_key_is_created_before_references() {
    for dialect in [Dialect::Four, Dialect::Five] {
        let kazoo = Kazoo::start(dialect);
        let all = "groups: { sales: {} }\nusers:\n  ann: { first_name: Ann, last_name: Lee, email: \
            ann@acme.example, username: ann.lee, extension: 1001, groups: [sales] }\nextensions:\n  \
            2000: { kind: ring_group, name: R, members: [ann], no_answer: ann }\n  \
            2001: { kind: conference, name: C, owner: ann }\n  \
            2002: { kind: forward, name: F, destination: ann }\n  \
            2003: { kind: auto_attendant, name: M, options: { 1: ann } }\n  \
            2004: { kind: call_queue, name: Q, agents: [ann], overflow: ann }\n";
        let folder = workspace(&kazoo, all, "");
        apply(&folder);
        assert_eq!(kazoo.violations(), [""; 0]);
    }
}

#[test]
fn a_manually_edited_flow_is_changed_only_in_known_nodes() {
    let kazoo = Kazoo::start(Dialect::Four);
    let folder = workspace(&kazoo, &pair(", rings_before_voicemail: 4", ""), "");
    apply(&folder);
    let (ann, _) = by(&kazoo, "users", "username", "ann");
    let (flow, doc) = by(&kazoo, "callflows", "name", "Ann Lee SmartPBX's Callflow");
    let rings = |seconds: i64| {
        json!({"module": "user", "data": {"id": ann, "timeout": seconds},
            "children": {"_": doc["flow"]["children"]["_"]}})
    };
    let hours = json!({"module": "temporal_route", "data": {"rules": []},
        "children": {"day": rings(20), "_": rings(10)}});
    kazoo.set("callflows", &flow, json!({"flow": null}));
    kazoo.set("callflows", &flow, json!({"flow": hours}));
    people(&folder, &pair(", rings_before_voicemail: 6", ""));
    apply(&folder);
    let now = kazoo.doc("callflows", &flow).unwrap()["flow"].clone();
    assert_eq!(now["children"]["day"]["data"]["timeout"], 30);
    assert_eq!(now["children"]["_"]["data"]["timeout"], 10);

    // There are two voicemail nodes, one of which is not the fallback of the user's node.
    people(&folder, &pair(", voicemail: { enabled: false }", ""));
    let (code, said) = run(&folder, "apply --yes");
    assert_eq!(code, 1, "{said}");
    assert!(
        said.contains("people.yaml:2: voicemail.enabled: the user's callflow was edited manually"),
        "{said}"
    );

    // A fallback to another user is kept.
    let (flow, _) = by(&kazoo, "callflows", "name", "Bob Fox SmartPBX's Callflow");
    let ring = json!({"module": "ring_group", "data": {"endpoints": [{"id": ann, "endpoint_type": "user"}]},
        "children": {}});
    kazoo.set(
        "callflows",
        &flow,
        json!({"flow": {"children": {"_": null}}}),
    );
    kazoo.set(
        "callflows",
        &flow,
        json!({"flow": {"children": {"_": ring}}}),
    );
    let before = kazoo.doc("callflows", &flow);
    people(&folder, &pair("", ", voicemail: { enabled: true }"));
    let (code, said) = run(&folder, "apply --yes");
    assert_eq!(code, 1, "{said}");
    assert!(
        said.contains("people.yaml:3: voicemail.enabled: the user's callflow was edited manually"),
        "{said}"
    );
    assert_eq!(kazoo.doc("callflows", &flow), before);
}

#[test]
fn a_callflow_with_patterns_is_unmanaged() {
    for dialect in [Dialect::Four, Dialect::Five] {
        let kazoo = Kazoo::start(dialect);
        let folder = workspace(&kazoo, &pair("", ""), "");
        apply(&folder);
        let (ann, _) = by(&kazoo, "users", "username", "ann");
        let flow = json!({"module": "user", "data": {"id": ann}, "children": {}});
        kazoo.seed(
            "callflows",
            json!({"name": "P", "numbers": ["2000"], "patterns": ["^9[0-9]+$"], "flow": flow}),
        );
        let all =
            pair("", "") + "extensions: { 2000: { kind: forward, name: F, destination: bob } }\n";
        people(&folder, &all);
        let (code, said) = run(&folder, "apply --yes");
        assert_ne!(code, 0, "{said}");
        let (_, doc) = by(&kazoo, "callflows", "name", "P");
        assert_eq!(doc["flow"]["data"]["id"], ann);
    }
}

#[test]
fn a_callflow_that_no_field_describes_is_left_alone_with_the_reason() {
    let kazoo = Kazoo::start(Dialect::Four);
    let folder = workspace(&kazoo, &pair("", ""), "");
    apply(&folder);
    let (ann, _) = by(&kazoo, "users", "username", "ann");
    let rings = json!({"module": "user", "data": {"id": ann}, "children": {}});
    let hours =
        json!({"module": "temporal_route", "data": {"rules": []}, "children": {"_": rings}});
    kazoo.seed(
        "callflows",
        json!({"name": "Office", "numbers": ["2000"], "flow": hours}),
    );
    let (code, said) = run(&folder, "import");
    let left =
        "left out: extensions/2000: it begins with `temporal_route`, which no field describes";
    assert!(code == 0 && said.contains(left), "{said}");
    let (code, said) = run(&folder, "import extensions/2000");
    let reason = "extensions/2000 can't be declared, because it begins with `temporal_route`";
    assert!(code == 1 && said.contains(reason), "{said}");

    let office = "extensions: { 2000: { kind: ring_group, name: Office, members: [ann] } }\n";
    people(&folder, &(pair("", "") + office));
    let (code, said) = run(&folder, "apply --yes");
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("unsupported-object"), "{said}");
    let (_, doc) = by(&kazoo, "callflows", "name", "Office");
    assert_eq!(doc["flow"]["module"], "temporal_route");
}

#[test]
fn an_ambiguous_account_name_is_rejected() {
    let kazoo = Kazoo::start(Dialect::Four);
    let realms = ["york.example", "other.example"];
    let [york, named] = [("York", realms[0]), ("York Example", realms[1])]
        .map(|(name, realm)| kazoo.found(name, realm));
    let twin = kazoo.found("LEEDS", "twin.example");
    let folder = workspace(&kazoo, &format!("users:\n  {ANN} }}\n"), "");
    let config = folder.path().join("callsheet.yaml");
    let as_key = |tenant: &str| {
        let text = format!(
            "portal: {{ kind: kazoo, url: \"{}\", tenant: {tenant}, credentials: {{ token: {{ env: KEY }} }} }}\n",
            kazoo.url
        );
        std::fs::write(&config, text).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_callsheet"));
        command
            .current_dir(folder.path())
            .env_clear()
            .env("KEY", &kazoo.api_key);
        let output = command.arg("plan").output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let mut seen = kazoo
            .requests()
            .into_iter()
            .filter(|seen| seen.path.ends_with("/users"));
        let account = seen
            .next_back()
            .map(|seen| seen.path.split('/').nth(3).unwrap().to_owned());
        kazoo.forget();
        (account, said)
    };
    assert_eq!(as_key("york.example").0.as_ref(), Some(&york));
    assert_eq!(as_key("\"York Example\"").0.as_ref(), Some(&named));
    assert_eq!(as_key("Leeds.Example").0.as_ref(), Some(&kazoo.child));
    assert_eq!(as_key(&twin).0.as_ref(), Some(&twin));
    let (account, said) = as_key("leeds");
    assert_eq!(account, None);
    assert!(said.contains("several accounts have that name"), "{said}");
    assert_eq!(as_key("nowhere").0, None);
    assert_eq!(as_key("\"!\"").0, None);
}

#[test]
fn an_undeclared_number_is_not_deleted_with_another() {
    let kazoo = Kazoo::start(Dialect::Four);
    let room = "extensions: { 2000: { kind: conference, name: C } }\n";
    let folder = workspace(&kazoo, &(pair("", "") + room), "");
    apply(&folder);
    let (flow, _) = by(&kazoo, "callflows", "name", "C");
    kazoo.set("callflows", &flow, json!({"numbers": ["2000", "2001"]}));
    absent(&folder, "extensions/2000");
    people(&folder, &pair("", ""));
    let (code, said) = run(&folder, "apply --yes");
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("has the undeclared number 2001"), "{said}");
    assert_eq!(kazoo.docs("conferences").len(), 1);
    kazoo.set("callflows", &flow, json!({"numbers": ["2000"]}));
    apply(&folder);
    assert!(kazoo.docs("conferences").is_empty());
}

#[test]
fn names_from_onboarding_follow_the_person() {
    for dialect in [Dialect::Four, Dialect::Five] {
        let kazoo = Kazoo::start(dialect);
        let folder = workspace(&kazoo, &pair("", ""), "");
        apply(&folder);
        let (flow, _) = by(&kazoo, "callflows", "name", "Ann Lee SmartPBX's Callflow");
        let (mailbox, _) = by(&kazoo, "vmboxes", "name", "Ann Lee's VMBox");
        let (other, _) = by(&kazoo, "vmboxes", "name", "Bob Fox's VMBox");
        kazoo.set("vmboxes", &other, json!({"name": "Reception"}));
        let renamed = pair("", "").replace("Lee", "Kay").replace("Fox", "Roy");
        people(&folder, &renamed);
        apply(&folder);
        let name = |collection: &str, id: &str| kazoo.doc(collection, id).unwrap()["name"].clone();
        assert_eq!(name("callflows", &flow), "Ann Kay SmartPBX's Callflow");
        assert_eq!(name("vmboxes", &mailbox), "Ann Kay's VMBox");
        // A name that somebody chose is kept.
        assert_eq!(name("vmboxes", &other), "Reception");
    }
}
