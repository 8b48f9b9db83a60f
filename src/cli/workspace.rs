//! A *workspace* as a command uses it: its files read, its portal opened.

use super::{
    formerly,
    history::{Baseline, Revisions},
    outcome::Outcome,
    progress::Bars,
    settings::{self, Terminal},
};
use crate::{
    config::Config,
    desired::{self, Desired},
    diagnostic::{Level, Report},
    lifecycle,
    model::{Commit, Gap, Kind, Live, Resource, State},
    plan::Plan,
    portal::{self, Details, Portal, Target},
    render::{self, Format, document::Heading},
    repo::{self, Attachments, CONFIGURATION, Files, Found, Git, Selection},
    support::{check_support, strip_local_only},
};
use anyhow::Context as _;
use jiff::civil::Date;
use std::{
    collections::BTreeSet,
    io::Write as _,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

/// A workspace whose files are without errors.
pub(super) struct Workspace {
    /// Its folder.
    pub(super) folder: PathBuf,
    /// What `callsheet.yaml` says.
    pub(super) config: Config,
    /// What its files declare.
    pub(super) state: State,
    /// Where the files are to which the resources refer.
    pub(super) attachments: Attachments,
    /// The commit whose files they are, if not the checked out ones.
    pub(super) at: Option<Commit>,
    /// The day of which the files are read.
    pub(super) today: Date,
}

/// Of which commit and of which day files are read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct When<'a> {
    /// The commit, if not the checked out files.
    pub(super) at: Option<&'a str>,
    /// The day, if not today.
    pub(super) as_of: Option<Date>,
}

impl When<'_> {
    /// The day.
    pub(super) fn today(self) -> Date {
        self.as_of.unwrap_or_else(settings::today)
    }
}

/// Frees what a command no longer needs, without making it wait: what is left when it ends goes with the process.
pub(super) fn free<T: Send + 'static>(unneeded: T) {
    drop(std::thread::Builder::new().spawn(move || drop(unneeded)));
}

/// What files declare, checked against what their portal can hold.
pub(super) fn declared(files: Files, today: Date) -> Desired {
    let mut desired = desired::load(files, today);
    if let Some(config) = &desired.config {
        let portal = portal::capabilities(&config.portal);
        desired
            .report
            .extend(lifecycle::fit(&mut desired.state, &portal));
        desired
            .report
            .extend(check_support(&desired.state, &portal));
    }
    desired
}

/// The files of a workspace at a commit.
pub(super) fn files_at(folder: &Path, revision: &str) -> anyhow::Result<(Files, Commit)> {
    let git = match Git::find(folder)? {
        Found::Repository(git) => git,
        Found::Unreadable(gap) => anyhow::bail!("{}; {}", gap.reason, gap.help),
        Found::Nothing => anyhow::bail!(
            "{} is not in a Git repository, so it has no files at {revision}",
            folder.display()
        ),
    };
    let commit = git.resolve(revision)?;
    let read = || {
        let configuration = git.text_at(&commit, &repo::joined(git.prefix(), CONFIGURATION))?;
        let Some(configuration) = configuration else {
            return Ok(None);
        };
        let selection = Selection::of(&configuration);
        git.files_in(&commit, git.prefix(), &selection).map(Some)
    };
    let files: Result<Option<Files>, Gap> = read();
    match files {
        Ok(Some(files)) => Ok((files, commit)),
        Ok(None) => anyhow::bail!(
            "{} is not a workspace at {}: it has no {CONFIGURATION} there",
            folder.display(),
            commit.short()
        ),
        Err(gap) => anyhow::bail!("{}; {}", gap.reason, gap.help),
    }
}

/// The folder that a command means: its argument, as seen from `-C`, or else the nearest workspace from
/// there upwards.
pub(super) fn folder(directory: &Path, argument: Option<&Path>) -> PathBuf {
    argument.map_or_else(
        || nearest(directory).unwrap_or_else(|| directory.to_owned()),
        |argument| directory.join(argument),
    )
}

/// The nearest workspace from a folder upwards. The search ends at the root of the repository and at
/// the first folder of another owner: what a stranger put above it must not name commands to run.
fn nearest(directory: &Path) -> Option<PathBuf> {
    let start = directory.canonicalize().ok()?;
    let owner = |folder: &Path| folder.metadata().map(|folder| folder.uid()).ok();
    let mut written = if directory == Path::new(".") {
        PathBuf::new()
    } else {
        directory.to_owned()
    };
    for folder in start.ancestors() {
        if owner(folder) != owner(&start) {
            break;
        }
        if folder.join(CONFIGURATION).is_file() {
            return Some(if folder == start {
                directory.to_owned()
            } else {
                written
            });
        }
        if folder.join(".git").exists() {
            break;
        }
        written.push("..");
    }
    None
}

