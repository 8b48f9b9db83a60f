//! *Logins*: tests of logins and of the permissions of tokens.

use super::{Dialect, Kazoo, Options, PASSWORD, USERNAME, auth, caller::Caller};
use serde_json::json;

#[tokio::test]
async fn somebody_logs_in_and_is_forgotten() {
    let kazoo = Kazoo::start(Dialect::Four);
    let caller = Caller::new(&kazoo).await;
    assert_eq!(caller.get("users").await.status, 200);
    assert_eq!(caller.token.split('.').count(), 3);
    kazoo.expire_tokens();
    let refused = caller.get("users").await;
    assert_eq!(
        (refused.status, &refused.body["error"]),
        (401, &json!("401"))
    );
    let statuses: Vec<_> = kazoo.requests().iter().map(|seen| seen.status).collect();
    assert_eq!(statuses, [201, 200, 401]);
    kazoo.forget();
    assert!(kazoo.requests().is_empty());

    let short = Options {
        token_lifetime_s: 0,
        ..Options::new(Dialect::Four)
    };
    let kazoo = short.start();
    let caller = Caller::new(&kazoo).await;
    assert_eq!(caller.get("users").await.status, 401);
}

#[tokio::test]
async fn a_login_names_its_account_in_several_ways() {
    for dialect in [Dialect::Four, Dialect::Five] {
        let kazoo = Kazoo::start(dialect);
        let caller = Caller::stranger(&kazoo);
        let auth::Login { md5, sha } = auth::login(USERNAME, PASSWORD);
        let in_five = if dialect == Dialect::Five { 201 } else { 401 };
        for (name, account, method, credentials, status) in [
            ("account_name", "A-C-M-E", None, &md5, 201),
            ("account_realm", "ACME.example", Some("sha"), &sha, 201),
            ("account_name", "leeds", None, &md5, 201),
            ("account_name", "acme", None, &sha, 401),
            ("account_id", &kazoo.account, None, &md5, in_five),
        ] {
            let data = json!({name: account, "credentials": credentials, "method": method});
            assert_eq!(caller.login(data).await.status, status, "{account}");
        }
        let key = json!({"data": {"api_key": kazoo.api_key}});
        let answer = caller.send("PUT", "/v2/api_auth", Some(&key), &[]).await;
        assert_eq!((answer.status, kazoo.api_key.len()), (201, 64));
    }
}

#[tokio::test]
async fn a_child_does_not_see_its_parent() {
    let kazoo = Kazoo::start(Dialect::Four);
    let caller = Caller::new(&kazoo).await;
    assert_eq!(caller.users_of(&kazoo.child).await.status, 200);
    let below = caller.get("descendants").await;
    assert_eq!(
        below.body["data"],
        json!([{"id": kazoo.child, "name": "leeds", "realm": "leeds.example"}])
    );
    let caller = Caller::of(&kazoo, "leeds").await;
    assert_eq!(caller.users_of(&kazoo.child).await.status, 200);
    assert_eq!(caller.users_of(&kazoo.account).await.status, 403);
    let elsewhere = caller.users_of("0123").await;
    assert_eq!(
        (elsewhere.status, &elsewhere.body["message"]),
        (404, &json!("bad_identifier"))
    );
}
