//! The *adapter* of the sandbox before the real server, behind a proxy that injects the faults of a test.

mod reading;
mod writing;

use crate::{
    faulty::Faulty,
    running::{self, Client, Sandbox, WRITE},
};
use callsheet::{
    model::{Kind, Live},
    portal::{Error, Portal},
    sandbox::Store,
};
use serde_json::json;

/// A sandbox, its proxy, the adapter behind it, and a client that isn't.
struct Setup {
    faulty: Faulty,
    portal: Box<dyn Portal>,
    client: Client,
    _sandbox: Sandbox,
}

/// A sandbox with so many users. The first has voicemail messages.
fn with_users(count: usize) -> Setup {
    let store = Store::in_memory().unwrap();
    let users = (0..count).map(|at| {
        let fields = json!({"first_name": "Ada", "last_name": "Lovelace", "email": format!("user{at}@acme.example")});
        let fields = Kind::Users.shape().read(&fields).unwrap();
        (Kind::Users, format!("user{at}").into(), fields)
    });
    store.seed(users).unwrap();
    store.leave_voicemail("user0", 3).unwrap();
    let sandbox = Sandbox::over(store);
    let faulty = Faulty::before(&sandbox.url);
    Setup {
        portal: running::portal(&faulty.url()),
        faulty,
        client: Client::new(&sandbox.url, WRITE),
        _sandbox: sandbox,
    }
}

impl Setup {
    async fn read(&self, kinds: &[Kind]) -> Result<Live, Error> {
        self.portal
            .read(&kinds.iter().copied().collect(), &())
            .await
    }

    /// The users on the server.
    async fn users(&self) -> Vec<serde_json::Value> {
        let answer = self.client.get("/v1/users").await;
        answer.body["items"].as_array().unwrap().clone()
    }
}
