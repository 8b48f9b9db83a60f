//! The *table* says which field of which document contains a field of the model. Reading, writing,
//! capabilities, details, refusals and the docs all follow from its rows.

use super::{
    super::{Error, FieldMapping},
    cache::Entry,
    dialect::{Collection, Dialect},
    doc::{self, Doc},
    writer::Writer,
};
use crate::model::{Fields, Kind, Shape, Value as ModelValue};
use serde_json::{Map, Value, json};
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    sync::OnceLock,
};

/// The fields of an object in the model's JSON, not yet validated.
pub type RawFields = Map<String, Value>;

/// A field of the model and where a portal keeps it.
#[derive(Clone, Copy, Debug)]
pub struct Row<C: 'static> {
    /// The kind.
    pub kind: Kind,
    /// The field in the model, with dots. For a kind with types it is prefixed with the type, or with `*`
    /// for every type.
    pub field: &'static str,
    /// The type of the document that contains it.
    pub of: C,
    /// The field in the document, with dots.
    pub at: &'static str,
    /// How the value is represented.
    pub codec: Codec,
    /// Whether a list contains the field. Otherwise the document is requested where the field is declared.
    pub is_listed: bool,
}

/// How a value of the model is represented in a document.
#[derive(Clone, Copy, Debug)]
pub enum Codec {
    /// Text.
    Text,
    /// Text that the portal compares without regard to case.
    LowerCase,
    /// `true` or `false`.
    Flag,
    /// A whole number.
    Integer,
    /// A whole number, multiplied.
    Scaled(i64),
    /// One of several words: the model's and the portal's. The first one is the default.
    Choice(&'static [(&'static str, &'static str)]),
    /// A list with at most one element in the model, a single text on the portal.
    Single,
    /// A text in the model, the first element of a list on the portal. Other elements are kept.
    First,
    /// The same, where the elements are objects: the field that contains the text, and the JSON of the
    /// other fields of a new element.
    FirstField(&'static str, &'static str),
    /// The same, of the entry of a type, or else the first one without a type: the type, and the field that
    /// contains the text. Other entries and fields are kept.
    OfType(&'static str, &'static str),
    /// A list of texts.
    List,
    /// The ID of a user.
    User,
    /// A secret, which is never read. The text says where its version is stored.
    Secret(&'static str),
    /// Something that code reads and writes, described by the text.
    Derived(&'static str),
}

/// The keys and IDs of the objects to which a field can refer.
pub trait Names {
    /// The key of the user with an ID.
    fn user_key(&self, id: &str) -> Option<&str>;
}

/// Writes the rows of a table, one on each line: the field, whether lists contain it (`list`) or only the
/// document does (`detail`), the document, the field in it, and the codec.
macro_rules! rows {
    ($($kind:ident { $($field:literal $place:ident $of:ident $at:literal $codec:expr;)* })*) => {
        &[$($($crate::portal::rest::table::Row {
            kind: $crate::model::Kind::$kind,
            field: $field,
            of: Collection::$of,
            at: $at,
            codec: $codec,
            is_listed: $crate::portal::rest::table::rows!(@ $place),
        },)*)*]
    };
    (@ list) => { true };
    (@ detail) => { false };
}
pub(crate) use rows;

impl<C> Row<C> {
    /// The name of the field without the type, if it belongs to this type.
    fn own_field(&self, type_name: &str) -> Option<&'static str> {
        if type_name.is_empty() {
            return Some(self.field);
        }
        let (prefix, own) = self.field.split_once('.')?;
        (prefix == type_name).then_some(own)
    }

    /// The name of the field without any type.
    fn field_of_any_type(&self) -> &'static str {
        let has_types = matches!(self.kind.shape(), Shape::Variants { .. });
        match self.field.split_once('.') {
            Some((_, own)) if has_types => own,
            _ => self.field,
        }
    }

    /// The first segment of the path in the document.
    fn column(&self) -> &'static str {
        self.at.split('.').next().unwrap_or(self.at)
    }

