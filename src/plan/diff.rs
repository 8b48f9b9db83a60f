//! *Comparing* what a resource holds with what it is to hold, field by field.

use crate::{
    config::{Config, FieldPolicy},
    model::{Change, Fields, Kind, Name, Shape, Value},
};

/// The declared fields that are managed_fields to write: without those that the configuration leaves to the
/// portal, and, of an object that exists, without those that count only at its creation.
pub(super) fn managed_fields(
    config: &Config,
    kind: Kind,
    declared: &Fields,
    creating: bool,
) -> Fields {
    let mut managed_fields = declared.clone();
    if !creating {
        for field in kind
            .shape()
            .fields(declared)
            .iter()
            .filter(|field| field.create_only)
        {
            managed_fields.take(&field.name);
        }
    }
    for (name, policy) in &config.fields {
        let Some(path) = name
            .0
            .strip_prefix(kind.name())
            .and_then(|rest| rest.strip_prefix('.'))
        else {
            continue;
        };
        let left = match policy {
            FieldPolicy::Enforce => false,
            FieldPolicy::Initial => !creating,
            FieldPolicy::Ignore => true,
        };
        if left {
            remove(&mut managed_fields, path);
        }
    }
    managed_fields
}

/// Takes a field out by its dotted path.
fn remove(fields: &mut Fields, path: &str) {
    match path.split_once('.') {
        None => drop(fields.take(path)),
        Some((first, rest)) => {
            if let Some(Value::Map(mut inner)) = fields.get(first).cloned() {
                remove(&mut inner, rest);
                fields.set(first.into(), Value::Map(inner));
            }
        }
    }
}

/// The fields in which `target` differs from `live`, both without defaults: each field of a record and
/// each entry of a map by itself, lists whole. Where a side is silent, the default speaks.
#[must_use]
pub fn changes(shape: &Shape, live: &Fields, target: &Fields) -> Vec<Change> {
    let mut changes = Vec::new();
    if live != target {
        record(shape, live, target, &mut Vec::new(), &mut changes);
    }
    changes
}

fn record(
    shape: &Shape,
    live: &Fields,
    target: &Fields,
    path: &mut Vec<Name>,
    changes: &mut Vec<Change>,
) {
    let empty = Fields::new();
    let fields = shape.fields(if target.is_empty() { live } else { target });
    for field in fields {
        let (before, after) = (live.get(&field.name), target.get(&field.name));
        if before == after {
            continue;
        }
        path.push(field.name.clone());
        let inner =
            |value: Option<&'_ Value>| value.and_then(Value::as_map).cloned().unwrap_or_default();
        match &field.shape {
            Shape::Record(_) | Shape::Variants { .. } => {
                let before = before.and_then(Value::as_map).unwrap_or(&empty);
                let after = after.and_then(Value::as_map).unwrap_or(&empty);
                record(&field.shape, before, after, path, changes);
            }
            Shape::Map { .. } => entries(&inner(before), &inner(after), path, changes),
            _ => leaf(
                before.or(field.default.as_ref()),
                after.or(field.default.as_ref()),
                path,
                changes,
            ),
        }
        path.pop();
    }
    // Another type's fields go when the tag changes.
    if let Shape::Variants { .. } = shape {
        let gone = live
            .iter()
            .filter(|(name, _)| fields.iter().all(|field| field.name != **name));
        for (name, before) in gone {
            path.push(name.clone());
            leaf(Some(before), None, path, changes);
            path.pop();
        }
    }
}

fn entries(live: &Fields, target: &Fields, path: &mut Vec<Name>, changes: &mut Vec<Change>) {
    let added = target.iter().filter(|(name, _)| live.get(name).is_none());
    let mut names: Vec<&Name> = live.iter().chain(added).map(|(name, _)| name).collect();
    names.sort_unstable();
    for name in names {
        path.push(name.clone());
        leaf(live.get(name), target.get(name), path, changes);
        path.pop();
    }
}

fn leaf(before: Option<&Value>, after: Option<&Value>, path: &[Name], changes: &mut Vec<Change>) {
    if !Value::same(before, after) {
        changes.push(Change {
            path: path.to_vec(),
            before: before.cloned(),
            after: after.cloned(),
        });
    }
}
