//! A *session* is a workspace with its portal open: the baseline is known, and the portal was read.

use super::{
    history::Baseline,
    outcome::UsageError,
    settings::Terminal,
    workspace::{self, Obstacle, Workspace},
};
use crate::{
    diagnostic::did_you_mean,
    model::{Address, Live},
    plan::{Filter, Inputs, Plan},
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
        filter: Filter<'_>,
        terminal: &Terminal,
    ) -> anyhow::Result<Plan> {
        let Self {
            workspace,
            baseline,
            portal,
            live,
        } = self;
        baseline
            .plan_on(workspace, &**portal, live, filter, terminal)
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
            let inputs = baseline.inputs(workspace, live, &capabilities, Filter::default());
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

    /// Refuses a plan that is limited to what nothing is known of: probably a slip of the keyboard.
    pub(super) fn check_targets(&self, plan: &Plan) -> anyhow::Result<()> {
        let mut problems = Vec::new();
        for target in &plan.unknown_targets {
            let declared = self.workspace.state.of_kind(target.kind);
            let declared = declared.map(|(address, _)| &*address.key);
            let live = self.live.of_kind(target.kind).map(|(key, _)| key);
            let help = match did_you_mean(&target.key, declared.chain(live)) {
                Some(near) => format!("did you mean {}/{near}?", target.kind),
                None => "name a resource as a plan does".to_owned(),
            };
            problems.push(format!(
                "--target {target}: no file declares it, and the portal doesn't have it; {help}"
            ));
        }
        match problems.is_empty() {
            true => Ok(()),
            false => Err(UsageError(problems.join("\n")).into()),
        }
    }
}
