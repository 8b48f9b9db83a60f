//! An *import* always validates, and the next plan is empty: only what can't be declared is left out.

mod command;
mod hostile;

use crate::workspace::STANDARD;
use callsheet::{
    config::{PortalConfig, PortalKind},
    desired::{self, Desired},
    import::{self, File, Import, LeftOut, Validation},
    model::{Address, Kind, Listing, Live, LiveObject},
    plan::{Inputs, Past, plan},
    portal,
    profile::Profile,
    repo::Files,
    support::{check_support, strip_local_only},
};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;

fn profile() -> &'static Profile {
    Profile::named("sandbox")
}

/// The live state of a portal.
fn live(objects: &[(Kind, &str, Json)]) -> Live {
    let mut live = Live::default();
    for kind in Kind::ALL {
        live.listings.insert(kind, Listing::default());
    }
    for (kind, key, fields) in objects {
        let shape = kind.shape();
        let fields = shape.without_defaults(shape.read(fields).unwrap());
        let object = LiveObject {
            id: (*key).into(),
            fields,
            ..LiveObject::default()
        };
        let listing = live.listings.get_mut(kind).unwrap();
        listing.objects.insert((*key).into(), object);
    }
    live
}

fn today() -> jiff::civil::Date {
    crate::workspace::today()
}

/// Validates drafted files like the command.
fn validation(drafted: &[File], own: &str, kind: PortalKind, live: &Live) -> Validation {
    let mut files = Files::default();
    files.take("callsheet.yaml".into(), STANDARD.into());
    files.take("own.yaml".into(), own.into());
    for File { name, text, .. } in drafted {
        files.take(name.clone(), text.clone().into_bytes());
    }
    let portal = portal::capabilities(&PortalConfig::new(kind));
    let Desired {
        config,
        mut state,
        mut report,
        ..
    } = desired::load(files, today());
    report.extend(check_support(&state, &portal));
    let mut config = config.unwrap();
    if report.has_errors() {
        let operations = Vec::new();
        return Validation { report, operations };
    }
    strip_local_only(&mut state, &mut config, &portal);
    let inputs = Inputs {
        desired: &state,
        config: &config,
        capabilities: &portal,
        live,
        today: today(),
        past: Past::default(),
        filter: callsheet::plan::Filter::default(),
    };
    let operations = plan(inputs).operations;
    Validation { report, operations }
}

/// Imports all undeclared objects, and checks that the next plan is empty.
fn imported(objects: &[(Kind, &str, Json)], own: &str, kind: PortalKind) -> Import {
    let live = live(objects);
    let mut files = Files::default();
    files.take("own.yaml".into(), own.into());
    let declared = desired::load(files, today()).state;
    let capabilities = portal::capabilities(&PortalConfig::new(kind));
    let selected = import::select(&live, &declared, &capabilities, &[]).unwrap();
    let exists = |name: &str| name == "own.yaml";
    let validate = |files: &[File]| Ok::<_, import::Error>(validation(files, own, kind, &live));
    let import =
        import::import(&live, &declared, &selected, profile(), &exists, &validate).unwrap();
    let Validation { report, operations } = validation(&import.files, own, kind, &live);
    assert!(!report.has_errors(), "{:?}", report.sorted());
    let ours: BTreeSet<&Address> = import
        .files
        .iter()
        .flat_map(|file| &file.addresses)
        .collect();
    let wrong = operations.iter().map(|operation| &operation.address);
    let wrong: Vec<&Address> = wrong.filter(|address| ours.contains(address)).collect();
    assert!(wrong.is_empty(), "a plan would change {wrong:?}");
    let whole = import.left_out.iter().filter(|one| one.field.is_none());
    let whole: BTreeSet<&Address> = whole.map(|one| &one.address).collect();
    assert_eq!(selected.len(), ours.len() + whole.len());
    assert!(ours.is_disjoint(&whole));
    import
}

fn left_out(import: &Import) -> Vec<String> {
    let left_out = |one: &LeftOut| {
        let field = one
            .field
            .as_ref()
            .map_or(String::new(), |field| format!(".{field}"));
        format!("{}{field}: {}", one.address, one.why)
    };
    import.left_out.iter().map(left_out).collect()
}

