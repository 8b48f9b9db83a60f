//! *docs/ci.md*: its commands are run as a pipeline does, in clones of a bare repository, with a served
//! sandbox as the portal.

use crate::{
    running::{Sandbox, WRITE},
    workspace::write,
};
use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};
use tempfile::TempDir;

const PAGE: &str = include_str!("../../docs/ci.md");

const PEOPLE: &str = "users:
  ann: { first_name: Ann, last_name: Lee, email: ann@acme.example, extension: 1001, scope: administrator }
  bob: { first_name: Bob, last_name: Ray, email: bob@acme.example, extension: 1002 }
";

/// The code blocks of the page in one language, with their headings.
fn blocks(language: &str) -> Vec<(&'static str, String)> {
    let mut heading = "";
    let mut block: Option<(bool, String)> = None;
    let mut found = Vec::new();
    for line in PAGE.lines() {
        match (&mut block, line.strip_prefix("```")) {
            (Some((is_wanted, text)), Some("")) => {
                if *is_wanted {
                    found.push((heading, std::mem::take(text)));
                }
                block = None;
            }
            (None, Some(name)) => block = Some((name == language, String::new())),
            (Some((_, text)), _) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => {
                if let Some(title) = line.strip_prefix('#') {
                    heading = title.trim_start_matches('#').trim();
                }
            }
        }
    }
    found
}

/// The one block below a heading.
fn block(heading: &str) -> String {
    let mut all = blocks("sh").into_iter();
    let found = all.find(|(title, _)| *title == heading);
    found
        .unwrap_or_else(|| panic!("no commands below {heading}"))
        .1
}

/// A repository on a server, a clone in which people work, and the portal.
struct Pipeline {
    folder: TempDir,
    portal: Sandbox,
}

