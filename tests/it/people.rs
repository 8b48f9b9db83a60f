//! *People* on the sandbox: they log in as the system of the profile lets them, and do what their permissions
//! allow.

use crate::{
    running::{Answer, Client, READ, Sandbox, WRITE},
    workspace::{self, write},
};
use callsheet::{profile::Profile, sandbox::Store};
use reqwest::Method;
use serde_json::{Value, json};
use std::path::Path;

struct System {
    sandbox: Sandbox,
    /// The holder of the sandbox's own token.
    own: Client,
}

fn system(profile: &str) -> System {
    let sandbox = Sandbox::over(Store::in_memory_like(Profile::named(profile)).unwrap());
    let own = Client::new(&sandbox.url, WRITE);
    System { sandbox, own }
}

const PASSWORD: &str = "correct horse 1";

impl System {
    /// Creates a user with a password.
    async fn user(&self, mut user: Value) -> String {
        let late = user.as_object_mut().unwrap().remove("active");
        user["password"] = json!({ "value": PASSWORD, "version": 1 });
        let made = self.own.post("/v1/users", &user).await;
        assert_eq!(made.status, 201, "{:?}", made.body);
        let id = made.body["id"].as_str().unwrap().to_owned();
        if let Some(active) = late {
            let path = format!("/v1/users/{id}");
            let mut whole = made.body.clone();
            whole["active"] = active.clone();
            let changed = match self.own.patch(&path, &json!({ "active": active })).await {
                answer if answer.status == 405 => {
                    let put = self.own.request(Method::PUT, &path).json(&whole);
                    Client::send(put).await.unwrap()
                }
                answer => answer,
            };
            assert_eq!(changed.status, 200, "{:?}", changed.body);
        }
        id
    }

    async fn log_in(&self, with: &Value) -> Answer {
        Client::new(&self.sandbox.url, "nobody")
            .post("/v1/sessions", with)
            .await
    }

    async fn client(&self, with: &Value) -> Client {
        let begun = self.log_in(with).await;
        assert_eq!(begun.status, 201, "{:?}", begun.body);
        Client::new(&self.sandbox.url, begun.body["token"].as_str().unwrap())
    }
}

