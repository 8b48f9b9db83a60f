//! A *write* is one change on its way: sent, and after an ambiguous answer looked for, until it is
//! known what became of it or certain that nobody can know.
//!
//! Sending again is safe wherever the first sending may still arrive: a create meets its own key, an
//! update and a delete meet the version that they name.

use super::{
    super::{
        Error, ObjectRef, Verb, Write, Written,
        http::{Answer, Client, Failure, Request},
    },
    body,
    wire::{self, Row, agrees},
};
use crate::model::{Fields, Kind, Name, Value};
use reqwest::Method;

/// How often one change is sent at the most.
const TRIES: u32 = 3;

/// What is there after an ambiguous answer.
enum Found {
    /// What was to be.
    Done(Written),
    /// What was before.
    NotDone,
    /// Neither: somebody else was there.
    Changed,
    /// Something, and who made it can't be told.
    Unclear,
}

/// Makes one change.
pub(super) async fn write(client: &Client, write: &Write<'_>) -> Result<Written, Error> {
    let mut doubt = None;
    for _ in 0..TRIES {
        let clear = match send(client, write).await {
            Ok(written) => return Ok(written),
            Err(Failure::NotDone(error)) if doubt.is_none() => return Err(error),
            // After an ambiguous answer even a clear one may speak of our own change: a create meets
            // itself (409), an update meets the version that it made (412).
            Err(Failure::NotDone(error)) => Some(error),
            Err(Failure::Ambiguous { reason }) => {
                doubt = Some(reason);
                None
            }
        };
        let unknown = |more: &str| Error::Unknown {
            what: intent(write),
            reason: format!("{}; {more}", doubt.as_deref().unwrap_or_default()),
        };
        match (look(client, write).await, clear) {
            (Ok(Found::Done(written)), _) => return Ok(written),
            (Ok(Found::NotDone), None) => {}
            (Ok(Found::NotDone), Some(error @ (Error::Refused { .. } | Error::Stale { .. }))) => {
                return Err(error);
            }
            // Turned away at the door, while what was sent before may still be inside.
            (Ok(Found::NotDone), Some(error)) => return Err(unknown(&error.to_string())),
            (Ok(Found::Changed), _) => return Err(stale(write)),
            (Ok(Found::Unclear), _) => return Err(unknown("what is there now is something else")),
            (Err(error), _) => {
                return Err(unknown(&format!("and it couldn't be looked up: {error}")));
            }
        }
    }
    Err(Error::Unknown {
        what: intent(write),
        reason: format!("{}, {TRIES} times", doubt.unwrap_or_default()),
    })
}

/// Sends a change once.
async fn send(client: &Client, write: &Write<'_>) -> Result<Written, Failure> {
    let kind = write.address.kind;
    let (path, mut request): (&[&str], _) = match write.verb {
        Verb::Create => (&["v1", kind.name()], Request::new(Method::POST, &[])),
        Verb::Update(object) => (
            &["v1", kind.name(), object.id],
            Request::new(Method::PATCH, &[]),
        ),
        Verb::Delete(object) => (
            &["v1", kind.name(), object.id],
            Request::new(Method::DELETE, &[]),
        ),
    };
    request.path = path;
    match write.verb {
        Verb::Create => request.body = Some(body::create(write)),
        Verb::Update(object) => {
            request.if_match = object.etag;
            request.body = Some(body::update(write, object));
        }
        Verb::Delete(object) => request.if_match = object.etag,
    }
    let answer = client.write(&request).await?;
    understand(&answer, write)
}

/// What a portal's own answer means for a change.
fn understand(answer: &Answer, write: &Write<'_>) -> Result<Written, Failure> {
    match (write.verb, answer.status) {
        (Verb::Delete(object), 200 | 204 | 404 | 410) => Ok(gone(object)),
        (Verb::Create, 200 | 201) | (Verb::Update(_), 200) => {
            let row = wire::row(write.address.kind, &answer.body);
            // The reason is left out: it would repeat what the portal said, and that may repeat a
            // secret.
            row.map(written).map_err(|_said| Failure::Ambiguous {
                reason: "the answer can't be understood".to_owned(),
            })
        }
        (_, 200..=299) => Err(Failure::Ambiguous {
            reason: format!("the answer was {}", answer.status),
        }),
        (_, 412) | (Verb::Update(_), 404 | 410) => Err(Failure::NotDone(stale(write))),
        _ => Err(Failure::NotDone(answer.refusal())),
    }
}

