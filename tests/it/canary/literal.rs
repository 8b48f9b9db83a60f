//! *Literal secrets*: a canary that stands in the files, where a reference belongs, is starred wherever its line is
//! shown.

use super::{
    MODERATOR_PIN, PASSWORD, PIN, Served, TOKEN, VOICEMAIL_PIN, check_bytes, check_files, run,
    workspace,
};
use crate::workspace::{read_file, shown, write};
use callsheet::render::Format;

#[test]
fn a_literal_secret_is_redacted_in_every_format() {
    let kept = |line: &str| {
        format!(
            "users:\n  alice:\n    first_name: Alice\n    last_name: Ng\n    email: a@b.example\n{line}\n"
        )
    };
    for text in [
        kept(&format!("    password: {PASSWORD}")),
        kept(&format!("    password: \"{PASSWORD}\"")),
        kept(&format!("    password: [{PASSWORD}]")),
        kept(&format!("    password: {{ value: {PASSWORD} }}")),
        kept(&format!("    password: {{ {PASSWORD}: 1 }}")),
        kept(&format!("    password: {{{PASSWORD}}}")),
        kept(&format!("    password: {{ env: X, version: {PASSWORD} }}")),
        kept(&format!("    password: {{ env: {PASSWORD} }}")),
        kept(&format!("    password: {{ env: [{PASSWORD}] }}")),
        kept(&format!("    password: {{ command: {PASSWORD} }}")),
        kept(&format!("    password: !secret {PASSWORD}")),
        kept(&format!(
            "    password: &p {PASSWORD}\n    voicemail: {{ pin: *p }}"
        )),
        kept(&format!(
            "    password: |\n      {PASSWORD}\n      {PASSWORD}"
        )),
        kept(&format!(
            "    password: >-\n\n      {PASSWORD}\n    titel: x"
        )),
        kept(&format!("    password:\n      {PASSWORD}")),
        kept(&format!("    password:\n    - {PASSWORD}")),
        kept(&format!("    pasword: {PASSWORD}")),
        kept(&format!("    passwrod: {PASSWORD}")),
        kept(&format!("    Password: {PASSWORD}")),
        kept(&format!(
            "    pass_word: {PASSWORD}\n    pass_word: {PASSWORD}"
        )),
        kept(&format!("    pasword: |\n      {PASSWORD}")),
        kept(&format!("    secret: {PASSWORD}")),
        kept(&format!(
            "    password: {PASSWORD}\n    password: {PASSWORD}"
        )),
        kept(&format!(
            "    password: {PASSWORD}\n    email: x@y.example\n    titel: x"
        )),
        kept(&format!(
            "    voicemail: {{ pin: {VOICEMAIL_PIN}, enable: true }}"
        )),
        kept(&format!("    voicemail: {{ pni: {VOICEMAIL_PIN} }}")),
        kept(&format!(
            "    click_to_dial: https://x.example/?password={PASSWORD}"
        )),
        kept(&format!(
            "    click_to_dial: https://u:{PASSWORD}@x.example/"
        )),
        kept(&format!("    password: {PASSWORD} }}")),
        kept(&format!("    password: \"{PASSWORD}")),
        kept(&format!("    password: @{PASSWORD}")),
        kept(&format!("    password: *{PASSWORD}")),
        kept(&format!("    password: *{PASSWORD}:")),
        kept(&format!("    password: #{PASSWORD}")),
        kept(&format!("    password: !{PASSWORD}")),
        kept(&format!("    password: &{PASSWORD}")),
        kept(&format!("    password: ${{{PASSWORD}}}")),
        kept(&format!("\tpassword: {PASSWORD}")),
        kept(&format!("    password {PASSWORD}")),
        kept(&format!("    password:{PASSWORD}")),
        kept(&format!("    password= {PASSWORD}")),
        kept(&format!("    psw: {PASSWORD}")),
        kept(&format!("    pin_code: {VOICEMAIL_PIN}")),
        kept(&format!("    apiKey: {PASSWORD}")),
        kept(&format!("    api_key: [x, {PASSWORD}]")),
        kept(&format!("    credentials: {{ key: {PASSWORD} }}")),
        kept(&format!(
            "    sip_secret:\n      value:\n        {PASSWORD}"
        )),
        kept(&format!("    \"pass\\u0077ord\": {PASSWORD}")),
        kept(&format!("    password: {{ value: {PASSWORD}")),
        kept(&format!("    ? password\n    : {PASSWORD}")),
        kept(&format!("    advanced: {{ sip_password: {PASSWORD} }}")),
        kept(&format!("    with: {{ pin: {VOICEMAIL_PIN} }}")),
        format!(
            "extensions: {{ 2000: {{ kind: conference, name: B, pin: {PIN}, moderator_pin: {MODERATOR_PIN} }} }}\n"
        ),
        format!("extensions: {{ 2000: {{ kind: fax, name: B, pin: {PIN} }} }}\n"),
        format!(
            "templates:\n  t:\n    user: {{ password: {PASSWORD} }}\nusers: {{ a: {{ template: t }} }}\n"
        ),
        format!("password: {PASSWORD}\n"),
        format!("users:\n  password: {PASSWORD}\n"),
    ] {
        let report = read_file("people.yaml", text.clone()).report;
        assert!(report.has_errors(), "{text}");
        for format in [Format::Text, Format::Json, Format::Github, Format::Sarif] {
            let what = format!("{format:?} of\n{text}");
            check_bytes(&what, shown(&report, format).as_bytes());
        }
    }
}