fn person(name: &str) -> Json {
    json!({"username": name, "first_name": "Ann", "last_name": "Lee", "email": format!("{name}@acme.example")})
}

/// A person with additional fields.
fn with(name: &str, more: Json) -> Json {
    let mut person = person(name);
    for (field, value) in more.as_object().unwrap() {
        person[field] = value.clone();
    }
    person
}

#[test]
fn only_the_invalid_field_is_left_out() {
    let objects = [
        (
            Kind::Users,
            "ann",
            with(
                "ann",
                json!({"title": "Boss ", "rings_before_voicemail": 99, "extension": "1001"}),
            ),
        ),
        (
            Kind::Users,
            "bob",
            with(
                "bob",
                json!({"extension": "7", "voicemail": {"mailbox": "x7", "enabled": false}, "groups": ["nobody"]}),
            ),
        ),
        (
            Kind::Users,
            "eve",
            with(
                "eve",
                json!({"phones": [{"mac": "001565aabbcc", "model": "t54"}, {"mac": "001565aabbcd"}], "scope": "nope"}),
            ),
        ),
    ];
    let import = imported(&objects, "{}", PortalKind::Sandbox);
    assert_eq!(
        left_out(&import),
        [
            "users/ann.rings_before_voicemail: `rings_before_voicemail`: `99` is not 60 or less",
            "users/ann.title: `title`: `Boss ` is not one line of 1 to 255 characters, with no white space at either end",
            "users/bob.extension: `extension`: `7` is not an extension of 2 to 15 digits",
            "users/bob.groups: refers to the unknown group `nobody`",
            "users/bob.voicemail.mailbox: `mailbox`: `x7` is not a mailbox number of 1 to 15 digits",
            "users/eve.phones: `phones[1]` lacks the required field `model`",
            "users/eve.scope: refers to the unknown scope `nope`",
        ]
    );
    assert_eq!(import.files.len(), 1);
    assert!(import.files[0].text.contains("1001"));
    assert!(import.files[0].text.contains("enabled: false"));
}

#[test]
fn an_object_is_left_out_with_its_dependents() {
    let mut nameless = person("admin");
    nameless.as_object_mut().unwrap().remove("email");
    nameless["extension"] = json!("1009");
    let mut twin = person("bob");
    twin["email"] = json!("ann@acme.example");
    let forward = |to: &str| json!({"kind": "forward", "name": "On", "destination": to});
    let objects = [
        (Kind::Users, "admin", nameless),
        (
            Kind::Users,
            "ann",
            with(
                "ann",
                json!({"extension": "1001", "forwarding": {"enabled": true, "destinations": ["admin"]}}),
            ),
        ),
        (Kind::Users, "bob", twin),
        (Kind::Users, "-odd-", person("-odd-")),
        (
            Kind::Extensions,
            "2000",
            json!({"kind": "ring_group", "name": "All", "members": ["ann", "1009"], "no_answer": "2001"}),
        ),
        (Kind::Extensions, "2001", forward("2002")),
        (Kind::Extensions, "2002", forward("2003")),
        (Kind::Extensions, "2003", forward("bob")),
        (Kind::Extensions, "2004", json!({"name": "What is it?"})),
        (Kind::Extensions, "2005", forward("1001")),
        (
            Kind::Numbers,
            "+14155550100",
            json!({"destination": "2003", "title": "Main"}),
        ),
    ];
    let import = imported(&objects, "{}", PortalKind::Sandbox);
    assert_eq!(
        left_out(&import),
        [
            "users/-odd-: its key is not the key of a user",
            "users/admin: `email` is missing",
            "users/ann.forwarding.destinations: the user or extension `admin` isn't declared",
            "users/bob: has the same e-mail address as users/ann: ann@acme.example",
            "extensions/2000.members: the user or extension `1009` isn't declared",
            "extensions/2000.no_answer: the user or extension `2001` isn't declared",
            "extensions/2001: the user or extension `2002` isn't declared",
            "extensions/2002: the user or extension `2003` isn't declared",
            "extensions/2003: the user or extension `bob` isn't declared",
            "extensions/2004: `kind` is missing",
            "numbers/+14155550100.destination: the user or extension `2003` isn't declared",
        ]
    );
    let texts: String = import.files.iter().map(|file| &*file.text).collect();
    assert!(
        texts.contains("2005") && texts.contains("title: Main"),
        "{texts}"
    );
}

