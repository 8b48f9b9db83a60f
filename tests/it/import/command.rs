//! The import *command*, with a sandbox whose objects are invalid.

use super::{person, with};
use crate::{running::Sandbox, workspace::write};
use callsheet::{
    model::{Fields, Kind},
    sandbox::Store,
};
use serde_json::{Value as Json, json};

/// A workspace and its sandbox with objects.
fn over(objects: Vec<(Kind, &str, Json)>) -> (tempfile::TempDir, Sandbox) {
    let store = Store::in_memory().unwrap();
    let seeds = objects.into_iter().map(|(kind, key, fields)| {
        let fields: Fields = kind.shape().read(&fields).unwrap();
        (kind, Box::<str>::from(key), fields)
    });
    store.seed(seeds).unwrap();
    let sandbox = Sandbox::over(store);
    let folder = tempfile::tempdir().unwrap();
    let config = format!(
        "portal: {{ kind: sandbox, url: \"{}\", credentials: {{ token: {{ env: TOKEN }} }} }}\n",
        sandbox.url
    );
    write(folder.path(), &[("callsheet.yaml", &config)]);
    (folder, sandbox)
}

/// Runs the binary in a workspace. Returns exit code, stdout and stderr.
fn run(folder: &tempfile::TempDir, line: &str) -> (i32, String, String) {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_callsheet"));
    command
        .current_dir(folder.path())
        .env_clear()
        .env("TOKEN", crate::running::WRITE);
    let output = command.args(line.split(' ')).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

fn hostile_objects() -> Vec<(Kind, &'static str, Json)> {
    let mut admin = person("admin");
    admin.as_object_mut().unwrap().remove("email");
    let rings =
        json!({"rings_before_voicemail": 99, "title": "Boss\u{1b}[31m ", "extension": "1001"});
    vec![
        (Kind::Users, "admin", admin),
        (Kind::Users, "ann", with("ann", rings)),
        (Kind::Users, "bob", with("bob", json!({"dnd": true}))),
        (
            Kind::Extensions,
            "2000",
            json!({"kind": "forward", "name": "On", "destination": "admin"}),
        ),
    ]
}

#[test]
fn the_command_reports_what_it_leaves_out_and_the_plan_is_empty() {
    let (folder, _sandbox) = over(hostile_objects());
    let (code, stdout, stderr) = run(&folder, "import");
    assert_eq!(code, 0, "{stderr}");
    assert_eq!(
        stdout,
        "users.yaml: 2 resources\n2 resources imported; a plan of them is empty\n"
    );
    let lines: Vec<&str> = stderr.lines().collect();
    assert_eq!(
        lines,
        [
            "left out: users/admin: `email` is missing",
            "left out: `rings_before_voicemail` of users/ann: `rings_before_voicemail`: `99` is not 60 or less",
            "left out: `title` of users/ann: `title`: `Boss\\u{1b}[31m ` is not one line of 1 to 255 characters, with no white space at either end",
            "left out: extensions/2000: the user or extension `admin` isn't declared",
        ]
    );
    assert_eq!(run(&folder, "validate").0, 0);
    assert_eq!(run(&folder, "plan --detailed-exitcode").0, 0);
    let (code, stdout, stderr) = run(&folder, "import");
    assert_eq!(
        (code, stdout.as_str()),
        (0, "Nothing to import: what isn't declared can't be\n"),
        "{stderr}"
    );
    assert!(!folder.path().join("users-2.yaml").exists());
}

#[test]
fn a_requested_object_that_cannot_be_declared_is_an_error() {
    let (folder, _sandbox) = over(hostile_objects());
    for (line, why) in [
        (
            "import users/admin",
            "users/admin can't be declared: `email` is missing",
        ),
        (
            "import users/bob extensions/2000",
            "extensions/2000 can't be declared: the user or extension `admin` isn't declared",
        ),
    ] {
        let (code, stdout, stderr) = run(&folder, line);
        assert_eq!((code, stdout.as_str()), (1, ""), "{stderr}");
        assert!(stderr.contains(why), "{stderr}");
    }
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        1,
        "nothing was written"
    );
    let (code, stdout, stderr) = run(&folder, "import users/ann");
    assert_eq!(code, 0, "{stderr}");
    assert!(stdout.starts_with("users.yaml: 1 resource\n"), "{stdout}");
    assert_eq!(stderr.lines().count(), 2, "{stderr}");
}
