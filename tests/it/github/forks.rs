//! A pull request of a *fork*: its own pipeline has no secret, and the one that plans it runs the code of the
//! default branch.

use super::{Company, KIM, PEOPLE, example, git, runner::Runner};
use crate::running::READ;
use serde_json::{Value, json};
use std::path::Path;

/// A pull request of a fork with some files, and the event of the pipeline that follows its own.
fn proposal(company: &Company, number: u64, files: &[(&str, &str)]) -> (Value, Value) {
    let desk = company.desk();
    git(&desk, "checkout --quiet -B proposal main");
    for (name, text) in files {
        company.write(name, text);
    }
    let head = company.commit("Propose");
    company.merge_ref(number, "proposal").unwrap();
    let event = company.pull(number, &head, "kim/phones", "proposal");
    let run = json!({ "workflow_run": {
        "id": 1000 + number, "event": "pull_request", "conclusion": "success", "head_sha": head,
        "head_branch": "proposal", "pull_requests": [],
        "head_repository": { "full_name": "kim/phones", "owner": { "login": "kim" } },
    }, "repository": { "default_branch": "main" } });
    (event, run)
}

fn second_stage<'a>(company: &'a Company, remote: &'a Path, event: Value) -> Runner<'a> {
    let mut runner = Runner::new(&company.api, remote, "workflow_run", event);
    runner.reference = "refs/heads/main".to_owned();
    runner.sha = git(remote, "rev-parse main");
    runner.run = json!({ "id": 5000, "head_sha": runner.sha, "head_repository": { "full_name": "acme/phones" } });
    runner.secrets = json!({ "CALLSHEET_READ_TOKEN": READ });
    runner.vars = json!({ "CALLSHEET_PORTAL_URL": company.portal.url });
    runner
}

#[test]
fn it_is_planned_without_being_checked_out_and_applied_as_reviewed() {
    let company = Company::new();
    company.apply();
    let remote = company.remote();
    let (event, run) = proposal(
        &company,
        11,
        &[("phones/people.yaml", &format!("{PEOPLE}{KIM}"))],
    );
    // The fork's own pipeline has neither secret nor token; the planning workflow doesn't run there.
    let mut first = company.pull_runner(&remote, &event);
    first.secrets = json!({});
    first.token = super::api::READ_ONLY;
    let job = first
        .job(&example("validate.yml"), "validate", &json!({}))
        .unwrap();
    assert!(!job.failed, "{}", job.log);
    assert!(
        first
            .job(&example("plan-and-apply.yml"), "plan", &json!({}))
            .is_none()
    );

    let second = second_stage(&company, &remote, run);
    let job = second
        .job(&example("fork-plan.yml"), "plan", &json!({}))
        .unwrap();
    assert!(!job.failed, "{}", job.log);
    assert!(job.log.contains("+ users/kim"), "{}", job.log);
    let comments = company.api.comments(11);
    assert_eq!(comments.len(), 1, "{comments:?}");
    assert!(comments[0].contains("users/kim"), "{}", comments[0]);
    let people = second.workspace().join("phones/people.yaml");
    assert!(
        !std::fs::read_to_string(people).unwrap().contains("kim"),
        "nothing of it is checked out"
    );

    let commit = company.merge(11, "proposal");
    let job = company
        .push_runner(&remote, &commit)
        .job(&example("plan-and-apply.yml"), "apply", &json!({}))
        .unwrap();
    assert!(!job.failed, "{}", job.log);
    assert!(job.log.contains("1 of 1 done"), "{}", job.log);
}

#[test]
fn its_plan_can_be_limited_to_what_it_changes() {
    let company = Company::new();
    let remote = company.remote();
    // Nobody was applied yet, and the fork changes one.
    let (_, run) = proposal(
        &company,
        17,
        &[("phones/people.yaml", &PEOPLE.replace("Ray", "Roe"))],
    );
    let folder = tempfile::TempDir::new().unwrap();
    let workflow = super::limited(folder.path(), "fork-plan.yml");
    let job = second_stage(&company, &remote, run)
        .job(&workflow, "plan", &json!({}))
        .unwrap();
    assert!(!job.failed, "{}", job.log);
    assert_eq!(job.output("create"), "1", "{}", job.log);
    let comment = company.api.comments(17)[0].clone();
    assert!(comment.contains("only `users/bob`"), "{comment}");
    assert!(
        comment.contains("not of a resource that changed"),
        "{comment}"
    );
}

