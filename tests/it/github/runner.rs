//! A *runner* runs the jobs of a workflow as GitHub does: each `run:` step in bash with its variables and
//! files; the actions for checking out, caching and artefacts in the test itself; this project's action from
//! its own `action.yml`.

use super::{
    api::{Api, REPOSITORY},
    expression::{filled, holds},
};
use serde_json::{Map, Value, json};
use std::{
    collections::BTreeMap,
    fs,
    io::{Cursor, Read as _, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};
use tempfile::TempDir;
use walkdir::WalkDir;
use zip::{ZipArchive, ZipWriter, write::SimpleFileOptions};

/// A job that runs.
pub(super) struct Runner<'a> {
    pub(super) api: &'a Api,
    /// The repository on the server.
    pub(super) remote: &'a Path,
    /// The event: its name and its file.
    pub(super) event: (String, Value),
    /// The ref that is checked out by default, and its commit.
    pub(super) reference: String,
    pub(super) sha: String,
    /// The run, which artefacts belong to.
    pub(super) run: Value,
    /// The token of the job.
    pub(super) token: &'static str,
    pub(super) secrets: Value,
    pub(super) vars: Value,
    folder: TempDir,
}

/// How a job ended.
#[derive(Debug, Default)]
pub(super) struct Job {
    pub(super) failed: bool,
    pub(super) log: String,
    pub(super) summary: String,
    /// The outputs of each step, by its id; those of a step without one by its place.
    pub(super) steps: Map<String, Value>,
}

impl Job {
    /// An output of the last step that ran this project's action.
    pub(super) fn output(&self, name: &str) -> &str {
        let mut outputs = self
            .steps
            .values()
            .filter_map(|step| step["outputs"].get(name));
        outputs
            .next_back()
            .and_then(Value::as_str)
            .unwrap_or_default()
    }
}

