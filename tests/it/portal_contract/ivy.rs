//! *IVY*: what is particular to it, at a fake made of our document. Features belong to one user each, extensions
//! lead to other documents, and what costs money is never touched.

use super::{
    run::{Workspace, applied, changed, failures, reach, step},
    subject::Subject,
};
use crate::{
    ivy::{Features, Ivy, LEEDS, PASSWORD, SECRET, TOKEN, USER, YORK},
    report::measured,
    running, workspace,
};
use callsheet::{
    model::{Address, Kind, Name, Requests, Secret, SecretOrigin, Value},
    portal::{Error, Verb, Write},
};
use serde_json::{Value as Json, json};
use std::{collections::BTreeMap, process::Command};

fn subject() -> Subject<Ivy> {
    Subject::ivy(Features::Replace)
}

fn user(name: &str) -> Json {
    json!({"first_name": name, "last_name": "Lee", "email": format!("{name}@acme.example"), "scope": "user"})
}

fn with_devices(name: &str, devices: &[&str]) -> Json {
    let mut user = user(name);
    user["features"] = json!({ "devices": devices });
    user
}

/// Declares two people with a device each.
fn people(subject: &Subject<Ivy>) -> Workspace {
    for (id, login) in [(400_001, "one"), (400_002, "two")] {
        let device = json!({"name": "D", "login": login, "password": "canary-sip-59"});
        subject.server.seed(LEEDS, "devices", id, device);
    }
    let mut workspace = Workspace::default();
    for (name, device) in [("ann", "one"), ("bob", "two")] {
        let user = with_devices(name, &[device]);
        workspace.declare(Kind::Users, name, &user);
    }
    step(subject, &workspace, true, "two people");
    workspace
}

fn owner(subject: &Subject<Ivy>, path: &str) -> Json {
    subject.server.fake.object(path).unwrap()["user_id"].clone()
}

fn id_of(subject: &Subject<Ivy>, name: &str) -> Json {
    let email = format!("{name}@acme.example");
    let users = subject.server.all("users").into_iter();
    let mut own = users.filter(|user| user["email"] == *email);
    own.next().unwrap()["id"].clone()
}

/// Plans and applies, and returns what failed.
fn attempt(subject: &Subject<Ivy>, workspace: &Workspace, meanwhile: impl Fn()) -> Vec<String> {
    running::runtime().block_on(async {
        let portal = subject.portal();
        let plan = workspace.plan(&*portal).await.unwrap();
        assert!(!plan.is_blocked(), "{:?}", plan.findings);
        meanwhile();
        failures(&plan, &applied(&plan, &*portal).await)
    })
}

#[test]
fn a_feature_is_taken_from_another_user_only_if_both_are_declared() {
    let subject = subject();
    let mut workspace = people(&subject);
    // Bob isn't declared, and keeps what he has.
    let mut ann = workspace.clone();
    ann.state
        .resources
        .remove(&Address::new(Kind::Users, "bob"));
    ann.declare(Kind::Users, "ann", &with_devices("ann", &["one", "two"]));
    let refused = reach(&subject, &ann, true, "taken from bob").unwrap_err();
    assert!(refused.contains("bob@acme.example"), "{refused}");
    assert_eq!(
        owner(&subject, &format!("/v2/sites/{LEEDS}/devices/400002")),
        id_of(&subject, "bob")
    );
    // Both are declared: the plan shows both.
    workspace.declare(Kind::Users, "ann", &with_devices("ann", &["two"]));
    workspace.declare(Kind::Users, "bob", &with_devices("bob", &["one"]));
    let plan =
        running::runtime().block_on(async { workspace.plan(&*subject.portal()).await.unwrap() });
    let told = changed(&plan).concat();
    assert!(
        told.contains("users/ann") && told.contains("users/bob"),
        "{told}"
    );
    step(&subject, &workspace, true, "swapped");
    for (device, name) in [(400_001, "bob"), (400_002, "ann")] {
        let path = format!("/v2/sites/{LEEDS}/devices/{device}");
        assert_eq!(owner(&subject, &path), id_of(&subject, name));
    }
}

