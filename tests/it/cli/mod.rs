//! The *command line*, as somebody at a prompt or a script meets it: the real binary, in a folder of
//! its own, with nothing of this machine's environment.

mod document;
mod ending;
mod files;
mod guides;
mod journals;
mod live;
mod office;
mod policies;
mod sheets;

use crate::workspace::write;
use assert_cmd::Command;
use std::{fmt::Write as _, path::Path};
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
            snapshot_path => "../snapshots/cli", prepend_module_to_snapshot => false, omit_expression => true,
            filters => vec![(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "[ID]"), ("sha256:[0-9a-f]{64}", "[DIGEST]"), (r"until: \d{4}-\d\d-\d\d", "until: [DATE]"),
                // Which of several creates comes first is open.
                (r#""etag": "\\"\d+\\"""#, r#""etag": "[VERSION]""#)],
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
