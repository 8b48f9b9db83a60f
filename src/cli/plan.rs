//! `callsheet plan`: what would be done. It takes data and has no way to write.

use super::{
    changed,
    history::{self, Baseline},
    outcome::{Outcome, UsageError},
    session::Session,
    settings::Terminal,
    several::{self, Ended, Run},
    targets::{Selection, Targets},
    workspace::{self, Obstacle, When, Workspace},
};
use crate::{
    model::Address,
    plan::{Cause, Filter, Plan},
    render::{
        Format, Look,
        document::{self, Heading, PlanDocument},
        escape, github, html, markdown,
        overview::State,
        prose,
    },
    repo::CONFIGURATION,
};
use anyhow::Context as _;
use jiff::civil::Date;
use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Workspaces, or patterns such as 'tenants/*' [default: found from the current directory upwards]
    #[arg(value_name = "DIR")]
    folders: Vec<PathBuf>,

    #[command(flatten)]
    selection: Selection,

    /// Output format
    #[arg(long, value_parser = super::formats(&[Format::Text, Format::Json, Format::Markdown, Format::Html, Format::Github]), env = "CALLSHEET_FORMAT", default_value = "text")]
    pub(super) format: Format,

    /// Shorten the plan as text: new resources with some of their fields, groups without their members
    #[arg(long)]
    summary: bool,

    /// Exit with code 2 if there are changes
    #[arg(long)]
    detailed_exitcode: bool,

    /// Plan only changes with these causes, separated by commas
    #[arg(long, value_enum, value_delimiter = ',', value_name = "CAUSE")]
    only: Vec<Cause>,

    /// Plan only the changes of this resource, with those that they need; repeat for several
    #[arg(long, value_name = "ADDRESS")]
    target: Vec<Address>,

    /// Plan only the resources that differ from the base, and read only them where that is enough
    #[arg(long, conflicts_with_all = ["target", "only"])]
    changed: bool,

    /// Read the files as of this day, which tells who has started or left [default: today]
    #[arg(long, value_name = "DATE")]
    as_of: Option<Date>,

    /// Plan what the files of this commit declare, instead of the checked out ones
    #[arg(long, value_name = "REV")]
    at: Option<String>,

    /// Save the plan to FILE, to be reviewed and applied with `callsheet apply FILE`
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    #[command(flatten)]
    past: history::Revisions,
}

impl Args {
    /// What is planned.
    fn scope(&self) -> Scope<'_> {
        match self.changed {
            true => Scope::Changed,
            false => Scope::All(Filter {
                only: &self.only,
                targets: &self.target,
            }),
        }
    }

    /// Of which commit and of which day the files are planned.
    fn when(&self) -> When<'_> {
        When {
            at: self.at.as_deref(),
            as_of: self.as_of,
        }
    }
}

/// What of a workspace is planned.
#[derive(Clone, Copy)]
pub(super) enum Scope<'a> {
    /// All of it, as far as a filter goes.
    All(Filter<'a>),
    /// The resources that differ from the base.
    Changed,
}

pub(super) fn run(
    args: &Args,
    directory: &Path,
    format: Format,
    terminal: &mut Terminal,
) -> anyhow::Result<Outcome> {
    if args.summary {
        terminal.summarize();
    }
    let folder = match args
        .selection
        .at(args.at.as_deref())
        .of(directory, &args.folders)?
    {
        Targets::One(folder) => folder,
        Targets::Several(folders) => return plan_all(args, &folders, format, terminal),
    };
    let workspace = match Workspace::load_at(folder, args.when(), format, terminal)? {
        Ok(workspace) => workspace,
        Err(outcome) => return Ok(outcome),
    };
    let (heading, planned) = match make(workspace, &args.past, args.scope(), terminal)? {
        Ok(planned) => planned,
        Err(obstacle) => return obstacle.show(format, terminal),
    };
    if let Some(out) = &args.out {
        let saved = document::plan(&heading, &planned);
        save(&saved, &directory.join(out))?;
    }
    write(&heading, &planned, format, terminal)?;
    Ok(if planned.is_blocked() {
        Outcome::Refused
    } else if args.detailed_exitcode && !planned.operations.is_empty() {
        Outcome::Changes
    } else {
        Outcome::Done
    })
}

/// Plans a workspace.
fn make(
    workspace: Workspace,
    past: &history::Revisions,
    scope: Scope<'_>,
    terminal: &mut Terminal,
) -> anyhow::Result<Result<(Heading, Plan), Obstacle>> {
    let baseline = Baseline::read(past, &workspace)?;
    match scope {
        Scope::All(filter) => make_all(workspace, baseline, filter, terminal),
        Scope::Changed => make_changed(workspace, baseline, terminal),
    }
}

/// Plans all files of a workspace, as far as a filter goes.
fn make_all(
    workspace: Workspace,
    baseline: Baseline,
    filter: Filter<'_>,
    terminal: &mut Terminal,
) -> anyhow::Result<Result<(Heading, Plan), Obstacle>> {
    workspace::runtime()?.block_on(async {
        let mut session = match Session::open(workspace, baseline, &[], terminal).await? {
            Ok(session) => session,
            Err(obstacle) => return Ok(Err(obstacle)),
        };
        let planned = session.plan(filter, terminal).await?;
        session.check_targets(&planned)?;
        let heading = Heading {
            only: filter.only.to_vec(),
            targets: filter.targets.to_vec(),
            ..session.workspace.heading(&session.baseline)
        };
        workspace::free((session.live, session.workspace.state));
        Ok(Ok((heading, planned)))
    })
}

