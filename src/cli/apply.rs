//! `callsheet apply`: plan, ask, do.

use super::{
    expect_format,
    outcome::{Outcome, UsageError, even_unread},
    plan::inputs,
    progress::Bars,
    settings::{self, Terminal},
    workspace::{self, Workspace},
};
use crate::{
    apply::{Applied, Secrets, apply},
    plan::{Plan, plan},
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
    workspace::runtime()?.block_on(async {
        let portal = workspace.open().await?;
        let live = workspace::read(&*portal, terminal).await?;
        let planned = plan(inputs(&workspace, &live));
        if format == Format::Text {
            let shown = super::plan::show(&workspace, &planned, format, terminal);
            even_unread(shown.and_then(|()| Ok(terminal.out.flush()?)))?;
        } else if !args.yes {
            // Whoever is asked wants to see it; stdout is for the one document.
            let heading = workspace.heading();
            prose::plan(&heading, &planned, &terminal.err_look, &mut terminal.err)?;
        }
        if planned.is_blocked() {
            if format == Format::Json {
                super::plan::show(&workspace, &planned, format, terminal)?;
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
        even_unread(report(&workspace, &planned, &applied, format, terminal))?;
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
    plan: &Plan,
    applied: &Applied,
    format: Format,
    terminal: &mut Terminal,
) -> anyhow::Result<()> {
    match format {
        Format::Json => {
            let document = document::applied(&workspace.heading(), plan, applied);
            safe::json(&document, &mut terminal.out)?;
        }
        _ if plan.operations.is_empty() => {}
        _ => prose::applied(plan, applied, &terminal.look, &mut terminal.out)?,
    }
    Ok(())
}
