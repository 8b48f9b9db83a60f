//! A request *body* creates or changes an object: a merge patch (RFC 7386) on the object, which is empty for
//! a new one.
//!
//! The result is validated as a whole, all errors are reported at once, and it is converted to canonical
//! form. Of secrets, only a hash is kept.

use super::{
    object::{Draft, READ_ONLY, Row},
    problem::{Code, FieldError, Problem, Reason},
};
use crate::{
    model::{Field, Kind, Shape},
    profile::Profile,
    schema::check_json,
};
use serde_json::{Map, Value};

/// The result of applying a body to an object.
pub(super) struct Outcome {
    pub(super) draft: Draft,
    /// Whether the body contains a secret, which counts as a change although nothing stored differs.
    pub(super) sends_secret: bool,
    /// The secrets that the body contains, by path.
    pub(super) secrets: Vec<(String, String)>,
}

/// What a body does to an object.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// A merge patch changes it; without an object it creates one.
    Merge,
    /// The body replaces it: what is left out is lost.
    Replace,
}

/// Applies `patch` to `before`, or to a new object.
pub(super) fn outcome(
    profile: &'static Profile,
    kind: Kind,
    before: Option<&Row<'_>>,
    mode: Mode,
    mut patch: Map<String, Value>,
) -> Result<Outcome, Problem> {
    let key_field = profile.key_field(kind);
    for name in READ_ONLY {
        patch.remove(name);
    }
    let shape = profile.shape(kind);
    let mut object = match before {
        Some(row) => row.written()?,
        None => Value::Object(Map::new()),
    };
    if let (Mode::Replace, Value::Object(object)) = (mode, &object) {
        clear_omitted(shape, object, &mut patch);
    }
    if let (Shape::Variants { tag, .. }, Value::Object(object)) = (shape, &mut object) {
        change_type(shape, tag, object, &patch);
    }
    let late = profile
        .habits
        .create_without
        .get(&kind)
        .filter(|_| before.is_none());
    let late: Vec<FieldError> = late
        .into_iter()
        .flatten()
        .filter(|field| patch.get(*field).is_some_and(|value| !value.is_null()))
        .map(|field| {
            let message = format!("can be set only on a {} that exists", kind.singular());
            FieldError::new(field.as_str(), Code::Invalid, message)
        })
        .collect();
    let mut merging = Merging::default();
    merging.merge(Some(shape), &mut object, Value::Object(patch), "");
    let Merging {
        mut errors,
        sends_secret,
        secrets,
    } = merging;
    let Value::Object(mut object) = object else {
        return Err(Problem::new(Reason::Invalid, "Expected an object."));
    };
    errors.extend(late);
    let key = object.remove(key_field);
    drop_unknown(shape, &mut object, "", &mut errors);
    if let Some(key) = key {
        object.insert(key_field.to_owned(), key);
    }
    if let Some(profile) = profile.kinds.get(&kind) {
        for (field, default) in &profile.defaults {
            let set = object.entry(field).or_insert(Value::Null);
            if set.is_null() {
                *set = Value::from(default.as_str());
            }
        }
    }
    let object = Value::Object(object);
    errors.extend(check_json(profile, kind, &object).into_iter().map(|error| {
        let code = if is_there(&object, &error.field) {
            Code::Invalid
        } else {
            Code::Required
        };
        FieldError::new(error.field, code, error.message)
    }));
    if !errors.is_empty() {
        return Err(Problem::invalid(Reason::Invalid, errors));
    }
    let key = object[key_field].as_str().unwrap_or_default();
    let key = (profile.key_format(kind).canonical)(key).into();
    let fields = shape.read(&object).map_err(|error| {
        let message = error.to_string();
        let field = message.split(':').next().unwrap_or_default().to_owned();
        Problem::invalid(
            Reason::Invalid,
            vec![FieldError::new(field, Code::Invalid, message)],
        )
    })?;
    let draft = Draft::new(profile, kind, key, fields)?;
    Ok(Outcome {
        draft,
        sends_secret,
        secrets,
    })
}

/// Turns the body of a replacement into a merge patch: clears what it leaves out. A secret that is sent back as
/// it was read keeps its value.
fn clear_omitted(shape: &Shape, object: &Map<String, Value>, patch: &mut Map<String, Value>) {
    for (name, before) in object {
        let field = shape.field_of_any_type(name);
        match (
            before,
            patch.get_mut(name),
            field.map(|field| field.shape.strict()),
        ) {
            (_, None, _) => {
                patch.insert(name.clone(), Value::Null);
            }
            (_, Some(_), Some(Shape::Secret)) => {}
            (Value::Object(before), Some(Value::Object(after)), Some(Shape::Map { .. })) => {
                let omitted = before.keys().filter(|key| !after.contains_key(*key));
                let omitted: Vec<String> = omitted.cloned().collect();
                after.extend(omitted.into_iter().map(|key| (key, Value::Null)));
            }
            (Value::Object(before), Some(Value::Object(after)), Some(shape)) => {
                clear_omitted(shape, before, after);
            }
            _ => {}
        }
    }
}

