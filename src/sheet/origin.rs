//! The *origin* of a diagnostic in a file is the cell that its value came from.

use super::{entry::Entry, rows::Sheet, target::Targets};
use crate::{
    diagnostic::{Diagnostic, Report, Rule},
    model::{Address, Kind},
    source::{Place, Source, Span},
    yaml::{self, Entry as YamlEntry, Node, NodeKind},
};
use std::{collections::BTreeMap, sync::Arc};

/// Finds the cells of places in files.
pub(super) struct Origins<'o> {
    pub(super) entries: &'o [Entry],
    pub(super) sheets: &'o [Sheet],
    pub(super) targets: &'o Targets,
    parsed: BTreeMap<String, (Arc<Source>, Node)>,
    /// The columns that are missing, with the number of rows that lack them.
    missing: BTreeMap<(usize, String), (usize, Diagnostic)>,
}

impl<'o> Origins<'o> {
    pub(super) fn new(entries: &'o [Entry], sheets: &'o [Sheet], targets: &'o Targets) -> Self {
        Self {
            entries,
            sheets,
            targets,
            parsed: BTreeMap::new(),
            missing: BTreeMap::new(),
        }
    }

    /// Adds a diagnostic in a file at its cell; as it is if it has none.
    pub(super) fn add(&mut self, mut diagnostic: Diagnostic, report: &mut Report) {
        let own = self.at(&diagnostic.place);
        for (place, _) in &mut diagnostic.related {
            let found = self
                .at(place)
                .and_then(|(address, path, text)| self.cell(&address, &path, text.as_deref()));
            if let Some((cell, _)) = found {
                *place = cell;
            }
        }
        let Some((address, path, text)) = own else {
            // The cell is where the other one of two equal values is.
            if let Some(index) = diagnostic
                .related
                .iter()
                .position(|(place, _)| place.cell().is_some())
            {
                let label = diagnostic.message.clone();
                let (cell, _) = diagnostic.related.remove(index);
                let place = std::mem::replace(&mut diagnostic.place, cell);
                diagnostic.related.push((place, label));
            }
            report.add(diagnostic);
            return;
        };
        let missing = missing_name(&diagnostic).map(|name| match &*path {
            "" => name,
            path => format!("{path}.{name}"),
        });
        let wanted = missing.clone().unwrap_or_else(|| path.clone());
        let Some((cell, entry)) = self.cell(&address, &wanted, text.as_deref()) else {
            report.add(diagnostic);
            return;
        };
        let top = wanted.split(['.', '[']).next().unwrap_or_default();
        if self.entries[entry]
            .wrong
            .iter()
            .any(|wrong| wrong.split(['.', '[']).next() == Some(top))
        {
            // Its cell is reported already.
            return;
        }
        if let Some(name) = missing
            && let Some(sheet) = self.without_column(entry, &name)
        {
            let place = self.sheets[sheet].grid.header.first();
            diagnostic.place = place.map_or(cell, |first| self.sheets[sheet].grid.place(first));
            let key = (sheet, name);
            let (count, _) = self.missing.entry(key).or_insert((0, diagnostic));
            *count += 1;
            return;
        }
        if diagnostic.rule == Rule::ExampleRow {
            diagnostic = diagnostic.as_error().help("delete the row");
        }
        if diagnostic.rule == Rule::ExtensionDigits {
            let lost =
                "a spreadsheet program drops zeros at the beginning; format the column as text";
            let help = diagnostic.help.take();
            diagnostic.help =
                Some(help.map_or_else(|| lost.to_owned(), |help| format!("{help}; {lost}")));
        }
        if let Some(name) = missing_name(&diagnostic) {
            let name = self.name_of(entry, &wanted).unwrap_or(name);
            diagnostic.message = format!("`{name}` is missing");
            diagnostic.help = Some("fill in the cell".to_owned());
        }
        diagnostic.place = cell;
        report.add(diagnostic);
    }

    /// Adds an error for each column that is missing.
    pub(super) fn finish(self, report: &mut Report) {
        for ((sheet, name), (count, mut diagnostic)) in self.missing {
            let column = self.sheets[sheet]
                .dialect
                .columns()
                .iter()
                .find(|column| column.field == name);
            let column = column.map_or_else(
                || super::path::column(&name),
                |column| column.names[0].to_owned(),
            );
            let rows = match count {
                1 => "1 row needs".to_owned(),
                count => format!("{count} rows need"),
            };
            diagnostic.message = format!("there is no column `{column}`, which {rows}");
            diagnostic.help = Some(format!("add the column `{column}`"));
            report.add(diagnostic);
        }
    }

    /// The name of the column of a path.
    fn name_of(&self, entry: usize, path: &str) -> Option<String> {
        let (sheet, _) = self.entries[entry].rows.first()?;
        let dialect = self.sheets[*sheet].dialect;
        let own = dialect.columns().iter().find(|column| column.field == path);
        let any = || dialect.has_any_field().then(|| super::path::column(path));
        own.map(|column| column.names[0].to_owned()).or_else(any)
    }

