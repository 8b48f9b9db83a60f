//! A *case* is a random workspace and a random portal, with few numbers, addresses and phones between
//! them, so that many are swapped.

use callsheet::model::Kind;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

pub(super) type Resources = BTreeMap<(Kind, String), Json>;

/// Random bytes, used up one after the other; zeros when they end. Zero is always the dullest choice.
pub(super) struct Dice(pub(super) std::vec::IntoIter<u8>);

impl Dice {
    pub(super) fn below(&mut self, count: usize) -> usize {
        usize::from(self.0.next().unwrap_or(0)) % count
    }

    fn one<'t>(&mut self, of: [&'t str; 2]) -> &'t str {
        of[self.below(2)]
    }

    pub(super) fn coin(&mut self) -> bool {
        self.below(2) == 1
    }

    fn shuffled(&mut self, count: usize) -> Vec<usize> {
        let mut list: Vec<usize> = (0..count).collect();
        for at in (1..count).rev() {
            let with = at - self.below(at + 1);
            list.swap(at, with);
        }
        list
    }

    /// Sets a field to one of some values, or to nothing at all.
    fn maybe(&mut self, fields: &mut Json, name: &str, values: &[Json]) {
        if let Some(value) = self.below(values.len() + 1).checked_sub(1) {
            fields[name] = values[value].clone();
        }
    }
}

/// What only one may have, to be given out in some order.
struct Pool {
    extensions: Vec<usize>,
    emails: Vec<usize>,
    macs: Vec<usize>,
    devices: Vec<usize>,
}

impl Pool {
    fn new(dice: &mut Dice) -> Self {
        Self {
            extensions: dice.shuffled(9),
            emails: dice.shuffled(7),
            macs: dice.shuffled(8),
            devices: dice.shuffled(7),
        }
    }

    fn extension(&mut self) -> String {
        format!("10{}", self.extensions.pop().unwrap())
    }

    fn email(&mut self) -> String {
        format!("e{}@acme.example", self.emails.pop().unwrap())
    }

    fn device(&mut self) -> Json {
        json!([format!("device {}", self.devices.pop().unwrap())])
    }

    fn phone(&mut self, dice: &mut Dice, nulls: bool) -> Json {
        let mac = format!("00:15:65:00:00:0{}", self.macs.pop().unwrap());
        let mut phone = json!({"mac": mac, "model": dice.one(["t54", "t57"])});
        dice.maybe(&mut phone, "name", &[json!("Desk")]);
        if nulls && phone["name"].is_null() && dice.coin() {
            phone["name"] = Json::Null;
        }
        if phone.get("name").is_some_and(Json::is_null) && !nulls {
            phone.as_object_mut().unwrap().remove("name");
        }
        phone
    }
}

/// The fields of a user that stand for themselves. A portal has no nulls.
fn person(dice: &mut Dice, declares: bool) -> Json {
    let mut fields = json!({"first_name": dice.one(["Ann", "Zoë"]), "last_name": "Lee"});
    let secret = |version: usize| {
        if declares {
            json!({"env": "SECRET", "version": version})
        } else {
            json!({"version": version})
        }
    };
    let values: &[(&str, &[Json])] = &[
        ("dnd", &[json!(true), json!(false), json!(null)]),
        ("title", &[json!("Boss"), json!("Clerk"), json!(null)]),
        (
            "groups",
            &[json!([]), json!(["g0"]), json!(["g1", "g0"]), json!(null)],
        ),
        ("rings_before_voicemail", &[json!(4), json!(6), json!(null)]),
        ("active", &[json!(false), json!(true), json!(null)]),
        (
            "voicemail",
            &[
                json!({"mailbox": "12"}),
                json!({"enabled": false, "email": "vm@acme.example"}),
                json!({"mailbox": null, "enabled": true}),
                json!({"pin": secret(1)}),
                json!({"pin": secret(2), "mailbox": "13"}),
                json!(null),
            ],
        ),
        (
            "forwarding",
            &[
                json!({"destinations": ["+14155550100", "*97"]}),
                json!({"destinations": ["*97", "+14155550100"], "enabled": true}),
                json!({"destinations": [], "enabled": false}),
                json!({"enabled": null, "destinations": null}),
            ],
        ),
        (
            "answering_rules",
            &[
                json!([]),
                json!([{"name": "Night", "action": "busy", "when": "night"}, {"name": "Day", "action": "ring"}]),
                json!([{"name": "Day", "action": "ring", "enabled": true}, {"name": "Night", "action": "busy"}]),
            ],
        ),
        (
            "available_from_emails",
            &[json!(["a@x", "B@x"]), json!(["b@x", "a@x"]), json!([])],
        ),
        (
            "advanced",
            &[
                json!({"codec": "g722"}),
                json!({"a": "1", "codec": "opus"}),
                json!({}),
                json!(null),
            ],
        ),
        (
            "seat",
            &[
                json!({"name": "A", "call_flow": "Day"}),
                json!({"template": "Two Words"}),
                json!({}),
            ],
        ),
        (
            "directory",
            &[json!({"match": "first"}), json!({"match": null}), json!({})],
        ),
        ("color", &[json!("#aabbcc"), json!("#AABBCC")]),
        (
            "scope",
            &[
                json!("s0"),
                json!("s1"),
                json!("basic_user"),
                json!("simple_user"),
                json!(null),
            ],
        ),
        ("instance", &[json!("i0"), json!(null)]),
        ("password", &[secret(1), secret(2)]),
        ("add_phone", &[json!(true), json!(false)]),
        ("address", &[json!("1 High St\nLeeds"), json!("2 Low St")]),
    ];
    for (name, choices) in values {
        dice.maybe(&mut fields, name, choices);
    }
    if declares {
        fields
    } else {
        without_nulls(fields)
    }
}