fn detail(answer: &Answer) -> &str {
    answer.body["detail"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn an_inactive_user_cannot_log_in() {
    let system = system("sandbox");
    let user = |name: &str| {
        json!({"username": name, "first_name": "Ann", "last_name": "Lee",
            "email": format!("{name}@acme.example")})
    };
    system.user(user("ann")).await;
    let mut bob = user("bob");
    bob["active"] = false.into();
    system.user(bob).await;
    let with = |name: &str, password: &str| json!({"username": name, "password": password});
    assert_eq!(system.log_in(&with("ann", PASSWORD)).await.status, 201);
    let refused = system.log_in(&with("bob", PASSWORD)).await;
    assert_eq!(
        (refused.status, detail(&refused)),
        (403, "The user is inactive.")
    );
    // Nothing tells a wrong name from a wrong password.
    let wrong = system.log_in(&with("ann", "correct horse")).await;
    let unknown = system.log_in(&with("eve", PASSWORD)).await;
    assert_eq!((wrong.status, unknown.status), (401, 401));
    assert_eq!(wrong.body, unknown.body);
}

#[tokio::test]
async fn a_login_needs_the_portals_permission_and_an_account() {
    let netsapiens = system("netsapiens");
    let user = |name: &str, extension: &str, scope: &str| {
        json!({"username": name, "first_name": name, "last_name": "Lee", "extension": extension,
            "scope": scope})
    };
    // A password isn't a field of this system's users, so it is unknown.
    let refused = netsapiens
        .own
        .post("/v1/users", &json!({"password": {"value": "x"}}))
        .await;
    assert_eq!(refused.status, 422);
    let made = netsapiens
        .own
        .post("/v1/users", &user("sue", "1001", "simple_user"))
        .await;
    assert_eq!(made.status, 201);

    let voiply = system("voiply");
    let person = |email: &str, extension: &str, scope: &str| json!({"first_name": "Ann", "email": email, "extension": extension, "scope": scope});
    voiply
        .user(person("ann@acme.example", "101", "voice"))
        .await;
    let with = json!({"email": "Ann@acme.example", "password": PASSWORD});
    assert_eq!(voiply.log_in(&with).await.status, 201);

    let ivy = system("ivy");
    let refused = ivy
        .own
        .post(
            "/v1/users",
            &json!({"first_name": "Ann", "last_name": "Lee",
            "email": "ann@acme.example", "scope": "administrator", "password": {"value": "x"}}),
        )
        .await;
    assert_eq!(refused.faults(), ["password unknown"]);

    let allocloud = system("allocloud");
    let ann = json!({"username": "ann", "first_name": "Ann", "last_name": "Lee",
        "email": "ann@acme.example"});
    allocloud.user(ann).await;
    let mut with = json!({"username": "ann", "password": PASSWORD, "account": "other"});
    assert_eq!(allocloud.log_in(&with).await.status, 401);
    with["account"] = "sandbox".into();
    assert_eq!(allocloud.log_in(&with).await.status, 201);
}

#[tokio::test]
async fn the_licence_agreement_is_accepted_by_the_person_at_the_first_login() {
    let system = system("ivinex");
    let ann = json!({"username": "ann", "first_name": "Ann", "last_name": "Lee",
        "email": "ann@acme.example"});
    let id = system.user(ann).await;
    // S4.36
    let login = async || {
        let user = system.own.get(&format!("/v1/users/{id}")).await;
        user.body["login"]["has_accepted_eula"].clone()
    };
    assert_eq!(login().await, false);
    let mut with = json!({"username": "ann", "password": PASSWORD});
    let refused = system.log_in(&with).await;
    assert_eq!(refused.status, 403);
    assert!(
        detail(&refused).contains("licence agreement"),
        "{refused:?}"
    );
    with["accept_eula"] = true.into();
    assert_eq!(system.log_in(&with).await.status, 201);
    assert_eq!(login().await, true);
    with.as_object_mut().unwrap().remove("accept_eula");
    assert_eq!(system.log_in(&with).await.status, 201);
}

#[tokio::test]
async fn a_voice_user_sees_and_changes_only_the_own_settings() {
    let system = system("voiply");
    let person = |email: &str, extension: &str, scope: &str| json!({"first_name": "Ann", "email": email, "extension": extension, "scope": scope});
    let ann = system
        .user(person("ann@acme.example", "101", "voice"))
        .await;
    let bob = system
        .user(person("bob@acme.example", "102", "voice"))
        .await;
    let voice = system
        .client(&json!({"email": "ann@acme.example", "password": PASSWORD}))
        .await;
    let seen = voice.get("/v1/users").await;
    let seen = seen.body["items"].as_array().unwrap();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0]["extension"], "101");
    assert_eq!(voice.get(&format!("/v1/users/{bob}")).await.status, 403);
    let own = format!("/v1/users/{ann}");
    assert_eq!(voice.patch(&own, &json!({"dnd": true})).await.status, 200);
    assert_eq!(
        voice.patch(&own, &json!({"scope": "admin"})).await.status,
        403
    );
    let other = format!("/v1/users/{bob}");
    assert_eq!(voice.patch(&other, &json!({"dnd": true})).await.status, 403);
    assert_eq!(voice.delete(&other).await.status, 403);
    let new = person("eve@acme.example", "103", "voice");
    assert_eq!(voice.post("/v1/users", &new).await.status, 403);
    // After the end of the session the token is nothing.
    assert_eq!(voice.delete("/v1/sessions").await.status, 204);
    assert_eq!(voice.get("/v1/users").await.status, 401);
}

