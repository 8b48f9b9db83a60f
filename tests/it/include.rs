//! What workspaces *include*: shared files of the repository, in the plan, in the history, and in what a change
//! touches.

use crate::history::Office;

const SHARED: &str = "templates: { desk: { user: { rings_before_voicemail: 5 } } }
contacts:
  fire: { name: Fire brigade, numbers: [+14155550112] }
  taxi: { name: Taxi, numbers: [+14155550113] }
";
const PERSON: &str = "users: { ann: { first_name: Ann, last_name: Lee, email: ann@acme.example, extension: 1001, scope: administrator, template: desk } }\n";

fn configuration(include: &str) -> String {
    format!("portal: {{ kind: sandbox, database: .callsheet/sandbox.db }}\ninclude: [{include}]\n")
}

/// Two tenants with the same templates and contacts.
fn reseller() -> Office {
    let including = configuration("../../all-tenants");
    let office = Office::with(&[
        ("tenants/a/callsheet.yaml", &including),
        ("tenants/a/people.yaml", PERSON),
        ("tenants/b/callsheet.yaml", &including),
        ("tenants/b/people.yaml", PERSON),
        ("tenants/c/callsheet.yaml", &configuration("")),
        ("all-tenants/all.yaml", SHARED),
        ("all-tenants/callsheet.yaml.example", "not read"),
    ]);
    let (code, out) = run(&office, "-C tenants/a apply --yes");
    assert_eq!(code, 0, "{out}");
    office
}

/// Runs a command: its exit code, and all that it wrote.
fn run(office: &Office, line: &str) -> (i32, String) {
    let words: Vec<&str> = line.split_whitespace().collect();
    let output = office.callsheet(&words).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.code().unwrap(),
        String::from_utf8(text).unwrap(),
    )
}

#[test]
fn what_is_included_belongs_to_each_workspace() {
    let office = reseller();
    let (_, out) = run(&office, "-C tenants/a plan --detailed-exitcode");
    assert!(out.contains("Nothing to do"), "{out}");
    let (_, out) = run(&office, "-C tenants/b plan");
    assert!(
        out.contains("+ contacts/taxi") && out.contains("rings_before_voicemail"),
        "{out}"
    );
    let (_, out) = run(&office, "-C tenants/c plan");
    assert!(!out.contains("contacts/taxi"), "{out}");
    // A template that one tenant doesn't use is no warning.
    let (code, out) = run(&office, "validate -r");
    assert_eq!((code, out.contains("warning")), (0, false), "{out}");
}

#[test]
fn its_history_is_evidence_and_its_places_are_named_from_the_root() {
    let office = reseller();
    office.edit_in(
        "all-tenants/all.yaml",
        "  taxi: { name: Taxi, numbers: [+14155550113] }\n",
        "",
    );
    office.edit_in("all-tenants/all.yaml", "Fire brigade", "Fire");
    // Not committed yet, so nobody reviewed it.
    let (code, out) = run(&office, "-C tenants/a apply --yes");
    assert_eq!(code, 3, "{out}");
    assert!(out.contains("uncommitted changes"), "{out}");
    office.commit("No taxi");
    let (code, out) = run(&office, "-C tenants/a plan");
    assert_eq!(code, 0, "{out}");
    assert!(
        out.contains("- contacts/taxi") && out.contains("Ann Lee"),
        "{out}"
    );
    let (code, out) = run(&office, "-C tenants/a apply --yes");
    assert_eq!(code, 0, "{out}");
    let (_, out) = run(&office, "workspaces --changed-since HEAD~1");
    assert_eq!(
        out, "tenants/a\ntenants/b\n",
        "not c, which includes nothing"
    );

    office.write("all-tenants/more.yaml", "contacts: { ann: { nam: x } }\n");
    let (code, out) = run(&office, "validate tenants/a tenants/b --format github");
    assert_eq!(code, 1);
    assert!(out.contains("file=all-tenants/more.yaml,line=1"), "{out}");
}