impl Workspace {
    /// Reads a workspace, and shows the errors in it, of which only the number of warnings. With errors there is none.
    pub(super) fn load(
        folder: PathBuf,
        format: Format,
        terminal: &mut Terminal,
    ) -> anyhow::Result<Result<Self, Outcome>> {
        Self::load_at(folder, When::default(), format, terminal)
    }

    /// The same, of the files of a commit.
    pub(super) fn load_at(
        folder: PathBuf,
        when: When<'_>,
        format: Format,
        terminal: &mut Terminal,
    ) -> anyhow::Result<Result<Self, Outcome>> {
        let (loaded, report) = Self::read_at(folder.clone(), when)?;
        match loaded {
            Some(workspace) => {
                let warnings = report.count(Level::Warning);
                if warnings > 0 {
                    let warnings = render::counted(warnings, "warning");
                    writeln!(
                        terminal.err,
                        "{warnings} about the files; `callsheet validate` shows them\n"
                    )?;
                }
                Ok(Ok(workspace))
            }
            None => Obstacle::Invalid(folder, report)
                .show(format, terminal)
                .map(Err),
        }
    }

    /// Reads a workspace: nothing with errors, and everything that is wrong.
    pub(super) fn read(folder: PathBuf) -> anyhow::Result<(Option<Self>, Report)> {
        Self::read_at(folder, When::default())
    }

    /// The same, of the files of a commit.
    pub(super) fn read_at(
        folder: PathBuf,
        when: When<'_>,
    ) -> anyhow::Result<(Option<Self>, Report)> {
        let today = when.today();
        let (files, at) = match when.at {
            None => (repo::read(&folder)?, None),
            Some(revision) => {
                let (files, commit) = files_at(&folder, revision)?;
                (files, Some(commit))
            }
        };
        let mut desired = declared(files, today);
        formerly::explain(&folder, &mut desired, today);
        let Desired {
            config,
            mut state,
            report,
            attachments,
        } = desired;
        let workspace = config.filter(|_| !report.has_errors()).map(|mut config| {
            let portal = portal::capabilities(&config.portal);
            strip_local_only(&mut state, &mut config, &portal);
            Self {
                folder,
                config,
                state,
                attachments,
                at,
                today,
            }
        });
        Ok((workspace, report))
    }

    /// Which files belong to it.
    pub(super) fn selection(&self, git: &Git) -> Selection {
        let Some(commit) = &self.at else {
            return repo::selection(&self.folder);
        };
        let text = git.text_at(commit, &repo::joined(git.prefix(), CONFIGURATION));
        Selection::of(&text.ok().flatten().unwrap_or_default())
    }

    /// What it says must not be there. That is looked for as what it declares is: it can only go if it was
    /// read.
    pub(super) fn absent(&self) -> State {
        let addresses = self.config.absent.iter().cloned();
        State {
            resources: addresses
                .map(|address| (address, Resource::default()))
                .collect(),
        }
    }

    /// What heads its plans.
    pub(super) fn heading(&self, baseline: &Baseline) -> Heading {
        let declared = self.config.workspace.as_ref();
        let name = declared.map_or_else(|| name(&self.folder), ToString::to_string);
        let portal = &self.config.portal;
        let place = portal
            .url
            .as_ref()
            .map_or_else(|| "embedded".to_owned(), ToString::to_string);
        let prefix = baseline.history.as_ref().map(|one| one.git.prefix());
        Heading {
            workspace: name,
            portal: format!("{} ({place})", portal.kind),
            portal_id: portal.identity().digest(),
            folder: prefix
                .map_or_else(|| self.folder.to_string_lossy().into_owned(), str::to_owned),
            revision: baseline.revision.clone(),
            dirty: baseline.is_dirty(),
            only: Vec::new(),
            targets: Vec::new(),
            only_changed: false,
            undo_of: None,
            told_from_history: baseline.is_told_from_history(),
            history_gap: baseline.unreadable(),
            links: settings::links().map(|links| match &self.at {
                Some(commit) => links.at(Some(&commit.id)),
                None => links,
            }),
            date: Some(self.today),
            author: settings::author(baseline.history.as_ref().map(|one| &one.git)),
        }
    }

