//! A *session* is a workspace with its portal open: the baseline is known, and the portal was read.

use super::{
    history::Baseline,
    settings::Terminal,
    workspace::{self, Obstacle, Workspace},
};
use crate::{
    model::{Address, Live},
    plan::{Inputs, Plan},
    portal::{Details, Portal},
};

/// A workspace and its portal.
pub(super) struct Session {
    pub(super) workspace: Workspace,
    pub(super) baseline: Baseline,
    pub(super) portal: Box<dyn Portal>,
    pub(super) live: Live,
}

impl Session {
    /// Opens the portal and reads it: of `whole` every field, of all else what is declared. There is no
    /// session if the portal isn't the reviewed one, or doesn't support what is declared.
    pub(super) async fn open(
        workspace: Workspace,
        mut baseline: Baseline,
        whole: &[Address],
        terminal: &mut Terminal,
    ) -> anyhow::Result<Result<Self, Obstacle>> {
        if let Some(finding) = baseline.portal_changed(&workspace.config) {
            let plan = Plan {
                findings: vec![finding],
                ..Plan::default()
            };
            let heading = workspace.heading(&baseline);
            return Ok(Err(Obstacle::Blocked(Box::new((heading, plan)))));
        }
        let portal = workspace.open(terminal)?;
        let before = portal.requests();
        baseline.read_record(&workspace, &*portal, terminal).await?;
        let of_record = portal.requests() - before;
        let mut live = {
            let absent = workspace.absent();
            let mut states = baseline.states(&workspace.state);
            states.push(&absent);
            workspace::read(&*portal, Details::Declared(&states), terminal).await?
        };
        if !whole.is_empty() && !portal.lists_are_full() {
            let details = Details::Evidence(whole);
            workspace::read_details(&*portal, &mut live, details, terminal).await?;
        }
        baseline.fill_secrets(&workspace, &*portal, &mut live);
        live.requests.made += of_record;
        live.requests.minimum += of_record.min(1);
        if let Some(obstacle) = workspace.unsupported(&*portal) {
            return Ok(Err(obstacle));
        }
        Ok(Ok(Self {
            workspace,
            baseline,
            portal,
            live,
        }))
    }

    /// Plans the files of the workspace.
    pub(super) async fn plan(
        &mut self,
        only: &[crate::plan::Cause],
        terminal: &Terminal,
    ) -> anyhow::Result<Plan> {
        let Self {
            workspace,
            baseline,
            portal,
            live,
        } = self;
        baseline
            .plan_on(workspace, &**portal, live, only, terminal)
            .await
    }

    /// Makes a plan of operations that were planned before, with what the guards say now.
    pub(super) async fn guarded(
        &mut self,
        operations: Vec<crate::plan::Operation>,
        terminal: &Terminal,
    ) -> anyhow::Result<Plan> {
        let guard = |session: &Self, operations| {
            let Self {
                workspace,
                baseline,
                live,
                ..
            } = session;
            let capabilities = session.portal.capabilities();
            let inputs = baseline.inputs(workspace, live, &capabilities, &[]);
            let ancestry = baseline.ancestry(&inputs);
            let past = crate::plan::Past {
                ancestry: ancestry.as_ref(),
                ..inputs.past
            };
            crate::plan::guarded(&Inputs { past, ..inputs }, operations)
        };
        let plan = guard(self, operations);
        let Self {
            workspace,
            baseline,
            portal,
            live,
        } = self;
        if baseline
            .read_evidence(workspace, &plan, &**portal, live, terminal)
            .await?
        {
            return Ok(guard(self, plan.operations));
        }
        Ok(plan)
    }
}
