//! Plans of what a change of the files touches: what they read, and when that isn't enough.

use crate::{
    faulty::Faulty,
    history::Office,
    running::{Sandbox, WRITE},
};
use callsheet::{model::Kind, sandbox::Store};
use serde_json::{Value, json};
use std::process::{Command, Output};
use tempfile::TempDir;

/// How many users there are: five pages.
const USERS: usize = 4200;

fn user(at: usize, title: &str) -> String {
    format!(
        "  u{at:04}: {{ first_name: Ada, last_name: Ng, email: u{at:04}@acme.example, title: {title} }}\n"
    )
}

/// A committed workspace of which the portal holds everything.
struct Company {
    faulty: Faulty,
    office: Office,
    _sandbox: Sandbox,
}

impl Company {
    fn new() -> Self {
        let store = Store::in_memory().unwrap();
        let users = (0..USERS).map(|at| {
            let fields = json!({"first_name": "Ada", "last_name": "Ng", "title": "Clerk",
                "email": format!("u{at:04}@acme.example")});
            let fields = Kind::Users.shape().read(&fields).unwrap();
            (Kind::Users, format!("u{at:04}").into(), fields)
        });
        store.seed(users).unwrap();
        let sandbox = Sandbox::over(store);
        let faulty = Faulty::before(&sandbox.url);
        let users: String = (0..USERS).map(|at| user(at, "Clerk")).collect();
        let configuration = format!(
            "portal:\n  kind: sandbox\n  url: {}\n  credentials: {{ token: {{ env: CHANGED_TOKEN }} }}\n",
            faulty.url()
        );
        let people = format!("users:\n{users}");
        Self {
            office: Office::with(&[("callsheet.yaml", &configuration), ("people.yaml", &people)]),
            faulty,
            _sandbox: sandbox,
        }
    }