#[tokio::test]
async fn each_request_needs_a_permission_of_the_scope() {
    let system = system("sandbox");
    let user = |name: &str, scope: &str| {
        json!({"username": name, "first_name": "Ann", "last_name": "Lee", "scope": scope,
            "email": format!("{name}@acme.example")})
    };
    system.user(user("boss", "administrator")).await;
    system.user(user("ann", "user")).await;
    let with = |name: &str| json!({"username": name, "password": PASSWORD});
    let boss = system.client(&with("boss")).await;
    let ann = system.client(&with("ann")).await;
    let leeds = boss.post("/v1/instances", &json!({"name": "leeds"})).await;
    assert_eq!(leeds.status, 201);
    let rebuild = format!(
        "/v1/instances/{}/rebuild",
        leeds.body["id"].as_str().unwrap()
    );
    let with_permission = |name: &str, permission: &str| {
        let mut user = user(name, "user");
        user["permissions"] = json!([permission]);
        user
    };
    for (client, path, body, status) in [
        (&boss, "/v1/users", user("bob", "user"), 201),
        (&ann, "/v1/users", user("eve", "user"), 403),
        (&ann, "/v1/instances", json!({"name": "york"}), 403),
        (
            &ann,
            "/v1/extensions",
            json!({"number": "2000", "kind": "forward", "name": "F", "destination": "ann"}),
            403,
        ),
        (
            &boss,
            "/v1/extensions",
            json!({"number": "2000", "kind": "forward", "name": "F", "destination": "ann"}),
            201,
        ),
        // Nobody gives more than they have, in whichever way.
        (&boss, "/v1/users", user("max", "admin"), 403),
        (
            &boss,
            "/v1/users",
            with_permission("max", "system.manage"),
            403,
        ),
        (
            &boss,
            "/v1/users",
            with_permission("joe", "plans.manage"),
            201,
        ),
        (
            &boss,
            "/v1/scopes",
            json!({"name": "chief", "extends": "admin"}),
            403,
        ),
        (
            &boss,
            "/v1/scopes",
            json!({"name": "chief", "permissions": ["system.manage"]}),
            403,
        ),
        (
            &boss,
            "/v1/groups",
            json!({"name": "chiefs", "permissions": ["system.manage"]}),
            403,
        ),
        (&ann, &rebuild, json!({}), 200),
    ] {
        let answer = client.post(path, &body).await;
        assert_eq!(answer.status, status, "{path} {body}: {:?}", answer.body);
    }
    // Nor by a change; what somebody has already stays.
    let max = system.own.post("/v1/users", &user("max", "admin")).await;
    let max = format!("/v1/users/{}", max.body["id"].as_str().unwrap());
    let titled = boss.patch(&max, &json!({"title": "Cook"})).await;
    assert_eq!(titled.status, 200, "{:?}", titled.body);
    let more = json!({"permissions": ["reports.view"]});
    assert_eq!(boss.patch(&max, &more).await.status, 403);
    assert_eq!(ann.get("/v1/instances").await.status, 200);
    assert_eq!(ann.get("/v1/outbox").await.status, 403);
    let account = boss.get("/v1/account").await.body;
    assert_eq!(account["you"]["user"], "boss");
    assert_eq!(account["profile"], "sandbox");
    let may = account["you"]["may"].as_array().unwrap();
    assert!(may.contains(&json!("billing.manage")) && may.contains(&json!("portal.login")));
}

#[tokio::test]
async fn the_account_tells_what_a_scope_grants() {
    let system = system("sandbox");
    let log_in = async |name: &str, scope: &str| {
        let mut user = crate::running::user(name);
        user["scope"] = scope.into();
        system.user(user).await;
        let with = json!({"username": name, "password": PASSWORD});
        let client = system.client(&with).await;
        client.get("/v1/account").await.body["you"]["may"].clone()
    };
    // S0.22, S0.23, S0.28
    let boss = log_in("boss", "administrator").await;
    let ann = log_in("ann", "user").await;
    let has = |may: &Value, permission: &str| may.as_array().unwrap().contains(&json!(permission));
    for (permission, of_user) in [("billing.manage", false), ("account.view", true)] {
        assert!(has(&boss, permission), "{boss}");
        assert_eq!(has(&ann, permission), of_user, "{ann}");
    }
}

