//! The *doctor* on working and broken portals: its output and exit code, and that it prints no secret.

use crate::{
    kazoo::{Dialect, Kazoo, Options, PASSWORD, USERNAME},
    workspace::write,
};
use assert_cmd::Command;
use axum::{Router, http::StatusCode, response::Html};
use serde_json::{Value, json};
use std::{net::Ipv4Addr, path::Path};
use tempfile::TempDir;
use tokio::net::TcpListener;

/// The result of a run.
struct Run {
    code: i32,
    stdout: String,
    stderr: String,
}

/// Runs the doctor in a workspace, with a secret in the environment.
fn run(files: &[(&str, &str)], line: &str, key: &str) -> Run {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), files);
    run_in(&folder, line, key)
}

fn run_in(folder: &TempDir, line: &str, key: &str) -> Run {
    let output = Command::new(env!("CARGO_BIN_EXE_callsheet"))
        .current_dir(folder.path())
        .env_clear()
        .env("THE_KEY", key)
        .args(line.split_whitespace())
        .output()
        .unwrap();
    let result = Run {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    };
    assert!(
        key.is_empty() || !(result.stdout.clone() + &result.stderr).contains(key),
        "a secret is shown"
    );
    result
}

/// A configuration with an API key.
fn with_key(kazoo: &Kazoo) -> String {
    format!(
        "portal:\n  kind: kazoo\n  url: {}\n  credentials: {{ token: {{ env: THE_KEY }} }}\n",
        kazoo.url
    )
}

/// A configuration with a user name and password.
fn with_login(url: &str, user: &str, more: &str) -> String {
    format!(
        "portal:\n  kind: kazoo\n  url: {url}\n  tenant: acme\n  credentials: {{ user: {user}, password: {{ env: THE_KEY }}{more} }}\n"
    )
}

fn assert_output(name: &str, run: &Run) {
    let output = run
        .stderr
        .lines()
        .fold(run.stdout.clone(), |shown, line| shown + "! " + line + "\n");
    insta::with_settings!({
        snapshot_path => "snapshots/doctor", prepend_module_to_snapshot => false, omit_expression => true,
        filters => vec![(r"[0-9a-f]{32}", "[ID]"), (r"http://127\.0\.0\.1:\d+", "[URL]")],
    }, { insta::assert_snapshot!(name, format!("{output}[{}]\n", run.code)) });
}

#[test]
fn a_sandbox_passes_all_checks() {
    let folder = tempfile::tempdir().unwrap();
    let config = "portal: { kind: sandbox, database: .callsheet/sandbox.db }\n";
    let people =
        "users:\n  alice: { first_name: Alice, last_name: Ng, email: alice@acme.example }\n";
    write(
        folder.path(),
        &[("callsheet.yaml", config), ("people.yaml", people)],
    );
    let result = run_in(&folder, "doctor", "");
    assert_eq!(result.code, 0, "{}", result.stdout);
    assert_output("sandbox", &result);
}

#[test]
fn each_dialect_of_kazoo_passes_all_checks() {
    for (dialect, name) in [(Dialect::Four, "kazoo-4"), (Dialect::Five, "kazoo-5")] {
        let kazoo = Kazoo::start(dialect);
        let result = run(
            &[("callsheet.yaml", &with_key(&kazoo))],
            "doctor",
            &kazoo.api_key,
        );
        assert_eq!(result.code, 0, "{}", result.stdout);
        assert!(
            kazoo.requests().iter().all(|seen| seen.method == "GET"
                || seen.path.ends_with("_auth")
                || seen.path.ends_with("/bulk")),
            "something was written"
        );
        assert_output(name, &result);
    }
}

#[test]
fn without_queues_unsupported_declarations_are_shown() {
    let options = Options {
        queues: false,
        bulk: true,
        ..Options::new(Dialect::Four)
    };
    let kazoo = options.start();
    let queue = "extensions:\n  2000: { kind: call_queue, name: Sales, agents: [] }\n";
    let config = with_login(&kazoo.url, USERNAME, "");
    let result = run(
        &[("callsheet.yaml", &config), ("phones.yaml", queue)],
        "doctor",
        PASSWORD,
    );
    assert_output("no-queues", &result);
}

