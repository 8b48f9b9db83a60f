//! A *detail* is what a list doesn't tell of a document. It is asked for where somebody declares a field
//! that needs it, or where a guard must know; never for the rest.
//!
//! Kazoo 5 tells the fields that it is asked for in its lists. Before that, `bulk` gives many documents
//! in one answer where that module is loaded, which few hosts do; otherwise each is asked for by itself.

use super::{
    super::{Details, Error, Progress},
    doc::{self, Doc},
    flow,
    index::Index,
    place::{self, Place},
    read::extension::document,
    session::Session,
    tenant::{Collection, Full, Tenant},
    wire::Envelope,
};
use crate::model::{Address, Kind, Resource};
use futures::{StreamExt as _, TryStreamExt as _};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// How many are asked for at once; the rate limit holds for all of them.
const AT_ONCE: usize = 8;
/// From how many on `bulk` is tried: fewer pass in one burst, and asking in vain costs a request.
const BULK: usize = 64;
/// How many documents one `bulk` asks for.
const BULK_SIZE: usize = 200;

/// The documents whose details are wanted, as far as is known now: what an extension's callflow leads to
/// is known when the callflow is.
pub(super) fn wanted(tenant: &Tenant, wanted: Details<'_>) -> BTreeSet<Place> {
    let index = Index::of(tenant);
    let mut places = BTreeSet::new();
    match wanted {
        Details::Declared(states) => {
            for state in states {
                for (address, resource) in &state.resources {
                    declared(&index, address, resource, &mut places);
                }
            }
        }
        Details::Evidence(addresses) => {
            for collection in [
                Collection::Callflows,
                Collection::Groups,
                Collection::Directories,
            ] {
                all_of(tenant, collection, &mut places);
            }
            for (_, callflow) in tenant.of(Collection::Callflows) {
                places.extend(callflow.full().and_then(led_to).filter(|(collection, _)| {
                    // Who serves a queue is told by the queue alone.
                    *collection == Collection::Queues
                }));
            }
            for address in addresses {
                whole(&index, address, &mut places);
            }
        }
        Details::Listed(_) => {}
        Details::Everything => {
            for collection in [
                Collection::Users,
                Collection::Devices,
                Collection::Vmboxes,
                Collection::Callflows,
                Collection::Groups,
            ] {
                all_of(tenant, collection, &mut places);
            }
            for (_, callflow) in tenant.of(Collection::Callflows) {
                places.extend(callflow.full().and_then(led_to));
            }
        }
    }
    // Those that were listed are those that somebody wants.
    all_of(tenant, Collection::Entries, &mut places);
    // Where there are no queues, asking for one that a callflow still leads to may even be an error.
    let has_queues = tenant.has_queues != Some(false);
    places.retain(|(collection, id)| {
        if *collection == Collection::Queues && !has_queues {
            return false;
        }
        let known = tenant.get(*collection, id);
        known.is_none_or(|known| known.full.is_none())
    });
    places
}

fn all_of(tenant: &Tenant, collection: Collection, places: &mut BTreeSet<Place>) {
    places.extend(tenant.of(collection).map(|(id, _)| (collection, id.into())));
}

/// The document that a callflow leads to.
fn led_to(callflow: &Doc) -> Option<Place> {
    let (collection, id) = document(flow::root(callflow)?)?;
    Some((collection, id.into()))
}

/// What one declared resource needs: the documents of the fields that it declares.
fn declared(
    index: &Index<'_>,
    address: &Address,
    resource: &Resource,
    places: &mut BTreeSet<Place>,
) {
    use super::flow::Names as _;
    let fields = &resource.fields;
    let declares = |path: &str| {
        let mut names = path.split('.');
        let whole = names.next().and_then(|first| fields.get(first));
        // A record that is cleared is declared with all that is in it.
        whole.is_some_and(|whole| whole.as_map().is_none()) || fields.at(path.split('.')).is_some()
    };
    match address.kind {
        Kind::Users => {
            let names = [
                fields.text("username"),
                Some(&*address.key),
                resource.previously.as_deref(),
            ];
            let ids = names
                .into_iter()
                .flatten()
                .filter_map(|name| index.user_id(name));
            for id in ids.collect::<BTreeSet<_>>() {
                person(index, id, &declares, places);
            }
        }
        Kind::Extensions => {
            let names = [Some(&*address.key), resource.previously.as_deref()];
            let ids = names.into_iter().flatten();
            for id in ids.filter_map(|number| index.callflow_id(number)) {
                places.insert((Collection::Callflows, id.into()));
                let callflow = index.tenant.get(Collection::Callflows, id);
                let led_to = callflow.and_then(|callflow| led_to(callflow.full()?));
                let needed = |name: &str| {
                    !matches!(
                        name,
                        "kind" | "name" | "options" | "no_input" | "invalid_input" | "overflow"
                    )
                };
                if fields.iter().any(|(name, _)| needed(name)) {
                    places.extend(led_to);
                }
            }
        }
        Kind::Groups
        | Kind::Numbers
        | Kind::Contacts
        | Kind::Scopes
        | Kind::Instances
        | Kind::Templates => {}
    }
}

