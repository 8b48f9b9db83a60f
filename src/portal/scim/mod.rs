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
    dialect::{Directory, Scim},
    discovery::{Discovered, TELEPHONY},
    table::Collection,
};
use super::{
    Adapter, Capabilities, Check, CredentialKind, Description, Error, Example, Progress, Target,
    Written, check,
    http::{Base, Client, plain},
    rest::{Documents, Store, Writer},
};
use crate::model::{Kind, LiveObject};
use async_trait::async_trait;
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
    capabilities: |config| Discovered::assumed(config.scim.as_ref()).capabilities(),
    mapping: || table::TABLE.mapping(),
    credentials: &[CredentialKind::Token("a bearer token")],
    is_embeddable: false,
    example: Example {
        portal: "portal:
  kind: scim
  url: https://portal.example/scim/v2 # the base of its API, without /Users
  credentials:
    token: { env: CALLSHEET_TOKEN }   # a bearer token
",
        people: "users:
  alice:
    first_name: Alice
    last_name: Ng
    email: alice@acme.example
    groups: [sales]
groups:
  sales: {}
",
    },
    open: |target| Ok(Box::new(ScimPortal::new(target)?)),
};

/// The adapter for a portal with SCIM.
struct ScimPortal {
    store: Store<Scim>,
}

impl ScimPortal {
    fn new(target: &Target) -> Result<Self, Error> {
        let url = target.url("the base of the portal's SCIM API")?;
        let token = target.token("a bearer token")?;
        let rate_limit = target.rate_limit.unwrap_or_default();
        let client = Client::new(Base::parse(url)?, Some(token), rate_limit)?;
        Ok(Self {
            store: Store::new(Scim::new(target.scim.clone()), client),
        })
    }

    /// Reads what the portal supports, unless it is known. Returns the minimum number of requests.
    async fn discover(&self) -> Result<u64, Error> {
        let Scim {
            discovered,
            settings,
            ..
        } = &self.store.dialect;
        if discovered.get().is_some() {
            return Ok(0);
        }
        let read = async |name| self.store.read_json(&[name]).await;
        let (config, schemas, types) = futures::try_join!(
            read("ServiceProviderConfig"),
            read("Schemas"),
            read("ResourceTypes"),
        )?;
        let config = config.ok_or_else(|| {
            Error::unreadable(
                "GET /ServiceProviderConfig",
                "the portal doesn't have it (404)",
            )
        })?;
        let found = Discovered::of(
            &config,
            &schemas.unwrap_or_default(),
            &types.unwrap_or_default(),
            settings.as_ref(),
        );
        discovered.get_or_init(|| found);
        Ok(3)
    }
}

#[async_trait]
impl Documents for ScimPortal {
    type Dialect = Scim;

    fn store(&self) -> &Store<Scim> {
        &self.store
    }

    fn supported(&self) -> Arc<Capabilities> {
        Arc::new(self.store.dialect.known().capabilities())
    }

    async fn load(&self, progress: &dyn Progress) -> Result<u64, Error> {
        let minimum = self.discover().await?;
        let has_groups = self.supported().kinds.contains_key(&Kind::Groups);
        let list = async |of| {
            // Some fail when they are told how many rows a page may have.
            let fails = &self.store.dialect.fails_by_count;
            let has_failed = fails.load(Ordering::Relaxed);
            match self.store.load_needed(of, &[], progress).await {
                Err(Error::NotReady { status: 500, .. }) if !has_failed => {
                    fails.store(true, Ordering::Relaxed);
                    self.store.load_needed(of, &[], progress).await
                }
                listed => listed,
            }
        };
        let groups = async {
            match has_groups {
                true => list(Collection::Groups).await,
                false => Ok(0),
            }
        };
        let (users, groups) = futures::try_join!(list(Collection::Users), groups)?;
        Ok(minimum + users + groups)
    }

    fn sources(&self, kind: Kind) -> &'static [Collection] {
        match kind {
            Kind::Users => &[Collection::Users],
            _ => &[Collection::Groups],
        }
    }

    fn objects(&self, cache: &Directory, kind: Kind) -> Vec<(Box<str>, LiveObject)> {
        let known = self.store.dialect.known();
        match kind {
            Kind::Users => {
                let users = cache.of(Collection::Users);
                let user = |(id, entry)| objects::user(cache, id, entry, known.missing());
                users.map(user).collect()
            }
            _ => {
                let groups = cache.of(Collection::Groups);
                groups
                    .map(|(id, entry)| objects::group(cache, id, entry))
                    .collect()
            }
        }
    }

    async fn checks(&self) -> Result<Vec<Check>, Error> {
        self.discover().await?;
        let known = self.store.dialect.known();
        let telephony = match &known.telephony {
            Some(urn) => format!("in {}", plain(urn)),
            None => format!(
                "no schema of users ends with {TELEPHONY}: extensions, phones and voicemail aren't supported"
            ),
        };
        let mut checks = vec![
            Check::passed("connection", "SCIM 2.0 answers"),
            Check::feature(
                "patch",
                known.has_patch,
                "only the changed attributes are sent",
                "whole documents are sent",
            ),
            Check::feature(
                "versions",
                known.has_etag,
                "a change of another version is refused",
                "documents are compared right before a write, which can overwrite a change of the same moment",
            ),
            Check::feature(
                "filters",
                known.has_filter,
                "a lost answer is looked up with one",
                "a lost answer is looked up in the whole list",
            ),
            Check::passed("telephony", telephony),
        ];
        if !known.fields.contains("username") {
            let detail = "/Schemas defines no users with a `userName`, so nothing can be managed";
            checks.push(Check::failed("schemas", detail));
        }
        checks.extend(check::lists(self).await?);
        Ok(checks)
    }

    async fn change(&self, writer: Writer<'_, Scim>) -> Result<Written, Error> {
        objects::change(writer).await
    }
}

#[cfg(test)]
mod tests;
