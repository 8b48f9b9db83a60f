//! A *server* is what is behind a portal: the tests change it directly, and check what it received.

use crate::{
    ivy::{Ivy, LEEDS, YORK},
    kazoo::Kazoo,
    prism::assert_valid,
    report::skipped,
    running::{self, Client, Sandbox, WRITE},
    scim::{GROUP, ScimServer, TELEPHONY},
};
use callsheet::model::Kind;
use serde_json::{Value as Json, json};
use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Documents by collection and ID.
pub(crate) type Documents = BTreeMap<(&'static str, String), Json>;

/// What the tests do without the portal.
pub(crate) trait Server {
    /// Creates unmanaged documents that must not change.
    fn foreign(&self) -> Documents;

    /// Checks that unmanaged documents are unchanged, and that every request matched the contract.
    fn assert_untouched(&self, foreign: &Documents);

    /// Has every request judged by somebody else, where there is a document for that.
    fn judge(&self) {}

    /// Creates users with the required fields and these names.
    fn seed_users(&self, names: &[String]);

    /// The page size for users.
    fn page_size(&self) -> usize;

    /// Whether it has a place for records.
    fn keeps_records(&self) -> bool {
        true
    }

    /// The method and the prefix of the path of the request that writes a record.
    fn record_request(&self) -> (&'static str, &'static str);

    /// The addresses of built-in objects that no file can declare.
    fn undeclarable(&self) -> &'static [&'static str] {
        &[]
    }

    /// Whether lists of users have pages.
    fn has_pages(&self) -> bool {
        true
    }

    /// Whether objects of a kind can be created. Otherwise those of the tests are there from the beginning.
    fn creates(&self, _kind: Kind) -> bool {
        true
    }

    /// The number of documents by collection, to find what is left over.
    fn count(&self, _collection: &str) -> Option<usize> {
        None
    }
}

impl Server for Sandbox {
    /// One object of every kind. With a profile of another system, of the kinds that accept these fields.
    fn foreign(&self) -> Documents {
        let client = Client::new(&self.url, WRITE);
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
            let listed = running::runtime().block_on(client.get("/v1/users"));
            if made.status != 201 && listed.body["profile"] != "sandbox" {
                // What follows refers to it.
                break;
            }
            assert_eq!(made.status, 201, "{kind}: {:?}", made.body);
            let id = made.body["id"].as_str().unwrap().to_owned();
            let there = running::runtime().block_on(client.get(&format!("{path}/{id}")));
            kept.insert((kind.name(), id), there.body);
        }
        kept
    }

    fn assert_untouched(&self, foreign: &Documents) {
        let client = Client::new(&self.url, WRITE);
        for ((kind, id), object) in foreign {
            let there = running::runtime().block_on(client.get(&format!("/v1/{kind}/{id}")));
            assert_eq!(there.body, *object, "{kind}/{id}");
        }
    }

    fn seed_users(&self, names: &[String]) {
        let client = Client::new(&self.url, WRITE);
        for name in names {
            let made = running::runtime().block_on(client.post("/v1/users", &running::user(name)));
            assert_eq!(made.status, 201, "{name}: {:?}", made.body);
        }
    }

    fn page_size(&self) -> usize {
        1000
    }

    fn record_request(&self) -> (&'static str, &'static str) {
        ("PUT", "/v1/records")
    }
}

