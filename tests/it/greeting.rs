//! *Greetings*: files beside the resources, whose content is part of what is declared.

use crate::{
    faults::{outcomes, run, workspace},
    faulty::{Fault, Faulty, Match},
    history::Office,
    running::{Client, Sandbox, WRITE, runtime},
};
use callsheet::{profile::Profile, sandbox::Store};
use reqwest::Method;
use sha2::{Digest as _, Sha256};
use std::path::Path;

const PEOPLE: &str = "
users:
  ann: { first_name: Ann, last_name: Lee, email: ann@x.example, scope: administrator, voicemail: { greeting: { file: greetings/ann.wav } } }
";

const CONFIGURATION: &str = "portal: { kind: sandbox, database: .callsheet/sandbox.db }\n";

/// An office with a greeting.
fn office() -> Office {
    Office::with(&[
        ("callsheet.yaml", CONFIGURATION),
        ("people.yaml", PEOPLE),
        ("greetings/ann.wav", "Hello"),
    ])
}

/// What a plan does to the fields of users.
fn planned(office: &Office, arguments: &[&str]) -> String {
    let plan = office.json(&[&["plan"], arguments].concat());
    plan["operations"].to_string()
}

#[test]
fn a_change_of_the_content_is_a_change() {
    let office = office();
    office.apply();
    assert_eq!(planned(&office, &[]), "[]");
    office.write("greetings/ann.wav", "Good day");
    let changed = planned(&office, &[]);
    assert!(changed.contains("voicemail.greeting.sha256"), "{changed}");
    assert!(!changed.contains("voicemail.greeting.file"), "{changed}");
    // A commit has its own files, whatever the disk has.
    assert_eq!(planned(&office, &["--at", "HEAD"]), "[]");
    office.commit("Greet formally");
    assert_eq!(planned(&office, &["--at", "HEAD~1"]), "[]");
    office.apply();
    assert_eq!(planned(&office, &[]), "[]");
}

#[test]
fn a_greeting_goes_with_its_file() {
    let office = office();
    office.apply();
    office.edit(", voicemail: { greeting: { file: greetings/ann.wav } }", "");
    office.commit("Let the portal greet");
    let changed = planned(&office, &[]);
    assert!(changed.contains("voicemail.greeting.sha256"), "{changed}");
    office.apply();
    assert_eq!(planned(&office, &[]), "[]");
}

#[test]
fn a_file_that_cannot_be_read_is_an_error_at_its_line() {
    let office = office();
    std::fs::remove_file(office.path().join("greetings/ann.wav")).unwrap();
    let missing = office.fails(1, &["validate"]);
    assert!(missing.contains("error[unreadable-file]"), "{missing}");
    assert!(missing.contains("people.yaml:3:"), "{missing}");
    assert!(missing.contains("there is no such file"), "{missing}");

    let outside = tempfile::NamedTempFile::new().unwrap();
    let link = office.path().join("greetings/ann.wav");
    std::os::unix::fs::symlink(outside.path(), link).unwrap();
    let leads_out = office.fails(1, &["validate"]);
    assert!(
        leads_out.contains("leads out of the workspace"),
        "{leads_out}"
    );

    std::fs::remove_file(office.path().join("greetings/ann.wav")).unwrap();
    let large = std::fs::File::create(office.path().join("greetings/ann.wav")).unwrap();
    large.set_len((10 << 20) + 1).unwrap();
    let too_large = office.fails(1, &["validate"]);
    assert!(too_large.contains("larger than 10 MiB"), "{too_large}");
}

fn write(folder: &Path, sound: &str) {
    std::fs::create_dir_all(folder.join("greetings")).unwrap();
    std::fs::write(folder.join("greetings/ann.wav"), sound).unwrap();
}

/// What the portal plays to the callers of its only user, after checking that the user has its digest.
fn played(sandbox: &Sandbox) -> Option<String> {
    let client = Client::new(&sandbox.url, WRITE);
    runtime().block_on(async {
        let users = client.get("/v1/users").await.body;
        let user = &users["items"][0];
        let path = format!("/v1/users/{}/greeting", user["id"].as_str().unwrap());
        let answer = client.get(&path).await;
        let digest = &user["voicemail"]["greeting"]["sha256"];
        if answer.status == 404 {
            assert!(digest.is_null(), "{user}");
            return None;
        }
        assert_eq!(answer.status, 200);
        let sound = answer.body.as_str().unwrap().to_owned();
        let hex = |byte: &u8| format!("{byte:02x}");
        let expected: String = Sha256::digest(&sound).iter().map(hex).collect();
        assert_eq!(*digest, expected);
        Some(sound)
    })
}

/// Applies, and expects so many operations to be done and no other outcome.
fn applies(folder: &Path, done: u64) {
    let (code, document) = run(folder);
    let expected = (Some(0), [done, 0, 0, 0]);
    assert_eq!((code, outcomes(&document)), expected, "{document}");
}

#[test]
fn every_system_whose_users_have_greetings_takes_their_sounds() {
    let profile = Profile::named("netsapiens");
    let sandbox = Sandbox::over(Store::in_memory_like(profile).unwrap());
    let people = PEOPLE.replace("scope: administrator", "extension: 1001");
    let folder = workspace(&sandbox.url, &people);
    let config = folder.path().join("callsheet.yaml");
    let text = std::fs::read_to_string(&config).unwrap();
    let like = text.replacen("kind: sandbox", "kind: sandbox\n  profile: netsapiens", 1);
    assert_ne!(text, like);
    std::fs::write(config, like).unwrap();
    write(folder.path(), "Hello");
    applies(folder.path(), 1);
    assert_eq!(played(&sandbox).as_deref(), Some("Hello"));
    applies(folder.path(), 0);
}

