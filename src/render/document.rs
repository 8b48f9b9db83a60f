//! A *document* is the JSON form of a plan, or of the result of an apply.

pub use super::links::Links;

use super::{escape::Each, json::FORMAT_VERSION};
use crate::{
    apply::{Applied, Outcome},
    model::{
        Address, Change, FindingRule, Kind, Requests, Value,
        encoding::{encode, encode_fields, encode_path},
    },
    plan::{Action, Cause, Object, Operation, Plan, Summary, guard::Level},
    portal::Check,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};
use std::{
    borrow::Cow,
    collections::BTreeMap,
    io::{self, BufWriter, Write},
};

/// The heading of a plan: workspace, portal and commits.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Heading {
    /// Name of the workspace.
    pub workspace: String,
    /// The portal: `sandbox (embedded)`.
    pub portal: String,
    /// Digest of the portal's kind, address and tenant.
    #[serde(default)]
    pub portal_id: String,
    /// Path of the workspace's folder from the root of the repository, or from where the plan was made.
    #[serde(default)]
    pub folder: String,
    /// The commits that the plan is based on.
    pub revision: Revision,
    /// Whether the files differ from HEAD.
    pub dirty: bool,
    /// The causes that the plan is limited to; all of them if empty.
    #[serde(default)]
    pub only: Vec<Cause>,
    /// The resources that the plan is limited to, with what their changes need; all of them if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<Address>,
    /// Whether the plan is limited to the resources that differ from the base, and `targets` names them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub only_changed: bool,
    /// The journal of the apply that the plan takes back, by its path in the workspace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo_of: Option<String>,
    /// Whether the last applied commit is unknown, so that the causes are told from the history.
    #[serde(default)]
    pub told_from_history: bool,
    /// Why the repository's history can't be read, and the next step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history_gap: Option<String>,
    /// Links to the forge, where a pipeline says which one it is; not part of a saved plan.
    #[serde(skip)]
    pub links: Option<Links>,
    /// The day of the plan; not part of a saved plan.
    #[serde(skip)]
    pub date: Option<jiff::civil::Date>,
    /// Who runs the command; not part of a saved plan.
    #[serde(skip)]
    pub author: Option<Author>,
}

/// Who runs a command, and in which run of a pipeline.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Author {
    /// The account of the pipeline, or the name in Git's configuration, or the user of the machine.
    pub name: String,
    /// The address of the run of the pipeline.
    pub run_url: Option<String>,
}

impl Heading {
    /// The address of a line of a file of the workspace, where the forge and the commit are known.
    #[must_use]
    pub fn line(&self, file: &str, line: usize) -> Option<String> {
        let links = self.links.as_ref().filter(|_| !self.dirty)?;
        let path = super::path_from_root(&self.folder, file);
        links.line(self.revision.head.as_deref(), &path, line)
    }
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

/// The output of `plan --format json`, and what `plan --out` saves.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "PlanDocument")]
pub struct PlanDocument<O = Vec<OperationEntry>> {
    /// Version of this format: `1.0`.
    pub format_version: Cow<'static, str>,
    /// Digest of everything else in the plan, the requests aside.
    pub digest: String,
    /// Workspace, portal and commits.
    #[serde(flatten)]
    pub heading: Heading,
    /// Whether a finding blocks the plan; it can't be applied then.
    pub blocked: bool,
    /// The operations, in order.
    pub operations: O,
    /// Findings of the guards.
    pub findings: Vec<FindingEntry>,
    /// Number of undeclared live objects of each kind; they are left alone.
    pub unmanaged: BTreeMap<Kind, usize>,
    /// Number of changes that were left out because the plan is limited to targets.
    #[serde(default, skip_serializing_if = "is_none")]
    pub left_out: usize,
    /// Number of live objects of each kind that were not looked at, where only what changed was planned.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unread: BTreeMap<Kind, u64>,
    /// Requests made to read the portal, and the minimum possible.
    pub requests: Requests,
    /// Number of operations of each action.
    pub summary: Summary,
}

/// The output of `apply --format json`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ApplyDocument<P = PlanDocument> {
    /// The plan; each operation has its outcome.
    #[serde(flatten)]
    pub plan: P,
    /// Number of operations with each outcome.
    pub outcomes: Outcomes,
    /// Whether the apply was interrupted before all operations started.
    pub interrupted: bool,
    /// What the portal was told after the writes, such as to reload, and whether that worked; empty for
    /// portals that need nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Check>,
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

