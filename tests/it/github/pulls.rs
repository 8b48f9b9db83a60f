//! A *pull request* of the repository's own branch, from its plan to its apply.

use super::{
    Company, KIM, PEOPLE,
    api::{AUTHOR, READ_ONLY},
    example,
};
use serde_json::json;
use std::fmt::Write as _;

#[test]
fn a_pull_request_is_planned_commented_and_applied_as_reviewed() {
    let company = Company::new();
    company.apply();
    let remote = company.remote();
    let event = company.push_pull(7, "add-kim", &format!("{PEOPLE}{KIM}"));
    let workflow = example("plan-and-apply.yml");
    let runner = company.pull_runner(&remote, &event);
    let job = runner.job(&workflow, "plan", &json!({})).unwrap();
    assert!(!job.failed, "{}", job.log);
    assert!(job.log.contains("+ users/kim"), "{}", job.log);
    let is = |name: &str, value: &str| assert_eq!(job.output(name), value, "{name}");
    is("changes", "true");
    is("create", "1");
    is("delete", "0");
    is("drift", "0");
    is("blocked", "false");
    is("exit-code", "0");
    assert!(job.output("digest").starts_with("sha256:"));
    for file in ["plan", "markdown", "html"] {
        assert!(std::path::Path::new(job.output(file)).is_file(), "{file}");
    }
    let comments = company.api.comments(7);
    assert_eq!(comments.len(), 1, "{comments:?}");
    assert!(
        comments[0].starts_with("<!-- callsheet:phones -->\n"),
        "{}",
        comments[0]
    );
    assert!(comments[0].contains("users/kim"), "{}", comments[0]);
    assert!(job.summary.contains("users/kim"), "{}", job.summary);

    // A re-run changes nothing; a new commit changes the comment in place.
    let writes = || {
        let requests = company.api.repository().requests.clone();
        requests
            .iter()
            .filter(|one| !one.starts_with("GET"))
            .count()
    };
    let before = writes();
    runner.job(&workflow, "plan", &json!({})).unwrap();
    assert_eq!(writes(), before, "a re-run of the same plan writes nothing");
    let event = company.push_pull(
        7,
        "add-kim",
        &format!("{PEOPLE}{}", KIM.replace("Kim,", "Kimberly,")),
    );
    let runner = company.pull_runner(&remote, &event);
    runner.job(&workflow, "plan", &json!({})).unwrap();
    let comments = company.api.comments(7);
    assert_eq!(comments.len(), 1);
    assert!(comments[0].contains("Kimberly"), "{}", comments[0]);

    // Merged, it is applied as reviewed, and the pull request is told.
    let commit = company.merge(7, "add-kim");
    let runner = company.push_runner(&remote, &commit);
    let job = runner.job(&workflow, "apply", &json!({})).unwrap();
    assert!(!job.failed, "{}", job.log);
    assert!(job.log.contains("1 of 1 done"), "{}", job.log);
    let comments = company.api.comments(7);
    assert_eq!(comments.len(), 2, "{comments:?}");
    assert!(comments[1].contains("1 of 1 done"), "{}", comments[1]);
    let journal = std::path::Path::new(job.output("out")).join("workspaces/phones/journal.jsonl");
    assert!(journal.is_file(), "the journal is kept");
    // Again: nothing to do, and no reviewed plan is needed for that.
    let job = runner.job(&workflow, "apply", &json!({})).unwrap();
    assert!(!job.failed, "{}", job.log);
    assert_eq!(job.output("changes"), "false");
}

#[test]
fn what_was_not_reviewed_is_not_applied() {
    let company = Company::new();
    company.apply();
    let remote = company.remote();
    let workflow = example("plan-and-apply.yml");
    // Nobody planned it.
    company.push_pull(8, "add-kim", &format!("{PEOPLE}{KIM}"));
    let commit = company.merge(8, "add-kim");
    let runner = company.push_runner(&remote, &commit);
    let job = runner.job(&workflow, "apply", &json!({})).unwrap();
    assert!(job.failed, "{}", job.log);
    assert!(
        job.log.contains("no plan of a pull request was found"),
        "{}",
        job.log
    );
    assert_eq!(job.output("exit-code"), "1");

    // Planned, and then somebody pushes more to the main branch.
    let event = company.push_pull(9, "marry", &format!("{PEOPLE}{KIM}").replace("Ray", "Roe"));
    let planned = company
        .pull_runner(&remote, &event)
        .job(&workflow, "plan", &json!({}));
    assert!(!planned.unwrap().failed);
    company.merge(9, "marry");
    company.write(
        "phones/more.yaml",
        "contacts: { fire: { name: Fire, numbers: [+14155550112] } }\n",
    );
    let commit = company.commit("Sneak in");
    super::git(&company.desk(), "push --quiet origin main");
    let runner = company.push_runner(&remote, &commit);
    let job = runner.job(&workflow, "apply", &json!({})).unwrap();
    assert!(job.failed, "{}", job.log);
    assert!(
        job.log
            .contains("contacts/fire: creating it wasn't reviewed"),
        "{}",
        job.log
    );
    assert!(!job.log.contains("users/bob: changing"), "{}", job.log);
    assert_eq!(
        (job.output("blocked"), job.output("exit-code")),
        ("true", "3")
    );
    assert!(
        job.summary.contains("nothing was applied"),
        "{}",
        job.summary
    );
}

