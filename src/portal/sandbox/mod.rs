//! The *sandbox* is the built-in portal. Its HTTP API uses Callsheet's own model.
//!
//! Each kind is a collection at `/v1/{kind}`. An object is flat: `id`, `etag`, `system`, the key in the
//! field [`Kind::identity`], and the other fields. A secret is written as a value and read as a version.

mod body;
mod list;
mod wire;
mod write;

use super::{
    Capabilities, Description, Error, KindCapability, Portal, Progress, Write, Written, http,
};
use crate::model::{Kind, Listing, Live, Record, Requests};
use async_trait::async_trait;
use http::Request;
use reqwest::Method;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// The adapter for a sandbox.
pub(super) struct Sandbox {
    client: http::Client,
    capabilities: Arc<Capabilities>,
}

impl Sandbox {
    pub(super) fn new(client: http::Client) -> Self {
        Self {
            client,
            capabilities: Arc::new(capabilities()),
        }
    }
}

/// The description for the docs.
pub(super) const DESCRIPTION: Description = Description {
    title: "Sandbox, the built-in portal",
    address: "`database:`, inside the command, or `url:`, where one is served",
    credentials: "inside the command nothing; else `token:`",
    secrets: "with the object",
    reading: "a page for each 1,000 objects of a kind",
};

/// The capabilities of the sandbox, which supports the whole model.
pub(super) fn capabilities() -> Capabilities {
    let kinds = Kind::ALL
        .into_iter()
        .map(|kind| (kind, KindCapability::full()));
    Capabilities {
        portal: "sandbox",
        kinds: kinds.collect(),
    }
}

#[async_trait]
impl Portal for Sandbox {
    fn capabilities(&self) -> Arc<Capabilities> {
        Arc::clone(&self.capabilities)
    }

    /// The first page contains the number of objects of each kind, and empty kinds aren't requested.
    /// The first page lists scopes if possible, since there is always one.
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
            let first_page = first.take_if(|_| kind == first_kind);
            let is_requested = first_page.is_some() || !is_empty(kind);
            let list = async move {
                let listing = list::all(&self.client, kind, first_page, progress).await?;
                Ok::<_, Error>((kind, listing))
            };
            is_requested.then_some(list)
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
                minimum: pages.sum::<u64>().max(1),
            },
            listings,
            referrers: Vec::new(),
        })
    }

    async fn write(&self, write: &Write<'_>) -> Result<Written, Error> {
        let _redacted = self.client.redact(write.secrets.values());
        write::write(&self.client, write).await
    }

    fn keeps_records(&self) -> bool {
        true
    }

    async fn record(&self, workspace: &str) -> Result<Option<String>, Error> {
        let name = Record::encoded_name(workspace);
        let path = ["v1", "records", &name];
        let answer = self.client.read(&Request::new(Method::GET, &path)).await?;
        Ok(answer.map(|answer| String::from_utf8_lossy(&answer.body).into_owned()))
    }

    async fn set_record(&self, workspace: &str, record: &str) -> Result<(), Error> {
        write::record(&self.client, workspace, record).await
    }

    fn requests(&self) -> u64 {
        self.client.requests()
    }
}

#[cfg(test)]
mod tests;
