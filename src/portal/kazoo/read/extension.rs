//! An *extension* is a callflow with an inner number that is no person's own, and the document that its
//! first node leads to: a conference, a menu, a fax box, a queue.

use super::{Draft, fields, foreign, mentions, plain, secret, way};
use crate::{
    model::{Kind, LiveObject, text::DialKey},
    portal::kazoo::{
        doc,
        flow::{self, ELSE, Names as _, Node},
        index::{Index, is_inner},
        tenant::{Collection, Known},
    },
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Every extension. A further number of a callflow is taken, and belongs to nobody else.
pub(super) fn all(index: &Index<'_>) -> BTreeMap<Box<str>, LiveObject> {
    let mut all: BTreeMap<Box<str>, LiveObject> = BTreeMap::new();
    for (id, callflow) in index.tenant.of(Collection::Callflows) {
        let name = callflow.text("name").unwrap_or_default();
        let own = match index.owner_of(id) {
            Some(user) => index.extension_of(user),
            None => index.number_in(callflow),
        };
        for number in callflow.numbers().filter(|number| is_inner(number)) {
            let is_own = Some(number) == own;
            let object = match index.owner_of(id) {
                Some(_) if is_own => continue,
                None if is_own => extension(index, id, number, callflow),
                _ => foreign(&format!("{id}/{number}"), name),
            };
            all.insert(number.into(), object);
        }
    }
    all
}

fn extension(index: &Index<'_>, id: &str, number: &str, callflow: &Known) -> LiveObject {
    let name = callflow.text("name").filter(|name| !name.is_empty());
    let name = name.unwrap_or(number);
    let mentions = mentions(index, callflow);
    let patterns = callflow.doc().get("patterns").and_then(Value::as_array);
    let drafted = match callflow.full() {
        // It takes more calls than those to its number.
        _ if patterns.is_some_and(|patterns| !patterns.is_empty()) => None,
        Some(doc) => flow::root(doc).and_then(|root| draft(index, root)),
        None => guess(&callflow.modules()).map(|word| {
            let kind = ("kind".to_owned(), word.into());
            Draft::from_iter([kind])
        }),
    };
    let Some(mut draft) = drafted else {
        let mentions = mentions.into();
        return LiveObject {
            mentions,
            ..foreign(id, name)
        };
    };
    draft.insert("name".to_owned(), name.into());
    LiveObject {
        id: id.into(),
        etag: callflow
            .full
            .as_ref()
            .and_then(|full| full.revision.as_deref().map(Into::into)),
        fields: fields(Kind::Extensions, draft),
        mentions: mentions.into(),
        ..LiveObject::default()
    }
}

/// The type that a summary speaks for.
fn guess(modules: &BTreeSet<String>) -> Option<&'static str> {
    let known = [
        ("acdc_member", "call_queue"),
        ("menu", "auto_attendant"),
        ("conference", "conference"),
        ("faxbox", "fax"),
        ("ring_group", "ring_group"),
    ];
    let found = known.iter().find(|(module, _)| modules.contains(*module));
    let alone = modules.len() == 1
        && modules.iter().all(|module| {
            matches!(
                module.as_str(),
                "user" | "callflow" | "resources" | "offnet"
            )
        });
    found.map(|(_, word)| *word).or(alone.then_some("forward"))
}

/// The types whose first node leads to a document: the word, the module, and the document's type.
pub(in crate::portal::kazoo) const LED_TO: [(&str, &str, Collection); 4] = [
    ("conference", "conference", Collection::Conferences),
    ("auto_attendant", "menu", Collection::Menus),
    ("fax", "faxbox", Collection::Faxboxes),
    ("call_queue", "acdc_member", Collection::Queues),
];

/// The document that a first node leads to, where its type has one.
pub(in crate::portal::kazoo) fn document(root: Node<'_>) -> Option<(Collection, &str)> {
    let (.., collection) = LED_TO
        .iter()
        .find(|(_, module, _)| *module == root.module)?;
    Some((*collection, root.id()?))
}

