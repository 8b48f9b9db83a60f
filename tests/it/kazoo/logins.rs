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
        let login = auth::login(USERNAME, PASSWORD);
        for (data, status) in [
            (
                json!({"account_name": "A-C-M-E", "credentials": login.md5}),
                201,
            ),
            (
                json!({"account_realm": "ACME.example", "credentials": login.sha, "method": "sha"}),
                201,
            ),
            (
                json!({"account_name": "leeds", "credentials": login.md5}),
                201,
            ),
            (
                json!({"account_name": "acme", "credentials": login.sha}),
                401,
            ),
            (
                json!({"account_id": kazoo.account, "credentials": login.md5}),
                if dialect == Dialect::Five { 201 } else { 401 },
            ),
        ] {
            let answer = caller
                .send("PUT", "/v2/user_auth", Some(&json!({"data": data})), &[])
                .await;
            assert_eq!(answer.status, status, "{data}");
        }
        let key = json!({"data": {"api_key": kazoo.api_key}});
        let answer = caller.send("PUT", "/v2/api_auth", Some(&key), &[]).await;
        assert_eq!((answer.status, kazoo.api_key.len()), (201, 64));
    }
}

#[tokio::test]
async fn a_child_does_not_see_its_parent() {
    let kazoo = Kazoo::start(Dialect::Four);
    let mut caller = Caller::new(&kazoo).await;
    let of = |account: &str| format!("/v2/accounts/{account}/users");
    assert_eq!(
        caller
            .send("GET", &of(&kazoo.child), None, &[])
            .await
            .status,
        200
    );
    let below = caller.get("descendants").await;
    assert_eq!(
        below.body["data"],
        json!([{"id": kazoo.child, "name": "leeds", "realm": "leeds.example"}])
    );
    let login = auth::login(USERNAME, PASSWORD).md5;
    let data = json!({"data": {"account_name": "leeds", "credentials": login}});
    let answer = caller.send("PUT", "/v2/user_auth", Some(&data), &[]).await;
    caller.token = answer.body["auth_token"].as_str().unwrap().to_owned();
    assert_eq!(
        caller
            .send("GET", &of(&kazoo.child), None, &[])
            .await
            .status,
        200
    );
    assert_eq!(
        caller
            .send("GET", &of(&kazoo.account), None, &[])
            .await
            .status,
        403
    );
    let elsewhere = caller.send("GET", &of("0123"), None, &[]).await;
    assert_eq!(
        (elsewhere.status, &elsewhere.body["message"]),
        (404, &json!("bad_identifier"))
    );
}
