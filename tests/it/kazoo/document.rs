//! A *document* is a stored object as Kazoo keeps it in CouchDB: beside its public fields it has private ones, which
//! say of which collection it is, when it was written, whether it is valid or deleted, and what its login is.

use crate::fake::Object;
use serde_json::{Map, Value, json};

/// The seconds between the start of the Gregorian calendar and the Unix epoch.
const BEFORE_UNIX: i64 = 62_167_219_200;

/// The time in seconds of the Gregorian calendar.
pub(super) fn gregorian() -> i64 {
    super::world::now() + BEFORE_UNIX
}

/// A new document.
pub(super) fn made(kind: &str, mut fields: Map<String, Value>) -> Map<String, Value> {
    fields.insert("pvt_collection".into(), kind.into());
    fields.insert("pvt_is_valid".into(), true.into());
    fields.insert("pvt_created".into(), gregorian().into());
    fields
}

/// The fields that a client sees and may send.
pub(super) fn public(mut fields: Map<String, Value>) -> Map<String, Value> {
    fields.retain(|name, _| !name.starts_with('_') && !name.starts_with("pvt_") && name != "id");
    fields
}

#[derive(Clone, Copy)]
pub(super) struct Doc<'s> {
    pub(super) id: &'s str,
    pub(super) fields: &'s Map<String, Value>,
    revision: u64,
}

impl<'s> Doc<'s> {
    pub(super) fn new(id: &'s str, object: &'s Object) -> Self {
        Self {
            id,
            fields: &object.fields,
            revision: object.revision,
        }
    }

    pub(super) fn kind(self) -> &'s str {
        self.private("pvt_collection").unwrap_or_default()
    }

    pub(super) fn is_deleted(self) -> bool {
        self.fields.contains_key("pvt_deleted")
    }

    /// Whether it matches its schemas. An edit by an administrator may not.
    pub(super) fn is_valid(self) -> bool {
        self.fields["pvt_is_valid"] == true
    }

    /// The revision as CouchDB writes one: a number, and what would be a digest of the content.
    pub(super) fn revision(self) -> String {
        format!("{0}-{0:032x}", self.revision)
    }

    /// The value at a dotted path, if it is public.
    pub(super) fn at(self, path: &str) -> Option<&'s Value> {
        at(self.fields, path).filter(|_| !path.starts_with("pvt_"))
    }

    pub(super) fn text(self, path: &str) -> Option<&'s str> {
        self.at(path)?.as_str()
    }

    /// The text of a private field.
    pub(super) fn private(self, name: &str) -> Option<&'s str> {
        self.fields.get(name)?.as_str()
    }

    /// The texts of a list.
    pub(super) fn texts(self, name: &str) -> impl Iterator<Item = &'s str> + use<'s> {
        texts(self.fields.get(name))
    }

    /// Whether a list contains a text.
    pub(super) fn lists(self, name: &str, text: &str) -> bool {
        self.texts(name).any(|known| known == text)
    }

    /// The public fields.
    pub(super) fn public(self) -> Value {
        let mut fields = public(self.fields.clone());
        fields.insert("id".into(), self.id.into());
        fields.into()
    }

    /// When it was created or modified.
    pub(super) fn time(self, name: &str) -> i64 {
        self.fields[name].as_i64().unwrap_or_default()
    }

    pub(super) fn metadata(self) -> Value {
        json!({"id": self.id, "created": self.time("pvt_created"), "modified": self.time("pvt_modified")})
    }
}

/// The texts of a list.
pub(super) fn texts(list: Option<&Value>) -> impl Iterator<Item = &str> {
    let items = list.and_then(Value::as_array).into_iter().flatten();
    items.filter_map(Value::as_str)
}

/// The value at a dotted path.
pub(super) fn at<'v>(fields: &'v Map<String, Value>, path: &str) -> Option<&'v Value> {
    if let Some(value) = fields.get(path) {
        return Some(value);
    }
    let (first, rest) = path.split_once('.')?;
    at(fields.get(first)?.as_object()?, rest)
}
