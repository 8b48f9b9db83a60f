//! A *table* lists the objects of a kind: one row an object, one column a field.

use super::{
    Object, Referrals, View,
    state::{is_active, is_off, state},
};
use crate::model::{Address, Fields, Kind, Shape, Value};
use std::{convert::Infallible, str::FromStr};

/// A column: a field by its dotted path, or one of the words that aren't fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Column {
    /// The key by which files name the object.
    Key,
    /// Whether it is inactive, built-in or undeclared.
    State,
    /// The users whose calls show the number.
    ShownBy,
    /// A field: `voicemail.email`, `phones.mac`.
    Field(Box<str>),
}

impl Column {
    /// The columns that are shown of a kind, if no others are asked for.
    // S0.04, S4.03
    #[must_use]
    pub fn of_kind(kind: Kind) -> Vec<Self> {
        let names: &[&str] = match kind {
            Kind::Users => &[
                "key",
                "first_name",
                "last_name",
                "email",
                "extension",
                "scope",
                "state",
            ],
            Kind::Extensions => &["key", "kind", "name"],
            Kind::Numbers => &["key", "title", "destination", "shown_by", "state", "until"],
            Kind::Locations => &["key", "title", "address", "room", "city", "country"],
            Kind::Contacts => &["key", "name", "company", "numbers"],
            Kind::Scopes | Kind::Groups | Kind::Instances | Kind::Schedules | Kind::Templates => {
                &["key", "title"]
            }
        };
        let named = names.iter().map(|name| Self::named(kind, name));
        named.collect()
    }

    /// The column with a name, of a kind.
    fn named(kind: Kind, name: &str) -> Self {
        match (kind, name) {
            (_, "key") => Self::Key,
            (Kind::Users, "state") => Self::State,
            (Kind::Numbers, "shown_by") => Self::ShownBy,
            (_, field) => Self::Field(field.into()),
        }
    }

    /// The column with a name, if a kind has it.
    #[must_use]
    pub fn parse(kind: Kind, name: &str) -> Option<Self> {
        let column = Self::named(kind, name);
        let mut names = name.split('.');
        let is_field = match &column {
            Self::Field(_) => {
                let first = names.next().unwrap_or_default();
                let top = kind.shape().field_of_any_type(first);
                top.is_some_and(|field| holds(&field.shape, names))
            }
            Self::Key | Self::State | Self::ShownBy => true,
        };
        is_field.then_some(column)
    }

    /// Its name, as it is asked for.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Key => "key",
            Self::State => "state",
            Self::ShownBy => "shown_by",
            Self::Field(path) => path,
        }
    }
}

/// Whether a shape has what is below it at a path.
fn holds<'p>(shape: &Shape, mut path: impl Iterator<Item = &'p str> + Clone) -> bool {
    match shape.strict() {
        Shape::List { item, .. } => holds(item, path),
        Shape::Map { item, .. } => match path.next() {
            None => true,
            Some(_) => holds(item, path),
        },
        shape => match path.next() {
            None => true,
            Some(name) => shape
                .field_of_any_type(name)
                .is_some_and(|field| holds(&field.shape, path)),
        },
    }
}

/// Which objects are listed.
#[derive(Clone, Debug, Default)]
pub struct Selected {
    /// Words, each of which must be found in the object.
    pub words: Vec<String>,
    /// Which users.
    pub activity: Activity,
    /// Whether built-in objects, and those that can't be declared, are listed too.
    pub system: bool,
}

/// Which users are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Activity {
    /// Those who are active.
    #[default]
    Active,
    /// Those who aren't.
    Inactive,
    /// All of them.
    All,
}

impl FromStr for Selected {
    type Err = Infallible;

    /// The active objects in which every word of a text is found.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self {
            words: text.split_whitespace().map(str::to_lowercase).collect(),
            ..Self::default()
        })
    }
}

impl Selected {
    /// Whether an object is among them.
    #[must_use]
    pub fn has(&self, address: &Address, object: Object<'_>) -> bool {
        let is_own = object.live.is_none_or(|live| live.standing.is_manageable());
        (self.system || is_own) && self.has_activity(address, object) && self.finds(address, object)
    }

    fn has_activity(&self, address: &Address, object: Object<'_>) -> bool {
        let active = is_active(object);
        address.kind != Kind::Users
            || match self.activity {
                Activity::Active => active,
                Activity::Inactive => !active,
                Activity::All => true,
            }
    }

