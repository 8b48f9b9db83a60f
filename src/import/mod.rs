//! *Importing*: live objects to the YAML that declares them, and no more than that.
//!
//! Defaults and what the portal made itself are left out, and so is what a template gives. An object
//! that is imported brings those that it refers to, since a reference to nobody doesn't validate.
//!
//! A portal may hold what no file can declare. So what would be written is read first, in memory, as any
//! workspace is read, and what is wrong with it is left out, field by field where that is enough.

mod draft;
mod spot;
mod text;

pub use draft::LeftOut;
pub use text::File;

use crate::{
    diagnostic::{Level, Report},
    model::{Address, Kind, Live, Name, State},
    plan::Operation,
};
use draft::Draft;
use spot::{Spot, Spots};
use std::collections::{BTreeMap, BTreeSet};

/// How often a draft is read at the most. What is wrong is found at once, so two or three times will do
/// but for the most hostile.
const ROUNDS: u32 = 12;

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
    /// What was drafted can't be what is wrong.
    #[error("with what would be imported the workspace doesn't validate: {place}: {message}")]
    Elsewhere {
        /// The place.
        place: String,
        /// What is wrong there.
        message: String,
    },
    /// However much is left out, something stays wrong.
    #[error(
        "what would be imported still doesn't validate after {0} tries; import fewer objects at once"
    )]
    Endless(u32),
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

/// What an import comes to.
#[derive(Debug)]
pub struct Import {
    /// The files that declare it.
    pub files: Vec<File>,
    /// What can't be declared.
    pub left_out: Vec<LeftOut>,
}

/// What came of reading drafted files with the rest of the workspace.
#[derive(Debug, Default)]
pub struct Verdict {
    /// What is wrong with them.
    pub report: Report,
    /// What a plan would do, if nothing is wrong.
    pub operations: Vec<Operation>,
}

/// Drafts the files that declare `selected`, and leaves out whatever keeps them from validating, or a
/// plan of them from being empty. `exists` tells which names of files are taken; `judge` reads drafted
/// files as any workspace is read.
///
/// # Errors
/// The YAML could not be written, the files can't be judged, or what is wrong is nothing drafted.
pub fn import<E: From<Error>>(
    live: &Live,
    declared: &State,
    selected: &BTreeSet<Address>,
    exists: &dyn Fn(&str) -> bool,
    judge: &dyn Fn(&[File]) -> Result<Verdict, E>,
) -> Result<Import, E> {
    let mut draft = Draft::of(live, selected, declared);
    for round in 0..ROUNDS {
        let files = text::files(&draft, live, exists)?;
        if files.is_empty() {
            let left_out = draft.left_out();
            return Ok(Import { files, left_out });
        }
        let wrong = wrong(&judge(&files)?, &files, &draft.addresses())?;
        if wrong.is_empty() {
            let left_out = draft.left_out();
            return Ok(Import { files, left_out });
        }
        for (Spot { address, path }, why) in wrong {
            // What doesn't come right field by field goes whole.
            let path = if round < ROUNDS / 2 { &*path } else { &[] };
            draft.leave_out(&address, path, &why);
        }
        draft.settle();
    }
    Err(Error::Endless(ROUNDS).into())
}

/// What of the drafted has to be left out, and why.
fn wrong(
    verdict: &Verdict,
    files: &[File],
    drafted: &BTreeSet<Address>,
) -> Result<Vec<(Spot, String)>, Error> {
    let Verdict { report, operations } = verdict;
    let spots = Spots::of(files);
    let errors = report.sorted().into_iter();
    let errors = errors.filter(|diagnostic| diagnostic.level() == Level::Error);
    let mut wrong = Vec::new();
    let mut elsewhere = None;
    for diagnostic in errors {
        match spots.find(diagnostic) {
            Some(spot) => {
                let why = without_address(&diagnostic.message, &spot.address);
                wrong.push((spot, why.to_owned()));
            }
            None => elsewhere = elsewhere.or(Some(diagnostic)),
        }
    }
    // Something else may be wrong because of what was drafted.
    if let (Some(diagnostic), true) = (elsewhere, wrong.is_empty()) {
        let (place, message) = (diagnostic.place.to_string(), diagnostic.message.clone());
        return Err(Error::Elsewhere { place, message });
    }
    if wrong.is_empty() {
        let ours = operations.iter();
        let ours = ours.filter(|operation| drafted.contains(&operation.address));
        ours.for_each(|operation| inexact(operation, &mut wrong));
    }
    Ok(wrong)
}

/// What a plan would change is not what the portal holds.
fn inexact(operation: &Operation, wrong: &mut Vec<(Spot, String)>) {
    let address = &operation.address;
    let mut add = |path: &[Name]| {
        let spot = Spot {
            address: address.clone(),
            path: path.iter().map(|name| (**name).into()).collect(),
        };
        wrong.push((
            spot,
            "it can't be declared as the portal holds it".to_owned(),
        ));
    };
    if operation.object.is_none() || operation.changes.is_empty() {
        add(&[]);
    }
    if operation.object.is_some() {
        let changes = operation.changes.iter();
        changes.for_each(|change| add(&change.path));
    }
}

/// A message without whom it is about, which stands before it.
fn without_address<'m>(message: &'m str, address: &Address) -> &'m str {
    let rest = message.strip_prefix(&*address.to_string());
    rest.map_or(message, |rest| rest.trim_start_matches([':', ' ']))
}
