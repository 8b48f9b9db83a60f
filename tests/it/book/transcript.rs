//! A *transcript* is a page whose `console` blocks show commands and what they print. Its other blocks are carried
//! out too: a `yaml` block that begins with the comment `# FILE.yaml` is that file, a `diff` block changes it, and
//! a server in a `sh` block is started.

use super::page::Page;
use crate::workspace::write;
use regex::Regex;
use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};
use tempfile::TempDir;

/// The address that pages give for the served sandbox.
const SERVED: &str = "http://127.0.0.1:8099";

/// A shell, in a home and an environment that are the same on every machine.
struct Shell {
    home: TempDir,
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    server: Option<(Child, String)>,
}

impl Shell {
    fn start() -> Self {
        let home = TempDir::new().unwrap();
        let git =
            "[init]\ndefaultBranch = main\n[user]\nname = Ann Lee\nemail = ann@acme.example\n";
        write(home.path(), &[(".gitconfig", git), ("work/.keep", "")]);
        let mut command = Self::command(home.path(), "bash");
        let mut child = command
            .current_dir(home.path().join("work"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut shell = Self {
            home,
            child,
            input,
            output,
            server: None,
        };
        shell.run("exec 2>&1");
        shell
    }

    fn command(home: &Path, program: &str) -> Command {
        let binary = Path::new(env!("CARGO_BIN_EXE_callsheet"));
        let folder = binary.parent().unwrap().display();
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", format!("{folder}:/usr/local/bin:/usr/bin:/bin"))
            .env("HOME", home)
            .env("LC_ALL", "C.UTF-8")
            .env("GIT_CONFIG_NOSYSTEM", "1");
        command
    }

    /// Runs a command. Returns what it printed, and its exit code.
    fn run(&mut self, command: &str) -> (String, i32) {
        let script = format!("{{ {command}\n}} < /dev/null\nprintf '\\n\\001%d\\n' $?\n");
        let input = self.input.as_mut().unwrap();
        input.write_all(script.as_bytes()).unwrap();
        input.flush().unwrap();
        let mut printed = String::new();
        loop {
            let mut line = String::new();
            assert_ne!(self.output.read_line(&mut line).unwrap(), 0, "{command}");
            if let Some(code) = line.strip_prefix('\u{1}') {
                printed.pop();
                return (printed, code.trim().parse().unwrap());
            }
            printed.push_str(&line);
        }
    }

    fn folder(&mut self) -> PathBuf {
        let (path, _) = self.run("pwd");
        PathBuf::from(path.trim())
    }

    /// Starts a server as the page does, on a free port.
    fn serve(&mut self, command: &str) {
        let folder = self.folder();
        let mut server = Self::command(self.home.path(), "bash");
        let script = format!("exec {command} --listen 127.0.0.1:0 2>&1");
        let mut child = server
            .args(["-c", &script])
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        output.read_line(&mut said).unwrap();
        let url = Regex::new(r"http://[0-9.:]+").unwrap();
        let url = url.find(&said).unwrap_or_else(|| panic!("{said}"));
        self.server = Some((child, url.as_str().to_owned()));
    }

    /// Text of the page with the address of the server that runs.
    fn localized(&self, text: &str) -> String {
        match &self.server {
            Some((_, url)) => text.replace(SERVED, url),
            None => text.to_owned(),
        }
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        if let Some((server, _)) = &mut self.server {
            server.kill().unwrap();
            server.wait().unwrap();
        }
        self.input.take();
        self.child.wait().unwrap();
    }
}

/// Does what a page says, and compares what is printed.
pub(super) fn check(page: &Page) {
    let name = page.path.display();
    let file = Regex::new(r"^# (\S+\.yaml)$").unwrap();
    let code = Regex::new(r"# exit code (\d+)$").unwrap();
    let mut shell = Shell::start();
    let mut commands = 0;
    for block in page.blocks() {
        let mut lines = block.lines.into_iter().peekable();
        match block.language {
            "console" => {
                while let Some(line) = lines.next() {
                    let command = line.strip_prefix("$ ");
                    let command = command.unwrap_or_else(|| panic!("{name}: no command: {line}"));
                    let mut expected = Vec::new();
                    while let Some(line) = lines.next_if(|line| !line.starts_with("$ ")) {
                        expected.push(plain(line));
                    }
                    let (printed, ended) = shell.run(&shell.localized(command));
                    let wanted = code
                        .captures(command)
                        .map_or(0, |found| found[1].parse().unwrap());
                    assert_eq!(ended, wanted, "{name}: {command}\n{printed}");
                    let printed: Vec<String> = printed.trim_end().lines().map(plain).collect();
                    assert!(
                        is_like(&printed, &expected),
                        "{name}: {command}\nprints\n{}\n\nand the page shows\n{}",
                        printed.join("\n"),
                        expected.join("\n")
                    );
                    commands += 1;
                }
            }
            "yaml" | "diff" => {
                let first = lines.next().unwrap_or_default();
                let Some(path) = file.captures(first) else {
                    continue;
                };
                let path = shell.folder().join(&path[1]);
                let lines: Vec<&str> = lines.collect();
                let text = if block.language == "diff" {
                    let text = std::fs::read_to_string(&path).unwrap();
                    patched(&text, &lines)
                } else {
                    shell.localized(&format!("{first}\n{}\n", lines.join("\n")))
                };
                std::fs::write(path, text).unwrap();
            }
            "sh" => {
                for line in lines.filter(|line| line.starts_with("callsheet sandbox serve")) {
                    shell.serve(line);
                }
            }
            _ => {}
        }
    }
    assert!(commands > 0, "{name} shows no command");
}

/// A file after the changes of a `diff` block.
fn patched(text: &str, lines: &[&str]) -> String {
    let side = |other: char| -> String {
        let kept = lines.iter().filter(|line| !line.starts_with(other));
        kept.map(|line| format!("{}\n", line.get(2..).unwrap_or_default()))
            .collect::<Vec<_>>()
            .concat()
    };
    let (before, after) = (side('+'), side('-'));
    assert_eq!(
        text.matches(&before).count(),
        1,
        "{before}is to be once in\n{text}"
    );
    text.replace(&before, &after)
}

/// A line without what differs from run to run: commits, ports and times.
fn plain(line: &str) -> String {
    let changing = [
        (r"\b[0-9a-f]{7}\b", "COMMIT"),
        (r"http://127\.0\.0\.1:\d+", SERVED),
        (r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "MOMENT"),
        (r"\b[0-9a-f]{32,}\b", "TOKEN"),
    ];
    let mut line = line.trim_end().to_owned();
    for (pattern, name) in changing {
        let pattern = Regex::new(pattern).unwrap();
        line = pattern.replace_all(&line, name).into_owned();
    }
    line
}

/// Whether lines are those that are expected, where `…` stands for any number of them.
fn is_like(lines: &[String], expected: &[String]) -> bool {
    let Some((first, rest)) = expected.split_first() else {
        return lines.is_empty();
    };
    if first == "…" {
        return (0..=lines.len()).any(|skipped| is_like(&lines[skipped..], rest));
    }
    lines
        .split_first()
        .is_some_and(|(line, others)| line == first && is_like(others, rest))
}
