//! `callsheet ci`: a command as a step of a pipeline. It takes several workspaces, writes their plans as files
//! to keep, and tells the forge: annotations, a summary, outputs, comments.
//!
//! What a step of the forge passes are flags or variables, so that no text of a pull request ever becomes a
//! part of a script.

mod apply;
mod comment;
mod files;
mod forge;
mod log;
mod outputs;
mod proposal;
mod reviews;

use super::{
    history,
    outcome::{Outcome, UsageError},
    plan::Scope,
    settings::{self, Commands, Terminal},
    several::{self, Ended},
    targets::{Selection, Targets},
    workspace::{When, Workspace},
};
use crate::{
    forge::Event,
    plan::{Cause, Filter},
    render::overview::{Row, State},
};
use clap::{ValueEnum, builder::FalseyValueParser};
use files::Folder;
use jiff::civil::Date;
use log::Log;
use reviews::Reviews;
use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// What to do
    #[arg(value_enum, value_name = "TASK")]
    task: Task,

    /// Workspaces, or patterns such as 'tenants/*', one a line [default: the nearest workspace]
    #[arg(
        value_name = "DIR",
        value_delimiter = '\n',
        env = "CALLSHEET_CI_WORKSPACE"
    )]
    workspaces: Vec<String>,

    #[command(flatten)]
    selection: Selection,

    /// Take only workspaces that the pull request or the push changes
    #[arg(long, env = "CALLSHEET_CI_CHANGED", value_parser = FalseyValueParser::new())]
    changed: bool,

    /// Plan only the resources that the pull request changes, and read only them where that is enough
    #[arg(long, env = "CALLSHEET_CI_CHANGED_RESOURCES", value_parser = FalseyValueParser::new())]
    changed_resources: bool,

    /// Plan only changes with these causes, separated by commas
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        value_name = "CAUSE",
        env = "CALLSHEET_CI_ONLY"
    )]
    only: Vec<Cause>,

    /// Read the files as of this day, which tells who has started or left [default: today]
    #[arg(long, value_name = "DATE", env = "CALLSHEET_CI_AS_OF")]
    as_of: Option<Date>,

    #[command(flatten)]
    past: history::Revisions,

    /// Write plans, pages and reports to DIR [default: callsheet-TASK in RUNNER_TEMP]
    #[arg(long, value_name = "DIR", env = "CALLSHEET_CI_OUT")]
    out: Option<PathBuf>,

    /// Comment on the pull request
    #[arg(
        long,
        value_enum,
        value_name = "WHEN",
        default_value = "never",
        env = "CALLSHEET_CI_COMMENT"
    )]
    comment: CommentWhen,

    /// Login that the token comments as; comments of others are left alone
    #[arg(
        long,
        value_name = "LOGIN",
        default_value = "github-actions[bot]",
        env = "CALLSHEET_CI_AUTHOR"
    )]
    author: String,

    /// Compare an apply with the plans of the merged pull requests, which their pipelines kept
    #[arg(
        long,
        value_enum,
        value_name = "WHEN",
        default_value = "off",
        env = "CALLSHEET_CI_REVIEW"
    )]
    review: ReviewWhen,

    /// Beginning of the names of the artefacts that hold those plans
    #[arg(
        long,
        value_name = "NAME",
        default_value = "callsheet-plan",
        env = "CALLSHEET_CI_ARTIFACT"
    )]
    artifact: String,

    /// Name of the artefact that the files are kept as [default: callsheet- and the task]
    #[arg(long, value_name = "NAME", env = "CALLSHEET_CI_KEPT_AS")]
    kept_as: Option<String>,

    /// Don't write a summary of the job
    #[arg(long, env = "CALLSHEET_CI_NO_SUMMARY", value_parser = FalseyValueParser::new())]
    no_summary: bool,

    /// Keep one open issue about what was changed on the portal, and close it when nothing is
    #[arg(long, env = "CALLSHEET_CI_ISSUE", value_parser = FalseyValueParser::new())]
    issue: bool,

    /// What makes the step fail, besides errors
    #[arg(
        long,
        value_enum,
        value_name = "STATE",
        default_value = "blocked",
        env = "CALLSHEET_CI_FAIL_ON"
    )]
    fail_on: FailOn,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Task {
    /// Check the files; needs no credentials
    Validate,
    /// Show what an apply would change
    Plan,
    /// Show what was changed on the portal
    Drift,
    /// Apply the changes
    Apply,
    /// Summarize what other steps of this pipeline wrote, from the folders DIR
    Report,
}

