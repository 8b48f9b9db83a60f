//! `callsheet apply`: plan, ask, do; or do what was planned and reviewed earlier.

use super::{
    history::{self, Baseline},
    outcome::{Outcome, UsageError, ignore_broken_pipe},
    progress::{Bars, Recorder},
    record,
    session::Session,
    settings::{self, Terminal},
    workspace::{self, Workspace},
};
use crate::{
    apply::{Applied, Secrets, apply},
    journal::{Journal, Replay},
    model::{Address, FindingRule, Kind},
    plan::{self, Cause, Operation, Plan, Staleness, revalidate},
    portal::{self, Portal},
    render::{
        Format,
        document::{self, Heading, PlanDocument},
        escape, markdown, prose,
    },
    repo::{Found, Git},
    saved,
    undo::undo,
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
    #[arg(long, value_parser = super::formats(&[Format::Text, Format::Json, Format::Markdown]), env = "CALLSHEET_FORMAT", default_value = "text")]
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
    if !args.yes && !terminal.interactive {
        let message = "not a terminal, so there is no one to confirm; pass --yes";
        return Err(UsageError(message.to_owned()).into());
    }
    let path = workspace::folder(directory, args.what.as_deref());
    let (folder, source) = if path.is_file() {
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
    let workspace = match Workspace::load(folder, format, terminal)? {
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
                let planned = session.plan(&args.only, terminal).await?;
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
        carry_out(args, &session, &source, &planned, format, terminal).await
    })
}

