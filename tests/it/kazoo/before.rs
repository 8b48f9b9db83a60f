//! The state *before* a recorded exchange, and how to create it.

use super::{
    Kazoo, PASSWORD, USERNAME, auth,
    exchange::{Exchange, Token},
};
use serde_json::json;

/// The state that must exist before an exchange.
pub(super) enum Before {
    Nothing,
    /// The objects that these exchanges created.
    After(&'static [&'static str]),
    /// The object in the answer.
    Shown,
    /// Exactly the objects in the rows of the answer.
    Rows,
    /// A special state.
    Own(fn(&Kazoo, &mut Exchange)),
}

use Before::{After, Nothing, Own, Rows, Shown};

/// Exchanges that aren't replayed, with reasons.
pub(super) const LEFT_OUT: [(&str, &str); 2] = [
    (
        "error-403-token-restrictions",
        "restrictions of tokens aren't modelled",
    ),
    (
        "phone_numbers-post",
        "whose numbers these are isn't modelled: whoever sees one may change it",
    ),
];

pub(super) const REPLAYED: [(&str, Before); 105] = [
    ("about", Nothing),
    ("accounts-api_key", Nothing),
    ("accounts-create-child", Nothing),
    ("accounts-get", Nothing),
    ("agents-list", Rows),
    ("auth-api_auth", Own(log_in)),
    ("auth-token_auth-get", Nothing),
    ("auth-user_auth", Own(log_in)),
    ("blacklists-create", Nothing),
    ("blacklists-get", After(&["blacklists-create"])),
    ("blacklists-list", After(&["blacklists-create"])),
    (
        "bulk-post",
        Own(|kazoo, exchange| person(kazoo, exchange.sent["data"]["ids"][0].as_str().unwrap())),
    ),
    ("callflows-create", Nothing),
    ("callflows-create-did", Nothing),
    ("callflows-create-dup-number", After(&["callflows-create"])),
    ("callflows-get", Own(named)),
    ("callflows-list", After(&["callflows-create"])),
    ("conferences-create", Nothing),
    ("conferences-get", After(&["conferences-create"])),
    ("conferences-list", After(&["conferences-create"])),
    ("devices-create", Nothing),
    ("devices-create-autogen", Nothing),
    ("devices-create-dup-mac", Own(twin)),
    ("devices-create-dup-sip", Own(twin)),
    ("devices-create-missing", Nothing),
    ("devices-create-unknown-owner", Nothing),
    ("devices-get", After(&["devices-create"])),
    ("devices-list", After(&["devices-create"])),
    ("directories-create", Nothing),
    ("directories-get", After(&["directories-create"])),
    ("directories-get-with-user", Own(member)),
    ("directories-list", After(&["directories-create"])),
    (
        "error-401-bad-token",
        Own(|_, exchange| exchange.token = Token::Bad),
    ),
    ("error-401-no-token", Nothing),
    ("error-402", Nothing),
    (
        "error-403-other-account",
        Own(|_, exchange| exchange.token = Token::Child),
    ),
    ("error-404-unknown-resource", Nothing),
    ("error-405", Nothing),
    ("error-429", Nothing),
    ("error-auth-bad-account", Nothing),
    ("error-auth-bad-creds", Nothing),
    ("error-auth-disabled-account", Own(log_in_disabled_account)),
    ("error-auth-disabled-user", Own(log_in_disabled_user)),
    ("error-auth-missing", Nothing),
    ("error-bad-json", Nothing),
    (
        "error-body-too-large-is-400",
        Own(|_, exchange| exchange.sent["data"]["first_name"] = "x".repeat(9_000_000).into()),
    ),
    ("error-no-envelope", Nothing),
    ("error-other-account", Nothing),
    ("faxboxes-create", Nothing),
    ("faxboxes-get", After(&["faxboxes-create"])),
    ("faxboxes-list", After(&["faxboxes-create"])),
    ("groups-create", Nothing),
    ("groups-get", After(&["groups-create"])),
    ("groups-list", After(&["groups-create"])),
    ("lists-create", Nothing),
    ("lists-entries-create", After(&["lists-create"])),
    (
        "lists-entries-list",
        After(&["lists-create", "lists-entries-create"]),
    ),
    ("lists-get", After(&["lists-create"])),
    ("lists-list", After(&["lists-create"])),
    ("media-create", Nothing),
    ("media-get", After(&["media-create"])),
    ("media-list", After(&["media-create"])),
    ("menus-create", Nothing),
    ("menus-get", After(&["menus-create"])),
    ("menus-list", After(&["menus-create"])),
    ("phone_numbers-collection-create", Nothing),
    ("phone_numbers-create", Nothing),
    ("phone_numbers-delete", Own(number)),
    ("phone_numbers-get", Own(number)),
    (
        "phone_numbers-get-used-by",
        Own(|kazoo, _| kazoo.seed_number("+14155550177")),
    ),
    ("phone_numbers-list", Own(numbers)),
    ("queues-create", Nothing),
    ("queues-get", Shown),
    ("queues-list", After(&["queues-create"])),
    ("queues-roster-get", Own(roster)),
    ("queues-roster-post", Own(roster)),
    ("schemas-validation", Nothing),
    ("temporal_rules-create", Nothing),
    ("temporal_rules-get", After(&["temporal_rules-create"])),
    ("temporal_rules-list", After(&["temporal_rules-create"])),
    ("token-restrictions-in-auth-body-ignored", Nothing),
    ("users-create", Nothing),
    ("users-create-accept-charges", Nothing),
    ("users-create-as-priv-user-allowed", Nothing),
    ("users-create-duplicate", After(&["users-create"])),
    ("users-create-invalid", Nothing),
    ("users-create-missing-required", Nothing),
    ("users-delete-in-use", Shown),
    ("users-devices-list", Own(owned)),
    ("users-filter", Rows),
    ("users-get", After(&["users-create"])),
    ("users-get-404", Nothing),
    ("users-get-after-delete", Own(buried)),
    ("users-list", Rows),
    ("users-list-2", Rows),
    ("users-list-page1", Rows),
    ("users-list-page2", Rows),
    ("users-patch", After(&["users-create"])),
    ("users-post-replace", After(&["users-create"])),
    (
        "users-rename-without-password",
        Own(|kazoo, exchange| person(kazoo, exchange.path.rsplit('/').next().unwrap())),
    ),
    ("vmboxes-create", Nothing),
    ("vmboxes-create-dup", After(&["vmboxes-create"])),
    ("vmboxes-get", After(&["vmboxes-create"])),
    ("vmboxes-list", After(&["vmboxes-create"])),
    ("webhooks-create", Nothing),
];

