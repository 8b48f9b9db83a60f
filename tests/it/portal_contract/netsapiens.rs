//! What is particular about *NetSapiens*: changes that are visible later, cores of other versions, what the core
//! keeps differently, and the number of requests.

use super::{
    field::{clean, secret},
    neighbours::neighbours,
    run::{Workspace, applied, failures, reach, step},
    server::Server as _,
    subject::Subject,
};
use crate::{
    faulty::{Fault, Faulty, Match},
    netsapiens::{NetSapiens, Options},
    report::measured,
    running,
};
use callsheet::{
    config::LoginHash,
    model::{Kind, Requests, Standing, Value},
    portal::{Credentials, OauthClient},
    support::check_support,
};
use serde_json::{Value as Json, json};

fn user(extension: &str) -> Json {
    json!({"first_name": "Ann", "last_name": "Lee", "email": format!("a{extension}@acme.example"),
        "extension": extension, "username": format!("u{extension}")})
}

/// The requests that changed something.
fn writes(subject: &Subject<NetSapiens>) -> Vec<(String, String)> {
    let requests = subject.server.fake().requests().into_iter();
    let writes = requests.filter(|one| one.method != "GET");
    let own = |path: String| {
        let domain = "/ns-api/v2/domains/example.com/";
        path.strip_prefix(domain)
            .map_or_else(|| path.clone(), str::to_owned)
    };
    writes
        .map(|one| (one.method.clone(), own(one.path.clone())))
        .collect()
}

#[test]
fn an_accepted_change_is_done_when_it_is_visible() {
    for lag in 0..=5 {
        let subject = Subject::netsapiens(Options {
            lag,
            ..Options::default()
        });
        let mut workspace = neighbours(&subject);
        let mut ann = user("7950");
        ann["dnd"] = json!(true);
        ann["phones"] = json!([{"mac": "00:15:65:00:00:71", "model": "yealink_t54w"}]);
        workspace.declare(Kind::Users, "ann", &ann);
        let queue = json!({"kind": "call_queue", "name": "Q", "agents": ["ann", "conf-bob"]});
        workspace.declare(Kind::Extensions, "7951", &queue);
        step(
            &subject,
            &workspace,
            true,
            &format!("created with a lag of {lag}"),
        );
        let fields = workspace.fields(Kind::Users, "ann");
        fields.set("department".into(), Value::text("Sales"));
        fields.set("dnd".into(), Value::Bool(false));
        workspace
            .fields(Kind::Extensions, "7951")
            .set("name".into(), Value::text("R"));
        step(
            &subject,
            &workspace,
            true,
            &format!("changed with a lag of {lag}"),
        );
        clean(&subject, &mut workspace);
        assert_eq!(subject.server.count("users"), Some(1), "nobody is left");
    }
}

#[test]
fn a_change_that_is_never_visible_is_not_done() {
    let subject = Subject::netsapiens(Options {
        lag: 1000,
        ..Options::default()
    });
    let mut workspace = Workspace::default();
    subject.server.seed_user("7952", "ann");
    let mut ann = user("7952");
    ann["username"] = "ann".into();
    ann["department"] = "Sales".into();
    workspace.declare(Kind::Users, "ann", &ann);
    let told = running::runtime().block_on(async {
        let portal = subject.portal();
        let plan = workspace.plan(&*portal).await.unwrap();
        failures(&plan, &applied(&plan, &*portal).await)
    });
    assert!(
        told[0].contains("doesn't show it yet; plan again in a minute"),
        "{told:?}"
    );
}

#[test]
fn another_extension_is_another_user() {
    let subject = Subject::netsapiens(Options::default());
    let mut workspace = Workspace::default();
    workspace.declare(Kind::Users, "ann", &user("7953"));
    step(&subject, &workspace, true, "a user");
    // Declared anew under another key, the old one goes and its login is free for the new one.
    workspace.remove_on(&subject.capabilities(), Kind::Users, "ann");
    let mut ann = user("7954");
    ann["username"] = "u7953".into();
    workspace.declare(Kind::Users, "ann-lee", &ann);
    step(&subject, &workspace, true, "renumbered");
    assert!(subject.server.object("users/7953").is_none());
    let login = &subject.server.object("users/7954").unwrap()["login-username"];
    assert_eq!(login, "u7953@example.com");
}

#[test]
fn a_pin_keeps_its_leading_zero_or_is_reported() {
    for loses_zeros in [false, true] {
        let subject = Subject::netsapiens(Options {
            loses_zeros,
            ..Options::default()
        });
        let mut workspace = Workspace::default();
        let fields = workspace.declare(Kind::Users, "ann", &user("7955"));
        fields.put(&["voicemail".into(), "pin".into()], Some(secret("pin", 1)));
        // 4711, which is kept as a number by some.
        step(&subject, &workspace, true, "a PIN");
        let fields = workspace.fields(Kind::Users, "ann");
        fields.put(&["voicemail".into(), "pin".into()], Some(secret("pin", 2)));
        let reached = reach(&subject, &workspace, true, "a PIN with a zero");
        let kept = &subject.server.object("users/7955").unwrap()["voicemail-login-pin"];
        match loses_zeros {
            false => assert_eq!((reached, kept), (Ok(()), &json!("0042"))),
            true => assert!(reached.is_err_and(|told| !told.contains("0042")), "{kept}"),
        }
    }
}