/// Reads a saved plan, or shows why it can't be applied.
fn saved_plan(
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
pub(super) fn folder_of(saved: &PlanDocument, directory: &Path) -> PathBuf {
    let folder = &saved.heading.folder;
    match Git::find(directory) {
        Ok(Found::Repository(git)) if saved.heading.revision.head.is_some() => {
            git.root().join(folder)
        }
        _ => PathBuf::from(folder),
    }
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
fn listed(files: &[String]) -> String {
    const SHOWN: usize = 3;
    let first = files.iter().take(SHOWN).cloned().collect::<Vec<_>>();
    match files.len().saturating_sub(SHOWN) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

/// The operations of a saved plan that are still to be done, if a fresh plan asks for them too, with what
/// the guards say now.
async fn reviewed(
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
            let fresh = session.plan(&saved.heading.only, terminal).await?;
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
fn is_reviewed(
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
pub(super) fn unseen(
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
pub(super) fn report_unseen(unseen: &[Staleness], terminal: &mut Terminal) -> anyhow::Result<()> {
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
        document::plan(&Heading::default(), &plan).digest
    };
    entries(one) == entries(other)
}

/// Says what is no longer as it was reviewed.
pub(super) fn report_staleness(
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

/// Shows the plan, asks, and applies it.
async fn carry_out(
    args: &Args,
    session: &Session,
    source: &Source,
    planned: &Plan,
    format: Format,
    terminal: &mut Terminal,
) -> anyhow::Result<Outcome> {
    let Session {
        workspace,
        baseline,
        portal,
        ..
    } = session;
    let heading = match source {
        Source::Saved(saved) => Heading {
            links: settings::links(),
            ..saved.heading.clone()
        },
        Source::Files => Heading {
            only: args.only.clone(),
            ..workspace.heading(baseline)
        },
    };
    let document = document::plan(&heading, planned);
    if format == Format::Text {
        let shown = prose::plan(&heading, planned, &terminal.look, &mut terminal.out);
        ignore_broken_pipe(
            shown
                .and_then(|()| terminal.out.flush())
                .map_err(Into::into),
        )?;
    } else if !args.yes {
        // The plan is shown before the question; stdout is for the one document.
        prose::plan(&heading, planned, &terminal.err_look, &mut terminal.err)?;
    }
    if planned.is_blocked() {
        match format {
            Format::Json => escape::json(&document, &mut terminal.out)?,
            Format::Markdown => {
                markdown::plan(&heading, planned, markdown::BUDGET, &mut terminal.out)?;
            }
            _ => {}
        }
        writeln!(
            terminal.err,
            "error: the plan is blocked, so nothing was done"
        )?;
        return Ok(Outcome::Refused);
    }
    if !planned.operations.is_empty() && !args.yes && !ask(planned, terminal)? {
        writeln!(terminal.err, "not confirmed, so nothing was done")?;
        return Ok(Outcome::Refused);
    }
    let secrets = read_secrets(workspace, planned, terminal)?;
    let (applied, recorded) = if planned.operations.is_empty() {
        (Applied::default(), Ok(()))
    } else {
        let path = args.journal.clone().unwrap_or_else(|| {
            let name = settings::now().strftime("%Y%m%dT%H%M%S%.6fZ").to_string();
            journals(workspace).join(format!("{name}-{}.jsonl", std::process::id()))
        });
        let journal = Journal::begin(&path, settings::now, &document);
        let journal = journal.with_context(|| {
            format!(
                "the journal {} can't be begun, so nothing was done",
                path.display()
            )
        })?;
        write(planned, &**portal, &secrets, &journal, terminal).await?
    };
    ignore_broken_pipe(report(&heading, planned, &applied, format, terminal))?;
    recorded?;
    let commit = match applied.is_complete() && !applied.interrupted {
        true => applied_commit(session, source, planned, &document, terminal)?,
        false => None,
    };
    let sent = record::sent(planned, &applied, &portal.capabilities());
    if let Some(history) = &baseline.history
        && (commit.is_some() || !sent.is_empty())
    {
        let news = record::News { commit, sent };
        record::write(workspace, history, &**portal, news, terminal).await?;
    }
    Ok(if applied.interrupted {
        Outcome::Interrupted
    } else if applied.is_complete() {
        Outcome::Done
    } else {
        Outcome::Failed
    })
}

/// The commit to record, with the digest of the plan, where the portal holds now what one commit declares: none
/// after an apply of uncommitted files or of some causes only, and none where a part of the history was
/// unknown, since what was removed there is still on the portal; and none that is recorded already.
fn applied_commit(
    session: &Session,
    source: &Source,
    planned: &Plan,
    document: &PlanDocument,
    terminal: &mut Terminal,
) -> anyhow::Result<Option<(String, String)>> {
    let Session { baseline, .. } = session;
    let heading = &document.heading;
    let findings = &mut planned.findings.iter();
    let is_whole = !findings.any(|finding| finding.rule == FindingRule::HistoryIncomplete);
    let (Some(history), true) = (&baseline.history, is_whole) else {
        return Ok(None);
    };
    if heading.dirty || !heading.only.is_empty() {
        return Ok(None);
    }
    let is_undo = heading.undo_of.is_some();
    let commit = if is_undo {
        // What is taken back leaves what had been applied before.
        &heading.revision.applied
    } else {
        &heading.revision.head
    };
    let Some(commit) = commit else {
        return Ok(None);
    };
    let Ok(found) = history.git.resolve(commit) else {
        let short = commit.get(..7).unwrap_or(commit);
        writeln!(
            terminal.err,
            "warning: {short}, the commit of the plan, isn't in this clone, so it isn't recorded as applied; apply the files of the merged commit once"
        )?;
        return Ok(None);
    };
    // A plan that was saved before a newer commit was applied doesn't take the record back.
    let is_older = matches!(source, Source::Saved(_))
        && !is_undo
        && baseline
            .applied()
            .is_some_and(|applied| history.git.is_ancestor(&found, applied));
    let known = baseline.record.as_ref().map(|record| &record.commit);
    let is_news = !is_older && known != Some(commit);
    Ok(is_news.then(|| (commit.clone(), document.digest.clone())))
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
fn read_secrets(
    workspace: &Workspace,
    plan: &Plan,
    terminal: &Terminal,
) -> anyhow::Result<Secrets> {
    let read = |origin: &_| settings::secret(origin, &workspace.folder, terminal.commands);
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
) -> anyhow::Result<(Applied, anyhow::Result<()>)> {
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
    // What was done is reported even if the disk is full.
    let settled = match &*applied.checks {
        [] => Ok(()),
        checks => journal.settled(checks),
    };
    let finished = settled.and_then(|()| journal.finish(applied.interrupted));
    let recorded = finished
        .with_context(|| format!("the journal {} is incomplete", journal.path().display()))
        .and_then(|()| check_against(journal, &applied));
    Ok((applied, recorded))
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
        Format::Markdown => {
            markdown::applied(heading, plan, applied, markdown::BUDGET, &mut terminal.out)?;
        }
        _ if plan.operations.is_empty() => {}
        _ => prose::applied(plan, applied, &terminal.look, &mut terminal.out)?,
    }
    Ok(())
}
