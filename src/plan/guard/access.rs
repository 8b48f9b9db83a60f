//! Guards over who may do what.

use super::Finding;
use crate::{
    model::{self, Address, Fields, FindingRule, Kind, Live, Value},
    plan::{Action, Cause, Inputs, Operation, Plan},
};
use std::collections::BTreeMap;

/// The scopes as they will be once the plan is applied, and as they are.
struct Scopes<'a> {
    built_in: &'static model::Scopes,
    live: &'a Live,
    targets: BTreeMap<&'a str, &'a Fields>,
    groups: BTreeMap<&'a str, &'a Fields>,
}

impl<'a> Scopes<'a> {
    fn of(inputs: &Inputs<'a>, plan: &'a Plan) -> Self {
        let of_kind = |kind: Kind| {
            let operations = plan.operations.iter();
            let operations = operations.filter(move |operation| operation.address.kind == kind);
            operations.map(|operation| (&*operation.address.key, &operation.target))
        };
        Self {
            built_in: inputs.capabilities.scopes,
            live: inputs.live,
            targets: of_kind(Kind::Scopes).collect(),
            groups: of_kind(Kind::Groups).collect(),
        }
    }

    /// Whether a scope gives full control, itself or through what it extends.
    fn administrates(&self, scope: &str, after: bool) -> bool {
        let mut at = scope;
        for _ in 0..64 {
            if self.built_in.get(at).is_some() {
                return self.built_in.is_administrator(at);
            }
            let target = self.targets.get(at).copied().filter(|_| after);
            let live = self.live.get(Kind::Scopes, at).map(|live| &live.fields);
            let Some(fields) = target.or(live) else {
                return false;
            };
            if full_control(fields).is_some() {
                return true;
            }
            match fields.text("extends") {
                Some(next) => at = next,
                None => return false,
            }
        }
        false
    }

    /// Whether a user is an administrator who can log in.
    fn is_administrator(&self, user: &Fields, after: bool) -> bool {
        user.get("active").and_then(Value::as_bool) != Some(false)
            && self.grant(user, after).is_some()
    }

    /// What makes a user an administrator: the scope, the user's own permissions, or a group.
    fn grant(&self, user: &Fields, after: bool) -> Option<String> {
        let scope = user.text("scope");
        if let Some(scope) = scope.filter(|scope| self.administrates(scope, after)) {
            return Some(format!("the scope `{scope}`"));
        }
        if let Some(permission) = full_control(user) {
            return Some(format!("the permission `{permission}`"));
        }
        let groups = user.get("groups").map_or(&[][..], Value::elements);
        let mut groups = groups.iter().filter_map(Value::as_text);
        let group = groups.find(|group| {
            let target = self.groups.get(group).copied().filter(|_| after);
            let live = self.live.get(Kind::Groups, group).map(|live| &live.fields);
            target
                .or(live)
                .is_some_and(|fields| full_control(fields).is_some())
        });
        group.map(|group| format!("the group `{group}`"))
    }
}

/// The own permission of a scope, a group or a user that gives full control.
fn full_control(fields: &Fields) -> Option<&str> {
    let own = fields.get("permissions").map_or(&[][..], Value::elements);
    let mut own = own.iter().filter_map(Value::as_text);
    own.find(|permission| model::Scopes::ADMINISTRATION.contains(permission))
}

/// The operations on live users, by the key that the portal knows them by.
fn on_users(plan: &Plan) -> BTreeMap<&str, &Operation> {
    let users = plan
        .operations
        .iter()
        .filter(|one| one.address.kind == Kind::Users && !one.is_release);
    users
        .filter_map(|operation| Some((&*operation.object.as_ref()?.key, operation)))
        .collect()
}

/// Enough administrators are left, if there were enough.
pub(super) fn last_administrator(inputs: &Inputs<'_>, plan: &Plan) -> Vec<Finding> {
    let min = inputs.config.policy.administrators.min as usize;
    let scopes = Scopes::of(inputs, plan);
    let operations = on_users(plan);
    let touched = !scopes.targets.is_empty() || operations.values().any(|one| touches_access(one));
    if !touched {
        return Vec::new();
    }
    let users = || inputs.live.of_kind(Kind::Users);
    let before = users()
        .filter(|(_, user)| scopes.is_administrator(&user.fields, false))
        .count();
    let created = plan
        .operations
        .iter()
        .filter(|one| one.address.kind == Kind::Users && one.object.is_none());
    let remaining = users().filter(|(key, user)| match operations.get(key) {
        Some(operation) => scopes.is_administrator(&operation.target, true),
        None => scopes.is_administrator(&user.fields, true),
    });
    let after = remaining.count()
        + created
            .filter(|one| scopes.is_administrator(&one.target, true))
            .count();
    if after >= min || after >= before {
        return Vec::new();
    }
    let message = format!(
        "{after} of {before} active administrators would be left, and the policy asks for {min}"
    );
    vec![Finding::block(
        FindingRule::LastAdministrator,
        None,
        message,
    )]
}

