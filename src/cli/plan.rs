//! `callsheet plan`: what would be done. It takes data and has no way to write.

use super::{
    history::{self, Baseline},
    outcome::Outcome,
    session::Session,
    settings::Terminal,
    workspace::{self, Workspace},
};
use crate::{
    plan::{Cause, Plan},
    render::{
        Format,
        document::{self, Heading, PlanDocument},
        escape, html, markdown, prose,
    },
};
use anyhow::Context as _;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Workspace [default: found from the current directory upwards]
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,

    /// Output format
    #[arg(long, value_parser = super::formats(&[Format::Text, Format::Json, Format::Markdown, Format::Html]), env = "CALLSHEET_FORMAT", default_value = "text")]
    pub(super) format: Format,

    /// Exit with code 2 if there are changes
    #[arg(long)]
    detailed_exitcode: bool,

    /// Plan only changes with these causes, separated by commas
    #[arg(long, value_enum, value_delimiter = ',', value_name = "CAUSE")]
    only: Vec<Cause>,

    /// Save the plan to FILE, to be reviewed and applied with `callsheet apply FILE`
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    #[command(flatten)]
    past: history::Revisions,
}

pub(super) fn run(
    args: &Args,
    directory: &Path,
    format: Format,
    terminal: &mut Terminal,
) -> anyhow::Result<Outcome> {
    let folder = workspace::folder(directory, args.folder.as_deref());
    let workspace = match Workspace::load(folder, format, terminal)? {
        Ok(workspace) => workspace,
        Err(outcome) => return Ok(outcome),
    };
    let baseline = Baseline::read(&args.past, &workspace)?;
    let planned = workspace::runtime()?.block_on(async {
        let session = Session::open(workspace, baseline, &[], format, terminal).await?;
        let mut session = match session {
            Ok(session) => session,
            Err(outcome) => return Ok(Err(outcome)),
        };
        let planned = session.plan(&args.only, terminal).await?;
        Ok::<_, anyhow::Error>(Ok((session, planned)))
    })?;
    let (session, planned) = match planned {
        Ok(planned) => planned,
        Err(outcome) => return Ok(outcome),
    };
    let Session {
        workspace,
        baseline,
        ..
    } = &session;
    let heading = Heading {
        only: args.only.clone(),
        ..workspace.heading(baseline)
    };
    if let Some(out) = &args.out {
        let saved = document::plan(&heading, &planned);
        save(&saved, &directory.join(out))?;
    }
    write(&heading, &planned, format, terminal)?;
    Ok(if planned.is_blocked() {
        Outcome::Refused
    } else if args.detailed_exitcode && !planned.operations.is_empty() {
        Outcome::Changes
    } else {
        Outcome::Done
    })
}

/// Saves a plan.
pub(super) fn save(saved: &PlanDocument, path: &Path) -> anyhow::Result<()> {
    let text = serde_json::to_string_pretty(saved)? + "\n";
    std::fs::write(path, text).with_context(|| format!("{} can't be written", path.display()))
}

/// Writes a plan of a workspace.
pub(super) fn show(
    workspace: &Workspace,
    baseline: &Baseline,
    plan: &Plan,
    format: Format,
    terminal: &mut Terminal,
) -> anyhow::Result<()> {
    write(&workspace.heading(baseline), plan, format, terminal)
}

/// Writes a plan.
pub(super) fn write(
    heading: &Heading,
    plan: &Plan,
    format: Format,
    terminal: &mut Terminal,
) -> anyhow::Result<()> {
    match format {
        Format::Json => escape::json(&document::plan(heading, plan), &mut terminal.out)?,
        Format::Markdown => {
            markdown::plan(heading, plan, markdown::BUDGET, &mut terminal.out)?;
        }
        Format::Html => html::plan(heading, plan, &mut terminal.out)?,
        Format::Text | Format::Github | Format::Sarif => {
            prose::plan(heading, plan, &terminal.look, &mut terminal.out)?;
        }
    }
    Ok(())
}
