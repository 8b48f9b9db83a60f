//! The *baseline* is what a command knows of the past: the commits that were asked for or that the
//! pipeline names, the record of what was applied, and what was declared there.

use super::{
    progress::Bars,
    record,
    settings::{self, Terminal},
    workspace::Workspace,
};
use crate::{
    config::{Config, Prune},
    desired,
    history::{self, History},
    lifecycle,
    model::{
        Address, Ancestry, Capabilities, Commit, FindingRule, Gap, Kind, Live, Record, State,
        compare_secrets,
    },
    plan::{self, Evidence, Filter, Finding, Inputs, Past, Plan, plan},
    portal::{Details, Portal},
    render::document::Revision,
    repo::{Found, Git},
    support::strip_local_only,
};
use anyhow::Context as _;
use jiff::civil::Date;
use std::{collections::BTreeMap, rc::Rc};

#[derive(Clone, Debug, Default, clap::Args)]
pub(super) struct Revisions {
    /// Compare with the merge base of HEAD and this revision [default: the target branch in a pull
    /// request on GitHub or GitLab, otherwise HEAD]
    #[arg(long, value_name = "REV", env = "CALLSHEET_BASE")]
    base: Option<String>,

    /// Commit that was last applied [default: the record of the last apply]
    #[arg(long, value_name = "REV")]
    applied: Option<String>,
}

impl Revisions {
    /// The revision that is given as the base.
    pub(super) fn base(&self) -> Option<String> {
        self.base.clone()
    }

    /// The same, with a base unless one is given.
    pub(super) fn with_base(self, base: &str) -> Self {
        Self {
            base: self.base.or_else(|| Some(base.to_owned())),
            ..self
        }
    }
}

/// What was declared before.
#[derive(Default)]
pub(super) struct Baseline {
    /// The commits themselves.
    pub(super) revision: Revision,
    /// The files that differ from HEAD.
    pub(super) uncommitted: Vec<String>,
    /// The commits of the workspace; nothing outside of Git.
    pub(super) history: Option<History>,
    /// The commit that is checked out.
    pub(super) head: Option<Commit>,
    /// The record of the last apply.
    pub(super) record: Option<Record>,
    /// Why a part of the history isn't known.
    gap: Option<Gap>,
    base: Option<Commit>,
    /// Whether the base was given, or named by the pipeline.
    is_base_given: bool,
    applied: Option<Commit>,
    newer: Option<Commit>,
    base_state: BaselineState,
    applied_state: BaselineState,
}

/// What was declared at an earlier commit.
#[derive(Default)]
enum BaselineState {
    /// It is unknown.
    #[default]
    Unknown,
    /// What is declared now.
    AsNow,
    /// Something else.
    Other(Rc<Declared>),
}

/// What one commit declares.
struct Declared {
    config: Option<Config>,
    state: State,
}

impl BaselineState {
    fn state<'a>(&'a self, now: &'a State) -> Option<&'a State> {
        match self {
            Self::Unknown => None,
            Self::AsNow => Some(now),
            Self::Other(declared) => Some(&declared.state),
        }
    }
}

