//! Every guard has its case here: what is declared, what is live, and what the guard has to say.

mod office;

use self::office::{Case, OFFICE, live, state};

use crate::workspace::today;
use callsheet::{
    model::{
        Account, Address, Commit, Extent, FindingRule, Gap, Kind, KindCapability, Licences, Limit,
        Removal, Removed, SecretPlace, Standing, State, Value, Waiting,
    },
    plan::{Plan, guard::Level},
};
use std::collections::BTreeMap;

fn absent(addresses: &str) -> Case {
    Case::office().configure(&format!("absent: [{addresses}]\n"))
}

const EVE: &str =
    "  eve: { first_name: Eve, last_name: Oak, email: eve@x.example, extension: 1003 }\n";

/// Somebody who lives on the portal under a key, with these fields.
fn with_live(mut case: Case, key: &str, fields: &str) -> Case {
    let person = live(&format!("users: {{ {key}: {{ {fields} }} }}"));
    let person = person.listings[&Kind::Users].objects[key].clone();
    let users = case.live.listings.get_mut(&Kind::Users).unwrap();
    users.objects.insert(key.into(), person);
    case
}

const ZED: &str = "first_name: Zed, last_name: Elm, email: zed@x.example, extension: 1009";

/// The office, where a commit removed Zed.
fn zed_removed() -> Case {
    let mut case = Case::office();
    let declared = state(&format!("users: {{ zed: {{ {ZED} }} }}"));
    let zed = Address::new(Kind::Users, "zed");
    let removal = Removed {
        commit: Some(commit()),
        last: declared.get(&zed).unwrap().fields.clone(),
    };
    case.ancestry.removed.insert(zed, removal);
    case
}

fn commit() -> Commit {
    Commit {
        id: "3f2c1aab0c".into(),
        author: "Ann Lee".into(),
        summary: "Zed leaves".into(),
    }
}

/// The rules that guards have: `portal-changed` is found before anything is planned.
fn rules() -> impl Iterator<Item = &'static FindingRule> {
    let rules = FindingRule::ALL.iter();
    rules.filter(|rule| **rule != FindingRule::PortalChanged)
}