#[test]
fn a_feature_that_somebody_else_gets_meanwhile_is_not_taken() {
    let subject = subject();
    let mut workspace = people(&subject);
    let free = json!({"name": "D", "login": "three"});
    subject.server.seed(LEEDS, "devices", 400_003, free);
    workspace.declare(Kind::Users, "ann", &with_devices("ann", &["one", "three"]));
    let bob = id_of(&subject, "bob");
    let told = attempt(&subject, &workspace, || {
        let taken = json!({"name": "D", "login": "three", "user_id": bob});
        subject.server.seed(LEEDS, "devices", 400_003, taken);
    });
    assert!(
        told[0].contains("another user has three by now"),
        "{told:?}"
    );
    assert_eq!(
        owner(&subject, &format!("/v2/sites/{LEEDS}/devices/400003")),
        bob
    );
}

#[test]
fn features_that_are_not_declared_stay() {
    let subject = subject();
    let mut workspace = people(&subject);
    let ann = id_of(&subject, "ann");
    // Of types that the model can't name, without a name of their own, and of another instance.
    let kept = [
        (LEEDS, "forwards", 400_011),
        (LEEDS, "schedules", 400_012),
        (LEEDS, "ring-groups", 400_013),
        (YORK, "devices", 400_014),
    ];
    for (site, collection, id) in kept {
        let feature = json!({"name": "K", "login": "kept", "user_id": ann});
        subject.server.seed(site, collection, id, feature);
    }
    workspace.declare(Kind::Users, "ann", &with_devices("ann", &["one", "Plain"]));
    step(&subject, &workspace, true, "a device more");
    workspace.declare(Kind::Users, "ann", &with_devices("ann", &[]));
    step(&subject, &workspace, true, "no devices");
    for (site, collection, id) in kept {
        let path = format!("/v2/sites/{site}/{collection}/{id}");
        assert_eq!(owner(&subject, &path), ann, "{collection}");
    }
    assert_eq!(
        owner(&subject, &format!("/v2/sites/{LEEDS}/devices/400001")),
        Json::Null
    );
}

#[test]
fn a_portal_that_takes_nothing_away_is_not_believed() {
    let subject = Subject::ivy(Features::Add);
    let mut workspace = people(&subject);
    workspace.declare(Kind::Users, "ann", &with_devices("ann", &["Plain"]));
    let told = attempt(&subject, &workspace, || {});
    assert!(
        told[0].contains("shows other devices afterwards"),
        "{told:?}"
    );
}

#[test]
fn an_instance_shows_by_features_only() {
    let subject = subject();
    let mut workspace = Workspace::default();
    let mut ann = user("ann");
    ann["instance"] = "conf-leeds".into();
    workspace.declare(Kind::Users, "ann", &ann);
    step(&subject, &workspace, true, "a new user");
    let made = subject.server.fake.accepted().into_iter();
    let mut made = made.filter(|one| one.method == "POST" && one.path == "/v2/users");
    let made = made.next().unwrap().body;
    assert_eq!(
        (&made["site_id"], &made["locale"]),
        (&json!(LEEDS), &json!("en-US"))
    );
    let waiting = running::runtime()
        .block_on(async { workspace.plan(&*subject.portal()).await.unwrap() })
        .waiting;
    assert!(waiting[0].1.waits_for.contains("features"), "{waiting:?}");
    // With a feature it is there.
    ann["features"] = json!({"devices": ["Plain"]});
    workspace.declare(Kind::Users, "ann", &ann);
    step(&subject, &workspace, true, "a feature");
    let plan =
        running::runtime().block_on(async { workspace.plan(&*subject.portal()).await.unwrap() });
    assert!(plan.waiting.is_empty() && plan.operations.is_empty());
    // Another instance can't be declared then.
    ann["instance"] = "conf-york".into();
    workspace.declare(Kind::Users, "ann", &ann);
    let refused = reach(&subject, &workspace, None, "another").unwrap_err();
    assert!(refused.contains("instance"), "{refused}");
}

fn ring(members: &[&str], no_answer: Option<&str>) -> Json {
    let mut ring = json!({"kind": "ring_group", "name": "Ring", "members": members});
    if let Some(no_answer) = no_answer {
        ring["no_answer"] = no_answer.into();
    }
    ring
}

