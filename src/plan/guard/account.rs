//! Guards over what the credentials may do, and what the account has licences for.

use super::{Finding, Level};
use crate::{
    model::{Fields, FindingRule, Kind},
    plan::{Inputs, Operation, Plan},
};
use std::collections::BTreeMap;

/// The credentials may write what the plan changes.
// S0.32, S2.10
pub(super) fn may_not(inputs: &Inputs<'_>, plan: &Plan) -> Vec<Finding> {
    let Some(account) = &inputs.live.account else {
        return Vec::new();
    };
    let is_reader = account.is_reader();
    let mut findings = Vec::new();
    if let Some(writes) = &account.writes {
        let mut refused: BTreeMap<Kind, u32> = BTreeMap::new();
        let kinds = plan.operations.iter().map(|one| one.address.kind);
        for kind in kinds.filter(|kind| !writes.contains(kind)) {
            *refused.entry(kind).or_default() += 1;
        }
        for (kind, count) in refused {
            let whose = match &account.user {
                _ if is_reader => "the credentials may only read".to_owned(),
                Some(user) => {
                    format!("the credentials are those of {user}, who may not change {kind}")
                }
                None => format!("the credentials may not change {kind}"),
            };
            let changes = if count == 1 { "change" } else { "changes" };
            let message = format!("{whose}, and the plan has {count} {changes} of {kind}");
            // Plans are made with such credentials on purpose; an apply refuses them.
            let level = if is_reader { Level::Info } else { Level::Block };
            findings.push(Finding {
                level,
                ..Finding::block(FindingRule::MayNot, None, message)
            });
        }
    }
    let grants = account.grants.iter().filter(|_| !is_reader);
    findings.extend(grants.flat_map(|grants| {
        let is_built_in = |scope: &str| inputs.capabilities.scopes.get(scope).is_some();
        plan.operations.iter().filter_map(move |operation| {
            let scope = new_scope(operation)?;
            (is_built_in(scope) && !grants.contains(scope)).then(|| {
                let address = &operation.address;
                let message = format!("the credentials may not give {address} the scope `{scope}`");
                Finding::block(FindingRule::MayNot, Some(address.clone()), message)
            })
        })
    }));
    findings
}

/// The scope that an operation gives a user.
fn new_scope(operation: &Operation) -> Option<&str> {
    let before = operation
        .object
        .as_ref()
        .and_then(|object| object.fields.text("scope"));
    let scope = operation.target.text("scope")?;
    (operation.address.kind == Kind::Users && before != Some(scope)).then_some(scope)
}

/// There are licences for the users that the plan adds.
// S1.16
pub(super) fn licences_short(inputs: &Inputs<'_>, plan: &Plan) -> Vec<Finding> {
    let account = inputs.live.account.iter();
    let licences = account.flat_map(|account| &account.licences);
    let short = licences.filter_map(|(scope, licences)| {
        let users = plan.operations.iter();
        let users = users.filter(|one| one.address.kind == Kind::Users);
        let takes = |fields: &Fields| u64::from(fields.text("scope") == Some(scope));
        let (mut needed, mut freed) = (0, 0);
        for operation in users {
            let before = operation
                .object
                .as_ref()
                .map_or(0, |object| takes(&object.fields));
            let after = takes(&operation.target);
            needed += after.saturating_sub(before);
            freed += before.saturating_sub(after);
        }
        let free = licences.free() + freed;
        (needed > free).then(|| {
            let (are, licence) = match free {
                1 => ("is", "licence"),
                _ => ("are", "licences"),
            };
            let message =
                format!("{free} {scope} {licence} {are} free, and the plan needs {needed}");
            Finding {
                count: needed.try_into().ok(),
                ..Finding::block(FindingRule::LicencesShort, None, message)
            }
        })
    });
    short.collect()
}
