//! The *files* of a step are what a pipeline keeps of it: for each workspace its plan as JSON, Markdown and a
//! page, the report of its files, and in short how it ended.

use super::super::{settings, several::Ended};
use crate::{
    diagnostic::Report,
    plan::Plan,
    render::{
        document::{self, Heading},
        escape, html, json, markdown,
        overview::{Row, State},
    },
};
use anyhow::Context as _;
use std::{
    fs::File,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};
use walkdir::WalkDir;

/// The name of the file that says how a workspace ended.
const ROW: &str = "workspace.json";

/// What is kept of one workspace.
pub(super) struct Folder {
    /// Where its files are.
    pub(super) path: PathBuf,
    /// How it ended.
    pub(super) row: Row,
    /// What a comment or a summary shows of it, if there is more than the row says.
    pub(super) markdown: Option<String>,
}

/// Where the files of a step are written. What an earlier step of the same job wrote there goes, unless the folder
/// is the user's own.
pub(super) fn out(
    directory: &Path,
    argument: Option<&Path>,
    task: &str,
) -> anyhow::Result<PathBuf> {
    if let Some(argument) = argument {
        return Ok(directory.join(argument));
    }
    let path = settings::temporary_folder().join(format!("callsheet-{task}"));
    match std::fs::remove_dir_all(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{} can't be emptied", path.display()))
        }
        _ => Ok(path),
    }
}

impl Folder {
    /// Begins what is kept of a workspace.
    pub(super) fn begin(out: &Path, workspace: &Path) -> anyhow::Result<Self> {
        let prefix = settings::path_in_repository(workspace);
        let name = if prefix.is_empty() { "." } else { &prefix };
        let path = out.join("workspaces").join(&prefix);
        std::fs::create_dir_all(&path)
            .with_context(|| format!("{} can't be made", path.display()))?;
        Ok(Self {
            path,
            row: Row::new(name, State::Failed),
            markdown: None,
        })
    }

    /// The path of the workspace from the root of the repository, empty for the root.
    pub(super) fn prefix(&self) -> &str {
        match &*self.row.folder {
            "." => "",
            folder => folder,
        }
    }

    /// A file of it, by its name, if there is one.
    pub(super) fn file(&self, name: &str) -> Option<PathBuf> {
        let path = self.path.join(name);
        path.is_file().then_some(path)
    }

    /// Writes what is kept.
    pub(super) fn write(mut self, ended: Ended) -> anyhow::Result<Self> {
        match ended {
            Ended::Checked(report) => {
                let heading = Heading {
                    workspace: self.row.folder.clone(),
                    folder: self.prefix().to_owned(),
                    links: settings::links(),
                    ..Heading::default()
                };
                self.keep("report.json", |out| json::report(&report, out))?;
                let text = self
                    .keep_text(|out| markdown::report(&heading, &report, markdown::BUDGET, out))?;
                self.markdown = Some(text);
            }
            Ended::Planned(planned, report) => {
                self.plan(&planned, &report)?;
                let (heading, plan) = &*planned;
                let text =
                    self.keep_text(|out| markdown::plan(heading, plan, markdown::BUDGET, out))?;
                self.markdown = Some(text);
            }
            Ended::Unreviewed {
                planned,
                unseen,
                report,
            } => {
                self.plan(&planned, &report)?;
                let (heading, plan) = &*planned;
                let text = self.keep_text(|out| {
                    markdown::unreviewed(heading, plan, &unseen, markdown::BUDGET, out)
                })?;
                self.markdown = Some(text);
            }
            Ended::Applied {
                planned,
                applied,
                report,
                ..
            } => {
                self.plan(&planned, &report)?;
                let (heading, plan) = &*planned;
                self.keep("result.json", |out| {
                    escape::json(&document::applied(heading, plan, &applied), out)
                })?;
                let text = self.keep_text(|out| {
                    markdown::applied(heading, plan, &applied, markdown::BUDGET, out)
                })?;
                self.markdown = Some(text);
            }
            Ended::Failed(_) => {}
        }
        let row = serde_json::to_string_pretty(&self.row)? + "\n";
        self.keep(ROW, |out| out.write_all(row.as_bytes()))?;
        Ok(self)
    }