#[tokio::test]
async fn instances_are_seen_and_rebuilt_with_a_permission() {
    let system = system("sandbox");
    let made = system
        .own
        .post("/v1/instances", &json!({"name": "leeds"}))
        .await;
    let rebuild = format!(
        "/v1/instances/{}/rebuild",
        made.body["id"].as_str().unwrap()
    );
    // S0.29, S0.30
    for (name, scope, status) in [("ann", "user", 200), ("sue", "basic_user", 403)] {
        let mut user = crate::running::user(name);
        user["scope"] = scope.into();
        system.user(user).await;
        let with = json!({"username": name, "password": PASSWORD});
        let client = system.client(&with).await;
        assert_eq!(client.get("/v1/instances").await.status, status, "{scope}");
        let rebuilt = client.post(&rebuild, &json!({})).await;
        assert_eq!(rebuilt.status, status, "{scope}: {:?}", rebuilt.body);
    }
}

#[tokio::test]
async fn the_catalogue_lists_what_the_system_knows() {
    let modules = async |profile: &str| {
        let catalogue = system(profile).own.get("/v1/catalogue").await;
        assert_eq!(catalogue.status, 200);
        catalogue.body
    };
    // S4.34
    let ivinex = modules("ivinex").await;
    let known = &Profile::named("ivinex").permissions;
    assert!(!known.is_empty());
    for permission in known {
        let listed = ivinex["permissions"].as_array().unwrap();
        assert!(listed.contains(&json!(permission)), "{permission}");
    }
    let sandbox = modules("sandbox").await;
    assert_eq!(sandbox["models"], json!(Profile::named("sandbox").models));
    assert_ne!(sandbox["models"], ivinex["models"]);
}

#[tokio::test]
async fn a_welcome_is_a_mail_to_somebody_who_can_log_in() {
    let system = system("netsapiens");
    let user = |name: &str, extension: &str, scope: &str| {
        json!({"username": name, "first_name": name, "last_name": "Lee", "extension": extension,
            "email": format!("{name}@acme.example"), "scope": scope})
    };
    let mut ids = Vec::new();
    for (name, extension, scope) in [
        ("ann", "1001", "basic_user"),
        ("sue", "1002", "simple_user"),
    ] {
        let made = system
            .own
            .post("/v1/users", &user(name, extension, scope))
            .await;
        assert_eq!(made.status, 201, "{:?}", made.body);
        ids.push(made.body["id"].as_str().unwrap().to_owned());
    }
    let welcome = |id: &str| format!("/v1/users/{id}/welcome");
    assert_eq!(
        system.own.post(&welcome(&ids[0]), &json!({})).await.status,
        200
    );
    let refused = system.own.post(&welcome(&ids[1]), &json!({})).await;
    assert_eq!(refused.status, 422);
    let mails = system.own.get("/v1/outbox").await.body;
    assert_eq!(mails["items"].as_array().unwrap().len(), 1);
    assert_eq!(mails["items"][0]["to"], "ann@acme.example");
    let messages = format!("/v1/users/{}/messages", ids[0]);
    let left = json!({"from": "+14155550190", "seconds": 12});
    assert_eq!(system.own.post(&messages, &left).await.status, 201);
    let mut items = system.own.get(&messages).await.body["items"].take();
    let at = items[0].as_object_mut().unwrap().remove("at").unwrap();
    assert!(at.as_str().unwrap().parse::<jiff::Timestamp>().is_ok());
    assert_eq!(items, json!([left]));
    let ann = system.own.get(&format!("/v1/users/{}", ids[0])).await;
    assert_eq!(ann.body["voicemail_messages"], 1);
}

/// Runs a command in a workspace on a served sandbox with a token.
fn told(folder: &Path, token: &str, arguments: &[&str]) -> (i32, String) {
    workspace::told(folder, ("THE_TOKEN", token), arguments)
}

