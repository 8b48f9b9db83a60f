//! A *declaration* is what a file says of one resource: the node under its key, read as values.
//!
//! Reading assumes a node that the [`Checker`](crate::schema::Checker) let pass; of any other it
//! takes what fits, so that one mistake doesn't hide the next.

use crate::{
    model::{Fields, Name, Secret, SecretOrigin, Shape, Value},
    source::Source,
    yaml::{Node, NodeKind, Plain},
};

/// Reads the fields that `node` declares, in canonical spelling. What the shape doesn't know is left
/// out; what is declared as null stays null.
#[must_use]
pub fn fields(shape: &Shape, source: &Source, node: &Node) -> Fields {
    let probe = tag(shape, source, node);
    let known = shape.fields(&probe);
    let (mut next, mut is_ordered) = (0, true);
    let mut fields: Fields = node
        .entries()
        .iter()
        .filter_map(|entry| {
            let place = Shape::place(known, entry.key.of(source), next)?;
            is_ordered &= place >= next;
            next = place + 1;
            let field = &known[place];
            Some((
                field.name.clone(),
                value(&field.shape, source, &entry.value)?,
            ))
        })
        .collect();
    if !is_ordered {
        fields.arrange_by(|name| Shape::place(known, name, 0));
    }
    fields.shrink();
    fields
}

/// The field that tells types apart, alone.
fn tag(shape: &Shape, source: &Source, node: &Node) -> Fields {
    let Shape::Variants { tag, .. } = shape else {
        return Fields::new();
    };
    let word = node
        .get(source, tag)
        .and_then(|entry| entry.value.text(source));
    word.map(|word| (tag.clone(), Value::text(word)))
        .into_iter()
        .collect()
}

/// Reads one value; nothing if it doesn't fit its shape.
fn value(shape: &Shape, source: &Source, node: &Node) -> Option<Value> {
    if node.is_null(source) {
        return Some(Value::Null);
    }
    match (shape, &node.kind) {
        (Shape::Templated(strict), _) => match node.text(source) {
            Some(text) if text.contains("${") => Some(Value::text(text)),
            _ => value(strict, source, node),
        },
        (Shape::Text(format), NodeKind::Scalar(_)) => {
            let text = node.text(source)?;
            Some(match format {
                Some(format) => Value::Text((format.canonical)(text).into()),
                None => Value::text(text),
            })
        }
        (Shape::Choice(_), NodeKind::Scalar(_)) => Some(Value::text(node.text(source)?)),
        (Shape::Integer, _) => node.integer(source).map(Value::Integer),
        (Shape::Boolean, _) => node.truth(source).map(Value::Bool),
        (Shape::List { item, order }, NodeKind::List(list)) => {
            let list = list
                .iter()
                .filter_map(|one| value(item, source, one))
                .collect();
            Some(Shape::arrange(order, list))
        }
        (Shape::Map { item, .. }, NodeKind::Map(entries)) => {
            let read = entries.iter().filter_map(|entry| {
                Some((
                    Name::from(entry.key.of(source)),
                    value(item, source, &entry.value)?,
                ))
            });
            let mut fields: Fields = read.collect();
            fields.sort();
            Some(Value::Map(fields))
        }
        (Shape::Record(_) | Shape::Variants { .. }, NodeKind::Map(_)) => {
            Some(Value::Map(fields(shape, source, node)))
        }
        (Shape::Secret, NodeKind::Map(_)) => secret(source, node),
        _ => None,
    }
}

/// A reference to a secret.
fn secret(source: &Source, node: &Node) -> Option<Value> {
    let own = |key| node.get(source, key).map(|entry| &entry.value);
    let text = |key| own(key).and_then(|node| node.filled(source));
    let command = node.get(source, "command").map(|entry| {
        let words = entry
            .value
            .elements()
            .iter()
            .filter_map(|word| word.text(source));
        SecretOrigin::Command(words.map(Into::into).collect())
    });
    let origin = command
        .or_else(|| text("env").map(|name| SecretOrigin::Env(name.into())))
        .or_else(|| text("file").map(|path| SecretOrigin::File(path.into())))?;
    let version = own("version").and_then(|node| node.integer(source));
    let version = version.and_then(|version| version.try_into().ok());
    Some(Value::Secret(Box::new(Secret {
        origin: Some(origin),
        version: version.unwrap_or(1),
    })))
}

/// A node as JSON, its scalars as their shape wants them: the configuration is read this way.
#[must_use]
pub fn json(shape: Option<&Shape>, source: &Source, node: &Node) -> serde_json::Value {
    match &node.kind {
        NodeKind::List(list) => {
            let item = if let Some(Shape::List { item, .. }) = shape {
                Some(&**item)
            } else {
                None
            };
            list.iter().map(|one| json(item, source, one)).collect()
        }
        NodeKind::Map(entries) => entries
            .iter()
            .map(|entry| {
                let name = entry.key.of(source);
                let inner = match shape {
                    Some(Shape::Map { item, .. }) => Some(&**item),
                    Some(shape) => shape.field_of_any_type(name).map(|field| &field.shape),
                    None => None,
                };
                (name.to_owned(), json(inner, source, &entry.value))
            })
            .collect(),
        NodeKind::Scalar(scalar) => {
            let text = scalar.text.of(source);
            match node.plain(source).unwrap_or(Plain::Text) {
                Plain::Null => serde_json::Value::Null,
                Plain::Bool(value) => value.into(),
                Plain::Integer(number) if !matches!(shape, Some(Shape::Text(_))) => number.into(),
                Plain::Float(number) if !matches!(shape, Some(Shape::Text(_))) => number.into(),
                Plain::Integer(_) | Plain::Float(_) | Plain::Text => text.into(),
            }
        }
    }
}
