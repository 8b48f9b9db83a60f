//! A *value* for every shape: several different ones, non-English text, and the maximum length.

use super::neighbours;
use callsheet::model::{Field, Fields, Kind, ListOrder, Name, Shape, Value, text::Format};
use serde_json::{Map, Value as Json, json};

/// The features that are extensions.
const EXTENSIONS: [&str; 5] = [
    "ring_groups",
    "extensions",
    "conference_rooms",
    "fax_machines",
    "forwards",
];

/// A field of a kind. A field of an extension is prefixed with the type.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) kind: Kind,
    pub(super) word: Option<String>,
    pub(super) names: Vec<String>,
}

impl Place {
    /// The name in the capabilities.
    pub(super) fn label(&self) -> String {
        let word = self.word.iter().cloned();
        word.chain([self.names.join(".")])
            .collect::<Vec<_>>()
            .join(".")
    }

    /// Converts JSON to a value of the model.
    fn read(&self, json: Json) -> Option<Value> {
        let nested = self
            .names
            .iter()
            .rev()
            .fold(json, |inner, name| json!({ name: inner }));
        let mut record = nested.as_object().cloned().unwrap_or_default();
        if let Some(word) = &self.word {
            record.insert("kind".to_owned(), word.as_str().into());
        }
        let fields = self.kind.shape().read(&Json::Object(record)).unwrap();
        fields.at(self.names.iter().map(String::as_str)).cloned()
    }
}

/// Whether a record is declared as a whole, not by its fields.
pub(super) fn is_whole(kind: Kind, label: &str) -> bool {
    matches!(
        (kind, label),
        (Kind::Users, "voicemail.greeting") | (Kind::Templates, "user")
    )
}

/// Values of one field, of which a portal may not support some.
pub(super) fn of(place: &Place, shape: &Shape) -> Vec<Value> {
    let written = special(place).unwrap_or_else(|| any(shape));
    let values = written.into_iter().filter_map(|json| place.read(json));
    values.collect()
}

/// Values of the field at a path of a declared resource.
pub(super) fn of_field(kind: Kind, declared: &Fields, path: &[Name], field: &Field) -> Vec<Value> {
    let word = match kind.shape() {
        Shape::Variants { tag, .. } => declared.text(tag).map(str::to_owned),
        _ => None,
    };
    let place = Place {
        kind,
        word,
        names: path.iter().map(ToString::to_string).collect(),
    };
    of(&place, &field.shape)
}

/// Values of fields that depend on others.
fn special(place: &Place) -> Option<Vec<Json>> {
    Some(match (place.kind, place.label().as_str()) {
        (Kind::Users, "answering_rules") => vec![
            json!([{"name": "Night", "action": "voicemail"}]),
            json!([{"name": "Night", "when": "conf-night", "action": "forward", "destinations": ["conf-ann"],
                "enabled": false}, {"name": "Day", "action": "ring"}]),
        ],
        (Kind::Users, "phones") => vec![
            json!([{"mac": "00:15:65:00:00:03", "model": "yealink_t54w"}]),
            json!([{"mac": "00:15:65:00:00:01", "model": "yealink_t5x_t54w"}]),
            json!([{"mac": "00:15:65:00:00:01", "model": "yealink_t46s", "name": "Zoës Tisch"},
                {"mac": "00:15:65:00:00:02", "model": "polycom_vvx410"}]),
            json!([{"mac": "00:15:65:00:00:02", "model": "polycom_vvx410", "name": "x".repeat(128)}]),
        ],
        (Kind::Users, label)
            if label.contains("features.")
                && EXTENSIONS.iter().any(|name| label.ends_with(name)) =>
        {
            // Each type has its own neighbour.
            let (_, number) = neighbours::TYPED
                .iter()
                .find(|(name, _)| label.ends_with(name))
                .unwrap_or(&("", "7901"));
            vec![json!([number])]
        }
        (Kind::Users, "voicemail.greeting") => ["a", "b"]
            .map(|name| json!({"file": format!("{name}.wav"), "sha256": name.repeat(64)}))
            .into(),
        (Kind::Extensions, "phone.phones") => vec![
            json!([{"mac": "00:15:65:00:00:11", "model": "yealink_t54w"}]),
            json!([{"mac": "00:15:65:00:00:12", "model": "yealink_t54w", "name": "Lobby"}]),
        ],
        (Kind::Schedules, "times") => vec![
            json!([{"days": ["mon", "fri"], "from": "18:00", "to": "08:00"}]),
            json!([{"days": ["sun", "sat"]}, {"days": ["fri", "mon"], "from": "18:30"}]),
        ],
        (Kind::Users, "forwarding.destinations") => vec![
            json!(["conf-ann"]),
            json!(["conf-ann", "7901"]),
            json!(["7901"]),
            json!(["+14155550190"]),
        ],
        // The first word is what many a portal begins with.
        (Kind::Users, "voicemail.delivery") => [
            "attach",
            "none",
            "notice",
            "attach_save",
            "attach_trash",
            "brief",
            "brief_attach",
            "brief_attach_save",
            "brief_attach_trash",
        ]
        .map(Json::from)
        .into(),
        (Kind::Users, "voicemail.transcribe") => vec![json!("Deepgram"), json!("Google")],
        (Kind::Users, "email") => vec![json!("tess1@acme.example"), json!("tess2@acme.example")],
        (Kind::Extensions, label) if label.ends_with("max_wait_seconds") => {
            vec![json!(120), json!(3600), json!(60)]
        }
        (Kind::Extensions, label) if label.ends_with("ring_seconds") => {
            vec![json!(6), json!(300), json!(5)]
        }
        (Kind::Extensions, "auto_attendant.options") => vec![
            json!({"1": "conf-ann"}),
            json!({"1": "conf-bob", "2": "7901", "#": "+14155550190"}),
            json!({"2": "conf-ann"}),
        ],
        (Kind::Templates, "attributes") => vec![
            json!({"did": {"prompt": "Number?"}}),
            json!({"did": {"default": "1"}, "x": {"value": "${did}"}}),
        ],
        (Kind::Templates, "user") => vec![json!({"title": "Clerk"}), json!({"dnd": true})],
        _ => return None,
    })
}

