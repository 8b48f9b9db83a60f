//! A *draft* is the set of declarations of an import, without the fields and objects that can't be declared.
//!
//! Removing something also removes everything that depends on it: records and objects that require the
//! field, and references to a removed object. Lists and maps are removed as a whole, since a missing element
//! would be a change.

use super::text::declarable;
use crate::{
    model::{Address, Fields, Kind, Live, Name, Shape, State, Value},
    profile::Profile,
};
use std::collections::{BTreeMap, BTreeSet};

/// An object or a field that can't be declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The object.
    pub address: Address,
    /// The field; none for the whole object.
    pub field: Option<String>,
    /// The reason.
    pub why: String,
}

/// The declarations of an import.
pub(super) struct Draft<'d> {
    declared: &'d State,
    /// What the portal supports and requires.
    profile: &'static Profile,
    bodies: BTreeMap<Address, Fields>,
    /// The reasons for removed objects and fields, the latter by dotted path.
    objects: BTreeMap<Address, String>,
    fields: BTreeMap<Address, BTreeMap<String, String>>,
    /// The objects that refer to a key or an extension.
    referrers: BTreeMap<Box<str>, BTreeSet<Address>>,
    /// The declared or drafted users with an extension.
    extension_owners: BTreeMap<Box<str>, BTreeSet<Address>>,
    /// The keys and extensions of removed objects, still to be checked for references.
    removed: Vec<Box<str>>,
    /// The fields removed since the last validation, whose other errors no longer count.
    just_removed: BTreeMap<Address, BTreeSet<String>>,
}

impl<'d> Draft<'d> {
    /// Creates a draft of the selected live objects, without objects that are known to be invalid: those
    /// with an invalid key or without a required field.
    pub(super) fn of(
        live: &Live,
        selected: &BTreeSet<Address>,
        declared: &'d State,
        profile: &'static Profile,
    ) -> Self {
        let bodies = selected
            .iter()
            .filter_map(|address| Some((address.clone(), declarable(profile, address, live)?)));
        let mut draft = Self {
            declared,
            profile,
            bodies: bodies.collect(),
            objects: BTreeMap::new(),
            fields: BTreeMap::new(),
            referrers: BTreeMap::new(),
            extension_owners: BTreeMap::new(),
            removed: Vec::new(),
            just_removed: BTreeMap::new(),
        };
        for (address, fields) in &draft.bodies {
            address.kind.shape().references(fields, &mut |_, _, text| {
                let referrers = draft.referrers.entry(text.into()).or_default();
                referrers.insert(address.clone());
            });
        }
        let declared = declared.of_kind(Kind::Users);
        let declared = declared.map(|(address, one)| (address, &one.fields));
        for (address, fields) in declared.chain(&draft.bodies) {
            if let Some(extension) = fields.text("extension") {
                let owners = draft.extension_owners.entry(extension.into()).or_default();
                owners.insert(address.clone());
            }
        }
        let invalid = draft.bodies.iter();
        let invalid = invalid.filter_map(|(address, fields)| {
            Some((
                address.clone(),
                invalid_reason(draft.profile, address, fields)?,
            ))
        });
        for (address, why) in invalid.collect::<Vec<_>>() {
            draft.remove(&address, &why);
        }
        draft.remove_dangling();
        draft
    }

