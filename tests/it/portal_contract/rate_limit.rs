//! The *rate limit*: a Kazoo that allows a burst of 100 requests and 10 per second never has to reject one.

use super::{run::Workspace, subject::Subject};
use crate::{
    kazoo::{Dialect, Options},
    running,
};
use callsheet::portal::Details;
use serde_json::json;

#[test]
fn requests_stay_below_the_hosts_rate_limit() {
    let options = Options {
        rate: Some((100, 10)),
        ..Options::new(Dialect::Four)
    };
    let mut subject = Subject::kazoo("a Kazoo that counts", options);
    subject.target.rate_limit = None;
    let kazoo = &subject.server;
    for at in 0..60 {
        let user = json!({"username": format!("u{at}"), "password": "x1y2z3", "first_name": "U", "last_name": "V"});
        let owner = kazoo.seed("users", user);
        kazoo.seed(
            "vmboxes",
            json!({"name": "V", "mailbox": format!("{}", 79_500 + at), "owner_id": owner}),
        );
    }
    running::runtime().block_on(async {
        let portal = subject.portal();
        let mut live = Workspace::default().read(&*portal).await.unwrap();
        portal
            .read_details(&mut live, Details::Everything, &())
            .await
            .unwrap();
    });
    let requests = kazoo.requests();
    assert!(requests.len() > 120, "{}", requests.len());
    assert!(
        requests
            .iter()
            .all(|one| one.status < 400 || one.status == 404)
    );
}
