//! The number of requests of a plan and an apply around page boundaries.

use crate::{faulty::Faulty, running};
use callsheet::{
    apply::{Greetings, Secrets, apply},
    config::Config,
    model::{Address, Fields, Kind, Requests, Resource, State, Value},
    plan::{Inputs, Plan, plan},
    portal::Portal,
    sandbox::Store,
};
use serde_json::json;

fn user(at: usize) -> (Box<str>, Fields) {
    let key = format!("u{at:04}");
    let fields = json!({"username": key, "first_name": "Ann", "last_name": "Lee",
        "email": format!("{key}@acme.example"), "extension": format!("{}", 10_000 + at)});
    (key.into(), Kind::Users.shape().read(&fields).unwrap())
}

async fn planned(state: &State, portal: &dyn Portal) -> Plan {
    let config = json!({"portal": {"kind": "sandbox"}});
    let config: Config = serde_json::from_value(config).unwrap();
    let live = portal.read(&Kind::ALL.into(), &()).await.unwrap();
    plan(Inputs {
        desired: state,
        config: &config,
        capabilities: &callsheet::portal::capabilities(&config.portal),
        live: &live,
        today: jiff::civil::date(2026, 8, 22),
        past: callsheet::plan::Past::default(),
        filter: callsheet::plan::Filter::default(),
    })
}

#[test]
fn a_plan_sends_one_request_per_page_and_an_apply_one_per_operation() {
    for users in [0, 1, 999, 1000, 1001, 2000, 2001] {
        let store = Store::in_memory().unwrap();
        let objects = (0..users).map(user);
        store
            .seed(objects.map(|(key, fields)| (Kind::Users, key, fields)))
            .unwrap();
        let (url, _stop) = running::served(store);
        let faulty = Faulty::before(&url);
        let mut state = State::default();
        for (key, fields) in (0..users).map(user) {
            let resource = Resource {
                fields,
                ..Resource::default()
            };
            state
                .resources
                .insert(Address::new(Kind::Users, key), resource);
        }
        running::runtime().block_on(async {
            let portal = running::portal(&faulty.url());
            let noop = planned(&state, &*portal).await;
            // The portal's own scopes, and the users.
            let pages = 1 + users.div_ceil(1000) as u64;
            assert!(noop.operations.is_empty(), "{users}");
            assert_eq!(
                noop.requests,
                Requests {
                    made: pages,
                    minimum: pages
                },
                "{users}"
            );
            assert_eq!(faulty.requests().len() as u64, pages, "{users}");
            assert_eq!(faulty.count("GET") as u64, pages, "{users}");

            faulty.heal();
            for resource in state.resources.values_mut().take(5) {
                resource.fields.set("dnd".into(), Value::Bool(true));
            }
            let (key, fields) = user(9999);
            let resource = Resource {
                fields,
                ..Resource::default()
            };
            state
                .resources
                .insert(Address::new(Kind::Users, key), resource);
            let plan = planned(&state, &*portal).await;
            assert_eq!(plan.operations.len(), users.min(5) + 1);
            let (_stop, stopped) = tokio::sync::watch::channel(false);
            let applied = apply(
                &plan,
                &*portal,
                &Secrets::default(),
                &Greetings::default(),
                stopped,
                &(),
            )
            .await;
            assert!(applied.is_complete());
            let made = faulty.requests().len() as u64;
            assert_eq!(made, pages + plan.operations.len() as u64, "{users}");
            assert_eq!(
                (faulty.count("POST"), faulty.count("PATCH")),
                (1, users.min(5))
            );
        });
    }
}
