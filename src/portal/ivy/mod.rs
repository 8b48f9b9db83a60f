//! *IVY* is the adapter for Teliax's Ringer Business API, version 2: users who are known by their e-mail addresses,
//! the features of one instance, and who has which of them.
//!
//! Lists contain whole documents. Whom a feature belongs to is read in the feature and written in the user.

mod dialect;
mod objects;
mod table;
mod write;

use self::{
    dialect::{Ivy, Known},
    table::{Collection, FEATURES, TABLE},
};
use super::{
    Adapter, Capabilities, Check, CredentialKind, Description, Error, Example, Progress, Target,
    Written, check,
    http::plain,
    rest::{Documents, Guarded, PasswordGrant, Session, Store, Writer},
};
use crate::model::{Address, Kind, LiveObject};
use async_trait::async_trait;
use futures::future::try_join;
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// IVY in the registry.
pub(super) static ADAPTER: Adapter = Adapter {
    description: Description {
        title: "IVY (Ringer Business)",
        address: "`url:`, with the version of the API; `tenant:` names the managed instance of an account with several",
        credentials: "`user:`, `password:` and `client:`, those of an administrator",
        secrets: "in the record of what was applied",
        reading: "one to log in, one for users, one for instances, and nine for each instance",
    },
    capabilities: |_| table::capabilities(),
    mapping: || TABLE.mapping(),
    credentials: &[CredentialKind::ClientLogin],
    is_embeddable: false,
    example: Example {
        portal: include_str!("example/portal.yaml"),
        people: include_str!("example/people.yaml"),
    },
    open: |target| Ok(Box::new(IvyPortal::new(target)?)),
};

/// The adapter for an IVY.
struct IvyPortal {
    store: Store<Ivy>,
    /// The instance that is managed.
    tenant: Option<String>,
    /// Whether a change affects the instance, which must be rebuilt then.
    is_touched: AtomicBool,
}

impl IvyPortal {
    fn new(target: &Target) -> Result<Self, Error> {
        let grant = PasswordGrant::new(target, "the address of the API", &["oauth", "token"])?;
        let link = Guarded::new(Session::new(grant), dialect::allows);
        Ok(Self {
            store: Store::new(Ivy, link),
            tenant: target.tenant.clone(),
            is_touched: AtomicBool::default(),
        })
    }

    /// Finds the managed instance: the one that `portal.tenant` names, or the only one.
    fn choose_instance(&self) -> Result<(), Error> {
        let mut cache = self.store.cache();
        let sites = cache.of(Collection::Sites);
        let named = sites.map(|(id, site)| (id, site.text("dns_extension").unwrap_or(id)));
        let named: Vec<(&str, &str)> = named.collect();
        let tenant = self.tenant.as_deref();
        let is_it = |name: &str| tenant.map_or(named.len() == 1, |tenant| tenant == name);
        let found = named.iter().find(|(_, name)| is_it(name));
        let Some(id) = found.map(|(id, _)| (*id).to_owned()) else {
            let names: Vec<String> = named.iter().map(|(_, name)| plain(name)).collect();
            let names = names.join(", ");
            let reason = format!("it must name the instance whose features are managed: {names}");
            return Err(Error::misconfigured("portal.tenant", reason));
        };
        cache.index.managed = id;
        Ok(())
    }
}

#[async_trait]
impl Documents for IvyPortal {
    type Dialect = Ivy;

    fn store(&self) -> &Store<Ivy> {
        &self.store
    }

    fn supported(&self) -> Arc<Capabilities> {
        Arc::new(table::capabilities())
    }

    async fn load(&self, progress: &dyn Progress) -> Result<u64, Error> {
        let list = |of| self.store.load_needed(of, &[], progress);
        let (users, sites) = try_join(list(Collection::Users), list(Collection::Sites)).await?;
        self.choose_instance()?;
        let features = FEATURES.map(|(_, of)| of);
        let features = self.store.load_all_within(&features, progress).await?;
        Ok(users + sites + features + self.store.link.link.minimum())
    }

    /// Whose a feature is, and what leads where, is in any of them.
    fn is_source(&self, _: Collection, _: Kind) -> bool {
        true
    }

    fn objects(&self, cache: &Known, kind: Kind) -> Vec<(Box<str>, LiveObject)> {
        objects::all(cache, kind)
    }

    async fn change(&self, writer: Writer<'_, Ivy>) -> Result<Written, Error> {
        if writer.write.address.kind != Kind::Users || writer.changes("features") {
            self.is_touched.store(true, Ordering::Relaxed);
        }
        write::change(writer).await
    }

    /// Rebuilds the instance, so that its phones learn of new features.
    async fn finish(&self, _: &[&Address]) -> Result<Vec<Check>, Error> {
        if !self.is_touched.swap(false, Ordering::Relaxed) {
            return Ok(Vec::new());
        }
        let site = self.store.cache().index.managed.clone();
        self.store.post(&["sites", &site, "rebuild"]).await?;
        Ok(vec![Check::passed("rebuild", "the instance is rebuilt")])
    }

    async fn checks(&self) -> Result<Vec<Check>, Error> {
        let lists = check::lists(self).await?;
        let cache = self.store.cache();
        let login = self.store.link.link.login.user().to_lowercase();
        let user = cache.index.named(Collection::Users, &login);
        let role = user.and_then(|user| cache.get(Collection::Users, user)?.text("role"));
        let own = [Check::role(role, "administrator"), Check::versions(false)];
        Ok(own.into_iter().chain(lists).collect())
    }
}

#[cfg(test)]
mod tests;
