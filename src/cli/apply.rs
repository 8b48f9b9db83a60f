//! `callsheet apply`: plan, ask, do; or do what was planned and reviewed earlier.

use super::{
    history::{self, Baseline},
    outcome::{Outcome, UsageError, ignore_broken_pipe},
    progress::{Bars, Recorder},
    settings::{self, Terminal},
    workspace::{self, Workspace},
};
use crate::{
    apply::{Applied, Secrets, apply},
    journal::{Journal, Replay},
    model::Live,
    plan::{Cause, Plan, revalidate},
    portal::{Details, Portal},
    render::{
        Format,
        document::{self, Heading},
        escape, prose,
    },
    saved::SavedPlan,
};
use anyhow::{Context as _, bail};
use std::{
    io::Write as _,
    path::{Path, PathBuf},
};
use tokio::sync::watch;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Workspace, or a saved plan [default: workspace found from the current directory upwards]
    #[arg(value_name = "DIR | PLAN.json")]
    what: Option<PathBuf>,

    /// Output format
    #[arg(long, value_parser = super::formats(&[Format::Text, Format::Json]), env = "CALLSHEET_FORMAT", default_value = "text")]
    pub(super) format: Format,

    /// Skip confirmation (required when not on a terminal)
    #[arg(long, short)]
    yes: bool,

    /// Apply even with uncommitted changes
    #[arg(long)]
    allow_dirty: bool,

    /// Apply only changes with these causes, separated by commas
    #[arg(long, value_enum, value_delimiter = ',', value_name = "CAUSE")]
    only: Vec<Cause>,

    /// Record what is done in FILE, a new file [default: a file in the workspace's .callsheet/journal]
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,

    #[command(flatten)]
    past: history::Revisions,
}

/// What is to be done, and on which workspace.
struct Task {
    workspace: Workspace,
    baseline: Baseline,
    saved: Option<SavedPlan>,
}

pub(super) fn run(
    args: &Args,
    directory: &Path,
    format: Format,
    terminal: &mut Terminal,
) -> anyhow::Result<Outcome> {
    if !args.yes && !terminal.interactive {
        let message = "nobody can be asked here; say --yes to apply without asking";
        return Err(UsageError(message.to_owned()).into());
    }
    let task = match prepare(args, directory, format, terminal)? {
        Ok(task) => task,
        Err(outcome) => return Ok(outcome),
    };
    let Task {
        workspace,
        baseline,
        saved,
    } = &task;
    if saved.is_none() && baseline.is_dirty && !args.allow_dirty {
        let message = "the files differ from what is committed, so nobody could review them; commit them, or say --allow-dirty";
        writeln!(terminal.err, "error: {message}")?;
        return Ok(Outcome::Refused);
    }
    tell_of_interruption(workspace, terminal)?;
    workspace::runtime()?.block_on(async {
        let portal = workspace.open().await?;
        let absent = workspace.absent();
        let mut states = baseline.states(&workspace.state);
        states.push(&absent);
        let touched = saved.as_ref().map(SavedPlan::objects);
        // What was planned against all of an object is compared with all of it.
        let wanted = match &touched {
            Some(touched) => Details::Evidence(touched),
            None => Details::Declared(&states),
        };
        let mut live = workspace::read(&*portal, wanted, terminal).await?;
        if !workspace.fits(&*portal, format, terminal)? {
            return Ok(Outcome::Failed);
        }
        let planned = match saved {
            Some(saved) => match reviewed(saved, &live, terminal)? {
                Ok(planned) => placed(planned, workspace),
                Err(outcome) => return Ok(outcome),
            },
            None => {
                let planned =
                    baseline.plan_on(workspace, &*portal, &mut live, &args.only, terminal);
                planned.await?
            }
        };
        carry_out(args, &task, &planned, &*portal, format, terminal).await
    })
}

/// Reads what is to be applied: a workspace, or a saved plan and the workspace that it is of.
fn prepare(
    args: &Args,
    directory: &Path,
    format: Format,
    terminal: &mut Terminal,
) -> anyhow::Result<Result<Task, Outcome>> {
    let path = workspace::folder(directory, args.what.as_deref());
    let saved = if path.is_file() {
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("{} can't be read", path.display()))?;
        match SavedPlan::parse(&text) {
            Ok(saved) => Some(saved),
            Err(error) => {
                let error = escape::lines(&error.to_string());
                writeln!(
                    terminal.err,
                    "error: {} is refused: {error}",
                    path.display()
                )?;
                return Ok(Err(Outcome::Refused));
            }
        }
    } else {
        None
    };
    let folder = saved.as_ref().map_or_else(
        || path.clone(),
        |saved| workspace::of_plan(directory, saved),
    );
    let workspace = match Workspace::load(folder, format, terminal)? {
        Ok(workspace) => workspace,
        Err(outcome) => return Ok(Err(outcome)),
    };
    let baseline = Baseline::read(&args.past, &workspace)?;
    Ok(Ok(Task {
        workspace,
        baseline,
        saved,
    }))
}

/// The operations of a saved plan that are still to be done, if all that it touches is as it was.
fn reviewed(
    saved: &SavedPlan,
    live: &Live,
    terminal: &mut Terminal,
) -> anyhow::Result<Result<Plan, Outcome>> {
    if saved.blocked {
        writeln!(
            terminal.err,
            "error: the plan is blocked by a finding, so nothing was done"
        )?;
        return Ok(Err(Outcome::Refused));
    }
    match revalidate(saved.operations()?, live) {
        Ok(operations) => Ok(Ok(Plan {
            operations,
            requests: live.requests,
            ..Plan::default()
        })),
        Err(differences) => {
            writeln!(
                terminal.err,
                "error: the plan is stale, so nothing was done; plan again"
            )?;
            for difference in differences {
                let line = format!("{}: {}", difference.address, difference.message);
                writeln!(terminal.err, "  {}", escape::line(&line))?;
            }
            Ok(Err(Outcome::Refused))
        }
    }
}

