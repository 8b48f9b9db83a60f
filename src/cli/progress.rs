//! *Progress*: bars on a terminal, for what may take more than a second, and nothing anywhere else.

use crate::{
    apply::{Outcome, Result, Watch},
    model::Kind,
    plan::Operation,
    portal::Progress,
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
        bars
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

impl Watch for Bars {
    fn ended(&self, operation: &Operation, result: &Result) {
        if result.outcome != Outcome::Done {
            let address = crate::render::safe::line(&operation.address.to_string());
            self.0.set_message(format!("{address}: not done"));
        }
        self.0.inc(1);
    }
}
