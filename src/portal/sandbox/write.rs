//! A *write* sends one change. After an ambiguous answer it reads the object, and repeats the request
//! until the outcome is known or can't be determined.
//!
//! A retry is safe even if the first request arrives late: a create conflicts with its own key, and updates
//! and deletes are conditional on the version.

use super::{
    super::{
        Error, ObjectRef, Verb, Write, Written,
        http::{Answer, Client, Failure, Request},
    },
    body,
    wire::{self, Row, agrees},
};
use crate::model::{Fields, Kind, Name, Record, Value};
use reqwest::Method;

/// The maximum number of attempts for one change.
const TRIES: u32 = 3;

/// The state of the object after an ambiguous answer.
enum Found {
    /// The change was applied.
    Applied(Written),
    /// The object is unchanged.
    NotApplied,
    /// Another client has changed the object.
    Changed,
    /// The object differs, and its author can't be determined.
    Unclear,
}

/// Applies one change.
pub(super) async fn write(client: &Client, write: &Write<'_>) -> Result<Written, Error> {
    let mut last_failure = None;
    for _ in 0..TRIES {
        let refusal = match send(client, write).await {
            Ok(written) => return Ok(written),
            Err(Failure::NotDone(error)) if last_failure.is_none() => return Err(error),
            // After an ambiguous answer even a refusal may be caused by the same change: a create conflicts
            // with itself (409), an update with the version that it created (412).
            Err(Failure::NotDone(error)) => Some(error),
            Err(Failure::Ambiguous { reason }) => {
                last_failure = Some(reason);
                None
            }
        };
        let unknown = |more: &str| Error::Unknown {
            what: description(write),
            reason: format!("{}; {more}", last_failure.as_deref().unwrap_or_default()),
        };
        match (look_up(client, write).await, refusal) {
            (Ok(Found::Applied(written)), _) => return Ok(written),
            (Ok(Found::NotApplied), None) => {}
            (
                Ok(Found::NotApplied),
                Some(error @ (Error::Refused { .. } | Error::Stale { .. })),
            ) => {
                return Err(error);
            }
            // This attempt was rejected, but an earlier one may still be in progress.
            (Ok(Found::NotApplied), Some(error)) => return Err(unknown(&error.to_string())),
            (Ok(Found::Changed), _) => return Err(stale(write)),
            (Ok(Found::Unclear), _) => {
                return Err(unknown("the object now differs from the change"));
            }
            (Err(error), _) => {
                return Err(unknown(&format!("the look-up failed: {error}")));
            }
        }
    }
    Err(Error::Unknown {
        what: description(write),
        reason: format!("{}, {TRIES} times", last_failure.unwrap_or_default()),
    })
}

/// Replaces the record of a workspace. Sending it again is harmless.
pub(super) async fn record(client: &Client, workspace: &str, record: &str) -> Result<(), Error> {
    let name = Record::encoded_name(workspace);
    let path = ["v1", "records", &name];
    let what = "the record of what was applied".to_owned();
    let mut reason = String::new();
    for _ in 0..TRIES {
        let request = Request {
            body: Some(body::record(record)),
            ..Request::new(Method::PUT, &path)
        };
        match client.write(&request).await {
            Ok(Answer {
                status: 200..=204, ..
            }) => return Ok(()),
            Ok(answer) => {
                let reason = format!("the portal answered {}", answer.status);
                return Err(Error::Unreadable { what, reason });
            }
            Err(Failure::NotDone(error)) => return Err(error),
            Err(Failure::Ambiguous { reason: last }) => reason = last,
        }
    }
    Err(Error::Unknown { what, reason })
}

/// Sends a change once.
async fn send(client: &Client, write: &Write<'_>) -> Result<Written, Failure> {
    let kind = write.address.kind;
    let at = |id| ["v1", kind.name(), id];
    let request = match write.verb {
        Verb::Create => {
            Request::new(Method::POST, &["v1", kind.name()]).with_body(body::create(write))
        }
        Verb::Update(object) => Request::new(Method::PATCH, &at(object.id))
            .with_if_match(object.etag)
            .with_body(body::update(write, object)),
        Verb::Delete(object) => {
            Request::new(Method::DELETE, &at(object.id)).with_if_match(object.etag)
        }
    };
    let answer = client.write(&request).await?;
    interpret(&answer, write)
}

/// Interprets the portal's answer to a change.
fn interpret(answer: &Answer, write: &Write<'_>) -> Result<Written, Failure> {
    match (write.verb, answer.status) {
        (Verb::Delete(object), 200 | 204 | 404 | 410) => Ok(deleted(object)),
        (Verb::Create, 200 | 201) | (Verb::Update(_), 200) => {
            let row = wire::row(write.address.kind, &answer.body);
            // The parser's message is dropped: it would quote the answer, which may contain a secret.
            row.map(written).map_err(|_message| Failure::Ambiguous {
                reason: "the answer is invalid".to_owned(),
            })
        }
        (_, 200..=299) => Err(Failure::Ambiguous {
            reason: format!("the answer was {}", answer.status),
        }),
        (_, 412) | (Verb::Update(_), 404 | 410) => Err(Failure::NotDone(stale(write))),
        _ => Err(Failure::NotDone(answer.refusal())),
    }
}

