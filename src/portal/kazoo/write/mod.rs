//! *Writing* is bringing one object's documents to what they are to be, one request at a time.
//!
//! An object whose writing was cut off anywhere is finished by writing it again: what is there already is
//! left alone. As with Kazoo's own onboarding nothing is taken back when a part is refused.

mod compare;
mod contact;
mod extension;
mod group;
mod number;
mod person;
mod send;
mod trace;
mod value;

pub(super) use trace::Locks;

use super::{Kazoo, index::Index, mapping, tenant::Collection, wire};
use crate::{
    model::{Kind, Name, Value as Ours},
    portal::{Change, Error, ObjectRef, Problem, Verb, Write, Written, http::Answer},
};
use secrecy::ExposeSecret as _;
use serde_json::Value;

/// Makes one change.
pub(super) async fn write(kazoo: &Kazoo, write: &Write<'_>) -> Result<Written, Error> {
    let writer = Writer { kazoo, write };
    match write.address.kind {
        Kind::Users => writer.person().await,
        Kind::Extensions => writer.extension().await,
        Kind::Groups => writer.group().await,
        Kind::Numbers => writer.number().await,
        Kind::Contacts => writer.contact().await,
        kind @ (Kind::Scopes | Kind::Instances | Kind::Templates) => {
            Err(writer.refuse("", &format!("a Kazoo has no {kind}")))
        }
    }
}

/// One change on its way.
#[derive(Clone, Copy)]
struct Writer<'w> {
    kazoo: &'w Kazoo,
    write: &'w Write<'w>,
}

impl<'w> Writer<'w> {
    /// What the documents that were read are together.
    fn index<R>(self, ask: impl FnOnce(&Index<'_>) -> R) -> R {
        let tenant = self.kazoo.tenant();
        ask(&Index::of(&tenant))
    }

    /// Whether anything at or under a dotted path changes.
    fn changes(self, path: &str) -> bool {
        let names: Vec<&str> = path.split('.').collect();
        let touches = |change: &Change| {
            let own = change.path.iter().map(|name| &**name);
            own.zip(&names).all(|(own, name)| own == *name)
        };
        self.write.changes.iter().any(touches)
    }

    /// What is to be at a dotted path.
    fn wanted(self, path: &str) -> Option<&'w Ours> {
        self.write.target.at(path.split('.'))
    }

    fn wanted_text(self, path: &str) -> Option<&'w str> {
        self.wanted(path)?.as_text()
    }

    /// The value of a secret that is sent.
    fn secret(self, path: &str) -> Option<&'w str> {
        let path: Vec<Name> = path.split('.').map(Into::into).collect();
        let secret = self.write.secrets.get(&path);
        secret.map(|secret| secret.expose_secret())
    }

    /// The version of a secret, as it is noted beside it.
    fn version(self, path: &str) -> Option<Value> {
        match self.wanted(path)? {
            Ours::Secret(secret) => Some(secret.version.into()),
            _ => None,
        }
    }

    /// The object that is changed; none for a create.
    fn object(self) -> Option<ObjectRef<'w>> {
        match self.write.verb {
            Verb::Create => None,
            Verb::Update(object) | Verb::Delete(object) => Some(object),
        }
    }

    fn is_delete(self) -> bool {
        matches!(self.write.verb, Verb::Delete(_))
    }

    /// What a document's writing leaves behind.
    fn written(self, collection: Collection, id: &str) -> Written {
        let tenant = self.kazoo.tenant();
        let full = tenant
            .get(collection, id)
            .and_then(|known| known.full.as_ref());
        Written {
            id: id.into(),
            etag: full.and_then(|full| full.revision.as_deref().map(Into::into)),
        }
    }
}

impl Writer<'_> {
    /// A refusal, with our fields in place of Kazoo's.
    fn refused(self, collection: Collection, answer: &Answer) -> Error {
        let kind = self.write.address.kind;
        wire::refusal(answer, |at| match mapping::ours(kind, collection, &at) {
            "" => at,
            field => field.to_owned(),
        })
    }

    /// A change that can't be sent as it is.
    fn refuse(self, field: &str, reason: &str) -> Error {
        Error::Refused {
            status: 400,
            detail: "it can't be written as it is".to_owned(),
            problems: vec![Problem {
                field: field.to_owned(),
                message: reason.to_owned(),
            }],
        }
    }

    fn stale(self) -> Error {
        Error::Stale {
            what: self.write.address.to_string(),
        }
    }

    fn unknown(self, doubt: &str, more: &str) -> Error {
        let verb = match self.write.verb {
            Verb::Create => "create",
            Verb::Update(_) => "update",
            Verb::Delete(_) => "delete",
        };
        Error::Unknown {
            what: format!("the {verb} of {}", self.write.address),
            reason: format!("{doubt}; {more}"),
        }
    }
}