    /// Whether every word is found, each in any of the searched fields.
    // S1.06
    #[must_use]
    pub fn finds(&self, address: &Address, object: Object<'_>) -> bool {
        const SEARCHED: [&str; 11] = [
            "username",
            "first_name",
            "last_name",
            "alias",
            "name",
            "title",
            "email",
            "extension",
            "company",
            "numbers",
            "phones.mac",
        ];
        if self.words.is_empty() {
            return true;
        }
        let fields = object.fields();
        let searched = SEARCHED.iter().flat_map(|path| texts(fields, path));
        let searched: Vec<String> = searched
            .chain([address.key.to_string()])
            .map(|text| text.to_lowercase())
            .collect();
        let mut words = self.words.iter();
        words.all(|word| searched.iter().any(|text| text.contains(word)))
    }
}

/// A table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// The headings.
    pub headings: Vec<String>,
    /// The cells of each row.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// A table of objects.
    #[must_use]
    pub fn of<'o>(
        view: &View<'_>,
        columns: &[Column],
        objects: impl IntoIterator<Item = &'o (Address, Object<'o>)>,
    ) -> Self {
        let referrals = columns
            .contains(&Column::ShownBy)
            .then(|| Referrals::of(view));
        let cell = |address: &Address, object: Object<'_>, column: &Column| match column {
            Column::Key => address.key.to_string(),
            Column::State => state(object),
            Column::ShownBy => {
                let to = referrals.as_ref().map_or(&[][..], |all| all.to(address));
                let shown = to.iter().filter(|one| &*one.path == "outbound_caller_id");
                let shown = shown.filter_map(|one| one.address.as_ref());
                let shown: Vec<&str> = shown.map(|address| &*address.key).collect();
                shown.join(", ")
            }
            Column::Field(path) => cell_of(object, path),
        };
        let rows = objects.into_iter().map(|(address, object)| {
            let cells = columns.iter().map(|column| cell(address, *object, column));
            cells.collect()
        });
        Self {
            headings: headings(columns),
            rows: rows.collect(),
        }
    }

    /// A table of objects of which nothing but the fields is known.
    #[must_use]
    pub fn of_fields<'o>(
        columns: &[Column],
        objects: impl IntoIterator<Item = (&'o Address, &'o Fields)>,
    ) -> Self {
        let cell = |address: &Address, fields: &Fields, column: &Column| match column {
            Column::Key => address.key.to_string(),
            Column::State if is_off(fields) => "inactive".to_owned(),
            Column::State | Column::ShownBy => String::new(),
            Column::Field(path) => texts(fields, path).join(", "),
        };
        let rows = objects.into_iter().map(|(address, fields)| {
            let cells = columns.iter().map(|column| cell(address, fields, column));
            cells.collect()
        });
        Self {
            headings: headings(columns),
            rows: rows.collect(),
        }
    }
}

/// The headings of columns: `FIRST NAME`.
fn headings(columns: &[Column]) -> Vec<String> {
    let names = columns.iter().map(Column::name);
    names
        .map(|name| name.to_uppercase().replace(['_', '.'], " "))
        .collect()
}

/// What a field says; where the portal doesn't hold a field such as `template`, what is declared.
fn cell_of(object: Object<'_>, path: &str) -> String {
    let held = texts(object.fields(), path);
    let declared = object.declared.filter(|_| held.is_empty());
    let shown = declared.map_or(held, |declared| texts(&declared.fields, path));
    shown.join(", ")
}

/// What a field at a dotted path says: its text, number or boolean, or those of its list.
#[must_use]
pub fn texts(fields: &Fields, path: &str) -> Vec<String> {
    let (name, rest) = match path.split_once('.') {
        Some((name, rest)) => (name, Some(rest)),
        None => (path, None),
    };
    let Some(value) = fields.get(name) else {
        return Vec::new();
    };
    let of = |value: &Value| match (value, rest) {
        (Value::Map(fields), Some(rest)) => texts(fields, rest),
        (Value::Text(text), None) => vec![text.to_string()],
        (Value::Bool(value), None) => vec![value.to_string()],
        (Value::Integer(number), None) => vec![number.to_string()],
        (Value::Map(fields), None) => {
            let entries = fields.iter();
            let entries =
                entries.map(|(name, _)| format!("{name}: {}", texts(fields, name).join(" ")));
            vec![entries.collect::<Vec<_>>().join(", ")]
        }
        (Value::Secret(_), None) => vec!["(secret)".to_owned()],
        _ => Vec::new(),
    };
    let value = value.starred(name);
    match &value {
        Value::List(list) => list.iter().flat_map(of).collect(),
        one => of(one),
    }
}
