//! A *plan* is what would have to be done so that the portal holds what is declared.
//!
//! It is a pure function of data: what is declared, what is live, and the configuration. It takes no
//! portal, no clock and no files, so it can't write (law 1), and the same input gives the same plan,
//! to the byte (law 14).
//!
//! The steps: each declared resource is [matched](matching) to its live object; the two are [compared](diff) field by
//! field; the operations are put in [`order`]; each [`guard`] has its say.

mod cause;
mod cooling;
mod diff;
pub mod guard;
mod identity;
mod lists;
mod matching;
mod order;
mod prune;
mod question;
mod replacement;
mod revalidate;
mod review;
mod target;
mod unchanged;

pub use diff::changes;
pub use guard::Finding;
pub use order::ordered as in_order;
pub use prune::{Reason, Withheld};
pub use question::{Questions, is_explained, questions};
pub use revalidate::{Staleness, revalidate, reviewed};
pub use review::Review;

use crate::{
    config::{Config, RemovalPolicy},
    model::{
        Address, Ancestry, Capabilities, Change, Commit, Fields, Identity, Kind, Live, LiveObject,
        Name, Origin, Removal, Requests, Resource, State, Value, Waiting,
    },
};
use jiff::civil::Date;
use matching::PortalKeys;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a plan is made from.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// What is declared.
    pub desired: &'a State,
    /// What `callsheet.yaml` says.
    pub config: &'a Config,
    /// What the portal supports.
    pub capabilities: &'a Capabilities,
    /// What the portal holds.
    pub live: &'a Live,
    /// The day, for waivers, which expire.
    pub today: Date,
    /// What was declared before.
    pub past: Past<'a>,
    /// What of the changes counts.
    pub filter: Filter<'a>,
}

/// What of the changes a plan is limited to. What is left out stays as it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter<'a> {
    /// The causes that count; all of them, unless some are named.
    pub only: &'a [Cause],
    /// The resources that count, with what their changes need; all of them, unless some are named.
    pub targets: &'a [Address],
}

impl Inputs<'_> {
    /// What the portal knows a resource by.
    fn portal_key<'f>(&self, address: &'f Address, fields: &'f Fields) -> &'f str {
        self.capabilities.portal_key(address, fields)
    }

    /// What becomes of an object that nothing declares, as the portal can and the policy says.
    fn removal(&self, address: &Address) -> Removal {
        let kind = address.kind;
        let removal = self.capabilities.removal(kind);
        let has_active = kind.shape().field_of_any_type("active").is_some();
        let deactivates = self.config.policy.removal == RemovalPolicy::Deactivate && has_active;
        if removal != Removal::Delete || !deactivates || self.config.absent.contains(address) {
            return removal;
        }
        let supported = self.capabilities.kinds.get(&kind);
        match supported.is_some_and(|kind| !kind.unsupported.contains("active")) {
            true => Removal::Deactivate,
            // Deleting is more than was asked for.
            false => Removal::Leave,
        }
    }
}

/// What was declared before, as far as there is a history.
#[derive(Clone, Copy, Debug, Default)]
pub struct Past<'a> {
    /// Where this change began.
    pub base: Option<&'a State>,
    /// What the commit declares that was last applied, where that commit is known.
    pub applied: Option<&'a State>,
    /// What the ancestors of HEAD declared; nothing outside of Git.
    pub ancestry: Option<&'a Ancestry>,
    /// The commit that was last applied, where HEAD is an ancestor of it.
    pub newer: Option<&'a Commit>,
    /// What other workspaces of the repository declare for the same portal, by the key that the portal
    /// knows it by: the file and the line.
    pub elsewhere: Option<&'a BTreeMap<Address, String>>,
}

