//! A *path* is where a value is in the fields of a resource: `voicemail.email`, `phones[0].mac`, `with.did`.

use crate::model::{Field, Fields, Name, Shape, Value};

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    /// A field, or an entry of a map.
    Name(Name),
    /// An element of a list, counted from 0.
    Index(usize),
}

/// The most elements of a list that columns can name.
const MAX_INDEX: usize = 100;

/// The steps of a path such as `phones[0].mac`.
pub(super) fn steps(path: &str) -> Vec<Step> {
    let parts = path.split(['.', '[']).filter(|part| !part.is_empty());
    parts
        .map(|part| match part.strip_suffix(']').map(str::parse) {
            Some(Ok(index)) => Step::Index(index),
            _ => Step::Name(part.into()),
        })
        .collect()
}

/// The path of a column that is named after a field: `phone2.mac` and `phones.2.mac` are `phones[1].mac`. Nothing, if
/// there is no such field, or it has fields of its own.
pub(super) fn of_column(shape: &Shape, column: &str) -> Option<String> {
    let mut path = String::new();
    let mut shape = shape;
    let mut parts = column.split('.').peekable();
    while let Some(part) = parts.next() {
        match shape.strict() {
            Shape::Record(_) | Shape::Variants { .. } => {
                let own = shape.strict().field_of_any_type(part);
                // `phone` is a number, and `phone.mac` that of the first phone.
                let is_last = parts.peek().is_none();
                let has_parts = |field: &&Field| !matches!(field.shape.strict(), Shape::Text(_));
                let own = own.filter(|field| is_last || has_parts(field));
                let (field, index) = match own {
                    Some(field) => (field, None),
                    None => numbered(shape.strict(), part)?,
                };
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(&field.name);
                shape = &field.shape;
                if let (Some(index), Shape::List { item, .. }) = (index, shape.strict()) {
                    path = format!("{path}[{index}]");
                    shape = item;
                }
            }
            Shape::Map { item, .. } => {
                path.push('.');
                path.push_str(part);
                shape = item;
            }
            Shape::List { item, .. } => {
                let index: usize = part.parse().ok()?;
                let index = index.checked_sub(1).filter(|index| *index < MAX_INDEX)?;
                path = format!("{path}[{index}]");
                shape = item;
            }
            Shape::Secret if matches!(part, "env" | "file" | "command" | "version") => {
                path.push('.');
                path.push_str(part);
                return parts.peek().is_none().then_some(path);
            }
            _ => return None,
        }
    }
    let is_value = match shape.strict() {
        Shape::Record(_) | Shape::Variants { .. } | Shape::Map { .. } => false,
        Shape::List { item, .. } => !matches!(
            item.strict(),
            Shape::Record(_) | Shape::Variants { .. } | Shape::Map { .. } | Shape::List { .. }
        ),
        _ => true,
    };
    is_value.then_some(path)
}

/// The list and the index of a name such as `phone` or `phone2`: the singular of the list's name.
fn numbered<'s>(shape: &'s Shape, name: &str) -> Option<(&'s Field, Option<usize>)> {
    let singular = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let number = &name[singular.len()..];
    let number: usize = if number.is_empty() {
        1
    } else {
        number.parse().ok()?
    };
    let index = number.checked_sub(1).filter(|index| *index < MAX_INDEX)?;
    let field = shape.field_of_any_type(&format!("{singular}s"))?;
    matches!(field.shape.strict(), Shape::List { .. }).then_some((field, Some(index)))
}

/// The name of the column of a path, which [`of_column`] reads back.
pub(super) fn column(path: &str) -> String {
    let mut column = String::new();
    for step in steps(path) {
        match step {
            Step::Name(name) => {
                if !column.is_empty() {
                    column.push('.');
                }
                column.push_str(&name);
            }
            Step::Index(index) => {
                if column == "phones" || column == "numbers" {
                    column.pop();
                    if index > 0 {
                        column.push_str(&(index + 1).to_string());
                    }
                } else {
                    column = format!("{column}.{}", index + 1);
                }
            }
        }
    }
    column
}

/// The shape at a path; of a part of a secret, that of the secret.
pub(super) fn shape_at<'s>(shape: &'s Shape, path: &str) -> Option<&'s Shape> {
    steps(path)
        .iter()
        .try_fold(shape, |shape, step| match (shape.strict(), step) {
            (shape @ (Shape::Record(_) | Shape::Variants { .. }), Step::Name(name)) => {
                Some(&shape.field_of_any_type(name)?.shape)
            }
            (Shape::Map { item, .. }, Step::Name(_))
            | (Shape::List { item, .. }, Step::Index(_)) => Some(&**item),
            (secret @ Shape::Secret, Step::Name(_)) => Some(secret),
            _ => None,
        })
}

/// The paths of all values, in order: lists of texts are one value.
pub(super) fn leaves(fields: &Fields) -> Vec<(String, &Value)> {
    fn walk<'v>(path: String, value: &'v Value, found: &mut Vec<(String, &'v Value)>) {
        match value {
            Value::Map(fields) if !fields.is_empty() => {
                for (name, value) in fields.iter() {
                    walk(format!("{path}.{name}"), value, found);
                }
            }
            Value::List(list) if list.iter().any(|one| matches!(one, Value::Map(_))) => {
                for (index, value) in list.iter().enumerate() {
                    walk(format!("{path}[{index}]"), value, found);
                }
            }
            value => found.push((path, value)),
        }
    }
    let mut found = Vec::new();
    for (name, value) in fields.iter() {
        walk(name.to_string(), value, &mut found);
    }
    found
}

/// The value at a path.
pub(super) fn value_at<'v>(fields: &'v Fields, path: &str) -> Option<&'v Value> {
    let mut steps = steps(path).into_iter();
    let first = match steps.next()? {
        Step::Name(name) => fields.get(&name)?,
        Step::Index(_) => return None,
    };
    steps.try_fold(first, |value, step| match step {
        Step::Name(name) => value.as_map()?.get(&name),
        Step::Index(index) => value.elements().get(index),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Kind;

    #[test]
    fn columns_are_paths_and_back() {
        let shape = Kind::Users.shape();
        for (name, path) in [
            ("email", "email"),
            ("voicemail.email", "voicemail.email"),
            ("phone.mac", "phones[0].mac"),
            ("phone2.model", "phones[1].model"),
            ("with.did", "with.did"),
            ("groups", "groups"),
            (
                "answering_rules.2.destinations",
                "answering_rules[1].destinations",
            ),
            ("voicemail.pin.env", "voicemail.pin.env"),
        ] {
            assert_eq!(of_column(shape, name).as_deref(), Some(path));
            assert_eq!(column(path), name);
            assert!(shape_at(shape, path).is_some(), "{path}");
        }
        assert_eq!(
            of_column(shape, "phones.2.mac").as_deref(),
            Some("phones[1].mac")
        );
        assert_eq!(of_column(shape, "phone").as_deref(), Some("phone"));
        for none in [
            "voicemail",
            "phones",
            "nothing",
            "phone.",
            "phone0.mac",
            "with",
            "email.x",
            "",
        ] {
            assert_eq!(of_column(shape, none), None, "{none}");
        }
    }
}
