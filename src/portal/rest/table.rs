//! The *table* says which field of which document contains a field of the model. Reading, writing,
//! capabilities, details, refusals and the docs all follow from its rows.

use super::{
    super::{Error, FieldMapping},
    cache::Entry,
    codec::{Codec, Names},
    dialect::{Collection, Dialect},
    doc::{self, Doc},
    writer::Writer,
};
use crate::{
    model::{Capabilities, Fields, Kind, Shape, ShownSecret, Value as ModelValue},
    profile::Profile,
};
use serde_json::{Map, Value};
use std::{
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
        for (field, row) in rows.filter(|(_, row)| row.codec.is_plain()) {
            if !row.is_listed && entry.full_doc().is_none() {
                continue;
            }
            let value = row.codec.read(entry.doc(), row.at, names);
            if value.is_some() {
                doc::put(raw, field, value);
            }
        }
    }

    /// What a document shows of the secrets of an object.
    pub fn shown(&self, (kind, type_name): (Kind, &str), of: C, doc: &Doc) -> Vec<ShownSecret> {
        let rows = self.of(kind, type_name).filter(|(_, row)| row.of == of);
        let shown = rows.filter_map(|(field, row)| {
            let Codec::Readable(shown_as, _) = row.codec else {
                return None;
            };
            let shown = match doc::at(doc, row.at)? {
                Value::String(text) if !text.is_empty() => text.clone(),
                Value::Number(number) => number.to_string(),
                _ => return None,
            };
            let path = field.split('.').map(Into::into).collect();
            Some(ShownSecret::new(path, &shown, shown_as))
        });
        shown.collect()
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
        let further = |row: &Row<C>| row.codec.further_fields().iter().copied();
        rows.flat_map(|row| further(row).chain([row.column()]))
            .collect()
    }

    /// Converts the fields of a document to the types that its rows read.
    pub fn retype(&self, of: C, doc: &mut Doc) {
        for row in self.rows.iter().filter(|row| row.of == of) {
            row.codec.retype(doc, row.at);
        }
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
            representation: row.codec.representation(),
        };
        self.rows.iter().map(mapping).collect()
    }

    /// What a portal with a profile supports: no field but those of the rows.
    pub fn capabilities(&'static self, profile: &str) -> Capabilities {
        let mut capabilities = Profile::named(profile).capabilities();
        for (kind, capability) in &mut capabilities.kinds {
            capability.unsupported = self.unsupported(*kind);
        }
        capabilities
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
                    let of_type = format!("{name}.");
                    let has_rows = fields.iter().any(|field| field.starts_with(&of_type));
                    if has_rows {
                        let other = |path: String| format!("{name}.{path}");
                        let own = [&own[..], &[&**tag]].concat();
                        missing.extend(shape.unnamed(&own).into_iter().map(other));
                    } else {
                        missing.push(name.to_string());
                    }
                }
            }
            shape => missing = shape.unnamed(&fields),
        }
        // Once for each table of the program.
        let forever = |path: String| -> &'static str { Box::leak(path.into_boxed_str()) };
        missing.into_iter().map(forever).collect()
    }
}

impl<D: Dialect> Writer<'_, D> {
    /// Writes the changed fields and the secrets of the object to a document, as far as the table says how;
    /// with `all` every field, for a new document whose defaults differ from the model's.
    ///
    /// # Errors
    /// A field refers to a user who doesn't exist.
    pub fn fill(self, type_name: &str, of: D::Of, doc: &mut Doc, all: bool) -> Result<(), Error> {
        let kind = self.write.address.kind;
        let table = self.store.dialect.table();
        let rows = table.of(kind, type_name).filter(|(_, row)| row.of == of);
        for (field, row) in rows {
            let secret = self.secret(field);
            if let (Codec::Secret(_) | Codec::Readable(..), Some(secret)) = (row.codec, secret) {
                doc::put(doc, row.at, Some(secret.into()));
            }
            let target = self.target(field);
            let is_written =
                all || self.changes(field) || self.object().is_none() && target.is_some();
            if !row.codec.is_plain() || !is_written {
                continue;
            }
            let value = target.or_else(|| default(kind, self.write.target, field));
            if value.is_some() || !all {
                row.codec
                    .write(doc, row.at, value, |key| self.user_id(field, key))?;
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
