//! *Several* workspaces of one command: what is known of each is written as it comes, and one summary at the
//! end.

use super::{
    outcome::{Outcome, UsageError},
    plan,
    progress::Bars,
    settings::{self, Messages, Terminal},
    workspace,
};
use crate::{
    apply::Applied,
    diagnostic::Report,
    plan::{Plan, Staleness},
    render::{
        Format, counted,
        document::{self, Heading},
        escape, markdown,
        overview::{self, Entry, OverviewDocument, Row, State},
    },
};
use anyhow::Context as _;
use std::{
    collections::VecDeque,
    io::Write as _,
    panic::resume_unwind,
    path::{Path, PathBuf},
    thread,
};

/// How many workspaces are worked on at once. Each is in memory whole.
const AT_ONCE: usize = 4;

/// The stack of a thread, in bytes: that of the main thread.
const STACK: usize = 8 << 20;

/// Works on workspaces side by side, and hands over what came of each in their order, with its messages.
///
/// # Errors
/// What came of one can't be taken.
pub(super) fn side_by_side<T: Send>(
    folders: &[PathBuf],
    terminal: &mut Terminal,
    work: impl Fn(&Path, &mut Terminal) -> T + Sync,
    mut take: impl FnMut(&Path, T, &mut Terminal) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let work = &work;
    let bars = Bars::for_workspaces(terminal.progress, folders.len());
    thread::scope(|scope| {
        let mut waiting = folders.iter();
        let mut begun = VecDeque::new();
        loop {
            let free = AT_ONCE - begun.len();
            begun.extend(waiting.by_ref().take(free).map(|folder| {
                let mut aside = terminal.aside();
                let work = move || (work(folder, &mut aside), aside.err);
                let thread = thread::Builder::new().stack_size(STACK);
                (folder, thread.spawn_scoped(scope, work))
            }));
            let Some((folder, worker)) = begun.pop_front() else {
                break;
            };
            let done = worker.context("no thread can be started")?.join();
            let (done, messages) = done.unwrap_or_else(|panic| resume_unwind(panic));
            bars.suspend(|| {
                if let Messages::Kept(messages) = messages {
                    terminal.err.write_all(&messages)?;
                }
                take(folder, done, terminal)?;
                terminal.out.flush()?;
                Ok::<(), anyhow::Error>(())
            })?;
        }
        bars.clear();
        Ok(())
    })
}

/// How the run of one workspace ended.
pub(super) enum Ended {
    /// Its files were checked; a workspace with errors can't be planned.
    Checked(Report),
    /// It was planned; what is wrong with its files are warnings.
    Planned(Box<(Heading, Plan)>, Report),
    /// It was planned, and does more than what was reviewed.
    Unreviewed {
        planned: Box<(Heading, Plan)>,
        unseen: Vec<Staleness>,
        report: Report,
    },
    /// It was applied, as far as that went.
    Applied {
        planned: Box<(Heading, Plan)>,
        applied: Box<Applied>,
        is_interrupted: bool,
        /// What went wrong after the writes.
        error: Option<anyhow::Error>,
        report: Report,
    },
    /// Something can't be read.
    Failed(anyhow::Error),
}

impl Ended {
    /// Whether a signal asked to stop: then no other workspace is begun.
    pub(super) const fn is_interrupted(&self) -> bool {
        matches!(
            self,
            Self::Applied {
                is_interrupted: true,
                ..
            }
        )
    }

    /// What is known of it in short.
    pub(super) fn row(&self, folder: &str) -> Row {
        match self {
            Self::Checked(report) => Row::of_report(folder, report),
            Self::Planned(planned, report) => planned_row(folder, planned, report),
            Self::Unreviewed {
                planned,
                unseen,
                report,
            } => Row {
                state: State::Blocked,
                message: Some(format!("{} not reviewed", counted(unseen.len(), "change"))),
                ..planned_row(folder, planned, report)
            },
            Self::Applied {
                planned,
                applied,
                is_interrupted,
                error,
                report,
            } => {
                let is_whole = applied.is_complete() && !is_interrupted && error.is_none();
                let message = match error {
                    Some(error) => Some(chain(error)),
                    None if *is_interrupted => Some("interrupted".to_owned()),
                    None if !is_whole => Some("not everything was done".to_owned()),
                    None => None,
                };
                let row = planned_row(folder, planned, report);
                Row {
                    state: match row.state {
                        _ if !is_whole => State::Failed,
                        State::Changes => State::Applied,
                        state => state,
                    },
                    message,
                    ..row
                }
            }
            Self::Failed(error) => Row::of_error(folder, chain(error)),
        }
    }
}

