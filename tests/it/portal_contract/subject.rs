//! A *subject* is a portal under test: its server and its credentials.

use crate::{
    kazoo::{Dialect, Kazoo, Options, PASSWORD, USERNAME},
    report::skipped,
    running::{self, Client, Sandbox, WRITE},
};
use callsheet::{
    config::{LoginHash, PortalKind},
    model::Kind,
    portal::{self, Capabilities, Credentials, Location, Portal, Target, http::RateLimit},
};
use serde_json::{Value as Json, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroU32,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// A portal under test.
pub(super) struct Subject {
    pub(super) name: &'static str,
    pub(super) server: Server,
    pub(super) target: Target,
}

/// The lock of the real Kazoo: all tests use the same names there.
static TURN: Mutex<()> = Mutex::new(());

/// The server.
pub(super) enum Server {
    Sandbox(Sandbox),
    Kazoo(Box<Kazoo>),
    /// A real server, which only one test at a time can use.
    Real(#[expect(dead_code, reason = "it is held until the test ends")] MutexGuard<'static, ()>),
}

impl Subject {
    pub(super) fn sandbox() -> Self {
        let sandbox = Sandbox::empty();
        Self {
            name: "sandbox",
            target: Target {
                kind: PortalKind::Sandbox,
                location: Location::Url(sandbox.url.clone()),
                tenant: None,
                credentials: Credentials::Token(WRITE.into()),
                rate_limit: None,
                charges: None,
            },
            server: Server::Sandbox(sandbox),
        }
    }

    pub(super) fn kazoo(name: &'static str, options: Options) -> Self {
        let kazoo = options.start();
        let fast = NonZeroU32::new(100_000);
        Self {
            name,
            target: Target {
                kind: PortalKind::Kazoo,
                location: Location::Url(kazoo.url.clone()),
                tenant: Some("acme".to_owned()),
                credentials: Credentials::Login {
                    user: USERNAME.to_owned(),
                    password: PASSWORD.into(),
                    account: None,
                    hash: LoginHash::Md5,
                },
                rate_limit: Some(RateLimit {
                    per_second: fast,
                    burst: fast.unwrap(),
                    ..RateLimit::default()
                }),
                charges: None,
            },
            server: Server::Kazoo(Box::new(kazoo)),
        }
    }

    pub(super) fn four() -> Self {
        Self::kazoo("kazoo 4", Options::new(Dialect::Four))
    }

    pub(super) fn five() -> Self {
        Self::kazoo("kazoo 5", Options::new(Dialect::Five))
    }

    /// The real Kazoo that the environment names: its URL, its account, and either a key or a user with a
    /// password.
    #[expect(clippy::disallowed_methods, reason = "whoever has a Kazoo says so")]
    pub(super) fn real() -> Option<Self> {
        let variable = |name: &str| std::env::var(format!("CALLSHEET_KAZOO_{name}")).ok();
        let url = variable("URL")?;
        let credentials = match (variable("KEY"), variable("USER"), variable("PASSWORD")) {
            (Some(key), ..) => Credentials::Token(key.into()),
            (None, Some(user), Some(password)) => Credentials::Login {
                user,
                password: password.into(),
                account: None,
                hash: LoginHash::Md5,
            },
            _ => panic!(
                "CALLSHEET_KAZOO_KEY, or CALLSHEET_KAZOO_USER and _PASSWORD, must be set too"
            ),
        };
        Some(Self {
            name: "a real Kazoo",
            target: Target {
                kind: PortalKind::Kazoo,
                location: Location::Url(url),
                tenant: variable("ACCOUNT"),
                credentials,
                // Its own measure, unless its host allows more.
                rate_limit: variable("PER_SECOND").map(|per_second| {
                    let per_second = per_second.parse().ok();
                    RateLimit {
                        per_second,
                        burst: per_second.unwrap(),
                        ..RateLimit::default()
                    }
                }),
                charges: None,
            },
            server: Server::Real(TURN.lock().unwrap_or_else(PoisonError::into_inner)),
        })
    }

    /// All available subjects.
    pub(super) fn all() -> Vec<Self> {
        let mut all = vec![Self::sandbox(), Self::four(), Self::five()];
        match Self::real() {
            Some(real) => all.push(real),
            None => skipped("the real Kazoo: CALLSHEET_KAZOO_URL is not set"),
        }
        all
    }

    /// A new adapter with an empty cache.
    pub(super) fn portal(&self) -> Box<dyn Portal> {
        portal::open(&self.target).unwrap()
    }

    /// The capabilities after detection.
    pub(super) fn capabilities(&self) -> std::sync::Arc<Capabilities> {
        running::runtime().block_on(async {
            let portal = self.portal();
            portal.read(&BTreeSet::new(), &()).await.unwrap();
            portal.capabilities()
        })
    }

    /// The same subject through another URL.
    pub(super) fn portal_at(&self, url: &str) -> Box<dyn Portal> {
        let target = Target {
            location: Location::Url(url.to_owned()),
            ..self.target.clone()
        };
        portal::open(&target).unwrap()
    }

    /// The URL.
    pub(super) fn url(&self) -> &str {
        match &self.target.location {
            Location::Url(url) => url,
            Location::Embedded(_) => "",
        }
    }

    pub(super) fn is_kazoo(&self) -> bool {
        self.target.kind == PortalKind::Kazoo
    }

    /// Unmanaged documents that must not change, by collection and ID.
    pub(super) fn foreign(&self) -> BTreeMap<(&'static str, String), Json> {
        let kazoo = match &self.server {
            Server::Kazoo(kazoo) => kazoo,
            Server::Sandbox(sandbox) => return foreign_objects(sandbox),
            Server::Real(_) => return BTreeMap::new(),
        };
        let zoe = kazoo.seed("users", json!({"username": "foreign@acme.example", "password": "x1y2z3",
            "first_name": "Zoë", "last_name": "Foreign", "email": "foreign@acme.example", "x_other": {"a": [1]},
            "ui_metadata": {"origin": "monster", "ui": "monster-ui"}}));
        let box_id = kazoo.seed(
            "vmboxes",
            json!({"name": "Foreign", "mailbox": "88001", "owner_id": zoe,
            "pin": "9876", "x_other": true}),
        );
        let soft = kazoo.seed(
            "devices",
            json!({"name": "Soft", "device_type": "softphone", "owner_id": zoe,
            "sip": {"username": "user_foreign", "password": "secret-sip"}, "x_other": 1}),
        );
        let own = kazoo.seed("callflows", json!({"name": "Foreign", "numbers": ["88001"], "owner_id": zoe,
            "type": "mainUserCallflow", "x_other": "y", "flow": {"module": "user", "data": {"id": zoe},
            "children": {"_": {"module": "voicemail", "data": {"id": box_id}, "children": {}}}}}));
        let ring = kazoo.seed("callflows", json!({"name": "Foreign group", "numbers": ["88002"], "flow":
            {"module": "ring_group", "data": {"name": "x", "endpoints": [{"id": soft, "endpoint_type": "device"}]},
            "children": {}}}));
        let group = kazoo.seed(
            "groups",
            json!({"name": "Foreign Team", "endpoints": {zoe.clone():
            {"type": "user", "weight": 1}}}),
        );
        let room = kazoo.seed("conferences", json!({"name": "Foreign room", "x_other": 2}));
        let list = kazoo.seed("lists", json!({"name": "Foreign list", "x_other": 3}));
        let entry = kazoo.seed(
            "entries",
            json!({"list_id": list, "number": "+14155550199",
            "displayname": "Foreign entry", "callsheet": {"key": "conf-fire"}}),
        );
        let mut kept = BTreeMap::new();
        for (collection, id) in [
            ("users", zoe),
            ("vmboxes", box_id),
            ("devices", soft),
            ("callflows", own),
            ("callflows", ring),
            ("groups", group),
            ("conferences", room),
            ("lists", list),
            ("entries", entry),
        ] {
            let doc = kazoo.doc(collection, &id).unwrap();
            kept.insert((collection, id), doc);
        }
        kept
    }

    /// Checks that unmanaged documents are unchanged, and that every request matched the schemas.
    pub(super) fn assert_untouched(&self, foreign: &BTreeMap<(&'static str, String), Json>) {
        if let Server::Sandbox(sandbox) = &self.server {
            let client = Client::new(&sandbox.url, WRITE);
            for ((kind, id), object) in foreign {
                let there = running::runtime().block_on(client.get(&format!("/v1/{kind}/{id}")));
                assert_eq!(there.body, *object, "{kind}/{id}");
            }
        }
        if let Server::Kazoo(kazoo) = &self.server {
            for ((collection, id), doc) in foreign {
                assert_eq!(
                    kazoo.doc(collection, id).as_ref(),
                    Some(doc),
                    "{collection}/{id}"
                );
            }
            assert_eq!(kazoo.violations(), [""; 0]);
            if !crate::kazoo::contracts_present() {
                skipped("bodies against Kazoo's schemas: CALLSHEET_CONTRACTS leads nowhere");
            }
        }
    }
}

/// One unmanaged object of every kind on a sandbox.
fn foreign_objects(sandbox: &Sandbox) -> BTreeMap<(&'static str, String), Json> {
    let client = Client::new(&sandbox.url, WRITE);
    let mut kept = BTreeMap::new();
    for (kind, object) in [
        (
            Kind::Scopes,
            json!({"name": "foreign", "permissions": ["users.view"]}),
        ),
        (Kind::Groups, json!({"name": "foreign", "title": "Foreign"})),
        (
            Kind::Instances,
            json!({"name": "foreign", "title": "Foreign"}),
        ),
        (
            Kind::Templates,
            json!({"name": "foreign", "user": {"dnd": true}}),
        ),
        (
            Kind::Users,
            json!({"username": "foreign", "first_name": "Zoë", "last_name": "Foreign",
            "email": "foreign@acme.example", "extension": "88001", "scope": "foreign", "groups": ["foreign"]}),
        ),
        (
            Kind::Extensions,
            json!({"number": "88002", "kind": "ring_group", "name": "F", "members": ["foreign"]}),
        ),
        (
            Kind::Numbers,
            json!({"number": "+14155550999", "destination": "88002"}),
        ),
        (
            Kind::Contacts,
            json!({"key": "foreign", "name": "F", "company": "G"}),
        ),
    ] {
        let path = format!("/v1/{kind}");
        let made = running::runtime().block_on(client.post(&path, &object));
        assert_eq!(made.status, 201, "{kind}: {:?}", made.body);
        let id = made.body["id"].as_str().unwrap().to_owned();
        let there = running::runtime().block_on(client.get(&format!("{path}/{id}")));
        kept.insert((kind.name(), id), there.body);
    }
    kept
}
