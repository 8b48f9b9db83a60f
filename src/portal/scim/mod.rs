//! *SCIM* is the adapter for portals with SCIM 2.0 (RFC 7643 and 7644): users, groups, and the telephony of
//! users if the portal has an extension for it.
//!
//! What a portal supports is asked first. Lists contain whole documents, and each change is one conditional
//! `PATCH`, whose result is read back if the answer doesn't contain it.

mod dialect;
mod discovery;
mod objects;
mod table;

use self::{
    dialect::Scim,
    discovery::{ASSUMED, Discovered, TELEPHONY},
    table::{
        Collection::{Groups, Users},
        TABLE,
    },
};
use super::{
    Adapter, Capabilities, Check, CredentialKind, Description, Error, Example, Progress, Target,
    Written,
    http::plain,
    rest::{CacheOf, Documents, Store, Writer},
};
use crate::model::{Kind, LiveObject};
use async_trait::async_trait;
use futures::future::{try_join, try_join_all};
use std::sync::{Arc, atomic::Ordering};

/// SCIM in the registry.
pub(super) static ADAPTER: Adapter = Adapter {
    description: Description {
        title: "SCIM 2.0",
        address: "`url:`, the base of its API",
        credentials: "`token:`, a bearer token",
        secrets: "in the record of what was applied",
        reading: "three requests to find out what the portal supports, and a page for each 200 users and 200 groups",
    },
    capabilities: |config| ASSUMED.capabilities(config.scim.as_ref()),
    mapping: || TABLE.mapping(),
    credentials: &[CredentialKind::Token("a bearer token")],
    is_embeddable: false,
    example: Example {
        portal: include_str!("example/portal.yaml"),
        people: include_str!("example/people.yaml"),
    },
    open: |target| Ok(Box::new(open(target)?)),
};

/// The adapter for a portal, which wasn't asked yet what it supports.
fn open(target: &Target) -> Result<Store<Scim>, Error> {
    let scim = Scim::new(target.scim.clone());
    let link = target.client("the base of the portal's SCIM API", "a bearer token")?;
    Ok(Store::new(scim, link))
}

/// Reads what the portal supports, unless it is known. Returns the minimum number of requests.
async fn discover(store: &Store<Scim>) -> Result<u64, Error> {
    if store.dialect.discovered.get().is_some() {
        return Ok(0);
    }
    let names = ["ServiceProviderConfig", "Schemas", "ResourceTypes"];
    let answers = try_join_all(names.map(async |name| store.read_json(&[name]).await)).await?;
    if answers[0].is_none() {
        let reason = "the portal doesn't have it (404)";
        return Err(Error::unreadable("GET /ServiceProviderConfig", reason));
    }
    let answer = |at: usize| answers[at].as_ref().unwrap_or_default();
    let found = Discovered::of([0, 1, 2].map(answer), store.dialect.extension());
    store.dialect.discovered.get_or_init(|| found);
    Ok(3)
}

/// Lists users and groups.
async fn list(store: &Store<Scim>, progress: &dyn Progress) -> Result<u64, Error> {
    let list = |of| store.load_needed(of, &[], progress);
    let groups = async {
        match store.dialect.known().has_groups() {
            true => list(Groups).await,
            false => Ok(0),
        }
    };
    let (users, groups) = try_join(list(Users), groups).await?;
    Ok(users + groups)
}

#[async_trait]
impl Documents for Store<Scim> {
    type Dialect = Scim;

    fn store(&self) -> &Self {
        self
    }

    fn supported(&self) -> Arc<Capabilities> {
        Arc::new(self.dialect.capabilities())
    }

    async fn load(&self, progress: &dyn Progress) -> Result<u64, Error> {
        let minimum = discover(self).await?;
        // Some fail when they are told how many rows a page may have.
        let fails = &self.dialect.fails_by_count;
        let pages = match list(self, progress).await {
            Err(Error::NotReady { status: 500, .. }) if !fails.swap(true, Ordering::Relaxed) => {
                list(self, progress).await
            }
            pages => pages,
        };
        Ok(minimum + pages?)
    }

    fn objects(&self, cache: &CacheOf<Scim>, kind: Kind) -> Vec<(Box<str>, LiveObject)> {
        objects::all(cache, kind, self.dialect.known())
    }

    async fn own_checks(&self) -> Result<Vec<Check>, Error> {
        discover(self).await?;
        let known = self.dialect.known();
        let telephony = match &known.telephony {
            Some(urn) => format!("in {}", plain(urn)),
            None => format!(
                "no schema of users ends with {TELEPHONY}: extensions, phones and voicemail aren't supported"
            ),
        };
        let with = "only the changed attributes are sent";
        let patch = Check::feature("patch", known.has_patch, with, "whole documents are sent");
        let with = "a lost answer is looked up with one";
        let without = "a lost answer is looked up in the whole list";
        let mut checks = vec![
            Check::passed("connection", "SCIM 2.0 answers"),
            patch,
            Check::feature("filters", known.has_filter, with, without),
            Check::passed("telephony", telephony),
        ];
        if known.missing.contains("username") {
            let detail = "/Schemas defines no users with a `userName`, so nothing can be managed";
            checks.push(Check::failed("schemas", detail));
        }
        Ok(checks)
    }

    async fn change(&self, writer: Writer<'_, Scim>) -> Result<Written, Error> {
        objects::change(writer).await
    }
}

#[cfg(test)]
mod tests;
