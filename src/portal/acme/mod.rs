//! *Acme* is the made-up portal of `docs/adding-a-portal.md`. Its adapter is built by the tests alone, which hold the
//! page's code against these files.

mod dialect;
mod table;
mod write;

use self::{
    dialect::AcmeDialect,
    table::{Collection, TABLE},
    write::MEMBERS,
};
use super::{
    Adapter, Capabilities, CredentialKind, Description, Error, Example, Progress, Target, Written,
    rest::{CacheOf, Documents, Entry, RawFields, Store, Writer, doc},
};
use crate::model::{Kind, LiveObject};
use async_trait::async_trait;
use std::sync::Arc;

/// Acme in the registry.
pub(super) static ADAPTER: Adapter = Adapter {
    description: Description {
        title: "Acme",
        address: "`url:`",
        credentials: "`token:`, an API key",
        secrets: "in the record of what was applied",
        reading: "a page for each 200 users and 200 departments",
    },
    capabilities: |_| table::capabilities(),
    mapping: || TABLE.mapping(),
    credentials: &[CredentialKind::Token("an API key")],
    is_embeddable: false,
    example: Example {
        portal: include_str!("example/portal.yaml"),
        people: include_str!("example/people.yaml"),
    },
    open: |target| Ok(Box::new(open(target)?)),
};

/// The adapter for an Acme.
fn open(target: &Target) -> Result<Store<AcmeDialect>, Error> {
    let client = target.client("the address of the API", "an API key")?;
    Ok(Store::new(AcmeDialect, client))
}

#[async_trait]
impl Documents for Store<AcmeDialect> {
    type Dialect = AcmeDialect;

    fn store(&self) -> &Self {
        self
    }

    fn supported(&self) -> Arc<Capabilities> {
        Arc::new(table::capabilities())
    }

    async fn load(&self, progress: &dyn Progress) -> Result<u64, Error> {
        let users = self.load_needed(Collection::Users, &[], progress);
        let departments = self.load_needed(Collection::Departments, &[], progress);
        let (users, departments) = futures::try_join!(users, departments)?;
        Ok(users + departments)
    }

    fn objects(&self, cache: &CacheOf<AcmeDialect>, kind: Kind) -> Vec<(Box<str>, LiveObject)> {
        let user = |(id, entry): (&str, &Entry)| {
            let mut raw = RawFields::new();
            TABLE.read((kind, ""), Collection::Users, entry, &(), &mut raw);
            doc::set(&mut raw, "groups", MEMBERS.keys_of(&cache.index, id));
            let login = entry.text("login").unwrap_or(id);
            (login.into(), entry.object(kind, id, raw))
        };
        let login = |id: &str| cache.get(Collection::Users, id)?.text("login");
        let group = |(id, entry)| MEMBERS.object(&cache.index, id, entry, login);
        match kind {
            Kind::Users => cache.of(Collection::Users).map(user).collect(),
            _ => cache.of(Collection::Departments).map(group).collect(),
        }
    }

    async fn change(&self, writer: Writer<'_, AcmeDialect>) -> Result<Written, Error> {
        write::change(writer).await
    }
}

#[cfg(test)]
mod tests;