/// Looks what became of a change.
async fn look(client: &Client, write: &Write<'_>) -> Result<Found, Error> {
    let kind = write.address.kind;
    let was_sent = |path: &[Name]| write.secrets.contains_key(path);
    match write.verb {
        Verb::Create => {
            let Some((key, object)) = by_key(client, write).await? else {
                return Ok(Found::NotDone);
            };
            let is_ours = agrees(
                Some(&lasting(write, &object.fields)),
                &lasting(write, write.target),
                &was_sent,
                &mut Vec::new(),
            );
            Ok(match is_ours {
                true => Found::Done(written((key, object))),
                false => Found::Unclear,
            })
        }
        Verb::Update(before) => {
            let Some((key, object)) = by_id(client, write, before).await? else {
                return Ok(Found::Changed);
            };
            let is_ours = is_named(kind, &key, body::identity(write))
                && write.changes.iter().all(|change| {
                    let there = object.fields.at(change.path.iter().map(|name| &**name));
                    let lasts = change.path.first().is_some_and(|name| lasts(write, name));
                    match &change.after {
                        _ if !lasts => true,
                        Some(after) => agrees(there, after, &was_sent, &mut change.path.clone()),
                        None => there.is_none(),
                    }
                });
            Ok(match (is_ours, before.etag) {
                (true, _) => Found::Done(written((key, object))),
                (false, None) => Found::Unclear,
                (false, etag) if etag == object.etag.as_deref() => Found::NotDone,
                (false, Some(_)) => Found::Changed,
            })
        }
        Verb::Delete(before) => Ok(match by_id(client, write, before).await? {
            None => Found::Done(gone(before)),
            Some((_, object))
                if before
                    .etag
                    .is_none_or(|etag| object.etag.as_deref() == Some(etag)) =>
            {
                Found::NotDone
            }
            Some(_) => Found::Changed,
        }),
    }
}

/// The object that has the key which a create wanted. A portal that ignores the question and answers
/// with something else is not believed.
async fn by_key(client: &Client, write: &Write<'_>) -> Result<Option<Row>, Error> {
    let kind = write.address.kind;
    let identity = body::identity(write);
    let path = ["v1", kind.name()];
    let query = [(kind.identity(), identity)];
    let request = Request {
        query: &query,
        ..Request::new(Method::GET, &path)
    };
    let unreadable = || Error::Unreadable {
        what: format!("the look-up of {}", write.address),
        reason: "it is not what was asked for".to_owned(),
    };
    let body = client.read(&request).await?.ok_or_else(unreadable)?;
    let mut rows = wire::rows(kind, &body).map_err(|_said| unreadable())?;
    let found = rows.pop();
    let is_it = |(key, _): &Row| is_named(kind, key, identity);
    if rows.is_empty() && found.as_ref().is_none_or(is_it) {
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
    let Some(body) = client.read(&Request::new(Method::GET, &path)).await? else {
        return Ok(None);
    };
    let row = wire::row(kind, &body)
        .ok()
        .filter(|(_, found)| *found.id == *object.id);
    row.map(Some).ok_or_else(|| Error::Unreadable {
        what: format!("the look-up of {}", write.address),
        reason: "it is not what was asked for".to_owned(),
    })
}

/// Whether a key is the one that was asked for, however the portal spells it.
fn is_named(kind: Kind, key: &str, asked: &str) -> bool {
    key == asked || *key == *(kind.key_format().canonical)(asked)
}

/// The fields of an object that can be found again: not those that count only while it is created, and
/// not the key, which is compared by itself.
fn lasting(write: &Write<'_>, fields: &Fields) -> Value {
    let kept = fields.iter().filter(|(name, _)| lasts(write, name));
    Value::Map(
        kept.map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
    )
}

fn lasts(write: &Write<'_>, name: &str) -> bool {
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

fn gone(object: ObjectRef<'_>) -> Written {
    Written {
        id: object.id.into(),
        etag: None,
    }
}

fn intent(write: &Write<'_>) -> String {
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
