//! An *extension* is a callflow with an internal number that doesn't belong to a user, and the document to
//! which its root node refers: a conference, a menu, a fax box or a queue.

use super::{VERSIONS, mentions, put_destination, unsupported};
use crate::{
    model::{Kind, LiveObject, text::DialKey},
    portal::{
        kazoo::{
            account::{Account, internal_number, is_internal, modules, numbers},
            collection::Collection,
            flow::{self, DEFAULT_BRANCH, Node},
            table::TABLE,
        },
        rest::{Doc, Entry, RawFields, doc, secret},
    },
};
use serde_json::Value;
use std::collections::BTreeSet;

/// All extensions. Additional numbers of a callflow are listed as unmanaged objects, since they are in use.
pub(super) fn all(account: &Account) -> Vec<(Box<str>, LiveObject)> {
    let mut all = Vec::new();
    for (id, callflow) in account.of(Collection::Callflows) {
        let name = callflow.text("name").unwrap_or_default();
        let own = match account.owner_of(id) {
            Some(user) => account.extension_of(user),
            None => internal_number(callflow),
        };
        for number in numbers(callflow).filter(|number| is_internal(number)) {
            let is_own = Some(number) == own;
            let object = match account.owner_of(id) {
                Some(_) if is_own => continue,
                None if is_own => extension(account, id, number, callflow),
                _ => {
                    let reason = "is another number of a callflow";
                    unsupported(&format!("{id}/{number}"), name, reason)
                }
            };
            all.push((number.into(), object));
        }
    }
    all
}

fn extension(account: &Account, id: &str, number: &str, callflow: &Entry) -> LiveObject {
    let name = callflow.text("name").filter(|name| !name.is_empty());
    let name = name.unwrap_or(number);
    let mentions = mentions(account, callflow);
    let parsed = match callflow.full_doc() {
        // A callflow with patterns also handles calls to other numbers.
        _ if has_patterns(callflow) => None,
        Some(doc) => flow::root(doc).and_then(|root| extension_fields(account, callflow, root)),
        None => kind_from_modules(&modules(callflow)).map(|word| {
            let kind = ("kind".to_owned(), word.into());
            RawFields::from_iter([kind])
        }),
    };
    let Some(mut raw) = parsed else {
        let mentions = mentions.into();
        return LiveObject {
            mentions,
            ..unsupported(id, name, &why_unsupported(callflow))
        };
    };
    raw.insert("name".to_owned(), name.into());
    LiveObject {
        mentions: mentions.into(),
        ..callflow.object(Kind::Extensions, id, raw)
    }
}

fn has_patterns(callflow: &Entry) -> bool {
    !doc::list(callflow.doc(), "patterns").is_empty()
}

/// Why the model can't express a callflow, as the end of a sentence about it.
fn why_unsupported(callflow: &Entry) -> String {
    if has_patterns(callflow) {
        return "also takes calls to the numbers of a pattern".to_owned();
    }
    let Some(doc) = callflow.full_doc() else {
        let modules: Vec<&str> = modules(callflow).into_iter().collect();
        return format!("is a callflow of {}", modules.join(", "));
    };
    match flow::root(doc) {
        None => "is an empty callflow".to_owned(),
        Some(root) if root.module == "ring_group" => "rings no user".to_owned(),
        Some(root)
            if LINKED_DOCUMENTS
                .iter()
                .any(|(_, module, _)| *module == root.module) =>
        {
            format!("begins with a `{}` that doesn't exist", root.module)
        }
        Some(root) => format!("begins with `{}`, which no field describes", root.module),
    }
}

/// The extension type according to the modules in a summary.
fn kind_from_modules(modules: &BTreeSet<&str>) -> Option<&'static str> {
    let known = [
        ("acdc_member", "call_queue"),
        ("menu", "auto_attendant"),
        ("conference", "conference"),
        ("faxbox", "fax"),
        ("ring_group", "ring_group"),
    ];
    let found = known.iter().find(|(module, _)| modules.contains(module));
    let alone = modules.len() == 1
        && modules
            .iter()
            .all(|module| matches!(*module, "user" | "callflow" | "resources" | "offnet"));
    found.map(|(_, word)| *word).or(alone.then_some("forward"))
}

/// The types whose root node refers to a document: the type's name, the module, and the document's
/// collection.
pub(in crate::portal::kazoo) const LINKED_DOCUMENTS: [(&str, &str, Collection); 4] = [
    ("conference", "conference", Collection::Conferences),
    ("auto_attendant", "menu", Collection::Menus),
    ("fax", "faxbox", Collection::Faxboxes),
    ("call_queue", "acdc_member", Collection::Queues),
];