#[test]
fn a_plan_says_what_the_credentials_may_not_do_before_the_first_write() {
    let system = system("voiply");
    let config = format!(
        "portal: {{ kind: sandbox, profile: voiply, url: \"{}\", credentials: {{ token: {{ env: THE_TOKEN }} }} }}\n",
        system.sandbox.url
    );
    let people = "users:
  ann: { first_name: Ann, email: ann@acme.example, scope: voice, extension: 101 }
  bob: { first_name: Bob, email: bob@acme.example, scope: voice, extension: 102 }
";
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        &[("callsheet.yaml", &config), ("people.yaml", people)],
    );
    let folder = folder.path();
    let (code, text) = told(folder, READ, &["plan"]);
    assert_eq!(code, 0, "{text}");
    assert!(
        text.contains("may-not") && text.contains("may only read"),
        "{text}"
    );
    let (code, text) = told(folder, READ, &["apply", "--yes"]);
    assert_eq!(code, 3, "{text}");
    assert!(text.contains("block  may-not"), "{text}");
    let (_, text) = told(folder, READ, &["doctor"]);
    assert!(text.contains("may only read"), "{text}");

    let licences = crate::running::runtime().block_on(async {
        let path = "/v1/account/licences";
        let put = system
            .own
            .request(Method::PUT, path)
            .json(&json!({"voice": 1}));
        Client::send(put).await.unwrap()
    });
    assert_eq!(licences.status, 204);
    let (code, text) = told(folder, WRITE, &["plan"]);
    assert_eq!(code, 3, "{text}");
    assert!(
        text.contains("1 voice licence is free, and the plan needs 2"),
        "{text}"
    );
}

#[tokio::test]
async fn a_user_takes_a_licence_of_its_scope() {
    let system = system("voiply");
    let put = system.own.request(Method::PUT, "/v1/account/licences");
    let set = Client::send(put.json(&json!({"voice": 1}))).await.unwrap();
    assert_eq!(set.status, 204);
    let person = |extension: &str, scope: &str| {
        json!({"first_name": "Ann", "email": format!("{extension}@acme.example"),
            "extension": extension, "scope": scope})
    };
    assert_eq!(
        system
            .own
            .post("/v1/users", &person("101", "voice"))
            .await
            .status,
        201
    );
    let refused = system.own.post("/v1/users", &person("102", "voice")).await;
    assert_eq!(
        (refused.status, refused.faults()),
        (409, vec!["scope taken".to_owned()])
    );
    assert_eq!(
        system
            .own
            .post("/v1/users", &person("103", "admin"))
            .await
            .status,
        201
    );
}

#[test]
fn a_click_in_the_portal_is_drift() {
    let folder = tempfile::tempdir().unwrap();
    let people = "users:\n  ann: { first_name: Ann, last_name: Lee, email: ann@acme.example, extension: 1001 }\n";
    let config = "portal: { kind: sandbox, database: .callsheet/sandbox.db }\n";
    write(
        folder.path(),
        &[("callsheet.yaml", config), ("people.yaml", people)],
    );
    let folder = folder.path();
    assert_eq!(told(folder, "", &["apply", "--yes"]).0, 0);
    let edit = |change: &[&str]| {
        let mut line = vec!["sandbox", "edit", "users/ann"];
        line.extend(change);
        told(folder, "", &line)
    };
    let (code, text) = edit(&["last_name=Poe", "dnd=true", "voicemail.mailbox=77"]);
    assert_eq!(code, 0, "{text}");
    assert!(
        text.contains("changed last_name, voicemail.mailbox, dnd of users/ann"),
        "{text}"
    );
    let (_, text) = told(folder, "", &["plan"]);
    assert!(text.contains("Poe → Lee"), "{text}");
    for (wrong, reason) in [
        ("shoe_size=44", "there is no field `shoe_size`"),
        ("dnd=perhaps", "`perhaps` is not a value"),
        ("password=x", "is a secret"),
        ("dnd", "is not a field and a value"),
    ] {
        let (code, text) = edit(&[wrong]);
        assert_ne!(code, 0, "{wrong}");
        assert!(text.contains(reason), "{wrong}: {text}");
    }
}
