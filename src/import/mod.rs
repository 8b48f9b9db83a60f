//! *Import* writes live objects as YAML declarations.
//!
//! Defaults, built-in objects and values from templates are omitted. An imported object includes the
//! objects that it refers to, since unknown references don't validate.
//!
//! A portal may contain objects that can't be declared. So drafted files are validated in memory before they
//! are written, and invalid fields or objects are left out.

mod draft;
mod field_ref;
mod key;
mod text;

pub use draft::LeftOut;
pub use text::File;

use crate::{
    diagnostic::{Level, Report},
    model::{Address, Capabilities, Kind, Live, Name, Standing, State},
    plan::Operation,
    profile::Profile,
};
use draft::Draft;
use field_ref::{FieldRef, Locator};
use std::collections::{BTreeMap, BTreeSet};

/// The maximum number of validations. Two or three are enough except for hostile portals.
const MAX_ROUNDS: u32 = 12;

/// An import error.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The object doesn't exist.
    #[error("{0} doesn't exist on the portal")]
    Missing(Address),
    /// The object is already declared.
    #[error("{0} is already declared")]
    Declared(Address),
    /// The object is built in.
    #[error(
        "{0} is a built-in object of the portal and needs no declaration; refer to it by its key"
    )]
    BuiltIn(Address),
    /// No field can describe it, for a reason.
    #[error(
        "{0} can't be declared, because it {1}, so it can't be imported and is left alone; go on managing it on the portal, or replace it there with one that can be declared"
    )]
    Unsupported(Address, Box<str>),
    /// The YAML could not be written.
    #[error("the YAML can't be written: {0}")]
    Yaml(#[from] serde_saphyr::ser::Error),
    /// The workspace has errors outside the drafted files.
    #[error("the workspace doesn't validate with the imported objects: {place}: {message}")]
    Elsewhere {
        /// The place.
        place: String,
        /// The error at that place.
        message: String,
    },
    /// Errors remain after the maximum number of validations.
    #[error(
        "the imported objects still don't validate after {0} attempts; import fewer objects at once"
    )]
    Endless(u32),
}

/// Selects the live objects to import: the requested ones and all objects they refer to, or all undeclared
/// objects if none are requested.
///
/// # Errors
/// A requested object doesn't exist, is already declared, or is built in.
pub fn select(
    live: &Live,
    declared: &State,
    capabilities: &Capabilities,
    requested: &[Address],
) -> Result<BTreeSet<Address>, Error> {
    let undeclared = |kind: Kind, key: &str| {
        let object = live.get(kind, key)?;
        let address = Address::new(kind, key);
        let is_declared = declared.get(&address).is_some()
            || declared
                .of_kind(kind)
                .any(|(own, one)| capabilities.portal_key(own, &one.fields) == key);
        (object.standing.is_manageable() && !is_declared).then_some(address)
    };
    if requested.is_empty() {
        let all = Kind::ALL
            .into_iter()
            .flat_map(|kind| live.of_kind(kind).map(move |(key, _)| (kind, key)));
        return Ok(all
            .filter_map(|(kind, key)| undeclared(kind, key))
            .collect());
    }
    let owners = extension_owners(live);
    let mut selected = BTreeSet::new();
    let mut pending: Vec<Address> = Vec::new();
    for address in requested {
        // The portal may know a declared resource by another value.
        let portal_key = declared
            .get(address)
            .map(|one| capabilities.portal_key(address, &one.fields));
        if portal_key.is_some_and(|key| live.get(address.kind, key).is_some()) {
            return Err(Error::Declared(address.clone()));
        }
        match live.get(address.kind, &address.key) {
            None => return Err(Error::Missing(address.clone())),
            Some(object) => match &object.standing {
                Standing::Unsupported(reason) => {
                    return Err(Error::Unsupported(address.clone(), reason.clone()));
                }
                Standing::BuiltIn => return Err(Error::BuiltIn(address.clone())),
                Standing::Manageable if undeclared(address.kind, &address.key).is_none() => {
                    return Err(Error::Declared(address.clone()));
                }
                Standing::Manageable => pending.push(address.clone()),
            },
        }
    }
    while let Some(address) = pending.pop() {
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
                let by_key = kinds.iter().filter_map(|kind| undeclared(*kind, text));
                let by_number = owners
                    .get(text)
                    .filter(|_| kinds.contains(&Kind::Extensions));
                let by_number = by_number.and_then(|key| undeclared(Kind::Users, key));
                // Without an inventory, a caller ID isn't the beginning of one.
                let has_inventory = declared.of_kind(Kind::Numbers).next().is_some()
                    || selected.iter().any(|one| one.kind == Kind::Numbers);
                if kinds == [Kind::Numbers] && !has_inventory {
                    return;
                }
                pending.extend(
                    by_key
                        .chain(by_number)
                        .filter(|found| !selected.contains(found)),
                );
            });
    }
    Ok(selected)
}

