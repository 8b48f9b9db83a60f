//! An *outcome* is how a run ended, and its exit code.

use super::settings::Terminal;
use std::{
    io::{self, Write as _},
    process::ExitCode,
};

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Done, or nothing to do.
    Done,
    /// The files are wrong, or something failed.
    Failed,
    /// There are changes, and `--detailed-exitcode` was given.
    Changes,
    /// A finding blocks the plan, or the plan is stale.
    Refused,
    /// The command line is wrong.
    Usage,
    /// Stopped before it was done.
    Interrupted,
}

impl Outcome {
    /// The exit code.
    pub(super) const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Changes => 2,
            Self::Refused => 3,
            Self::Usage => 64,
            Self::Interrupted => 130,
        }
    }
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        Self::from(outcome.code())
    }
}

/// A command line that can't be meant.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct UsageError(pub(super) String);

/// Ends a run: what is left goes out, what went wrong is told, and a reader that left early is no
/// error.
pub(super) fn end(outcome: anyhow::Result<Outcome>, terminal: &mut Terminal) -> ExitCode {
    let outcome = outcome.and_then(|outcome| match terminal.out.flush() {
        // The exit code reports the failure even after the pipe was closed.
        Err(_) if !matches!(outcome, Outcome::Done | Outcome::Changes) => Ok(outcome),
        flushed => flushed.map(|()| outcome).map_err(Into::into),
    });
    let error = match outcome {
        Ok(outcome) => return outcome.into(),
        Err(error) => error,
    };
    if is_broken_pipe(&error) {
        return Outcome::Done.into();
    }
    let usage = error.downcast_ref::<UsageError>().is_some();
    let causes: Vec<String> = error.chain().skip(1).map(ToString::to_string).collect();
    let shown = crate::render::escape::lines(&error.to_string());
    // There is no place left to report it if stderr is closed too.
    drop(writeln!(terminal.err, "error: {shown}"));
    let mut shown_so_far = error.to_string();
    for cause in causes {
        if !shown_so_far.contains(&cause) {
            drop(writeln!(
                terminal.err,
                "  because: {}",
                crate::render::escape::lines(&cause)
            ));
            shown_so_far.push_str(&cause);
        }
    }
    if usage {
        Outcome::Usage
    } else {
        Outcome::Failed
    }
    .into()
}

/// Ignores a closed pipe: the run goes on without a reader.
pub(super) fn ignore_broken_pipe(written: anyhow::Result<()>) -> anyhow::Result<()> {
    match written {
        Err(error) if is_broken_pipe(&error) => Ok(()),
        written => written,
    }
}

/// Whether an error is a closed pipe.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let broken = |error: &io::Error| error.kind() == io::ErrorKind::BrokenPipe;
    error
        .chain()
        .any(|cause| cause.downcast_ref::<io::Error>().is_some_and(broken))
}