/// What would have to be done.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The operations, in an order in which they can be done one after the other.
    pub operations: Vec<Operation>,
    /// What the guards have to say.
    pub findings: Vec<Finding>,
    /// How many live objects of each kind are undeclared; they aren't touched.
    pub unmanaged: BTreeMap<Kind, usize>,
    /// Deletes that were left out, each for a reason that a finding states.
    pub withheld: Vec<Withheld>,
    /// Fields that aren't as declared only because something else must happen first.
    pub waiting: Vec<(Address, Waiting)>,
    /// How many operations were left out because the plan is limited to targets.
    pub left_out: usize,
    /// Targets that no resource and no live object has.
    pub unknown_targets: Vec<Address>,
    /// What reading the portal cost.
    pub requests: Requests,
    /// How many live objects of each kind were not looked at.
    pub unread: BTreeMap<Kind, u64>,
}

/// What is done to a resource.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It comes into being.
    Create,
    /// Some of its fields change.
    Update,
    /// Its key changes, and maybe more.
    Rename,
    /// It is made inactive, and maybe more.
    Deactivate,
    /// It is made active again, and maybe more.
    Reactivate,
    /// It goes.
    Delete,
}

/// Why an operation exists, the most urgent cause first.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    JsonSchema,
    clap::ValueEnum,
)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Both the files and the portal changed.
    Conflict,
    /// This change of the files asks for it.
    Change,
    /// An earlier change of the files asks for it, and was not applied yet.
    Pending,
    /// The portal was edited.
    Drift,
}

/// One change to one resource; one write.
#[derive(Clone, Debug)]
pub struct Operation {
    /// The resource, by the key that it will have.
    pub address: Address,
    /// What is done to it.
    pub action: Action,
    /// Why: of several causes, the most urgent one.
    pub cause: Cause,
    /// Why each field changes, in the order of `changes`.
    pub causes: Vec<Cause>,
    /// The commit that asks for it, where the files do.
    pub commit: Option<Commit>,
    /// The fields that change; for a create, all that it will hold; for a delete, none.
    pub changes: Vec<Change>,
    /// What it will hold: all of it, without defaults. Empty for a delete.
    pub target: Fields,
    /// The live object; none for a create.
    pub object: Option<Object>,
    /// The operations that must be done first, by their place in the plan; all of them come earlier.
    pub after: Vec<usize>,
    /// Whether it only gives up a value for a while, so that another resource can take it.
    pub is_release: bool,
    /// Whether it deactivates what nothing declares, since the portal can't delete it or the policy says so.
    pub is_in_place_of_delete: bool,
    /// The template that the resource is built from.
    pub template: Option<Box<str>>,
    /// What its changes follow from, besides what is declared of the resource: `users/bob leaves`.
    pub notes: Vec<Box<str>>,
    /// Where the resource is declared.
    pub origin: Option<Origin>,
}

impl Operation {
    /// Whether it removes an object that isn't declared, as far as the portal can.
    #[must_use]
    pub fn is_removal(&self) -> bool {
        self.action == Action::Delete || self.is_in_place_of_delete
    }
}

/// The live object that an operation changes, as it was when the plan was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// The portal's own name for it.
    pub id: Box<str>,
    /// Its key.
    pub key: Box<str>,
    /// Its version.
    pub etag: Option<Box<str>>,
    /// How many voicemail messages would be lost with it.
    pub messages: u32,
    /// What it held, without defaults.
    pub fields: Fields,
}

impl Object {
    fn of(key: &str, live: &LiveObject) -> Self {
        Self {
            id: live.id.clone(),
            key: key.into(),
            etag: live.etag.clone(),
            messages: live.messages,
            fields: live.fields.clone(),
        }
    }
}

/// What guards must know of a plan beyond what lists tell, from the least to the most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Evidence {
    /// Nothing.
    #[default]
    Nothing,
    /// Who is inactive.
    Activity,
    /// Who refers to what, and who is inactive: something goes, or is known by another name.
    References,
}

