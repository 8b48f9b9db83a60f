//! A *person* is a user with what belongs to the user: devices, a mailbox, a callflow of the user's own.
//!
//! A person may be built only in part, when whoever built it was cut off. Then what is missing is
//! missing here too, and a plan completes it.

use super::{Draft, fields, mentions, plain, secret};
use crate::{
    model::{Kind, LiveObject},
    portal::kazoo::{
        doc, flow,
        index::Index,
        phone,
        tenant::{Collection, Known},
    },
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// How long one ring lasts, in seconds.
pub(in crate::portal::kazoo) const RING: i64 = 5;

/// Every person.
pub(super) fn all(index: &Index<'_>) -> BTreeMap<Box<str>, LiveObject> {
    let users = index.tenant.of(Collection::Users);
    let all = users.map(|(id, user)| {
        let key = index.users.get(id).copied().unwrap_or(id);
        (key.into(), person(index, id, key, user))
    });
    all.collect()
}

fn person(index: &Index<'_>, id: &str, key: &str, user: &Known) -> LiveObject {
    let mut draft = Draft::new();
    if key != id {
        draft.insert("username".to_owned(), key.into());
    }
    plain(&mut draft, Kind::Users, "", Collection::Users, user, index);
    let scope = user.text("priv_level").unwrap_or("user");
    draft.insert("scope".to_owned(), scope.into());
    if let Some(extension) = index.extension_of(id) {
        draft.insert("extension".to_owned(), extension.into());
    }
    if index.tenant.inactive.contains(id) && user.full().is_none() {
        draft.insert("active".to_owned(), false.into());
    }
    if let Some(all_of_it) = user.full() {
        let first = |path: &str, field: &str| {
            let first = doc::at(all_of_it, path)?.get(0)?;
            first.as_str().or(first[field].as_str()).map(Value::from)
        };
        doc::put(&mut draft, "alias", first("profile.nicknames", ""));
        doc::put(&mut draft, "address", first("profile.addresses", "address"));
        if let Some(number) = doc::text(all_of_it, "call_forward.number") {
            doc::put(&mut draft, "forwarding.destinations", Some(json!([number])));
        }
        doc::put(&mut draft, "password", secret(all_of_it, "password"));
    }
    voicemail(&mut draft, index, id, user);
    rings(&mut draft, index, id);
    let phones: Vec<Value> = index
        .devices_of(id)
        .filter_map(|(_, device)| phone::read(device))
        .collect();
    draft.insert("phones".to_owned(), phones.into());
    draft.insert("groups".to_owned(), groups(index, id));
    let callflow = index.callflow_of(id).map(|(_, callflow)| callflow);
    let elsewhere = callflow.map(|callflow| mentions(index, callflow));
    let elsewhere = elsewhere.unwrap_or_default().into_iter();
    let is_other = |mention: &crate::model::Mention| *mention.address.key != *key;
    LiveObject {
        id: id.into(),
        etag: user
            .full
            .as_ref()
            .and_then(|full| full.revision.as_deref().map(Into::into)),
        // Who has no username can't be known by it.
        system: key == id,
        messages: messages(index, id),
        fields: fields(Kind::Users, draft),
        mentions: elsewhere.filter(is_other).collect(),
    }
}

/// The mailbox, and whether calls lead to it. Where there is no callflow yet nothing says that they
/// don't, so that completing a person brings the mailbox too.
fn voicemail(draft: &mut Draft, index: &Index<'_>, id: &str, user: &Known) {
    let mailbox = index.mailbox_of(id);
    if let Some((_, callflow)) = index.callflow_of(id) {
        let enabled = mailbox.is_some() && callflow.modules().contains("voicemail");
        doc::put(draft, "voicemail.enabled", Some(enabled.into()));
    }
    let Some((_, mailbox)) = mailbox else { return };
    if let Some(number) = mailbox.text("mailbox") {
        doc::put(draft, "voicemail.mailbox", Some(number.into()));
    }
    if let Some(doc) = mailbox.full() {
        let email = doc::at(doc, "notify_email_addresses").and_then(|list| list.get(0));
        doc::put(draft, "voicemail.email", email.cloned());
    }
    if let Some(doc) = user.full() {
        doc::put(draft, "voicemail.pin", secret(doc, "voicemail.pin"));
    }
}

fn rings(draft: &mut Draft, index: &Index<'_>, id: &str) {
    let callflow = index
        .callflow_of(id)
        .and_then(|(_, callflow)| callflow.full());
    let own = callflow.and_then(|callflow| {
        flow::nodes(callflow).find(|node| node.module == "user" && node.id() == Some(id))
    });
    let seconds = own
        .and_then(|node| node.data("timeout"))
        .and_then(Value::as_i64);
    if let Some(seconds) = seconds {
        let rings = ((seconds + RING / 2) / RING).max(1);
        draft.insert("rings_before_voicemail".to_owned(), rings.into());
    }
}

fn groups(index: &Index<'_>, id: &str) -> Value {
    let member = index.tenant.of(Collection::Groups).filter(|(_, group)| {
        let endpoints = group.full().and_then(|doc| doc.get("endpoints"));
        endpoints.is_some_and(|endpoints| endpoints.get(id).is_some())
    });
    // A group of which no key can be made is nobody's to manage, and who is in it isn't either.
    let keys = member.filter_map(|(id, _)| index.groups.get(id).filter(|key| *key != id));
    keys.map(|key| Value::from(key.as_str())).collect()
}

/// How many messages would go with a person, in all the person's mailboxes.
fn messages(index: &Index<'_>, id: &str) -> u32 {
    let mailboxes = index.mailboxes_of(id).iter();
    let counts = mailboxes.filter_map(|mailbox| {
        let mailbox = index.tenant.get(Collection::Vmboxes, mailbox)?;
        mailbox.summary.get("messages")?.as_u64()
    });
    u32::try_from(counts.sum::<u64>()).unwrap_or(u32::MAX)
}
