//! `callsheet run`: does one of the portal's actions for some objects, once. It is never part of a plan.

mod arguments;
mod code;
mod confirm;
mod prepared;
mod report;
mod subjects;

pub(super) use arguments::Command;
pub(super) use report::RunDocument;

use super::{
    history::{Baseline, Revisions},
    outcome::Outcome,
    session::Session,
    settings::{self, Terminal},
    workspace::{self, Obstacle, Workspace},
};
use crate::{
    action::{self, Done, Heading, Journal, Subject},
    apply::Outcome as Became,
    model::{Address, PortalAction},
    plan::Filter,
    portal::Portal,
    render::Format,
};
use anyhow::Context as _;
use arguments::Common;
use prepared::Prepared;
use report::Report;
use std::{
    io::Write as _,
    path::{Path, PathBuf},
};
use tokio::sync::watch;

pub(super) fn run(
    command: &Command,
    directory: &Path,
    terminal: &mut Terminal,
) -> anyhow::Result<Outcome> {
    let (action, common) = (command.action(), command.common());
    confirm::check_terminal(command, terminal)?;
    let folder = workspace::folder(directory, None);
    let (loaded, report) = Workspace::read(folder.clone())?;
    let Some(workspace) = loaded else {
        return Obstacle::Invalid(folder, report).show(Format::Text, terminal);
    };
    subjects::check_offered(&workspace, action)?;
    let addresses = subjects::addresses(command, &workspace, directory)?;
    if addresses.is_empty() {
        let kind = action.kind();
        writeln!(
            terminal.err,
            "the apply created no {kind}, so there is nothing to do"
        )?;
        return Ok(Outcome::Done);
    }
    workspace::runtime()?.block_on(async {
        let portal = workspace.open_as_merged(terminal)?;
        let found = subjects::find(&addresses, &workspace, &*portal).await?;
        let prepared = Prepared::of(command, &workspace, directory, &found, terminal)?;
        let prepared = match prepared {
            Ok(prepared) => prepared,
            Err(outcome) => return Ok(outcome),
        };
        let task = prepared.task();
        let checked = subjects::check(found, task, command, &*portal, terminal).await?;
        let ready = match checked {
            Ok(ready) => ready,
            Err(outcome) => return Ok(outcome),
        };
        if !confirm::ask(command, &ready, terminal)? {
            writeln!(terminal.err, "not confirmed, so nothing was done")?;
            return Ok(Outcome::Refused);
        }
        let ready: Vec<Subject> = ready.into_iter().map(|found| found.subject).collect();
        let path = new_journal(common, action, &workspace, directory);
        let heading = Heading {
            author: settings::author(None),
            portal: workspace.heading(&Baseline::default()).portal,
            action,
            addresses: ready.iter().map(|one| one.address.clone()).collect(),
        };
        let journal = Journal::begin(&path, settings::now, heading);
        let mut journal = journal.with_context(|| {
            format!(
                "the journal {} can't be begun, so nothing was done",
                path.display()
            )
        })?;
        let mut done = perform(&ready, &prepared, &*portal, &mut journal, terminal).await?;
        let outcome = outcome(&done);
        let failed = done.error.take();
        prepared.deliver(&mut done.results, terminal)?;
        let restored = match action {
            PortalAction::Reset => restored(&done, workspace, terminal).await,
            _ => None,
        };
        let report = Report {
            action,
            done: &done,
            journal: &path,
            restored,
        };
        report.write(common.format, terminal)?;
        match failed {
            Some(error) => {
                Err(error).with_context(|| format!("the journal {} is incomplete", path.display()))
            }
            None => Ok(outcome),
        }
    })
}

/// Does an action until it is done or a signal asks to stop.
async fn perform(
    subjects: &[Subject],
    prepared: &Prepared,
    portal: &dyn Portal,
    journal: &mut Journal,
    terminal: &mut Terminal,
) -> anyhow::Result<Done> {
    let (stop, stopped) = watch::channel(false);
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    let task = prepared.task();
    let mut acting = std::pin::pin!(action::perform(subjects, task, portal, journal, &stopped));
    loop {
        tokio::select! {
            done = &mut acting => return Ok(done),
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
        if !stop.send_replace(true) {
            writeln!(
                terminal.err,
                "stopping: what is in flight is finished first"
            )?;
        }
    }
}

/// How a run ended, as an apply would have.
fn outcome(done: &Done) -> Outcome {
    let is_complete = done.results.iter().all(|one| one.outcome == Became::Done);
    match (done.is_interrupted, is_complete) {
        (true, _) => Outcome::Interrupted,
        (false, true) => Outcome::Done,
        (false, false) => Outcome::Failed,
    }
}

/// The path of a new journal.
fn new_journal(
    common: &Common,
    action: PortalAction,
    workspace: &Workspace,
    directory: &Path,
) -> PathBuf {
    if let Some(path) = &common.journal {
        return directory.join(path);
    }
    let name = settings::now().strftime("%Y%m%dT%H%M%S%.6fZ").to_string();
    let name = format!("{name}-{action}-{}.jsonl", std::process::id());
    workspace.folder.join(".callsheet/actions").join(name)
}

/// The fields that the next plan sets again, after they were cleared; nothing if that can't be told.
async fn restored(
    done: &Done,
    workspace: Workspace,
    terminal: &mut Terminal,
) -> Option<Vec<(Address, Vec<String>)>> {
    let done = done
        .results
        .iter()
        .filter(|one| one.outcome == Became::Done);
    let targets: Vec<Address> = done.map(|one| one.address.clone()).collect();
    let baseline = Baseline::read(&Revisions::default(), &workspace).ok()?;
    let session = Session::open(workspace, baseline, &[], terminal).await;
    let mut session = session.ok()?.ok()?;
    let filter = Filter {
        only: &[],
        targets: &targets,
    };
    let plan = session.plan(filter, terminal).await.ok()?;
    let restored = plan.operations.iter().map(|operation| {
        let paths = operation.changes.iter().map(|change| change.path.join("."));
        (operation.address.clone(), paths.collect())
    });
    Some(restored.collect())
}
