//! The *office*: what the guides of phone systems say that a team does with its users, done at the prompt.

use super::Prompt;
use crate::workspace::write;

/// An office with one file of resources.
fn office(people: &str) -> Prompt {
    Prompt::with(&[("people.yaml", people)])
}

/// A user with more fields.
fn ann(more: &str) -> String {
    format!(
        "users:\n  ann: {{ first_name: Ann, last_name: Ng, email: ann@acme.example, extension: 1001{more} }}\n"
    )
}

/// What `validate` says of one file.
fn told(people: &str) -> String {
    let at = office(people);
    let ended = at.run_quietly("validate");
    assert_eq!(ended.code, 1, "{people}: {}", ended.stderr);
    ended.stderr
}

// S0.14
#[test]
fn a_user_has_one_instance() {
    let instances = "instances: { leeds: {}, york: {} }\n";
    let both = told(&format!("{instances}{}", ann(", instance: [leeds, york]")));
    assert!(both.contains("error[wrong-type]"), "{both}");
    let wrong = told(&format!("{instances}{}", ann(", instance: leads")));
    assert!(wrong.contains("did you mean `leeds`?"), "{wrong}");
    let right = office(&format!("{instances}{}", ann(", instance: leeds")));
    assert_eq!(right.run_quietly("apply --yes").code, 0);
}

// S0.18
#[test]
fn kinds_of_features_are_known() {
    let wrong = told(&ann(", features: { bananas: [x] }"));
    assert!(
        wrong.contains("`features` has no field `bananas`"),
        "{wrong}"
    );
    assert!(wrong.contains("conference_rooms"), "{wrong}");
}

// S0.03, S0.20, S1.13, S2.14, S2.15
#[test]
fn a_scope_says_what_somebody_may_do() {
    let at = office(&ann(", scope: administrator"));
    for scope in [
        "user",
        "admin",
        "voice",
        "advanced_user",
        "call_center_agent",
    ] {
        write(
            at.path(),
            &[("people.yaml", &ann(&format!(", scope: {scope}")))],
        );
        let ended = at.run_quietly("validate");
        assert_eq!(ended.code, 0, "{scope}: {}", ended.stderr);
    }
    let agent = at.run_quietly("show scopes/call_center_agent").stdout;
    assert!(agent.contains("queues.login"), "{agent}");
    let wrong = told(&ann(", scope: administartor"));
    assert!(wrong.contains("did you mean `administrator`?"), "{wrong}");
}

