//! A fake *NetSapiens*: the project's own document of its API, with what the document doesn't say. Where the
//! published document is at hand, it judges the fake too.

mod keeping;

use crate::{
    contracts,
    fake::{Fake, Habit, Manners, Paging, Put},
    portal_contract::server::{Documents, Server},
    prism::assert_valid,
};
use serde_json::{Map, Value as Json, json};

pub(crate) const TOKEN: &str = "nsd_an-api-key";
/// The token of the document's example of a login.
const TOKEN_OF_LOGIN: &str = "nst_a-login-token";
/// The published document, among the contracts.
const PUBLISHED: &str = "netsapiens/openapi-prism.json";
pub(crate) const DOMAIN: &str = "example.com";
/// The domain in the fake.
pub(crate) const PATH: &str = "/ns-api/v2/domains/example.com";
const USERS: &str = "/ns-api/v2/domains/{domain}/users";

/// What is particular about one core.
#[derive(Clone, Copy, Default)]
pub(crate) struct Options {
    /// How many reads don't show an accepted change yet.
    pub(crate) lag: usize,
    /// Whether it keeps a PIN as a number, so that zeros at its beginning are lost.
    pub(crate) loses_zeros: bool,
    /// Whether it is one of version 44: a field is misspelt, and some requests are missing.
    pub(crate) is_old: bool,
}

/// A running core with one domain.
pub(crate) struct NetSapiens {
    fake: Fake,
    pub(crate) url: String,
}

impl NetSapiens {
    pub(crate) fn start(options: Options) -> Self {
        let document = contracts::fixture("netsapiens/openapi.yaml");
        let fake = Fake::judged(document, contracts::read(PUBLISHED), manners(options));
        fake.seed(
            PATH,
            &json!({"domain": DOMAIN, "reseller": "R", "description": "Example"}),
        );
        let url = format!("{}/ns-api/v2", fake.url);
        Self { fake, url }
    }

    pub(crate) fn fake(&self) -> &Fake {
        &self.fake
    }

    /// Creates an object at a path of the domain, as an administrator would.
    pub(crate) fn seed(&self, path: &str, object: &Json) {
        self.fake.seed(&format!("{PATH}/{path}"), object);
    }

    /// The object at a path of the domain.
    pub(crate) fn object(&self, path: &str) -> Option<Json> {
        self.fake.object(&format!("{PATH}/{path}"))
    }

    /// A user as an administrator would make one.
    pub(crate) fn seed_user(&self, extension: &str, login: &str) {
        let user = json!({"user": extension, "domain": DOMAIN, "name-first-name": "Ann", "name-last-name": "Lee",
            "login-username": format!("{login}@{DOMAIN}"), "email-address": format!("{login}@acme.example"),
            "user-scope": "Basic User", "voicemail-enabled": "yes"});
        self.seed(&format!("users/{extension}"), &user);
    }
}

/// The domain that everything is in.
fn in_domain(object: &mut Map<String, Json>) {
    object.entry("domain").or_insert_with(|| DOMAIN.into());
}

