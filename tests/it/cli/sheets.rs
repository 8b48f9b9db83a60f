//! *Sheets* on the command line: spreadsheets in and out.

use super::{Prompt, callsheet};
use crate::workspace::write;
use std::os::unix::fs::PermissionsExt as _;

const OFFICE: &str = "\
# Who works here.
users:
  ann:
    first_name: Ann # from HR
    last_name: Lee
    email: ann@acme.example
    extension: \"1001\"
    groups:
      - sales # since 2024
    phones:
      - mac: 00:15:65:aa:bb:01 # by the window
        model: yealink_t54w
  bob: { first_name: Bob, last_name: Ng, email: bob@acme.example, extension: 1002, voicemail: { enabled: true } }
groups:
  sales: { title: Sales }
  support: { title: Support }
";

#[test]
fn a_sheet_becomes_people() {
    let mut prompt = Prompt::with(&[
        ("office.yaml", OFFICE),
        (
            "staff.csv",
            "First_Name;last_name;email;extension;groups;phone.mac;phone.model\r\n\
             Ann;Lee;ann@acme.example;'1001;sales;;\r\n\
             Jos\u{e9};Mu\u{f1}oz;jose@acme.example;1003;sales;001565AABBCC;yealink_t54w\r\n\
             Jose;Munoz;munoz@acme.example;1004;sales;;\r\n",
        ),
    ]);
    prompt.run("csv import staff.csv --dry-run");
    prompt.run("csv import staff.csv");
    prompt.run("validate");
    prompt.run("csv import staff.csv");
    let people = prompt.read("people.yaml");
    assert!(
        people.contains("jose.munoz:") && people.contains("jose.munoz.1004:"),
        "{people}"
    );
    prompt.keep("a-sheet");
}

#[test]
fn declared_people_change_only_with_update() {
    let mut prompt = Prompt::with(&[
        ("office.yaml", OFFICE),
        (
            "staff.csv",
            "key,first_name,email,extension,groups,phone.mac,phone.model,phone.name,voicemail.enabled,department,outbound_caller_name,last_name\n\
             ann,Anna,,1005,sales;support,00:15:65:aa:bb:02,yealink_t54w,Desk,no,Sales,,\n\
             bob,,robert@acme.example,1002,support,,,,no,,Acme,\n\
             eve,Eve,eve@acme.example,1009,,,,,,,,Dee\n",
        ),
    ]);
    assert_eq!(prompt.run("csv import staff.csv").code, 3);
    assert_eq!(prompt.read("office.yaml"), OFFICE);
    assert!(!prompt.path().join("people.yaml").exists());
    assert_eq!(prompt.run("csv import staff.csv --update").code, 0);
    assert_eq!(prompt.run("csv import staff.csv").code, 0);
    let office = prompt.read("office.yaml");
    for kept in [
        "# Who works here.",
        "# from HR",
        "# since 2024",
        "# by the window",
    ] {
        assert!(office.contains(kept), "{office}");
    }
    prompt.transcript.push_str(&office);
    prompt.keep("a-sheet-that-changes");
}

const EVE: &str = "key,name\neve,Eve\n";

#[test]
fn new_resources_are_added_to_a_file_that_exists() {
    for (before, after) in [
        ("", "contacts:\n  eve:\n    name: Eve\n"),
        (
            "users: {}\n",
            "users: {}\ncontacts:\n  eve:\n    name: Eve\n",
        ),
        ("contacts:\n", "contacts:\n  eve:\n    name: Eve\n"),
        (
            "contacts:\n    zoe:\n        name: Zoe # first\n    # the end\ngroups: {}\n",
            "contacts:\n    zoe:\n        name: Zoe # first\n    # the end\n    eve:\n      name: Eve\ngroups: {}\n",
        ),
        (
            "contacts:\r\n  zoe: { name: Zoe }\r\n",
            "contacts:\r\n  zoe: { name: Zoe }\r\n  eve:\r\n    name: Eve\r\n",
        ),
    ] {
        let mut prompt = Prompt::with(&[("new.yaml", before), ("staff.csv", EVE)]);
        let ended = prompt.run("csv import staff.csv --to new.yaml");
        assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
        assert_eq!(prompt.read("new.yaml"), after);
    }
    let mut prompt = Prompt::with(&[
        ("new.yaml", "contacts: { zoe: { name: Zoe } }\n"),
        ("staff.csv", EVE),
    ]);
    let ended = prompt.run("csv import staff.csv --to new.yaml");
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("--to"), "{}", ended.stderr);
}

const WRONG: &str = "\
First name*,last_name,email,extension,groups,phone.mac,voicemail.pin,sallary
John,Doe,john.doe@example.com,1001,,,,
Bob,Ng,bob@,10a1,nobody,1565AABBCC,4829,
,Dee,dee@acme.example,1003,sales,00:15:65:aa:bb:cc,,
Eve,Dee,eve@acme.example,1003,sales,00-15-65-AA-BB-CC,'1234,
";

