//! A *document* is the JSON form of a plan, or of the result of an apply.

use super::json::FORMAT_VERSION;
use crate::{
    apply::{Applied, Outcome},
    model::{Address, Change, FindingRule, Kind, Requests, Value},
    plan::{Action, Cause, Operation, Plan, Summary, guard::Level},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::{borrow::Cow, collections::BTreeMap};

/// The heading of a plan: workspace, portal and commits.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Heading {
    /// Name of the workspace's directory.
    pub workspace: String,
    /// The portal: `sandbox (embedded)`.
    pub portal: String,
    /// The commits that the plan is based on.
    pub revision: Revision,
    /// Whether the files differ from HEAD.
    pub dirty: bool,
}

/// The commits that a plan is based on; null if unknown.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Revision {
    /// The commit of the declared state.
    pub head: Option<String>,
    /// The commit on which this change is based.
    pub base: Option<String>,
    /// The commit that was last applied.
    pub applied: Option<String>,
}

/// The output of `plan --format json`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PlanDocument {
    /// Version of this format: `1.0`.
    pub format_version: Cow<'static, str>,
    /// Digest of the operations and their preconditions: plans with the same digest do the same.
    pub digest: String,
    /// Workspace, portal and commits.
    #[serde(flatten)]
    pub heading: Heading,
    /// The operations, in order.
    pub operations: Vec<OperationEntry>,
    /// Findings of the guards.
    pub findings: Vec<FindingEntry>,
    /// Number of undeclared live objects of each kind; they are left alone.
    pub unmanaged: BTreeMap<Kind, usize>,
    /// Requests made to read the portal, and the minimum possible.
    pub requests: Requests,
    /// Number of operations of each action.
    pub summary: Summary,
}

/// The output of `apply --format json`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ApplyDocument {
    /// The plan; each operation has its outcome.
    #[serde(flatten)]
    pub plan: PlanDocument,
    /// Number of operations with each outcome.
    pub outcomes: Outcomes,
    /// Whether the apply was interrupted before all operations started.
    pub interrupted: bool,
}

/// Number of operations with each outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Outcomes {
    /// Completed, as confirmed by the portal.
    pub done: usize,
    /// Failed.
    pub failed: usize,
    /// Not started.
    pub not_attempted: usize,
    /// Sent, but with an unknown result.
    pub unknown: usize,
}

impl Outcomes {
    /// Counts outcomes.
    #[must_use]
    pub fn of(applied: &Applied) -> Self {
        Self {
            done: applied.count(Outcome::Done),
            failed: applied.count(Outcome::Failed),
            not_attempted: applied.count(Outcome::NotAttempted),
            unknown: applied.count(Outcome::Unknown),
        }
    }
}

/// An operation.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OperationEntry {
    /// Address of the resource.
    pub address: Address,
    /// Action on the resource.
    pub action: Action,
    /// Cause of the operation; the most urgent one if there are several.
    pub cause: Cause,
    /// Commit that caused the operation, or null.
    pub commit: Option<CommitEntry>,
    /// Current key on the portal, if the operation changes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Template of the resource, or null.
    pub template: Option<String>,
    /// Whether the operation only releases a contested value, so that another resource can take it. A second
    /// operation finishes the change.
    pub temporary_release: bool,
    /// Fields that change.
    pub fields: Vec<FieldEntry>,
    /// Operations that must be completed first, as zero-based indexes into this list.
    pub after: Vec<usize>,
    /// Outcome; only in the result of an apply.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Error message; only in the result of an apply.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// A commit.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CommitEntry {
    /// Commit hash.
    pub id: String,
    /// Author.
    pub author: String,
    /// First line of the message.
    pub summary: String,
}

/// A field that changes.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FieldEntry {
    /// Path of the field: `voicemail.email`.
    pub path: String,
    /// Current value, or null.
    #[schemars(with = "serde_json::Value")]
    pub before: Option<Value>,
    /// New value, or null.
    #[schemars(with = "serde_json::Value")]
    pub after: Option<Value>,
    /// Whether the field is a secret; `before` and `after` are then its versions.
    pub sensitive: bool,
    /// Cause of the change.
    pub cause: Cause,
}

/// A finding of a guard.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FindingEntry {
    /// Rule of the finding.
    pub rule: FindingRule,
    /// Level of the finding.
    pub level: Level,
    /// Address of the resource, or null.
    pub address: Option<Address>,
    /// Description of the finding.
    pub message: String,
    /// Reason given by the waiver, if the finding is waived.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waived: Option<String>,
}

/// Converts a plan to a document.
#[must_use]
pub fn plan(heading: &Heading, plan: &Plan) -> PlanDocument {
    PlanDocument {
        format_version: FORMAT_VERSION.into(),
        digest: digest(plan),
        heading: heading.clone(),
        operations: plan.operations.iter().map(operation).collect(),
        findings: plan
            .findings
            .iter()
            .map(|finding| FindingEntry {
                rule: finding.rule,
                level: finding.level,
                address: finding.address.clone(),
                message: finding.message.clone(),
                waived: finding.waived.clone(),
            })
            .collect(),
        unmanaged: plan.unmanaged.clone(),
        requests: plan.requests,
        summary: plan.summary(),
    }
}

/// Converts a plan and its result to a document.
#[must_use]
pub fn applied(heading: &Heading, of: &Plan, applied: &Applied) -> ApplyDocument {
    let mut document = plan(heading, of);
    for (entry, result) in document.operations.iter_mut().zip(&applied.results) {
        entry.outcome = Some(result.outcome);
        entry.error.clone_from(&result.error);
    }
    ApplyDocument {
        plan: document,
        outcomes: Outcomes::of(applied),
        interrupted: applied.interrupted,
    }
}

fn operation(operation: &Operation) -> OperationEntry {
    let Operation {
        address,
        action,
        cause,
        causes,
        commit,
        changes,
        object,
        after,
        is_release,
        template,
        ..
    } = operation;
    let key = object.as_ref().map(|object| object.key.to_string());
    OperationEntry {
        address: address.clone(),
        action: *action,
        cause: *cause,
        commit: commit.as_ref().map(|commit| CommitEntry {
            id: commit.id.clone(),
            author: commit.author.clone(),
            summary: commit.summary.clone(),
        }),
        key: key.filter(|key| **key != *address.key && *action == Action::Rename),
        template: template.as_deref().map(str::to_owned),
        temporary_release: *is_release,
        fields: changes.iter().zip(causes).map(field).collect(),
        after: after.clone(),
        outcome: None,
        error: None,
    }
}

fn field((change, cause): (&Change, &Cause)) -> FieldEntry {
    let Change {
        path,
        before,
        after,
    } = change;
    let shown = change.starred();
    let is_secret = |value: &Value| matches!(value, Value::Secret(_));
    let mut values = [before, after].into_iter().flatten();
    FieldEntry {
        path: path.join("."),
        sensitive: values.any(is_secret) || shown != *change,
        before: shown.before,
        after: shown.after,
        cause: *cause,
    }
}

/// The digest of a plan's operations and their preconditions.
fn digest(plan: &Plan) -> String {
    let mut hasher = Sha256::new();
    for one in &plan.operations {
        let object = one.object.as_ref();
        let preconditions =
            object.map(|object| (&object.id, &object.key, &object.etag, &object.fields));
        let bytes = serde_json::to_vec(&(operation(one), &one.target, preconditions));
        hasher.update(bytes.expect("a plan is plain data"));
    }
    hasher
        .finalize()
        .iter()
        .fold("sha256:".to_owned(), |hex, byte| {
            hex + &format!("{byte:02x}")
        })
}