/// How many operations of each action there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// Resources that come into being.
    pub create: usize,
    /// Resources whose fields change.
    pub update: usize,
    /// Resources whose key changes.
    pub rename: usize,
    /// Resources made inactive.
    pub deactivate: usize,
    /// Resources made active again.
    pub reactivate: usize,
    /// Resources that go.
    pub delete: usize,
}

impl Summary {
    /// Counts operations.
    pub fn of<'a>(operations: impl IntoIterator<Item = &'a Operation>) -> Self {
        let mut summary = Self::default();
        for operation in operations {
            *match operation.action {
                Action::Create => &mut summary.create,
                Action::Update => &mut summary.update,
                Action::Rename => &mut summary.rename,
                Action::Deactivate => &mut summary.deactivate,
                Action::Reactivate => &mut summary.reactivate,
                Action::Delete => &mut summary.delete,
            } += 1;
        }
        summary
    }
}

/// The fields of a user that decide who can log in, and as what.
const ACCESS: [&str; 3] = ["scope", "email", "permissions"];

impl Plan {
    /// How many operations of each action there are.
    #[must_use]
    pub fn summary(&self) -> Summary {
        Summary::of(&self.operations)
    }

    /// What guards must know of it beyond what lists tell.
    #[must_use]
    pub fn evidence_needed(&self) -> Evidence {
        let needed = self.operations.iter().map(|operation| {
            let changes = |field: &str| {
                let mut changes = operation.changes.iter();
                changes.find(|change| change.path.first().is_some_and(|name| **name == *field))
            };
            let gives_up = changes("extension").is_some_and(|change| change.before.is_some());
            let is_referred_to = operation.address.kind.is_referred_to();
            match operation.action {
                Action::Rename | Action::Delete if !is_referred_to => Evidence::Nothing,
                Action::Rename | Action::Deactivate | Action::Delete => Evidence::References,
                Action::Update | Action::Reactivate if gives_up => Evidence::References,
                Action::Reactivate => Evidence::Activity,
                // A new user may be an inactive one; a user who loses a scope may be the last to have it.
                Action::Create if operation.address.kind == Kind::Users => Evidence::Activity,
                Action::Update if ACCESS.iter().any(|field| changes(field).is_some()) => {
                    Evidence::Activity
                }
                Action::Create | Action::Update => Evidence::Nothing,
            }
        });
        needed.max().unwrap_or_default()
    }

    /// The plan as it is applied: whatever the credentials may not do blocks it.
    #[must_use]
    pub fn for_apply(mut self) -> Self {
        for finding in &mut self.findings {
            if finding.rule == crate::model::FindingRule::MayNot {
                finding.level = guard::Level::Block;
            }
        }
        self.findings.sort_by_key(|finding| finding.level);
        self
    }

    /// Whether a finding blocks it.
    #[must_use]
    pub fn is_blocked(&self) -> bool {
        self.findings
            .iter()
            .any(|finding| finding.level == guard::Level::Block)
    }
}

/// Plans.
#[must_use]
pub fn plan(inputs: Inputs<'_>) -> Plan {
    let matching = matching::match_live(&inputs);
    let keys = Keys {
        declared: matching::declared_keys(&inputs),
        live: matching::live_keys(&inputs, &matching),
    };
    let mut waiting = Vec::new();
    let mut operations: Vec<Operation> = matching
        .matched
        .iter()
        .filter(|matched| {
            let is_unchanged = unchanged::is_unchanged(&inputs, matched, &keys);
            debug_assert!(!is_unchanged || is_without_operation(&inputs, matched, &keys));
            !is_unchanged
        })
        .filter_map(|matched| operation(&inputs, matched, &keys, &mut waiting))
        .collect();
    let prune::Prunable {
        operations: prunable,
        withheld,
        unmanaged,
    } = prune::prunable(&inputs, &matching.unmanaged);
    operations.extend(prunable);
    replacement::unite_causes(&mut operations);
    if !inputs.filter.only.is_empty() {
        operations.retain(|operation| inputs.filter.only.contains(&operation.cause));
    }
    let (operations, left_out) = target::limited(&inputs, operations);
    let mut withheld = withheld;
    withheld.retain(|one| target::is_within(&inputs, &one.address));
    waiting.retain(|(address, _)| target::is_within(&inputs, address));
    let operations = order::ordered(operations, inputs.capabilities);
    let mut plan = Plan {
        operations,
        findings: Vec::new(),
        unmanaged,
        withheld,
        waiting,
        left_out,
        unknown_targets: target::unknown(&inputs),
        requests: inputs.live.requests,
        unread: inputs.live.unread.clone(),
    };
    plan.findings = guard::findings(&inputs, &plan);
    plan
}