#[test]
fn everything_wrong_in_a_sheet_is_told_at_its_cell() {
    let mut prompt = Prompt::with(&[("office.yaml", OFFICE), ("sheets/staff.csv", WRONG)]);
    for format in ["text", "json", "github", "sarif", "markdown"] {
        let ended = prompt.run(&format!(
            "csv import sheets/staff.csv --marked marked.csv --format {format}"
        ));
        assert_eq!(ended.code, 1);
        assert!(!ended.stdout.contains("4829") && !ended.stderr.contains("4829"));
    }
    let marked = prompt.read("marked.csv");
    assert!(marked.contains("4829"), "the sheet is the sender's own");
    let mode = prompt
        .path()
        .join("marked.csv")
        .metadata()
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    prompt.transcript.push_str(&marked.replace('\u{feff}', ""));
    assert!(!prompt.path().join("people.yaml").exists());
    prompt.keep("a-wrong-sheet");
}

#[test]
fn two_sheets_about_the_same_people_are_joined() {
    let mut prompt = Prompt::with(&[
        (
            "customer.csv",
            "first_name,last_name,extension,email\nAnn,Lee,1001,ann@acme.example\nBob,Ng,1002,bob@acme.example\n",
        ),
        (
            "installer.csv",
            "extension;phone.mac;phone.model;last_name\n1002;00:15:65:aa:bb:02;yealink_t54w;\n1001;00:15:65:aa:bb:01;yealink_t54w;Leigh\n",
        ),
    ]);
    assert_eq!(prompt.run("csv import customer.csv installer.csv").code, 1);
    let fixed = prompt.read("installer.csv").replace("Leigh", "Lee");
    write(prompt.path(), &[("installer.csv", &*fixed)]);
    assert_eq!(prompt.run("csv import customer.csv installer.csv").code, 0);
    let people = prompt.read("people.yaml");
    prompt.transcript.push_str(&people);
    prompt.keep("two-sheets");
}

#[test]
fn pins_and_passwords_go_to_a_file_of_their_own() {
    let mut prompt = Prompt::with(&[(
        "staff.csv",
        "first_name,last_name,password,email,extension,mac_address,brand,family,model,phone_number,vmail_pin,notification_email\n\
         Ann,Lee,it's $ecret,ann@acme.example,1001,00:15:65:aa:bb:01,yealink,t5x,t54w,+14155550100,4829,\n",
    )]);
    git2::Repository::init(prompt.path()).unwrap();
    let refused = prompt.run("csv import staff.csv --as kazoo");
    assert_eq!(refused.code, 1);
    assert_eq!(
        prompt.run("csv import staff.csv --pins-to pins.env").code,
        64
    );
    write(prompt.path(), &[(".gitignore", "pins.env\n")]);
    assert_eq!(
        prompt
            .run("csv import staff.csv --as kazoo --pins-to pins.env")
            .code,
        0
    );
    let pins = prompt.read("pins.env");
    assert_eq!(pins, "PASSWORD_1001='it'\\''s $ecret'\nPIN_1001=4829\n");
    let mode = prompt
        .path()
        .join("pins.env")
        .metadata()
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let people = prompt.read("people.yaml");
    assert!(
        !people.contains("4829") && !people.contains("$ecret"),
        "{people}"
    );
    assert!(!prompt.transcript.contains("4829") && !prompt.transcript.contains("$ecret"));
    // Again, with another PIN: the files stay, and the variable gets its value.
    let sheet = prompt.read("staff.csv").replace("4829", "'0077");
    write(prompt.path(), &[("staff.csv", &*sheet)]);
    assert_eq!(
        prompt
            .run("csv import staff.csv --as kazoo --pins-to pins.env")
            .code,
        0
    );
    assert_eq!(
        prompt.read("pins.env"),
        "PASSWORD_1001='it'\\''s $ecret'\nPIN_1001=0077\n"
    );
    assert_eq!(prompt.read("people.yaml"), people);
    prompt.transcript.push_str(&people);
    prompt.keep("a-sheet-with-pins");
}

#[test]
fn an_example_row_is_refused_in_every_dialect() {
    for dialect in ["callsheet", "netsapiens", "kazoo", "contacts"] {
        let mut prompt = Prompt::with(&[]);
        let template = prompt.run(&format!("csv template --as {dialect}"));
        assert_eq!(template.code, 0);
        write(prompt.path(), &[("staff.csv", &*template.stdout)]);
        let ended = prompt.run("csv import staff.csv");
        assert_eq!(ended.code, 1, "{}", ended.stderr);
        assert!(
            ended.stderr.contains("error[example-row]"),
            "{}",
            ended.stderr
        );
        let header = template.stdout.lines().next().unwrap();
        write(prompt.path(), &[("staff.csv", header)]);
        assert_eq!(prompt.run("csv import staff.csv").code, 0);
        prompt.keep(&format!("a-template-{dialect}"));
    }
}