    /// Counts outcomes, each by itself.
    #[must_use]
    pub fn counted(outcomes: &[Outcome]) -> Self {
        let count = |outcome| outcomes.iter().filter(|one| **one == outcome).count();
        Self {
            done: count(Outcome::Done),
            failed: count(Outcome::Failed),
            not_attempted: count(Outcome::NotAttempted),
            unknown: count(Outcome::Unknown),
        }
    }
}

/// An operation.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
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
    /// What the changes follow from, besides what is declared of the resource: `users/bob leaves`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Whether the operation only releases a contested value, so that another resource can take it. A second
    /// operation finishes the change.
    pub temporary_release: bool,
    /// Whether the operation deactivates what would be deleted if the portal could delete it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_place_of_delete: bool,
    /// Fields that change.
    pub fields: Vec<FieldEntry>,
    /// What the resource holds afterwards, without defaults; empty for a delete.
    pub target: Json,
    /// The live object, or null for a create.
    pub object: Option<ObjectEntry>,
    /// Operations that must be completed first, as zero-based indexes into this list.
    pub after: Vec<usize>,
    /// Outcome; only in the result of an apply.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Error message; only in the result of an apply.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// A live object, as it was when the plan was made.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ObjectEntry {
    /// Id on the portal.
    pub id: String,
    /// Key on the portal.
    pub key: String,
    /// Version on the portal, or null.
    pub etag: Option<String>,
    /// Number of voicemail messages.
    pub messages: u32,
    /// What it holds, without defaults.
    pub fields: Json,
}

/// A commit.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CommitEntry {
    /// Commit hash.
    pub id: String,
    /// Author.
    pub author: String,
    /// First line of the message.
    pub summary: String,
}

/// A field that changes.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct FieldEntry {
    /// Path of the field: `voicemail.email`. A dot within a name is written `\.`.
    pub path: String,
    /// Current value, or null. A secret is an object with the one key `$secret`.
    pub before: Json,
    /// New value, or null.
    pub after: Json,
    /// Whether the field is a secret.
    pub sensitive: bool,
    /// Cause of the change.
    pub cause: Cause,
}

/// A finding of a guard.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct FindingEntry {
    /// Rule of the finding.
    pub rule: FindingRule,
    /// Level of the finding.
    pub level: Level,
    /// Address of the resource, or null.
    pub address: Option<Address>,
    /// Description of the finding.
    pub message: String,
    /// Next step.
    #[serde(default)]
    pub help: String,
    /// Reason given by the waiver, if the finding is waived.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waived: Option<String>,
}

/// Converts a plan to a document.
#[must_use]
pub fn plan(heading: &Heading, plan: &Plan) -> PlanDocument {
    let operations = plan.operations.iter().map(operation).collect();
    document(heading, plan_digest(heading, plan), plan, operations)
}

fn document<O>(heading: &Heading, digest: String, plan: &Plan, operations: O) -> PlanDocument<O> {
    PlanDocument {
        format_version: FORMAT_VERSION.into(),
        digest,
        heading: heading.clone(),
        blocked: plan.is_blocked(),
        operations,
        findings: findings(plan),
        unmanaged: plan.unmanaged.clone(),
        left_out: plan.left_out,
        unread: plan.unread.clone(),
        requests: plan.requests,
        summary: plan.summary(),
    }
}

/// The same document, which is written operation by operation: of a large plan there is no second copy in memory.
/// With the result of an apply, each operation has its outcome.
#[must_use]
pub fn view<'p>(
    heading: &'p Heading,
    plan: &'p Plan,
    applied: Option<&'p Applied>,
) -> PlanView<'p> {
    PlanView {
        digest: plan_digest(heading, plan),
        heading,
        plan,
        applied,
    }
}

/// A plan that is serialized as a [`PlanDocument`] is.
pub struct PlanView<'p> {
    digest: String,
    heading: &'p Heading,
    plan: &'p Plan,
    applied: Option<&'p Applied>,
}

impl PlanView<'_> {
    /// Digest of everything in the plan, the requests aside.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Workspace, portal and commits.
    #[must_use]
    pub fn heading(&self) -> &Heading {
        self.heading
    }

    /// How many operations there are.
    #[must_use]
    pub fn operation_count(&self) -> usize {
        self.plan.operations.len()
    }
}

