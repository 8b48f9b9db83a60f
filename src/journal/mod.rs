//! A *journal* is the record of what an apply did: one JSON line for each thing that began or ended. What
//! is about to be sent is on the disk before it is sent. It is only ever appended to.
//!
//! What a run reports is read from its journal, so that the two can't differ; and whatever becomes of
//! a run, its journal tells what was begun. It holds no secret.

mod group;

use crate::{
    apply::{OperationResult as Ended, Outcome},
    plan::Operation,
    portal::Check,
    render::{
        document::{Author, Heading, Outcomes, PlanDocument, PlanView},
        escape,
    },
    saved,
};
use group::Appender;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::{
    fs::{File, OpenOptions},
    io::{self, BufRead as _, BufReader, BufWriter, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
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
        /// Who applies it, where that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
        /// The address of the pipeline's run that applies it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        run_url: Option<String>,
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
    /// The portal finished what was written, or didn't.
    Settled {
        /// When.
        at: Timestamp,
        /// How it went.
        checks: Vec<Check>,
    },
    /// The apply came to its end.
    Finish {
        /// When.
        at: Timestamp,
        /// Whether it was interrupted.
        interrupted: bool,
    },
}

/// The first line of a journal, as it is written.
#[derive(Serialize)]
#[serde(tag = "event", rename = "begin")]
struct Begin<'p> {
    format_version: &'static str,
    at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<&'p str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    run_url: Option<&'p str>,
    plan: &'p PlanView<'p>,
}

/// A journal that is being written.
pub struct Journal {
    lines: Appender,
    path: PathBuf,
    now: fn() -> Timestamp,
    /// How many operations it is about.
    count: usize,
    /// Where its first line ends.
    begun: u64,
}

impl Journal {
    /// Begins a journal: a new file, never one that is there.
    ///
    /// # Errors
    /// The file is there, or can't be written.
    pub fn begin(path: &Path, now: fn() -> Timestamp, plan: &PlanView<'_>) -> io::Result<Self> {
        let mut lines = Lines::create(path)?;
        let author = plan.heading().author.as_ref();
        let begin = Begin {
            format_version: "1.0",
            at: now(),
            by: author.map(|author| &*author.name),
            run_url: author.and_then(|author| author.run_url.as_deref()),
            plan,
        };
        // A plan may be large, so the line is never held as a whole.
        let mut out = BufWriter::new(&mut lines.file);
        escape::json_line_to(&begin, &mut out)?;
        out.flush()?;
        drop(out);
        lines.sync()?;
        let begun = lines.file.metadata()?.len();
        Ok(Self {
            lines: Appender::start(lines)?,
            path: path.to_owned(),
            now,
            count: plan.operation_count(),
            begun,
        })
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
    pub async fn started(&self, operation: usize) -> io::Result<()> {
        let at = (self.now)();
        self.write(&Record::Started { at, operation }).await
    }

    /// Records what became of an operation.
    ///
    /// # Errors
    /// The disk.
    pub async fn ended(&self, operation: usize, ended: &Ended) -> io::Result<()> {
        let written = ended.written.as_ref();
        let etag = written.and_then(|written| written.etag.as_deref());
        self.write(&Record::Ended {
            at: (self.now)(),
            operation,
            outcome: ended.outcome,
            error: ended.error.clone(),
            id: written.map(|written| written.id.to_string()),
            etag: etag.map(str::to_owned),
        })
        .await
    }

    /// Records how it went to finish on the portal what was written.
    ///
    /// # Errors
    /// The disk.
    pub async fn settled(&self, checks: &[Check]) -> io::Result<()> {
        self.write(&Record::Settled {
            at: (self.now)(),
            checks: checks.to_vec(),
        })
        .await
    }

    /// Records that the apply came to its end.
    ///
    /// # Errors
    /// The disk.
    pub async fn finish(&self, interrupted: bool) -> io::Result<()> {
        let at = (self.now)();
        self.write(&Record::Finish { at, interrupted }).await
    }

    async fn write(&self, record: &Record) -> io::Result<()> {
        self.lines.append(escape::json_line(record)?).await
    }

    /// The outcomes, as they stand in the file by now.
    ///
    /// # Errors
    /// The file can't be read back.
    pub fn outcomes(&self) -> Result<Outcomes, Error> {
        let mut file = BufReader::new(File::open(&self.path)?);
        file.seek(SeekFrom::Start(self.begun))?;
        let mut outcomes = vec![Outcome::NotAttempted; self.count];
        for (at, line) in file.split(b'\n').enumerate() {
            let wrong = |reason: String| Error::Line {
                line: at + 2,
                reason,
            };
            match record(&line?).map_err(wrong)? {
                Some(Record::Started { operation, .. }) if operation < self.count => {
                    outcomes[operation] = Outcome::Unknown;
                }
                Some(Record::Ended {
                    operation, outcome, ..
                }) if operation < self.count => {
                    outcomes[operation] = outcome;
                }
                Some(Record::Settled { .. } | Record::Finish { .. }) | None => {}
                Some(Record::Begin { .. } | Record::Started { .. } | Record::Ended { .. }) => {
                    return Err(wrong("it stands where it can't".to_owned()));
                }
            }
        }
        Ok(Outcomes::counted(&outcomes))
    }
}

/// The lines of a journal's file.
pub(crate) struct Lines {
    file: File,
    /// Whether the last line may be incomplete.
    is_torn: bool,
}

impl Lines {
    /// Creates a file, with its folder; never one that exists.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let file = OpenOptions::new()
            .append(true)
            .create_new(true)
            .open(path)?;
        Ok(Self {
            file,
            is_torn: false,
        })
    }

