//! `callsheet schema`: the JSON Schemas, and everything else that is generated from the model.

use super::{
    outcome::{Outcome, UsageError},
    settings::Terminal,
};
use crate::{config::PortalKind, reference, render, schema};
use anyhow::Context as _;
use clap::ValueEnum as _;
use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Name of the schema [default: list the names]
    #[arg(value_name = "NAME")]
    name: Option<String>,

    /// Write all schemas to DIR/schema and all generated documentation to DIR/docs
    #[arg(long, value_name = "DIR", conflicts_with = "name", num_args = 0..=1, default_missing_value = ".")]
    write: Option<PathBuf>,
}

/// Every published schema: of what people write, and of what scripts read.
fn all() -> Vec<(&'static str, serde_json::Value)> {
    let documents = [
        (
            "apply",
            schema::of_document::<render::document::ApplyDocument>("apply"),
        ),
        (
            "diagnostics",
            schema::of_document::<render::json::Diagnostics>("diagnostics"),
        ),
        (
            "csv-import",
            schema::of_document::<super::csv::CsvImportDocument>("csv-import"),
        ),
        (
            "doctor",
            schema::of_document::<super::doctor::DoctorDocument>("doctor"),
        ),
        (
            "import",
            schema::of_document::<super::import::ImportDocument>("import"),
        ),
        (
            "list",
            schema::of_document::<super::live::ListDocument>("list"),
        ),
        (
            "overview",
            schema::of_document::<render::overview::OverviewDocument>("overview"),
        ),
        (
            "plan",
            schema::of_document::<render::document::PlanDocument>("plan"),
        ),
        (
            "profile",
            schema::of_document::<crate::profile::Profile>("profile"),
        ),
        ("run", schema::of_document::<super::run::RunDocument>("run")),
        (
            "run-journal",
            schema::of_document::<crate::action::Record>("run-journal"),
        ),
        (
            "show",
            schema::of_document::<super::live::ShowDocument>("show"),
        ),
        (
            "trace",
            schema::of_document::<super::trace::TraceDocument>("trace"),
        ),
        (
            "workspaces",
            schema::of_document::<super::workspaces::WorkspacesDocument>("workspaces"),
        ),
    ];
    let mut all = schema::published();
    all.extend(documents);
    all
}

fn pretty(schema: &serde_json::Value) -> anyhow::Result<String> {
    Ok(serde_json::to_string_pretty(schema)? + "\n")
}

/// The pages about portals that somebody wrote, with their tables written anew.
fn with_tables(folder: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let mut pages = Vec::new();
    for kind in PortalKind::value_variants() {
        let name = format!("docs/portals/{kind}.md");
        let path = folder.join(&name);
        if path.exists() {
            let text = std::fs::read_to_string(&path)
                .with_context(|| format!("{} can't be read", path.display()))?;
            pages.push((name, reference::filled(&text, *kind)));
        }
    }
    Ok(pages)
}

pub(super) fn run(
    args: &Args,
    directory: &Path,
    terminal: &mut Terminal,
) -> anyhow::Result<Outcome> {
    let all = all();
    if let Some(folder) = &args.write {
        let folder = directory.join(folder);
        let mut files: Vec<(String, String)> = Vec::new();
        for (name, schema) in &all {
            files.push((format!("schema/{name}.schema.json"), pretty(schema)?));
        }
        files.extend(
            reference::pages()
                .into_iter()
                .map(|(name, text)| (format!("docs/{name}.md"), text)),
        );
        files.extend(with_tables(&folder)?);
        for (name, text) in files {
            let path = folder.join(name);
            let parent = path.parent().context("a file has a folder")?;
            std::fs::create_dir_all(parent)
                .with_context(|| format!("{} can't be made", parent.display()))?;
            std::fs::write(&path, text)
                .with_context(|| format!("{} can't be written", path.display()))?;
        }
        return Ok(Outcome::Done);
    }
    let Some(name) = &args.name else {
        for (name, _) in all {
            writeln!(terminal.out, "{name}")?;
        }
        return Ok(Outcome::Done);
    };
    let Some((_, schema)) = all.iter().find(|(known, _)| known == name) else {
        let names: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
        return Err(UsageError(format!(
            "there is no schema `{name}`; there are {}",
            names.join(", ")
        ))
        .into());
    };
    write!(terminal.out, "{}", pretty(schema)?)?;
    Ok(Outcome::Done)
}
