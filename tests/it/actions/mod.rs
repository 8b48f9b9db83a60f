//! *Actions*: `callsheet run`, and what becomes of it on the sandbox.

mod mail;
mod media;
mod password;

use crate::{
    faulty::{Fault, Faulty, Match},
    running::{Answer, Client, READ, Sandbox, WRITE, runtime},
    workspace::write,
};
use callsheet::{profile::Profile, sandbox::Store};
use reqwest::Method;
use serde_json::{Value, json};
use std::{
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
