//! An *overview* says of each workspace of a run how it ended: one summary of many plans.

use super::{
    counted,
    document::{Heading, PlanDocument},
    escape,
    json::{DiagnosticEntry, FORMAT_VERSION},
    labels,
};
use crate::{
    diagnostic::{Level, Report},
    plan::{Cause, Plan, Summary, guard},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{
    borrow::Cow,
    collections::BTreeMap,
    io::{self, Write},
};

/// The output of `plan --format json` and `validate --format json` for several workspaces.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct OverviewDocument {
    /// Version of this format: `1.0`.
    pub format_version: Cow<'static, str>,
    /// The workspaces, in the order in which they were planned.
    pub workspaces: Vec<Entry>,
}

/// How the run of one workspace ended.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Entry {
    /// What is known of it in short.
    #[serde(flatten)]
    pub row: Row,
    /// The plan, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanDocument>,
    /// What is wrong with the files, if anything is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub diagnostics: Vec<DiagnosticEntry>,
}

/// One workspace in short.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Row {
    /// Its folder, from the root of the repository; `.` is the root.
    pub folder: String,
    /// How it ended.
    pub state: State,
    /// The portal, if it was planned.
    #[serde(default)]
    pub portal: String,
    /// Number of operations of each action.
    #[serde(default)]
    pub summary: Summary,
    /// Number of operations that take back what was changed on the portal.
    #[serde(default)]
    pub drift: usize,
    /// Number of blocking findings of each rule.
    #[serde(default)]
    pub blocked_by: BTreeMap<String, usize>,
    /// Number of errors in the files.
    #[serde(default)]
    pub errors: usize,
    /// Number of warnings about the files.
    #[serde(default)]
    pub warnings: usize,
    /// Digest of the plan.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub digest: String,
    /// Whether only the resources that differ from the base were planned.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub only_changed: bool,
    /// Why it failed, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// How the run of a workspace ended.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum State {
    /// The files are valid; nothing was planned.
    Valid,
    /// There is nothing to do.
    Unchanged,
    /// There are changes, ready to be applied.
    Changes,
    /// The changes were applied.
    Applied,
    /// A finding blocks the plan, or the plan isn't the reviewed one.
    Blocked,
    /// The files are invalid.
    Invalid,
    /// The portal can't be read, or an operation failed.
    Failed,
}

impl State {
    /// The state in one word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Unchanged => "unchanged",
            Self::Changes => "changes",
            Self::Applied => "applied",
            Self::Blocked => "blocked",
            Self::Invalid => "invalid",
            Self::Failed => "failed",
        }
    }

    /// Whether somebody must act before anything can be applied.
    #[must_use]
    pub const fn is_bad(self) -> bool {
        matches!(self, Self::Blocked | Self::Invalid | Self::Failed)
    }
}

impl Row {
    /// A workspace of which nothing is known but how it ended.
    #[must_use]
    pub fn new(folder: impl Into<String>, state: State) -> Self {
        Self {
            folder: folder.into(),
            state,
            portal: String::new(),
            summary: Summary::default(),
            drift: 0,
            blocked_by: BTreeMap::new(),
            errors: 0,
            warnings: 0,
            digest: String::new(),
            only_changed: false,
            message: None,
        }
    }

    /// A workspace whose files were checked.
    #[must_use]
    pub fn of_report(folder: impl Into<String>, report: &Report) -> Self {
        let state = if report.has_errors() {
            State::Invalid
        } else {
            State::Valid
        };
        Self {
            errors: report.count(Level::Error),
            warnings: report.count(Level::Warning),
            ..Self::new(folder, state)
        }
    }

    /// A workspace that was planned.
    #[must_use]
    pub fn of_plan(folder: impl Into<String>, heading: &Heading, plan: &Plan) -> Self {
        let state = if plan.is_blocked() {
            State::Blocked
        } else if plan.operations.is_empty() {
            State::Unchanged
        } else {
            State::Changes
        };
        let mut blocked_by = BTreeMap::new();
        let blocking = plan.findings.iter();
        for finding in blocking.filter(|finding| finding.level == guard::Level::Block) {
            *blocked_by.entry(finding.rule.to_string()).or_default() += 1;
        }
        let is_drift = |cause: &Cause| matches!(cause, Cause::Drift | Cause::Conflict);
        Self {
            portal: heading.portal.clone(),
            summary: plan.summary(),
            drift: plan
                .operations
                .iter()
                .filter(|one| is_drift(&one.cause) || one.causes.iter().any(is_drift))
                .count(),
            blocked_by,
            only_changed: heading.only_changed,
            ..Self::new(folder, state)
        }
    }

    /// A workspace of which something can't be read.
    #[must_use]
    pub fn of_error(folder: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            message: Some(message.into()),
            ..Self::new(folder, State::Failed)
        }
    }

    /// What is to be known of it, in one line without its folder.
    #[must_use]
    pub fn in_short(&self) -> String {
        let mut parts = Vec::new();
        if self.errors > 0 {
            parts.push(counted(self.errors, "error"));
        }
        if self.warnings > 0 {
            parts.push(counted(self.warnings, "warning"));
        }
        if self.state != State::Valid && self.summary != Summary::default() {
            parts.push(labels::summary(self.summary));
        }
        if self.drift > 0 {
            parts.push(format!("{} changed on the portal", self.drift));
        }
        if !self.blocked_by.is_empty() {
            let rules = self.blocked_by.iter();
            let rules: Vec<String> = rules
                .map(|(rule, count)| match count {
                    1 => rule.clone(),
                    _ => format!("{rule} ×{count}"),
                })
                .collect();
            parts.push(format!("blocked by {}", rules.join(", ")));
        }
        if self.only_changed {
            parts.push("only resources that changed".to_owned());
        }
        parts.extend(self.message.clone());
        parts.join(" · ")
    }
}

impl Entry {
    /// A workspace of which there is no plan.
    #[must_use]
    pub fn of_report(row: Row, report: &Report) -> Self {
        let diagnostics = report.sorted();
        Self {
            row,
            plan: None,
            diagnostics: diagnostics.into_iter().map(DiagnosticEntry::from).collect(),
        }
    }
}

impl OverviewDocument {
    /// The document of several workspaces.
    #[must_use]
    pub fn new(workspaces: Vec<Entry>) -> Self {
        Self {
            format_version: FORMAT_VERSION.into(),
            workspaces,
        }
    }
}

/// How many workspaces ended how: `3 workspaces: 1 blocked, 2 unchanged`.
#[must_use]
pub fn totals(rows: &[Row]) -> String {
    let mut states: BTreeMap<State, usize> = BTreeMap::new();
    for row in rows {
        *states.entry(row.state).or_default() += 1;
    }
    let states = states.iter().rev();
    let states: Vec<String> = states
        .map(|(state, count)| format!("{count} {}", state.word()))
        .collect();
    let count = counted(rows.len(), "workspace");
    if states.is_empty() {
        count
    } else {
        format!("{count}: {}", states.join(", "))
    }
}

/// Writes the overview as text: the workspaces that somebody must look at, and the totals.
///
/// # Errors
/// The writer fails.
pub fn text(rows: &[Row], out: &mut dyn Write) -> io::Result<()> {
    let noteworthy = rows
        .iter()
        .filter(|row| !matches!(row.state, State::Valid | State::Unchanged));
    for row in noteworthy {
        let (folder, short) = (escape::line(&row.folder), row.in_short());
        writeln!(
            out,
            "{:9} {folder}  {}",
            row.state.word(),
            escape::line(&short)
        )?;
    }
    writeln!(out, "{}", totals(rows))
}
