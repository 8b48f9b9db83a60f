//! The *outputs* of a step are values that later steps of the pipeline read, and its summary.

use super::{
    super::{outcome::Outcome, settings},
    files::Folder,
};
use crate::{
    plan::Summary,
    render::{
        document,
        overview::{Row, State},
    },
};
use anyhow::Context as _;
use serde_json::json;
use std::{fmt::Write as _, fs::OpenOptions, io::Write as _, path::Path};

/// The most bytes of a step's summary.
const SUMMARY: usize = 1 << 20;

/// Writes the outputs, where there is a runner that reads them.
pub(super) fn write(
    artifact: &str,
    rows: &[Row],
    folders: &[Folder],
    out: &Path,
    outcome: Outcome,
) -> anyhow::Result<()> {
    let Some(path) = settings::forge_file("GITHUB_OUTPUT") else {
        return Ok(());
    };
    let sum = |count: fn(&Row) -> usize| rows.iter().map(count).sum::<usize>().to_string();
    let any = |state: State| rows.iter().any(|row| row.state == state).to_string();
    let file = |name: &str| match folders {
        [one] => one.file(name).map(|path| path.display().to_string()),
        _ => None,
    };
    let values = [
        (
            "changes",
            rows.iter()
                .any(|row| row.summary != Summary::default())
                .to_string(),
        ),
        ("workspaces", rows.len().to_string()),
        ("create", sum(|row| row.summary.create)),
        ("update", sum(|row| row.summary.update)),
        ("rename", sum(|row| row.summary.rename)),
        ("deactivate", sum(|row| row.summary.deactivate)),
        ("reactivate", sum(|row| row.summary.reactivate)),
        ("delete", sum(|row| row.summary.delete)),
        ("drift", sum(|row| row.drift)),
        ("blocked", any(State::Blocked)),
        ("invalid", any(State::Invalid)),
        ("failed", any(State::Failed)),
        ("digest", digest(rows)),
        ("plan", file("plan.json").unwrap_or_default()),
        ("html", file("plan.html").unwrap_or_default()),
        (
            "markdown",
            file("plan.md").unwrap_or_else(|| out.join("overview.md").display().to_string()),
        ),
        ("out", out.display().to_string()),
        ("artifact", artifact.to_owned()),
        ("exit-code", outcome.code().to_string()),
    ];
    let mut text = String::new();
    for (name, value) in values {
        // A value of several lines would be several outputs.
        let value: String = value.chars().filter(|c| !c.is_control()).collect();
        _ = writeln!(text, "{name}={value}");
    }
    append(&path, &text)
}

/// The digest of the plan, or of the plans of all workspaces.
fn digest(rows: &[Row]) -> String {
    match rows {
        [one] => one.digest.clone(),
        _ => {
            let all = rows.iter().map(|row| json!([row.folder, row.digest]));
            document::digest(all.collect())
        }
    }
}

/// Adds to the summary of the job, where there is a runner that shows it.
pub(super) fn summary(text: &str) -> anyhow::Result<()> {
    let Some(path) = settings::forge_file("GITHUB_STEP_SUMMARY") else {
        return Ok(());
    };
    let written = path.metadata().map_or(0, |file| file.len());
    if usize::try_from(written).unwrap_or(SUMMARY) + text.len() >= SUMMARY {
        return Ok(());
    }
    append(&path, &format!("{text}\n"))
}

fn append(path: &Path, text: &str) -> anyhow::Result<()> {
    let file = OpenOptions::new().append(true).create(true).open(path);
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
    written.with_context(|| format!("{} can't be written", path.display()))
}
