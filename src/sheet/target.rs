//! A *target* is a resource as it is to be declared because of a sheet: a new one, or the fields of a declared one that
//! differ.

use super::{
    convert::{Given, Hidden, Setting},
    entry::Entry,
    overlay::{self, difference},
    path::{Step, steps, value_at},
    people::{Declared, Keys},
    rows::Sheet,
};
use crate::{
    diagnostic::{Diagnostic, Report, Rule},
    model::{Address, Fields, Kind, Secret, SecretOrigin, State, Value},
    source::Place,
};
use std::collections::{BTreeMap, BTreeSet};

/// A resource as it is to be declared.
#[derive(Debug)]
pub(super) struct Target {
    /// The entry that it comes from.
    pub(super) entry: usize,
    /// The cell that it comes from, if it isn't the resource of the row.
    pub(super) cell: Option<Place>,
    /// Whether it isn't declared yet.
    pub(super) is_new: bool,
    /// All its fields, or those that differ from what is declared.
    pub(super) fields: Fields,
}

/// A secret of a sheet, with the variable that holds it.
#[derive(Clone)]
pub struct SheetSecret {
    /// The name of the variable.
    pub variable: String,
    /// The secret.
    pub secret: Box<str>,
}

/// A secret is never printed.
impl std::fmt::Debug for SheetSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SheetSecret")
            .field("variable", &self.variable)
            .finish_non_exhaustive()
    }
}

/// All targets of an import.
#[derive(Debug, Default)]
pub(super) struct Targets {
    pub(super) resources: BTreeMap<Address, Target>,
    pub(super) unchanged: usize,
    pub(super) secrets: Vec<SheetSecret>,
}

/// Finds or names the resource of each entry, and what differs.
pub(super) fn targets(
    entries: &[Entry],
    sheets: &[Sheet],
    setting: Setting<'_>,
    has_secrets_file: bool,
    report: &mut Report,
) -> Targets {
    let mut finder = Finder {
        declared: Declared::new(setting.state),
        keys: Keys::new(setting.state),
        sheets,
        setting,
        has_secrets_file,
        seen: BTreeMap::new(),
        variables: BTreeSet::new(),
        targets: Targets::default(),
        report,
    };
    // Keys that a sheet states are no one else's.
    for entry in entries {
        if let Some((key, _)) = entry.key() {
            finder.keys.take(&Address::new(entry.kind, key));
        }
    }
    for (index, entry) in entries.iter().enumerate() {
        finder.add(index, entry);
    }
    finder.targets
}

struct Finder<'f> {
    declared: Declared<'f>,
    keys: Keys,
    sheets: &'f [Sheet],
    setting: Setting<'f>,
    has_secrets_file: bool,
    /// The row that a resource was first seen in.
    seen: BTreeMap<Address, Place>,
    variables: BTreeSet<String>,
    targets: Targets,
    report: &'f mut Report,
}

