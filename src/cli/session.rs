//! A *session* is a workspace with its portal open: the baseline is known, and the portal was read.

use super::{
    changed::Changed,
    history::Baseline,
    outcome::UsageError,
    progress::Bars,
    settings::Terminal,
    workspace::{self, Obstacle, Workspace},
};
use crate::{
    diagnostic::did_you_mean,
    model::{Address, Live, Requests},
    plan::{Filter, Inputs, Plan},
    portal::{Details, Portal},
};
use anyhow::Context as _;

/// A workspace and its portal.
pub(super) struct Session {
    pub(super) workspace: Workspace,
    pub(super) baseline: Baseline,
    pub(super) portal: Box<dyn Portal>,
    pub(super) live: Live,
    /// What was spent on reading.
    spent: Requests,
}

impl Session {
    /// Opens the portal and [reads](Self::read) it. There is no session if the portal isn't the reviewed one, or doesn't
    /// support what is declared.
    pub(super) async fn open(
        workspace: Workspace,
        baseline: Baseline,
        whole: &[Address],
        terminal: &mut Terminal,
    ) -> anyhow::Result<Result<Self, Obstacle>> {
        let mut session = match Self::open_unread(workspace, baseline, terminal).await? {
            Ok(session) => session,
            Err(obstacle) => return Ok(Err(obstacle)),
        };
        session.read(whole, terminal).await?;
        Ok(session.supported())
    }

    /// The same, where only these objects are needed: they are looked up, if the portal can do that with fewer
    /// requests than it takes to read everything.
    pub(super) async fn open_selected(
        workspace: Workspace,
        baseline: Baseline,
        changed: &Changed,
        terminal: &mut Terminal,
    ) -> anyhow::Result<Result<Self, Obstacle>> {
        let mut session = match Self::open_unread(workspace, baseline, terminal).await? {
            Ok(session) => session,
            Err(obstacle) => return Ok(Err(obstacle)),
        };
        match changed.selected(&session) {
            Some(selected) if session.portal.lists_are_full() => {
                let kinds = session
                    .portal
                    .capabilities()
                    .kinds
                    .keys()
                    .copied()
                    .collect();
                let bars = Bars::new(terminal.progress);
                let read = session.portal.read_selected(&kinds, &selected, &bars).await;
                bars.clear();
                let live = read.context("the portal can't be read, so nothing is planned")?;
                session.set_live(live);
            }
            _ => session.read(&[], terminal).await?,
        }
        Ok(session.supported())
    }

    /// A session of which only the record of what was applied was read.
    async fn open_unread(
        workspace: Workspace,
        mut baseline: Baseline,
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
        Ok(Ok(Self {
            workspace,
            baseline,
            portal,
            live: Live::default(),
            spent: Requests {
                made: of_record,
                minimum: of_record.min(1),
            },
        }))
    }

    /// Reads the portal: of `whole` every field, of all else what is declared.
    pub(super) async fn read(
        &mut self,
        whole: &[Address],
        terminal: &Terminal,
    ) -> anyhow::Result<()> {
        let portal = &*self.portal;
        let mut live = {
            let absent = self.workspace.absent();
            let mut states = self.baseline.states(&self.workspace.state);
            states.push(&absent);
            workspace::read(portal, Details::Declared(&states), terminal).await?
        };
        if !whole.is_empty() && !portal.lists_are_full() {
            let details = Details::Evidence(whole);
            workspace::read_details(portal, &mut live, details, terminal).await?;
        }
        self.set_live(live);
        Ok(())
    }

    /// Takes what was read, with the cost of all that was read before.
    fn set_live(&mut self, mut live: Live) {
        let Self {
            workspace,
            baseline,
            portal,
            ..
        } = self;
        baseline.fill_secrets(workspace, &**portal, &mut live);
        live.requests.made += self.spent.made;
        live.requests.minimum += self.spent.minimum;
        self.spent.made = live.requests.made;
        self.live = live;
    }

    /// No session, if the portal turned out not to support what is declared.
    fn supported(self) -> Result<Self, Obstacle> {
        match self.workspace.unsupported(&*self.portal) {
            Some(obstacle) => Err(obstacle),
            None => Ok(self),
        }
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
            spent: _,
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
            spent: _,
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