#[test]
fn what_was_never_included_is_no_evidence() {
    let office = reseller();
    // Tenant c has the taxi from elsewhere, and begins to include what is shared after the taxi has gone.
    office.edit_in(
        "all-tenants/all.yaml",
        "  taxi: { name: Taxi, numbers: [+14155550113] }\n",
        "",
    );
    office.write(
        "tenants/c/contacts.yaml",
        "contacts: { taxi: { name: Taxi, numbers: [+14155550113] } }\n",
    );
    office.commit("Before");
    let (code, out) = run(&office, "-C tenants/c apply --yes");
    assert_eq!(code, 0, "{out}");
    std::fs::remove_file(office.path().join("tenants/c/contacts.yaml")).unwrap();
    office.write(
        "tenants/c/callsheet.yaml",
        &configuration("../../all-tenants/all.yaml"),
    );
    office.write("tenants/c/people.yaml", PERSON);
    office.commit("Include it");
    let (_, out) = run(&office, "-C tenants/c plan --format json");
    let plan: serde_json::Value = serde_json::from_str(&out).unwrap();
    let operations = plan["operations"].as_array().unwrap();
    let of = |address: &str| operations.iter().find(|one| one["address"] == address);
    assert_eq!(
        of("contacts/taxi").unwrap()["commit"]["summary"],
        "Include it"
    );
    assert!(of("contacts/fire").is_some(), "{out}");
    // A workspace that ends including something removes that.
    let (code, out) = run(&office, "-C tenants/c apply --yes");
    assert_eq!(code, 0, "{out}");
    office.write("tenants/c/callsheet.yaml", &configuration(""));
    office.write(
        "tenants/c/people.yaml",
        &PERSON.replace(", template: desk", ""),
    );
    office.commit("End including");
    let (_, out) = run(&office, "-C tenants/c plan");
    assert!(out.contains("- contacts/fire"), "{out}");
}

#[test]
fn files_of_other_tools_are_excluded_from_what_is_included() {
    let office = reseller();
    office.write(
        "all-tenants/compose.yaml",
        "services: { web: { image: x } }\n",
    );
    office.commit("Another tool");
    let (_, out) = run(&office, "-C tenants/a validate");
    assert!(out.contains("foreign-file"), "{out}");
    let excluding =
        configuration("../../all-tenants") + "files: { exclude: [all-tenants/compose.yaml] }\n";
    office.write("tenants/a/callsheet.yaml", &excluding);
    office.commit("Exclude it");
    let (code, out) = run(&office, "-C tenants/a plan --detailed-exitcode");
    assert_eq!(code, 0, "{out}");
    assert!(!out.contains("foreign-file"), "{out}");
}

#[test]
fn nothing_outside_of_the_repository_and_no_link_is_included() {
    let office = reseller();
    for (path, what) in [
        ("../../../outside", "can't be included"),
        ("/etc", "can't be included"),
        ("people.yaml", "can't be included"),
        ("../../nowhere", "there is no `../../nowhere` to include"),
    ] {
        office.write("tenants/c/callsheet.yaml", &configuration(path));
        let (code, out) = run(&office, "validate tenants/c");
        assert_eq!(code, 1, "{path}: {out}");
        assert!(
            out.contains(what) && out.contains("callsheet.yaml:2:11"),
            "{path}: {out}"
        );
    }
    std::os::unix::fs::symlink("/etc", office.path().join("etc")).unwrap();
    office.write("tenants/c/callsheet.yaml", &configuration("../../etc"));
    let (code, out) = run(&office, "validate tenants/c");
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("can't be included"), "{out}");
    std::os::unix::fs::symlink("/etc/hosts", office.path().join("all-tenants/hosts.yaml")).unwrap();
    let (code, out) = run(&office, "validate tenants/a");
    assert_eq!(code, 1, "{out}");
    assert!(
        out.contains("links in what is included aren't followed"),
        "{out}"
    );
}
