//! An *overlay* lays what cells state over the fields of a resource. What they don't state stays.

use super::{convert::secret_from, path::Step};
use crate::model::{Fields, ListOrder, Name, Shape, Value};
use std::collections::BTreeMap;

/// What cells state below one place: the rest of each path, and the value.
pub(super) type Below<'s> = Vec<(&'s [Step], &'s Value)>;

/// The value with what is stated. Lists keep the order in which they are stated.
pub(super) fn overlay(shape: &Shape, old: Option<&Value>, stated: &Below<'_>) -> Value {
    if let Some((_, whole)) = stated.iter().find(|(path, _)| path.is_empty()) {
        return (*whole).clone();
    }
    match shape.strict() {
        // Parts that make no reference are reported where they are checked.
        Shape::Secret => secret(old, stated).unwrap_or_else(|| Value::Map(parts(stated))),
        Shape::List { item, order } => list(item, order, old, stated),
        shape => Value::Map(fields(shape, old.and_then(Value::as_map), stated)),
    }
}

/// The fields of a record or a map with what is stated, in the order of the type.
pub(super) fn fields(shape: &Shape, old: Option<&Fields>, stated: &Below<'_>) -> Fields {
    let mut below: BTreeMap<&Name, Below<'_>> = BTreeMap::new();
    for (path, value) in stated {
        if let [Step::Name(name), rest @ ..] = path {
            below.entry(name).or_default().push((rest, value));
        }
    }
    let mut laid = old.cloned().unwrap_or_default();
    for (name, stated) in below {
        let inner = match shape.strict() {
            Shape::Map { item, .. } => Some(&**item),
            shape => shape.field_of_any_type(name).map(|field| &field.shape),
        };
        if let Some(inner) = inner {
            let old = old.and_then(|old| old.get(name));
            laid.set(name.clone(), overlay(inner, old, &stated));
        }
    }
    in_order(shape, laid)
}

/// Fields in the order of their type.
fn in_order(shape: &Shape, mut fields: Fields) -> Fields {
    if let Shape::Map { .. } = shape {
        fields.sort();
        return fields;
    }
    let known: Vec<Name> = shape
        .fields(&fields)
        .iter()
        .map(|field| field.name.clone())
        .collect();
    let place = |name: &Name| {
        known
            .iter()
            .position(|known| known == name)
            .unwrap_or(known.len())
    };
    let mut all: Vec<(Name, Value)> = fields.into_iter().collect();
    all.sort_by_key(|(name, _)| place(name));
    all.into_iter().collect()
}

fn secret(old: Option<&Value>, stated: &Below<'_>) -> Option<Value> {
    let part = |wanted: &str| {
        let own = stated
            .iter()
            .find(|(path, _)| matches!(path, [Step::Name(name)] if **name == *wanted));
        own.and_then(|(_, value)| value.as_text())
            .map(str::to_owned)
    };
    let old = match old {
        Some(Value::Secret(old)) => Some(&**old),
        _ => None,
    };
    secret_from(part, old).map(|secret| Value::Secret(Box::new(secret)))
}

fn parts(stated: &Below<'_>) -> Fields {
    let parts = stated.iter().filter_map(|(path, value)| match path {
        [Step::Name(name)] => Some((name.clone(), (*value).clone())),
        _ => None,
    });
    parts.collect()
}

/// A list whose elements are stated one by one. Elements with a key are found by it; without a match, the only one is
/// the one that is meant.
fn list(item: &Shape, order: &ListOrder, old: Option<&Value>, stated: &Below<'_>) -> Value {
    let mut elements: BTreeMap<usize, Below<'_>> = BTreeMap::new();
    for (path, value) in stated {
        if let [Step::Index(index), rest @ ..] = path {
            elements.entry(*index).or_default().push((rest, value));
        }
    }
    let old: &[Value] = old.map_or(&[], Value::elements);
    let mut laid: Vec<Value> = old.to_vec();
    let ListOrder::Keyed(key) = order else {
        for (index, stated) in elements {
            match old.get(index) {
                Some(one) => laid[index] = overlay(item, Some(one), &stated),
                None => laid.push(overlay(item, None, &stated)),
            }
        }
        return Value::List(laid.into());
    };
    let is_whole = elements.len() == old.len();
    let key_of = |stated: &Below<'_>| {
        let own = stated
            .iter()
            .find(|(path, _)| matches!(path, [Step::Name(name)] if name == key));
        own.map(|(_, value)| (*value).clone())
    };
    let has_key =
        |one: &Value, wanted: &Value| one.as_map().and_then(|one| one.get(key)) == Some(wanted);
    let mut free: Vec<usize> = (0..old.len()).collect();
    let mut others = Vec::new();
    for stated in elements.into_values() {
        let found =
            key_of(&stated).and_then(|wanted| old.iter().position(|one| has_key(one, &wanted)));
        match found {
            Some(at) => {
                laid[at] = overlay(item, Some(&old[at]), &stated);
                free.retain(|one| *one != at);
            }
            None => others.push(stated),
        }
    }
    for stated in others {
        if is_whole && !free.is_empty() {
            let at = free.remove(0);
            laid[at] = overlay(item, Some(&old[at]), &stated);
        } else {
            laid.push(overlay(item, None, &stated));
        }
    }
    Value::List(laid.into())
}

