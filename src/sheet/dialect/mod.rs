//! A *dialect* is the columns that a program writes and reads: each column with its field and how its cells become
//! values. One file a dialect, each a table.

mod callsheet;
mod contacts;
mod kazoo;
mod netsapiens;

use super::path;
use crate::{diagnostic::did_you_mean, model::Kind};
use std::{borrow::Cow, collections::BTreeSet};

/// A dialect of sheets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
#[value(rename_all = "lower")]
pub enum Dialect {
    /// Callsheet's own: any field of a user.
    Callsheet,
    /// NetSapiens' import of users.
    NetSapiens,
    /// Kazoo's onboarding of users.
    Kazoo,
    /// Shared contacts.
    Contacts,
}

/// How the cells of a column become values, and back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Conversion {
    /// As the field's own type writes it; lists with semicolons.
    Field,
    /// The key of the resource.
    Key,
    /// The domain of the account, which must be the workspace's.
    Domain,
    /// A login name, which may be the extension at the domain.
    Login,
    /// The title or the name of a scope.
    Scope,
    /// Seconds, of which five are a ring.
    Seconds,
    /// A phone number, perhaps as people in a country write it.
    PhoneNumber,
    /// One e-mail address.
    OneEmail,
    /// The name of a service that transcribes, or `no`.
    Transcribe,
    /// What is sent when there is a message.
    Delivery,
    /// Whether anything is sent when there is a message.
    DeliveryEnabled,
    /// The name of a site, which is an instance.
    Site,
    /// The name of a dial plan, which may be the domain.
    DialPlan,
    /// A part of the name of a phone's model: brand, family, model.
    ModelPart,
    /// A phone number whose calls the person takes.
    Assigned,
    /// A password, which may be one space for none.
    Password,
}

/// A column of a dialect.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    /// The names. The first is written.
    pub(super) names: &'static [&'static str],
    /// The field; empty for what is none.
    pub(super) field: &'static str,
    /// How cells become values.
    pub(super) conversion: Conversion,
    /// Whether the program asks for it.
    pub(super) is_required: bool,
    /// A cell of the example row.
    pub(super) example: &'static str,
}

/// A column that isn't required: names, field, conversion, example.
const fn column(
    names: &'static [&'static str],
    field: &'static str,
    conversion: Conversion,
    example: &'static str,
) -> Column {
    Column {
        names,
        field,
        conversion,
        is_required: false,
        example,
    }
}

/// The same, required.
const fn required(
    names: &'static [&'static str],
    field: &'static str,
    conversion: Conversion,
    example: &'static str,
) -> Column {
    Column {
        is_required: true,
        ..column(names, field, conversion, example)
    }
}

/// What a column of a sheet means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Meaning {
    /// The path of the field; empty for what is none.
    pub(super) path: Cow<'static, str>,
    /// How cells become values.
    pub(super) conversion: Conversion,
}

/// The name of a column as it is compared: in lower case, with underscores, and without the star of required columns.
pub(super) fn normal(name: &str) -> String {
    let name = name.replace(['*', '\u{feff}'], "");
    let words: Vec<&str> = name.split_whitespace().collect();
    words.join("_").to_lowercase()
}

impl Dialect {
    /// All dialects.
    pub const ALL: [Self; 4] = [
        Self::Callsheet,
        Self::NetSapiens,
        Self::Kazoo,
        Self::Contacts,
    ];

    /// The name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Callsheet => "callsheet",
            Self::NetSapiens => "netsapiens",
            Self::Kazoo => "kazoo",
            Self::Contacts => "contacts",
        }
    }

    /// The kind of its rows.
    #[must_use]
    pub const fn kind(self) -> Kind {
        match self {
            Self::Contacts => Kind::Contacts,
            Self::Callsheet | Self::NetSapiens | Self::Kazoo => Kind::Users,
        }
    }

    /// The columns, in the order in which they are written.
    pub(super) const fn columns(self) -> &'static [Column] {
        match self {
            Self::Callsheet => callsheet::COLUMNS,
            Self::NetSapiens => netsapiens::COLUMNS,
            Self::Kazoo => kazoo::COLUMNS,
            Self::Contacts => contacts::COLUMNS,
        }
    }

    /// Whether every field of the kind is a column too.
    pub(super) const fn has_any_field(self) -> bool {
        matches!(self, Self::Callsheet | Self::Contacts)
    }

    /// What a column of a name means.
    pub(super) fn meaning(self, name: &str) -> Option<Meaning> {
        let name = normal(name);
        let known = |column: &&Column| column.names.iter().any(|one| normal(one) == name);
        if let Some(column) = self.columns().iter().find(known) {
            return Some(Meaning {
                path: column.field.into(),
                conversion: column.conversion,
            });
        }
        let path = path::of_column(self.kind().shape(), &name)?;
        self.has_any_field().then(|| Meaning {
            path: path.into(),
            conversion: Conversion::Field,
        })
    }

    /// The column that an unknown one was most likely meant to be.
    pub(super) fn near(self, name: &str) -> Option<&'static str> {
        let own = self.columns().iter().flat_map(|column| column.names);
        let fields = self.kind().shape().all_fields();
        let fields = fields.into_iter().map(|field| &*field.name);
        let names: BTreeSet<&str> = match self.has_any_field() {
            true => own.copied().chain(fields).collect(),
            false => own.copied().collect(),
        };
        did_you_mean(&name.trim().to_lowercase(), names)
    }

    /// The dialect of a sheet with these columns: the one that knows most of them.
    #[must_use]
    pub fn recognise<'n>(names: impl IntoIterator<Item = &'n str>) -> Option<Self> {
        let mut scores = Self::ALL.map(|dialect| (0_usize, dialect));
        for name in names {
            for (score, dialect) in &mut scores {
                *score += usize::from(dialect.meaning(name).is_some());
            }
        }
        // Where two know the same columns, they mean the same, or the first knows more.
        let best = scores
            .iter()
            .map(|(score, _)| *score)
            .max()
            .filter(|best| *best > 0)?;
        scores
            .iter()
            .find(|(score, _)| *score == best)
            .map(|(_, dialect)| *dialect)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sheet::path::shape_at;

    #[test]
    fn every_column_has_a_field_of_the_model() {
        for dialect in Dialect::ALL {
            let mut names = BTreeSet::new();
            for column in dialect.columns() {
                for name in column.names {
                    assert!(names.insert(normal(name)), "{name} of {}", dialect.name());
                }
                let shape = shape_at(dialect.kind().shape(), column.field);
                assert!(
                    column.field.is_empty() || shape.is_some(),
                    "{}",
                    column.field
                );
            }
        }
    }

    #[test]
    fn a_dialect_is_recognised_by_its_columns() {
        for dialect in Dialect::ALL {
            let names = dialect.columns().iter().map(|column| column.names[0]);
            assert_eq!(Dialect::recognise(names), Some(dialect));
        }
        let recognised = |names: &str| Dialect::recognise(names.split(','));
        assert_eq!(
            recognised("First Name*,LAST NAME,extension,site"),
            Some(Dialect::NetSapiens)
        );
        assert_eq!(recognised("name,company,number"), Some(Dialect::Contacts));
        assert_eq!(
            recognised("first_name,last_name,email,extension"),
            Some(Dialect::Callsheet)
        );
        assert_eq!(recognised("a,b"), None);
    }
}