fn person(
    index: &Index<'_>,
    id: &str,
    declares: &dyn Fn(&str) -> bool,
    places: &mut BTreeSet<Place>,
) {
    // The rest is in the lists.
    let in_the_user = [
        "active",
        "outbound_caller_id",
        "forwarding",
        "dnd",
        "alias",
        "title",
        "address",
        "password",
        "voicemail.pin",
    ];
    if in_the_user.iter().any(|field| declares(field)) {
        places.insert((Collection::Users, id.into()));
    }
    if declares("rings_before_voicemail") {
        let callflow = index.callflow_of(id);
        places.extend(callflow.map(|(id, _)| (Collection::Callflows, id.into())));
    }
    if declares("voicemail.email") {
        let mailbox = index.mailbox_of(id);
        places.extend(mailbox.map(|(id, _)| (Collection::Vmboxes, id.into())));
    }
    if declares("phones") {
        let phones = index.devices_of(id).filter(|(_, device)| {
            device
                .text("mac_address")
                .is_some_and(|mac| !mac.is_empty())
        });
        places.extend(phones.map(|(id, _)| (Collection::Devices, id.into())));
    }
    if declares("groups") {
        all_of(index.tenant, Collection::Groups, places);
    }
}

/// All documents of one object.
fn whole(index: &Index<'_>, address: &Address, places: &mut BTreeSet<Place>) {
    use super::flow::Names as _;
    match address.kind {
        Kind::Users => {
            if let Some(id) = index.user_id(&address.key) {
                person(index, id, &|_| true, places);
            }
        }
        Kind::Extensions => {
            let callflow = index.callflow_id(&address.key);
            let callflow = callflow.and_then(|id| index.tenant.get(Collection::Callflows, id));
            places.extend(callflow.and_then(|callflow| led_to(callflow.full()?)));
        }
        Kind::Groups
        | Kind::Numbers
        | Kind::Contacts
        | Kind::Scopes
        | Kind::Instances
        | Kind::Templates => {}
    }
}

/// Evidence for documents. Returns how many requests there must be at the least.
pub(super) async fn fetch(
    session: &Session,
    places: BTreeSet<Place>,
    has_bulk: &mut Option<bool>,
    progress: &dyn Progress,
) -> Result<(Vec<(Place, Option<Fetched>)>, u64), Error> {
    let count = places.len();
    let total = u64::try_from(count).ok();
    if count >= BULK && *has_bulk != Some(false) && !session.open(None).await?.is_five() {
        if let Some(fetched) = in_bulk(session, &places, progress).await? {
            *has_bulk = Some(true);
            return Ok((fetched, count.div_ceil(BULK_SIZE) as u64));
        }
        *has_bulk = Some(false);
    }
    let mut requests = 0;
    let fetched = futures::stream::iter(places.into_iter().map(|place| async move {
        let fetched = one(session, &place).await?;
        Ok::<_, Error>((place, fetched))
    }))
    .buffer_unordered(AT_ONCE)
    .inspect_ok(|(place, fetched)| {
        progress.seen(kind_of(place.0), 1, total);
        requests += 1 + u64::from(fetched.as_ref().is_some_and(|one| one.agents.is_some()));
    })
    .try_collect()
    .await?;
    Ok((fetched, requests))
}

/// All of a document, and of a queue its agents.
pub(super) struct Fetched {
    pub(super) full: Full,
    pub(super) agents: Option<Vec<String>>,
}