#[test]
fn a_literal_token_is_redacted() {
    for token in [
        TOKEN.to_owned(),
        format!("{{ value: {TOKEN} }}"),
        format!("[{TOKEN}]"),
        format!("{{ env: \"{TOKEN}\" }}"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let text = format!(
            "portal: {{ kind: sandbox, url: \"https://portal.example\", credentials: {{ token: {token} }} }}\n"
        );
        write(folder.path(), &[("callsheet.yaml", &text)]);
        for format in ["text", "json", "github", "sarif"] {
            let (code, said) = run(folder.path(), &format!("validate --format {format}"));
            assert_eq!(code, 1, "{said}");
            check_bytes(&format!("{token} --format {format}"), said.as_bytes());
        }
    }
}

#[test]
fn a_secret_in_advanced_settings_is_rejected_and_redacted() {
    let portal = tempfile::tempdir().unwrap();
    let served = Served::over(portal.path());
    let folder = workspace(&served.url);
    let at = folder.path();
    let declared = |more: &str| {
        format!(
            "users:\n  alice: {{ first_name: Alice, last_name: Ng, email: alice@acme.example{more} }}\n"
        )
    };
    let secret = format!(", advanced: {{ sip_timer: 90, sip_password: {PASSWORD} }}");
    write(at, &[("people.yaml", &declared(&secret))]);
    for format in ["text", "json", "github", "sarif"] {
        let (code, said) = run(at, &format!("validate --format {format}"));
        assert!(code == 1 && said.contains("literal-secret"), "{said}");
        check_bytes(format, said.as_bytes());
    }
    write(at, &[("people.yaml", &declared(""))]);
    let (code, said) = run(at, "apply --yes");
    assert_eq!(code, 0, "{said}");
    // The portal already has it.
    let url = served.url.clone();
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        drop(rustls::crypto::ring::default_provider().install_default());
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let users = client
            .get(format!("{url}/v1/users"))
            .bearer_auth(TOKEN)
            .send();
        let users: serde_json::Value =
            serde_json::from_str(&users.await.unwrap().text().await.unwrap()).unwrap();
        let id = users["items"][0]["id"].as_str().unwrap().to_owned();
        let sent = client
            .patch(format!("{url}/v1/users/{id}"))
            .bearer_auth(TOKEN)
            .header("Content-Type", "application/merge-patch+json")
            .body(format!(
                "{{\"advanced\": {{\"sip_password\": \"{PASSWORD}\", \"sip_timer\": \"7\"}}}}"
            ))
            .send();
        assert!(sent.await.unwrap().status().is_success());
    });
    write(
        at,
        &[(
            "people.yaml",
            &declared(", title: Boss, advanced: { sip_timer: 90 }"),
        )],
    );
    for line in [
        "plan",
        "plan --format json",
        "plan --format markdown",
        "validate --format markdown",
        "plan --format html",
        "plan --out saved.json",
        "show users/alice",
        "show users/alice --format json",
        "list users --format json",
        "apply --yes",
    ] {
        let (code, said) = run(at, line);
        assert_eq!(code, 0, "{said}");
        check_bytes(line, said.as_bytes());
    }
    check_files(at);
    write(at, &[("people.yaml", "users: {}\n")]);
    let (code, said) = run(at, "import");
    assert_eq!(code, 0, "{said}");
    check_bytes("import", said.as_bytes());
    check_files(at);
    drop(served.end());
}
