//! *Drift* by night: one issue is open as long as the portal differs.

use super::{Company, example};
use crate::running::{Client, WRITE};
use serde_json::{Value, json};

#[test]
fn one_issue_is_open_as_long_as_the_portal_differs() {
    let company = Company::new();
    company.apply();
    let remote = company.remote();
    let commit = super::git(&company.desk(), "rev-parse HEAD");
    let mut runner = company.push_runner(&remote, &commit);
    runner.event = ("schedule".to_owned(), json!({ "schedule": "17 3 * * *" }));
    let workflow = example("drift.yml");
    let drift = || {
        let job = runner.job(&workflow, "drift", &json!({})).unwrap();
        assert!(!job.failed, "{}", job.log);
        job.output("drift").to_owned()
    };
    assert_eq!(drift(), "0");
    assert!(company.api.repository().issues.is_empty());

    let client = Client::new(&company.portal.url, WRITE);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let title = |value: Value| {
        runtime.block_on(async {
            let users = client.get("/v1/users").await;
            let bob = users.body["items"]
                .as_array()
                .unwrap()
                .iter()
                .find(|user| user["username"] == "bob")
                .unwrap()
                .clone();
            let path = format!("/v1/users/{}", bob["id"].as_str().unwrap());
            client.patch(&path, &json!({ "last_name": value })).await;
        });
    };
    title(json!("Clicked"));
    assert_eq!(drift(), "1");
    assert_eq!(drift(), "1", "the next night");
    let issues = company.api.repository().issues.clone();
    assert_eq!(issues.len(), 1, "one issue, not one a night");
    let body = issues[0]["body"].as_str().unwrap();
    assert!(
        body.contains("Clicked") && body.contains("actions/runs/1"),
        "{body}"
    );
    assert_eq!(issues[0]["state"], "open");

    title(json!("Ray"));
    assert_eq!(drift(), "0");
    assert_eq!(company.api.repository().issues[0]["state"], "closed");
}