impl Server for Kazoo {
    fn foreign(&self) -> Documents {
        let zoe = self.seed("users", json!({"username": "foreign@acme.example", "password": "x1y2z3",
            "first_name": "Zoë", "last_name": "Foreign", "email": "foreign@acme.example", "x_other": {"a": [1]},
            "ui_metadata": {"origin": "monster", "ui": "monster-ui"}}));
        let box_id = self.seed(
            "vmboxes",
            json!({"name": "Foreign", "mailbox": "88001", "owner_id": zoe,
            "pin": "9876", "x_other": true}),
        );
        let soft = self.seed(
            "devices",
            json!({"name": "Soft", "device_type": "softphone", "owner_id": zoe,
            "sip": {"username": "user_foreign", "password": "secret-sip"}, "x_other": 1}),
        );
        let own = self.seed("callflows", json!({"name": "Foreign", "numbers": ["88001"], "owner_id": zoe,
            "type": "mainUserCallflow", "x_other": "y", "flow": {"module": "user", "data": {"id": zoe},
            "children": {"_": {"module": "voicemail", "data": {"id": box_id}, "children": {}}}}}));
        let ring = self.seed("callflows", json!({"name": "Foreign group", "numbers": ["88002"], "flow":
            {"module": "ring_group", "data": {"name": "x", "endpoints": [{"id": soft, "endpoint_type": "device"}]},
            "children": {}}}));
        let group = self.seed(
            "groups",
            json!({"name": "Foreign Team", "endpoints": {zoe.clone():
            {"type": "user", "weight": 1}}}),
        );
        let room = self.seed("conferences", json!({"name": "Foreign room", "x_other": 2}));
        let list = self.seed("lists", json!({"name": "Foreign list", "x_other": 3}));
        let entry = self.seed(
            "entries",
            json!({"list_id": list, "number": "+14155550199",
            "displayname": "Foreign entry", "callsheet": {"key": "conf-fire"}}),
        );
        let ids = [
            ("users", zoe),
            ("vmboxes", box_id),
            ("devices", soft),
            ("callflows", own),
            ("callflows", ring),
            ("groups", group),
            ("conferences", room),
            ("lists", list),
            ("entries", entry),
        ];
        let kept = ids.map(|(collection, id)| {
            let doc = self.doc(collection, &id).unwrap();
            ((collection, id), doc)
        });
        kept.into()
    }

    fn assert_untouched(&self, foreign: &Documents) {
        for ((collection, id), doc) in foreign {
            let now = self.doc(collection, id);
            assert_eq!(now.as_ref(), Some(doc), "{collection}/{id}");
        }
        assert_eq!(self.violations(), [""; 0]);
        if !crate::kazoo::contracts_present() {
            skipped("bodies against Kazoo's schemas: CALLSHEET_CONTRACTS leads nowhere");
        }
    }

    fn seed_users(&self, names: &[String]) {
        for name in names {
            let mut user = running::user(name);
            user["password"] = "x1y2z3".into();
            self.seed("users", user);
        }
    }

    fn page_size(&self) -> usize {
        500
    }

    fn record_request(&self) -> (&'static str, &'static str) {
        ("PATCH", "/v2/accounts")
    }

    fn count(&self, collection: &str) -> Option<usize> {
        Some(self.docs(collection).len())
    }
}

impl Server for ScimServer {
    /// A user in a group whose name is no key, with entries and attributes that Callsheet doesn't manage.
    fn foreign(&self) -> Documents {
        let more = json!({"displayName": "Zoë", "roles": [{"value": "x"}],
            "emails": [{"value": "zoe@home.example", "type": "home"}], TELEPHONY: {"extension": "88001"}});
        let zoe = self.seed_user("foreign", &more);
        let group =
            json!({"schemas": [GROUP], "displayName": "Foreign Team", "members": [{"value": zoe}]});
        let group = self.seed("Groups", &group);
        let ids = [("Users", zoe), ("Groups", group)];
        let kept = ids.map(|(collection, id)| {
            let doc = self.resource(collection, &id);
            ((collection, id), doc)
        });
        kept.into()
    }

    fn assert_untouched(&self, foreign: &Documents) {
        for ((collection, id), doc) in foreign {
            assert_eq!(self.resource(collection, id), *doc, "{collection}/{id}");
        }
    }

    fn seed_users(&self, names: &[String]) {
        for name in names {
            self.seed_user(name, &json!({}));
        }
    }

    fn page_size(&self) -> usize {
        200
    }

    fn keeps_records(&self) -> bool {
        false
    }

    fn record_request(&self) -> (&'static str, &'static str) {
        unreachable!("it has no place for records")
    }

    fn undeclarable(&self) -> &'static [&'static str] {
        &["users/foreign"]
    }

    fn count(&self, collection: &str) -> Option<usize> {
        match collection {
            // The tests count an account's own administrator too, whom it doesn't have.
            "users" => Some(self.all("Users").len() + 1),
            "groups" => Some(self.all("Groups").len()),
            _ => None,
        }
    }
}

