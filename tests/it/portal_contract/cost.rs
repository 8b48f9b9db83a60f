//! *Cost*: an empty plan sends the minimum number of requests.

use super::{
    neighbours::neighbours,
    run::{Workspace, step},
    subject::Subject,
};
use crate::{
    kazoo::{Dialect, Options},
    report::measured,
    running,
};
use callsheet::model::{Kind, Requests, Value};
use serde_json::json;

/// Users with every field that lists omit.
fn people(count: usize) -> Workspace {
    let mut workspace = Workspace::default();
    for at in 0..count {
        let key = format!("c{at:03}");
        let user = json!({"username": key, "first_name": "C", "last_name": "D", "title": "Clerk",
            "email": format!("{key}@acme.example"), "extension": format!("{}", 79_100 + at),
            "rings_before_voicemail": 5, "voicemail": {"email": "vm@acme.example"},
            "phones": [{"mac": format!("0015650000{at:02x}"), "model": "yealink_t54w"}]});
        workspace.declare(Kind::Users, &key, &user);
    }
    workspace
}

fn cost(subject: &Subject, workspace: &Workspace) -> Requests {
    running::runtime().block_on(async {
        let plan = workspace.plan(&*subject.portal()).await.unwrap();
        assert!(plan.operations.is_empty());
        plan.requests
    })
}

/// Five lists with one page each, and the login.
const LISTS: u64 = 6;

#[test]
fn an_empty_plan_reads_lists_and_declared_details() {
    let subject = Subject::four();
    let workspace = people(7);
    step(&subject, &workspace, true, "people");
    let kazoo = &subject.server;
    for at in 0..40 {
        // Whom nobody declares nobody asks for.
        kazoo.seed(
            "users",
            json!({"username": format!("other{at}"), "password": "x1y2z3",
            "first_name": "O", "last_name": "P"}),
        );
    }
    kazoo.forget();
    let requests = cost(&subject, &workspace);
    // Of each of them a user, a device, a mailbox and a callflow.
    let minimum = LISTS + 7 * 4;
    assert_eq!(
        requests,
        Requests {
            made: minimum,
            minimum
        }
    );
    assert_eq!(kazoo.requests().len() as u64, minimum);

    // Who declares less costs less.
    let mut less = Workspace::default();
    for at in 0..7 {
        let key = format!("c{at:03}");
        let user = json!({"username": key, "first_name": "C", "last_name": "D",
            "email": format!("{key}@acme.example"), "extension": format!("{}", 79_100 + at)});
        less.declare(Kind::Users, &key, &user);
    }
    assert_eq!(
        cost(&subject, &less),
        Requests {
            made: LISTS,
            minimum: LISTS
        }
    );
    let Requests { made, minimum } = requests;
    measured(&format!(
        "a plan of nothing over 48 users, 7 of them declared in full: {made} requests (minimum {minimum})"
    ));
}

#[test]
fn contacts_are_read_only_if_declared() {
    let subject = Subject::four();
    let mut workspace = people(1);
    step(&subject, &workspace, true, "one person");
    let minimum = LISTS + 4;
    assert_eq!(
        cost(&subject, &workspace),
        Requests {
            made: minimum,
            minimum
        }
    );
    for key in ["fire", "police", "taxi"] {
        let contact = json!({"name": key, "numbers": ["+14155550111"]});
        workspace.declare(Kind::Contacts, key, &contact);
    }
    step(&subject, &workspace, true, "contacts");
    // The lists, the entries of ours, and each of them.
    let minimum = minimum + 2 + 3;
    assert_eq!(
        cost(&subject, &workspace),
        Requests {
            made: minimum,
            minimum
        }
    );
    assert_eq!(
        cost(&subject, &people(1)),
        Requests {
            made: LISTS + 4,
            minimum: LISTS + 4
        }
    );
}

#[test]
fn kazoo_5_needs_details_only_of_mailboxes() {
    let subject = Subject::five();
    let workspace = people(7);
    step(&subject, &workspace, true, "people");
    let minimum = LISTS + 7;
    assert_eq!(
        cost(&subject, &workspace),
        Requests {
            made: minimum,
            minimum
        }
    );
}

#[test]
fn details_are_read_in_batches_with_bulk() {
    let options = Options {
        bulk: true,
        ..Options::new(Dialect::Four)
    };
    let subject = Subject::kazoo("kazoo 4 with bulk", options);
    let workspace = people(20);
    step(&subject, &workspace, true, "people");
    let minimum = LISTS + 1;
    assert_eq!(
        cost(&subject, &workspace),
        Requests {
            made: minimum,
            minimum
        }
    );

    // Where it isn't, one request finds that out.
    let subject = Subject::four();
    step(&subject, &workspace, true, "people");
    let minimum = LISTS + 1 + 80;
    assert_eq!(
        cost(&subject, &workspace),
        Requests {
            made: minimum,
            minimum
        }
    );
}

#[test]
fn a_change_sends_one_request_per_document() {
    let subject = Subject::four();
    let mut workspace = neighbours(&subject);
    step(&subject, &workspace, true, "the neighbours");
    let kazoo = &subject.server;
    let fields = workspace.fields(Kind::Users, "conf-ann");
    fields.set("title".into(), Value::text("Chief"));
    kazoo.forget();
    step(&subject, &workspace, true, "one field");
    let writes = kazoo
        .requests()
        .into_iter()
        .filter(|one| one.method != "GET" && !one.path.ends_with("auth"));
    let writes: Vec<(String, serde_json::Value, bool)> = writes
        .map(|one| {
            (
                one.method.clone(),
                one.body.clone(),
                one.header("if-match").is_some(),
            )
        })
        .collect();
    let body = json!({"data": {"profile": {"title": "Chief"}}});
    assert_eq!(writes, [("PATCH".to_owned(), body, true)]);
}
