//! `callsheet apply`: plan, ask, do; or do what was planned and reviewed earlier.

mod perform;
mod review;

pub(super) use perform::{Performance, Performed};
pub(super) use review::{folder_of, report_staleness, unseen};

use super::{
    history::{self, Baseline},
    outcome::{Outcome, UsageError},
    session::Session,
    settings::{self, Terminal},
    strength::WeakSecrets,
    workspace::{self, When, Workspace},
};
use crate::{
    journal::Replay,
    model::Address,
    plan::{Cause, Filter},
    portal,
    render::{
        Format,
        document::{Heading, PlanDocument},
        escape,
    },
    saved,
};
use jiff::civil::Date;
use review::{is_reviewed, reviewed, saved_plan};
use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Workspace, or a saved plan [default: workspace found from the current directory upwards]
    #[arg(value_name = "DIR | PLAN.json")]
    what: Option<PathBuf>,

    /// Output format
    #[arg(long, value_parser = super::formats(&[Format::Text, Format::Json, Format::Markdown]), env = "CALLSHEET_FORMAT", default_value = "text")]
    pub(super) format: Format,

    /// Shorten the plan as text: new resources with some of their fields, groups without their members
    #[arg(long)]
    summary: bool,

    /// Don't list the people whom the apply changed
    #[arg(long, short)]
    quiet: bool,

    /// Skip confirmation (required when not on a terminal)
    #[arg(long, short)]
    yes: bool,

    /// Apply even with uncommitted changes
    #[arg(long)]
    allow_dirty: bool,

    /// Apply only changes with these causes, separated by commas
    #[arg(long, value_enum, value_delimiter = ',', value_name = "CAUSE")]
    only: Vec<Cause>,

    /// Apply only the changes of this resource, with those that they need; repeat for several
    #[arg(long, value_name = "ADDRESS")]
    target: Vec<Address>,

    /// Read the files as of this day, which tells who has started or left [default: today]
    #[arg(long, value_name = "DATE")]
    as_of: Option<Date>,

    /// Apply only what is in FILE, a plan that was reviewed, or in several: the same or less
    #[arg(long, value_name = "FILE", conflicts_with = "only")]
    reviewed: Vec<PathBuf>,

    /// Record what is done in FILE, a new file [default: a file in the workspace's .callsheet/journal]
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,

    #[command(flatten)]
    past: history::Revisions,
}

/// The source of a plan.
enum Source {
    /// The files of the workspace.
    Files,
    /// A plan that was saved and reviewed.
    Saved(Box<PlanDocument>),
}

