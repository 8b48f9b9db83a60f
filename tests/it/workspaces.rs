//! Many *workspaces* in one repository: which there are, which changed, which are in one part, and what a
//! command says of several.

use crate::{served::Served, workspace::write};
use assert_cmd::Command;
use axum::{extract::Request, http::StatusCode, response::IntoResponse as _};
use git2::{IndexAddOption, Repository, Signature};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};
use tempfile::TempDir;
use tokio::{sync::Notify, time::timeout};

const CONFIGURATION: &str = "portal: { kind: sandbox, database: .callsheet/sandbox.db }\n";

fn person(name: &str) -> String {
    format!(
        "users: {{ {name}: {{ first_name: A, last_name: B, email: {name}@acme.example, extension: 1001 }} }}\n"
    )
}

/// A repository of tenants.
struct Reseller {
    folder: TempDir,
    repository: Repository,
}

impl Reseller {
    fn with(tenants: &[&str]) -> Self {
        let folder = TempDir::new().unwrap();
        let repository = Repository::init(folder.path()).unwrap();
        for tenant in tenants {
            let folder = folder.path().join(tenant);
            let people = person("ann");
            write(
                &folder,
                &[("callsheet.yaml", CONFIGURATION), ("people.yaml", &people)],
            );
        }
        write(folder.path(), &[(".gitignore", ".callsheet/\nbuild/\n")]);
        let reseller = Self { folder, repository };
        reseller.commit("Declare the tenants");
        reseller
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn commit(&self, message: &str) {
        let mut index = self.repository.index().unwrap();
        index.add_all(["*"], IndexAddOption::DEFAULT, None).unwrap();
        index.update_all(["*"], None).unwrap();
        index.write().unwrap();
        let tree = index.write_tree().unwrap();
        let tree = self.repository.find_tree(tree).unwrap();
        let author = Signature::now("Ann Lee", "ann@acme.example").unwrap();
        let head = self.repository.head().ok();
        let parents: Vec<_> = head
            .iter()
            .map(|head| head.peel_to_commit().unwrap())
            .collect();
        let parents: Vec<_> = parents.iter().collect();
        self.repository
            .commit(Some("HEAD"), &author, &author, message, &tree, &parents)
            .unwrap();
    }

    fn run(&self, line: &str) -> (i32, String, String) {
        let mut command = Command::cargo_bin("callsheet").unwrap();
        let output = command
            .current_dir(self.path())
            .env_clear()
            .env("HOME", self.path())
            .args(line.split_whitespace())
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (
            output.status.code().unwrap(),
            text(output.stdout),
            text(output.stderr),
        )
    }

    fn listed(&self, line: &str) -> Vec<String> {
        let (code, out, err) = self.run(&format!("workspaces {line}"));
        assert_eq!(code, 0, "{line}: {err}");
        out.lines().map(str::to_owned).collect()
    }
}

#[test]
fn all_are_listed_and_ignored_folders_left_out() {
    let reseller = Reseller::with(&["eu/a", "eu/b", "eu/b/inner", "us/a"]);
    write(
        &reseller.path().join("build/old"),
        &[("callsheet.yaml", CONFIGURATION)],
    );
    write(
        &reseller.path().join(".hidden"),
        &[("callsheet.yaml", CONFIGURATION)],
    );
    assert_eq!(reseller.listed(""), ["eu/a", "eu/b", "eu/b/inner", "us/a"]);
    assert_eq!(reseller.listed("eu"), ["eu/a", "eu/b", "eu/b/inner"]);
    assert_eq!(reseller.listed("*/a"), ["eu/a", "us/a"]);
    // From a folder of the repository it is still the whole, by paths from the root.
    assert_eq!(reseller.listed("-C eu"), ["eu/a", "eu/b", "eu/b/inner"]);
    let (_, json, _) = reseller.run("workspaces --format json");
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["workspaces"][3]["folder"], "us/a");
    let (code, _, err) = reseller.run("workspaces asia/*");
    assert_eq!(code, 64);
    assert!(err.contains("no workspace matches `asia/*`"), "{err}");
}

