//! After an apply the plan is empty, whatever was declared and whatever was there: random workspaces
//! against random portals, over HTTP, with few numbers, addresses and phones, so that many are swapped.

mod case;

use crate::running;
use callsheet::{
    apply::{Applied, Greetings, Outcome, Secrets, apply},
    desired::{self, Desired},
    model::{Address, Kind, Live},
    plan::{Inputs, Plan, plan},
    portal::Portal,
    render::document,
    repo::Files,
    sandbox::Store,
};
use case::{Case, Dice, case};
use proptest::{
    collection::vec,
    prelude::{ProptestConfig, any},
    test_runner::TestRunner,
};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// What a workspace of these files declares. JSON is YAML.
fn load(case: &Case, split: &mut dyn FnMut() -> usize) -> Desired {
    let config = json!({
        "portal": {"kind": "sandbox", "database": "x.db"},
        "absent": case.absent,
        "allow": [
            {"finding": "in-use", "until": "2999-12-31", "because": "a test"},
            {"finding": "same-person", "until": "2999-12-31", "because": "a test"},
        ],
    });
    let mut files = Files::default();
    files.take("callsheet.yaml".into(), config.to_string().into_bytes());
    let mut parts: Vec<Json> = vec![json!({}); 3];
    for ((kind, key), fields) in &case.declared {
        let of_kind = &mut parts[split()][kind.name()];
        if of_kind.is_null() {
            *of_kind = json!({});
        }
        of_kind[key] = fields.clone();
    }
    for (at, part) in parts.iter().enumerate() {
        files.take(format!("part{at}.yaml"), part.to_string().into_bytes());
    }
    let desired = desired::load(files, today());
    assert!(
        !desired.report.has_errors(),
        "{:?}",
        desired
            .report
            .sorted()
            .iter()
            .map(|one| one.message.clone())
            .collect::<Vec<_>>()
    );
    desired
}

fn today() -> jiff::civil::Date {
    jiff::civil::date(2026, 8, 22)
}

fn planned(desired: &Desired, live: &Live) -> Plan {
    let config = desired.config.as_ref().unwrap();
    plan(Inputs {
        desired: &desired.state,
        config,
        capabilities: &callsheet::portal::capabilities(&config.portal),
        live,
        today: today(),
        past: callsheet::plan::Past::default(),
        filter: callsheet::plan::Filter::default(),
    })
}

/// A plan as scripts see it, without what reading cost and without places in files.
fn bytes(plan: &Plan) -> String {
    let document = document::plan(&document::Heading::default(), plan);
    let mut json = serde_json::to_value(document).unwrap();
    json["requests"].take();
    json["digest"].take();
    // A finding says where a reference stands, and that is all that a file has to do with it.
    for finding in json["findings"].as_array_mut().unwrap() {
        let message = finding["message"].as_str().unwrap();
        let about = message
            .split_once(": part")
            .map_or(message, |(about, _)| about);
        finding["message"] = json!(about);
    }
    json.to_string()
}

async fn read(portal: &dyn Portal) -> Live {
    let live = portal.read(&Kind::ALL.into(), &()).await.unwrap();
    assert_eq!(live.requests.made, live.requests.minimum);
    assert!(
        live.listings
            .values()
            .all(|listing| listing.doubt().is_none())
    );
    live
}

async fn applied(plan: &Plan, portal: &dyn Portal) -> Applied {
    let secrets = Secrets::read(plan, &|_| Ok("4711".into())).unwrap();
    let (_stop, stopped) = tokio::sync::watch::channel(false);
    apply(plan, portal, &secrets, &Greetings::default(), stopped, &()).await
}

async fn converges(case: &Case, url: &str, dice: &mut Dice) {
    let portal = running::portal(url);
    let desired = load(case, &mut || 0);
    let before = read(&*portal).await;
    let plan = planned(&desired, &before);
    let shown = bytes(&plan);
    assert!(!plan.is_blocked(), "{:?}", plan.findings);
    for (at, operation) in plan.operations.iter().enumerate() {
        assert!(operation.after.iter().all(|first| *first < at), "{shown}");
    }
    let split = load(case, &mut || dice.below(3));
    assert_eq!(bytes(&planned(&split, &before)), shown);

    let made = portal.requests();
    let results = applied(&plan, &*portal).await;
    for (operation, result) in plan.operations.iter().zip(&results.results) {
        let address = &operation.address;
        assert_eq!(
            result.outcome,
            Outcome::Done,
            "{address}: {:?} in {shown}",
            result.error
        );
    }
    assert_eq!(portal.requests() - made, plan.operations.len() as u64);

    let after = read(&*portal).await;
    let again = planned(&desired, &after);
    assert!(
        again.operations.is_empty(),
        "{} after {shown}",
        bytes(&again)
    );
    let made = portal.requests();
    assert!(applied(&again, &*portal).await.is_complete());
    assert_eq!(portal.requests(), made);
    nothing_else_is_touched(case, &desired, &before, &after);
}

/// Strangers are as they were, to the version; of ours, what nobody declares.
fn nothing_else_is_touched(case: &Case, desired: &Desired, before: &Live, after: &Live) {
    let mut ours = BTreeMap::new();
    for (address, resource) in &desired.state.resources {
        let key = resource.fields.text("username").unwrap_or(&address.key);
        ours.insert(after.get(address.kind, key).unwrap().id.clone(), resource);
    }
    for kind in Kind::ALL {
        for (key, object) in before.of_kind(kind) {
            let found = after.of_kind(kind).find(|(_, one)| one.id == object.id);
            let Some((new_key, found)) = found else {
                assert!(case.absent.contains(&Address::new(kind, key).to_string()));
                continue;
            };
            let Some(resource) = ours.get(&object.id) else {
                assert_eq!(
                    (key, format!("{object:?}")),
                    (new_key, format!("{found:?}"))
                );
                continue;
            };
            for (name, value) in object.fields.iter() {
                let other_type = kind == Kind::Extensions
                    && object.fields.get("kind") != found.fields.get("kind");
                if resource.fields.get(name).is_none() && !other_type {
                    assert_eq!(found.fields.get(name), Some(value), "{kind}/{key} {name}");
                }
            }
        }
    }
}

#[test]
fn after_an_apply_the_plan_is_empty() {
    let cases = ProptestConfig::default().cases;
    let config = ProptestConfig {
        // 64 unless PROPTEST_CASES says otherwise; the default of proptest is for cheaper tests.
        cases: if cases == 256 { 64 } else { cases },
        failure_persistence: None,
        max_shrink_iters: 200,
        ..ProptestConfig::default()
    };
    let test = |seed: Vec<u8>| {
        let mut dice = Dice(seed.into_iter());
        let case = case(&mut dice);
        let store = Store::in_memory().unwrap();
        let objects = case.live.iter().map(|((kind, key), fields)| {
            let fields = kind.shape().read(fields).unwrap();
            (*kind, key.as_str().into(), fields)
        });
        store.seed(objects).unwrap();
        let (url, _stop) = running::served(store);
        running::runtime().block_on(converges(&case, &url, &mut dice));
        Ok(())
    };
    if let Err(error) = TestRunner::new(config).run(&vec(any::<u8>(), 700), test) {
        panic!("{error}");
    }
}