impl Serialize for PlanView<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self {
            digest,
            heading,
            plan,
            applied,
        } = self;
        let results = applied.map_or(&[][..], |applied| &applied.results);
        let operations = plan.operations.iter().enumerate().map(|(at, one)| {
            let result = results.get(at);
            OperationEntry {
                outcome: result.map(|result| result.outcome),
                error: result.and_then(|result| result.error.clone()),
                ..operation(one)
            }
        });
        document(heading, digest.clone(), plan, Each(operations)).serialize(serializer)
    }
}

/// Converts a plan and its result to a document.
#[must_use]
pub fn applied<'p>(
    heading: &'p Heading,
    of: &'p Plan,
    applied: &'p Applied,
) -> ApplyDocument<PlanView<'p>> {
    ApplyDocument {
        plan: view(heading, of, Some(applied)),
        outcomes: Outcomes::of(applied),
        interrupted: applied.interrupted,
        checks: applied.checks.clone(),
    }
}

fn findings(plan: &Plan) -> Vec<FindingEntry> {
    let findings = plan.findings.iter();
    let entry = |finding: &crate::plan::Finding| FindingEntry {
        rule: finding.rule,
        level: finding.level,
        address: finding.address.clone(),
        message: finding.message.clone(),
        help: finding.help().to_owned(),
        waived: finding.waived.clone(),
    };
    findings.map(entry).collect()
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
const fn is_none(count: &usize) -> bool {
    *count == 0
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
        is_in_place_of_delete,
        template,
        notes,
        target,
        origin: _,
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
        notes: notes.iter().map(ToString::to_string).collect(),
        temporary_release: *is_release,
        in_place_of_delete: *is_in_place_of_delete,
        fields: changes.iter().zip(causes).map(field).collect(),
        target: encode_fields(&target.starred()),
        object: object.as_ref().map(live),
        after: after.clone(),
        outcome: None,
        error: None,
    }
}

fn live(object: &Object) -> ObjectEntry {
    let Object {
        id,
        key,
        etag,
        messages,
        fields,
    } = object;
    ObjectEntry {
        id: id.to_string(),
        key: key.to_string(),
        etag: etag.as_deref().map(str::to_owned),
        messages: *messages,
        fields: encode_fields(&fields.starred()),
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
    let value = |value: &Option<Value>| value.as_ref().map_or(Json::Null, encode);
    FieldEntry {
        path: encode_path(path),
        sensitive: values.any(is_secret) || shown != *change,
        before: value(&shown.before),
        after: value(&shown.after),
        cause: *cause,
    }
}

/// The digest of a plan's document: of all but the digest itself and the requests, which differ from
/// read to read.
#[must_use]
pub fn digest(mut document: Json) -> String {
    if let Some(entries) = document.as_object_mut() {
        entries.remove("digest");
        entries.remove("requests");
    }
    let mut hash = Sha256::new();
    hash.update(document.to_string());
    shown(hash)
}

/// The digest of a plan's document, without the document.
#[must_use]
pub fn plan_digest(heading: &Heading, plan: &Plan) -> String {
    /// What [`digest`] takes into account, in its order: the last field takes the place of the digest.
    #[derive(Serialize)]
    struct Digested<'p, O: Serialize> {
        format_version: &'p str,
        summary: Summary,
        #[serde(flatten)]
        heading: &'p Heading,
        blocked: bool,
        operations: O,
        findings: Vec<FindingEntry>,
        unmanaged: &'p BTreeMap<Kind, usize>,
        #[serde(skip_serializing_if = "is_none")]
        left_out: usize,
        #[serde(skip_serializing_if = "BTreeMap::is_empty")]
        unread: &'p BTreeMap<Kind, u64>,
    }
    let digested = Digested {
        format_version: FORMAT_VERSION,
        summary: plan.summary(),
        heading,
        blocked: plan.is_blocked(),
        operations: Each(plan.operations.iter().map(operation)),
        findings: findings(plan),
        unmanaged: &plan.unmanaged,
        left_out: plan.left_out,
        unread: &plan.unread,
    };
    let mut hashing = Hashing(Sha256::new());
    let mut out = BufWriter::new(&mut hashing);
    let written = serde_json::to_writer(&mut out, &digested);
    written.expect("a plan is plain data, and hashing doesn't fail");
    out.flush().expect("hashing doesn't fail");
    drop(out);
    shown(hashing.0)
}

/// A writer that hashes what is written.
struct Hashing(Sha256);

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn shown(hash: Sha256) -> String {
    let digest = hash.finalize();
    digest.iter().fold("sha256:".to_owned(), |hex, byte| {
        hex + &format!("{byte:02x}")
    })
}
