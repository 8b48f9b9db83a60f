//! The sandbox with each *profile*: its example is applied and imported back, and what the system doesn't
//! support is refused before anything is planned.

use crate::workspace;
use std::{fs, path::Path};

const PROFILES: [&str; 5] = ["ivy", "voiply", "netsapiens", "allocloud", "ivinex"];

fn example(profile: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples/profiles")
        .join(profile)
}

/// A workspace with the configuration of an example and these resources.
fn office(profile: &str, people: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let config = "callsheet.yaml";
    fs::copy(example(profile).join(config), folder.path().join(config)).unwrap();
    fs::write(folder.path().join("people.yaml"), people).unwrap();
    folder
}

fn told(folder: &Path, arguments: &[&str]) -> (i32, String) {
    workspace::told(folder, ("PROFILE_PASSWORD", "short-one-1"), arguments)
}

#[test]
fn each_example_is_applied_and_imported_and_nothing_is_left_to_plan() {
    for profile in PROFILES {
        let people = fs::read_to_string(example(profile).join("people.yaml")).unwrap();
        let folder = office(profile, &people);
        let folder = folder.path();
        for command in [&["validate"][..], &["apply", "--yes"]] {
            let (code, text) = told(folder, command);
            assert_eq!(code, 0, "{profile} {command:?}: {text}");
        }
        let plan = |folder: &Path| told(folder, &["plan", "--detailed-exitcode"]);
        let (code, text) = plan(folder);
        assert_eq!(code, 0, "{profile}: {text}");
        fs::remove_file(folder.join("people.yaml")).unwrap();
        let (code, text) = told(folder, &["import"]);
        assert_eq!(code, 0, "{profile}: {text}");
        assert!(
            text.contains("a plan of them is empty"),
            "{profile}: {text}"
        );
        assert!(!text.contains("left out"), "{profile}: {text}");
        let (code, text) = plan(folder);
        assert_eq!(code, 0, "{profile}: {text}");
        assert!(!text.contains("unmanaged"), "{profile}: {text}");
    }
}

/// Validates resources with a profile, and expects these texts in what is printed.
fn refused(profile: &str, people: &str, expected: &[&str]) {
    let folder = office(profile, people);
    let (code, text) = told(folder.path(), &["validate"]);
    assert_eq!(code, 1, "{profile}: {text}");
    for expected in expected {
        assert!(text.contains(expected), "{profile}: {expected}: {text}");
    }
}

#[test]
fn what_a_system_does_not_support_is_an_error_on_its_line() {
    refused(
        "ivy",
        "users:
  ann: { first_name: Ann, last_name: Lee, email: ann@acme.example, scope: voice }
  bob: { first_name: Bob, last_name: Ray, email: bob@acme.example, scope: user, dnd: true }
  eve: { first_name: Eve, email: eve@acme.example, scope: administrator, seat: { name: L-1 } }
scopes:
  boss: { extends: administrator }
",
        &[
            "unknown scope `voice`",
            "the portal's scopes are `administrator`, `user`",
            "requires `instance` with `scope: user`",
            "doesn't support `dnd`",
            "`last_name`",
            "requires `instance` with `seat`",
            "the portal ivy has no scopes",
        ],
    );
    refused(
        "voiply",
        "users:
  ann: { first_name: Ann, email: ann@acme.example, extension: 10001, scope: admin, rings_before_voicemail: 11 }
  bob: { first_name: Bob }
",
        &[
            "supports only 2 to 4 digits",
            "supports only 2 to 10 rings",
            "`email`",
            "`extension`",
            "`scope`",
        ],
    );
    refused(
        "allocloud",
        "users:
  ann: { first_name: Ann, last_name: Lee, email: ann@acme.example, extension: 1001,
    phones: [{ mac: \"00:15:65:aa:bb:01\", model: nonsense_9 }] }
",
        &["supports only the models of the catalogue"],
    );
    refused(
        "ivinex",
        "users:
  ann: { first_name: Ann, last_name: Lee, email: ann@acme.example, scope: admin }
",
        &["doesn't support `scope`"],
    );
}

#[test]
fn people_without_an_email_address_have_a_place() {
    let people = "users:\n  lift: { first_name: Lift, last_name: Phone, extension: 1090 }\n";
    let folder = office("netsapiens", people);
    let (code, text) = told(folder.path(), &["apply", "--yes"]);
    assert_eq!(code, 0, "{text}");
    refused("ivy", people, &["`email`"]);
}

#[test]
fn a_system_without_deletes_deactivates() {
    let person = |name: &str| {
        format!("  {name}: {{ first_name: {name}, last_name: Lee, email: {name}@acme.example }}\n")
    };
    let folder = office(
        "ivinex",
        &format!("users:\n{}{}", person("ann"), person("bob")),
    );
    let folder = folder.path();
    assert_eq!(told(folder, &["apply", "--yes"]).0, 0);
    fs::write(
        folder.join("people.yaml"),
        format!("users:\n{}", person("ann")),
    )
    .unwrap();
    let config = fs::read_to_string(folder.join("callsheet.yaml")).unwrap();
    let config = config + "absent: [users/bob]\n";
    fs::write(folder.join("callsheet.yaml"), config).unwrap();
    let (code, text) = told(folder, &["apply", "--yes"]);
    assert_eq!(code, 0, "{text}");
    let (_, shown) = told(folder, &["show", "users/bob"]);
    let active = shown.lines().find(|line| line.starts_with("  active "));
    assert!(active.is_some_and(|line| line.contains("false")), "{shown}");
}

#[test]
fn a_database_of_another_system_is_refused() {
    let folder = office("ivinex", "users: {}\n");
    let folder = folder.path();
    assert_eq!(told(folder, &["plan"]).0, 0);
    let config = fs::read_to_string(folder.join("callsheet.yaml")).unwrap();
    fs::write(
        folder.join("callsheet.yaml"),
        config.replace("ivinex", "ivy"),
    )
    .unwrap();
    let (code, text) = told(folder, &["plan"]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("has the profile ivinex, not ivy"), "{text}");
}

#[test]
fn a_profile_is_only_for_the_sandbox() {
    let folder = office("ivy", "users: {}\n");
    let config = "portal: { kind: kazoo, url: \"https://pbx.example\", profile: ivy }\n";
    fs::write(folder.path().join("callsheet.yaml"), config).unwrap();
    let (code, text) = told(folder.path(), &["plan"]);
    assert_ne!(code, 0);
    assert!(
        text.contains("`portal.profile` is for `kind: sandbox`"),
        "{text}"
    );
}

#[test]
fn a_secret_that_the_system_refuses_is_found_before_the_first_write() {
    let people = "users:
  ann: { first_name: Ann, last_name: Lee, email: ann@acme.example, password: { env: PROFILE_PASSWORD } }
";
    let folder = office("allocloud", people);
    let (code, text) = told(folder.path(), &["apply", "--yes"]);
    assert_eq!(code, 3, "{text}");
    assert!(
        text.contains("accepts only 12 characters or more"),
        "{text}"
    );
    assert!(!text.contains("short-one"), "{text}");
}

#[test]
fn a_system_that_rebuilds_says_so_at_the_end() {
    let person = "users:\n  ann: { first_name: Ann, last_name: Lee, email: ann@acme.example, scope: administrator }\n";
    let folder = office("ivy", person);
    let (code, text) = told(folder.path(), &["apply", "--yes"]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("rebuild the instance"), "{text}");
    let none = office("ivy", "instances:\n  leeds: {}\n");
    let (_, text) = told(none.path(), &["apply", "--yes"]);
    assert!(!text.contains("rebuild the instance"), "{text}");
}
