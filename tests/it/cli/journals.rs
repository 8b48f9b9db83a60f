//! The *journals* of a workspace: listed, and taken back by their names.

use super::{Prompt, callsheet};
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
        let [path, time, commit, outcomes, ..] = row[..] else {
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

#[test]
fn a_journal_says_who_applied_it_and_in_which_run() {
    let at = Prompt::with(&[("people.yaml", ALICE)]);
    let apply = |variables: &[(&str, &str)]| {
        let mut command = callsheet(at.path());
        command.args(["apply", "--yes", "--format", "markdown"]);
        let output = command.envs(variables.iter().copied()).output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    let github = [
        ("GITHUB_ACTOR", "ann\u{1b}[31m<b>@root"),
        ("GITHUB_SERVER_URL", "https://github.com"),
        ("GITHUB_REPOSITORY", "acme/phones"),
        ("GITHUB_RUN_ID", "17"),
        ("USER", "runner"),
    ];
    let told = apply(&github);
    let run = "https://github.com/acme/phones/actions/runs/17";
    let line = told.lines().find(|line| line.starts_with("Applied by "));
    let line = line.unwrap_or_else(|| panic!("{told}"));
    assert!(line.ends_with(&format!(" in [this run]({run}).")), "{line}");
    // Code can't be a mention, and holds no markup.
    assert!(
        line.contains("<code>ann") && !line.contains('\u{1b}'),
        "{line}"
    );
    assert!(!line.contains("<b>") && !line.contains("@root"), "{line}");

    write(at.path(), &[("people.yaml", &ALICE.replace("Ng", "Lee"))]);
    let hostile = [
        ("GITLAB_USER_LOGIN", "bob"),
        (
            "CI_JOB_URL",
            "https://gitlab.example/1) [x](javascript:alert(1)",
        ),
    ];
    let told = apply(&hostile);
    assert!(told.contains("Applied by `bob`.\n"), "{told}");
    assert!(!told.contains("javascript"), "{told}");

    write(at.path(), &[("people.yaml", &ALICE.replace("Ng", "Day"))]);
    let told = apply(&[("USER", "carol")]);
    assert!(told.contains("Applied by `carol`.\n"), "{told}");

    write(at.path(), &[("people.yaml", &ALICE.replace("Ng", "Fox"))]);
    assert!(!apply(&[]).contains("Applied by"));

    let listed = at.run_quietly("undo --list").stdout;
    let rows: Vec<&str> = listed.lines().collect();
    assert!(rows[0].ends_with("1 done"), "{listed}");
    assert!(rows[1].ends_with("1 done  by carol"), "{listed}");
    assert!(
        rows[2].contains("  by bob  https://gitlab.example/1"),
        "{listed}"
    );
    assert!(
        rows[3].contains("  by ann") && rows[3].ends_with(run),
        "{listed}"
    );
    assert!(!listed.contains('\u{1b}'), "{listed}");
    // Nothing changed: nobody applied anything.
    assert!(!apply(&github).contains("Applied by"));
}