impl Server for Ivy {
    /// A user with a device, extensions that lead to what isn't managed, and a number of another instance.
    fn foreign(&self) -> Documents {
        let zoe = 200_000;
        self.seed_user(zoe, "foreign@acme.example", "user");
        let leads = |to: &str| json!({"code": to});
        let mut device = json!({"name": "F", "login": "foreign-desk", "password": "canary-sip-59"});
        device["user_id"] = zoe.into();
        self.seed(LEEDS, "devices", 200_001, device);
        self.seed(LEEDS, "menus", 200_002, json!({"name": "F", "pin": "1234"}));
        let mut box_id = json!({"name": "F", "pin": "1234"});
        box_id["user_id"] = zoe.into();
        self.seed(YORK, "voice-mail-boxes", 200_003, box_id);
        for (id, number, to) in [
            (200_004, "88001", "device:200001"),
            (200_005, "88002", "menu:200002"),
        ] {
            let extension = json!({"number": number, "name": "F", "destination": leads(to)});
            self.seed(LEEDS, "extensions", id, extension);
        }
        let york = json!({"number": "88003", "name": "F", "destination": leads("menu:1")});
        self.seed(YORK, "extensions", 200_006, york);
        let number = json!({"number": "4155550199", "name": "F", "category": "domestic"});
        self.seed(YORK, "phone-numbers", 200_007, number);
        let paths = ["/v2/users", "/v2/sites"].map(|below| self.fake.paths(below));
        let paths = paths
            .into_iter()
            .flatten()
            .filter(|path| path.contains("/20000"));
        let kept = paths.map(|path| {
            let object = self.fake.object(&path).unwrap();
            (("", path), object)
        });
        kept.collect()
    }

    fn assert_untouched(&self, foreign: &Documents) {
        for ((_, path), object) in foreign {
            assert_eq!(self.fake.object(path).as_ref(), Some(object), "{path}");
        }
        let seen = self.fake.requests().into_iter();
        let faults: Vec<_> = seen
            .filter(|one| (400..404).contains(&one.status))
            .collect();
        assert!(faults.is_empty(), "{faults:#?}");
    }

    fn judge(&self) {
        assert_valid("ivy", &self.fake.accepted());
    }

    fn seed_users(&self, names: &[String]) {
        for (at, name) in names.iter().enumerate() {
            self.seed_user(300_000 + at as u64, &format!("{name}@acme.example"), "user");
        }
    }

    fn page_size(&self) -> usize {
        usize::MAX
    }

    fn has_pages(&self) -> bool {
        false
    }

    fn creates(&self, kind: Kind) -> bool {
        !matches!(kind, Kind::Instances | Kind::Numbers)
    }

    fn keeps_records(&self) -> bool {
        false
    }

    fn record_request(&self) -> (&'static str, &'static str) {
        unreachable!("it has no place for records")
    }

    fn count(&self, collection: &str) -> Option<usize> {
        (collection == "users").then(|| self.all("users").len())
    }
}

/// A real system, which only one test at a time can use: all tests use the same names there.
pub(super) struct Real {
    #[expect(dead_code, reason = "it is held until the test ends")]
    turn: MutexGuard<'static, ()>,
}

impl Real {
    /// Waits for a system.
    pub(super) fn wait_for(system: &'static str) -> Self {
        static TURNS: Mutex<BTreeMap<&str, &'static Mutex<()>>> = Mutex::new(BTreeMap::new());
        let mut turns = TURNS.lock().unwrap_or_else(PoisonError::into_inner);
        let turn: &Mutex<()> = turns
            .entry(system)
            .or_insert_with(|| Box::leak(Box::default()));
        drop(turns);
        Self {
            turn: turn.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }
}

impl Server for Real {
    /// Nobody else's objects are created on a real system.
    fn foreign(&self) -> Documents {
        Documents::new()
    }

    fn assert_untouched(&self, _: &Documents) {}

    fn seed_users(&self, _: &[String]) {
        unreachable!("nobody makes thousands of users on a real portal")
    }

    fn page_size(&self) -> usize {
        unreachable!("nobody makes thousands of users on a real portal")
    }

    fn record_request(&self) -> (&'static str, &'static str) {
        unreachable!("its account has records of its own")
    }
}