/// A workspace that was planned, in short.
fn planned_row(folder: &str, planned: &(Heading, Plan), report: &Report) -> Row {
    let (heading, plan) = planned;
    Row {
        warnings: Row::of_report(folder, report).warnings,
        ..Row::of_plan(folder, heading, plan)
    }
}

/// An error with its causes, in one line.
fn chain(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !text.contains(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
    }
    text
}

/// A run over several workspaces.
pub(super) struct Run {
    format: Format,
    entries: Vec<Entry>,
}

impl Run {
    /// A run whose output has a format.
    ///
    /// # Errors
    /// The format is of one workspace.
    pub(super) fn new(format: Format) -> anyhow::Result<Self> {
        if matches!(format, Format::Html | Format::Sarif) {
            let message =
                "a page or a SARIF file is of one workspace; name one, or use `callsheet ci`";
            return Err(UsageError(message.to_owned()).into());
        }
        Ok(Self {
            format,
            entries: Vec::new(),
        })
    }

    /// The workspaces so far, in short.
    pub(super) fn rows(&self) -> impl Iterator<Item = &Row> {
        self.entries.iter().map(|entry| &entry.row)
    }

    /// Takes in how one workspace ended, and writes what can be written now.
    pub(super) fn add(
        &mut self,
        folder: &Path,
        ended: Ended,
        terminal: &mut Terminal,
    ) -> anyhow::Result<()> {
        let path = settings::path_in_repository(folder);
        let name = if path.is_empty() { "." } else { &path };
        let mut row = ended.row(name);
        terminal.look.prefix.clone_from(&path);
        terminal.err_look.prefix.clone_from(&path);
        let is_json = self.format == Format::Json;
        let entry = match ended {
            Ended::Checked(report) if is_json => Entry::of_report(row, &report),
            Ended::Checked(report) => {
                workspace::show(folder, &report, self.format, terminal)?;
                Entry::of_report(row, &Report::default())
            }
            Ended::Planned(planned, report)
            | Ended::Unreviewed {
                planned, report, ..
            }
            | Ended::Applied {
                planned, report, ..
            } => {
                let (heading, plan) = *planned;
                let document = document::plan(&heading, &plan);
                row.digest.clone_from(&document.digest);
                if !is_json {
                    workspace::show(folder, &report, Format::Text, terminal)?;
                    plan::write(&heading, &plan, self.format, terminal)?;
                    writeln!(terminal.out)?;
                }
                Entry {
                    plan: is_json.then_some(document),
                    ..Entry::of_report(row, &report)
                }
            }
            Ended::Failed(error) => {
                writeln!(
                    terminal.err,
                    "error: {}: {}",
                    escape::line(name),
                    escape::line(&chain(&error))
                )?;
                Entry::of_report(row, &Report::default())
            }
        };
        self.entries.push(entry);
        Ok(())
    }

    /// Writes the summary, and says how the run as a whole ended: as its worst workspace.
    pub(super) fn finish(self, terminal: &mut Terminal) -> anyhow::Result<Outcome> {
        let rows: Vec<Row> = self.rows().cloned().collect();
        terminal.look.prefix.clear();
        match self.format {
            Format::Json => {
                let document = OverviewDocument::new(self.entries);
                escape::json(&document, &mut terminal.out)?;
            }
            Format::Markdown => write!(terminal.out, "{}", markdown::overview(&rows))?,
            Format::Github => overview::text(&rows, &mut terminal.err)?,
            Format::Text | Format::Html | Format::Sarif => {
                overview::text(&rows, &mut terminal.out)?;
            }
        }
        Ok(outcome(&rows))
    }
}

/// How workspaces ended together: as the worst of them.
pub(super) fn outcome(rows: &[Row]) -> Outcome {
    match rows.iter().map(|row| row.state).max() {
        Some(State::Failed | State::Invalid) => Outcome::Failed,
        Some(State::Blocked) => Outcome::Refused,
        _ => Outcome::Done,
    }
}
