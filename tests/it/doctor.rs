//! The *doctor*, asked about portals in good health and in every other: what is said, how it ends, and
//! that no secret is in it.

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

/// How a visit ended.
struct Visit {
    code: i32,
    stdout: String,
    stderr: String,
}

/// Sends the doctor to what files say, with the secrets that they name.
fn visit(files: &[(&str, &str)], line: &str, key: &str) -> Visit {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), files);
    visit_folder(&folder, line, key)
}

fn visit_folder(folder: &TempDir, line: &str, key: &str) -> Visit {
    let output = Command::new(env!("CARGO_BIN_EXE_callsheet"))
        .current_dir(folder.path())
        .env_clear()
        .env("THE_KEY", key)
        .args(line.split_whitespace())
        .output()
        .unwrap();
    let visit = Visit {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    };
    assert!(
        key.is_empty() || !(visit.stdout.clone() + &visit.stderr).contains(key),
        "a secret is shown"
    );
    visit
}

/// A workspace of a Kazoo, with its key.
fn with_key(kazoo: &Kazoo) -> String {
    format!(
        "portal:\n  kind: kazoo\n  url: {}\n  credentials: {{ token: {{ env: THE_KEY }} }}\n",
        kazoo.url
    )
}

/// The same, with somebody's name and password.
fn with_login(url: &str, user: &str, more: &str) -> String {
    format!(
        "portal:\n  kind: kazoo\n  url: {url}\n  tenant: acme\n  credentials: {{ user: {user}, password: {{ env: THE_KEY }}{more} }}\n"
    )
}

fn keep(name: &str, visit: &Visit) {
    let told = visit
        .stderr
        .lines()
        .fold(visit.stdout.clone(), |shown, line| {
            shown + "! " + line + "\n"
        });
    insta::with_settings!({
        snapshot_path => "snapshots/doctor", prepend_module_to_snapshot => false, omit_expression => true,
        filters => vec![(r"[0-9a-f]{32}", "[ID]"), (r"http://127\.0\.0\.1:\d+", "[URL]")],
    }, { insta::assert_snapshot!(name, format!("{told}[{}]\n", visit.code)) });
}

#[test]
fn a_sandbox_is_well() {
    let folder = tempfile::tempdir().unwrap();
    let config = "portal: { kind: sandbox, database: .callsheet/sandbox.db }\n";
    let people =
        "users:\n  alice: { first_name: Alice, last_name: Ng, email: alice@acme.example }\n";
    write(
        folder.path(),
        &[("callsheet.yaml", config), ("people.yaml", people)],
    );
    let visit = visit_folder(&folder, "doctor", "");
    assert_eq!(visit.code, 0, "{}", visit.stdout);
    keep("sandbox", &visit);
}

#[test]
fn each_dialect_of_kazoo_is_known() {
    for (dialect, name) in [(Dialect::Four, "kazoo-4"), (Dialect::Five, "kazoo-5")] {
        let kazoo = Kazoo::start(dialect);
        let visit = visit(
            &[("callsheet.yaml", &with_key(&kazoo))],
            "doctor",
            &kazoo.api_key,
        );
        assert_eq!(visit.code, 0, "{}", visit.stdout);
        assert!(
            kazoo.requests().iter().all(|seen| seen.method == "GET"
                || seen.path.ends_with("_auth")
                || seen.path.ends_with("/bulk")),
            "something was written"
        );
        keep(name, &visit);
    }
}

#[test]
fn without_queues_what_needs_them_is_shown() {
    let options = Options {
        queues: false,
        bulk: true,
        ..Options::new(Dialect::Four)
    };
    let kazoo = options.start();
    let queue = "extensions:\n  2000: { kind: call_queue, name: Sales, agents: [] }\n";
    let config = with_login(&kazoo.url, USERNAME, "");
    let visit = visit(
        &[("callsheet.yaml", &config), ("phones.yaml", queue)],
        "doctor",
        PASSWORD,
    );
    keep("no-queues", &visit);
}

