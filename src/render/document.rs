//! A *document* is a plan, or what became of it, as a script reads it.

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

/// What heads every plan: which workspace, which portal, which commits.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Heading {
    /// The workspace, by the name of its folder.
    pub workspace: String,
    /// The portal, as `sandbox (embedded)`.
    pub portal: String,
    /// The commits that the plan is made from.
    pub revision: Revision,
    /// Whether the files differ from HEAD.
    #[serde(rename = "dirty")]
    pub is_dirty: bool,
}

/// The commits that a plan is made from; null where there is none.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Revision {
    /// What is declared.
    pub head: Option<String>,
    /// What was declared where this change began.
    pub base: Option<String>,
    /// What was declared when the workspace was last applied.
    pub applied: Option<String>,
}

/// What `plan --format json` writes.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PlanDocument {
    /// The version of this format: `1.0`.
    pub format_version: Cow<'static, str>,
    /// A digest over the operations and what they were planned against: two plans with one digest do
    /// the same.
    pub digest: String,
    /// Which workspace, which portal, which commits.
    #[serde(flatten)]
    pub heading: Heading,
    /// What would be done, in order.
    pub operations: Vec<OperationEntry>,
    /// What the guards have to say.
    pub findings: Vec<FindingEntry>,
    /// How many live objects of each kind nobody declared; they aren't touched.
    pub unmanaged: BTreeMap<Kind, usize>,
    /// Requests made to read the portal, against the fewest that could have done.
    pub requests: Requests,
    /// How many operations of each action there are.
    pub summary: Summary,
}

/// What `apply --format json` writes.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ApplyDocument {
    /// The plan, each of its operations with its outcome.
    #[serde(flatten)]
    pub plan: PlanDocument,
    /// How many operations had each outcome.
    pub outcomes: Outcomes,
    /// Whether somebody asked to stop before all was begun.
    pub interrupted: bool,
}

/// How many operations had each outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Outcomes {
    /// Done, says the portal.
    pub done: usize,
    /// Not done.
    pub failed: usize,
    /// Not begun.
    pub not_attempted: usize,
    /// Sent, and nobody knows what became of it.
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

/// One operation.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OperationEntry {
    /// The resource.
    pub address: Address,
    /// What is done to it.
    pub action: Action,
    /// Why: of several causes, the one that somebody should look at first.
    pub cause: Cause,
    /// The commit that asks for it, or null.
    pub commit: Option<CommitEntry>,
    /// The key that the portal knows it by now, where that changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The template that the resource is built from, or null.
    pub template: Option<String>,
    /// Whether it only gives up a value for a while, so that another resource can take it.
    pub is_release: bool,
    /// The fields that change.
    pub fields: Vec<FieldEntry>,
    /// The operations that must be done first, by their place in this list, counted from 0.
    pub after: Vec<usize>,
    /// What became of it; only in the result of an apply.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Why it was not done; only in the result of an apply.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// A commit.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CommitEntry {
    /// Its id.
    pub id: String,
    /// Who wrote it.
    pub author: String,
    /// The first line of its message.
    pub summary: String,
}

/// One field that changes.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FieldEntry {
    /// The field: `voicemail.email`.
    pub path: String,
    /// What it holds, or null.
    #[schemars(with = "serde_json::Value")]
    pub before: Option<Value>,
    /// What it will hold, or null.
    #[schemars(with = "serde_json::Value")]
    pub after: Option<Value>,
    /// Whether it is a secret: before and after are then versions, never the secret.
    pub sensitive: bool,
    /// Why it changes.
    pub cause: Cause,
}

/// What a guard has to say.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FindingEntry {
    /// Its rule.
    pub rule: FindingRule,
    /// How much it matters.
    pub level: Level,
    /// The resource that it is about, or null.
    pub address: Option<Address>,
    /// What there is to say.
    pub message: String,
    /// Why it was let pass, if a waiver did so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waived: Option<String>,
}

/// A plan as a document.
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

/// What became of a plan as a document.
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
        is_release: *is_release,
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
    FieldEntry {
        path: path.join("."),
        before: before.clone(),
        after: after.clone(),
        sensitive: [before, after]
            .into_iter()
            .flatten()
            .any(|value| matches!(value, Value::Secret(_))),
        cause: *cause,
    }
}

/// A digest over operations and what they were planned against.
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