/// The undeclared objects that an import of everything leaves out because no field can describe them.
#[must_use]
pub fn unsupported(live: &Live, declared: &State) -> Vec<LeftOut> {
    let objects = Kind::ALL.into_iter().flat_map(|kind| {
        live.of_kind(kind)
            .map(move |(key, object)| (kind, key, object))
    });
    let unsupported = objects.filter_map(|(kind, key, object)| {
        let Standing::Unsupported(reason) = &object.standing else {
            return None;
        };
        Some(LeftOut {
            address: Address::new(kind, key),
            field: None,
            why: format!("it {reason}"),
        })
    });
    unsupported
        .filter(|one| declared.get(&one.address).is_none())
        .collect()
}

/// The user of each extension.
fn extension_owners(live: &Live) -> BTreeMap<&str, &str> {
    let users = live.of_kind(Kind::Users);
    users
        .filter_map(|(key, user)| Some((user.fields.text("extension")?, key)))
        .collect()
}

/// The result of an import.
#[derive(Debug)]
pub struct Import {
    /// The files to write.
    pub files: Vec<File>,
    /// Objects and fields that can't be declared.
    pub left_out: Vec<LeftOut>,
}

/// The result of validating drafted files together with the workspace.
#[derive(Debug, Default)]
pub struct Validation {
    /// The diagnostics.
    pub report: Report,
    /// The operations of a plan, if there are no errors.
    pub operations: Vec<Operation>,
}

/// Drafts the files that declare `selected`, and leaves out everything that doesn't validate or that a plan
/// would still change. `exists` reports existing file names; `validate` validates drafted files together
/// with the workspace.
///
/// # Errors
/// The YAML can't be written, the files can't be validated, or the errors aren't in drafted files.
pub fn import<E: From<Error>>(
    live: &Live,
    declared: &State,
    selected: &BTreeSet<Address>,
    profile: &'static Profile,
    exists: &dyn Fn(&str) -> bool,
    validate: &dyn Fn(&[File]) -> Result<Validation, E>,
) -> Result<Import, E> {
    let (live, selected) = key::with_keys(live, selected, declared);
    let mut draft = Draft::of(&live, &selected, declared, profile);
    for round in 0..MAX_ROUNDS {
        let files = text::files(&draft, &live, exists)?;
        if files.is_empty() {
            let left_out = draft.left_out();
            return Ok(Import { files, left_out });
        }
        let problems = problems(&validate(&files)?, &files, &draft.addresses())?;
        if problems.is_empty() {
            let left_out = draft.left_out();
            return Ok(Import { files, left_out });
        }
        for (FieldRef { address, path }, why) in problems {
            // In the second half of the rounds, leave out whole objects.
            let path = if round < MAX_ROUNDS / 2 { &*path } else { &[] };
            draft.leave_out(&address, path, &why);
        }
        draft.remove_dangling();
    }
    Err(Error::Endless(MAX_ROUNDS).into())
}

/// The fields to leave out, and the reasons.
fn problems(
    validation: &Validation,
    files: &[File],
    drafted: &BTreeSet<Address>,
) -> Result<Vec<(FieldRef, String)>, Error> {
    let Validation { report, operations } = validation;
    let locator = Locator::of(files);
    let errors = report.sorted().into_iter();
    let errors = errors.filter(|diagnostic| diagnostic.level() == Level::Error);
    let mut problems = Vec::new();
    let mut elsewhere = None;
    for diagnostic in errors {
        match locator.locate(diagnostic) {
            Some(field) => {
                let why = without_address(&diagnostic.message, &field.address);
                problems.push((field, why.to_owned()));
            }
            None => elsewhere = elsewhere.or(Some(diagnostic)),
        }
    }
    // Errors elsewhere may be caused by drafted resources with errors, so they count only alone.
    if let (Some(diagnostic), true) = (elsewhere, problems.is_empty()) {
        let (place, message) = (diagnostic.place.to_string(), diagnostic.message.clone());
        return Err(Error::Elsewhere { place, message });
    }
    if problems.is_empty() {
        let drafted_operations = operations.iter();
        let drafted_operations =
            drafted_operations.filter(|operation| drafted.contains(&operation.address));
        drafted_operations.for_each(|operation| add_changes(operation, &mut problems));
    }
    Ok(problems)
}

/// Adds the fields that a plan would still change.
fn add_changes(operation: &Operation, problems: &mut Vec<(FieldRef, String)>) {
    let address = &operation.address;
    let mut add = |path: &[Name]| {
        let field = FieldRef {
            address: address.clone(),
            path: path.iter().map(|name| (**name).into()).collect(),
        };
        problems.push((
            field,
            "the portal's value can't be declared exactly".to_owned(),
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

/// A message without the address at its start, unless the subject continues after it.
fn without_address<'m>(message: &'m str, address: &Address) -> &'m str {
    let rest = message.strip_prefix(&*address.to_string());
    let rest = rest.filter(|rest| !rest.starts_with(" and "));
    rest.map_or(message, |rest| rest.trim_start_matches([':', ' ']))
}