    /// Opens the portal, if it is the one that may be asked.
    pub(super) fn open(&self, terminal: &Terminal) -> anyhow::Result<Box<dyn Portal>> {
        let target: Target = settings::target(&self.config, &self.folder, terminal.commands)?;
        Ok(portal::open(&target)?)
    }

    /// Opens the portal for a command that doesn't plan. In a pipeline of a pull request, `portal:` must
    /// be what the target branch says.
    pub(super) fn open_as_merged(&self, terminal: &Terminal) -> anyhow::Result<Box<dyn Portal>> {
        let baseline = Baseline::read(&Revisions::default(), self)?;
        if let Some(finding) = baseline.portal_changed(&self.config) {
            anyhow::bail!("{}; {}", finding.message, finding.help());
        }
        self.open(terminal)
    }

    /// What the portal can't hold of what is declared, now that it was asked.
    pub(super) fn unsupported(&self, portal: &dyn Portal) -> Option<Obstacle> {
        let unsupported = check_support(&self.state, &portal.capabilities());
        unsupported
            .has_errors()
            .then(|| Obstacle::Invalid(self.folder.clone(), unsupported))
    }
}

/// Why there is no plan of a workspace.
pub(super) enum Obstacle {
    /// Its files are wrong, or declare what the portal can't hold.
    Invalid(PathBuf, Report),
    /// The portal may not be asked: the plan is a finding alone.
    Blocked(Box<(Heading, Plan)>),
}

impl Obstacle {
    /// Shows it, as what the command ends with.
    pub(super) fn show(self, format: Format, terminal: &mut Terminal) -> anyhow::Result<Outcome> {
        match self {
            Self::Invalid(folder, report) => {
                show(&folder, &report, format, terminal)?;
                Ok(Outcome::Failed)
            }
            Self::Blocked(blocked) => {
                let (heading, plan) = *blocked;
                super::plan::write(&heading, &plan, format, terminal)?;
                Ok(Outcome::Refused)
            }
        }
    }
}

/// The name of a folder.
fn name(folder: &Path) -> String {
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let name = folder.file_name();
    name.map_or_else(|| "/".into(), |name| name.to_string_lossy().into_owned())
}

/// What heads a report about the files of a workspace. Its configuration may be what is wrong, so it is known
/// by its folder.
pub(super) fn report_heading(folder: &Path) -> Heading {
    let path = settings::path_in_repository(folder);
    Heading {
        workspace: if path.is_empty() {
            name(folder)
        } else {
            path.clone()
        },
        folder: path,
        links: settings::links(),
        ..Heading::default()
    }
}

/// Shows a report about a workspace: to people on stderr, to whatever reads the other formats on stdout.
pub(super) fn show(
    folder: &Path,
    report: &Report,
    format: Format,
    terminal: &mut Terminal,
) -> anyhow::Result<()> {
    match format {
        Format::Text | Format::Html => {
            render::text::report(report, &terminal.err_look, &mut terminal.err)?;
        }
        Format::Markdown | Format::Json | Format::Github | Format::Sarif => {
            let heading = report_heading(folder);
            render::report(format, &heading, report, &terminal.look, &mut terminal.out)?;
            terminal.out.flush()?;
        }
    }
    Ok(())
}

/// Reads more of a portal than its lists say.
pub(super) async fn read_details(
    portal: &dyn Portal,
    live: &mut Live,
    details: Details<'_>,
    terminal: &Terminal,
) -> anyhow::Result<()> {
    let bars = Bars::new(terminal.progress);
    let read = portal.read_details(live, details, &bars).await;
    bars.clear();
    read.context("the portal can't be read, so nothing is planned")
}

/// Reads every kind from a portal, and more of what is wanted, with progress.
pub(super) async fn read(
    portal: &dyn Portal,
    wanted: Details<'_>,
    terminal: &Terminal,
) -> anyhow::Result<Live> {
    let kinds: BTreeSet<Kind> = portal.capabilities().kinds.keys().copied().collect();
    let bars = Bars::new(terminal.progress);
    let live = async {
        let mut live = portal.read(&kinds, &bars).await?;
        portal.read_details(&mut live, wanted, &bars).await?;
        Ok::<_, portal::Error>(live)
    }
    .await;
    bars.clear();
    live.context("the portal can't be read, so nothing is planned")
}

/// A runtime for what waits on a network.
pub(super) fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder
        .worker_threads(2)
        .enable_all()
        .build()
        .context("no runtime can be started")
}
