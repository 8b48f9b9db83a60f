//! *Records* of applies: a portal returns the record of a workspace as it was written last, whatever else is
//! written meanwhile.

use super::subject::Subject;
use crate::{
    faulty::{Fault, Faulty, Match},
    kazoo::{Access, Dialect, Options},
    running,
};
use callsheet::portal::{Error, Portal};
use serde_json::{Value as Json, json};

/// Names of workspaces that are easily confused.
const NAMES: [&str; 5] = ["root", "a.b", "a/b", "東京", "pvt_a"];

fn record(commit: &str) -> String {
    json!({"workspace": "w", "commit": commit.repeat(40), "run": ""}).to_string()
}

async fn read(portal: &dyn Portal, name: &str) -> Option<Json> {
    let record = portal.record(name).await.unwrap();
    record.map(|record| serde_json::from_str(&record).unwrap())
}

fn json_of(record: &str) -> Json {
    serde_json::from_str(record).unwrap()
}

#[test]
fn a_record_is_read_as_it_was_written_last() {
    // The account of a real system has records of its own.
    let subjects = Subject::own().into_iter();
    for subject in subjects.filter(|subject| subject.server.keeps_records()) {
        running::runtime().block_on(async {
            let portal = subject.portal();
            for name in NAMES {
                assert_eq!(read(&*portal, name).await, None, "{} {name}", subject.name);
            }
            for (name, commit) in NAMES.iter().zip(["1", "2", "3", "4", "5"]) {
                portal.set_record(name, &record(commit)).await.unwrap();
            }
            portal.set_record(NAMES[0], &record("6")).await.unwrap();
            assert!(portal.keeps_records());
            // Another clone sees them.
            let other = subject.portal();
            for (name, commit) in NAMES.iter().zip(["6", "2", "3", "4", "5"]) {
                let found = read(&*other, name).await;
                assert_eq!(
                    found,
                    Some(json_of(&record(commit))),
                    "{} {name}",
                    subject.name
                );
            }
        });
    }
}

#[test]
fn a_record_costs_one_request_and_leaves_the_account_alone() {
    for subject in [Subject::four(), Subject::five()] {
        let kazoo = &subject.server;
        kazoo.set_account(&json!({"x_other": {"a": [1]}, "callsheet": {"other": {"commit": "0"}}}));
        let mut expected = kazoo.account_fields();
        running::runtime().block_on(async {
            let portal = subject.portal();
            let kinds = portal.capabilities().kinds.keys().copied().collect();
            portal.record("root").await.unwrap();
            let before = portal.requests();
            // The login, and the account.
            assert_eq!(before, 2, "{}", subject.name);
            let requests = portal.read(&kinds, &()).await.unwrap().requests;
            // The login is counted, though the record needed it first.
            assert_eq!(requests.minimum, requests.made + 1, "{}", subject.name);

            kazoo.forget();
            portal.set_record("root", &record("1")).await.unwrap();
            // Written already.
            portal.set_record("root", &record("1")).await.unwrap();
        });
        expected["callsheet"]["root"] = json_of(&record("1"));
        assert_eq!(kazoo.account_fields(), expected, "{}", subject.name);
        let sent = kazoo.requests();
        let [patch] = &sent[..] else {
            panic!("one request, not {sent:?}")
        };
        let body = json!({"data": {"callsheet": {"root": json_of(&record("1"))}}});
        assert_eq!((&*patch.method, &patch.body), ("PATCH", &body));
        assert!(patch.header("if-match").is_some());
        assert_eq!(kazoo.violations(), [""; 0]);
    }
}

#[test]
fn a_concurrent_change_of_the_account_is_kept() {
    for subject in [Subject::four(), Subject::five()] {
        let kazoo = &subject.server;
        running::runtime().block_on(async {
            let portal = subject.portal();
            portal.record("root").await.unwrap();
            let change = json!({"x_other": 1, "callsheet": {"root": {"at": "x"}, "b": {"c": 1}}});
            kazoo.set_account(&change);
            portal.set_record("root", &record("1")).await.unwrap();
        });
        let fields = kazoo.account_fields();
        assert_eq!(fields["x_other"], 1);
        let records = json!({"root": json_of(&record("1")), "b": {"c": 1}});
        assert_eq!(fields["callsheet"], records, "{}", subject.name);
        let patches = kazoo.requests().into_iter();
        let patches = patches.filter(|one| one.method == "PATCH");
        let statuses: Vec<u16> = patches.map(|one| one.status).collect();
        assert_eq!(statuses, [412, 200], "{}", subject.name);
    }
}

#[test]
fn a_record_whose_answer_is_lost_is_written_once() {
    // The account of a real system has records of its own.
    let subjects = Subject::own().into_iter();
    for subject in subjects.filter(|subject| subject.server.keeps_records()) {
        let faulty = Faulty::before(subject.url());
        let (method, prefix) = subject.server.record_request();
        for fault in [
            Fault::ResetAfterCommit,
            Fault::TruncatedBody,
            Fault::ResetBeforeSend,
        ] {
            faulty.heal();
            running::runtime().block_on(async {
                let portal = subject.portal_at(&faulty.url());
                portal.record("root").await.unwrap();
                faulty.fail(Match::new(method, prefix).nth(1), fault);
                let commit = format!("{fault:?}").len().to_string();
                portal.set_record("root", &record(&commit)).await.unwrap();
                let found = read(&*subject.portal(), "root").await;
                assert_eq!(
                    found,
                    Some(json_of(&record(&commit))),
                    "{} {fault:?}",
                    subject.name
                );
            });
        }
    }
}

#[test]
fn credentials_without_access_to_the_account_have_no_place_for_a_record() {
    for dialect in [Dialect::Four, Dialect::Five] {
        let limited = |account_access| Options {
            account_access,
            ..Options::new(dialect)
        };
        let unreadable = Subject::kazoo("no access", limited(Access::None));
        let readable = Subject::kazoo("read access", limited(Access::Read));
        running::runtime().block_on(async {
            let portal = unreadable.portal();
            assert_eq!(portal.record("root").await.unwrap(), None);
            assert!(!portal.keeps_records());

            let portal = readable.portal();
            assert_eq!(portal.record("root").await.unwrap(), None);
            assert!(portal.keeps_records());
            let error = portal.set_record("root", &record("1")).await.unwrap_err();
            assert!(matches!(error, Error::Forbidden { .. }), "{error}");
        });
    }
}