/// The document to which a root node refers, if its type has one.
pub(in crate::portal::kazoo) fn document(root: Node<'_>) -> Option<(Collection, &str)> {
    let (.., collection) = LINKED_DOCUMENTS
        .iter()
        .find(|(_, module, _)| *module == root.module)?;
    Some((*collection, root.id()?))
}

/// The fields of an extension from its root node and document; `None` if the model can't express it.
fn extension_fields(account: &Account, callflow: &Entry, root: Node<'_>) -> Option<RawFields> {
    let mut raw = RawFields::new();
    let word = match root.module {
        "ring_group" => ring_group(&mut raw, account, callflow, root)?,
        "conference" => "conference",
        "menu" => auto_attendant(&mut raw, account, root),
        "faxbox" => "fax",
        "acdc_member" => {
            put_destination(&mut raw, "overflow", root.child(DEFAULT_BRANCH), account);
            "call_queue"
        }
        _ if root.branches().next().is_none() => {
            let destination = flow::destination(root, account)?;
            raw.insert("destination".to_owned(), destination.into());
            "forward"
        }
        _ => return None,
    };
    raw.insert("kind".to_owned(), word.into());
    // A conference without an ID or a deleted queue can't be managed.
    if matches!(word, "conference" | "auto_attendant" | "fax" | "call_queue") {
        let (collection, id) = document(root)?;
        if let Some(entry) = account.get(collection, id) {
            TABLE.read(
                (Kind::Extensions, word),
                collection,
                entry,
                account,
                &mut raw,
            );
            read_special_fields(&mut raw, account, collection, id, entry);
        }
    }
    Some(raw)
}

/// Reads a ring group; `None` if it contains no users, only devices or groups.
fn ring_group(
    raw: &mut RawFields,
    account: &Account,
    callflow: &Entry,
    root: Node<'_>,
) -> Option<&'static str> {
    let kind = (Kind::Extensions, "ring_group");
    TABLE.read(kind, Collection::Callflows, callflow, account, raw);
    let endpoints = root.data("endpoints").and_then(Value::as_array);
    let endpoints = endpoints.into_iter().flatten();
    let members: Vec<Value> = endpoints
        .filter_map(|one| account.user(one["id"].as_str()?).map(Value::from))
        .collect();
    if members.is_empty() {
        return None;
    }
    raw.insert("members".to_owned(), members.into());
    if let Some(seconds) = root.data("timeout").and_then(Value::as_i64) {
        raw.insert("ring_seconds".to_owned(), seconds.into());
    }
    put_destination(raw, "no_answer", root.child(DEFAULT_BRANCH), account);
    Some("ring_group")
}

fn auto_attendant(raw: &mut RawFields, account: &Account, root: Node<'_>) -> &'static str {
    for (key, child) in root.branches() {
        if DialKey::FORMAT.accepts(key) {
            put_destination(raw, &format!("options.{key}"), Some(child), account);
        }
    }
    put_destination(raw, "no_input", root.child("timeout"), account);
    put_destination(raw, "invalid_input", root.child(DEFAULT_BRANCH), account);
    "auto_attendant"
}

/// Reads the fields with special representation.
fn read_special_fields(
    raw: &mut RawFields,
    account: &Account,
    collection: Collection,
    id: &str,
    entry: &Entry,
) {
    let Some(doc) = entry.full_doc() else { return };
    match collection {
        Collection::Conferences => {
            for (field, at) in [("pin", "member.pins"), ("moderator_pin", "moderator.pins")] {
                let pin = doc::at(doc, at).and_then(|pins| pins.get(0));
                if pin.is_some() {
                    doc::put(raw, field, secret::version(doc, VERSIONS, field));
                }
            }
        }
        Collection::Queues => {
            let strategy = match doc::text(doc, "strategy") {
                _ if rings_all(doc) => "ring_all",
                Some("most_idle") => "longest_idle",
                Some("ring_all") => "ring_all",
                _ => "round_robin",
            };
            raw.insert("strategy".to_owned(), strategy.into());
            let agents = account.index.agents.get(id).into_iter().flatten();
            let agents = agents.filter_map(|id| account.user(id).map(Value::from));
            raw.insert("agents".to_owned(), agents.collect());
        }
        _ => {}
    }
}

/// The number of agents that ring at once for `ring_all`: the maximum of a queue.
pub(in crate::portal::kazoo) const ALL_AGENTS: i64 = 1000;

fn rings_all(queue: &Doc) -> bool {
    let at_once = queue.get("ring_simultaneously").and_then(Value::as_i64);
    at_once.is_some_and(|at_once| at_once >= ALL_AGENTS)
}