#[test]
fn an_older_core_is_used_as_far_as_it_goes() {
    let subject = Subject::netsapiens(Options {
        is_old: true,
        ..Options::default()
    });
    let mut workspace = Workspace::default();
    let mut ann = user("7956");
    ann["directory"] = json!({"spoken": false});
    workspace.declare(Kind::Users, "ann", &ann);
    // Nobody has told yet how the field is spelt.
    subject.server.seed_user("7957", "bob");
    let mut bob = subject.server.object("users/7957").unwrap();
    bob["directory-annouce-in-dial-by-name-enabled"] = "yes".into();
    subject.server.seed("users/7957", &bob);
    step(&subject, &workspace, true, "a user");
    let spoken =
        &subject.server.object("users/7956").unwrap()["directory-annouce-in-dial-by-name-enabled"];
    assert_eq!(spoken, "no");
    // What it lacks is a missing capability, and no absence.
    workspace.declare(Kind::Contacts, "fire", &json!({"name": "Fire Brigade"}));
    let report = check_support(&workspace.state, &subject.capabilities());
    let told: Vec<&str> = report.sorted().iter().map(|one| &*one.message).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("contacts"), "{told:?}");
}

#[test]
fn the_order_of_writes_leaves_nothing_behind() {
    let subject = Subject::netsapiens(Options::default());
    let mut workspace = Workspace::default();
    let mut ann = user("7958");
    ann["phones"] = json!([{"mac": "00:15:65:00:00:71", "model": "yealink_t54w"}]);
    ann["add_phone"] = json!(true);
    workspace.declare(Kind::Users, "ann", &ann);
    let queue = json!({"kind": "call_queue", "name": "Q", "agents": ["ann"]});
    workspace.declare(Kind::Extensions, "7959", &queue);
    step(&subject, &workspace, true, "a user and a queue");
    let before = writes(&subject).len();
    for (kind, key) in [(Kind::Extensions, "7959"), (Kind::Users, "ann")] {
        workspace.remove_on(&subject.capabilities(), kind, key);
    }
    step(&subject, &workspace, true, "both go");
    let removed: Vec<String> = writes(&subject)
        .split_off(before)
        .into_iter()
        .map(|(_, path)| path)
        .collect();
    let expected = [
        "callqueues/7959/agents/7958@example.com",
        "callqueues/7959",
        "users/7959",
        "users/7958/devices/7958",
        "users/7958/devices/7958a",
        "users/7958",
    ];
    assert_eq!(removed, expected);
    subject
        .server
        .assert_untouched(&super::server::Documents::new());
}

#[test]
fn a_phone_of_another_model_stays_the_same_device() {
    let subject = Subject::netsapiens(Options::default());
    let mut workspace = Workspace::default();
    for model in ["yealink_t54w", "yealink_t46u"] {
        let mut ann = user("7961");
        ann["phones"] = json!([{"mac": "00:15:65:00:00:72", "model": model}]);
        workspace.declare(Kind::Users, "ann", &ann);
        step(&subject, &workspace, true, model);
    }
    let last = writes(&subject).pop();
    let device = ("PUT".to_owned(), "users/7961/devices/7961a".to_owned());
    assert_eq!(last, Some(device));
    let kept = subject.server.object("users/7961/devices/7961a").unwrap();
    assert_eq!(kept["device-models-model"], "yealink_t46u");
}

#[test]
fn an_unknown_site_is_refused_before_a_request() {
    let subject = Subject::netsapiens(Options::default());
    subject
        .server
        .seed("sites/Head%20Office", &json!({"site": "Head Office"}));
    let mut workspace = Workspace::default();
    workspace.declare(Kind::Instances, "head-office", &json!({}));
    let mut ann = user("7960");
    ann["instance"] = "head-office".into();
    workspace.declare(Kind::Users, "ann", &ann);
    step(&subject, &workspace, true, "a site by its key");
    assert_eq!(
        subject.server.object("users/7960").unwrap()["site"],
        "Head Office"
    );
    let fields = workspace.fields(Kind::Users, "ann");
    fields.set("instance".into(), Value::text("nowhere"));
    let before = writes(&subject).len();
    let told = reach(&subject, &workspace, true, "another site").unwrap_err();
    assert!(told.contains("nowhere"), "{told}");
    assert_eq!(writes(&subject).len(), before, "nothing was sent");
}

