//! `callsheet list` and `callsheet show`: read-only views of what the portal holds.

use super::{
    outcome::Outcome,
    settings::Terminal,
    workspace::{self, Obstacle, Workspace},
};
use crate::{
    model::{Address, Fields, Kind, Live, LiveObject, Standing, State, Value},
    portal::{self, Capabilities, Details},
    render::{Format, escape, json::FORMAT_VERSION},
};
use anyhow::bail;
use schemars::JsonSchema;
use serde::Serialize;
use std::{io::Write as _, path::Path};
use unicode_width::UnicodeWidthStr as _;

#[derive(Debug, clap::Args)]
pub(super) struct ListArgs {
    /// Kind of object
    kind: Kind,

    /// Output format
    #[arg(long, value_parser = super::formats(&[Format::Text, Format::Json]), env = "CALLSHEET_FORMAT", default_value = "text")]
    pub(super) format: Format,

    /// Only objects whose key, name, e-mail address, extension or numbers contain TEXT
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,

    /// List inactive users instead of active ones
    #[arg(long)]
    inactive: bool,

    /// Include built-in objects, and those that can't be declared
    #[arg(long)]
    system: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct ShowArgs {
    /// Address of the object, such as users/alice
    address: Address,

    /// Output format
    #[arg(long, value_parser = super::formats(&[Format::Text, Format::Json]), env = "CALLSHEET_FORMAT", default_value = "text")]
    pub(super) format: Format,
}

/// What `list --format json` writes.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ListDocument {
    /// The version of this format: `1.0`.
    format_version: &'static str,
    /// The kind that was listed.
    kind: Kind,
    /// The objects, in order of key.
    objects: Vec<ObjectDocument>,
}

/// What `show --format json` writes.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ShowDocument {
    /// The version of this format: `1.0`.
    format_version: &'static str,
    /// The object.
    #[serde(flatten)]
    object: ObjectDocument,
}

/// One live object.
#[derive(Debug, Serialize, JsonSchema)]
struct ObjectDocument {
    /// Its kind and key.
    address: Address,
    /// The portal's own name for it.
    id: String,
    /// Whether the portal made it for itself.
    system: bool,
    /// Why no declaration can describe it, if none can, as the end of a sentence about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    unsupported: Option<String>,
    /// How many voicemail messages it has.
    messages: u32,
    /// What it holds, without defaults; of secrets only their version.
    #[schemars(with = "serde_json::Map<String, serde_json::Value>")]
    fields: Fields,
}

impl ObjectDocument {
    fn of(address: Address, object: &LiveObject) -> Self {
        Self {
            address,
            id: object.id.to_string(),
            system: object.standing == Standing::BuiltIn,
            unsupported: match &object.standing {
                Standing::Unsupported(reason) => Some(reason.to_string()),
                Standing::Manageable | Standing::BuiltIn => None,
            },
            messages: object.messages,
            fields: object.fields.starred(),
        }
    }
}

/// The workspace, without warnings about its files.
fn load(directory: &Path, terminal: &mut Terminal) -> anyhow::Result<Result<Workspace, Outcome>> {
    let folder = workspace::folder(directory, None);
    let (workspace, report) = Workspace::read(folder.clone())?;
    match workspace {
        Some(workspace) => Ok(Ok(workspace)),
        None => Obstacle::Invalid(folder, report)
            .show(Format::Text, terminal)
            .map(Err),
    }
}

fn read(
    workspace: &Workspace,
    wanted: Details<'_>,
    terminal: &mut Terminal,
) -> anyhow::Result<Live> {
    workspace::runtime()?.block_on(async {
        let portal = workspace.open_as_merged(terminal)?;
        workspace::read(&*portal, wanted, terminal).await
    })
}

