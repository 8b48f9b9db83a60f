//! *Reading* converts documents to objects of the model.
//!
//! Content that the model can't express is omitted, and therefore never changed: devices in a ring group, a
//! mailbox's second address, a callflow with other modules.

mod contact;
pub(super) mod extension;
mod group;
mod number;
pub(super) mod person;

use super::{
    super::rest::{Entry, RawFields, doc},
    account::{Account, MEMBERS, internal_number, numbers},
    collection::Collection,
    flow::{self, Node},
};
use crate::model::{Address, Kind, LiveObject, Mention, Referrer, Standing};
use std::collections::BTreeSet;

/// Converts the documents of an account to the objects of a kind.
pub(super) fn objects(account: &Account, kind: Kind) -> Vec<(Box<str>, LiveObject)> {
    match kind {
        Kind::Users => person::all(account).collect(),
        Kind::Extensions => extension::all(account),
        Kind::Groups => group::all(account).collect(),
        Kind::Numbers => number::all(account),
        Kind::Contacts => contact::all(account).collect(),
        Kind::Scopes | Kind::Instances | Kind::Locations | Kind::Schedules | Kind::Templates => {
            Vec::new()
        }
    }
}

/// The documents that refer to objects but aren't resources, such as directories.
pub(super) fn referrers(account: &Account) -> Vec<Referrer> {
    let mut referrers = Vec::new();
    for (_, directory) in account.of(Collection::Directories) {
        let users = doc::list(directory.doc(), "users").iter();
        let ids = users.filter_map(|one| one["user_id"].as_str().or(one.as_str()));
        let mentions = ids.filter_map(|id| mention(account, id, "its entries"));
        let mentions: Vec<Mention> = mentions.collect();
        if !mentions.is_empty() {
            let name = directory.text("name").unwrap_or_default();
            referrers.push(Referrer {
                what: format!("the directory {name}"),
                mentions: mentions.into(),
            });
        }
    }
    referrers.extend(queues(account));
    for (id, callflow) in account.of(Collection::Callflows) {
        // Callflows with a number are extensions, which have their own mentions.
        let is_object = account.owner_of(id).is_some() || internal_number(callflow).is_some();
        let mentions = mentions(account, callflow);
        if !is_object && !mentions.is_empty() {
            let number = numbers(callflow).next();
            let name = callflow.text("name").or(number).unwrap_or(id);
            referrers.push(Referrer {
                what: format!("the callflow {name}"),
                mentions: mentions.into(),
            });
        }
    }
    referrers
}

/// The queues without a number, which refer to their agents. The other queues are extensions.
fn queues(account: &Account) -> impl Iterator<Item = Referrer> {
    let callflows = account.of(Collection::Callflows);
    let linked = callflows.filter_map(|(_, callflow)| {
        let (collection, id) = extension::document(flow::root(callflow.full_doc()?)?)?;
        (collection == Collection::Queues).then_some(id)
    });
    let linked: BTreeSet<&str> = linked.collect();
    let rosters = account.index.rosters.iter();
    let others = rosters.filter(move |(id, _)| !linked.contains(&***id));
    others.map(|(_, roster)| {
        let mentions = roster.agents.iter();
        let mentions = mentions.filter_map(|user| mention(account, user, "its roster"));
        Referrer {
            what: format!("the queue {}", roster.name),
            mentions: mentions.collect(),
        }
    })
}

/// The objects to which the nodes of a callflow refer.
fn mentions(account: &Account, callflow: &Entry) -> Vec<Mention> {
    let Some(doc) = callflow.full_doc() else {
        return Vec::new();
    };
    let ids = flow::nodes(doc).flat_map(|node| {
        let place = format!("a {} node", node.module);
        node.ids().into_iter().map(move |id| (id, place.clone()))
    });
    let mut mentions: Vec<Mention> = ids
        .filter_map(|(id, place)| mention(account, id, &place))
        .collect();
    mentions.sort();
    mentions.dedup_by(|a, b| a.address == b.address);
    mentions
}

/// The object to which an ID belongs, as a mention.
fn mention(account: &Account, id: &str, place: &str) -> Option<Mention> {
    let owner = |collection| account.get(collection, id)?.text("owner_id");
    let of_user = |user: &str| {
        let key = account.user(user)?;
        Some(Address::new(Kind::Users, key))
    };
    let of_callflow = || {
        if let Some(user) = account.owner_of(id) {
            return of_user(user);
        }
        let number = account.number(id)?;
        Some(Address::new(Kind::Extensions, number))
    };
    let of_group = || {
        account.get(Collection::Groups, id)?;
        let key = MEMBERS.key(&account.index, id).unwrap_or(id);
        Some(Address::new(Kind::Groups, key))
    };
    let address = of_user(id)
        .or_else(|| of_user(owner(Collection::Devices)?))
        .or_else(|| of_user(owner(Collection::Vmboxes)?))
        .or_else(of_callflow)
        .or_else(of_group)?;
    Some(Mention {
        address,
        place: place.into(),
    })
}

/// Where a document contains the versions of secrets.
pub(super) const VERSIONS: &str = "callsheet.secrets";

/// Stores the destination of a node, if the model can express it.
fn put_destination(raw: &mut RawFields, field: &str, node: Option<Node<'_>>, account: &Account) {
    if let Some(destination) = node.and_then(|node| flow::destination(node, account)) {
        doc::put(raw, field, Some(destination.into()));
    }
}

/// An object that the model can't express, for a reason that completes "it …".
fn unsupported(id: &str, name: &str, reason: &str) -> LiveObject {
    let name = ("name".into(), crate::model::Value::text(name));
    LiveObject {
        id: id.into(),
        standing: Standing::Unsupported(reason.into()),
        fields: [name].into_iter().collect(),
        ..LiveObject::default()
    }
}
