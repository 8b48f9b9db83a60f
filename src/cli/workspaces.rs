//! `callsheet workspaces`: the workspaces of a repository, as a list or as the jobs of a pipeline.

use super::{
    outcome::Outcome,
    settings::Terminal,
    targets::{Selection, Shard, Targets, name_from},
};
use crate::{
    render::{escape, json::FORMAT_VERSION},
    repo::{Found, Git},
};
use schemars::JsonSchema;
use serde::Serialize;
use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Folders to search [default: the whole repository]
    #[arg(value_name = "DIR")]
    folders: Vec<PathBuf>,

    #[command(flatten)]
    selection: Selection,

    /// Output format
    #[arg(long, value_enum, default_value = "text")]
    format: ListFormat,

    /// Most jobs of a matrix; where there are more workspaces, each job gets several
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=256))]
    max_jobs: u32,
}

/// The format of a list of workspaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum ListFormat {
    /// One path a line
    Text,
    /// A JSON document
    Json,
    /// One line of JSON for `strategy.matrix` of GitHub Actions
    GithubMatrix,
}

/// What `workspaces --format json` writes.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct WorkspacesDocument {
    /// The version of this format: `1.0`.
    format_version: &'static str,
    /// The workspaces, by path.
    workspaces: Vec<WorkspaceEntry>,
}

/// One workspace.
#[derive(Debug, Serialize, JsonSchema)]
struct WorkspaceEntry {
    /// Its folder, from the root of the repository; `.` is the root.
    folder: String,
}

/// What `strategy.matrix` takes.
#[derive(Debug, Serialize)]
struct Matrix {
    include: Vec<Job>,
}

/// One job of a matrix.
#[derive(Debug, Serialize)]
struct Job {
    /// What the job is called.
    name: String,
    /// The folders of its workspaces, one a line.
    workspace: String,
}

pub(super) fn run(
    args: &Args,
    directory: &Path,
    terminal: &mut Terminal,
) -> anyhow::Result<Outcome> {
    let root = match Git::find(directory)? {
        Found::Repository(git) => git.root().canonicalize()?,
        Found::Nothing | Found::Unreadable(_) => directory.canonicalize()?,
    };
    let is_whole = args.folders.is_empty() && directory == Path::new(".");
    let from = if is_whole { &root } else { directory };
    let folders = match args.selection.recursive().of(from, &args.folders)? {
        Targets::One(folder) => vec![folder],
        Targets::Several(folders) => folders,
    };
    let names = folders.iter().map(|folder| name_from(&root, folder));
    let mut names = names.collect::<anyhow::Result<Vec<_>>>()?;
    names.sort();
    match args.format {
        ListFormat::Text => {
            for name in &names {
                writeln!(terminal.out, "{}", escape::line(name))?;
            }
        }
        ListFormat::Json => {
            let workspaces = names.into_iter().map(|folder| WorkspaceEntry { folder });
            let document = WorkspacesDocument {
                format_version: FORMAT_VERSION,
                workspaces: workspaces.collect(),
            };
            escape::json(&document, &mut terminal.out)?;
        }
        ListFormat::GithubMatrix => {
            let matrix = Matrix {
                include: jobs(names, args.max_jobs),
            };
            writeln!(terminal.out, "{}", serde_json::to_string(&matrix)?)?;
        }
    }
    Ok(Outcome::Done)
}

/// One job for each workspace, or where there are too many, for each shard that isn't empty.
fn jobs(names: Vec<String>, most: u32) -> Vec<Job> {
    if names.len() <= most as usize {
        let jobs = names.into_iter().map(|name| Job {
            name: name.clone(),
            workspace: name,
        });
        return jobs.collect();
    }
    let jobs = Shard::all(most).zip(1_u32..).map(|(shard, number)| {
        let own = names.iter().filter(|name| shard.contains(name));
        Job {
            name: format!("{number} of {most}"),
            workspace: own.cloned().collect::<Vec<_>>().join("\n"),
        }
    });
    jobs.filter(|job| !job.workspace.is_empty()).collect()
}
