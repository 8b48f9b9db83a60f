//! *Charges*: billable objects are only created within the limits of the policy.

use super::{
    run::{Workspace, applied, failures},
    subject::Subject,
};
use crate::{
    kazoo::{Dialect, Options},
    running,
};
use callsheet::{config::Charges, model::Kind};
use serde_json::json;

/// The failures of creating two billable users, and the number of accepted charges.
fn outcome(dialect: Dialect, charges: Option<Charges>) -> (Vec<String>, usize) {
    let options = Options {
        priced: vec![("users", 10.0, 5.0)],
        ..Options::new(dialect)
    };
    let mut subject = Subject::kazoo("a priced Kazoo", options);
    subject.target.charges = charges;
    let mut workspace = Workspace::default();
    for key in ["ann", "bob"] {
        let user =
            json!({"first_name": key, "last_name": "Lee", "email": format!("{key}@acme.example")});
        workspace.declare(Kind::Users, key, &user);
    }
    let told = running::runtime().block_on(async {
        let portal = subject.portal();
        let plan = workspace.plan(&*portal).await.unwrap();
        failures(&plan, &applied(&plan, &*portal).await)
    });
    let kazoo = &subject.server;
    let requests = kazoo.requests().into_iter();
    let accepted = requests
        .filter(|one| one.body["accept_charges"] == true)
        .count();
    (told, accepted)
}

#[test]
fn billable_objects_are_created_within_the_policy() {
    for dialect in [Dialect::Four, Dialect::Five] {
        let (told, accepted) = outcome(dialect, None);
        assert_eq!((told.len(), accepted), (2, 0), "{told:?}");
        assert!(told[0].contains("it costs 10.00 today"), "{told:?}");
        assert!(told[0].contains("`policy.charges`"), "{told:?}");

        let limits = |today, monthly| Some(Charges { today, monthly });
        let (told, accepted) = outcome(dialect, limits(20, 1000));
        assert_eq!((told, accepted), (Vec::new(), 2));
        let (told, accepted) = outcome(dialect, limits(19, 1000));
        assert_eq!((told.len(), accepted), (1, 1), "{told:?}");
        let (told, accepted) = outcome(dialect, limits(20, 4));
        assert_eq!((told.len(), accepted), (2, 0), "{told:?}");
    }
}