#[test]
fn ring_groups_lead_to_themselves_and_in_circles() {
    let subject = subject();
    let mut workspace = Workspace::default();
    let itself = ring(&["7900"], Some("7900"));
    workspace.declare(Kind::Extensions, "7900", &itself);
    step(&subject, &workspace, true, "itself");
    // The first of a circle is completed by the next plan, and says so.
    workspace.declare(Kind::Extensions, "7801", &ring(&["7802"], None));
    workspace.declare(Kind::Extensions, "7802", &ring(&["7900"], Some("7801")));
    let told = attempt(&subject, &workspace, || {});
    assert!(told[0].contains("plan again to finish it"), "{told:?}");
    step(&subject, &workspace, true, "the circle is closed");
    assert_eq!(subject.server.all("ring-groups").len(), 3);
    // Codes come back in another spelling, and are sent as they are given.
    let sent = subject.server.fake.accepted().into_iter();
    let sent = sent.filter(|one| one.method != "GET");
    let sent: String = sent.map(|one| one.body.to_string()).collect();
    assert!(sent.contains("\"code\":\"extension:"), "{sent}");
    assert!(!sent.contains("\"code\":\"Extension:"), "{sent}");
    // What leads nowhere else is deleted with its number.
    for key in ["7801", "7802", "7900"] {
        workspace.remove(Kind::Extensions, key);
    }
    step(&subject, &workspace, true, "deleted");
    assert!(subject.server.all("ring-groups").is_empty());
}

#[test]
fn an_interrupted_creation_is_completed() {
    let subject = subject();
    // What another attempt left, and one of somebody else.
    for (id, name) in [(500_001, "7900 Ring"), (500_002, "Ring")] {
        let group = json!({"name": name, "timeout": 5, "destinations": []});
        subject.server.seed(LEEDS, "ring-groups", id, group);
    }
    let mut workspace = Workspace::default();
    workspace.declare(Kind::Extensions, "7900", &ring(&["7900"], None));
    step(&subject, &workspace, true, "an extension");
    let groups = subject.server.all("ring-groups");
    assert_eq!(groups.len(), 2, "{groups:?}");
    let other = groups.iter().find(|group| group["name"] == "Ring").unwrap();
    assert_eq!(
        (&other["timeout"], &other["destinations"]),
        (&json!(5), &json!([]))
    );
}

#[test]
fn what_two_extensions_share_is_not_managed() {
    let subject = subject();
    let group = json!({"name": "G", "timeout": 5, "destinations": []});
    subject.server.seed(LEEDS, "ring-groups", 500_001, group);
    for (id, number) in [(500_002, "7801"), (500_003, "7802")] {
        let to =
            json!({"number": number, "name": "G", "destination": {"code": "ring_group:500001"}});
        subject.server.seed(LEEDS, "extensions", id, to);
    }
    let mut workspace = Workspace::default();
    workspace.declare(Kind::Extensions, "7801", &ring(&["7802"], None));
    let refused = reach(&subject, &workspace, None, "shared").unwrap_err();
    assert!(refused.contains("as another one does"), "{refused}");
}

#[test]
fn what_costs_money_is_never_created_or_deleted() {
    let subject = subject();
    for (kind, key, fields) in [
        (Kind::Numbers, "+14155550999", json!({"title": "New"})),
        (Kind::Instances, "conf-new", json!({})),
    ] {
        let mut workspace = Workspace::default();
        workspace.declare(kind, key, &fields);
        let told = attempt(&subject, &workspace, || {});
        assert!(told[0].contains("cost money"), "{told:?}");
    }
    // Not even if the engine asked for it.
    for (kind, key, id) in [
        (Kind::Numbers, "+14155550180", format!("{LEEDS}/120180")),
        (Kind::Instances, "conf-leeds", LEEDS.to_string()),
    ] {
        let object = callsheet::portal::ObjectRef {
            id: &id,
            key,
            etag: None,
        };
        let write = Write {
            address: &Address::new(kind, key),
            verb: Verb::Delete(object),
            target: &callsheet::model::Fields::default(),
            changes: &[],
            secrets: &BTreeMap::new(),
            greeting: None,
        };
        let refused = running::runtime().block_on(async {
            let portal = subject.portal();
            portal.read(&[kind].into(), &()).await.unwrap();
            portal.write(&write).await.unwrap_err()
        });
        assert!(matches!(refused, Error::Refused { .. }), "{refused}");
    }
    assert_eq!(subject.server.writes(), [""; 0]);
    // What is removed from the files stays.
    let mut workspace = Workspace::default();
    workspace.declare(Kind::Numbers, "+14155550180", &json!({"title": "Main"}));
    step(&subject, &workspace, true, "a name");
    workspace.remove(Kind::Numbers, "+14155550180");
    workspace.declare(Kind::Users, "ann", &user("ann"));
    step(&subject, &workspace, true, "removed");
    assert_eq!(subject.server.all("phone-numbers").len(), 4);
}

