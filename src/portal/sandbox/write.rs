//! A *write* sends one change. A retry is safe even if the first request arrives late: a create conflicts
//! with its own key, and updates and deletes are conditional on the version.

use super::{
    super::{
        Error, ObjectRef, Verb, Write, Written,
        http::{Answer, Client, Failure, Request},
        rest::settle::{Attempt, Seen, Sent},
    },
    body,
    wire::{self, Of, Row, agrees},
};
use crate::{
    model::{Address, Change as ModelChange, Fields, Greeting, Kind, Name, Value},
    profile::{Profile, Saves},
};
use reqwest::Method;
use std::time::Duration;

/// One change.
pub(super) struct Change<'w> {
    pub(super) client: &'w Client,
    pub(super) profile: &'static Profile,
    pub(super) write: &'w Write<'w>,
}

/// A create in two steps: fields that can't be set while an object is created are set by a second write.
pub(super) struct Late {
    /// The fields of the create.
    pub(super) first: Fields,
    /// The changes of the second write.
    pub(super) changes: Vec<ModelChange>,
}

/// The two steps of a create, if it needs two.
pub(super) fn late_fields(profile: &Profile, write: &Write<'_>) -> Option<Late> {
    let late = profile.habits.create_without.get(&write.address.kind)?;
    let mut first = write.target.clone();
    let mut changes = Vec::new();
    if let Verb::Create = write.verb {
        for field in late {
            let after = first.take(field).filter(|value| *value != Value::Null);
            changes.extend(after.map(|after| ModelChange {
                path: vec![field.as_str().into()],
                before: None,
                after: Some(after),
            }));
        }
    }
    (!changes.is_empty()).then_some(Late { first, changes })
}

/// The upload of a greeting, which follows the change that names it. The portal calculates the digest.
pub(super) struct Upload {
    /// The fields without the digest.
    target: Fields,
    /// The changes without the digest.
    others: Vec<ModelChange>,
    /// The change that the upload makes.
    pub(super) digest: Vec<ModelChange>,
}

/// The upload of a greeting, if the change has one.
pub(super) fn upload(write: &Write<'_>) -> Option<Upload> {
    write.greeting?;
    let path = Greeting::DIGEST.map(Name::from);
    let after = write.target.at(Greeting::DIGEST)?.clone();
    let mut target = write.target.clone();
    target.put(&path, None);
    let mut others = write.changes.to_vec();
    others.retain(|change| *change.path != path);
    for change in &mut others {
        if let (Some(rest), Some(Value::Map(fields))) =
            (path.strip_prefix(&*change.path), &mut change.after)
        {
            fields.put(rest, None);
        }
    }
    let digest = vec![ModelChange {
        path: path.to_vec(),
        before: None,
        after: Some(after),
    }];
    Some(Upload {
        target,
        others,
        digest,
    })
}

impl Upload {
    /// The change before the upload.
    pub(super) fn first<'w>(&'w self, write: &Write<'w>) -> Write<'w> {
        Write {
            target: &self.target,
            changes: &self.others,
            greeting: None,
            ..*write
        }
    }

    /// Whether nothing but the sound changes.
    pub(super) fn is_all(
        &self,
        profile: &Profile,
        write: &Write<'_>,
        object: ObjectRef<'_>,
    ) -> bool {
        self.others.is_empty() && body::identity(profile, write) == object.key
    }
}

impl Attempt for Change<'_> {
    type Done = Written;

    async fn send(&mut self) -> Sent<Written> {
        match send(self.client, self.profile, self.write).await {
            Ok(written) => Sent::Done(written),
            Err(failure) => failure.into(),
        }
    }

    async fn look(&mut self) -> Result<Seen<Written>, Error> {
        look_up(self.client, self.profile, self.write).await
    }

    fn look_after(&self) -> Duration {
        self.client.look_after()
    }
}

/// The record in messages.
pub(super) const RECORD: &str = "the record of what was applied";

/// The replacement of a record of what was applied. Sending it again is harmless.
pub(super) struct RecordReplacement<'w> {
    pub(super) client: &'w Client,
    pub(super) name: String,
    pub(super) record: &'w str,
}