#[test]
fn declared_resources_keep_their_values() {
    let own = "users: { zoe: { first_name: Zoe, last_name: Ash, email: ann@acme.example, extension: 1001 } }\n";
    let objects = [
        (Kind::Users, "ann", person("ann")),
        (
            Kind::Users,
            "bob",
            with("bob", json!({"extension": "1001"})),
        ),
        (
            Kind::Users,
            "eve",
            with("eve", json!({"forwarding": {"destinations": ["zoe"]}})),
        ),
    ];
    let import = imported(&objects, own, PortalKind::Sandbox);
    let left_out = left_out(&import);
    assert_eq!(left_out.len(), 2, "{left_out:?}");
    assert!(
        left_out[0].starts_with("users/ann: ") && left_out[1].starts_with("users/bob.extension: "),
        "{left_out:?}"
    );
}

#[test]
fn a_template_with_different_values_is_left_out() {
    let template = json!({"attributes": {"room": {"default": "1"}}, "user": {"alias": "Room ${room}", "dnd": true}});
    let objects = [
        (Kind::Templates, "desk", template),
        (
            Kind::Users,
            "ann",
            with(
                "ann",
                json!({"template": "desk", "alias": "Room 1", "dnd": true}),
            ),
        ),
        (
            Kind::Users,
            "bob",
            with(
                "bob",
                json!({"template": "desk", "alias": "Bobby", "dnd": false}),
            ),
        ),
        (
            Kind::Users,
            "eve",
            with("eve", json!({"template": "gone", "with": {"room": "2"}})),
        ),
    ];
    let import = imported(&objects, "{}", PortalKind::Sandbox);
    let users = &import
        .files
        .iter()
        .find(|file| file.name == "users.yaml")
        .unwrap()
        .text;
    assert_eq!(users.matches("template: desk").count(), 1, "{users}");
    assert!(
        users.contains("alias: Bobby") && !users.contains("Room 1"),
        "{users}"
    );
    let left: Vec<String> = left_out(&import);
    assert!(
        left.iter().any(|one| one.starts_with("users/bob.template")),
        "{left:?}"
    );
    assert!(
        left.iter().any(|one| one.starts_with("users/eve.template")),
        "{left:?}"
    );
}

#[test]
fn ten_thousand_objects_need_few_validations() {
    let keys: Vec<String> = (0..10_000).map(|at| format!("u{at:05}")).collect();
    let objects = keys.iter().enumerate().map(|(at, key)| {
        let mut one = with(
            key,
            json!({"title": if at % 3 == 0 { "Boss " } else { "Boss" }}),
        );
        if at % 2 == 0 {
            one.as_object_mut().unwrap().remove("email");
        }
        one["forwarding"] = json!({"destinations": [keys[(at + 1) % keys.len()]]});
        (Kind::Users, key.as_str(), one)
    });
    let live = live(&objects.collect::<Vec<_>>());
    let sandbox = portal::capabilities(&PortalConfig::new(PortalKind::Sandbox));
    let selected = import::select(&live, &Default::default(), &sandbox, &[]).unwrap();
    let readings = std::cell::Cell::new(0);
    let validate = |files: &[File]| {
        readings.set(readings.get() + 1);
        Ok::<_, import::Error>(validation(files, "{}", PortalKind::Sandbox, &live))
    };
    let import = import::import(
        &live,
        &Default::default(),
        &selected,
        profile(),
        &|_| false,
        &validate,
    )
    .unwrap();
    assert!(readings.get() <= 3, "{}", readings.get());
    assert_eq!(
        import
            .files
            .iter()
            .map(|file| file.addresses.len())
            .sum::<usize>(),
        5_000
    );
}
