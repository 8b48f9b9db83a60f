//! *Actions*: `callsheet run`, and what becomes of it on the sandbox.

use crate::{
    faulty::{Fault, Faulty, Match},
    running::{Answer, Client, READ, Sandbox, WRITE, runtime},
    workspace::write,
};
use callsheet::{profile::Profile, sandbox::Store};
use reqwest::Method;
use serde_json::{Value, json};
use std::{
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Output},
};
use tempfile::TempDir;

const PASSWORD: &str = "correct horse 1";

/// A workspace on a served sandbox.
struct Place {
    sandbox: Sandbox,
    folder: TempDir,
    own: Client,
}

fn place(profile: &str, people: &str) -> Place {
    let sandbox = Sandbox::over(Store::in_memory_like(Profile::named(profile)).unwrap());
    let own = Client::new(&sandbox.url, WRITE);
    let folder = TempDir::new().unwrap();
    write(folder.path(), &[("people.yaml", people)]);
    let place = Place {
        sandbox,
        folder,
        own,
    };
    place.configure(profile, &place.sandbox.url.clone());
    place
}

/// Three people who can log in.
const PEOPLE: &str = "
users:
  ann: { first_name: Ann, last_name: Lee, email: ann@acme.example, extension: 1001, scope: administrator }
  bob: { first_name: Bob, last_name: Ray, email: bob@acme.example, extension: 1002, scope: basic_user }
  eve: { first_name: Eve, last_name: Oak, email: eve@acme.example, extension: 1003, scope: basic_user }
";

/// The same, who are on the portal.
fn people() -> Place {
    let place = place("sandbox", PEOPLE);
    place.succeeds(&["apply", "--yes"]);
    place
}