#[test]
fn an_apply_uploads_the_sound() {
    let sandbox = Sandbox::empty();
    let faulty = Faulty::before(&sandbox.url);
    let folder = workspace(&faulty.url(), PEOPLE);
    let people = folder.path().join("people.yaml");
    write(folder.path(), "Hello");
    applies(folder.path(), 1);
    assert_eq!(played(&sandbox).as_deref(), Some("Hello"));
    assert_eq!(faulty.count("PUT"), 1);

    // Another change doesn't send it again.
    let titled = PEOPLE.replace("last_name", "title: Clerk, last_name");
    std::fs::write(&people, titled).unwrap();
    applies(folder.path(), 1);
    assert_eq!((faulty.count("PUT"), faulty.count("PATCH")), (1, 1));

    // The sound alone is one request.
    write(folder.path(), "Good day");
    applies(folder.path(), 1);
    assert_eq!(played(&sandbox).as_deref(), Some("Good day"));
    assert_eq!((faulty.count("PUT"), faulty.count("PATCH")), (2, 1));
    applies(folder.path(), 0);
}

#[test]
fn a_file_that_changed_since_the_plan_is_refused() {
    let office = office();
    let saved = ".callsheet/plan.json";
    office
        .callsheet(&["plan", "--out", saved])
        .assert()
        .success();
    office.write("greetings/ann.wav", "Good day");
    let refused = office.fails(3, &["apply", saved, "--yes"]);
    let told = "another value of voicemail.greeting.sha256";
    assert!(refused.contains(told), "{refused}");
    assert!(planned(&office, &[]).contains("create"));
    office.write("greetings/ann.wav", "Hello");
    office
        .callsheet(&["apply", saved, "--yes"])
        .assert()
        .success();
    assert_eq!(planned(&office, &[]), "[]");
}

#[test]
fn a_file_that_changes_while_applying_is_refused() {
    let office = office();
    // A secret is read after the plan was made, and before anything is written.
    let command = "sh, -c, \"printf Changed > greetings/ann.wav; echo correct-Horse-17\"";
    let password = format!("password: {{ command: [{command}], version: 1 }}, voicemail");
    office.edit("voicemail", &password);
    office.commit("Give Ann a password");
    let refused = office.fails(1, &["apply", "--yes"]);
    let told = "users/ann: the greeting greetings/ann.wav is not the one that was planned";
    assert!(refused.contains(told), "{refused}");
    assert!(planned(&office, &[]).contains("create"));
    office.apply();
    assert_eq!(planned(&office, &[]), "[]");
}

#[test]
fn an_upload_that_is_cut_off_converges() {
    let faults = [
        // Nothing is stored, however often it is sent.
        (Fault::Refused(403), true, false),
        (Fault::ResetBeforeSend, true, false),
        // It is stored, and looked up.
        (Fault::ResetAfterCommit, false, true),
        (Fault::TruncatedBody, false, true),
    ];
    for is_new in [true, false] {
        for (fault, is_cut, is_stored) in faults {
            let sandbox = Sandbox::empty();
            let faulty = Faulty::before(&sandbox.url);
            let folder = workspace(&faulty.url(), PEOPLE);
            write(folder.path(), "Hello");
            if !is_new {
                applies(folder.path(), 1);
                write(folder.path(), "Good day");
            }
            faulty.forget();
            faulty.fail(Match::new("PUT", "/v1/users"), fault);
            let (code, document) = run(folder.path());
            assert_eq!(code == Some(0), !is_cut, "{fault:?}: {document}");
            let now = if is_new { "Hello" } else { "Good day" };
            assert_eq!(played(&sandbox).as_deref() == Some(now), is_stored);
            if is_stored {
                assert_eq!(faulty.count("PUT"), 1, "{fault:?}");
            }
            faulty.heal();
            applies(folder.path(), u64::from(is_cut));
            assert_eq!(played(&sandbox).as_deref(), Some(now), "{fault:?}");
            applies(folder.path(), 0);
        }
    }
}

#[test]
fn the_portal_checks_what_is_uploaded() {
    let (_sandbox, client) = Sandbox::with_client();
    runtime().block_on(async {
        let user = client
            .post("/v1/users", &crate::running::user("ann"))
            .await
            .body;
        let own = format!("/v1/users/{}", user["id"].as_str().unwrap());
        let path = format!("{own}/greeting");
        let upload = async |sound: Vec<u8>, etag: &str| {
            let request = client.request(Method::PUT, &path).body(sound);
            let request = request.header("If-Match", etag);
            Client::send(request).await.unwrap()
        };
        // Without a name there is no greeting.
        assert_eq!(upload(b"Hello".into(), "*").await.status, 422);
        let greeting = serde_json::json!({"voicemail": {"greeting": {"file": "a.wav"}}});
        assert_eq!(client.patch(&own, &greeting).await.status, 200);
        assert_eq!(upload(vec![0; (10 << 20) + 1], "*").await.status, 413);
        assert_eq!(upload(b"Hello".into(), "\"0\"").await.status, 412);
        assert_eq!(client.get(&path).await.status, 404);
        let first = upload(b"Hello".into(), "*").await;
        assert_eq!(first.status, 200);
        // The same sound again is no change, and nobody says of it what isn't so.
        let again = upload(b"Hello".into(), "*").await;
        assert_eq!(again.body["etag"], first.body["etag"]);
        let lie = serde_json::json!({"voicemail": {"greeting": {"sha256": "0".repeat(64)}}});
        assert_eq!(client.patch(&own, &lie).await.body, first.body);
        // A greeting that is removed is forgotten.
        let none = serde_json::json!({"voicemail": {"greeting": null}});
        assert_eq!(client.patch(&own, &none).await.status, 200);
        assert_eq!(client.get(&path).await.status, 404);
    });
}
