//! Guards over what goes.

use super::Finding;
use crate::{
    config::Prune,
    model::{Address, FindingRule, Kind, Removal, State},
    plan::{Action, Inputs, Operation, Plan, Reason, cause},
};

fn removals(plan: &Plan) -> impl Iterator<Item = &Operation> {
    plan.operations
        .iter()
        .filter(|operation| operation.is_removal())
}

/// Not too many at once. One is always allowed, so that a small office can let somebody go; what
/// `absent` names one by one doesn't count.
pub(super) fn delete_limit(inputs: &Inputs<'_>, plan: &Plan) -> Vec<Finding> {
    let limits = inputs.config.policy.deletes;
    let mut findings = Vec::new();
    for kind in Kind::ALL {
        let counted = removals(plan).filter(|operation| {
            operation.address.kind == kind && !inputs.config.absent.contains(&operation.address)
        });
        let counted: Vec<&Operation> = counted.collect();
        let count = counted.len();
        let live = inputs
            .live
            .of_kind(kind)
            .filter(|(_, object)| object.standing.is_manageable())
            .count();
        let part = live * usize::from(limits.percent) / 100;
        let allowed = part.min(limits.max as usize).max(1);
        if count > allowed {
            let how = match counted.iter().all(|one| one.is_in_place_of_delete) {
                true => "deactivated",
                false => "deleted",
            };
            let message = format!(
                "{count} of {live} {kind} would be {how}, and the policy allows {allowed} in one plan"
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
            .is_some_and(|applied| cause::declared_as(inputs, applied, address).is_some())
            || past
                .ancestry
                .is_some_and(|ancestry| ancestry.removed.contains_key(address))
            || inputs.config.absent.contains(address)
    };
    let unproven = removals(plan).filter(|operation| !is_proven(&operation.address));
    let count = unproven.count();
    if count == 0 {
        return Vec::new();
    }
    let message = format!(
        "{count} resources would be removed that no commit of this workspace ever declared"
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
                .any(|address| is_protected(inputs, state, address))
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

/// Whether a state protects the resource of this address, or what the portal knows by it.
fn is_protected(inputs: &Inputs<'_>, state: &State, address: &Address) -> bool {
    let own = state.get(address);
    let found = own.or_else(|| cause::declared_as(inputs, state, address));
    found.is_some_and(|resource| resource.protect)
}

/// Messages go with their mailbox (S1.30).
pub(super) fn voicemail_loss(inputs: &Inputs<'_>, plan: &Plan) -> Vec<Finding> {
    let mut findings = Vec::new();
    for operation in removals(plan).filter(|one| one.action == Action::Delete) {
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

/// Who leaves is kept until the day that was declared, since messages go with the user.
pub(super) fn leaver_kept(inputs: &Inputs<'_>, plan: &Plan) -> Vec<Finding> {
    let states = [inputs.past.base, inputs.past.applied];
    let deleted = removals(plan).filter(|one| one.action == Action::Delete);
    let kept = deleted.filter_map(|operation| {
        let address = &operation.address;
        let declared = states.into_iter().flatten().filter_map(|state| {
            let own = state.get(address);
            own.or_else(|| cause::declared_as(inputs, state, address))
        });
        let until = declared.filter_map(|one| Some(one.lifecycle.as_ref()?.leaver.as_ref()?.until));
        let until = until.max().filter(|until| inputs.today <= *until)?;
        let message = format!(
            "{address} is deleted, with voicemail and records, and is to be kept until {until}"
        );
        Some(Finding::block(
            FindingRule::LeaverKept,
            Some(address.clone()),
            message,
        ))
    });
    kept.collect()
}

/// What this portal can't delete, or mustn't, is deactivated, or stays.
pub(super) fn not_deleted(inputs: &Inputs<'_>, plan: &Plan) -> Vec<Finding> {
    let portal = &inputs.capabilities.portal;
    let policy = "policy.removal is `deactivate`";
    let by_policy = |kind: Kind| inputs.capabilities.removal(kind) == Removal::Delete;
    let finding = |address: &Address, message: String| Finding {
        help: by_policy(address.kind)
            .then(|| "To have it deleted, list the address in `absent`.".to_owned()),
        ..Finding::info(FindingRule::NotDeleted, address, message)
    };
    let deactivated = plan.operations.iter().filter_map(|operation| {
        let address = &operation.address;
        let kind = address.kind;
        let message = match by_policy(kind) {
            true => format!("{address} is deactivated and not deleted, since {policy}"),
            false => {
                format!("{address} is deactivated, since the portal {portal} can't delete {kind}")
            }
        };
        operation
            .is_in_place_of_delete
            .then(|| finding(address, message))
    });
    let stay = plan.withheld.iter().filter_map(|withheld| {
        let address = &withheld.address;
        let kind = address.kind;
        let message = match by_policy(kind) {
            true => format!(
                "{address} stays, since {policy} and the portal {portal} can't deactivate {kind}"
            ),
            false => format!("{address} stays, since the portal {portal} can't remove {kind}"),
        };
        (withheld.reason == Reason::Stays).then(|| finding(address, message))
    });
    deactivated.chain(stay).collect()
}
