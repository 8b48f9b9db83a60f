//! The *guides* of five phone systems: what each asks for, limits and refuses, on a sandbox that behaves like it.

use super::Prompt;
use crate::workspace::write;

/// The configuration of a sandbox with a profile.
fn configuration(profile: &str) -> String {
    format!("portal: {{ kind: sandbox, database: .callsheet/sandbox.db, profile: {profile} }}\n")
}

/// A workspace for a system.
fn system(profile: &str, people: &str) -> Prompt {
    let configuration = configuration(profile);
    Prompt::with(&[("callsheet.yaml", &configuration), ("people.yaml", people)])
}

/// What `validate` says of one file.
fn told(profile: &str, people: &str) -> String {
    let ended = system(profile, people).run_quietly("validate");
    assert_eq!(ended.code, 1, "{people}: {}", ended.stderr);
    ended.stderr
}

/// Applies one file, after which nothing is left to do.
fn applied(profile: &str, people: &str) -> Prompt {
    let at = system(profile, people);
    let ended = at.run_quietly("apply --yes");
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let plan = at.run_quietly("plan").stdout;
    assert!(plan.contains("Nothing to do"), "{plan}");
    at
}

// S0.03, S0.06, S0.15, S0.20, S0.39
#[test]
fn ivy_asks_for_an_instance() {
    let user = |more: &str| {
        format!(
            "instances: {{ leeds: {{}} }}
templates: {{ desk: {{ user: {{ title: Clerk }} }} }}
users:
  ann: {{ first_name: Ann, last_name: Ng, email: ann@acme.example{more} }}
"
        )
    };
    for (more, what) in [
        ("", "`scope`"),
        (", scope: user", "`instance` with `scope: user`"),
        (
            ", scope: administrator, seat: { name: Desk }",
            "`instance` with `seat`",
        ),
        (
            ", scope: administrator, template: desk",
            "`instance` with `template`",
        ),
        (
            ", scope: voice",
            "the portal's scopes are `administrator`, `user`",
        ),
        (
            ", scope: administrator, extension: 1001",
            "doesn't support `extension`",
        ),
    ] {
        let message = told("ivy", &user(more));
        assert!(message.contains(what), "{what}: {message}");
    }
    applied(
        "ivy",
        "users: { ann: { first_name: Ann, last_name: Ng, email: ann@acme.example, scope: administrator } }\n",
    );
    let seated = user(", scope: user, instance: leeds, seat: { name: Desk }");
    let seated = seated.replace("templates: { desk: { user: { title: Clerk } } }\n", "");
    applied("ivy", &seated);
}

// S1.08, S1.13, S1.18, S1.21
#[test]
fn voiply_limits_extensions_and_rings() {
    let user = |more: &str| {
        format!(
            "users: {{ ann: {{ first_name: Ann, last_name: Ng, email: ann@acme.example{more} }} }}\n"
        )
    };
    for (more, what) in [
        (", scope: voice", "`extension`"),
        (", extension: 1001", "`scope`"),
        (
            ", scope: user, extension: 1001",
            "the portal's scopes are `admin`, `voice`",
        ),
        (", scope: voice, extension: 10001", "2 to 4 digits"),
        (
            ", scope: voice, extension: 1001, rings_before_voicemail: 11",
            "2 to 10 rings",
        ),
        (
            ", scope: voice, extension: 1001, rings_before_voicemail: 1",
            "2 to 10 rings",
        ),
    ] {
        let message = told("voiply", &user(more));
        assert!(message.contains(what), "{what}: {message}");
    }
    applied(
        "voiply",
        &user(", scope: voice, extension: 1001, rings_before_voicemail: 10"),
    );
}

// S2.10, S2.18
#[test]
fn netsapiens_configures_a_user_after_the_create() {
    let user = |scope: &str| {
        format!(
            "users:
  ann:
    first_name: Ann
    last_name: Ng
    extension: 1001
    scope: {scope}
    dnd: true
    voicemail: {{ enabled: true, email: ann@acme.example }}
    phones: [{{ mac: 00:15:65:aa:bb:cc, model: yealink_t54w }}]
"
        )
    };
    let message = told("netsapiens", &user("administrator"));
    assert!(message.contains("`office_manager`"), "{message}");
    let at = applied("netsapiens", &user("basic_user"));
    let shown = at.run_quietly("show users/ann").stdout;
    assert!(
        shown.contains("dnd                     true ") && shown.contains("00:15:65:aa:bb:cc"),
        "{shown}"
    );
}

// S3.02, S3.08, S3.22
#[test]
fn allocloud_knows_its_phones() {
    let user = |more: &str| {
        format!("users: {{ ann: {{ username: ann, first_name: Ann, last_name: Ng{more} }} }}\n")
    };
    let missing = told("allocloud", &user(""));
    assert!(missing.contains("`email`"), "{missing}");
    let phone = |model: &str| {
        user(&format!(
            ", email: ann@acme.example, phones: [{{ mac: 00:15:65:aa:bb:cc, model: {model} }}]"
        ))
    };
    let unknown = told("allocloud", &phone("nonsense_9"));
    assert!(unknown.contains("`phones[0].model`"), "{unknown}");
    applied("allocloud", &phone("yealink_t54w"));
}

// S4.29, S4.31
#[test]
fn ivinex_creates_active_users_and_deletes_nobody() {
    let people = "users:
  ann: { first_name: Ann, last_name: Ng, email: ann@acme.example, active: false }
  bob: { first_name: Bob, last_name: Lee, email: bob@acme.example }
";
    let at = applied("ivinex", people);
    let inactive = at.run_quietly("list users --inactive").stdout;
    assert!(
        inactive.contains("ann@") && !inactive.contains("bob@"),
        "{inactive}"
    );
    let without: Vec<&str> = people
        .lines()
        .filter(|line| !line.contains("bob"))
        .collect();
    let absent = configuration("ivinex") + "absent: [users/bob]\n";
    write(
        at.path(),
        &[
            ("callsheet.yaml", &absent),
            ("people.yaml", &(without.join("\n") + "\n")),
        ],
    );
    let ended = at.run_quietly("apply --yes");
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(
        ended
            .stdout
            .contains("since the portal ivinex can't delete users"),
        "{}",
        ended.stdout
    );
    let inactive = at.run_quietly("list users --inactive").stdout;
    assert!(inactive.contains("bob@"), "{inactive}");
}
