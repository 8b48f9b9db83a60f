//! A *supported* declaration is what a portal's capabilities leave of a wish: fields that they don't support
//! are dropped, and fields that they require are added. Nothing is assumed of a portal.

use super::{run::Workspace, value};
use callsheet::{
    model::{Address, Condition, Field, Fields, Kind, Name, SecretPlace, Shape, State, Value},
    portal::Capabilities,
    support::check_support,
};
use serde_json::Value as Json;

/// The path of a field.
pub(super) type Path = Vec<Name>;

/// Whether a portal supports a field of a kind.
pub(super) fn supports(portal: &Capabilities, kind: Kind, field: &str) -> bool {
    let kind = portal.kinds.get(&kind);
    kind.is_some_and(|kind| !kind.unsupported.contains(field))
}

/// Whether a field can be changed after an object was created.
pub(super) fn can_change(portal: &Capabilities, kind: Kind, field: &str) -> bool {
    supports(portal, kind, field) && !portal.kinds[&kind].fixed.contains(field)
}

/// Whether every object of a type needs a secret that is sent again for ever where nothing is recorded.
pub(super) fn needs_a_record(portal: &Capabilities, kind: Kind, word: &str) -> bool {
    let Some(capability) = portal.kinds.get(&kind) else {
        return false;
    };
    let (Shape::Variants { tag, types }, SecretPlace::Record) = (kind.shape(), capability.secrets)
    else {
        return false;
    };
    let shape = types.iter().find(|(one, _)| **one == *word);
    let is_secret = |name: &str| {
        let field = shape.and_then(|(_, shape)| shape.field_of_any_type(name));
        field.is_some_and(|field| matches!(field.shape, Shape::Secret))
    };
    let requires = capability.requires.iter();
    let mut own = requires.filter(|one| match one.condition {
        Condition::Equals(field, value) => *field == **tag && value == word,
        _ => false,
    });
    own.any(|one| one.fields.iter().any(|name| is_secret(name)))
}

/// How many objections there are to a declared resource: of the portal, and references to nothing.
pub(super) fn objections(state: &State, address: &Address, portal: &Capabilities) -> usize {
    let Some(resource) = state.get(address) else {
        return 0;
    };
    let whose = format!("{address}:");
    let report = check_support(state, portal);
    let mut count = report
        .sorted()
        .iter()
        .filter(|one| one.message.starts_with(&whose))
        .count();
    let requires = &portal.kinds[&address.kind].requires;
    let always = requires
        .iter()
        .filter(|one| one.condition == Condition::Always);
    count += always
        .flat_map(|one| &one.fields)
        .filter(|field| {
            let value = resource.fields.get(field);
            **field != address.kind.key_field() && value.is_none_or(|value| *value == Value::Null)
        })
        .count();
    let shape = address.kind.shape();
    shape.references(&resource.fields, &mut |_, kinds, text| {
        let is_declared = kinds
            .iter()
            .any(|kind| state.get(&Address::new(*kind, text)).is_some());
        let is_outside = text.starts_with('+') || portal.scopes.get(text).is_some();
        count += usize::from(!is_declared && !is_outside);
    });
    count
}

/// Declares as much of a wish as the portal supports, and what it requires: `spare` first, any value
/// otherwise. Returns whether the portal has the kind, and can have such a resource.
pub(super) fn declare(
    workspace: &mut Workspace,
    portal: &Capabilities,
    (kind, key): (Kind, &str),
    wish: &Json,
    spare: &Json,
) -> bool {
    if !portal.kinds.contains_key(&kind) {
        return false;
    }
    let address = Address::new(kind, key);
    workspace.declare(kind, key, wish);
    let spare = kind.shape().read(spare).unwrap_or_default();
    while objections(&workspace.state, &address, portal) > 0 {
        if !improve(workspace, portal, &address, &spare) {
            workspace.state.resources.remove(&address);
            return false;
        }
    }
    true
}

/// Adds fields until the portal has nothing against a resource. Returns their paths; if that is impossible,
/// `None`, and nothing is changed.
pub(super) fn complete(
    workspace: &mut Workspace,
    portal: &Capabilities,
    address: &Address,
) -> Option<Vec<Path>> {
    let (mut tried, mut added) = (workspace.clone(), Vec::new());
    while objections(&tried.state, address, portal) > 0 {
        added.push(add(&mut tried, portal, address, &Fields::default())?);
    }
    *workspace = tried;
    Some(added)
}

/// Removes one objection at least: by a field more, or by a field less.
fn improve(
    workspace: &mut Workspace,
    portal: &Capabilities,
    address: &Address,
    spare: &Fields,
) -> bool {
    if add(workspace, portal, address, spare).is_some() {
        return true;
    }
    let before = objections(&workspace.state, address, portal);
    let declared = workspace.fields(address.kind, &address.key).clone();
    // Without its type an extension is nothing.
    let is_type = |path: &Path| match address.kind.shape() {
        Shape::Variants { tag, .. } => path[..] == [tag.clone()],
        _ => false,
    };
    let leaves = leaves(address.kind, &declared).into_iter();
    for (path, _) in leaves.filter(|(path, _)| !is_type(path)) {
        if is_less(workspace, portal, address, &path, None, before) {
            return true;
        }
    }
    false
}

/// Adds a field that removes an objection. Returns its path.
fn add(
    workspace: &mut Workspace,
    portal: &Capabilities,
    address: &Address,
    spare: &Fields,
) -> Option<Path> {
    let before = objections(&workspace.state, address, portal);
    let declared = workspace.fields(address.kind, &address.key).clone();
    for (path, field) in leaves(address.kind, &declared) {
        let names = || path.iter().map(|name| &**name);
        if declared.at(names()).is_some() {
            continue;
        }
        let own = spare.at(names()).cloned();
        let values = own.map_or_else(
            || value::of_field(address.kind, &declared, &path, field),
            |one| vec![one],
        );
        for value in values {
            if is_less(workspace, portal, address, &path, Some(value), before) {
                return Some(path);
            }
        }
    }
    None
}

/// Keeps a change if there are fewer objections after it.
fn is_less(
    workspace: &mut Workspace,
    portal: &Capabilities,
    address: &Address,
    path: &Path,
    value: Option<Value>,
    before: usize,
) -> bool {
    let kept = workspace.fields(address.kind, &address.key).clone();
    workspace
        .fields(address.kind, &address.key)
        .put(path, value);
    let is_less = objections(&workspace.state, address, portal) < before;
    if !is_less {
        *workspace.fields(address.kind, &address.key) = kept;
    }
    is_less
}

/// The fields of a resource that aren't records, with their paths.
fn leaves(kind: Kind, declared: &Fields) -> Vec<(Path, &'static Field)> {
    let mut leaves = Vec::new();
    collect(
        kind,
        &mut Vec::new(),
        kind.shape().fields(declared),
        &mut leaves,
    );
    leaves
}

fn collect(
    kind: Kind,
    at: &mut Path,
    fields: &'static [Field],
    leaves: &mut Vec<(Path, &'static Field)>,
) {
    for field in fields {
        at.push(field.name.clone());
        match &field.shape {
            Shape::Record(inner) if !value::is_whole(kind, &at.join(".")) => {
                collect(kind, at, inner, leaves);
            }
            _ => leaves.push((at.clone(), field)),
        }
        at.pop();
    }
}
