//! A fake *IVY*: our own document of it, and what the document doesn't say. A feature belongs to the user who was
//! sent with it last, and codes come back in another spelling.

use crate::{
    contracts,
    fake::{Fake, Habit, Manners, Put, Store},
};
use serde_json::{Map, Value as Json, json};

pub(crate) const USER: &str = "admin@acme.example";
pub(crate) const PASSWORD: &str = "canary-password-31";
pub(crate) const SECRET: &str = "canary-secret-47";
/// The managed instance, and another one.
pub(crate) const LEEDS: u64 = 100_001;
pub(crate) const YORK: u64 = 100_002;
/// What a login returns in the example of the document.
pub(crate) const TOKEN: &str = "canary-token-61";

type Doc = Map<String, Json>;

/// What an IVY does with the features of a user that it is sent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Features {
    /// They replace the others of their types.
    Replace,
    /// They are added, and none is ever taken away.
    Add,
}

pub(crate) struct Ivy {
    pub(crate) fake: Fake,
    /// The address with the version.
    pub(crate) url: String,
}

impl Ivy {
    /// An IVY with an administrator, three instances, and in the first one what can't be created: devices, mailboxes
    /// and phone numbers.
    pub(crate) fn start(features: Features) -> Self {
        let document = contracts::fixture("ivy/openapi.yaml");
        let published = contracts::read("ivy/openapi-prism.json");
        let fake = Fake::judged(document, published, manners(features));
        let url = format!("{}/v2", fake.url);
        let ivy = Self { fake, url };
        ivy.seed_user(100_000, USER, "administrator");
        for (id, name) in [
            (LEEDS, "conf-leeds"),
            (YORK, "conf-york"),
            (100_003, "conf-hull"),
        ] {
            let site = json!({"id": id, "dns_extension": name, "active": true, "caller_id_name": "Acme", "links": []});
            ivy.fake.seed(&format!("/v2/sites/{id}"), &site);
        }
        for (at, name) in ["Plain", "Zoë Ångström 東京 🎉"].iter().enumerate() {
            let id = 110_000 + at as u64;
            ivy.seed(
                LEEDS,
                "devices",
                id,
                json!({"name": "Desk", "login": name, "password": "canary-sip-59"}),
            );
            ivy.seed(
                LEEDS,
                "voice-mail-boxes",
                id,
                json!({"name": name, "pin": "canary", "email": "vm@acme.example"}),
            );
        }
        for last in ["180", "181", "123", "120"] {
            let number = format!("14155550{last}");
            let more = json!({"name": number, "number": number, "category": "domestic", "destination": null});
            ivy.seed(
                LEEDS,
                "phone-numbers",
                format!("120{last}").parse().unwrap(),
                more,
            );
        }
        ivy
    }

    pub(crate) fn seed_user(&self, id: u64, email: &str, role: &str) {
        let user = json!({"id": id, "first_name": "A", "last_name": "B", "email": email, "role": role, "active": true,
            "locale": "en", "links": []});
        self.fake.seed(&format!("/v2/users/{id}"), &user);
    }

    /// Creates a feature as an administrator.
    pub(crate) fn seed(&self, site: u64, collection: &str, id: u64, mut more: Json) {
        let feature = more.as_object_mut().unwrap();
        made(feature, id, collection);
        spell(feature);
        self.fake
            .seed(&format!("/v2/sites/{site}/{collection}/{id}"), &more);
    }

    /// All objects of a collection.
    pub(crate) fn all(&self, collection: &str) -> Vec<Json> {
        let paths = self.fake.paths("/v2").into_iter();
        let own = paths.filter(|path| path.rsplit('/').nth(1) == Some(collection));
        own.filter_map(|path| self.fake.object(&path)).collect()
    }

    /// The paths of the writes so far, without the login.
    pub(crate) fn writes(&self) -> Vec<String> {
        let seen = self.fake.requests().into_iter();
        let writes = seen.filter(|one| one.method != "GET" && !one.path.ends_with("token"));
        writes
            .map(|one| format!("{} {}", one.method, one.path))
            .collect()
    }
}

