//! The *policies* of a workspace, as a team meets them at the prompt.

use super::{Prompt, callsheet};
use crate::workspace::write;

const STRICT: &str = "portal: { kind: sandbox, database: .callsheet/sandbox.db }
policy:
  secrets:
    pin: { digits: 6, not: [extension, sequence, repeat] }
    password: { length: 12, not: [person] }
";
const SECRETS: &str = "users:
  ann: { first_name: Ann, last_name: Ng, email: ann@acme.example, extension: 4829, voicemail: { pin: { file: pins/ann } }, password: { file: pins/ann-password } }
  bob: { first_name: Bob, last_name: Lee, email: bob@acme.example, extension: 1002, voicemail: { pin: { env: BOB_PIN } } }
extensions:
  7000: { kind: conference, name: Board, pin: { file: pins/board } }
";

/// The keys of the live users.
fn live(at: &Prompt) -> String {
    at.run_quietly("list users --format json").stdout
}

// S1.36, S3.08
#[test]
fn weak_secrets_are_refused_before_the_first_write() {
    let mut at = Prompt::with(&[
        ("callsheet.yaml", STRICT),
        ("people.yaml", SECRETS),
        ("pins/ann", "948292\n"),
        ("pins/ann-password", "ann1\n"),
        ("pins/board", "246810\n"),
    ]);
    let apply = |pin: &str| {
        let mut command = callsheet(at.path());
        command.args(["apply", "--yes"]).env("BOB_PIN", pin);
        let output = command.output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        (output.status.code(), stderr)
    };
    let (code, told) = apply("12-ab");
    assert_eq!(code, Some(3), "{told}");
    for line in [
        "users/ann: `voicemail.pin` must have nothing in common with the extension or the mailbox",
        "people.yaml:2:",
        "users/ann: `password` must have at least 12 characters",
        "users/ann: `password` must not contain the person's names",
        "users/bob: `voicemail.pin` must consist of digits",
        "extensions/7000: `pin` must not be a sequence",
        "secrets are weak, so nothing was done",
    ] {
        assert!(told.contains(line), "{line}: {told}");
    }
    assert_eq!(told.matches("error[weak-secret]").count(), 5, "{told}");
    for secret in ["948292", "ann1", "246810", "12-ab"] {
        assert!(!told.contains(secret), "{told}");
    }
    assert!(!live(&at).contains("ann"), "nothing was written");
    assert!(!at.path().join(".callsheet/journal").exists());

    write(
        at.path(),
        &[
            ("pins/ann", "295174\n"),
            ("pins/ann-password", "tea-and-scones-at-4\n"),
            ("pins/board", "730582\n"),
        ],
    );
    let (code, told) = apply("582946");
    assert_eq!(code, Some(0), "{told}");
    // What isn't sent again isn't read again.
    write(at.path(), &[("pins/ann", "1111\n")]);
    assert_eq!(at.run("apply --yes").code, 0);
}

#[test]
fn a_pin_without_a_policy_is_4_to_15_digits() {
    let at = Prompt::with(&[(
        "people.yaml",
        "users:\n  ann: { first_name: Ann, last_name: Ng, email: ann@acme.example, extension: 1001, voicemail: { pin: { file: pin } } }\n",
    )]);
    for (pin, code) in [
        ("abcd", 3),
        ("12", 3),
        ("1234567890123456", 3),
        ("٣٤٥٦", 3),
        ("1234", 0),
    ] {
        write(at.path(), &[("pin", pin)]);
        let ended = at.run_quietly("apply --yes");
        assert_eq!(ended.code, code, "{pin}: {}", ended.stderr);
    }
}

#[test]
fn validate_reads_secrets_only_when_asked() {
    let at = Prompt::with(&[
        ("callsheet.yaml", STRICT),
        ("people.yaml", SECRETS),
        ("pins/ann", "295174\n"),
        ("pins/ann-password", "tea-and-scones-at-4\n"),
        ("pins/board", "0007\n"),
    ]);
    assert_eq!(at.run_quietly("validate").code, 0);
    let ended = at.run_quietly("validate --secrets");
    assert_eq!(ended.code, 1);
    for line in [
        "error[unreadable-secret]: users/bob: `voicemail.pin` can't be read from $BOB_PIN: the variable is not set",
        "people.yaml:3:",
        "error[weak-secret]: extensions/7000: `pin` must have at least 6 digits",
    ] {
        assert!(ended.stderr.contains(line), "{line}: {}", ended.stderr);
    }
    assert!(!ended.stderr.contains("0007"), "{}", ended.stderr);
    write(at.path(), &[("pins/board", "730582\n")]);
    let mut command = callsheet(at.path());
    let ended = command
        .args(["validate", "--secrets"])
        .env("BOB_PIN", "582946");
    ended.assert().success();
    // A command is run only by who trusts the files.
    write(
        at.path(),
        &[(
            "people.yaml",
            "users:\n  ann: { first_name: Ann, last_name: Ng, email: ann@acme.example, password: { command: [touch, ran] } }\n",
        )],
    );
    let ended = at.run_quietly("--no-commands validate --secrets");
    assert!(
        ended.stderr.contains("commands are not run"),
        "{}",
        ended.stderr
    );
    assert!(!at.path().join("ran").exists());
}

#[test]
fn weak_secrets_are_told_as_json_too() {
    let at = Prompt::with(&[
        ("people.yaml", SECRETS),
        ("callsheet.yaml", STRICT),
        ("pins/ann", "295174\n"),
        ("pins/ann-password", "tea-and-scones-at-4\n"),
        ("pins/board", "121212\n"),
    ]);
    let mut command = callsheet(at.path());
    let output = command
        .args(["apply", "--yes", "--format", "json"])
        .env("BOB_PIN", "582946")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3));
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let one = &told["diagnostics"][0];
    assert_eq!(one["rule"], "weak-secret");
    assert!(
        one["message"]
            .as_str()
            .unwrap()
            .contains("must not repeat itself")
    );
}

// N22
#[test]
fn numbers_and_addresses_follow_the_policy() {
    let people = "groups: { sales: {} }
users:
  ann: { first_name: Ann, last_name: Ng, email: ann@acme.example, groups: [sales], extension: 1201 }
  bob: { first_name: Bob, last_name: Lee, email: bob@acne.example, extension: 1002 }
";
    let at = Prompt::with(&[
        (
            "callsheet.yaml",
            "portal: { kind: sandbox, database: .callsheet/sandbox.db }
policy:
  extensions: { digits: 4, ranges: { sales: 10xx } }
  email: { domains: [acme.example] }
",
        ),
        ("people.yaml", people),
    ]);
    let told = at.run_quietly("plan");
    assert_eq!(told.code, 1);
    for line in [
        "error[extension-range]: users/ann: the extension 1201 is outside of 1000-1099 of the group sales",
        "people.yaml:3:",
        "error[extension-range]: users/bob: the extension 1002 is one of 1000-1099, which are for the group sales",
        "error[email-domain]: users/bob: `email` is in the domain acne.example, and the policy allows acme.example",
        "did you mean `acme.example`?",
    ] {
        assert!(told.stderr.contains(line), "{line}: {}", told.stderr);
    }
    let right = people
        .replace("1201", "1001")
        .replace("1002", "1200")
        .replace("acne", "acme");
    write(at.path(), &[("people.yaml", &right)]);
    assert_eq!(at.run_quietly("validate").code, 0);
}