#[test]
fn the_instance_is_rebuilt_once_and_only_if_it_is_touched() {
    let subject = subject();
    let rebuilds = || {
        let writes = subject.server.writes().into_iter();
        writes.filter(|one| one.ends_with("/rebuild")).count()
    };
    let mut workspace = people(&subject);
    assert_eq!(rebuilds(), 1);
    let fields = workspace.fields(Kind::Users, "ann");
    fields.set("last_name".into(), Value::text("Ng"));
    step(&subject, &workspace, true, "a name");
    assert_eq!(rebuilds(), 1);
    workspace.declare(Kind::Users, "ann", &with_devices("ann", &[]));
    workspace.declare(Kind::Extensions, "7900", &ring(&["7900"], None));
    step(&subject, &workspace, true, "features");
    assert_eq!(rebuilds(), 2);
}

fn pin(zero: bool) -> Value {
    let name = if zero { "PIN_WITH_ZERO" } else { "PIN" };
    Value::Secret(Box::new(Secret {
        origin: Some(SecretOrigin::Env(name.into())),
        version: 1,
    }))
}

#[test]
fn a_conference_room_is_sent_as_a_form_and_its_pins_keep_their_zeros() {
    let subject = subject();
    let mut workspace = Workspace::default();
    let room = json!({"kind": "conference", "name": "Room: 1", "max_members": 9});
    let fields = workspace.declare(Kind::Extensions, "7900", &room);
    for (name, zero) in [("pin", true), ("moderator_pin", false)] {
        fields.put(&[Name::from(name)], Some(pin(zero)));
    }
    assert_eq!(attempt(&subject, &workspace, || {}), [""; 0]);
    let room = subject.server.all("conference-rooms").pop().unwrap();
    assert_eq!(
        (&room["pin"], &room["moderator_pin"]),
        (&json!("0042"), &json!("4711"))
    );
    assert_eq!(
        (&room["name"], &room["channel_limit"]),
        (&json!("7900 Room: 1"), &json!(9))
    );
    let sent = subject.server.fake.accepted().into_iter();
    let mut sent =
        sent.filter(|one| one.path.ends_with("conference-rooms") && one.method == "POST");
    assert!(
        sent.next()
            .unwrap()
            .media()
            .starts_with("multipart/form-data")
    );
    // A room without PINs can't be declared.
    let refused = callsheet::support::check_support(
        &{
            let mut without = Workspace::default();
            without.declare(
                Kind::Extensions,
                "7900",
                &json!({"kind": "conference", "name": "Room"}),
            );
            without.state
        },
        &subject.capabilities(),
    );
    let told: Vec<&str> = refused.sorted().iter().map(|one| &*one.message).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told[0].contains("requires `") && told[0].contains("kind: conference"),
        "{told:?}"
    );
}

#[test]
fn several_instances_need_a_choice() {
    let mut subject = subject();
    for tenant in [None, Some("conf-nowhere".to_owned())] {
        subject.target.tenant = tenant;
        let error = running::runtime().block_on(async {
            let portal = subject.portal();
            portal.read(&[Kind::Users].into(), &()).await.unwrap_err()
        });
        let told = error.to_string();
        assert!(
            told.contains("portal.tenant") && told.contains("conf-leeds, conf-york, conf-hull"),
            "{told}"
        );
    }
}