/// Changes the type of an extension: keeps the fields that both types have and drops the others.
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

/// The state of a merge.
#[derive(Default)]
struct Merging {
    errors: Vec<FieldError>,
    sends_secret: bool,
    secrets: Vec<(String, String)>,
}

impl Merging {
    fn merge(&mut self, shape: Option<&Shape>, target: &mut Value, patch: Value, path: &str) {
        let shape = shape.map(Shape::strict);
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

    /// Replaces a secret instead of merging it, so that a new value needs a new version.
    fn secret(&mut self, target: &mut Value, mut sent: Map<String, Value>, path: &str) {
        let value = sent.remove("value").filter(|value| !value.is_null());
        let version = sent.remove("version").filter(|version| !version.is_null());
        if !sent.is_empty() {
            // Unknown fields aren't named, since they may be the secret.
            let message = "a secret has only `value` and `version`";
            self.errors
                .push(FieldError::new(path, Code::Invalid, message));
        }
        let Some(value) = value else {
            // Sending back what was read changes nothing.
            if version.is_none() || target.get("version") != version.as_ref() {
                let message = "a new version of a secret needs its value";
                let field = join(path, "value");
                self.errors
                    .push(FieldError::new(field, Code::Required, message));
            }
            return;
        };
        self.sends_secret = true;
        let text = value.as_str().unwrap_or_default().to_owned();
        self.secrets.push((path.to_owned(), text));
        let version = version.unwrap_or_else(|| 1.into());
        let mut secret = Map::new();
        secret.insert("value".to_owned(), value);
        secret.insert("version".to_owned(), version);
        *target = Value::Object(secret);
    }
}

/// The fields of an object's record; none if its type is unknown.
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

/// Removes unknown fields and reports each of them; the schema would report them as one error.
fn drop_unknown(
    shape: &Shape,
    object: &mut Map<String, Value>,
    path: &str,
    errors: &mut Vec<FieldError>,
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
                errors.push(FieldError::new(path, Code::Unknown, "unknown field"));
            }
            Some(field) => {
                if let Some(Value::Object(inner)) = object.get_mut(&name) {
                    drop_unknown(&field.shape, inner, &path, errors);
                }
            }
        }
    }
}

/// Whether an object has a field at a path such as `phones[0].mac`.
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
    use crate::sandbox::{constraints, store::Store};
    use serde_json::json;

    fn own() -> &'static Profile {
        Profile::named("sandbox")
    }

    fn sent(body: Value) -> Map<String, Value> {
        match body {
            Value::Object(body) => body,
            _ => panic!("an object is sent"),
        }
    }

    /// The body after applying `patch` to `before`, or its errors as `field code`.
    pub(in crate::sandbox) fn becomes(
        kind: Kind,
        before: Value,
        patch: Value,
    ) -> Result<Value, Vec<String>> {
        let store = Store::in_memory().unwrap();
        let summary = |problem: Problem| {
            let errors = problem.into_errors().into_iter();
            errors
                .map(|error| format!("{} {:?}", error.field, error.code).to_lowercase())
                .collect::<Vec<_>>()
        };
        store
            .write(|tx| {
                let before = outcome(own(), kind, None, Mode::Merge, sent(before))?;
                let id = tx.insert(&before.draft)?;
                let row = tx.by_id(kind, &id)?.expect("it was made");
                let after = outcome(own(), kind, Some(&row), Mode::Merge, sent(patch))?;
                constraints::check(tx, &after.draft, Some(&row))?;
                Ok(serde_json::from_str(&after.draft.body).unwrap())
            })
            .map_err(summary)
    }

    /// A user with additional fields.
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
                "scope": "simple_user", "permissions": ["e.f"], "voicemail": {"mailbox": "12"},
                "with": {"car": "3", "desk": "2"}})
        );
    }

    #[test]
    fn all_errors_are_reported_at_once() {
        let patch = json!({"email": "invalid", "last_name": null, "shoe_size": 44, "dnd": "yes",
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
    fn only_the_version_of_a_secret_is_kept() {
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
    fn an_invalid_secret_is_not_repeated() {
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
                let problem = outcome(own(), kind, None, Mode::Merge, sent(ann(body)))
                    .map(drop)
                    .unwrap_err();
                assert!(!format!("{problem:?}").contains("hunter2"), "{problem:?}");
                let errors = problem.into_errors();
                assert!(!errors.is_empty(), "{wrong}");
            }
        }
    }

    #[test]
    fn an_extension_can_change_its_type() {
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