    /// The sheet of an entry whose column is missing, if no sheet has it.
    fn without_column(&self, entry: usize, path: &str) -> Option<usize> {
        let rows = &self.entries[entry].rows;
        let has_column = rows
            .iter()
            .any(|(sheet, _)| self.sheets[*sheet].has_column(path));
        let is_further = path.contains('[') && !path.contains("[0]");
        (!has_column && !is_further).then(|| rows[0].0)
    }

    /// The cell of a field, with its entry. The text tells which element of a list is meant.
    fn cell(&self, address: &Address, path: &str, text: Option<&str>) -> Option<(Place, usize)> {
        let target = self.targets.resources.get(address)?;
        let entry = &self.entries[target.entry];
        if let Some(cell) = &target.cell {
            return Some((cell.clone(), target.entry));
        }
        let place = self.element(entry, path, text);
        let place = place.or_else(|| {
            let mut rows = entry.rows.iter();
            rows.find_map(|(sheet, row)| self.sheets[*sheet].cell_of(*row, path))
        });
        let place = place.or_else(|| match path {
            "" => entry.key().map(|(_, place)| place.clone()),
            path => entry
                .place_of(path)
                .or_else(|| {
                    let (parent, _) = path.rsplit_once('.')?;
                    entry.place_of(parent)
                })
                .cloned(),
        });
        let place = place.unwrap_or_else(|| {
            let (sheet, row) = entry.rows[0];
            self.sheets[sheet].place_of_row(row)
        });
        Some((place, target.entry))
    }

    /// The cell of an element of a list: the one with its text.
    fn element(&self, entry: &Entry, path: &str, text: Option<&str>) -> Option<Place> {
        let list = path.split('[').next()?;
        let within = path.rsplit_once("].").map_or("", |(_, within)| within);
        if !path.contains('[') {
            return None;
        }
        let text = text?;
        let mut stated = entry.stated.iter();
        let found = stated.find(|one| {
            let is_there = one.path.split('[').next() == Some(list)
                && one.path.rsplit_once("].").map_or("", |(_, within)| within) == within;
            let super::convert::Given::Value(value) = &one.given else {
                return false;
            };
            let same = |own: &str| normal(own) == normal(text);
            is_there
                && (value.as_text().is_some_and(same)
                    || value
                        .elements()
                        .iter()
                        .any(|one| one.as_text().is_some_and(same)))
        });
        found.map(|one| one.place.clone())
    }

    /// The resource, the path and the text of a place in a file.
    fn at(&mut self, place: &Place) -> Option<(Address, String, Option<String>)> {
        if place.cell().is_some() {
            return None;
        }
        let name = place.source.name();
        let (source, node) = self.parsed.entry(name.to_owned()).or_insert_with(|| {
            let node = yaml::parse(&place.source, &mut Report::default());
            (Arc::clone(&place.source), node)
        });
        let kind = entry_at(node.entries(), place.span)?;
        let resource = entry_at(kind.value.entries(), place.span)?;
        let kind: Kind = kind.key.of(source).parse().ok()?;
        let address = Address::new(kind, resource.key.of(source));
        let mut path = String::new();
        let mut text = None;
        if place.span != resource.span {
            descend(source, &resource.value, place.span, &mut path, &mut text);
        }
        Some((address, path, text))
    }
}

/// A text without case and separators.
fn normal(text: &str) -> String {
    let kept = text.chars().filter(|c| c.is_alphanumeric());
    kept.collect::<String>().to_lowercase()
}

/// The field that a diagnostic says is missing.
fn missing_name(diagnostic: &Diagnostic) -> Option<String> {
    if diagnostic.rule != Rule::MissingField {
        return None;
    }
    let after = ["required field `", "requires `"];
    let rest = after
        .iter()
        .find_map(|word| Some(diagnostic.message.split_once(word)?.1))?;
    Some(rest.split('`').next()?.to_owned())
}

/// The entry that contains a span.
fn entry_at(entries: &[YamlEntry], span: Span) -> Option<&YamlEntry> {
    let next = entries.partition_point(|entry| entry.span.start <= span.start);
    entries.get(next.checked_sub(1)?)
}

/// Appends the path from a node to a span.
fn descend(source: &Source, node: &Node, span: Span, path: &mut String, text: &mut Option<String>) {
    match &node.kind {
        NodeKind::Map(entries) => {
            let first = entries.first().map_or(span, |first| first.span);
            if span.start == first.start && span.end > first.end {
                return;
            }
            let Some(entry) = entry_at(entries, span) else {
                return;
            };
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(entry.key.of(source));
            if span != entry.span {
                descend(source, &entry.value, span, path, text);
            }
        }
        NodeKind::List(list) => {
            let next = list.partition_point(|one| one.span.start <= span.start);
            let Some(at) = next.checked_sub(1) else {
                return;
            };
            *path = format!("{path}[{at}]");
            descend(source, &list[at], span, path, text);
        }
        NodeKind::Scalar(_) => *text = node.text(source).map(str::to_owned),
    }
}
