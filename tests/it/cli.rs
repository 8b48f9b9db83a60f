//! The *command line*, as somebody at a prompt or a script meets it: the real binary, in a folder of
//! its own, with nothing of this machine's environment.

use crate::workspace::write;
use assert_cmd::Command;
use std::{
    fmt::Write as _,
    io::Read as _,
    path::{Path, PathBuf},
    process::Stdio,
};
use tempfile::TempDir;

/// A prompt in a folder: what was typed and what came of it.
struct Prompt {
    folder: TempDir,
    transcript: String,
}

/// How a command ended.
struct Ended {
    code: i32,
    stdout: String,
    stderr: String,
}

impl Prompt {
    /// In an empty folder.
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            transcript: String::new(),
        }
    }

    /// In a workspace over an embedded sandbox.
    fn with(files: &[(&str, &str)]) -> Self {
        let prompt = Self::new();
        write(
            prompt.path(),
            &[(
                "callsheet.yaml",
                "portal: { kind: sandbox, database: .callsheet/sandbox.db }\n",
            )],
        );
        write(prompt.path(), files);
        prompt
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join(name)).unwrap()
    }

    /// Runs a command, words apart by spaces, and takes it down.
    fn run(&mut self, line: &str) -> Ended {
        let ended = self.run_quietly(line);
        let indented = |text: &str| {
            text.lines()
                .fold(String::new(), |out, line| out + "! " + line + "\n")
        };
        write!(
            self.transcript,
            "$ callsheet {line}\n{}{}",
            ended.stdout,
            indented(&ended.stderr)
        )
        .unwrap();
        if ended.code != 0 {
            writeln!(self.transcript, "[{}]", ended.code).unwrap();
        }
        self.transcript.push('\n');
        ended
    }

    fn run_quietly(&self, line: &str) -> Ended {
        let output = callsheet(self.path())
            .args(line.split_whitespace())
            .output()
            .unwrap();
        Ended {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Compares what was taken down with what is kept.
    fn keep(self, name: &str) {
        let folder = self.path().canonicalize().unwrap();
        let last = folder.file_name().unwrap().to_str().unwrap();
        let shown = self
            .transcript
            .replace(&*folder.to_string_lossy(), "[FOLDER]")
            .replace(last, "[NAME]");
        insta::with_settings!({
            snapshot_path => "snapshots/cli", prepend_module_to_snapshot => false, omit_expression => true,
            filters => vec![(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "[ID]"), ("sha256:[0-9a-f]{64}", "[DIGEST]")],
        }, { insta::assert_snapshot!(name, shown) });
    }
}

/// The binary, in a folder, without this machine's environment.
fn callsheet(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_callsheet"));
    command
        .current_dir(folder)
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin");
    command
}

const PEOPLE: &str = "users:
  alice: { first_name: Alice, last_name: Ng, email: alice@acme.example, extension: 1001, scope: administrator }
  bob: { first_name: Bob, last_name: Lee, email: bob@acme.example, extension: 1002, forwarding: { enabled: true, destinations: [1001] } }
  zoe: { first_name: Zoë, last_name: Ash, email: zoe@acme.example, active: false }
";
const PHONES: &str = "extensions:
  2000: { kind: ring_group, name: Front desk, members: [alice, 1002] }
";

#[test]
fn a_new_workspace_validates_plans_and_applies() {
    let mut at = Prompt::new();
    for line in [
        "init",
        "validate",
        "plan --detailed-exitcode",
        "apply",
        "apply --yes",
        "plan --detailed-exitcode",
        "apply --yes",
        "init",
    ] {
        at.run(line);
    }
    assert!(at.read(".gitignore").contains(".db"));
    at.keep("a-new-workspace");
}

#[test]
fn a_new_workspace_is_one_that_its_portal_can_hold() {
    for portal in ["sandbox", "kazoo"] {
        let at = Prompt::new();
        assert_eq!(at.run_quietly(&format!("init --portal {portal}")).code, 0);
        let ended = at.run_quietly("validate");
        assert_eq!((ended.code, &*ended.stderr), (0, ""), "{portal}");
    }
}

#[test]
fn init_overwrites_nothing() {
    for name in ["callsheet.yaml", "people.yaml"] {
        let mut at = Prompt::new();
        write(at.path(), &[(name, "mine"), (".gitignore", "/mine\n")]);
        assert_eq!(at.run("init").code, 1, "{name}");
        assert_eq!(
            (&*at.read(name), &*at.read(".gitignore")),
            ("mine", "/mine\n")
        );
        assert_eq!(
            std::fs::read_dir(at.path()).unwrap().count(),
            2,
            "nothing else was made"
        );
    }
    let at = Prompt::new();
    write(at.path(), &[(".gitignore", "/mine\n")]);
    assert_eq!(at.run_quietly("init new/acme").code, 0);
    assert_eq!(at.run_quietly("validate new/acme").code, 0);
    assert_eq!(at.run_quietly("-C new validate acme").code, 0);
    assert_eq!(at.read(".gitignore"), "/mine\n");
}

#[test]
fn wrong_files_end_with_one() {
    let people = "users: { alice: { frist_name: Alice } }\n";
    let mut at = Prompt::with(&[("people.yaml", people)]);
    let said = at.run("validate").stderr;
    for line in [
        "plan",
        "apply --yes",
        "list users",
        "show users/alice",
        "import",
    ] {
        let ended = at.run_quietly(line);
        assert_eq!(
            (ended.code, ended.stderr, &*ended.stdout),
            (1, said.clone(), ""),
            "{line}"
        );
    }
    assert_eq!(at.run("validate --format github").code, 1);
    assert!(!at.path().join(".callsheet").exists(), "nothing was opened");
    at.keep("wrong-files");
}

#[test]
fn no_workspace_says_where_one_is() {
    let mut at = Prompt::new();
    at.run("plan");
    write(
        at.path(),
        &[
            ("tenants/acme/callsheet.yaml", ""),
            ("tenants/zenith/callsheet.yaml", ""),
        ],
    );
    at.run("plan");
    at.run("plan nowhere");
    at.keep("no-workspace");
}

#[test]
fn a_command_line_that_cannot_be_meant_ends_with_64() {
    let mut at = Prompt::with(&[]);
    for line in [
        "--colour always plan",
        "paln",
        "plan --format sarif",
        "apply --format html --yes",
        "import --format json",
        "init --format json",
        "list people",
        "show alice",
        "show users/",
        "schema nothing",
        "completions cmd",
        "apply",
        "import users/alice here there",
        "plan a b",
        "--format yaml plan",
    ] {
        assert_eq!(at.run(line).code, 64, "{line}");
    }
    assert_eq!(at.run_quietly("").code, 64);
    assert_eq!(at.run_quietly("--help").code, 0);
    assert_eq!(at.run_quietly("plan --help").code, 0);
    assert_eq!(
        at.run_quietly("--version").stdout,
        concat!("callsheet ", env!("CARGO_PKG_VERSION"), "\n")
    );
    at.keep("usage");
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
fn what_is_live_is_listed_and_shown() {
    let mut at = Prompt::with(&[("people.yaml", PEOPLE), ("phones.yaml", PHONES)]);
    assert_eq!(at.run_quietly("apply --yes").code, 0);
    for line in [
        "list users",
        "list users --inactive",
        "list users --search LEE",
        "list users --search 1002",
        "list users --search nobody",
        "list extensions",
        "list scopes",
        "list scopes --system --search center",
        "list groups",
        "show users/bob",
        "show extensions/2000",
        "show users/alise",
        "show users/0",
        "show users/zoe --format json",
    ] {
        at.run(line);
    }
    at.keep("listed-and-shown");
}

/// Two workspaces over one database.
fn filled() -> Prompt {
    let mut at = Prompt::with(&[("people.yaml", PEOPLE), ("phones.yaml", PHONES)]);
    write(at.path(), &[(
        "more.yaml",
        "scopes: { lead: { extends: call_center_agent, permissions: [users.view] } }
groups: { sales: { title: Sales }, empty: {} }
instances: { leeds: {} }
users:
  dan:
    first_name: \"yes\"
    last_name: \"0100\"
    email: dan@acme.example
    extension: 0100
    scope: lead
    groups: [sales]
    instance: leeds
    password: { command: [echo, x] }
    voicemail: { mailbox: 0100, pin: { command: [echo, 4711] } }
    phones: [{ mac: 00:15:65:aa:bb:cc, model: yealink_t54w }]
    address: |
      1 High Street
      Leeds: # really
    answering_rules: [{ name: \"no\", action: forward, destinations: [\"*97\", +14155550100] }]
    color: \"#1f77b4\"
extensions:
  3000: { kind: auto_attendant, name: \"Menu: main\", options: { 1: 2000, \"*\": dan, \"#\": \"*97\" } }
  3001: { kind: conference, name: Board, owner: dan, pin: { command: [echo, 1] } }
",
    )]);
    let ended = at.run("apply --yes");
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    for name in ["people.yaml", "phones.yaml", "more.yaml"] {
        std::fs::remove_file(at.path().join(name)).unwrap();
    }
    at.transcript.clear();
    at
}

#[test]
fn an_import_leaves_nothing_to_plan() {
    let mut at = filled();
    for line in ["import", "plan --detailed-exitcode", "import", "validate"] {
        assert_eq!(at.run(line).code, 0, "{line}");
    }
    for name in [
        "scopes.yaml",
        "groups.yaml",
        "instances.yaml",
        "users.yaml",
        "extensions.yaml",
    ] {
        let text = at.read(name);
        write!(at.transcript, "{name}\n{text}\n").unwrap();
    }
    at.keep("import");
}

#[test]
fn an_import_of_one_brings_those_that_it_refers_to() {
    let mut at = filled();
    for line in [
        "import extensions/3000",
        "import users/bob extensions/2000",
        "import users/nobody",
        "import users/bob",
        "import scopes/basic_user",
        "plan --detailed-exitcode",
    ] {
        at.run(line);
    }
    at.keep("import-of-one");
}

#[test]
fn numbers_and_contacts_are_applied_listed_and_imported() {
    let mut at = Prompt::with(&[
        ("people.yaml", PEOPLE),
        ("phones.yaml", PHONES),
        (
            "outside.yaml",
            "numbers:
  +14155550100: { title: Main line, destination: 2000, caller_name: Acme }
  +14155550101: { destination: alice }
  +14155550102: {}
contacts:
  fire-brigade: { name: Fire brigade, company: City of Leeds, numbers: [+14155550112, +14155550113] }
  112: { name: Emergency, numbers: [+14155550112] }
",
        ),
    ]);
    for line in ["plan", "apply --yes", "plan --detailed-exitcode"] {
        assert_eq!(at.run(line).code, 0, "{line}");
    }
    for line in [
        "list numbers",
        "list contacts",
        "list contacts --search 0113",
        "list contacts --search leeds",
        "show numbers/+14155550100",
        "show contacts/fire-brigade --format json",
        "show numbers/+14155550109",
    ] {
        at.run(line);
    }
    for name in ["people.yaml", "phones.yaml", "outside.yaml"] {
        std::fs::remove_file(at.path().join(name)).unwrap();
    }
    for line in [
        "import numbers/+14155550100",
        "import",
        "plan --detailed-exitcode",
    ] {
        assert_eq!(at.run(line).code, 0, "{line}");
    }
    for name in ["numbers.yaml", "numbers-2.yaml", "contacts.yaml"] {
        let text = at.read(name);
        write!(at.transcript, "{name}\n{text}\n").unwrap();
    }
    at.keep("numbers-and-contacts");
}

#[test]
fn schemas_are_printed_by_name() {
    let mut at = Prompt::new();
    let names = at.run("schema").stdout;
    at.keep("schema");
    let at = Prompt::new();
    for name in names.lines() {
        let printed = at.run_quietly(&format!("schema {name}")).stdout;
        let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schema/{name}.schema.json"));
        assert_eq!(
            printed,
            std::fs::read_to_string(kept).unwrap(),
            "{name}: run `callsheet schema --write`"
        );
    }
    assert_eq!(
        names.lines().count(),
        std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("schema"))
            .unwrap()
            .count()
    );
    assert_eq!(at.run_quietly("schema --write out").code, 0);
    for page in ["fields", "portals", "rules"] {
        let name = format!("docs/{page}.md");
        let kept = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(&name));
        assert_eq!(at.read(&format!("out/{name}")), kept.unwrap(), "{name}");
    }
    let page = "Mine.\n<!-- generated: mapping -->\nold\n<!-- end -->\nMine too.\n";
    write(at.path(), &[("out/docs/portals/kazoo.md", page)]);
    assert_eq!(at.run_quietly("schema --write out").code, 0);
    let filled = at.read("out/docs/portals/kazoo.md");
    assert!(filled.starts_with("Mine.\n") && filled.ends_with("<!-- end -->\nMine too.\n"));
    assert!(filled.contains("`priv_level`") && !filled.contains("\nold\n"));
}

#[test]
fn shells_and_man_get_what_they_need() {
    let at = Prompt::new();
    for (shell, sign) in [
        ("bash", "complete -F _callsheet"),
        ("zsh", "#compdef callsheet"),
        ("fish", "complete -c callsheet"),
    ] {
        let ended = at.run_quietly(&format!("completions {shell}"));
        assert!(
            ended.code == 0
                && ended.stdout.contains(sign)
                && ended.stdout.contains("detailed-exitcode"),
            "{shell}"
        );
    }
    let man = at.run_quietly("man").stdout;
    assert!(
        man.contains(".TH callsheet 1") && man.contains("validate"),
        "{man}"
    );
}

/// The one document on stdout, which its published schema accepts.
fn document(at: &Prompt, line: &str, schema: &str) -> (i32, serde_json::Value) {
    let ended = at.run_quietly(&format!("{line} --format json"));
    let value = serde_json::from_str(&ended.stdout)
        .unwrap_or_else(|error| panic!("{line}: {error}: {}", ended.stdout));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schema/{schema}.schema.json"));
    let schema = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{line}: {errors:#?}");
    (ended.code, value)
}

#[test]
fn every_document_is_what_its_schema_says() {
    let at = Prompt::with(&[("people.yaml", PEOPLE), ("phones.yaml", PHONES)]);
    let ok = |line: &str, schema: &str| {
        let (code, value) = document(&at, line, schema);
        assert_eq!(
            (code, &value["format_version"]),
            (0, &"1.0".into()),
            "{line}"
        );
        value
    };
    assert_eq!(ok("validate", "diagnostics")["summary"]["errors"], 0);
    assert_eq!(ok("plan", "plan")["summary"]["create"], 4);
    assert_eq!(document(&at, "plan --detailed-exitcode", "plan").0, 2);
    let applied = ok("apply --yes", "apply");
    assert_eq!(applied["outcomes"]["done"], 4);
    assert_eq!(applied["operations"][0]["outcome"], "done");
    assert_eq!(ok("plan", "plan")["operations"], serde_json::json!([]));
    ok("apply --yes", "apply");
    for kind in [
        "users",
        "extensions",
        "scopes --system",
        "groups",
        "numbers",
        "contacts",
    ] {
        ok(&format!("list {kind}"), "list");
    }
    assert_eq!(ok("show users/bob", "show")["fields"]["extension"], "1002");
    ok("show extensions/2000", "show");

    write(
        at.path(),
        &[(
            "callsheet.yaml",
            "portal: { kind: sandbox, database: .callsheet/sandbox.db }\nabsent: [users/zed]\n",
        )],
    );
    write(
        at.path(),
        &[
            ("people.yaml", "groups: { staff: {} }\n"),
            ("phones.yaml", ""),
        ],
    );
    assert_eq!(ok("plan", "plan")["unmanaged"]["users"], 3);
    write(
        at.path(),
        &[(
            "callsheet.yaml",
            "portal: { kind: sandbox, database: .callsheet/sandbox.db }\nabsent: [users/alice]\n",
        )],
    );
    let (code, blocked) = document(&at, "plan", "plan");
    assert_eq!(
        (code, &blocked["findings"][1]["rule"]),
        (3, &"in-use".into())
    );

    write(
        at.path(),
        &[(
            "people.yaml",
            "users: { bob: { template: nothing, pasword: x }, eve: 1 }\n- 1",
        )],
    );
    for line in ["validate", "plan", "apply --yes"] {
        assert_eq!(document(&at, line, "diagnostics").0, 1, "{line}");
    }
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

fn copy(from: &Path, to: &Path) {
    for entry in walkdir::WalkDir::new(from).sort_by_file_name() {
        let entry = entry.unwrap();
        let target = to.join(entry.path().strip_prefix(from).unwrap());
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(target).unwrap();
        } else if entry
            .path()
            .extension()
            .is_some_and(|extension| extension == "yaml")
        {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn every_example_plans_without_a_word_of_warning() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let walk = walkdir::WalkDir::new(&examples).sort_by_file_name();
    let workspaces: Vec<PathBuf> = walk
        .into_iter()
        .map(|entry| entry.unwrap().into_path())
        .filter(|path| path.ends_with("callsheet.yaml"))
        .map(|path| path.parent().unwrap().to_owned())
        .collect();
    assert!(workspaces.len() > 3, "{workspaces:?}");
    for workspace in workspaces {
        let name = workspace
            .strip_prefix(&examples)
            .unwrap()
            .display()
            .to_string();
        let mut at = Prompt::new();
        copy(&workspace, &at.path().join(&name));
        for line in ["validate", "plan"] {
            let ended = at.run(&format!("-C {name} {line}"));
            assert_eq!((ended.code, &*ended.stderr), (0, ""), "{name}: {line}");
        }
        at.keep(&format!("example-{}", name.replace('/', "-")));
    }
}
