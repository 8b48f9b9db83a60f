//! Converts *values* of the model to Kazoo.

use super::Writer;
use crate::{
    model::{Kind, Value as ModelValue},
    portal::{
        Error,
        kazoo::{flow::Resolver as _, mapping::Form},
        rest::{Doc, doc},
    },
};
use serde_json::{Value, json};

impl Writer<'_> {
    /// Converts the target value of a field. An absent value becomes the field's default, or `None` if it
    /// has no default.
    pub(super) fn to_kazoo(self, field: &str, form: Form) -> Result<Option<Value>, Error> {
        let default = || self.default(field);
        let value = match self.target(field) {
            Some(value) => Some(value),
            None => default(),
        };
        Ok(match (form, value) {
            (Form::User, Some(ModelValue::Text(key))) => Some(self.user_id(field, key)?.into()),
            (Form::Thousandths, Some(ModelValue::Integer(number))) => Some((number * 1000).into()),
            (_, Some(ModelValue::Text(text))) => Some((**text).into()),
            (_, Some(ModelValue::Bool(flag))) => Some((*flag).into()),
            (_, Some(ModelValue::Integer(number))) => Some((*number).into()),
            (
                _,
                None
                | Some(
                    ModelValue::Null
                    | ModelValue::List(_)
                    | ModelValue::Map(_)
                    | ModelValue::Secret(_),
                ),
            ) => None,
        })
    }

    /// The ID of a user, which a field names.
    fn user_id(self, field: &str, key: &str) -> Result<String, Error> {
        let id = self.account(|account| account.user_id(key).map(str::to_owned));
        id.ok_or_else(|| self.refuse(field, &format!("users/{key} doesn't exist")))
    }

    /// The IDs of the users in a list, in order.
    pub(super) fn user_ids(self, field: &str) -> Result<Vec<String>, Error> {
        let keys = self.target_list(field).iter();
        let ids = keys.map(|key| self.user_id(field, key.as_text().unwrap_or_default()));
        ids.collect()
    }

    /// The default of a field in the model.
    fn default(self, path: &str) -> Option<&'static ModelValue> {
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

/// Replaces the first item of a list and keeps the others. `None` clears the list.
pub(super) fn set_first(doc: &mut Doc, path: &str, first: Option<Value>) {
    let mut list = doc::at(doc, path)
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    match (first, list.is_empty()) {
        // Other fields of the item, such as its types, are kept.
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

/// Records the version of a secret that was sent, or removes the record.
pub(super) fn note_secret_version(doc: &mut Doc, name: &str, version: Option<Value>) {
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