fn without_nulls(json: Json) -> Json {
    match json {
        Json::Object(fields) => {
            let kept = fields.into_iter().filter(|(_, value)| !value.is_null());
            kept.map(|(name, value)| (name, without_nulls(value)))
                .collect()
        }
        Json::Array(list) => list.into_iter().map(without_nulls).collect(),
        json => json,
    }
}

/// Something with a number; its agents and destinations are people, and some are nobody.
fn extension(dice: &mut Dice, people: &[String]) -> Json {
    let someone = |dice: &mut Dice| match people.len() {
        0 => json!("+14155550100"),
        count => json!(people[dice.below(count)]),
    };
    let mut fields = match dice.below(4) {
        0 => json!({"kind": "conference", "name": "Room"}),
        1 => json!({"kind": "forward", "name": "Away", "destination": someone(dice)}),
        2 => {
            json!({"kind": "auto_attendant", "name": "Menu", "options": {"1": someone(dice), "*": "*97"}})
        }
        _ => json!({"kind": "ring_group", "name": "All", "members": [someone(dice)]}),
    };
    if fields["kind"] == "auto_attendant" {
        let other = someone(dice);
        dice.maybe(&mut fields, "options", &[json!({"2": other}), json!({})]);
        dice.maybe(&mut fields, "timeout_seconds", &[json!(10), json!(20)]);
    }
    fields
}

/// A phone number of the account, which leads to somebody or nowhere.
fn number(dice: &mut Dice, people: &[String]) -> Json {
    let mut fields = json!({});
    dice.maybe(&mut fields, "title", &[json!("Main"), json!(null)]);
    dice.maybe(
        &mut fields,
        "caller_name",
        &[json!("Acme"), json!("Acme Ltd")],
    );
    let mut leads_to = vec![json!("+14155550199"), json!("*97"), json!(null)];
    leads_to.extend(people.iter().map(|key| json!(key)));
    dice.maybe(&mut fields, "destination", &leads_to);
    fields
}

/// Somebody outside; two of them may share what they have.
fn contact(dice: &mut Dice) -> Json {
    let mut fields = json!({"name": dice.one(["Fire brigade", "Zoë"])});
    dice.maybe(&mut fields, "company", &[json!("Leeds"), json!(null)]);
    dice.maybe(
        &mut fields,
        "email",
        &[json!("Fire@leeds.example"), json!("fire@leeds.example")],
    );
    dice.maybe(
        &mut fields,
        "numbers",
        &[
            json!(["+14155550112", "+14155550113"]),
            json!(["+14155550113", "+14155550112"]),
            json!([]),
            json!(null),
        ],
    );
    fields
}

/// What is declared, what is live, and what must not be.
pub(super) struct Case {
    pub(super) declared: Resources,
    pub(super) live: Resources,
    pub(super) absent: BTreeSet<String>,
}