/// The case of a rule, and how much the rule says it matters.
fn case(rule: FindingRule) -> (Case, Level) {
    let without_eve = || {
        state(
            &OFFICE
                .replace(EVE, "")
                .replace("members: [bob, eve]", "members: [bob]"),
        )
    };
    match rule {
        FindingRule::IncompleteRead => {
            let mut case = Case::office();
            let listing = case.live.listings.get_mut(&Kind::Users).unwrap();
            listing.extent = Extent::Doubtful("2 of 3 came back".to_owned());
            (case, Level::Block)
        }
        FindingRule::MayNot => {
            let mut case = Case::office();
            case.live.account = Some(Account {
                writes: Some([Kind::Groups].into()),
                ..Account::default()
            });
            (case.edit("1003", "1004"), Level::Block)
        }
        FindingRule::LicencesShort => {
            let mut case = Case::office();
            let licences = Licences { of: 2, used: 2 };
            case.live.account = Some(Account {
                licences: BTreeMap::from([("voice".to_owned(), licences)]),
                ..Account::default()
            });
            let case = case.edit("extension: 1002,", "extension: 1002, scope: voice,");
            (case, Level::Block)
        }
        FindingRule::SystemObject => {
            let case = Case::office().edit("last_name: Oak", "last_name: Ash");
            (
                case.object(Kind::Users, "eve", |eve| eve.standing = Standing::BuiltIn),
                Level::Block,
            )
        }
        FindingRule::UncommittedRemoval => {
            let case = Case::office().before(OFFICE);
            (
                Case {
                    now: without_eve(),
                    is_applied: false,
                    ..case
                },
                Level::Info,
            )
        }
        FindingRule::NotDeleted => {
            let mut case = zed_removed();
            case = with_live(case, "zed", ZED);
            let deactivate = |users: &mut KindCapability| users.removal = Removal::Deactivate;
            (case.users(deactivate), Level::Info)
        }
        FindingRule::SecretUnknown => {
            let password = "last_name: Oak, password: { env: EVE_PASSWORD }";
            let case = Case::office().edit("last_name: Oak", password);
            let forget = |users: &mut KindCapability| users.secrets = SecretPlace::Record;
            (case.users(forget), Level::Info)
        }
        FindingRule::NewDevice => {
            let phone =
                |mac: &str| format!("extension: 1003, phones: [{{ mac: {mac}, model: t54 }}]");
            let new = phone("001565aabb02");
            let mut case = Case::office().edit("extension: 1003", &new);
            let old = OFFICE.replace("extension: 1003", &phone("001565aabb01"));
            case.live = live(&old);
            let replace = |users: &mut KindCapability| users.replaced_by = &["phones.mac"];
            (case.users(replace), Level::Info)
        }
        FindingRule::FixedField => {
            let case = Case::office().edit("last_name: Oak", "last_name: Ash");
            let fix = |users: &mut KindCapability| users.fixed = ["last_name"].into();
            (case.users(fix), Level::Block)
        }
        FindingRule::NotCleared => {
            let case = Case::office().edit(", extension: 1003", "").before(OFFICE);
            let limit = Limit {
                field: "extension",
                only: "an extension",
                accepts: &|value, _| *value != Value::Null,
            };
            let limits = Box::leak(Box::new([limit]));
            (
                case.users(|users| users.limits = limits.to_vec()),
                Level::Block,
            )
        }
        FindingRule::UnsupportedObject => {
            let case = Case::office().edit("last_name: Oak", "last_name: Ash");
            let standing = || Standing::Unsupported("has no username".into());
            (
                case.object(Kind::Users, "eve", |eve| eve.standing = standing()),
                Level::Block,
            )
        }
        FindingRule::Waiting => {
            let case = Case::office().edit("last_name: Oak", "last_name: Ash");
            let waiting = Waiting {
                path: ["last_name".into()].into(),
                waits_for: "a clerk".into(),
            };
            (
                case.object(Kind::Users, "eve", |eve| eve.waiting = [waiting].into()),
                Level::Info,
            )
        }
        FindingRule::LeaverKept => {
            let leaver = "leaver: { successor: ann, until: 2099-01-31 }";
            let was = OFFICE.replace(
                "extension: 1003 }",
                &format!("extension: 1003, {leaver} }}"),
            );
            let mut case = Case {
                now: without_eve(),
                live: live(&was),
                ..Case::office()
            };
            case = case.before(&was);
            (case, Level::Block)
        }
        FindingRule::PortalChanged => panic!("no guard finds it"),
        FindingRule::HistoryIncomplete => {
            let mut case = with_live(Case::office(), "zed", ZED);
            case.ancestry.incomplete = Some(Gap::new("this clone is shallow", "Fetch it all."));
            (case, Level::Block)
        }
        FindingRule::OlderThanApplied => {
            let mut case = Case::office();
            case.newer = Some(commit());
            (case, Level::Block)
        }
        FindingRule::NotTheOne => {
            let other = "first_name: Zoe, last_name: Fir, email: zoe@x.example, extension: 1010";
            (with_live(zed_removed(), "zed", other), Level::Block)
        }
        FindingRule::DeclaredElsewhere => {
            let mut case = with_live(zed_removed(), "zed", ZED);
            let place = "support/people.yaml:7".to_owned();
            case.elsewhere
                .insert(Address::new(Kind::Users, "zed"), place);
            (case, Level::Block)
        }
        FindingRule::SamePerson => {
            let case = with_live(zed_removed(), "zed", ZED);
            let again = ZED.replace("Elm", "Ash").replace("1009", "1010");
            let case = case.edit(
                "extensions:",
                &format!("  zed.ash: {{ {again} }}\nextensions:"),
            );
            (case, Level::Block)
        }
        FindingRule::PreviouslyApplied => {
            let renamed = OFFICE.replace("last_name: Oak,", "last_name: Oak, previously: eva,");
            let case = Case {
                now: state(&renamed),
                ..Case::office()
            };
            (case.before(&renamed), Level::Warn)
        }
        FindingRule::PortalEscalation => {
            let was = OFFICE.replace("1003 }", "1003, scope: basic_user }");
            let mut case = Case {
                now: state(&was),
                live: live(&was),
                ..Case::office()
            };
            case = case.before(&was);
            let made = case.object(Kind::Users, "eve", |eve| {
                let scope = Value::text("administrator");
                eve.fields.set("scope".into(), scope);
            });
            (made, Level::Block)
        }
        FindingRule::NotOurs => {
            let caller = "extension: 1003, outbound_caller_id: +14155550199";
            let mut case = Case::office().edit("extension: 1003", caller);
            case.live = live(&format!("{OFFICE}numbers: {{ +14155550100: {{}} }}"));
            (case, Level::Block)
        }
        FindingRule::NumberCooling => {
            let number =
                |fields: &str| format!("{OFFICE}numbers: {{ +14155550100: {{ {fields} }} }}");
            let case = Case {
                now: state(&number("destination: 2000")),
                live: live(&number("state: cooling, until: 2999-12-31")),
                ..Case::office()
            };
            (case, Level::Block)
        }
        FindingRule::Taken => {
            let mut case = Case::office();
            let stranger =
                live(&OFFICE.replace("1003", "1009")).listings[&Kind::Users].objects["eve"].clone();
            let users = &mut case.live.listings.get_mut(&Kind::Users).unwrap().objects;
            users.insert("zed".into(), stranger);
            case.now = state(&OFFICE.replace("1002", "1009"));
            (case, Level::Block)
        }
        FindingRule::EmptyWorkspace => (
            Case {
                now: State::default(),
                ..absent("users/eve")
            },
            Level::Block,
        ),
        FindingRule::DeleteLimit => {
            let case = Case {
                now: State::default(),
                ..Case::office().configure("policy: { prune: all }\n")
            };
            (case, Level::Block)
        }
        FindingRule::PruneAll => {
            let case = Case::office().configure("policy: { prune: all }\n");
            (
                Case {
                    now: without_eve(),
                    ..case
                },
                Level::Block,
            )
        }
        FindingRule::LastAdministrator => (
            Case::office().edit("scope: administrator", "scope: user"),
            Level::Block,
        ),
        FindingRule::SelfLockout => (
            Case::office().edit(
                "scope: administrator",
                "scope: administrator, active: false",
            ),
            Level::Block,
        ),
        FindingRule::Protected => {
            let protected = OFFICE.replace("extension: 1003", "extension: 1003, protect: true");
            let case = Case::office()
                .before(&protected)
                .edit("extension: 1003", "extension: 1003, active: false");
            (case, Level::Block)
        }
        FindingRule::InUse => (
            Case::office().edit("extension: 1003", "extension: 1003, active: false"),
            Level::Block,
        ),
        FindingRule::PersonSwap => {
            let case = Case::office().edit(
                "first_name: Eve, last_name: Oak, email: eve@x.example",
                "first_name: Kim, last_name: Yew, email: kim@x.example",
            );
            (case, Level::Block)
        }
        FindingRule::Revive => {
            let now = state(
                &OFFICE
                    .replace("  eve: {", "  eve.oak: {")
                    .replace("members: [bob, eve]", "members: [bob]"),
            );
            let inactive = live(&OFFICE.replace("extension: 1003", "active: false"));
            (
                Case {
                    now,
                    live: inactive,
                    ..Case::office()
                },
                Level::Block,
            )
        }
        FindingRule::VoicemailLoss => {
            let case = absent("users/eve").object(Kind::Users, "eve", |eve| eve.messages = 3);
            (
                Case {
                    now: without_eve(),
                    ..case
                },
                Level::Block,
            )
        }
        FindingRule::Conflict => {
            let case = Case::office()
                .before(OFFICE)
                .edit("last_name: Oak", "last_name: Ash, title: Chief");
            let before = OFFICE.replace("last_name: Oak", "last_name: Oak, title: Clerk");
            let changed = live(&OFFICE.replace("last_name: Oak", "last_name: Oak, title: Boss"));
            (
                Case {
                    live: changed,
                    ..case
                }
                .before(&before),
                Level::Block,
            )
        }
        FindingRule::PrivilegeEscalation => (
            Case::office().edit("extension: 1003", "extension: 1003, scope: admin"),
            Level::Warn,
        ),
        FindingRule::LoginChange => (
            Case::office().edit("eve@x.example", "oak@x.example"),
            Level::Warn,
        ),
        FindingRule::RenumberImpact => (
            Case::office().edit("extension: 1003", "extension: 1013"),
            Level::Info,
        ),
        FindingRule::DefaultSenderChange => {
            let case = Case::office().edit(
                "[bob@x.example, sales@x.example]",
                "[sales@x.example, bob@x.example]",
            );
            (case, Level::Warn)
        }
        FindingRule::TakenFrom => {
            let swapped = OFFICE
                .replace("1002", "–")
                .replace("1003", "1002")
                .replace('–', "1003");
            (
                Case {
                    now: state(&swapped),
                    ..Case::office()
                },
                Level::Warn,
            )
        }
        FindingRule::UnusedWaiver => {
            let waiver = "allow: [{ finding: in-use, address: users/eve, until: 2999-12-31, because: nothing }]\n";
            (Case::office().configure(waiver), Level::Info)
        }
    }
}

