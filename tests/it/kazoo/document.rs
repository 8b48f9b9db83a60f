//! A *document* is a stored object: its public fields, its revision, its login.

use serde_json::{Map, Value, json};

/// The login of a user: never returned, and preserved by a POST without it.
#[derive(Clone)]
pub(super) struct Login {
    pub(super) md5: String,
    pub(super) sha: String,
}

#[derive(Clone)]
pub(super) struct Doc {
    pub(super) collection: String,
    pub(super) fields: Map<String, Value>,
    pub(super) writes: u64,
    pub(super) revision: String,
    /// In seconds of the Gregorian calendar.
    pub(super) created: i64,
    pub(super) modified: i64,
    pub(super) is_deleted: bool,
    pub(super) login: Option<Login>,
}

impl Doc {
    pub(super) fn new(collection: &str, fields: Map<String, Value>) -> Self {
        let now = super::world::gregorian();
        let mut doc = Self {
            collection: collection.to_owned(),
            fields,
            writes: 0,
            revision: String::new(),
            created: now,
            modified: now,
            is_deleted: false,
            login: None,
        };
        doc.bump();
        doc
    }

    /// Updates the revision after a write.
    pub(super) fn bump(&mut self) {
        self.writes += 1;
        self.revision = format!("{}-{}", self.writes, super::world::hex());
        self.modified = super::world::gregorian();
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.fields.get(name)?.as_str()
    }

    /// The public fields.
    pub(super) fn public(&self, id: &str) -> Value {
        let mut fields = self.fields.clone();
        fields.insert("id".into(), id.into());
        fields.into()
    }

    pub(super) fn metadata(&self, id: &str) -> Value {
        json!({"id": id, "created": self.created, "modified": self.modified})
    }
}

/// Applies a merge patch: objects are merged, lists are replaced, and null removes a field.
pub(super) fn merge(fields: &mut Map<String, Value>, patch: &Map<String, Value>) {
    for (name, value) in patch {
        match (fields.get_mut(name), value) {
            (_, Value::Null) => {
                fields.shift_remove(name);
            }
            (Some(Value::Object(old)), Value::Object(new)) => merge(old, new),
            (_, Value::Object(new)) => {
                let mut made = Map::new();
                merge(&mut made, new);
                fields.insert(name.clone(), made.into());
            }
            (_, value) => {
                fields.insert(name.clone(), value.clone());
            }
        }
    }
}

/// The value at a dotted path.
pub(super) fn at<'v>(fields: &'v Map<String, Value>, path: &str) -> Option<&'v Value> {
    if let Some(value) = fields.get(path) {
        return Some(value);
    }
    let (first, rest) = path.split_once('.')?;
    at(fields.get(first)?.as_object()?, rest)
}
