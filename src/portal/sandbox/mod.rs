//! The *sandbox* is the portal that comes with the program: it speaks the model itself, over HTTP.
//!
//! Every kind is a collection at `/v1/{kind}`. An object is flat: `id`, `etag`, `system`, the key under
//! [`Kind::identity`], and its fields. A secret is written with its value and read as its version.

mod body;
mod list;
mod wire;
mod write;

use super::{About, Capabilities, Error, KindCapability, Portal, Progress, Write, Written, http};
use crate::model::{Kind, Listing, Live, Requests};
use async_trait::async_trait;
use std::collections::{BTreeMap, BTreeSet};

/// A sandbox, reached over HTTP.
pub(super) struct Sandbox {
    client: http::Client,
    capabilities: Capabilities,
}

impl Sandbox {
    pub(super) fn new(client: http::Client) -> Self {
        Self {
            client,
            capabilities: capabilities(),
        }
    }
}

/// What the docs say of it.
pub(super) const ABOUT: About = About {
    title: "Sandbox, the built-in portal",
    reached: "`database:`, inside the command, or `url:`, where one is served",
    credentials: "inside the command nothing; else `token:`",
    secrets: "with the object",
    reading: "a page for each 1,000 objects of a kind",
};

/// Everything.
pub(super) fn capabilities() -> Capabilities {
    let kinds = Kind::ALL
        .into_iter()
        .map(|kind| (kind, KindCapability::whole()));
    Capabilities {
        portal: "sandbox",
        kinds: kinds.collect(),
    }
}

#[async_trait]
impl Portal for Sandbox {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// The first page tells how many objects of each kind there are, and what is empty isn't asked
    /// for. It is a page of scopes if it can be, since there are always some.
    async fn read(&self, kinds: &BTreeSet<Kind>, progress: &dyn Progress) -> Result<Live, Error> {
        let made_before = self.client.requests();
        let Some(first_kind) = kinds.get(&Kind::Scopes).or(kinds.first()).copied() else {
            return Ok(Live::default());
        };
        let first = list::page(&self.client, first_kind, None).await?;
        let totals = first.totals();
        let is_empty = |kind: Kind| totals.get(kind.name()) == Some(&0);

        let mut listings: BTreeMap<Kind, Listing> = kinds
            .iter()
            .map(|kind| (*kind, Listing::default()))
            .collect();
        let mut first = Some(first);
        let lists = kinds.iter().copied().filter_map(|kind| {
            let begun = first.take_if(|_| kind == first_kind);
            let is_asked_for = begun.is_some() || !is_empty(kind);
            let list = async move {
                let listing = list::whole(&self.client, kind, begun, progress).await?;
                Ok::<_, Error>((kind, listing))
            };
            is_asked_for.then_some(list)
        });
        listings.extend(futures::future::try_join_all(lists).await?);

        let pages = listings.iter().map(|(kind, listing)| {
            let known = totals.get(kind.name()).copied();
            let total =
                known.unwrap_or_else(|| listing.objects.len().try_into().unwrap_or(u64::MAX));
            total.div_ceil(list::PAGE)
        });
        Ok(Live {
            requests: Requests {
                made: self.client.requests() - made_before,
                bound: pages.sum::<u64>().max(1),
            },
            listings,
            referrers: Vec::new(),
        })
    }

    async fn write(&self, write: &Write<'_>) -> Result<Written, Error> {
        let _redacted = self.client.redact(write.secrets.values());
        write::write(&self.client, write).await
    }

    fn requests(&self) -> u64 {
        self.client.requests()
    }
}

#[cfg(test)]
mod tests;
