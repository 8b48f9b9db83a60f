//! The *action* and the example workflows, run step by step as GitHub runs them, against a stand-in for its API
//! and a served sandbox as the portal.

mod api;
mod cancelled;
mod drift;
mod examples;
mod expression;
mod forks;
mod limited;
mod pulls;
mod runner;
mod tenants;

use crate::{
    running::{READ, Sandbox, WRITE},
    workspace::write,
};
use api::Api;
use runner::{Runner, git};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const PEOPLE: &str = "users:
  ann: { first_name: Ann, last_name: Lee, email: ann@acme.example, extension: 1001, scope: administrator }
  bob: { first_name: Bob, last_name: Ray, email: bob@acme.example, extension: 1002 }
";
const KIM: &str =
    "  kim: { first_name: Kim, last_name: Yew, email: kim@acme.example, extension: 1003 }\n";

/// A repository on the forge, the desk of somebody who works on it, and the portal.
struct Company {
    folder: TempDir,
    portal: Sandbox,
    api: Api,
}

impl Company {
    fn new() -> Self {
        let company = Self {
            folder: TempDir::new().unwrap(),
            portal: Sandbox::empty(),
            api: Api::new(),
        };
        git(
            company.folder.path(),
            "init --quiet --bare --initial-branch main remote.git",
        );
        git(company.folder.path(), "clone --quiet remote.git desk");
        let desk = company.desk();
        git(&desk, "checkout --quiet -B main");
        company.write("phones/callsheet.yaml", &company.configuration());
        company.write("phones/people.yaml", PEOPLE);
        company.commit("Declare the office");
        git(&desk, "push --quiet origin main");
        company
    }

    fn configuration(&self) -> String {
        format!(
            "portal:\n  kind: sandbox\n  url: {}\n  credentials: {{ token: {{ env: CALLSHEET_TOKEN }} }}\n",
            self.portal.url
        )
    }

    fn desk(&self) -> PathBuf {
        self.folder.path().join("desk")
    }

    fn remote(&self) -> PathBuf {
        self.folder.path().join("remote.git")
    }

    fn write(&self, name: &str, text: &str) {
        write(&self.desk(), &[(name, text)]);
    }

    fn commit(&self, message: &str) -> String {
        let desk = self.desk();
        git(&desk, "add --all");
        git(
            &desk,
            &format!(
                "commit --quiet --allow-empty --message {}",
                message.replace(' ', "_")
            ),
        );
        git(&desk, "rev-parse HEAD")
    }

    /// Opens a pull request, or pushes to it: the forge makes a commit that merges it. Returns the event.
    fn push_pull(&self, number: u64, branch: &str, people: &str) -> Value {
        let desk = self.desk();
        git(&desk, &format!("checkout --quiet -B {branch} main"));
        self.write("phones/people.yaml", people);
        let head = self.commit("Change the people");
        self.merge_ref(number, branch).map_or_else(
            || panic!("{branch} merges"),
            |_| self.pull(number, &head, "acme/phones", branch),
        )
    }

    /// What the forge offers of a pull request: its branch, and that merged.
    fn merge_ref(&self, number: u64, branch: &str) -> Option<String> {
        let desk = self.desk();
        git(&desk, "checkout --quiet --detach main");
        git(&desk, &format!("merge --quiet --no-ff --no-edit {branch}"));
        git(
            &desk,
            &format!(
                "push --quiet --force origin HEAD:refs/pull/{number}/merge {branch}:refs/pull/{number}/head"
            ),
        );
        let merge = git(&desk, "rev-parse HEAD");
        git(&desk, "checkout --quiet main");
        Some(merge)
    }

    fn pull(&self, number: u64, head: &str, repository: &str, branch: &str) -> Value {
        let owner = repository.split('/').next().unwrap();
        let pull = json!({
            "number": number, "merged_at": null,
            "head": { "sha": head, "ref": branch, "label": format!("{owner}:{branch}"), "repo": { "full_name": repository } },
            "base": { "ref": "main", "sha": git(&self.desk(), "rev-parse main"), "repo": { "full_name": "acme/phones" } },
        });
        let mut on_forge = self.api.repository();
        on_forge.pulls.retain(|one| one["number"] != number);
        on_forge.pulls.push(pull.clone());
        json!({ "action": "synchronize", "number": number, "pull_request": pull })
    }

    /// A runner for the pipeline of a pull request.
    fn pull_runner<'a>(&'a self, remote: &'a Path, event: &Value) -> Runner<'a> {
        let number = event["number"].as_u64().unwrap();
        let mut runner = Runner::new(&self.api, remote, "pull_request", event.clone());
        runner.reference = format!("refs/pull/{number}/merge");
        runner.sha = git(remote, &format!("rev-parse refs/pull/{number}/merge"));
        runner.run = json!({
            "id": 1000 + number, "head_sha": event["pull_request"]["head"]["sha"],
            "head_repository": event["pull_request"]["head"]["repo"],
        });
        runner.secrets = json!({ "CALLSHEET_READ_TOKEN": READ });
        runner.vars = json!({ "CALLSHEET_PORTAL_URL": self.portal.url });
        runner
    }

    /// Squashes a pull request into the main branch. Returns the commit.
    fn merge(&self, number: u64, branch: &str) -> String {
        let desk = self.desk();
        git(&desk, "checkout --quiet main");
        git(&desk, &format!("merge --quiet --squash {branch}"));
        let commit = self.commit("Merge it");
        git(&desk, "push --quiet origin main");
        let mut on_forge = self.api.repository();
        let mut pull = on_forge
            .pulls
            .iter()
            .find(|one| one["number"] == number)
            .unwrap()
            .clone();
        pull["merged_at"] = json!("2026-11-29T10:00:00Z");
        on_forge.merged.insert(commit.clone(), vec![pull]);
        commit
    }

    /// A runner for the pipeline of the main branch.
    fn push_runner<'a>(&'a self, remote: &'a Path, commit: &str) -> Runner<'a> {
        let mut runner = Runner::new(
            &self.api,
            remote,
            "push",
            json!({ "after": commit, "before": "0000" }),
        );
        runner.sha = commit.to_owned();
        runner.run = json!({
            "id": 1, "head_sha": commit, "head_repository": { "full_name": "acme/phones" },
        });
        runner.secrets = json!({ "CALLSHEET_TOKEN": WRITE, "CALLSHEET_READ_TOKEN": READ });
        runner.vars = json!({ "CALLSHEET_PORTAL_URL": self.portal.url });
        runner
    }

    /// Applies the main branch by hand.
    fn apply(&self) {
        let output = assert_cmd::Command::cargo_bin("callsheet")
            .unwrap()
            .current_dir(self.desk())
            .env("CALLSHEET_TOKEN", WRITE)
            .env_remove("GITHUB_BASE_REF")
            .args(["apply", "--yes", "phones"])
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

/// A workflow of the examples whose plans are limited to the resources that a pull request changes. It lies in the
/// folder.
fn limited(folder: &Path, name: &str) -> PathBuf {
    let text = std::fs::read_to_string(example(name)).unwrap();
    let step = "command: plan\n";
    assert!(text.contains(step), "{name}");
    let with = format!("{step}          changed-resources: \"true\"\n");
    let path = folder.join(name);
    std::fs::write(&path, text.replace(step, &with)).unwrap();
    path
}

/// A workflow of the examples.
fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples/github")
        .join(name)
}
