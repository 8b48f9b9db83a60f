//! *Importing*: live objects to the YAML that declares them, and no more than that.
//!
//! Defaults and what the portal made itself are left out, and so is what a template gives. An object
//! that is imported brings those that it refers to, since a reference to nobody doesn't validate.

use crate::{
    desired,
    model::{Address, Fields, Kind, Live, Name, State, Value},
    plan::{Inputs, plan},
    repo::Files,
};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// How many resources one file holds at most, so that a file stays something that people read.
const PER_FILE: usize = 500;

/// One file to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name, relative to the workspace.
    pub name: String,
    /// What it says.
    pub text: String,
    /// The resources that it declares.
    pub addresses: Vec<Address>,
}

/// Why something can't be imported.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not on the portal.
    #[error("there is no {0} on the portal")]
    Missing(Address),
    /// A declared one needs no import.
    #[error("{0} is declared already")]
    Declared(Address),
    /// The portal's own needs no declaration.
    #[error("{0} is the portal's own and needs no declaration")]
    System(Address),
    /// The YAML could not be written.
    #[error("the YAML can't be written: {0}")]
    Yaml(#[from] serde_saphyr::ser::Error),
}

/// The live objects that are to be imported: those asked for with all that they refer to, or, if none
/// is asked for, all that nobody declares.
///
/// # Errors
/// What is asked for isn't there, is declared already, or is the portal's own.
pub fn select(
    live: &Live,
    declared: &State,
    asked: &[Address],
) -> Result<BTreeSet<Address>, Error> {
    let foreign = |kind: Kind, key: &str| {
        let object = live.get(kind, key)?;
        let address = Address::new(kind, key);
        let known = declared.get(&address).is_some()
            || declared
                .of_kind(kind)
                .any(|(_, one)| one.fields.text(kind.identity()) == Some(key));
        (!object.system && !known).then_some(address)
    };
    if asked.is_empty() {
        let all = Kind::ALL
            .into_iter()
            .flat_map(|kind| live.of_kind(kind).map(move |(key, _)| (kind, key)));
        return Ok(all.filter_map(|(kind, key)| foreign(kind, key)).collect());
    }
    let numbers = holders(live);
    let mut selected = BTreeSet::new();
    let mut open: Vec<Address> = Vec::new();
    for address in asked {
        match live.get(address.kind, &address.key) {
            None => return Err(Error::Missing(address.clone())),
            Some(object) if object.system => return Err(Error::System(address.clone())),
            Some(_) if foreign(address.kind, &address.key).is_none() => {
                return Err(Error::Declared(address.clone()));
            }
            Some(_) => open.push(address.clone()),
        }
    }
    while let Some(address) = open.pop() {
        let Some(object) = live.get(address.kind, &address.key) else {
            continue;
        };
        if !selected.insert(address.clone()) {
            continue;
        }
        address
            .kind
            .shape()
            .references(&object.fields, &mut |_, kinds, text| {
                let by_key = kinds.iter().filter_map(|kind| foreign(*kind, text));
                let by_number = numbers
                    .get(text)
                    .filter(|_| kinds.contains(&Kind::Extensions));
                let by_number = by_number.and_then(|key| foreign(Kind::Users, key));
                open.extend(
                    by_key
                        .chain(by_number)
                        .filter(|found| !selected.contains(found)),
                );
            });
    }
    Ok(selected)
}

/// Who has which extension among the users.
fn holders(live: &Live) -> BTreeMap<&str, &str> {
    let users = live.of_kind(Kind::Users);
    users
        .filter_map(|(key, user)| Some((user.fields.text("extension")?, key)))
        .collect()
}

/// Writes the files that declare `selected`. `exists` tells which names are taken.
///
/// # Errors
/// The YAML could not be written.
pub fn files(
    live: &Live,
    selected: &BTreeSet<Address>,
    exists: &dyn Fn(&str) -> bool,
) -> Result<Vec<File>, Error> {
    let given = given_by_templates(live, selected)?;
    let mut files = Vec::new();
    let mut taken: BTreeSet<String> = BTreeSet::new();
    for kind in Kind::ALL {
        let addresses: Vec<&Address> = selected
            .iter()
            .filter(|address| address.kind == kind)
            .collect();
        for part in addresses.chunks(PER_FILE) {
            let numbered = (2..).map(|number| format!("{kind}-{number}.yaml"));
            let mut names = std::iter::once(format!("{kind}.yaml")).chain(numbered);
            let name = names.find(|name| !exists(name) && !taken.contains(name));
            let name = name.expect("there is always another number");
            taken.insert(name.clone());
            let text = yaml(kind, part.iter().copied(), |address| {
                let mut fields = declarable(address, live)?;
                for (name, value) in given
                    .get(address)
                    .map_or(&Fields::new(), |one| &one.fields)
                    .iter()
                {
                    if fields.get(name) == Some(value) && &**name != "template" && &**name != "with"
                    {
                        fields.take(name);
                    }
                }
                Some(fields)
            })?;
            let addresses = part.iter().copied().cloned().collect();
            files.push(File {
                name,
                text,
                addresses,
            });
        }
    }
    Ok(files)
}