/// A plan of given operations, with what the guards say of them on these inputs: an earlier plan goes
/// the same way as a new one.
#[must_use]
pub fn guarded(inputs: &Inputs<'_>, operations: Vec<Operation>) -> Plan {
    let mut plan = Plan {
        operations,
        requests: inputs.live.requests,
        ..Plan::default()
    };
    plan.findings = guard::findings(inputs, &plan);
    plan
}

/// What the portal knows resources by, where it isn't their keys.
struct Keys {
    /// By the keys that are declared now: what the portal will know them by.
    declared: PortalKeys,
    /// By the keys that are or were declared: what the portal knows them by.
    live: PortalKeys,
}

/// Whether a comparison finds nothing to be done or waited for either: each plan of a test asks.
fn is_without_operation(inputs: &Inputs<'_>, matched: &matching::Match<'_>, keys: &Keys) -> bool {
    let mut waiting = Vec::new();
    operation(inputs, matched, keys, &mut waiting).is_none() && waiting.is_empty()
}

/// What must be done about one declared resource; nothing if it is as declared.
fn operation(
    inputs: &Inputs<'_>,
    matched: &matching::Match<'_>,
    keys: &Keys,
    waiting: &mut Vec<(Address, Waiting)>,
) -> Option<Operation> {
    let matching::Match {
        address,
        resource,
        live,
    } = matched;
    let shape = address.kind.shape();
    let mut declared = diff::managed_fields(
        inputs.config,
        address.kind,
        &resource.fields,
        live.is_none(),
    );
    if !keys.declared.is_empty() {
        declared = shape.with_references(&declared, &|kinds, text| {
            matching::mentioned_as(&keys.declared, kinds, text)
        });
    }
    let known = live
        .as_ref()
        .map_or_else(Fields::new, |(_, live)| live.fields.clone());
    let mut target = shape.overlay(&known, &declared);
    let history = cause::History::of(inputs, address, &known, live.is_some(), &keys.live);
    history.release(&resource.fields, &known, &mut target);
    // A greeting goes with its file.
    if address.kind == Kind::Users && target.at(["voicemail", "greeting", "file"]).is_none() {
        target.put(&["voicemail", "greeting"].map(Name::from), None);
    }
    if live.is_some() && returns(inputs, address, &resource.fields) {
        target.take("active");
    }
    cooling::cool(inputs, address, &resource.fields, &known, &mut target);
    // Without a declaration, and when one is given up, an object holds what the portal sets by itself.
    for (field, default) in inputs.capabilities.defaults(address.kind) {
        let is_set = live.is_none() || known.get(field).is_some();
        if is_set && target.get(field).is_none() {
            target.set((*field).into(), default.clone());
        }
    }
    let mut target = shape.without_defaults(target);
    if let Some((_, live)) = live {
        for one in &live.waiting {
            let path = || one.path.iter().map(|name| &**name);
            if !Value::same(target.at(path()), known.at(path())) {
                target.put(&one.path, known.at(path()).cloned());
                waiting.push(((*address).clone(), one.clone()));
            }
        }
    }
    let mut changes = changes(shape, &known, &target);
    // Where the portal knows an object by a field, the key is the workspace's alone.
    let identity = inputs.capabilities.identity(address.kind);
    let renamed = live
        .as_ref()
        .is_some_and(|(key, _)| identity == Identity::Key && **key != *address.key);
    if live.is_some() && changes.is_empty() && !renamed {
        return None;
    }
    let mut causes: Vec<Cause> = changes
        .iter()
        .map(|change| history.cause(change, &target))
        .collect();
    cooling::with_its_cause(address, &resource.fields, &changes, &mut causes);
    if !inputs.filter.only.is_empty() && live.is_some() {
        let kept = causes
            .iter()
            .map(|cause| inputs.filter.only.contains(cause));
        let kept: Vec<bool> = kept.collect();
        for (change, _) in changes.iter().zip(&kept).filter(|(_, kept)| !**kept) {
            target.put(
                &change.path,
                known.at(change.path.iter().map(|name| &**name)).cloned(),
            );
        }
        target = shape.without_defaults(target);
        let mut keep = kept.iter().copied();
        changes.retain(|_| keep.next() == Some(true));
        let mut keep = kept.into_iter();
        causes.retain(|_| keep.next() == Some(true));
        if changes.is_empty() && !renamed {
            return None;
        }
    }
    let cause = match live {
        None => history.cause_of_create(),
        Some(_) => causes
            .iter()
            .copied()
            .min()
            .unwrap_or_else(|| history.cause_of_rename()),
    };
    if live.is_none() {
        causes = vec![cause; changes.len()];
    }
    let notes = notes(resource, &changes);
    let asked = matches!(cause, Cause::Change | Cause::Pending | Cause::Conflict);
    let ancestry = inputs.past.ancestry.filter(|_| asked);
    Some(Operation {
        action: if live.is_none() {
            Action::Create
        } else {
            action_of(&changes, renamed, identity)
        },
        commit: ancestry.and_then(|ancestry| ancestry.changed.get(*address).cloned()),
        address: (*address).clone(),
        cause,
        causes,
        changes,
        target,
        object: live.as_ref().map(|(key, live)| Object::of(key, live)),
        after: Vec::new(),
        is_release: false,
        is_in_place_of_delete: false,
        template: resource.fields.text("template").map(Into::into),
        notes,
        origin: resource.origin.clone(),
    })
}

