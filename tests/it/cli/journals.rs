//! The *journals* of a workspace: listed, and taken back by their names.

use super::Prompt;
use crate::workspace::write;

const ALICE: &str =
    "users: { alice: { first_name: Alice, last_name: Ng, email: alice@acme.example } }\n";

#[test]
fn journals_are_listed_the_newest_first() {
    let at = Prompt::with(&[("people.yaml", ALICE)]);
    assert_eq!(at.run_quietly("undo --list").stdout, "");
    assert_eq!(at.run_quietly("apply --yes").code, 0);
    write(at.path(), &[("people.yaml", &ALICE.replace("Ng", "Lee"))]);
    assert_eq!(at.run_quietly("apply --yes").code, 0);
    write(
        at.path(),
        &[(
            ".callsheet/journal/99990101T000000Z-1.jsonl",
            "no\njournal\u{1b}\n",
        )],
    );

    let listed = at.run_quietly("undo --list");
    assert_eq!(listed.code, 0, "{}", listed.stderr);
    let named = listed
        .stderr
        .contains("99990101T000000Z-1.jsonl can't be read as a journal: ");
    assert!(
        named && !listed.stderr.contains('\u{1b}'),
        "{}",
        listed.stderr
    );
    let rows: Vec<Vec<&str>> = listed
        .stdout
        .lines()
        .map(|line| line.split("  ").collect())
        .collect();
    assert_eq!(rows.len(), 2, "{}", listed.stdout);
    for row in &rows {
        let [path, time, commit, outcomes] = row[..] else {
            panic!("{row:?}");
        };
        assert!(path.starts_with(".callsheet/journal/"), "{path}");
        assert!(time.ends_with('Z') && time.len() == 20, "{time}");
        assert_eq!((commit, outcomes), ("no commit", "1 done"));
    }
    assert!(rows[0][0] > rows[1][0], "{}", listed.stdout);

    // A path is taken as it is listed.
    let newest = at.run_quietly(&format!("undo {}", rows[0][0]));
    assert!(newest.stdout.contains("Lee → Ng"), "{}", newest.stdout);
    assert_eq!(at.run_quietly("undo --list --last").code, 64);
}
