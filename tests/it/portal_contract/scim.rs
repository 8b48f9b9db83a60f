//! *SCIM*: what is particular to it, at a real server. Entries and members of others are kept, a refusal
//! names the field, and what the schemas don't define is refused before anything is sent.

use super::{
    run::{Workspace, step},
    subject::Subject,
};
use crate::{
    report::{measured, skipped},
    running,
    scim::{GROUP, ScimServer, TELEPHONY, TOKEN},
};
use callsheet::{
    model::{Address, Fields, Kind, Requests},
    portal::{Credentials, Error, Location, ObjectRef, Verb, Write},
    support::check_support,
};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

/// The subject, where the server is installed.
fn subject() -> Option<Subject<ScimServer>> {
    Subject::scim().map_err(skipped).ok()
}

fn user(key: &str, extension: Option<&str>) -> Json {
    let mut user =
        json!({"first_name": "A", "last_name": "B", "email": format!("{key}@acme.example")});
    if let Some(extension) = extension {
        user["extension"] = extension.into();
    }
    user
}

/// The members of one of these groups, by its name.
fn members(groups: &[Json], name: &str) -> BTreeSet<String> {
    let group = groups.iter().find(|group| group["displayName"] == name);
    let members = group.unwrap()["members"].as_array().into_iter().flatten();
    let ids = members.map(|member| member["value"].as_str().unwrap().to_owned());
    ids.collect()
}

#[test]
fn what_is_not_declared_survives() {
    let Some(subject) = subject() else { return };
    let home = json!({"type": "home", "value": "ann@home.example", "primary": true});
    let fax = json!({"type": "fax", "value": "+14155550111"});
    let device = json!({"mac": "00:15:65:00:00:01", "model": "t46", "name": "Desk"});
    let id = subject.server.seed_user(
        "Ann",
        &json!({"displayName": "Annie",
        "name": {"givenName": "A", "familyName": "B"},
        "emails": [home, {"type": "work", "value": "ann@acme.example", "display": "Ann"}],
        "phoneNumbers": [fax], "roles": [{"value": "boss"}], TELEPHONY: {"devices": [device]}}),
    );
    let mut workspace = Workspace::default();
    let mut ann = user("ann", None);
    ann["phone"] = "+14155550112".into();
    workspace.declare(Kind::Users, "ann", &ann);
    step(&subject, &workspace, true, "adopted");
    let mut expected = json!({"userName": "Ann", "displayName": "Annie",
        "name": {"givenName": "A", "familyName": "B"},
        "emails": [home, {"type": "work", "value": "ann@acme.example", "display": "Ann"}],
        "phoneNumbers": [fax, {"type": "work", "value": "+14155550112"}],
        "roles": [{"value": "boss"}], TELEPHONY: {"devices": [device]}});
    let compare = |expected: &Json| {
        let now = subject.server.resource("Users", &id);
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(now[name], *value, "{name}");
        }
    };
    compare(&expected);
    // A released field is kept, and a cleared one is removed.
    let fields = workspace.fields(Kind::Users, "ann");
    fields.set("phone".into(), callsheet::model::Value::Null);
    step(&subject, &workspace, true, "cleared");
    expected["phoneNumbers"] = json!([fax]);
    compare(&expected);
}

#[test]
fn a_large_group_keeps_its_members() {
    let Some(subject) = subject() else { return };
    let others: Vec<Json> = (0..150)
        .map(|at| json!({"value": format!("stranger-{at}")}))
        .collect();
    let group = json!({"schemas": [GROUP], "displayName": "sales", "members": others});
    subject.server.seed("Groups", &group);
    let mut workspace = Workspace::default();
    workspace.declare(Kind::Groups, "sales", &json!({}));
    for key in ["ann", "bob"] {
        let mut user = user(key, None);
        user["groups"] = json!(["sales"]);
        workspace.declare(Kind::Users, key, &user);
    }
    // Both at once.
    step(&subject, &workspace, true, "two join");
    assert_eq!(members(&subject.server.all("Groups"), "sales").len(), 152);
    workspace
        .fields(Kind::Users, "ann")
        .set("groups".into(), callsheet::model::Value::List([].into()));
    workspace.remove(Kind::Users, "bob");
    step(&subject, &workspace, true, "one leaves, and one is deleted");
    let left = members(&subject.server.all("Groups"), "sales");
    assert_eq!(left.len(), 150);
    assert!(left.iter().all(|id| id.starts_with("stranger")));
}

/// Creates a user without a plan.
fn create(subject: &Subject<ScimServer>, key: &str, fields: &Json) -> Result<(), Error> {
    let fields: Fields = Kind::Users.shape().read(fields).unwrap();
    let address = Address::new(Kind::Users, key);
    running::runtime().block_on(async {
        let portal = subject.portal();
        portal.read(&[Kind::Users].into(), &()).await.unwrap();
        let write = Write {
            address: &address,
            verb: Verb::Create,
            target: &fields,
            changes: &[],
            secrets: &BTreeMap::new(),
            greeting: None,
        };
        let before = portal.requests();
        let written = portal.write(&write).await;
        // The create, and a look-up by name and by extension.
        assert!(portal.requests() - before <= 3);
        written.map(drop)
    })
}

