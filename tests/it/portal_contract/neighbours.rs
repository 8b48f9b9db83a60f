//! The *neighbours* are the resources to which others refer, and the *tested* resource of each kind: as far
//! as a portal supports them.

use super::{
    run::Workspace,
    subject::Subject,
    supported::{declare, supports},
};
use callsheet::{
    model::{Address, Kind},
    portal::Capabilities,
};
use serde_json::{Value as Json, json};

/// The neighbours that are features of their own types, by the names of those.
pub(super) const TYPED: [(&str, &str); 3] = [
    ("conference_rooms", "7903"),
    ("fax_machines", "7904"),
    ("forwards", "7907"),
];

/// What is declared of such a neighbour.
fn typed(name: &str) -> Json {
    match name {
        "conference_rooms" => json!({"kind": "conference", "name": "Room"}),
        "fax_machines" => json!({"kind": "fax", "name": "Fax", "emails": ["fax@acme.example"]}),
        _ => json!({"kind": "forward", "name": "Elsewhere", "destination": "+14155550170"}),
    }
}

/// The resources to which others refer: what is declared of each, and what is added if it is required.
fn wishes() -> [(Kind, &'static str, Json, Json); 14] {
    let none = || json!({});
    let user = |name: &str| {
        let email = format!("conf-{}@acme.example", name.to_lowercase());
        json!({"first_name": name, "last_name": "Conf", "email": email})
    };
    let place = |city: &str| json!({"address": ["1 High St"], "city": city, "country": "GB"});
    // Caller IDs are numbers of the account.
    let number = || json!({"destination": "7901"});
    let mut ann = user("Ann");
    // Whom an outer number leads to has an inner one.
    ann["extension"] = "7905".into();
    let desk = json!({"kind": "ring_group", "name": "Desk", "members": ["conf-ann"]});
    [
        (Kind::Groups, "conf-sales", none(), none()),
        (Kind::Groups, "conf-night", none(), none()),
        (Kind::Instances, "conf-leeds", none(), none()),
        (Kind::Instances, "conf-york", none(), none()),
        (Kind::Locations, "conf-leeds-2f", place("Leeds"), none()),
        (Kind::Locations, "conf-york-1", place("York"), none()),
        (Kind::Schedules, "conf-night", none(), none()),
        (Kind::Schedules, "conf-day", none(), none()),
        (Kind::Templates, "conf-desk", none(), none()),
        (Kind::Users, "conf-ann", ann, none()),
        (
            Kind::Users,
            "conf-bob",
            user("Bob"),
            json!({"extension": "7906"}),
        ),
        (Kind::Extensions, "7901", desk, none()),
        (Kind::Numbers, "+14155550180", number(), none()),
        (Kind::Numbers, "+14155550181", number(), none()),
    ]
}

/// Declares the resources to which others refer.
pub(super) fn neighbours<S: ?Sized>(subject: &Subject<S>) -> Workspace {
    let portal = subject.capabilities();
    let mut workspace = Workspace::default();
    for (kind, key, wish, spare) in wishes() {
        declare(&mut workspace, &portal, (kind, key), &wish, &spare);
    }
    for (name, number) in TYPED {
        if supports(&portal, Kind::Users, &format!("features.{name}"))
            && supports(&portal, Kind::Users, "features")
        {
            let place = (Kind::Extensions, number);
            declare(&mut workspace, &portal, place, &typed(name), &json!({}));
        }
    }
    workspace
}

/// Declares the tested resource of a kind and a type. Returns its address, if there can be one.
pub(super) fn tested(
    workspace: &mut Workspace,
    portal: &Capabilities,
    kind: Kind,
    word: Option<&str>,
) -> Option<Address> {
    let key = match kind {
        Kind::Scopes => "conf_lead",
        Kind::Groups => "conf-crew",
        Kind::Instances => "conf-hull",
        Kind::Locations => "conf-hull-1",
        Kind::Schedules => "conf-noon",
        Kind::Templates => "conf-hall",
        Kind::Users => "conf-tess",
        Kind::Extensions => "7902",
        Kind::Numbers => "+14155550123",
        Kind::Contacts => "conf-fire",
    };
    let wish = match (kind, word) {
        (Kind::Users, _) => {
            json!({"first_name": "Tess", "last_name": "Ter", "email": "tess@acme.example",
            "extension": "7909"})
        }
        (Kind::Extensions, Some("forward")) => {
            json!({"kind": "forward", "name": "Elsewhere", "destination": "+14155550170"})
        }
        (Kind::Extensions, Some("ring_group")) => {
            json!({"kind": "ring_group", "name": "Tested", "members": ["conf-bob"]})
        }
        (Kind::Extensions, Some(word)) => json!({"kind": word, "name": "Tested"}),
        (Kind::Locations, _) => {
            json!({"address": ["1 High St"], "city": "Hull", "country": "GB"})
        }
        (Kind::Numbers, _) => json!({"destination": "7901"}),
        (Kind::Contacts, _) => json!({"name": "Fire brigade"}),
        _ => json!({}),
    };
    let is_declared = declare(workspace, portal, (kind, key), &wish, &json!({}));
    is_declared.then(|| Address::new(kind, key))
}
