//! A *person* is written in the order of Kazoo's own onboarding: user, mailbox, devices, callflow. The
//! callflow is created last, so that an interrupted creation is recognizable. It is deleted first, so
//! that calls no longer reach a user who is being deleted.

use super::{Writer, number::placeholder_number};
use crate::{
    model::Value as ModelValue,
    portal::{
        Error, Written,
        kazoo::{
            account::{MAIN_CALLFLOW, MEMBERS, is_internal},
            collection::Collection::{Callflows, Devices, Users, Vmboxes},
            flow::{self, DEFAULT_BRANCH},
            phone,
            read::{VERSIONS, person::RING_SECONDS},
        },
        rest::{Doc, Fingerprint, doc, secret},
    },
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The maximum length of the internal caller ID name, as in onboarding.
const MAX_CALLER_ID_NAME: usize = 15;
/// The maximum length of the name of a mailbox or callflow.
const MAX_NAME: usize = 128;
/// What onboarding adds to a person's name for the name of the mailbox and of the callflow.
const MAILBOX_SUFFIX: &str = "'s VMBox";
const CALLFLOW_SUFFIX: &str = " SmartPBX's Callflow";

impl<'w> Writer<'w> {
    /// Creates, changes or deletes a person.
    pub(super) async fn person(self) -> Result<Written, Error> {
        let Some(object) = self.object() else {
            let id = self.new_user().await?;
            self.owned_documents(&id, true).await?;
            self.own_callflow(&id, true, None).await?;
            return Ok(self.written(Users, &id));
        };
        let id = object.id;
        if self.is_delete() {
            self.remove_person(id).await?;
        } else {
            self.owned_documents(id, false).await?;
            let extension = self.account(|account| account.extension_of(id).map(str::to_owned));
            let edit = |doc: &mut Doc| self.fill_user(doc, false, extension.as_deref());
            self.edit(Users, id, &edit).await?;
            self.own_callflow(id, false, extension.as_deref()).await?;
            self.rename_documents(id).await?;
        }
        Ok(self.written(Users, id))
    }

    async fn new_user(self) -> Result<String, Error> {
        let username = self.username();
        let mut doc = doc::of(json!({ "username": username }));
        self.fill_user(&mut doc, true, None)?;
        if self.secret("password").is_none() {
            // Kazoo requires a password. This random one is unknown to everyone: to log in, the user resets
            // it, or the workspace declares one.
            let random = uuid::Uuid::new_v4().simple().to_string();
            doc::set(&mut doc, "password", random);
        }
        self.create(Users, doc, &Fingerprint::by("username", username))
            .await
    }

    /// Writes the documents of a person: the mailbox, the devices, the groups.
    async fn owned_documents(self, id: &str, is_new: bool) -> Result<(), Error> {
        self.mailbox(id, is_new).await?;
        if is_new || self.changes("phones") {
            self.phones(id).await?;
        }
        if self.changes("groups") {
            self.memberships(&MEMBERS, id).await?;
        }
        Ok(())
    }

    /// Writes the changed fields to a user. `extension` is the current extension.
    fn fill_user(self, doc: &mut Doc, is_new: bool, extension: Option<&str>) -> Result<(), Error> {
        let is_written = |field: &str| self.changes(field);
        let old_name = caller_id_name(doc);
        self.fill("", Users, doc, false)?;
        if !is_new && is_written("username") {
            if self.secret("password").is_none() {
                let reason = "Kazoo requires the password to change a username: declare the password with a higher version in the same change";
                return Err(self.refuse("password", reason));
            }
            doc::set(doc, "username", self.username());
        }
        if doc
            .get("call_forward")
            .is_some_and(|all| all["enabled"].is_null())
        {
            doc::put(doc, "call_forward.enabled", Some(false.into()));
        }
        if is_written("extension") {
            let next = self.target_text("extension").map(Value::from);
            // A value that differs from the extension was set separately, and is kept.
            for path in ["caller_id.internal.number", "presence_id"] {
                let now = doc::text(doc, path);
                if now.is_none() || now == extension {
                    doc::put(doc, path, next.clone());
                }
            }
        }
        let is_default = doc::text(doc, "caller_id.internal.name") == Some(&old_name);
        if is_new && self.target("extension").is_some() || is_default {
            let name = caller_id_name(doc);
            doc::put(doc, "caller_id.internal.name", Some(name.into()));
        }
        for name in ["password", "voicemail.pin"] {
            if is_written(name) {
                secret::note_version(doc, VERSIONS, name, self.version(name));
            }
        }
        Ok(())
    }

    /// Creates or changes the mailbox. It is created with the extension unless voicemail is disabled, and
    /// is only deleted with the person, since it may contain messages.
    async fn mailbox(self, user: &str, is_new: bool) -> Result<(), Error> {
        let (existing, has_callflow) = self.account(|account| {
            let existing = account.mailbox_of(user).map(|(id, _)| id.to_owned());
            (existing, account.callflow_of(user).is_some())
        });
        let is_completing = is_new || !has_callflow && self.changes("extension");
        if !is_completing && !self.changes("voicemail") {
            return Ok(());
        }
        let extension = self.target_text("extension");
        let declared = self.target_text("voicemail.mailbox");
        if let Some(id) = existing {
            let edit = |doc: &mut Doc| {
                if let Some(number) = declared.or(extension)
                    && self.changes("voicemail.mailbox")
                {
                    doc::set(doc, "mailbox", number);
                }
                self.fill("", Vmboxes, doc, false)
            };
            return self.edit(Vmboxes, &id, &edit).await;
        }
        let is_off = self.is_voicemail_off();
        let Some(number) = declared.or(extension.filter(|_| !is_off)) else {
            return Ok(());
        };
        let name = self.name_with_suffix(MAILBOX_SUFFIX);
        let mut doc = doc::of(json!({"mailbox": number, "name": name, "owner_id": user}));
        self.fill("", Vmboxes, &mut doc, true)?;
        let fingerprint = Fingerprint::by("mailbox", number).and("owner_id", user.into());
        self.create(Vmboxes, doc, &fingerprint).await.map(drop)
    }

    /// The person's name with a suffix, as onboarding names the documents of a person.
    fn name_with_suffix(self, suffix: &str) -> String {
        let part = |field| self.target_text(field).unwrap_or_default();
        name_of_document(part("first_name"), part("last_name"), suffix)
    }

    /// The same before the change.
    fn old_name_with_suffix(self, suffix: &str) -> String {
        let part = |field| self.text_before(field).unwrap_or_default();
        name_of_document(part("first_name"), part("last_name"), suffix)
    }

    /// Renames the mailbox and the callflow with a person whose name they have from onboarding.
    async fn rename_documents(self, user: &str) -> Result<(), Error> {
        if !self.changes("first_name") && !self.changes("last_name") {
            return Ok(());
        }
        for (collection, suffix) in [(Vmboxes, MAILBOX_SUFFIX), (Callflows, CALLFLOW_SUFFIX)] {
            let before = self.old_name_with_suffix(suffix);
            let named: Vec<String> = self.account(|account| {
                let owned: Vec<&str> = match collection {
                    Vmboxes => account.mailboxes_of(user).collect(),
                    _ => account.callflows_of(user).collect(),
                };
                let name = |id: &str| account.get(collection, id)?.text("name");
                let named = owned.into_iter().filter(|id| name(id) == Some(&before));
                named.map(str::to_owned).collect()
            });
            let rename = |doc: &mut Doc| {
                doc::set(doc, "name", self.name_with_suffix(suffix));
                Ok(())
            };
            for id in named {
                self.edit_shared(collection, &id, &rename).await?;
            }
        }
        Ok(())
    }

    /// Creates, changes and deletes phones. Devices without a MAC address are kept.
    async fn phones(self, user: &str) -> Result<(), Error> {
        let existing: Vec<(String, String)> = self.account(|account| {
            let phones = account.devices_of(user).filter_map(|(id, device)| {
                let phone = phone::read(device)?;
                Some((id.to_owned(), phone::digits(phone["mac"].as_str()?)))
            });
            phones.collect()
        });
        let target = self.target_list("phones");
        let mut kept = BTreeSet::new();
        for phone in target.iter().filter_map(ModelValue::as_map) {
            let mac = phone::digits(phone.text("mac").unwrap_or_default());
            if let Some((id, _)) = existing.iter().find(|(_, own)| *own == mac) {
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
            let mut doc = doc::of(doc);
            phone::write(&mut doc, phone);
            let fingerprint = Fingerprint::by("mac_address", &mac).and("owner_id", user.into());
            self.create(Devices, doc, &fingerprint).await?;
        }
        for (id, _) in existing.iter().filter(|(id, _)| !kept.contains(id)) {
            self.delete(Devices, id).await?;
        }
        Ok(())
    }

    /// Creates or changes the person's own callflow. Nodes that were added manually are kept. `extension`
    /// is the current extension.
    async fn own_callflow(
        self,
        user: &str,
        is_new: bool,
        extension: Option<&str>,
    ) -> Result<(), Error> {
        let (existing, mailbox) = self.account(|account| {
            (
                account.callflow_of(user).map(|(id, _)| id.to_owned()),
                account.mailbox_of(user).map(|(id, _)| id.to_owned()),
            )
        });
        let target = self.target_text("extension");
        let is_off = self.is_voicemail_off();
        let mailbox = mailbox.filter(|_| !is_off);
        let Some(id) = existing else {
            let Some(number) = target.filter(|_| is_new || self.changes("extension")) else {
                return Ok(());
            };
            let mut root = flow::node(
                "user",
                &json!({"id": user, "timeout": self.ring_seconds(), "can_call_self": false}),
            );
            if let Some(mailbox) = mailbox {
                root["children"][DEFAULT_BRANCH] =
                    flow::node("voicemail", &json!({ "id": mailbox }));
            }
            let doc = json!({
                "name": self.name_with_suffix(CALLFLOW_SUFFIX),
                "numbers": [number],
                "owner_id": user,
                "type": MAIN_CALLFLOW,
                "contact_list": {"exclude": false},
                "flow": root,
            });
            let doc = doc::of(doc);
            let fingerprint = Fingerprint::by("owner_id", user).and("type", MAIN_CALLFLOW.into());
            return self.create(Callflows, doc, &fingerprint).await.map(drop);
        };
        let written_fields = ["extension", "rings_before_voicemail", "voicemail"];
        if !written_fields.iter().any(|field| self.changes(field)) {
            return Ok(());
        }
        let edit = |doc: &mut Doc| {
            if self.changes("extension") {
                renumber(doc, &id, extension, target);
            }
            let rings = self.changes("rings_before_voicemail");
            let mut own = doc.get_mut("flow").and_then(|flow| own_node(flow, user));
            if rings {
                let Some(own) = own.as_deref_mut() else {
                    let reason =
                        "the user's callflow was edited manually and contains no node for the user";
                    return Err(self.refuse("rings_before_voicemail", reason));
                };
                own["data"]["timeout"] = self.ring_seconds().into();
            }
            if let Some(own) = own
                && self.changes("voicemail")
            {
                set_voicemail(own, mailbox.as_deref(), is_off);
            }
            if self.changes("voicemail.enabled") {
                let has_voicemail = flow::nodes(doc).any(|node| node.module == "voicemail");
                if has_voicemail == is_off && (is_off || mailbox.is_some()) {
                    let reason = "the user's callflow was edited manually: its fallback is a module other than voicemail, which is kept";
                    return Err(self.refuse("voicemail.enabled", reason));
                }
            }
            Ok(())
        };
        self.edit_shared(Callflows, &id, &edit).await
    }

    fn username(self) -> &'w str {
        let declared = self.target_text("username");
        declared.unwrap_or(&self.write.address.key)
    }

    fn is_voicemail_off(self) -> bool {
        let enabled = self.target("voicemail.enabled");
        enabled.and_then(ModelValue::as_bool) == Some(false)
    }

    fn ring_seconds(self) -> i64 {
        match self.target("rings_before_voicemail") {
            Some(ModelValue::Integer(rings)) => rings * RING_SECONDS,
            _ => 4 * RING_SECONDS, // S1.20
        }
    }

    /// Deletes a person with all its documents.
    async fn remove_person(self, id: &str) -> Result<(), Error> {
        let (documents, groups) = self.account(|account| {
            let is_own = |callflow: &&str| {
                let entry = account.get(Callflows, callflow);
                entry.is_some_and(|entry| entry.text("type") == Some(MAIN_CALLFLOW))
                    || account.owner_of(callflow) == Some(id)
            };
            let callflows = account.callflows_of(id).filter(is_own);
            let callflows = callflows.map(|id| (Callflows, id.to_owned()));
            let devices = account.devices_of(id);
            let devices = devices.map(|(id, _)| (Devices, id.to_owned()));
            let mailboxes = account.mailboxes_of(id);
            let mailboxes = mailboxes.map(|id| (Vmboxes, id.to_owned()));
            let documents: Vec<_> = callflows.chain(devices).chain(mailboxes).collect();
            let groups: Vec<String> = account.groups_of(id).map(str::to_owned).collect();
            (documents, groups)
        });
        for (of, document) in &documents {
            self.delete(*of, document).await?;
        }
        for group in &groups {
            self.leave(&MEMBERS, group, id).await?;
        }
        self.delete(Users, id).await
    }
}

fn name_of_document(first_name: &str, last_name: &str, suffix: &str) -> String {
    let name = format!("{first_name} {last_name}");
    let max = MAX_NAME - suffix.chars().count();
    let name: String = name.trim().chars().take(max).collect();
    format!("{name}{suffix}")
}

/// The default internal caller ID name.
fn caller_id_name(user: &Doc) -> String {
    let part = |field| doc::text(user, field).unwrap_or_default();
    let name = format!("{} {}", part("first_name"), part("last_name"));
    name.trim().chars().take(MAX_CALLER_ID_NAME).collect()
}

/// Replaces one internal number with another. External numbers are kept, and a callflow without numbers
/// gets a placeholder.
fn renumber(callflow: &mut Doc, id: &str, from: Option<&str>, to: Option<&str>) {
    let numbers = callflow.entry("numbers").or_insert_with(|| json!([]));
    let Value::Array(numbers) = numbers else {
        return;
    };
    let placeholder = placeholder_number(id);
    numbers.retain(|one| one.as_str() != from && *one != placeholder);
    match to {
        Some(to) => {
            numbers.retain(|one| one != to);
            let at = numbers
                .iter()
                .position(|one| one.as_str().is_none_or(is_internal));
            numbers.insert(at.unwrap_or(0), to.into());
        }
        None if numbers.is_empty() => numbers.push(placeholder.into()),
        None => {}
    }
}

/// The node that rings the callflow's user.
fn own_node<'f>(node: &'f mut Value, user: &str) -> Option<&'f mut Value> {
    if node["module"] == "user" && node["data"]["id"] == user {
        return Some(node);
    }
    let children = node.get_mut("children")?.as_object_mut()?;
    children
        .values_mut()
        .find_map(|child| own_node(child, user))
}

/// Sends unanswered calls to a mailbox, or stops doing so.
fn set_voicemail(own: &mut Value, mailbox: Option<&str>, is_off: bool) {
    if !own["children"].is_object() {
        own["children"] = json!({});
    }
    let Some(children) = own["children"].as_object_mut() else {
        return;
    };
    let fallback = children
        .get(DEFAULT_BRANCH)
        .map(|child| child["module"].clone());
    let is_voicemail = fallback == Some(json!("voicemail"));
    match mailbox {
        Some(mailbox) if is_voicemail => {
            let data = &mut children[DEFAULT_BRANCH]["data"];
            if !data.is_object() {
                *data = json!({});
            }
            data["id"] = mailbox.into();
        }
        Some(mailbox) if fallback.is_none() => {
            let node = flow::node("voicemail", &json!({ "id": mailbox }));
            children.insert(DEFAULT_BRANCH.to_owned(), node);
        }
        None if is_voicemail && is_off => drop(children.shift_remove(DEFAULT_BRANCH)),
        Some(_) | None => {}
    }
}
