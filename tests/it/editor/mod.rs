//! An *editor* with yaml-language-server: what it offers, shows and reports. `.ci/run` installs the server into
//! `target/`.

use crate::{report, workspace::write};
use serde_json::{Value, json};
use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

const WRONG: [&str; 24] = [
    "users:",
    "  bob:",
    "    first_name: Bob",
    "    last_name: Lee",
    "    email: bob at acme",
    "    scope: Admin!",
    "    password: hunter2",
    "    phones: [{ mac: 00:15, model: x }]",
    "    features: { rooms: [a] }",
    "  eve:",
    "    first_name: Eve",
    "    last_name: Ash",
    "    email: eve@acme.example",
    "    permissions:",
    "      - ",
    "    scope: ",
    "  ",
    "templates:",
    "  desk:",
    "    attributes:",
    "      did:",
    "        format: ",
    "extensions:",
    "  2000: { kind: ring_group, name: Front desk }",
];

const CONFIGURATION: &str = "portal:
  kind: sandbox
  database: .callsheet/sandbox.db
allow:
  - { finding: conflict, until: 31.12.2026, because: why }
";

/// The server's entry point; nothing where it isn't installed.
fn server() -> Option<PathBuf> {
    let modules = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/ci-node/node_modules");
    let server = modules.join("yaml-language-server/bin/yaml-language-server");
    if server.exists() {
        return Some(server);
    }
    report::skipped("yaml-language-server is not installed; .ci/run installs it");
    None
}

/// The server's answers to questions about the files of a workspace; nothing where it can't be started.
fn ask(folder: &Path, questions: &[Value]) -> Option<Vec<Value>> {
    let server = server()?;
    let client = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/editor/client.mjs");
    let started = Command::new("node")
        .args([&client, &server, &folder.to_owned()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let mut node = match started {
        Ok(node) => node,
        Err(error) => {
            report::skipped(&format!("node can't be started: {error}"));
            return None;
        }
    };
    let mut stdin = node.stdin.take().unwrap();
    let questions = Value::from(questions.to_vec()).to_string();
    stdin.write_all(questions.as_bytes()).unwrap();
    drop(stdin);
    let output = node.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn an_editor_offers_shows_and_reports_what_belongs_to_the_field() {
    // The editor's patterns don't reach into hidden folders.
    let folder = tempfile::Builder::new().prefix("office").tempdir().unwrap();
    assert_cmd::Command::new(env!("CARGO_BIN_EXE_callsheet"))
        .arg("init")
        .current_dir(folder.path())
        .assert()
        .success();
    let files = [
        ("people/wrong.yaml", &*WRONG.join("\n")),
        ("callsheet.yaml", CONFIGURATION),
        (
            "more.yaml",
            "users:\n  alice:\n    first_name: A\n  \nextensions:\n  ",
        ),
    ];
    write(folder.path(), &files);
    let at = |ask: &str, start: &str, character: usize| {
        let line = WRONG.iter().position(|line| line.starts_with(start));
        json!({ "file": "people/wrong.yaml", "ask": ask, "line": line.unwrap(), "character": character })
    };
    let questions = [
        at("diagnostics", "users", 0),
        json!({ "file": "callsheet.yaml", "ask": "diagnostics" }),
        at("completion", "    scope: ", 11),
        at("completion", "      - ", 8),
        at("completion", "        format: ", 16),
        at("hover", "    first_name", 6),
        at("hover", "  2000", 18),
        json!({ "file": "more.yaml", "ask": "completion", "line": 3, "character": 2 }),
        json!({ "file": "more.yaml", "ask": "completion", "line": 5, "character": 2 }),
    ];
    let Some(answers) = ask(folder.path(), &questions) else {
        return;
    };
    insta::with_settings!({
        snapshot_path => "../snapshots", prepend_module_to_snapshot => false, omit_expression => true,
        filters => vec![(r"file://[^)]*/\.callsheet", "[FOLDER]")],
    }, { insta::assert_snapshot!("editor", serde_json::to_string_pretty(&answers).unwrap()) });
}

#[test]
fn an_editor_finds_nothing_wrong_with_an_example() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/acme");
    let mut questions = Vec::new();
    for entry in walkdir::WalkDir::new(&example).sort_by_file_name() {
        let path = entry.unwrap().into_path();
        if path
            .extension()
            .is_some_and(|extension| extension == "yaml")
        {
            let name = path.strip_prefix(&example).unwrap();
            questions.push(json!({ "file": name, "ask": "diagnostics" }));
        }
    }
    assert!(questions.len() > 5);
    let Some(answers) = ask(&example, &questions) else {
        return;
    };
    for (question, answer) in questions.iter().zip(answers) {
        assert_eq!(answer, json!([]), "{question}");
    }
}
