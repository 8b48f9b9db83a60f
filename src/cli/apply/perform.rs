//! How a plan is *performed*: shown, confirmed, applied and recorded.

use super::super::{
    outcome::{Outcome, ignore_broken_pipe},
    progress::{Bars, Recorder},
    record,
    session::Session,
    settings::{self, Terminal},
    strength,
    workspace::Workspace,
};
use crate::{
    apply::{Applied, Greetings, Secrets, apply},
    journal::Journal,
    model::FindingRule,
    plan::Plan,
    portal::Portal,
    render::{
        Format,
        document::{self, Heading, PlanView},
        escape, markdown, prose,
    },
};
use anyhow::{Context as _, bail};
use std::{
    io::Write as _,
    path::{Path, PathBuf},
};
use tokio::sync::watch;

/// How a plan is to be performed.
pub(in crate::cli) struct Performance<'a> {
    /// Whether nobody is asked.
    pub(in crate::cli) is_confirmed: bool,
    /// Whether the plan is a saved one.
    pub(in crate::cli) is_saved: bool,
    /// The journal to begin, if not one in the workspace.
    pub(in crate::cli) journal: Option<&'a Path>,
    /// The format of the result.
    pub(in crate::cli) format: Format,
}

/// What came of a plan.
pub(in crate::cli) struct Performed {
    /// What was done; nothing if it was refused.
    pub(in crate::cli) applied: Applied,
    /// How it ended.
    pub(in crate::cli) outcome: Outcome,
    /// What went wrong after the writes: the journal or the record can't be written.
    pub(in crate::cli) error: Option<anyhow::Error>,
}

impl Performed {
    fn refused() -> Self {
        Self {
            applied: Applied::default(),
            outcome: Outcome::Refused,
            error: None,
        }
    }
}

impl Performance<'_> {
    /// Shows a plan, asks, and applies it.
    pub(in crate::cli) async fn of(
        &self,
        session: &Session,
        heading: &Heading,
        planned: &Plan,
        terminal: &mut Terminal,
    ) -> anyhow::Result<Performed> {
        let Session {
            workspace, portal, ..
        } = session;
        let document = document::view(heading, planned, None);
        self.show(heading, planned, terminal)?;
        if planned.is_blocked() {
            match self.format {
                Format::Json => escape::json(&document, &mut terminal.out)?,
                Format::Markdown => {
                    markdown::plan(heading, planned, markdown::BUDGET, &mut terminal.out)?;
                }
                _ => {}
            }
            writeln!(
                terminal.err,
                "error: the plan is blocked, so nothing was done"
            )?;
            return Ok(Performed::refused());
        }
        if !planned.operations.is_empty() && !self.is_confirmed && !ask(planned, terminal)? {
            writeln!(terminal.err, "not confirmed, so nothing was done")?;
            return Ok(Performed::refused());
        }
        let secrets = read_secrets(workspace, planned, terminal)?;
        let greetings = read_greetings(workspace, planned)?;
        // A journal that was asked for is there even if nothing was to be done.
        let (applied, journalled) = if planned.operations.is_empty() && self.journal.is_none() {
            (Applied::default(), Ok(()))
        } else {
            let path = self
                .journal
                .map_or_else(|| new_journal(workspace), Path::to_owned);
            let journal = Journal::begin(&path, settings::now, &document);
            let journal = journal.with_context(|| {
                format!(
                    "the journal {} can't be begun, so nothing was done",
                    path.display()
                )
            })?;
            write(planned, &**portal, &secrets, &greetings, &journal, terminal).await?
        };
        ignore_broken_pipe(report(heading, planned, &applied, self.format, terminal))?;
        let recorded = match journalled {
            Ok(()) => {
                self.record(session, planned, &document, &applied, terminal)
                    .await
            }
            Err(error) => Err(error),
        };
        let outcome = if recorded.is_err() {
            Outcome::Failed
        } else if applied.interrupted {
            Outcome::Interrupted
        } else if applied.is_complete() {
            Outcome::Done
        } else {
            Outcome::Failed
        };
        Ok(Performed {
            applied,
            outcome,
            error: recorded.err(),
        })
    }

    fn show(
        &self,
        heading: &Heading,
        planned: &Plan,
        terminal: &mut Terminal,
    ) -> anyhow::Result<()> {
        if self.format == Format::Text {
            let shown = prose::plan(heading, planned, &terminal.look, &mut terminal.out);
            ignore_broken_pipe(
                shown
                    .and_then(|()| terminal.out.flush())
                    .map_err(Into::into),
            )?;
        } else if !self.is_confirmed {
            // The plan is shown before the question; stdout is for the one document.
            prose::plan(heading, planned, &terminal.err_look, &mut terminal.err)?;
        }
        Ok(())
    }

    /// Records what was applied, and which secrets were sent.
    async fn record(
        &self,
        session: &Session,
        planned: &Plan,
        document: &PlanView<'_>,
        applied: &Applied,
        terminal: &mut Terminal,
    ) -> anyhow::Result<()> {
        let Session {
            workspace,
            baseline,
            portal,
            ..
        } = session;
        let commit = match applied.is_complete() && !applied.interrupted {
            true => self.applied_commit(session, planned, document, terminal)?,
            false => None,
        };
        let sent = record::sent(planned, applied, &portal.capabilities());
        if let Some(history) = &baseline.history
            && (commit.is_some() || !sent.is_empty())
        {
            let news = record::News { commit, sent };
            record::write(workspace, history, &**portal, news, terminal).await?;
        }
        Ok(())
    }

    /// The commit to record, with the digest of the plan, where the portal holds now what one commit declares: none
    /// after an apply of uncommitted files or of some causes or targets only, and none where a part of the history was
    /// unknown, since what was removed there is still on the portal; and none that is recorded already.
    fn applied_commit(
        &self,
        session: &Session,
        planned: &Plan,
        document: &PlanView<'_>,
        terminal: &mut Terminal,
    ) -> anyhow::Result<Option<(String, String)>> {
        let Session { baseline, .. } = session;
        let heading = document.heading();
        let findings = &mut planned.findings.iter();
        let is_whole = !findings.any(|finding| finding.rule == FindingRule::HistoryIncomplete);
        let (Some(history), true) = (&baseline.history, is_whole) else {
            return Ok(None);
        };
        let is_limited =
            heading.only_changed || !heading.only.is_empty() || !heading.targets.is_empty();
        if heading.dirty || is_limited {
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
        let is_older = self.is_saved
            && !is_undo
            && baseline
                .applied()
                .is_some_and(|applied| history.git.is_ancestor(&found, applied));
        let known = baseline.record.as_ref().map(|record| &record.commit);
        // The same commit declares something else on another day.
        let then = baseline.record.as_ref().map(settings::applied_day);
        let today = session.workspace.today;
        let is_later =
            then.is_some_and(|then| session.workspace.state.changes_between(then, today));
        let is_news = !is_older && (known != Some(commit) || is_later && !is_undo);
        Ok(is_news.then(|| (commit.clone(), document.digest().to_owned())))
    }
}