/// A user with this ID.
fn person(kazoo: &Kazoo, id: &str) {
    let user = json!({"id": id, "username": "ann", "password": "pa55word", "first_name": "Annie", "last_name": "Tun"});
    kazoo.seed("users", user);
}

fn log_in(kazoo: &Kazoo, exchange: &mut Exchange) {
    let data = &mut exchange.sent["data"];
    if data.get("api_key").is_some() {
        data["api_key"] = kazoo.api_key.clone().into();
    } else {
        data["credentials"] = auth::login(USERNAME, PASSWORD).md5.into();
    }
}

fn log_in_disabled_account(kazoo: &Kazoo, exchange: &mut Exchange) {
    log_in(kazoo, exchange);
    exchange.sent["data"]["account_name"] = "leeds".into();
    kazoo.enable(&kazoo.child, false);
}

fn log_in_disabled_user(kazoo: &Kazoo, exchange: &mut Exchange) {
    log_in(kazoo, exchange);
    exchange.sent["data"]["account_name"] = "acme".into();
    for id in kazoo.docs("users").keys() {
        kazoo.set("users", id, json!({"enabled": false}));
    }
}

/// A callflow and the objects to which its flow refers.
fn named(kazoo: &Kazoo, exchange: &mut Exchange) {
    let data = &exchange.answer["data"];
    for (id, named) in data["metadata"].as_object().unwrap() {
        match named["pvt_type"].as_str().unwrap() {
            "user" => person(kazoo, id),
            "vmbox" => {
                let vmbox = json!({"id": id, "name": named["name"], "mailbox": "101"});
                kazoo.seed("vmboxes", vmbox);
            }
            kind => panic!("{kind} is new here"),
        }
    }
    show(kazoo, exchange);
}