pub(super) fn case(dice: &mut Dice) -> Case {
    let (mut declared, mut live) = (Resources::new(), Resources::new());
    let mut absent = BTreeSet::new();
    for (kind, key) in [
        (Kind::Scopes, "s0"),
        (Kind::Scopes, "s1"),
        (Kind::Groups, "g0"),
        (Kind::Groups, "g1"),
        (Kind::Instances, "i0"),
        (Kind::Schedules, "night"),
    ] {
        for (there, to) in [(true, &mut declared), (dice.coin(), &mut live)] {
            let mut fields = json!({});
            dice.maybe(&mut fields, "title", &[json!("One"), json!("Two")]);
            if matches!(kind, Kind::Scopes | Kind::Groups) {
                dice.maybe(
                    &mut fields,
                    "permissions",
                    &[json!(["a.b", "c.d"]), json!(["c.d", "a.b"]), json!([])],
                );
            }
            if key == "s1" {
                dice.maybe(&mut fields, "extends", &[json!("s0"), json!("basic_user")]);
            }
            if there {
                to.insert((kind, key.to_owned()), fields);
            }
        }
    }
    let template = json!({"title": "A Template", "attributes": {"room": {"default": "1"}},
        "user": {"phone": "+14155550100", "alias": "Room ${room}"}});
    declared.insert((Kind::Templates, "t0".into()), template);
    if dice.coin() {
        let other = json!({"attributes": {"room": {"prompt": "Room"}, "floor": {"value": "2"}}});
        live.insert((Kind::Templates, "t0".into()), other);
    }

    let (mut ours, mut theirs) = (Pool::new(dice), Pool::new(dice));
    let mut people = Vec::new();
    for slot in 0..6 {
        let (is_declared, is_live) = (dice.below(4) != 3, dice.below(4) != 3);
        let mut key = format!("u{slot}");
        let mut there = person(dice, false);
        there["email"] = json!(theirs.email());
        let (mut extension_is_ours, mut phones_are_ours) = (false, false);
        let mut devices_are_ours = false;
        if is_declared {
            let mut fields = person(dice, true);
            fields["email"] = json!(ours.email());
            match dice.below(6) {
                0 => {}
                1 => (fields["extension"], extension_is_ours) = (Json::Null, true),
                _ => (fields["extension"], extension_is_ours) = (json!(ours.extension()), true),
            }
            match dice.below(4) {
                0 => {}
                1 => (fields["phones"], phones_are_ours) = (json!([]), true),
                _ => {
                    fields["phones"] = json!([ours.phone(dice, true)]);
                    phones_are_ours = true;
                }
            }
            match dice.below(4) {
                0 => {}
                1 => (fields["features"], devices_are_ours) = (json!({"devices": []}), true),
                _ => {
                    fields["features"] = json!({"devices": ours.device()});
                    devices_are_ours = true;
                }
            }
            people.push(key.clone());
            match dice.below(5) {
                1 => fields["previously"] = json!(format!("old{slot}")),
                2 => fields["username"] = json!(format!("name{slot}")),
                3 => {
                    fields["template"] = json!("t0");
                    fields["with"] = json!({"room": dice.one(["1", "2"])});
                }
                _ => {}
            }
            declared.insert((Kind::Users, key.clone()), fields.clone());
            if fields.get("username").is_some() {
                key = format!("name{slot}");
            } else if fields.get("previously").is_some() && dice.coin() {
                key = format!("old{slot}");
            }
        }
        if !is_live {
            continue;
        }
        // What nobody declares stays, so it mustn't be what somebody else is to have.
        if extension_is_ours || !is_declared {
            let number = theirs.extension();
            dice.maybe(&mut there, "extension", &[json!(number), json!(number)]);
        } else {
            dice.maybe(&mut there, "extension", &[json!(format!("20{slot}"))]);
        }
        if phones_are_ours || !is_declared {
            let phone = theirs.phone(dice, false);
            dice.maybe(&mut there, "phones", &[json!([phone]), json!([phone])]);
        } else {
            let phone = json!({"mac": format!("00:15:65:00:01:0{slot}"), "model": "t54"});
            dice.maybe(&mut there, "phones", &[json!([phone])]);
        }
        let devices = match devices_are_ours || !is_declared {
            true => theirs.device(),
            false => json!([format!("own device {slot}")]),
        };
        dice.maybe(&mut there, "features", &[json!({"devices": devices})]);
        live.insert((Kind::Users, key), there);
    }
    for _ in 0..3 {
        if dice.coin() {
            let fields = extension(dice, &people);
            declared.insert((Kind::Extensions, ours.extension()), fields);
        }
        if dice.coin() {
            let fields = without_nulls(extension(dice, &people));
            live.insert((Kind::Extensions, theirs.extension()), fields);
        }
    }
    for slot in 0..3 {
        let numbered = (Kind::Numbers, format!("+1415555010{slot}"));
        let named = (Kind::Contacts, format!("c{slot}"));
        if dice.coin() {
            declared.insert(numbered.clone(), number(dice, &people));
            declared.insert(named.clone(), contact(dice));
        }
        if dice.coin() {
            live.insert(numbered, without_nulls(number(dice, &people)));
            live.insert(named, without_nulls(contact(dice)));
        }
    }
    live.insert(
        (Kind::Groups, "strange".into()),
        json!({"title": "Ours is not"}),
    );

    // Strangers that have what somebody is to have must go; others may.
    let wanted: String = declared.values().map(Json::to_string).collect();
    let previous = |key: &str| wanted.contains(&format!("\"{key}\""));
    for ((kind, key), fields) in &live {
        let known =
            declared.contains_key(&(*kind, key.clone())) || *kind == Kind::Users && previous(key);
        if known {
            continue;
        }
        let number = declared
            .keys()
            .any(|(kind, key)| *kind == Kind::Extensions && fields["extension"] == **key);
        let claims = ["email", "extension"].map(|name| fields[name].clone());
        let mac = fields["phones"][0]["mac"].clone();
        let device = fields["features"]["devices"][0].clone();
        let is_wanted = |value: &Json| value.is_string() && wanted.contains(&value.to_string());
        let conflicts = number
            || claims.iter().chain([&mac, &device]).any(is_wanted)
            || *kind == Kind::Extensions && previous(key);
        if conflicts || *kind != Kind::Groups && dice.coin() {
            absent.insert(format!("{kind}/{key}"));
        }
    }
    Case {
        declared,
        live,
        absent,
    }
}