impl Attempt for RecordReplacement<'_> {
    type Done = ();

    async fn send(&mut self) -> Sent<()> {
        let path = ["v1", "records", &self.name];
        let request = Request {
            body: Some(body::record(self.record)),
            ..Request::new(Method::PUT, &path)
        };
        match self.client.write(&request).await {
            Ok(Answer {
                status: 200..=204, ..
            }) => Sent::Done(()),
            Ok(answer) => Sent::Refused(Error::unreadable(
                RECORD.to_owned(),
                format!("the portal answered {}", answer.status),
            )),
            Err(failure) => failure.into(),
        }
    }

    async fn look(&mut self) -> Result<Seen<()>, Error> {
        Ok(Seen::AsBefore)
    }

    fn look_after(&self) -> Duration {
        self.client.look_after()
    }
}

/// Sends a change once.
async fn send(client: &Client, profile: &Profile, write: &Write<'_>) -> Result<Written, Failure> {
    let kind = write.address.kind;
    let at = |id| ["v1", kind.name(), id];
    let greeting = |id| ["v1", kind.name(), id, "greeting"];
    let request = match write.verb {
        Verb::Update(object) if write.greeting.is_some() => {
            Request::new(Method::PUT, &greeting(object.id))
                .with_if_match(object.etag)
                .with_body(body::sound(write.greeting.unwrap_or_default()))
        }
        Verb::Create => {
            Request::new(Method::POST, &["v1", kind.name()]).with_body(body::create(profile, write))
        }
        Verb::Update(object) if profile.habits.saves == Saves::Whole => {
            Request::new(Method::PUT, &at(object.id))
                .with_if_match(object.etag)
                .with_body(body::replacement(profile, write))
        }
        Verb::Update(object) => Request::new(Method::PATCH, &at(object.id))
            .with_if_match(object.etag)
            .with_body(body::update(profile, write, object)),
        Verb::Delete(object) => {
            Request::new(Method::DELETE, &at(object.id)).with_if_match(object.etag)
        }
    };
    let answer = client.write(&request).await?;
    interpret(&answer, profile, write)
}

/// Interprets the portal's answer to a change.
fn interpret(answer: &Answer, profile: &Profile, write: &Write<'_>) -> Result<Written, Failure> {
    match (write.verb, answer.status) {
        (Verb::Delete(object), 200 | 204 | 404 | 410) => Ok(deleted(object)),
        (Verb::Create, 200 | 201) | (Verb::Update(_), 200) => {
            let row = wire::row(Of::new(profile, write.address.kind), &answer.body);
            // The parser's message is dropped: it would quote the answer, which may contain a secret.
            row.map(written).map_err(|_message| Failure::Ambiguous {
                reason: "the answer is invalid".to_owned(),
            })
        }
        (_, 200..=299) => Err(Failure::Ambiguous {
            reason: format!("the answer was {}", answer.status),
        }),
        (_, 412) | (Verb::Update(_), 404 | 410) => Err(Failure::NotDone(write.stale())),
        _ => Err(Failure::NotDone(answer.refusal())),
    }
}

