//! *NetSapiens* is a phone system behind many hosted ones. The adapter uses version 2 of its API, for one domain.
//!
//! A user is known by the extension, which never changes. Lists contain whole documents; what belongs to one
//! user or queue is listed where it is declared. The core accepts a change before it is visible, and has no
//! versions of documents. It is known from its documents alone: see `docs/portals/netsapiens.md`.

mod capability;
mod change;
mod dialect;
mod objects;
mod table;

use self::{
    dialect::{Domain, NetSapiens, lacks_request},
    table::Collection::{self, Agents, Contacts, Numbers, Queues, Sites, Users},
};
use super::{
    Adapter, Capabilities, Check, CredentialKind, Description, Error, Example, Progress, Target,
    Written,
    http::{RateLimit, plain},
    rest::{Collection as _, Detected, Documents, PasswordGrant, Session, Store, Writer},
};
use crate::model::{Kind, LiveObject};
use async_trait::async_trait;
use std::sync::{Arc, atomic::Ordering};

/// NetSapiens in the registry.
pub(super) static ADAPTER: Adapter = Adapter {
    description: Description {
        title: "NetSapiens",
        address: "`url:`, and the domain in `tenant:`",
        credentials: "`token:`, an API key, or `user:`, `password:` and `client:`",
        secrets: "nowhere: the portal shows them, and they are compared",
        reading: "a page for each 1000 users, numbers, queues, contacts and sites, the count of the users, and the phones and the rules of each user, and the agents of each queue, for whom they are declared",
    },
    capabilities: |_| capability::capabilities(),
    mapping: || table::TABLE.mapping(),
    credentials: &[
        CredentialKind::Token("an API key of the domain"),
        CredentialKind::ClientLogin,
    ],
    is_embeddable: false,
    example: Example {
        portal: include_str!("example/portal.yaml"),
        people: include_str!("example/people.yaml"),
    },
    open: |target| Ok(Box::new(NetSapiensPortal::new(target)?)),
};

/// What `portal.url` is.
const API: &str = "the address of the API, such as https://core1.example/ns-api/v2";
/// How many requests run at once.
const CONCURRENCY: usize = 5;

/// The adapter for a domain.
struct NetSapiensPortal {
    store: Store<NetSapiens>,
    detected: Detected,
}

impl NetSapiensPortal {
    fn new(target: &Target) -> Result<Self, Error> {
        let domain = target.tenant.clone().ok_or_else(|| {
            Error::misconfigured(
                "portal.tenant",
                "it is missing; write the domain, such as acme.example",
            )
        })?;
        let rate_limit = target.rate_limit.unwrap_or(RateLimit {
            concurrency: CONCURRENCY,
            ..RateLimit::default()
        });
        let target = Target {
            rate_limit: Some(rate_limit),
            ..target.clone()
        };
        let grant = PasswordGrant::new(&target, API, &["tokens"])?;
        let session = Session::new(grant.with_missing_requests(lacks_request));
        Ok(Self {
            store: Store::new(NetSapiens::new(domain), session),
            detected: Detected::new(capability::capabilities()),
        })
    }
}

#[async_trait]
impl Documents for NetSapiensPortal {
    type Dialect = NetSapiens;

    fn store(&self) -> &Store<NetSapiens> {
        &self.store
    }

    fn supported(&self) -> Arc<Capabilities> {
        self.detected.capabilities()
    }

    async fn load(&self, progress: &dyn Progress) -> Result<u64, Error> {
        let Self { store, detected } = self;
        let NetSapiens { domain, users, .. } = &store.dialect;
        let count = match store
            .read_json(&["domains", domain, "users", "count"])
            .await
        {
            Err(Error::NoRequest { .. }) => None,
            count => count?.and_then(|count| count["total"].as_u64()),
        };
        users.store(count.unwrap_or_default(), Ordering::Relaxed);
        let optional = |of| detected.load(store, of, progress);
        let pages = futures::try_join!(
            store.load_needed(Users, &[], progress),
            store.load_needed(Numbers, &[], progress),
            optional(Queues),
            optional(Contacts),
            optional(Sites),
        )?;
        let pages = pages.0 + pages.1 + pages.2 + pages.3 + pages.4;
        Ok(store.link.minimum() + 1 + pages)
    }

    /// A queue is also a user.
    fn is_source(&self, of: Collection, kind: Kind) -> bool {
        of.kind() == kind || of == Users && kind == Kind::Extensions
    }

    fn objects(&self, domain: &Domain, kind: Kind) -> Vec<(Box<str>, LiveObject)> {
        objects::of_kind(domain, kind)
    }

    fn lists_are_full(&self) -> bool {
        false
    }

    fn inner_lists(
        &self,
        domain: &Domain,
        (kind, name): (Kind, &str),
        declares: &dyn Fn(&str) -> bool,
    ) -> Vec<(Collection, String)> {
        let outer = match kind {
            Kind::Users => domain.get(Users, name),
            Kind::Extensions => domain.get(Queues, name),
            _ => None,
        };
        let lists = table::TABLE.details(kind, declares).into_iter();
        let of_outer = |_| lists.map(|of| (of, name.to_owned())).collect();
        outer.map(of_outer).unwrap_or_default()
    }

    fn inner_evidence(&self, domain: &Domain) -> Vec<(Collection, String)> {
        let queues = domain.of(Queues);
        queues.map(|(id, _)| (Agents, id.to_owned())).collect()
    }

    async fn own_checks(&self) -> Result<Vec<Check>, Error> {
        let version = self
            .store
            .read_json(&["version"])
            .await?
            .unwrap_or_default();
        let version = version["apiversion"]
            .as_str()
            .unwrap_or("of unknown version");
        let mut checks = vec![Check::passed("core", plain(version))];
        // Only a key says what it allows, and not to everybody.
        match self.store.read_json(&["apikeys", "~"]).await {
            Ok(Some(key)) => checks.push(key_check(&key, &self.store.dialect.domain)),
            Err(error @ (Error::Unauthorized { .. } | Error::Unreachable { .. })) => {
                return Err(error);
            }
            Ok(None) | Err(_) => {}
        }
        Ok(checks)
    }

    async fn change(&self, writer: Writer<'_, NetSapiens>) -> Result<Written, Error> {
        change::change(writer).await
    }
}

/// What an API key allows.
fn key_check(key: &serde_json::Value, domain: &str) -> Check {
    let text = |field: &str| plain(key[field].as_str().unwrap_or_default());
    let (scope, of_key) = (text("user-scope"), text("domain"));
    if !["", "*", domain].contains(&&*of_key) {
        let detail =
            format!("the API key is for the domain {of_key}, and `portal.tenant` is {domain}");
        return Check::failed("credentials", detail);
    }
    if text("readonly") == "yes" {
        let detail = format!("the API key is read-only ({scope}): plans work, and applies don't");
        return Check::failed("credentials", detail);
    }
    Check::passed(
        "credentials",
        format!("an API key that may write ({scope})"),
    )
}

#[cfg(test)]
mod tests;