    /// Appends a line and brings it to the disk.
    pub(crate) fn append(&mut self, line: &[u8]) -> io::Result<()> {
        self.write(line)?;
        self.sync()
    }

    /// Appends a line, after ending the last one where it is incomplete.
    fn write(&mut self, line: &[u8]) -> io::Result<()> {
        if self.is_torn {
            self.file.write_all(b"\n")?;
        }
        self.is_torn = true;
        self.file.write_all(line)?;
        self.is_torn = false;
        Ok(())
    }

    /// Brings to the disk what was appended.
    fn sync(&mut self) -> io::Result<()> {
        self.file.sync_data()
    }
}

/// Reads one line; nothing from an incomplete one, which a crash or a full disk leaves behind.
fn record(line: &[u8]) -> Result<Option<Record>, String> {
    match std::str::from_utf8(line) {
        Ok(line) if line.trim().is_empty() => Ok(None),
        Ok(line) => match serde_json::from_str(line) {
            Err(error) if error.is_eof() => Ok(None),
            record => record.map(Some).map_err(|error| error.to_string()),
        },
        // The line ends inside a character.
        Err(error) if error.error_len().is_none() => Ok(None),
        Err(error) => Err(error.to_string()),
    }
}

/// A journal that was read.
#[derive(Clone, Debug)]
pub struct Replay {
    /// When the run began.
    pub at: Timestamp,
    /// Which workspace, which portal, which commits, and who ran it.
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
    /// Reads a journal. Incomplete lines, which a crash or a full disk leaves behind, are skipped.
    ///
    /// # Errors
    /// It is no journal.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let bytes = std::fs::read(path)?;
        // The last line is complete only with its line break.
        let whole = bytes.iter().rposition(|byte| *byte == b'\n');
        let whole = &bytes[..whole.unwrap_or(0)];
        let mut story: Option<Self> = None;
        for (at, line) in whole.split(|byte| *byte == b'\n').enumerate() {
            let wrong = |reason: String| Error::Line {
                line: at + 1,
                reason,
            };
            let Some(record) = record(line).map_err(wrong)? else {
                continue;
            };
            match (record, &mut story) {
                (
                    Record::Begin {
                        plan,
                        at,
                        by,
                        run_url,
                        format_version: _,
                    },
                    None,
                ) => {
                    let count = plan.operations.len();
                    let author = by.map(|name| Author { name, run_url });
                    story = Some(Self {
                        at,
                        operations: saved::operations(&plan.operations)?,
                        heading: Heading {
                            author,
                            ..plan.heading
                        },
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
                (Record::Settled { .. }, Some(_)) => {}
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
        Outcomes::counted(&self.outcomes)
    }

    /// The journals in a folder, the newest first. Their names begin with the time.
    #[must_use]
    pub fn all(folder: &Path) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).into_iter().flatten();
        let paths = entries.filter_map(Result::ok).map(|entry| entry.path());
        let is_journal = |path: &PathBuf| path.extension().is_some_and(|end| end == "jsonl");
        let mut journals: Vec<PathBuf> = paths.filter(is_journal).collect();
        journals.sort_unstable_by(|one, other| other.cmp(one));
        journals
    }

    /// The newest journal in a folder, if there is one.
    #[must_use]
    pub fn newest(folder: &Path) -> Option<PathBuf> {
        Self::all(folder).into_iter().next()
    }
}

#[cfg(test)]
mod tests {
    use super::{Heading, Journal, Lines, Replay, record};
    use crate::render::document;
    use std::io::{Seek as _, Write as _};

    #[tokio::test]
    async fn an_incomplete_line_is_skipped_and_ended() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("j.jsonl");
        let now = || jiff::Timestamp::UNIX_EPOCH;
        let (heading, plan) = (Heading::default(), crate::plan::Plan::default());
        let plan = document::view(&heading, &plan, None);
        let journal = Journal::begin(&path, now, &plan).unwrap();
        journal.finish(false).await.unwrap();
        assert!(journal.outcomes().is_ok());
        drop(journal);
        let whole = std::fs::read(&path).unwrap();
        let text = "{\"event\":\"finish\",\"at\":\"é";
        // Cut inside a character, and inside a string.
        for cut in [text.len() - 1, text.len(), 1] {
            let file = std::fs::File::options().append(true).open(&path).unwrap();
            let mut lines = Lines {
                file,
                is_torn: false,
            };
            lines.file.set_len(whole.len() as u64).unwrap();
            lines.file.write_all(&text.as_bytes()[..cut]).unwrap();
            assert!(Replay::read(&path).unwrap().is_finished);
            lines.is_torn = true;
            let last = whole
                .split(|byte| *byte == b'\n')
                .rfind(|line| !line.is_empty());
            lines.append(&[last.unwrap(), b"\n"].concat()).unwrap();
            lines.file.rewind().unwrap();
            let story = Replay::read(&path).unwrap();
            assert!(story.is_finished && story.outcomes.is_empty());
        }
        assert!(record(b"{\"event\":\"finished\"}").is_err());
        assert!(record(b"no journal").is_err());
        assert!(record(b"\xff{}").is_err());
    }
}