#[test]
fn only_the_workspaces_that_it_changes_are_planned() {
    let company = Company::new();
    company.apply();
    let remote = company.remote();
    company.write("other/callsheet.yaml", &company.configuration());
    company.commit("Another workspace");
    git(&company.desk(), "push --quiet origin main");
    let (_, run) = proposal(
        &company,
        16,
        &[("phones/people.yaml", &format!("{PEOPLE}{KIM}"))],
    );
    let folder = tempfile::TempDir::new().unwrap();
    let text = std::fs::read_to_string(example("fork-plan.yml")).unwrap();
    let changed = folder.path().join("changed.yml");
    std::fs::write(
        &changed,
        text.replace(
            "workspace: phones",
            "workspace: \"\"\n          changed: \"true\"",
        ),
    )
    .unwrap();
    let job = second_stage(&company, &remote, run)
        .job(&changed, "plan", &json!({}))
        .unwrap();
    assert!(!job.failed, "{}", job.log);
    assert_eq!((job.output("workspaces"), job.output("create")), ("1", "1"));
}

#[test]
fn a_plan_that_the_fork_uploads_itself_reviews_nothing() {
    let company = Company::new();
    company.apply();
    let remote = company.remote();
    let (event, run) = proposal(
        &company,
        12,
        &[("phones/people.yaml", &format!("{PEOPLE}{KIM}"))],
    );
    let second = second_stage(&company, &remote, run);
    second
        .job(&example("fork-plan.yml"), "plan", &json!({}))
        .unwrap();
    // The same plan, but from the fork's own pipeline, under both names.
    let mut on_forge = company.api.repository();
    let archive = on_forge.artifacts.pop().unwrap().1;
    drop(on_forge);
    let fork = company.pull_runner(&remote, &event).run;
    company.api.keep(&fork, "callsheet-plan", archive.clone());
    company.api.keep(&fork, "callsheet-plan-pr-12", archive);
    let commit = company.merge(12, "proposal");
    let job = company
        .push_runner(&remote, &commit)
        .job(&example("plan-and-apply.yml"), "apply", &json!({}))
        .unwrap();
    assert!(job.failed, "{}", job.log);
    assert!(
        job.log.contains("no plan of a pull request was found"),
        "{}",
        job.log
    );
}

#[test]
fn it_can_neither_name_another_portal_nor_a_command() {
    let company = Company::new();
    company.apply();
    let remote = company.remote();
    let elsewhere = crate::running::Sandbox::empty();
    let configuration = company
        .configuration()
        .replace(&company.portal.url, &elsewhere.url);
    let (_, run) = proposal(&company, 13, &[("phones/callsheet.yaml", &configuration)]);
    let job = second_stage(&company, &remote, run)
        .job(&example("fork-plan.yml"), "plan", &json!({}))
        .unwrap();
    assert!(job.failed, "{}", job.log);
    assert!(job.log.contains("portal-changed"), "{}", job.log);
    assert!(company.api.comments(13)[0].contains("portal-changed"));

    let pwned = company.folder.path().join("pwned");
    let command = format!(
        "{PEOPLE}  eve: {{ first_name: Eve, last_name: Oak, email: eve@acme.example, extension: 1009, password: {{ command: [touch, {}] }} }}\n",
        pwned.display()
    );
    let (_, run) = proposal(&company, 14, &[("phones/people.yaml", &command)]);
    let job = second_stage(&company, &remote, run)
        .job(&example("fork-plan.yml"), "plan", &json!({}))
        .unwrap();
    assert!(!job.failed, "{}", job.log);
    assert!(!pwned.exists(), "nothing that it names was run");
}

#[test]
fn a_pull_request_that_changed_since_is_not_planned() {
    let company = Company::new();
    let remote = company.remote();
    let (_, run) = proposal(
        &company,
        15,
        &[("phones/people.yaml", &format!("{PEOPLE}{KIM}"))],
    );
    // It gets another commit before the second stage runs.
    proposal(
        &company,
        15,
        &[
            ("phones/people.yaml", PEOPLE),
            ("phones/x.yaml", "users: {}\n"),
        ],
    );
    let job = second_stage(&company, &remote, run)
        .job(&example("fork-plan.yml"), "plan", &json!({}))
        .unwrap();
    assert!(job.failed, "{}", job.log);
    assert!(
        job.log.contains("no open pull request has the commits"),
        "{}",
        job.log
    );
    assert!(company.api.comments(15).is_empty());
}
