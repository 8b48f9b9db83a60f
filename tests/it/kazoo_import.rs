//! An *import* from Kazoo: users as Monster UI creates them, and other content of an old account. The result
//! is valid, the next plan is empty, and nothing on the portal is changed.

use crate::{
    kazoo::{Dialect, Kazoo, Options, PASSWORD},
    workspace::write,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const COLLECTIONS: [&str; 11] = [
    "users",
    "devices",
    "vmboxes",
    "callflows",
    "groups",
    "conferences",
    "menus",
    "directories",
    "queues",
    "faxboxes",
    "temporal_rules",
];

/// All documents of the account.
fn documents(kazoo: &Kazoo) -> BTreeMap<&'static str, BTreeMap<String, Value>> {
    COLLECTIONS
        .into_iter()
        .map(|collection| (collection, kazoo.docs(collection)))
        .collect()
}

/// A user as Monster UI creates it, without other documents.
fn user(kazoo: &Kazoo, first: &str, number: Option<&str>) -> String {
    let email = format!("{}@acme.example", first.to_lowercase());
    let mut user = json!({
        "username": email, "email": email, "password": "pa55word",
        "first_name": first, "last_name": "Lee",
        "timezone": "Europe/London",
        "caller_id": {"internal": {"name": format!("{first} Lee")}},
        "flags": ["vip"],
        "ui_metadata": {"version": "4.3-1", "ui": "monster-ui", "origin": "voip"},
        "x_of_somebody": {"kept": [1, 2]},
    });
    if let Some(number) = number {
        user["caller_id"]["internal"]["number"] = number.into();
        user["presence_id"] = number.into();
    }
    kazoo.seed("users", user)
}

fn mailbox(kazoo: &Kazoo, owner: &str, number: &str) -> String {
    let vmbox = json!({"mailbox": number, "name": format!("{number}'s VMBox"), "owner_id": owner,
        "pin": "1234", "ui_metadata": {"origin": "voip"}});
    kazoo.seed("vmboxes", vmbox)
}

fn node(module: &str, data: Value, children: Value) -> Value {
    json!({"module": module, "data": data, "children": children})
}

fn voicemail(id: &str) -> Value {
    node("voicemail", json!({ "id": id }), json!({}))
}

fn rings(user: &str, timeout: u32, children: Value) -> Value {
    node(
        "user",
        json!({"id": user, "timeout": timeout, "can_call_self": false}),
        children,
    )
}

fn main_callflow(kazoo: &Kazoo, owner: &str, numbers: &[&str], flow: Value) -> String {
    let callflow = json!({"name": format!("{} SmartPBX's Callflow", numbers[0]), "numbers": numbers, "owner_id": owner,
        "type": "mainUserCallflow", "contact_list": {"exclude": false}, "flow": flow,
        "ui_metadata": {"version": "4.3-1", "ui": "monster-ui", "origin": "voip"}});
    kazoo.seed("callflows", callflow)
}

/// A person as Monster UI creates it: user, mailbox, callflow, a desk phone and a soft phone.
fn person(kazoo: &Kazoo, first: &str, number: &str, mac: Option<&str>) -> (String, String) {
    let id = user(kazoo, first, Some(number));
    let vmbox = mailbox(kazoo, &id, number);
    main_callflow(
        kazoo,
        &id,
        &[number],
        rings(&id, 20, json!({"_": voicemail(&vmbox)})),
    );
    let sip =
        |name: &str| json!({"username": format!("user_{name}{number}"), "password": "pa55word99"});
    if let Some(mac) = mac {
        let phone = json!({"name": "Desk", "device_type": "sip_device", "owner_id": id, "mac_address": mac, "enabled": true,
            "sip": sip("d"), "provision": {"endpoint_brand": "yealink", "endpoint_family": "t5x", "endpoint_model": "t54w",
                "combo_keys": {"1": {"type": "line"}}}});
        kazoo.seed("devices", phone);
    }
    let soft = json!({"name": "Soft", "device_type": "softphone", "owner_id": id, "enabled": true, "sip": sip("s")});
    kazoo.seed("devices", soft);
    (id, vmbox)
}

