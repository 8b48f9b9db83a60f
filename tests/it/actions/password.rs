//! *Passwords*: set, checked and cleared.

use super::{PASSWORD, PEOPLE, place};
use crate::{
    running::{Client, runtime},
    workspace::write,
};
use serde_json::json;

#[test]
fn a_password_is_set_without_a_change_of_the_files() {
    // S1.43
    let people = PEOPLE.replace(
        "extension: 1002,",
        "extension: 1002, password: { env: NEW_PASSWORD, version: 3 },",
    );
    let place = place("sandbox", &people);
    let config = std::fs::read_to_string(place.path().join("callsheet.yaml")).unwrap();
    let config = config + "policy: { secrets: { password: { length: 12 } } }\n";
    write(
        place.path(),
        &[("callsheet.yaml", &config), ("new.txt", PASSWORD)],
    );
    place.succeeds(&["apply", "--yes"]);
    assert_eq!(place.log_in("bob", "battery staple 2").status, 201);

    let set = ["run", "set-password", "users/bob", "--from"];
    let told = place.ends(3, &[&set[..], &["env:WEAK", "--yes"]].concat());
    assert!(
        told.contains("weak-secret") && !told.contains("abc"),
        "{told}"
    );
    let told = place.succeeds(&[&set[..], &["file:new.txt", "--yes", "-vv"]].concat());
    assert!(
        told.contains("users/bob: done") && !told.contains(PASSWORD),
        "{told}"
    );
    assert_eq!(place.log_in("bob", PASSWORD).status, 201);
    assert_eq!(place.log_in("bob", "battery staple 2").status, 401);
    assert!(!place.journals().contains(PASSWORD));
    assert!(place.succeeds(&["plan"]).contains("Nothing to do"));

    let told = place.ends(64, &set[..3]);
    assert!(told.contains("no one to type the password"), "{told}");
    let told = place.ends(1, &[&set[..], &["env:NOT_SET", "--yes"]].concat());
    assert!(told.contains("the variable is not set"), "{told}");
    place.ends(64, &[&set[..], &["vault:x", "--yes"]].concat());
}

#[test]
fn a_portal_checks_the_password_that_it_is_given() {
    let people = "users: { ann: { username: ann, first_name: Ann, last_name: Lee, email: ann@acme.example } }\n";
    let place = place("allocloud", people);
    place.succeeds(&["apply", "--yes"]);
    let path = format!(
        "/v1/users/{}/password",
        place.user("ann")["id"].as_str().unwrap()
    );
    let refused = place.set(&path, &json!({ "password": "elevenchars" }));
    assert_eq!(refused.status, 422);
    assert!(refused.body.to_string().contains("12 characters or more"));
    assert!(!refused.body.to_string().contains("elevenchars"));
    let set = ["run", "set-password", "users/ann", "--yes", "--from"];
    // Callsheet says so before it is sent.
    let told = place.ends(3, &[&set[..], &["env:WEAK"]].concat());
    assert!(
        told.contains("ALLOcloud accepts only 12 characters or more"),
        "{told}"
    );
    place.succeeds(&[&set[..], &["env:NEW_PASSWORD"]].concat());
    let with = json!({ "username": "ann", "password": "battery staple 2", "account": "sandbox" });
    assert_eq!(place.public("/v1/sessions", &with).status, 201);
}

