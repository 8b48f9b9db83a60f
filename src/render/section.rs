//! A *section* is the operations of a plan that have one cause, users that their template changes in
//! one and the same way told once.
//!
//! What somebody should look at first comes first. Where nothing is known of earlier revisions every
//! cause would be the same guess, so there is one section without a name.

use super::{document::Heading, words};
use crate::{
    model::{Change, Name, Value},
    plan::{Action, Cause, Operation, Plan, Summary},
};
use std::collections::BTreeMap;

/// From this many users on, one and the same change is told once for their template.
const ALIKE: usize = 3;

/// The operations of one cause.
pub(super) struct Section<'p> {
    /// The cause; none where there is no history.
    pub(super) cause: Option<Cause>,
    /// What is told, in the order of the plan.
    pub(super) items: Vec<Item<'p>>,
}

/// What is told in one place: an operation, or several that are alike.
pub(super) struct Item<'p> {
    /// The operations: one, or all that the template gives the same change.
    pub(super) operations: Vec<&'p Operation>,
    /// The template that they have in common; none for a single operation.
    pub(super) template: Option<&'p str>,
}

impl<'p> Item<'p> {
    /// The operation that speaks for all.
    pub(super) fn first(&self) -> &'p Operation {
        self.operations[0]
    }

    /// What it is about: `users/eve`, or `template desk-user`.
    pub(super) fn title(&self) -> String {
        self.template.map_or_else(
            || self.first().address.to_string(),
            |template| format!("template {template}"),
        )
    }

    /// What is to be said beside the title: what happens, where it is declared, who asks for it.
    pub(super) fn notes(&self) -> Vec<String> {
        let first = self.first();
        let commit = first.commit.as_ref();
        if self.template.is_some() {
            let users = words::counted(self.operations.len(), "user");
            let fields = words::counted(first.changes.len(), "field");
            let commit = commit.filter(|commit| {
                let mut others = self.operations.iter();
                others.all(|other| other.commit.as_ref() == Some(commit))
            });
            let mut notes = vec![format!("{users}, {fields}")];
            notes.extend(commit.map(|commit| words::commit(first.action, commit)));
            return notes;
        }
        let notes = [
            words::note(first),
            words::place(first),
            commit.map(|commit| words::commit(first.action, commit)),
        ];
        notes.into_iter().flatten().collect()
    }

    /// The changes that are told, each with its cause where that isn't the operation's.
    pub(super) fn changes(&self) -> impl Iterator<Item = (&'p Change, Option<Cause>)> {
        let first = self.first();
        let other = |at: usize| {
            let cause = first.causes.get(at).copied();
            cause.filter(|cause| *cause != first.cause)
        };
        let changes = first.changes.iter().enumerate();
        changes
            .filter(|(_, change)| is_own(first, change))
            .map(move |(at, change)| (change, other(at)))
    }

    /// How many changes are not told, since the template says the same for everybody.
    pub(super) fn untold(&self) -> usize {
        let first = self.first();
        let told = first.changes.iter().filter(|change| is_own(first, change));
        first.changes.len() - told.count()
    }
}

/// Whether a change says something of its resource, and not only what its template gives everybody: of
/// a new user, what the declaration itself names. The text of the declaration decides, so that at worst
/// a field is told that needn't be.
fn is_own(operation: &Operation, change: &Change) -> bool {
    if operation.action != Action::Create || operation.template.is_none() {
        return true;
    }
    let (Some(origin), Some(name)) = (&operation.origin, change.path.first()) else {
        return true;
    };
    let text = origin.source.slice(origin.body);
    text.match_indices(&**name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + name.len()..].trim_start_matches(['"', '\'']);
        after.trim_start().starts_with(':')
            && before.is_none_or(|c| !c.is_alphanumeric() && c != '_')
    })
}

/// Every operation of a plan, by cause.
pub(super) fn sections<'p>(heading: &Heading, plan: &'p Plan) -> Vec<Section<'p>> {
    let cause = |operation: &Operation| heading.revision.head.as_ref().map(|_| operation.cause);
    let mut sections: BTreeMap<Option<Cause>, Vec<&Operation>> = BTreeMap::new();
    for operation in &plan.operations {
        let of = sections.entry(cause(operation)).or_default();
        of.push(operation);
    }
    sections
        .into_iter()
        .map(|(cause, operations)| Section {
            cause,
            items: items(operations),
        })
        .collect()
}

impl Section<'_> {
    /// How many operations of each action there are.
    pub(super) fn summary(&self) -> Summary {
        Summary::of(
            self.items
                .iter()
                .flat_map(|item| item.operations.iter().copied()),
        )
    }
}

/// One field's change, to be compared with another's.
type Same<'p> = (
    &'p [Name],
    Option<&'p Value>,
    Option<&'p Value>,
    Option<&'p Cause>,
);

/// What an operation has in common with those that are told with it.
fn key(operation: &Operation) -> Option<(&str, Vec<Same<'_>>)> {
    let template = operation.template.as_deref()?;
    if operation.action != Action::Update || operation.is_release {
        return None;
    }
    let same = operation.changes.iter().enumerate().map(|(at, change)| {
        let (before, after) = (change.before.as_ref(), change.after.as_ref());
        (&*change.path, before, after, operation.causes.get(at))
    });
    Some((template, same.collect()))
}

fn items(operations: Vec<&Operation>) -> Vec<Item<'_>> {
    let mut alike: BTreeMap<_, Vec<&Operation>> = BTreeMap::new();
    for operation in &operations {
        if let Some(key) = key(operation) {
            alike.entry(key).or_default().push(operation);
        }
    }
    alike.retain(|_, operations| operations.len() >= ALIKE);
    let mut items = Vec::new();
    for operation in operations {
        let group = key(operation).filter(|key| alike.contains_key(key));
        let Some(group) = group else {
            items.push(Item {
                operations: vec![operation],
                template: None,
            });
            continue;
        };
        // The first of them has told for all.
        let told = alike.get_mut(&group).map(std::mem::take);
        if let Some(operations) = told.filter(|operations| !operations.is_empty()) {
            items.push(Item {
                operations,
                template: Some(group.0),
            });
        }
    }
    items
}