/// Plans what the files of a workspace changed since the base.
fn make_changed(
    workspace: Workspace,
    baseline: Baseline,
    terminal: &mut Terminal,
) -> anyhow::Result<Result<(Heading, Plan), Obstacle>> {
    let Some(changed) = changed::since_base(&baseline, &workspace)? else {
        let file = workspace.folder.join(CONFIGURATION);
        let file = escape::line(&file.to_string_lossy());
        let message = "changed, which may change everything, so everything is planned";
        writeln!(terminal.err, "{file} {message}")?;
        return make_all(workspace, baseline, Filter::default(), terminal);
    };
    workspace::runtime()?.block_on(async {
        let opened = Session::open_selected(workspace, baseline, &changed, terminal).await?;
        let mut session = match opened {
            Ok(session) => session,
            Err(obstacle) => return Ok(Err(obstacle)),
        };
        let heading = Heading {
            targets: changed.addresses.clone(),
            only_changed: true,
            ..session.workspace.heading(&session.baseline)
        };
        if !session.live.unread.is_empty() {
            if let Some(planned) = changed.plan_selected(&mut session, terminal).await? {
                return Ok(Ok((heading, planned)));
            }
            session.read(&[], terminal).await?;
        }
        let filter = Filter {
            targets: &changed.addresses,
            ..Filter::default()
        };
        let planned = match changed.addresses.is_empty() {
            // Without a target, a filter limits nothing.
            true => Plan {
                requests: session.live.requests,
                ..Plan::default()
            },
            false => session.plan(filter, terminal).await?,
        };
        Ok(Ok((heading, planned)))
    })
}

/// Plans several workspaces, with one summary. What goes wrong with one doesn't keep
/// the others from being planned.
fn plan_all(
    args: &Args,
    folders: &[PathBuf],
    format: Format,
    terminal: &mut Terminal,
) -> anyhow::Result<Outcome> {
    if args.out.is_some() {
        let message = "a file holds the plan of one workspace; name one, or use `callsheet ci plan --out DIR`";
        return Err(UsageError(message.to_owned()).into());
    }
    if !args.target.is_empty() {
        let message = "--target names resources of one workspace; name the workspace too";
        return Err(UsageError(message.to_owned()).into());
    }
    let mut run = Run::new(format)?;
    let work = |folder: &Path, aside: &mut Terminal| {
        ended(folder, args.when(), &args.past, args.scope(), aside).unwrap_or_else(Ended::Failed)
    };
    several::side_by_side(folders, terminal, work, |folder, ended, terminal| {
        run.add(folder, ended, terminal)
    })?;
    let has_changes = run.rows().any(|row| row.state == State::Changes);
    let outcome = run.finish(terminal)?;
    Ok(match outcome {
        Outcome::Done if args.detailed_exitcode && has_changes => Outcome::Changes,
        outcome => outcome,
    })
}

/// How the plan of one workspace ended: of its files, or of those of a commit.
pub(super) fn ended(
    folder: &Path,
    when: When<'_>,
    past: &history::Revisions,
    scope: Scope<'_>,
    terminal: &mut Terminal,
) -> anyhow::Result<Ended> {
    let (workspace, report) = Workspace::read_at(folder.to_owned(), when)?;
    let Some(workspace) = workspace else {
        return Ok(Ended::Checked(report));
    };
    Ok(match make(workspace, past, scope, terminal)? {
        Ok((heading, plan)) => Ended::Planned(Box::new((heading, plan)), report),
        Err(Obstacle::Blocked(blocked)) => Ended::Planned(blocked, report),
        Err(Obstacle::Invalid(_, report)) => Ended::Checked(report),
    })
}

/// Saves a plan.
pub(super) fn save(saved: &PlanDocument, path: &Path) -> anyhow::Result<()> {
    let text = serde_json::to_string_pretty(saved)? + "\n";
    std::fs::write(path, text).with_context(|| format!("{} can't be written", path.display()))
}

/// Writes a plan.
pub(super) fn write(
    heading: &Heading,
    plan: &Plan,
    format: Format,
    terminal: &mut Terminal,
) -> anyhow::Result<()> {
    match format {
        Format::Json => escape::json(&document::view(heading, plan, None), &mut terminal.out)?,
        Format::Markdown => {
            markdown::plan(heading, plan, markdown::BUDGET, &mut terminal.out)?;
        }
        Format::Html => html::plan(heading, plan, &mut terminal.out)?,
        Format::Github => {
            let look = Look {
                prefix: heading.folder.clone(),
                ..terminal.look.clone()
            };
            github::findings(plan, &look, &mut terminal.out)?;
        }
        Format::Text | Format::Sarif => {
            prose::plan(heading, plan, &terminal.look, &mut terminal.out)?;
        }
    }
    Ok(())
}