impl Baseline {
    /// Reads what the files said at the base. The portal isn't asked for anything yet.
    pub(super) fn read(args: &Revisions, workspace: &Workspace) -> anyhow::Result<Self> {
        let git = match Git::find(&workspace.folder)? {
            Found::Repository(git) => git,
            // Without its history, nothing shows that a proposal names the reviewed portal.
            Found::Unreadable(gap) if args.base.is_some() || target_branch().is_some() => {
                anyhow::bail!("the base can't be read: {}; {}", gap.reason, gap.help)
            }
            Found::Unreadable(gap) => {
                return Ok(Self {
                    gap: Some(gap),
                    ..Self::default()
                });
            }
            Found::Nothing => return Self::without(args, workspace),
        };
        let git = match &workspace.at {
            Some(commit) => git.at(commit)?,
            None => *git,
        };
        let Some(head) = git.head() else {
            return Self::without(args, workspace);
        };
        let target = args.base.clone().or_else(target_branch);
        let is_base_given = target.is_some();
        let base = match target {
            Some(revision) => git.merge_base(&head, &git.resolve(&revision)?)?,
            None => head.clone(),
        };
        let selection = workspace.selection(&git);
        let name = workspace.config.workspace.as_deref();
        let portal = workspace.config.portal.identity();
        let history = History::new(git, selection, name, portal);
        if !history.is_committed(&head) && !is_base_given && args.applied.is_none() {
            // Nothing of the workspace was committed yet.
            return Ok(Self::default());
        }
        let uncommitted = history.git.uncommitted(&history.selection)?;
        let applied = match &args.applied {
            Some(revision) => Some(history.git.resolve(revision)?),
            None => None,
        };
        let mut baseline = Self {
            revision: Revision {
                head: Some(head.id.clone()),
                base: Some(base.id.clone()),
                applied: None,
            },
            uncommitted,
            head: Some(head),
            is_base_given,
            history: Some(history),
            ..Self::default()
        };
        // A base that names another portal is no evidence for this one, but its configuration is compared.
        baseline.base_state = baseline.declared_at(&base, workspace, workspace.today, true)?;
        baseline.base = Some(base);
        if let Some(applied) = applied {
            baseline.set_applied(applied, workspace, workspace.today)?;
        }
        Ok(baseline)
    }

    /// Outside of Git, and before the first commit.
    fn without(args: &Revisions, workspace: &Workspace) -> anyhow::Result<Self> {
        if args.base.is_some() || args.applied.is_some() {
            anyhow::bail!(
                "{} is not in a Git repository with commits, so there is no earlier revision; run `git init` and commit, or leave out --base and --applied",
                workspace.folder.display()
            );
        }
        Ok(Self::default())
    }

    /// Whether files differ from HEAD.
    pub(super) fn is_dirty(&self) -> bool {
        !self.uncommitted.is_empty()
    }

    /// Whether the causes of a plan are told from the history, since the last applied commit is unknown.
    pub(super) fn is_told_from_history(&self) -> bool {
        self.history.is_some() && self.applied.is_none()
    }

    /// Why the repository can't be read, and the next step.
    pub(super) fn unreadable(&self) -> Option<String> {
        let gap = self.gap.as_ref().filter(|_| self.history.is_none())?;
        Some(format!("{}. {}", gap.reason, gap.help))
    }

