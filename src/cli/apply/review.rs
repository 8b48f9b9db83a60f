//! What was *reviewed*: a saved plan that is applied as it is, and the plans of pull requests that a fresh
//! plan is compared with.

use super::{
    super::{outcome::Outcome, session::Session, settings::Terminal},
    Args,
};
use crate::{
    journal::Replay,
    model::{Address, Kind},
    plan::{self, Filter, Operation, Plan, Staleness, revalidate},
    render::{
        document::{self, Heading, PlanDocument},
        escape,
    },
    repo::{Found, Git},
    saved,
    undo::undo,
};
use anyhow::Context as _;
use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

/// Reads a saved plan, or shows why it can't be applied.
pub(super) fn saved_plan(
    path: &Path,
    terminal: &mut Terminal,
) -> anyhow::Result<Result<PlanDocument, Outcome>> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("{} can't be read", path.display()))?;
    match saved::parse(&text) {
        Ok(saved) => Ok(Ok(saved)),
        Err(error) => {
            let error = escape::lines(&error.to_string());
            writeln!(
                terminal.err,
                "error: {} is refused: {error}",
                path.display()
            )?;
            Ok(Err(Outcome::Refused))
        }
    }
}

/// The folder of the workspace that a saved plan is of: in a repository its path from the root.
pub(in crate::cli) fn folder_of(saved: &PlanDocument, directory: &Path) -> PathBuf {
    let folder = &saved.heading.folder;
    match Git::find(directory) {
        Ok(Found::Repository(git)) if saved.heading.revision.head.is_some() => {
            git.root().join(folder)
        }
        _ => PathBuf::from(folder),
    }
}

/// The operations of a saved plan that are still to be done, if a fresh plan asks for them too, with what
/// the guards say now.
pub(super) async fn reviewed(
    saved: &PlanDocument,
    session: &mut Session,
    terminal: &mut Terminal,
) -> anyhow::Result<Result<Plan, Outcome>> {
    let operations = saved::operations(&saved.operations)?;
    let capabilities = session.portal.capabilities();
    let operations = match &saved.heading.undo_of {
        Some(journal) => {
            let path = session.workspace.folder.join(journal);
            let replay = Replay::read(&path).with_context(|| {
                format!(
                    "the journal {} that the plan takes back can't be read",
                    path.display()
                )
            })?;
            let undo = undo(&replay, &capabilities).plan.operations;
            if same(&undo, &operations) {
                revalidate(undo, &session.live, &capabilities)
            } else {
                Err(vec![Staleness {
                    address: operations
                        .first()
                        .map_or_else(|| Address::new(Kind::Users, ""), |one| one.address.clone()),
                    message: format!("the plan isn't what takes back the journal {journal}"),
                }])
            }
        }
        None => {
            let filter = Filter {
                only: &saved.heading.only,
                targets: &saved.heading.targets,
            };
            let fresh = session.plan(filter, terminal).await?;
            plan::reviewed(operations, &fresh.operations, &session.live, &capabilities)
        }
    };
    match operations {
        Ok(operations) => session.guarded(operations, terminal).await.map(Ok),
        Err(staleness) => {
            report_staleness(&staleness, terminal)?;
            Ok(Err(Outcome::Refused))
        }
    }
}

/// Whether the plans that were reviewed show all that a fresh plan does. Says what they don't show.
pub(super) fn is_reviewed(
    args: &Args,
    session: &Session,
    fresh: &Plan,
    terminal: &mut Terminal,
) -> anyhow::Result<bool> {
    let mut plans = Vec::new();
    for path in &args.reviewed {
        match saved_plan(path, terminal)? {
            Ok(plan) => plans.push(plan),
            Err(_) => return Ok(false),
        }
    }
    let now = session.workspace.heading(&session.baseline);
    let unseen = unseen(&plans, &now, fresh)?;
    if !unseen.is_empty() {
        report_unseen(&unseen, terminal)?;
    }
    Ok(unseen.is_empty())
}

/// What a fresh plan does and no reviewed plan of the same workspace shows.
pub(in crate::cli) fn unseen(
    reviewed: &[PlanDocument],
    now: &Heading,
    fresh: &Plan,
) -> anyhow::Result<Vec<Staleness>> {
    let own = reviewed.iter().filter(|plan| {
        let then = &plan.heading;
        then.portal_id == now.portal_id && then.folder == now.folder && then.undo_of.is_none()
    });
    Ok(saved::review(own)?.unseen(fresh))
}

/// Says what nobody reviewed.
pub(in crate::cli) fn report_unseen(
    unseen: &[Staleness],
    terminal: &mut Terminal,
) -> anyhow::Result<()> {
    writeln!(
        terminal.err,
        "error: the plan does more than what was reviewed, so nothing was done; plan again and review that"
    )?;
    for Staleness { address, message } in unseen {
        let line = format!("{address}: {message}");
        writeln!(terminal.err, "  {}", escape::line(&line))?;
    }
    Ok(())
}

/// Whether two plans do the same, as far as a file tells.
fn same(one: &[Operation], other: &[Operation]) -> bool {
    let entries = |operations: &[Operation]| {
        let plan = Plan {
            operations: operations.to_vec(),
            ..Plan::default()
        };
        document::plan_digest(&Heading::default(), &plan)
    };
    entries(one) == entries(other)
}

/// Says what is no longer as it was reviewed.
pub(in crate::cli) fn report_staleness(
    staleness: &[Staleness],
    terminal: &mut Terminal,
) -> anyhow::Result<()> {
    writeln!(
        terminal.err,
        "error: the plan is stale, so nothing was done; plan again"
    )?;
    for Staleness { address, message } in staleness {
        let line = format!("{address}: {message}");
        writeln!(terminal.err, "  {}", escape::line(&line))?;
    }
    Ok(())
}
