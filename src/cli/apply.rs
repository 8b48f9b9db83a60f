//! `callsheet apply`: plan, ask, do.

use super::{
    expect_format,
    outcome::{Outcome, UsageError},
    past::{self, Before},
    progress::Bars,
    settings::{self, Terminal},
    workspace::{self, Workspace},
};
use crate::{
    apply::{Applied, Secrets, apply},
    plan::{Cause, Plan},
    portal::Portal,
    render::{Format, document, prose, safe},
};
use anyhow::bail;
use std::{
    io::Write as _,
    path::{Path, PathBuf},
};
use tokio::sync::watch;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The workspace
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,

    /// Don't ask; needed where nobody can be asked
    #[arg(long, short)]
    yes: bool,

    /// Apply files that differ from what is committed
    #[arg(long)]
    allow_dirty: bool,

    /// Only what has one of these causes; the rest stays as it is
    #[arg(long, value_enum, value_delimiter = ',', value_name = "CAUSE")]
    only: Vec<Cause>,

    #[command(flatten)]
    past: past::Revisions,
}

pub(super) fn run(
    args: &Args,
    directory: &Path,
    format: Format,
    terminal: &mut Terminal,
) -> anyhow::Result<Outcome> {
    expect_format(format, &[Format::Text, Format::Json])?;
    if !args.yes && !terminal.interactive {
        return Err(UsageError(
            "nobody can be asked here; say --yes to apply without asking".to_owned(),
        )
        .into());
    }
    let folder = workspace::folder(directory, args.folder.as_deref());
    let workspace = match Workspace::load(folder, format, terminal)? {
        Ok(workspace) => workspace,
        Err(outcome) => return Ok(outcome),
    };
    let before = Before::read(&args.past, &workspace)?;
    if before.is_dirty && !args.allow_dirty {
        let message = "the files differ from what is committed, so nobody could review them; commit them, or say --allow-dirty";
        writeln!(terminal.err, "error: {message}")?;
        return Ok(Outcome::Refused);
    }
    workspace::runtime()?.block_on(async {
        let portal = workspace.open().await?;
        let live = workspace::read(&*portal, terminal).await?;
        let planned = before.plan(&workspace, &live, &args.only)?;
        if format == Format::Text || !args.yes {
            super::plan::show(&workspace, &before, &planned, Format::Text, terminal)?;
            terminal.out.flush()?;
        }
        if planned.is_blocked() {
            if format == Format::Json {
                super::plan::show(&workspace, &before, &planned, format, terminal)?;
            }
            writeln!(
                terminal.err,
                "error: the plan is blocked, so nothing was done"
            )?;
            return Ok(Outcome::Refused);
        }
        if !planned.operations.is_empty() && !args.yes && !ask(&planned, terminal)? {
            writeln!(terminal.err, "nothing was done")?;
            return Ok(Outcome::Done);
        }
        let secrets = read_secrets(&workspace, &planned)?;
        let applied = write(&planned, &*portal, &secrets, terminal).await?;
        report(&workspace, &before, &planned, &applied, format, terminal)?;
        if applied.is_complete() && !applied.interrupted {
            before.remember(&args.only)?;
        }
        Ok(if applied.interrupted {
            Outcome::Interrupted
        } else if applied.is_complete() {
            Outcome::Done
        } else {
            Outcome::Failed
        })
    })
}

/// Asks whether to go on.
fn ask(plan: &Plan, terminal: &mut Terminal) -> anyhow::Result<bool> {
    let count = plan.operations.len();
    let what = if count == 1 {
        "this operation".to_owned()
    } else {
        format!("these {count} operations")
    };
    write!(terminal.err, "Apply {what}? Only `yes` goes on: ")?;
    terminal.err.flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(answer.trim() == "yes")
}

/// Reads every secret that the plan sends; with one missing, nothing is written.
fn read_secrets(workspace: &Workspace, plan: &Plan) -> anyhow::Result<Secrets> {
    let read = |origin: &_| settings::secret(origin, &workspace.folder);
    match Secrets::read(plan, &read) {
        Ok(secrets) => Ok(secrets),
        Err(missing) => {
            let list: Vec<String> = missing.iter().map(ToString::to_string).collect();
            bail!(
                "secrets are missing, so nothing was done:\n  {}",
                list.join("\n  ")
            )
        }
    }
}

/// Does what the plan says, until it is done or a signal asks to stop.
async fn write(
    plan: &Plan,
    portal: &dyn Portal,
    secrets: &Secrets,
    terminal: &mut Terminal,
) -> anyhow::Result<Applied> {
    let (stop, stopped) = watch::channel(false);
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    let bars = Bars::for_writes(terminal.progress, plan.operations.len());
    let mut writing = std::pin::pin!(apply(plan, portal, secrets, stopped, &bars));
    let applied = loop {
        tokio::select! {
            applied = &mut writing => break applied,
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
        if !stop.send_replace(true) {
            writeln!(
                terminal.err,
                "stopping: what is in flight is finished first"
            )?;
        }
    };
    bars.clear();
    Ok(applied)
}

fn report(
    workspace: &Workspace,
    before: &Before,
    plan: &Plan,
    applied: &Applied,
    format: Format,
    terminal: &mut Terminal,
) -> anyhow::Result<()> {
    match format {
        Format::Json => {
            let document = document::applied(&workspace.heading(before), plan, applied);
            safe::json(&document, &mut terminal.out)?;
        }
        _ if plan.operations.is_empty() => {}
        _ => prose::applied(plan, applied, &terminal.look, &mut terminal.out)?,
    }
    Ok(())
}