#[test]
fn a_file_that_is_wrong_is_annotated_and_never_reaches_the_portal() {
    let company = Company::new();
    let remote = company.remote();
    let event = company.push_pull(3, "typo", "users:\n  bob: { extenson: 1 }\n");
    let mut runner = company.pull_runner(&remote, &event);
    runner.secrets = json!({});
    let job = runner
        .job(&example("validate.yml"), "validate", &json!({}))
        .unwrap();
    assert!(job.failed);
    let (log, annotations) = job.log.split_once("::error").unwrap();
    assert!(log.contains("did you mean `extension`?"), "{log}");
    assert!(
        annotations.contains("file=phones/people.yaml,line=2"),
        "{annotations}"
    );
    assert!(job.summary.contains("unknown-field"), "{}", job.summary);
    assert_eq!(job.output("invalid"), "true");
    assert!(company.api.comments(3).is_empty());
    // In the plan's job the comment says it too.
    let runner = company.pull_runner(&remote, &event);
    let job = runner
        .job(&example("plan-and-apply.yml"), "plan", &json!({}))
        .unwrap();
    assert!(job.failed);
    assert!(company.api.comments(3)[0].contains("unknown-field"));
}

#[test]
fn a_shallow_clone_is_told_and_nothing_is_deleted() {
    let company = Company::new();
    company.apply();
    let remote = company.remote();
    let without: String = PEOPLE
        .split_inclusive('\n')
        .filter(|line| !line.contains("bob"))
        .collect();
    let event = company.push_pull(4, "bob-leaves", &without);
    let folder = tempfile::TempDir::new().unwrap();
    let text = std::fs::read_to_string(example("plan-and-apply.yml")).unwrap();
    let shallow = folder.path().join("shallow.yml");
    std::fs::write(&shallow, text.replace("fetch-depth: 0", "fetch-depth: 1")).unwrap();
    let runner = company.pull_runner(&remote, &event);
    let job = runner.job(&shallow, "plan", &json!({})).unwrap();
    assert!(job.failed, "{}", job.log);
    assert!(job.log.contains("fetch-depth: 0"), "{}", job.log);
    let job = runner
        .job(&example("plan-and-apply.yml"), "plan", &json!({}))
        .unwrap();
    assert!(!job.failed, "{}", job.log);
    assert_eq!(job.output("delete"), "1");
}

#[test]
fn somebody_elses_comment_is_left_alone_and_a_missing_permission_is_a_warning() {
    let company = Company::new();
    let remote = company.remote();
    let event = company.push_pull(5, "add-kim", &format!("{PEOPLE}{KIM}"));
    company.api.comment(
        5,
        "mallory",
        "<!-- callsheet:phones -->\n### Callsheet: ready to apply",
    );
    let mut runner = company.pull_runner(&remote, &event);
    runner.token = READ_ONLY;
    let job = runner
        .job(&example("plan-and-apply.yml"), "plan", &json!({}))
        .unwrap();
    assert!(!job.failed, "{}", job.log);
    assert!(
        job.log
            .contains("::warning title=callsheet::the token may not comment on the pull request"),
        "{}",
        job.log
    );
    assert!(job.log.contains("pull-requests: write"), "{}", job.log);
    let runner = company.pull_runner(&remote, &event);
    runner
        .job(&example("plan-and-apply.yml"), "plan", &json!({}))
        .unwrap();
    let repository = company.api.repository();
    let authors: Vec<_> = repository
        .comments
        .iter()
        .map(|(_, one)| one["user"]["login"].as_str().unwrap())
        .collect();
    assert_eq!(authors, ["mallory", AUTHOR]);
    assert!(
        repository.comments[0].1["body"]
            .as_str()
            .unwrap()
            .ends_with("ready to apply")
    );
}

#[test]
fn hostile_names_become_no_command_and_no_markup() {
    let company = Company::new();
    let remote = company.remote();
    let hostile = "users:\n  ann: { first_name: \"::set-output name=a::b\", last_name: \"<img src=x>@acme ![a](b)\", email: ann@acme.example, extension: 1001, scope: administrator }\n";
    let event = company.push_pull(6, "x;touch$IFS'pwned'`id`", hostile);
    let runner = company.pull_runner(&remote, &event);
    let job = runner.job(&example("plan-and-apply.yml"), "plan", &json!({}));
    let job = job.unwrap();
    let stopped = job.log.lines().next().unwrap();
    let word = stopped
        .strip_prefix("::stop-commands::")
        .expect("commands are stopped first");
    let (before, after) = job.log.split_once(&format!("\n::{word}::\n")).unwrap();
    assert!(before.contains("users"), "{before}");
    assert!(
        before.contains("::set-output"),
        "the plan shows it: {before}"
    );
    assert!(!after.contains("set-output"), "{after}");
    // That nothing of it is markup is held by the tests of the renderer.
    assert_eq!(company.api.comments(6).len(), 1);
    assert!(!company.folder.path().join("pwned").exists());
}

#[test]
fn a_large_plan_fits_into_a_comment_and_is_whole_in_the_log() {
    let company = Company::new();
    company.apply();
    let remote = company.remote();
    let mut people = PEOPLE.to_owned();
    for number in 0..20_000 {
        let extension = 200_000 + number;
        _ = writeln!(
            people,
            "  p{number}: {{ first_name: Person, last_name: N{number}, email: p{number}@acme.example, extension: {extension} }}"
        );
    }
    let event = company.push_pull(30, "hire-many", &people);
    let runner = company.pull_runner(&remote, &event);
    let job = runner.job(&example("plan-and-apply.yml"), "plan", &json!({}));
    let job = job.unwrap();
    assert!(!job.failed, "{}", &job.log[..2000]);
    assert_eq!(job.output("create"), "20000");
    assert!(
        job.log.contains("+ users/p19999"),
        "the log has all of them"
    );
    // The stand-in refuses a longer comment, as GitHub does.
    let comments = company.api.comments(30);
    assert_eq!(comments.len(), 1, "{}", &job.log[job.log.len() - 1000..]);
    assert!(
        comments[0].contains("20,000 to create"),
        "{}",
        &comments[0][..500]
    );
}