    /// A plan, and the reads of the portal that it took.
    fn plan(&self, args: &[&str]) -> (Value, usize) {
        self.faulty.forget();
        let output = self.run(&[args, &["--format", "json"]].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let plan = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{said}"));
        (plan, self.faulty.requests().len())
    }

    fn run(&self, args: &[&str]) -> Output {
        self.callsheet(&[&["plan"], args].concat())
    }

    /// A command, outside of any pipeline.
    fn callsheet(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_callsheet"));
        command.args(args).current_dir(self.office.path());
        for name in ["GITHUB_ACTIONS", "GITHUB_BASE_REF", "GITHUB_EVENT_PATH"] {
            command.env_remove(name);
        }
        command.env("CHANGED_TOKEN", WRITE).output().unwrap()
    }

    /// A plan as a step of a pipeline: its document, its text, and the reads of the portal that it took.
    fn step(&self, args: &[&str]) -> (Value, String, usize) {
        let out = TempDir::new().unwrap();
        let folder = out.path().to_str().unwrap();
        self.faulty.forget();
        let output = self.callsheet(&[&["ci", "plan", "--out", folder], args].concat());
        assert!(output.status.success(), "{output:?}");
        let read =
            |name: &str| std::fs::read_to_string(out.path().join("workspaces").join(name)).unwrap();
        let plan = serde_json::from_str(&read("plan.json")).unwrap();
        (plan, read("plan.md"), self.faulty.requests().len())
    }
}

#[test]
fn an_edit_reads_what_it_touches() {
    let company = Company::new();
    for at in [3, 1700, 4100] {
        company.office.edit(&user(at, "Clerk"), &user(at, "Chief"));
    }
    let (whole, all) = company.plan(&[]);
    let (plan, requests) = company.plan(&["--changed"]);
    assert!(requests <= 3 + 2 && requests < all, "{requests} of {all}");
    assert_eq!(plan["operations"], whole["operations"]);
    assert_eq!(plan["operations"].as_array().unwrap().len(), 3);
    assert_eq!(plan["findings"], whole["findings"]);
    assert_eq!(
        plan["targets"],
        json!(["users/u0003", "users/u1700", "users/u4100"])
    );
    assert_eq!(plan["unread"]["users"], USERS - 3);
    assert_eq!(plan["requests"]["made"], plan["requests"]["minimum"]);
    let text = company.run(&["--changed"]).stdout;
    let text = String::from_utf8_lossy(&text).into_owned();
    let said = text.contains("4,197 users") && text.contains(" not looked at");
    assert!(said, "{text}");
}

#[test]
fn whatever_may_touch_others_is_planned_on_whole_lists() {
    for (from, to) in [
        // It goes.
        (user(7, "Clerk"), String::new()),
        // It comes.
        (user(7, "Clerk"), user(7, "Clerk") + &user(9000, "Clerk")),
        // It may be taken.
        (
            user(7, "Clerk"),
            user(7, "Clerk").replace("u0007@", "other@"),
        ),
        // It may make an administrator.
        (
            user(7, "Clerk"),
            user(7, "Clerk").replace(" }", ", scope: administrator }"),
        ),
        // Another name of theirs.
        (
            user(7, "Clerk"),
            user(7, "Clerk")
                .replace("u0007:", "v0007:")
                .replace(" }", ", previously: u0007 }"),
        ),
    ] {
        let company = Company::new();
        company.office.edit(&from, &to);
        let (whole, all) = company.plan(&[]);
        let (plan, requests) = company.plan(&["--changed"]);
        assert!(requests >= all, "{to}");
        assert_eq!(plan["operations"], whole["operations"], "{to}");
        assert_eq!(plan["findings"], whole["findings"], "{to}");
        assert_eq!(plan["unread"], Value::Null, "{to}");
    }
}

#[test]
fn an_edit_of_the_portal_elsewhere_is_not_looked_at_and_nothing_is_nothing() {
    let company = Company::new();
    let (plan, requests) = company.plan(&["--changed"]);
    assert_eq!(plan["operations"], json!([]));
    assert!(requests <= 2, "{requests}");
    // What the configuration says may mean another plan for everybody.
    let policy = "policy: { administrators: { min: 0 } }\nportal:";
    company.office.edit_in("callsheet.yaml", "portal:", policy);
    let (whole, all) = company.plan(&[]);
    let (plan, requests) = company.plan(&["--changed"]);
    assert_eq!((&plan["operations"], requests), (&whole["operations"], all));
}

#[test]
fn a_step_of_a_pipeline_reads_what_a_pull_request_touches() {
    let company = Company::new();
    for at in [3, 1700, 4100] {
        company.office.edit(&user(at, "Clerk"), &user(at, "Chief"));
    }
    company.office.commit("Promote three");
    let (whole, _, all) = company.step(&["--base", "HEAD~1"]);
    let (plan, text, requests) = company.step(&["--base", "HEAD~1", "--changed-resources"]);
    assert!(requests <= 3 + 2 && requests < all, "{requests} of {all}");
    assert_eq!(plan["operations"], whole["operations"]);
    assert_eq!(plan["operations"].as_array().unwrap().len(), 3);
    assert_eq!(plan["only_changed"], true);
    assert_eq!(whole["only_changed"], Value::Null);
    for said in [
        "only `users/u0003`, `users/u1700`, `users/u4100` and what they need",
        "drift of others are not shown; 8 scopes, 4,197 users were not looked at.",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    // Those that the pull request doesn't touch aren't planned at all.
    let (plan, _, requests) =
        company.step(&["--base", "HEAD~1", "--changed", "--changed-resources"]);
    assert_eq!(plan["operations"], whole["operations"]);
    assert!(requests <= 3 + 2, "{requests}");
    // Outside of a pull request everything is planned.
    let (plan, _, requests) = company.step(&["--changed-resources"]);
    assert_eq!((plan["only_changed"].clone(), requests), (Value::Null, all));
    assert_eq!(plan["operations"].as_array().unwrap().len(), 3);

    for refused in [&["plan", "--only", "drift"][..], &["apply"], &["drift"]] {
        company.faulty.forget();
        let args = [
            &["ci"],
            refused,
            &["--base", "HEAD~1", "--changed-resources"],
        ]
        .concat();
        let output = company.callsheet(&args);
        assert_eq!(output.status.code(), Some(64), "{output:?}");
        assert_eq!(company.faulty.requests(), []);
    }
}

#[test]
fn a_saved_one_is_applied_on_whole_lists_and_records_nothing() {
    let company = Company::new();
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("plan.json");
    let file = file.to_str().unwrap();
    let apply = |code| {
        company.faulty.forget();
        let output = company.callsheet(&["apply", "--yes", file]);
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        let requests = company.faulty.requests();
        let lists = requests.iter().filter(|(_, path)| path.contains("offset="));
        (
            lists.count(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    let applied = || company.plan(&[]).0["revision"]["applied"].clone();
    let pages = USERS.div_ceil(1000);

    // Nothing changed, which isn't to say that everything was applied.
    let (_, requests) = company.plan(&["--changed", "--out", file]);
    assert!(requests <= 2, "{requests}");
    let (lists, _) = apply(0);
    assert!(lists >= pages - 1, "{lists}");
    assert_eq!(applied(), Value::Null);

    company.office.edit(&user(3, "Clerk"), &user(3, "Chief"));
    company.office.commit("Promote one");
    let limited = ["--changed", "--base", "HEAD~1", "--out", file];
    let (plan, requests) = company.plan(&limited);
    assert_eq!(
        (plan["operations"].as_array().unwrap().len(), requests),
        (1, 3)
    );
    let (lists, _) = apply(0);
    assert!(lists >= pages - 1, "{lists}");
    let (plan, _) = company.plan(&[]);
    assert_eq!(plan["operations"], json!([]));
    assert_eq!(applied(), Value::Null);

    // Meanwhile something else was done.
    company.office.edit(&user(4, "Clerk"), &user(4, "Chief"));
    company.office.commit("Promote another");
    company.plan(&limited);
    company.office.edit(&user(4, "Chief"), &user(4, "Boss"));
    company.office.commit("Think again");
    let whole = company.callsheet(&["apply", "--yes"]);
    assert!(whole.status.success(), "{whole:?}");
    let (_, said) = apply(3);
    assert!(said.contains("users/u0004"), "{said}");
}
