//! A *saved plan* is a plan in a file: what was reviewed, so that it and nothing else is applied.
//!
//! It holds no secret, only where secrets are kept. A digest over its operations and what they were
//! planned against tells a file that was changed or cut short.

use crate::{
    model::{Address, Change, Commit, Fields, Name, Secret, SecretOrigin, Value},
    plan::{Action, Cause, Object, Operation, Plan},
    render::document::Heading,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};
use sha2::{Digest as _, Sha256};

/// The version of the format; a reader refuses another first number.
const FORMAT_VERSION: &str = "1.0";

/// What stands in JSON for a reference to a secret; no field's name begins with a dollar sign.
const SECRET: &str = "$secret";

/// A plan in a file.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SavedPlan {
    /// The version of this format: `1.0`.
    pub format_version: String,
    /// A digest over `blocked` and `operations`.
    pub digest: String,
    /// The workspace that it is a plan of, as seen from where the plan was made.
    pub folder: String,
    /// Which workspace, which portal, which commits.
    pub heading: Heading,
    /// Whether a finding blocked it; then it can't be applied.
    pub blocked: bool,
    /// What would be done, in order.
    pub operations: Vec<SavedOperation>,
}

/// One operation in a file.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SavedOperation {
    /// The resource.
    pub address: Address,
    /// What is done to it.
    pub action: Action,
    /// Why.
    pub cause: Cause,
    /// Why each field changes.
    pub causes: Vec<Cause>,
    /// The commit that asks for it: id, author and summary.
    pub commit: Option<[String; 3]>,
    /// The fields that change.
    pub changes: Vec<SavedChange>,
    /// What the resource will hold.
    pub target: Json,
    /// The live object.
    pub object: Option<SavedObject>,
    /// The operations that must be done first, by their place, counted from 0.
    pub after: Vec<usize>,
    /// Whether it only gives a value up for a while.
    pub temporary_release: bool,
    /// The template that the resource is built from.
    pub template: Option<String>,
}

/// One field that changes, in a file.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SavedChange {
    /// Its path.
    pub path: Vec<String>,
    /// What it held, or null.
    pub before: Json,
    /// What it will hold, or null.
    pub after: Json,
}

/// A live object in a file, as it was when the plan was made.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SavedObject {
    /// The portal's own name for it.
    pub id: String,
    /// Its key.
    pub key: String,
    /// Its version.
    pub etag: Option<String>,
    /// What it held.
    pub fields: Json,
}

/// Why a file is no plan that can be applied.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not JSON, or not of this form.
    #[error("it is not a saved plan: {0}")]
    Form(#[from] serde_json::Error),
    /// Of a format that this version can't read.
    #[error("it has the format {0}, and this version reads {FORMAT_VERSION}; plan again")]
    Version(String),
    /// Its digest doesn't fit what it holds.
    #[error("it was changed or cut short since it was saved: its digest doesn't fit; plan again")]
    Digest,
    /// It can't be meant.
    #[error("it is not a saved plan: {0}")]
    Content(String),
}

impl SavedPlan {
    /// A plan as it is saved.
    #[must_use]
    pub fn of(plan: &Plan, heading: &Heading, folder: &str) -> Self {
        let operations: Vec<SavedOperation> =
            plan.operations.iter().map(SavedOperation::of).collect();
        let blocked = plan.is_blocked();
        Self {
            format_version: FORMAT_VERSION.to_owned(),
            digest: digest(blocked, &operations),
            folder: folder.to_owned(),
            heading: heading.clone(),
            blocked,
            operations,
        }
    }

    /// Reads a saved plan, and refuses one that isn't whole.
    ///
    /// # Errors
    /// The text is no saved plan, one of another format, or one that was changed.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let json: Json = serde_json::from_str(text)?;
        let version = json["format_version"].as_str().unwrap_or_default();
        if version.split('.').next() != FORMAT_VERSION.split('.').next() {
            return Err(Error::Version(version.chars().take(20).collect()));
        }
        let saved: Self = serde_json::from_value(json)?;
        if saved.digest != digest(saved.blocked, &saved.operations) {
            return Err(Error::Digest);
        }
        let count = saved.operations.len();
        let backwards =
            |(at, one): (usize, &SavedOperation)| one.after.iter().all(|first| *first < at);
        if count > 0 && !saved.operations.iter().enumerate().all(backwards) {
            return Err(Error::Content(
                "an operation waits for a later one".to_owned(),
            ));
        }
        Ok(saved)
    }

    /// The operations, as a plan has them.
    ///
    /// # Errors
    /// A value can't be meant.
    pub fn operations(&self) -> Result<Vec<Operation>, Error> {
        self.operations
            .iter()
            .map(SavedOperation::restore)
            .collect()
    }

    /// The objects that it touches, by the keys that the portal knows them by; what it makes too, since
    /// that may be there by now.
    #[must_use]
    pub fn objects(&self) -> Vec<Address> {
        let objects = self.operations.iter().map(|operation| {
            let object = operation.object.as_ref();
            let key = object.map_or(&*operation.address.key, |object| &*object.key);
            Address::new(operation.address.kind, key)
        });
        objects.collect()
    }
}

