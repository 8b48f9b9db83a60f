//! *Reading* turns documents into objects as the model knows them.
//!
//! What the model can't say of a document isn't shown, and so it is never changed: a ring group's devices
//! beside its people, a mailbox's second address, a callflow that does something else.

mod contact;
pub(super) mod extension;
mod group;
mod number;
pub(super) mod person;

use super::{
    doc::{self, Doc},
    flow::{self, Names as _, Node},
    index::Index,
    mapping::{self, Form},
    tenant::{Collection, Known},
};
use crate::model::{Address, Fields, Kind, Listing, LiveObject, Mention, Referrer, Shape};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A resource in the making, as the model's JSON.
type Draft = Map<String, Value>;

/// What an account's documents are as objects, and what else refers to them.
pub(super) fn live(
    index: &Index<'_>,
    kinds: impl IntoIterator<Item = Kind>,
) -> (BTreeMap<Kind, Listing>, Vec<Referrer>) {
    let mut listings = BTreeMap::new();
    for kind in kinds {
        let (objects, sources): (_, &[Collection]) = match kind {
            Kind::Users => (
                person::all(index),
                &[
                    Collection::Users,
                    Collection::Devices,
                    Collection::Vmboxes,
                    Collection::Callflows,
                ],
            ),
            Kind::Extensions => (extension::all(index), &[Collection::Callflows]),
            Kind::Groups => (group::all(index), &[Collection::Groups]),
            Kind::Numbers => (number::all(index), &[Collection::Callflows]),
            Kind::Contacts => (
                contact::all(index),
                &[Collection::Entries, Collection::Lists],
            ),
            Kind::Scopes | Kind::Instances | Kind::Templates => continue,
        };
        let doubts = sources.iter().filter_map(|source| {
            let doubt = index.tenant.doubts.get(source)?;
            Some(format!("{}: {doubt}", source.name()))
        });
        let twins = index.twins.iter();
        let twins = twins.filter(|(collection, _)| sources.first() == Some(collection));
        let listing = Listing {
            objects,
            incomplete: doubts.chain(twins.map(|(_, told)| told.clone())).next(),
        };
        listings.insert(kind, listing);
    }
    (listings, referrers(index))
}

/// Directories and whatever else leads to people and is no resource.
fn referrers(index: &Index<'_>) -> Vec<Referrer> {
    let mut referrers = Vec::new();
    for (_, directory) in index.tenant.of(Collection::Directories) {
        let users = directory.full().and_then(|doc| doc.get("users"));
        let users = users.and_then(Value::as_array).into_iter().flatten();
        let ids = users.filter_map(|one| one["user_id"].as_str().or(one.as_str()));
        let mentions = ids.filter_map(|id| mention(index, id, "its entries"));
        let mentions: Vec<Mention> = mentions.collect();
        if !mentions.is_empty() {
            let name = directory.text("name").unwrap_or_default();
            referrers.push(Referrer {
                what: format!("the directory {name}"),
                mentions: mentions.into(),
            });
        }
    }
    referrers.extend(queues(index));
    for (id, callflow) in index.tenant.of(Collection::Callflows) {
        // Those with a number are extensions, and speak for themselves.
        let is_object = index.owner_of(id).is_some() || index.number_in(callflow).is_some();
        let mentions = mentions(index, callflow);
        if !is_object && !mentions.is_empty() {
            let number = callflow.numbers().next();
            let name = callflow.text("name").or(number).unwrap_or(id);
            referrers.push(Referrer {
                what: format!("the callflow {name}"),
                mentions: mentions.into(),
            });
        }
    }
    referrers
}

/// Queues that no number leads to, and who serves them. The others are extensions.
fn queues(index: &Index<'_>) -> impl Iterator<Item = Referrer> {
    let callflows = index.tenant.of(Collection::Callflows);
    let led_to = callflows.filter_map(|(_, callflow)| {
        let (collection, id) = extension::document(flow::root(callflow.full()?)?)?;
        (collection == Collection::Queues).then_some(id)
    });
    let led_to: BTreeSet<&str> = led_to.collect();
    let serving = index.tenant.serving.iter();
    let others = serving.filter(move |(id, _)| !led_to.contains(&***id));
    others.map(|(_, served)| {
        let mentions = served.by.iter();
        let mentions = mentions.filter_map(|user| mention(index, user, "its roster"));
        Referrer {
            what: format!("the queue {}", served.name),
            mentions: mentions.collect(),
        }
    })
}