#[test]
fn a_plan_of_nothing_costs_lists_and_no_request_per_object() {
    let subject = subject();
    let mut workspace = Workspace::default();
    let names: Vec<String> = (0..1000).map(|at| format!("u{at:04}")).collect();
    for (at, name) in (0_u64..).zip(&names) {
        subject
            .server
            .seed_user(600_000 + at, &format!("{name}@acme.example"), "user");
        let device = json!({"name": "D", "login": name, "user_id": 600_000 + at});
        subject.server.seed(LEEDS, "devices", 700_000 + at, device);
        let number = json!({"number": format!("{}", 2000 + at), "name": "N", "user_id": 600_000 + at,
            "destination": {"code": format!("device:{}", 700_000 + at)}});
        subject
            .server
            .seed(LEEDS, "extensions", 800_000 + at, number);
    }
    for (at, name) in names.iter().take(50).enumerate() {
        let mut user = user(name);
        user["first_name"] = "A".into();
        user["last_name"] = "B".into();
        user["active"] = true.into();
        user["instance"] = "conf-leeds".into();
        user["features"] = json!({"devices": [name], "extensions": [format!("{}", 2000 + at)]});
        workspace.declare(Kind::Users, name, &user);
    }
    let (requests, operations) = running::runtime().block_on(async {
        let portal = subject.portal();
        let live = workspace.read(&*portal).await.unwrap();
        let plan = workspace.plan(&*subject.portal()).await.unwrap();
        (live.requests, changed(&plan))
    });
    assert_eq!(operations, [""; 0]);
    // The login, users, instances, and nine lists of each of three instances.
    let (made, minimum) = (1 + 1 + 1 + 9 * 3, 1 + 1 + 1 + 9 * 3);
    assert_eq!(requests, Requests { made, minimum });
    measured(&format!(
        "a plan of nothing over 1000 users of an IVY with three instances, 50 of them declared in full: {made} requests (minimum {minimum})"
    ));
}

/// Runs the program in a workspace.
fn run(folder: &std::path::Path, args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_callsheet"))
        .args(["-vvv", "-C"])
        .arg(folder)
        .args(args)
        .env("PORTAL_PASSWORD", PASSWORD)
        .env("PORTAL_SECRET", SECRET)
        .env("ROOM_PIN", "481516")
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

#[test]
fn the_program_works_with_an_ivy_and_prints_no_secret() {
    let subject = subject();
    let folder = tempfile::tempdir().unwrap();
    let config = |credentials: &str| {
        let url = &subject.server.url;
        format!(
            "portal:\n  kind: ivy\n  url: {url}\n  tenant: conf-leeds\n  credentials: {{ {credentials} }}\n"
        )
    };
    let password = "password: { env: PORTAL_PASSWORD }";
    let people = "instances: { conf-leeds: {} }\nusers:\n  ann:\n    first_name: Ann\n    last_name: Lee\n    email: ann@acme.example\n    scope: user\n    \
        instance: conf-leeds\n    features: { devices: [Plain], extensions: [7901] }\nextensions:\n  7901: { kind: \
        conference, name: Room, pin: { env: ROOM_PIN }, moderator_pin: { env: ROOM_PIN } }\n";
    let incomplete = config(&format!("user: {USER}, {password}"));
    workspace::write(
        folder.path(),
        &[("callsheet.yaml", &incomplete), ("people.yaml", people)],
    );
    let told = run(folder.path(), &["plan"]);
    assert!(
        told.contains("needs `user:`, `password:` and `client:`"),
        "{told}"
    );
    let client = "client: { id: callsheet, secret: { env: PORTAL_SECRET } }";
    let complete = config(&format!("user: {USER}, {password}, {client}"));
    workspace::write(
        folder.path(),
        &[("callsheet.yaml", &complete), ("people.yaml", people)],
    );
    let mut said = run(folder.path(), &["doctor"]);
    assert!(said.contains("the role is administrator"), "{said}");
    for args in [
        &["plan", "--format", "json"][..],
        &["apply", "--yes"],
        &["plan", "--format", "html"],
        &["list", "users", "--format", "json"],
        &["show", "users/ann"],
        &["import"],
    ] {
        said += &run(folder.path(), args);
    }
    assert!(said.contains("2 of 2 done"), "{said}");
    assert_eq!(subject.server.all("conference-rooms")[0]["pin"], "481516");
    for secret in [PASSWORD, SECRET, "481516", "canary-sip-59", TOKEN] {
        assert!(!said.contains(secret), "{secret} is said");
    }
    // A login that may only read.
    subject.server.seed_user(100_000, USER, "user");
    let said = run(folder.path(), &["doctor"]);
    assert!(said.contains("may only read"), "{said}");
}

#[test]
fn init_makes_a_workspace_that_is_valid() {
    let folder = tempfile::tempdir().unwrap();
    let told = run(folder.path(), &["init", "--portal", "ivy"]);
    assert!(told.contains("callsheet.yaml"), "{told}");
    let told = run(folder.path(), &["validate"]);
    assert!(!told.contains("error"), "{told}");
}