    /// Reads the field; `None` if it is absent or has the wrong type.
    fn read(&self, doc: &Doc, names: &dyn Names) -> Option<Value> {
        let there = doc::at(doc, self.at);
        if let Codec::Choice(words) = self.codec {
            let Some(there) = there.and_then(Value::as_str) else {
                return Some(words.first()?.0.into());
            };
            let known = words.iter().find(|(_, word)| *word == there);
            return Some(known.map_or(there, |(ours, _)| *ours).into());
        }
        let there = there?;
        match self.codec {
            Codec::Text => there.is_string().then(|| there.clone()),
            Codec::LowerCase => there.as_str().map(|text| text.to_lowercase().into()),
            Codec::OfType(of_type, field) => {
                let entries = there.as_array()?;
                let text = entries[position(entries, of_type)?].get(field)?.as_str();
                text.map(Value::from)
            }
            Codec::Flag => there.is_boolean().then(|| there.clone()),
            Codec::Integer => there.as_i64().map(Value::from),
            Codec::Scaled(by) => there.as_i64().map(|number| (number / by).into()),
            Codec::Single => there.as_str().map(|text| json!([text])),
            Codec::First => there.get(0)?.as_str().map(Value::from),
            Codec::FirstField(field, _) => there.get(0)?.get(field)?.as_str().map(Value::from),
            Codec::List if there.is_string() => Some(json!([there])),
            Codec::List => there.is_array().then(|| there.clone()),
            Codec::User => names.user_key(there.as_str()?).map(Value::from),
            Codec::Choice(_) | Codec::Secret(_) | Codec::Derived(_) => None,
        }
    }

    /// Writes a value to a document; `None` removes it. `id_of` resolves the key of a user.
    fn write(
        &self,
        doc: &mut Doc,
        value: Option<&ModelValue>,
        id_of: impl Fn(&str) -> Result<String, Error>,
    ) -> Result<(), Error> {
        let value = value.filter(|value| **value != ModelValue::Null);
        let first = || value?.elements().first()?.as_text();
        let text = value.and_then(ModelValue::as_text);
        let there = match self.codec {
            Codec::Text | Codec::LowerCase | Codec::Flag | Codec::Integer => value.and_then(scalar),
            Codec::OfType(of_type, field) => {
                let old = doc::at(doc, self.at).and_then(Value::as_array);
                with_entry(old.cloned().unwrap_or_default(), (of_type, field), text)
            }
            Codec::Scaled(by) => match value {
                Some(ModelValue::Integer(number)) => Some((number * by).into()),
                _ => None,
            },
            Codec::Choice(words) => {
                let known = words.iter().find(|(ours, _)| Some(*ours) == text);
                let default = words.first().map(|(_, word)| *word);
                known
                    .map(|(_, word)| *word)
                    .or(text)
                    .or(default)
                    .map(Value::from)
            }
            Codec::Single => first().map(Value::from),
            Codec::First => {
                set_first(doc, self.at, text.map(Value::from));
                return Ok(());
            }
            Codec::FirstField(field, others) => {
                let element = text.map(|text| {
                    let mut element: Value = serde_json::from_str(others).unwrap_or_default();
                    element[field] = text.into();
                    element
                });
                set_first(doc, self.at, element);
                return Ok(());
            }
            Codec::List => {
                let all = value.map_or(&[][..], ModelValue::elements).iter();
                Some(all.filter_map(ModelValue::as_text).collect())
            }
            Codec::User => text.map(id_of).transpose()?.map(Value::from),
            Codec::Secret(_) | Codec::Derived(_) => return Ok(()),
        };
        doc::put(doc, self.at, there);
        Ok(())
    }

    fn is_plain(&self) -> bool {
        !matches!(self.codec, Codec::Secret(_) | Codec::Derived(_))
    }

    /// The representation in the docs.
    fn representation(&self) -> Cow<'static, str> {
        match self.codec {
            Codec::Text | Codec::Flag | Codec::Integer => "unchanged".into(),
            Codec::LowerCase => "compared without regard to case".into(),
            Codec::OfType(of_type, field) => {
                format!("`{field}` of the entry of type `{of_type}`; other entries are kept").into()
            }
            Codec::Scaled(1000) => "in thousandths".into(),
            Codec::Scaled(by) => format!("times {by}").into(),
            Codec::Choice(words) => {
                let words = words.iter().map(|(ours, word)| match ours == word {
                    true => format!("`{ours}`"),
                    false => format!("`{ours}` is `{word}`"),
                });
                words.collect::<Vec<_>>().join(" or ").into()
            }
            Codec::Single => "one item".into(),
            Codec::First | Codec::FirstField(..) => {
                "the first item of the list; other items are kept".into()
            }
            Codec::List => "a list".into(),
            Codec::User => "the ID of the user".into(),
            Codec::Secret(note) | Codec::Derived(note) => note.into(),
        }
    }
}

