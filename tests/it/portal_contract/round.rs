//! The *round trip*: the YAML of an import declares exactly what the portal contains.

use super::{
    neighbours::neighbours,
    run::{Workspace, step},
    subject::Subject,
    supported,
};
use crate::running;
use callsheet::{
    config::PortalKind,
    desired,
    import::{self, Error, File, Import, Validation},
    model::{Kind, State},
    portal::{Capabilities, Details, capabilities},
    repo::Files,
    support::check_support,
};
use serde_json::{Value as Json, json};

/// Resources with many fields, as far as the portal supports them.
fn rich(workspace: &mut Workspace, portal: &Capabilities) {
    let mut declare = |kind: Kind, key: &str, wish: &Json| {
        supported::declare(workspace, portal, (kind, key), wish, &json!({}));
    };
    let user = json!({"first_name": "Zoë", "last_name": "Ångström", "email": "zoe@acme.example",
        "username": "conf-zoe", "alias": "Z", "title": "東京", "address": "Main St 1\n12345 X",
        "extension": "079080", "outbound_caller_id": "+14155550180", "dnd": true, "active": false,
        "groups": ["conf-sales", "conf-night"], "rings_before_voicemail": 6,
        "forwarding": {"enabled": true, "destinations": ["7901"]},
        "voicemail": {"mailbox": "0790800", "email": "vm@acme.example"},
        "phones": [{"mac": "00:15:65:00:00:81", "model": "yealink_t5x_t54w", "name": "Desk"}]});
    declare(Kind::Users, "conf-zoe", &user);
    for (number, extension) in [
        (
            "7981",
            json!({"kind": "conference", "name": "Room: 1", "owner": "conf-ann", "max_members": 9}),
        ),
        (
            "7982",
            json!({"kind": "auto_attendant", "name": "- Menu", "options": {"1": "7901", "#": "conf-bob"},
            "no_input": "+14155550101", "timeout_seconds": 7}),
        ),
        (
            "7983",
            json!({"kind": "fax", "name": "yes", "emails": ["fax@acme.example"], "retries": 2}),
        ),
        (
            "7984",
            json!({"kind": "forward", "name": "0x10", "destination": "7982"}),
        ),
        (
            "7985",
            json!({"kind": "call_queue", "name": "Q", "agents": ["conf-ann", "conf-bob"],
            "strategy": "longest_idle", "overflow": "conf-ann"}),
        ),
    ] {
        declare(Kind::Extensions, number, &extension);
    }
    declare(
        Kind::Numbers,
        "+14155550120",
        &json!({"destination": "7901"}),
    );
    let contact = json!({"name": "Fire brigade: 東京", "first_name": "Zoë", "last_name": "Ng",
        "numbers": ["+14155550150"]});
    declare(Kind::Contacts, "conf-fire", &contact);
}

#[test]
fn an_import_declares_what_the_portal_contains() {
    for subject in Subject::own().into_iter().chain(Subject::profiles()) {
        let mut workspace = neighbours(&subject);
        let portal = subject.capabilities();
        rich(&mut workspace, &portal);
        step(&subject, &workspace, true, "everybody");
        let foreign = subject.server.foreign();
        let live = running::runtime().block_on(async {
            let portal = subject.portal();
            let kinds = portal.capabilities().kinds.keys().copied().collect();
            let mut live = portal.read(&kinds, &()).await.unwrap();
            portal
                .read_details(&mut live, Details::Everything, &())
                .await
                .unwrap();
            live
        });
        let selected = import::select(&live, &State::default(), &portal, &[]).unwrap();
        let kind = subject.target.kind;
        let read = |drafted: &[File]| {
            let mut files = Files::default();
            let profile = match kind {
                PortalKind::Sandbox => format!(", profile: {}", subject.target.profile.name),
                _ => String::new(),
            };
            let config = format!("portal: {{ kind: {kind}, url: \"http://127.0.0.1\"{profile} }}");
            files.take("callsheet.yaml".into(), config.into_bytes());
            for file in drafted {
                files.take(file.name.clone(), file.text.clone().into_bytes());
            }
            let mut read = desired::load(files, jiff::civil::date(2026, 11, 22));
            read.report.extend(check_support(
                &read.state,
                &capabilities(&read.config.as_ref().expect("a configuration").portal),
            ));
            read
        };
        let validate = |drafted: &[File]| {
            let report = read(drafted).report;
            let operations = Vec::new();
            Ok::<_, Error>(Validation { report, operations })
        };
        let (none, nowhere) = (State::default(), |_: &str| false);
        let Import { files, left_out } = import::import(
            &live,
            &none,
            &selected,
            subject.target.profile,
            &nowhere,
            &validate,
        )
        .unwrap();
        let whys: Vec<&str> = left_out.iter().map(|one| &*one.why).collect();
        let left_out: Vec<String> = left_out.iter().map(|one| one.address.to_string()).collect();
        let expected = subject.server.undeclarable();
        assert_eq!(left_out, expected, "{}: {whys:?}", subject.name);
        let mut read = read(&files);
        // A login name that the portal doesn't have stays in the files.
        if portal.kinds[&Kind::Users].unsupported.contains("username") {
            let users = read.state.resources.iter_mut();
            for (_, user) in users.filter(|(address, _)| address.kind == Kind::Users) {
                user.fields.take("username");
            }
        }
        assert!(!read.report.has_errors(), "{}", subject.name);
        assert!(
            read.state.resources.len() >= workspace.state.resources.len(),
            "{}",
            subject.name
        );
        let imported = Workspace {
            state: read.state,
            absent: Vec::new(),
        };
        step(&subject, &imported, false, "what was imported");
        subject.server.assert_untouched(&foreign);
    }
}