/// A value in its canonical form: sets and keyed lists sorted.
pub(super) fn canonical(shape: &Shape, value: &Value) -> Value {
    match (shape.strict(), value) {
        (Shape::List { item, order }, Value::List(list)) => {
            Shape::arrange(order, list.iter().map(|one| canonical(item, one)).collect())
        }
        (Shape::Map { item, .. }, Value::Map(fields)) => {
            let each = fields
                .iter()
                .map(|(name, one)| (name.clone(), canonical(item, one)));
            let mut fields: Fields = each.collect();
            fields.sort();
            Value::Map(fields)
        }
        (shape @ (Shape::Record(_) | Shape::Variants { .. }), Value::Map(fields)) => {
            Value::Map(canonical_fields(shape, fields))
        }
        (_, value) => value.clone(),
    }
}

/// Fields in their canonical form.
pub(super) fn canonical_fields(shape: &Shape, fields: &Fields) -> Fields {
    let known = shape.fields(fields);
    let each = fields.iter().map(|(name, value)| {
        let field = known.iter().find(|field| field.name == *name);
        let value = field.map_or_else(|| value.clone(), |field| canonical(&field.shape, value));
        (name.clone(), value)
    });
    in_order(shape, each.collect())
}

/// What differs between fields: of records only the fields that differ, of lists the whole list. What is a default is
/// no difference to what isn't declared.
pub(super) fn difference(
    shape: &Shape,
    old: &Fields,
    new: &Fields,
    is_default: &dyn Fn(&str, &Value) -> bool,
) -> Fields {
    let known = shape.fields(new);
    let differing = new.iter().filter_map(|(name, value)| {
        let field = known.iter().find(|field| field.name == *name);
        let before = old.get(name);
        let is_same = match field {
            Some(field) => {
                before
                    .map(|before| canonical(&field.shape, before))
                    .as_ref()
                    == Some(&canonical(&field.shape, value))
            }
            None => before == Some(value),
        };
        let is_silent = before.is_none()
            && (field.is_some_and(|field| field.default.as_ref() == Some(value))
                || is_default(name, value));
        if is_same || is_silent {
            return None;
        }
        let inner = field.map(|field| field.shape.strict());
        match (inner, value) {
            (Some(inner @ (Shape::Record(_) | Shape::Map { .. })), Value::Map(fields)) => {
                let empty = Fields::new();
                let before = before.and_then(Value::as_map).unwrap_or(&empty);
                let inner = difference(inner, before, fields, &|_, _| false);
                (!inner.is_empty()).then(|| (name.clone(), Value::Map(inner)))
            }
            _ => Some((name.clone(), value.clone())),
        }
    });
    differing.collect()
}

/// Fields with a difference laid over them: records merge, everything else is replaced.
pub(super) fn with_difference(shape: &Shape, old: &Fields, difference: &Fields) -> Fields {
    let mut laid = old.clone();
    for (name, value) in difference.iter() {
        let inner = shape
            .field_of_any_type(name)
            .map(|field| field.shape.strict());
        let value = match (inner, old.get(name), value) {
            (
                Some(inner @ (Shape::Record(_) | Shape::Map { .. })),
                Some(Value::Map(old)),
                Value::Map(new),
            ) => Value::Map(with_difference(inner, old, new)),
            _ => value.clone(),
        };
        laid.set(name.clone(), value);
    }
    in_order(shape, laid)
}
