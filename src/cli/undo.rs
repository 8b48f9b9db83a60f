//! `callsheet undo`: the plan that takes back what an apply did.

use super::{
    apply::report_staleness,
    history::{Baseline, Revisions},
    outcome::Outcome,
    plan::{save, write},
    session::Session,
    settings::Terminal,
    workspace::{self, Workspace},
};
use crate::{
    journal::Replay,
    plan::{Plan, revalidate},
    render::{
        Format,
        document::{self, Heading, Outcomes},
        escape,
    },
    undo::undo,
};
use anyhow::{Context as _, bail};
use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Journal of the apply, such as .callsheet/journal/20260102T030405Z-1.jsonl
    #[arg(required_unless_present_any = ["last", "list"])]
    journal: Option<PathBuf>,

    /// Take the newest journal of the workspace
    #[arg(long, conflicts_with = "journal")]
    last: bool,

    /// List the journals of the workspace, the newest first
    #[arg(long, conflicts_with_all = ["journal", "last", "format", "out"])]
    list: bool,

    /// Output format
    #[arg(long, value_parser = super::formats(&[Format::Text, Format::Json]), env = "CALLSHEET_FORMAT", default_value = "text")]
    pub(super) format: Format,

    /// Save the plan to FILE, to be reviewed and applied with `callsheet apply FILE`
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(super) fn run(
    args: &Args,
    directory: &Path,
    format: Format,
    terminal: &mut Terminal,
) -> anyhow::Result<Outcome> {
    if args.list {
        return list(directory, terminal);
    }
    let path = match &args.journal {
        Some(journal) => directory.join(journal),
        None => {
            let folder = workspace::folder(directory, None).join(".callsheet/journal");
            let newest = Replay::newest(&folder);
            newest.with_context(|| format!("there is no journal in {}", folder.display()))?
        }
    };
    let replay = Replay::read(&path)
        .with_context(|| format!("{} can't be read as a journal", path.display()))?;
    let folder = folder_of(&path, directory);
    let workspace = match Workspace::load(folder, format, terminal)? {
        Ok(workspace) => workspace,
        Err(outcome) => return Ok(outcome),
    };
    let baseline = Baseline::read(&Revisions::default(), &workspace)?;
    let now = workspace.heading(&baseline);
    if replay.heading.portal_id != now.portal_id {
        bail!(
            "the journal is of an apply to {}, and callsheet.yaml names {} or another tenant",
            replay.heading.portal,
            now.portal
        );
    }
    let heading = Heading {
        revision: replay.heading.revision.clone(),
        told_from_history: replay.heading.told_from_history,
        undo_of: Some(within(&path, &workspace.folder)?),
        ..now
    };
    let capabilities = crate::portal::capabilities(&workspace.config.portal);
    let inverse = undo(&replay, &capabilities);
    let planned = workspace::runtime()?.block_on(async {
        let touched = inverse.plan.operations.iter().map(|operation| {
            let object = operation.object.as_ref();
            let key = object.map_or(&operation.address.key, |object| &object.key);
            crate::model::Address::new(operation.address.kind, key.clone())
        });
        let touched: Vec<_> = touched.collect();
        let session = Session::open(workspace, baseline, &touched, terminal).await?;
        let mut session = match session {
            Ok(session) => session,
            Err(obstacle) => return obstacle.show(format, terminal).map(Err),
        };
        let operations = inverse.plan.operations.clone();
        match revalidate(operations.clone(), &session.live, &capabilities) {
            // The file holds all that the journal tells; what is done already is left out when it is
            // applied.
            Ok(needed) => {
                let planned = session.guarded(needed, terminal).await?;
                let whole = Plan {
                    operations,
                    ..planned.clone()
                };
                Ok::<_, anyhow::Error>(Ok((planned, whole)))
            }
            Err(staleness) => {
                report_staleness(&staleness, terminal)?;
                Ok(Err(Outcome::Refused))
            }
        }
    })?;
    let (planned, whole) = match planned {
        Ok(planned) => planned,
        Err(outcome) => return Ok(outcome),
    };
    write(&heading, &planned, format, terminal)?;
    for lost in &inverse.lost {
        writeln!(terminal.err, "can't be undone: {}", escape::line(lost))?;
    }
    if let Some(out) = &args.out {
        let saved = document::plan(&heading, &whole);
        save(&saved, &directory.join(out))?;
    }
    Ok(if planned.is_blocked() {
        Outcome::Refused
    } else {
        Outcome::Done
    })
}

/// Lists the journals as lines for people: path, time, commit, outcomes, and who applied it in which run.
fn list(directory: &Path, terminal: &mut Terminal) -> anyhow::Result<Outcome> {
    let folder = workspace::folder(directory, None).join(".callsheet/journal");
    for path in Replay::all(&folder) {
        // As `undo` takes it.
        let shown = path.strip_prefix(directory).unwrap_or(&path);
        let shown = escape::line(&shown.to_string_lossy());
        match Replay::read(&path) {
            Ok(replay) => {
                let commit = replay.heading.revision.head.as_deref();
                let commit = commit.and_then(|id| id.get(..7)).unwrap_or("no commit");
                let author = replay.heading.author.as_ref();
                let by = author.map_or_else(String::new, |author| {
                    let run = author.run_url.as_deref();
                    let run =
                        run.map_or_else(String::new, |url| format!("  {}", escape::line(url)));
                    format!("  by {}{run}", escape::line(&author.name))
                });
                writeln!(
                    terminal.out,
                    "{shown}  {:.0}  {}  {}{by}",
                    replay.at,
                    escape::line(commit),
                    outcomes(&replay)
                )?;
            }
            Err(error) => {
                let error = error.to_string();
                writeln!(
                    terminal.err,
                    "{shown} can't be read as a journal: {}",
                    escape::line(&error)
                )?;
            }
        }
    }
    Ok(Outcome::Done)
}

/// What became of the operations of an apply: `2 done, 1 failed`.
fn outcomes(replay: &Replay) -> String {
    let Outcomes {
        done,
        failed,
        not_attempted,
        unknown,
    } = replay.outcomes();
    let counts = [
        (done, "done"),
        (failed, "failed"),
        (not_attempted, "not attempted"),
        (unknown, "unknown"),
    ];
    let told = counts.into_iter().filter(|(count, _)| *count > 0);
    let mut told: Vec<String> = told
        .map(|(count, name)| format!("{count} {name}"))
        .collect();
    if !replay.is_finished {
        told.push("cut off".to_owned());
    }
    if told.is_empty() {
        told.push("nothing to do".to_owned());
    }
    told.join(", ")
}

/// The workspace of a journal: the one that it lies in, else the current one.
fn folder_of(journal: &Path, directory: &Path) -> PathBuf {
    let journal = journal
        .canonicalize()
        .unwrap_or_else(|_| journal.to_owned());
    let own = journal
        .ancestors()
        .find(|folder| folder.file_name().is_some_and(|name| name == ".callsheet"))
        .and_then(Path::parent);
    own.map_or_else(|| workspace::folder(directory, None), Path::to_owned)
}

/// The path of a journal from the folder of its workspace.
fn within(journal: &Path, folder: &Path) -> anyhow::Result<String> {
    let journal = journal.canonicalize()?;
    let folder = folder.canonicalize()?;
    let path = journal.strip_prefix(&folder).unwrap_or(&journal);
    Ok(path.to_string_lossy().into_owned())
}