/// What their templates give the selected users: found by declaring the users without the fields that
/// a template names, and reading that as any workspace is read.
fn given_by_templates(live: &Live, selected: &BTreeSet<Address>) -> Result<State, Error> {
    let template_of = |address: &Address| {
        let name = live
            .get(address.kind, &address.key)?
            .fields
            .text("template")?;
        live.get(Kind::Templates, name)
    };
    let users: Vec<&Address> = selected
        .iter()
        .filter(|address| template_of(address).is_some())
        .collect();
    let bare = yaml(Kind::Users, users.iter().copied(), |address| {
        let mut fields = declarable(address, live)?;
        let template = template_of(address)?.fields.get("user")?.as_map()?;
        template
            .iter()
            .for_each(|(name, _)| drop(fields.take(name)));
        Some(fields)
    })?;
    let keys: Vec<Address> = live
        .of_kind(Kind::Templates)
        .map(|(key, _)| Address::new(Kind::Templates, key))
        .collect();
    let templates = yaml(Kind::Templates, keys.iter(), |address| {
        declarable(address, live)
    })?;
    let mut files = Files::default();
    files.take("users.yaml".to_owned(), bare.into_bytes());
    files.take("templates.yaml".to_owned(), templates.into_bytes());
    let mut state = desired::load(files, Date::MAX).state;
    // A field that the user declares too is the user's.
    for (address, resource) in &mut state.resources {
        let template =
            template_of(address).and_then(|template| template.fields.get("user")?.as_map());
        let given = |name: &str| template.is_some_and(|template| template.get(name).is_some());
        let fields = std::mem::take(&mut resource.fields);
        resource.fields = fields.into_iter().filter(|(name, _)| given(name)).collect();
    }
    Ok(state)
}

/// The operations that would still be left on what was imported: none, if the import is right.
#[must_use]
pub fn remaining(inputs: Inputs<'_>, imported: &BTreeSet<Address>) -> Vec<Address> {
    let plan = plan(inputs);
    let touched = plan
        .operations
        .into_iter()
        .map(|operation| operation.address);
    touched
        .filter(|address| imported.contains(address))
        .collect()
}

/// The text of a file that declares resources of one kind; what has no fields to declare is left out.
fn yaml<'a>(
    kind: Kind,
    addresses: impl Iterator<Item = &'a Address>,
    fields: impl Fn(&Address) -> Option<Fields>,
) -> Result<String, Error> {
    let bodies: BTreeMap<&str, Fields> = addresses
        .filter_map(|address| Some((&*address.key, fields(address)?)))
        .collect();
    Ok(serde_saphyr::to_string(&BTreeMap::from([(
        kind.name(),
        bodies,
    )]))?)
}

/// What is to be declared of a live object: no secrets, which no portal tells, and no key twice.
fn declarable(address: &Address, live: &Live) -> Option<Fields> {
    let live = &live.get(address.kind, &address.key)?.fields;
    let own_key = |name: &Name, value: &Value| {
        &**name == address.kind.identity() && value.as_text() == Some(&*address.key)
    };
    let declared = live.iter().filter(|(name, value)| !own_key(name, value));
    Some(
        declared
            .filter_map(|(name, value)| Some((name.clone(), without_secrets(value)?)))
            .collect(),
    )
}

fn without_secrets(value: &Value) -> Option<Value> {
    match value {
        Value::Secret(_) => None,
        Value::Map(fields) => {
            let kept: Fields = fields
                .iter()
                .filter_map(|(name, value)| Some((name.clone(), without_secrets(value)?)))
                .collect();
            (!kept.is_empty()).then_some(Value::Map(kept))
        }
        other => Some(other.clone()),
    }
}
