//! A *body* is what a client sends to make an object or to change one: a merge patch (RFC 7386) over
//! what is there, which for a new object is nothing.
//!
//! Only the result counts: it is checked whole, all its faults are told at once, and it is brought to
//! the canonical form in which objects are stored. A secret is looked at here and goes no further.

use super::{
    object::{Draft, READ_ONLY, Row},
    problem::{Code, Fault, Problem, Reason},
    store::Tx,
};
use crate::{
    model::{Field, Fields, Kind, Shape},
    schema::check_json,
};
use serde_json::{Map, Value};

/// What a body makes of an object.
pub(super) struct Outcome {
    pub(super) draft: Draft,
    /// Whether it carries a secret, which is a change though nothing stored shows it.
    pub(super) sends_secret: bool,
}

/// What becomes of `before`, or of nothing, by `patch`.
pub(super) fn outcome(
    kind: Kind,
    before: Option<&Row<'_>>,
    mut patch: Map<String, Value>,
) -> Result<Outcome, Problem> {
    for name in READ_ONLY {
        patch.remove(name);
    }
    let shape = kind.shape();
    let mut object = match before {
        Some(row) => row.written()?,
        None => Value::Object(Map::new()),
    };
    if let (Shape::Variants { tag, .. }, Value::Object(object)) = (shape, &mut object) {
        change_type(shape, tag, object, &patch);
    }
    let mut merging = Merging::default();
    merging.merge(Some(shape), &mut object, Value::Object(patch), "");
    let Merging {
        mut faults,
        sends_secret,
    } = merging;
    let Value::Object(mut object) = object else {
        return Err(Problem::new(Reason::Invalid, "An object is expected."));
    };
    let key = object.remove(kind.identity());
    drop_unknown(shape, &mut object, "", &mut faults);
    if let Some(key) = key {
        object.insert(kind.identity().to_owned(), key);
    }
    let object = Value::Object(object);
    faults.extend(check_json(kind, &object).into_iter().map(|error| {
        let code = if is_there(&object, &error.field) {
            Code::Invalid
        } else {
            Code::Required
        };
        Fault::new(error.field, code, error.message)
    }));
    if !faults.is_empty() {
        return Err(Problem::faults(Reason::Invalid, faults));
    }
    let key = object[kind.identity()].as_str().unwrap_or_default();
    let key = (kind.key_format().canonical)(key).into();
    let fields = shape.read(&object).map_err(|error| {
        let message = error.to_string();
        let field = message.split(':').next().unwrap_or_default().to_owned();
        Problem::faults(
            Reason::Invalid,
            vec![Fault::new(field, Code::Invalid, message)],
        )
    })?;
    let draft = Draft::new(kind, key, fields)?;
    Ok(Outcome {
        draft,
        sends_secret,
    })
}

/// An extension that becomes another thing keeps what both have; that it was a queue's strategy is no
/// reason to refuse the conference.
fn change_type(
    shape: &Shape,
    tag: &str,
    object: &mut Map<String, Value>,
    patch: &Map<String, Value>,
) {
    let Some(word) = patch.get(tag).filter(|word| object.get(tag) != Some(word)) else {
        return;
    };
    let mut becomes = Map::new();
    becomes.insert(tag.to_owned(), word.clone());
    let known = fields_of(shape, &becomes);
    object.retain(|name, _| {
        let keeps = known.iter().any(|field| *field.name == **name);
        keeps || shape.field_of_any_type(name).is_none()
    });
}

/// A merge under way.
#[derive(Default)]
struct Merging {
    faults: Vec<Fault>,
    sends_secret: bool,
}

impl Merging {
    fn merge(&mut self, shape: Option<&Shape>, target: &mut Value, patch: Value, path: &str) {
        let patch = match patch {
            Value::Object(patch) => patch,
            other => return *target = other,
        };
        if let Some(Shape::Secret) = shape {
            return self.secret(target, patch, path);
        }
        if !target.is_object() {
            *target = Value::Object(Map::new());
        }
        let Value::Object(target) = target else {
            return;
        };
        for (name, value) in patch {
            if value.is_null() {
                target.shift_remove(&name);
                continue;
            }
            let shape = match shape {
                Some(Shape::Map { item, .. }) => Some(&**item),
                Some(record) => record.field_of_any_type(&name).map(|field| &field.shape),
                None => None,
            };
            let path = join(path, &name);
            self.merge(
                shape,
                target.entry(name).or_insert(Value::Null),
                value,
                &path,
            );
        }
    }

    /// A secret is replaced, not merged: a new value under an old version would go unnoticed.
    fn secret(&mut self, target: &mut Value, mut sent: Map<String, Value>, path: &str) {
        let value = sent.remove("value").filter(|value| !value.is_null());
        let version = sent.remove("version").filter(|version| !version.is_null());
        if !sent.is_empty() {
            // What else is there is not named: it may be the secret.
            let message = "a secret has a `value` and a `version`, and nothing else";
            self.faults.push(Fault::new(path, Code::Invalid, message));
        }
        let Some(value) = value else {
            // Whoever sends back what was read changes nothing.
            if version.is_none() || target.get("version") != version.as_ref() {
                let message = "a new version of a secret needs its value";
                let field = join(path, "value");
                self.faults.push(Fault::new(field, Code::Required, message));
            }
            return;
        };
        self.sends_secret = true;
        let version = version.unwrap_or_else(|| 1.into());
        let mut secret = Map::new();
        secret.insert("value".to_owned(), value);
        secret.insert("version".to_owned(), version);
        *target = Value::Object(secret);
    }
}