/// When to comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum CommentWhen {
    /// Never
    Never,
    /// If there is something to say, or something said before is outdated
    Auto,
    /// Always
    Always,
}

/// When an apply is compared with what was reviewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ReviewWhen {
    /// Never
    Off,
    /// If there are reviewed plans
    Auto,
    /// Always: without a reviewed plan nothing is applied
    Required,
}

/// What makes a step fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FailOn {
    /// Nothing, not even an invalid file
    Never,
    /// Invalid files, and a portal that can't be read
    Error,
    /// Blocked plans too
    Blocked,
    /// Any change too
    Changes,
}

pub(super) fn run(
    args: &Args,
    directory: &Path,
    terminal: &mut Terminal,
) -> anyhow::Result<Outcome> {
    args.check()?;
    let event = settings::event()?;
    let out = files::out(directory, args.out.as_deref(), args.task.name())?;
    let mut pull = None;
    let mut is_interrupted = false;
    let mut log = Log::begin(terminal)?;
    let folders = match args.task {
        Task::Report => files::kept(directory, &args.workspaces)?,
        Task::Validate | Task::Plan | Task::Drift | Task::Apply => {
            let proposal = proposal::of(args, directory, event.as_ref())?;
            if proposal.is_some() {
                // Whoever proposes from a fork must not name what runs here.
                terminal.commands = Commands::Refused;
            }
            pull = proposal.as_ref().map(|proposal| proposal.number);
            let at = proposal.as_ref().map(|proposal| &*proposal.commit);
            let args = &proposal
                .as_ref()
                .map_or_else(|| args.clone(), |one| one.with(args));
            let folders = targets(args, directory, event.as_ref(), at)?;
            if args.changed_resources && !args.is_compared() {
                let message = "neither the target branch of a pull request nor --base is known, so everything is planned";
                writeln!(terminal.err, "{message}")?;
            }
            let mut kept = Vec::with_capacity(folders.len());
            let mut keep = |mut folder: Folder, ended: Ended, terminal: &mut Terminal| {
                folder.row = ended.row(&folder.row.folder);
                log.add(&folder, &ended, terminal)?;
                kept.push(folder.write(ended)?);
                anyhow::Ok(())
            };
            if args.task == Task::Apply {
                let mut reviews = Reviews::new(settings::repository(&args.author), &args.artifact);
                for path in folders {
                    let folder = Folder::begin(&out, &path)?;
                    let journal = folder.path.join("journal.jsonl");
                    let ended = apply::apply(args, &path, &journal, &mut reviews, terminal);
                    let ended = ended.unwrap_or_else(Ended::Failed);
                    is_interrupted = ended.is_interrupted();
                    keep(folder, ended, terminal)?;
                    if is_interrupted {
                        break;
                    }
                }
            } else {
                let work = |path: &Path, aside: &mut Terminal| {
                    let ended = ended(args, path, at, aside);
                    ended.unwrap_or_else(Ended::Failed)
                };
                several::side_by_side(&folders, terminal, work, |path, ended, terminal| {
                    keep(Folder::begin(&out, path)?, ended, terminal)
                })?;
            }
            kept
        }
    };
    log.end(terminal)?;
    let rows: Vec<Row> = folders.iter().map(|folder| folder.row.clone()).collect();
    let summary = files::overview(&out, &folders)?;
    if !args.no_summary {
        outputs::summary(&summary)?;
    }
    forge::tell(args, event.as_ref(), &folders, terminal)?;
    let outcome = match is_interrupted {
        true => Outcome::Interrupted,
        false => args.fail_on.outcome(&rows),
    };
    let name = kept_as(args, pull);
    outputs::write(&name, &rows, &folders, &out, outcome)?;
    Ok(outcome)
}

