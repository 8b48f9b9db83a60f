//! *Limited* plans: those of the resources that a pull request changes.

use super::{Company, PEOPLE, example, limited};
use crate::running::{Client, WRITE, runtime};
use serde_json::json;
use tempfile::TempDir;

/// Changes the last name of somebody on the portal.
fn click(company: &Company, username: &str, last_name: &str) {
    let client = Client::new(&company.portal.url, WRITE);
    runtime().block_on(async {
        let users = client.get("/v1/users").await;
        let users = users.body["items"].as_array().unwrap().clone();
        let user = users.iter().find(|one| one["username"] == username);
        let path = format!("/v1/users/{}", user.unwrap()["id"].as_str().unwrap());
        client
            .patch(&path, &json!({ "last_name": last_name }))
            .await;
    });
}

#[test]
fn the_comment_says_so_and_nothing_else_is_applied() {
    let company = Company::new();
    company.apply();
    click(&company, "ann", "Clicked");
    let remote = company.remote();
    let folder = TempDir::new().unwrap();
    let workflow = limited(folder.path(), "plan-and-apply.yml");
    let event = company.push_pull(31, "marry", &PEOPLE.replace("Ray", "Roe"));
    let job = company
        .pull_runner(&remote, &event)
        .job(&workflow, "plan", &json!({}))
        .unwrap();
    assert!(!job.failed, "{}", job.log);
    assert_eq!(["update", "drift"].map(|name| job.output(name)), ["1", "0"]);
    let comment = company.api.comments(31)[0].clone();
    for said in [
        "only `users/bob` and what it needs",
        "Only resources that differ from the base were planned: pending changes and drift of others are not shown",
        "1 further change not shown: not of a resource that changed",
        "Roe",
    ] {
        assert!(comment.contains(said), "{said}: {comment}");
    }
    assert!(!comment.contains("Clicked"), "{comment}");

    // What was edited on the portal was not reviewed, so it isn't taken back.
    let commit = company.merge(31, "marry");
    let runner = company.push_runner(&remote, &commit);
    let refused = runner.job(&workflow, "apply", &json!({})).unwrap();
    assert!(refused.failed, "{}", refused.log);
    let said = refused.log.contains("users/ann: ") && !refused.log.contains("users/bob: ");
    assert!(said, "{}", refused.log);
    click(&company, "ann", "Lee");
    let job = runner.job(&workflow, "apply", &json!({})).unwrap();
    assert!(!job.failed, "{}", job.log);
    assert!(job.log.contains("1 of 1 done"), "{}", job.log);

    // A pull request that changes nothing is told of no drift either, and its comment is replaced.
    click(&company, "ann", "Clicked");
    let event = company.push_pull(31, "same", &PEOPLE.replace("Ray", "Roe"));
    let job = company
        .pull_runner(&remote, &event)
        .job(&workflow, "plan", &json!({}))
        .unwrap();
    assert!(!job.failed, "{}", job.log);
    let comment = company.api.comments(31)[0].clone();
    let said = comment.contains("only what changed, which is nothing");
    assert!(said && comment.contains("nothing to do"), "{comment}");
}

#[test]
fn after_a_push_everything_is_planned() {
    let company = Company::new();
    company.apply();
    click(&company, "ann", "Clicked");
    let remote = company.remote();
    let folder = TempDir::new().unwrap();
    let text = std::fs::read_to_string(example("drift.yml")).unwrap();
    let text = text.replace(
        "command: drift",
        "command: plan\n          changed-resources: true",
    );
    let workflow = folder.path().join("push.yml");
    std::fs::write(&workflow, &text).unwrap();
    let commit = super::git(&company.desk(), "rev-parse HEAD");
    let runner = company.push_runner(&remote, &commit);
    let job = runner.job(&workflow, "drift", &json!({})).unwrap();
    assert!(!job.failed, "{}", job.log);
    assert!(job.log.contains("so everything is planned"), "{}", job.log);
    assert_eq!(job.output("drift"), "1", "{}", job.log);

    // Only a plan is limited.
    for command in ["drift", "apply"] {
        let text = text.replace("command: plan", &format!("command: {command}"));
        std::fs::write(&workflow, text).unwrap();
        let job = runner.job(&workflow, "drift", &json!({})).unwrap();
        assert!(job.failed, "{}", job.log);
        let why = "an apply always reads and plans everything";
        assert!(job.log.contains(why), "{}", job.log);
    }
}