fn scalar(value: &ModelValue) -> Option<Value> {
    match value {
        ModelValue::Text(text) => Some((**text).into()),
        ModelValue::Bool(flag) => Some((*flag).into()),
        ModelValue::Integer(number) => Some((*number).into()),
        ModelValue::Null | ModelValue::List(_) | ModelValue::Map(_) | ModelValue::Secret(_) => None,
    }
}

/// The position of the entry of a type, or else of the primary or first entry without a type.
fn position(entries: &[Value], of_type: &str) -> Option<usize> {
    let type_of = |entry: &Value| entry["type"].as_str().map(str::to_lowercase);
    let is_untyped = |entry: &&Value| type_of(entry).is_none();
    let find = |is_it: &dyn Fn(&Value) -> bool| entries.iter().position(is_it);
    find(&|entry| type_of(entry).as_deref() == Some(of_type))
        .or_else(|| find(&|entry| is_untyped(&entry) && entry["primary"] == true))
        .or_else(|| find(&|entry| is_untyped(&entry)))
}

/// A list with another text in its entry of a type; `None` if it becomes empty.
fn with_entry(
    mut entries: Vec<Value>,
    (of_type, field): (&str, &str),
    text: Option<&str>,
) -> Option<Value> {
    match (position(&entries, of_type), text) {
        (Some(at), Some(text)) => entries[at][field] = text.into(),
        (None, Some(text)) => entries.push(json!({"type": of_type, field: text})),
        (Some(at), None) => drop(entries.remove(at)),
        (None, None) => {}
    }
    (!entries.is_empty()).then_some(Value::Array(entries))
}

