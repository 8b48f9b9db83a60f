//! A *draft* is what an import would declare: live objects, less what turned out not to be declarable.
//!
//! What goes takes with it what can't be without it: a record without a field that it needs, a mention
//! of an object that went, an object without what its kind requires. A list or a map is declared whole,
//! since an element less would be a change, so it goes whole.

use super::text::declarable;
use crate::model::{Address, BuiltInScope, Fields, Kind, Live, Name, Shape, State, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What can't be declared, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The object.
    pub address: Address,
    /// The field of it; nothing if it is all of the object.
    pub field: Option<String>,
    /// Why.
    pub why: String,
}

/// What an import would declare.
pub(super) struct Draft<'d> {
    declared: &'d State,
    bodies: BTreeMap<Address, Fields>,
    /// Why objects went, or fields of them, by dotted path.
    objects: BTreeMap<Address, String>,
    fields: BTreeMap<Address, BTreeMap<String, String>>,
    /// Who mentions a text.
    mentioned: BTreeMap<Box<str>, BTreeSet<Address>>,
    /// Who has which extension among the users, declared or drafted.
    holders: BTreeMap<Box<str>, BTreeSet<Address>>,
    /// The texts that somebody was known by who went.
    lost: Vec<Box<str>>,
    /// The fields that went since the draft was last read: what else was wrong with them went too.
    fresh: BTreeMap<Address, BTreeSet<String>>,
}

impl<'d> Draft<'d> {
    /// All that is live of the selected objects, less what needs no second look: an object whose key is
    /// none, or that lacks what its kind requires.
    pub(super) fn of(live: &Live, selected: &BTreeSet<Address>, declared: &'d State) -> Self {
        let bodies = selected
            .iter()
            .filter_map(|address| Some((address.clone(), declarable(address, live)?)));
        let mut draft = Self {
            declared,
            bodies: bodies.collect(),
            objects: BTreeMap::new(),
            fields: BTreeMap::new(),
            mentioned: BTreeMap::new(),
            holders: BTreeMap::new(),
            lost: Vec::new(),
            fresh: BTreeMap::new(),
        };
        for (address, fields) in &draft.bodies {
            address.kind.shape().references(fields, &mut |_, _, text| {
                let mentioned = draft.mentioned.entry(text.into()).or_default();
                mentioned.insert(address.clone());
            });
        }
        let declared = declared.of_kind(Kind::Users);
        let declared = declared.map(|(address, one)| (address, &one.fields));
        for (address, fields) in declared.chain(&draft.bodies) {
            if let Some(extension) = fields.text("extension") {
                let holders = draft.holders.entry(extension.into()).or_default();
                holders.insert(address.clone());
            }
        }
        let faults = draft.bodies.iter();
        let faults =
            faults.filter_map(|(address, fields)| Some((address.clone(), fault(address, fields)?)));
        for (address, why) in faults.collect::<Vec<_>>() {
            draft.leave(&address, &why);
        }
        draft.settle();
        draft
    }

    pub(super) fn get(&self, address: &Address) -> Option<&Fields> {
        self.bodies.get(address)
    }

    pub(super) fn of_kind(&self, kind: Kind) -> impl Iterator<Item = (&Address, &Fields)> {
        self.bodies
            .range(Address::new(kind, "")..)
            .take_while(move |(address, _)| address.kind == kind)
    }

    /// The objects that are still drafted.
    pub(super) fn addresses(&self) -> BTreeSet<Address> {
        self.bodies.keys().cloned().collect()
    }

    /// What was left out so far: of an object that went, no field by itself.
    pub(super) fn left_out(&self) -> Vec<LeftOut> {
        let objects = self.objects.iter().map(|(address, why)| LeftOut {
            address: address.clone(),
            field: None,
            why: why.clone(),
        });
        let fields = self.fields.iter();
        let fields = fields.filter(|(address, _)| !self.objects.contains_key(*address));
        let fields = fields.flat_map(|(address, fields)| {
            fields.iter().map(|(field, why)| LeftOut {
                address: address.clone(),
                field: Some(field.clone()),
                why: why.clone(),
            })
        });
        let mut all: Vec<LeftOut> = objects.chain(fields).collect();
        all.sort_by(|a, b| (&a.address, &a.field).cmp(&(&b.address, &b.field)));
        all
    }