/// Looks up the outcome of a change.
async fn look_up(client: &Client, write: &Write<'_>) -> Result<Found, Error> {
    let kind = write.address.kind;
    let was_sent = |path: &[Name]| write.secrets.contains_key(path);
    match write.verb {
        Verb::Create => {
            let Some((key, object)) = by_key(client, write).await? else {
                return Ok(Found::NotApplied);
            };
            let is_applied = agrees(
                Some(&persistent(write, &object.fields)),
                &persistent(write, write.target),
                &was_sent,
                &mut Vec::new(),
            );
            Ok(match is_applied {
                true => Found::Applied(written((key, object))),
                false => Found::Unclear,
            })
        }
        Verb::Update(before) => {
            let Some((key, object)) = by_id(client, write, before).await? else {
                return Ok(Found::Changed);
            };
            let is_applied = has_key(kind, &key, body::identity(write))
                && write.changes.iter().all(|change| {
                    let found = object.fields.at(change.path.iter().map(|name| &**name));
                    let is_persistent = change
                        .path
                        .first()
                        .is_some_and(|name| is_persistent(write, name));
                    match &change.after {
                        _ if !is_persistent => true,
                        Some(after) => agrees(found, after, &was_sent, &mut change.path.clone()),
                        None => found.is_none(),
                    }
                });
            Ok(match (is_applied, before.etag) {
                (true, _) => Found::Applied(written((key, object))),
                (false, None) => Found::Unclear,
                (false, etag) if etag == object.etag.as_deref() => Found::NotApplied,
                (false, Some(_)) => Found::Changed,
            })
        }
        Verb::Delete(before) => Ok(match by_id(client, write, before).await? {
            None => Found::Applied(deleted(before)),
            Some((_, object))
                if before
                    .etag
                    .is_none_or(|etag| object.etag.as_deref() == Some(etag)) =>
            {
                Found::NotApplied
            }
            Some(_) => Found::Changed,
        }),
    }
}

/// Finds the object by the key of a create. The result is verified, since a portal may ignore the query.
async fn by_key(client: &Client, write: &Write<'_>) -> Result<Option<Row>, Error> {
    let kind = write.address.kind;
    let identity = body::identity(write);
    let path = ["v1", kind.name()];
    let query = [(kind.identity(), identity)];
    let request = Request::new(Method::GET, &path).with_query(&query);
    let unreadable = || Error::Unreadable {
        what: format!("the look-up of {}", write.address),
        reason: "the answer is a different object".to_owned(),
    };
    let answer = client.read(&request).await?.ok_or_else(unreadable)?;
    let mut rows = wire::rows(kind, &answer.body).map_err(|_message| unreadable())?;
    let found = rows.pop();
    let has_requested_key = |(key, _): &Row| has_key(kind, key, identity);
    if rows.is_empty() && found.as_ref().is_none_or(has_requested_key) {
        Ok(found)
    } else {
        Err(unreadable())
    }
}

async fn by_id(
    client: &Client,
    write: &Write<'_>,
    object: ObjectRef<'_>,
) -> Result<Option<Row>, Error> {
    let kind = write.address.kind;
    let path = ["v1", kind.name(), object.id];
    let Some(answer) = client.read(&Request::new(Method::GET, &path)).await? else {
        return Ok(None);
    };
    let row = wire::row(kind, &answer.body)
        .ok()
        .filter(|(_, found)| *found.id == *object.id);
    row.map(Some).ok_or_else(|| Error::Unreadable {
        what: format!("the look-up of {}", write.address),
        reason: "the answer is a different object".to_owned(),
    })
}

/// Whether a key equals the requested one, literally or in its canonical form.
fn has_key(kind: Kind, key: &str, requested: &str) -> bool {
    key == requested || *key == *(kind.key_format().canonical)(requested)
}

/// The fields that can be read back: neither those that are only used at creation, nor the key, which is
/// compared separately.
fn persistent(write: &Write<'_>, fields: &Fields) -> Value {
    let kept = fields.iter().filter(|(name, _)| is_persistent(write, name));
    Value::Map(
        kept.map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
    )
}

fn is_persistent(write: &Write<'_>, name: &str) -> bool {
    let kind = write.address.kind;
    let field = kind.shape().field_of_any_type(name);
    name != kind.identity() && field.is_none_or(|field| !field.create_only)
}

fn written((_, object): Row) -> Written {
    Written {
        id: object.id,
        etag: object.etag,
    }
}

fn deleted(object: ObjectRef<'_>) -> Written {
    Written {
        id: object.id.into(),
        etag: None,
    }
}

fn description(write: &Write<'_>) -> String {
    let verb = match write.verb {
        Verb::Create => "create",
        Verb::Update(_) => "update",
        Verb::Delete(_) => "delete",
    };
    format!("the {verb} of {}", write.address)
}

fn stale(write: &Write<'_>) -> Error {
    Error::Stale {
        what: write.address.to_string(),
    }
}