    /// Keeps a plan as JSON and as a page, and what is wrong with the files.
    fn plan(&mut self, (heading, plan): &(Heading, Plan), report: &Report) -> anyhow::Result<()> {
        let document = document::plan(heading, plan);
        self.row.digest.clone_from(&document.digest);
        super::super::plan::save(&document, &self.path.join("plan.json"))?;
        self.keep("plan.html", |out| html::plan(heading, plan, out))?;
        self.keep("report.json", |out| json::report(report, out))
    }

    fn keep(
        &self,
        name: &str,
        write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
    ) -> anyhow::Result<()> {
        let path = self.path.join(name);
        let write = || {
            let mut out = BufWriter::new(File::create(&path)?);
            write(&mut out)?;
            out.flush()
        };
        write().with_context(|| format!("{} can't be written", path.display()))
    }

    /// Keeps the text that people read.
    fn keep_text(
        &self,
        write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
    ) -> anyhow::Result<String> {
        let mut text = Vec::new();
        write(&mut text)?;
        self.keep("plan.md", |out| out.write_all(&text))?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}

/// The most bytes of a row, and of a text, that another step wrote.
const MOST: u64 = 1 << 20;

/// What other steps kept in folders, by path.
///
/// # Errors
/// A file can't be read, or isn't what a step keeps.
pub(super) fn kept(directory: &Path, names: &[String]) -> anyhow::Result<Vec<Folder>> {
    let mut folders = Vec::new();
    let names = names.iter().map(|name| directory.join(name.trim()));
    // Where no job kept anything, there may be no folder.
    for name in names.filter(|name| name.is_dir()) {
        for entry in WalkDir::new(name).sort_by_file_name() {
            let entry = entry?;
            if entry.file_name() == ROW && entry.file_type().is_file() {
                folders.push(read(entry.path())?);
            }
        }
    }
    folders.sort_by(|one, other| one.row.folder.cmp(&other.row.folder));
    Ok(folders)
}

/// Reads what is kept of one workspace.
fn read(row: &Path) -> anyhow::Result<Folder> {
    let path = row.parent().unwrap_or(row).to_owned();
    let text = limited(row)?;
    let row: Row = serde_json::from_str(&text)
        .with_context(|| format!("{} isn't what `callsheet ci` writes", row.display()))?;
    let markdown = path.join("plan.md");
    Ok(Folder {
        markdown: markdown.is_file().then(|| limited(&markdown)).transpose()?,
        path,
        row,
    })
}

/// The text of a file of a reasonable size.
fn limited(path: &Path) -> anyhow::Result<String> {
    let size = path.metadata().map(|file| file.len());
    let read = size.and_then(|size| match size {
        0..=MOST => std::fs::read_to_string(path),
        _ => Err(std::io::Error::other("it is too large")),
    });
    read.with_context(|| format!("{} can't be read", path.display()))
}

/// Writes how all workspaces ended, and returns it as Markdown.
pub(super) fn overview(out: &Path, folders: &[Folder]) -> anyhow::Result<String> {
    std::fs::create_dir_all(out).with_context(|| format!("{} can't be made", out.display()))?;
    let rows: Vec<Row> = folders.iter().map(|folder| folder.row.clone()).collect();
    let text = match folders {
        [one] => one
            .markdown
            .clone()
            .unwrap_or_else(|| markdown::overview(&rows)),
        _ => markdown::overview(&rows),
    };
    let path = out.join("overview.md");
    std::fs::write(&path, &text).with_context(|| format!("{} can't be written", path.display()))?;
    Ok(text)
}