#[test]
fn every_guard_speaks_in_its_case_and_only_then() {
    for rule in rules() {
        let (case, level) = case(*rule);
        let plan = case.plan();
        let found = plan.findings.iter().find(|finding| finding.rule == *rule);
        let found = found.unwrap_or_else(|| panic!("{rule} says nothing: {:?}", plan.findings));
        assert_eq!(found.level, level, "{rule}");
        assert!(!found.message.ends_with('.'), "{rule}");
    }
    assert!(Case::office().plan().findings.is_empty());
}

#[test]
fn a_waiver_lets_pass_what_it_names_and_what_nobody_can_judge_is_never_waived() {
    for rule in rules() {
        let (case, level) = case(*rule);
        if level != Level::Block {
            continue;
        }
        let finding = case
            .plan()
            .findings
            .into_iter()
            .find(|finding| finding.rule == *rule)
            .unwrap();
        let max = finding
            .count
            .map_or_else(String::new, |count| format!("max: {count}, "));
        let waiver =
            format!("allow: [{{ finding: {rule}, {max}until: 2999-12-31, because: we know }}]\n");
        let waived = case.configure(&waiver).plan();
        let still = waived
            .findings
            .iter()
            .any(|one| one.rule == *rule && one.level == Level::Block);
        assert_eq!(still, !finding.can_be_waived(), "{rule}");
    }
}