fn manners(options: Options) -> Manners {
    let user = Habit {
        unique: &["login-username"],
        makes: Some(|user, _| {
            in_domain(user);
            let login = format!("{}@{DOMAIN}", user["user"].as_str().unwrap_or_default());
            user.entry("login-username").or_insert_with(|| login.into());
            for (field, value) in [
                ("voicemail-enabled", json!("yes")),
                ("dial-plan", json!(DOMAIN)),
                ("email-send-alert-new-voicemail-behavior", json!("no")),
                ("caller-id-number", json!("[*]")),
                ("email-send-alert-new-voicemail-enabled", json!("no")),
                ("ring-no-answer-timeout-seconds", json!(25)),
                ("voicemail-transcription-enabled", json!("no")),
                ("last-modified-datetime", json!("2026-01-15T12:00:00Z")),
            ] {
                user.entry(field).or_insert(value);
            }
        }),
        keeps_as: match (options.loses_zeros, options.is_old) {
            (true, _) => Some(|user| {
                let pin = user.get("voicemail-login-pin").and_then(Json::as_str);
                if let Some(pin) = pin.and_then(|pin| pin.parse::<u64>().ok()) {
                    user.insert("voicemail-login-pin".into(), pin.into());
                }
            }),
            (_, true) => Some(|user| {
                // It ignores what it doesn't know.
                user.shift_remove("directory-announce-in-dial-by-name-enabled");
                user.entry("directory-annouce-in-dial-by-name-enabled")
                    .or_insert_with(|| "yes".into());
                if let Some(email) = user.shift_remove("email-address") {
                    user.insert("email".into(), email.clone());
                    user.insert("email-address".into(), email);
                }
            }),
            _ => None,
        },
        ..Habit::default()
    };
    let device = Habit {
        makes: Some(|device, _| {
            in_domain(device);
            device.entry("user").or_insert_with(|| "1001".into());
            device.insert(
                "device-sip-registration-password".into(),
                "canary-sip-4711".into(),
            );
            device.insert(
                "device-sip-registration-state".into(),
                "unregistered".into(),
            );
        }),
        ..Habit::default()
    };
    let rule = Habit {
        key: Some("time-frame"),
        makes: Some(|rule, _| {
            in_domain(rule);
            rule.insert("user".into(), "1001".into());
            rule.insert("is-active".into(), true.into());
        }),
        ..Habit::default()
    };
    let contact = Habit {
        key: Some("unique-id"),
        makes: Some(|contact, serial| {
            contact.insert("unique-id".into(), format!("b7e1c0de{serial:08}").into());
            contact.insert("created-datetime".into(), "2026-01-15 12:00:00".into());
            for field in [
                "name-first-name",
                "name-middle-name",
                "name-last-name",
                "email",
                "company",
                "tags",
                "phonenumber-work",
                "phonenumber-cell",
                "phonenumber-fax",
                "phonenumber-home",
            ] {
                contact.entry(field).or_insert_with(|| "".into());
            }
        }),
        ..Habit::default()
    };
    let plain = Habit {
        makes: Some(|object, _| in_domain(object)),
        ..Habit::default()
    };
    let site = Habit {
        key: Some("site"),
        ..Habit::default()
    };
    let below = |habit: Habit, path: &'static str| (path, habit);
    Manners {
        tokens: &[TOKEN, TOKEN_OF_LOGIN],
        put: Put::Merges,
        lag: Some(options.lag),
        paging: Paging::Offset {
            start: "start",
            limit: "limit",
        },
        error: Some(|status, fault| {
            let message = match status {
                409 => "UID already exists.",
                401 => "Unauthorized",
                _ => fault,
            };
            json!({"code": status, "message": message})
        }),
        answers: vec![(
            "/ns-api/v2/apikeys/~",
            json!({"description": "Callsheet for Example", "key-id": "nsd_an-api-k", "reseller": "R",
                "domain": DOMAIN, "user-scope": "Office Manager", "readonly": "no"}),
        )],
        lacks: match options.is_old {
            true => (
                &[
                    ("GET", "/ns-api/v2/domains/{domain}/users/count"),
                    ("GET", "/ns-api/v2/domains/{domain}/contacts"),
                ],
                json!("No Route Found [92]"),
            ),
            false => (&[], Json::Null),
        },
        collections: vec![
            below(user, USERS),
            below(device, "/ns-api/v2/domains/{domain}/users/{user}/devices"),
            below(rule, "/ns-api/v2/domains/{domain}/users/{user}/answerrules"),
            below(contact, "/ns-api/v2/domains/{domain}/contacts"),
            below(plain.clone(), "/ns-api/v2/domains/{domain}/phonenumbers"),
            below(plain.clone(), "/ns-api/v2/domains/{domain}/callqueues"),
            below(
                plain,
                "/ns-api/v2/domains/{domain}/callqueues/{callqueue}/agents",
            ),
            below(site, "/ns-api/v2/domains/{domain}/sites"),
        ],
        ..Manners::default()
    }
}

