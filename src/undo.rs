//! *Undoing*: the plan that takes back what an apply did, as far as that can be known and done.

use crate::{
    apply::Outcome,
    journal::Replay,
    model::{Change, Fields, Shape, Value},
    plan::{Action, Object, Operation, Plan, changes, in_order},
};

/// The inverse of what a journal says was done.
#[derive(Clone, Debug, Default)]
pub struct Undo {
    /// What would take it back.
    pub plan: Plan,
    /// What can't be taken back, each in one sentence without a full stop.
    pub lost: Vec<String>,
}

/// Works out the inverse of a run.
#[must_use]
pub fn undo(story: &Replay) -> Undo {
    let mut undo = Undo::default();
    let mut operations = Vec::new();
    let done = story
        .operations
        .iter()
        .zip(&story.outcomes)
        .zip(&story.left);
    for ((operation, outcome), left) in done {
        match outcome {
            Outcome::Unknown => undo.lost.push(format!(
                "{}: nobody knows whether it was done",
                operation.address
            )),
            Outcome::Failed | Outcome::NotAttempted => {}
            Outcome::Done if operation.is_release => {}
            Outcome::Done => operations.push(inverse(operation, left.as_ref(), &mut undo.lost)),
        }
    }
    undo.plan.operations = in_order(operations);
    undo
}

fn inverse(
    operation: &Operation,
    left: Option<&(String, Option<String>)>,
    lost: &mut Vec<String>,
) -> Operation {
    let shape = operation.address.kind.shape();
    let blank = Operation {
        after: Vec::new(),
        commit: None,
        origin: None,
        is_release: false,
        ..operation.clone()
    };
    let now = left.map(|(id, etag)| (Box::from(&**id), etag.as_deref().map(Box::from)));
    match (operation.action, &operation.object) {
        (Action::Create, _) => {
            let (id, etag) = now.unwrap_or_default();
            let key = operation
                .target
                .text("username")
                .unwrap_or(&operation.address.key)
                .into();
            let fields = without_origins(shape, &operation.target);
            Operation {
                action: Action::Delete,
                changes: Vec::new(),
                causes: Vec::new(),
                target: Fields::new(),
                object: Some(Object {
                    id,
                    key,
                    etag,
                    fields,
                }),
                ..blank
            }
        }
        (Action::Delete, object) => {
            let fields = object
                .as_ref()
                .map(|object| object.fields.clone())
                .unwrap_or_default();
            lost.push(format!(
                "{}: secrets, messages and whatever the portal keeps beside its fields",
                operation.address
            ));
            let target: Fields = fields
                .into_iter()
                .filter(|(_, value)| !matches!(value, Value::Secret(_)))
                .collect();
            let changes = changes(shape, &Fields::new(), &target);
            let causes = vec![operation.cause; changes.len()];
            Operation {
                action: Action::Create,
                changes,
                causes,
                target,
                object: None,
                ..blank
            }
        }
        (action, object) => {
            let before = object
                .as_ref()
                .map(|object| object.fields.clone())
                .unwrap_or_default();
            let (id, etag) = now.unwrap_or_default();
            let mut reversed: Vec<Change> = Vec::new();
            for change in &operation.changes {
                if matches!(change.after, Some(Value::Secret(_))) {
                    lost.push(format!(
                        "{}: the old {}",
                        operation.address,
                        change.path.join(".")
                    ));
                    continue;
                }
                let Change {
                    path,
                    before,
                    after,
                } = change.clone();
                reversed.push(Change {
                    path,
                    before: after,
                    after: before,
                });
            }
            let old_key = object.as_ref().map_or_else(
                || operation.address.key.clone(),
                |object| object.key.clone(),
            );
            let mut address = operation.address.clone();
            if action == Action::Rename {
                address.key = old_key;
            }
            let key = operation
                .target
                .text("username")
                .unwrap_or(&operation.address.key)
                .into();
            Operation {
                address,
                action: match action {
                    Action::Deactivate => Action::Reactivate,
                    Action::Reactivate => Action::Deactivate,
                    other => other,
                },
                causes: vec![operation.cause; reversed.len()],
                changes: reversed,
                target: before,
                object: Some(Object {
                    id,
                    key,
                    etag,
                    fields: without_origins(shape, &operation.target),
                }),
                ..blank
            }
        }
    }
}

/// What a portal holds after a write: the versions of secrets, not where they are kept.
fn without_origins(shape: &Shape, target: &Fields) -> Fields {
    let told = target
        .iter()
        .map(|(name, value)| (name.clone(), told(value)));
    shape.without_defaults(told.collect())
}

fn told(value: &Value) -> Value {
    match value {
        Value::Secret(secret) => Value::Secret(Box::new(crate::model::Secret {
            origin: None,
            version: secret.version,
        })),
        Value::Map(fields) => Value::Map(
            fields
                .iter()
                .map(|(name, value)| (name.clone(), told(value)))
                .collect(),
        ),
        other => other.clone(),
    }
}
