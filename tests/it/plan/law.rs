//! The *laws* of a plan by itself, on portals of every kind: what is as declared needs nothing, and what is
//! done as planned is as declared, without two objects ever holding the same.

use super::{address, live_of, put};
use callsheet::{
    config::{Config, PortalConfig, PortalKind},
    model::{
        Address, Capabilities, FindingRule, Identity, Kind, Live, Removal, Resource, State, Value,
    },
    plan::{Action, Filter, Inputs, Operation, Past, Plan, plan},
    portal,
};
use proptest::prelude::{ProptestConfig, any, prop, proptest};
use serde_json::json;
use std::collections::BTreeSet;

const PEOPLE: [&str; 4] = ["ann", "bob", "cy", "dee"];

/// What one state declares, from random bytes: who is there, under which of few addresses and numbers, and
/// who is rung by the team.
fn state(bytes: &[u8]) -> State {
    let mut state = State::default();
    let mut bytes = bytes.iter().copied();
    let mut dice = |count: u8| bytes.next().unwrap_or_default() % count;
    let mut free: Vec<u8> = (0..6).collect();
    let mut members = Vec::new();
    for key in PEOPLE {
        if dice(4) == 0 {
            continue;
        }
        let number = free.remove(usize::from(dice(u8::try_from(free.len()).unwrap())));
        let fields = json!({
            "username": key, "first_name": key, "last_name": format!("L{}", dice(2)),
            "email": format!("mail{number}@x.example"), "extension": format!("100{number}"),
        });
        let fields = Kind::Users.shape().read(&fields).unwrap();
        let resource = Resource {
            fields,
            ..Resource::default()
        };
        state
            .resources
            .insert(Address::new(Kind::Users, key), resource);
        if dice(2) == 0 {
            members.push(key);
        }
    }
    if !members.is_empty() {
        let fields = json!({"kind": "ring_group", "name": "Team", "members": members});
        let fields = Kind::Extensions.shape().read(&fields).unwrap();
        let resource = Resource {
            fields,
            ..Resource::default()
        };
        state.resources.insert(address("extensions/2000"), resource);
    }
    state
}

fn planned(desired: &State, live: &Live, applied: &State, capabilities: &Capabilities) -> Plan {
    planned_for(&[], desired, live, applied, capabilities)
}

fn planned_for(
    targets: &[Address],
    desired: &State,
    live: &Live,
    applied: &State,
    capabilities: &Capabilities,
) -> Plan {
    let config = json!({
        "portal": {"kind": "sandbox"},
        "policy": {"deletes": {"max": 100, "percent": 100}, "administrators": {"min": 0}},
    });
    let config: Config = serde_json::from_value(config).unwrap();
    plan(Inputs {
        desired,
        config: &config,
        capabilities,
        live,
        today: jiff::civil::date(2026, 8, 22),
        past: Past {
            base: Some(applied),
            applied: Some(applied),
            ..Past::default()
        },
        filter: Filter {
            targets,
            ..Filter::default()
        },
    })
}

