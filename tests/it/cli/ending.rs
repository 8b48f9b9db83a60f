//! How a command *ends*: its exit code, and readers who go away before.

use super::{PEOPLE, PHONES, Prompt, callsheet};
use crate::workspace::write;
use assert_cmd::Command;
use std::{io::Read as _, process::Stdio};

#[test]
fn a_command_line_that_cannot_be_meant_ends_with_64() {
    let mut at = Prompt::with(&[]);
    for line in [
        "--colour always plan",
        "paln",
        "plan --format sarif",
        "apply --format html --yes",
        "import --format html",
        "init --format json",
        "list people",
        "show alice",
        "show users/",
        "schema nothing",
        "completions cmd",
        "apply",
        "import users/alice here there",
        "apply a b",
        "plan -r --format html",
        "--format yaml plan",
    ] {
        assert_eq!(at.run(line).code, 64, "{line}");
    }
    assert_eq!(at.run_quietly("").code, 64);
    assert_eq!(at.run_quietly("--help").code, 0);
    assert_eq!(at.run_quietly("plan --help").code, 0);
    let version = concat!("callsheet ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(at.run_quietly("-V").stdout, version);
    let long = at.run_quietly("--version").stdout;
    assert!(long.starts_with(version), "{long}");
    assert!(long.contains("\ntarget: "), "{long}");
    at.keep("usage");
}

#[test]
fn words_of_other_tools_get_a_tip() {
    let mut at = Prompt::with(&[]);
    for line in [
        "plan -out plan.json",
        "apply --auto-approve",
        "apply -auto-approve",
        "plan --json",
        "plan --no-color",
        "validate --target users/alice",
        "plan -target=users/alice",
        "undo run.jsonl --workspace phones",
        "import --all",
        "import alice",
        "version",
        "destroy",
        "fmt",
        "state list",
        "refresh",
        "diff",
    ] {
        assert_eq!(at.run(line).code, 64, "{line}");
    }
    at.keep("tips");
}

#[test]
fn a_rule_is_explained() {
    let mut at = Prompt::new();
    for (line, code) in [
        ("explain conflict", 0),
        ("explain error[duplicate-value]", 0),
        ("explain conflct", 64),
        ("explain", 0),
    ] {
        assert_eq!(at.run(line).code, code, "{line}");
    }
    at.keep("explain");
}

#[test]
fn each_command_lists_the_formats_that_it_writes() {
    let at = Prompt::with(&[]);
    for (command, formats) in [
        ("validate", Some("text, json, markdown, github, sarif")),
        ("plan", Some("text, json, markdown, html, github")),
        ("apply", Some("text, json, markdown")),
        ("undo", Some("text, json")),
        ("doctor", Some("text, json")),
        ("list", Some("text, json")),
        ("show", Some("text, json")),
        ("init", None),
        ("import", Some("text, json")),
        ("explain", None),
    ] {
        let help = at.run_quietly(&format!("{command} -h")).stdout;
        let words = help.split_whitespace().collect::<Vec<_>>().join(" ");
        match formats {
            Some(formats) => {
                assert!(
                    words.contains(&format!("[possible values: {formats}]")),
                    "{help}"
                );
            }
            None => assert!(!help.contains("--format"), "{help}"),
        }
    }
}

#[test]
fn variables_set_what_flags_leave_open() {
    let at = Prompt::with(&[("people.yaml", PEOPLE)]);
    let run = |line: &str, format: &str| {
        let mut command = callsheet(at.path());
        command.env("CALLSHEET_FORMAT", format);
        let output = command.args(line.split_whitespace()).output().unwrap();
        (
            output.status.code().unwrap(),
            String::from_utf8(output.stdout).unwrap(),
        )
    };
    assert!(run("plan", "json").1.starts_with('{'));
    assert!(run("plan --format text", "json").1.contains("users/alice"));
    assert_eq!(run("plan", "").0, 0, "set to nothing is not set");
    assert_eq!(run("plan", "sarif").0, 64);
    assert_eq!(run("list users", "markdown").0, 64);
}

#[test]
fn what_is_in_use_is_refused_with_three() {
    let mut at = Prompt::with(&[("people.yaml", PEOPLE), ("phones.yaml", PHONES)]);
    assert_eq!(at.run_quietly("apply --yes").code, 0);
    write(
        at.path(),
        &[
            (
                "people.yaml",
                "users: { eve: { first_name: Eve, last_name: Ash, email: eve@acme.example, extension: 1002 } }\n",
            ),
            ("phones.yaml", ""),
            (
                "callsheet.yaml",
                "portal: { kind: sandbox, database: .callsheet/sandbox.db }\nabsent: [users/alice]\n",
            ),
        ],
    );
    for line in [
        "plan",
        "plan --detailed-exitcode",
        "apply --yes",
        "apply --yes --format json",
    ] {
        assert_eq!(at.run(line).code, 3, "{line}");
    }
    at.run("list users");
    at.keep("refused");
}

#[test]
fn nobody_who_stops_reading_is_told_off() {
    let users = (0..2000).map(|number| {
        format!("  u{number}: {{ first_name: A, last_name: B, email: u{number}@acme.example, extension: {} }}\n", 10_000 + number)
    });
    let at = Prompt::with(&[(
        "people.yaml",
        &format!("users:\n{}", users.collect::<Vec<_>>().concat()),
    )]);
    let script = format!(
        "set -o pipefail; {} plan | head -1; exit ${{PIPESTATUS[0]}}",
        env!("CARGO_BIN_EXE_callsheet")
    );
    let output = Command::new("bash")
        .args(["-c", &script])
        .current_dir(at.path())
        .output()
        .unwrap();
    assert_eq!((output.status.code(), &*output.stderr), (Some(0), &b""[..]));
    assert_eq!(
        output.stdout.iter().filter(|byte| **byte == b'\n').count(),
        1
    );

    for line in [
        "plan --format json",
        "plan --detailed-exitcode",
        "schema resources",
        "completions bash",
        "man",
        "validate",
        "--help",
    ] {
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_callsheet"))
            .args(line.split_whitespace())
            .current_dir(at.path())
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let mut stderr = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut stderr)
            .unwrap();
        assert_eq!(
            (child.wait().unwrap().code(), &*stderr),
            (Some(0), ""),
            "{line}"
        );
    }
}

