//! *Tenants*: a reseller's repository, planned by the jobs of a matrix, with one comment.

use super::{Company, PEOPLE, example, git};
use serde_json::{Value, json};

#[test]
fn only_what_changed_is_planned_and_one_comment_tells_of_all() {
    let company = Company::new();
    let remote = company.remote();
    for tenant in ["a", "b", "c", "d", "e", "f", "g"] {
        let configuration =
            format!("portal: {{ kind: sandbox, database: .callsheet/{tenant}.db }}\n");
        company.write(&format!("tenants/{tenant}/callsheet.yaml"), &configuration);
        company.write(&format!("tenants/{tenant}/people.yaml"), PEOPLE);
    }
    company.write(".gitignore", ".callsheet/\n");
    company.commit("Declare the tenants");
    git(&company.desk(), "push --quiet origin main");
    // Six change, one of them wrongly.
    git(&company.desk(), "checkout --quiet -B change main");
    for tenant in ["a", "b", "c", "d", "e"] {
        company.write(
            &format!("tenants/{tenant}/people.yaml"),
            &PEOPLE.replace("Ray", "Roe"),
        );
    }
    company.write("tenants/f/people.yaml", "users: { bob: { extenson: 1 } }\n");
    let head = company.commit("Change six");
    company.merge_ref(21, "change").unwrap();
    let event = company.pull(21, &head, "acme/phones", "change");
    let workflow = example("reseller.yml");
    let runner = company.pull_runner(&remote, &event);

    let listed = runner.job(&workflow, "workspaces", &json!({})).unwrap();
    assert!(!listed.failed, "{}", listed.log);
    let outputs = listed.steps["list"]["outputs"].clone();
    let matrix: Value = serde_json::from_str(outputs["matrix"].as_str().unwrap()).unwrap();
    let jobs = matrix["include"].as_array().unwrap();
    assert_eq!(jobs.len(), 6, "{matrix}");
    assert_eq!(outputs["count"], "6");
    let needs = json!({ "workspaces": { "outputs": outputs, "result": "success" } });
    for (place, matrix) in jobs.iter().enumerate() {
        let more = json!({ "matrix": matrix, "needs": needs, "strategy": { "job-index": place } });
        let job = runner.job(&workflow, "plan", &more).unwrap();
        assert_eq!(
            job.failed,
            matrix["workspace"] == "tenants/f",
            "{}",
            job.log
        );
    }
    let job = runner
        .job(&workflow, "report", &json!({ "needs": needs }))
        .unwrap();
    assert!(job.failed, "a workspace is invalid: {}", job.log);
    let comments = company.api.comments(21);
    assert_eq!(comments.len(), 1, "{comments:?}");
    assert!(
        comments[0].contains("6 workspaces: 1 invalid, 5 changes"),
        "{}",
        comments[0]
    );
    assert!(
        comments[0].contains("`tenants/f` | **invalid**"),
        "{}",
        comments[0]
    );
    assert!(job.summary.contains("6 workspaces"), "{}", job.summary);
    let values = ["create", "workspaces", "invalid"].map(|name| job.output(name));
    assert_eq!(values, ["10", "6", "true"]);
}