/// Does one operation as a portal does, which takes no value that another object has.
fn apply(live: &mut Live, operation: &Operation, capabilities: &Capabilities) {
    let Operation {
        address,
        action,
        target,
        object,
        ..
    } = operation;
    let listing = live.listings.get_mut(&address.kind).unwrap();
    let old = object
        .as_ref()
        .map(|object| listing.objects.remove(&object.key).unwrap());
    if *action == Action::Delete {
        return;
    }
    let key = capabilities.portal_key(address, target).to_owned();
    assert!(!listing.objects.contains_key(&*key), "{key} is there");
    put(live, address.kind, &key, target.clone());
    let listing = live.listings.get_mut(&address.kind).unwrap();
    let new = listing.objects.get_mut(&*key).unwrap();
    new.id = old.map_or_else(|| format!("new-{address}").into(), |old| old.id);
    for field in ["email", "extension"] {
        let mut seen = BTreeSet::new();
        for (key, user) in live.of_kind(Kind::Users) {
            if let Some(value) = user.fields.get(field).and_then(Value::as_text) {
                assert!(seen.insert(value), "{key} has another's {field} {value}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_a_portal_knows_people_by(
        earlier in prop::collection::vec(any::<u8>(), 16),
        later in prop::collection::vec(any::<u8>(), 16),
        identity in 0..3_usize,
        deletes in any::<bool>(),
    ) {
        let mut capabilities = portal::capabilities(&PortalConfig::new(PortalKind::Sandbox));
        let users = capabilities.kinds.get_mut(&Kind::Users).unwrap();
        users.identity = Identity::Field(["username", "email", "extension"][identity]);
        if !deletes {
            users.removal = Removal::Deactivate;
        }
        let (earlier, later) = (state(&earlier), state(&later));
        let mut live = live_of(&earlier, &capabilities);
        let nothing = planned(&earlier, &live, &earlier, &capabilities);
        assert!(nothing.operations.is_empty(), "{:?}", nothing.operations);

        // There, and back again.
        for (before, after) in [(&earlier, &later), (&later, &earlier)] {
            let plan = planned(after, &live, before, &capabilities);
            // Who is only deactivated keeps an address and a number that another may not take.
            if !deletes && plan.is_blocked() {
                return Ok(());
            }
            for operation in &plan.operations {
                let is_in = |state: &State| state.get(&operation.address).is_some();
                let is_user = operation.address.kind == Kind::Users;
                if is_in(before) && is_in(after) || !deletes && is_user {
                    assert!(operation.action != Action::Delete, "{}", operation.address);
                }
                if is_in(before) && is_in(after) {
                    assert!(operation.action != Action::Create, "{}", operation.address);
                }
                apply(&mut live, operation, &capabilities);
            }
            let rest = planned(after, &live, after, &capabilities);
            assert!(rest.operations.is_empty(), "{:?}", rest.operations);
        }
    }

    /// A plan for one person does less than the plan for all, leaves a portal on which nothing is torn apart, and
    /// nothing of that person to do.
    #[test]
    fn a_plan_for_one_is_part_of_the_plan_for_all(
        earlier in prop::collection::vec(any::<u8>(), 16),
        later in prop::collection::vec(any::<u8>(), 16),
        identity in 0..3_usize,
        who in 0..PEOPLE.len(),
    ) {
        let mut capabilities = portal::capabilities(&PortalConfig::new(PortalKind::Sandbox));
        let users = capabilities.kinds.get_mut(&Kind::Users).unwrap();
        users.identity = Identity::Field(["username", "email", "extension"][identity]);
        let (earlier, later) = (state(&earlier), state(&later));
        let mut live = live_of(&earlier, &capabilities);
        let target = [Address::new(Kind::Users, PEOPLE[who])];
        let all = planned(&later, &live, &earlier, &capabilities);
        let part = planned_for(&target, &later, &live, &earlier, &capabilities);
        let writes = |plan: &Plan| {
            let whole = plan.operations.iter().filter(|one| !one.is_release);
            let written = whole.map(|one| {
                let id = one.object.as_ref().map(|object| object.id.clone());
                (one.address.clone(), id, one.action, one.target.clone())
            });
            written.collect::<Vec<_>>()
        };
        let (of_all, of_part) = (writes(&all), writes(&part));
        assert!(of_part.iter().all(|one| of_all.contains(one)), "{of_part:?} of {of_all:?}");
        assert_eq!(of_part.len() + part.left_out, of_all.len());
        let in_use = |plan: &Plan| {
            let rules = plan.findings.iter().map(|one| one.rule);
            rules.filter(|rule| *rule == FindingRule::InUse).count()
        };
        assert!(in_use(&part) <= in_use(&all), "{:?}", part.findings);
        for operation in &part.operations {
            apply(&mut live, operation, &capabilities);
        }
        // Where people are known by what they may take from each other, only a whole apply tells who is who.
        if identity == 0 {
            let rest = planned_for(&target, &later, &live, &earlier, &capabilities);
            let mut own = rest.operations.iter().filter(|one| one.address == target[0]);
            assert!(own.next().is_none(), "{:?}", rest.operations);
        }
    }
}
