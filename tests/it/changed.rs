//! Plans of what a change of the files touches: what they read, and when that isn't enough.

use crate::{
    faulty::Faulty,
    history::Office,
    running::{Sandbox, WRITE},
};
use callsheet::{model::Kind, sandbox::Store};
use serde_json::{Value, json};
use std::process::{Command, Output};

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
        let mut command = Command::new(env!("CARGO_BIN_EXE_callsheet"));
        command
            .arg("plan")
            .args(args)
            .current_dir(self.office.path());
        command.env("CHANGED_TOKEN", WRITE).output().unwrap()
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