impl Server for NetSapiens {
    /// A user of the operator's, one of the system, and objects with fields that Callsheet doesn't know.
    fn foreign(&self) -> Documents {
        let manager = json!({"user": "88001", "domain": DOMAIN, "name-first-name": "Zoë", "name-last-name": "F",
            "login-username": "zoe@other.example", "email-address": "z@f.example;y@f.example",
            "user-scope": "Site Manager", "privacy": "no"});
        let menu = json!({"user": "88002", "domain": DOMAIN, "name-first-name": "Menu", "name-last-name": "",
            "login-username": "88002@example.com", "email-address": "", "user-scope": "No Portal",
            "service-code": "system-aa"});
        let device = json!({"device": "88001wp", "user": "88001", "domain": DOMAIN, "device-push-enabled": "yes"});
        let rule = json!({"time-frame": "Night", "user": "88001", "domain": DOMAIN, "is-active": false,
            "enabled": "yes", "forward-always": {"enabled": "yes", "parameters": ["vmail_88001"]}});
        let queue = json!({"callqueue": "88003", "domain": DOMAIN, "description": "F",
            "callqueue-dispatch-type": "Linear Hunt"});
        let agent = json!({"callqueue-agent-id": "sip:88001wp@example.com", "callqueue": "88003", "domain": DOMAIN});
        let number = json!({"phonenumber": "14155550999", "domain": DOMAIN, "dial-rule-application": "to-connection",
            "dial-rule-translation-destination-user": "x"});
        let contact = json!({"unique-id": "f1", "name-first-name": "Zoë", "name-middle-name": "van", "name-last-name": "F",
            "email": "", "company": "", "tags": "a", "phonenumber-work": "", "phonenumber-cell": "", "phonenumber-home": "",
            "phonenumber-fax": "14155550998", "created-datetime": "2026-01-15 12:00:00"});
        let site = json!({"site": "Head Office", "time-zone": "US/Pacific"});
        let objects = [
            ("users/88001", manager),
            ("users/88002", menu),
            ("users/88001/devices/88001wp", device),
            ("users/88001/answerrules/Night", rule),
            ("callqueues/88003", queue),
            ("callqueues/88003/agents/sip%3A88001wp%40example.com", agent),
            ("phonenumbers/14155550999", number),
            ("contacts/f1", contact),
            ("sites/Head%20Office", site),
        ];
        let seed = |(path, object): (&'static str, Json)| {
            self.seed(path, &object);
            ((path, String::new()), object)
        };
        objects.into_iter().map(seed).collect()
    }

    /// Every request is one that the document accepts.
    fn assert_untouched(&self, foreign: &Documents) {
        for ((path, _), object) in foreign {
            assert_eq!(self.object(path).as_ref(), Some(object), "{path}");
        }
        let requests = self.fake.requests().into_iter();
        let refused = requests.filter(|one| matches!(one.status, 400 | 405 | 415));
        let refused: Vec<String> = refused.map(|one| format!("{one:?}")).collect();
        assert_eq!(refused, [""; 0]);
    }

    fn judge(&self) {
        assert_valid("netsapiens", &self.fake.accepted());
    }

    fn seed_users(&self, names: &[String]) {
        for name in names {
            let digits = name.trim_start_matches(|c: char| !c.is_ascii_digit());
            self.seed_user(&format!("2{digits}"), name);
        }
    }

    fn page_size(&self) -> usize {
        1000
    }

    fn keeps_records(&self) -> bool {
        false
    }

    fn record_request(&self) -> (&'static str, &'static str) {
        unreachable!("it has no place for records")
    }

    fn count(&self, collection: &str) -> Option<usize> {
        match collection {
            // The tests count an account's own administrator too, whom it doesn't have.
            "users" => Some(self.fake.count(&format!("{PATH}/users")) + 1),
            "devices" => Some(self.fake.count_below(&format!("{PATH}/users"), "devices")),
            _ => None,
        }
    }
}