impl Place {
    fn configure(&self, profile: &str, url: &str) {
        let config = format!(
            "portal: {{ kind: sandbox, profile: {profile}, url: \"{url}\", credentials: {{ token: {{ env: THE_TOKEN }} }} }}\n"
        );
        write(self.folder.path(), &[("callsheet.yaml", &config)]);
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn as_holder(&self, token: &str, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_callsheet"))
            .current_dir(self.path())
            .env("THE_TOKEN", token)
            .env("NEW_PASSWORD", "battery staple 2")
            .env("WEAK", "abc")
            .args(arguments)
            .output()
            .unwrap()
    }

    /// What a command prints that ends with a code.
    fn ends(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.as_holder(WRITE, arguments);
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8(text).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {text}");
        text
    }

    fn succeeds(&self, arguments: &[&str]) -> String {
        self.ends(0, arguments)
    }

    fn json(&self, code: i32, arguments: &[&str]) -> Value {
        let output = self.as_holder(WRITE, &[arguments, &["--format", "json"]].concat());
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn get(&self, path: &str) -> Answer {
        runtime().block_on(self.own.get(path))
    }

    /// A user on the portal.
    fn user(&self, key: &str) -> Value {
        let list = self.get("/v1/users?limit=1000").body;
        let users = list["items"].as_array().unwrap();
        let user = users
            .iter()
            .find(|user| user["username"] == key || user["email"] == format!("{key}@acme.example"));
        user.unwrap_or_else(|| panic!("no {key}")).clone()
    }

    /// The mails so far.
    fn mails(&self) -> Vec<Value> {
        self.get("/v1/outbox").body["items"]
            .as_array()
            .unwrap()
            .clone()
    }

    /// The token in the link of the last mail.
    fn linked(&self) -> String {
        let mail = self.mails().pop().unwrap();
        let text = mail["body"].as_str().unwrap();
        let (_, token) = text.split_once("/v1/passwords#").unwrap();
        token.to_owned()
    }

    /// A request of somebody without a token.
    fn public(&self, path: &str, body: &Value) -> Answer {
        runtime().block_on(Client::new(&self.sandbox.url, "nobody").post(path, body))
    }

    fn follow(&self, token: &str, password: &str) -> Answer {
        let body = json!({ "token": token, "password": password });
        self.public("/v1/passwords", &body)
    }

    fn log_in(&self, name: &str, password: &str) -> Answer {
        let body = json!({ "username": name, "password": password });
        self.public("/v1/sessions", &body)
    }

    fn set(&self, path: &str, body: &Value) -> Answer {
        runtime().block_on(async {
            let request = self.own.request(Method::PUT, path).json(body);
            Client::send(request).await.unwrap()
        })
    }

    /// The lines of all journals of actions.
    fn journals(&self) -> String {
        let folder = self.path().join(".callsheet/actions");
        let entries = std::fs::read_dir(folder).into_iter().flatten();
        let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        let read = |path| std::fs::read_to_string(path).unwrap();
        paths.iter().map(read).collect()
    }
}

#[test]
fn a_welcome_leads_to_a_login() {
    // S2.25, S2.26
    let place = people();
    let told = place.succeeds(&["run", "welcome", "users/bob"]);
    assert_eq!(told, "users/bob: sent to bob@acme.example\n");
    assert!(place.user("bob")["login"]["invited_at"].is_string());
    assert_eq!(place.user("ann")["login"], Value::Null);

    let token = place.linked();
    assert_eq!(place.follow("another", PASSWORD).status, 404);
    assert_eq!(place.follow(&token, "").status, 422);
    assert_eq!(place.follow(&token, PASSWORD).status, 204);
    assert_eq!(place.log_in("bob", PASSWORD).status, 201);
    assert_eq!(place.user("bob")["login"], Value::Null);
    // The link is valid once.
    assert_eq!(place.follow(&token, "battery staple 2").status, 404);
    assert_eq!(place.log_in("bob", PASSWORD).status, 201);

    let lines = place.journals();
    let lines: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let events: Vec<&str> = lines
        .iter()
        .map(|line| line["event"].as_str().unwrap())
        .collect();
    assert_eq!(events, ["begin", "started", "ended"]);
    assert_eq!(lines[0]["action"], "welcome");
    assert_eq!(lines[0]["addresses"], json!(["users/bob"]));
    assert_eq!(lines[2]["outcome"], "done");
    let validator: Value =
        serde_json::from_str(include_str!("../../schema/run-journal.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&validator).unwrap();
    for line in &lines {
        assert!(validator.is_valid(line), "{line}");
    }
    // The plan knows nothing of it.
    assert!(place.succeeds(&["plan"]).contains("Nothing to do"));
}

#[test]
fn who_was_invited_and_what_messages_there_are_is_shown() {
    let place = people();
    place.succeeds(&["run", "welcome", "users/bob"]);
    let id = place.user("bob")["id"].as_str().unwrap().to_owned();
    let left = json!({ "from": "+14155550123", "seconds": 7 });
    let path = format!("/v1/users/{id}/messages");
    assert_eq!(runtime().block_on(place.own.post(&path, &left)).status, 201);
    let listed = place.succeeds(&["list", "users"]);
    let bob = listed
        .lines()
        .find(|line| line.starts_with("bob "))
        .unwrap();
    assert!(bob.ends_with("invited"), "{listed}");
    let shown = place.succeeds(&["show", "users/bob", "--messages"]);
    assert!(
        shown.contains("1 voicemail message · invited at "),
        "{shown}"
    );
    let (_, messages) = shown.split_once("VOICEMAIL FROM  AT").unwrap();
    assert!(
        messages.contains("+14155550123") && messages.trim_end().ends_with('7'),
        "{shown}"
    );
    let json = place.json(0, &["show", "users/bob", "--messages"]);
    assert_eq!(json["voicemail"][0]["seconds"], 7);
}

#[test]
fn a_second_welcome_within_a_day_needs_a_confirmation() {
    let place = people();
    place.succeeds(&["run", "welcome", "users/bob"]);
    let told = place.ends(64, &["run", "welcome", "users/eve", "users/bob"]);
    assert!(
        told.contains("users/bob got a welcome within the last day; pass --yes"),
        "{told}"
    );
    assert_eq!(place.mails().len(), 1);
    let first = place.linked();
    place.succeeds(&["run", "welcome", "users/bob", "--yes"]);
    assert_eq!(place.mails().len(), 2);
    // The newer link replaces the older one.
    assert_eq!(place.follow(&first, PASSWORD).status, 404);
    assert_eq!(place.follow(&place.linked(), PASSWORD).status, 204);
}

#[test]
fn everybody_is_checked_before_the_first_mail() {
    // S2.12
    let people = "
users:
  \"1001\": { username: ann, first_name: Ann, last_name: Lee, email: ann@acme.example, extension: 1001, scope: basic_user }
  \"1002\": { username: sue, first_name: Sue, last_name: Ash, email: sue@acme.example, extension: 1002, scope: simple_user }
  \"1003\": { username: max, first_name: Max, last_name: Elm, extension: 1003, scope: basic_user }
";
    let place = place("netsapiens", people);
    place.succeeds(&["apply", "--yes", "--journal", "apply.jsonl"]);
    let told = place.ends(
        3,
        &["run", "welcome", "users/1001", "users/1002", "users/1003"],
    );
    assert!(
        told.contains("users/1002: the portal refused: The user's scope has no access"),
        "{told}"
    );
    assert!(
        told.contains("users/1003: the portal refused: The user has no e-mail"),
        "{told}"
    );
    assert!(told.ends_with("nothing was done\n"), "{told}");
    assert_eq!(place.mails().len(), 0);

    // Of those whom an apply created, the others are skipped, and nobody gets two mails.
    let of = ["run", "welcome", "--of", "apply.jsonl"];
    let told = place.succeeds(&of);
    assert!(
        told.contains("users/1001: sent to ann@acme.example"),
        "{told}"
    );
    assert!(
        told.contains("skipped: users/1002: the portal refused"),
        "{told}"
    );
    assert_eq!(place.mails().len(), 1);
    let told = place.succeeds(&of);
    assert!(
        told.contains("skipped: users/1001: got a welcome within the last day"),
        "{told}"
    );
    assert_eq!(place.mails().len(), 1);
}

#[test]
fn an_apply_that_created_nobody_is_no_error() {
    let place = people();
    place.succeeds(&["apply", "--yes", "--journal", "again.jsonl"]);
    let told = place.succeeds(&["run", "welcome", "--of", "again.jsonl"]);
    assert!(told.contains("the apply created no users"), "{told}");
    // The journal of another portal is refused.
    let sandbox = Sandbox::empty();
    place.configure("sandbox", &sandbox.url);
    let told = place.ends(64, &["run", "welcome", "--of", "again.jsonl"]);
    assert!(told.contains("the journal of another portal"), "{told}");
}

#[test]
fn an_inactive_user_gets_no_welcome() {
    let place = people();
    let path = format!("/v1/users/{}", place.user("eve")["id"].as_str().unwrap());
    runtime().block_on(place.own.patch(&path, &json!({ "active": false })));
    let told = place.ends(3, &["run", "welcome", "users/eve"]);
    assert!(told.contains("The user is inactive"), "{told}");
    let code = place.ends(1, &["run", "qr", "users/eve", "--out", "eve.png"]);
    assert!(code.contains("The user is inactive"), "{code}");
    assert!(!place.path().join("eve.png").exists());
}

#[test]
fn what_cannot_be_meant_is_told_before_the_portal_is_asked_to_do_anything() {
    let place = people();
    let told = place.ends(
        64,
        &["run", "welcome", "users/bobb", "users/annn", "users/eve"],
    );
    assert!(
        told.contains("users/bobb doesn't exist on the portal; did you mean users/bob?"),
        "{told}"
    );
    assert!(told.contains("did you mean users/ann?"), "{told}");
    let told = place.ends(64, &["run", "rebuild", "users/ann", "groups/sales"]);
    assert!(
        told.contains("users/ann: `rebuild` is for instances, such as instances/KEY"),
        "{told}"
    );
    assert!(told.contains("groups/sales"), "{told}");
    write(
        place.path(),
        &[(
            "more.yaml",
            "users: { zoe: { first_name: Zoe, last_name: Fir, email: zoe@acme.example } }\n",
        )],
    );
    let told = place.ends(64, &["run", "welcome", "users/zoe"]);
    assert!(
        told.contains("the files declare it, so apply first"),
        "{told}"
    );
    assert_eq!(place.mails().len(), 0);
    assert_eq!(place.journals(), "");
}

#[test]
fn a_portal_that_lacks_an_action_tells_those_that_it_has() {
    let people = "users: {}\n";
    let voiply = place("voiply", people);
    let told = voiply.ends(64, &["run", "rebuild", "instances/leeds"]);
    let expected = "Voiply doesn't offer `rebuild`; it offers welcome, set-password, greeting, qr, desktop-link";
    assert!(told.contains(expected), "{told}");
    let config = "portal: { kind: kazoo, url: \"http://127.0.0.1:9\", tenant: acme, credentials: { token: { env: THE_TOKEN } } }\n";
    write(voiply.path(), &[("callsheet.yaml", config)]);
    let told = voiply.ends(64, &["run", "welcome", "users/ann"]);
    assert!(told.contains("offers no actions"), "{told}");
}

#[test]
fn a_forced_reset_ends_sessions_and_sends_a_link() {
    // S2.28
    let place = people();
    place.succeeds(&["run", "welcome", "users/bob"]);
    place.follow(&place.linked(), PASSWORD);
    let session = place.log_in("bob", PASSWORD);
    let bob = Client::new(&place.sandbox.url, session.body["token"].as_str().unwrap());
    assert_eq!(runtime().block_on(bob.get("/v1/account")).status, 200);

    let told = place.ends(64, &["run", "force-password-reset", "users/bob"]);
    assert!(told.contains("not a terminal"), "{told}");
    assert_eq!(place.log_in("bob", PASSWORD).status, 201);
    place.succeeds(&["run", "force-password-reset", "users/bob", "--yes"]);
    assert_eq!(runtime().block_on(bob.get("/v1/account")).status, 401);
    assert_eq!(place.log_in("bob", PASSWORD).status, 401);
    assert_eq!(place.user("bob")["login"]["must_set_password"], true);
    assert_eq!(
        place.follow(&place.linked(), "battery staple 2").status,
        204
    );
    assert_eq!(place.log_in("bob", "battery staple 2").status, 201);
    assert_eq!(place.user("bob")["login"], Value::Null);
}

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
fn a_greeting_is_uploaded_and_taken_back() {
    // S1.34
    let place = people();
    write(place.path(), &[("hello.wav", "Hello"), ("empty.wav", "")]);
    let id = place.user("bob")["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/users/{id}/greeting");
    place.succeeds(&["run", "greeting", "users/bob", "hello.wav"]);
    assert_eq!(place.get(&path).status, 200);
    let greeting = &place.user("bob")["voicemail"]["greeting"];
    assert_eq!(greeting["file"], "hello.wav");
    assert_eq!(greeting["sha256"].as_str().unwrap().len(), 64);
    place.succeeds(&["run", "greeting", "users/bob", "--default"]);
    assert_eq!(place.get(&path).status, 404);
    assert_eq!(place.user("bob")["voicemail"]["greeting"], Value::Null);
    for wrong in ["empty.wav", "missing.wav", "."] {
        let told = place.ends(1, &["run", "greeting", "users/bob", wrong]);
        assert!(told.contains("can't be sent"), "{wrong}: {told}");
    }
    place.ends(64, &["run", "greeting", "users/bob"]);

    let declared = PEOPLE.replace(
        "extension: 1002,",
        "extension: 1002, voicemail: { greeting: { file: bob.wav } },",
    );
    write(
        place.path(),
        &[("people.yaml", &declared), ("bob.wav", "This is Bob")],
    );
    place.succeeds(&["apply", "--yes"]);
    let told = place.succeeds(&["run", "greeting", "users/bob", "hello.wav"]);
    assert!(told.contains("the next apply puts back"), "{told}");
    let told = place.succeeds(&["run", "greeting", "users/bob", "bob.wav"]);
    assert!(!told.contains("puts back"), "{told}");
    assert!(place.succeeds(&["plan"]).contains("Nothing to do"));
}

#[test]
fn a_rebuild_registers_the_features_of_users() {
    // S0.31
    let people = "
instances: { leeds: {} }
users:
  ann: { first_name: Ann, last_name: Lee, email: ann@acme.example, instance: leeds, scope: administrator, features: { devices: [d1, d2] } }
";
    let place = place("sandbox", people);
    place.succeeds(&["apply", "--yes"]);
    let list = place.get("/v1/instances").body;
    let path = format!(
        "/v1/instances/{}/rebuild",
        list["items"][0]["id"].as_str().unwrap()
    );
    assert_eq!(
        place.get(&path).body,
        json!({ "rebuilds": 0, "registered": [] })
    );
    let told = place.succeeds(&["run", "rebuild", "instances/leeds"]);
    assert_eq!(told, "instances/leeds: registered devices/d1, devices/d2\n");
    let rebuilt = place.get(&path).body;
    assert!(rebuilt["rebuilt_at"].is_string(), "{rebuilt}");
    // A reader may not rebuild.
    let refused = place.as_holder(READ, &["run", "rebuild", "instances/leeds"]);
    assert_eq!(refused.status.code(), Some(1));
    assert_eq!(place.get(&path).body, rebuilt);
}

/// The text in the QR code of an image.
fn decoded(path: &Path) -> String {
    let file = std::io::BufReader::new(std::fs::File::open(path).unwrap());
    let mut reader = png::Decoder::new(file).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    let (width, height) = (info.width as usize, info.height as usize);
    let mut image =
        rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| pixels[y * width + x]);
    let grids = image.detect_grids();
    assert_eq!(grids.len(), 1);
    grids[0].decode().unwrap().1
}

#[test]
fn a_qr_code_provisions_an_app_once_and_is_kept_nowhere() {
    // S1.31, S1.32
    let place = people();
    let told = place.ends(64, &["run", "qr", "users/bob"]);
    assert!(told.contains("stdout is not a terminal"), "{told}");
    for (action, file, app) in [
        ("qr", "bob.png", "mobile"),
        ("desktop-link", "bob.txt", "desktop"),
    ] {
        let mut told = place.succeeds(&[
            "run",
            action,
            "users/bob",
            "--out",
            file,
            "-vv",
            "--format",
            "json",
        ]);
        let path = place.path().join(file);
        let mode = path.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let link = match action {
            "qr" => decoded(&path),
            _ => std::fs::read_to_string(&path).unwrap().trim().to_owned(),
        };
        let (url, token) = link.split_once('#').unwrap();
        assert_eq!(url, format!("{}/v1/provisioning", place.sandbox.url));
        told.push_str(&place.journals());
        assert!(told.contains("started") && !told.contains(token), "{told}");
        let provision = || place.public("/v1/provisioning", &json!({ "token": token }));
        let provisioned = provision();
        assert_eq!(provisioned.status, 200);
        assert_eq!(
            provisioned.body,
            json!({ "user": "bob", "app": app, "extension": "1002" })
        );
        assert_eq!(provision().status, 404);
        // An earlier file is never written over.
        let told = place.ends(1, &["run", action, "users/bob", "--out", file]);
        assert!(told.contains("can't be created"), "{told}");
    }
}

#[test]
fn a_failure_in_the_middle_tells_of_everybody() {
    let place = people();
    let faulty = Faulty::before(&place.sandbox.url);
    place.configure("sandbox", &faulty.url());
    faulty.fail(Match::post("/v1/users").nth(2), Fault::ResetAfterCommit);
    let three = ["run", "welcome", "users/ann", "users/bob", "users/eve"];
    let document = place.json(1, &three);
    let outcomes: Vec<&str> = document["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| result["outcome"].as_str().unwrap())
        .collect();
    assert_eq!(outcomes, ["done", "unknown", "not_attempted"]);
    // It was sent once, and not again.
    assert_eq!(place.mails().len(), 2);
    let journals = place.journals();
    assert!(
        journals.contains("\"outcome\":\"unknown\"") && !journals.contains("users/eve\",\"outcome"),
        "{journals}"
    );

    faulty.fail(Match::post("/v1/users").nth(2), Fault::Refused(422));
    let told = place.ends(1, &[&three[..], &["--yes"]].concat());
    assert!(
        told.contains("users/ann: sent to") && told.contains("users/eve: sent to"),
        "{told}"
    );
    assert!(told.contains("users/bob: failed"), "{told}");
    assert!(
        told.contains("2 of 3 done, 1 failed; the journal is"),
        "{told}"
    );
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
