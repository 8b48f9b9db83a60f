//! *Secrets*: no secret that is sent to or returned by a Kazoo appears in the output, at any log level.

use super::{
    field::secret,
    run::{Workspace, step},
    subject::Subject,
};
use crate::{
    kazoo::{Dialect, Kazoo, PASSWORD, USERNAME},
    workspace,
};
use callsheet::model::Kind;
use serde_json::json;
use std::{path::Path, process::Command};

const PIN: &str = "481516";
const LOGIN: &str = "canary-login-23";
const TOLD_PIN: &str = "234200";
const TOLD_SIP: &str = "canary-sip-4711";

fn run(folder: &Path, args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_callsheet"))
        .args(["-vvv", "-C"])
        .arg(folder)
        .args(args)
        .env("PORTAL_PASSWORD", PASSWORD)
        .env("USER_PIN", PIN)
        .env("USER_PASSWORD", LOGIN)
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

#[test]
fn no_secret_of_a_kazoo_is_printed() {
    for dialect in [Dialect::Four, Dialect::Five] {
        let kazoo = Kazoo::start(dialect);
        let zoe = kazoo.seed(
            "users",
            json!({"username": "zoe", "password": "x1y2z3", "first_name": "Zoe",
            "last_name": "Lee", "email": "zoe@acme.example"}),
        );
        kazoo.seed(
            "vmboxes",
            json!({"name": "Z", "mailbox": "79401", "owner_id": zoe, "pin": TOLD_PIN}),
        );
        kazoo.seed(
            "devices",
            json!({"name": "Z", "mac_address": "001565009401", "owner_id": zoe,
            "sip": {"username": "user_zoe", "password": TOLD_SIP}}),
        );
        let folder = tempfile::tempdir().unwrap();
        let config = format!(
            "portal:\n  kind: kazoo\n  url: {}\n  tenant: acme\n  credentials: {{ user: {USERNAME}, password: \
             {{ env: PORTAL_PASSWORD }} }}\n  rate_limit: {{ per_second: 9999, burst: 9999 }}\n",
            kazoo.url
        );
        let people = "users:\n  ann:\n    first_name: Ann\n    last_name: Lee\n    email: ann@acme.example\n    \
            extension: 79400\n    password: { env: USER_PASSWORD }\n    voicemail: { pin: { env: USER_PIN } }\n  \
            zoe:\n    first_name: Zoe\n    last_name: Lee\n    email: zoe@acme.example\n    title: Chief\n    \
            voicemail: { mailbox: 79402 }\nextensions:\n  79403: { kind: conference, name: C, pin: { env: USER_PIN } }\n";
        workspace::write(
            folder.path(),
            &[("callsheet.yaml", &config), ("people.yaml", people)],
        );
        let mut said = String::new();
        for args in [
            &["plan", "--out", "plan.json", "--format", "json"][..],
            &["apply", "--yes"],
            &["plan", "--format", "html"],
            &["list", "users", "--format", "json"],
            &["show", "users/zoe"],
            &["import", "users/zoe"],
        ] {
            said += &run(folder.path(), args);
        }
        assert!(said.contains("3 of 3 done"), "{said}");
        for entry in walkdir(folder.path()) {
            said += &String::from_utf8_lossy(&std::fs::read(entry).unwrap());
        }
        for secret in [
            PIN,
            LOGIN,
            TOLD_PIN,
            TOLD_SIP,
            PASSWORD,
            &kazoo.api_key,
            "eyJ",
        ] {
            assert!(!said.contains(secret), "{secret} is said");
        }
        // A password of which nothing is left but its hash would do as well.
        let login = kazoo
            .requests()
            .into_iter()
            .find(|one| one.path.ends_with("user_auth"));
        let hash = login.unwrap().body["data"]["credentials"].clone();
        assert!(!said.contains(hash.as_str().unwrap()));
    }
}

#[test]
fn a_pin_keeps_its_leading_zero() {
    for subject in [Subject::four(), Subject::five()] {
        let mut workspace = Workspace::default();
        let user = json!({"first_name": "Ann", "last_name": "Lee", "email": "ann@acme.example",
            "extension": "79410"});
        let fields = workspace.declare(Kind::Users, "ann", &user);
        fields.put(&["voicemail".into(), "pin".into()], Some(secret("pin", 2)));
        let room = json!({"kind": "conference", "name": "Room"});
        let fields = workspace.declare(Kind::Extensions, "79411", &room);
        fields.set("pin".into(), secret("pin", 2));
        step(&subject, &workspace, true, "two PINs");
        let only = |collection: &str| subject.server.docs(collection).pop_first().unwrap().1;
        assert_eq!(only("vmboxes")["pin"], "0042", "{}", subject.name);
        let pins = &only("conferences")["member"]["pins"];
        assert_eq!(*pins, json!(["0042"]), "{}", subject.name);
    }
}

/// All files in a folder.
fn walkdir(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(walkdir(&path));
        } else {
            files.push(path);
        }
    }
    files
}
