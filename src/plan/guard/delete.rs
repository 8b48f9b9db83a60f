//! Guards over what goes.

use super::Finding;
use crate::{
    config::Prune,
    model::{Address, FindingRule, Kind, State},
    plan::{Action, Inputs, Operation, Plan, cause},
};

fn deletes(plan: &Plan) -> impl Iterator<Item = &Operation> {
    plan.operations
        .iter()
        .filter(|operation| operation.action == Action::Delete)
}

/// Not too many at once. One is always allowed, so that a small office can let somebody go; what
/// `absent` names one by one doesn't count.
pub(super) fn delete_limit(inputs: &Inputs<'_>, plan: &Plan) -> Vec<Finding> {
    let limits = inputs.config.policy.deletes;
    let mut findings = Vec::new();
    for kind in Kind::ALL {
        let counted = deletes(plan).filter(|operation| {
            operation.address.kind == kind && !inputs.config.absent.contains(&operation.address)
        });
        let count = counted.count();
        let live = inputs
            .live
            .of_kind(kind)
            .filter(|(_, object)| object.standing.is_manageable())
            .count();
        let part = live * usize::from(limits.percent) / 100;
        let allowed = part.min(limits.max as usize).max(1);
        if count > allowed {
            let message = format!(
                "{count} of {live} {kind} would be deleted, and the policy allows {allowed} in one plan"
            );
            let count = u32::try_from(count).ok();
            findings.push(Finding {
                count,
                ..Finding::block(FindingRule::DeleteLimit, None, message)
            });
        }
    }
    findings
}

/// What no commit ever declared goes only if somebody said so knowingly.
pub(super) fn prune_all(inputs: &Inputs<'_>, plan: &Plan) -> Vec<Finding> {
    if inputs.config.policy.prune != Prune::All {
        return Vec::new();
    }
    let is_proven = |address: &Address| {
        let past = inputs.past;
        past.applied
            .is_some_and(|applied| cause::declares(applied, address))
            || past
                .ancestry
                .is_some_and(|ancestry| ancestry.removed.contains_key(address))
            || inputs.config.absent.contains(address)
    };
    let unproven = deletes(plan).filter(|operation| !is_proven(&operation.address));
    let count = unproven.count();
    if count == 0 {
        return Vec::new();
    }
    let message = format!(
        "{count} resources would be deleted that no commit of this workspace ever declared"
    );
    vec![Finding::block(FindingRule::PruneAll, None, message)]
}

/// Protection holds whether it is declared now or was when the change began (law 7).
pub(super) fn protected(inputs: &Inputs<'_>, plan: &Plan) -> Vec<Finding> {
    let states = [Some(inputs.desired), inputs.past.base, inputs.past.applied];
    let mut findings = Vec::new();
    for operation in plan
        .operations
        .iter()
        .filter(|operation| !operation.is_release)
    {
        let how = match operation.action {
            Action::Delete => "deleted",
            Action::Deactivate => "deactivated",
            Action::Rename => "renamed",
            Action::Create | Action::Update | Action::Reactivate => continue,
        };
        let key = operation
            .object
            .as_ref()
            .map(|object| Address::new(operation.address.kind, object.key.clone()));
        let known = [Some(&operation.address), key.as_ref()];
        let protects = |state: &&State| {
            known
                .into_iter()
                .flatten()
                .any(|address| is_protected(state, address))
        };
        if states.into_iter().flatten().any(|state| protects(&state)) {
            let message = format!("{} is protected, and would be {how}", operation.address);
            findings.push(Finding::block(
                FindingRule::Protected,
                Some(operation.address.clone()),
                message,
            ));
        }
    }
    findings
}

/// Whether a state protects what the portal knows by this address.
fn is_protected(state: &State, address: &Address) -> bool {
    let by_username =
        |user: &&crate::model::Resource| user.fields.text("username") == Some(&address.key);
    let found = state.get(address).or_else(|| {
        let mut users = state.of_kind(Kind::Users).map(|(_, user)| user);
        users
            .find(by_username)
            .filter(|_| address.kind == Kind::Users)
    });
    found.is_some_and(|resource| resource.protect)
}

/// Messages go with their mailbox (S1.30).
pub(super) fn voicemail_loss(inputs: &Inputs<'_>, plan: &Plan) -> Vec<Finding> {
    let mut findings = Vec::new();
    for operation in deletes(plan) {
        let live = inputs
            .live
            .get(operation.address.kind, &operation.address.key);
        if let Some(messages) = live
            .map(|live| live.messages)
            .filter(|messages| *messages > 0)
        {
            let message = format!(
                "{} has {messages} voicemail messages, which would be lost",
                operation.address
            );
            findings.push(Finding::block(
                FindingRule::VoicemailLoss,
                Some(operation.address.clone()),
                message,
            ));
        }
    }
    findings
}
