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
    Adapter, Capabilities, Check, CredentialKind, Credentials, Description, Error, Example,
    Location, Progress, Target, Written, check,
    http::{Base, Client, plain},
    rest::{Documents, Store, Writer},
};
use crate::model::{Kind, LiveObject};
use async_trait::async_trait;
use serde_json::Value;
use std::sync::Arc;

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
        let groups = async {
            match has_groups {
                true => {
                    self.store
                        .load_needed(Collection::Groups, &[], progress)
                        .await
                }
                false => Ok(0),
            }
        };
        let users = self.store.load_needed(Collection::Users, &[], progress);
        let (users, groups) = futures::try_join!(users, groups)?;
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
        let feature = |name: &str, has: bool, yes: &str, no: &str| {
            let detail = match has {
                true => format!("supported{yes}"),
                false => format!("not supported: {no}"),
            };
            Check::passed(name, detail)
        };
        let telephony = match &known.telephony {
            Some(urn) => format!("in {}", plain(urn)),
            None => format!(
                "no schema of users ends with {TELEPHONY}: extensions, phones and voicemail aren't supported"
            ),
        };
        let mut checks = vec![
            Check::passed("connection", "SCIM 2.0 answers"),
            feature(
                "patch",
                known.has_patch,
                ": only the changed attributes are sent",
                "whole documents are sent",
            ),
            feature(
                "versions",
                known.has_etag,
                ": a change of another version is refused",
                "documents are compared right before a write, which can overwrite a change of the same moment",
            ),
            feature(
                "filters",
                known.has_filter,
                "",
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
