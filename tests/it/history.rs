//! Plans that know why: a workspace in a real repository, its portal, and what becomes of both.

use crate::workspace::write;
use assert_cmd::Command;
use git2::{IndexAddOption, Repository, Signature};
use serde_json::Value;
use std::path::Path;
use tempfile::TempDir;

/// A workspace in a repository, with an embedded portal.
pub(crate) struct Office {
    folder: TempDir,
    repository: Repository,
}

const CONFIGURATION: &str = "portal: { kind: sandbox, database: .callsheet/sandbox.db }\n";

/// Six people, a queue and a template, so that a quarter of them is more than one.
const PEOPLE: &str = "
templates:
  desk-user:
    user: { rings_before_voicemail: 5 }
users:
  ann: { first_name: Ann, last_name: Lee, email: ann@acme.example, extension: 1001, scope: administrator, rings_before_voicemail: 6 }
  bob: { first_name: Bob, last_name: Ray, email: bob@acme.example, extension: 1002, template: desk-user }
  eve: { first_name: Eve, last_name: Oak, email: eve@acme.example, extension: 1003, template: desk-user, title: Clerk }
  kim: { first_name: Kim, last_name: Yew, email: kim@acme.example, extension: 1004, template: desk-user, alias: K }
  lou: { first_name: Lou, last_name: Ash, email: lou@acme.example, extension: 1005 }
  zed: { first_name: Zed, last_name: Elm, email: zed@acme.example, extension: 1006 }
extensions:
  2000: { kind: ring_group, name: Sales, members: [bob, eve] }
";

impl Office {
    pub(crate) fn new() -> Self {
        Self::with(&[("callsheet.yaml", CONFIGURATION), ("people.yaml", PEOPLE)])
    }

    /// An office whose first commit holds these files.
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().unwrap();
        let repository = Repository::init(folder.path()).unwrap();
        let office = Self { folder, repository };
        write(office.path(), files);
        office.write(".gitignore", ".callsheet/\n");
        office.commit("Open the office");
        office
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        write(self.path(), &[(name, text)]);
    }

    /// Changes the people by putting `new` for `old`.
    pub(crate) fn edit(&self, old: &str, new: &str) {
        self.edit_in("people.yaml", old, new);
    }

    /// Changes a file by putting `new` for `old`.
    pub(crate) fn edit_in(&self, name: &str, old: &str, new: &str) {
        let path = self.path().join(name);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(old), "{old} is not there");
        std::fs::write(path, text.replace(old, new)).unwrap();
    }

    pub(crate) fn commit(&self, message: &str) {
        let mut index = self.repository.index().unwrap();
        index.add_all(["*"], IndexAddOption::DEFAULT, None).unwrap();
        index.update_all(["*"], None).unwrap();
        index.write().unwrap();
        let tree = self
            .repository
            .find_tree(index.write_tree().unwrap())
            .unwrap();
        let author = Signature::new(
            "Ann Lee",
            "ann@acme.example",
            &git2::Time::new(1_700_000_000, 0),
        )
        .unwrap();
        let head = self
            .repository
            .head()
            .ok()
            .and_then(|head| head.peel_to_commit().ok());
        let parents: Vec<&git2::Commit<'_>> = head.iter().collect();
        self.repository
            .commit(Some("HEAD"), &author, &author, message, &tree, &parents)
            .unwrap();
    }

    /// The refs that records are kept in.
    pub(crate) fn callsheet_refs(&self) -> Vec<String> {
        let refs = self.repository.references_glob("refs/callsheet/*").unwrap();
        refs.map(|one| one.unwrap().name().unwrap().to_owned())
            .collect()
    }

    pub(crate) fn tag(&self, name: &str) {
        let head = self.repository.head().unwrap().peel_to_commit().unwrap();
        self.repository.branch(name, &head, true).unwrap();
    }

    /// What a command that ends with `code` says on stderr.
    pub(crate) fn fails(&self, code: i32, arguments: &[&str]) -> String {
        let assert = self.callsheet(arguments).assert().code(code);
        String::from_utf8_lossy(&assert.get_output().stderr).into_owned()
    }

    pub(crate) fn callsheet(&self, arguments: &[&str]) -> Command {
        let mut command = Command::cargo_bin("callsheet").unwrap();
        command
            .current_dir(self.path())
            .env_remove("GITHUB_BASE_REF")
            .args(arguments);
        command
    }

    pub(crate) fn apply(&self) {
        self.callsheet(&["apply", "--yes"]).assert().success();
    }

    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let output = self
            .callsheet(arguments)
            .args(["--format", "json"])
            .output()
            .unwrap();
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
            panic!("{error}: {}", String::from_utf8_lossy(&output.stderr));
        })
    }

    /// Each operation with its cause, the commit that asks for it, and the causes of its fields.
    fn told(&self, arguments: &[&str]) -> Vec<String> {
        let plan = self.json(arguments);
        let operations = plan["operations"].as_array().unwrap();
        operations
            .iter()
            .map(|one| {
                let word = |name: &str| one[name].as_str().unwrap_or("-").to_owned();
                let commit = one["commit"]["summary"].as_str().unwrap_or("-");
                let fields = one["fields"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .filter(|_| one["action"] != "create");
                let fields: Vec<String> = fields
                    .map(|field| {
                        let (before, after) = (&field["before"], &field["after"]);
                        format!(
                            "{} {before}→{after} ({})",
                            field["path"].as_str().unwrap(),
                            field["cause"].as_str().unwrap()
                        )
                    })
                    .collect();
                format!(
                    "{} {} {} [{commit}] {}",
                    word("cause"),
                    word("action"),
                    word("address"),
                    fields.join(", ")
                )
            })
            .collect()
    }

    /// Somebody clicks in the portal: the sandbox is reached by a workspace that declares just that.
    pub(crate) fn click(&self, declared: &str) {
        let other = TempDir::new().unwrap();
        let database = self.path().join(".callsheet/sandbox.db");
        let there = other.path().join(".callsheet");
        std::fs::create_dir_all(&there).unwrap();
        for end in ["", "-wal", "-shm"] {
            let from = database.with_file_name(format!("sandbox.db{end}"));
            if from.exists() {
                std::fs::copy(&from, there.join(format!("sandbox.db{end}"))).unwrap();
            }
        }
        write(
            other.path(),
            &[("callsheet.yaml", CONFIGURATION), ("click.yaml", declared)],
        );
        let mut apply = Command::cargo_bin("callsheet").unwrap();
        apply
            .current_dir(other.path())
            .args(["apply", "--yes"])
            .assert()
            .success();
        for end in ["", "-wal", "-shm"] {
            let from = there.join(format!("sandbox.db{end}"));
            let to = database.with_file_name(format!("sandbox.db{end}"));
            if from.exists() {
                std::fs::copy(&from, &to).unwrap();
            } else if to.exists() {
                std::fs::remove_file(&to).unwrap();
            }
        }
    }
}