/// Looks up the outcome of a change.
async fn look_up(
    client: &Client,
    profile: &Profile,
    write: &Write<'_>,
) -> Result<Seen<Written>, Error> {
    let kind = write.address.kind;
    let was_sent = |path: &[Name]| write.secrets.contains_key(path);
    match write.verb {
        Verb::Create => {
            let identity = body::identity(profile, write);
            let found = by_key(client, profile, write.address, identity).await?;
            let Some((key, object)) = found else {
                return Ok(Seen::AsBefore);
            };
            let is_applied = agrees(
                Some(&persistent(profile, write, &object.fields)),
                &persistent(profile, write, write.target),
                &was_sent,
                &mut Vec::new(),
            );
            Ok(match is_applied {
                true => Seen::AsWanted(written((key, object))),
                false => Seen::Unclear,
            })
        }
        Verb::Update(before) => {
            let Some((key, object)) = by_id(client, profile, write, before).await? else {
                return Ok(Seen::Otherwise);
            };
            let is_applied = has_key(profile, kind, &key, body::identity(profile, write))
                && write.changes.iter().all(|change| {
                    let found = object.fields.at(change.path.iter().map(|name| &**name));
                    let is_persistent = change
                        .path
                        .first()
                        .is_some_and(|name| is_persistent(profile, write, name));
                    match &change.after {
                        _ if !is_persistent => true,
                        Some(after) => agrees(found, after, &was_sent, &mut change.path.clone()),
                        None => found.is_none(),
                    }
                });
            Ok(match (is_applied, before.etag) {
                (true, _) => Seen::AsWanted(written((key, object))),
                (false, None) => Seen::Unclear,
                (false, etag) if etag == object.etag.as_deref() => Seen::AsBefore,
                (false, Some(_)) => Seen::Otherwise,
            })
        }
        Verb::Delete(before) => Ok(match by_id(client, profile, write, before).await? {
            None => Seen::AsWanted(deleted(before)),
            Some((_, object))
                if before
                    .etag
                    .is_none_or(|etag| object.etag.as_deref() == Some(etag)) =>
            {
                Seen::AsBefore
            }
            Some(_) => Seen::Otherwise,
        }),
    }
}

/// Finds the object by the key of a create. The result is verified, since a portal may ignore the query.
/// The object that the portal knows by a key, if there is one.
pub(super) async fn by_key(
    client: &Client,
    profile: &Profile,
    address: &Address,
    identity: &str,
) -> Result<Option<Row>, Error> {
    let kind = address.kind;
    let path = ["v1", kind.name()];
    let query = [(profile.key_field(kind), identity)];
    let request = Request::new(Method::GET, &path).with_query(&query);
    let unreadable = || Error::Unreadable {
        what: format!("the look-up of {address}"),
        reason: "the answer is a different object".to_owned(),
    };
    let answer = client.read(&request).await?.ok_or_else(unreadable)?;
    let mut rows =
        wire::rows(Of::new(profile, kind), &answer.body).map_err(|_message| unreadable())?;
    let found = rows.pop();
    let has_requested_key = |(key, _): &Row| has_key(profile, kind, key, identity);
    if rows.is_empty() && found.as_ref().is_none_or(has_requested_key) {
        Ok(found)
    } else {
        Err(unreadable())
    }
}

async fn by_id(
    client: &Client,
    profile: &Profile,
    write: &Write<'_>,
    object: ObjectRef<'_>,
) -> Result<Option<Row>, Error> {
    let kind = write.address.kind;
    let path = ["v1", kind.name(), object.id];
    let Some(answer) = client.read(&Request::new(Method::GET, &path)).await? else {
        return Ok(None);
    };
    let row = wire::row(Of::new(profile, kind), &answer.body)
        .ok()
        .filter(|(_, found)| *found.id == *object.id);
    row.map(Some).ok_or_else(|| Error::Unreadable {
        what: format!("the look-up of {}", write.address),
        reason: "the answer is a different object".to_owned(),
    })
}

/// Whether a key equals the requested one, literally or in its canonical form.
fn has_key(profile: &Profile, kind: Kind, key: &str, requested: &str) -> bool {
    key == requested || *key == *(profile.key_format(kind).canonical)(requested)
}

/// The fields that can be read back: neither those that are only used at creation, nor the key, which is
/// compared separately.
fn persistent(profile: &Profile, write: &Write<'_>, fields: &Fields) -> Value {
    let kind = profile.kinds.get(&write.address.kind);
    let is_default = |name: &str, value: &Value| {
        let default = kind.and_then(|kind| kind.defaults.get(name));
        default.is_some_and(|default| value.as_text() == Some(default))
    };
    let kept = fields
        .iter()
        .filter(|(name, value)| is_persistent(profile, write, name) && !is_default(name, value));
    Value::Map(
        kept.map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
    )
}

fn is_persistent(profile: &Profile, write: &Write<'_>, name: &str) -> bool {
    let kind = write.address.kind;
    let field = kind.shape().field_of_any_type(name);
    name != profile.key_field(kind) && field.is_none_or(|field| !field.create_only)
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
