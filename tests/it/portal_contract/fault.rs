//! *Faults*: a failed request causes no delete and no duplicate, and the next run completes the change.

use super::{
    field::{clean, neighbours},
    run::{Workspace, applied, changed, failures, step},
    subject::{Server, Subject},
};
use crate::{
    faulty::{Fault, Faulty, Match},
    running,
};
use callsheet::{
    apply::Outcome,
    model::{Kind, Value},
    plan::Action,
    portal::Portal,
};
use serde_json::json;

const FAULTS: [Fault; 11] = [
    Fault::Status429 { retry_after: None },
    Fault::Status429 {
        retry_after: Some(0),
    },
    Fault::Status500,
    Fault::ResetBeforeSend,
    Fault::ResetAfterCommit,
    Fault::TruncatedBody,
    Fault::HtmlPage(200),
    Fault::HtmlPage(403),
    Fault::HtmlPage(404),
    Fault::HtmlPage(502),
    Fault::Status401,
];

/// Users and extensions are created, changed and deleted.
fn before(subject: &Subject) -> Workspace {
    let mut workspace = neighbours(subject);
    let going = json!({"first_name": "Go", "last_name": "Ing", "email": "going@acme.example", "extension": "79070"});
    workspace.declare(Kind::Users, "conf-going", &going);
    workspace.declare(
        Kind::Extensions,
        "79071",
        &json!({"kind": "conference", "name": "Going"}),
    );
    step(subject, &workspace, true, "before the fault");
    workspace
}

fn mixed(workspace: &mut Workspace) {
    let coming = json!({"first_name": "Co", "last_name": "Ming", "email": "coming@acme.example",
        "extension": "79072", "phones": [{"mac": "00:15:65:00:00:71", "model": "yealink_t54w"}],
        "groups": ["conf-sales"]});
    workspace.declare(Kind::Users, "conf-coming", &coming);
    workspace.declare(
        Kind::Extensions,
        "79073",
        &json!({"kind": "conference", "name": "Coming"}),
    );
    let fields = workspace.fields(Kind::Users, "conf-ann");
    fields.set("title".into(), Value::text("Changed"));
    workspace.remove(Kind::Users, "conf-going");
    workspace.remove(Kind::Extensions, "79071");
}

/// Checks that each object exists exactly once.
fn assert_whole(subject: &Subject, what: &str) {
    if let Server::Kazoo(kazoo) = &subject.server {
        let count = |collection: &str| kazoo.docs(collection).len();
        // The account's own administrator, three people; the callflows of two of them, two extensions.
        let counts = [
            "users",
            "vmboxes",
            "devices",
            "callflows",
            "conferences",
            "groups",
        ]
        .map(count);
        assert_eq!(counts, [4, 2, 1, 4, 1, 2], "{what}");
    }
}

#[test]
fn a_failed_write_is_completed_by_the_next_run() {
    for make in [Subject::sandbox, Subject::four, Subject::five] {
        for fault in FAULTS {
            let mut nth = 1;
            // Every write of the plan in turn, until there are no more.
            loop {
                let subject = make();
                let mut workspace = before(&subject);
                mixed(&mut workspace);
                let faulty = Faulty::before(subject.url());
                let portal =
                    running::runtime().block_on(async { subject.portal_at(&faulty.url()) });
                let what = format!("{}: {fault:?} at write {nth}", subject.name);
                let writes = interrupted(&workspace, &*portal, &faulty, fault, nth, &what);
                drop(portal);
                finish(&subject, &workspace, &what);
                assert_whole(&subject, &what);
                if nth > writes {
                    break;
                }
                nth += 3;
            }
        }
    }
}

/// Applies with one fault. Returns the number of writes.
fn interrupted(
    workspace: &Workspace,
    portal: &dyn Portal,
    faulty: &Faulty,
    fault: Fault,
    nth: usize,
    what: &str,
) -> usize {
    running::runtime().block_on(async {
        let plan = workspace.plan(portal).await.unwrap();
        faulty.heal();
        faulty.fail(Match::write().nth(nth), fault);
        let result = applied(&plan, portal).await;
        let told = failures(&plan, &result);
        for (operation, one) in plan.operations.iter().zip(&result.results) {
            let honest = one.outcome == Outcome::Done || one.error.is_some();
            assert!(honest, "{what}: {} says nothing", operation.address);
        }
        // What passes is not worth a word.
        if matches!(fault, Fault::Status429 { .. }) {
            assert_eq!(told, [""; 0], "{what}");
        }
        let requests = faulty.requests();
        let writes = requests
            .iter()
            .filter(|(method, path)| method != "GET" && !path.ends_with("_auth"));
        writes.count()
    })
}

/// The next run, without a fault.
fn finish(subject: &Subject, workspace: &Workspace, what: &str) {
    running::runtime().block_on(async {
        let portal = subject.portal();
        let plan = workspace.plan(&*portal).await.unwrap();
        let result = applied(&plan, &*portal).await;
        assert_eq!(
            failures(&plan, &result),
            [""; 0],
            "{what}: {:#?}",
            changed(&plan)
        );
        let again = workspace.plan(&*subject.portal()).await.unwrap();
        assert_eq!(changed(&again), [""; 0], "{what}");
    });
}

#[test]
fn a_failed_read_causes_no_delete_and_no_duplicate() {
    let lies = [Fault::LoseRow, Fault::RepeatRow, Fault::TotalLies];
    for make in [Subject::sandbox, Subject::four, Subject::five] {
        let subject = make();
        let mut workspace = before(&subject);
        mixed(&mut workspace);
        let straight = running::runtime().block_on(async {
            let portal = subject.portal();
            changed(&workspace.plan(&*portal).await.unwrap())
        });
        for fault in FAULTS.into_iter().chain(lies) {
            // For ever is tried with one only: each time it is waited for in vain.
            let for_ever = lies.contains(&fault) || fault == Fault::Status500;
            for nth in [Some(1), Some(3), None]
                .into_iter()
                .take(2 + usize::from(for_ever))
            {
                let faulty = Faulty::before(subject.url());
                let matches = Match::get("/v");
                let matches = nth.map_or(matches.clone(), |nth| matches.nth(nth));
                faulty.fail(matches, fault);
                let what = format!("{}: {fault:?} at {nth:?}", subject.name);
                running::runtime().block_on(async {
                    let portal = subject.portal_at(&faulty.url());
                    let Ok(plan) = workspace.plan(&*portal).await else {
                        return;
                    };
                    let deletes = plan
                        .operations
                        .iter()
                        .any(|one| one.action == Action::Delete);
                    let is_whole = changed(&plan) == straight;
                    assert!(
                        is_whole || plan.is_blocked(),
                        "{what}: {:#?}",
                        changed(&plan)
                    );
                    assert!(!deletes || is_whole, "{what}: {:#?}", changed(&plan));
                });
            }
        }
        finish(&subject, &workspace, subject.name);
        assert_whole(&subject, subject.name);
        clean(&subject, &mut workspace);
    }
}
