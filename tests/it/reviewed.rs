//! An apply of *reviewed* plans: the fresh plan of the main branch does what the pull requests showed, or
//! less; anything else stops it.

use crate::history::Office;
use serde_json::Value;

/// Runs a command: its exit code, and all that it wrote.
fn run(office: &Office, line: &str) -> (i32, String) {
    let words: Vec<&str> = line.split_whitespace().collect();
    let output = office.callsheet(&words).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.code().unwrap(),
        String::from_utf8(text).unwrap(),
    )
}

/// Saves the plan of a change as its pull request would, and merges it by a squash.
fn review(office: &Office, name: &str, old: &str, new: &str) -> String {
    office.edit_in("people.yaml", old, new);
    office.commit(name);
    let file = format!(".callsheet/{name}.json");
    let (code, out) = run(office, &format!("plan --base HEAD~1 --out {file}"));
    assert_eq!(code, 0, "{out}");
    file
}

fn applied() -> Office {
    let office = Office::new();
    let (code, out) = run(&office, "apply --yes");
    assert_eq!(code, 0, "{out}");
    office
}

#[test]
fn the_same_is_applied_and_recorded() {
    let office = applied();
    let file = review(&office, "marry", "last_name: Oak", "last_name: Elm");
    let (code, out) = run(&office, &format!("apply --yes --reviewed {file}"));
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("1 of 1 done"), "{out}");
    let (code, out) = run(&office, "plan --detailed-exitcode");
    assert_eq!(code, 0, "{out}");
    // Less is fine: it is done already.
    let (code, out) = run(&office, &format!("apply --yes --reviewed {file}"));
    assert_eq!(code, 0, "{out}");
}

#[test]
fn anything_new_stops_with_the_difference() {
    let office = applied();
    let file = review(&office, "marry", "last_name: Oak", "last_name: Elm");
    // Somebody merges more than the reviewed change.
    office.edit_in("people.yaml", "title: Clerk", "title: Head");
    office.edit_in(
        "people.yaml",
        "  zed: { first_name: Zed, last_name: Elm, email: zed@acme.example, extension: 1006 }\n",
        "",
    );
    office.edit_in("people.yaml", "last_name: Ash", "last_name: Fir");
    office.commit("More");
    let (code, out) = run(&office, &format!("apply --yes --reviewed {file}"));
    assert_eq!(code, 3, "{out}");
    for line in [
        "users/eve: the change of title wasn't reviewed",
        "users/zed: deleting it wasn't reviewed",
        "users/lou: changing it wasn't reviewed",
    ] {
        assert!(out.contains(line), "{line}: {out}");
    }
    assert!(!out.contains("last_name wasn't"), "that was: {out}");
    let (_, lou) = run(&office, "show users/lou");
    assert!(lou.contains("Ash"), "nothing was done: {lou}");
}

#[test]
fn several_reviews_count_together() {
    let office = applied();
    let first = review(&office, "marry", "last_name: Oak", "last_name: Elm");
    let second = review(&office, "promote", "title: Clerk", "title: Head");
    // The second was planned on top of the first, so it shows both.
    let (code, out) = run(&office, &format!("apply --yes --reviewed {first}"));
    assert_eq!(code, 3, "{out}");
    let (code, out) = run(
        &office,
        &format!("apply --yes --reviewed {first} --reviewed {second}"),
    );
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("1 of 1 done"), "{out}");
}

#[test]
fn what_changed_on_the_portal_since_the_review_stops_it() {
    let office = applied();
    let file = review(&office, "promote", "title: Clerk", "title: Head");
    office.click(
        "users: { eve: { first_name: Eve, last_name: Oak, email: eve@acme.example, title: Boss } }",
    );
    let (code, out) = run(&office, &format!("apply --yes --reviewed {file}"));
    assert_eq!(code, 3, "{out}");
    assert!(
        out.contains("users/eve: title was changed on the portal since the review"),
        "{out}"
    );

    let office = applied();
    let file = review(
        &office,
        "leave",
        "  zed: { first_name: Zed, last_name: Elm, email: zed@acme.example, extension: 1006 }\n",
        "",
    );
    office.click(
        "users: { zed: { first_name: Zed, last_name: Elm, email: zed@acme.example, title: Witness } }",
    );
    let (code, out) = run(&office, &format!("apply --yes --reviewed {file}"));
    assert_eq!(code, 3, "{out}");
    assert!(
        out.contains("users/zed: it was changed on the portal since its deletion was reviewed"),
        "{out}"
    );
}

#[test]
fn a_plan_of_another_portal_or_a_damaged_one_reviews_nothing() {
    let office = applied();
    let file = review(&office, "promote", "title: Clerk", "title: Head");
    let text = std::fs::read_to_string(office.path().join(&file)).unwrap();
    let plan: Value = serde_json::from_str(&text).unwrap();
    office.write(".callsheet/damaged.json", &text.replace("Head", "Boss"));
    let (code, out) = run(&office, "apply --yes --reviewed .callsheet/damaged.json");
    assert_eq!(code, 3, "{out}");
    assert!(out.contains("digest doesn't fit"), "{out}");
    assert_eq!(plan["operations"][0]["address"], "users/eve");
    let (code, out) = run(&office, &format!("apply --yes --reviewed {file} {file}"));
    assert_eq!(code, 64, "{out}");
}
