//! The *past* as a command sees it: the commits that were asked for, or that the surroundings name,
//! and what was declared there.

use super::{
    progress::Bars,
    settings::{self, Terminal},
    workspace::Workspace,
};
use crate::{
    config::Prune,
    desired,
    model::{Address, Commit, Kind, Live, State},
    plan::{Action, Cause, Evidence, Inputs, Operation, Past, Plan, plan, unmanaged},
    portal::{self, Details, Portal},
    render::document::Revision,
    repo::{self, History},
    support::strip_local_only,
};
use anyhow::Context as _;
use std::collections::BTreeSet;

#[derive(Debug, Default, clap::Args)]
pub(super) struct Revisions {
    /// Compare with the merge base of HEAD and this revision [default: the target branch in a GitHub
    /// pull request, otherwise HEAD]
    #[arg(long, value_name = "REV", env = "CALLSHEET_BASE")]
    base: Option<String>,

    /// Commit that was last applied [default: recorded by the last apply in this clone]
    #[arg(long, value_name = "REV")]
    applied: Option<String>,
}

/// What was declared before.
#[derive(Default)]
pub(super) struct Baseline {
    /// The commits themselves.
    pub(super) revision: Revision,
    /// Whether files differ from HEAD.
    pub(super) is_dirty: bool,
    /// Where it is read from; nothing outside of Git.
    pub(super) history: Option<History>,
    /// The commit that is checked out.
    pub(super) head: Option<Commit>,
    /// What was last applied.
    applied: Option<Commit>,
    base_state: BaselineState,
    applied_state: BaselineState,
}

/// What was declared at an earlier commit.
#[derive(Default)]
enum BaselineState {
    /// Nobody knows.
    #[default]
    Unknown,
    /// What is declared now.
    AsNow,
    /// Something else.
    Other(Box<State>),
}

impl BaselineState {
    fn state<'a>(&'a self, now: &'a State) -> Option<&'a State> {
        match self {
            Self::Unknown => None,
            Self::AsNow => Some(now),
            Self::Other(state) => Some(state),
        }
    }
}

impl Baseline {
    /// Reads what the files said at the base and when they were last applied.
    pub(super) fn read(args: &Revisions, workspace: &Workspace) -> anyhow::Result<Self> {
        let Some(history) = History::of(&workspace.folder)? else {
            if args.base.is_some() || args.applied.is_some() {
                anyhow::bail!(
                    "{} lies in no Git repository with commits, so there is no earlier revision",
                    workspace.folder.display()
                );
            }
            return Ok(Self::default());
        };
        let head = history.head()?;
        let target_branch =
            settings::variable("GITHUB_BASE_REF").filter(|branch| !branch.is_empty());
        let base = match (&args.base, target_branch) {
            (Some(revision), _) => history.merge_base(&head, &history.resolve(revision)?)?,
            (None, Some(branch)) => {
                history.merge_base(&head, &history.resolve(&format!("origin/{branch}"))?)?
            }
            (None, None) => head.clone(),
        };
        let applied = match &args.applied {
            Some(revision) => Some(history.resolve(revision)?),
            None => history.applied(),
        };
        let at_head = history.files_at(&head)?;
        if at_head.sources.is_empty() && args.base.is_none() && args.applied.is_none() {
            // Nothing of the workspace was ever committed: there is no past to speak of.
            return Ok(Self::default());
        }
        let texts = |files: &repo::Files| -> Vec<(String, String)> {
            files
                .sources
                .iter()
                .map(|source| (source.name().to_owned(), source.text().to_owned()))
                .collect()
        };
        let is_dirty = texts(&at_head) != texts(&repo::read(&workspace.folder)?);
        let then = |commit: &Commit| -> anyhow::Result<BaselineState> {
            if *commit == head && !is_dirty {
                return Ok(BaselineState::AsNow);
            }
            let files = history.files_at(commit)?;
            let mut state = desired::load(files, settings::today()).state;
            let portal = portal::capabilities(workspace.config.portal.kind);
            strip_local_only(&mut state, &mut workspace.config.clone(), &portal);
            Ok(BaselineState::Other(Box::new(state)))
        };
        let base_state = then(&base)?;
        let applied_state = applied.as_ref().map_or(Ok(BaselineState::Unknown), then)?;
        let id = |commit: &Commit| Some(commit.id.clone());
        Ok(Self {
            revision: Revision {
                head: id(&head),
                base: id(&base),
                applied: applied.as_ref().and_then(id),
            },
            is_dirty,
            head: Some(head),
            applied,
            base_state,
            applied_state,
            history: Some(history),
        })
    }