#[test]
fn a_reset_tells_what_went_and_what_comes_back() {
    // S2.24
    let people = PEOPLE.replace(
        "extension: 1002,",
        "extension: 1002, password: { env: NEW_PASSWORD }, forwarding: { enabled: true, destinations: [\"1003\"] },",
    );
    let place = place("sandbox", &people);
    place.succeeds(&["apply", "--yes"]);
    let id = place.user("bob")["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/users/{id}");
    let clicked = json!({
        "answering_rules": [{ "name": "All", "action": "forward", "destinations": ["1001"] }],
        "voicemail": { "pin": { "value": "4829", "version": 1 } },
        "phones": [{ "mac": "00:15:65:00:00:01", "model": "yealink_t54w" }, { "mac": "00:15:65:00:00:02", "model": "yealink_t54w" }],
    });
    let changed = runtime().block_on(place.own.patch(&path, &clicked));
    assert_eq!(changed.status, 200, "{:?}", changed.body);
    let left = json!({ "from": "+14155550190", "seconds": 12 });
    runtime().block_on(place.own.post(&format!("{path}/messages"), &left));

    let told = place.ends(64, &["run", "reset", "users/bob"]);
    assert!(told.contains("not a terminal"), "{told}");
    let kept = [
        "run",
        "reset",
        "users/bob",
        "--yes",
        "--keep",
        "messages,phones,pin,answering-rules,forwarding,password",
    ];
    let told = place.succeeds(&kept);
    assert!(told.contains("there was nothing to clear"), "{told}");
    assert_eq!(place.user("bob")["voicemail_messages"], 1);

    let told = place.succeeds(&["run", "reset", "users/bob", "--yes"]);
    for cleared in [
        "cleared 1 voicemail message",
        "cleared forwarding",
        "cleared answering_rules",
        "cleared password",
        "cleared voicemail.pin",
        "cleared phone 00:15:65:00:00:02",
    ] {
        assert!(told.contains(cleared), "{cleared}: {told}");
    }
    let back = told
        .lines()
        .find(|line| line.contains("puts back"))
        .unwrap();
    assert!(
        back.contains("forwarding") && back.contains("password"),
        "{back}"
    );
    assert!(
        back.contains("users/bob") && !back.contains("voicemail"),
        "{back}"
    );
    let bob = place.user("bob");
    assert_eq!(bob["voicemail_messages"], 0);
    assert_eq!(bob["forwarding"]["enabled"], false);
    assert_eq!(bob["phones"].as_array().unwrap().len(), 1);
    assert_eq!(bob["login"]["must_set_password"], true);
    assert_eq!(place.log_in("bob", "battery staple 2").status, 401);
    place.succeeds(&["apply", "--yes"]);
    assert_eq!(place.user("bob")["forwarding"]["enabled"], true);
    assert_eq!(place.log_in("bob", "battery staple 2").status, 201);
}

#[test]
fn nobody_takes_the_place_of_somebody_who_may_do_more() {
    let people = PEOPLE.replace("basic_user", "desk")
        + "
scopes:
  desk: { permissions: [portal.login, users.manage] }
";
    let place = place("sandbox", &people);
    place.succeeds(&["apply", "--yes"]);
    place.succeeds(&["run", "welcome", "users/bob"]);
    place.follow(&place.linked(), PASSWORD);
    let session = place.log_in("bob", PASSWORD);
    let token = session.body["token"].as_str().unwrap();
    for action in [
        &["run", "qr", "users/ann", "--out", "ann.png"][..],
        &[
            "run",
            "set-password",
            "users/ann",
            "--from",
            "env:NEW_PASSWORD",
            "--yes",
        ],
        &["run", "welcome", "users/ann"],
        &["run", "force-password-reset", "users/ann", "--yes"],
        &["run", "reset", "users/ann", "--yes"],
    ] {
        let output = place.as_holder(token, action);
        let told = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(!output.status.success(), "{action:?}");
        assert!(
            told.contains("may not take the place of somebody"),
            "{told}"
        );
    }
    let id = place.user("ann")["id"].as_str().unwrap().to_owned();
    let bob = Client::new(&place.sandbox.url, token);
    let sent = json!({ "password": { "value": "battery staple 2", "version": 9 } });
    let changed = runtime().block_on(bob.patch(&format!("/v1/users/{id}"), &sent));
    assert_eq!(changed.status, 403, "{:?}", changed.body);
    assert_eq!(runtime().block_on(bob.get("/v1/outbox")).status, 403);
    let output = place.as_holder(token, &["run", "qr", "users/eve", "--out", "eve.png"]);
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn a_password_that_is_set_needs_the_licence_agreement_too() {
    let place = place("ivinex", "users: {}\n");
    let ann = json!({ "username": "ann", "first_name": "Ann", "last_name": "Lee", "email": "ann@acme.example" });
    let made = runtime().block_on(place.own.post("/v1/users", &ann));
    assert_eq!(made.status, 201, "{:?}", made.body);
    // Ivinex sends no mails, so there is no link; its people accept at the first login.
    let told = place.ends(64, &["run", "welcome", "users/ann"]);
    assert!(
        told.contains("Ivinex doesn't offer `welcome`; it offers set-password"),
        "{told}"
    );
    place.succeeds(&[
        "run",
        "set-password",
        "users/ann",
        "--from",
        "env:NEW_PASSWORD",
        "--yes",
    ]);
    assert_eq!(place.log_in("ann", "battery staple 2").status, 403);
    let body = json!({ "username": "ann", "password": "battery staple 2", "accept_eula": true });
    assert_eq!(place.public("/v1/sessions", &body).status, 201);
}
