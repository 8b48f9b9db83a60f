//! The *objects* of a domain: people with their phones and rules, queues with their agents, numbers, contacts
//! and sites.

use super::{
    dialect::Domain,
    table::{
        APPLICATION,
        Collection::{Agents, Contacts, Devices, Numbers, Queues, Rules, Sites, Users},
        DESTINATION, MAC, MODEL, SCOPES, SERVICE, STRATEGIES, TABLE,
    },
};
use crate::{
    model::{
        Address, Kind, LiveObject, Mention, Standing,
        text::{Mac, PhoneModel, key_of},
    },
    portal::rest::{
        Entry, RawFields,
        doc::{self, Doc},
    },
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// An object, by what the portal knows it by.
type Known = (Box<str>, LiveObject);

/// The objects of a kind.
pub(super) fn of_kind(domain: &Domain, kind: Kind) -> Vec<Known> {
    let services = |is_wanted| {
        let users = domain.of(Users);
        users.filter(move |(_, entry)| is_service(entry.doc()) == is_wanted)
    };
    match kind {
        Kind::Users => services(false).map(|one| user(domain, one)).collect(),
        Kind::Extensions => {
            let queues = domain.of(Queues).map(|one| queue(domain, one));
            let has_queue = |id: &str| domain.get(Queues, id).is_some();
            let others = services(true).filter(|(id, _)| !has_queue(id));
            queues.chain(others.map(service)).collect()
        }
        Kind::Numbers => domain.of(Numbers).map(number).collect(),
        Kind::Contacts => contacts(domain),
        _ => domain.of(Sites).map(|one| site(domain, one)).collect(),
    }
}

/// Whether a user is the system's own. None of them is a person, and the portal hides them.
pub(super) fn is_service(user: &Doc) -> bool {
    doc::text(user, SERVICE).is_some_and(|service| service.starts_with("system-"))
}

/// An object that is never changed if there is a reason.
fn unless(object: LiveObject, reason: Option<String>) -> LiveObject {
    let standing = reason.map(|reason| Standing::Unsupported(reason.into()));
    LiveObject {
        standing: standing.unwrap_or_default(),
        ..object
    }
}

/// Why a choice of the portal can't be declared, if the model doesn't know it.
fn unknown(known: &[(&str, &str)], word: Option<&str>, what: &str) -> Option<String> {
    let word = word.unwrap_or_default().trim();
    let is_known = word.is_empty() || known.iter().any(|(_, known)| *known == word);
    (!is_known).then(|| format!("has the {what} {word}, which no file can declare"))
}

fn user(domain: &Domain, (id, entry): (&str, &Entry)) -> Known {
    let mut raw = RawFields::new();
    let kind = (Kind::Users, "");
    TABLE.read(kind, Users, entry, &(), &mut raw);
    let site = entry.text("site").filter(|site| !site.is_empty());
    doc::set(&mut raw, "instance", site.map(key_of));
    if let Some(rule) = domain.get(Rules, &format!("{id}/*")) {
        TABLE.read(kind, Rules, rule, &(), &mut raw);
    }
    let devices = domain.within(Devices, id);
    let phones: Vec<Value> = devices.filter_map(|(_, device)| phone(device)).collect();
    doc::set(&mut raw, "phones", phones);
    let object = LiveObject {
        shown: TABLE.shown(kind, Users, entry.doc()).into(),
        ..entry.object(Kind::Users, id, raw)
    };
    let reason = unknown(SCOPES, entry.text("user-scope"), "scope");
    (id.into(), unless(object, reason))
}

/// A device with a MAC address. Others are apps, and phones that nobody provisions.
fn phone(device: &Entry) -> Option<Value> {
    let mac = device.text(MAC).filter(|mac| Mac::FORMAT.accepts(mac))?;
    let model = device.text(MODEL);
    let model = model.filter(|model| PhoneModel::FORMAT.accepts(model));
    Some(json!({"mac": mac, "model": model.unwrap_or("unknown")}))
}

fn queue(domain: &Domain, (id, entry): (&str, &Entry)) -> Known {
    let mut raw = RawFields::new();
    doc::set(&mut raw, "kind", "call_queue");
    let kind = (Kind::Extensions, "call_queue");
    TABLE.read(kind, Queues, entry, &(), &mut raw);
    let name = entry.text("description").filter(|name| !name.is_empty());
    doc::set(&mut raw, "name", name.unwrap_or(id));
    let is_user = |id: &str| domain.get(Users, id).is_some();
    let (mut agents, mut mentions) = (Vec::new(), Vec::new());
    for (agent, _) in domain.within(Agents, id) {
        let (who, _) = agent.split_once('@').unwrap_or((agent, ""));
        if is_user(who) {
            agents.push(who);
        }
        // The device of a user is the extension and a few letters.
        let device = who.strip_prefix("sip:").unwrap_or_default();
        let owner = device.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        if is_user(owner) {
            let address = Address::new(Kind::Users, owner);
            let place = "its agents".into();
            mentions.push(Mention { address, place });
        }
    }
    doc::set(&mut raw, "agents", agents);
    let object = LiveObject {
        mentions: mentions.into(),
        ..entry.object(Kind::Extensions, id, raw)
    };
    let reason = unknown(
        STRATEGIES,
        entry.text("callqueue-dispatch-type"),
        "strategy",
    );
    (id.into(), unless(object, reason))
}

/// A number that the system itself uses, such as that of an auto attendant.
fn service((id, entry): (&str, &Entry)) -> Known {
    let service = entry.text(SERVICE).unwrap_or_default();
    let object = entry.object(Kind::Extensions, id, RawFields::new());
    let reason = format!("belongs to the system ({service}), and no file can declare it");
    (id.into(), unless(object, Some(reason)))
}

fn number((id, entry): (&str, &Entry)) -> Known {
    let mut raw = RawFields::new();
    let kind = (Kind::Numbers, "");
    TABLE.read(kind, Numbers, entry, &(), &mut raw);
    let application = entry.text(APPLICATION).unwrap_or("available-number");
    let to = entry.text(DESTINATION).unwrap_or_default();
    let destination = match application {
        "to-user" | "to-user-residential" | "to-callqueue" => Some(to),
        _ => None,
    };
    doc::set(&mut raw, "destination", destination);
    let object = entry.object(Kind::Numbers, id, raw);
    let is_known = destination.is_some() || application == "available-number";
    let reason = || format!("sends calls {application} {to}, which no file can declare");
    let reason = (!is_known).then(reason);
    (format!("+{id}").into(), unless(object, reason))
}

/// The contacts. One is known by its name, so that two with one name can't be told apart.
fn contacts(domain: &Domain) -> Vec<Known> {
    let mut by_name: BTreeMap<String, Vec<LiveObject>> = BTreeMap::new();
    for (id, entry) in domain.of(Contacts) {
        let mut raw = RawFields::new();
        let kind = (Kind::Contacts, "");
        TABLE.read(kind, Contacts, entry, &(), &mut raw);
        let name = doc::text(&raw, "name").or(entry.text("company"));
        let name = name.unwrap_or(id).to_owned();
        let object = entry.object(Kind::Contacts, id, raw);
        by_name.entry(name).or_default().push(object);
    }
    let mut contacts = Vec::new();
    for (name, all) in by_name {
        let is_one_of_many = all.len() > 1;
        for (at, object) in all.into_iter().enumerate() {
            let reason = || "has the name of another contact; rename one of them".to_owned();
            let key = match at {
                0 => name.clone(),
                _ => format!("{name} ({})", object.id),
            };
            contacts.push((key.into(), unless(object, is_one_of_many.then(reason))));
        }
    }
    contacts
}

/// A site. Users name it by a key.
fn site(domain: &Domain, (id, entry): (&str, &Entry)) -> Known {
    let key = key_of(id);
    let object = entry.object(Kind::Instances, id, RawFields::new());
    let reason = || "has nearly the name of another site; rename one of them".to_owned();
    let reason = (domain.index.0.of(&key).count() > 1).then(reason);
    let name = if reason.is_some() { id } else { &key };
    (name.into(), unless(object, reason))
}
