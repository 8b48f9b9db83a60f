//! A *section* lists the operations of a plan with the same cause. Users with the same changes from
//! their template are grouped.
//!
//! Sections are sorted by urgency. Without Git history the causes are unknown, so there is one section
//! without a name.

use super::{document::Heading, labels};
use crate::{
    model::{Change, Commit, Name, Value},
    plan::{Action, Cause, Operation, Plan, Summary},
};
use std::{borrow::Cow, collections::BTreeMap};

/// The number of users from which identical changes are grouped under their template.
const GROUP_THRESHOLD: usize = 3;

/// The operations with one cause.
pub(super) struct Section<'p> {
    /// The cause; none without history.
    pub(super) cause: Option<Cause>,
    /// The items, in the order of the plan.
    pub(super) items: Vec<Item<'p>>,
}

/// An operation, or a group of users with the same changes from their template.
pub(super) struct Item<'p> {
    /// The single operation, or the operations of the group.
    pub(super) operations: Vec<&'p Operation>,
    /// The template of the group; none for a single operation.
    pub(super) template: Option<&'p str>,
}

impl<'p> Item<'p> {
    /// The first operation, which represents the group.
    pub(super) fn first(&self) -> &'p Operation {
        self.operations[0]
    }

    /// The title: `users/eve`, or `template desk-user`.
    pub(super) fn title(&self) -> String {
        self.template.map_or_else(
            || self.first().address.to_string(),
            |template| format!("template {template}"),
        )
    }

    /// The commit of the operation, or of all operations of the group.
    pub(super) fn commit(&self) -> Option<&'p Commit> {
        let commit = self.first().commit.as_ref()?;
        let mut all = self.operations.iter();
        all.all(|other| other.commit.as_ref() == Some(commit))
            .then_some(commit)
    }

    /// The notes after the title: what happens, the declaration's place, and the commit.
    pub(super) fn notes(&self) -> Vec<String> {
        let first = self.first();
        let commit = self.commit();
        if self.template.is_some() {
            let users = labels::counted(self.operations.len(), "user");
            let fields = labels::counted(first.changes.len(), "field");
            let mut notes = vec![format!("{users}, {fields}")];
            notes.extend(commit.map(|commit| labels::commit(first.action, commit)));
            return notes;
        }
        let because = (!first.notes.is_empty()).then(|| first.notes.join(", "));
        let notes = [
            labels::note(first),
            because,
            labels::place(first),
            commit.map(|commit| labels::commit(first.action, commit)),
        ];
        notes.into_iter().flatten().collect()
    }

    /// The changes, each with its cause if that differs from the operation's. What is created has no values
    /// before, not even defaults.
    pub(super) fn changes(&self) -> impl Iterator<Item = (Cow<'p, Change>, Option<Cause>)> {
        let first = self.first();
        let other = |at: usize| {
            let cause = first.causes.get(at).copied();
            cause.filter(|cause| *cause != first.cause)
        };
        let changes = first.changes.iter().enumerate();
        changes.map(move |(at, change)| {
            let change = match first.action {
                Action::Create => Cow::Owned(Change {
                    before: None,
                    ..change.clone()
                }),
                _ => Cow::Borrowed(change),
            };
            (change, other(at))
        })
    }
}

/// The sections of a plan.
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
    /// The number of operations of each action.
    pub(super) fn summary(&self) -> Summary {
        Summary::of(
            self.items
                .iter()
                .flat_map(|item| item.operations.iter().copied()),
        )
    }
}

/// A field's change, for comparison with others.
type FieldChange<'p> = (
    &'p [Name],
    Option<&'p Value>,
    Option<&'p Value>,
    Option<&'p Cause>,
);

/// The key by which operations are grouped: the template and the changes.
fn group_key(operation: &Operation) -> Option<(&str, Vec<FieldChange<'_>>)> {
    let template = operation.template.as_deref()?;
    if operation.action != Action::Update || operation.is_release {
        return None;
    }
    let changes = operation.changes.iter().enumerate().map(|(at, change)| {
        let (before, after) = (change.before.as_ref(), change.after.as_ref());
        (&*change.path, before, after, operation.causes.get(at))
    });
    Some((template, changes.collect()))
}

fn items(operations: Vec<&Operation>) -> Vec<Item<'_>> {
    let mut groups: BTreeMap<_, Vec<&Operation>> = BTreeMap::new();
    for operation in &operations {
        if let Some(key) = group_key(operation) {
            groups.entry(key).or_default().push(operation);
        }
    }
    groups.retain(|_, operations| operations.len() >= GROUP_THRESHOLD);
    let mut items = Vec::new();
    for operation in operations {
        let group = group_key(operation).filter(|key| groups.contains_key(key));
        let Some(group) = group else {
            items.push(Item {
                operations: vec![operation],
                template: None,
            });
            continue;
        };
        // The first operation of a group adds the whole group.
        let operations = groups.get_mut(&group).map(std::mem::take);
        if let Some(operations) = operations.filter(|operations| !operations.is_empty()) {
            items.push(Item {
                operations,
                template: Some(group.0),
            });
        }
    }
    items
}
