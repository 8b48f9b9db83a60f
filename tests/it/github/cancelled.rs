//! A job that is *cancelled*: what is in flight is finished, no other workspace is begun, and what was done is
//! kept.

use crate::{
    faulty::{Fault, Faulty, Match},
    running::{Sandbox, WRITE},
    workspace::write,
};
use git2::{IndexAddOption, Repository, Signature};
use std::{
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
};

const PEOPLE: &str =
    "users: { ann: { first_name: Ann, last_name: Lee, email: ann@acme.example, extension: 1001 } }
extensions: { 2000: { kind: ring_group, name: Sales, members: [ann] } }
";

#[test]
fn a_cancelled_job_finishes_what_is_in_flight_and_begins_no_other_workspace() {
    let (first, second) = (Sandbox::empty(), Sandbox::empty());
    let faulty = Faulty::before(&first.url);
    let folder = tempfile::TempDir::new().unwrap();
    for (name, url) in [("a", faulty.url()), ("b", second.url.clone())] {
        let configuration = format!(
            "portal: {{ kind: sandbox, url: {url}, credentials: {{ token: {{ env: CALLSHEET_TOKEN }} }} }}\n"
        );
        let files = [("callsheet.yaml", &*configuration), ("people.yaml", PEOPLE)];
        write(&folder.path().join(name), &files);
    }
    let repository = Repository::init(folder.path()).unwrap();
    let mut index = repository.index().unwrap();
    index.add_all(["*"], IndexAddOption::DEFAULT, None).unwrap();
    index.write().unwrap();
    let tree = repository.find_tree(index.write_tree().unwrap()).unwrap();
    let author = Signature::now("Ann Lee", "ann@acme.example").unwrap();
    let commit = repository.commit(Some("HEAD"), &author, &author, "Declare it", &tree, &[]);
    commit.unwrap();

    faulty.fail(Match::write().nth(1), Fault::Hold);
    let out = folder.path().join("out");
    let mut running = Command::new(env!("CARGO_BIN_EXE_callsheet"))
        .current_dir(folder.path())
        .env_clear()
        .env("HOME", folder.path())
        .env("CALLSHEET_TOKEN", WRITE)
        .args(["ci", "apply", "a", "b", "--out", "out"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    faulty.until_held(1);
    let pid = running.id().to_string();
    let killed = Command::new("kill").args(["-TERM", &pid]).status().unwrap();
    assert!(killed.success());
    let said = BufReader::new(running.stderr.take().unwrap());
    let stopping = said
        .lines()
        .map(Result::unwrap)
        .find(|line| line.starts_with("stopping"));
    assert!(stopping.is_some(), "it says that it stops");
    faulty.release();
    assert_eq!(running.wait().unwrap().code(), Some(130));

    let journal = out.join("workspaces/a/journal.jsonl");
    let journal = std::fs::read_to_string(journal).unwrap();
    assert!(
        journal.contains("done"),
        "what was in flight is done: {journal}"
    );
    let row = std::fs::read_to_string(out.join("workspaces/a/workspace.json")).unwrap();
    assert!(row.contains("interrupted"), "{row}");
    assert!(
        !out.join("workspaces/b").exists(),
        "the next one isn't begun"
    );
}