pub(super) fn run(
    args: &Args,
    directory: &Path,
    format: Format,
    terminal: &mut Terminal,
) -> anyhow::Result<Outcome> {
    if args.summary {
        terminal.summarize();
    }
    terminal.look.people = !args.quiet;
    if !args.yes && !terminal.interactive {
        let message = "not a terminal, so there is no one to confirm; pass --yes";
        return Err(UsageError(message.to_owned()).into());
    }
    let path = workspace::folder(directory, args.what.as_deref());
    let (folder, source) = if path.is_file() {
        if !args.target.is_empty() {
            let message = "a saved plan is applied whole; limit it when it is made: `callsheet plan --target ADDRESS --out FILE`";
            return Err(UsageError(message.to_owned()).into());
        }
        if !args.reviewed.is_empty() {
            let message =
                "--reviewed compares the plan of a workspace; name the workspace, not a saved plan";
            return Err(UsageError(message.to_owned()).into());
        }
        match saved_plan(&path, terminal)? {
            Ok(saved) => (folder_of(&saved, directory), Source::Saved(Box::new(saved))),
            Err(outcome) => return Ok(outcome),
        }
    } else {
        (path, Source::Files)
    };
    let when = When {
        as_of: args.as_of,
        ..When::default()
    };
    let workspace = match Workspace::load_at(folder, when, format, terminal)? {
        Ok(workspace) => workspace,
        Err(outcome) => return Ok(outcome),
    };
    let baseline = Baseline::read(&args.past, &workspace)?;
    if let Some(outcome) = refuse(args, &workspace, &baseline, &source, terminal)? {
        return Ok(outcome);
    }
    report_interruption(&workspace, terminal)?;
    workspace::runtime()?.block_on(async {
        let touched = match &source {
            Source::Files => Vec::new(),
            Source::Saved(saved) => {
                let capabilities = portal::capabilities(&workspace.config.portal);
                saved::objects(saved, &capabilities)
            }
        };
        let session = Session::open(workspace, baseline, &touched, terminal).await?;
        let mut session = match session {
            Ok(session) => session,
            Err(obstacle) => return obstacle.show(format, terminal),
        };
        let planned = match &source {
            Source::Files => {
                let filter = Filter {
                    only: &args.only,
                    targets: &args.target,
                };
                let planned = session.plan(filter, terminal).await?;
                session.check_targets(&planned)?;
                if !args.reviewed.is_empty() && !is_reviewed(args, &session, &planned, terminal)? {
                    return Ok(Outcome::Refused);
                }
                planned
            }
            Source::Saved(saved) => match reviewed(saved, &mut session, terminal).await? {
                Ok(planned) => planned,
                Err(outcome) => return Ok(outcome),
            },
        };
        let planned = planned.for_apply();
        let heading = match &source {
            Source::Saved(saved) => Heading {
                links: settings::links(),
                author: session.workspace.heading(&session.baseline).author,
                ..saved.heading.clone()
            },
            Source::Files => Heading {
                only: args.only.clone(),
                targets: args.target.clone(),
                ..session.workspace.heading(&session.baseline)
            },
        };
        let performance = Performance {
            is_confirmed: args.yes,
            is_saved: matches!(source, Source::Saved(_)),
            journal: args.journal.as_deref(),
            format,
        };
        let performed = performance.of(&session, &heading, &planned, terminal).await;
        match performed {
            Ok(performed) => performed.error.map_or(Ok(performed.outcome), Err),
            Err(error) => show_weak_secrets(error, &session.workspace.folder, format, terminal),
        }
    })
}

/// Shows the secrets that were refused; any other error is one.
fn show_weak_secrets(
    error: anyhow::Error,
    folder: &Path,
    format: Format,
    terminal: &mut Terminal,
) -> anyhow::Result<Outcome> {
    let WeakSecrets(report) = error.downcast()?;
    workspace::show(folder, &report, format, terminal)?;
    writeln!(terminal.err, "error: secrets are weak, so nothing was done")?;
    Ok(Outcome::Refused)
}

/// Refuses what isn't applied whatever the portal holds: uncommitted files, and a plan of another
/// workspace or portal.
fn refuse(
    args: &Args,
    workspace: &Workspace,
    baseline: &Baseline,
    source: &Source,
    terminal: &mut Terminal,
) -> anyhow::Result<Option<Outcome>> {
    let message = match source {
        Source::Files if baseline.is_dirty() && !args.allow_dirty => format!(
            "there are uncommitted changes, which nobody has reviewed ({}); commit them or pass --allow-dirty",
            listed(&baseline.uncommitted)
        ),
        Source::Files => return Ok(None),
        Source::Saved(saved) => {
            let now = workspace.heading(baseline);
            let then = &saved.heading;
            if then.workspace != now.workspace || then.folder != now.folder {
                format!(
                    "the plan is of the workspace {} in {}, and this is {} in {}",
                    then.workspace, then.folder, now.workspace, now.folder
                )
            } else if then.portal_id != now.portal_id {
                format!(
                    "the plan is for {}, and callsheet.yaml names {} or another tenant now; plan again",
                    then.portal, now.portal
                )
            } else if saved.blocked {
                "the plan is blocked by a finding, so nothing was done".to_owned()
            } else {
                return Ok(None);
            }
        }
    };
    writeln!(terminal.err, "error: {}", escape::line(&message))?;
    Ok(Some(Outcome::Refused))
}

/// The first of several files, and how many more there are.
pub(super) fn listed(files: &[String]) -> String {
    const SHOWN: usize = 3;
    let first = files.iter().take(SHOWN).cloned().collect::<Vec<_>>();
    match files.len().saturating_sub(SHOWN) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

/// Says what an earlier run left unfinished; this one takes it up.
fn report_interruption(workspace: &Workspace, terminal: &mut Terminal) -> anyhow::Result<()> {
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
