//! Portals that break in the middle: never a delete that isn't justified, never a second object, and a
//! summary that says what the portal really holds.

use crate::{
    faulty::{Fault, Faulty, Match},
    running::{self, Sandbox, WRITE},
};
use callsheet::{
    apply::{Applied, Greetings, Outcome, Secrets, apply},
    config::Config,
    desired,
    model::{Address, FindingRule, Kind, Live, Resource, State},
    plan::{Action, Inputs, Operation, Plan, plan},
    portal::{Error, Portal},
    repo::Files,
    sandbox::Store,
};
use serde_json::{Value as Json, json};
use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Command, Stdio},
};

const WORKSPACE: &str = "
users:
  alice: { first_name: Alice, last_name: Ng, email: alice@acme.example, extension: 1001 }
  bob: { first_name: Bob, last_name: Orr, email: bob@acme.example, dnd: true }
";

/// Bob, Zed who must go, and so many groups, the first of which must go.
fn store(groups: usize) -> Store {
    let store = Store::in_memory().unwrap();
    let user = |name: &str| {
        let fields = json!({"first_name": name, "last_name": "Orr", "email": format!("{name}@acme.example")});
        (
            Kind::Users,
            name.into(),
            Kind::Users.shape().read(&fields).unwrap(),
        )
    };
    let groups =
        (0..groups).map(|at| (Kind::Groups, format!("g{at:04}").into(), Default::default()));
    store
        .seed([user("bob"), user("zed")].into_iter().chain(groups))
        .unwrap();
    store
}

fn load(absent: &[&str]) -> (Config, State) {
    let mut files = Files::default();
    let config = json!({"portal": {"kind": "sandbox", "database": "x.db"}, "absent": absent});
    files.take("callsheet.yaml".into(), config.to_string().into_bytes());
    files.take("people.yaml".into(), WORKSPACE.into());
    let desired = desired::load(files, today());
    assert!(!desired.report.has_errors());
    (desired.config.unwrap(), desired.state)
}

fn today() -> jiff::civil::Date {
    jiff::civil::date(2026, 8, 22)
}

async fn read(portal: &dyn Portal) -> Result<Live, Error> {
    portal.read(&Kind::ALL.into(), &()).await
}

fn planned((config, desired): &(Config, State), live: &Live) -> Plan {
    plan(Inputs {
        desired,
        config,
        capabilities: &callsheet::portal::capabilities(&config.portal),
        live,
        today: today(),
        past: callsheet::plan::Past::default(),
        filter: callsheet::plan::Filter::default(),
    })
}

async fn applied(plan: &Plan, portal: &dyn Portal) -> Applied {
    let (_stop, stopped) = tokio::sync::watch::channel(false);
    apply(
        plan,
        portal,
        &Secrets::default(),
        &Greetings::default(),
        stopped,
        &(),
    )
    .await
}

fn lines(plan: &Plan) -> Vec<String> {
    let line = |one: &Operation| format!("{:?} {}", one.action, one.address);
    plan.operations.iter().map(line).collect()
}