/// The fields of the record that an object is of; none while it doesn't say of which type it is.
fn fields_of<'s>(shape: &'s Shape, object: &Map<String, Value>) -> &'s [Field] {
    match shape {
        Shape::Record(fields) => fields,
        Shape::Variants { tag, types } => {
            let word = object.get(&**tag).and_then(Value::as_str);
            let found = types.iter().find(|(known, _)| Some(&**known) == word);
            found.map_or(&[], |(_, shape)| fields_of(shape, object))
        }
        Shape::Text(_)
        | Shape::Choice(_)
        | Shape::Integer
        | Shape::Boolean
        | Shape::Secret
        | Shape::List { .. }
        | Shape::Map { .. } => &[],
    }
}

/// Takes out the fields that a record doesn't have and says so, one by one; the schema would name
/// them all in one breath.
fn drop_unknown(
    shape: &Shape,
    object: &mut Map<String, Value>,
    path: &str,
    faults: &mut Vec<Fault>,
) {
    let known = fields_of(shape, object);
    if known.is_empty() {
        return;
    }
    let names: Vec<String> = object.keys().cloned().collect();
    for name in names {
        let path = join(path, &name);
        match known.iter().find(|field| *field.name == *name) {
            None => {
                object.shift_remove(&name);
                faults.push(Fault::new(path, Code::Unknown, "there is no such field"));
            }
            Some(field) => {
                if let Some(Value::Object(inner)) = object.get_mut(&name) {
                    drop_unknown(&field.shape, inner, &path, faults);
                }
            }
        }
    }
}

/// Whether an object has the field at a path such as `phones[0].mac`.
fn is_there(object: &Value, path: &str) -> bool {
    let steps = path
        .split(['.', '['])
        .map(|step| step.trim_end_matches(']'));
    let found = steps
        .filter(|step| !step.is_empty())
        .try_fold(object, |at, step| match at {
            Value::Array(list) => list.get(step.parse::<usize>().ok()?),
            other => other.get(step),
        });
    found.is_some()
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

/// Checks what only the other objects can say: that nobody has what the draft claims, and that what
/// it newly refers to is there.
pub(super) fn check_against(
    tx: &Tx<'_>,
    draft: &Draft,
    before: Option<&Row<'_>>,
) -> Result<(), Problem> {
    let unknown = unknown_references(tx, draft, before)?;
    if !unknown.is_empty() {
        return Err(Problem::faults(Reason::Invalid, unknown));
    }
    let seq = before.map(|row| row.seq);
    let mut taken = Vec::new();
    let (kind, key) = (draft.kind, &draft.key);
    if tx
        .by_key(kind, key)?
        .is_some_and(|row| Some(row.seq) != seq)
    {
        let message = format!("{} {key} belongs to {kind}/{key}", kind.identity());
        taken.push(Fault::new(kind.identity(), Code::Taken, message));
    }
    for (at, (claim, field)) in draft.claims.iter().zip(&draft.claimed_by).enumerate() {
        let owner = if draft.claims[..at].contains(claim) {
            Some(format!("{kind}/{key} already"))
        } else {
            tx.owner(&claim.space, &claim.value, seq)?
        };
        if let Some(owner) = owner {
            let message = format!("{} {} belongs to {owner}", claim.space, claim.value);
            taken.push(Fault::new(field, Code::Taken, message));
        }
    }
    if taken.is_empty() {
        Ok(())
    } else {
        Err(Problem::faults(Reason::Taken, taken))
    }
}

/// The references that a draft has and `before` had not, to what isn't there. Destinations of calls,
/// agents and owners are free to dangle: they may name what comes later (S3.14).
fn unknown_references(
    tx: &Tx<'_>,
    draft: &Draft,
    before: Option<&Row<'_>>,
) -> Result<Vec<Fault>, Problem> {
    if draft.kind == Kind::Templates {
        return Ok(Vec::new());
    }
    let old = match before {
        Some(row) => references(
            row.kind,
            &row.kind
                .shape()
                .read(&row.written()?)
                .map_err(super::store::Error::from)?,
        ),
        None => Vec::new(),
    };
    let mut faults = Vec::new();
    for (field, kind, key) in references(draft.kind, &draft.fields) {
        let known = old
            .iter()
            .any(|(_, old, name)| (*old, name) == (kind, &key));
        if !known && tx.by_key(kind, &key)?.is_none() {
            let message = format!("there is no {} `{key}`", kind.singular());
            faults.push(Fault::new(field, Code::Unknown, message));
        }
    }
    Ok(faults)
}

/// The references to what a resource is built on: field, kind, key.
fn references(kind: Kind, fields: &Fields) -> Vec<(String, Kind, String)> {
    let mut all = Vec::new();
    kind.shape().references(fields, &mut |path, kinds, key| {
        if let [kind @ (Kind::Scopes | Kind::Groups | Kind::Instances | Kind::Templates)] = kinds {
            // A set is kept sorted, so an index would not be the one that was sent.
            let field = path.split('[').next().unwrap_or(path);
            all.push((field.to_owned(), *kind, key.to_owned()));
        }
    });
    all
}
