//! *Greetings* and *QR codes*.

use super::{PEOPLE, people};
use crate::workspace::write;
use serde_json::{Value, json};
use std::{os::unix::fs::PermissionsExt as _, path::Path};

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
