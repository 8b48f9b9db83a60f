//! The *record of an apply* on Kazoo, as the commands use it: the account document keeps it, and Git does
//! where the credentials may not use the account document.

use crate::{
    history::Office,
    kazoo::{Access, Dialect, Kazoo, Options},
};
use serde_json::Value;
use std::process::Output;

const PEOPLE: &str = "
users:
  ann: { first_name: Ann, last_name: Lee, email: ann@acme.example, extension: 1001, scope: admin }
  bob: { first_name: Bob, last_name: Ray, email: bob@acme.example, extension: 1002 }
";

fn office(kazoo: &Kazoo, more: &str) -> Office {
    let config = format!(
        "portal:\n  kind: kazoo\n  url: {}\n  credentials: {{ token: {{ env: THE_KEY }} }}\n{more}",
        kazoo.url
    );
    Office::with(&[("callsheet.yaml", &config), ("people.yaml", PEOPLE)])
}

fn run(office: &Office, kazoo: &Kazoo, arguments: &[&str]) -> (i32, String, String) {
    let mut command = office.callsheet(arguments);
    let output = command.env("THE_KEY", &kazoo.api_key).output().unwrap();
    let Output {
        status,
        stdout,
        stderr,
    } = output;
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

fn limited(dialect: Dialect, account_access: Access) -> Kazoo {
    let options = Options {
        account_access,
        ..Options::new(dialect)
    };
    options.start()
}

/// The commit that the plan says was applied.
fn applied(office: &Office, kazoo: &Kazoo) -> Value {
    let (code, plan, err) = run(office, kazoo, &["plan", "--format", "json"]);
    assert_eq!(code, 0, "{err}");
    let plan: Value = serde_json::from_str(&plan).unwrap();
    assert_eq!(plan["requests"]["made"], plan["requests"]["minimum"]);
    plan["revision"]["applied"].clone()
}

#[test]
fn the_account_document_keeps_the_record() {
    for dialect in [Dialect::Four, Dialect::Five] {
        let kazoo = Kazoo::start(dialect);
        let office = office(&kazoo, "");
        assert_eq!(applied(&office, &kazoo), Value::Null);
        let (code, _, err) = run(&office, &kazoo, &["apply", "--yes"]);
        assert_eq!(code, 0, "{err}");
        let records = kazoo.account_fields()["callsheet"].clone();
        let [record] = &records.as_object().unwrap().values().collect::<Vec<_>>()[..] else {
            panic!("one record, not {records}")
        };
        assert!(record["commit"].is_string());
        assert_eq!(applied(&office, &kazoo), record["commit"]);
        let (_, doctor, _) = run(&office, &kazoo, &["doctor"]);
        let line = doctor.lines().find(|line| line.contains("ok  record"));
        assert!(
            line.is_some_and(|line| line.contains("kept on the portal; ")),
            "{doctor}"
        );
        // Git has none.
        let refs = office.callsheet_refs();
        assert_eq!(refs, [""; 0]);
    }
}

#[test]
fn git_keeps_the_record_if_the_account_can_not_be_read() {
    for dialect in [Dialect::Four, Dialect::Five] {
        let kazoo = limited(dialect, Access::None);
        let office = office(&kazoo, "");
        let (code, _, err) = run(&office, &kazoo, &["apply", "--yes"]);
        assert_eq!(code, 0, "{err}");
        assert_eq!(office.callsheet_refs().len(), 1);
        assert!(applied(&office, &kazoo).is_string());
        let (_, doctor, _) = run(&office, &kazoo, &["doctor"]);
        let line = doctor.lines().find(|line| line.contains("ok  record"));
        assert!(
            line.is_some_and(|line| line.contains("kept in Git; ")),
            "{doctor}"
        );
    }
}

#[test]
fn a_refused_record_names_the_setting_that_keeps_it_in_git() {
    let kazoo = limited(Dialect::Four, Access::Read);
    let office = office(&kazoo, "");
    let (code, _, err) = run(&office, &kazoo, &["apply", "--yes"]);
    assert_eq!(code, 1);
    for word in ["everything was applied", "`portal.record: git`", "(403)"] {
        assert!(err.contains(word), "{err}");
    }
    office.edit_in(
        "callsheet.yaml",
        "  kind: kazoo\n",
        "  kind: kazoo\n  record: git\n",
    );
    office.commit("Keep the record in Git");
    let (code, _, err) = run(&office, &kazoo, &["apply", "--yes"]);
    assert_eq!(code, 0, "{err}");
    assert_eq!(office.callsheet_refs().len(), 1);
}

#[test]
fn a_place_that_the_credentials_may_not_use_is_explained() {
    let kazoo = limited(Dialect::Four, Access::None);
    let office = office(&kazoo, "  record: portal\n");
    let (code, _, err) = run(&office, &kazoo, &["plan"]);
    assert_eq!(code, 1);
    assert!(
        err.contains("the credentials may not use it; write `git` or `local`"),
        "{err}"
    );
}