#[test]
fn what_is_live_or_declared_becomes_a_sheet() {
    let mut prompt = Prompt::with(&[
        ("office.yaml", OFFICE),
        (
            "contacts.yaml",
            "contacts:\n  fire: { name: Fire brigade, numbers: ['112', '+14155550199'] }\n  zoe: { name: '=Zo\u{eb}' }\n",
        ),
    ]);
    for command in [
        "csv export users",
        "csv export users --as netsapiens",
        "csv export users --as kazoo",
        "csv export contacts",
        "csv export contacts --as kazoo",
        "csv export numbers",
        "apply --yes",
        "csv export users --live",
        "csv export users --as netsapiens --to staff.csv",
        "csv import staff.csv",
    ] {
        prompt.run(command);
    }
    let live = prompt.run_quietly("csv export users --live").stdout;
    let piped = callsheet(prompt.path())
        .args(["csv", "import", "-"])
        .write_stdin(live)
        .output()
        .unwrap();
    let told = String::from_utf8(piped.stdout).unwrap();
    assert_eq!(told, "0 added, 0 changed, 2 unchanged\n");
    let transcript = prompt.transcript.replace('\r', "");
    let apply = transcript.find("$ callsheet apply").unwrap();
    let after = transcript[apply..].find("$ callsheet csv").unwrap() + apply;
    prompt.transcript = transcript[..apply].to_owned() + &transcript[after..];
    prompt.keep("an-export");
}

#[test]
fn a_netsapiens_sheet_says_where_it_is_odd() {
    let mut prompt = Prompt::new();
    write(
        prompt.path(),
        &[
            (
                "callsheet.yaml",
                "portal: { kind: sandbox, database: sandbox.db, profile: netsapiens, tenant: acme.example }\n",
            ),
            (
                "staff.csv",
                "extension,domain,first name,last name,login,portal password,email address,site,answer timeout,callerid number,vmail_transcribe,email_vmail,email_vmail_enable,scope\n\
                 1001,acme.example,Ann,Lee,1001@acme.example, ,ann@acme.example,Leeds (2nd floor),22,14155550100,no,attnew,yes,Office Manager\n\
                 1002,other.example,Bob,Ng,bob,,a@acme.example;b@acme.example,Leeds (2nd floor),20,4155550101,yes,attnew,no,Basic User\n",
            ),
        ],
    );
    assert_eq!(prompt.run("csv import staff.csv").code, 1);
    let sheet: Vec<String> = prompt
        .read("staff.csv")
        .lines()
        .take(2)
        .map(str::to_owned)
        .collect();
    write(prompt.path(), &[("staff.csv", &*sheet.join("\n"))]);
    prompt.run("csv import staff.csv");
    let people = prompt.read("people.yaml");
    prompt.transcript.push_str(&people);
    prompt.keep("a-netsapiens-sheet");
}

#[test]
fn what_cannot_be_meant_is_a_usage_error() {
    let mut prompt = Prompt::with(&[("staff.csv", "first_name\nEve\n")]);
    for arguments in [
        "csv import staff.csv --to ../people.yaml",
        "csv import staff.csv --to people.csv",
        "csv import staff.csv --to callsheet.yaml",
        "csv import staff.csv --to none/people.yaml",
        "csv import staff.csv staff.csv --marked m.csv",
        "csv import staff.csv --country XX",
        "csv export contacts --as kazoo",
        "csv export scopes",
        "csv import",
    ] {
        assert_eq!(prompt.run(arguments).code, 64, "{arguments}");
    }
    assert_eq!(prompt.run("csv import none.csv").code, 1);
    prompt.keep("a-sheet-that-cannot-be-meant");
}

#[test]
fn an_edit_that_would_change_somebody_else_is_refused() {
    let office = "users:\n  ann: &ann { first_name: Ann, last_name: Lee, email: ann@acme.example, extension: 1001, directory: &d { match: first } }\n  bob: { first_name: Bob, last_name: Ng, email: bob@acme.example, extension: 1002, directory: *d }\n";
    let mut prompt = Prompt::with(&[
        ("office.yaml", office),
        (
            "staff.csv",
            "key,first_name,directory.match\nbob,Bob,both\n",
        ),
    ]);
    let ended = prompt.run("csv import staff.csv --update");
    assert_eq!(ended.code, 1, "{}", ended.stdout);
    assert!(ended.stderr.contains("can't be edited"), "{}", ended.stderr);
    assert_eq!(prompt.read("office.yaml"), office);
}
