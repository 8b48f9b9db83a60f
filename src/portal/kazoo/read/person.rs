//! A *person* is a user with devices, a mailbox and an own callflow.
//!
//! A person can be incomplete after an interrupted write. The missing fields are then absent here, and the
//! next plan adds them.

use super::{VERSIONS, mentions};
use crate::{
    model::{Kind, LiveObject, Standing},
    portal::{
        kazoo::{
            account::{Account, MEMBERS, modules},
            collection::Collection,
            flow, phone,
            table::TABLE,
        },
        rest::{Entry, RawFields, doc, secret},
    },
};
use serde_json::Value;

/// The duration of one ring in seconds.
pub(in crate::portal::kazoo) const RING_SECONDS: i64 = 5;

/// All users.
pub(super) fn all(account: &Account) -> impl Iterator<Item = (Box<str>, LiveObject)> {
    account.of(Collection::Users).map(|(id, user)| {
        let key = account.user(id).unwrap_or(id);
        (key.into(), person(account, id, key, user))
    })
}

fn person(account: &Account, id: &str, key: &str, user: &Entry) -> LiveObject {
    let mut raw = RawFields::new();
    if key != id {
        raw.insert("username".to_owned(), key.into());
    }
    TABLE.read(
        (Kind::Users, ""),
        Collection::Users,
        user,
        account,
        &mut raw,
    );
    if let Some(extension) = account.extension_of(id) {
        raw.insert("extension".to_owned(), extension.into());
    }
    if account.index.inactive.contains(id) && user.full_doc().is_none() {
        raw.insert("active".to_owned(), false.into());
    }
    if let Some(doc) = user.full_doc() {
        let version = secret::version(doc, VERSIONS, "password");
        doc::put(&mut raw, "password", version);
    }
    voicemail(&mut raw, account, id, user);
    rings(&mut raw, account, id);
    let phones: Vec<Value> = account
        .devices_of(id)
        .filter_map(|(_, device)| phone::read(device))
        .collect();
    raw.insert("phones".to_owned(), phones.into());
    // A group without a valid key isn't managed, and neither are its members.
    doc::set(&mut raw, "groups", MEMBERS.keys_of(&account.index, id));
    let callflow = account.callflow_of(id).map(|(_, callflow)| callflow);
    let elsewhere = callflow.map(|callflow| mentions(account, callflow));
    let elsewhere = elsewhere.unwrap_or_default().into_iter();
    let is_other = |mention: &crate::model::Mention| *mention.address.key != *key;
    LiveObject {
        standing: match key == id {
            true => Standing::Unsupported("has no username".into()),
            false => Standing::Manageable,
        },
        messages: messages(account, id),
        mentions: elsewhere.filter(is_other).collect(),
        ..user.object(Kind::Users, id, raw)
    }
}

/// Reads the mailbox, and whether calls reach it. Without a callflow, voicemail isn't reported as
/// disabled, so that the plan that completes a person also creates the mailbox.
fn voicemail(raw: &mut RawFields, account: &Account, id: &str, user: &Entry) {
    let mailbox = account.mailbox_of(id);
    if let Some((_, callflow)) = account.callflow_of(id) {
        let enabled = mailbox.is_some() && modules(callflow).contains("voicemail");
        doc::put(raw, "voicemail.enabled", Some(enabled.into()));
    }
    let Some((_, mailbox)) = mailbox else { return };
    if let Some(number) = mailbox.text("mailbox") {
        doc::put(raw, "voicemail.mailbox", Some(number.into()));
    }
    TABLE.read(
        (Kind::Users, ""),
        Collection::Vmboxes,
        mailbox,
        account,
        raw,
    );
    if let Some(doc) = user.full_doc() {
        let version = secret::version(doc, VERSIONS, "voicemail.pin");
        doc::put(raw, "voicemail.pin", version);
    }
}

fn rings(raw: &mut RawFields, account: &Account, id: &str) {
    let callflow = account
        .callflow_of(id)
        .and_then(|(_, callflow)| callflow.full_doc());
    let own = callflow.and_then(|callflow| {
        flow::nodes(callflow).find(|node| node.module == "user" && node.id() == Some(id))
    });
    let seconds = own
        .and_then(|node| node.data("timeout"))
        .and_then(Value::as_i64);
    if let Some(seconds) = seconds {
        let rings = ((seconds + RING_SECONDS / 2) / RING_SECONDS).max(1);
        raw.insert("rings_before_voicemail".to_owned(), rings.into());
    }
}

/// The number of messages in all mailboxes of a user.
fn messages(account: &Account, id: &str) -> u32 {
    let mailboxes = account.mailboxes_of(id);
    let counts = mailboxes.filter_map(|mailbox| {
        let mailbox = account.get(Collection::Vmboxes, mailbox)?;
        mailbox.summary.get("messages")?.as_u64()
    });
    u32::try_from(counts.sum::<u64>()).unwrap_or(u32::MAX)
}