/// Replaces the first item of a list and keeps the others. `None` clears the list.
pub fn set_first(doc: &mut Doc, path: &str, first: Option<Value>) {
    let list = doc::at(doc, path).and_then(Value::as_array).cloned();
    let mut list = list.unwrap_or_default();
    match (first, list.is_empty()) {
        // Other fields of the item, such as its types, are kept.
        (Some(first), false) => match (&mut list[0], first) {
            (Value::Object(old), Value::Object(new)) => {
                for (name, value) in new {
                    if !value.is_array() || !old.contains_key(&name) {
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

/// The default of a field in the model. `type_of` selects the type of a kind with types.
fn default(kind: Kind, type_of: &Fields, path: &str) -> Option<&'static ModelValue> {
    let mut names = path.split('.');
    let first = names.next()?;
    let mut field = match kind.shape() {
        shape @ Shape::Variants { .. } => {
            let of_type = shape.fields(type_of);
            of_type.iter().find(|field| &*field.name == first)?
        }
        shape => shape.field_of_any_type(first)?,
    };
    for name in names {
        field = field.shape.field_of_any_type(name)?;
    }
    field.default.as_ref()
}

/// All rows of a portal.
pub struct Table<C: 'static> {
    rows: &'static [Row<C>],
    unsupported: OnceLock<BTreeMap<Kind, BTreeSet<&'static str>>>,
}

impl<C: Collection> Table<C> {
    /// Creates a table.
    pub const fn new(rows: &'static [Row<C>]) -> Self {
        Self {
            rows,
            unsupported: OnceLock::new(),
        }
    }

    /// The rows of a kind; of a kind with types, those of one type.
    fn of<'t>(
        &self,
        kind: Kind,
        type_name: &'t str,
    ) -> impl Iterator<Item = (&'static str, &'static Row<C>)> + use<'t, C> {
        let rows = self.rows.iter().filter(move |row| row.kind == kind);
        rows.filter_map(move |row| Some((row.own_field(type_name)?, row)))
    }

    /// Reads the fields that a document contains. A field that lists don't contain is read from the full
    /// document only.
    pub fn read(
        &self,
        (kind, type_name): (Kind, &str),
        of: C,
        entry: &Entry,
        names: &dyn Names,
        raw: &mut RawFields,
    ) {
        let rows = self.of(kind, type_name).filter(|(_, row)| row.of == of);
        for (field, row) in rows.filter(|(_, row)| row.is_plain()) {
            if !row.is_listed && entry.full_doc().is_none() {
                continue;
            }
            let value = row.read(entry.doc(), names);
            if value.is_some() {
                doc::put(raw, field, value);
            }
        }
    }

    /// The rows of a kind.
    pub fn rows(&self, kind: Kind) -> impl Iterator<Item = &'static Row<C>> + use<C> {
        self.rows.iter().filter(move |row| row.kind == kind)
    }

    /// The documents that must be requested for the declared fields of a resource.
    pub fn details(&self, kind: Kind, declares: &dyn Fn(&str) -> bool) -> BTreeSet<C> {
        let rows = self.rows.iter();
        let rows = rows.filter(|row| row.kind == kind && !row.is_listed);
        let declared = rows.filter(|row| declares(row.field_of_any_type()));
        declared.map(|row| row.of).collect()
    }

    /// The fields of a type of document that the table names, by their first segment.
    pub fn columns(&self, of: C) -> BTreeSet<&'static str> {
        let rows = self.rows.iter().filter(|row| row.of == of);
        rows.map(Row::column).collect()
    }

    /// The paths of the secrets in a type of document.
    pub fn secrets(&self, of: C) -> impl Iterator<Item = &'static str> {
        let rows = self.rows.iter().filter(move |row| row.of == of);
        let secret = rows.filter(|row| matches!(row.codec, Codec::Secret(_)));
        secret.map(|row| row.at)
    }

    /// The model's field for a field of a document, to locate a refusal.
    pub fn model_field(&self, kind: Kind, of: C, at: &str) -> Option<&'static str> {
        let is_in = |row: &&Row<C>| {
            let rest = at.strip_prefix(row.at);
            let is_below = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
            row.kind == kind && row.of == of && is_below
        };
        let row = self
            .rows
            .iter()
            .filter(is_in)
            .max_by_key(|row| row.at.len())?;
        let field = row.field_of_any_type();
        Some(field.split_once("[]").map_or(field, |(list, _)| list))
    }

    /// The table for the docs.
    pub fn mapping(&self) -> Vec<FieldMapping> {
        let mapping = |row: &Row<C>| FieldMapping {
            kind: row.kind,
            field: row.field,
            document: row.of.name(),
            portal_field: row.at,
            representation: row.representation(),
        };
        self.rows.iter().map(mapping).collect()
    }

    /// The fields of a kind that no row names.
    pub fn unsupported(&'static self, kind: Kind) -> BTreeSet<&'static str> {
        let all = self.unsupported.get_or_init(|| {
            let of_kind = |kind: Kind| (kind, self.missing(kind));
            Kind::ALL.into_iter().map(of_kind).collect()
        });
        all.get(&kind).cloned().unwrap_or_default()
    }

    fn missing(&self, kind: Kind) -> BTreeSet<&'static str> {
        let mut missing = Vec::new();
        let fields: Vec<&str> = self.of(kind, "").map(|(field, _)| field).collect();
        match kind.shape() {
            Shape::Variants { tag, types } => {
                for (name, shape) in types {
                    let own = fields.iter().filter_map(|field| {
                        let (prefix, own) = field.split_once('.')?;
                        (prefix == "*" || prefix == &**name).then_some(own)
                    });
                    let own: Vec<&str> = own.collect();
                    let has_rows = fields.iter().any(|field| field.starts_with(&**name));
                    if has_rows {
                        let other = |path: String| format!("{name}.{path}");
                        let own = [&own[..], &[&**tag]].concat();
                        missing.extend(unnamed(shape, &own).into_iter().map(other));
                    } else {
                        missing.push(name.to_string());
                    }
                }
            }
            shape => missing = unnamed(shape, &fields),
        }
        // Once for each table of the program.
        let forever = |path: String| -> &'static str { Box::leak(path.into_boxed_str()) };
        missing.into_iter().map(forever).collect()
    }
}

/// The paths of a shape that aren't among `named`.
fn unnamed(shape: &Shape, named: &[&str]) -> Vec<String> {
    let mut missing = Vec::new();
    for field in shape.all_fields() {
        let below = format!("{}.", field.name);
        let inner: Vec<&str> = named
            .iter()
            .filter_map(|name| name.strip_prefix(&*below))
            .collect();
        if named.contains(&&*field.name) {
            continue;
        }
        if inner.is_empty() {
            missing.push(field.name.to_string());
        } else {
            let inner = unnamed(field.shape.strict(), &inner);
            missing.extend(inner.into_iter().map(|path| format!("{below}{path}")));
        }
    }
    missing
}

