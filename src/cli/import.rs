//! `callsheet import`: live objects to YAML, proven by a plan.

use super::{
    expect_format,
    outcome::{Outcome, UsageError},
    past::inputs,
    settings::Terminal,
    workspace::{self, Workspace},
};
use crate::{
    import,
    model::{Address, Live},
    portal::Wanted,
    render::{Format, counted, text},
    repo,
};
use anyhow::{Context as _, bail};
use std::{
    collections::BTreeSet,
    io::Write as _,
    path::{Path, PathBuf},
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The workspace, and the addresses to import, such as users/alice; all that nobody declares,
    /// unless given
    #[arg(value_name = "DIR | ADDRESS")]
    what: Vec<String>,
}

impl Args {
    /// The workspace and the addresses; what names a kind is an address.
    fn split(&self) -> Result<(Option<PathBuf>, Vec<Address>), UsageError> {
        let (addresses, folders): (Vec<_>, Vec<_>) = self
            .what
            .iter()
            .map(|one| one.parse::<Address>().map_err(|_not_one| one))
            .partition(Result::is_ok);
        let mut folders = folders.into_iter().filter_map(Result::err);
        let folder = folders.next().map(PathBuf::from);
        if let Some(second) = folders.next() {
            let message = format!(
                "`{second}` is neither an address such as users/alice nor the one workspace"
            );
            return Err(UsageError(message));
        }
        Ok((
            folder,
            addresses.into_iter().filter_map(Result::ok).collect(),
        ))
    }
}

pub(super) fn run(
    args: &Args,
    directory: &Path,
    format: Format,
    terminal: &mut Terminal,
) -> anyhow::Result<Outcome> {
    expect_format(format, &[Format::Text])?;
    let (folder, asked) = args.split()?;
    let folder = workspace::folder(directory, folder.as_deref());
    let workspace = match Workspace::load(folder, Format::Text, terminal)? {
        Ok(workspace) => workspace,
        Err(outcome) => return Ok(outcome),
    };
    let live = workspace::runtime()?.block_on(async {
        let portal = workspace.open().await?;
        workspace::read(&*portal, Wanted::Everything, terminal).await
    })?;
    if let Some((kind, reason)) = incomplete(&live) {
        bail!("the listing of {kind} is not complete, so nothing is imported: {reason}");
    }
    let selected = import::select(&live, &workspace.state, &asked)?;
    if selected.is_empty() {
        writeln!(
            terminal.out,
            "Nothing to import: everything on the portal is declared"
        )?;
        return Ok(Outcome::Done);
    }
    let exists = |name: &str| workspace.folder.join(name).exists();
    let files = import::files(&live, &selected, &exists)?;
    for file in &files {
        let path = workspace.folder.join(&file.name);
        std::fs::write(&path, &file.text)
            .with_context(|| format!("{} can't be written", path.display()))?;
        writeln!(
            terminal.out,
            "{}: {}",
            file.name,
            counted(file.addresses.len(), "resource")
        )?;
    }
    prove(&workspace, &live, &selected, terminal)
}

fn incomplete(live: &Live) -> Option<(crate::model::Kind, &str)> {
    live.listings
        .iter()
        .find_map(|(kind, listing)| Some((*kind, listing.incomplete.as_deref()?)))
}

/// Reads what was written, as anybody would, and plans: nothing may be left to do.
fn prove(
    workspace: &Workspace,
    live: &Live,
    selected: &BTreeSet<Address>,
    terminal: &mut Terminal,
) -> anyhow::Result<Outcome> {
    let desired = workspace::declared(repo::read(&workspace.folder)?);
    let Some(config) = desired.config.filter(|_| !desired.report.has_errors()) else {
        text::report(&desired.report, &terminal.err_look, &mut terminal.err)?;
        writeln!(
            terminal.err,
            "error: the portal holds what a file can't declare; mend the files above, or leave those objects out"
        )?;
        return Ok(Outcome::Failed);
    };
    let again = Workspace {
        folder: workspace.folder.clone(),
        config,
        state: desired.state,
    };
    let remaining = import::remaining(inputs(&again, live), selected);
    if remaining.is_empty() {
        writeln!(
            terminal.out,
            "{} imported; a plan of them is empty",
            counted(selected.len(), "resource")
        )?;
        return Ok(Outcome::Done);
    }
    let list: Vec<String> = remaining.iter().map(ToString::to_string).collect();
    bail!(
        "the import is not exact: a plan would still change {}",
        list.join(", ")
    )
}
