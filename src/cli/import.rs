//! `callsheet import`: live objects to YAML, proven by a plan.

use super::{
    history::inputs,
    outcome::Outcome,
    settings::Terminal,
    workspace::{self, Workspace},
};
use crate::{
    desired::Desired,
    import::{self, File, Import, LeftOut, Validation},
    model::{Address, Live},
    plan::plan,
    portal::{Capabilities, Details},
    render::{Format, counted, escape},
    repo,
    support::{check_support, strip_local_only},
};
use anyhow::{Context as _, bail};
use std::{io::Write as _, path::Path};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Addresses to import, such as users/alice [default: everything not yet declared]
    #[arg(value_name = "ADDRESS")]
    addresses: Vec<Address>,
}

pub(super) fn run(
    args: &Args,
    directory: &Path,
    terminal: &mut Terminal,
) -> anyhow::Result<Outcome> {
    let Args { addresses: asked } = args;
    let folder = workspace::folder(directory, None);
    let workspace = match Workspace::load(folder, Format::Text, terminal)? {
        Ok(workspace) => workspace,
        Err(outcome) => return Ok(outcome),
    };
    let (live, portal) = workspace::runtime()?.block_on(async {
        let portal = workspace.open_as_merged(terminal)?;
        let live = workspace::read(&*portal, Details::Everything, terminal).await?;
        Ok::<_, anyhow::Error>((live, portal.capabilities()))
    })?;
    if let Some((kind, reason)) = incomplete(&live) {
        bail!("the listing of {kind} is not complete, so nothing is imported: {reason}");
    }
    let selected = import::select(&live, &workspace.state, &portal, asked)?;
    let unsupported = match asked.is_empty() {
        true => import::unsupported(&live, &workspace.state),
        false => Vec::new(),
    };
    if selected.is_empty() && unsupported.is_empty() {
        writeln!(
            terminal.out,
            "Nothing to import: everything on the portal is declared"
        )?;
        return Ok(Outcome::Done);
    }
    let exists = |name: &str| workspace.folder.join(name).exists();
    let validate = |files: &[File]| verdict(files, &workspace, &live, &portal);
    let import = import::import(&live, &workspace.state, &selected, &exists, &validate)?;
    let Import {
        files,
        mut left_out,
    } = import;
    left_out.extend(unsupported);
    let mut whole = left_out.iter().filter(|one| one.field.is_none());
    if let Some(one) = whole.find(|one| asked.contains(&one.address)) {
        bail!("{} can't be declared: {}", one.address, one.why);
    }
    for one in &left_out {
        writeln!(terminal.err, "left out: {}", escape::line(&told(one)))?;
    }
    if files.is_empty() {
        writeln!(
            terminal.out,
            "Nothing to import: what isn't declared can't be"
        )?;
        return Ok(Outcome::Done);
    }
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
    let count = files.iter().map(|file| file.addresses.len()).sum();
    writeln!(
        terminal.out,
        "{} imported; a plan of them is empty",
        counted(count, "resource")
    )?;
    Ok(Outcome::Done)
}

/// What can't be declared, and why.
fn told(left_out: &LeftOut) -> String {
    let LeftOut {
        address,
        field,
        why,
    } = left_out;
    match field {
        None => format!("{address}: {why}"),
        Some(field) => format!("`{field}` of {address}: {why}"),
    }
}

fn incomplete(live: &Live) -> Option<(crate::model::Kind, &str)> {
    live.listings
        .iter()
        .find_map(|(kind, listing)| Some((*kind, listing.doubt()?)))
}

/// Reads drafted files with those of the workspace, as anybody would read them, and plans: nothing may
/// be wrong, and nothing left to do.
fn verdict(
    drafted: &[File],
    workspace: &Workspace,
    live: &Live,
    portal: &Capabilities,
) -> anyhow::Result<Validation> {
    let mut files = repo::read(&workspace.folder)?;
    for File { name, text, .. } in drafted {
        files.take(name.clone(), text.clone().into_bytes());
    }
    let mut desired = workspace::declared(files);
    desired.report.extend(check_support(&desired.state, portal));
    let Desired {
        config,
        mut state,
        report,
    } = desired;
    let Some(mut config) = config.filter(|_| !report.has_errors()) else {
        let operations = Vec::new();
        return Ok(Validation { report, operations });
    };
    strip_local_only(&mut state, &mut config, portal);
    let again = Workspace {
        folder: workspace.folder.clone(),
        config,
        state,
    };
    let operations = plan(inputs(&again, live, portal)).operations;
    Ok(Validation { report, operations })
}
