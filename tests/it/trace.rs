//! *Traces*: who rings when a number is called, and why nobody does.

use crate::workspace::{self, STANDARD, write};
use callsheet::{
    desired::load,
    model::{Address, Kind, Resource, State},
    repo::{CONFIGURATION, Files},
    trace::{Call, End, Moment, StepKind, dead_ends, tree, verdict, walk},
};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::{fmt::Write as _, process::Command};

const PEOPLE: &str = "
schedules:
  night: { time_zone: Europe/London, times: [{ days: [mon, tue, wed, thu, fri], from: \"18:00\", to: \"08:00\" }, { days: [sat, sun] }], dates: [2026-12-25] }
users:
  ann: { first_name: Ann, last_name: Lee, email: ann@acme.example, extension: 1001, voicemail: { enabled: false }, forwarding: { enabled: true, destinations: [\"+14155550190\", bob] } }
  bob:
    first_name: Bob
    last_name: Ray
    email: bob@acme.example
    extension: 1002
    answering_rules:
      - { name: Off, action: busy, enabled: false }
      - { name: Night, when: night, action: voicemail }
  eve: { first_name: Eve, last_name: Oak, email: eve@acme.example, extension: 1003, active: false }
  kim: { first_name: Kim, last_name: Yew, email: kim@acme.example, extension: 1004, dnd: true }
  lou: { first_name: Lou, last_name: Ash, email: lou@acme.example, extension: 1005, phones: [], voicemail: { enabled: false }, forwarding: { enabled: false } }
  max: { first_name: Max, last_name: Fir, email: max@acme.example, extension: 1006, answering_rules: [{ name: Busy, action: busy }] }
  zoe: { first_name: Zoe, last_name: Elm, email: zoe@acme.example, extension: 1007, answering_rules: [{ name: All, action: simultaneous_ring, destinations: [\"+14155550191\"] }] }
extensions:
  2000: { kind: call_queue, name: Sales, agents: [bob, eve, kim], overflow: \"2001\" }
  2001: { kind: ring_group, name: Desk, members: [zoe, \"2006\"], strategy: sequential, no_answer: \"2002\" }
  2002: { kind: forward, name: Away, destination: \"+14155550192\" }
  2003: { kind: conference, name: Room }
  2004: { kind: fax, name: Fax }
  2005: { kind: auto_attendant, name: Menu, options: { \"1\": \"2000\", \"2\": ann, \"9\": \"2005\" }, direct_dial: true, no_input: \"2003\", invalid_input: \"2004\" }
  2006: { kind: phone, name: Lobby, phones: [{ mac: \"00:15:65:00:00:01\", model: yealink_t54w }] }
  2010: { kind: call_queue, name: Empty }
  2011: { kind: ring_group, name: Nobody, members: [eve] }
  2012: { kind: auto_attendant, name: Silent }
  2013: { kind: forward, name: One, destination: \"2014\" }
  2014: { kind: forward, name: Other, destination: \"2013\" }
  2015: { kind: phone, name: Lift }
  2016: { kind: ring_group, name: None }
numbers:
  +14155550100: { title: Main, destination: \"2005\" }
  +14155550101: { title: Free }
  +14155550102: { title: Kept, state: reserved }
  +14155550103: { destination: \"2013\" }
  +14155550104: { state: cooling, until: 2027-01-01 }
  +14155550105: { destination: eve }
";

fn declared(people: &str) -> State {
    let mut files = Files::default();
    files.take(CONFIGURATION.to_owned(), STANDARD.into());
    files.take("people.yaml".to_owned(), people.into());
    let desired = load(files, workspace::today());
    let told = workspace::shown(&desired.report, callsheet::render::Format::Text);
    assert!(!desired.report.has_errors(), "{told}");
    desired.state
}

fn called(called: &str, at: Option<&str>) -> Call {
    let moment = at.map(|at| at.parse::<Moment>().unwrap());
    walk(&declared(PEOPLE), called, moment.as_ref())
}

/// The edges of a call, as text.
fn edges(call: &Call) -> Vec<String> {
    let edges = call.edges.iter().map(|edge| {
        let (from, to) = (&call.nodes[edge.from].label, &call.nodes[edge.to].label);
        format!("{from} -[{}]-> {to}", edge.label)
    });
    edges.collect()
}

/// The ends of a call.
fn ends(call: &Call) -> Vec<End> {
    let mut ends: Vec<End> = call.nodes.iter().filter_map(|node| node.end).collect();
    ends.sort_unstable();
    ends
}

#[test]
fn a_user_rings_and_has_a_voicemail_unless_rules_say_otherwise() {
    let all = called("1002", None);
    let night = "night: Mon-Fri 18:00-08:00, Sat Sun, 2026-12-25";
    assert_eq!(
        edges(&all),
        [
            format!("users/bob Bob Ray -[{night}]-> answering rule `Night` of users/bob"),
            "users/bob Bob Ray -[at other times]-> phones of users/bob Bob Ray".to_owned(),
            "users/bob Bob Ray -[at other times, nobody answers]-> voicemail of users/bob Bob Ray"
                .to_owned(),
            "answering rule `Night` of users/bob -[]-> voicemail of users/bob Bob Ray".to_owned(),
        ]
    );
    assert!(all.answered);
    let friday = called("users/bob", Some("Fri 10:00"));
    assert_eq!(ends(&friday), [End::Rings, End::Voicemail]);
}

#[test]
fn the_time_of_the_call_picks_the_branch() {
    let rings = |at: &str| ends(&called("bob", Some(at))).contains(&End::Rings);
    for (at, day) in [
        ("Mon 08:00", true),
        // A range begins on its days, and no night begins on Sunday.
        ("Mon 07:59", true),
        ("Tue 07:59", false),
        ("Mon 17:59", true),
        ("Mon 18:00", false),
        // The night of Friday ends on Saturday, which is all night.
        ("Sat 12:00", false),
        ("sunday 23:59", false),
        ("2026-12-24T10:00", true),
        ("2026-12-25T10:00", false),
        // In summer, London is an hour before UTC.
        ("2026-07-01T16:30:00Z", true),
        ("2026-07-01T17:30:00Z", false),
        ("2026-07-01T12:30:00-05:00", false),
        ("2026-12-01T17:30:00Z", true),
    ] {
        assert_eq!(rings(at), day, "{at}");
    }
    for wrong in ["night", "Sat", "Sat 25:00", "2026-12-24", ""] {
        assert!(wrong.parse::<Moment>().is_err(), "{wrong}");
    }
    assert_eq!(
        "sat 03:00".parse::<Moment>().unwrap().to_string(),
        "sat 03:00"
    );
}

#[test]
fn each_step_leads_where_it_is_declared_to() {
    let forwarded = edges(&called("users/ann", None));
    assert_eq!(
        forwarded[..3],
        [
            "users/ann Ann Lee -[forwarded, first]-> +14155550190, outside",
            "users/ann Ann Lee -[forwarded, then]-> users/bob Bob Ray",
            "users/ann Ann Lee -[nobody answers]-> nobody: nobody takes the call, and there is no voicemail",
        ]
    );
    let queue = edges(&called("2000", None));
    for expected in [
        "extensions/2000 Sales -[agent]-> phones of users/bob Bob Ray",
        "extensions/2000 Sales -[agent]-> nobody: the user is inactive",
        "extensions/2000 Sales -[agent]-> nobody: the user has `dnd`",
        "extensions/2000 Sales -[nobody answers]-> extensions/2001 Desk",
        "extensions/2001 Desk -[first]-> phones of users/zoe Zoe Elm",
        "extensions/2001 Desk -[then]-> extensions/2006 Lobby",
        "extensions/2001 Desk -[nobody answers]-> extensions/2002 Away",
        "extensions/2002 Away -[]-> +14155550192, outside",
    ] {
        assert!(
            queue.iter().any(|edge| edge == expected),
            "{expected}: {queue:#?}"
        );
    }
    let menu = edges(&called("+14155550100", None));
    for expected in [
        "numbers/+14155550100 Main -[]-> extensions/2005 Menu",
        "extensions/2005 Menu -[key 1]-> extensions/2000 Sales",
        "extensions/2005 Menu -[key 2]-> users/ann Ann Lee",
        "extensions/2005 Menu -[key 9]-> nobody: the call goes in a circle",
        "extensions/2005 Menu -[dials]-> an extension that the caller dials",
        "extensions/2005 Menu -[no key]-> extensions/2003 Room",
        "extensions/2005 Menu -[another key]-> extensions/2004 Fax",
    ] {
        assert!(
            menu.iter().any(|edge| edge == expected),
            "{expected}: {menu:#?}"
        );
    }
    let zoe = edges(&called("zoe", None));
    assert!(
        zoe.iter()
            .any(|edge| edge.ends_with("-[at the same time]-> +14155550191, outside")),
        "{zoe:#?}"
    );
    assert_eq!(ends(&called("kim", None)), [End::Voicemail]);
    // A number of the account is walked, another one is outside.
    assert_eq!(ends(&called("+14155559999", None)), [End::Unknown]);
}

#[test]
fn each_end_without_an_answer_has_its_reason() {
    for (what, reason) in [
        ("users/eve", End::Inactive),
        ("users/max", End::Busy),
        ("extensions/2010", End::NoAgents),
        ("extensions/2011", End::Inactive),
        ("extensions/2012", End::NoOptions),
        ("extensions/2013", End::Circle),
        ("extensions/2015", End::NoPhones),
        ("extensions/2016", End::NoMembers),
        ("numbers/+14155550101", End::Unassigned),
        ("numbers/+14155550102", End::Reserved),
        ("numbers/+14155550104", End::Cooling),
        ("+14155559999", End::Unknown),
        ("users/nobody", End::Unknown),
        ("groups/sales", End::Unknown),
        ("", End::Unknown),
    ] {
        let call = called(what, None);
        assert_eq!(ends(&call), [reason], "{what}");
        assert!(!call.answered, "{what}");
    }
    let lou = called("lou", None);
    assert_eq!(ends(&lou), [End::NoPhones, End::NoVoicemail]);
    assert!(!lou.answered);
}

#[test]
fn dead_ends_are_told_where_they_are_and_once() {
    let dead = dead_ends(&declared(PEOPLE));
    let told: Vec<(String, End, String)> = dead
        .into_iter()
        .map(|dead| (dead.address.to_string(), dead.end, dead.at.to_string()))
        .collect();
    let expected = [
        ("extensions/2010", End::NoAgents, "extensions/2010"),
        ("extensions/2011", End::Inactive, "users/eve"),
        ("extensions/2012", End::NoOptions, "extensions/2012"),
        ("extensions/2016", End::NoMembers, "extensions/2016"),
        ("numbers/+14155550105", End::Inactive, "users/eve"),
    ];
    for (address, end, at) in expected {
        let expected = (address.to_owned(), end, at.to_owned());
        assert!(told.contains(&expected), "{expected:?}: {told:#?}");
    }
    // The two forwards lead to each other, and the number to them: that is told once.
    let circles: Vec<_> = told
        .iter()
        .filter(|(_, end, _)| *end == End::Circle)
        .collect();
    assert_eq!(circles.len(), 1, "{told:#?}");
    assert_eq!(told.len(), expected.len() + 1, "{told:#?}");
    // What isn't declared is an error of its own.
    let mut state = declared(PEOPLE);
    state.resources.remove(&Address::new(Kind::Users, "eve"));
    let dead = dead_ends(&state);
    assert!(
        dead.iter().all(|dead| &*dead.address.key != "2011"),
        "{dead:?}"
    );
}

#[test]
fn a_long_chain_of_forwards_is_followed() {
    let mut people = String::from("extensions:\n");
    for number in 10_000..40_000 {
        _ = writeln!(
            people,
            "  {number}: {{ kind: forward, name: F, destination: \"{}\" }}",
            number + 1
        );
    }
    people.push_str("  40000: { kind: conference, name: Room }\n");
    let state = declared(&people);
    let call = walk(&state, "10000", None);
    assert_eq!((call.nodes.len(), call.answered), (30_001, true));
    assert!(dead_ends(&state).is_empty());
    assert_eq!(tree(&call).len(), 30_001);
    assert_eq!(verdict(&call), "may be answered by extensions/40000 Room");
}

/// What the command prints in a workspace, and its exit code.
fn told(people: &str, arguments: &[&str]) -> (i32, String) {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        &[(CONFIGURATION, STANDARD), ("people.yaml", people)],
    );
    let output = Command::new(env!("CARGO_BIN_EXE_callsheet"))
        .current_dir(folder.path())
        .arg("trace")
        .args(arguments)
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.code().unwrap(),
        String::from_utf8(text).unwrap(),
    )
}

const SMALL: &str = "users:
  ann: { first_name: Ann, last_name: Lee, email: ann@acme.example, extension: 1001 }
extensions:
  2000:
    kind: auto_attendant
    name: Menu
    options: { \"1\": ann, \"2\": \"2001\" }
    no_input: ann
  2001: { kind: call_queue, name: Sales }
numbers:
  +14155550100: { title: Main, destination: \"2000\" }
";

#[test]
fn the_command_draws_a_tree_with_the_place_of_each_step() {
    let (code, text) = told(SMALL, &["+1 415 555 0100"]);
    assert_eq!(code, 0, "{text}");
    let lines: Vec<&str> = text.lines().collect();
    assert!(
        lines[0].starts_with("numbers/+14155550100 Main") && lines[0].ends_with("people.yaml:11")
    );
    assert!(lines[1].starts_with("└─ extensions/2000 Menu") && lines[1].ends_with("people.yaml:4"));
    assert!(
        lines[2].starts_with("   ├─ key 1: users/ann Ann Lee"),
        "{text}"
    );
    assert!(
        lines[3].starts_with("   │  ├─ phones of users/ann Ann Lee"),
        "{text}"
    );
    assert!(
        text.contains("no key: users/ann Ann Lee (see above)"),
        "{text}"
    );
    assert!(text.contains("nobody: nobody is in the queue"), "{text}");
    assert!(
        text.ends_with(
            "may be answered by phones of users/ann Ann Lee, voicemail of users/ann Ann Lee\n"
        ),
        "{text}"
    );
    let (code, text) = told(SMALL, &["2001"]);
    assert_eq!(code, 1);
    assert!(
        text.ends_with("nobody answers: nobody is in the queue (extensions/2001)\n"),
        "{text}"
    );
    let (code, text) = told(SMALL, &["2002"]);
    assert_eq!(code, 1);
    assert!(
        text.contains("did you mean 2001?") || text.contains("did you mean 2000?"),
        "{text}"
    );
    assert_eq!(told(SMALL, &["1001", "--at", "noon"]).0, 64);
    let (code, text) = told(SMALL, &["1001", "--format", "json", "--at", "Sat 03:00"]);
    assert_eq!(code, 0);
    let document: Value = serde_json::from_str(&text).unwrap();
    let schema: Value =
        serde_json::from_str(include_str!("../../schema/trace.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    assert!(validator.is_valid(&document), "{document}");
    assert_eq!(document["at"], "sat 03:00");
    assert_eq!(
        document["nodes"][0]["place"],
        json!({ "file": "people.yaml", "line": 2 })
    );
    let (code, text) = told("users: { ann: {} }\n", &["ann"]);
    assert_eq!(code, 1);
    assert!(text.contains("error["), "{text}");
}

/// A destination among few, so that circles are likely.
fn destination() -> impl Strategy<Value = String> {
    prop_oneof![
        (0..6_u8).prop_map(|user| format!("u{user}")),
        (0..6_u8).prop_map(|user| format!("100{user}")),
        (0..9_u8).prop_map(|extension| format!("200{extension}")),
        (0..4_u8).prop_map(|number| format!("+1415555010{number}")),
        Just("+14155559999".to_owned()),
        Just("missing".to_owned()),
    ]
}

fn destinations() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec(destination(), 0..4)
}

fn user() -> impl Strategy<Value = Value> {
    let rule = (0..5_usize, any::<bool>(), any::<bool>(), destinations()).prop_map(
        |(action, is_timed, enabled, destinations)| {
            let action = ["ring", "simultaneous_ring", "forward", "voicemail", "busy"][action];
            let mut rule = json!({ "name": "R", "action": action, "enabled": enabled, "destinations": destinations });
            if is_timed {
                rule["when"] = "night".into();
            }
            rule
        },
    );
    let rules = proptest::collection::vec(rule, 0..3);
    let flags = proptest::array::uniform5(any::<bool>());
    (rules, flags, destinations()).prop_map(|(rules, flags, destinations)| {
        let [active, dnd, voicemail, forwards, together] = flags;
        json!({ "active": active, "dnd": dnd, "voicemail": { "enabled": voicemail }, "answering_rules": rules,
            "forwarding": { "enabled": forwards, "ring_all": together, "destinations": destinations } })
    })
}

fn extension() -> impl Strategy<Value = Value> {
    (0..7_usize, destinations(), destination(), any::<bool>()).prop_map(
        |(kind, list, one, more)| {
            let last = more.then_some(&one);
            match kind {
                0 => json!({ "kind": "call_queue", "agents": list, "overflow": last }),
                1 => json!({ "kind": "ring_group", "members": list, "no_answer": last }),
                2 => json!({ "kind": "auto_attendant", "options": { "1": one }, "direct_dial": more }),
                3 => json!({ "kind": "auto_attendant", "no_input": last, "invalid_input": list.first() }),
                4 => json!({ "kind": "forward", "destination": one }),
                5 => json!({ "kind": "phone" }),
                _ => json!({ "kind": "conference" }),
            }
        },
    )
}

fn state() -> impl Strategy<Value = State> {
    let users = proptest::collection::vec(user(), 6);
    let extensions = proptest::collection::vec(extension(), 9);
    let numbers = proptest::collection::vec(proptest::option::of(destination()), 4);
    (users, extensions, numbers).prop_map(|(users, extensions, numbers)| {
        let mut state = State::default();
        let mut add = |kind: Kind, key: String, mut fields: Value| {
            let object = fields.as_object_mut().unwrap();
            object.retain(|_, value| !value.is_null());
            let fields = kind.shape().read(&fields).unwrap();
            let resource = Resource {
                fields,
                ..Resource::default()
            };
            state.resources.insert(Address::new(kind, key), resource);
        };
        let night = json!({ "times": [{ "from": "18:00", "to": "08:00" }] });
        add(Kind::Schedules, "night".to_owned(), night);
        for (at, mut user) in users.into_iter().enumerate() {
            user["extension"] = format!("100{at}").into();
            add(Kind::Users, format!("u{at}"), user);
        }
        for (at, extension) in extensions.into_iter().enumerate() {
            add(Kind::Extensions, format!("200{at}"), extension);
        }
        for (at, number) in numbers.into_iter().enumerate() {
            let fields = json!({ "destination": number });
            add(Kind::Numbers, format!("+1415555010{at}"), fields);
        }
        state
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_call_ends_and_each_end_is_a_real_one(state in state(), what in destination(), at in 0..3_usize) {
        let moment = [None, Some("Sat 03:00"), Some("2026-12-24T10:00")][at];
        let moment = moment.map(|at| at.parse().unwrap());
        let call = walk(&state, &what, moment.as_ref());
        let leaving = call.leaving();
        for (at, node) in call.nodes.iter().enumerate() {
            // What leads nowhere is an end, and an end leads nowhere.
            prop_assert_eq!(node.end.is_some(), leaving[at].is_empty(), "{:?}", node);
            let reached = leaving[at].iter().any(|edge| call.nodes[edge.to].answered);
            let answers = node.end.is_some_and(End::is_answer);
            prop_assert!(node.answered || !(reached || answers));
            prop_assert_eq!(node.kind == StepKind::Nobody, node.end.is_some_and(|end| end.reason().is_some()));
        }
        let first = leaving[0].iter().any(|edge| call.nodes[edge.to].answered);
        let is_answer = call.nodes[0].end.is_some_and(End::is_answer);
        prop_assert_eq!(call.answered, first || is_answer);
        // Following the last edge of each step comes to an end.
        let mut at = 0;
        let mut steps = 0;
        while let Some(edge) = leaving[at].last() {
            at = edge.to;
            steps += 1;
            prop_assert!(steps <= call.nodes.len());
        }
        prop_assert!(tree(&call).len() > call.edges.len());
        for dead in dead_ends(&state) {
            let call = walk(&state, &dead.address.to_string(), None);
            prop_assert!(!call.answered, "{:?}", dead);
        }
    }
}
