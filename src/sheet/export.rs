//! An *export* writes resources as a sheet, which an import reads back without a change. What the dialect has no cell
//! for is told.

use super::{
    cell::harmless,
    convert::Setting,
    dialect::{Column, Conversion, Dialect},
    path::{column, leaves, value_at},
    target::leads_to,
    written::{secret_parts, written},
};
use crate::model::{Address, Fields, Kind, Resource, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The most rows of one sheet that NetSapiens imports.
const NETSAPIENS_ROWS: usize = 10_000;

/// What an export writes.
#[derive(Debug, Default)]
pub struct Exported {
    /// The sheets: one, or several if the dialect limits their rows.
    pub sheets: Vec<Vec<u8>>,
    /// How many resources they hold.
    pub rows: usize,
    /// What is left out, and what a program may misread.
    pub notes: Vec<String>,
}

/// A column to write.
enum Written {
    /// A column of the dialect.
    Own(&'static Column),
    /// Any other field, by its path.
    Field(String),
}

impl Written {
    fn name(&self) -> String {
        match self {
            Self::Own(column) => column.names[0].to_owned(),
            Self::Field(path) => column(path),
        }
    }
}

/// What isn't written: by field, the resources.
#[derive(Default)]
struct Omitted(BTreeMap<String, BTreeSet<Address>>);

impl Omitted {
    fn add(&mut self, field: &str, address: &Address) {
        self.0
            .entry(field.to_owned())
            .or_default()
            .insert(address.clone());
    }
}

/// Writes all resources of the dialect's kind.
#[must_use]
pub fn export(dialect: Dialect, setting: Setting<'_>) -> Exported {
    let kind = dialect.kind();
    let numbers = numbers(setting);
    let resources: Vec<(&Address, &Resource)> = setting.state.of_kind(kind).collect();
    let expanded: Vec<Fields> = resources
        .iter()
        .map(|(_, one)| expanded(dialect, &one.fields))
        .collect();
    let columns = columns(dialect, &expanded);
    let mut omitted = Omitted::default();
    let mut notes = Vec::new();
    let mut rows: Vec<Vec<String>> = Vec::new();
    for ((address, resource), fields) in resources.iter().zip(&expanded) {
        let row = Row {
            address,
            fields,
            numbers: numbers.get(address).map_or(&[], Vec::as_slice),
            setting,
        };
        let mut done = BTreeSet::new();
        let cells = columns.iter().map(|column| row.cell(column, &mut done));
        rows.push(cells.collect());
        row.tell(&done, &columns, &mut omitted);
        if resource.lifecycle.is_some() {
            omitted.add("starts, ends and leaver", address);
        }
    }
    for (field, addresses) in &omitted.0 {
        let whose = match addresses.len() {
            1 => addresses
                .iter()
                .next()
                .map_or_else(String::new, ToString::to_string),
            count => format!("{count} {kind}"),
        };
        notes.push(format!(
            "left out: `{field}` of {whose}, which {} sheets can't hold",
            dialect.name()
        ));
    }
    if dialect == Dialect::NetSapiens {
        tell_no_ascii(&columns, &rows, &mut notes);
    }
    let header: Vec<String> = columns.iter().map(Written::name).collect();
    let most = if dialect == Dialect::NetSapiens {
        NETSAPIENS_ROWS
    } else {
        usize::MAX
    };
    let mut sheets: Vec<Vec<u8>> = rows
        .chunks(most.min(rows.len().max(1)))
        .map(|rows| sheet(dialect, &header, rows))
        .collect();
    if sheets.is_empty() {
        sheets.push(sheet(dialect, &header, &[]));
    }
    Exported {
        sheets,
        rows: rows.len(),
        notes,
    }
}

/// The empty sheet of a dialect, with an example row.
// S3.19
#[must_use]
pub fn template(dialect: Dialect) -> Vec<u8> {
    let columns = dialect.columns();
    let header: Vec<String> = columns
        .iter()
        .map(|column| {
            let star = if column.is_required && dialect != Dialect::Kazoo {
                "*"
            } else {
                ""
            };
            format!("{}{star}", column.names[0])
        })
        .collect();
    let example = columns
        .iter()
        .map(|column| harmless(column.example))
        .collect();
    sheet(dialect, &header, &[example])
}

fn sheet(dialect: Dialect, header: &[String], rows: &[Vec<String>]) -> Vec<u8> {
    let terminator = match dialect {
        Dialect::NetSapiens => csv::Terminator::CRLF,
        Dialect::Callsheet | Dialect::Kazoo | Dialect::Contacts => csv::Terminator::Any(b'\n'),
    };
    let mut writer = csv::WriterBuilder::new()
        .terminator(terminator)
        .from_writer(Vec::new());
    for row in std::iter::once(header).chain(rows.iter().map(Vec::as_slice)) {
        writer
            .write_record(row)
            .expect("memory has no errors, and rows are of one length");
    }
    writer.into_inner().expect("memory has no errors")
}

/// The numbers whose calls a user takes.
fn numbers(setting: Setting<'_>) -> BTreeMap<Address, Vec<String>> {
    let state = setting.state;
    let extensions: BTreeMap<&str, &Address> = state
        .of_kind(Kind::Users)
        .filter_map(|(address, user)| Some((user.fields.text("extension")?, address)))
        .collect();
    let mut numbers: BTreeMap<Address, Vec<String>> = BTreeMap::new();
    for (address, number) in state.of_kind(Kind::Numbers) {
        let Some(destination) = number.fields.text("destination") else {
            continue;
        };
        let by_key = Address::new(Kind::Users, destination);
        let user = match state.get(&by_key) {
            Some(_) => Some(by_key),
            None => extensions.get(destination).map(|user| (*user).clone()),
        };
        if let Some(user) = user.filter(|user| leads_to(state, destination, user)) {
            numbers
                .entry(user)
                .or_default()
                .push(address.key.to_string());
        }
    }
    numbers
}

/// The fields with an entry for each element of the lists that have a column for each.
fn expanded(dialect: Dialect, fields: &Fields) -> Fields {
    let is_split = |name: &str| {
        dialect.columns().iter().any(|column| {
            column
                .field
                .strip_prefix(name)
                .is_some_and(|rest| rest.starts_with('['))
        })
    };
    let each = fields.iter().map(|(name, value)| match value {
        Value::List(list)
            if is_split(name) && list.iter().all(|one| matches!(one, Value::Text(_))) =>
        {
            let one = |one: &Value| Value::Map([("".into(), one.clone())].into_iter().collect());
            (name.clone(), Value::List(list.iter().map(one).collect()))
        }
        _ => (name.clone(), value.clone()),
    });
    each.collect()
}

/// The columns of the dialect, and those of further fields.
fn columns(dialect: Dialect, resources: &[Fields]) -> Vec<Written> {
    let own = dialect.columns();
    let mut columns: Vec<Written> = own.iter().map(Written::Own).collect();
    if !dialect.has_any_field() {
        return columns;
    }
    let mut further: BTreeMap<(usize, String), ()> = BTreeMap::new();
    let names = dialect.kind().shape().all_fields();
    for fields in resources {
        for (path, value) in leaves(fields) {
            let path = path.trim_end_matches('.').to_owned();
            let top = path.split(['.', '[']).next().unwrap_or_default();
            let order = names
                .iter()
                .position(|field| *field.name == *top)
                .unwrap_or(names.len());
            let paths: Vec<String> = match value {
                Value::Secret(secret) => {
                    let parts = secret_parts(secret).into_iter();
                    parts.map(|(part, _)| format!("{path}.{part}")).collect()
                }
                Value::Null => Vec::new(),
                _ => vec![path],
            };
            for path in paths {
                if own.iter().all(|column| column.field != path) {
                    further.insert((order, path), ());
                }
            }
        }
    }
    columns.extend(further.into_keys().map(|(_, path)| Written::Field(path)));
    columns
}

/// A resource as a row.
struct Row<'r> {
    address: &'r Address,
    fields: &'r Fields,
    numbers: &'r [String],
    setting: Setting<'r>,
}

impl Row<'_> {
    /// The value at a path; of an element of a split list, its text.
    fn value(&self, path: &str) -> Option<&Value> {
        let value = value_at(self.fields, path)?;
        value.as_map().and_then(|one| one.get("")).or(Some(value))
    }

    /// The text of a cell. The paths that it holds are done.
    fn cell(&self, column: &Written, done: &mut BTreeSet<String>) -> String {
        let text = match column {
            Written::Own(column) => self.own(column),
            Written::Field(path) => self.field(path, Conversion::Field),
        };
        let path = match column {
            Written::Own(column) => column.field,
            Written::Field(path) => path,
        };
        if text.is_some() && !path.is_empty() {
            done.insert(path.to_owned());
        }
        harmless(&text.unwrap_or_default())
    }

    fn own(&self, column: &Column) -> Option<String> {
        match column.conversion {
            Conversion::Key => Some(self.address.key.to_string()),
            Conversion::Domain => self.setting.tenant.map(str::to_owned),
            Conversion::Assigned => self.numbers.first().cloned(),
            Conversion::ModelPart => {
                let model = self.value(column.field)?.as_text()?;
                let parts: Vec<&str> = model.split('_').collect();
                let part = match (&*parts, column.names[0]) {
                    ([brand, _, _], "brand") => brand,
                    ([_, family, _], "family") => family,
                    ([_, _, model], "model") => model,
                    (_, "model") => model,
                    _ => "",
                };
                Some(part.to_owned())
            }
            conversion => self.field(column.field, conversion),
        }
    }

    fn field(&self, path: &str, conversion: Conversion) -> Option<String> {
        let part = [".env", ".file", ".command", ".version"]
            .iter()
            .find_map(|end| path.strip_suffix(end));
        if let Some(Value::Secret(secret)) = part.and_then(|part| self.value(part)) {
            let parts = secret_parts(secret).into_iter();
            let mut wanted = parts.filter(|(name, _)| path.ends_with(&format!(".{name}")));
            return wanted.next()?.1;
        }
        // The key says it.
        let value = self.value(path)?;
        let is_key =
            path == self.address.kind.key_field() && value.as_text() == Some(&*self.address.key);
        if is_key && conversion == Conversion::Field {
            return Some(String::new());
        }
        let text = written(conversion, value, self.setting)?;
        // What would be read as something else isn't written.
        (!super::cell::is_shortened(&text)).then_some(text)
    }

    /// Notes what no cell holds.
    fn tell(&self, done: &BTreeSet<String>, columns: &[Written], omitted: &mut Omitted) {
        for (path, value) in leaves(self.fields) {
            let path = path.trim_end_matches('.');
            let is_done = match value {
                Value::Secret(secret) => secret_parts(secret)
                    .iter()
                    .all(|(part, _)| done.contains(&format!("{path}.{part}"))),
                _ => done.contains(path),
            };
            let is_key = path == self.address.kind.key_field()
                && value.as_text() == Some(&*self.address.key);
            if !is_done && !is_key {
                let top = path.split('[').next().unwrap_or(path);
                omitted.add(top, self.address);
            }
        }
        let has_number = columns.iter().any(|column| {
            matches!(column, Written::Own(column) if column.conversion == Conversion::Assigned)
        });
        if has_number && self.numbers.len() > 1 {
            omitted.add("further numbers", self.address);
        }
    }
}

/// The most cells that are told one by one.
const TOLD: usize = 10;

/// Tells of cells that a program without UTF-8 misreads.
fn tell_no_ascii(columns: &[Written], rows: &[Vec<String>], notes: &mut Vec<String>) {
    let cells = rows.iter().zip(2_u32..).flat_map(|(row, number)| {
        let cells = row.iter().zip(0_u32..);
        cells
            .filter(|(text, _)| !text.is_ascii())
            .map(move |(text, column)| (number, column, text))
    });
    let cells: Vec<_> = cells.collect();
    for (row, column, text) in cells.iter().take(TOLD) {
        let cell = crate::source::Cell {
            row: *row,
            column: *column,
            header: "".into(),
        };
        let name = columns[*column as usize].name();
        notes.push(format!(
            "{cell} ({name}): `{text}` is not ASCII, and NetSapiens may misread it"
        ));
    }
    if cells.len() > TOLD {
        notes.push(format!("{} more cells are not ASCII", cells.len() - TOLD));
    }
}