impl SavedOperation {
    /// An operation as it is saved.
    #[must_use]
    pub fn of(operation: &Operation) -> Self {
        let Operation {
            address,
            action,
            cause,
            causes,
            commit,
            changes,
            target,
            object,
            after,
            is_release,
            template,
            origin: _,
        } = operation;
        let optional = |value: &Option<Value>| value.as_ref().map_or(Json::Null, save);
        Self {
            address: address.clone(),
            action: *action,
            cause: *cause,
            causes: causes.clone(),
            commit: commit
                .as_ref()
                .map(|one| [one.id.clone(), one.author.clone(), one.summary.clone()]),
            changes: changes
                .iter()
                .map(|change| SavedChange {
                    path: change.path.iter().map(|name| name.to_string()).collect(),
                    before: optional(&change.before),
                    after: optional(&change.after),
                })
                .collect(),
            target: save_fields(target),
            object: object.as_ref().map(|object| SavedObject {
                id: object.id.to_string(),
                key: object.key.to_string(),
                etag: object.etag.as_deref().map(str::to_owned),
                fields: save_fields(&object.fields),
            }),
            after: after.clone(),
            temporary_release: *is_release,
            template: template.as_deref().map(str::to_owned),
        }
    }

    /// The operation, as a plan has it.
    ///
    /// # Errors
    /// A value can't be meant.
    pub fn restore(&self) -> Result<Operation, Error> {
        let optional = |json: &Json| (!json.is_null()).then(|| restore(json)).transpose();
        let change = |change: &SavedChange| -> Result<Change, Error> {
            Ok(Change {
                path: change.path.iter().map(|name| Name::from(&**name)).collect(),
                before: optional(&change.before)?,
                after: optional(&change.after)?,
            })
        };
        let object = |object: &SavedObject| -> Result<Object, Error> {
            Ok(Object {
                id: (&*object.id).into(),
                key: (&*object.key).into(),
                etag: object.etag.as_deref().map(Into::into),
                fields: restore_fields(&object.fields)?,
            })
        };
        if self.changes.iter().any(|change| change.path.is_empty()) {
            return Err(Error::Content("a change has no path".to_owned()));
        }
        Ok(Operation {
            address: self.address.clone(),
            action: self.action,
            cause: self.cause,
            causes: self.causes.clone(),
            commit: self.commit.clone().map(|[id, author, summary]| Commit {
                id,
                author,
                summary,
            }),
            changes: self.changes.iter().map(change).collect::<Result<_, _>>()?,
            target: restore_fields(&self.target)?,
            object: self.object.as_ref().map(object).transpose()?,
            after: self.after.clone(),
            is_release: self.temporary_release,
            template: self.template.as_deref().map(Into::into),
            origin: None,
        })
    }
}

/// A digest over all that decides what is done.
fn digest(blocked: bool, operations: &[SavedOperation]) -> String {
    let bytes = serde_json::to_vec(&(blocked, operations)).expect("a plan is plain data");
    let digest = Sha256::digest(bytes);
    digest.iter().fold("sha256:".to_owned(), |hex, byte| {
        hex + &format!("{byte:02x}")
    })
}

fn save(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(value) => (*value).into(),
        Value::Integer(number) => (*number).into(),
        Value::Text(text) => (&**text).into(),
        Value::List(list) => list.iter().map(save).collect(),
        Value::Map(fields) => save_fields(fields),
        Value::Secret(secret) => json!({ SECRET: secret }),
    }
}

fn save_fields(fields: &Fields) -> Json {
    fields
        .iter()
        .map(|(name, value)| (name.to_string(), save(value)))
        .collect::<Map<_, _>>()
        .into()
}

fn restore(json: &Json) -> Result<Value, Error> {
    Ok(match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => {
            let whole = number
                .as_i64()
                .ok_or_else(|| Error::Content(format!("{number} is no whole number")));
            Value::Integer(whole?)
        }
        Json::String(text) => Value::text(text),
        Json::Array(list) => Value::List(list.iter().map(restore).collect::<Result<_, _>>()?),
        Json::Object(entries) => match entries.get(SECRET) {
            Some(secret) => Value::Secret(Box::new(restore_secret(secret))),
            None => Value::Map(restore_fields(json)?),
        },
    })
}

fn restore_fields(json: &Json) -> Result<Fields, Error> {
    let entries = json
        .as_object()
        .ok_or_else(|| Error::Content("a resource is no mapping".to_owned()))?;
    entries
        .iter()
        .map(|(name, value)| Ok((Name::from(&**name), restore(value)?)))
        .collect()
}

fn restore_secret(json: &Json) -> Secret {
    let text = |name: &str| json[name].as_str().map(Box::from);
    let command = json["command"].as_array().map(|words| {
        SecretOrigin::Command(
            words
                .iter()
                .filter_map(Json::as_str)
                .map(Into::into)
                .collect(),
        )
    });
    let origin = command
        .or_else(|| text("env").map(SecretOrigin::Env))
        .or_else(|| text("file").map(SecretOrigin::File));
    let version = json["version"]
        .as_u64()
        .and_then(|version| u32::try_from(version).ok());
    Secret {
        origin,
        version: version.unwrap_or(0),
    }
}
