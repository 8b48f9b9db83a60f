//! Plans and applies that are limited to targets.

use crate::history::Office;
use serde_json::Value;

#[test]
fn a_target_takes_along_what_it_needs_and_leaves_the_rest() {
    let office = Office::new();
    office.apply();
    // Eve takes Bob's number, who leaves, and Kim gets a title.
    office.edit(
        "  bob: { first_name: Bob, last_name: Ray, email: bob@acme.example, extension: 1002, template: desk-user }\n",
        "",
    );
    office.edit("extension: 1003", "extension: 1002");
    office.edit("alias: K", "alias: K, title: Chief");
    office.edit("members: [bob, eve]", "members: [eve]");
    office.commit("Bob leaves");
    let addresses = |plan: &Value| {
        let operations = plan["operations"].as_array().unwrap().iter();
        let addresses = operations.map(|one| one["address"].as_str().unwrap().to_owned());
        addresses.collect::<Vec<_>>()
    };
    let plan = office.json(&["plan", "--target", "users/eve"]);
    assert_eq!(
        addresses(&plan),
        ["extensions/2000", "users/bob", "users/eve"]
    );
    assert_eq!(plan["left_out"], 1);
    assert_eq!(plan["targets"], serde_json::json!(["users/eve"]));
    let shown = office.callsheet(&["plan", "--target", "users/eve"]);
    let shown = { shown }.output().unwrap();
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(
        shown.contains(" · only users/eve and what it needs"),
        "{shown}"
    );
    assert!(
        shown.contains("1 further change not shown: no target"),
        "{shown}"
    );
    for (format, words) in [
        ("markdown", "and what it needs**"),
        ("html", "<strong>only users/eve and what it needs</strong>"),
    ] {
        let page = office
            .callsheet(&["plan", "--target", "users/eve", "--format", format])
            .output()
            .unwrap();
        let page = String::from_utf8_lossy(&page.stdout).into_owned();
        assert!(page.contains(words), "{page}");
        assert!(page.contains("1 further change not shown"), "{page}");
    }
    // A plan that is limited is saved, reviewed and applied as it is; the record waits for a whole apply.
    let saved = office.path().join(".callsheet/bob.json");
    let saved = saved.to_str().unwrap();
    office
        .callsheet(&["plan", "--target", "users/bob", "--out", saved])
        .assert()
        .success();
    let applied = office.json(&["plan"])["revision"]["applied"].clone();
    office
        .callsheet(&[
            "apply",
            "--yes",
            "--target",
            "users/bob",
            "--reviewed",
            saved,
        ])
        .assert()
        .success();
    let rest = office.json(&["plan"]);
    assert_eq!(addresses(&rest), ["users/eve", "users/kim"]);
    assert_eq!(rest["revision"]["applied"], applied);
    // What was applied already asks for nothing more.
    office
        .callsheet(&["apply", "--yes", saved])
        .assert()
        .success();
    let more = [
        "apply",
        "--yes",
        "--target",
        "users/kim",
        "--reviewed",
        saved,
    ];
    let said = office.fails(3, &more);
    assert!(said.contains("wasn't reviewed"), "{said}");
    let said = office.fails(64, &["apply", "--yes", "--target", "users/kim", saved]);
    assert!(said.contains("a saved plan is applied whole"), "{said}");
    office.apply();
    assert_eq!(addresses(&office.json(&["plan"])), [""; 0]);
    assert_ne!(office.json(&["plan"])["revision"]["applied"], applied);
}

#[test]
fn a_target_that_nothing_is_known_of_is_refused() {
    let office = Office::new();
    let said = office.fails(
        64,
        &["plan", "--target", "users/evee", "--target", "groups/x"],
    );
    let near = "--target users/evee: no file declares it, and the portal doesn't have it; did you mean users/eve?";
    assert!(said.contains(near), "{said}");
    assert!(said.contains("--target groups/x: no file"), "{said}");
    let said = office.fails(64, &["plan", "--target", "eve"]);
    assert!(said.contains("write a kind and a key"), "{said}");
}