/// A device with the same names.
fn twin(kazoo: &Kazoo, exchange: &mut Exchange) {
    let mut device = exchange.sent["data"].clone();
    if device.get("mac_address").is_some() {
        device["sip"] = json!({});
    }
    kazoo.seed("devices", device);
}

fn member(kazoo: &Kazoo, exchange: &mut Exchange) {
    let data = &exchange.answer["data"];
    let (user, callflow) = (
        &data["users"][0]["user_id"],
        &data["users"][0]["callflow_id"],
    );
    let directory = data["id"].as_str().unwrap();
    let user = json!({"id": user, "first_name": "Ann", "last_name": "Lee", "directories": {directory: callflow}});
    kazoo.seed("users", user);
    show(kazoo, exchange);
}

fn number(kazoo: &Kazoo, exchange: &mut Exchange) {
    kazoo.seed_number(exchange.answer["data"]["id"].as_str().unwrap());
}

fn numbers(kazoo: &Kazoo, exchange: &mut Exchange) {
    for (number, row) in exchange.answer["data"]["numbers"].as_object().unwrap() {
        kazoo.seed_number(number);
        if row["used_by"] == "callflow" {
            let flow = json!({"module": "hangup", "data": {}, "children": {}});
            kazoo.seed("callflows", json!({"numbers": [number], "flow": flow}));
        }
    }
}

/// A queue with the requested and the existing agents.
fn roster(kazoo: &Kazoo, exchange: &mut Exchange) {
    let queue = exchange.path.split('/').nth(5).unwrap().to_owned();
    let is_write = exchange.method == "POST";
    let agents = if is_write {
        &exchange.sent["data"]
    } else {
        &exchange.answer["data"]
    };
    let queues = if is_write { json!([]) } else { json!([queue]) };
    for id in agents.as_array().unwrap() {
        kazoo.seed(
            "users",
            json!({"id": id, "first_name": "A", "last_name": "L", "queues": queues}),
        );
    }
    if is_write {
        show(kazoo, exchange);
    } else {
        kazoo.seed("queues", json!({"id": queue, "name": "Support"}));
    }
}

/// The devices in the rows, and one with another owner.
fn owned(kazoo: &Kazoo, exchange: &mut Exchange) {
    person(kazoo, exchange.path.split('/').nth(5).unwrap());
    let mut rows = exchange.answer["data"].as_array().unwrap().clone();
    for row in &mut rows {
        row.as_object_mut().unwrap().remove("hotdesked");
        kazoo.seed("devices", row.clone());
    }
    kazoo.seed("devices", json!({"name": "Another's"}));
}

fn buried(kazoo: &Kazoo, exchange: &mut Exchange) {
    let id = exchange.path.rsplit('/').next().unwrap();
    person(kazoo, id);
    kazoo.remove("users", id);
}

/// Stores the object of the answer at the path.
pub(super) fn show(kazoo: &Kazoo, exchange: &Exchange) {
    let mut doc = exchange.answer["data"].clone();
    let fields = doc.as_object_mut().unwrap();
    for derived in ["metadata", "_read_only", "agents", "users"] {
        fields.remove(derived);
    }
    if fields.contains_key("username") {
        fields.insert("password".into(), "pa55word".into());
    }
    kazoo.seed(exchange.place().0, doc);
}

/// Replaces the existing objects with the rows of the answer.
pub(super) fn rows(kazoo: &Kazoo, exchange: &Exchange) {
    for id in kazoo.docs("users").keys() {
        kazoo.remove("users", id);
    }
    seed_rows(kazoo, exchange);
}

pub(super) fn seed_rows(kazoo: &Kazoo, exchange: &Exchange) {
    for mut row in exchange.answer["data"].as_array().unwrap().clone() {
        let fields = row.as_object_mut().unwrap();
        for derived in ["features", "agent_priority", "skills"] {
            fields.remove(derived);
        }
        fields.insert("password".into(), "pa55word".into());
        kazoo.seed("users", row);
    }
}