    /// Leaves out a field, or what can't be without it; the object, for no path at all. A field that the
    /// object doesn't declare itself comes from its template, which then goes.
    pub(super) fn leave_out(&mut self, address: &Address, path: &[Box<str>], why: &str) {
        let Some(fields) = self.bodies.get_mut(address) else {
            return;
        };
        if let Some(fresh) = self.fresh.get(address) {
            let mut within = (1..=path.len()).map(|count| path[..count].join("."));
            // Without its template a person is another one, of whom nothing is known yet.
            if fresh.contains("template") || within.any(|field| fresh.contains(&field)) {
                return;
            }
        }
        let path = match path {
            [first, ..] if fields.get(first).is_none() && fields.get("template").is_some() => {
                &["template".into()][..]
            }
            path => path,
        };
        let count = optional(address.kind.shape(), fields, path);
        if count == 0 {
            return self.leave(address, why);
        }
        let path: Vec<Name> = path[..count].iter().map(|name| (**name).into()).collect();
        let field = path.join(".");
        let fresh = self.fresh.entry(address.clone()).or_default();
        fresh.insert(field.clone());
        let why_of = self.fields.entry(address.clone()).or_default();
        why_of.entry(field).or_insert_with(|| why.to_owned());
        let extension = fields.text("extension").map(Box::from);
        fields.put(&path, None);
        if &*path[0] == "template" {
            drop(fields.take("with"));
        }
        if let Some(extension) = extension.filter(|_| fields.text("extension").is_none()) {
            self.lose_extension(address, extension);
        }
    }

    /// Leaves out an object.
    fn leave(&mut self, address: &Address, why: &str) {
        let Some(fields) = self.bodies.remove(address) else {
            return;
        };
        self.objects.insert(address.clone(), why.to_owned());
        self.lost.push(address.key.clone());
        if let Some(extension) = fields.text("extension") {
            self.lose_extension(address, extension.into());
        }
    }

    fn lose_extension(&mut self, address: &Address, extension: Box<str>) {
        if let Some(holders) = self.holders.get_mut(&extension) {
            holders.remove(address);
        }
        self.lost.push(extension);
    }

    /// Leaves out what mentions somebody who went, and so on. Then the draft is ready to be read.
    pub(super) fn settle(&mut self) {
        while let Some(text) = self.lost.pop() {
            let mentioned = self.mentioned.get(&text).cloned().unwrap_or_default();
            for address in mentioned {
                let Some(fields) = self.bodies.get(&address) else {
                    continue;
                };
                let mut dangling: Vec<(String, String)> = Vec::new();
                let shape = address.kind.shape();
                shape.references(fields, &mut |path, kinds, named| {
                    if *named == *text && !self.answers(kinds, named) {
                        let nouns: Vec<&str> = kinds.iter().map(|kind| kind.singular()).collect();
                        let nouns = nouns.join(" or ");
                        let why = format!("no {nouns} `{named}` is declared");
                        dangling.push((path.to_owned(), why));
                    }
                });
                for (path, why) in dangling {
                    let names = path.split(['.', '[']);
                    let names: Vec<Box<str>> = names.map(Box::from).collect();
                    self.leave_out(&address, &names, &why);
                }
            }
        }
        self.fresh.clear();
    }

    /// Whether somebody goes by a text. Whoever was never drafted is for the rules to judge.
    fn answers(&self, kinds: &[Kind], text: &str) -> bool {
        let outside = text.starts_with(['+', '*']) && kinds.len() > 1;
        let by_key = kinds.iter().any(|kind| {
            let address = Address::new(*kind, text);
            self.bodies.contains_key(&address) || self.declared.get(&address).is_some()
        });
        let built_in = kinds.contains(&Kind::Scopes) && BuiltInScope::named(text).is_some();
        let holders = self.holders.get(text).is_some_and(|all| !all.is_empty());
        outside || by_key || built_in || kinds.contains(&Kind::Extensions) && holders
    }
}

/// Why an object can't be declared, whatever else is wrong with it.
fn fault(address: &Address, fields: &Fields) -> Option<String> {
    let format = address.kind.key_format();
    if !format.accepts(&address.key) {
        return Some(format!("its key is not {}", format.what));
    }
    let shape = address.kind.shape();
    if let Shape::Variants { tag, .. } = shape
        && fields.get(tag).is_none()
    {
        return Some(format!("`{tag}` is missing"));
    }
    let mut required = shape.fields(fields).iter().filter(|field| field.required);
    let missing = required.find(|field| fields.get(&field.name).is_none())?;
    Some(format!("`{}` is missing", missing.name))
}

/// How many names of a path lead to the innermost field that can be left out; none, if all of the object
/// has to be.
fn optional(shape: &Shape, fields: &Fields, path: &[Box<str>]) -> usize {
    let (mut shape, mut fields) = (shape, fields);
    let mut count = 0;
    for (at, name) in path.iter().enumerate() {
        let known = shape
            .fields(fields)
            .iter()
            .find(|field| field.name == (**name).into());
        let (Some(field), Some(value)) = (known, fields.get(name)) else {
            break;
        };
        if !field.required {
            count = at + 1;
        }
        match (field.shape.strict(), value) {
            (inner @ (Shape::Record(_) | Shape::Variants { .. }), Value::Map(map)) => {
                (shape, fields) = (inner, map);
            }
            _ => break,
        }
    }
    count
}
