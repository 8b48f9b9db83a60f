//! Tests of what may be sent, and of what is kept of answers.

use super::{
    dialect::{Ivy, allows},
    objects::member_codes,
    table::{self, Collection},
};
use crate::{
    model::Kind,
    portal::{
        Error,
        http::Answer,
        rest::{
            Collection as _, Dialect as _, Doc, Document, Op,
            doc::{self},
        },
    },
};
use reqwest::Method;
use serde_json::{Value, json};

fn answer(status: u16, body: &Value) -> Answer {
    Answer {
        status,
        body: body.to_string().into_bytes(),
        media_type: "application/json".to_owned(),
        ..Answer::default()
    }
}

/// The document in an answer.
fn document(of: Collection, body: &Value) -> Doc {
    Ivy.document(of, &answer(200, body)).unwrap().1.doc
}

/// Whether the request of an operation may be sent.
fn is_sent(op: &Op<'_, Collection>) -> bool {
    let request = Ivy.encode(op);
    let path: Vec<&str> = request.path.iter().map(String::as_str).collect();
    allows(&request.method, &path)
}

/// Which operations on a type of documents may be sent: list, read, create, change and delete.
fn sent(of: Collection) -> [bool; 5] {
    let (body, before) = (Doc::new(), Document::default());
    let id = if of.within().is_some() { "6/7" } else { "7" };
    let parent = if of.within().is_some() { "6" } else { "" };
    [
        is_sent(&Op::List {
            of,
            parent,
            query: &[],
            cursor: None,
        }),
        is_sent(&Op::Get { of, id }),
        is_sent(&Op::Create {
            of,
            parent,
            body: &body,
        }),
        is_sent(&Op::Update {
            of,
            id,
            before: &before,
            after: &body,
        }),
        is_sent(&Op::Delete {
            of,
            id,
            version: None,
        }),
    ]
}

#[test]
fn nothing_that_costs_money_is_sent() {
    for of in Collection::all() {
        let expected = match of {
            Collection::Users
            | Collection::Extensions
            | Collection::RingGroups
            | Collection::Rooms
            | Collection::Faxes => [true; 5],
            // Instances are listed, and not even read one by one.
            Collection::Sites => [true, false, false, false, false],
            Collection::Numbers => [true, true, false, true, false],
            Collection::Forwards
            | Collection::Devices
            | Collection::Mailboxes
            | Collection::Schedules => [true, true, false, false, false],
        };
        assert_eq!(sent(*of), expected, "{of:?}");
    }
    assert!(allows(&Method::POST, &["sites", "6", "rebuild"]));
    for path in [
        &["payments"][..],
        &["credit-cards"],
        &["credit-cards", "1"],
        &["plans"],
        &["plans", "1"],
        &["statements"],
        &["sign-up"],
        &["account"],
        &["password"],
        &["confirmation"],
        &["templates"],
        &["sites"],
        &["sites", "6"],
        &["sites", "6", "seats"],
        &["sites", "6", "phone-numbers"],
        &["sites", "6", "phone-numbers", "search"],
        &["sites", "6", "e911s", "7"],
        &["sites", "6", "locations"],
        &["sites", "6", "sip-trunks"],
        &["sites", "6", "devices"],
        &["sites", "6", "devices", "7", "transfer"],
        &["sites", "6", "..", "payments"],
        &["sites", "6", "extensions", "../../payments"],
        &["users", "7", "seats"],
        &["users", "me"],
        &["users", ""],
        &[],
    ] {
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            assert!(!allows(&method, path), "{method} {path:?}");
        }
    }
    for path in [&["payments"][..], &["plans"], &["statements"], &["account"]] {
        assert!(!allows(&Method::GET, path), "{path:?}");
    }
}

#[test]
fn secrets_and_labels_are_dropped_at_once() {
    let device = json!({"id": 7, "login": "ann", "password": "canary", "links": [{"href": "/x"}],
        "fail_over": {"name": "Ann (voice_mail_box:5)", "code": "voice_mail_box:5"}});
    let expected = json!({"id": 7, "login": "ann", "fail_over": {"code": "voice_mail_box:5"}});
    assert_eq!(document(Collection::Devices, &device), doc::of(expected));
    let room = json!({"id": 7, "name": "Room", "pin": 42, "moderator_pin": "4711"});
    let expected = doc::of(json!({"id": 7, "name": "Room"}));
    assert_eq!(document(Collection::Rooms, &room), expected);
    let user =
        json!({"id": 7, "email": "a@b.example", "features": {"devices": [{"password": "canary"}]}});
    let expected = doc::of(json!({"id": 7, "email": "a@b.example"}));
    assert_eq!(document(Collection::Users, &user), expected);
    // A destination that isn't one.
    for destination in [json!({}), json!(null), json!("x"), json!({"code": 3})] {
        let number = json!({"id": 7, "destination": destination});
        let kept = document(Collection::Numbers, &number);
        assert_eq!(kept["destination"], Value::Null);
    }
}

