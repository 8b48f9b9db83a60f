//! What a change of the files *changed*: the resources that are declared otherwise than at its base.
//!
//! A plan of them alone reads only them, if the portal can look them up and if the plan needs nothing else. Whatever may
//! touch others is planned on whole lists: what comes, goes or gets another name, and values that only one may have.

use super::{history::Baseline, session::Session, settings::Terminal, workspace::Workspace};
use crate::{
    model::{Address, State},
    plan::{Filter, Plan},
};
use std::collections::BTreeSet;

/// The resources that a change touches.
pub(super) struct Changed {
    /// All of them, also those that are gone.
    pub(super) addresses: Vec<Address>,
    /// Whether each of them was and is declared, so that none comes or goes.
    is_only_edited: bool,
}

impl Changed {
    /// What differs between two states.
    pub(super) fn between(base: &State, now: &State) -> Self {
        let is_changed = |address: &&Address| match (base.get(address), now.get(address)) {
            (Some(before), Some(after)) => !before.declares_the_same(after),
            _ => true,
        };
        let known = now.resources.keys();
        let gone = base.resources.keys();
        let gone = gone.filter(|address| now.get(address).is_none());
        let addresses: Vec<Address> = known.chain(gone).filter(is_changed).cloned().collect();
        let is_declared = |address: &Address| {
            let was = base.get(address).is_some();
            let is = now.get(address);
            was && is.is_some_and(|now| now.previously.is_none())
        };
        Self {
            is_only_edited: addresses.iter().all(is_declared),
            addresses,
        }
    }

    /// The objects to look up, by the keys that the portal knows them by; nothing if only whole lists will do.
    pub(super) fn selected(&self, session: &Session) -> Option<BTreeSet<Address>> {
        let capabilities = session.portal.capabilities();
        let state = &session.workspace.state;
        let selected = self.addresses.iter().map(|address| {
            let resource = state.get(address)?;
            Some(capabilities.portal_address(address, &resource.fields))
        });
        if !self.is_only_edited {
            return None;
        }
        selected.collect()
    }

    /// Plans the changed resources alone, on what was looked up. Nothing if that isn't enough.
    pub(super) async fn plan_selected(
        &self,
        session: &mut Session,
        terminal: &Terminal,
    ) -> anyhow::Result<Option<Plan>> {
        let whole = std::mem::take(&mut session.workspace.state);
        let own = self.addresses.iter().filter_map(|address| {
            let resource = whole.get(address)?;
            Some((address.clone(), resource.clone()))
        });
        session.workspace.state = State {
            resources: own.collect(),
        };
        let planned = session.plan(Filter::default(), terminal).await;
        session.workspace.state = whole;
        Ok(Some(planned?).filter(|plan| !plan.needs_lists()))
    }
}

/// What the files of a workspace changed since the base; nothing if all that they declare may mean something else, since
/// the configuration changed.
pub(super) fn since_base(
    baseline: &Baseline,
    workspace: &Workspace,
) -> anyhow::Result<Option<Changed>> {
    let Some((config, base)) = baseline.declared_at_base(workspace) else {
        anyhow::bail!(
            "--changed compares the files with an earlier commit, and there is none; plan without it, or commit first"
        );
    };
    let said = |config: &_| serde_json::to_value(config).ok();
    let is_same = config.is_some_and(|config| said(config) == said(&workspace.config));
    Ok(is_same.then(|| Changed::between(base, &workspace.state)))
}