    /// What was declared where this change began, and the configuration there; nothing if that is unknown.
    pub(super) fn declared_at_base<'a>(
        &'a self,
        workspace: &'a Workspace,
    ) -> Option<(Option<&'a Config>, &'a State)> {
        match &self.base_state {
            BaselineState::Unknown => None,
            BaselineState::AsNow => Some((Some(&workspace.config), &workspace.state)),
            BaselineState::Other(declared) => Some((declared.config.as_ref(), &declared.state)),
        }
    }

    /// The commit that was last applied.
    pub(super) fn applied(&self) -> Option<&Commit> {
        self.applied.as_ref()
    }

    /// What a commit declares, fit for the workspace's portal. Of a base it counts too what it says
    /// while it names another portal.
    fn declared_at(
        &self,
        commit: &Commit,
        workspace: &Workspace,
        day: Date,
        is_base: bool,
    ) -> anyhow::Result<BaselineState> {
        // On another day the same files may declare something else.
        let is_alike = !workspace.state.changes_between(day, workspace.today);
        if self.head.as_ref() == Some(commit) && !self.is_dirty() && is_alike {
            return Ok(BaselineState::AsNow);
        }
        let Some(history) = &self.history else {
            return Ok(BaselineState::Unknown);
        };
        let read = if is_base {
            history
                .git
                .files_in(commit, history.git.prefix(), &history.selection)
        } else {
            history.files_at(commit)
        };
        let files = read.map_err(|gap| {
            anyhow::anyhow!(
                "the files of {} can't be read: {}; {}",
                commit.short(),
                gap.reason,
                gap.help
            )
        })?;
        let desired = desired::load(files, day);
        let mut state = desired.state;
        let portal = crate::portal::capabilities(&workspace.config.portal);
        lifecycle::fit(&mut state, &portal);
        strip_local_only(&mut state, &mut workspace.config.clone(), &portal);
        Ok(BaselineState::Other(Rc::new(Declared {
            config: desired.config,
            state,
        })))
    }

    fn set_applied(
        &mut self,
        applied: Commit,
        workspace: &Workspace,
        day: Date,
    ) -> anyhow::Result<()> {
        let state = match self.base_if_applied(&applied, workspace, day) {
            Some(declared) => BaselineState::Other(declared),
            None => self.declared_at(&applied, workspace, day, false)?,
        };
        if let (Some(history), Some(head)) = (&self.history, &self.head)
            && history.git.is_ancestor(head, &applied)
        {
            self.newer = Some(applied.clone());
        }
        self.applied_state = state;
        self.revision.applied = Some(applied.id.clone());
        self.applied = Some(applied);
        Ok(())
    }

    /// What the base declares, if that is what was applied: then it isn't read again.
    fn base_if_applied(
        &self,
        applied: &Commit,
        workspace: &Workspace,
        day: Date,
    ) -> Option<Rc<Declared>> {
        let (BaselineState::Other(declared), Some(history)) = (&self.base_state, &self.history)
        else {
            return None;
        };
        let is_same = self.base.as_ref() == Some(applied)
            && !declared.state.changes_between(day, workspace.today)
            && history.is_in_place(applied).unwrap_or(false);
        is_same.then(|| Rc::clone(declared))
    }

    /// Reads the record of what was applied, from where the workspace keeps it.
    pub(super) async fn read_record(
        &mut self,
        workspace: &Workspace,
        portal: &dyn Portal,
        terminal: &mut Terminal,
    ) -> anyhow::Result<()> {
        let Some(history) = &self.history else {
            return Ok(());
        };
        self.record = record::read(workspace, history, portal, terminal).await?;
        let (Some(record), None) = (&self.record, &self.applied) else {
            return Ok(());
        };
        if let Ok(commit) = history.git.resolve(&record.commit) {
            let day = settings::applied_day(record);
            return self.set_applied(commit, workspace, day);
        }
        let short = record.commit.get(..7).unwrap_or_default();
        let help = if history.git.is_shallow() {
            "Fetch the whole history: `fetch-depth: 0` for actions/checkout, or `git fetch --unshallow`.".to_owned()
        } else {
            format!(
                "Fetch it: `git fetch origin {}`. If the history was rewritten, name the commit that took its place: `--applied REV`.",
                record.commit
            )
        };
        let reason = format!("the commit that was applied last, {short}, isn't in this clone");
        self.gap = Some(Gap::new(reason, help));
        Ok(())
    }

    /// What was declared, now and before, without repetition.
    pub(super) fn states<'a>(&'a self, now: &'a State) -> Vec<&'a State> {
        let mut states = vec![now];
        for earlier in [&self.base_state, &self.applied_state] {
            if let BaselineState::Other(declared) = earlier
                && !states.iter().any(|one| std::ptr::eq(*one, &declared.state))
            {
                states.push(&declared.state);
            }
        }
        states
    }

    /// A finding if `portal:` isn't what the base says: then nothing may be asked and no credential read.
    pub(super) fn portal_changed(&self, config: &Config) -> Option<Finding> {
        let base = self.base.as_ref().filter(|_| self.is_base_given)?;
        let BaselineState::Other(declared) = &self.base_state else {
            return None;
        };
        let said = |config: &Config| serde_json::to_value(&config.portal).ok();
        let message = match &declared.config {
            Some(before) if said(before) == said(config) => return None,
            Some(_) => format!(
                "`portal:` in callsheet.yaml differs from {}, the base of this change, so no credential was read and no host asked",
                base.short()
            ),
            None if config.portal.url.is_none() => return None,
            None => format!(
                "the workspace has no valid callsheet.yaml at {}, the base of this change, so no credential was read and no host asked",
                base.short()
            ),
        };
        Some(Finding::block(FindingRule::PortalChanged, None, message))
    }

    /// Plans on what was read. Where lists are summaries, what the guards then ask for is read too, and
    /// the plan is made again.
    pub(super) async fn plan_on(
        &self,
        workspace: &Workspace,
        portal: &dyn Portal,
        live: &mut Live,
        filter: Filter<'_>,
        terminal: &Terminal,
    ) -> anyhow::Result<Plan> {
        let capabilities = portal.capabilities();
        let first = self.plan(workspace, live, &capabilities, filter)?;
        let read = self.read_evidence(workspace, &first, portal, live, terminal);
        if read.await? {
            return self.plan(workspace, live, &capabilities, filter);
        }
        Ok(first)
    }

    /// Reads what the guards ask for where lists are summaries, and says whether anything was read.
    pub(super) async fn read_evidence(
        &self,
        workspace: &Workspace,
        plan: &Plan,
        portal: &dyn Portal,
        live: &mut Live,
        terminal: &Terminal,
    ) -> anyhow::Result<bool> {
        let is_read = read_evidence(plan, portal, live, terminal).await?;
        self.fill_secrets(workspace, portal, live);
        Ok(is_read)
    }

    /// Fills in the versions of secrets that only the record knows, and of those that the portal shows. No
    /// command is run for a comparison: the files may be a proposal.
    pub(super) fn fill_secrets(&self, workspace: &Workspace, portal: &dyn Portal, live: &mut Live) {
        let capabilities = portal.capabilities();
        if let Some(record) = &self.record {
            record.secrets.fill(live, &capabilities);
        }
        let refused = settings::Commands::Refused;
        let read = |origin: &_| settings::secret(origin, &workspace.folder, refused).ok();
        compare_secrets(live, &workspace.state, &capabilities, &read);
    }

    /// What a plan is made from, without what the history tells.
    pub(super) fn inputs<'a>(
        &'a self,
        workspace: &'a Workspace,
        live: &'a Live,
        capabilities: &'a Capabilities,
        filter: Filter<'a>,
    ) -> Inputs<'a> {
        Inputs {
            past: Past {
                base: self.base_state.state(&workspace.state),
                applied: self.applied_state.state(&workspace.state),
                newer: self.newer.as_ref(),
                ..Past::default()
            },
            filter,
            ..inputs(workspace, live, capabilities)
        }
    }

    /// Plans, with all that the history tells.
    fn plan(
        &self,
        workspace: &Workspace,
        live: &Live,
        capabilities: &Capabilities,
        filter: Filter<'_>,
    ) -> anyhow::Result<Plan> {
        let inputs = self.inputs(workspace, live, capabilities, filter);
        let ancestry = self.ancestry(&inputs);
        let inputs = Inputs {
            past: Past {
                ancestry: ancestry.as_ref(),
                ..inputs.past
            },
            ..inputs
        };
        let first = plan(inputs);
        let elsewhere = self.elsewhere(workspace, &first, inputs.capabilities)?;
        if elsewhere.is_empty() {
            return Ok(first);
        }
        Ok(plan(Inputs {
            past: Past {
                elsewhere: Some(&elsewhere),
                ..inputs.past
            },
            ..inputs
        }))
    }

    /// What the ancestors of HEAD declared, as far as a plan on these inputs asks; nothing outside of
    /// Git.
    pub(super) fn ancestry(&self, inputs: &Inputs<'_>) -> Option<Ancestry> {
        let mut ancestry = match &self.history {
            None => {
                let gap = self.gap.clone()?;
                return Some(Ancestry {
                    incomplete: Some(gap),
                    ..Ancestry::default()
                });
            }
            Some(history) => {
                let plan::Questions {
                    objects,
                    resources,
                    previously,
                } = plan::questions(inputs);
                let is_answered = |address: &Address, version: &crate::model::Version| {
                    plan::is_explained(inputs, address, version)
                };
                let is_unknown = inputs.past.applied.is_none();
                let questions = history::Questions {
                    objects,
                    resources,
                    previously,
                    capabilities: inputs.capabilities,
                    is_answered: if is_unknown { Some(&is_answered) } else { None },
                };
                if questions.objects.is_empty() && questions.resources.is_empty() {
                    Ancestry::default()
                } else {
                    history.ancestry(&questions, self.applied.as_ref())
                }
            }
        };
        if let Some(gap) = &self.gap {
            ancestry.incomplete.get_or_insert_with(|| gap.clone());
        }
        Some(ancestry)
    }

    /// What other workspaces of the repository declare for the same portal, of what a plan deletes.
    fn elsewhere(
        &self,
        workspace: &Workspace,
        plan: &Plan,
        capabilities: &Capabilities,
    ) -> anyhow::Result<BTreeMap<Address, String>> {
        let deletes = plan.operations.iter();
        let mut deletes = deletes.filter(|one| one.is_removal()).peekable();
        let (Some(history), Some(head)) = (&self.history, &self.head) else {
            return Ok(BTreeMap::new());
        };
        if deletes.peek().is_none() || workspace.config.policy.prune == Prune::Never {
            return Ok(BTreeMap::new());
        }
        let elsewhere = history.elsewhere(head, workspace.today, capabilities);
        elsewhere.map_err(|gap| {
            anyhow::anyhow!(
                "the other workspaces of the repository can't be read: {}; {}",
                gap.reason,
                gap.help
            )
        })
    }
}