fn any(shape: &Shape) -> Vec<Json> {
    match shape {
        Shape::Text(format) => text(*format),
        Shape::Choice(words) => words.iter().map(|word| json!(&**word)).collect(),
        Shape::Integer => [6, 5, 2, 4].map(Json::from).into(),
        Shape::Boolean => [true, false, true].map(Json::from).into(),
        Shape::Templated(strict) => any(strict),
        Shape::List { item, order } => {
            let items = any(item);
            let some = |count: usize| Json::from_iter(items.iter().take(count).cloned());
            let turned = Json::from_iter(items.iter().take(2).rev().cloned());
            let second = Json::from_iter(items.iter().skip(1).take(1).cloned());
            match order {
                ListOrder::Ordered | ListOrder::Distinct => vec![some(1), some(2), turned, second],
                ListOrder::Set | ListOrder::Keyed(_) => vec![some(1), some(2), second],
            }
        }
        Shape::Map { key, item } => {
            let keys =
                key.map_or_else(|| vec![json!("a"), json!("b")], |format| text(Some(format)));
            let items = any(item);
            let entry = |at: usize, item: usize| {
                let key = keys[at % keys.len()]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned();
                Json::Object(Map::from_iter([(key, items[item % items.len()].clone())]))
            };
            vec![entry(0, 0), entry(0, 1), entry(1, 1)]
        }
        Shape::Secret | Shape::Record(_) | Shape::Variants { .. } => Vec::new(),
    }
}

fn text(format: Option<&'static Format>) -> Vec<Json> {
    let name = format.map_or("", |format| format.name);
    let list = |all: &[&str]| all.iter().map(|one| json!(one)).collect();
    match name {
        "line" => {
            let long = "ä".repeat(255);
            let less = "ö".repeat(128);
            list(&["Plain", "Zoë Ångström 東京 🎉", &long, &less])
        }
        "prose" => list(&["Plain", "Zoë\nÅngström\t東京", &"ü".repeat(4000)]),
        "extension" => list(&["7910", "7911"]),
        "mailbox" => list(&["7912", "0790130"]),
        "e164" | "number-key" => list(&["+14155550180", "+14155550181"]),
        "phone-model" => list(&["yealink_t54w", "vvx"]),
        "color" => list(&["#1f77b4", "#ff0000"]),
        "email" => list(&["vm1@acme.example", "vm2@acme.example"]),
        "destination" => list(&["conf-ann", "7901", "+14155550190"]),
        "user-key" => list(&["conf-ann", "conf-bob"]),
        "extension-key" => list(&["7901"]),
        "scope-key" => list(&[
            "admin",
            "basic_user",
            "user",
            "administrator",
            "voice",
            "advanced_user",
        ]),
        "template-key" => list(&["conf-desk"]),
        "group-key" => list(&["conf-sales", "conf-night"]),
        "instance-key" => list(&["conf-leeds", "conf-york"]),
        "permission" => list(&["users.view", "queues.login"]),
        "identifier" => list(&["a", "b"]),
        "dial-key" => list(&["1", "2"]),
        "location-key" => list(&["conf-leeds-2f", "conf-york-1"]),
        "schedule-key" => list(&["conf-night", "conf-day"]),
        "country" => list(&["GB", "NO"]),
        "time-zone" => list(&["Europe/London", "America/New_York"]),
        "time-of-day" => list(&["18:00", "08:30"]),
        "day" => list(&["2026-12-25", "2027-01-01"]),
        "dialed-number" => list(&["+14155550180", "112"]),
        "click-to-dial" => list(&["https://d.example/?to=[Field:Ext]", "https://e.example/"]),
        "caller-name" => list(&["Acme", "Zürich"]),
        "contact-key" => list(&["conf-fire"]),
        "username" => list(&["conf-tess"]),
        other => panic!("there are no values of the format {other}; add some"),
    }
}
