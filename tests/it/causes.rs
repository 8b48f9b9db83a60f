//! The laws of causes, over random quadruples of what was applied, where the change began, what is
//! declared now, and what is live.

use crate::workspace::today;
use callsheet::{
    config::Config,
    model::{
        Address, Ancestry, Extent, Fields, Kind, Listing, Live, LiveObject, Removed, Resource,
        State,
    },
    plan::{Action, Cause, Inputs, Past, Plan, plan},
};
use proptest::prelude::{Just, Strategy, any, prop, proptest};
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

/// The values that a field may be declared to have; the first is nothing at all.
const VALUES: [(&str, [&str; 4]); 4] = [
    ("title", ["", "null", "\"Clerk\"", "\"Boss\""]),
    ("rings_before_voicemail", ["", "null", "4", "7"]),
    ("groups", ["", "[]", "[\"a\"]", "[\"a\",\"b\"]"]),
    (
        "voicemail",
        [
            "",
            "{\"enabled\":false}",
            "{\"enabled\":true}",
            "{\"mailbox\":\"7\"}",
        ],
    ),
];

const KEYS: [&str; 4] = ["ann", "bob", "eve", "kim"];

/// What one commit says of one user: nothing, or a choice for each field.
type Choice = Option<[u8; 4]>;
type Choices = [Choice; 4];

fn fields(key: &str, choice: [u8; 4]) -> Fields {
    let mut body = Map::new();
    let names = [("username", key), ("first_name", key), ("last_name", "X")];
    body.extend(names.map(|(name, text)| (name.to_owned(), json!(text))));
    body.insert("email".into(), json!(format!("{key}@x.example")));
    let mut nulls = Vec::new();
    for ((name, values), at) in VALUES.iter().zip(choice) {
        match values[usize::from(at) % 4] {
            "" => {}
            "null" => nulls.push(*name),
            text => drop(body.insert(
                (*name).to_owned(),
                serde_json::from_str::<Json>(text).unwrap(),
            )),
        }
    }
    let mut fields = Kind::Users.shape().read(&Json::Object(body)).unwrap();
    for name in nulls {
        fields.set(name.into(), callsheet::model::Value::Null);
    }
    fields
}

fn state(choices: &Choices) -> State {
    let declared = KEYS.iter().zip(choices).filter_map(|(key, choice)| {
        let resource = Resource {
            fields: fields(key, (*choice)?),
            ..Resource::default()
        };
        Some((Address::new(Kind::Users, *key), resource))
    });
    State {
        resources: declared.collect(),
    }
}

fn live(choices: &Choices) -> Live {
    let shape = Kind::Users.shape();
    let object = |key: &str, choice| LiveObject {
        id: key.into(),
        fields: shape.without_defaults(fields(key, choice)),
        ..LiveObject::default()
    };
    let mut objects: BTreeMap<Box<str>, LiveObject> = KEYS
        .iter()
        .zip(choices)
        .filter_map(|(key, choice)| Some(((*key).into(), object(key, (*choice)?))))
        .collect();
    objects.insert("stranger".into(), object("stranger", [2; 4]));
    let listing = Listing {
        objects,
        extent: Extent::Whole,
    };
    let mut listings: BTreeMap<Kind, Listing> =
        Kind::ALL.map(|kind| (kind, Listing::default())).into();
    listings.insert(Kind::Users, listing);
    Live {
        listings,
        ..Live::default()
    }
}

fn choices() -> impl Strategy<Value = Choices> {
    let one = prop::option::weighted(0.8, any::<[u8; 4]>());
    [one.clone(), one.clone(), one.clone(), one]
}

/// Mostly what came before, as in life.
fn after(earlier: Choices) -> impl Strategy<Value = Choices> {
    let change = prop::collection::vec((0..4_usize, choices()), 0..3);
    change.prop_map(move |changes| {
        let mut now = earlier;
        changes
            .into_iter()
            .for_each(|(at, other)| now[at] = other[at]);
        now
    })
}

fn config() -> Config {
    serde_json::from_value(json!({
        "portal": { "kind": "sandbox", "database": "x" },
        "policy": { "deletes": { "max": 99, "percent": 100 } },
    }))
    .unwrap()
}

struct World {
    applied: State,
    base: State,
    head: State,
    live: Live,
}

impl World {
    fn plan(&self, only: &[Cause]) -> Plan {
        let mut ancestry = Ancestry::default();
        let gone = self
            .applied
            .resources
            .keys()
            .chain(self.base.resources.keys());
        for address in gone.filter(|address| self.head.get(address).is_none()) {
            let commit = callsheet::model::Commit {
                id: "1".into(),
                author: "A".into(),
                summary: "S".into(),
            };
            let removal = Removed {
                commit: Some(commit),
                last: Fields::new(),
            };
            ancestry.removed.insert(address.clone(), removal);
        }
        let past = Past {
            base: Some(&self.base),
            applied: Some(&self.applied),
            ancestry: Some(&ancestry),
            ..Past::default()
        };
        let config = config();
        plan(Inputs {
            desired: &self.head,
            config: &config,
            capabilities: &callsheet::portal::capabilities(&config.portal),
            live: &self.live,
            today: today(),
            past,
            filter: callsheet::plan::Filter {
                only,
                ..callsheet::plan::Filter::default()
            },
        })
    }

