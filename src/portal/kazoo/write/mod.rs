//! *Writing* applies a change to the documents of one object.
//!
//! As in Kazoo's own onboarding, there is no rollback if one of the requests is rejected; repeating the
//! write completes it.

mod contact;
mod extension;
mod number;
mod person;
mod roster;

use super::{
    super::{
        Error, Written,
        rest::{self, doc},
    },
    account::{Account, MEMBERS},
    dialect::Crossbar,
};
use crate::model::Kind;
use serde_json::json;

/// Applies one change to a Kazoo.
pub(super) type Writer<'w> = rest::Writer<'w, Crossbar>;

/// Applies one change.
pub(super) async fn write(writer: Writer<'_>) -> Result<Written, Error> {
    match writer.write.address.kind {
        Kind::Users => writer.person().await,
        Kind::Extensions => writer.extension().await,
        Kind::Groups => {
            let new = doc::of(json!({"endpoints": {}}));
            writer.group(&MEMBERS, new).await
        }
        Kind::Numbers => writer.number().await,
        Kind::Contacts => writer.contact().await,
        kind @ (Kind::Scopes
        | Kind::Instances
        | Kind::Locations
        | Kind::Schedules
        | Kind::Templates) => Err(writer.refuse("", &format!("Kazoo has no {kind}"))),
    }
}

impl Writer<'_> {
    /// Queries the documents that have been read.
    fn account<R>(self, query: impl FnOnce(&Account) -> R) -> R {
        query(&self.store.cache())
    }
}