    /// Remembers that what HEAD declares was applied: all of it, or all but what the portal changed.
    pub(super) fn remember(&self, only: &[Cause]) -> anyhow::Result<()> {
        let all = only.is_empty()
            || [Cause::Change, Cause::Pending]
                .iter()
                .all(|cause| only.contains(cause));
        if let (Some(history), Some(head), true, false) =
            (&self.history, &self.head, all, self.is_dirty)
        {
            history.remember_applied(head)?;
        }
        Ok(())
    }

    /// What was declared, now and before, without repetition.
    pub(super) fn states<'a>(&'a self, now: &'a State) -> Vec<&'a State> {
        let then = [&self.base_state, &self.applied_state];
        let then = then.into_iter().filter_map(|then| match then {
            BaselineState::Other(state) => Some(&**state),
            BaselineState::Unknown | BaselineState::AsNow => None,
        });
        std::iter::once(now).chain(then).collect()
    }

    /// Plans on what was read. Where lists are summaries, what the guards then ask for is read too, and
    /// the plan is made again.
    pub(super) async fn plan_on(
        &self,
        workspace: &Workspace,
        portal: &dyn Portal,
        live: &mut Live,
        only: &[Cause],
        terminal: &Terminal,
    ) -> anyhow::Result<Plan> {
        let first = self.plan(workspace, live, only)?;
        let going = first.operations.iter().filter_map(|operation| {
            let object = operation.object.as_ref()?;
            let goes = operation.action == Action::Delete;
            goes.then(|| Address::new(operation.address.kind, object.key.clone()))
        });
        let going: Vec<Address> = going.collect();
        let wanted = match first.evidence_needed() {
            _ if portal.lists_are_full() => return Ok(first),
            Evidence::Nothing => return Ok(first),
            Evidence::Activity => Details::Listed(Kind::Users),
            Evidence::References => Details::Evidence(&going),
        };
        let bars = Bars::new(terminal.progress);
        let read = portal.read_details(live, wanted, &bars).await;
        bars.clear();
        read.context("the portal can't be read whole, so nothing is planned")?;
        self.plan(workspace, live, only)
    }

    /// Plans, with all that the past has to say: first without the commits, to know which resources to
    /// look them up for.
    pub(super) fn plan(
        &self,
        workspace: &Workspace,
        live: &Live,
        only: &[Cause],
    ) -> anyhow::Result<Plan> {
        let past = Past {
            base: self.base_state.state(&workspace.state),
            applied: self.applied_state.state(&workspace.state),
            trace: None,
        };
        let inputs = Inputs {
            desired: &workspace.state,
            config: &workspace.config,
            live,
            today: settings::today(),
            past,
            only,
        };
        let first = plan(inputs);
        let mut wanted: BTreeSet<Address> = first.operations.iter().map(portal_address).collect();
        if workspace.config.policy.prune != Prune::Never {
            wanted.extend(unmanaged(inputs.desired, live));
        }
        match &self.history {
            Some(history) if !wanted.is_empty() => {
                let trace = history.trace(self.applied.as_ref(), &wanted)?;
                Ok(plan(Inputs {
                    past: Past {
                        trace: Some(&trace),
                        ..past
                    },
                    ..inputs
                }))
            }
            _ => Ok(first),
        }
    }
}

/// The address by which the portal, and so the history, knows what an operation changes.
fn portal_address(operation: &Operation) -> Address {
    let Operation {
        address, target, ..
    } = operation;
    let username = target
        .text("username")
        .filter(|_| address.kind == Kind::Users);
    Address::new(address.kind, username.unwrap_or(&address.key))
}

/// What a plan of a workspace is made from, without a past.
pub(super) fn inputs<'a>(workspace: &'a Workspace, live: &'a Live) -> Inputs<'a> {
    Inputs {
        desired: &workspace.state,
        config: &workspace.config,
        live,
        today: settings::today(),
        past: Past::default(),
        only: &[],
    }
}
