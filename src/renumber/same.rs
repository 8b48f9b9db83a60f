//! Whether two states are the *same* but for the numbers.

use super::{Pattern, edit::is_number};
use crate::model::{Address, Fields, Kind, Shape, State, Value};

/// The first resource that isn't the same with the new numbers.
pub(super) fn difference(before: &State, after: &State, pattern: &Pattern) -> Option<Address> {
    for (address, resource) in &before.resources {
        let expected = Address::new(
            address.kind,
            match address.kind {
                Kind::Extensions => pattern.map(&address.key),
                _ => None,
            }
            .map_or_else(|| address.key.clone(), Into::into),
        );
        let fields = with_numbers(address.kind.shape(), &resource.fields, before, pattern);
        let is_same = after.get(&expected).is_some_and(|new| {
            let is_alike = |name: &str| {
                // What they give is in the users.
                matches!(name, "with" | "attributes") || fields.get(name) == new.fields.get(name)
            };
            let mut names = fields.iter().chain(new.fields.iter());
            names.all(|(name, _)| is_alike(name))
                && resource.protect == new.protect
                && resource.lifecycle == new.lifecycle
        });
        if !is_same {
            return Some(address.clone());
        }
    }
    let more = after.resources.keys().find(|address| {
        let is_new = address.kind == Kind::Extensions;
        let mut old = before.resources.keys();
        let is_old = |old: &Address| {
            old == *address
                || is_new
                    && old.kind == Kind::Extensions
                    && pattern.map(&old.key).as_deref() == Some(&*address.key)
        };
        !old.any(is_old)
    });
    more.cloned()
}

fn with_numbers(shape: &Shape, fields: &Fields, state: &State, pattern: &Pattern) -> Fields {
    let known = shape.fields(fields);
    let mapped = fields.iter().map(|(name, value)| {
        let field = known.iter().find(|field| field.name == *name);
        let value = field.map_or_else(
            || value.clone(),
            |field| number(&field.shape, value, state, pattern),
        );
        (name.clone(), value)
    });
    mapped.collect()
}

fn number(shape: &Shape, value: &Value, state: &State, pattern: &Pattern) -> Value {
    match (shape, value) {
        (Shape::Templated(strict), value) => number(strict, value, state, pattern),
        (Shape::Text(Some(format)), Value::Text(text)) if is_number(format, text, state) => pattern
            .map(text)
            .map_or_else(|| value.clone(), |new| Value::text(&new)),
        (Shape::List { item, order }, Value::List(list)) => {
            let list = list.iter().map(|one| number(item, one, state, pattern));
            Shape::arrange(order, list.collect())
        }
        (Shape::Map { item, .. }, Value::Map(fields)) => {
            let mapped = fields
                .iter()
                .map(|(name, one)| (name.clone(), number(item, one, state, pattern)));
            Value::Map(mapped.collect())
        }
        (Shape::Record(_) | Shape::Variants { .. }, Value::Map(fields)) => {
            Value::Map(with_numbers(shape, fields, state, pattern))
        }
        _ => value.clone(),
    }
}
