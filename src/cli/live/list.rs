//! `callsheet list` shows the objects of a kind, or the number space.

use super::{ObjectDocument, load, read};
use crate::{
    cli::{
        outcome::{Outcome, UsageError},
        settings::Terminal,
    },
    diagnostic::did_you_mean,
    model::{Address, Kind},
    portal::{self, Details},
    render::{self, Format, escape, json::FORMAT_VERSION},
    view::{Activity, Column, Entry, Object, Selected, Table, View, is_active, name, number_space},
};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use schemars::JsonSchema;
use serde::Serialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write as _,
    path::Path,
};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct ListArgs {
    /// Kind of object, or `permissions` for those that the portal knows
    #[arg(value_name = "KIND", value_parser = kinds())]
    what: What,

    /// Output format
    #[arg(long, value_parser = crate::cli::formats(&[Format::Text, Format::Json]), env = "CALLSHEET_FORMAT", default_value = "text")]
    pub(in crate::cli) format: Format,

    /// Only objects in whose key, names, e-mail address, extension or numbers every word of TEXT is found
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,

    /// List inactive users instead of active ones
    #[arg(long, conflicts_with = "all")]
    inactive: bool,

    /// List active and inactive users
    #[arg(long)]
    all: bool,

    /// Include built-in objects, and those that can't be declared
    #[arg(long)]
    system: bool,

    /// Columns instead of the usual ones: fields such as email or phones.mac, `key` and `state`
    #[arg(
        long,
        value_name = "FIELDS",
        value_delimiter = ',',
        conflicts_with = "people"
    )]
    columns: Vec<String>,

    /// Of extensions: list the whole number space, with people and free ranges
    #[arg(long)]
    people: bool,

    /// Of numbers: list only those whose calls go nowhere
    #[arg(long)]
    free: bool,
}

/// What is listed.
#[derive(Clone, Copy, Debug)]
enum What {
    /// The objects of a kind.
    Kind(Kind),
    /// The permissions that the portal knows.
    Permissions,
}

/// The parser of what is listed.
fn kinds() -> impl TypedValueParser<Value = What> {
    let names = Kind::ALL.map(Kind::name).into_iter();
    PossibleValuesParser::new(names.chain(["permissions"]))
        .map(|name| name.parse().map_or(What::Permissions, What::Kind))
}

/// What `list --format json` writes.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::cli) struct ListDocument {
    /// The version of this format: `1.0`.
    format_version: &'static str,
    /// The kind that was listed.
    kind: Kind,
    /// The objects, in order of key.
    objects: Vec<ObjectDocument>,
}

