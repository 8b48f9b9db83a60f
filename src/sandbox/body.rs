//! A *body* is what a client sends to make an object or to change one: a merge patch (RFC 7386) over
//! what is there, which for a new object is nothing.
//!
//! Only the result counts: it is checked whole, all its faults are told at once, and it is brought to
//! the canonical form in which objects are stored. A secret is looked at here and goes no further.

use super::{
    object::{Draft, READ_ONLY, Row},
    problem::{Code, Fault, Problem, Reason},
};
use crate::{
    model::{Field, Kind, Shape},
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
        | Shape::Templated(_)
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

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::sandbox::{neighbours, store::Store};
    use serde_json::json;

    fn sent(body: Value) -> Map<String, Value> {
        match body {
            Value::Object(body) => body,
            _ => panic!("an object is sent"),
        }
    }

    /// The body of what becomes of `before` by `patch`, or its faults as `field code`.
    pub(in crate::sandbox) fn becomes(
        kind: Kind,
        before: Value,
        patch: Value,
    ) -> Result<Value, Vec<String>> {
        let store = Store::in_memory().unwrap();
        let told = |problem: Problem| {
            let faults = problem.into_faults().into_iter();
            faults
                .map(|fault| format!("{} {:?}", fault.field, fault.code).to_lowercase())
                .collect::<Vec<_>>()
        };
        store
            .write(|tx| {
                let before = outcome(kind, None, sent(before))?;
                let id = tx.insert(&before.draft)?;
                let row = tx.by_id(kind, &id)?.expect("it was made");
                let after = outcome(kind, Some(&row), sent(patch))?;
                neighbours::check(tx, &after.draft, Some(&row))?;
                Ok(serde_json::from_str(&after.draft.body).unwrap())
            })
            .map_err(told)
    }

    /// A user, and what else there is of her.
    pub(in crate::sandbox) fn ann(more: Value) -> Value {
        let mut ann = sent(
            json!({"username": "ann", "first_name": "Ann", "last_name": "Lee",
            "email": "ann@acme.example"}),
        );
        ann.extend(sent(more));
        Value::Object(ann)
    }

    #[test]
    fn a_patch_merges_records_and_maps_and_replaces_lists() {
        let before = ann(json!({"voicemail": {"mailbox": "12", "enabled": false},
            "with": {"did": "1", "desk": "2"}, "permissions": ["a.b", "c.d"], "title": "Cook"}));
        let patch = json!({"voicemail": {"enabled": null}, "with": {"did": null, "car": "3"},
            "permissions": ["e.f"], "title": null, "dnd": false, "id": "x", "etag": 1,
            "system": true, "voicemail_messages": "many"});
        assert_eq!(
            becomes(Kind::Users, before, patch).unwrap(),
            json!({"first_name": "Ann", "last_name": "Lee", "email": "ann@acme.example",
                "permissions": ["e.f"], "voicemail": {"mailbox": "12"},
                "with": {"car": "3", "desk": "2"}})
        );
    }

    #[test]
    fn every_fault_is_told_at_once() {
        let patch = json!({"email": "nobody", "last_name": null, "shoe_size": 44, "dnd": "yes",
            "voicemail": {"song": 1}, "extension": "1",
            "phones": [{"mac": "00:15:65:aa:bb:cc"}]});
        assert_eq!(
            becomes(Kind::Users, ann(json!({})), patch).unwrap_err(),
            [
                "dnd invalid",
                "email invalid",
                "extension invalid",
                "last_name required",
                "phones[0].model required",
                "shoe_size unknown",
                "voicemail.song unknown",
            ]
        );
    }

    #[test]
    fn of_a_secret_only_the_version_is_kept() {
        let password = |becomes: Value| becomes["password"].clone();
        let before = || ann(json!({"password": {"value": "hunter2"}}));
        let after = |patch| becomes(Kind::Users, before(), patch);
        assert_eq!(
            password(after(json!({})).unwrap()),
            json!({"version": 1}),
            "an absent version is 1"
        );
        let patch = json!({"password": {"value": "hunter3", "version": 5}});
        assert_eq!(password(after(patch).unwrap()), json!({"version": 5}));
        let read_back = json!({"password": {"version": 1}});
        assert_eq!(password(after(read_back).unwrap()), json!({"version": 1}));
        assert_eq!(
            password(after(json!({"password": null})).unwrap()),
            json!(null)
        );
    }

    #[test]
    fn a_secret_that_is_wrong_is_not_repeated() {
        let long = "hunter2".repeat(200);
        for wrong in [
            json!("hunter2"),
            json!({"hunter2": 1}),
            json!({"value": 7, "hunter2": {}}),
            json!({"value": ["hunter2"]}),
            json!({"value": long}),
            json!({"value": "x", "version": "hunter2"}),
            json!({"version": 2}),
            json!(["hunter2"]),
        ] {
            for body in [
                json!({"password": wrong}),
                json!({"voicemail": {"pin": wrong}}),
            ] {
                let kind = Kind::Users;
                let problem = outcome(kind, None, sent(ann(body))).map(drop).unwrap_err();
                assert!(!format!("{problem:?}").contains("hunter2"), "{problem:?}");
                let faults = problem.into_faults();
                assert!(!faults.is_empty(), "{wrong}");
            }
        }
    }

    #[test]
    fn an_extension_becomes_another_thing() {
        let queue = json!({"number": "2000", "kind": "call_queue", "name": "Sales",
            "strategy": "random", "record": true});
        let room = json!({"kind": "conference", "max_members": 5});
        assert_eq!(
            becomes(Kind::Extensions, queue.clone(), room).unwrap(),
            json!({"kind": "conference", "name": "Sales", "record": true, "max_members": 5})
        );
        let mixed = json!({"kind": "conference", "strategy": "random"});
        let refused = becomes(Kind::Extensions, queue, mixed).unwrap_err();
        assert_eq!(refused, ["strategy unknown"]);
    }
}