/// Reads what the guards ask for where lists are summaries, and says whether anything was read.
async fn read_evidence(
    plan: &Plan,
    portal: &dyn Portal,
    live: &mut Live,
    terminal: &Terminal,
) -> anyhow::Result<bool> {
    let deleted = plan.operations.iter().filter_map(|operation| {
        let object = operation.object.as_ref()?;
        let is_removal = operation.is_removal();
        is_removal.then(|| Address::new(operation.address.kind, object.key.clone()))
    });
    let deleted: Vec<Address> = deleted.collect();
    let details = match plan.evidence_needed() {
        _ if portal.lists_are_full() => return Ok(false),
        Evidence::Nothing => return Ok(false),
        Evidence::Activity => Details::Listed(Kind::Users),
        Evidence::References => Details::Evidence(&deleted),
    };
    let bars = Bars::new(terminal.progress);
    let read = portal.read_details(live, details, &bars).await;
    bars.clear();
    read.context("the portal can't be read whole, so nothing is planned")?;
    Ok(true)
}

/// The branch that a pull request goes to, where a pipeline of GitHub or GitLab names one.
pub(super) fn target_branch() -> Option<String> {
    let names = ["GITHUB_BASE_REF", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME"];
    let mut branches = names.into_iter().filter_map(settings::variable);
    branches
        .find(|branch| !branch.is_empty())
        .map(|branch| format!("origin/{branch}"))
}

/// What a plan of a workspace is made from, without a past.
pub(super) fn inputs<'a>(
    workspace: &'a Workspace,
    live: &'a Live,
    capabilities: &'a Capabilities,
) -> Inputs<'a> {
    Inputs {
        desired: &workspace.state,
        config: &workspace.config,
        capabilities,
        live,
        // No past day makes a waiver valid again.
        today: workspace.today.max(settings::today()),
        past: Past::default(),
        filter: Filter::default(),
    }
}