pub(super) fn list(
    args: &ListArgs,
    directory: &Path,
    format: Format,
    terminal: &mut Terminal,
) -> anyhow::Result<Outcome> {
    // JSON holds every field; the columns of text are in every portal's lists.
    let wanted = match format {
        Format::Json => Details::Everything,
        _ => Details::Listed(args.kind),
    };
    let workspace = match load(directory, terminal)? {
        Ok(workspace) => workspace,
        Err(outcome) => return Ok(outcome),
    };
    let live = read(&workspace, wanted, terminal)?;
    let shown: Vec<(&str, &LiveObject)> = live
        .of_kind(args.kind)
        .filter(|(key, object)| is_listed(args, key, object))
        .collect();
    if format == Format::Json {
        let objects = shown
            .iter()
            .map(|(key, object)| ObjectDocument::of(Address::new(args.kind, *key), object));
        let document = ListDocument {
            format_version: FORMAT_VERSION,
            kind: args.kind,
            objects: objects.collect(),
        };
        escape::json(&document, &mut terminal.out)?;
        return Ok(Outcome::Done);
    }
    let columns = columns(args.kind);
    let cell = |key: &str, object: &LiveObject, column: &str| match column {
        "key" => escape::line(key),
        column => escape::line(&texts(&object.fields, column).join(", ")),
    };
    let mut rows: Vec<Vec<String>> = vec![
        columns
            .iter()
            .map(|column| column.to_uppercase().replace('_', " "))
            .collect(),
    ];
    rows.extend(shown.iter().map(|(key, object)| {
        columns
            .iter()
            .map(|column| cell(key, object, column))
            .collect()
    }));
    for row in &rows {
        let line = row
            .iter()
            .enumerate()
            .fold(String::new(), |line, (at, cell)| {
                let width = rows.iter().map(|row| row[at].width()).max().unwrap_or(0);
                format!("{line}{cell}{:pad$}", "", pad = width - cell.width() + 2)
            });
        writeln!(terminal.out, "{}", line.trim_end())?;
    }
    Ok(Outcome::Done)
}

/// The columns of a listing (S4.03).
fn columns(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Users => &["key", "first_name", "last_name", "email", "extension"],
        Kind::Extensions => &["key", "kind", "name"],
        Kind::Numbers => &["key", "title", "destination", "state", "until"],
        Kind::Locations => &["key", "title", "address", "room", "city", "country"],
        Kind::Contacts => &["key", "name", "company", "numbers"],
        Kind::Scopes | Kind::Groups | Kind::Instances | Kind::Schedules | Kind::Templates => {
            &["key", "title"]
        }
    }
}

/// What a field says: its text, or those of its list.
fn texts<'f>(fields: &'f Fields, name: &str) -> Vec<&'f str> {
    let value = fields.get(name);
    let list = value.map_or(&[][..], Value::elements);
    let own = value.and_then(Value::as_text).into_iter();
    own.chain(list.iter().filter_map(Value::as_text)).collect()
}

fn is_listed(args: &ListArgs, key: &str, object: &LiveObject) -> bool {
    let active = object.fields.get("active").and_then(Value::as_bool) != Some(false);
    let right = args.kind != Kind::Users || active != args.inactive;
    let found = args.search.as_ref().is_none_or(|text| {
        let text = text.to_lowercase();
        let searched = [
            "first_name",
            "last_name",
            "name",
            "title",
            "email",
            "extension",
            "company",
            "numbers",
        ];
        let mut texts = searched
            .iter()
            .flat_map(|field| texts(&object.fields, field))
            .chain([key]);
        texts.any(|one| one.to_lowercase().contains(&text))
    });
    right && found && (args.system || object.standing.is_manageable())
}

/// The address by which the portal knows a resource.
pub(super) fn on_portal(
    address: &Address,
    declared: &State,
    capabilities: &Capabilities,
) -> Address {
    match declared.get(address) {
        Some(resource) => capabilities.portal_address(address, &resource.fields),
        None => address.clone(),
    }
}

pub(super) fn show(
    args: &ShowArgs,
    directory: &Path,
    format: Format,
    terminal: &mut Terminal,
) -> anyhow::Result<Outcome> {
    let workspace = match load(directory, terminal)? {
        Ok(workspace) => workspace,
        Err(outcome) => return Ok(outcome),
    };
    let capabilities = portal::capabilities(&workspace.config.portal);
    let address = on_portal(&args.address, &workspace.state, &capabilities);
    let wanted = Details::Evidence(std::slice::from_ref(&address));
    let live = read(&workspace, wanted, terminal)?;
    let Address { kind, key } = &address;
    let Some(object) = live.get(*kind, key) else {
        let near = crate::diagnostic::did_you_mean(key, live.of_kind(*kind).map(|(key, _)| key));
        let hint = near.map_or_else(String::new, |near| format!("; did you mean {kind}/{near}?"));
        bail!("there is no {} on the portal{hint}", args.address);
    };
    if format == Format::Json {
        let document = ShowDocument {
            format_version: FORMAT_VERSION,
            object: ObjectDocument::of(args.address.clone(), object),
        };
        escape::json(&document, &mut terminal.out)?;
        return Ok(Outcome::Done);
    }
    writeln!(
        terminal.out,
        "{}  (id {})",
        escape::line(&args.address.to_string()),
        escape::line(&object.id)
    )?;
    let yaml = serde_saphyr::to_string(&object.fields.starred())?;
    write!(terminal.out, "{}", escape::lines(&yaml))?;
    writeln!(terminal.out)?;
    Ok(Outcome::Done)
}