// S0.38 to S0.43
#[test]
fn a_template_asks_for_what_it_needs() {
    let templates = "templates:
  standard:
    title: Standard User
    attributes: { menu: { prompt: Main menu? } }
    user: { title: \"${menu}\" }
";
    let with = |more: &str| format!("{templates}{}", ann(more));
    let wrong = told(&with(", template: standrad"));
    assert!(wrong.contains("did you mean `standard`?"), "{wrong}");
    let missing = told(&with(", template: standard"));
    assert!(missing.contains("error[missing-attribute]"), "{missing}");
    let more = told(&with(", template: standard, with: { menu: Main, x: y }"));
    assert!(more.contains("error[unknown-attribute]"), "{more}");
    let at = office(&with(", template: standard, with: { menu: Main }"));
    assert_eq!(at.run_quietly("apply --yes").code, 0);
    let listed = at.run_quietly("list templates").stdout;
    assert!(listed.contains("Standard User"), "{listed}");
    let shown = at.run_quietly("show users/ann").stdout;
    assert!(shown.contains("title                   Main  "), "{shown}");
}

// S1.06
#[test]
fn people_are_found_by_name_and_extension() {
    let at = office(
        "users:
  ann: { first_name: Ann, last_name: Lee, email: ann@acme.example, extension: 0100 }
  bob: { first_name: Bob, last_name: Ray, email: bob@acme.example, extension: 1002 }
",
    );
    assert_eq!(at.run_quietly("apply --yes").code, 0);
    for text in ["lee", "0100", "ANN"] {
        let found = at.run_quietly(&format!("list users --search {text}"));
        assert!(found.stdout.contains("ann@"), "{text}: {}", found.stdout);
        assert!(!found.stdout.contains("bob@"), "{text}: {}", found.stdout);
    }
}

// S1.17, S1.18
#[test]
fn extensions_have_the_digits_of_the_policy() {
    let configuration = "portal: { kind: sandbox, database: .callsheet/sandbox.db }
policy: { extensions: { digits: 2-4 } }
";
    for (extension, code) in [("1", 1), ("10", 0), ("10001", 1), ("0100", 0)] {
        let people = ann("").replace("1001", extension);
        let at = Prompt::with(&[("callsheet.yaml", configuration), ("people.yaml", &people)]);
        let ended = at.run_quietly("apply --yes");
        assert_eq!(ended.code, code, "{extension}: {}", ended.stderr);
        if code == 0 {
            let listed = at.run_quietly("list users").stdout;
            assert!(listed.contains(&format!("  {extension} ")), "{listed}");
        }
    }
}

// S1.21, S1.22
#[test]
fn rings_have_limits_and_a_default() {
    for rings in ["0", "99", "many"] {
        let wrong = told(&ann(&format!(", rings_before_voicemail: {rings}")));
        assert!(wrong.contains("rings_before_voicemail"), "{wrong}");
    }
    let at = office(&ann(", rings_before_voicemail: 4"));
    assert_eq!(at.run_quietly("apply --yes").code, 0);
    write(at.path(), &[("people.yaml", &ann(""))]);
    let plan = at.run_quietly("plan").stdout;
    assert!(plan.contains("Nothing to do"), "{plan}");
}

// S4.15 to S4.17
#[test]
fn senders_are_an_ordered_list_of_addresses() {
    let of = |list: &str| ann(&format!(", available_from_emails: [{list}]"));
    for wrong in [
        "\"a@acme.example,b@acme.example\"",
        "a@acme.example, a@acme.example",
        "nobody",
    ] {
        let message = told(&of(wrong));
        assert!(message.contains("available_from_emails"), "{message}");
    }
    let at = office(&of("a@acme.example, b@acme.example"));
    assert_eq!(at.run_quietly("apply --yes").code, 0);
    write(
        at.path(),
        &[("people.yaml", &of("b@acme.example, a@acme.example"))],
    );
    let plan = at.run_quietly("plan").stdout;
    assert!(plan.contains("default-sender-change"), "{plan}");
}

// S3.26
#[test]
fn everything_wrong_is_told_at_once_in_red() {
    let at = office(
        "users:
  ann: { first_name: \"\", last_name: Ng, email: ann }
  bob: { first_name: Bob, last_name: Lee, email: bob@acme.example, extension: x1 }
",
    );
    let ended = at.run_quietly("--color always apply --yes");
    assert_eq!(ended.code, 1);
    for field in ["first_name", "email", "extension"] {
        assert!(
            ended.stderr.contains(&format!("`{field}`")),
            "{field}: {}",
            ended.stderr
        );
    }
    // Bright red.
    assert!(ended.stderr.contains("\u{1b}[91merror"), "{}", ended.stderr);
    assert!(
        !at.path().join(".callsheet").exists(),
        "nothing was asked or written"
    );
}

// S1.41
#[test]
fn an_apply_asks_before_it_writes() {
    let at = office(&ann(""));
    let ended = at.run_quietly("apply");
    assert_eq!(ended.code, 64);
    assert!(ended.stderr.contains("pass --yes"), "{}", ended.stderr);
    assert!(!at.run_quietly("list users").stdout.contains("ann"));
}

// S0.07, S1.10, S1.22, S1.33, S1.39, S1.40
#[test]
fn a_default_and_its_absence_are_one() {
    let defaults = ", active: true, directory: { match: last }, rings_before_voicemail: 4, dnd: false, \
                    voicemail: { enabled: true }, forwarding: { enabled: false, ring_all: false }";
    let at = office(&ann(defaults));
    assert_eq!(at.run_quietly("apply --yes").code, 0);
    write(at.path(), &[("people.yaml", &ann(""))]);
    let plan = at.run_quietly("plan").stdout;
    assert!(plan.contains("Nothing to do"), "{plan}");
    let wrong = told(&ann(", directory: { match: middle }"));
    assert!(wrong.contains("first, last, both"), "{wrong}");
}

// S0.35, S3.32
#[test]
fn all_users_of_a_template_follow_it() {
    let people = |rings: u8| {
        let users: Vec<String> = (10..30)
            .map(|one| {
                format!(
                    "  u{one}: {{ template: desk, first_name: U, last_name: N{one}, email: u{one}@acme.example, extension: 10{one} }}\n"
                )
            })
            .collect();
        format!(
            "templates: {{ desk: {{ user: {{ rings_before_voicemail: {rings} }} }} }}\nusers:\n{}",
            users.concat()
        )
    };
    let at = office(&people(3));
    let ended = at.run_quietly("apply --yes");
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let shown = at.run_quietly("show users/u10").stdout;
    assert!(shown.contains("rings_before_voicemail  3 "), "{shown}");
    write(at.path(), &[("people.yaml", &people(5))]);
    let plan = at.run_quietly("plan").stdout;
    assert!(plan.contains("21 to update"), "{plan}");
    // The change is told once for all of them.
    assert_eq!(plan.matches("3 → 5").count(), 2, "{plan}");
}

// S2.02, S3.13
#[test]
fn calls_lead_to_users() {
    let phones = "extensions:
  2000: { kind: ring_group, name: Sales, members: [ann] }
  2001: { kind: call_queue, name: Orders, agents: [ann] }
  2002: { kind: auto_attendant, name: Menu, options: { 1: ann } }
numbers:
  +14155550100: { destination: ann }
";
    let at = office(&format!("{}{phones}", ann(", scope: call_center_agent")));
    let ended = at.run_quietly("apply --yes");
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    // Who is gone is missed in each place.
    let gone = told(phones);
    for place in [
        "extensions/2000",
        "extensions/2001",
        "extensions/2002",
        "numbers/+14155550100",
    ] {
        assert!(
            gone.contains(&format!("{place} refers to")),
            "{place}: {gone}"
        );
    }
}

// S1.37 to S1.39
#[test]
fn calls_are_forwarded_inside_and_outside() {
    let of = |destinations: &str| {
        ann(&format!(
            ", forwarding: {{ enabled: true, destinations: [{destinations}] }}"
        )) + "  bob: { first_name: Bob, last_name: Lee, email: bob@acme.example, extension: 1002 }\n"
    };
    let at = office(&of("1002, +14155550100"));
    let ended = at.run_quietly("apply --yes");
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let unknown = told(&of("9999"));
    assert!(unknown.contains("error[unknown-reference]"), "{unknown}");
    let own = told(&of("ann"));
    assert!(own.contains("error[forwarding-cycle]"), "{own}");
}
