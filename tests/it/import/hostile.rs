//! A *hostile* portal has invalid text, dangling references and duplicates beside valid objects.

use super::{imported, left_out, with};
use callsheet::{
    config::PortalKind,
    model::{Address, Kind},
};
use proptest::{collection::vec, prelude::*};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// Valid and invalid text.
const TEXTS: &[&str] = &[
    "Ann",
    "Ann ",
    " Ann",
    "",
    "-",
    "- a",
    "a: b",
    "#x",
    "'",
    "\"",
    "null",
    "~",
    "true",
    "0100",
    "+14155550100",
    "*97",
    "a\u{1b}[31m",
    "a\nb",
    "a\r\nb",
    "\tx",
    "\u{85}",
    "\u{2028}",
    "\u{feff}x",
    "${did}",
    "$${x}",
    "1e3",
    "[a]",
    "{a: b}",
    "&a",
    "!b",
    "%c",
    "@d",
    "`e",
    "|",
    ">",
    "x\u{0}",
    "Zoë 👩‍🔧",
    "---",
    "...",
    "1001",
    "1002",
    "2000",
    "u0",
    "u1",
    "g0",
    "basic_user",
    "s0",
    "ann@acme.example",
    "ANN@ACME.example",
    "bob@acme.example",
];

fn text() -> impl Strategy<Value = Json> {
    prop_oneof![
        8 => proptest::sample::select(TEXTS).prop_map(Json::from),
        1 => any::<String>().prop_map(Json::from),
        1 => Just(json!("x".repeat(300))),
    ]
}

fn some(
    names: &'static [&'static str],
    value: impl Strategy<Value = Json> + 'static,
) -> BoxedStrategy<Vec<(String, Json)>> {
    let one = proptest::sample::select(names).prop_map(str::to_owned);
    vec((one, value), 0..4).boxed()
}

fn hostile() -> impl Strategy<Value = Vec<(Kind, String, Json)>> {
    let list = || vec(text(), 0..3).prop_map(Json::from);
    let user = (
        vec(text(), 3),
        some(
            &[
                "alias",
                "title",
                "extension",
                "scope",
                "template",
                "outbound_caller_id",
                "address",
                "instance",
                "color",
                "click_to_dial",
            ],
            text(),
        ),
        some(&["groups", "permissions", "available_from_emails"], list()),
        (
            proptest::option::of(0..20i64),
            proptest::option::of(list()),
            proptest::option::of(text()),
            any::<[bool; 4]>(),
        ),
    )
        .prop_map(|(names, texts, lists, (rings, to, mailbox, flags))| {
            let mut user =
                json!({"first_name": names[0], "last_name": names[1], "email": names[2]});
            for (name, value) in texts.into_iter().chain(lists) {
                user[name] = value;
            }
            if let Some(rings) = rings {
                user["rings_before_voicemail"] = rings.into();
            }
            if let Some(to) = to {
                user["forwarding"] =
                    json!({"destinations": to, "enabled": flags[0], "ring_all": flags[1]});
            }
            if let Some(mailbox) = mailbox {
                user["voicemail"] = json!({"mailbox": mailbox, "enabled": flags[2]});
                user["phones"] = json!([{"mac": "001565aabbcc", "model": mailbox}]);
                user["with"] = json!({"did": mailbox});
                user["answering_rules"] = json!([{"name": mailbox, "action": "forward"}]);
            }
            if flags[3] {
                user.as_object_mut().unwrap().remove("email");
            }
            user
        });
    let extension = (
        proptest::sample::select(
            &[
                "ring_group",
                "forward",
                "call_queue",
                "auto_attendant",
                "conference",
                "fax",
                "odd",
            ][..],
        ),
        vec(text(), 2),
        list(),
        0..400i64,
    )
        .prop_map(|(kind, texts, list, number)| {
            let mut extension = json!({"kind": kind, "name": texts[0]});
            match kind {
                "ring_group" => {
                    extension["members"] = list;
                    extension["ring_seconds"] = number.into();
                    extension["no_answer"] = texts[1].clone();
                }
                "forward" => extension["destination"] = texts[1].clone(),
                "call_queue" => {
                    extension["agents"] = list;
                    extension["overflow"] = texts[1].clone();
                }
                "auto_attendant" => extension["options"] = json!({"1": texts[1], "x": texts[0]}),
                "fax" => extension["emails"] = list,
                "conference" => extension["owner"] = texts[1].clone(),
                _ => {
                    extension.as_object_mut().unwrap().remove("kind");
                }
            }
            extension
        });
    let key = prop_oneof![
        proptest::sample::select(
            &[
                "u0",
                "u1",
                "u2",
                "g0",
                "s0",
                "basic_user",
                "1001",
                "1002",
                "2000",
                "+14155550100",
                "t0",
                "null",
                "true"
            ][..]
        )
        .prop_map(str::to_owned),
        proptest::sample::select(TEXTS).prop_map(str::to_owned),
    ];
    let other = (text(), text(), list()).prop_map(|(a, b, list)| (a, b, list));
    let object = (key, proptest::sample::select(&Kind::ALL[..]), user, extension, other).prop_map(
        |(key, kind, user, extension, (a, b, list))| {
            let fields = match kind {
                Kind::Users => user,
                Kind::Extensions => extension,
                Kind::Scopes => json!({"title": a, "extends": b, "permissions": list}),
                Kind::Groups => json!({"title": a, "description": b, "permissions": list}),
                Kind::Instances => json!({"title": a, "description": b}),
                Kind::Locations => json!({"address": list, "city": a, "country": b}),
                Kind::Schedules => json!({"title": a, "time_zone": b, "dates": list}),
                Kind::Templates => json!({"title": a, "user": {"alias": b, "dnd": true}, "attributes": {"did": {"prompt": a}}}),
                Kind::Numbers => json!({"title": a, "destination": b}),
                Kind::Contacts => json!({"name": a, "email": b, "numbers": list}),
            };
            (kind, key, fields)
        },
    );
    vec(object, 0..24)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]
    #[test]
    fn an_import_validates_and_keeps_all_valid_objects(objects in hostile()) {
        // Valid objects come first, so that they keep their unique values.
        let valid = [
            (Kind::Groups, "0-valid", json!({"title": "Valid"})),
            (Kind::Users, "0-ann", with("0-ann", json!({"extension": "10001", "groups": ["0-valid"], "title": "null"}))),
            (Kind::Users, "0-bob", with("0-bob", json!({"forwarding": {"enabled": true, "destinations": ["10001"]}}))),
            (Kind::Extensions, "00", json!({"kind": "ring_group", "name": "~", "members": ["0-ann", "0-bob"]})),
        ];
        let hostile = objects.iter().map(|(kind, key, fields)| (*kind, key.as_str(), fields.clone()));
        let unique: BTreeMap<(Kind, &str), Json> = hostile.chain(valid.clone()).map(|(kind, key, fields)| ((kind, key), fields)).collect();
        let all: Vec<(Kind, &str, Json)> = unique.into_iter().map(|((kind, key), fields)| (kind, key, fields)).collect();
        let _fitted = imported(&all, "{}", PortalKind::Kazoo);
        let import = imported(&all, "{}", PortalKind::Sandbox);
        for (kind, key, _) in &valid {
            let address = Address::new(*kind, *key);
            prop_assert!(import.left_out.iter().all(|one| one.address != address), "{:?}", left_out(&import));
        }
    }
}