pub(in crate::cli) fn list(
    args: &ListArgs,
    directory: &Path,
    format: Format,
    terminal: &mut Terminal,
) -> anyhow::Result<Outcome> {
    let What::Kind(kind) = args.what else {
        return permissions(args, directory, format, terminal);
    };
    check(args, kind, format)?;
    let columns = columns(args, kind)?;
    // JSON holds every field; the usual columns of text are in every portal's lists, but for who shows a number.
    let wanted = match format {
        Format::Json => Details::Everything,
        _ if args.people || !args.columns.is_empty() => Details::Everything,
        _ if columns.contains(&Column::ShownBy) => Details::Evidence(&[]),
        _ => Details::Listed(kind),
    };
    let workspace = match load(directory, terminal)? {
        Ok(workspace) => workspace,
        Err(outcome) => return Ok(outcome),
    };
    let (live, capabilities) = read(&workspace, wanted, terminal)?;
    let view = View::new(
        &workspace.state,
        Some(&live),
        &workspace.config,
        &capabilities,
    );
    let selected = Selected {
        activity: match (args.all, args.inactive) {
            (true, _) => Activity::All,
            (false, true) => Activity::Inactive,
            (false, false) => Activity::Active,
        },
        system: args.system,
        ..args.search.as_deref().unwrap_or_default().parse()?
    };
    if args.people {
        return people(&view, &selected, terminal);
    }
    let all: Vec<(Address, Object<'_>)> = view
        .of_kind(kind)
        .into_iter()
        .filter(|(address, object)| {
            object.live.is_some() && is_free_as_asked(args, address, *object)
        })
        .collect();
    let (shown, hidden): (Vec<_>, Vec<_>) = all
        .into_iter()
        .partition(|(address, object)| selected.has(address, *object));
    if format == Format::Json {
        let objects = shown.iter().filter_map(|(address, object)| {
            let live = object.live?;
            Some(ObjectDocument::of(address.clone(), live))
        });
        let document = ListDocument {
            format_version: FORMAT_VERSION,
            kind,
            objects: objects.collect(),
        };
        escape::json(&document, &mut terminal.out)?;
        return Ok(Outcome::Done);
    }
    let lacks = capabilities.kinds.get(&kind).map(|kind| &kind.unsupported);
    let lacks = |column: &Column| {
        let is_usual = args.columns.is_empty();
        is_usual && lacks.is_some_and(|unsupported| unsupported.contains(column.name()))
    };
    let columns: Vec<Column> = columns
        .into_iter()
        .filter(|column| !lacks(column))
        .collect();
    let Table { headings, mut rows } = Table::of(&view, &columns, &shown);
    rows.insert(0, headings);
    render::table::table(&rows, &mut terminal.out)?;
    if kind == Kind::Users {
        not_shown(&selected, &shown, &hidden, terminal)?;
    }
    Ok(Outcome::Done)
}

/// Refuses flags that mean nothing here, before the portal is asked.
fn check(args: &ListArgs, kind: Kind, format: Format) -> anyhow::Result<()> {
    let problems = [
        (args.people && kind != Kind::Extensions).then_some(
            "--people lists the number space; write `callsheet list extensions --people`",
        ),
        (args.people && format == Format::Json).then_some(
            "`list extensions --people` is written as text only; leave `--format json` out",
        ),
        (args.free && kind != Kind::Numbers)
            .then_some("--free is about numbers; write `callsheet list numbers --free`"),
    ];
    let problems: Vec<&str> = problems.into_iter().flatten().collect();
    match problems.is_empty() {
        true => Ok(()),
        false => Err(UsageError(problems.join("\n")).into()),
    }
}

/// Lists the permissions that the portal knows, with the scopes that grant them.
// S4.34
fn permissions(
    args: &ListArgs,
    directory: &Path,
    format: Format,
    terminal: &mut Terminal,
) -> anyhow::Result<Outcome> {
    if format == Format::Json {
        let message = "`list permissions` is written as text only; leave `--format json` out";
        return Err(UsageError(message.to_owned()).into());
    }
    let workspace = match load(directory, terminal)? {
        Ok(workspace) => workspace,
        Err(outcome) => return Ok(outcome),
    };
    let profile = workspace.config.portal.profile();
    let capabilities = portal::capabilities(&workspace.config.portal);
    let view = View::new(&workspace.state, None, &workspace.config, &capabilities);
    let declared = workspace.state.of_kind(Kind::Scopes);
    let declared = declared.map(|(address, _)| address.key.to_string());
    let built_in = profile.scopes.names().map(str::to_owned);
    let scopes = declared.chain(built_in).map(|scope| {
        let granted = view.of_scope(&scope).into_iter();
        let granted: BTreeSet<String> = granted.map(|(permission, _)| permission).collect();
        (scope, granted)
    });
    let scopes: BTreeMap<String, BTreeSet<String>> = scopes.collect();
    let words = args.search.as_deref().unwrap_or_default().to_lowercase();
    let rows = profile.known_permissions().into_iter();
    let rows = rows.filter(|permission| {
        words
            .split_whitespace()
            .all(|word| permission.contains(word))
    });
    let rows = rows.map(|permission| {
        let by = scopes
            .iter()
            .filter(|(_, granted)| granted.contains(permission));
        let by: Vec<&str> = by.map(|(scope, _)| scope.as_str()).collect();
        vec![permission.to_owned(), by.join(", ")]
    });
    let head = vec!["PERMISSION".to_owned(), "SCOPES".to_owned()];
    let rows: Vec<Vec<String>> = [head].into_iter().chain(rows).collect();
    render::table::table(&rows, &mut terminal.out)?;
    Ok(Outcome::Done)
}

/// The columns that are asked for.
fn columns(args: &ListArgs, kind: Kind) -> anyhow::Result<Vec<Column>> {
    if args.columns.is_empty() {
        return Ok(Column::of_kind(kind));
    }
    let names = args.columns.iter().map(|name| name.trim());
    let unknown: Vec<String> = names
        .clone()
        .filter(|name| Column::parse(kind, name).is_none())
        .map(|name| {
            let fields = kind.shape().all_fields();
            let near = did_you_mean(name, fields.iter().map(|field| &*field.name));
            let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            format!("{kind} have no field `{name}`{near}")
        })
        .collect();
    anyhow::ensure!(unknown.is_empty(), unknown.join("\n"));
    Ok(names.filter_map(|name| Column::parse(kind, name)).collect())
}

/// Whether an object is a number whose calls go nowhere, if only those are asked for.
fn is_free_as_asked(args: &ListArgs, address: &Address, object: Object<'_>) -> bool {
    let fields = object.fields();
    let is_free = address.kind == Kind::Numbers
        && fields.get("destination").is_none()
        && fields.text("state").is_none_or(|state| state == "in_use");
    !args.free || is_free
}

/// Tells how many people are listed, and how many would be found elsewhere.
fn not_shown(
    selected: &Selected,
    shown: &[(Address, Object<'_>)],
    hidden: &[(Address, Object<'_>)],
    terminal: &mut Terminal,
) -> anyhow::Result<()> {
    let found = hidden.iter().filter(|(address, object)| {
        let is_own = object.live.is_none_or(|live| live.standing.is_manageable());
        is_own && selected.finds(address, *object)
    });
    let inactive = found.filter(|(_, object)| !is_active(*object)).count();
    let people = match shown.len() {
        1 => "1 person".to_owned(),
        count => format!("{count} people"),
    };
    let rest = match inactive {
        0 => String::new(),
        _ if selected.activity != Activity::Active => String::new(),
        count => format!(" · {count} inactive not shown (--inactive, --all)"),
    };
    terminal.out.flush()?;
    writeln!(terminal.err, "{people}{rest}")?;
    Ok(())
}

/// Lists every short number in order, with the free ranges between them.
// S2.30
fn people(
    view: &View<'_>,
    selected: &Selected,
    terminal: &mut Terminal,
) -> anyhow::Result<Outcome> {
    let mut rows = vec![vec![
        "NUMBER".to_owned(),
        "KIND".to_owned(),
        "NAME".to_owned(),
        "ADDRESS".to_owned(),
    ]];
    let mut seen = BTreeSet::new();
    for entry in number_space(view) {
        match entry {
            Entry::Used { number, address } => {
                let Some(object) = view.get(&address) else {
                    continue;
                };
                if !selected.finds(&address, object) || !seen.insert(address.clone()) {
                    continue;
                }
                let fields = object.fields();
                let name = name(&address, object);
                let kind = match address.kind {
                    Kind::Users => "user",
                    _ => fields.text("kind").unwrap_or_default(),
                };
                let off = if is_active(object) { "" } else { " (inactive)" };
                rows.push(vec![
                    number.to_string(),
                    kind.to_owned(),
                    format!("{name}{off}"),
                    address.to_string(),
                ]);
            }
            Entry::Free { first, last, count } if selected.words.is_empty() => {
                let range = match count {
                    1 => first.to_string(),
                    _ => format!("{first}-{last}"),
                };
                rows.push(vec![range, format!("free ({count})")]);
            }
            Entry::Free { .. } => {}
        }
    }
    render::table::table(&rows, &mut terminal.out)?;
    Ok(Outcome::Done)
}
