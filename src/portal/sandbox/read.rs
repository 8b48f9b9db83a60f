//! A *reading* of the portal begins with a page that tells how many objects of each kind there are. Then it lists them,
//! or looks up single ones by their keys.

use super::{
    Sandbox,
    list::{self, KindPages, Page},
    write,
};
use crate::{
    model::{Address, Extent, Kind, Listing, Live, Requests},
    portal::{Error, Progress, rest},
};
use std::collections::{BTreeMap, BTreeSet};

/// The kinds that are listed first: a sandbox with declared scopes has one at least.
const FIRST: [Kind; 2] = [Kind::Scopes, Kind::Users];

/// A reading whose first page is there.
pub(super) struct Reading<'s> {
    sandbox: &'s Sandbox,
    kinds: &'s BTreeSet<Kind>,
    first_kind: Kind,
    first: Page,
    totals: BTreeMap<String, u64>,
    made_before: u64,
}

impl<'s> Reading<'s> {
    /// Requests the first page, which lists a kind of which there is hardly ever none. Nothing without a kind.
    pub(super) async fn begin(
        sandbox: &'s Sandbox,
        kinds: &'s BTreeSet<Kind>,
    ) -> Result<Option<Self>, Error> {
        let made_before = sandbox.client.requests();
        let first_kind = FIRST.iter().find_map(|kind| kinds.get(kind));
        let Some(first_kind) = first_kind.or(kinds.first()).copied() else {
            return Ok(None);
        };
        let first = list::page(&sandbox.client, sandbox.profile, first_kind, None).await?;
        Ok(Some(Self {
            sandbox,
            kinds,
            first_kind,
            totals: first.totals(),
            first,
            made_before,
        }))
    }

    fn total(&self, kind: Kind) -> Option<u64> {
        self.totals.get(kind.name()).copied()
    }

    fn made(&self) -> u64 {
        self.sandbox.client.requests() - self.made_before
    }

    /// Lists all kinds; those that are empty aren't requested.
    pub(super) async fn all(self, progress: &dyn Progress) -> Result<Live, Error> {
        let Self {
            sandbox,
            kinds,
            first_kind,
            first,
            totals,
            made_before,
        } = self;
        let account = first.account();
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
                let pages = KindPages::new(&sandbox.client, sandbox.profile, kind, first_page);
                let report = |more: usize, total| {
                    progress.seen(kind, more.try_into().unwrap_or(u64::MAX), total);
                };
                let listed = rest::list::all(&pages, &report).await?;
                let listing = listed.map_or_else(Listing::default, |listed| Listing {
                    objects: listed.rows,
                    extent: listed.doubt.map_or(Extent::Whole, Extent::Doubtful),
                });
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
            account,
            requests: Requests {
                made: sandbox.client.requests() - made_before,
                minimum: pages.sum::<u64>().max(1),
            },
            listings,
            ..Live::default()
        })
    }

    /// Looks up these objects, unless listing all kinds takes fewer requests.
    pub(super) async fn selected(
        self,
        selected: &BTreeSet<Address>,
        progress: &dyn Progress,
    ) -> Result<Live, Error> {
        let kinds = self.kinds.iter();
        let pages = kinds.map(|kind| self.total(*kind).map(|total| total.div_ceil(list::PAGE)));
        let pages: Option<u64> = pages.sum();
        // The first page was requested in any case.
        if pages.is_none_or(|pages| pages <= 1 + selected.len() as u64) {
            return self.all(progress).await;
        }
        let look_ups = selected.iter().map(|address| async {
            let Sandbox {
                client, profile, ..
            } = self.sandbox;
            let found = write::by_key(client, profile, address, &address.key).await?;
            Ok::<_, Error>(found.map(|row| (address.kind, row)))
        });
        let found = futures::future::try_join_all(look_ups).await?;
        let asked = |kind: &Kind| {
            let listing = Listing {
                extent: Extent::Asked,
                ..Listing::default()
            };
            (*kind, listing)
        };
        let mut listings: BTreeMap<Kind, Listing> = self.kinds.iter().map(asked).collect();
        for (kind, (key, object)) in found.into_iter().flatten() {
            let listing = listings.entry(kind).or_default();
            listing.objects.insert(key, object);
        }
        let unread = listings.iter().map(|(kind, listing)| {
            let total = self.total(*kind).unwrap_or(0);
            (*kind, total.saturating_sub(listing.objects.len() as u64))
        });
        Ok(Live {
            account: self.first.account(),
            requests: Requests {
                made: self.made(),
                minimum: 1 + selected.len() as u64,
            },
            unread: unread.filter(|(_, count)| *count > 0).collect(),
            listings,
            ..Live::default()
        })
    }
}
