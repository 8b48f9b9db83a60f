//! What a plan does where the past isn't what it seems: a clone without its history, a history of another
//! portal, a plan and an undo from files.

use crate::{history::Office, workspace::write};
use serde_json::Value;

/// What a plan says, whatever it ends with.
fn plan(office: &Office, arguments: &[&str]) -> Value {
    let output = office
        .callsheet(&["plan", "--format", "json"])
        .args(arguments)
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

fn rules(plan: &Value) -> Vec<&str> {
    let findings = plan["findings"].as_array().unwrap().iter();
    findings
        .map(|finding| finding["rule"].as_str().unwrap())
        .collect()
}

fn addresses(plan: &Value) -> Vec<&str> {
    let operations = plan["operations"].as_array().unwrap().iter();
    operations
        .map(|one| one["address"].as_str().unwrap())
        .collect()
}

const ZED: &str =
    "  zed: { first_name: Zed, last_name: Elm, email: zed@acme.example, extension: 1006 }\n";

/// Takes the record away, as a portal that was restored has none.
fn forget_record(office: &Office) {
    let database = office.path().join(".callsheet/sandbox.db");
    let connection = rusqlite::Connection::open(database).unwrap();
    connection.execute("DELETE FROM records", []).unwrap();
}

#[test]
fn a_shallow_clone_blocks_where_an_answer_depends_on_what_it_lacks() {
    let office = Office::new();
    office.apply();
    office.edit_in("people.yaml", ZED, "");
    office.commit("Zed leaves");
    forget_record(&office);
    let head = git2::Repository::open(office.path())
        .unwrap()
        .head()
        .unwrap()
        .target()
        .unwrap();
    std::fs::write(office.path().join(".git/shallow"), format!("{head}\n")).unwrap();
    let plan = plan(&office, &[]);
    assert_eq!(rules(&plan), ["history-incomplete"]);
    assert!(addresses(&plan).is_empty());
    let help = plan["findings"][0]["help"].as_str().unwrap();
    assert!(help.contains("fetch-depth: 0"), "{help}");
}

#[test]
fn an_apply_that_went_past_a_gap_is_not_recorded() {
    let office = Office::new();
    office.apply();
    office.edit_in("people.yaml", ZED, "");
    office.edit_in(
        "callsheet.yaml",
        "sandbox.db }",
        "sandbox.db }\nallow: [{ finding: history-incomplete, until: 2999-12-31, because: we know }]",
    );
    office.commit("Zed leaves");
    forget_record(&office);
    let shallow = office.path().join(".git/shallow");
    let head = git2::Repository::open(office.path())
        .unwrap()
        .head()
        .unwrap()
        .target()
        .unwrap();
    std::fs::write(&shallow, format!("{head}\n")).unwrap();
    office.apply();
    std::fs::remove_file(shallow).unwrap();
    // With the whole history, the removal is still to be applied.
    assert_eq!(addresses(&plan(&office, &[])), ["users/zed"]);
}

#[test]
fn another_portal_is_no_evidence() {
    let office = Office::new();
    office.apply();
    // Another portal has a Zed of its own.
    std::fs::rename(
        office.path().join(".callsheet/sandbox.db"),
        office.path().join(".callsheet/other.db"),
    )
    .unwrap();
    office.edit_in("callsheet.yaml", "sandbox.db", "other.db");
    office.edit_in("people.yaml", ZED, "");
    office.commit("Another portal, and Zed leaves");
    let plan = plan(&office, &[]);
    assert!(addresses(&plan).is_empty(), "{plan}");
    assert_eq!(plan["unmanaged"]["users"], 1);
}

#[test]
fn a_portal_that_a_proposal_changes_is_not_asked() {
    let office = Office::new();
    office.apply();
    office.tag("main");
    office.edit_in("callsheet.yaml", "sandbox.db", "other.db");
    office.commit("Another portal");
    let proposed = plan(&office, &["--base", "main"]);
    assert_eq!(rules(&proposed), ["portal-changed"]);
    assert!(!office.path().join(".callsheet/other.db").exists());
    office
        .callsheet(&["plan", "--base", "main"])
        .assert()
        .code(3);
}

#[test]
fn a_pinned_portal_is_the_only_one() {
    let office = Office::new();
    write(
        office.path(),
        &[(
            "callsheet.yaml",
            "portal: { kind: sandbox, url: \"http://127.0.0.1:9\", credentials: { token: { command: [touch, ran] } } }\n",
        )],
    );
    let pinned = office
        .callsheet(&["plan"])
        .env("CALLSHEET_PORTAL_URL", "http://127.0.0.1:10")
        .assert()
        .failure();
    let said = String::from_utf8_lossy(&pinned.get_output().stderr).into_owned();
    assert!(said.contains("CALLSHEET_PORTAL_URL"), "{said}");
    let refused = office
        .callsheet(&["plan", "--no-commands"])
        .assert()
        .failure();
    let said = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
    assert!(said.contains("--no-commands"), "{said}");
    assert!(!office.path().join("ran").exists());
}

#[test]
fn a_saved_plan_of_a_reverted_change_is_refused() {
    let office = Office::new();
    office.apply();
    office.edit_in("people.yaml", ZED, "");
    office.commit("Zed leaves");
    office
        .callsheet(&["plan", "--out", ".callsheet/plan.json"])
        .assert()
        .success();
    let people = office.path().join("people.yaml");
    let text = std::fs::read_to_string(&people).unwrap();
    std::fs::write(
        &people,
        text.replace("extensions:\n", &format!("{ZED}extensions:\n")),
    )
    .unwrap();
    office.commit("Zed stays");
    let refused = office
        .callsheet(&["apply", "--yes", ".callsheet/plan.json"])
        .assert()
        .code(3);
    let said = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
    assert!(said.contains("users/zed"), "{said}");
}

#[test]
fn an_undo_passes_the_guards() {
    let office = Office::new();
    office.edit_in(
        "people.yaml",
        "extension: 1006 }",
        "extension: 1006, protect: true }",
    );
    office.commit("Zed is protected");
    office
        .callsheet(&["apply", "--yes", "--journal", ".callsheet/run.jsonl"])
        .assert()
        .success();
    office
        .callsheet(&[
            "undo",
            ".callsheet/run.jsonl",
            "--out",
            ".callsheet/undo.json",
        ])
        .assert()
        .code(3);
    office
        .callsheet(&["apply", "--yes", ".callsheet/undo.json"])
        .assert()
        .code(3);
}

#[test]
fn a_commit_that_is_older_than_what_was_applied_is_blocked() {
    let office = Office::new();
    office.apply();
    office.edit_in("people.yaml", "title: Clerk", "title: Head Clerk");
    office.commit("Eve rises");
    office.apply();
    let repository = git2::Repository::open(office.path()).unwrap();
    let first = repository
        .head()
        .unwrap()
        .peel_to_commit()
        .unwrap()
        .parent(0)
        .unwrap();
    repository.set_head_detached(first.id()).unwrap();
    let mut all = git2::build::CheckoutBuilder::new();
    repository.checkout_head(Some(all.force())).unwrap();
    let plan = plan(&office, &[]);
    assert!(rules(&plan).contains(&"older-than-applied"), "{plan}");
}
