//! *SCIM* is the adapter for portals with SCIM 2.0 (RFC 7643 and 7644): users, groups, and the telephony of
//! users if the portal has an extension for it.
//!
//! What a portal supports is asked first. Lists contain whole documents, and each change is one conditional
//! `PATCH`, whose result is read back if the answer doesn't contain it.

mod dialect;
mod discovery;
mod doctor;
mod index;
mod read;
mod table;
mod write;

use self::{
    dialect::{Resource, Scim},
    discovery::Discovered,
};
use super::{
    Adapter, Capabilities, Check, CredentialKind, Credentials, Description, Error, Example,
    Location, Portal, Progress, Target, Write, Written,
    http::{Base, Client},
    rest::{Cache, Document, Store},
};
use crate::model::{Kind, Live, Requests};
use async_trait::async_trait;
use serde_json::Value;
use std::{collections::BTreeSet, sync::Arc};

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
        let missing = |setting, reason: &str| Error::Misconfigured {
            setting,
            reason: reason.to_owned(),
        };
        let Location::Url(url) = &target.location else {
            let reason = "it is missing; write the base of the portal's SCIM API";
            return Err(missing("portal.url", reason));
        };
        let Credentials::Token(token) = &target.credentials else {
            let reason = "it needs `token:`, a bearer token";
            return Err(missing("portal.credentials", reason));
        };
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
        let (config, schemas, types) = futures::try_join!(
            self.document("ServiceProviderConfig"),
            self.document("Schemas"),
            self.document("ResourceTypes"),
        )?;
        let config = config.ok_or_else(|| Error::Unreadable {
            what: "GET /ServiceProviderConfig".to_owned(),
            reason: "the portal doesn't have it (404)".to_owned(),
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

    async fn document(&self, name: &str) -> Result<Option<Value>, Error> {
        let answer = self.store.link.read(&dialect::get(&[name], &[])).await?;
        let json = answer.map(|answer| serde_json::from_slice(&answer.body));
        json.transpose().map_err(|_message| Error::Unreadable {
            what: format!("GET /{name}"),
            reason: "it isn't JSON".to_owned(),
        })
    }

    /// Lists a collection, whose rows are whole documents. Returns the minimum number of requests.
    async fn list(&self, of: Resource, progress: &dyn Progress) -> Result<u64, Error> {
        let kind = match of {
            Resource::Users => Kind::Users,
            Resource::Groups => Kind::Groups,
        };
        let report = |more: usize, total| progress.seen(kind, more as u64, total);
        let listed = self.store.list(of, "", &[], &report).await?;
        let listed = listed.ok_or_else(|| Error::Unreadable {
            what: format!("the list of {kind}"),
            reason: "the portal doesn't have them (404)".to_owned(),
        })?;
        let page = usize::try_from(self.store.dialect.known().page).unwrap_or(usize::MAX);
        let pages = listed.min_pages(page);
        let mut cache = self.store.cache();
        for (id, doc) in listed.rows {
            let version = dialect::version(&doc);
            let version = version.filter(|_| self.store.dialect.known().has_etag);
            cache.store(of, &id, Document { doc, version });
        }
        if let Some(reason) = listed.doubt {
            cache.incomplete.insert(of, reason);
        }
        Ok(pages)
    }
}

#[async_trait]
impl Portal for ScimPortal {
    fn capabilities(&self) -> Arc<Capabilities> {
        Arc::new(self.store.dialect.known().capabilities())
    }

    async fn read(&self, kinds: &BTreeSet<Kind>, progress: &dyn Progress) -> Result<Live, Error> {
        let made_before = self.requests();
        let mut minimum = self.discover().await?;
        *self.store.cache() = Cache::default();
        let has_groups = self.capabilities().kinds.contains_key(&Kind::Groups);
        let groups = async {
            match has_groups {
                true => self.list(Resource::Groups, progress).await,
                false => Ok(0),
            }
        };
        let (users, groups) = futures::try_join!(self.list(Resource::Users, progress), groups)?;
        minimum += users + groups;
        let supported = self.capabilities();
        let kinds = kinds
            .iter()
            .filter(|kind| supported.kinds.contains_key(kind));
        Ok(Live {
            listings: read::listings(&self.store, &kinds.copied().collect()),
            requests: Requests {
                made: self.requests() - made_before,
                minimum,
            },
            ..Live::default()
        })
    }

    async fn diagnose(&self) -> Result<Vec<Check>, Error> {
        doctor::diagnose(self).await
    }

    async fn write(&self, write: &Write<'_>) -> Result<Written, Error> {
        let _redacted = self.store.link.redact(write.secrets.values());
        write::write(&self.store, write).await
    }

    fn requests(&self) -> u64 {
        self.store.link.requests()
    }
}

#[cfg(test)]
mod tests;