#[test]
fn a_ring_group_is_read_in_both_forms() {
    let one = json!({"id": 13, "destination": {"name": "R (device:1)", "code": "device:1"}});
    let several = json!({"id": 13, "destinations": [{"code": "device:1"}, {"code": "device:2"}]});
    let group = |body| document(Collection::RingGroups, body);
    assert_eq!(member_codes(&group(&one)), ["device:1"]);
    assert_eq!(member_codes(&group(&several)), ["device:1", "device:2"]);
    assert!(member_codes(&group(&json!({"id": 1, "destination": {}}))).is_empty());
}

#[test]
fn a_change_has_the_required_fields_and_a_form_only_what_changes() {
    let body = |of, before: Value, after: Value| {
        let before = Document::from(doc::of(before));
        let (method, body) = Ivy.update(of, &before, &doc::of(after));
        assert_eq!(method, Method::PUT);
        String::from_utf8(body.content).unwrap()
    };
    let before = json!({"id": 7, "number": "14155550180", "name": "A", "cnam": "X", "destination": {"code": "menu:1"}});
    let mut after = before.clone();
    after["name"] = "B".into();
    let sent = body(Collection::Numbers, before, after);
    let expected = json!({"number": "14155550180", "name": "B", "destination": {"code": "menu:1"}});
    assert_eq!(serde_json::from_str::<Value>(&sent).unwrap(), expected);
    let before = json!({"id": 7, "name": "A", "channel_limit": 9});
    let after = json!({"id": 7, "name": "B", "channel_limit": 9, "pin": "0042"});
    let sent = body(Collection::Rooms, before, after);
    assert!(sent.contains("name=\"name\"\r\n\r\nB\r\n"), "{sent}");
    assert!(sent.contains("name=\"pin\"\r\n\r\n0042\r\n"), "{sent}");
    assert!(!sent.contains("channel_limit"), "{sent}");
}

#[test]
fn errors_are_understood_in_both_shapes() {
    for (body, detail) in [
        (
            json!({"status": "error", "error": "Invalid request", "error_code": "VALIDATION_ERROR",
                "details": [{"field": "email", "issue": "is taken"}]}),
            "Invalid request",
        ),
        (
            json!({"name": "VALIDATION_ERROR", "message": "Invalid request", "debug_id": "d-1",
                "details": [{"field": "email", "value": "x", "location": "body", "issue": "is taken"}]}),
            "Invalid request",
        ),
    ] {
        let object = Some((Kind::Users, Collection::Users));
        let Error::Refused {
            status,
            detail: told,
            problems,
        } = Ivy.refusal(object, &answer(409, &body))
        else {
            panic!("{body}");
        };
        assert_eq!((status, &*told), (409, detail));
        let problem = &problems[0];
        assert_eq!((&*problem.field, &*problem.message), ("email", "is taken"));
    }
    // A refused role is the model's scope.
    let body = json!({"error": "no", "details": [{"field": "role", "issue": "unknown"}]});
    let refusal = Ivy.refusal(Some((Kind::Users, Collection::Users)), &answer(400, &body));
    let Error::Refused { problems, .. } = refusal else {
        panic!("{refusal}");
    };
    assert_eq!(problems[0].field, "scope");
}

#[test]
fn a_list_without_its_rows_is_none() {
    let page = |body: &Value| Ivy.page(Collection::Mailboxes, None, &answer(200, body));
    assert_eq!(
        page(&json!({"voice_mail_boxes": []})).unwrap().rows.len(),
        0
    );
    for body in [json!({}), json!({"voice-mail-boxes": []}), json!([])] {
        assert!(page(&body).is_err(), "{body}");
    }
}

#[test]
fn what_the_api_cannot_do_is_unsupported() {
    let capabilities = table::capabilities();
    let lacks = |kind: Kind, field| capabilities.kinds[&kind].unsupported.contains(field);
    for field in [
        "seat",
        "username",
        "password",
        "extension",
        "features.forwards",
        "features.schedules",
    ] {
        assert!(lacks(Kind::Users, field), "{field}");
    }
    for field in [
        "forward",
        "auto_attendant",
        "call_queue",
        "phone",
        "fax.owner",
    ] {
        assert!(lacks(Kind::Extensions, field), "{field}");
    }
    assert!(!capabilities.kinds.contains_key(&Kind::Schedules));
    assert!(capabilities.actions.is_empty());
}