#[test]
fn missing_permissions_are_shown() {
    let kazoo = Kazoo::start(Dialect::Four);
    let somebody =
        json!({"username": "bob", "password": "hunter22", "first_name": "Bob", "last_name": "Lee"});
    kazoo.seed("users", somebody);
    let config = with_login(&kazoo.url, "bob", ", hash: sha");
    let result = run(&[("callsheet.yaml", &config)], "doctor", "hunter22");
    assert_eq!(result.code, 1);
    assert!(
        result.stdout.contains("!!  permissions"),
        "{}",
        result.stdout
    );
}

#[test]
fn a_failed_login_is_explained() {
    let kazoo = Kazoo::start(Dialect::Four);
    let login = with_login(&kazoo.url, USERNAME, "");
    let wrong = run(&[("callsheet.yaml", &login)], "doctor", "not-the-password");
    assert_output("wrong-password", &wrong);

    let config = with_key(&kazoo).replace("  credentials", "  tenant: elsewhere\n  credentials");
    let elsewhere = run(&[("callsheet.yaml", &config)], "doctor", &kazoo.api_key);
    assert_output("wrong-tenant", &elsewhere);

    kazoo.enable(&kazoo.account, false);
    let disabled = run(&[("callsheet.yaml", &login)], "doctor", PASSWORD);
    assert_output("disabled-account", &disabled);

    let missing = run(&[("callsheet.yaml", &login)], "doctor", "");
    assert_output("no-password", &missing);
}

#[test]
fn a_disabled_descendant_account_is_shown() {
    let kazoo = Kazoo::start(Dialect::Five);
    kazoo.enable(&kazoo.child, false);
    let config = with_login(&kazoo.url, USERNAME, ", account: acme.example");
    let config = config.replace("tenant: acme", "tenant: leeds");
    let result = run(&[("callsheet.yaml", &config)], "doctor", PASSWORD);
    assert_eq!(result.code, 1);
    let line = result
        .stdout
        .lines()
        .find(|line| line.contains("account  "));
    assert!(
        result.stdout.contains("is disabled") && result.stdout.contains("ok  permissions"),
        "{line:?}"
    );
}

#[test]
fn another_server_than_crossbar_is_detected() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let listener = runtime
        .block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))
        .unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let page = || async { (StatusCode::METHOD_NOT_ALLOWED, Html("<h1>Monster</h1>")) };
    runtime.spawn(async move { axum::serve(listener, Router::new().fallback(page)).await });
    let config = with_login(&url, USERNAME, "");
    assert_output(
        "a-web-page",
        &run(&[("callsheet.yaml", &config)], "doctor", PASSWORD),
    );
    drop(runtime);
    assert_output(
        "nobody-there",
        &run(&[("callsheet.yaml", &config)], "doctor", PASSWORD),
    );
}

#[test]
fn an_address_that_holds_a_password_is_not_shown() {
    let config = with_login("https://admin:hunter22@kazoo.example", USERNAME, "");
    let result = run(&[("callsheet.yaml", &config)], "doctor", "hunter22");
    assert_eq!(result.code, 1);
    assert!(
        result.stdout.contains("portal.credentials"),
        "{}",
        result.stdout
    );
}

#[test]
fn json_output_matches_the_schema() {
    let kazoo = Kazoo::start(Dialect::Four);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/doctor.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let contacts = "contacts:\n  fire: { name: Fire, company: Town }\n";
    for (key, code) in [(&*kazoo.api_key, 1), ("wrong", 1)] {
        let result = run(
            &[
                ("callsheet.yaml", &with_key(&kazoo)),
                ("fire.yaml", contacts),
            ],
            "doctor --format json",
            key,
        );
        let document: Value = serde_json::from_str(&result.stdout).unwrap();
        assert!(validator.is_valid(&document), "{document:#}");
        assert_eq!((result.code, &document["ok"]), (code, &json!(false)));
        assert_eq!(document["portal"]["secrets"][0]["kept_in"], "$THE_KEY");
        assert_eq!(document["diagnostics"][0]["rule"], "unsupported");
        let login = document["checks"].as_array().unwrap();
        let login = login.iter().find(|one| one["name"] == "login").unwrap();
        assert_eq!(login["ok"], key != "wrong");
    }
}
