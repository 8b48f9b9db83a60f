//! *Walking* a shape: visits the unique values and the references of a resource.

use super::{Field, Shape};
use crate::model::{
    Kind,
    text::Format,
    value::{Fields, Name, Value},
};
use std::fmt::Write as _;

/// Maps a reference to its new text; none to keep it.
type Rename<'a> = &'a dyn Fn(&[Kind], &str) -> Option<Box<str>>;

/// The visitor of texts.
type Visit<'a, 'f> = &'a mut dyn FnMut(&str, Option<&'f Field>, Option<&'static Format>, &'f str);

/// Appends `.name` to a path.
fn push_name(path: &mut String, name: &str) {
    if !path.is_empty() {
        path.push('.');
    }
    path.push_str(name);
}

impl Shape {
    /// Calls `see` for each unique value: its path, its space and the value.
    pub fn claims<'f>(&'f self, fields: &'f Fields, see: &mut dyn FnMut(&str, &'f Name, &'f str)) {
        let holds = |field: &Field| field.claims;
        self.walk(
            fields,
            &mut String::new(),
            &holds,
            &mut |path, field, _, text| {
                if let Some(space) = field.and_then(|field| field.unique.as_ref()) {
                    see(path, space, text);
                }
            },
        );
    }

    /// Calls `see` for each reference: its path, the allowed kinds and the text.
    pub fn references<'f>(
        &'f self,
        fields: &'f Fields,
        see: &mut dyn FnMut(&str, &'static [Kind], &'f str),
    ) {
        let holds = |field: &Field| field.refers;
        self.walk(
            fields,
            &mut String::new(),
            &holds,
            &mut |path, _, format, text| {
                if let Some(format) = format.filter(|format| !format.refers_to.is_empty()) {
                    see(path, format.refers_to, text);
                }
            },
        );
    }

    /// Calls `see` for each text that has a format.
    pub fn texts<'f>(&'f self, fields: &'f Fields, see: &mut dyn FnMut(&'static Format, &'f str)) {
        self.walk(
            fields,
            &mut String::new(),
            &|_| true,
            &mut |_, _, format, text| {
                if let Some(format) = format {
                    see(format, text);
                }
            },
        );
    }

    /// Rewrites references for which `rename` returns a new text.
    #[must_use]
    pub fn with_references(&self, fields: &Fields, rename: Rename<'_>) -> Fields {
        let known = self.fields(fields);
        let renamed = fields.iter().map(|(name, value)| {
            let field = known.iter().find(|field| field.name == *name);
            let renamed = field.map(|field| field.shape.value_with_references(value, rename));
            (name.clone(), renamed.unwrap_or_else(|| value.clone()))
        });
        renamed.collect()
    }

    fn value_with_references(&self, value: &Value, rename: Rename<'_>) -> Value {
        match (self, value) {
            (Self::Text(Some(format)), Value::Text(text)) => {
                Value::Text(rename(format.refers_to, text).unwrap_or_else(|| text.clone()))
            }
            (Self::List { item, order }, Value::List(list)) => {
                let renamed = list
                    .iter()
                    .map(|one| item.value_with_references(one, rename));
                Self::arrange(order, renamed.collect())
            }
            (Self::Map { item, .. }, Value::Map(fields)) => {
                let renamed = fields
                    .iter()
                    .map(|(name, one)| (name.clone(), item.value_with_references(one, rename)));
                Value::Map(renamed.collect())
            }
            (Self::Record(_) | Self::Variants { .. }, Value::Map(fields)) => {
                Value::Map(self.with_references(fields, rename))
            }
            (_, value) => value.clone(),
        }
    }

    /// Whether a shape contains unique values.
    pub(super) fn claims_within(&self) -> bool {
        match self {
            Self::Record(fields) => fields.iter().any(|field| field.claims),
            Self::Variants { types, .. } => types.iter().any(|(_, shape)| shape.claims_within()),
            Self::List { item, .. } | Self::Map { item, .. } | Self::Templated(item) => {
                item.claims_within()
            }
            Self::Text(_) | Self::Choice(_) | Self::Integer | Self::Boolean | Self::Secret => false,
        }
    }

    /// Whether a shape contains references.
    pub(super) fn refers_within(&self) -> bool {
        match self {
            Self::Text(format) => format.is_some_and(|format| !format.refers_to.is_empty()),
            Self::Record(fields) => fields.iter().any(|field| field.refers),
            Self::Variants { types, .. } => types.iter().any(|(_, shape)| shape.refers_within()),
            Self::List { item, .. } | Self::Map { item, .. } | Self::Templated(item) => {
                item.refers_within()
            }
            Self::Choice(_) | Self::Integer | Self::Boolean | Self::Secret => false,
        }
    }

    /// Calls `see` for each text in the selected `fields`: its path, its field, its format and the text.
    fn walk<'f>(
        &'f self,
        fields: &'f Fields,
        path: &mut String,
        holds: &dyn Fn(&Field) -> bool,
        see: Visit<'_, 'f>,
    ) {
        for field in self.fields(fields).iter().filter(|field| holds(field)) {
            if let Some(value) = fields.get(&field.name) {
                let length = path.len();
                push_name(path, &field.name);
                field.shape.walk_value(value, Some(field), path, holds, see);
                path.truncate(length);
            }
        }
    }

    fn walk_value<'f>(
        &'f self,
        value: &'f Value,
        field: Option<&'f Field>,
        path: &mut String,
        holds: &dyn Fn(&Field) -> bool,
        see: Visit<'_, 'f>,
    ) {
        let length = path.len();
        match (self, value) {
            (Self::Text(format), Value::Text(text)) => see(path, field, *format, text),
            // What a template gives is claimed by its users, not by the template.
            (Self::Templated(strict), value)
                if value.as_text().is_none_or(|text| !text.contains("${")) =>
            {
                strict.walk_value(value, None, path, holds, see);
            }
            (Self::List { item, .. }, Value::List(list)) => {
                for (at, element) in list.iter().enumerate() {
                    // Writing to a string can't fail.
                    _ = write!(path, "[{at}]");
                    // The texts of a list are claimed by its field, those of records by their own.
                    item.walk_value(element, field, path, holds, see);
                    path.truncate(length);
                }
            }
            (Self::Map { item, .. }, Value::Map(fields)) => {
                for (name, value) in fields.iter() {
                    push_name(path, name);
                    item.walk_value(value, None, path, holds, see);
                    path.truncate(length);
                }
            }
            (Self::Record(_) | Self::Variants { .. }, Value::Map(fields)) => {
                self.walk(fields, path, holds, see);
            }
            _ => {}
        }
    }
}
