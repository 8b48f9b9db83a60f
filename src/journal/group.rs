//! A *group commit* brings all lines that are waiting to the disk at once: while one batch is being written, the next
//! one gathers. Each line is acknowledged only when it is on the disk.

use super::Lines;
use std::{
    io,
    sync::mpsc::{Receiver, Sender, channel},
    thread,
};
use tokio::sync::oneshot;

/// The maximum number of lines in one batch.
const MOST: usize = 1024;

/// A line that waits, and where its fate is told.
struct Waiting {
    line: Vec<u8>,
    written: oneshot::Sender<io::Result<()>>,
}

/// Appends lines to a file from any number of tasks.
pub(super) struct Appender(Sender<Waiting>);

impl Appender {
    /// Starts the thread that writes the lines. It ends with the appender.
    pub(super) fn start(mut lines: Lines) -> io::Result<Self> {
        let (sender, waiting) = channel();
        let writer = thread::Builder::new().name("journal".to_owned());
        writer.spawn(move || while let Some(()) = batch(&waiting, &mut lines) {})?;
        Ok(Self(sender))
    }

    /// Appends a line. Lines are written in the order of the calls.
    pub(super) async fn append(&self, line: Vec<u8>) -> io::Result<()> {
        let (written, told) = oneshot::channel();
        let gone = || io::Error::other("the writer of the journal ended");
        let sent = self.0.send(Waiting { line, written });
        sent.map_err(|_line| gone())?;
        told.await.unwrap_or_else(|_| Err(gone()))
    }
}

/// Writes all lines that are waiting, once there is one. Nothing if there will be none.
fn batch(waiting: &Receiver<Waiting>, lines: &mut Lines) -> Option<()> {
    let first = waiting.recv().ok()?;
    let batch = std::iter::once(first).chain(waiting.try_iter().take(MOST - 1));
    let mut unsynced = Vec::new();
    for Waiting { line, written } in batch {
        match lines.write(&line) {
            Ok(()) => unsynced.push(written),
            // Nobody is left to hear of it when the run was given up.
            Err(error) => drop(written.send(Err(error))),
        }
    }
    let synced = lines.sync();
    for written in unsynced {
        let told = synced.as_ref().copied().map_err(copy);
        drop(written.send(told));
    }
    Some(())
}

/// The same error for another line.
fn copy(error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), error.to_string())
}