#[test]
fn a_change_is_of_the_innermost_workspace() {
    let reseller = Reseller::with(&["eu/a", "eu/b", "eu/b/inner", "us/a"]);
    write(
        reseller.path(),
        &[
            ("eu/b/inner/people.yaml", &person("bob")),
            ("README.md", "x"),
        ],
    );
    // What isn't committed yet counts too.
    assert_eq!(reseller.listed("--changed-since HEAD"), ["eu/b/inner"]);
    reseller.commit("Change the inner one");
    assert!(reseller.listed("--changed-since HEAD").is_empty());
    assert_eq!(reseller.listed("--changed-since HEAD~1"), ["eu/b/inner"]);
    std::fs::remove_file(reseller.path().join("us/a/people.yaml")).unwrap();
    assert_eq!(
        reseller.listed("--changed-since HEAD~1"),
        ["eu/b/inner", "us/a"]
    );
    let (code, _, err) = reseller.run("workspaces --changed-since nowhere");
    assert_eq!(code, 1);
    assert!(err.contains("unknown revision `nowhere`"), "{err}");
}

#[test]
fn shards_are_disjoint_complete_and_stable() {
    let names: Vec<String> = (0..60)
        .map(|number| format!("tenants/t{number:02}"))
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let reseller = Reseller::with(&names);
    let shards: Vec<Vec<String>> = (1..=4)
        .map(|number| reseller.listed(&format!("--shard {number}/4")))
        .collect();
    let all: Vec<String> = shards.iter().flatten().cloned().collect();
    assert_eq!(all.len(), names.len(), "each is in one part only");
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), names.len());
    assert!(shards.iter().all(|shard| shard.len() > 5), "{shards:?}");
    assert_eq!(
        reseller.listed("--shard 0/4"),
        shards[3],
        "for those who count from 0"
    );
    // Another tenant moves none.
    write(
        &reseller.path().join("tenants/new"),
        &[("callsheet.yaml", CONFIGURATION)],
    );
    for (number, before) in (1..).zip(&shards) {
        let mut now = reseller.listed(&format!("--shard {number}/4"));
        now.retain(|name| name != "tenants/new");
        assert_eq!(now, *before);
    }
    for wrong in ["5/4", "1", "a/b", "1/0"] {
        let (code, _, err) = reseller.run(&format!("workspaces --shard {wrong}"));
        assert_eq!(code, 64, "{wrong}");
        assert!(err.contains("write it as 2/5"), "{err}");
    }
}

#[test]
fn a_matrix_has_a_job_for_each_or_for_several() {
    let reseller = Reseller::with(&["a", "b", "c", "d", "e"]);
    let matrix = |line: &str| -> Value {
        let (_, out, _) = reseller.run(&format!("workspaces --format github-matrix {line}"));
        assert_eq!(out.lines().count(), 1, "one line for GITHUB_OUTPUT: {out}");
        serde_json::from_str(&out).unwrap()
    };
    let each = matrix("");
    assert_eq!(each["include"].as_array().unwrap().len(), 5);
    assert_eq!(each["include"][1]["workspace"], "b");
    let grouped = matrix("--max-jobs 2");
    let jobs = grouped["include"].as_array().unwrap();
    assert!(jobs.len() <= 2);
    let mut all: Vec<&str> = jobs
        .iter()
        .flat_map(|job| job["workspace"].as_str().unwrap().lines())
        .collect();
    all.sort_unstable();
    assert_eq!(all, ["a", "b", "c", "d", "e"]);
}

