//! Every supported *field* of every kind: set, changed, cleared, and its list reversed.

use super::{
    neighbours::{self, neighbours},
    run::{Workspace, reach, step},
    subject::Subject,
    supported::{Path, complete, needs_a_record, objections},
    value::{self, Place},
};
use callsheet::{
    model::{
        Address, Field, Kind, ListOrder, Name, Removal, Secret, SecretOrigin, SecretPlace, Shape,
        TYPED_FEATURES, Value,
    },
    portal::Capabilities,
};
use std::collections::BTreeSet;

/// A step failed, and the rest of the field is left out.
struct Stopped;

/// A walk over the fields of a subject.
struct Walk<'s> {
    subject: &'s Subject,
    portal: &'s Capabilities,
    workspace: Workspace,
    /// What went wrong, by field.
    failures: Vec<String>,
}

fn all_fields(subject: &Subject) {
    let portal = subject.capabilities();
    let foreign = subject.server.foreign();
    let workspace = neighbours(subject);
    step(subject, &workspace, true, "the neighbours");
    let mut walk = Walk {
        subject,
        portal: &portal,
        workspace,
        failures: Vec::new(),
    };
    for kind in portal.kinds.keys() {
        walk.kind(*kind);
    }
    let Walk {
        mut workspace,
        failures,
        ..
    } = walk;
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
    clean(subject, &mut workspace);
    subject.server.assert_untouched(&foreign);
    subject.server.judge();
}

/// Whether a removed resource of a kind changes something on the portal.
fn goes(portal: &Capabilities, kind: Kind) -> bool {
    portal.removal(kind) != Removal::Leave
}

/// Deletes the objects of the suite in an order without dangling references.
pub(super) fn clean(subject: &Subject, workspace: &mut Workspace) {
    let members = workspace.state.of_kind(Kind::Users).filter(|(_, user)| {
        let groups = user.fields.get("groups");
        groups.is_some_and(|groups| !groups.elements().is_empty())
    });
    let members: Vec<Box<str>> = members.map(|(address, _)| address.key.clone()).collect();
    for key in &members {
        let fields = workspace.fields(Kind::Users, key);
        fields.set("groups".into(), Value::List([].into()));
    }
    if !members.is_empty() {
        step(subject, workspace, true, "everybody leaves the groups");
    }
    // What stays refers to others, which stay then too.
    let capabilities = subject.capabilities();
    let mut kept = BTreeSet::new();
    for (address, resource) in &workspace.state.resources {
        if !goes(&capabilities, address.kind) {
            let shape = address.kind.shape();
            shape.references(&resource.fields, &mut |_, kinds, text| {
                kept.extend(kinds.iter().map(|kind| Address::new(*kind, text)));
            });
        }
    }
    for kind in Kind::ALL.into_iter().rev() {
        let all = workspace.state.of_kind(kind).map(|(address, _)| address);
        let keys = all.filter(|address| !kept.contains(address));
        let keys: Vec<Box<str>> = keys.map(|address| address.key.clone()).collect();
        if keys.is_empty() {
            continue;
        }
        for key in keys {
            workspace.remove_on(&subject.capabilities(), kind, &key);
        }
        let is_change = goes(&subject.capabilities(), kind);
        step(
            subject,
            workspace,
            is_change,
            &format!("{kind} are taken away"),
        );
    }
}