/// The path of a new journal of a workspace.
fn new_journal(workspace: &Workspace) -> PathBuf {
    let name = settings::now().strftime("%Y%m%dT%H%M%S%.6fZ").to_string();
    super::journals(workspace).join(format!("{name}-{}.jsonl", std::process::id()))
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

/// Reads every secret that the plan sends; with one missing or weak, nothing is written.
fn read_secrets(
    workspace: &Workspace,
    plan: &Plan,
    terminal: &Terminal,
) -> anyhow::Result<Secrets> {
    let read = |origin: &_| settings::secret(origin, &workspace.folder, terminal.commands);
    match Secrets::read(plan, &read) {
        Ok(secrets) => {
            strength::check_plan(workspace, plan, &secrets)?;
            Ok(secrets)
        }
        Err(missing) => {
            let list: Vec<String> = missing.iter().map(ToString::to_string).collect();
            bail!(
                "secrets are missing, so nothing was done:\n  {}",
                list.join("\n  ")
            )
        }
    }
}

/// Reads every greeting that the plan sends; with one missing or changed, nothing is written.
fn read_greetings(workspace: &Workspace, plan: &Plan) -> anyhow::Result<Greetings> {
    let greetings = Greetings::read(plan, &|file| workspace.attachments.read(file));
    greetings.map_err(|wrong| {
        anyhow::anyhow!(
            "greetings can't be sent, so nothing was done:\n  {}",
            wrong.join("\n  ")
        )
    })
}

/// Does what the plan says, until it is done or a signal asks to stop.
async fn write(
    plan: &Plan,
    portal: &dyn Portal,
    secrets: &Secrets,
    greetings: &Greetings,
    journal: &Journal,
    terminal: &mut Terminal,
) -> anyhow::Result<(Applied, anyhow::Result<()>)> {
    let (stop, stopped) = watch::channel(false);
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    let bars = Bars::for_writes(terminal.progress, plan.operations.len());
    let recorder = Recorder::new(&bars, journal);
    let mut writing = std::pin::pin!(apply(plan, portal, secrets, greetings, stopped, &recorder));
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
        checks => journal.settled(checks).await,
    };
    let finished = match settled {
        Ok(()) => journal.finish(applied.interrupted).await,
        Err(error) => Err(error),
    };
    let recorded = finished
        .with_context(|| format!("the journal {} is incomplete", journal.path().display()))
        .and_then(|()| check_against(journal, &applied));
    Ok((applied, recorded))
}

/// What is reported is what the journal says: they can't differ.
fn check_against(journal: &Journal, applied: &Applied) -> anyhow::Result<()> {
    let recorded = journal.outcomes();
    let recorded = recorded.context("the journal can't be read back")?;
    if recorded != document::Outcomes::of(applied) {
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