#[test]
fn a_refusal_names_the_field_that_another_user_has() {
    let Some(subject) = subject() else { return };
    create(&subject, "ann", &user("ann", Some("1001"))).unwrap();
    let same_extension = create(&subject, "bob", &user("bob", Some("1001"))).unwrap_err();
    let told = same_extension.to_string();
    assert!(told.ends_with("; extension: ann has it already"), "{told}");
    let same_name = create(&subject, "ann", &user("ann", Some("1002"))).unwrap_err();
    let told = same_name.to_string();
    assert!(told.ends_with("; username: ann has it already"), "{told}");
    assert_eq!(subject.server.all("Users").len(), 1);
}

#[test]
fn a_change_in_the_meantime_is_not_overwritten() {
    let Some(subject) = subject() else { return };
    let id = subject.server.seed_user("ann", &json!({"title": "Boss"}));
    running::runtime().block_on(async {
        let portal = subject.portal();
        let live = portal.read(&[Kind::Users].into(), &()).await.unwrap();
        let ann = live.get(Kind::Users, "ann").unwrap();
        let patch = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{"op": "replace", "path": "title", "value": "Chief"}]});
        let path = format!("/Users/{id}");
        let changed = subject.server.client().patch(&path, &patch).await;
        assert_eq!(changed.status, 204);
        let address = Address::new(Kind::Users, "ann");
        let object = ObjectRef {
            id: &ann.id,
            key: "ann",
            etag: ann.etag.as_deref(),
        };
        let title = callsheet::model::Value::text("Clerk");
        let change = callsheet::portal::Change {
            path: vec!["title".into()],
            before: Some(callsheet::model::Value::text("Boss")),
            after: Some(title.clone()),
        };
        let target: Fields = [("title".into(), title)].into_iter().collect();
        for verb in [Verb::Update(object), Verb::Delete(object)] {
            let write = Write {
                address: &address,
                verb,
                target: &target,
                changes: std::slice::from_ref(&change),
                secrets: &BTreeMap::new(),
                greeting: None,
            };
            let error = portal.write(&write).await.unwrap_err();
            assert!(matches!(error, Error::Stale { .. }), "{error}");
        }
    });
    assert_eq!(subject.server.resource("Users", &id)["title"], "Chief");
}

#[test]
fn fields_that_no_schema_defines_are_diagnosed() {
    let server = match ScimServer::without_telephony() {
        Ok(server) => server,
        Err(reason) => return skipped(reason),
    };
    let subject = subject_of("scim without telephony", server);
    let mut workspace = Workspace::default();
    workspace.declare(Kind::Users, "ann", &user("ann", Some("1001")));
    let report = check_support(&workspace.state, &subject.capabilities());
    let told: Vec<&str> = report.sorted().iter().map(|one| &*one.message).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("extension"), "{told:?}");
    workspace.declare(Kind::Users, "ann", &user("ann", None));
    step(&subject, &workspace, true, "what the schemas define");
    let checks = running::runtime().block_on(async { subject.portal().diagnose().await.unwrap() });
    let told: Vec<String> = checks.iter().map(|check| format!("{check:?}")).collect();
    assert!(checks.iter().all(|check| check.ok), "{told:?}");
    assert!(
        told.iter().any(|one| one.contains("aren't supported")),
        "{told:?}"
    );
}

#[test]
fn a_removed_user_is_deactivated_if_the_configuration_says_so() {
    let Some(mut subject) = subject() else { return };
    subject.target.scim = serde_json::from_value(json!({"removal": "deactivate"})).unwrap();
    let mut workspace = Workspace::default();
    for name in ["ann", "bob"] {
        workspace.declare(Kind::Users, name, &user(name, None));
    }
    step(&subject, &workspace, true, "two users");
    workspace.remove(Kind::Users, "bob");
    step(&subject, &workspace, true, "one of them is removed");
    let users = subject.server.all("Users");
    let active = |name: &str| {
        let user = users.iter().find(|user| user["userName"] == name);
        user.unwrap()["active"] != false
    };
    assert!(active("ann") && !active("bob"));
    // Declared anew as active, the same user comes back.
    workspace.absent.clear();
    let mut bob = user("bob", None);
    bob["active"] = json!(true);
    workspace.declare(Kind::Users, "bob", &bob);
    step(&subject, &workspace, true, "and comes back");
    assert_eq!(subject.server.all("Users").len(), users.len());
}

