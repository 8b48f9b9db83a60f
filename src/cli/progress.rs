//! *Progress*: bars on a terminal, for what may take more than a second, and nothing anywhere else.

use crate::{
    apply::{Observer, OperationResult, Outcome},
    journal::Journal,
    model::Kind,
    plan::Operation,
    portal::Progress,
};
use async_trait::async_trait;
use std::{
    io,
    sync::atomic::{AtomicUsize, Ordering},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// One bar for whatever is going on.
pub(super) struct Bars(ProgressBar);

impl Bars {
    /// A bar that is drawn on stderr if `shown`.
    pub(super) fn new(shown: bool) -> Self {
        let target = if shown {
            ProgressDrawTarget::stderr_with_hz(8)
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(Some(0), target);
        let style = ProgressStyle::with_template("{msg:>24} {wide_bar} {pos}/{len}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self(bar)
    }

    /// A bar for `count` writes.
    pub(super) fn for_writes(shown: bool, count: usize) -> Self {
        let bars = Self::new(shown);
        bars.0.set_length(count as u64);
        bars.0.set_message("applying");
        let style = ProgressStyle::with_template(
            "{msg:>24} {wide_bar} {pos}/{len}, {per_sec:.1}, {elapsed} gone, {eta} left",
        );
        bars.0
            .set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bars
    }

    /// A bar for `count` workspaces.
    pub(super) fn for_workspaces(shown: bool, count: usize) -> Self {
        let bars = Self::new(shown);
        bars.0.set_length(count as u64);
        bars.0.set_message("workspaces");
        bars
    }

    /// Writes what came of one workspace, without the bar in between.
    pub(super) fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        let written = self.0.suspend(write);
        self.0.inc(1);
        written
    }

    /// Takes the bar away.
    pub(super) fn clear(&self) {
        self.0.finish_and_clear();
    }
}

impl Progress for Bars {
    fn seen(&self, kind: Kind, seen: u64, total: Option<u64>) {
        self.0.set_message(format!("reading {kind}"));
        if let Some(total) = total
            && self.0.length().is_none_or(|length| length < total)
        {
            self.0.set_length(total);
        }
        self.0.inc(seen);
    }
}

/// Records what becomes of operations: in the journal, and then on the bar.
pub(super) struct Recorder<'a> {
    /// The bar.
    pub(super) bars: &'a Bars,
    /// The journal.
    pub(super) journal: &'a Journal,
    /// How many operations were not done.
    pub(super) failures: AtomicUsize,
}

impl<'a> Recorder<'a> {
    /// A recorder of what is about to begin.
    pub(super) fn new(bars: &'a Bars, journal: &'a Journal) -> Self {
        Self {
            bars,
            journal,
            failures: AtomicUsize::new(0),
        }
    }
}

#[async_trait]
impl Observer for Recorder<'_> {
    async fn starting(&self, at: usize, _: &Operation) -> io::Result<()> {
        self.journal.started(at).await
    }

    async fn ended(
        &self,
        at: usize,
        operation: &Operation,
        result: &OperationResult,
    ) -> io::Result<()> {
        self.journal.ended(at, result).await?;
        let bar = &self.bars.0;
        if result.outcome != Outcome::Done {
            let failures = self.failures.fetch_add(1, Ordering::Relaxed) + 1;
            let address = crate::render::escape::line(&operation.address.to_string());
            bar.set_message(format!("{failures} not done, {address} the last"));
        }
        bar.inc(1);
        Ok(())
    }
}
