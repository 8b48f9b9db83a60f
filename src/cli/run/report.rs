//! The *report* of an action: what became of it for each object, as text or JSON. It contains no secret.

use crate::{
    action::Done,
    apply::Outcome,
    cli::settings::Terminal,
    model::{Address, PortalAction},
    render::{Format, escape, json::FORMAT_VERSION},
};
use schemars::JsonSchema;
use serde::Serialize;
use std::{io::Write as _, path::Path};

/// What `callsheet run --format json` writes.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::cli) struct RunDocument {
    /// The version of this format: `1.0`.
    format_version: &'static str,
    /// The action.
    action: PortalAction,
    /// The path of the action's journal.
    journal: String,
    /// Whether it was stopped before the last object.
    interrupted: bool,
    /// What became of it for each object, in the order in which it was done.
    results: Vec<ResultDocument>,
    /// After a reset: what the next plan sets again, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    restored: Option<Vec<RestoredDocument>>,
}

/// What became of an action for one object.
#[derive(Debug, Serialize, JsonSchema)]
struct ResultDocument {
    /// The object.
    address: Address,
    /// The outcome.
    outcome: Outcome,
    /// What the portal tells.
    messages: Vec<String>,
    /// Why it was not done.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// What the next plan sets again.
#[derive(Debug, Serialize, JsonSchema)]
struct RestoredDocument {
    /// The object.
    address: Address,
    /// The paths of the fields.
    fields: Vec<String>,
}

/// What is reported.
pub(super) struct Report<'a> {
    pub(super) action: PortalAction,
    pub(super) done: &'a Done,
    pub(super) journal: &'a Path,
    /// What the next plan sets again.
    pub(super) restored: Option<Vec<(Address, Vec<String>)>>,
}

impl Report<'_> {
    /// Writes the report.
    pub(super) fn write(self, format: Format, terminal: &mut Terminal) -> anyhow::Result<()> {
        match format {
            Format::Json => escape::json(&self.document(), &mut terminal.out)?,
            _ => self.text(terminal)?,
        }
        Ok(())
    }

    fn document(self) -> RunDocument {
        let results = self.done.results.iter().map(|result| ResultDocument {
            address: result.address.clone(),
            outcome: result.outcome,
            messages: result.messages.clone(),
            error: result.error.clone(),
        });
        RunDocument {
            format_version: FORMAT_VERSION,
            action: self.action,
            journal: self.journal.to_string_lossy().into_owned(),
            interrupted: self.done.is_interrupted,
            results: results.collect(),
            restored: self.restored.map(|restored| {
                let restored = restored.into_iter();
                restored
                    .map(|(address, fields)| RestoredDocument { address, fields })
                    .collect()
            }),
        }
    }

    fn text(&self, terminal: &mut Terminal) -> anyhow::Result<()> {
        let results = &self.done.results;
        for result in results {
            let became = match result.outcome {
                Outcome::Done if result.messages.is_empty() => "done".to_owned(),
                Outcome::Done => result.messages.join("; "),
                Outcome::NotAttempted => "not attempted".to_owned(),
                Outcome::Failed => format!("failed: {}", result.error.as_deref().unwrap_or("")),
                Outcome::Unknown => format!("unknown: {}", result.error.as_deref().unwrap_or("")),
            };
            let line = format!("{}: {became}", result.address);
            writeln!(terminal.out, "{}", escape::line(&line))?;
        }
        if self.action == PortalAction::Reset {
            self.restored_text(terminal)?;
        }
        let count = |outcome| results.iter().filter(|one| one.outcome == outcome).count();
        let done = count(Outcome::Done);
        if done == results.len() {
            return Ok(());
        }
        let others = [
            (count(Outcome::Failed), "failed"),
            (count(Outcome::Unknown), "unknown"),
            (count(Outcome::NotAttempted), "not attempted"),
        ];
        let others = others.into_iter().filter(|(count, _)| *count > 0);
        let others: Vec<String> = others
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        writeln!(
            terminal.out,
            "{done} of {} done, {}; the journal is {}",
            results.len(),
            others.join(", "),
            self.journal.display()
        )?;
        Ok(())
    }

    /// Says what the next plan sets again.
    fn restored_text(&self, terminal: &mut Terminal) -> anyhow::Result<()> {
        let line = match self.restored.as_deref() {
            None => "`callsheet plan` shows what the next apply puts back".to_owned(),
            Some([]) => "the next apply puts nothing back".to_owned(),
            Some(restored) => {
                let restored = restored.iter();
                let lines = restored.map(|(address, fields)| {
                    format!(
                        "the next apply puts back {} of {address}",
                        fields.join(", ")
                    )
                });
                lines.collect::<Vec<_>>().join("\n")
            }
        };
        writeln!(terminal.out, "{}", escape::lines(&line))?;
        Ok(())
    }
}