#[test]
fn a_waiver_for_fewer_lets_no_more_pass() {
    let (case, _) = case(FindingRule::DeleteLimit);
    let waiver = "allow: [{ finding: delete-limit, max: 1, until: 2999-12-31, because: one }]\n";
    assert!(case.configure(waiver).plan().is_blocked());
}

#[test]
fn what_two_have_already_neither_takes() {
    let mut twin = live(OFFICE).listings[&Kind::Users].objects["eve"].clone();
    twin.id = "id-of-the-twin".into();
    let twinned = |edited: &str| {
        let mut case = Case::office().edit("extension: 1003", edited);
        let users = case.live.listings.get_mut(&Kind::Users).unwrap();
        users.objects.insert("zed".into(), twin.clone());
        case.plan()
    };
    assert!(twinned("extension: 1003, title: Boss").findings.is_empty());
    let mut case = Case::office();
    let users = case.live.listings.get_mut(&Kind::Users).unwrap();
    users.objects.remove("eve");
    users.objects.insert("zed".into(), twin.clone());
    let taken = |finding: &callsheet::plan::Finding| finding.rule == FindingRule::Taken;
    assert!(case.plan().findings.iter().any(taken), "a newcomer does");
}

/// The plan of a workspace whose policy lets numbers cool for 30 days.
fn with_cooling(portal: &str, before: &str, now: &str) -> Plan {
    let number = |fields: &str| format!("{OFFICE}numbers: {{ +14155550100: {{ {fields} }} }}");
    let case = Case {
        now: state(&number(now)),
        live: live(&number(portal)),
        ..Case::office()
    };
    let case = case.before(&number(before));
    case.configure("policy: { numbers: { cooling_days: 30 } }\n")
        .plan()
}

#[test]
fn a_number_that_loses_its_destination_cools() {
    let plan = with_cooling(
        "destination: 2000",
        "destination: 2000",
        "destination: null",
    );
    let [operation] = &plan.operations[..] else {
        panic!("{plan:?}")
    };
    let until = today().checked_add(jiff::Span::new().days(30)).unwrap();
    assert_eq!(operation.target.text("state"), Some("cooling"));
    assert_eq!(operation.target.text("until"), Some(&*until.to_string()));
    assert_eq!(operation.causes, [operation.cause; 3]);
    // Once that is done, nothing is left to do.
    let cooling = format!("state: cooling, until: {until}");
    assert!(
        with_cooling(&cooling, "title: null", "title: null")
            .operations
            .is_empty()
    );
    // What is declared counts.
    let plan = with_cooling("destination: 2000", "destination: 2000", "state: reserved");
    assert_eq!(plan.operations[0].target.text("state"), Some("reserved"));
}

#[test]
fn a_number_is_used_again_when_it_has_cooled() {
    let plan = with_cooling(
        "state: cooling, until: 2020-01-01",
        "title: null",
        "destination: 2000",
    );
    assert!(!plan.is_blocked(), "{:?}", plan.findings);
    let target = &plan.operations[0].target;
    assert_eq!((target.text("state"), target.text("until")), (None, None));
}