#[test]
fn several_are_validated_and_planned_with_one_summary() {
    let reseller = Reseller::with(&["eu/a", "eu/b", "us/c"]);
    write(
        reseller.path(),
        &[("eu/b/people.yaml", "users: { bob: { extenson: 1 } }\n")],
    );
    let (code, out, err) = reseller.run("validate --recursive");
    assert_eq!(code, 1);
    assert!(
        err.contains("eu/b/people.yaml:1:17"),
        "the path from the root: {err}"
    );
    assert!(out.contains("3 workspaces: 1 invalid, 2 valid"), "{out}");
    let (code, out, _) = reseller.run("validate --format github eu/a eu/b");
    assert_eq!(code, 1);
    assert!(
        out.contains("::error file=eu/b/people.yaml,line=1"),
        "{out}"
    );

    let (code, out, err) = reseller.run("plan eu/a us/c --detailed-exitcode");
    assert_eq!(code, 2, "{out}{err}");
    assert!(out.contains("+ users/ann"), "{out}");
    assert!(out.ends_with("2 workspaces: 2 changes\n"), "{out}");
    // One that is invalid doesn't keep the others from being planned.
    let (code, out, _) = reseller.run("plan -r --format json");
    assert_eq!(code, 1);
    let json: Value = serde_json::from_str(&out).unwrap();
    let states: Vec<&str> = json["workspaces"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["state"].as_str().unwrap())
        .collect();
    assert_eq!(states, ["changes", "invalid", "changes"]);
    assert_eq!(
        json["workspaces"][0]["plan"]["operations"][0]["address"],
        "users/ann"
    );
    assert_eq!(
        json["workspaces"][1]["diagnostics"][3]["rule"],
        "unknown-field"
    );
    let (_, out, _) = reseller.run("plan -r --format markdown");
    assert!(
        out.contains("### Callsheet: 3 workspaces: 1 invalid, 2 changes"),
        "{out}"
    );
    assert!(out.contains("| `eu/b` | **invalid** |"), "{out}");
    let (code, _, err) = reseller.run("plan -r --format html");
    assert_eq!(code, 64);
    assert!(err.contains("of one workspace"), "{err}");
}

#[test]
fn a_thousand_are_listed_with_one_walk() {
    let names: Vec<String> = (0..1000)
        .map(|number| format!("tenants/t{number:04}"))
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let reseller = Reseller::with(&names);
    write(
        reseller.path(),
        &[("tenants/t0777/people.yaml", &person("kim"))],
    );
    assert_eq!(reseller.listed("").len(), 1000);
    assert_eq!(reseller.listed("--changed-since HEAD"), ["tenants/t0777"]);
}

/// A portal that refuses every token, and answers nobody before two of them have asked.
fn refuses_two_at_once() -> Served {
    let tokens: Arc<Mutex<BTreeSet<String>>> = Arc::default();
    let both = Arc::new(Notify::new());
    Served::start(move |request: Request| {
        let token = request.headers()["authorization"].to_str().unwrap();
        let mut known = tokens.lock().unwrap();
        known.insert(token.to_owned());
        if known.len() == 2 {
            both.notify_one();
        }
        let (is_waiting, both) = (known.len() < 2, Arc::clone(&both));
        async move {
            let asked = both.notified();
            // Only if workspaces are planned one after the other is nobody else coming.
            let is_alone = is_waiting && timeout(Duration::from_secs(60), asked).await.is_err();
            let status = if is_alone { 400 } else { 401 };
            (StatusCode::from_u16(status).unwrap(), "{}").into_response()
        }
    })
}

#[test]
fn several_are_planned_side_by_side_and_told_in_order() {
    for line in ["plan a b", "ci plan a b --out build"] {
        let portal = refuses_two_at_once();
        let reseller = Reseller::with(&["a", "b"]);
        for tenant in ["a", "b"] {
            let configuration = format!(
                "portal: {{ kind: sandbox, url: {}, credentials: {{ token: {{ file: token }} }} }}\n",
                portal.url
            );
            write(
                &reseller.path().join(tenant),
                &[("callsheet.yaml", &configuration), ("token", tenant)],
            );
        }
        let (code, out, err) = reseller.run(line);
        assert_eq!(code, 1, "{out}{err}");
        let (told, sign) = match line.starts_with("ci") {
            true => (out, "== "),
            false => (err, "error: "),
        };
        let of = |tenant: &str| told.find(&format!("{sign}{tenant}: ")).expect(&told);
        assert!(of("a") < of("b"), "{told}");
        assert_eq!(told.matches("401").count(), 2, "{told}");
    }
}