/// What becomes of a read with a fault.
#[derive(Debug, PartialEq)]
enum Read {
    /// It is sent again, and all is well.
    Whole,
    /// It can't be trusted: nothing of that kind is deleted, and the plan is blocked.
    Doubtful,
    /// There is no plan.
    Failed,
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_that_break() {
    let workspace = load(&["users/zed", "groups/g0000"]);
    let (url, _stop) = tokio::task::block_in_place(|| running::served(store(2001)));
    let straight = planned(&workspace, &read(&*running::portal(&url)).await.unwrap());
    let whole = [
        "Create users/alice",
        "Update users/bob",
        "Delete groups/g0000",
        "Delete users/zed",
    ];
    assert_eq!(lines(&straight), whole);
    let page = |nth| Match::get("/v1/groups").nth(nth);
    let every = || Match::get("/v1/groups");
    let busy = |retry_after| Fault::Status429 { retry_after };
    for (matches, fault, expected) in [
        (page(1), busy(Some(0)), Read::Whole),
        (page(2), busy(None), Read::Whole),
        (page(2), Fault::Status500, Read::Whole),
        (page(3), Fault::ResetBeforeSend, Read::Whole),
        (page(3), Fault::ResetAfterCommit, Read::Whole),
        (page(2), Fault::TruncatedBody, Read::Whole),
        (page(2), Fault::HtmlPage(502), Read::Whole),
        (page(2), Fault::HtmlPage(403), Read::Whole),
        (page(2), Fault::RepeatRow, Read::Whole),
        (page(2), Fault::LoseRow, Read::Whole),
        (page(3), Fault::TotalLies, Read::Whole),
        (every(), Fault::RepeatRow, Read::Doubtful),
        (every(), Fault::LoseRow, Read::Doubtful),
        (every(), Fault::TotalLies, Read::Doubtful),
        (every(), Fault::Status500, Read::Failed),
        (page(2), Fault::HtmlPage(200), Read::Failed),
        (page(2), Fault::HtmlPage(404), Read::Failed),
        (page(2), Fault::Status401, Read::Failed),
    ] {
        let faulty = Faulty::before(&url);
        faulty.fail(matches.clone(), fault);
        let portal = running::portal(&faulty.url());
        let (name, live) = (format!("{fault:?} at {matches:?}"), read(&*portal).await);
        let outcome = match &live {
            Err(_) => Read::Failed,
            Ok(live) if live.listings[&Kind::Groups].doubt().is_some() => Read::Doubtful,
            Ok(_) => Read::Whole,
        };
        assert_eq!(outcome, expected, "{name}: {:?}", live.err());
        if let Ok(live) = live {
            let plan = planned(&workspace, &live);
            let is_doubtful = expected == Read::Doubtful;
            let expected = whole
                .iter()
                .filter(|line| !is_doubtful || !line.ends_with("g0000"));
            assert_eq!(
                lines(&plan),
                expected.copied().collect::<Vec<_>>(),
                "{name}"
            );
            assert_eq!(plan.is_blocked(), is_doubtful, "{name}");
            let about_it = |rule: FindingRule| rule == FindingRule::IncompleteRead;
            assert!(
                plan.findings.iter().all(|finding| about_it(finding.rule)),
                "{name}"
            );
            assert_eq!(live.requests.made, faulty.requests().len() as u64, "{name}");
        }
        assert_eq!(
            faulty.count("GET"),
            faulty.requests().len(),
            "{name}: a plan only reads"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_that_break() {
    let workspace = load(&["users/zed"]);
    let busy = |retry_after| Fault::Status429 { retry_after };
    let faults = [
        (busy(Some(0)), Outcome::Done),
        (busy(None), Outcome::Done),
        (Fault::Status500, Outcome::Done),
        (Fault::ResetBeforeSend, Outcome::Done),
        (Fault::ResetAfterCommit, Outcome::Done),
        (Fault::TruncatedBody, Outcome::Done),
        (Fault::HtmlPage(200), Outcome::Done),
        (Fault::HtmlPage(403), Outcome::Done),
        (Fault::HtmlPage(404), Outcome::Done),
        (Fault::HtmlPage(502), Outcome::Done),
        (Fault::Status401, Outcome::Failed),
    ];
    for (fault, expected) in faults {
        for (matches, action) in [
            (Match::post("/v1/users").nth(1), Action::Create),
            (Match::patch("/v1/users").nth(1), Action::Update),
            (Match::delete("/v1/users").nth(1), Action::Delete),
        ] {
            let name = format!("{fault:?} at {action:?}");
            let (url, _stop) = tokio::task::block_in_place(|| running::served(store(0)));
            let faulty = Faulty::before(&url);
            let portal = running::portal(&faulty.url());
            let before = read(&*portal).await.unwrap();
            let plan = planned(&workspace, &before);
            assert_eq!(plan.operations.len(), 3);
            faulty.fail(matches, fault);
            let results = applied(&plan, &*portal).await;
            faulty.heal();

            let after = read(&*portal).await.unwrap();
            for (operation, result) in plan.operations.iter().zip(&results.results) {
                let wanted = if operation.action == action {
                    expected
                } else {
                    Outcome::Done
                };
                assert_eq!(result.outcome, wanted, "{name}: {:?}", result.error);
                assert_eq!(
                    is_done(operation, &after),
                    result.outcome == Outcome::Done,
                    "{name}"
                );
                assert_eq!(
                    result.error.is_some(),
                    result.outcome != Outcome::Done,
                    "{name}"
                );
            }
            let again = planned(&workspace, &after);
            assert_eq!(again.operations.is_empty(), results.is_complete(), "{name}");
            assert!(applied(&again, &*portal).await.is_complete(), "{name}");
            let healed = read(&*portal).await.unwrap();
            assert!(planned(&workspace, &healed).operations.is_empty(), "{name}");
            let people: Vec<_> = healed.of_kind(Kind::Users).map(|(key, _)| key).collect();
            assert_eq!(people, ["alice", "bob"], "{name}");
        }
    }
}

/// Whether the portal holds what an operation was to bring about.
fn is_done(operation: &Operation, live: &Live) -> bool {
    let found = live.get(operation.address.kind, &operation.address.key);
    match operation.action {
        Action::Delete => found.is_none(),
        _ => found.is_some_and(|object| object.fields == operation.target),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_whose_answer_is_lost_is_made_once() {
    // Every answer is lost: the look that follows tells.
    let workspace = load(&["users/zed"]);
    let (url, _stop) = tokio::task::block_in_place(|| running::served(store(0)));
    let faulty = Faulty::before(&url);
    let portal = running::portal(&faulty.url());
    let plan = planned(&workspace, &read(&*portal).await.unwrap());
    for method in ["POST", "PATCH", "DELETE"] {
        faulty.fail(Match::new(method, "/"), Fault::ResetAfterCommit);
    }
    assert!(applied(&plan, &*portal).await.is_complete());
    for method in ["POST", "PATCH", "DELETE"] {
        assert_eq!(faulty.count(method), 1, "{method}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_can_know_is_unknown_and_what_waits_for_it_not_attempted() {
    let mut workspace = load(&["users/zed"]);
    let queue = json!({"kind": "call_queue", "name": "Sales", "agents": ["alice"]});
    let resource = Resource {
        fields: Kind::Extensions.shape().read(&queue).unwrap(),
        ..Resource::default()
    };
    let address = Address::new(Kind::Extensions, "2000");
    workspace.1.resources.insert(address, resource);
    let (url, _stop) = tokio::task::block_in_place(|| running::served(store(0)));
    let faulty = Faulty::before(&url);
    let portal = running::portal(&faulty.url());
    let plan = planned(&workspace, &read(&*portal).await.unwrap());
    let order = [
        "Create users/alice",
        "Update users/bob",
        "Create extensions/2000",
        "Delete users/zed",
    ];
    assert_eq!(lines(&plan), order);
    faulty.fail(Match::post("/v1/users"), Fault::ResetAfterCommit);
    faulty.fail(Match::get("/v1/users?"), Fault::HtmlPage(200));
    let results = applied(&plan, &*portal).await.results;
    let outcomes: Vec<_> = results.iter().map(|result| result.outcome).collect();
    let expected = [
        Outcome::Unknown,
        Outcome::Done,
        Outcome::NotAttempted,
        Outcome::Done,
    ];
    assert_eq!(outcomes, expected);
    let why = results[2].error.as_deref();
    assert_eq!(why, Some("waited for users/alice, which was not done"));
    faulty.heal();
    let plan = planned(&workspace, &read(&*portal).await.unwrap());
    assert_eq!(lines(&plan), ["Create extensions/2000"]);
    assert!(applied(&plan, &*portal).await.is_complete());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_before_the_first_write_leaves_everything() {
    let workspace = load(&["users/zed"]);
    let (url, _end) = tokio::task::block_in_place(|| running::served(store(0)));
    let portal = running::portal(&url);
    let plan = planned(&workspace, &read(&*portal).await.unwrap());
    let (stop, stopped) = tokio::sync::watch::channel(false);
    stop.send_replace(true);
    let made = portal.requests();
    let results = apply(
        &plan,
        &*portal,
        &Secrets::default(),
        &Greetings::default(),
        stopped,
        &(),
    )
    .await;
    assert!(results.interrupted);
    assert_eq!(results.count(Outcome::NotAttempted), plan.operations.len());
    assert_eq!(portal.requests(), made);
}

/// A workspace on disk, whose portal is at a URL.
pub(crate) fn workspace(url: &str, people: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let config = format!(
        "portal:\n  kind: sandbox\n  url: {url}\n  credentials: {{ token: {{ env: FAULTS_TOKEN }} }}\nabsent: [users/zed]\n"
    );
    std::fs::write(folder.path().join("callsheet.yaml"), config).unwrap();
    std::fs::write(folder.path().join("people.yaml"), people).unwrap();
    folder
}

pub(crate) fn callsheet(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_callsheet"));
    command.args(["apply", "--yes", "--format", "json"]);
    command.current_dir(folder).env("FAULTS_TOKEN", WRITE);
    command
}

/// Runs it to its end: the exit code, and the document.
pub(crate) fn run(folder: &Path) -> (Option<i32>, Json) {
    let output = callsheet(folder).output().unwrap();
    let document = serde_json::from_slice(&output.stdout);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (
        output.status.code(),
        document.unwrap_or_else(|_| json!(said)),
    )
}

pub(crate) fn outcomes(document: &Json) -> [u64; 4] {
    ["done", "failed", "not_attempted", "unknown"]
        .map(|name| document["outcomes"][name].as_u64().unwrap_or(u64::MAX))
}

#[test]
fn the_binary_before_a_faulty_portal() {
    let sandbox = Sandbox::over(store(0));
    let faulty = Faulty::before(&sandbox.url);
    let folder = workspace(&faulty.url(), WORKSPACE);

    faulty.fail(Match::get("/v1/users"), Fault::TotalLies);
    let (code, document) = run(folder.path());
    assert_eq!(code, Some(3), "{document}");
    assert_eq!(document["findings"][0]["rule"], "incomplete-read");
    assert_eq!(document["summary"]["delete"], 0);
    assert_eq!(faulty.count("GET"), faulty.requests().len());

    faulty.heal();
    faulty.fail(Match::get("/v1/users"), Fault::HtmlPage(200));
    let (code, said) = run(folder.path());
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.as_str().unwrap().contains("nothing is planned"),
        "{said}"
    );
    assert_eq!(faulty.count("GET"), faulty.requests().len());

    faulty.heal();
    faulty.fail(Match::post("/v1/users"), Fault::ResetAfterCommit);
    faulty.fail(Match::patch("/v1/users"), Fault::Status401);
    let (code, document) = run(folder.path());
    assert_eq!(
        (code, outcomes(&document)),
        (Some(1), [2, 1, 0, 0]),
        "{document}"
    );
    assert_eq!(document["operations"][1]["address"], "users/bob");
    assert_eq!(document["operations"][1]["outcome"], "failed");

    faulty.heal();
    let (code, document) = run(folder.path());
    assert_eq!(
        (code, outcomes(&document)),
        (Some(0), [1, 0, 0, 0]),
        "{document}"
    );
    let (code, document) = run(folder.path());
    assert_eq!(
        (code, outcomes(&document)),
        (Some(0), [0, 0, 0, 0]),
        "{document}"
    );
}

#[test]
fn a_signal_finishes_what_is_in_flight() {
    for signal in ["INT", "TERM"] {
        let sandbox = Sandbox::empty();
        let faulty = Faulty::before(&sandbox.url);
        let user = |at: usize| {
            format!("  u{at:02}: {{ first_name: A, last_name: B, email: u{at:02}@acme.example }}\n")
        };
        let people: String = (0..12).map(user).collect();
        let folder = workspace(&faulty.url(), &format!("users:\n{people}"));
        faulty.fail(Match::post("/v1/users"), Fault::Hold);
        let mut command = callsheet(folder.path());
        let mut running = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        faulty.until_held(8);
        let id = running.id().to_string();
        let sent = Command::new("kill").args(["-s", signal, &id]).status();
        assert!(sent.unwrap().success());
        let mut said = String::new();
        let stderr = running.stderr.take().unwrap();
        BufReader::new(stderr).read_line(&mut said).unwrap();
        assert_eq!(said, "stopping: what is in flight is finished first\n");
        faulty.release();
        let output = running.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(130), "{signal}");
        let document: Json = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(outcomes(&document), [8, 0, 4, 0], "{signal}");
        assert_eq!(document["interrupted"], true);
        assert_eq!(faulty.count("POST"), 8);

        faulty.heal();
        let (code, document) = run(folder.path());
        assert_eq!(
            (code, outcomes(&document)),
            (Some(0), [4, 0, 0, 0]),
            "{signal}"
        );
        let (code, document) = run(folder.path());
        assert_eq!(
            (code, outcomes(&document)),
            (Some(0), [0, 0, 0, 0]),
            "{signal}"
        );
    }
}
