//! The dialect of a domain, without a core.

use super::{
    capability::capabilities,
    dialect::{NetSapiens, lacks_request},
    key_check,
    table::Collection,
};
use crate::{
    model::{Identity, Kind, Removal},
    portal::{
        http::Answer,
        rest::{Dialect as _, Document, Fingerprint, Op, dialect::Verdict, doc},
    },
};
use serde_json::{Value, json};

fn core() -> NetSapiens {
    NetSapiens::new("example.com".to_owned())
}

fn answer(status: u16, body: &Value) -> Answer {
    Answer {
        status,
        body: body.to_string().into_bytes(),
        media_type: "application/json".to_owned(),
        ..Answer::default()
    }
}

fn read(core: &NetSapiens, user: &Value) -> Document {
    let (_, document) = core
        .document(Collection::Users, &answer(200, user))
        .unwrap();
    document
}

fn sent(core: &NetSapiens, op: &Op<'_, Collection>) -> (String, Value) {
    let request = core.encode(op);
    let body = request
        .body
        .map(|body| serde_json::from_slice(&body.content).unwrap());
    let line = format!("{} {}", request.method, request.path.join("/"));
    (line, body.unwrap_or_default())
}

#[test]
fn a_user_is_read_in_one_form() {
    let user = json!({"user": 1001, "login-username": "ann@example.com", "email": "a@x.example",
        "directory-annouce-in-dial-by-name-enabled": "no", "ring-no-answer-timeout-seconds": "25",
        "voicemail-login-pin": 42, "email-send-alert-new-voicemail-behavior": "attnew",
        "email-send-alert-new-voicemail-enabled": "no", "last-modified-datetime": "now"});
    let expected = json!({"user": "1001", "login-username": "ann", "email-address": "a@x.example",
        "directory-announce-in-dial-by-name-enabled": "no", "ring-no-answer-timeout-seconds": 30,
        "voicemail-login-pin": "42", "email-send-alert-new-voicemail-behavior": "no",
        "email-send-alert-new-voicemail-enabled": "no"});
    assert_eq!(Value::from(read(&core(), &user).doc), expected);
}

#[test]
fn a_change_contains_the_four_required_fields_and_the_spelling_of_the_core() {
    let core = core();
    let before = read(
        &core,
        &json!({"user": "1001", "name-first-name": "Ann", "name-last-name": "Lee", "email-address": "a@x.example",
            "user-scope": "Basic User", "directory-annouce-in-dial-by-name-enabled": "yes", "department": "Sales"}),
    );
    let mut after = before.doc.clone();
    doc::set(
        &mut after,
        "directory-announce-in-dial-by-name-enabled",
        "no",
    );
    doc::set(&mut after, "login-username", "ann");
    doc::put(&mut after, "department", None);
    let update = Op::Update {
        of: Collection::Users,
        id: "1001",
        before: &before,
        after: &after,
    };
    let (line, body) = sent(&core, &update);
    assert_eq!(line, "PUT domains/example.com/users/1001");
    let expected = json!({"name-first-name": "Ann", "name-last-name": "Lee", "email-address": "a@x.example",
        "user-scope": "Basic User", "directory-annouce-in-dial-by-name-enabled": "no", "department": "",
        "login-username": "ann@example.com"});
    assert_eq!(body, expected);
}

#[test]
fn a_new_document_is_asked_for_at_once_and_a_feature_of_a_rule_is_whole() {
    let rule = doc::of(json!({"time-frame": "*", "forward-always": {"parameters": ["1002"]}}));
    let create = |of, parent, body| Op::Create { of, parent, body };
    let (line, body) = sent(&core(), &create(Collection::Rules, "1001", &rule));
    assert_eq!(line, "POST domains/example.com/users/1001/answerrules");
    let expected = json!({"time-frame": "*", "synchronous": "yes",
        "forward-always": {"enabled": "no", "parameters": ["1002"]}});
    assert_eq!(body, expected);
    let number = doc::of(json!({"phonenumber": "14155550100"}));
    let (_, body) = sent(&core(), &create(Collection::Numbers, "", &number));
    let expected =
        json!({"phonenumber": "14155550100", "dial-rule-translation-destination-user": ""});
    assert_eq!(body, expected);
    assert_eq!(
        core().chosen_id(Collection::Rules, &rule).as_deref(),
        Some("*")
    );
    assert_eq!(
        core().filter(Collection::Users, &Fingerprint::by("user", "1")),
        None
    );
}

#[test]
fn an_answer_is_taken_for_no_more_than_it_says() {
    let verdict = |status, body: Value| core().verdict(&answer(status, &body));
    assert_eq!(
        verdict(200, json!({"first_name": "Ann"})),
        Verdict::Accepted
    );
    assert_eq!(verdict(202, json!({})), Verdict::Accepted);
    assert_eq!(verdict(200, json!({"unique-id": "a1"})), Verdict::Done);
    assert_eq!(
        verdict(409, json!({"message": "UID already exists."})),
        Verdict::Refused
    );
    // Done before, or by somebody else; an old core says nothing of the object.
    let gone = json!({"code": 404, "message": "not found index for removal"});
    assert_eq!(verdict(404, gone.clone()), Verdict::Gone);
    let route = json!({"code": 404, "message": "No Route Found [92]"});
    assert_eq!(verdict(404, route.clone()), Verdict::Refused);
    assert!(lacks_request(&answer(404, &route)) && !lacks_request(&answer(404, &gone)));
}

#[test]
fn a_full_page_is_followed_by_another_unless_the_number_is_known() {
    let rows: Vec<Value> = (0..1000)
        .map(|at| json!({"user": at.to_string()}))
        .collect();
    let next = |core: &NetSapiens, cursor: Option<&str>| {
        let page = core.page(Collection::Users, cursor, &answer(200, &json!(rows)));
        page.unwrap().next
    };
    let core = core();
    assert_eq!(next(&core, None).as_deref(), Some("1000"));
    assert_eq!(next(&core, Some("1000")).as_deref(), Some("2000"));
    core.users.store(2000, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(next(&core, Some("1000")), None);
    // Then the pages are known beforehand.
    let nth = [1, 2, 3].map(|page| core.nth_page(page, 2001, "1000"));
    assert_eq!(
        nth,
        [Some("1000".to_owned()), Some("2000".to_owned()), None]
    );
    assert_eq!(core.nth_page(u64::MAX, 2001, "1000"), None);
    assert_eq!(core.nth_page(1, 2001, "x"), None);
}

#[test]
fn what_the_core_cant_do_is_known_before_it_is_asked() {
    let capabilities = capabilities();
    let users = &capabilities.kinds[&Kind::Users];
    assert_eq!(users.identity, Identity::Field("extension"));
    assert!(users.fixed.contains("extension"));
    for field in [
        "active",
        "password",
        "groups",
        "answering_rules",
        "voicemail.greeting",
    ] {
        assert!(users.unsupported.contains(field), "{field}");
    }
    assert_eq!(capabilities.removal(Kind::Instances), Removal::Leave);
    assert!(!capabilities.kinds.contains_key(&Kind::Schedules));
}

#[test]
fn the_doctor_says_what_a_key_allows() {
    let check = |key: Value| key_check(&key, "example.com");
    assert!(
        check(json!({"domain": "example.com", "user-scope": "Office Manager", "readonly": "no"}))
            .ok
    );
    let read_only = check(json!({"domain": "example.com", "readonly": "yes"}));
    assert!(!read_only.ok && format!("{read_only:?}").contains("read-only"));
    let other = check(json!({"domain": "other.example"}));
    assert!(!other.ok && format!("{other:?}").contains("portal.tenant"));
}