/// An account that has grown over years.
fn office(kazoo: &Kazoo) {
    let (ann, ann_box) = person(kazoo, "Ann", "1001", Some("001565aabb01"));
    let (bob, _) = person(kazoo, "Bob", "1002", Some("00:15:65:AA:BB:02"));
    let cid = user(kazoo, "Cid", Some("1003"));
    main_callflow(kazoo, &cid, &["1003"], rings(&cid, 25, json!({})));
    let dee = user(kazoo, "Dee", None);
    kazoo.set(
        "users",
        &dee,
        json!({"enabled": false, "priv_level": "admin", "directories": {}}),
    );
    let eli = user(kazoo, "Eli", Some("1015"));
    let eli_box = mailbox(kazoo, &eli, "1005");
    let numbers = ["+14155550105", "1005", "1015"];
    main_callflow(
        kazoo,
        &eli,
        &numbers,
        rings(&eli, 60, json!({"_": voicemail(&eli_box)})),
    );
    let fay = user(kazoo, "Fay", Some("1006"));
    let fay_box = mailbox(kazoo, &fay, "0106");
    kazoo.set(
        "vmboxes",
        &fay_box,
        json!({"notify_email_addresses": ["fay@home.example", "second@home.example"]}),
    );
    let plain = json!({"name": "Fay", "numbers": ["1006"], "owner_id": fay, "flow": rings(&fay, 20, json!({"_": voicemail(&fay_box)}))});
    kazoo.seed("callflows", plain);
    kazoo.set(
        "users",
        &fay,
        json!({"call_forward": {"enabled": true, "number": "+14155550999", "substitute": true},
            "do_not_disturb": {"enabled": true}, "caller_id": {"external": {"number": "+14155550100"}},
            "profile": {"title": "Chief", "nicknames": ["Fifi", "F"], "addresses": [{"address": "1 High St", "types": ["home"]}]}}),
    );
    // Somebody whose address is Ann's, and somebody whose name ends in a blank.
    let gus = user(kazoo, "Gus", None);
    kazoo.set("users", &gus, json!({"email": "ann@acme.example"}));
    let hal = user(kazoo, "Hal", None);
    kazoo.set("users", &hal, json!({"first_name": "Hal "}));
    // Nobody logs in as these: one without a name, one with a name that is no key.
    kazoo.seed(
        "users",
        json!({"first_name": "Lobby", "last_name": "Phone"}),
    );
    kazoo.seed("users", json!({"username": "_door", "password": "pa55word", "first_name": "Door", "last_name": "Bell", "email": "door@acme.example"}));
    let lobby = json!({"name": "Lobby", "device_type": "sip_device", "mac_address": "001565aabb99", "enabled": true});
    let lobby = kazoo.seed("devices", lobby);
    let shared = kazoo.seed("vmboxes", json!({"mailbox": "1999", "name": "Shared"}));

    let sales = json!({"name": "Sales Team", "endpoints": {&ann: {"type": "user", "weight": 1}, &lobby: {"type": "device", "weight": 2}},
        "ui_metadata": {"origin": "voip"}});
    let sales = kazoo.seed("groups", sales);
    kazoo.seed(
        "groups",
        json!({"name": "!", "endpoints": {&ann: {"type": "user", "weight": 1}}}),
    );
    kazoo.seed("groups", json!({"name": "Technik & Büro", "endpoints": {}}));

    let endpoint =
        |id: &str, kind: &str| json!({"id": id, "endpoint_type": kind, "delay": 0, "timeout": 20});
    let endpoints = json!([
        endpoint(&bob, "user"),
        endpoint(&lobby, "device"),
        endpoint(&ann, "user"),
        endpoint(&sales, "group")
    ]);
    let ring = node(
        "ring_group",
        json!({"name": "Desk", "endpoints": endpoints, "strategy": "single", "timeout": 40}),
        json!({"_": voicemail(&shared)}),
    );
    let ring = kazoo.seed("callflows", json!({"name": "Front desk", "numbers": ["2000", "+14155550120"], "flow": ring, "group_id": sales}));
    let base = node(
        "ring_group",
        json!({"endpoints": [endpoint(&bob, "user")], "timeout": 3}),
        json!({"_": node("callflow", json!({"id": ring}), json!({}))}),
    );
    kazoo.seed(
        "callflows",
        json!({"name": "Base group", "numbers": ["2001"], "type": "baseGroup", "flow": base}),
    );

    let room = kazoo.seed("conferences", json!({"name": "Board room", "owner_id": ann, "member": {"pins": ["4321", "99"]}, "max_participants": 12}));
    kazoo.seed("callflows", json!({"name": "Board room", "numbers": ["3000"], "flow": node("conference", json!({"id": room, "moderator": false}), json!({}))}));
    kazoo.seed("callflows", json!({"name": "Any room", "numbers": ["3001"], "flow": node("conference", json!({}), json!({}))}));
    let gone = kazoo.seed("conferences", json!({"name": "Gone"}));
    kazoo.seed("callflows", json!({"name": "Gone room", "numbers": ["3002"], "flow": node("conference", json!({"id": gone}), json!({}))}));
    kazoo.remove("conferences", &gone);

    let menu = kazoo.seed("menus", json!({"name": "Main menu", "timeout": 500, "hunt": false, "retries": 3, "media": {"greeting": "abcdef"}}));
    let menu = node(
        "menu",
        json!({ "id": menu }),
        json!({"1": voicemail(&ann_box), "2": rings(&bob, 20, json!({"_": voicemail(&shared)})), "3": node("callflow", json!({"id": ring}), json!({})),
            "_": node("hangup", json!({}), json!({})), "timeout": node("resources", json!({"to_did": "+14155550123"}), json!({}))}),
    );
    let main = kazoo.seed(
        "callflows",
        json!({"name": "Main", "numbers": ["4000", "+14155550100"], "flow": menu}),
    );
    let late = node("callflow", json!({"id": main}), json!({}));
    let rule = json!({"name": "Day", "cycle": "weekly", "wdays": ["monday"], "time_window_start": 32400, "time_window_stop": 61200});
    let rule = kazoo.seed("temporal_rules", rule);
    let routed = node(
        "temporal_route",
        json!({"rules": [rule]}),
        json!({&rule: rings(&ann, 20, json!({})), "_": late}),
    );
    kazoo.seed(
        "callflows",
        json!({"name": "By day", "numbers": ["5000", "+14155550150"], "flow": routed}),
    );
    kazoo.seed("callflows", json!({"name": "To main", "numbers": ["5001"], "flow": node("callflow", json!({"id": main}), json!({}))}));
    kazoo.seed(
        "callflows",
        json!({"name": "To the door", "numbers": ["5002"], "flow": rings(&dee, 20, json!({}))}),
    );

    let check = node("voicemail", json!({"action": "check"}), json!({}));
    kazoo.seed("callflows", json!({"name": "Check", "numbers": ["*97"], "featurecode": {"name": "voicemail[action=check]", "number": "97"}, "flow": check}));
    let park = node("park", json!({"action": "auto"}), json!({}));
    kazoo.seed("callflows", json!({"patterns": ["^\\*3([0-9]*)$"], "featurecode": {"name": "park", "number": "3"}, "flow": park}));
    let out = node("offnet", json!({}), json!({}));
    kazoo.seed(
        "callflows",
        json!({"name": "no_match", "numbers": ["no_match"], "flow": out}),
    );

    let directory = kazoo.seed("directories", json!({"name": "Staff"}));
    kazoo.set("users", &ann, json!({"directories": {&directory: main}}));
    kazoo.seed("callflows", json!({"name": "Names", "numbers": ["5003"], "flow": node("directory", json!({"id": directory}), json!({}))}));

    let queue = kazoo.seed("queues", json!({"name": "Support", "strategy": "most_idle", "agent_ring_timeout": 15, "connection_timeout": 3600, "moh": "/system_media/music"}));
    for agent in [&ann, &eli] {
        kazoo.set("users", agent, json!({"queues": [queue]}));
    }
    let waits = node(
        "acdc_member",
        json!({"id": queue}),
        json!({"_": rings(&cid, 20, json!({}))}),
    );
    kazoo.seed(
        "callflows",
        json!({"name": "Support", "numbers": ["6000"], "flow": waits}),
    );

    let fax = json!({"name": "Fax", "owner_id": bob, "caller_id": "+14155550170", "retries": 4,
        "notifications": {"inbound": {"email": {"send_to": ["fax@acme.example"]}}}});
    let fax = kazoo.seed("faxboxes", fax);
    kazoo.seed("callflows", json!({"name": "Fax", "numbers": ["7000", "+14155550170"], "flow": node("faxbox", json!({"faxbox_id": fax}), json!({}))}));
}