fn manners(features: Features) -> Manners {
    let users = Habit {
        unique: &["email"],
        makes: Some(|user, id| {
            user.insert("id".into(), id.into());
            user.insert("links".into(), json!([]));
        }),
        follows: Some(match features {
            Features::Replace => |store, path| give(store, path, Features::Replace),
            Features::Add => |store, path| give(store, path, Features::Add),
        }),
        ..Habit::default()
    };
    macro_rules! feature {
        ($collection:literal, $unique:expr) => {
            (
                concat!("/v2/sites/{site_id}/", $collection),
                Habit {
                    unique: $unique,
                    makes: Some(|feature, id| made(feature, id, $collection)),
                    follows: Some(|store, path| store.change(path, spell)),
                    ..Habit::default()
                },
            )
        };
    }
    Manners {
        tokens: &[TOKEN],
        put: Put::Merges,
        collections: vec![
            ("/v2/users", users),
            feature!("extensions", &["number"]),
            feature!("devices", &["login"]),
            feature!("voice-mail-boxes", &[]),
            feature!("ring-groups", &[]),
            feature!("conference-rooms", &[]),
            feature!("fax-machines", &[]),
            feature!("forwards", &[]),
            feature!("schedules", &[]),
            feature!("phone-numbers", &["number"]),
        ],
        ..Manners::default()
    }
}

/// What the portal adds to a new feature.
fn made(feature: &mut Doc, id: u64, collection: &str) {
    let word = match collection {
        "voice-mail-boxes" => "voice_mail_box".to_owned(),
        other => other.trim_end_matches('s').replace('-', "_"),
    };
    feature.insert("id".into(), id.into());
    feature.insert("code".into(), format!("{word}:{id}").into());
    feature.entry("user_id").or_insert(Json::Null);
    feature.insert("links".into(), json!([]));
}

/// Shows numbers of a form as numbers, and destinations with a label and a code in another spelling.
fn spell(feature: &mut Doc) {
    if let Some(limit) = feature.get("channel_limit").and_then(Json::as_str) {
        let limit: u64 = limit.parse().unwrap();
        feature.insert("channel_limit".into(), limit.into());
    }
    let label = |destination: &mut Json| {
        if let Some(code) = destination["code"].as_str() {
            let (word, id) = code.split_once(':').unwrap();
            let words = word
                .split('_')
                .map(|part| part[..1].to_uppercase() + &part[1..]);
            let code = format!("{}:{id}", words.collect::<String>());
            *destination = json!({"name": format!("Label ({code})"), "code": code});
        }
    };
    for name in ["destination", "fail_over"] {
        feature.get_mut(name).into_iter().for_each(label);
    }
    if let Some(Json::Array(all)) = feature.get_mut("destinations") {
        all.iter_mut().for_each(label);
    }
}

/// Gives a user the features that were sent, which nobody else has then.
fn give(store: &mut Store, path: &str, features: Features) {
    let user: u64 = path.rsplit('/').next().unwrap().parse().unwrap();
    let is_gone = store.get(path).is_none();
    let mut sent = Json::Null;
    store.change(path, |user| {
        sent = user.shift_remove("features").unwrap_or_default();
        user.shift_remove("site_id");
    });
    for feature in store.paths("/v2/sites") {
        let mut parts = feature.rsplit('/');
        let (id, collection) = (parts.next().unwrap(), parts.next().unwrap());
        let listed = sent[collection.replace('-', "_")].as_array();
        let own: Json = serde_json::from_str(id).unwrap();
        let is_listed = listed.map(|all| all.contains(&own));
        store.change(&feature, |feature| {
            let is_own = feature.get("user_id") == Some(&json!(user));
            let is_taken = is_gone || is_listed == Some(false) && features == Features::Replace;
            if is_listed == Some(true) {
                feature.insert("user_id".into(), user.into());
            } else if is_own && is_taken {
                feature.insert("user_id".into(), Json::Null);
            }
        });
    }
}
