//! A *person* is written in the order of Kazoo's own onboarding: user, mailbox, devices, callflow. The
//! callflow comes last, so that whoever is cut off leaves a person who is seen to be unfinished; it goes
//! first, so that nobody rings who is leaving.

use super::{
    Writer,
    trace::Trace,
    value::{put_secret, with_first},
};
use crate::{
    model::{Kind, Value as Ours},
    portal::{
        Error, Written,
        kazoo::{
            doc::{self, Doc},
            flow::{self, ELSE},
            index::{MAIN, is_inner},
            mapping, phone,
            read::person::RING,
            tenant::Collection::{Callflows, Devices, Groups, Users, Vmboxes},
            write::{group::is_endpoint, number::parked},
        },
    },
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The longest name that inner calls show, as onboarding cuts it.
const SHOWN_NAME: usize = 15;
/// The longest name of a mailbox or a callflow.
const LONGEST_NAME: usize = 128;

impl Writer<'_> {
    /// Makes, changes or removes a person.
    pub(super) async fn person(self) -> Result<Written, Error> {
        let Some(object) = self.object() else {
            let id = self.new_user().await?;
            self.belongings(&id, true).await?;
            self.own_callflow(&id, true, None).await?;
            return Ok(self.written(Users, &id));
        };
        let id = object.id;
        if self.is_delete() {
            self.remove_person(id).await?;
        } else {
            self.belongings(id, false).await?;
            let extension = self.index(|index| index.extension_of(id).map(str::to_owned));
            let edit = |doc: &mut Doc| self.fill_user(doc, false, extension.as_deref());
            self.edit(Users, id, &edit).await?;
            self.own_callflow(id, false, extension.as_deref()).await?;
        }
        Ok(self.written(Users, id))
    }

    async fn new_user(self) -> Result<String, Error> {
        let username = self
            .wanted_text("username")
            .unwrap_or(&self.write.address.key);
        let mut doc = Doc::new();
        doc.insert("username".to_owned(), username.into());
        self.fill_user(&mut doc, true, None)?;
        if self.secret("password").is_none() {
            // Kazoo makes nobody without a password. Nobody knows this one: whoever is to log in asks for
            // another, or has it declared.
            let made_up = uuid::Uuid::new_v4().simple().to_string();
            doc.insert("password".to_owned(), made_up.into());
        }
        self.create(Users, doc, &Trace::by("username", username))
            .await
    }

    /// What belongs to a person: the mailbox, the devices, the groups.
    async fn belongings(self, id: &str, is_new: bool) -> Result<(), Error> {
        self.mailbox(id, is_new).await?;
        if is_new || self.changes("phones") {
            self.phones(id).await?;
        }
        if self.changes("groups") {
            let wanted = self.wanted("groups").map_or(&[][..], Ours::elements);
            let wanted: Vec<&str> = wanted.iter().filter_map(Ours::as_text).collect();
            self.membership(id, &wanted).await?;
        }
        Ok(())
    }

    /// Writes onto a user what is to be written. `extension` is the one that the user had.
    fn fill_user(self, doc: &mut Doc, is_new: bool, extension: Option<&str>) -> Result<(), Error> {
        let touched = |field: &str| self.changes(field);
        let shown = shown_name(doc);
        for (field, row) in mapping::plain(Kind::Users, "") {
            if row.document == Users && touched(field) {
                let value = self.as_kept(field, row.form)?;
                doc::put(doc, row.at, value);
            }
        }
        if !is_new && touched("username") {
            if self.secret("password").is_none() {
                let reason = "Kazoo asks for the password when a username changes: declare it with a higher version in the same change";
                return Err(self.refuse("password", reason));
            }
            let username = self
                .wanted_text("username")
                .unwrap_or(&self.write.address.key);
            doc.insert("username".to_owned(), username.into());
        }
        if touched("scope") {
            let scope = self.wanted_text("scope").filter(|scope| *scope == "admin");
            doc.insert("priv_level".to_owned(), scope.unwrap_or("user").into());
        }
        if touched("alias") {
            let first = self.wanted_text("alias").map(Value::from);
            with_first(doc, "profile.nicknames", first);
        }
        if touched("address") {
            let first = self.wanted_text("address");
            let first = first.map(|text| json!({"address": text, "types": ["postal"]}));
            with_first(doc, "profile.addresses", first);
        }
        if touched("forwarding.destinations") {
            let all = self
                .wanted("forwarding.destinations")
                .map_or(&[][..], Ours::elements);
            let number = all.first().and_then(Ours::as_text).map(Value::from);
            doc::put(doc, "call_forward.number", number);
        }
        if doc
            .get("call_forward")
            .is_some_and(|all| all["enabled"].is_null())
        {
            doc::put(doc, "call_forward.enabled", Some(false.into()));
        }
        if touched("extension") {
            let next = self.wanted_text("extension").map(Value::from);
            // What somebody set apart from the extension stays apart.
            for path in ["caller_id.internal.number", "presence_id"] {
                let now = doc::text(doc, path);
                if now.is_none() || now == extension {
                    doc::put(doc, path, next.clone());
                }
            }
        }
        let is_shown = doc::text(doc, "caller_id.internal.name") == Some(&shown);
        if is_new && self.wanted("extension").is_some() || is_shown {
            let shown = shown_name(doc);
            doc::put(doc, "caller_id.internal.name", Some(shown.into()));
        }
        if let Some(password) = self.secret("password") {
            doc.insert("password".to_owned(), password.into());
        }
        for secret in ["password", "voicemail.pin"] {
            if touched(secret) {
                put_secret(doc, secret, self.version(secret));
            }
        }
        Ok(())
    }

    /// Brings the mailbox to what it is to be. It comes with the extension unless voicemail is off, and
    /// never goes but with the person: there may be messages in it.
    async fn mailbox(self, user: &str, is_new: bool) -> Result<(), Error> {
        let (known, has_callflow) = self.index(|index| {
            let known = index.mailbox_of(user).map(|(id, _)| id.to_owned());
            (known, index.callflow_of(user).is_some())
        });
        let completes = is_new || !has_callflow && self.changes("extension");
        if !completes && !self.changes("voicemail") {
            return Ok(());
        }
        let extension = self.wanted_text("extension");
        let declared = self.wanted_text("voicemail.mailbox");
        let first = self.wanted_text("voicemail.email").map(Value::from);
        if let Some(id) = known {
            let edit = |doc: &mut Doc| {
                if let Some(number) = declared.or(extension)
                    && self.changes("voicemail.mailbox")
                {
                    doc.insert("mailbox".to_owned(), number.into());
                }
                if self.changes("voicemail.email") {
                    with_first(doc, "notify_email_addresses", first.clone());
                }
                if let Some(pin) = self.secret("voicemail.pin") {
                    doc.insert("pin".to_owned(), pin.into());
                }
                Ok(())
            };
            return self.edit(Vmboxes, &id, &edit).await;
        }
        let is_off = self.wanted("voicemail.enabled").and_then(Ours::as_bool) == Some(false);
        let Some(number) = declared.or(extension.filter(|_| !is_off)) else {
            return Ok(());
        };
        let mut doc = Doc::new();
        doc.insert("mailbox".to_owned(), number.into());
        doc.insert("name".to_owned(), self.named("'s VMBox").into());
        doc.insert("owner_id".to_owned(), user.into());
        if first.is_some() {
            with_first(&mut doc, "notify_email_addresses", first);
        }
        if let Some(pin) = self.secret("voicemail.pin") {
            doc.insert("pin".to_owned(), pin.into());
        }
        let trace = Trace::by("mailbox", number).and("owner_id", user.into());
        self.create(Vmboxes, doc, &trace).await.map(drop)
    }

    /// The person's name with something behind it, as onboarding names what belongs to a person.
    fn named(self, rest: &str) -> String {
        let part = |field| self.wanted_text(field).unwrap_or_default();
        let name = format!("{} {}", part("first_name"), part("last_name"));
        let room = LONGEST_NAME - rest.chars().count();
        let name: String = name.trim().chars().take(room).collect();
        format!("{name}{rest}")
    }

    /// Brings the phones to what they are to be. Devices without a hardware address stay.
    async fn phones(self, user: &str) -> Result<(), Error> {
        let known: Vec<(String, String)> = self.index(|index| {
            let phones = index.devices_of(user).filter_map(|(id, device)| {
                let phone = phone::read(device)?;
                Some((id.to_owned(), phone::digits(phone["mac"].as_str()?)))
            });
            phones.collect()
        });
        let wanted = self.wanted("phones").map_or(&[][..], Ours::elements);
        let mut kept = BTreeSet::new();
        for phone in wanted.iter().filter_map(Ours::as_map) {
            let mac = phone::digits(phone.text("mac").unwrap_or_default());
            if let Some((id, _)) = known.iter().find(|(_, own)| *own == mac) {
                kept.insert(id);
                let edit = |doc: &mut Doc| {
                    phone::write(doc, phone);
                    Ok(())
                };
                self.edit(Devices, id, &edit).await?;
                continue;
            }
            let random = || uuid::Uuid::new_v4().simple().to_string();
            let doc = json!({
                "device_type": "sip_device",
                "enabled": true,
                "owner_id": user,
                "sip": {"username": format!("user_{}", &random()[..10]), "password": &random()[..20]},
            });
            let mut doc: Doc = doc.as_object().cloned().unwrap_or_default();
            phone::write(&mut doc, phone);
            let trace = Trace::by("mac_address", &mac).and("owner_id", user.into());
            self.create(Devices, doc, &trace).await?;
        }
        for (id, _) in known.iter().filter(|(id, _)| !kept.contains(id)) {
            self.delete(Devices, id).await?;
        }
        Ok(())
    }

    /// Brings the person's own callflow to what it is to be. Whatever else somebody built into it stays.
    /// `extension` is the one that the person had.
    async fn own_callflow(
        self,
        user: &str,
        is_new: bool,
        extension: Option<&str>,
    ) -> Result<(), Error> {
        let (known, mailbox) = self.index(|index| {
            (
                index.callflow_of(user).map(|(id, _)| id.to_owned()),
                index.mailbox_of(user).map(|(id, _)| id.to_owned()),
            )
        });
        let wanted = self.wanted_text("extension");
        let is_off = self.wanted("voicemail.enabled").and_then(Ours::as_bool) == Some(false);
        let mailbox = mailbox.filter(|_| !is_off);
        let Some(id) = known else {
            let Some(number) = wanted.filter(|_| is_new || self.changes("extension")) else {
                return Ok(());
            };
            let mut root = flow::node(
                "user",
                &json!({"id": user, "timeout": self.ring_seconds(), "can_call_self": false}),
            );
            if let Some(mailbox) = mailbox {
                root["children"][ELSE] = flow::node("voicemail", &json!({ "id": mailbox }));
            }
            let doc = json!({
                "name": self.named(" SmartPBX's Callflow"),
                "numbers": [number],
                "owner_id": user,
                "type": MAIN,
                "contact_list": {"exclude": false},
                "flow": root,
            });
            let doc: Doc = doc.as_object().cloned().unwrap_or_default();
            let trace = Trace::by("owner_id", user).and("type", MAIN.into());
            return self.create(Callflows, doc, &trace).await.map(drop);
        };
        let touched = ["extension", "rings_before_voicemail", "voicemail"];
        if !touched.iter().any(|field| self.changes(field)) {
            return Ok(());
        }
        let edit = |doc: &mut Doc| {
            if self.changes("extension") {
                renumber(doc, &id, extension, wanted);
            }
            let rings = self.changes("rings_before_voicemail");
            let mut own = doc.get_mut("flow").and_then(|flow| own_node(flow, user));
            if rings {
                let Some(own) = own.as_deref_mut() else {
                    let reason = "nothing in the person's callflow rings the person; somebody built it by hand";
                    return Err(self.refuse("rings_before_voicemail", reason));
                };
                own["data"]["timeout"] = self.ring_seconds().into();
            }
            if let Some(own) = own
                && self.changes("voicemail")
            {
                lead_to(own, mailbox.as_deref(), is_off);
            }
            if self.changes("voicemail.enabled") {
                let leads = flow::nodes(doc).any(|node| node.module == "voicemail");
                if leads == is_off && (is_off || mailbox.is_some()) {
                    let reason = "something else than voicemail stands behind the person in the callflow; somebody built it by hand, and it stays";
                    return Err(self.refuse("voicemail.enabled", reason));
                }
            }
            Ok(())
        };
        self.edit_shared(Callflows, &id, &edit).await
    }

    fn ring_seconds(self) -> i64 {
        match self.wanted("rings_before_voicemail") {
            Some(Ours::Integer(rings)) => rings * RING,
            _ => 4 * RING, // S1.20
        }
    }

    /// Removes a person with all that belongs to the person.
    async fn remove_person(self, id: &str) -> Result<(), Error> {
        let (callflows, devices, mailboxes, groups) = self.index(|index| {
            let owned = |text: Option<&str>| text == Some(id);
            let callflows = index.tenant.of(Callflows).filter(|(callflow, known)| {
                let is_main = known.text("type") == Some(MAIN) && owned(known.text("owner_id"));
                is_main || index.owner_of(callflow) == Some(id)
            });
            let callflows: Vec<String> = callflows.map(|(id, _)| id.to_owned()).collect();
            let devices = index.devices_of(id).map(|(id, _)| id.to_owned());
            let mailboxes = index.mailboxes_of(id).iter().map(|id| (*id).to_owned());
            let groups = index.tenant.of(Groups).filter(|(_, group)| {
                let doc = group.full();
                doc.is_some_and(|doc| is_endpoint(doc, id))
            });
            let groups: Vec<String> = groups.map(|(id, _)| id.to_owned()).collect();
            (
                callflows,
                devices.collect::<Vec<_>>(),
                mailboxes.collect::<Vec<_>>(),
                groups,
            )
        });
        for callflow in &callflows {
            self.delete(Callflows, callflow).await?;
        }
        for device in &devices {
            self.delete(Devices, device).await?;
        }
        for mailbox in &mailboxes {
            self.delete(Vmboxes, mailbox).await?;
        }
        for group in &groups {
            let leave = |doc: &mut Doc| {
                if let Some(Value::Object(endpoints)) = doc.get_mut("endpoints") {
                    endpoints.shift_remove(id);
                }
                Ok(())
            };
            self.edit_shared(Groups, group, &leave).await?;
        }
        self.delete(Users, id).await
    }
}

