//! A *change* writes an object to its documents: what others refer to first, and in the opposite order where
//! an object goes.

use super::{
    dialect::NetSapiens,
    objects::is_service,
    table::{
        APPLICATION,
        Collection::{Agents, Contacts, Devices, Numbers, Queues, Rules, Sites, Users},
        DESTINATION, MAC, MODEL,
    },
};
use crate::{
    model::{Kind, Value as ModelValue, text::Mac},
    portal::{
        Error, Written,
        rest::{
            self, Elements, Fingerprint,
            doc::{self, Doc},
        },
    },
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

type Writer<'w> = rest::Writer<'w, NetSapiens>;

/// Applies one change.
pub(super) async fn change(writer: Writer<'_>) -> Result<Written, Error> {
    match writer.write.address.kind {
        Kind::Users => user(writer).await,
        Kind::Extensions => queue(writer).await,
        Kind::Numbers => number(writer).await,
        Kind::Contacts => contact(writer).await,
        _ => {
            let site = &*writer.write.address.key;
            let by = Fingerprint::by("site", site);
            writer
                .document(Sites, doc::of(json!({ "site": site })), &by, &|_| Ok(()))
                .await
        }
    }
}

/// The phones go before their user: a phone that is left behind could still register.
async fn user(writer: Writer<'_>) -> Result<Written, Error> {
    let extension = writer.target_text("extension").unwrap_or_default();
    if let Some(object) = writer.object().filter(|_| writer.is_delete()) {
        writer.delete_within(Devices, object.id).await?;
    }
    let fill = |user: &mut Doc| {
        writer.fill("", Users, user, false)?;
        if writer.changes("instance") {
            let key = writer.target_text("instance");
            let site = key.map(|key| site(writer, key)).transpose()?;
            doc::put(user, "site", site.map(Value::from));
        }
        Ok(())
    };
    let new = doc::of(json!({"user": extension, "user-scope": "Basic User"}));
    let name = |field| writer.target_text(field).into();
    let by = Fingerprint::by("user", extension)
        .and("name-first-name", name("first_name"))
        .and("name-last-name", name("last_name"));
    let written = writer.document(Users, new, &by, &fill).await?;
    if writer.is_delete() {
        return Ok(written);
    }
    if writer.changes("dnd") || writer.changes("forwarding") {
        rule(writer, &written.id).await?;
    }
    if writer.object().is_none() && writer.target("add_phone") == Some(&ModelValue::Bool(true)) {
        let by = Fingerprint::by("device", extension).within(extension);
        writer
            .create(Devices, doc::of(json!({ "device": extension })), &by)
            .await?;
    }
    if writer.changes("phones") {
        phones(writer, &written.id).await?;
    }
    Ok(written)
}

/// The name of the site with a key. The core would make a site of any other name.
fn site(writer: Writer<'_>, key: &str) -> Result<String, Error> {
    let cache = writer.store.cache();
    let name = cache.index.0.of(key).next().map(str::to_owned);
    name.ok_or_else(|| writer.refuse("instance", &format!("instances/{key} doesn't exist")))
}

/// Writes the rule for any time. A new user may have one, and may not.
async fn rule(writer: Writer<'_>, user: &str) -> Result<(), Error> {
    let fill = |rule: &mut Doc| {
        doc::set(rule, "enabled", "yes");
        writer.fill("", Rules, rule, false)
    };
    let new = doc::of(json!({"time-frame": "*"}));
    let by = Fingerprint::by("time-frame", "*").within(user);
    writer.edit_or_create(Rules, new, &by, &fill).await
}

/// A phone is a device whose name is the extension with a letter.
async fn phones(writer: Writer<'_>, user: &str) -> Result<(), Error> {
    let digits = |mac: &str| (Mac::FORMAT.canonical)(mac).replace(':', "");
    let phones = writer.target_list("phones").iter();
    let phones = phones.filter_map(ModelValue::as_map).map(|phone| {
        let mac = phone.text("mac").unwrap_or_default();
        (digits(mac), phone.text("model"))
    });
    let models: BTreeMap<String, Option<&str>> = phones.collect();
    let how = Elements {
        of: Devices,
        field: MAC,
        element: &|_, device| doc::text(device, MAC).map(digits),
        new: &|mac, taken| {
            let mut names = ('a'..='z').map(|letter| format!("{user}{letter}"));
            let name = names.find(|name| !taken.contains(name));
            let name = name.ok_or_else(|| writer.refuse("phones", "it has 26 devices"))?;
            Ok(doc::of(json!({"device": name, MAC: mac})))
        },
        fill: &|mac, device| doc::put(device, MODEL, models[mac].map(Value::from)),
    };
    writer.elements(user, models.keys().cloned(), &how).await
}

/// A queue has a user of the system, which makes its number one that can be called. Agents go before their
/// queue, since those of no queue can't be removed any more.
async fn queue(writer: Writer<'_>) -> Result<Written, Error> {
    let id = &*writer.write.address.key;
    let name = writer.target_text("name").unwrap_or(id);
    if writer.is_delete() {
        writer.delete_within(Agents, id).await?;
        writer.delete(Queues, id).await?;
        if service(writer, id).is_some() {
            writer.delete(Users, id).await?;
        }
        return Ok(writer.written(Queues, id));
    }
    match service(writer, id) {
        None => {
            let user = json!({"user": id, "name-first-name": name, "name-last-name": "Queue",
                "user-scope": "No Portal", "service-code": "system-queue"});
            let by = Fingerprint::by("user", id).and("service-code", "system-queue".into());
            writer.create(Users, doc::of(user), &by).await?;
        }
        // The portal shows it by the name of its user, if nobody chose another.
        Some(shown) if writer.text_before("name") == Some(&*shown) => {
            let rename = |user: &mut Doc| {
                doc::set(user, "name-first-name", name);
                Ok(())
            };
            writer.edit(Users, id, &rename).await?;
        }
        Some(_) => {}
    }
    let is_new = writer.object().is_none();
    let fill = |queue: &mut Doc| writer.fill("call_queue", Queues, queue, is_new);
    let by = Fingerprint::by("callqueue", id);
    let new = doc::of(json!({ "callqueue": id }));
    let written = writer.document(Queues, new, &by, &fill).await?;
    if writer.changes("agents") {
        agents(writer, id, writer.user_ids("agents")?).await?;
    }
    Ok(written)
}

/// The first name of the system's user with a number, if there is one.
fn service(writer: Writer<'_>, id: &str) -> Option<String> {
    let cache = writer.store.cache();
    let user = cache.get(Users, id)?;
    is_service(user.doc()).then(|| user.text("name-first-name").unwrap_or_default().to_owned())
}

/// Only users are declared, so that devices and external numbers stay agents as long as there is the queue.
async fn agents(writer: Writer<'_>, queue: &str, users: Vec<String>) -> Result<(), Error> {
    let id_field = Agents.id_field();
    let domain = &writer.store.dialect.domain;
    let how = Elements {
        of: Agents,
        field: id_field,
        element: &|id, _| {
            let is_user = id.ends_with(&format!("@{domain}")) && !id.starts_with("sip:");
            is_user.then(|| id.to_owned())
        },
        new: &|id, _| Ok(doc::of(json!({ id_field: id }))),
        fill: &|_, _| {},
    };
    let wanted = users.into_iter().map(|user| format!("{user}@{domain}"));
    writer.elements(queue, wanted, &how).await
}

async fn number(writer: Writer<'_>) -> Result<Written, Error> {
    let digits = writer.write.address.key.trim_start_matches('+');
    let is_queue = |id: &str| writer.store.cache().get(Queues, id).is_some();
    let fill = |number: &mut Doc| {
        writer.fill("", Numbers, number, false)?;
        if writer.object().is_none() || writer.changes("destination") {
            let (application, to) = match writer.target_text("destination") {
                None => ("available-number", None),
                Some(queue) if is_queue(queue) => ("to-callqueue", Some(queue.to_owned())),
                Some(user) => ("to-user", Some(writer.user_id("destination", user)?)),
            };
            doc::set(number, APPLICATION, application);
            doc::put(number, DESTINATION, to.map(Value::from));
        }
        Ok(())
    };
    let by = Fingerprint::by("phonenumber", digits);
    let new = doc::of(json!({ "phonenumber": digits }));
    writer.document(Numbers, new, &by, &fill).await
}

async fn contact(writer: Writer<'_>) -> Result<Written, Error> {
    let fill = |contact: &mut Doc| writer.fill("", Contacts, contact, false);
    let mut by = Fingerprint::by("name-first-name", "");
    fill(&mut by.required)?;
    let is_told = |name: &str, value: &Value| name.starts_with("name-") && value != "";
    by.required.retain(|name, value| is_told(name, value));
    writer.document(Contacts, Doc::new(), &by, &fill).await
}
