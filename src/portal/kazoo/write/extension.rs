//! An *extension* is written document first, callflow last: until the callflow is there, nothing leads to
//! the document, and making the extension again finds it by the number that is noted in it. It goes the
//! other way: while the callflow is there, the extension is seen, and removing it again goes on.

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
            flow::{self, ELSE, Names as _, Node},
            index::is_inner,
            mapping,
            read::extension::{ALL_AGENTS, LED_TO, document},
            tenant::Collection::{self, Callflows, Conferences, Faxboxes, Queues},
        },
    },
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Where the number of an extension is noted in its document.
const MARK: &str = "callsheet.number";

/// What a type of extension is: the module of its first node, and its document.
fn parts(word: &str) -> (&'static str, Option<Collection>) {
    let found = LED_TO.iter().find(|(known, ..)| *known == word);
    found.map_or(("ring_group", None), |(_, module, collection)| {
        (module, Some(*collection))
    })
}

impl<'w> Writer<'w> {
    /// Makes, changes or removes an extension.
    pub(super) async fn extension(self) -> Result<Written, Error> {
        let key = &*self.write.address.key;
        let Some(object) = self.object() else {
            let led_to = self.new_document().await?;
            let flow = self.new_flow(led_to.as_deref())?;
            let name = self.name();
            let doc = json!({"name": name, "numbers": [key], "flow": flow});
            let doc: Doc = doc.as_object().cloned().unwrap_or_default();
            let trace = Trace::by("name", name).and("numbers", json!([key]));
            let id = self.create(Callflows, doc, &trace).await?;
            return Ok(self.written(Callflows, &id));
        };
        let id = object.id;
        let led_to = self.led_to(id).await?;
        if self.is_delete() {
            self.refuse_to_take_along(id).await?;
            if let Some((collection, document)) = &led_to
                && !self.is_shared(*collection, document, id).await?
            {
                self.remove_document(*collection, document).await?;
            }
            self.delete(Callflows, id).await?;
            return Ok(self.written(Callflows, id));
        }
        let becomes_another = self.changes("kind");
        let fresh = if becomes_another {
            let document = self.new_document().await?;
            let fresh = self.new_flow(document.as_deref())?;
            // The old document goes while the callflow still says what the extension was: whoever is cut
            // off here begins again, and nothing is left that nobody leads to.
            if let Some((collection, document)) = &led_to
                && !self.is_shared(*collection, document, id).await?
            {
                self.remove_document(*collection, document).await?;
            }
            Some(fresh)
        } else {
            if let Some((collection, document)) = &led_to {
                self.change_document(*collection, document).await?;
            }
            None
        };
        let edit = |doc: &mut Doc| {
            if self.changes("name") {
                doc.insert("name".to_owned(), self.name().into());
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

    /// Another inner number of the same callflow is somebody else's, and would be gone with it.
    async fn refuse_to_take_along(self, callflow: &str) -> Result<(), Error> {
        let full = self.current(Callflows, callflow).await?;
        let numbers = full.doc.get("numbers").and_then(Value::as_array);
        let mut numbers = numbers.into_iter().flatten().filter_map(Value::as_str);
        let key = self.object().map(|object| object.key);
        match numbers.find(|number| is_inner(number) && Some(*number) != key) {
            Some(other) => {
                let reason = format!(
                    "its callflow has the number {other} too, which nobody declares; take it out there first"
                );
                Err(self.refuse("numbers", &reason))
            }
            None => Ok(()),
        }
    }

    fn name(self) -> &'w str {
        self.wanted_text("name").unwrap_or(&self.write.address.key)
    }

    fn word(self) -> &'w str {
        self.wanted_text("kind").unwrap_or_default()
    }

    /// The document that a callflow leads to.
    async fn led_to(self, callflow: &str) -> Result<Option<(Collection, String)>, Error> {
        let full = self.current(Callflows, callflow).await?;
        let found = flow::root(&full.doc).and_then(document);
        Ok(found.map(|(collection, id)| (collection, id.to_owned())))
    }

    /// Whether another callflow leads to a document too.
    async fn is_shared(self, collection: Collection, id: &str, own: &str) -> Result<bool, Error> {
        let (_, module, _) = LED_TO
            .iter()
            .find(|(.., known)| *known == collection)
            .unwrap_or(&LED_TO[0]);
        let leads = |doc: &Doc| flow::nodes(doc).any(|node| node.ids().contains(&id));
        // What was read already needn't be asked for again.
        let (is_led_to, unread) = self.index(|index| {
            let others = index.tenant.of(Callflows);
            let others =
                others.filter(|(other, known)| *other != own && known.modules().contains(*module));
            let (read, unread): (Vec<_>, Vec<_>) =
                others.partition(|(_, known)| known.full().is_some());
            let is_led_to = read.iter().filter_map(|(_, known)| known.full()).any(leads);
            let unread = unread.into_iter().map(|(other, _)| other.to_owned());
            (is_led_to, unread.collect::<Vec<String>>())
        });
        if is_led_to {
            return Ok(true);
        }
        for other in unread {
            if leads(&self.current(Callflows, &other).await?.doc) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Makes the document of a new extension, or finds the one of an extension whose making was cut off.
    async fn new_document(self) -> Result<Option<String>, Error> {
        let Some(collection) = parts(self.word()).1 else {
            return Ok(None);
        };
        let trace = Trace::by(MARK, &self.write.address.key);
        if let Some(id) = self.find(collection, &trace).await?
            && !self.is_shared(collection, &id, "").await?
        {
            let edit = |doc: &mut Doc| self.fill_document(doc, collection, true);
            self.edit(collection, &id, &edit).await?;
            self.roster(collection, &id, true).await?;
            return Ok(Some(id));
        }
        let mut doc = Doc::new();
        self.fill_document(&mut doc, collection, true)?;
        let id = self.create(collection, doc, &trace).await?;
        self.roster(collection, &id, true).await?;
        Ok(Some(id))
    }

    /// Removes a document. Who serves a queue is noted in those who do, so they are told first.
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

    /// Says who serves a queue.
    async fn roster(self, collection: Collection, id: &str, is_new: bool) -> Result<(), Error> {
        if collection != Queues
            || !(self.changes("agents") || is_new && self.wanted("agents").is_some())
        {
            return Ok(());
        }
        let mut ids = Vec::new();
        for agent in self.wanted("agents").map_or(&[][..], Ours::elements) {
            let name = agent.as_text().unwrap_or_default();
            let id = self.index(|index| index.user_id(name).map(str::to_owned));
            ids.push(id.ok_or_else(|| self.refuse("agents", &format!("there is no user {name}")))?);
        }
        self.put_roster(id, &ids).await
    }

    /// Writes onto a document what is to be written; onto a new one everything, since the host's defaults
    /// are not the model's.
    fn fill_document(
        self,
        doc: &mut Doc,
        collection: Collection,
        is_new: bool,
    ) -> Result<(), Error> {
        let touched = |field: &str| is_new || self.changes(field);
        let key = &*self.write.address.key;
        if touched("name") {
            doc.insert("name".to_owned(), self.name().into());
        }
        let mark = doc::text(doc, MARK);
        if is_new || mark.is_some_and(|mark| mark != key) {
            doc::put(doc, MARK, Some(key.into()));
        }
        let word = mapping::TYPES.iter().find(|word| **word == self.word());
        for (field, row) in mapping::plain(Kind::Extensions, word.copied().unwrap_or_default()) {
            if row.document == collection && touched(field) {
                let value = self.as_kept(field, row.form)?;
                if value.is_some() || !is_new {
                    doc::put(doc, row.at, value);
                }
            }
        }
        match collection {
            Conferences => {
                for (field, at) in [("pin", "member.pins"), ("moderator_pin", "moderator.pins")] {
                    if !self.changes(field) {
                        continue;
                    }
                    let version = self.version(field);
                    if let Some(pin) = self.secret(field) {
                        with_first(doc, at, Some(pin.into()));
                    } else if version.is_none() {
                        with_first(doc, at, None);
                    }
                    put_secret(doc, field, version);
                }
            }
            Faxboxes if touched("emails") => {
                let emails = self.wanted("emails").map_or(&[][..], Ours::elements);
                let emails: Vec<&str> = emails.iter().filter_map(Ours::as_text).collect();
                let emails = (!(is_new && emails.is_empty())).then(|| json!(emails));
                doc::put(doc, "notifications.inbound.email.send_to", emails);
            }
            Queues if touched("strategy") => {
                let wanted = self.wanted_text("strategy").unwrap_or("ring_all");
                let strategy = match wanted {
                    "longest_idle" => "most_idle",
                    _ => "round_robin",
                };
                doc.insert("strategy".to_owned(), strategy.into());
                let at_once = if wanted == "ring_all" { ALL_AGENTS } else { 1 };
                doc.insert("ring_simultaneously".to_owned(), at_once.into());
            }
            _ => {}
        }
        Ok(())
    }

    /// The flow of a new extension, or of one that becomes another type.
    fn new_flow(self, led_to: Option<&str>) -> Result<Value, Error> {
        if self.word() == "forward" {
            return self.way("destination");
        }
        let data = led_to.map_or_else(|| json!({"endpoints": []}), |id| json!({ "id": id }));
        let mut doc = Doc::new();
        doc.insert("flow".to_owned(), flow::node(parts(self.word()).0, &data));
        self.change_flow(&mut doc, true)?;
        Ok(doc.remove("flow").unwrap_or_default())
    }

    /// Where a field of ours leads, as a node.
    fn way(self, field: &str) -> Result<Value, Error> {
        let destination = self.wanted_text(field).unwrap_or_default();
        let node = self.index(|index| flow::toward(destination, index));
        node.map_err(|reason| self.refuse(field, &reason))
    }

    /// Writes onto a flow what is to be written; of a new one everything.
    fn change_flow(self, doc: &mut Doc, is_new: bool) -> Result<(), Error> {
        let touched = |field: &str| is_new || self.changes(field);
        let word = self.word();
        if word == "forward" {
            if touched("destination") {
                doc.insert("flow".to_owned(), self.way("destination")?);
            }
            return Ok(());
        }
        let mut ways: BTreeMap<String, Option<Value>> = BTreeMap::new();
        let mut lead = |way: &str, field: &str| -> Result<(), Error> {
            if touched(field) {
                let node = self.wanted(field).map(|_| self.way(field)).transpose()?;
                ways.insert(way.to_owned(), node);
            }
            Ok(())
        };
        match word {
            "ring_group" => lead(ELSE, "no_answer")?,
            "call_queue" => lead(ELSE, "overflow")?,
            "auto_attendant" => {
                lead("timeout", "no_input")?;
                lead(ELSE, "invalid_input")?;
                for key in "0123456789*#".chars() {
                    lead(&key.to_string(), &format!("options.{key}"))?;
                }
            }
            _ => {}
        }
        let members = if word == "ring_group" && touched("members") {
            Some(self.members()?)
        } else {
            None
        };
        let Some(Value::Object(root)) = doc.get_mut("flow") else {
            return Ok(());
        };
        if word == "ring_group" {
            let data = root.entry("data").or_insert_with(|| json!({}));
            if let Value::Object(data) = data {
                self.change_ring_group(data, members, is_new);
            }
        }
        let children = root.entry("children").or_insert_with(|| json!({}));
        if let Value::Object(children) = children {
            for (way, node) in ways {
                match node {
                    Some(node) if leads_alike(children.get(&way), &node) => {}
                    Some(node) => drop(children.insert(way, node)),
                    None => drop(children.shift_remove(&way)),
                }
            }
        }
        Ok(())
    }

    /// The ids of a ring group's people, in order.
    fn members(self) -> Result<Vec<String>, Error> {
        let members = self.wanted("members").map_or(&[][..], Ours::elements);
        let ids = members.iter().map(|member| {
            let name = member.as_text().unwrap_or_default();
            let id = self.index(|index| index.user_id(name).map(str::to_owned));
            id.ok_or_else(|| self.refuse("members", &format!("there is no user {name}")))
        });
        ids.collect()
    }

    /// Endpoints that are no people stay, behind those that are.
    fn change_ring_group(self, data: &mut Doc, members: Option<Vec<String>>, is_new: bool) {
        let seconds = match self.wanted("ring_seconds") {
            Some(Ours::Integer(seconds)) => *seconds,
            _ => 20,
        };
        if let Some(members) = members {
            let before = data.get("endpoints").and_then(Value::as_array).cloned();
            let before = before.unwrap_or_default();
            let people = members.iter().map(|id| {
                let known = before.iter().find(|one| one["id"] == id.as_str()).cloned();
                let fresh =
                    || json!({"id": id, "endpoint_type": "user", "delay": 0, "timeout": seconds});
                known.unwrap_or_else(fresh)
            });
            let is_person = |id: &str| self.index(|index| index.user(id).is_some());
            let others = before
                .iter()
                .filter(|one| !one["id"].as_str().is_some_and(is_person));
            let endpoints: Vec<Value> = people.chain(others.cloned()).collect();
            data.insert("endpoints".to_owned(), endpoints.into());
        }
        if is_new || self.changes("strategy") {
            let single = self.wanted_text("strategy") == Some("sequential");
            let strategy = if single { "single" } else { "simultaneous" };
            data.insert("strategy".to_owned(), strategy.into());
        }
        if is_new || self.changes("ring_seconds") {
            data.insert("timeout".to_owned(), seconds.into());
            if let Some(Value::Array(endpoints)) = data.get_mut("endpoints") {
                for one in endpoints.iter_mut().filter_map(Value::as_object_mut) {
                    one.insert("timeout".to_owned(), seconds.into());
                }
            }
        }
    }
}

/// Whether a node that is there already leads where another one does; then what is behind it stays.
fn leads_alike(there: Option<&Value>, wanted: &Value) -> bool {
    let pair = there.and_then(Node::of).zip(Node::of(wanted));
    pair.is_some_and(|(there, wanted)| {
        let to_did = |node: Node<'_>| node.data("to_did").cloned();
        there.module == wanted.module
            && there.id() == wanted.id()
            && to_did(there) == to_did(wanted)
    })
}