/// The name that inner calls show, unless somebody chose another.
fn shown_name(user: &Doc) -> String {
    let part = |field| doc::text(user, field).unwrap_or_default();
    let name = format!("{} {}", part("first_name"), part("last_name"));
    name.trim().chars().take(SHOWN_NAME).collect()
}

/// Puts one inner number in the place of another. Outer numbers stay, and so does a callflow that is left
/// without any.
fn renumber(callflow: &mut Doc, id: &str, from: Option<&str>, to: Option<&str>) {
    let numbers = callflow.entry("numbers").or_insert_with(|| json!([]));
    let Value::Array(numbers) = numbers else {
        return;
    };
    let stand_in = parked(id);
    numbers.retain(|one| one.as_str() != from && *one != stand_in);
    match to {
        Some(to) => {
            numbers.retain(|one| one != to);
            let at = numbers
                .iter()
                .position(|one| one.as_str().is_none_or(is_inner));
            numbers.insert(at.unwrap_or(0), to.into());
        }
        None if numbers.is_empty() => numbers.push(stand_in.into()),
        None => {}
    }
}

/// The node of a flow that rings its owner.
fn own_node<'f>(node: &'f mut Value, user: &str) -> Option<&'f mut Value> {
    if node["module"] == "user" && node["data"]["id"] == user {
        return Some(node);
    }
    let children = node.get_mut("children")?.as_object_mut()?;
    children
        .values_mut()
        .find_map(|child| own_node(child, user))
}

/// Leads calls that nobody took to a mailbox, or no longer to one.
fn lead_to(own: &mut Value, mailbox: Option<&str>, is_off: bool) {
    if !own["children"].is_object() {
        own["children"] = json!({});
    }
    let Some(children) = own["children"].as_object_mut() else {
        return;
    };
    let there = children.get(ELSE).map(|child| child["module"].clone());
    let is_voicemail = there == Some(json!("voicemail"));
    match mailbox {
        Some(mailbox) if is_voicemail => {
            let data = &mut children[ELSE]["data"];
            if !data.is_object() {
                *data = json!({});
            }
            data["id"] = mailbox.into();
        }
        Some(mailbox) if there.is_none() => {
            let node = flow::node("voicemail", &json!({ "id": mailbox }));
            children.insert(ELSE.to_owned(), node);
        }
        None if is_voicemail && is_off => drop(children.shift_remove(ELSE)),
        Some(_) | None => {}
    }
}