impl Finder<'_> {
    fn place(&self, entry: &Entry) -> Place {
        let (sheet, row) = entry.rows[0];
        self.sheets[sheet].place_of_row(row)
    }

    fn add(&mut self, index: usize, entry: &Entry) {
        let found = self.declared.find(entry);
        let (address, old) = match found {
            Some((address, resource)) => (address.clone(), Some(&resource.fields)),
            None => (self.keys.address(entry), None),
        };
        let place = entry
            .key()
            .map_or_else(|| self.place(entry), |(_, place)| place.clone());
        if let Some(first) = self.seen.insert(address.clone(), place.clone()) {
            let message = format!("{address} is in two rows");
            let twice = Diagnostic::new(Rule::DuplicateAddress, place, message);
            let twice = twice.help("delete one of the rows, or correct what identifies the person");
            self.report.add(twice.related(first, "the first row"));
            return;
        }
        let stated = self.stated(entry, &address, old);
        let stated: Vec<(&[Step], &Value)> = stated
            .iter()
            .map(|(path, value)| (&**path, value))
            .collect();
        let shape = entry.kind.shape();
        let empty = Fields::new();
        let mut new = overlay::fields(shape, old, &stated);
        if old.is_none() {
            self.add_required(entry.kind, &address, &mut new);
        }
        // The defaults of a new user stand where a template may say otherwise.
        let has_template = old.is_none() && new.get("template").is_some();
        let profile = self.setting.profile.kinds.get(&entry.kind);
        let is_default = |name: &str, value: &Value| {
            let own_key = name == entry.kind.key_field() && value.as_text() == Some(&*address.key);
            let default = profile.and_then(|profile| profile.defaults.get(name));
            old.is_some() && own_key
                || default.is_some_and(|default| value.as_text() == Some(default))
        };
        let fields = match has_template {
            true => new,
            false => difference(shape, old.unwrap_or(&empty), &new, &is_default),
        };
        if old.is_some() && fields.is_empty() {
            self.targets.unchanged += 1;
        } else {
            let target = Target {
                entry: index,
                cell: None,
                is_new: old.is_none(),
                fields,
            };
            self.targets.resources.insert(address.clone(), target);
        }
        self.beside(index, entry, &address);
    }

    /// The fields that an entry states, with references to its secrets.
    fn stated(
        &mut self,
        entry: &Entry,
        address: &Address,
        old: Option<&Fields>,
    ) -> Vec<(Vec<Step>, Value)> {
        let mut stated = Vec::with_capacity(entry.stated.len());
        for one in &entry.stated {
            let value = match &one.given {
                Given::Value(value) => value.clone(),
                Given::Site(key, _) => Value::Text(key.clone()),
                Given::Secret(Hidden(secret)) => {
                    let declared = old.and_then(|old| value_at(old, &one.path));
                    match self.secret(entry, address, &one.path, &one.place, secret, declared) {
                        Some(value) => value,
                        None => continue,
                    }
                }
                Given::Key(_) | Given::Assigned(_) | Given::ModelPart(_) | Given::Nothing => {
                    continue;
                }
            };
            stated.push((steps(&one.path), value));
        }
        stated
    }

    /// A reference to a secret of the sheet, which goes to a file of its own.
    fn secret(
        &mut self,
        entry: &Entry,
        address: &Address,
        path: &str,
        place: &Place,
        secret: &str,
        declared: Option<&Value>,
    ) -> Option<Value> {
        let what = if path.ends_with("pin") {
            "PIN"
        } else {
            "password"
        };
        if !self.has_secrets_file {
            let message = format!("`{path}`: the cell holds a {what}, which must not be in Git");
            let help =
                "write it to a file outside of Git with --pins-to pins.env, or clear the cell";
            let found = Diagnostic::new(Rule::LiteralSecret, place.clone(), message);
            self.report.add(found.help(help));
            return None;
        }
        let variable = match declared {
            Some(Value::Secret(declared)) => match &declared.origin {
                Some(SecretOrigin::Env(name)) => name.to_string(),
                _ => {
                    let message = format!(
                        "`{path}`: {address} declares where its {what} is kept, and it isn't a variable"
                    );
                    let help = format!("change the {what} where it is kept, and clear the cell");
                    let found = Diagnostic::new(Rule::LiteralSecret, place.clone(), message);
                    self.report.add(found.help(help));
                    return None;
                }
            },
            _ => self.variable(
                if what == "PIN" { "PIN" } else { "PASSWORD" },
                entry,
                address,
            ),
        };
        self.targets.secrets.push(SheetSecret {
            variable: variable.clone(),
            secret: secret.into(),
        });
        let secret = declared.is_none().then(|| Secret {
            origin: Some(SecretOrigin::Env(variable.into())),
            version: 1,
        });
        Some(Value::Secret(Box::new(secret?)))
    }

    /// The name of a variable: `PIN_1001`.
    fn variable(&mut self, prefix: &str, entry: &Entry, address: &Address) -> String {
        let whose = entry.text("extension").unwrap_or(&address.key);
        let name: String = whose
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() {
                    c.to_ascii_uppercase()
                } else {
                    '_'
                }
            })
            .collect();
        let base = format!("{prefix}_{name}");
        let numbered = (2..).map(|number| format!("{base}_{number}"));
        let mut names = std::iter::once(base.clone()).chain(numbered);
        let free = names.find(|name| self.variables.insert(name.clone()));
        free.expect("there is always another number")
    }

    /// Adds the username where the portal asks for one.
    fn add_required(&self, kind: Kind, address: &Address, fields: &mut Fields) {
        let profile = self.setting.profile.kinds.get(&kind);
        let always = profile.and_then(|profile| profile.requires.get("always"));
        let is_required = always.is_some_and(|names| names.iter().any(|name| name == "username"));
        if kind == Kind::Users && is_required && fields.get("username").is_none() {
            let username = Value::Text(address.key.clone());
            *fields = std::iter::once(("username".into(), username))
                .chain(std::mem::take(fields))
                .collect();
        }
    }

    /// The resources beside that of the row: its number, and its instance.
    // S3.17, S3.28
    fn beside(&mut self, index: usize, entry: &Entry, user: &Address) {
        for one in &entry.stated {
            match &one.given {
                Given::Assigned(number) => {
                    let address = Address::new(Kind::Numbers, number.clone());
                    self.number(index, &address, user, &one.place);
                }
                Given::Site(key, title) => {
                    let address = Address::new(Kind::Instances, key.clone());
                    let is_known = self.setting.state.get(&address).is_some()
                        || self.targets.resources.contains_key(&address);
                    if !is_known {
                        let title =
                            (**title != **key).then(|| ("title".into(), Value::text(title)));
                        self.insert(
                            index,
                            address,
                            &one.place,
                            true,
                            title.into_iter().collect(),
                        );
                    }
                }
                Given::Value(_)
                | Given::Secret(_)
                | Given::Key(_)
                | Given::ModelPart(_)
                | Given::Nothing => {}
            }
        }
    }

    fn number(&mut self, index: usize, address: &Address, user: &Address, place: &Place) {
        if let Some(first) = self.seen.insert(address.clone(), place.clone()) {
            let message = format!("the number {} is in two rows", address.key);
            let twice = Diagnostic::new(Rule::DuplicateAddress, place.clone(), message);
            self.report.add(
                twice
                    .help("keep it in one of the rows")
                    .related(first, "the first row"),
            );
            return;
        }
        let old = self.setting.state.get(address);
        let destination = old.and_then(|old| old.fields.text("destination"));
        if destination.is_some_and(|to| leads_to(self.setting.state, to, user)) {
            return;
        }
        let fields = [("destination".into(), Value::Text(user.key.clone()))];
        self.insert(
            index,
            address.clone(),
            place,
            old.is_none(),
            fields.into_iter().collect(),
        );
    }

    fn insert(
        &mut self,
        entry: usize,
        address: Address,
        place: &Place,
        is_new: bool,
        fields: Fields,
    ) {
        let target = Target {
            entry,
            cell: Some(place.clone()),
            is_new,
            fields,
        };
        self.targets.resources.insert(address, target);
    }
}

/// Whether a destination is a user, by the key or by the extension.
pub(super) fn leads_to(state: &State, destination: &str, user: &Address) -> bool {
    let extension = state
        .get(user)
        .and_then(|user| user.fields.text("extension"));
    *destination == *user.key || extension == Some(destination)
}
