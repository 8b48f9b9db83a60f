//! `callsheet csv export`: people or contacts as a sheet.

use super::write::{self, Output};
use crate::{
    cli::{
        outcome::{Outcome, UsageError},
        settings::Terminal,
        workspace::{self, Workspace},
    },
    model::{Address, Capabilities, Kind, Live, Resource, State},
    portal::Details,
    render::{Format, counted, escape},
    sheet::{self, Country, Dialect, Setting},
};
use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// Kind of resource
    #[arg(value_name = "KIND", value_parser = kind)]
    kind: Kind,

    /// Dialect of the sheet [default: callsheet, or contacts]
    #[arg(long = "as", value_enum, value_name = "DIALECT")]
    dialect: Option<Dialect>,

    /// Export what the portal holds instead of what is declared
    #[arg(long)]
    live: bool,

    /// File to write; further ones if the dialect limits the rows of a sheet [default: stdout]
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,

    /// Country whose phone numbers are written without a plus sign where the dialect has it so
    #[arg(long, value_name = "CC")]
    country: Option<Country>,
}

/// The kinds of which there are sheets.
fn kind(text: &str) -> Result<Kind, String> {
    match text.parse() {
        Ok(kind @ (Kind::Users | Kind::Contacts)) => Ok(kind),
        Ok(kind) => Err(format!(
            "there are sheets of users and contacts, not of {kind}"
        )),
        Err(message) => Err(message),
    }
}

pub(in crate::cli) fn run(
    args: &Args,
    directory: &Path,
    terminal: &mut Terminal,
) -> anyhow::Result<Outcome> {
    let dialect = args.dialect.unwrap_or(match args.kind {
        Kind::Contacts => Dialect::Contacts,
        _ => Dialect::Callsheet,
    });
    if dialect.kind() != args.kind {
        let message = format!(
            "{} sheets hold {}, not {}",
            dialect.name(),
            dialect.kind(),
            args.kind
        );
        return Err(UsageError(message).into());
    }
    let folder = workspace::folder(directory, None);
    let workspace = match Workspace::load(folder, Format::Text, terminal)? {
        Ok(workspace) => workspace,
        Err(outcome) => return Ok(outcome),
    };
    let state = match args.live {
        true => live(&workspace, terminal)?,
        false => workspace.state,
    };
    let setting = Setting {
        tenant: workspace.config.portal.tenant.as_deref(),
        country: args.country,
        profile: workspace.config.portal.profile(),
        state: &state,
    };
    let exported = sheet::export(dialect, setting);
    for note in &exported.notes {
        writeln!(terminal.err, "{}", escape::line(note))?;
    }
    let Some(to) = &args.to else {
        let more = exported.sheets.len().saturating_sub(1);
        if let Some(first) = exported.sheets.first() {
            terminal.out.write_all(first)?;
        }
        if more > 0 {
            let sheets = counted(more, "further sheet");
            writeln!(
                terminal.err,
                "error: {sheets} needed; write to files with --to"
            )?;
            return Ok(Outcome::Failed);
        }
        return Ok(Outcome::Done);
    };
    let outputs = exported
        .sheets
        .into_iter()
        .zip(1_usize..)
        .map(|(bytes, number)| Output {
            path: directory.join(numbered(to, number)),
            bytes,
            is_private: false,
        });
    let outputs: Vec<Output> = outputs.collect();
    write::write(&outputs)?;
    let rows = counted(exported.rows, args.kind.singular());
    writeln!(
        terminal.err,
        "{rows} in {}",
        counted(outputs.len(), "sheet")
    )?;
    Ok(Outcome::Done)
}

/// The name of one of several sheets: `staff.csv`, `staff-2.csv`.
fn numbered(to: &Path, number: usize) -> PathBuf {
    if number == 1 {
        return to.to_owned();
    }
    let stem = to.file_stem().unwrap_or_default().to_string_lossy();
    let name = match to.extension() {
        Some(end) => format!("{stem}-{number}.{}", end.to_string_lossy()),
        None => format!("{stem}-{number}"),
    };
    to.with_file_name(name)
}

/// What the portal holds, by the keys that are declared.
fn live(workspace: &Workspace, terminal: &Terminal) -> anyhow::Result<State> {
    let (live, portal) = workspace::runtime()?.block_on(async {
        let portal = workspace.open_as_merged(terminal)?;
        let live = workspace::read(&*portal, Details::Everything, terminal).await?;
        Ok::<_, anyhow::Error>((live, portal.capabilities()))
    })?;
    Ok(state(&live, &workspace.state, &portal))
}

fn state(live: &Live, declared: &State, portal: &Capabilities) -> State {
    let mut state = State::default();
    for kind in Kind::ALL {
        let keys = declared
            .of_kind(kind)
            .map(|(address, one)| (portal.portal_key(address, &one.fields), address));
        let keys: std::collections::BTreeMap<&str, &Address> = keys.collect();
        for (key, object) in live
            .of_kind(kind)
            .filter(|(_, object)| object.standing.is_manageable())
        {
            let address = keys
                .get(key)
                .map_or_else(|| Address::new(kind, key), |address| (*address).clone());
            let resource = Resource {
                fields: object.fields.clone(),
                ..Resource::default()
            };
            state.resources.insert(address, resource);
        }
    }
    state
}
