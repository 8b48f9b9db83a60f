//! `callsheet plan`: what would be done. It takes data and has no way to write.

use super::{
    history::{self, Baseline},
    outcome::Outcome,
    settings::Terminal,
    workspace::{self, Workspace},
};
use crate::{
    plan::{Cause, Plan},
    portal::Details,
    render::{Format, document, escape, html, markdown, prose},
    saved::SavedPlan,
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
        let portal = workspace.open().await?;
        let absent = workspace.absent();
        let mut states = baseline.states(&workspace.state);
        states.push(&absent);
        let wanted = Details::Declared(&states);
        let mut live = workspace::read(&*portal, wanted, terminal).await?;
        if !workspace.fits(&*portal, format, terminal)? {
            return Ok(None);
        }
        let planned = baseline.plan_on(&workspace, &*portal, &mut live, &args.only, terminal);
        planned.await.map(Some)
    })?;
    let Some(planned) = planned else {
        return Ok(Outcome::Failed);
    };
    if let Some(out) = &args.out {
        let folder = args.folder.as_deref().unwrap_or(Path::new("."));
        let saved = SavedPlan::of(
            &planned,
            &workspace.heading(&baseline),
            &folder.to_string_lossy(),
        );
        save(&saved, &directory.join(out))?;
    }
    show(&workspace, &baseline, &planned, format, terminal)?;
    Ok(if planned.is_blocked() {
        Outcome::Refused
    } else if args.detailed_exitcode && !planned.operations.is_empty() {
        Outcome::Changes
    } else {
        Outcome::Done
    })
}

/// Saves a plan.
pub(super) fn save(saved: &SavedPlan, path: &Path) -> anyhow::Result<()> {
    let text = serde_json::to_string_pretty(saved)? + "\n";
    std::fs::write(path, text).with_context(|| format!("{} can't be written", path.display()))
}

/// Writes a plan.
pub(super) fn show(
    workspace: &Workspace,
    baseline: &Baseline,
    plan: &Plan,
    format: Format,
    terminal: &mut Terminal,
) -> anyhow::Result<()> {
    let heading = workspace.heading(baseline);
    match format {
        Format::Json => escape::json(&document::plan(&heading, plan), &mut terminal.out)?,
        Format::Markdown => {
            markdown::plan(&heading, plan, markdown::BUDGET, &mut terminal.out)?;
        }
        Format::Html => html::plan(&heading, plan, &mut terminal.out)?,
        Format::Text | Format::Github | Format::Sarif => {
            prose::plan(&heading, plan, &terminal.look, &mut terminal.out)?;
        }
    }
    Ok(())
}
