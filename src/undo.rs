//! *Undoing*: the plan that takes back what an apply did, as far as that can be known and done.

use crate::{
    apply::Outcome,
    journal::Replay,
    model::{Capabilities, Fields, Name, Shape, Value},
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
pub fn undo(replay: &Replay, capabilities: &Capabilities) -> Undo {
    let mut undo = Undo::default();
    let mut operations = Vec::new();
    let done = replay
        .operations
        .iter()
        .zip(&replay.outcomes)
        .zip(&replay.left);
    for ((operation, outcome), left) in done {
        match outcome {
            Outcome::Unknown => undo.lost.push(format!(
                "{}: the outcome of its last change is unknown; plan again to see it",
                operation.address
            )),
            Outcome::Failed | Outcome::NotAttempted => {}
            // What a release gave up comes back with the operation that finished the change.
            Outcome::Done if operation.is_release && is_finished(replay, operation) => {}
            Outcome::Done => operations.push(inverse(
                operation,
                left.as_ref(),
                capabilities,
                &mut undo.lost,
            )),
        }
    }
    undo.plan.operations = in_order(operations, capabilities);
    undo
}

/// Whether the second half of an operation was done too.
fn is_finished(replay: &Replay, release: &Operation) -> bool {
    let id = |operation: &Operation| operation.object.as_ref().map(|object| object.id.clone());
    let mut all = replay.operations.iter().zip(&replay.outcomes);
    all.any(|(operation, outcome)| {
        !operation.is_release && id(operation) == id(release) && *outcome == Outcome::Done
    })
}

fn inverse(
    operation: &Operation,
    left: Option<&(String, Option<String>)>,
    capabilities: &Capabilities,
    lost: &mut Vec<String>,
) -> Operation {
    let shape = operation.address.kind.shape();
    let blank = Operation {
        after: Vec::new(),
        commit: None,
        origin: None,
        notes: Vec::new(),
        is_release: false,
        is_in_place_of_delete: false,
        ..operation.clone()
    };
    let now = left.map(|(id, etag)| (Box::from(&**id), etag.as_deref().map(Box::from)));
    match (operation.action, &operation.object) {
        (Action::Create, _) => {
            let (id, etag) = now.unwrap_or_default();
            let key = capabilities.portal_key(&operation.address, &operation.target);
            let key = key.into();
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
                    messages: 0,
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
                "{} is recreated, but its secrets, messages and other portal data can't be restored",
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
            let held = without_origins(shape, &operation.target);
            let (target, secrets) = restorable(shape, &before, &held);
            lost.extend(secrets.iter().map(|path| {
                let path = path.join(".");
                format!(
                    "the previous {path} of {} can't be restored",
                    operation.address
                )
            }));
            let reversed = changes(shape, &held, &target);
            let old_key = object.as_ref().map_or_else(
                || operation.address.key.clone(),
                |object| object.key.clone(),
            );
            let mut address = operation.address.clone();
            if action == Action::Rename {
                address.key = old_key;
            }
            let key = capabilities.portal_key(&operation.address, &operation.target);
            let key = key.into();
            Operation {
                address,
                action: match action {
                    Action::Deactivate => Action::Reactivate,
                    Action::Reactivate => Action::Deactivate,
                    other => other,
                },
                causes: vec![operation.cause; reversed.len()],
                changes: reversed,
                target,
                object: Some(Object {
                    id,
                    key,
                    etag,
                    messages: 0,
                    fields: held,
                }),
                ..blank
            }
        }
    }
}

/// What an object held before, with the secrets that it holds now, since the earlier ones are unknown;
/// and where those are.
fn restorable(shape: &Shape, before: &Fields, held: &Fields) -> (Fields, Vec<Vec<Name>>) {
    let mut target = before.clone();
    let mut lost = Vec::new();
    for change in changes(shape, held, before) {
        let is_secret = |value: &Option<Value>| matches!(value, Some(Value::Secret(_)));
        if is_secret(&change.before) || is_secret(&change.after) {
            target.put(&change.path, change.before.clone());
            lost.push(change.path);
        }
    }
    (shape.without_defaults(target), lost)
}

/// What a portal holds after a write: the versions of secrets, not where they are kept.
fn without_origins(shape: &Shape, target: &Fields) -> Fields {
    let versions = target
        .iter()
        .map(|(name, value)| (name.clone(), version_only(value)));
    shape.without_defaults(versions.collect())
}

fn version_only(value: &Value) -> Value {
    match value {
        Value::Secret(secret) => Value::Secret(Box::new(crate::model::Secret {
            origin: None,
            version: secret.version,
        })),
        Value::Map(fields) => Value::Map(
            fields
                .iter()
                .map(|(name, value)| (name.clone(), version_only(value)))
                .collect(),
        ),
        other => other.clone(),
    }
}