impl Walk<'_> {
    fn kind(&mut self, kind: Kind) {
        let words: Vec<Option<String>> = match kind.shape() {
            Shape::Variants { types, .. } => types
                .iter()
                .map(|(word, _)| Some(word.to_string()))
                .collect(),
            _ => vec![None],
        };
        // A portal tests by itself what needs a record.
        let is_lacking = |word: &Option<String>| {
            let unsupported = &self.portal.kinds[&kind].unsupported;
            word.as_ref().is_some_and(|word| {
                unsupported.contains(word.as_str()) || needs_a_record(self.portal, kind, word)
            })
        };
        let mut address = None;
        for word in words.into_iter().filter(|word| !is_lacking(word)) {
            let label = format!("{kind} {}", word.as_deref().unwrap_or(""));
            let tested =
                neighbours::tested(&mut self.workspace, self.portal, kind, word.as_deref());
            let Some(tested) = tested else {
                self.failures.push(format!("{label}: it can't be declared"));
                continue;
            };
            let Address { kind, key } = address.insert(tested);
            let is_created = self.subject.server.creates(*kind).then_some(true);
            if !self.reach(is_created, &format!("{label} comes")) {
                continue;
            }
            let fields = kind.shape().fields(self.workspace.fields(*kind, key));
            let mut place = Place {
                kind: *kind,
                word,
                names: Vec::new(),
            };
            let key = key.clone();
            self.fields(&key, &mut place, fields);
        }
        if let Some(Address { kind, key }) = address {
            self.workspace.remove_on(self.portal, kind, &key);
            self.reach(goes(self.portal, kind), &format!("{kind} goes"));
        }
    }

    /// One step. Returns whether it succeeded.
    fn reach(&mut self, expects_changes: impl Into<Option<bool>>, what: &str) -> bool {
        let reached = reach(self.subject, &self.workspace, expects_changes, what);
        self.failures.extend(reached.as_ref().err().cloned());
        reached.is_ok()
    }

    fn fields(&mut self, key: &str, place: &mut Place, fields: &[Field]) {
        // What counts only while a user is made can't be changed later.
        for field in fields.iter().filter(|field| !field.create_only) {
            place.names.push(field.name.to_string());
            let label = place.label();
            let unsupported = &self.portal.kinds[&place.kind].unsupported;
            let is_lacking = unsupported.iter().any(|lacks| *lacks == label);
            // What is set only once can't be changed, and what is sent again for ever leaves no empty plan.
            let is_fixed = self.portal.kinds[&place.kind]
                .fixed
                .contains(label.as_str());
            let is_sent_again = matches!(field.shape, Shape::Secret)
                && self.portal.secrets(place.kind) == SecretPlace::Record;
            // The word itself is what the types are walked for; an own name and a template are tested by
            // themselves.
            let is_identity = self.portal.identity(place.kind).field() == Some(&*label);
            let mut typed = TYPED_FEATURES.iter();
            let typed = typed.find(|(name, ..)| label == format!("features.{name}"));
            let is_of_records = typed
                .is_some_and(|(_, word, _)| needs_a_record(self.portal, Kind::Extensions, word));
            let is_special = is_identity
                || is_of_records
                || matches!(label.as_str(), "username" | "template" | "with")
                || place.word.is_some() && *field.name == *"kind";
            if !is_lacking && !is_special && !is_fixed && !is_sent_again {
                match &field.shape {
                    Shape::Record(inner) if !value::is_whole(place.kind, &label) => {
                        self.fields(key, place, inner);
                    }
                    _ => self.field(key, place, field),
                }
            }
            place.names.pop();
        }
    }

    /// Sets, changes and clears one field, and restores what was there before.
    fn field(&mut self, key: &str, place: &Place, field: &Field) {
        let before = self.workspace.fields(place.kind, key).clone();
        let label = format!("{}.{}", place.kind, place.label());
        let names = || place.names.iter().map(String::as_str);
        let path: Path = names().map(Name::from).collect();
        let values: Vec<Value> = match &field.shape {
            Shape::Secret => (1..=2).map(|version| secret(&label, version)).collect(),
            shape => value::of(place, shape),
        };
        let companions = self.add_companions(key, place.kind, &path, &values);
        let is_ready = companions.is_empty() || self.reach(None, &label);
        let held = match is_ready {
            true => self.values(key, place, field, values),
            false => Err(Stopped),
        };
        for companion in &companions {
            if self.is_held(key, place.kind, companion, &Value::Null) {
                self.put(key, place.kind, companion, Value::Null);
            }
        }
        if !companions.is_empty() {
            self.reach(None, &format!("{label} without what it needs"));
        }
        // What was there at first comes back; what was not declared is nobody's any more.
        let first = before.at(names()).cloned();
        let is_back = held.ok().map(|held| first.is_some() && first != held);
        *self.workspace.fields(place.kind, key) = before;
        self.reach(is_back, &format!("{label} as it was at first"));
    }

    /// Goes through the values of a field. Returns the last one, unless a step failed.
    fn values(
        &mut self,
        key: &str,
        place: &Place,
        field: &Field,
        mut values: Vec<Value>,
    ) -> Result<Option<Value>, Stopped> {
        let label = format!("{}.{}", place.kind, place.label());
        let path: Path = place
            .names
            .iter()
            .map(|name| name.as_str().into())
            .collect();
        let names = || path.iter().map(|name| &**name);
        values.retain(|value| self.is_held(key, place.kind, &path, value));
        if values.is_empty() {
            self.failures
                .push(format!("{label} has no value that can be held"));
            return Err(Stopped);
        }
        let mut own = self.portal.defaults(place.kind).iter();
        let own = own.find(|(name, _)| *name == place.label());
        let own = own.map(|(_, default)| default.clone());
        let default = own.or_else(|| field.default.clone());
        let default = default.as_ref();
        let mut held = self.workspace.fields(place.kind, key).at(names()).cloned();
        for value in values {
            let is_new = Some(&value) != held.as_ref().or(default);
            self.put(key, place.kind, &path, value.clone());
            let told: String = format!("{label} = {value:?}").chars().take(120).collect();
            if !self.reach(is_new, &told) {
                return Err(Stopped);
            }
            if let (Shape::List { order, .. }, Value::List(list)) = (&field.shape, &value)
                && !matches!(order, ListOrder::Ordered | ListOrder::Distinct)
                && list.len() > 1
            {
                // Whoever asks in another order asks for the same.
                let turned: Vec<Value> = list.iter().rev().cloned().collect();
                self.put(key, place.kind, &path, Shape::arrange(order, turned));
                if !self.reach(false, &format!("{label} turned round")) {
                    return Err(Stopped);
                }
            }
            held = Some(value);
        }
        if !field.required && self.is_held(key, place.kind, &path, &Value::Null) {
            let had = held.is_some() && held.as_ref() != default;
            self.put(key, place.kind, &path, Value::Null);
            if !self.reach(had, &format!("{label} cleared")) {
                return Err(Stopped);
            }
            held = None;
        }
        Ok(held)
    }

    fn put(&mut self, key: &str, kind: Kind, path: &[Name], value: Value) {
        self.workspace.fields(kind, key).put(path, Some(value));
    }

    /// The declared fields with a value at a path.
    fn with(&self, key: &str, kind: Kind, path: &[Name], value: &Value) -> Workspace {
        let mut tried = self.workspace.clone();
        tried.fields(kind, key).put(path, Some(value.clone()));
        tried
    }

    fn is_held(&self, key: &str, kind: Kind, path: &[Name], value: &Value) -> bool {
        let tried = self.with(key, kind, path, value);
        objections(&tried.state, &Address::new(kind, key), self.portal) == 0
    }

    /// Declares the fields without which some of the values aren't supported. Returns their paths.
    fn add_companions(
        &mut self,
        key: &str,
        kind: Kind,
        path: &[Name],
        values: &[Value],
    ) -> Vec<Path> {
        let address = Address::new(kind, key);
        for value in values {
            let mut tried = self.with(key, kind, path, value);
            let companions = complete(&mut tried, self.portal, &address).unwrap_or_default();
            if companions.is_empty() {
                continue;
            }
            for companion in &companions {
                let added = tried
                    .fields(kind, key)
                    .at(companion.iter().map(|name| &**name));
                let added = added.cloned().unwrap_or(Value::Null);
                self.put(key, kind, companion, added);
            }
            return companions;
        }
        Vec::new()
    }
}

/// A secret, whose second version begins with a zero if it is a PIN.
pub(super) fn secret(label: &str, version: u32) -> Value {
    let name = match (label.contains("pin"), version) {
        (true, 1) => "PIN",
        (true, _) => "PIN_WITH_ZERO",
        (false, _) => "PASSWORD",
    };
    Value::Secret(Box::new(Secret {
        origin: Some(SecretOrigin::Env(name.into())),
        version,
    }))
}

#[test]
fn every_portal_supports_every_field() {
    Subject::each(all_fields);
}

#[test]
fn every_profile_of_the_sandbox_supports_every_field() {
    Subject::each_profile(all_fields);
}
