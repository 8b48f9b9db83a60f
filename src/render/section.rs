//! A *section* lists the operations of a plan with the same cause. Users with the same changes from
//! their template are grouped.
//!
//! Sections are sorted by urgency. Without Git history the causes are unknown, so there is one section
//! without a name.

use super::{document::Heading, labels};
use crate::{
    model::{Change, Name, Value},
    plan::{Action, Cause, Operation, Plan, Summary},
};
use std::collections::BTreeMap;

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

    /// The notes after the title: what happens, the declaration's place, and the commit.
    pub(super) fn notes(&self) -> Vec<String> {
        let first = self.first();
        let commit = first.commit.as_ref();
        if self.template.is_some() {
            let users = labels::counted(self.operations.len(), "user");
            let fields = labels::counted(first.changes.len(), "field");
            let commit = commit.filter(|commit| {
                let mut others = self.operations.iter();
                others.all(|other| other.commit.as_ref() == Some(commit))
            });
            let mut notes = vec![format!("{users}, {fields}")];
            notes.extend(commit.map(|commit| labels::commit(first.action, commit)));
            return notes;
        }
        let notes = [
            labels::subject(first),
            labels::note(first),
            labels::place(first),
            commit.map(|commit| labels::commit(first.action, commit)),
        ];
        notes.into_iter().flatten().collect()
    }

    /// The visible changes, each with its cause if that differs from the operation's.
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

    /// The number of changes that are omitted because they come from the template.
    pub(super) fn omitted(&self) -> usize {
        let first = self.first();
        let visible = first.changes.iter().filter(|change| is_own(first, change));
        first.changes.len() - visible.count()
    }
}

/// Whether a change is specific to its resource: for a new user with a template, whether the declaration
/// names the field. This searches the text of the declaration, so it may show a field too many, but never
/// omits one.
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
