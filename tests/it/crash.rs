//! The crash matrix: a real process is killed at each write of a mixed plan, before it is done, while
//! it is being done, and before its answer comes. Run again, it converges, and nobody was lied to.

use crate::{
    faults::{callsheet, outcomes, run, workspace},
    faulty::{Fault, Faulty, Match},
    running::Sandbox,
};
use callsheet::{apply::Outcome, journal::Replay};
use std::{path::Path, process::Stdio};

/// What is there: two who will swap their extensions, one who stays, one who leaves.
const BEFORE: &str = "
users:
  ann: { first_name: Ann, last_name: Lee, email: ann@acme.example, extension: 1001, scope: administrator }
  bob: { first_name: Bob, last_name: Ray, email: bob@acme.example, extension: 1002 }
  eve: { first_name: Eve, last_name: Oak, email: eve@acme.example, extension: 1003 }
";

/// What is to be: a swap, which takes three writes, two newcomers, a group that refers to one of them.
const AFTER: &str = "
users:
  ann: { first_name: Ann, last_name: Lee, email: ann@acme.example, extension: 1002, scope: administrator }
  bob: { first_name: Bob, last_name: Ray, email: bob@acme.example, extension: 1001 }
  eve: { first_name: Eve, last_name: Oak, email: eve@acme.example, extension: 1003, title: Clerk }
  kim: { first_name: Kim, last_name: Yew, email: kim@acme.example, extension: 1004 }
extensions:
  2000: { kind: ring_group, name: Sales, members: [kim, eve] }
";

/// How many writes that takes: three for the swap, an update, two creates, a delete.
const WRITES: usize = 7;

/// The newest journal of a workspace.
fn story(folder: &Path) -> Replay {
    let newest = Replay::newest(&folder.join(".callsheet/journal")).unwrap();
    Replay::read(&newest).unwrap()
}

#[test]
fn killed_at_any_write_it_converges() {
    for fault in [Fault::HoldThenDrop, Fault::Hold, Fault::HoldAnswer] {
        for write in 1..=WRITES {
            killed(fault, write);
        }
    }
}

fn killed(fault: Fault, write: usize) {
    let sandbox = Sandbox::empty();
    let zed =
        "  zed: { first_name: Zed, last_name: Elm, email: zed@acme.example, extension: 1009 }\n";
    let first = workspace(&sandbox.url, &format!("{BEFORE}{zed}"));
    let config = first.path().join("callsheet.yaml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("absent: [users/zed]", "absent: []")).unwrap();
    let (code, document) = run(first.path());
    assert_eq!(code, Some(0), "{document}");

    let faulty = Faulty::before(&sandbox.url);
    let folder = workspace(&faulty.url(), AFTER);
    faulty.fail(Match::write().nth(write), fault);
    let mut running = callsheet(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    faulty.until_held(1);
    running.kill().unwrap();
    running.wait().unwrap();
    faulty.release();
    faulty.heal();

    // What the journal calls done is done; what it can't know it doesn't claim to.
    let told = story(folder.path());
    assert!(!told.is_finished);
    assert_eq!(told.operations.len(), WRITES);
    let held = told
        .outcomes
        .iter()
        .filter(|one| **one == Outcome::Unknown)
        .count();
    assert!(held >= 1, "{fault:?} at write {write}");
    assert!(!told.outcomes.contains(&Outcome::Failed));

    let output = callsheet(folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(
        output.status.code(),
        Some(0),
        "{fault:?} at write {write}: {said}"
    );
    assert!(said.contains("an earlier apply was cut off"), "{said}");
    let done = told
        .outcomes
        .iter()
        .filter(|one| **one == Outcome::Done)
        .count();
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let again = outcomes(&document);
    assert_eq!(again[1..], [0, 0, 0], "{document}");
    let most = u64::try_from(WRITES - done + 2).unwrap();
    assert!(
        again[0] <= most,
        "{fault:?} at write {write} did {again:?} after {done}"
    );

    let (code, document) = run(folder.path());
    assert_eq!(
        (code, outcomes(&document)),
        (Some(0), [0, 0, 0, 0]),
        "{document}"
    );
    assert_eq!(
        document["unmanaged"],
        serde_json::json!({}),
        "a duplicate: {document}"
    );
}

#[test]
fn two_at_once_converge_and_lose_nothing() {
    let sandbox = Sandbox::empty();
    let person = |at: usize| {
        let names = "first_name: A, last_name: B";
        format!("  u{at:02}: {{ {names}, email: u{at:02}@acme.example, extension: 10{at:02} }}\n")
    };
    let people = (0..30).map(person).collect::<Vec<_>>().concat();
    let folder = workspace(&sandbox.url, &format!("users:\n{people}"));
    let spawn = || {
        callsheet(folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let both = [spawn(), spawn()];
    for one in both {
        let output = one.wait_with_output().unwrap();
        let code = output.status.code();
        assert!(
            matches!(code, Some(0 | 1)),
            "{code:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let (code, document) = run(folder.path());
    assert_eq!(code, Some(0), "{document}");
    let (code, document) = run(folder.path());
    assert_eq!(
        (code, outcomes(&document)),
        (Some(0), [0, 0, 0, 0]),
        "{document}"
    );
    assert_eq!(document["unmanaged"], serde_json::json!({}));
}