fn yaml(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap();
    serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

impl<'a> Runner<'a> {
    pub(super) fn new(api: &'a Api, remote: &'a Path, event: &str, payload: Value) -> Self {
        Self {
            api,
            remote,
            event: (event.to_owned(), payload),
            reference: "refs/heads/main".to_owned(),
            sha: String::new(),
            run: json!({}),
            token: super::api::TOKEN,
            secrets: json!({}),
            vars: json!({}),
            folder: TempDir::new().unwrap(),
        }
    }

    /// The folder that is checked out.
    pub(super) fn workspace(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    fn context(&self, job: &Job) -> Value {
        let (name, payload) = &self.event;
        json!({
            "github": {
                "event_name": name, "event": payload, "ref": self.reference, "sha": self.sha,
                "repository": REPOSITORY, "token": self.token, "action_ref": "",
                "base_ref": payload["pull_request"]["base"]["ref"],
            },
            "secrets": self.secrets, "vars": self.vars, "steps": job.steps, "failed": job.failed,
            "runner": { "temp": self.folder.path().join("temp"), "os": "Linux", "arch": "X64" },
            "strategy": { "job-index": 0 },
        })
    }

    /// Runs a job of a workflow, with more of its context, such as `matrix`.
    pub(super) fn job(&self, workflow: &Path, name: &str, more: &Value) -> Option<Job> {
        let workflow = yaml(workflow);
        // Each job has a machine of its own.
        for folder in ["temp", "files"] {
            drop(fs::remove_dir_all(self.folder.path().join(folder)));
        }
        let declared = &workflow["jobs"][name];
        assert!(declared.is_object(), "there is a job {name}");
        let mut job = Job::default();
        let merged = |job: &Job| {
            let mut context = self.context(job);
            for (name, value) in more.as_object().into_iter().flatten() {
                context[name] = value.clone();
            }
            context
        };
        if let Some(condition) = declared["if"].as_str()
            && !holds(condition, &merged(&job))
        {
            return None;
        }
        let text = |text: &Value, job: &Job| filled(&scalar(text), &merged(job));
        let env_of = |value: &Value, job: &Job| -> BTreeMap<String, String> {
            let entries = value.as_object().into_iter().flatten();
            entries
                .map(|(name, value)| (name.clone(), text(value, job)))
                .collect()
        };
        let job_env = env_of(&declared["env"], &job);
        for (place, step) in declared["steps"].as_array().unwrap().iter().enumerate() {
            let id = step["id"]
                .as_str()
                .map_or_else(|| format!("step{place}"), str::to_owned);
            let condition = step["if"].as_str().unwrap_or("success()");
            if !holds(condition, &merged(&job)) {
                continue;
            }
            let mut env = job_env.clone();
            env.extend(env_of(&step["env"], &job));
            let with = env_of(&step["with"], &job);
            match step["uses"].as_str() {
                None => {
                    let script = step["run"].as_str().unwrap();
                    self.step(&id, script, &env, &mut job);
                }
                Some(uses) if uses.starts_with("actions/checkout@") => self.check_out(&with),
                Some(uses) if uses.starts_with("actions/download-artifact@") => {
                    self.download(&with);
                }
                Some(uses) if uses.starts_with("your-org/callsheet@") => {
                    self.action(&id, &with, &env, &mut job);
                }
                Some(other) => panic!("{other} is not known here"),
            }
        }
        Some(job)
    }

    fn check_out(&self, with: &BTreeMap<String, String>) {
        let reference = with.get("ref").map_or(&*self.reference, String::as_str);
        let depth = with.get("fetch-depth").map_or("1", String::as_str);
        let work = self.workspace();
        drop(fs::remove_dir_all(&work));
        fs::create_dir_all(&work).unwrap();
        git(&work, "init --quiet");
        git(
            &work,
            &format!("remote add origin file://{}", self.remote.display()),
        );
        let fetch = "fetch --quiet --no-tags";
        let place = format!("origin +{reference}:refs/remotes/checkout");
        if depth == "0" {
            let branches = "+refs/heads/*:refs/remotes/origin/*";
            git(&work, &format!("{fetch} origin {branches}"));
            git(&work, &format!("{fetch} {place}"));
        } else {
            git(&work, &format!("{fetch} --depth {depth} {place}"));
        }
        git(
            &work,
            "checkout --quiet --force --detach refs/remotes/checkout",
        );
    }

    /// Runs this project's action.
    pub(super) fn action(
        &self,
        id: &str,
        with: &BTreeMap<String, String>,
        env: &BTreeMap<String, String>,
        job: &mut Job,
    ) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let action = yaml(&root.join("action.yml"));
        let declared = action["inputs"].as_object().unwrap();
        for name in with.keys() {
            assert!(
                declared.contains_key(name),
                "the action has the input {name}"
            );
        }
        let outer = self.context(job);
        let inputs: Map<String, Value> = declared
            .iter()
            .map(|(name, input)| {
                let default = || filled(&scalar(&input["default"]), &outer);
                (
                    name.clone(),
                    json!(with.get(name).cloned().unwrap_or_else(default)),
                )
            })
            .collect();
        let mut inner = Job::default();
        for (place, step) in action["runs"]["steps"]
            .as_array()
            .unwrap()
            .iter()
            .enumerate()
        {
            let mut context = self.context(&inner);
            context["inputs"] = Value::Object(inputs.clone());
            if !holds(step["if"].as_str().unwrap_or("success()"), &context) {
                continue;
            }
            let values = |of: &Value| -> BTreeMap<String, String> {
                let entries = of.as_object().into_iter().flatten();
                entries
                    .map(|(name, value)| (name.clone(), filled(&scalar(value), &context)))
                    .collect()
            };
            let mut env = env.clone();
            env.extend(values(&step["env"]));
            let id = step["id"]
                .as_str()
                .map_or_else(|| format!("step{place}"), str::to_owned);
            match step["uses"].as_str() {
                None => self.step(&id, step["run"].as_str().unwrap(), &env, &mut inner),
                Some(uses) if uses.starts_with("actions/upload-artifact@") => {
                    self.upload(&values(&step["with"]));
                }
                Some(other) => panic!("{other} is not known here"),
            }
        }
        let mut context = self.context(&inner);
        context["inputs"] = Value::Object(inputs);
        let outputs = action["outputs"].as_object().unwrap().iter();
        let outputs: Map<String, Value> = outputs
            .map(|(name, output)| {
                (
                    name.clone(),
                    json!(filled(&scalar(&output["value"]), &context)),
                )
            })
            .collect();
        job.steps
            .insert(id.to_owned(), json!({ "outputs": outputs }));
        job.failed |= inner.failed;
        job.log.push_str(&inner.log);
        job.summary.push_str(&inner.summary);
    }

    /// Runs a script as a step.
    fn step(&self, id: &str, script: &str, env: &BTreeMap<String, String>, job: &mut Job) {
        let temp = self.folder.path().join("temp");
        let files = self.folder.path().join("files");
        for folder in [&temp, &files, &self.workspace()] {
            fs::create_dir_all(folder).unwrap();
        }
        let file = |name: &str| files.join(name);
        for name in ["output", "summary"] {
            fs::write(file(name), "").unwrap();
        }
        fs::write(file("script.sh"), script).unwrap();
        fs::write(file("event.json"), self.event.1.to_string()).unwrap();
        let earlier = fs::read_to_string(file("path")).unwrap_or_default();
        let earlier: String = earlier.lines().flat_map(|line| [line, ":"]).collect();
        let binary = Path::new(env!("CARGO_BIN_EXE_callsheet")).parent().unwrap();
        let path = format!("{earlier}{}:/usr/local/bin:/usr/bin:/bin", binary.display());
        let base = scalar(&self.event.1["pull_request"]["base"]["ref"]);
        let output = Command::new("bash")
            .args(["--noprofile", "--norc", "-eo", "pipefail"])
            .arg(file("script.sh"))
            .current_dir(self.workspace())
            .env_clear()
            .env("PATH", path)
            .env("HOME", self.folder.path())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("CI", "true")
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_ACTION_PATH", env!("CARGO_MANIFEST_DIR"))
            .env("GITHUB_API_URL", &self.api.url)
            .env("GITHUB_SERVER_URL", "https://forge.example")
            .env("GITHUB_REPOSITORY", REPOSITORY)
            .env("GITHUB_RUN_ID", scalar(&self.run["id"]))
            .env("GITHUB_EVENT_NAME", &self.event.0)
            .env("GITHUB_EVENT_PATH", file("event.json"))
            .env("GITHUB_BASE_REF", base)
            .env("GITHUB_REF", &self.reference)
            .env("GITHUB_SHA", &self.sha)
            .env("GITHUB_OUTPUT", file("output"))
            .env("GITHUB_STEP_SUMMARY", file("summary"))
            .env("GITHUB_PATH", file("path"))
            .env("RUNNER_TEMP", &temp)
            .env("RUNNER_TOOL_CACHE", temp.join("tools"))
            .envs(env)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        job.failed |= !output.status.success();
        job.log.push_str(&String::from_utf8_lossy(&output.stdout));
        job.log.push_str(&String::from_utf8_lossy(&output.stderr));
        job.summary
            .push_str(&fs::read_to_string(file("summary")).unwrap());
        let outputs = fs::read_to_string(file("output")).unwrap();
        let outputs: Map<String, Value> = outputs
            .lines()
            .map(|line| line.split_once('=').expect("name=value"))
            .map(|(name, value)| (name.to_owned(), json!(value)))
            .collect();
        job.steps
            .insert(id.to_owned(), json!({ "outputs": outputs }));
    }

    fn upload(&self, with: &BTreeMap<String, String>) {
        let root = Path::new(&with["path"]);
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        for entry in WalkDir::new(root).sort_by_file_name() {
            let entry = entry.unwrap();
            if entry.file_type().is_file() {
                let name = entry.path().strip_prefix(root).unwrap().to_str().unwrap();
                archive
                    .start_file(name, SimpleFileOptions::default())
                    .unwrap();
                archive.write_all(&fs::read(entry.path()).unwrap()).unwrap();
            }
        }
        let archive = archive.finish().unwrap().into_inner();
        self.api.keep(&self.run, &with["name"], archive);
    }

    fn download(&self, with: &BTreeMap<String, String>) {
        let start = with["pattern"].trim_end_matches('*');
        let repository = self.api.repository();
        let own = repository
            .artifacts
            .iter()
            .filter(|(one, _)| one["name"].as_str().unwrap().starts_with(start))
            .filter(|(one, _)| one["workflow_run"]["id"] == self.run["id"]);
        for (artifact, bytes) in own {
            let folder = Path::new(&with["path"]).join(artifact["name"].as_str().unwrap());
            let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
            for index in 0..archive.len() {
                let mut file = archive.by_index(index).unwrap();
                let path = folder.join(file.enclosed_name().unwrap());
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                let mut text = Vec::new();
                file.read_to_end(&mut text).unwrap();
                fs::write(path, text).unwrap();
            }
        }
    }
}

/// A value of YAML as text.
fn scalar(value: &Value) -> String {
    super::expression::shown(value)
}

/// Runs Git in a folder.
pub(super) fn git(folder: &Path, line: &str) -> String {
    let mut command = Command::new("git");
    for role in ["AUTHOR", "COMMITTER"] {
        command
            .env(format!("GIT_{role}_NAME"), "Ann Lee")
            .env(format!("GIT_{role}_EMAIL"), "ann@acme.example");
    }
    let output = command
        .current_dir(folder)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("HOME", folder)
        .args(line.split(' '))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {line}: {said}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