/// What the changes of a resource follow from that somebody's lifecycle asks for.
fn notes(resource: &Resource, changes: &[Change]) -> Vec<Box<str>> {
    let mut notes: Vec<Box<str>> = Vec::new();
    for derived in &resource.derived {
        let mut changed = changes.iter().filter_map(|change| change.path.first());
        if changed.any(|name| *name == derived.field) && !notes.contains(&derived.because) {
            notes.push(derived.because.clone());
        }
    }
    notes
}

/// Whether a resource is declared anew that was deactivated in place of being deleted: it is active again,
/// as one that is created would be.
fn returns(inputs: &Inputs<'_>, address: &Address, declared: &Fields) -> bool {
    let applied = inputs.past.applied;
    inputs.removal(address) == Removal::Deactivate
        && declared.get("active").is_none()
        && applied.is_some_and(|applied| identity::earlier(inputs, applied, address).is_none())
}

/// What a set of changes to a live object amounts to.
fn action_of(changes: &[Change], renamed: bool, identity: Identity) -> Action {
    let top = |name: &str| {
        changes
            .iter()
            .find(|change| change.path.len() == 1 && &*change.path[0] == name)
    };
    if renamed || identity.field().is_some_and(|field| top(field).is_some()) {
        return Action::Rename;
    }
    match top("active").and_then(|change| change.after.as_ref()) {
        Some(value) if value.as_bool() == Some(false) => Action::Deactivate,
        Some(_) => Action::Reactivate,
        None => Action::Update,
    }
}
