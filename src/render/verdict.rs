//! The *verdict* on a plan: whether it is blocked, by what, and what it changes.

use super::labels;
use crate::{
    model::{Change, FindingRule, Kind},
    plan::{Action, Cause, Operation, Plan, guard::Level},
};
use std::collections::{BTreeMap, BTreeSet};

/// The state of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// A finding blocks it.
    Blocked,
    /// It can be applied.
    Ready,
    /// The portal is as declared.
    Nothing,
}

impl Verdict {
    /// The verdict on a plan.
    pub(super) fn of(plan: &Plan) -> Self {
        match (plan.is_blocked(), plan.operations.is_empty()) {
            (true, _) => Self::Blocked,
            (_, false) => Self::Ready,
            (_, true) => Self::Nothing,
        }
    }

    /// The verdict in words: `blocked by 15 findings`.
    pub(super) fn words(self, plan: &Plan) -> String {
        match self {
            Self::Blocked => {
                let count = blocked_by(plan).iter().map(|(_, count)| count).sum();
                format!("blocked by {}", labels::counted(count, "finding"))
            }
            Self::Ready => "ready to apply".to_owned(),
            Self::Nothing => "nothing to do".to_owned(),
        }
    }
}

/// The rules that block a plan, each with the number of its findings, most first.
pub(super) fn blocked_by(plan: &Plan) -> Vec<(FindingRule, usize)> {
    let mut rules: BTreeMap<FindingRule, usize> = BTreeMap::new();
    for finding in &plan.findings {
        if finding.level == Level::Block {
            *rules.entry(finding.rule).or_default() += 1;
        }
    }
    let mut rules: Vec<_> = rules.into_iter().collect();
    rules.sort_by_key(|(rule, count)| (std::cmp::Reverse(*count), *rule));
    rules
}

/// The rules that block a plan in one line: `13 conflict, 1 protected`.
pub(super) fn blocked_by_line(plan: &Plan) -> String {
    let rules = blocked_by(plan).into_iter();
    let rules: Vec<String> = rules
        .map(|(rule, count)| format!("{} {rule}", labels::thousands(count)))
        .collect();
    rules.join(", ")
}

/// The number of operations that take back, or conflict with, an edit of the portal.
pub(super) fn drifted(plan: &Plan) -> usize {
    plan.operations.iter().filter(|one| is_drifted(one)).count()
}

/// Whether an operation takes back an edit of the portal, wholly or in part.
pub(super) fn is_drifted(operation: &Operation) -> bool {
    operation.cause == Cause::Drift || operation.causes.contains(&Cause::Drift)
}

/// A change of somebody's privileges: the operation, the change, and its cause.
pub(super) struct Privilege<'p> {
    /// The operation.
    pub(super) operation: &'p Operation,
    /// The change of a scope, or of what a scope permits.
    pub(super) change: &'p Change,
    /// Why the field changes.
    pub(super) cause: Cause,
}

/// The changes of privileges: every new scope of a user, what a scope permits, and new users who are warned
/// about.
pub(super) fn privileges(plan: &Plan) -> Vec<Privilege<'_>> {
    let escalated: BTreeSet<_> = plan
        .findings
        .iter()
        .filter(|one| {
            matches!(
                one.rule,
                FindingRule::PrivilegeEscalation | FindingRule::PortalEscalation
            )
        })
        .filter_map(|one| one.address.as_ref())
        .collect();
    let mut found = Vec::new();
    for operation in &plan.operations {
        let (kind, is_create) = (operation.address.kind, operation.action == Action::Create);
        for (at, change) in operation.changes.iter().enumerate() {
            let is_privilege = match (kind, change.path.first().map(|name| &**name)) {
                (Kind::Users, Some("scope" | "permissions")) => {
                    !is_create || escalated.contains(&operation.address)
                }
                (Kind::Scopes, Some("permissions" | "extends")) => !is_create,
                _ => false,
            };
            if is_privilege {
                found.push(Privilege {
                    operation,
                    change,
                    cause: operation.causes.get(at).copied().unwrap_or(operation.cause),
                });
            }
        }
    }
    found
}