fn person(key: &str, first: &str, last: &str, rest: &str) -> String {
    format!(
        "users:\n  {key}: {{ first_name: {first}, last_name: {last}, email: {key}@acme.example, {rest} }}\n"
    )
}

#[test]
fn every_cause_is_told_apart() {
    let office = Office::new();
    office.apply();
    office.edit("title: Clerk", "title: Head Clerk");
    office.edit("alias: K", "alias: Kimmy");
    office.commit("Promote Eve");
    office.tag("main");
    office.edit("extension: 1005", "extension: 1015");
    office.edit(
        "  zed: { first_name: Zed, last_name: Elm, email: zed@acme.example, extension: 1006 }\n",
        "",
    );
    office.commit("Lou moves, Zed leaves");
    office.click(&person(
        "ann",
        "Ann",
        "Lee",
        "title: Boss, rings_before_voicemail: 3",
    ));
    office.click(&person("kim", "Kim", "Yew", "alias: Kiki"));
    let told = office.told(&["plan", "--base", "main"]);
    insta::assert_snapshot!(told.join("\n"), @r#"
    drift update users/ann [-] rings_before_voicemail 3→6 (drift)
    pending update users/eve [Promote Eve] title "Clerk"→"Head Clerk" (pending)
    conflict update users/kim [Promote Eve] alias "Kiki"→"Kimmy" (conflict)
    change update users/lou [Lou moves, Zed leaves] extension "1005"→"1015" (change)
    change delete users/zed [Lou moves, Zed leaves]
    "#);
}

#[test]
fn what_is_no_longer_declared_goes_back_to_the_portal() {
    let office = Office::new();
    office.apply();
    office.edit(", title: Clerk", "");
    office.edit(", alias: K", "");
    office.commit("Say less");
    office.click(&person("kim", "Kim", "Yew", "alias: Kiki"));
    insta::assert_snapshot!(office.told(&["plan"]).join("\n"), @r#"pending update users/eve [Say less] title "Clerk"→null (pending)"#);
}

#[test]
fn a_conflict_blocks_until_it_is_waived() {
    let office = Office::new();
    office.apply();
    office.edit("title: Clerk", "title: Head Clerk");
    office.commit("Promote Eve");
    office.click(&person("eve", "Eve", "Oak", "title: Chief"));
    let plan = office.callsheet(&["plan"]).assert().code(3);
    let text = String::from_utf8_lossy(&plan.get_output().stdout).into_owned();
    assert!(
        text.contains("finding: conflict, address: users/eve"),
        "{text}"
    );
    office.callsheet(&["apply", "--yes"]).assert().code(3);
    let waiver = "allow:\n  - { finding: conflict, address: users/eve, until: 2999-12-31, because: Ours counts }\n";
    office.write("callsheet.yaml", &format!("{CONFIGURATION}{waiver}"));
    office.commit("Ours counts");
    office.apply();
    assert_eq!(office.told(&["plan"]), [""; 0]);
}

#[test]
fn only_drift_and_only_change_leave_the_rest_alone() {
    let office = Office::new();
    office.apply();
    office.edit("title: Clerk", "title: Head Clerk");
    office.commit("Promote Eve");
    office.click(&person(
        "eve",
        "Eve",
        "Oak",
        "phone: +14155550100, rings_before_voicemail: 9",
    ));
    let fields = |only: &str| {
        let plan = office.json(&["plan", "--only", only]);
        let operations = plan["operations"].as_array().unwrap().clone();
        let paths = operations
            .iter()
            .flat_map(|one| one["fields"].as_array().unwrap().clone());
        paths
            .map(|field| field["path"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(fields("drift"), ["rings_before_voicemail"]);
    assert_eq!(fields("pending"), ["title"]);
    office
        .callsheet(&["apply", "--yes", "--only", "change,pending"])
        .assert()
        .success();
    assert_eq!(fields("pending"), [""; 0]);
    assert_eq!(fields("drift"), ["rings_before_voicemail"]);
}

#[test]
fn nothing_goes_without_evidence() {
    let office = Office::new();
    office.apply();
    office.click(&person("guest", "Gus", "Est", "extension: 1099"));
    // Moved files, a renamed file and another order delete nothing.
    let text = std::fs::read_to_string(office.path().join("people.yaml")).unwrap();
    std::fs::remove_file(office.path().join("people.yaml")).unwrap();
    office.write("all/everybody.yaml", &text);
    office.commit("Move everybody");
    assert_eq!(office.told(&["plan"]), [""; 0]);
    let plan = office.json(&["plan"]);
    assert_eq!(plan["unmanaged"], serde_json::json!({"users": 1}));
}

#[test]
fn an_empty_workspace_deletes_nothing_by_accident() {
    let office = Office::new();
    office.apply();
    std::fs::remove_file(office.path().join("people.yaml")).unwrap();
    office.commit("Where is everybody?");
    let plan = office.callsheet(&["plan"]).assert().code(3);
    let text = String::from_utf8_lossy(&plan.get_output().stdout).into_owned();
    for finding in ["empty-workspace", "delete-limit", "last-administrator"] {
        assert!(text.contains(finding), "{text}");
    }
}

#[test]
fn protection_is_read_from_the_old_version_too() {
    let office = Office::new();
    office.edit("extension: 1006 }", "extension: 1006, protect: true }");
    office.commit("Keep Zed");
    office.apply();
    office.edit("  zed: { first_name: Zed, last_name: Elm, email: zed@acme.example, extension: 1006, protect: true }\n", "");
    office.commit("Zed leaves");
    let plan = office.callsheet(&["plan"]).assert().code(3);
    let text = String::from_utf8_lossy(&plan.get_output().stdout).into_owned();
    assert!(text.contains("users/zed is protected"), "{text}");
}

#[test]
fn a_rename_is_one_operation() {
    let office = Office::new();
    office.apply();
    office.edit(
        "  zed: { first_name: Zed,",
        "  zed.elm: { previously: zed, first_name: Zed,",
    );
    office.commit("Zed wants his whole name");
    let told = office.told(&["plan"]);
    insta::assert_snapshot!(told.join("\n"), @r#"pending rename users/zed.elm [Zed wants his whole name] username "zed"→"zed.elm" (pending)"#);
    office.apply();
    assert_eq!(office.told(&["plan"]), [""; 0]);
}

#[test]
fn files_that_nobody_committed_are_planned_and_not_applied() {
    let office = Office::new();
    office.apply();
    office.edit("title: Clerk", "title: Head Clerk");
    let plan = office.json(&["plan"]);
    assert_eq!(plan["dirty"], true);
    assert_eq!(plan["operations"][0]["cause"], "change");
    office.callsheet(&["apply", "--yes"]).assert().code(3);
    office
        .callsheet(&["apply", "--yes", "--allow-dirty"])
        .assert()
        .success();
    assert_eq!(office.told(&["plan"]), [""; 0]);
}

#[test]
fn a_shallow_clone_says_what_it_lacks() {
    let office = Office::new();
    let plan = office
        .callsheet(&["plan", "--base", "no-such-branch"])
        .assert()
        .code(1);
    let text = String::from_utf8_lossy(&plan.get_output().stderr).into_owned();
    assert!(text.contains("unknown revision `no-such-branch`"), "{text}");
    std::fs::write(
        office.path().join(".git/shallow"),
        format!("{}\n", office.repository.head().unwrap().target().unwrap()),
    )
    .unwrap();
    let plan = office
        .callsheet(&["plan", "--base", "no-such-branch"])
        .assert()
        .code(1);
    let text = String::from_utf8_lossy(&plan.get_output().stderr).into_owned();
    assert!(text.contains("fetch-depth: 0"), "{text}");
}

#[test]
fn a_saved_plan_does_what_was_reviewed_or_nothing() {
    let office = Office::new();
    office.apply();
    office.edit("title: Clerk", "title: Head Clerk");
    office.edit("extension: 1005", "extension: 1015");
    office.commit("Two changes");
    office
        .callsheet(&["plan", "--out", ".callsheet/plan.json"])
        .assert()
        .success();
    // A change elsewhere doesn't make it stale.
    office.click(&person("bob", "Bob", "Ray", "alias: Bobby"));
    let saved = std::fs::read_to_string(office.path().join(".callsheet/plan.json")).unwrap();
    office.write(".callsheet/cut.json", &saved[..saved.len() / 2]);
    office
        .callsheet(&["apply", ".callsheet/cut.json", "--yes"])
        .assert()
        .code(3);
    office.write(
        ".callsheet/changed.json",
        &saved.replace("Head Clerk", "Chief"),
    );
    office
        .callsheet(&["apply", ".callsheet/changed.json", "--yes"])
        .assert()
        .code(3);
    office.write(
        ".callsheet/newer.json",
        &saved.replace("\"format_version\": \"1", "\"format_version\": \"2"),
    );
    office
        .callsheet(&["apply", ".callsheet/newer.json", "--yes"])
        .assert()
        .code(3);
    // A change of what it touches does.
    office.click(&person("eve", "Eve", "Oak", "title: Chief"));
    let stale = office
        .callsheet(&["apply", ".callsheet/plan.json", "--yes"])
        .assert()
        .code(3);
    let text = String::from_utf8_lossy(&stale.get_output().stderr).into_owned();
    assert!(
        text.contains("users/eve: title was changed on the portal since"),
        "{text}"
    );
    // What is already done is no longer needed.
    office.click(&person("eve", "Eve", "Oak", "title: Head Clerk"));
    let output = office.json(&["apply", ".callsheet/plan.json", "--yes"]);
    assert_eq!(output["outcomes"]["done"], 1, "{output}");
    assert_eq!(output["operations"][0]["address"], "users/lou");
}

#[test]
fn an_apply_can_be_taken_back() {
    let office = Office::new();
    office.apply();
    let before = office.json(&["list", "users"]);
    office.edit("title: Clerk", "title: Head Clerk");
    office.edit(
        "  zed: { first_name: Zed, last_name: Elm, email: zed@acme.example, extension: 1006 }\n",
        "  new: { first_name: New, last_name: Oak, email: new@acme.example, extension: 1007 }\n",
    );
    office.commit("Zed leaves, somebody new comes");
    office
        .callsheet(&["apply", "--yes", "--journal", ".callsheet/run.jsonl"])
        .assert()
        .success();
    office
        .callsheet(&[
            "undo",
            ".callsheet/run.jsonl",
            "--out",
            ".callsheet/undo.json",
        ])
        .assert()
        .success();
    office
        .callsheet(&["apply", ".callsheet/undo.json", "--yes"])
        .assert()
        .success();
    let fields = |listing: &Value| -> Vec<Value> {
        listing["objects"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["fields"].clone())
            .collect()
    };
    assert_eq!(fields(&office.json(&["list", "users"])), fields(&before));
}