#[test]
fn what_a_user_may_not_do_is_told() {
    let kazoo = Kazoo::start(Dialect::Four);
    let somebody =
        json!({"username": "bob", "password": "hunter22", "first_name": "Bob", "last_name": "Lee"});
    kazoo.seed("users", somebody);
    let config = with_login(&kazoo.url, "bob", ", hash: sha");
    let visit = visit(&[("callsheet.yaml", &config)], "doctor", "hunter22");
    assert_eq!(visit.code, 1);
    assert!(visit.stdout.contains("!!  permissions"), "{}", visit.stdout);
}

#[test]
fn who_is_kept_out_is_told_why() {
    let kazoo = Kazoo::start(Dialect::Four);
    let login = with_login(&kazoo.url, USERNAME, "");
    let wrong = visit(&[("callsheet.yaml", &login)], "doctor", "not-the-password");
    keep("wrong-password", &wrong);

    let config = with_key(&kazoo).replace("  credentials", "  tenant: elsewhere\n  credentials");
    let elsewhere = visit(&[("callsheet.yaml", &config)], "doctor", &kazoo.api_key);
    keep("wrong-tenant", &elsewhere);

    kazoo.enable(&kazoo.account, false);
    let disabled = visit(&[("callsheet.yaml", &login)], "doctor", PASSWORD);
    keep("disabled-account", &disabled);

    let missing = visit(&[("callsheet.yaml", &login)], "doctor", "");
    keep("no-password", &missing);
}

#[test]
fn a_disabled_account_below_ours_is_seen() {
    let kazoo = Kazoo::start(Dialect::Five);
    kazoo.enable(&kazoo.child, false);
    let config = with_login(&kazoo.url, USERNAME, ", account: acme.example");
    let config = config.replace("tenant: acme", "tenant: leeds");
    let visit = visit(&[("callsheet.yaml", &config)], "doctor", PASSWORD);
    assert_eq!(visit.code, 1);
    let line = visit.stdout.lines().find(|line| line.contains("account  "));
    assert!(
        visit.stdout.contains("is disabled") && visit.stdout.contains("ok  permissions"),
        "{line:?}"
    );
}

#[test]
fn what_is_no_crossbar_is_told() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let listener = runtime
        .block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))
        .unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let page = || async { (StatusCode::METHOD_NOT_ALLOWED, Html("<h1>Monster</h1>")) };
    runtime.spawn(async move { axum::serve(listener, Router::new().fallback(page)).await });
    let config = with_login(&url, USERNAME, "");
    keep(
        "a-web-page",
        &visit(&[("callsheet.yaml", &config)], "doctor", PASSWORD),
    );
    drop(runtime);
    keep(
        "nobody-there",
        &visit(&[("callsheet.yaml", &config)], "doctor", PASSWORD),
    );
}

#[test]
fn an_address_that_holds_a_password_is_not_shown() {
    let config = with_login("https://admin:hunter22@kazoo.example", USERNAME, "");
    let visit = visit(&[("callsheet.yaml", &config)], "doctor", "hunter22");
    assert_eq!(visit.code, 1);
    assert!(
        visit.stdout.contains("portal.credentials"),
        "{}",
        visit.stdout
    );
}

#[test]
fn scripts_get_one_document() {
    let kazoo = Kazoo::start(Dialect::Four);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/doctor.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let contacts = "contacts:\n  fire: { name: Fire, company: Town }\n";
    for (key, code) in [(&*kazoo.api_key, 1), ("wrong", 1)] {
        let visit = visit(
            &[
                ("callsheet.yaml", &with_key(&kazoo)),
                ("fire.yaml", contacts),
            ],
            "doctor --format json",
            key,
        );
        let document: Value = serde_json::from_str(&visit.stdout).unwrap();
        assert!(validator.is_valid(&document), "{document:#}");
        assert_eq!((visit.code, &document["ok"]), (code, &json!(false)));
        assert_eq!(document["portal"]["secrets"][0]["kept_in"], "$THE_KEY");
        assert_eq!(document["diagnostics"][0]["rule"], "unsupported");
        let login = document["checks"].as_array().unwrap();
        let login = login.iter().find(|one| one["name"] == "login").unwrap();
        assert_eq!(login["ok"], key != "wrong");
    }
}