    /// What a portal would hold once a plan is done.
    fn done(&self, plan: &Plan) -> Live {
        let mut live = self.live.clone();
        for operation in &plan.operations {
            let objects = &mut live
                .listings
                .get_mut(&operation.address.kind)
                .unwrap()
                .objects;
            if operation.action == Action::Delete {
                objects.remove(&operation.address.key);
            } else {
                let object = objects.entry(operation.address.key.clone()).or_default();
                object.fields = operation.target.clone();
            }
        }
        live
    }
}

/// Each change by its resource and field; creates and deletes by their resource.
fn touched(plan: &Plan) -> BTreeSet<String> {
    let of = |operation: &callsheet::plan::Operation| -> Vec<String> {
        let whole = matches!(operation.action, Action::Create | Action::Delete);
        if whole {
            return vec![operation.address.to_string()];
        }
        let paths = operation.changes.iter().map(|change| change.path.join("."));
        paths
            .map(|path| format!("{} {path}", operation.address))
            .collect()
    };
    plan.operations.iter().flat_map(of).collect()
}

const CAUSES: [Cause; 4] = [Cause::Conflict, Cause::Change, Cause::Pending, Cause::Drift];

proptest! {
    #[test]
    fn causes_are_what_they_say(
        (applied, base, head, live_is) in choices()
            .prop_flat_map(|applied| (Just(applied), after(applied), after(applied)))
            .prop_flat_map(|(applied, base, live)| (Just(applied), Just(base), after(base), Just(live)))
    ) {
        let world = World {
            applied: state(&applied),
            base: state(&base),
            head: state(&head),
            live: live(&live_is),
        };
        let whole = world.plan(&[]);

        // Each operation and each field has one cause, and the causes divide the plan among them.
        let mut together = BTreeSet::new();
        let mut count = 0;
        for cause in CAUSES {
            let part = world.plan(&[cause]);
            assert!(part.operations.iter().all(|one| one.cause == cause));
            let part = touched(&part);
            count += part.len();
            together.extend(part);
        }
        let all = touched(&whole);
        assert_eq!((together.len(), &together), (count, &all));
        for operation in &whole.operations {
            assert_eq!(operation.causes.len(), operation.changes.len());
            let first = operation.causes.iter().min();
            assert!(first.is_none_or(|first| *first == operation.cause), "{operation:?}");
        }

        // What isn't ours survives, and what we say is then the case.
        let after = world.done(&whole);
        assert_eq!(after.get(Kind::Users, "stranger").map(|one| &one.fields), world.live.get(Kind::Users, "stranger").map(|one| &one.fields));
        for (address, resource) in &world.head.resources {
            let now = after.get(Kind::Users, &address.key).unwrap();
            let shape = Kind::Users.shape();
            assert_eq!(shape.overlay(&now.fields, &resource.fields), now.fields);
        }
        let next = World { applied: state(&head), base: state(&head), head: state(&head), live: after };
        assert!(next.plan(&[]).operations.is_empty(), "{:?}", next.plan(&[]).operations);

        // Nobody who did nothing is blamed.
        if applied == base && base == head {
            assert!(whole.operations.iter().all(|one| one.cause == Cause::Drift), "{:?}", whole.operations);
        }
        if applied == base && live(&applied).listings == live(&live_is).listings {
            let innocent = [Cause::Drift, Cause::Conflict, Cause::Pending];
            assert!(whole.operations.iter().all(|one| !innocent.contains(&one.cause)), "{:?}", whole.operations);
        }
    }
}

#[test]
fn a_default_is_that_of_the_objects_own_type() {
    // A queue's strategy has another default than a ring group's.
    let group = |strategy: Option<&str>| {
        let mut body = json!({ "kind": "ring_group", "name": "Sales", "members": ["ann"] });
        if let Some(strategy) = strategy {
            body["strategy"] = json!(strategy);
        }
        Kind::Extensions.shape().read(&body).unwrap()
    };
    let address = Address::new(Kind::Extensions, "2000");
    let state = |fields: Fields| State {
        resources: [(
            address.clone(),
            Resource {
                fields,
                ..Resource::default()
            },
        )]
        .into(),
    };
    let object = LiveObject {
        id: "1".into(),
        fields: Kind::Extensions.shape().without_defaults(group(None)),
        ..LiveObject::default()
    };
    let mut live = live(&[None; 4]);
    let listing = live.listings.get_mut(&Kind::Extensions).unwrap();
    listing.objects.insert("2000".into(), object);
    let world = World {
        applied: state(group(None)),
        base: state(group(None)),
        head: state(group(Some("sequential"))),
        live,
    };
    let plan = world.plan(&[]);
    assert_eq!(plan.operations.len(), 1);
    assert_eq!(plan.operations[0].causes, [Cause::Change]);
    assert!(!plan.is_blocked(), "{:?}", plan.findings);
}
