//! A *value* as Kazoo keeps it.

use super::Writer;
use crate::{
    model::{Kind, Value as Ours},
    portal::{
        Error,
        kazoo::{
            doc::{self, Doc},
            flow::Names as _,
            mapping::Form,
        },
    },
};
use serde_json::{Value, json};

impl Writer<'_> {
    /// What a field is to hold, as Kazoo keeps it: the field's default where nothing is to be there,
    /// nothing where it has none.
    pub(super) fn as_kept(self, field: &str, form: Form) -> Result<Option<Value>, Error> {
        let default = || self.default(field);
        let value = match self.wanted(field) {
            Some(value) => Some(value),
            None => default(),
        };
        Ok(match (form, value) {
            (Form::Person, Some(Ours::Text(key))) => {
                let id = self.index(|index| index.user_id(key).map(str::to_owned));
                let missing = || self.refuse(field, &format!("there is no user {key}"));
                Some(id.ok_or_else(missing)?.into())
            }
            (Form::Thousandths, Some(Ours::Integer(number))) => Some((number * 1000).into()),
            (_, Some(Ours::Text(text))) => Some((**text).into()),
            (_, Some(Ours::Bool(flag))) => Some((*flag).into()),
            (_, Some(Ours::Integer(number))) => Some((*number).into()),
            (_, None | Some(Ours::Null | Ours::List(_) | Ours::Map(_) | Ours::Secret(_))) => None,
        })
    }

    /// What the model takes a field to be where it is absent.
    fn default(self, path: &str) -> Option<&'static Ours> {
        let kind = self.write.address.kind;
        let mut names = path.split('.');
        let first = names.next()?;
        let mut field = match kind {
            Kind::Extensions => {
                let of_type = kind.shape().fields(self.write.target);
                of_type.iter().find(|field| &*field.name == first)?
            }
            _ => kind.shape().field_of_any_type(first)?,
        };
        for name in names {
            field = field.shape.field_of_any_type(name)?;
        }
        field.default.as_ref()
    }
}

/// Puts something in the first place of a list, where the others stay; nothing empties it.
pub(super) fn with_first(doc: &mut Doc, path: &str, first: Option<Value>) {
    let mut list = doc::at(doc, path)
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    match (first, list.is_empty()) {
        // What is kept beside a text, such as its types, is kept.
        (Some(first), false) => match (&mut list[0], first) {
            (Value::Object(old), Value::Object(new)) => {
                for (name, value) in new {
                    if name != "types" || !old.contains_key("types") {
                        old.insert(name, value);
                    }
                }
            }
            (old, new) => *old = new,
        },
        (Some(first), true) => list.push(first),
        (None, false) => list.clear(),
        (None, true) => return,
    }
    doc::put(doc, path, Some(list.into()));
}

/// Notes beside a secret which version of it was sent, or that it is ours no more.
pub(super) fn put_secret(doc: &mut Doc, name: &str, version: Option<Value>) {
    let mut noted = doc::at(doc, "callsheet.secrets")
        .and_then(Value::as_object)
        .cloned();
    match version {
        Some(version) => drop(
            noted
                .get_or_insert_default()
                .insert(name.to_owned(), version),
        ),
        None => drop(noted.as_mut().and_then(|noted| noted.shift_remove(name))),
    }
    if let Some(noted) = noted {
        doc::put(doc, "callsheet.secrets", Some(json!(noted)));
    }
}
