//! A *journal* is the record of what an apply did: one JSON line for each thing that began or ended,
//! brought to the disk before the next one begins. It is only ever appended to.
//!
//! What a run reports is read from its journal, so that the two can't differ; and whatever becomes of
//! a run, its journal tells what was begun. It holds no secret.

use crate::{
    apply::{OperationResult as Ended, Outcome},
    plan::Operation,
    render::document::{Heading, Outcomes, PlanDocument},
    saved,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::{
    fs::{File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

/// One line of a journal.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Record {
    /// An apply begins: all that it is going to do.
    Begin {
        /// The version of this format: `1.0`.
        format_version: String,
        /// When.
        at: Timestamp,
        /// What it is going to do.
        plan: Box<PlanDocument>,
    },
    /// An operation is about to be sent.
    Started {
        /// When.
        at: Timestamp,
        /// Which one, by its place.
        operation: usize,
    },
    /// An operation has its outcome.
    Ended {
        /// When.
        at: Timestamp,
        /// Which one, by its place.
        operation: usize,
        /// What became of it.
        outcome: Outcome,
        /// Why it wasn't done.
        error: Option<String>,
        /// The portal's own name for the object, where it is known.
        id: Option<String>,
        /// The version that it left.
        etag: Option<String>,
    },
    /// The apply came to its end.
    Finish {
        /// When.
        at: Timestamp,
        /// Whether somebody asked it to stop.
        interrupted: bool,
    },
}

/// A journal that is being written.
pub struct Journal {
    file: Mutex<File>,
    path: PathBuf,
    now: fn() -> Timestamp,
}

impl Journal {
    /// Begins a journal: a new file, never one that is there.
    ///
    /// # Errors
    /// The file is there, or can't be written.
    pub fn begin(path: &Path, now: fn() -> Timestamp, plan: &PlanDocument) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let file = OpenOptions::new()
            .append(true)
            .create_new(true)
            .open(path)?;
        let journal = Self {
            file: Mutex::new(file),
            path: path.to_owned(),
            now,
        };
        journal.write(&Record::Begin {
            format_version: "1.0".to_owned(),
            at: now(),
            plan: Box::new(plan.clone()),
        })?;
        Ok(journal)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Records that an operation is about to be sent; it mustn't be before this is on the disk.
    ///
    /// # Errors
    /// The disk.
    pub fn started(&self, operation: usize) -> io::Result<()> {
        self.write(&Record::Started {
            at: (self.now)(),
            operation,
        })
    }

    /// Records what became of an operation.
    ///
    /// # Errors
    /// The disk.
    pub fn ended(&self, operation: usize, ended: &Ended) -> io::Result<()> {
        self.write(&Record::Ended {
            at: (self.now)(),
            operation,
            outcome: ended.outcome,
            error: ended.error.clone(),
            id: ended.written.as_ref().map(|written| written.id.to_string()),
            etag: ended
                .written
                .as_ref()
                .and_then(|written| written.etag.as_deref().map(str::to_owned)),
        })
    }

    /// Records that the apply came to its end.
    ///
    /// # Errors
    /// The disk.
    pub fn finish(&self, interrupted: bool) -> io::Result<()> {
        self.write(&Record::Finish {
            at: (self.now)(),
            interrupted,
        })
    }

    fn write(&self, record: &Record) -> io::Result<()> {
        let mut line = serde_json::to_vec(record)?;
        line.push(b'\n');
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(&line)?;
        file.sync_data()
    }
}

/// A journal that was read.
#[derive(Clone, Debug)]
pub struct Replay {
    /// Which workspace, which portal, which commits.
    pub heading: Heading,
    /// What the run was going to do.
    pub operations: Vec<Operation>,
    /// What became of each; `Unknown` if it was begun and nothing more is known.
    pub outcomes: Vec<Outcome>,
    /// What each left behind: id and version.
    pub left: Vec<Option<(String, Option<String>)>>,
    /// Whether the run came to its end.
    pub is_finished: bool,
}

/// Why a journal can't be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The disk.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// Not a journal.
    #[error("line {line} is not a journal's: {reason}")]
    Line {
        /// The line, counted from 1.
        line: usize,
        /// Why.
        reason: String,
    },
    /// It holds what can't be meant.
    #[error(transparent)]
    Operations(#[from] saved::Error),
}

impl Replay {
    /// Reads a journal. A last line that was cut short is what a crash leaves, and is left out.
    ///
    /// # Errors
    /// It is no journal.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path)?;
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        let mut story: Option<Self> = None;
        for (at, line) in whole.lines().enumerate() {
            let wrong = |reason: String| Error::Line {
                line: at + 1,
                reason,
            };
            let record: Record =
                serde_json::from_str(line).map_err(|error| wrong(error.to_string()))?;
            match (record, &mut story) {
                (Record::Begin { plan, .. }, None) => {
                    let count = plan.operations.len();
                    story = Some(Self {
                        operations: saved::operations(&plan.operations)?,
                        heading: plan.heading,
                        outcomes: vec![Outcome::NotAttempted; count],
                        left: vec![None; count],
                        is_finished: false,
                    });
                }
                (Record::Started { operation, .. }, Some(story))
                    if operation < story.outcomes.len() =>
                {
                    story.outcomes[operation] = Outcome::Unknown;
                }
                (
                    Record::Ended {
                        operation,
                        outcome,
                        id,
                        etag,
                        ..
                    },
                    Some(story),
                ) if operation < story.outcomes.len() => {
                    story.outcomes[operation] = outcome;
                    story.left[operation] = id.map(|id| (id, etag));
                }
                (Record::Finish { .. }, Some(story)) => story.is_finished = true,
                _ => return Err(wrong("it stands where it can't".to_owned())),
            }
        }
        story.ok_or(Error::Line {
            line: 1,
            reason: "it doesn't begin".to_owned(),
        })
    }

    /// How many operations had each outcome.
    #[must_use]
    pub fn outcomes(&self) -> Outcomes {
        let count = |outcome| self.outcomes.iter().filter(|one| **one == outcome).count();
        Outcomes {
            done: count(Outcome::Done),
            failed: count(Outcome::Failed),
            not_attempted: count(Outcome::NotAttempted),
            unknown: count(Outcome::Unknown),
        }
    }

    /// The newest journal in a folder, if there is one.
    #[must_use]
    pub fn newest(folder: &Path) -> Option<PathBuf> {
        let entries = std::fs::read_dir(folder)
            .ok()?
            .filter_map(Result::ok)
            .map(|entry| entry.path());
        entries
            .filter(|path| {
                path.extension()
                    .is_some_and(|extension| extension == "jsonl")
            })
            .max()
    }
}
