//! *Writing* applies a change to the documents of one object, one request at a time.
//!
//! Repeating an interrupted write completes it: documents that are already correct aren't changed. As in
//! Kazoo's own onboarding, there is no rollback if one of the requests is rejected.

mod compare;
mod contact;
mod extension;
mod fingerprint;
mod group;
mod lock;
mod number;
mod person;
mod send;
mod value;

pub(super) use lock::Locks;

use super::{Kazoo, cache::Collection, index::Index, mapping, wire};
use crate::{
    model::{Kind, Name, Value as ModelValue},
    portal::{Change, Error, ObjectRef, Problem, Verb, Write, Written, http::Answer},
};
use secrecy::ExposeSecret as _;
use serde_json::Value;

/// Applies one change.
pub(super) async fn write(kazoo: &Kazoo, write: &Write<'_>) -> Result<Written, Error> {
    let writer = Writer { kazoo, write };
    match write.address.kind {
        Kind::Users => writer.person().await,
        Kind::Extensions => writer.extension().await,
        Kind::Groups => writer.group().await,
        Kind::Numbers => writer.number().await,
        Kind::Contacts => writer.contact().await,
        kind @ (Kind::Scopes | Kind::Instances | Kind::Templates) => {
            Err(writer.refuse("", &format!("Kazoo has no {kind}")))
        }
    }
}

/// Applies one change to a Kazoo.
#[derive(Clone, Copy)]
struct Writer<'w> {
    kazoo: &'w Kazoo,
    write: &'w Write<'w>,
}

impl<'w> Writer<'w> {
    /// Queries the index of the cached documents.
    fn index<R>(self, query: impl FnOnce(&Index<'_>) -> R) -> R {
        let cache = self.kazoo.cache();
        query(&Index::of(&cache))
    }

    /// Whether the change affects a dotted path or a field below it.
    fn changes(self, path: &str) -> bool {
        let names: Vec<&str> = path.split('.').collect();
        let affects = |change: &Change| {
            let own = change.path.iter().map(|name| &**name);
            own.zip(&names).all(|(own, name)| own == *name)
        };
        self.write.changes.iter().any(affects)
    }

    /// The target value at a dotted path.
    fn target(self, path: &str) -> Option<&'w ModelValue> {
        self.write.target.at(path.split('.'))
    }

    fn target_text(self, path: &str) -> Option<&'w str> {
        self.target(path)?.as_text()
    }

    /// The value of a secret.
    fn secret(self, path: &str) -> Option<&'w str> {
        let path: Vec<Name> = path.split('.').map(Into::into).collect();
        let secret = self.write.secrets.get(&path);
        secret.map(|secret| secret.expose_secret())
    }

    /// The version of a secret, as recorded in the document.
    fn version(self, path: &str) -> Option<Value> {
        match self.target(path)? {
            ModelValue::Secret(secret) => Some(secret.version.into()),
            _ => None,
        }
    }

    /// The changed object; `None` for a create.
    fn object(self) -> Option<ObjectRef<'w>> {
        match self.write.verb {
            Verb::Create => None,
            Verb::Update(object) | Verb::Delete(object) => Some(object),
        }
    }

    fn is_delete(self) -> bool {
        matches!(self.write.verb, Verb::Delete(_))
    }

    /// The result of writing a document.
    fn written(self, collection: Collection, id: &str) -> Written {
        let cache = self.kazoo.cache();
        let full = cache
            .get(collection, id)
            .and_then(|entry| entry.document.as_ref());
        Written {
            id: id.into(),
            etag: full.and_then(|full| full.revision.as_deref().map(Into::into)),
        }
    }
}

impl Writer<'_> {
    /// Converts a refusal into an error with the model's fields.
    fn refused(self, collection: Collection, answer: &Answer) -> Error {
        let kind = self.write.address.kind;
        wire::refusal(answer, |at| {
            match mapping::model_field(kind, collection, &at) {
                "" => at,
                field => field.to_owned(),
            }
        })
    }

    /// An error for a change that Kazoo can't apply.
    fn refuse(self, field: &str, reason: &str) -> Error {
        Error::Refused {
            status: 400,
            detail: "Kazoo can't apply this change".to_owned(),
            problems: vec![Problem {
                field: field.to_owned(),
                code: String::new(),
                message: reason.to_owned(),
            }],
        }
    }

    fn stale(self) -> Error {
        Error::Stale {
            what: self.write.address.to_string(),
        }
    }

    fn unknown(self, failure: &str, look_up: &str) -> Error {
        let verb = match self.write.verb {
            Verb::Create => "create",
            Verb::Update(_) => "update",
            Verb::Delete(_) => "delete",
        };
        Error::Unknown {
            what: format!("the {verb} of {}", self.write.address),
            reason: format!("{failure}; {look_up}"),
        }
    }
}
