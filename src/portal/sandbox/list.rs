//! A *list* reads all pages of one kind and verifies that the result is complete.
//!
//! Only a complete listing justifies a delete, so a lost page, a duplicate row or a concurrent change must
//! be detected.

use super::{
    super::{
        Error, Progress,
        http::{Client, Request, plain},
    },
    wire::{self, Head, Row},
};
use crate::model::{Extent, Kind, Listing, LiveObject};
use reqwest::Method;
use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

/// The page size: the maximum of the sandbox.
pub(super) const PAGE: u64 = 1000;
const LIMIT: &str = "1000";
/// The maximum number of attempts to get a consistent listing.
const TRIES: u32 = 3;

/// A page whose objects are not yet parsed.
pub(super) struct Page {
    head: Head,
    body: Vec<u8>,
}

impl Page {
    /// The number of objects of each kind.
    pub(super) fn totals(&self) -> BTreeMap<String, u64> {
        self.head.totals.clone()
    }
}

/// Requests one page.
pub(super) async fn page(client: &Client, kind: Kind, cursor: Option<&str>) -> Result<Page, Error> {
    let mut query = vec![("limit", LIMIT)];
    query.extend(cursor.map(|cursor| ("cursor", cursor)));
    let path = ["v1", kind.name()];
    let request = Request::new(Method::GET, &path).with_query(&query);
    let answer = client.read(&request).await?;
    let answer = answer.ok_or_else(|| unreadable(kind, "the portal doesn't have them (404)"))?;
    let body = answer.body;
    let head = serde_json::from_slice(&body);
    let head = head.map_err(|error| unreadable(kind, &error_message(&error)))?;
    Ok(Page { head, body })
}

/// Lists a kind until the listing is consistent. `first` is the first page, if it was already read.
pub(super) async fn all(
    client: &Client,
    kind: Kind,
    mut first: Option<Page>,
    progress: &dyn Progress,
) -> Result<Listing, Error> {
    let mut reported = 0;
    for tries_left in (0..TRIES).rev() {
        let first = match first.take() {
            Some(first) => first,
            None => page(client, kind, None).await?,
        };
        let total = first.head.total;
        // A repeated listing doesn't report the same objects again.
        let mut report = |seen: usize| {
            let seen = seen.try_into().unwrap_or(u64::MAX);
            if seen > reported {
                progress.seen(kind, seen - reported, Some(total));
                reported = seen;
            }
        };
        let listing = once(client, kind, first, tries_left == 0, &mut report).await?;
        let doubt = listing.doubt();
        if doubt.is_none() || tries_left == 0 {
            return Ok(listing);
        }
        tracing::debug!(%kind, reason = doubt, "listing again");
    }
    unreachable!("the last try returns")
}

/// Lists a kind once, requesting each page while the previous one is parsed. Stops at the first
/// inconsistency, except on the last attempt.
async fn once(
    client: &Client,
    kind: Kind,
    first: Page,
    is_last_try: bool,
    report: &mut (dyn FnMut(usize) + Send),
) -> Result<Listing, Error> {
    let (total, revision) = (first.head.total, first.head.revision);
    let mut seen = Seen::default();
    let mut cursors = BTreeSet::new();
    let mut page = first;
    loop {
        let Page { head, body } = page;
        let of_kind = head.totals.get(kind.name());
        if head.revision != revision || head.total != total || of_kind.is_some_and(|n| *n != total)
        {
            seen.mark_incomplete("it changed during the read");
        }
        let parsing = tokio::task::spawn_blocking(move || wire::rows(kind, &body));
        let next = match head.next {
            Some(cursor) if cursors.contains(&cursor) => {
                seen.mark_incomplete("its pages form a cycle");
                None
            }
            Some(cursor) if seen.incomplete.is_none() || is_last_try => Some(cursor),
            _ => None,
        };
        let (rows, following) = match &next {
            None => (parsing.await, None),
            Some(cursor) => {
                let (rows, page) = tokio::join!(parsing, self::page(client, kind, Some(cursor)));
                (rows, Some(page?))
            }
        };
        let rows = rows
            .expect("parsing JSON doesn't panic")
            .map_err(|error| unreadable(kind, &error_message(&error)))?;
        let count = rows.len();
        seen.add(rows);
        report(seen.objects.len());
        // A correct portal sends no empty page before the last one, and no more objects than its total. A
        // faulty one must not cause an endless loop.
        let too_many = u64::try_from(seen.rows).map_or(true, |rows| rows > total);
        match following {
            Some(_) if count == 0 || too_many => {
                seen.mark_incomplete("its pages don't end");
                break;
            }
            Some(following) => page = following,
            None => break,
        }
        cursors.extend(next);
    }
    Ok(seen.listing(total))
}

/// The objects so far, and the first inconsistency.
#[derive(Default)]
struct Seen {
    objects: BTreeMap<Box<str>, LiveObject>,
    ids: BTreeSet<Box<str>>,
    rows: usize,
    incomplete: Option<String>,
}

impl Seen {
    fn mark_incomplete(&mut self, reason: impl Into<String>) {
        self.incomplete.get_or_insert_with(|| reason.into());
    }

    fn add(&mut self, rows: Vec<Row>) {
        self.rows += rows.len();
        for (key, object) in rows {
            if !self.ids.insert(object.id.clone()) {
                self.mark_incomplete(format!("the ID {} is listed twice", plain(&object.id)));
                continue;
            }
            match self.objects.entry(key) {
                Entry::Vacant(entry) => {
                    entry.insert(object);
                }
                Entry::Occupied(entry) => {
                    let reason = format!("`{}` is listed twice", plain(entry.key()));
                    self.mark_incomplete(reason);
                }
            }
        }
    }

    fn listing(self, total: u64) -> Listing {
        let count = self.objects.len();
        let is_complete = u64::try_from(count) == Ok(total);
        let missing = (!is_complete).then(|| format!("{count} of {total} objects were listed"));
        Listing {
            objects: self.objects,
            extent: self
                .incomplete
                .or(missing)
                .map_or(Extent::Whole, Extent::Doubtful),
        }
    }
}

/// The message of a JSON error, without the quoted value, which may be a secret.
fn error_message(error: &serde_json::Error) -> String {
    let error = error.to_string();
    let (found, expected) = match error.rfind(", expected") {
        Some(at) => error.split_at(at),
        None => return error,
    };
    match found.find(['"', '`']) {
        Some(at) => format!("{}…{expected}", &found[..at]),
        None => error,
    }
}

fn unreadable(kind: Kind, reason: &str) -> Error {
    Error::Unreadable {
        what: format!("GET /v1/{kind}"),
        reason: plain(reason),
    }
}
