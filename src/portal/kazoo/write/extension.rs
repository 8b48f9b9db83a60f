//! An *extension* is created with its document first and its callflow last. If this is interrupted, the
//! next attempt finds the document by the number that is stored in it. A delete also removes the callflow
//! last, so that an interrupted delete is continued.

use super::Writer;
use crate::{
    model::Value as ModelValue,
    portal::{
        Error, Written,
        kazoo::{
            account::{is_internal, modules},
            collection::Collection::{self, Callflows, Conferences, Queues},
            flow::{self, DEFAULT_BRANCH, Node},
            read::{
                VERSIONS,
                extension::{ALL_AGENTS, LINKED_DOCUMENTS, document},
            },
        },
        rest::{Doc, Entry, Fingerprint, codec::set_first, doc, secret},
    },
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The field of a document that contains the extension's number.
const NUMBER_FIELD: &str = "callsheet.number";

/// The module of the root node and the collection of the document for an extension type.
fn module_and_collection(type_name: &str) -> (&'static str, Option<Collection>) {
    let found = LINKED_DOCUMENTS
        .iter()
        .find(|(name, ..)| *name == type_name);
    found.map_or(("ring_group", None), |(_, module, collection)| {
        (module, Some(*collection))
    })
}

impl<'w> Writer<'w> {
    /// Creates, changes or deletes an extension.
    pub(super) async fn extension(self) -> Result<Written, Error> {
        let key = &*self.write.address.key;
        let Some(object) = self.object() else {
            let linked = self.new_document().await?;
            let flow = self.new_flow(linked.as_deref())?;
            let name = self.name();
            let doc = json!({"name": name, "numbers": [key], "flow": flow});
            let doc = doc::of(doc);
            let fingerprint = Fingerprint::by("name", name).and("numbers", json!([key]));
            let id = self.create(Callflows, doc, &fingerprint).await?;
            return Ok(self.written(Callflows, &id));
        };
        let id = object.id;
        let linked = self.linked_document(id).await?;
        if self.is_delete() {
            self.refuse_other_numbers(id).await?;
            if let Some((collection, document)) = &linked
                && !self.is_shared(*collection, document, id).await?
            {
                self.remove_document(*collection, document).await?;
            }
            self.delete(Callflows, id).await?;
            return Ok(self.written(Callflows, id));
        }
        let changes_type = self.changes("kind");
        let fresh = if changes_type {
            let document = self.new_document().await?;
            let fresh = self.new_flow(document.as_deref())?;
            // The old document is deleted while the callflow still refers to it, so that an interrupted
            // change leaves no orphaned document.
            if let Some((collection, document)) = &linked
                && !self.is_shared(*collection, document, id).await?
            {
                self.remove_document(*collection, document).await?;
            }
            Some(fresh)
        } else {
            if let Some((collection, document)) = &linked {
                self.change_document(*collection, document).await?;
            }
            None
        };
        let edit = |doc: &mut Doc| {
            if self.changes("name") {
                doc::set(doc, "name", self.name());
            }
            if object.key != key
                && let Some(Value::Array(numbers)) = doc.get_mut("numbers")
            {
                numbers
                    .iter_mut()
                    .filter(|one| **one == object.key)
                    .for_each(|one| *one = key.into());
            }
            match &fresh {
                Some(fresh) => drop(doc.insert("flow".to_owned(), fresh.clone())),
                None => self.change_flow(doc, false)?,
            }
            Ok(())
        };
        self.edit_shared(Callflows, id, &edit).await?;
        Ok(self.written(Callflows, id))
    }

    /// Rejects a delete if the callflow has another internal number, which would be deleted, too.
    async fn refuse_other_numbers(self, callflow: &str) -> Result<(), Error> {
        let document = self.read_current(Callflows, callflow).await?;
        let mut numbers = doc::texts(&document.doc, "numbers");
        let key = self.object().map(|object| object.key);
        match numbers.find(|number| is_internal(number) && Some(*number) != key) {
            Some(other) => {
                let reason = format!(
                    "its callflow also has the undeclared number {other}; remove that number from the callflow first"
                );
                Err(self.refuse("numbers", &reason))
            }
            None => Ok(()),
        }
    }

    fn name(self) -> &'w str {
        self.target_text("name").unwrap_or(&self.write.address.key)
    }

    fn type_name(self) -> &'w str {
        self.target_text("kind").unwrap_or_default()
    }

    /// The document to which a callflow refers.
    async fn linked_document(self, callflow: &str) -> Result<Option<(Collection, String)>, Error> {
        let current = self.read_current(Callflows, callflow).await?;
        let found = flow::root(&current.doc).and_then(document);
        Ok(found.map(|(collection, id)| (collection, id.to_owned())))
    }

    /// Whether another callflow refers to a document, too.
    async fn is_shared(self, collection: Collection, id: &str, own: &str) -> Result<bool, Error> {
        let (_, module, _) = LINKED_DOCUMENTS
            .iter()
            .find(|(.., other)| *other == collection)
            .unwrap_or(&LINKED_DOCUMENTS[0]);
        let refers = |doc: &Doc| flow::nodes(doc).any(|node| node.ids().contains(&id));
        let may_refer =
            |other: &str, entry: &Entry| other != own && modules(entry).contains(*module);
        self.any(Callflows, may_refer, refers).await
    }

    /// Creates the document of a new extension, or finds the one of an interrupted creation.
    async fn new_document(self) -> Result<Option<String>, Error> {
        let Some(collection) = module_and_collection(self.type_name()).1 else {
            return Ok(None);
        };
        let fingerprint = Fingerprint::by(NUMBER_FIELD, &self.write.address.key);
        if let Some(id) = self.store.find(collection, &fingerprint).await?
            && !self.is_shared(collection, &id, "").await?
        {
            let edit = |doc: &mut Doc| self.fill_document(doc, collection, true);
            self.edit(collection, &id, &edit).await?;
            self.roster(collection, &id, true).await?;
            return Ok(Some(id));
        }
        let mut doc = Doc::new();
        self.fill_document(&mut doc, collection, true)?;
        let id = self.create(collection, doc, &fingerprint).await?;
        self.roster(collection, &id, true).await?;
        Ok(Some(id))
    }

    /// Deletes a document. The roster of a queue is cleared first, since it is stored in its agents.
    async fn remove_document(self, collection: Collection, id: &str) -> Result<(), Error> {
        if collection == Queues {
            self.put_roster(id, &[]).await?;
        }
        self.delete(collection, id).await
    }

    async fn change_document(self, collection: Collection, id: &str) -> Result<(), Error> {
        let edit = |doc: &mut Doc| self.fill_document(doc, collection, false);
        self.edit_shared(collection, id, &edit).await?;
        self.roster(collection, id, false).await
    }

    /// Writes the changed fields to a document. A new document gets all fields, since the host's defaults
    /// differ from the model's.
    fn fill_document(
        self,
        doc: &mut Doc,
        collection: Collection,
        is_new: bool,
    ) -> Result<(), Error> {
        let is_written = |field: &str| is_new || self.changes(field);
        let key = &*self.write.address.key;
        if is_written("name") {
            doc::set(doc, "name", self.name());
        }
        let number = doc::text(doc, NUMBER_FIELD);
        if is_new || number.is_some_and(|number| number != key) {
            doc::put(doc, NUMBER_FIELD, Some(key.into()));
        }
        self.fill(self.type_name(), collection, doc, is_new)?;
        match collection {
            Conferences => {
                for (field, at) in [("pin", "member.pins"), ("moderator_pin", "moderator.pins")] {
                    if !self.changes(field) {
                        continue;
                    }
                    let version = self.version(field);
                    if let Some(pin) = self.secret(field) {
                        set_first(doc, at, Some(pin.into()));
                    } else if version.is_none() {
                        set_first(doc, at, None);
                    }
                    secret::note_version(doc, VERSIONS, field, version);
                }
            }
            Queues if is_written("strategy") => {
                let target = self.target_text("strategy").unwrap_or("ring_all");
                let strategy = match target {
                    "longest_idle" => "most_idle",
                    _ => "round_robin",
                };
                doc::set(doc, "strategy", strategy);
                let at_once = if target == "ring_all" { ALL_AGENTS } else { 1 };
                doc::set(doc, "ring_simultaneously", at_once);
            }
            _ => {}
        }
        Ok(())
    }

    /// The flow of a new extension, or of one that changes its type.
    fn new_flow(self, linked: Option<&str>) -> Result<Value, Error> {
        if self.type_name() == "forward" {
            return self.destination_node("destination");
        }
        let data = linked.map_or_else(|| json!({"endpoints": []}), |id| json!({ "id": id }));
        let mut doc = Doc::new();
        doc.insert(
            "flow".to_owned(),
            flow::node(module_and_collection(self.type_name()).0, &data),
        );
        self.change_flow(&mut doc, true)?;
        Ok(doc.remove("flow").unwrap_or_default())
    }

    /// The node for a destination field.
    fn destination_node(self, field: &str) -> Result<Value, Error> {
        let destination = self.target_text(field).unwrap_or_default();
        let node = self.account(|account| flow::node_for(destination, account));
        node.map_err(|reason| self.refuse(field, &reason))
    }

    /// Writes the changed fields to a flow. A new flow gets all fields.
    fn change_flow(self, doc: &mut Doc, is_new: bool) -> Result<(), Error> {
        let is_written = |field: &str| is_new || self.changes(field);
        let type_name = self.type_name();
        if type_name == "forward" {
            if is_written("destination") {
                doc.insert("flow".to_owned(), self.destination_node("destination")?);
            }
            return Ok(());
        }
        let mut branches: BTreeMap<String, Option<Value>> = BTreeMap::new();
        let mut set_branch = |branch: &str, field: &str| -> Result<(), Error> {
            if is_written(field) {
                let node = self
                    .target(field)
                    .map(|_| self.destination_node(field))
                    .transpose()?;
                branches.insert(branch.to_owned(), node);
            }
            Ok(())
        };
        match type_name {
            "ring_group" => set_branch(DEFAULT_BRANCH, "no_answer")?,
            "call_queue" => set_branch(DEFAULT_BRANCH, "overflow")?,
            "auto_attendant" => {
                set_branch("timeout", "no_input")?;
                set_branch(DEFAULT_BRANCH, "invalid_input")?;
                for key in "0123456789*#".chars() {
                    set_branch(&key.to_string(), &format!("options.{key}"))?;
                }
            }
            _ => {}
        }
        let members = if type_name == "ring_group" && is_written("members") {
            Some(self.user_ids("members")?)
        } else {
            None
        };
        if doc.get("flow").is_some_and(Value::is_object) {
            self.fill(type_name, Callflows, doc, is_new)?;
        }
        let Some(Value::Object(root)) = doc.get_mut("flow") else {
            return Ok(());
        };
        if type_name == "ring_group" {
            let data = root.entry("data").or_insert_with(|| json!({}));
            if let Value::Object(data) = data {
                self.change_ring_group(data, members, is_new);
            }
        }
        let children = root.entry("children").or_insert_with(|| json!({}));
        if let Value::Object(children) = children {
            for (branch, node) in branches {
                match node {
                    Some(node) if same_destination(children.get(&branch), &node) => {}
                    Some(node) => drop(children.insert(branch, node)),
                    None => drop(children.shift_remove(&branch)),
                }
            }
        }
        Ok(())
    }

    /// Writes the changed fields of a ring group. Endpoints that aren't users are kept after the members.
    fn change_ring_group(self, data: &mut Doc, members: Option<Vec<String>>, is_new: bool) {
        let seconds = match self.target("ring_seconds") {
            Some(ModelValue::Integer(seconds)) => *seconds,
            _ => 20,
        };
        if let Some(members) = members {
            let before = data.get("endpoints").and_then(Value::as_array).cloned();
            let before = before.unwrap_or_default();
            let users = members.iter().map(|id| {
                let existing = before.iter().find(|one| one["id"] == id.as_str()).cloned();
                let new =
                    || json!({"id": id, "endpoint_type": "user", "delay": 0, "timeout": seconds});
                existing.unwrap_or_else(new)
            });
            let is_user = |id: &str| self.account(|account| account.user(id).is_some());
            let others = before
                .iter()
                .filter(|one| !one["id"].as_str().is_some_and(is_user));
            let endpoints: Vec<Value> = users.chain(others.cloned()).collect();
            doc::set(data, "endpoints", endpoints);
        }
        if is_new || self.changes("ring_seconds") {
            doc::set(data, "timeout", seconds);
            if let Some(Value::Array(endpoints)) = data.get_mut("endpoints") {
                for one in endpoints.iter_mut().filter_map(Value::as_object_mut) {
                    doc::set(one, "timeout", seconds);
                }
            }
        }
    }
}

/// Whether an existing node has the same destination as the target, so that the node and its children are
/// kept.
fn same_destination(actual: Option<&Value>, target: &Value) -> bool {
    let pair = actual.and_then(Node::of).zip(Node::of(target));
    pair.is_some_and(|(actual, target)| {
        let to_did = |node: Node<'_>| node.data("to_did").cloned();
        actual.module == target.module
            && actual.id() == target.id()
            && to_did(actual) == to_did(target)
    })
}
