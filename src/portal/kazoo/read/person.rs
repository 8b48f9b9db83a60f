//! A *person* is a user with devices, a mailbox and an own callflow.
//!
//! A person can be incomplete after an interrupted write. The missing fields are then absent here, and the
//! next plan adds them.

use super::{mentions, secret_version};
use crate::{
    model::{Kind, LiveObject, Standing},
    portal::{
        kazoo::{
            account::{Account, modules},
            collection::Collection,
            flow::{self, Resolver as _},
            phone,
            table::TABLE,
        },
        rest::{Entry, RawFields, doc},
    },
};
use serde_json::Value;
use std::collections::BTreeMap;

/// The duration of one ring in seconds.
pub(in crate::portal::kazoo) const RING_SECONDS: i64 = 5;

/// All users.
pub(super) fn all(account: &Account) -> BTreeMap<Box<str>, LiveObject> {
    let users = account.of(Collection::Users);
    let all = users.map(|(id, user)| {
        let key = account.user(id).unwrap_or(id);
        (key.into(), person(account, id, key, user))
    });
    all.collect()
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
        doc::put(&mut raw, "password", secret_version(doc, "password"));
    }
    voicemail(&mut raw, account, id, user);
    rings(&mut raw, account, id);
    let phones: Vec<Value> = account
        .devices_of(id)
        .filter_map(|(_, device)| phone::read(device))
        .collect();
    raw.insert("phones".to_owned(), phones.into());
    raw.insert("groups".to_owned(), groups(account, id));
    let callflow = account.callflow_of(id).map(|(_, callflow)| callflow);
    let elsewhere = callflow.map(|callflow| mentions(account, callflow));
    let elsewhere = elsewhere.unwrap_or_default().into_iter();
    let is_other = |mention: &crate::model::Mention| *mention.address.key != *key;
    LiveObject {
        id: id.into(),
        etag: user.version().map(Into::into),
        standing: match key == id {
            true => Standing::Unsupported("has no username".into()),
            false => Standing::Manageable,
        },
        messages: messages(account, id),
        fields: Kind::Users.shape().read_valid(raw.into()),
        mentions: elsewhere.filter(is_other).collect(),
        ..LiveObject::default()
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
        doc::put(raw, "voicemail.pin", secret_version(doc, "voicemail.pin"));
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

fn groups(account: &Account, id: &str) -> Value {
    // A group without a valid key isn't managed, and neither are its members.
    let keys = account.groups_of(id).filter_map(|id| account.group_key(id));
    keys.map(Value::from).collect()
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