#[test]
fn a_plan_of_nothing_costs_discovery_and_pages() {
    let Some(subject) = subject() else { return };
    let names: Vec<String> = (0..401).map(|at| format!("u{at:04}")).collect();
    for name in &names {
        let email = json!([{"type": "work", "value": format!("{name}@acme.example")}]);
        let more = json!({"emails": email, "name": {"givenName": "A", "familyName": "B"}});
        subject.server.seed_user(name, &more);
    }
    let mut workspace = Workspace::default();
    workspace.declare(Kind::Groups, "sales", &json!({}));
    for name in &names[..20] {
        workspace.declare(Kind::Users, name, &user(name, None));
    }
    step(&subject, &workspace, true, "twenty of them");
    let (requests, operations) = running::runtime().block_on(async {
        let portal = subject.portal();
        let live = workspace.read(&*portal).await.unwrap();
        let plan = workspace.plan(&*subject.portal()).await.unwrap();
        (live.requests, plan.operations.len())
    });
    assert_eq!(operations, 0);
    // Three to find out what there is, three pages of users, and one of groups.
    let expected = Requests {
        made: 7,
        minimum: 7,
    };
    assert_eq!(requests, expected);
    measured(&format!(
        "a plan of nothing over 401 users of a SCIM server: {} requests (minimum {})",
        requests.made, requests.minimum
    ));
}

/// A subject that the conformance suite doesn't run with.
fn subject_of(name: &'static str, server: ScimServer) -> Subject<ScimServer> {
    let target = callsheet::portal::Target {
        profile: callsheet::profile::Profile::named("scim"),
        kind: callsheet::config::PortalKind::Scim,
        location: Location::Url(server.url.clone()),
        tenant: None,
        credentials: Credentials::Token(TOKEN.into()),
        rate_limit: None,
        charges: None,
        scim: None,
    };
    Subject {
        name,
        target,
        server,
    }
}

/// Canaille fails when it is told how many rows a page may have, requires attributes that others don't have,
/// knows no types of entries, can't rename anybody, and lists members by their names instead of their IDs.
#[test]
fn a_hostile_server_loses_nothing_and_doubles_nobody() {
    let server = match ScimServer::canaille() {
        Ok(server) => server,
        Err(reason) => return skipped(reason),
    };
    let subject = subject_of("canaille", server);
    let foreign = json!({"schemas": [crate::scim::USER], "userName": "foreign", "active": true,
        "title": "Boss", "emails": [{"value": "foreign@acme.example"}],
        "name": {"formatted": "F G", "givenName": "F", "familyName": "G"}});
    let foreign = subject.server.seed("Users", &foreign);
    let before = subject.server.resource("Users", &foreign);

    let mut workspace = Workspace::default();
    workspace.declare(Kind::Groups, "sales", &json!({}));
    for key in ["ann", "bob"] {
        workspace.declare(Kind::Users, key, &user(key, None));
    }
    step(&subject, &workspace, true, "created");
    let fields = workspace.fields(Kind::Users, "ann");
    fields.set("title".into(), callsheet::model::Value::text("Chief"));
    fields.set("active".into(), callsheet::model::Value::Bool(false));
    fields.set(
        "email".into(),
        callsheet::model::Value::text("a@acme.example"),
    );
    workspace.remove(Kind::Users, "bob");
    step(&subject, &workspace, true, "changed and deleted");
    let users = subject.server.all_listed("Users");
    let mut names: Vec<&str> = users
        .iter()
        .filter_map(|user| user["userName"].as_str())
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["ann", "foreign"]);
    assert_eq!(subject.server.all_listed("Groups").len(), 1);
    assert_eq!(subject.server.resource("Users", &foreign), before);

    // Members, whom it lists by their names, come and go, and those of others stay.
    let groups = |keys: &[&str]| {
        let keys = keys.iter().map(|key| callsheet::model::Value::text(key));
        callsheet::model::Value::List(keys.collect())
    };
    let named = |names: &[&str]| -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    };
    workspace.declare(Kind::Groups, "night", &json!({}));
    let fields = workspace.fields(Kind::Users, "ann");
    fields.set("groups".into(), groups(&["night", "sales"]));
    step(&subject, &workspace, true, "joined");
    subject.server.join("sales", &foreign);
    let listed = subject.server.all_listed("Groups");
    assert_eq!(members(&listed, "sales"), named(&["ann", "foreign"]));
    let fields = workspace.fields(Kind::Users, "ann");
    fields.set("groups".into(), groups(&["night"]));
    step(&subject, &workspace, true, "left");
    let listed = subject.server.all_listed("Groups");
    assert_eq!(members(&listed, "sales"), named(&["foreign"]));
    assert_eq!(members(&listed, "night"), named(&["ann"]));
    workspace.remove(Kind::Users, "ann");
    step(&subject, &workspace, true, "deleted");
    let listed = subject.server.all_listed("Groups");
    assert_eq!(members(&listed, "night"), named(&[]));
    assert_eq!(members(&listed, "sales"), named(&["foreign"]));

    // Nobody can be renamed, and the plan says so.
    let capabilities = subject.capabilities();
    assert!(capabilities.kinds[&Kind::Users].fixed.contains("username"));
}