/// What a first node and its document are; nothing where the model has no word for it.
fn draft(index: &Index<'_>, root: Node<'_>) -> Option<Draft> {
    let mut draft = Draft::new();
    let word = match root.module {
        "ring_group" => ring_group(&mut draft, index, root)?,
        "conference" => "conference",
        "menu" => auto_attendant(&mut draft, index, root),
        "faxbox" => "fax",
        "acdc_member" => {
            way(&mut draft, "overflow", root.child(ELSE), index);
            "call_queue"
        }
        _ if root.ways().next().is_none() => {
            let destination = flow::destination(root, index)?;
            draft.insert("destination".to_owned(), destination.into());
            "forward"
        }
        _ => return None,
    };
    draft.insert("kind".to_owned(), word.into());
    // A conference that any number leads into, a queue that was removed: there is nothing to manage.
    if matches!(word, "conference" | "auto_attendant" | "fax" | "call_queue") {
        let (collection, id) = document(root)?;
        if let Some(known) = index.tenant.get(collection, id) {
            plain(&mut draft, Kind::Extensions, word, collection, known, index);
            own(&mut draft, index, collection, id, known);
        }
    }
    Some(draft)
}

/// A ring group; nothing where only devices or whole groups ring in it.
fn ring_group(draft: &mut Draft, index: &Index<'_>, root: Node<'_>) -> Option<&'static str> {
    let endpoints = root.data("endpoints").and_then(Value::as_array);
    let endpoints = endpoints.into_iter().flatten();
    let members: Vec<Value> = endpoints
        .filter_map(|one| index.user(one["id"].as_str()?).map(Value::from))
        .collect();
    if members.is_empty() {
        return None;
    }
    draft.insert("members".to_owned(), members.into());
    if root.data("strategy") == Some(&json!("single")) {
        draft.insert("strategy".to_owned(), "sequential".into());
    }
    if let Some(seconds) = root.data("timeout").and_then(Value::as_i64) {
        draft.insert("ring_seconds".to_owned(), seconds.into());
    }
    way(draft, "no_answer", root.child(ELSE), index);
    Some("ring_group")
}

fn auto_attendant(draft: &mut Draft, index: &Index<'_>, root: Node<'_>) -> &'static str {
    for (key, child) in root.ways() {
        if DialKey::FORMAT.accepts(key) {
            way(draft, &format!("options.{key}"), Some(child), index);
        }
    }
    way(draft, "no_input", root.child("timeout"), index);
    way(draft, "invalid_input", root.child(ELSE), index);
    "auto_attendant"
}

/// What a document keeps in a way of its own.
fn own(draft: &mut Draft, index: &Index<'_>, collection: Collection, id: &str, known: &Known) {
    let Some(doc) = known.full() else { return };
    match collection {
        Collection::Conferences => {
            for (field, at) in [("pin", "member.pins"), ("moderator_pin", "moderator.pins")] {
                let there = doc::at(doc, at).and_then(|pins| pins.get(0));
                if there.is_some() {
                    doc::put(draft, field, secret(doc, field));
                }
            }
        }
        Collection::Faxboxes => {
            let emails = doc::at(doc, "notifications.inbound.email.send_to");
            let emails = match emails {
                Some(Value::String(one)) => Some(json!([one])),
                other => other.cloned().filter(Value::is_array),
            };
            doc::put(draft, "emails", emails);
        }
        Collection::Queues => {
            let strategy = match doc::text(doc, "strategy") {
                _ if rings_all(doc) => "ring_all",
                Some("most_idle") => "longest_idle",
                Some("ring_all") => "ring_all",
                _ => "round_robin",
            };
            draft.insert("strategy".to_owned(), strategy.into());
            let agents = index.tenant.agents.get(id).into_iter().flatten();
            let agents = agents.filter_map(|id| index.user(id).map(Value::from));
            draft.insert("agents".to_owned(), agents.collect());
        }
        Collection::Users
        | Collection::Devices
        | Collection::Vmboxes
        | Collection::Callflows
        | Collection::Groups
        | Collection::Menus
        | Collection::Directories
        | Collection::Lists
        | Collection::Entries => {}
    }
}

/// How many agents ring at once where all are to: as many as a queue can have.
pub(in crate::portal::kazoo) const ALL_AGENTS: i64 = 1000;

fn rings_all(queue: &doc::Doc) -> bool {
    let at_once = queue.get("ring_simultaneously").and_then(Value::as_i64);
    at_once.is_some_and(|at_once| at_once >= ALL_AGENTS)
}