    /// What the portal supports and requires.
    pub(super) fn profile(&self) -> &'static Profile {
        self.profile
    }

    pub(super) fn get(&self, address: &Address) -> Option<&Fields> {
        self.bodies.get(address)
    }

    pub(super) fn of_kind(&self, kind: Kind) -> impl Iterator<Item = (&Address, &Fields)> {
        self.bodies
            .range(Address::new(kind, "")..)
            .take_while(move |(address, _)| address.kind == kind)
    }

    /// The addresses of the drafted objects.
    pub(super) fn addresses(&self) -> BTreeSet<Address> {
        self.bodies.keys().cloned().collect()
    }

    /// The removed objects and fields. Fields of removed objects aren't listed.
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

    /// Removes a field, or the innermost optional field that contains it; with an empty path, the object. If
    /// the field comes from the template, the template is removed.
    pub(super) fn leave_out(&mut self, address: &Address, path: &[Box<str>], why: &str) {
        let Some(fields) = self.bodies.get_mut(address) else {
            return;
        };
        if let Some(removed) = self.just_removed.get(address) {
            let mut within = (1..=path.len()).map(|count| path[..count].join("."));
            // After its template is removed, a user must be validated again.
            if removed.contains("template") || within.any(|field| removed.contains(&field)) {
                return;
            }
        }
        let path = match path {
            [first, ..] if fields.get(first).is_none() && fields.get("template").is_some() => {
                &["template".into()][..]
            }
            path => path,
        };
        let is_required = |name: &str| {
            self.profile
                .always_required(address.kind)
                .any(|one| one == name)
        };
        let count = match path.first() {
            Some(first) if is_required(first) => 0,
            _ => optional(address.kind.shape(), fields, path),
        };
        if count == 0 {
            return self.remove(address, why);
        }
        let path: Vec<Name> = path[..count].iter().map(|name| (**name).into()).collect();
        let field = path.join(".");
        let removed = self.just_removed.entry(address.clone()).or_default();
        removed.insert(field.clone());
        let why_of = self.fields.entry(address.clone()).or_default();
        why_of.entry(field).or_insert_with(|| why.to_owned());
        let extension = fields.text("extension").map(Box::from);
        fields.put(&path, None);
        if &*path[0] == "template" {
            drop(fields.take("with"));
        }
        if let Some(extension) = extension.filter(|_| fields.text("extension").is_none()) {
            self.release_extension(address, extension);
        }
    }

    /// Removes an object.
    fn remove(&mut self, address: &Address, why: &str) {
        let Some(fields) = self.bodies.remove(address) else {
            return;
        };
        self.objects.insert(address.clone(), why.to_owned());
        self.removed.push(address.key.clone());
        if let Some(extension) = fields.text("extension") {
            self.release_extension(address, extension.into());
        }
    }

    fn release_extension(&mut self, address: &Address, extension: Box<str>) {
        if let Some(owners) = self.extension_owners.get_mut(&extension) {
            owners.remove(address);
        }
        self.removed.push(extension);
    }

    /// Removes references to removed objects, repeatedly. Then the draft can be validated.
    pub(super) fn remove_dangling(&mut self) {
        while let Some(text) = self.removed.pop() {
            let referrers = self.referrers.get(&text).cloned().unwrap_or_default();
            for address in referrers {
                let Some(fields) = self.bodies.get(&address) else {
                    continue;
                };
                let mut dangling: Vec<(String, String)> = Vec::new();
                let shape = address.kind.shape();
                shape.references(fields, &mut |path, kinds, named| {
                    if *named == *text && !self.resolves(kinds, named) {
                        let nouns: Vec<&str> = kinds.iter().map(|kind| kind.singular()).collect();
                        let nouns = nouns.join(" or ");
                        let why = format!("the {nouns} `{named}` isn't declared");
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
        self.just_removed.clear();
    }

    /// Whether a reference resolves to a drafted, declared or built-in object.
    fn resolves(&self, kinds: &[Kind], text: &str) -> bool {
        let outside = text.starts_with(['+', '*']) && kinds.len() > 1;
        let by_key = kinds.iter().any(|kind| {
            let address = Address::new(*kind, text);
            self.bodies.contains_key(&address) || self.declared.get(&address).is_some()
        });
        let built_in = kinds.contains(&Kind::Scopes) && self.profile.scopes.get(text).is_some();
        let owners = self
            .extension_owners
            .get(text)
            .is_some_and(|all| !all.is_empty());
        // Without an inventory, any number may be the account's.
        let is_free = kinds == [Kind::Numbers]
            && self.of_kind(Kind::Numbers).next().is_none()
            && self.declared.of_kind(Kind::Numbers).next().is_none();
        outside || by_key || built_in || is_free || kinds.contains(&Kind::Extensions) && owners
    }
}

/// The reason why an object is invalid as a whole, if any.
fn invalid_reason(profile: &Profile, address: &Address, fields: &Fields) -> Option<String> {
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
    let required = shape.fields(fields).iter().filter(|field| field.required);
    let required = required.map(|field| &*field.name);
    let mut required = required.chain(profile.always_required(address.kind));
    let missing = required.find(|field| fields.get(field).is_none())?;
    Some(format!("`{missing}` is missing"))
}

/// The length of the path to the innermost optional field; 0 if the whole object must be removed.
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
