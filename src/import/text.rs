//! The *text* of an import: the files of a draft, without values from templates.

use super::{Draft, Error};
use crate::{
    desired,
    model::{Address, Fields, Kind, Live, Name, State, Value},
    profile::Profile,
    repo::Files,
};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// The maximum number of resources in one file, to keep files readable.
const PER_FILE: usize = 500;

/// A file to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// The name, relative to the workspace.
    pub name: String,
    /// The content.
    pub text: String,
    /// The declared resources.
    pub addresses: Vec<Address>,
}

/// Writes the files of a draft. `exists` reports existing file names.
///
/// # Errors
/// The YAML can't be written.
pub(super) fn files(
    draft: &Draft<'_>,
    live: &Live,
    exists: &dyn Fn(&str) -> bool,
) -> Result<Vec<File>, Error> {
    let from_templates = from_templates(draft, live)?;
    let mut files = Vec::new();
    let mut taken: BTreeSet<String> = BTreeSet::new();
    for kind in Kind::ALL {
        let addresses: Vec<&Address> = draft.of_kind(kind).map(|(address, _)| address).collect();
        for part in addresses.chunks(PER_FILE) {
            let numbered = (2..).map(|number| format!("{kind}-{number}.yaml"));
            let mut names = std::iter::once(format!("{kind}.yaml")).chain(numbered);
            let name = names.find(|name| !exists(name) && !taken.contains(name));
            let name = name.expect("there is always another number");
            taken.insert(name.clone());
            let text = yaml(kind, part.iter().copied(), |address| {
                let mut fields = draft.get(address)?.clone();
                for (name, value) in from_templates
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

/// The values that the drafted users get from their templates: expands the users without the fields that
/// their template sets.
fn from_templates(draft: &Draft<'_>, live: &Live) -> Result<State, Error> {
    let template_of = |address: &Address| {
        let name = draft.get(address)?.text("template")?;
        live.get(Kind::Templates, name)
    };
    let users = draft.of_kind(Kind::Users).map(|(address, _)| address);
    let users: Vec<&Address> = users
        .filter(|address| template_of(address).is_some())
        .collect();
    if users.is_empty() {
        return Ok(State::default());
    }
    let bare = yaml(Kind::Users, users.iter().copied(), |address| {
        let mut fields = draft.get(address)?.clone();
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
        declarable(draft.profile(), address, live)
    })?;
    let mut files = Files::default();
    files.take("users.yaml".to_owned(), bare.into_bytes());
    files.take("templates.yaml".to_owned(), templates.into_bytes());
    let mut state = desired::load(files, Date::MAX).state;
    // Fields that the user sets don't come from the template.
    for (address, resource) in &mut state.resources {
        let template =
            template_of(address).and_then(|template| template.fields.get("user")?.as_map());
        let is_set = |name: &str| template.is_some_and(|template| template.get(name).is_some());
        let fields = std::mem::take(&mut resource.fields);
        resource.fields = fields
            .into_iter()
            .filter(|(name, _)| is_set(name))
            .collect();
    }
    Ok(state)
}

/// The text of a file with resources of one kind. Resources without fields are omitted.
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

/// The declarable fields of a live object: without secrets, which portals don't return, and without the key.
pub(super) fn declarable(profile: &Profile, address: &Address, live: &Live) -> Option<Fields> {
    let defaults = profile.kinds.get(&address.kind).map(|kind| &kind.defaults);
    let live = &live.get(address.kind, &address.key)?.fields;
    let own_key = |name: &Name, value: &Value| {
        &**name == address.kind.key_field() && value.as_text() == Some(&*address.key)
    };
    let is_default = |name: &Name, value: &Value| {
        let default = defaults.and_then(|defaults| defaults.get(&**name));
        default.is_some_and(|default| value.as_text() == Some(default))
    };
    let declared = live
        .iter()
        .filter(|(name, value)| !own_key(name, value) && !is_default(name, value));
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