/// What a callflow leads to, wherever in its tree.
fn mentions(index: &Index<'_>, callflow: &Known) -> Vec<Mention> {
    let Some(doc) = callflow.full() else {
        return Vec::new();
    };
    let ids = flow::nodes(doc).flat_map(|node| {
        let place = format!("a {} node", node.module);
        node.ids().into_iter().map(move |id| (id, place.clone()))
    });
    let mut mentions: Vec<Mention> = ids
        .filter_map(|(id, place)| mention(index, id, &place))
        .collect();
    mentions.sort();
    mentions.dedup_by(|a, b| a.address == b.address);
    mentions
}

/// Whose document has an id, as somebody mentions it.
fn mention(index: &Index<'_>, id: &str, place: &str) -> Option<Mention> {
    let tenant = index.tenant;
    let owner = |collection| tenant.get(collection, id)?.text("owner_id");
    let of_user = |user: &str| {
        let key = index.user(user)?;
        Some(Address::new(Kind::Users, key))
    };
    let of_callflow = || {
        if let Some(user) = index.owner_of(id) {
            return of_user(user);
        }
        let number = index.number(id)?;
        Some(Address::new(Kind::Extensions, number))
    };
    let of_group = || Some(Address::new(Kind::Groups, index.groups.get(id)?.as_str()));
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

/// Takes over what is kept as it is. Of a document that wasn't read whole, what its summary tells.
fn plain(
    draft: &mut Draft,
    kind: Kind,
    word: &'static str,
    collection: Collection,
    known: &Known,
    index: &Index<'_>,
) {
    for (field, row) in mapping::plain(kind, word) {
        if row.document != collection {
            continue;
        }
        let there = doc::at(known.doc(), row.at);
        let value = there.and_then(|value| ours(row.form, value, index));
        if value.is_some() {
            doc::put(draft, field, value);
        }
    }
}

/// A value as we keep it; nothing where it has another type than it should.
fn ours(form: Form, value: &Value, index: &Index<'_>) -> Option<Value> {
    match form {
        Form::Text => value.is_string().then(|| value.clone()),
        Form::Flag => value.is_boolean().then(|| value.clone()),
        Form::Number => value.as_i64().map(Value::from),
        Form::Thousandths => value.as_i64().map(|value| (value / 1000).into()),
        Form::Person => index.user(value.as_str()?).map(Value::from),
        Form::Own(_) => None,
    }
}

/// The version of a secret that we sent, as we noted it beside it; nothing for one that we never sent.
fn secret(doc: &Doc, name: &str) -> Option<Value> {
    let noted = doc::at(doc, "callsheet.secrets")?.get(name)?.as_u64()?;
    let version = u32::try_from(noted).ok()?;
    Some(json!({ "version": version }))
}

/// Where a way on leads, if that can be said.
fn way(draft: &mut Draft, field: &str, node: Option<Node<'_>>, index: &Index<'_>) {
    if let Some(destination) = node.and_then(|node| flow::destination(node, index)) {
        doc::put(draft, field, Some(destination.into()));
    }
}

/// The fields of a draft. What a format doesn't accept can't be said, and is left out.
fn fields(kind: Kind, draft: Draft) -> Fields {
    let shape = kind.shape();
    let mut draft = Value::Object(draft);
    sayable(shape, &mut draft);
    let fields = shape.read(&draft);
    // Each value has the type of its field, so nothing can be wrong with it.
    shape.without_defaults(fields.unwrap_or_default())
}

fn sayable(shape: &Shape, json: &mut Value) -> bool {
    match (shape.strict(), json) {
        (Shape::Text(Some(format)), Value::String(text)) => format.accepts(text),
        (Shape::List { item, .. }, Value::Array(list)) => {
            list.retain_mut(|one| sayable(item, one));
            true
        }
        (Shape::Map { item, key }, Value::Object(entries)) => {
            entries
                .retain(|name, one| key.is_none_or(|key| key.accepts(name)) && sayable(item, one));
            true
        }
        (shape @ (Shape::Record(_) | Shape::Variants { .. }), Value::Object(entries)) => {
            entries.retain(|name, one| {
                let field = shape.field_of_any_type(name);
                field.is_some_and(|field| sayable(&field.shape, one))
            });
            true
        }
        _ => true,
    }
}

/// An object that belongs to somebody else: it is seen, and never changed.
fn foreign(id: &str, name: &str) -> LiveObject {
    let name = ("name".into(), crate::model::Value::text(name));
    LiveObject {
        id: id.into(),
        system: true,
        fields: [name].into_iter().collect(),
        ..LiveObject::default()
    }
}