/// Evidence for one document; nothing where it is gone.
pub(super) async fn one(
    session: &Session,
    (collection, id): &Place,
) -> Result<Option<Fetched>, Error> {
    let Some(envelope) = session.read(&place::one(*collection, id), &[]).await? else {
        return Ok(None);
    };
    let full = full(envelope, *collection, id)?;
    let agents = match collection {
        Collection::Queues => {
            let path = [collection.name(), id, "roster"];
            let roster = session.read(&path, &[]).await?;
            let ids = roster.map(|roster| match roster.data {
                Value::Array(ids) => ids,
                _ => Vec::new(),
            });
            let ids = ids.unwrap_or_default().into_iter();
            Some(
                ids.filter_map(|id| id.as_str().map(str::to_owned))
                    .collect(),
            )
        }
        _ => None,
    };
    Ok(Some(Fetched { full, agents }))
}

/// A document out of an answer that gives it by itself. Kazoo tells secrets in the clear; nobody here
/// wants to know them, so they are not kept.
pub(super) fn full(envelope: Envelope, collection: Collection, id: &str) -> Result<Full, Error> {
    match envelope.data {
        Value::Object(doc)
            if doc.get("id").and_then(Value::as_str) == Some(place::own(collection, id)) =>
        {
            Ok(Full {
                doc: without_secrets(collection, doc),
                revision: envelope.revision,
            })
        }
        _ => Err(Error::Unreadable {
            what: format!("the {} {id}", collection.singular()),
            reason: "it is not what was asked for".to_owned(),
        }),
    }
}

/// The fields that are told in the clear and must not be known.
fn secrets(collection: Collection) -> &'static [&'static str] {
    match collection {
        Collection::Vmboxes => &["pin"],
        Collection::Devices => &["sip.password"],
        Collection::Users => &["hotdesk.pin"],
        _ => &[],
    }
}

fn without_secrets(collection: Collection, mut doc: Doc) -> Doc {
    for secret in secrets(collection) {
        doc::put(&mut doc, secret, None);
    }
    doc
}

/// What of a change can be seen in the document afterwards: not the secrets.
pub(super) fn visible(collection: Collection, mut patch: Doc) -> Doc {
    patch.shift_remove("password");
    without_secrets(collection, patch)
}

/// Evidence for many documents at once; nothing where the module for that isn't loaded.
async fn in_bulk(
    session: &Session,
    places: &BTreeSet<Place>,
    progress: &dyn Progress,
) -> Result<Option<Vec<(Place, Option<Fetched>)>>, Error> {
    let places: Vec<&Place> = places.iter().collect();
    let mut fetched = Vec::new();
    for part in places.chunks(BULK_SIZE) {
        let ids = part
            .iter()
            .map(|(collection, id)| place::own(*collection, id));
        let ids: Vec<&str> = ids.collect();
        let asked = json!({ "ids": ids });
        let asked = session.ask(Method::POST, &["bulk"], &[], Some(&asked));
        let envelope = match asked.await {
            Ok(Some(envelope)) => envelope,
            // Not loaded, or not for us: one by one it goes too.
            Ok(None) | Err(Error::Forbidden { .. } | Error::Refused { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut docs: Vec<Doc> = match envelope.data {
            Value::Array(list) => list
                .into_iter()
                .filter_map(|doc| match doc {
                    Value::Object(doc) => Some(doc),
                    _ => None,
                })
                .collect(),
            Value::Object(by_id) => by_id
                .into_iter()
                .filter_map(|(id, doc)| match doc {
                    Value::Object(mut doc) => {
                        doc.entry("id").or_insert(id.into());
                        Some(doc)
                    }
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        };
        for place in part {
            let own = place::own(place.0, &place.1);
            let found = docs
                .iter()
                .position(|doc| doc.get("id").and_then(Value::as_str) == Some(own));
            progress.seen(kind_of(place.0), 1, None);
            // What `bulk` is silent about is asked for by itself: silence is no proof that it is gone.
            let one = match found {
                Some(at) if place.0 != Collection::Queues => Some(Fetched {
                    full: Full {
                        doc: without_secrets(place.0, docs.swap_remove(at)),
                        revision: None,
                    },
                    agents: None,
                }),
                _ => one(session, place).await?,
            };
            fetched.push(((*place).clone(), one));
        }
    }
    Ok(Some(fetched))
}

/// The kind whose progress a document counts for.
pub(super) fn kind_of(collection: Collection) -> Kind {
    match collection {
        Collection::Users | Collection::Devices | Collection::Vmboxes => Kind::Users,
        Collection::Groups => Kind::Groups,
        Collection::Lists | Collection::Entries => Kind::Contacts,
        Collection::Callflows
        | Collection::Conferences
        | Collection::Menus
        | Collection::Faxboxes
        | Collection::Queues
        | Collection::Directories => Kind::Extensions,
    }
}