/// The name of the artefact with the files of the step. A plan of a fork's pull request is made by a pipeline of
/// the default branch, and named after the pull request.
fn kept_as(args: &Args, pull: Option<u64>) -> String {
    let own = args.kept_as.clone();
    let name = own.unwrap_or_else(|| format!("callsheet-{}", args.task.name()));
    match pull {
        Some(number) => format!("{name}-pr-{number}"),
        None => name,
    }
}

/// The folders of the workspaces.
fn targets(
    args: &Args,
    directory: &Path,
    event: Option<&Event>,
    at: Option<&str>,
) -> anyhow::Result<Vec<PathBuf>> {
    let named = args.workspaces.iter().map(|name| name.trim());
    let named: Vec<PathBuf> = named
        .filter(|name| !name.is_empty())
        .map(PathBuf::from)
        .collect();
    let mut selection = args.selection.at(at);
    if args.changed {
        let began = args
            .past
            .base()
            .or_else(history::target_branch)
            .or_else(|| event?.before.clone());
        let Some(began) = began else {
            let message = "--changed: neither the target branch of a pull request nor the commit before a push is known; use --changed-since REV";
            return Err(UsageError(message.to_owned()).into());
        };
        selection = selection.since(began);
    }
    Ok(match selection.of(directory, &named)? {
        Targets::One(folder) => vec![folder],
        Targets::Several(folders) => folders,
    })
}

/// How one workspace ended that is only read.
fn ended(
    args: &Args,
    folder: &Path,
    at: Option<&str>,
    terminal: &mut Terminal,
) -> anyhow::Result<Ended> {
    let when = When {
        at,
        as_of: args.as_of,
    };
    let drift = [Cause::Drift];
    let only = match args.task {
        Task::Drift => &drift[..],
        _ => &args.only,
    };
    if args.task == Task::Validate {
        let (_, report) = Workspace::read_at(folder.to_owned(), when)?;
        return Ok(Ended::Checked(report));
    }
    let scope = match args.changed_resources && args.is_compared() {
        true => Scope::Changed,
        false => Scope::All(Filter {
            only,
            ..Filter::default()
        }),
    };
    super::plan::ended(folder, when, &args.past, scope, terminal)
}

impl Args {
    /// Refuses what doesn't go together. Flags that come from variables are known to no parser.
    fn check(&self) -> anyhow::Result<()> {
        let message = match (self.changed_resources, self.task) {
            (false, _) => return Ok(()),
            (true, Task::Plan) if self.only.is_empty() => return Ok(()),
            (true, Task::Plan) => "--changed-resources and --only can't be combined",
            (true, Task::Validate | Task::Drift | Task::Apply | Task::Report) => {
                "--changed-resources limits a plan, and nothing else: an apply always reads and plans everything"
            }
        };
        Err(UsageError(message.to_owned()).into())
    }

    /// Whether it is known where the change began.
    fn is_compared(&self) -> bool {
        self.past.base().or_else(history::target_branch).is_some()
    }
}

impl Task {
    /// The word for it on the command line.
    const fn name(self) -> &'static str {
        match self {
            Self::Validate => "validate",
            Self::Plan => "plan",
            Self::Drift => "drift",
            Self::Apply => "apply",
            Self::Report => "report",
        }
    }
}

impl FailOn {
    /// How the step ends.
    fn outcome(self, rows: &[Row]) -> Outcome {
        let has = |states: &[State]| rows.iter().any(|row| states.contains(&row.state));
        let failed = has(&[State::Failed, State::Invalid]) && self != Self::Never;
        let blocked = has(&[State::Blocked]) && matches!(self, Self::Blocked | Self::Changes);
        if failed {
            Outcome::Failed
        } else if blocked {
            Outcome::Refused
        } else if has(&[State::Changes]) && self == Self::Changes {
            Outcome::Changes
        } else {
            Outcome::Done
        }
    }
}