impl<D: Dialect> Writer<'_, D> {
    /// Writes the changed fields and the secrets of the object to a document, as far as the table says how;
    /// with `all` every field, for a new document whose defaults differ from the model's.
    ///
    /// # Errors
    /// A field refers to a user who doesn't exist.
    pub fn fill(
        self,
        table: &Table<D::Of>,
        type_name: &str,
        of: D::Of,
        doc: &mut Doc,
        all: bool,
    ) -> Result<(), Error> {
        let kind = self.write.address.kind;
        let rows = table.of(kind, type_name).filter(|(_, row)| row.of == of);
        for (field, row) in rows {
            if let (Codec::Secret(_), Some(secret)) = (row.codec, self.secret(field)) {
                doc::put(doc, row.at, Some(secret.into()));
            }
            let target = self.target(field);
            let is_written =
                all || self.changes(field) || self.object().is_none() && target.is_some();
            if !row.is_plain() || !is_written {
                continue;
            }
            let value = target.or_else(|| default(kind, self.write.target, field));
            if value.is_some() || !all {
                row.write(doc, value, |key| self.user_id(field, key))?;
            }
        }
        Ok(())
    }

    /// The ID of a user, which a field names.
    ///
    /// # Errors
    /// There is no such user.
    pub fn user_id(self, field: &str, key: &str) -> Result<String, Error> {
        let id = D::user_id(&self.store.cache(), key).map(str::to_owned);
        id.ok_or_else(|| self.refuse(field, &format!("users/{key} doesn't exist")))
    }

    /// The IDs of the users in a list, in order.
    ///
    /// # Errors
    /// One of the users doesn't exist.
    pub fn user_ids(self, field: &str) -> Result<Vec<String>, Error> {
        let keys = self.target_list(field).iter();
        let ids = keys.map(|key| self.user_id(field, key.as_text().unwrap_or_default()));
        ids.collect()
    }
}

/// Reads the fields of an object. What a format doesn't accept can't be declared, and is left out.
pub fn parse_fields(kind: Kind, raw: RawFields) -> Fields {
    let shape = kind.shape();
    let mut raw = Value::Object(raw);
    retain_valid(shape, &mut raw);
    let fields = shape.read(&raw);
    // Invalid values have been removed, so this can't fail.
    shape.without_defaults(fields.unwrap_or_default())
}

fn retain_valid(shape: &Shape, json: &mut Value) -> bool {
    match (shape.strict(), json) {
        (Shape::Text(Some(format)), Value::String(text)) => format.accepts(text),
        (Shape::List { item, .. }, Value::Array(list)) => {
            list.retain_mut(|one| retain_valid(item, one));
            true
        }
        (Shape::Map { item, key }, Value::Object(entries)) => {
            entries.retain(|name, one| {
                key.is_none_or(|key| key.accepts(name)) && retain_valid(item, one)
            });
            true
        }
        (shape @ (Shape::Record(_) | Shape::Variants { .. }), Value::Object(entries)) => {
            entries.retain(|name, one| {
                let field = shape.field_of_any_type(name);
                field.is_some_and(|field| retain_valid(&field.shape, one))
            });
            true
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::{position, with_entry};
    use serde_json::{Value, json};

    #[test]
    fn the_entry_of_a_type_is_found() {
        for (entries, at) in [
            (json!([{"type": "home"}, {"type": "Work"}]), Some(1)),
            (json!([{"value": "a"}, {"primary": true}]), Some(1)),
            (json!([{"type": "home"}, {"value": "a"}]), Some(1)),
            (json!([{"type": "home", "primary": true}]), None),
            (json!([]), None),
        ] {
            assert_eq!(
                position(entries.as_array().unwrap(), "work"),
                at,
                "{entries}"
            );
        }
    }

    #[test]
    fn other_entries_of_a_list_are_kept() {
        let home = json!({"type": "home", "value": "h", "primary": true});
        let both = |work: &str| {
            vec![
                home.clone(),
                json!({"type": "work", "value": work, "display": "D"}),
            ]
        };
        let with = |old: Vec<Value>, text| with_entry(old, ("work", "value"), text);
        assert_eq!(with(both("a"), Some("b")), Some(both("b").into()));
        assert_eq!(with(both("a"), None), Some(json!([home])));
        let added = json!([home, {"type": "work", "value": "c"}]);
        assert_eq!(with(vec![home.clone()], Some("c")), Some(added));
        assert_eq!(
            with(vec![json!({"type": "work", "value": "a"})], None),
            None
        );
        assert_eq!(with(Vec::new(), None), None);
    }
}