/// A workspace for a Kazoo.
fn workspace(kazoo: &Kazoo) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let config = format!(
        "portal:\n  kind: kazoo\n  url: {}\n  tenant: acme\n  credentials: {{ user: admin, password: {{ env: KAZOO }} }}\n  rate_limit: {{ per_second: 5000, burst: 5000 }}\n",
        kazoo.url
    );
    write(folder.path(), &[("callsheet.yaml", &config)]);
    folder
}

/// Runs the binary in a workspace. Returns the exit code, stdout and stderr.
fn run(folder: &tempfile::TempDir, line: &str) -> (i32, String, String) {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_callsheet"));
    command
        .current_dir(folder.path())
        .env_clear()
        .env("KAZOO", PASSWORD);
    let output = command.args(line.split(' ')).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

/// Checks that there were only reads, apart from logins.
fn only_read(kazoo: &Kazoo) {
    for seen in kazoo.requests() {
        let is_login = seen.method == "PUT" && seen.path.ends_with("_auth");
        let is_bulk = seen.method == "POST" && seen.path.ends_with("/bulk");
        assert!(
            seen.method == "GET" || is_login || is_bulk,
            "{} {}",
            seen.method,
            seen.path
        );
    }
}

fn imported(options: Options) {
    let dialect = options.dialect;
    let kazoo = options.start();
    office(&kazoo);
    let before = documents(&kazoo);
    let folder = workspace(&kazoo);
    let (code, stdout, stderr) = run(&folder, "import");
    assert_eq!(code, 0, "{dialect:?}: {stdout}{stderr}");
    let texts: String = [
        "groups.yaml",
        "users.yaml",
        "extensions.yaml",
        "numbers.yaml",
    ]
    .iter()
    .map(|name| std::fs::read_to_string(folder.path().join(name)).unwrap())
    .collect();
    let hex = |text: &str| {
        let is_hex = |word: &&str| word.len() == 32 && word.chars().all(|c| c.is_ascii_hexdigit());
        text.split(|c: char| !c.is_alphanumeric())
            .filter(is_hex)
            .count()
    };
    assert_eq!(hex(&texts), 0, "an id is nothing for a file: {texts}");
    insta::with_settings!({
        snapshot_path => "snapshots/kazoo", prepend_module_to_snapshot => false, omit_expression => true,
        filters => vec![("[0-9a-f]{32}", "[ID]")],
    }, { insta::assert_snapshot!("import", format!("{stdout}{stderr}\n{texts}")) });
    let (code, stdout, stderr) = run(&folder, "validate");
    assert_eq!(code, 0, "{dialect:?}: {stdout}{stderr}\n{texts}");
    let (code, stdout, stderr) = run(&folder, "plan --detailed-exitcode");
    assert_eq!(code, 0, "{dialect:?}: {stdout}{stderr}\n{texts}");
    only_read(&kazoo);
    assert_eq!(documents(&kazoo), before);
    change_a_title(&kazoo, &folder);
}

/// Changes one field of one user, and checks that no other field or document changes.
fn change_a_title(kazoo: &Kazoo, folder: &tempfile::TempDir) {
    let path = folder.path().join("users.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    let changed = text.replacen(
        "  ann@acme.example:\n",
        "  ann@acme.example:\n    title: Boss\n",
        1,
    );
    assert_ne!(changed, text);
    std::fs::write(&path, changed).unwrap();
    let mut expected = documents(kazoo);
    let users = expected.get_mut("users").unwrap();
    let ann = users
        .values_mut()
        .find(|user| user["username"] == "ann@acme.example");
    ann.unwrap()["profile"] = json!({"title": "Boss"});
    kazoo.forget();
    let (code, stdout, stderr) = run(folder, "apply --yes");
    assert_eq!(code, 0, "{stdout}{stderr}");
    assert_eq!(documents(kazoo), expected);
    let writes = kazoo.requests();
    let writes: Vec<_> = writes
        .iter()
        .filter(|seen| seen.method != "GET" && !seen.path.ends_with("_auth"))
        .collect();
    assert_eq!(writes.len(), 1, "{writes:?}");
    assert_eq!(
        writes[0].body["data"],
        json!({"profile": {"title": "Boss"}})
    );
    assert_eq!(run(folder, "plan --detailed-exitcode").0, 0);
}

#[test]
fn an_account_of_kazoo_4_is_imported() {
    imported(Options::new(Dialect::Four));
}

#[test]
fn an_account_of_kazoo_4_with_bulk_is_imported() {
    imported(Options {
        bulk: true,
        page_size: 3,
        largest_page: Some(3),
        ..Options::new(Dialect::Four)
    });
}

#[test]
fn an_account_of_kazoo_5_is_imported() {
    imported(Options::new(Dialect::Five));
}

#[test]
fn of_groups_with_the_same_key_one_is_managed() {
    for dialect in [Dialect::Four, Dialect::Five] {
        let kazoo = Kazoo::start(dialect);
        let (ann, _) = person(&kazoo, "Ann", "1001", None);
        for name in ["Sales Team", "sales team"] {
            let endpoints = json!({&ann: {"type": "user", "weight": 1}});
            kazoo.seed("groups", json!({"name": name, "endpoints": endpoints}));
        }
        let folder = workspace(&kazoo);
        assert_eq!(run(&folder, "import").0, 0);
        let users = std::fs::read_to_string(folder.path().join("users.yaml")).unwrap();
        assert!(
            users.contains("    groups:\n    - sales-team\n    extension"),
            "{users}"
        );
        let (code, stdout, stderr) = run(&folder, "plan --detailed-exitcode");
        assert_eq!(code, 0, "{stdout}{stderr}");
    }
}

#[test]
fn a_callflow_to_a_queue_is_imported_without_queues() {
    let kazoo = Options {
        queues: false,
        ..Options::new(Dialect::Four)
    }
    .start();
    let waits = node("acdc_member", json!({"id": "0".repeat(32)}), json!({}));
    kazoo.seed(
        "callflows",
        json!({"name": "Support", "numbers": ["6000"], "flow": waits}),
    );
    person(&kazoo, "Ann", "1001", None);
    let folder = workspace(&kazoo);
    let (code, stdout, stderr) = run(&folder, "import");
    assert_eq!(code, 0, "{stdout}{stderr}");
    let why = "left out: extensions/6000: the portal kazoo doesn't support `call_queue`";
    assert!(stderr.contains(why), "{stdout}{stderr}");
    assert_eq!(run(&folder, "validate").0, 0);
    let (code, stdout, stderr) = run(&folder, "plan --detailed-exitcode");
    assert_eq!(code, 0, "{stdout}{stderr}");
}
