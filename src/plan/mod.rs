//! A *plan* is what would have to be done so that the portal holds what is declared.
//!
//! It is a pure function of data: what is declared, what is live, and the configuration. It takes no
//! portal, no clock and no files, so it can't write (law 1), and the same input gives the same plan,
//! to the byte (law 14).
//!
//! The steps: each declared resource [meets](meet) its live object; the two are [compared](diff) field by
//! field; the operations are put in [order](order); [guards](guard) have their say.

mod diff;
pub mod guard;
mod meet;
mod order;

pub use diff::changes;
pub use guard::Finding;

use crate::{
    config::Config,
    model::{Address, Change, Fields, Kind, Live, LiveObject, Origin, Requests, State},
};
use jiff::civil::Date;
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
    /// What the portal holds.
    pub live: &'a Live,
    /// The day, for waivers, which expire.
    pub today: Date,
}

/// What would have to be done.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The operations, in an order in which they can be done one after the other.
    pub operations: Vec<Operation>,
    /// What the guards have to say.
    pub findings: Vec<Finding>,
    /// How many live objects of each kind nobody declared; they aren't touched.
    pub unmanaged: BTreeMap<Kind, usize>,
    /// What reading the portal cost.
    pub requests: Requests,
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

/// Why an operation exists.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// This change of the files asks for it.
    Change,
    /// An earlier change of the files asks for it, and was not applied yet.
    Pending,
    /// Somebody edited the portal.
    Drift,
    /// Both the files and the portal changed.
    Conflict,
}

/// One change to one resource; one write.
#[derive(Clone, Debug)]
pub struct Operation {
    /// The resource, by the key that it will have.
    pub address: Address,
    /// What is done to it.
    pub action: Action,
    /// Why.
    pub cause: Cause,
    /// The fields that change; for a create, all that it will hold; for a delete, none.
    pub changes: Vec<Change>,
    /// What it will hold: all of it, without defaults. Empty for a delete.
    pub target: Fields,
    /// The live object; none for a create.
    pub object: Option<Object>,
    /// The operations that must be done first, by their place in the plan; all of them come earlier.
    pub after: Vec<usize>,
    /// Whether it only gives up a value for a while, so that another resource can take it.
    pub makes_way: bool,
    /// The template that the resource is built from.
    pub template: Option<Box<str>>,
    /// Where the resource is declared.
    pub origin: Option<Origin>,
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
    /// What it held, without defaults.
    pub fields: Fields,
}

impl Object {
    fn of(key: &str, live: &LiveObject) -> Self {
        Self {
            id: live.id.clone(),
            key: key.into(),
            etag: live.etag.clone(),
            fields: live.fields.clone(),
        }
    }
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

impl Plan {
    /// How many operations of each action there are.
    #[must_use]
    pub fn summary(&self) -> Summary {
        Summary::of(&self.operations)
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
    let meetings = meet::meet(inputs.desired, inputs.live);
    let usernames = meet::usernames(inputs.desired);
    let mut operations: Vec<Operation> = meetings
        .met
        .iter()
        .filter_map(|meeting| operation(&inputs, meeting, &usernames))
        .collect();
    let mut unmanaged = meetings.unmanaged;
    for address in &inputs.config.absent {
        let met = meetings.met.iter().any(|meeting| {
            meeting.address.kind == address.kind
                && meeting.live.is_some_and(|(key, _)| *key == *address.key)
        });
        if let Some(live) = inputs.live.get(address.kind, &address.key)
            && !met
            && !live.system
            && is_complete(inputs.live, address.kind)
        {
            operations.push(delete(address, live));
            if let Some(count) = unmanaged.get_mut(&address.kind) {
                *count -= 1;
            }
        }
    }
    unmanaged.retain(|_, count| *count > 0);
    let operations = order::ordered(operations);
    let mut plan = Plan {
        operations,
        findings: Vec::new(),
        unmanaged,
        requests: inputs.live.requests,
    };
    plan.findings = guard::findings(&inputs, &plan);
    plan
}

/// Whether every page of a kind came back whole.
fn is_complete(live: &Live, kind: Kind) -> bool {
    live.listings
        .get(&kind)
        .is_some_and(|listing| listing.incomplete.is_none())
}

/// What must be done about one declared resource; nothing if it is as declared.
fn operation(
    inputs: &Inputs<'_>,
    meeting: &meet::Meeting<'_>,
    usernames: &BTreeMap<&str, &str>,
) -> Option<Operation> {
    let meet::Meeting {
        address,
        resource,
        live,
    } = meeting;
    let shape = address.kind.shape();
    let mut declared = diff::ours(
        inputs.config,
        address.kind,
        &resource.fields,
        live.is_none(),
    );
    if !usernames.is_empty() {
        declared = shape.with_references(&declared, &|kinds, text| {
            let username = usernames.get(text).filter(|_| kinds.contains(&Kind::Users));
            username.map(|username| (*username).into())
        });
    }
    let template = resource.fields.text("template").map(Into::into);
    let origin = resource.origin.clone();
    let Some((key, live)) = live else {
        let target = shape.overlay(&Fields::new(), &declared);
        return Some(Operation {
            changes: changes(shape, &Fields::new(), &target),
            address: (*address).clone(),
            action: Action::Create,
            cause: Cause::Change,
            target,
            object: None,
            after: Vec::new(),
            makes_way: false,
            template,
            origin,
        });
    };
    let target = shape.overlay(&live.fields, &declared);
    let changes = changes(shape, &live.fields, &target);
    // A user's key is the workspace's; the portal knows a user by the username, which is a field.
    let renamed = address.kind != Kind::Users && **key != *address.key;
    if changes.is_empty() && !renamed {
        return None;
    }
    Some(Operation {
        action: action_of(&changes, renamed),
        address: (*address).clone(),
        cause: Cause::Change,
        changes,
        target,
        object: Some(Object::of(key, live)),
        after: Vec::new(),
        makes_way: false,
        template,
        origin,
    })
}

/// What a set of changes to a live object amounts to.
fn action_of(changes: &[Change], renamed: bool) -> Action {
    let top = |name: &str| {
        changes
            .iter()
            .find(|change| change.path.len() == 1 && &*change.path[0] == name)
    };
    if renamed || top("username").is_some() {
        return Action::Rename;
    }
    match top("active").and_then(|change| change.after.as_ref()) {
        Some(value) if value.as_bool() == Some(false) => Action::Deactivate,
        Some(_) => Action::Reactivate,
        None => Action::Update,
    }
}

fn delete(address: &Address, live: &LiveObject) -> Operation {
    Operation {
        address: address.clone(),
        action: Action::Delete,
        cause: Cause::Change,
        changes: Vec::new(),
        target: Fields::new(),
        object: Some(Object::of(&address.key, live)),
        after: Vec::new(),
        makes_way: false,
        template: None,
        origin: None,
    }
}