/// A saved plan, with the places where the files declare now what it changes.
fn placed(mut plan: Plan, workspace: &Workspace) -> Plan {
    for operation in &mut plan.operations {
        let declared = workspace.state.get(&operation.address);
        operation.origin = declared.and_then(|resource| resource.origin.clone());
    }
    plan
}

/// Says what an earlier run left unfinished; this one takes it up.
fn tell_of_interruption(workspace: &Workspace, terminal: &mut Terminal) -> anyhow::Result<()> {
    let newest = Replay::newest(&journals(workspace));
    let Some(story) = newest
        .and_then(|path| Replay::read(&path).ok())
        .filter(|story| !story.is_finished)
    else {
        return Ok(());
    };
    let outcomes = story.outcomes();
    writeln!(
        terminal.err,
        "an earlier apply was cut off: {} done, {} failed, {} not attempted, {} unknown; this one takes it up",
        outcomes.done, outcomes.failed, outcomes.not_attempted, outcomes.unknown,
    )?;
    for (operation, _) in story
        .operations
        .iter()
        .zip(&story.outcomes)
        .filter(|(_, one)| **one == crate::apply::Outcome::Unknown)
    {
        let address = escape::line(&operation.address.to_string());
        writeln!(terminal.err, "  unknown: {address}")?;
    }
    Ok(())
}

/// Where a workspace's journals lie.
fn journals(workspace: &Workspace) -> PathBuf {
    workspace.folder.join(".callsheet/journal")
}

/// Shows the plan, asks, and does it.
async fn carry_out(
    args: &Args,
    task: &Task,
    planned: &Plan,
    portal: &dyn Portal,
    format: Format,
    terminal: &mut Terminal,
) -> anyhow::Result<Outcome> {
    let Task {
        workspace,
        baseline,
        saved,
    } = task;
    let heading = match saved {
        Some(saved) => saved.heading.clone(),
        None => workspace.heading(baseline),
    };
    if format == Format::Text {
        let shown = prose::plan(&heading, planned, &terminal.look, &mut terminal.out);
        ignore_broken_pipe(
            shown
                .and_then(|()| terminal.out.flush())
                .map_err(Into::into),
        )?;
    } else if !args.yes {
        // Whoever is asked wants to see it; stdout is for the one document.
        prose::plan(&heading, planned, &terminal.err_look, &mut terminal.err)?;
    }
    if planned.is_blocked() {
        if format == Format::Json {
            escape::json(&document::plan(&heading, planned), &mut terminal.out)?;
        }
        writeln!(
            terminal.err,
            "error: the plan is blocked, so nothing was done"
        )?;
        return Ok(Outcome::Refused);
    }
    if !planned.operations.is_empty() && !args.yes && !ask(planned, terminal)? {
        writeln!(terminal.err, "nothing was done")?;
        return Ok(Outcome::Done);
    }
    let secrets = read_secrets(workspace, planned)?;
    let applied = if planned.operations.is_empty() {
        Applied::default()
    } else {
        let path = args.journal.clone().unwrap_or_else(|| {
            let name = settings::now().strftime("%Y%m%dT%H%M%S%.6fZ").to_string();
            journals(workspace).join(format!("{name}-{}.jsonl", std::process::id()))
        });
        let journal = Journal::begin(&path, settings::now, &heading, &planned.operations);
        let journal = journal.with_context(|| {
            format!(
                "the journal {} can't be begun, so nothing was done",
                path.display()
            )
        })?;
        write(planned, portal, &secrets, &journal, terminal).await?
    };
    ignore_broken_pipe(report(&heading, planned, &applied, format, terminal))?;
    if applied.is_complete() && !applied.interrupted && saved.is_none() {
        baseline.remember(&args.only)?;
    }
    Ok(if applied.interrupted {
        Outcome::Interrupted
    } else if applied.is_complete() {
        Outcome::Done
    } else {
        Outcome::Failed
    })
}

/// Evidence whether to go on.
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
    journal: &Journal,
    terminal: &mut Terminal,
) -> anyhow::Result<Applied> {
    let (stop, stopped) = watch::channel(false);
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    let bars = Bars::for_writes(terminal.progress, plan.operations.len());
    let recorder = Recorder {
        bars: &bars,
        journal,
    };
    let mut writing = std::pin::pin!(apply(plan, portal, secrets, stopped, &recorder));
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
    journal
        .finish(applied.interrupted)
        .context("the journal can't be finished")?;
    check_against(journal, &applied)?;
    Ok(applied)
}

/// What is reported is what the journal says: they can't differ.
fn check_against(journal: &Journal, applied: &Applied) -> anyhow::Result<()> {
    let story = Replay::read(journal.path()).context("the journal can't be read back")?;
    let reported = document::Outcomes::of(applied);
    if story.outcomes() != reported {
        bail!(
            "the journal {} says something else than this run; trust the journal",
            journal.path().display()
        );
    }
    Ok(())
}

fn report(
    heading: &Heading,
    plan: &Plan,
    applied: &Applied,
    format: Format,
    terminal: &mut Terminal,
) -> anyhow::Result<()> {
    match format {
        Format::Json => {
            let document = document::applied(heading, plan, applied);
            escape::json(&document, &mut terminal.out)?;
        }
        _ if plan.operations.is_empty() => {}
        _ => prose::applied(plan, applied, &terminal.look, &mut terminal.out)?,
    }
    Ok(())
}