impl Pipeline {
    fn new() -> Self {
        let pipeline = Self {
            folder: TempDir::new().unwrap(),
            portal: Sandbox::empty(),
        };
        pipeline.git(".", "init --quiet --bare --initial-branch main remote.git");
        pipeline.git(".", "clone --quiet remote.git desk");
        let config = format!(
            "workspace: phones\nportal:\n  kind: sandbox\n  url: {}\n  record: git\n  credentials: {{ token: {{ env: CALLSHEET_TOKEN }} }}\n",
            pipeline.portal.url
        );
        let desk = pipeline.at("desk");
        write(&desk, &[("phones/callsheet.yaml", &config)]);
        pipeline.git("desk", "checkout --quiet -B main");
        pipeline.commit("main", "Declare the office", PEOPLE);
        pipeline
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A command in an environment that is the same on every machine.
    fn command(&self, program: &str, folder: &str) -> Command {
        let binary = Path::new(env!("CARGO_BIN_EXE_callsheet"));
        let path = format!(
            "{}:/usr/local/bin:/usr/bin:/bin",
            binary.parent().unwrap().display()
        );
        let mut command = Command::new(program);
        command
            .current_dir(self.at(folder))
            .env_clear()
            .env("PATH", path)
            .env("HOME", self.folder.path())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env(
                "REPOSITORY",
                format!("file://{}", self.at("remote.git").display()),
            )
            .env("BRANCH", "add-kim")
            .env("CALLSHEET_TOKEN", WRITE)
            .env("CALLSHEET_PORTAL_URL", &self.portal.url);
        for role in ["AUTHOR", "COMMITTER"] {
            command
                .env(format!("GIT_{role}_NAME"), "Ann Lee")
                .env(format!("GIT_{role}_EMAIL"), "ann@acme.example");
        }
        command
    }

    /// Runs commands as a pipeline does. Returns the exit code and the output.
    fn run(&self, folder: &str, script: &str) -> (i32, String) {
        let mut command = self.command("bash", folder);
        let output = command
            .args(["-euo", "pipefail", "-c", script])
            .output()
            .unwrap();
        let Output {
            status,
            stdout,
            stderr,
        } = output;
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (status.code().unwrap(), text(stdout) + &text(stderr))
    }

    fn succeeds(&self, folder: &str, script: &str) -> String {
        let (code, output) = self.run(folder, script);
        assert_eq!(code, 0, "{script}\n{output}");
        output
    }

    fn git(&self, folder: &str, line: &str) -> String {
        self.succeeds(folder, &format!("git {line}"))
            .trim()
            .to_owned()
    }

    /// Commits the people to a branch and pushes it.
    fn commit(&self, branch: &str, message: &str, people: &str) {
        write(&self.at("desk"), &[("phones/people.yaml", people)]);
        self.git("desk", &format!("checkout --quiet -B {branch}"));
        self.git("desk", "add --all");
        self.git("desk", &format!("commit --quiet --message '{message}'"));
        self.git("desk", &format!("push --quiet origin {branch}"));
    }

    /// Adds Kim on a branch.
    fn open_pull_request(&self) {
        let kim = "  kim: { first_name: Kim, last_name: Yew, email: kim@acme.example, extension: 1003 }\n";
        self.commit("add-kim", "Add Kim", &format!("{PEOPLE}{kim}"));
        self.git("desk", "checkout --quiet main");
    }

    fn merge(&self, how: &str) {
        self.git("desk", &format!("merge --quiet {how} add-kim"));
        if how == "--squash" {
            self.git("desk", "commit --quiet --message 'Add Kim (#1)'");
        }
        self.git("desk", "push --quiet origin main");
    }

    fn apply_main(&self) {
        self.succeeds(
            ".",
            "git clone --quiet \"$REPOSITORY\" first && callsheet apply --yes -C first/phones",
        );
    }

    /// The commit that the record in the bare repository names.
    fn recorded(&self) -> String {
        self.git(
            "remote.git",
            "for-each-ref --format '%(*objectname)' refs/callsheet",
        )
    }
}

#[test]
fn every_command_is_run() {
    let headings: Vec<&str> = blocks("sh").iter().map(|(heading, _)| *heading).collect();
    let run = [
        "Many workspaces",
        "The pull request",
        "The main branch",
        "The main branch",
        "Any clone",
        "Welcome new users",
        "history-incomplete",
        "older-than-applied",
    ];
    assert_eq!(headings, run, "a test below runs each of them");
}

#[test]
fn many_workspaces_are_listed_validated_and_planned() {
    let pipeline = Pipeline::new();
    pipeline.open_pull_request();
    pipeline.git("desk", "checkout --quiet add-kim");
    let said = pipeline.succeeds("desk", &block("Many workspaces"));
    assert!(said.starts_with("phones\n"), "{said}");
    assert!(said.contains("1 workspace: 1 valid"), "{said}");
}

#[test]
fn a_plan_of_a_pull_request_is_applied_after_the_merge() {
    let pipeline = Pipeline::new();
    pipeline.apply_main();
    assert_eq!(pipeline.recorded(), pipeline.git("desk", "rev-parse main"));
    pipeline.open_pull_request();
    let plan = pipeline.succeeds(".", &block("The pull request"));
    assert!(
        plan.contains("+ users/kim") && plan.contains("1 to create"),
        "{plan}"
    );
    pipeline.merge("--no-ff --no-edit");
    pipeline.succeeds(".", &block("The main branch"));
    assert_eq!(
        pipeline.recorded(),
        pipeline.git("desk", "rev-parse add-kim")
    );
    let other = pipeline.succeeds(".", &block("Any clone"));
    assert!(other.contains("ok  record"), "{other}");
    assert!(
        other.contains("kept in Git; ") && other.contains("Nothing to do"),
        "{other}"
    );
}

#[test]
fn new_users_are_welcomed_once() {
    let pipeline = Pipeline::new();
    pipeline.succeeds(".", "git clone --quiet \"$REPOSITORY\" first");
    let said = pipeline.succeeds("first", &block("Welcome new users"));
    assert!(said.contains("2 of 2 done"), "{said}");
    // Bob can't log in, so there is nothing to welcome him to.
    assert!(
        said.contains("users/ann") && said.contains("ann@acme.example"),
        "{said}"
    );
    let again = pipeline.succeeds(
        "first",
        &block("Welcome new users").replace("created", "again"),
    );
    assert!(again.contains("Nothing to do"), "{again}");
}

#[test]
fn after_a_squash_the_main_branch_plans_and_records() {
    let pipeline = Pipeline::new();
    pipeline.apply_main();
    pipeline.open_pull_request();
    pipeline.merge("--squash");
    let mut main = blocks("sh")
        .into_iter()
        .filter(|(heading, _)| *heading == "The main branch");
    let (_, squashed) = main.next_back().unwrap();
    let plan = pipeline.succeeds(".", &squashed);
    assert!(plan.contains("1 of 1 done"), "{plan}");
    assert_eq!(pipeline.recorded(), pipeline.git("desk", "rev-parse main"));
    pipeline.succeeds(".", &block("Any clone"));
}

#[test]
fn a_shallow_clone_is_blocked_until_the_history_is_fetched() {
    let pipeline = Pipeline::new();
    pipeline.apply_main();
    let without_bob: String = PEOPLE
        .split_inclusive('\n')
        .filter(|line| !line.contains("bob"))
        .collect();
    pipeline.commit("main", "Remove Bob", &without_bob);
    // Nothing was recorded yet.
    pipeline.git(
        "remote.git",
        "update-ref -d $(git for-each-ref --format '%(refname)' refs/callsheet)",
    );
    pipeline.succeeds(".", "git clone --quiet --depth 1 \"$REPOSITORY\" shallow");
    let (code, plan) = pipeline.run("shallow", "callsheet plan phones");
    assert_eq!(code, 3, "{plan}");
    assert!(
        plan.contains("history-incomplete") && plan.contains("`fetch-depth: 0`"),
        "{plan}"
    );
    let plan = pipeline.succeeds("shallow", &block("history-incomplete"));
    assert!(plan.contains("- users/bob"), "{plan}");
}

#[test]
fn a_job_of_an_older_commit_is_blocked() {
    let pipeline = Pipeline::new();
    pipeline.succeeds(".", "git clone --quiet \"$REPOSITORY\" older");
    pipeline.open_pull_request();
    pipeline.merge("--no-ff --no-edit");
    pipeline.apply_main();
    let (code, plan) = pipeline.run("older", "callsheet plan phones");
    assert_eq!(code, 3, "{plan}");
    assert!(plan.contains("older-than-applied"), "{plan}");
    let plan = pipeline.succeeds("older", &block("older-than-applied"));
    assert!(plan.contains("Nothing to do"), "{plan}");
}

#[test]
fn a_pull_request_that_names_another_portal_contacts_none() {
    let pipeline = Pipeline::new();
    pipeline.apply_main();
    let config = pipeline.at("desk/phones/callsheet.yaml");
    let elsewhere = Sandbox::empty();
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace(&pipeline.portal.url, &elsewhere.url)).unwrap();
    pipeline.commit("add-kim", "Move to another portal", PEOPLE);
    let (code, plan) = pipeline.run(".", &block("The pull request"));
    assert_eq!(code, 3, "{plan}");
    assert!(
        plan.contains("portal-changed") && plan.contains("0 requests"),
        "{plan}"
    );
    let (code, plan) = pipeline.run("desk", "callsheet plan phones");
    assert_eq!(code, 1, "{plan}");
    assert!(plan.contains("CALLSHEET_PORTAL_URL allows"), "{plan}");
}