#[test]
fn what_cant_be_declared_is_listed_and_never_changed() {
    let subject = Subject::netsapiens(Options::default());
    let foreign = subject.server.foreign();
    subject.server.seed("contacts/f2", &json!({"unique-id": "f2", "name-first-name": "Zoë van",
        "name-middle-name": "", "name-last-name": "F", "email": "", "company": "", "tags": "", "phonenumber-work": "",
        "phonenumber-cell": "", "phonenumber-home": "", "phonenumber-fax": "", "created-datetime": ""}));
    let live = running::runtime()
        .block_on(async { Workspace::default().read(&*subject.portal()).await.unwrap() });
    for (kind, key, reason) in [
        (Kind::Users, "88001", "has the scope Site Manager"),
        (
            Kind::Extensions,
            "88002",
            "belongs to the system (system-aa)",
        ),
        (Kind::Extensions, "88003", "has the strategy Linear Hunt"),
        (Kind::Numbers, "+14155550999", "sends calls to-connection x"),
        (
            Kind::Contacts,
            "Zoë van F",
            "has the name of another contact",
        ),
        (
            Kind::Contacts,
            "Zoë van F (f2)",
            "has the name of another contact",
        ),
    ] {
        let object = live
            .get(kind, key)
            .unwrap_or_else(|| panic!("{kind}/{key}"));
        match &object.standing {
            Standing::Unsupported(told) => assert!(told.contains(reason), "{kind}/{key}: {told}"),
            other => panic!("{kind}/{key}: {other:?}"),
        }
    }
    subject.server.assert_untouched(&foreign);
}

#[test]
fn a_plan_of_nothing_costs_pages_and_what_is_declared() {
    let subject = Subject::netsapiens(Options::default());
    let names: Vec<String> = (0..1000).map(|at| format!("u{at:04}")).collect();
    subject.server.seed_users(&names);
    let mut workspace = Workspace::default();
    for at in 0..50 {
        let mut one = user(&format!("2{at:04}"));
        one["dnd"] = json!(true);
        one["phones"] =
            json!([{"mac": format!("00:15:65:00:01:{at:02}"), "model": "yealink_t54w"}]);
        one["voicemail"] = json!({"enabled": true, "delivery": "attach"});
        workspace.declare(Kind::Users, &format!("u{at:04}"), &one);
    }
    step(&subject, &workspace, true, "fifty of them");
    let requests = running::runtime().block_on(async {
        let portal = subject.portal();
        workspace.read(&*portal).await.unwrap().requests
    });
    // A count, a page of users, numbers, queues, contacts and sites each, and two lists of each declared user.
    let expected = Requests {
        made: 6 + 100,
        minimum: 6 + 100,
    };
    assert_eq!(requests, expected);
    measured(&format!(
        "a plan of nothing over 1000 users of a NetSapiens, 50 of them declared: {} requests (minimum {})",
        requests.made, requests.minimum
    ));
}

#[test]
fn a_user_that_disappears_between_pages_is_noticed() {
    let subject = Subject::netsapiens(Options::default());
    let names: Vec<String> = (0..3).map(|at| format!("u{at:04}")).collect();
    subject.server.seed_users(&names);
    let faulty = Faulty::before(subject.url());
    let lost = Fault::Changed(|page| drop(page.as_array_mut().and_then(Vec::pop)));
    faulty.fail(Match::get("/ns-api/v2/domains/example.com/users"), lost);
    let doubt = running::runtime().block_on(async {
        let portal = subject.portal_at(&faulty.url());
        let live = Workspace::default().read(&*portal).await.unwrap();
        live.listings[&Kind::Users].doubt().map(str::to_owned)
    });
    assert_eq!(doubt.as_deref(), Some("users: 2 of 3 objects were listed"));
}

#[test]
fn the_doctor_reads_what_a_key_allows_and_logs_in_with_a_client() {
    let mut subject = Subject::netsapiens(Options::default());
    let told = |subject: &Subject<NetSapiens>| {
        let checks =
            running::runtime().block_on(async { subject.portal().diagnose().await.unwrap() });
        assert!(checks.iter().all(|check| check.ok), "{checks:?}");
        format!("{checks:?}")
    };
    let of_key = told(&subject);
    assert!(of_key.contains("Version: 45"), "{of_key}");
    assert!(of_key.contains("may write (Office Manager)"), "{of_key}");
    subject.target.credentials = Credentials::Login {
        user: "1000@example.com".to_owned(),
        password: "a-password".into(),
        account: None,
        hash: LoginHash::Md5,
        client: Some(OauthClient {
            id: "callsheet".to_owned(),
            secret: "a-client-secret".into(),
        }),
    };
    told(&subject);
    assert_eq!(
        writes(&subject),
        [("POST".to_owned(), "/ns-api/v2/tokens".to_owned())]
    );
    subject.server.judge();
}