#[test]
fn an_apply_that_nobody_reads_is_done_and_its_failure_told() {
    let unread = |at: &Prompt, line: &str| {
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_callsheet"))
            .args(line.split_whitespace())
            .current_dir(at.path())
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        child.wait().unwrap().code()
    };
    let at = Prompt::with(&[("people.yaml", PEOPLE), ("phones.yaml", PHONES)]);
    assert_eq!(unread(&at, "apply --yes"), Some(0));
    assert_eq!(
        at.run_quietly("plan --detailed-exitcode").code,
        0,
        "all of it was done"
    );
    let absent =
        "portal: { kind: sandbox, database: .callsheet/sandbox.db }\nabsent: [users/alice]\n";
    write(
        at.path(),
        &[
            ("callsheet.yaml", absent),
            ("people.yaml", ""),
            ("phones.yaml", ""),
        ],
    );
    assert_eq!(unread(&at, "apply --yes"), Some(3));
}

#[test]
fn colour_is_where_it_is_welcome() {
    let at = Prompt::with(&[
        ("people.yaml", PEOPLE),
        ("phones.yaml", PHONES),
        ("wrong.yaml", ""),
    ]);
    let escapes = |command: &mut Command| {
        let output = command.output().unwrap();
        (output.stdout.contains(&0x1b), output.stderr.contains(&0x1b))
    };
    let command = |line: &str, env: &[(&str, &str)]| {
        let mut command = callsheet(at.path());
        command
            .args(line.split_whitespace())
            .envs(env.iter().copied());
        command
    };
    for (line, env, expected) in [
        ("plan", &[][..], false),
        ("plan", &[("TERM", "xterm-256color")][..], false),
        ("plan --color auto", &[("TERM", "dumb")][..], false),
        ("plan --color never", &[("CLICOLOR_FORCE", "1")][..], false),
        ("plan", &[("NO_COLOR", "1"), ("TERM", "xterm")][..], false),
        ("plan --color always", &[][..], true),
        (
            "plan --color always",
            &[("NO_COLOR", "1"), ("TERM", "dumb")][..],
            true,
        ),
        ("plan --color always --format json", &[][..], false),
        ("list users --color always", &[][..], false),
    ] {
        assert_eq!(
            escapes(&mut command(line, env)),
            (expected, false),
            "{line} {env:?}"
        );
    }
    write(at.path(), &[("wrong.yaml", "users: 1\n")]);
    assert_eq!(escapes(&mut command("validate", &[])), (false, false));
    assert_eq!(
        escapes(&mut command("validate --color always", &[])),
        (false, true)
    );
    assert_eq!(
        escapes(&mut command("validate --color always --format github", &[])),
        (false, false)
    );
}

#[test]
fn settings_of_another_kind_of_portal_are_refused() {
    let config = "portal: { kind: sandbox, database: .callsheet/sandbox.db, scim: { removal: deactivate } }\n";
    let at = Prompt::with(&[("people.yaml", PEOPLE), ("callsheet.yaml", config)]);
    let ended = at.run_quietly("plan");
    assert_ne!(ended.code, 0);
    let expected = "`portal.scim` is for `kind: scim`; remove it, or change `kind: sandbox`";
    assert!(ended.stderr.contains(expected), "{}", ended.stderr);
}
