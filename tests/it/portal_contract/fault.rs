//! *Faults*: a failed request causes no delete and no duplicate, and the next run completes the change.

use super::{
    field::clean,
    neighbours::neighbours,
    run::{Workspace, applied, changed, failures, step},
    subject::Subject,
    supported::{declare, supports},
};
use crate::{
    faulty::{Fault, Faulty, Match},
    running,
};
use callsheet::{
    apply::Outcome,
    model::{Address, Kind, Value},
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
    let portal = subject.capabilities();
    let mut workspace = neighbours(subject);
    let going = json!({"first_name": "Go", "last_name": "Ing", "email": "going@acme.example", "extension": "7970"});
    let room = json!({"kind": "conference", "name": "Going"});
    for (place, wish) in [
        ((Kind::Users, "conf-going"), going),
        ((Kind::Extensions, "7971"), room),
    ] {
        declare(&mut workspace, &portal, place, &wish, &json!({}));
    }
    step(subject, &workspace, true, "before the fault");
    workspace
}

fn mixed(subject: &Subject, workspace: &mut Workspace) {
    let portal = subject.capabilities();
    let coming = json!({"first_name": "Co", "last_name": "Ming", "email": "coming@acme.example",
        "extension": "7972", "phones": [{"mac": "00:15:65:00:00:71", "model": "yealink_t54w"}],
        "groups": ["conf-sales"]});
    let room = json!({"kind": "conference", "name": "Coming"});
    for (place, wish) in [
        ((Kind::Users, "conf-coming"), coming),
        ((Kind::Extensions, "7973"), room),
    ] {
        declare(workspace, &portal, place, &wish, &json!({}));
    }
    let has_title = supports(&portal, Kind::Users, "title");
    let name = if has_title { "title" } else { "last_name" };
    let fields = workspace.fields(Kind::Users, "conf-ann");
    fields.set(name.into(), Value::text("Changed"));
    for (kind, key) in [(Kind::Users, "conf-going"), (Kind::Extensions, "7971")] {
        if workspace.state.get(&Address::new(kind, key)).is_some() {
            workspace.remove_on(&portal, kind, key);
        }
    }
}

/// Checks that each object exists exactly once.
fn assert_whole(subject: &Subject, what: &str) {
    // The account's own administrator, three people; the callflows of two of them, two extensions.
    for (collection, expected) in [
        ("users", 4),
        ("vmboxes", 2),
        ("devices", 1),
        ("callflows", 4),
        ("conferences", 1),
        ("groups", 2),
    ] {
        let count = subject.server.count(collection).unwrap_or(expected);
        assert_eq!(count, expected, "{what}: {collection}");
    }
}

#[test]
fn a_failed_write_is_completed_by_the_next_run() {
    for make in Subject::makers() {
        for fault in FAULTS {
            let mut nth = 1;
            // Every write of the plan in turn, until there are no more.
            loop {
                let subject = make();
                let mut workspace = before(&subject);
                mixed(&subject, &mut workspace);
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
    let lies = [Fault::LoseRow, Fault::RepeatRow, Fault::TotalLies].map(|lie| (lie, true));
    let faults = || {
        let faults = FAULTS.map(|fault| (fault, matches!(fault, Fault::Status500)));
        faults.into_iter().chain(lies)
    };
    for make in Subject::makers() {
        let subject = make();
        let mut workspace = before(&subject);
        mixed(&subject, &mut workspace);
        let straight = running::runtime().block_on(async {
            let portal = subject.portal();
            changed(&workspace.plan(&*portal).await.unwrap())
        });
        // For ever is tried with one only: each time it is waited for in vain.
        for (fault, for_ever) in faults() {
            for nth in [Some(1), Some(3), None]
                .into_iter()
                .take(2 + usize::from(for_ever))
            {
                let faulty = Faulty::before(subject.url());
                let matches = Match::get("/");
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
