//! `callsheet plan`: what would be done. It takes data and has no way to write.

use super::{
    expect_format,
    outcome::Outcome,
    settings::{self, Terminal},
    workspace::{self, Workspace},
};
use crate::{
    plan::{Inputs, Plan, plan},
    render::{Format, document, prose, safe},
};
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The workspace
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,

    /// End with 2 if there is something to do
    #[arg(long)]
    detailed_exitcode: bool,
}

pub(super) fn run(
    args: &Args,
    directory: &Path,
    format: Format,
    terminal: &mut Terminal,
) -> anyhow::Result<Outcome> {
    expect_format(format, &[Format::Text, Format::Json])?;
    let folder = workspace::folder(directory, args.folder.as_deref());
    let workspace = match Workspace::load(folder, format, terminal)? {
        Ok(workspace) => workspace,
        Err(outcome) => return Ok(outcome),
    };
    let planned = workspace::runtime()?.block_on(async {
        let portal = workspace.open().await?;
        let live = workspace::read(&*portal, terminal).await?;
        anyhow::Ok(plan(inputs(&workspace, &live)))
    })?;
    show(&workspace, &planned, format, terminal)?;
    Ok(if planned.is_blocked() {
        Outcome::Refused
    } else if args.detailed_exitcode && !planned.operations.is_empty() {
        Outcome::Changes
    } else {
        Outcome::Done
    })
}

/// What a plan of a workspace is made from.
pub(super) fn inputs<'a>(workspace: &'a Workspace, live: &'a crate::model::Live) -> Inputs<'a> {
    Inputs {
        desired: &workspace.state,
        config: &workspace.config,
        live,
        today: settings::today(),
    }
}

/// Writes a plan.
pub(super) fn show(
    workspace: &Workspace,
    plan: &Plan,
    format: Format,
    terminal: &mut Terminal,
) -> anyhow::Result<()> {
    let heading = workspace.heading();
    match format {
        Format::Json => safe::json(&document::plan(&heading, plan), &mut terminal.out)?,
        _ => prose::plan(&heading, plan, &terminal.look, &mut terminal.out)?,
    }
    Ok(())
}