/// Whether a field can make a user an administrator.
fn is_access(field: &str) -> bool {
    ["scope", "permissions", "groups"].contains(&field)
}

/// Whether an operation can change a user's permissions.
fn touches_access(operation: &Operation) -> bool {
    operation.action == Action::Delete
        || operation
            .changes
            .iter()
            .any(|change| &*change.path[0] == "active" || is_access(&change.path[0]))
}

/// The credentials that apply this still work for the next run.
pub(super) fn self_lockout(inputs: &Inputs<'_>, plan: &Plan) -> Vec<Finding> {
    let credentials = inputs.config.portal.credentials.as_ref();
    let Some(own) = credentials.and_then(|credentials| credentials.user.as_ref()) else {
        return Vec::new();
    };
    let Some(operation) = on_users(plan).get(&**own).copied() else {
        return Vec::new();
    };
    let scopes = Scopes::of(inputs, plan);
    let was = operation
        .object
        .as_ref()
        .is_some_and(|object| scopes.is_administrator(&object.fields, false));
    let is = operation.action != Action::Delete && scopes.is_administrator(&operation.target, true);
    let renamed = operation.action == Action::Rename;
    if (!was || is) && !renamed {
        return Vec::new();
    }
    let message = format!(
        "{}: the portal's credentials are this user's, and would no longer work",
        operation.address
    );
    vec![Finding::block(
        FindingRule::SelfLockout,
        Some(operation.address.clone()),
        message,
    )]
}

/// A user becomes an administrator.
pub(super) fn privilege_escalation(inputs: &Inputs<'_>, plan: &Plan) -> Vec<Finding> {
    let scopes = Scopes::of(inputs, plan);
    let mut findings = Vec::new();
    let users = plan
        .operations
        .iter()
        .filter(|one| one.address.kind == Kind::Users && !one.is_release);
    for operation in users.filter(|one| one.action != Action::Delete) {
        let before = operation
            .object
            .as_ref()
            .is_some_and(|object| scopes.is_administrator(&object.fields, false));
        if !before && scopes.is_administrator(&operation.target, true) {
            let grant = scopes.grant(&operation.target, true).unwrap_or_default();
            let message = format!("{} becomes an administrator, by {grant}", operation.address);
            findings.push(Finding::warn(
                FindingRule::PrivilegeEscalation,
                &operation.address,
                message,
            ));
        }
    }
    for scope in scopes.targets.keys() {
        let address = Address::new(Kind::Scopes, *scope);
        let exists = inputs.live.get(Kind::Scopes, scope).is_some();
        if exists && !scopes.administrates(scope, false) && scopes.administrates(scope, true) {
            let message = format!("users with the scope `{scope}` become administrators");
            findings.push(Finding::warn(
                FindingRule::PrivilegeEscalation,
                &address,
                message,
            ));
        }
    }
    findings
}

/// A user whom the portal made an administrator and the files don't: an edit of the portal that has to be
/// looked into before it is taken back.
pub(super) fn portal_escalation(inputs: &Inputs<'_>, plan: &Plan) -> Vec<Finding> {
    let scopes = Scopes::of(inputs, plan);
    let mut findings = Vec::new();
    for operation in plan.operations.iter().filter(|one| !one.is_release) {
        let Some(object) = &operation.object else {
            continue;
        };
        let is_user = operation.address.kind == Kind::Users;
        let causes = operation.changes.iter().zip(&operation.causes);
        let is_drift = causes
            .filter(|(change, _)| change.path.first().is_some_and(|name| is_access(name)))
            .any(|(_, cause)| matches!(cause, Cause::Drift | Cause::Conflict));
        if is_user
            && is_drift
            && scopes.is_administrator(&object.fields, false)
            && !scopes.is_administrator(&operation.target, true)
        {
            let name = ["first_name", "last_name"]
                .iter()
                .filter_map(|field| object.fields.text(field))
                .collect::<Vec<_>>()
                .join(" ");
            let grant = scopes.grant(&object.fields, false).unwrap_or_default();
            let message = format!(
                "{} ({name}) was made an administrator on the portal, by {grant}, and not in Git",
                operation.address
            );
            findings.push(Finding::block(
                FindingRule::PortalEscalation,
                Some(operation.address.clone()),
                message,
            ));
        }
    }
    findings
}
